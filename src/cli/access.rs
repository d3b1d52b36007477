//! Who is asked: the configured venue, the embedded one, or a recording.

use std::rc::Rc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::exit::{Failure, FailureKind};
use super::flags::Source;
use super::session::Session;
use super::venue;
use crate::config::{self, BaseUrl, Config, CredentialsError};
use crate::demo::Venue;
use crate::gather::Venues;
use crate::http::{self, Transport};
use crate::market::Mode;
use crate::recording::{ReadError, Recorder, Recording};
use crate::store::{StoreSnapshot, World};
use crate::stream::{self, Connector, Network};
use crate::{legacy, tastytrade};

/// Where a run's data comes from.
pub(super) struct Access {
    pub(super) rest: tastytrade::Client,
    pub(super) legacy: Option<legacy::Client>,
    pub(super) connector: Connector,
    pub(super) mode: Mode,
    pub(super) recorder: Option<Recorder>,
    /// Lives as long as it is asked.
    _venue: Option<Venue>,
}

impl Access {
    /// Starts the embedded venue or takes the configured one, with credentials. What is said goes to `recorder` too.
    pub(super) fn open(
        config: &Config,
        source: &Source,
        session: &Session,
        recorder: Option<Recorder>,
    ) -> Result<Self, Failure> {
        let asked = &source.venue;
        if let Some(seed) = asked.world.invented() {
            let faults = venue::faults(asked.fault.as_deref())?;
            let venue = venue::start(seed, asked.rtt, session.now, faults)?;
            return Self::demo(config, venue, recorder);
        }
        let credentials = credentials(config, session)?;
        Self::at(config, credentials, None, recorder)
    }

    /// Who can be asked, with what earlier runs left.
    pub(super) fn venues<'a>(&'a self, memory: &'a StoreSnapshot) -> Venues<'a> {
        Venues {
            memory,
            rest: &self.rest,
            legacy: self.legacy.as_ref(),
            connector: self.connector.clone(),
            recorder: self.recorder.clone(),
        }
    }

    /// Uses an embedded venue.
    pub(super) fn demo(config: &Config, venue: Venue, recorder: Option<Recorder>) -> Result<Self, Failure> {
        let config = at_venue(config, &venue)?;
        Self::at(&config, no_credentials(), Some(venue), recorder)
    }

    /// Uses the configured venue.
    pub(super) fn at(
        config: &Config,
        credentials: tastytrade::Credentials,
        venue: Option<Venue>,
        recorder: Option<Recorder>,
    ) -> Result<Self, Failure> {
        let recorded = |transport: Transport, channel| match &recorder {
            Some(recorder) => transport.recorded(recorder.clone(), channel),
            None => transport,
        };
        if let Some(recorder) = &recorder {
            let secrets = [&credentials.client_secret, &credentials.refresh_token];
            for secret in secrets.into_iter().chain(&credentials.client_id) {
                recorder.hide(secret.expose_secret());
            }
        }
        let settings = rest_settings(config);
        let transport =
            Transport::network(&settings.base_url, &settings.user_agent, settings.timeout).map_err(setup)?;
        let rest = tastytrade::Client::over(recorded(transport, REST), settings, credentials);
        let legacy = if config.legacy.enabled {
            let settings = legacy_settings(config);
            let transport = legacy::Client::transport(&settings).map_err(setup)?;
            Some(legacy::Client::over(recorded(transport, LEGACY), settings))
        } else {
            None
        };
        Ok(Self {
            mode: mode(config),
            rest,
            legacy,
            connector: Connector::Network(Network::new(http::tls_config().map_err(setup)?)),
            recorder,
            _venue: venue,
        })
    }

    /// Answers out of `recording`, as if the run started at `epoch`.
    pub(super) fn playback(config: &Config, recording: &Recording, epoch: Instant) -> Result<Self, ReadError> {
        let calls = |channel| http::Playback::of(recording, channel, epoch).map(Transport::recording);
        let legacy = if config.legacy.enabled {
            Some(legacy::Client::over(calls(LEGACY)?, legacy_settings(config)))
        } else {
            None
        };
        Ok(Self {
            rest: tastytrade::Client::over(calls(REST)?, rest_settings(config), no_credentials()),
            legacy,
            connector: Connector::Recording(Rc::new(stream::Playback::of(recording, epoch)?)),
            mode: Mode::Replay,
            recorder: None,
            _venue: None,
        })
    }
}

fn setup(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::from_error(FailureKind::Config, error)
}

/// The credentials of the environment and of `.env.tastytrade`.
pub(super) fn credentials(config: &Config, session: &Session) -> Result<tastytrade::Credentials, Failure> {
    let found = config::credentials(&session.environment, &config.env_dirs(&session.directory));
    let found = found.map_err(|error| match error {
        CredentialsError::Missing { .. } => Failure::new(FailureKind::Credentials, format!("no credentials: {error}"))
            .hint(
                "Get OAuth credentials on the tastytrade web site (Manage, My Profile, API, OAuth Applications: create \
                 one, then a grant) and put TT_CLIENT_SECRET and TT_REFRESH_TOKEN into the environment or into \
                 .env.tastytrade.",
            )
            .hint("Or add --demo to work with invented data, without an account."),
        CredentialsError::Dotenv(_) | CredentialsError::File { .. } | CredentialsError::EmptyFile { .. } => {
            Failure::from_error(FailureKind::Credentials, error)
                .hint("Mend the file, or add --demo to work without an account.")
        }
    })?;
    Ok(tastytrade::Credentials {
        client_id: found.client_id,
        client_secret: found.client_secret,
        refresh_token: found.refresh_token,
    })
}

/// What the embedded venue accepts from anyone, and what is shown to a recording, which asks nobody.
fn no_credentials() -> tastytrade::Credentials {
    let secret = || SecretString::from("demo");
    tastytrade::Credentials {
        client_id: None,
        client_secret: secret(),
        refresh_token: secret(),
    }
}

/// The configuration with every server replaced by the embedded venue.
fn at_venue(config: &Config, venue: &Venue) -> Result<Config, Failure> {
    let url = BaseUrl::parse(venue.base_url()).map_err(|error| Failure::from_error(FailureKind::Internal, error))?;
    let mut config = config.clone();
    config.tastytrade.api_base_url = url.clone();
    config.legacy.base_url = url;
    Ok(config)
}

/// Which venue the configured address is: nothing real answers on loopback.
pub(super) fn mode(config: &Config) -> Mode {
    let url = config.tastytrade.api_base_url.url();
    if http::is_loopback(url) {
        Mode::Demo
    } else if url
        .host_str()
        .is_some_and(|host| host.split('.').any(|label| label == SANDBOX))
    {
        Mode::Sandbox
    } else {
        Mode::Live
    }
}

/// Which of the store's files a run uses: invented data has files of its own.
pub(super) fn world(config: &Config, mode: Mode, seed: Option<u64>) -> World {
    match (mode, seed) {
        (_, Some(seed)) => World::Demo { seed },
        (Mode::Live, None) => World::Live,
        (Mode::Sandbox, None) => World::Sandbox,
        (Mode::Demo | Mode::Replay, None) => World::Loopback {
            port: config
                .tastytrade
                .api_base_url
                .url()
                .port_or_known_default()
                .unwrap_or(0),
        },
    }
}

/// How REST is spoken to.
fn rest_settings(config: &Config) -> tastytrade::Settings {
    let rest = &config.tastytrade;
    tastytrade::Settings {
        base_url: rest.api_base_url.url().clone(),
        timeout: Duration::from_secs_f64(rest.timeout_seconds),
        batch_size: rest.batch_size,
        requests_per_second: rest.requests_per_second,
        user_agent: USER_AGENT.to_owned(),
    }
}

/// How the deprecated source is spoken to.
fn legacy_settings(config: &Config) -> legacy::Settings {
    // Where REST is invented, bars of the real market must not fill its holes.
    let invented = mode(config) == Mode::Demo && !http::is_loopback(config.legacy.base_url.url());
    let url = if invented {
        config.tastytrade.api_base_url.url()
    } else {
        config.legacy.base_url.url()
    };
    let per_second = config.legacy.requests_per_second;
    legacy::Settings {
        base_url: url.clone(),
        requests_per_second: per_second,
        max_requests: config.legacy.max_requests.into(),
        user_agent: legacy::BROWSER.to_owned(),
    }
}

/// The channels of a recording that belong to the request sources.
const REST: &str = "rest";
const LEGACY: &str = "legacy";

const USER_AGENT: &str = concat!("variance/", env!("CARGO_PKG_VERSION"));
const SANDBOX: &str = "cert";
