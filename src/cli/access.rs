//! Who is asked: the configured venue, the embedded one, or a recording.

use std::rc::Rc;

use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::exit::{Failure, Kind};
use super::flags::Source;
use super::{ProcessEnv, resolve};
use crate::config::Config;
use crate::demo::Venue;
use crate::gather::Venues;
use crate::http::{self, Transport};
use crate::market::Mode;
use crate::recording::{ReadError, Recorder, Recording};
use crate::store::StoreSnapshot;
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
        surroundings: &ProcessEnv,
        recorder: Option<Recorder>,
    ) -> Result<Self, Failure> {
        let venue = &source.venue;
        if venue.world.demo {
            let faults = super::demo::faults(venue.fault.as_deref())?;
            let venue = super::demo::start(venue.world.seed, venue.rtt, surroundings.now, faults)?;
            return Self::demo(config, venue, recorder);
        }
        let credentials = resolve::credentials(config, surroundings)?;
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
        let config = resolve::at_venue(config, &venue)?;
        Self::at(&config, resolve::demo_credentials(), Some(venue), recorder)
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
        let settings = resolve::rest_settings(config);
        let transport =
            Transport::network(&settings.base_url, &settings.user_agent, settings.timeout).map_err(setup)?;
        let rest = tastytrade::Client::over(recorded(transport, REST), settings, credentials);
        let legacy = if config.legacy.enabled {
            let settings = resolve::legacy_settings(config);
            let transport = legacy::Client::transport(&settings).map_err(setup)?;
            Some(legacy::Client::over(recorded(transport, LEGACY), settings))
        } else {
            None
        };
        Ok(Self {
            mode: resolve::mode(config),
            rest,
            legacy,
            connector: Connector::Network(Network::new(http::tls_config().map_err(setup)?)),
            recorder,
            _venue: venue,
        })
    }

    /// Answers out of `recording`, as if the run started at `epoch`.
    ///
    /// # Errors
    /// A line of the recording is wrong.
    pub(super) fn playback(config: &Config, recording: &Recording, epoch: Instant) -> Result<Self, ReadError> {
        let calls = |channel| http::Playback::of(recording, channel, epoch).map(Transport::recording);
        let legacy = if config.legacy.enabled {
            Some(legacy::Client::over(calls(LEGACY)?, resolve::legacy_settings(config)))
        } else {
            None
        };
        Ok(Self {
            rest: tastytrade::Client::over(calls(REST)?, resolve::rest_settings(config), resolve::no_credentials()),
            legacy,
            connector: Connector::Recording(Rc::new(stream::Playback::of(recording, epoch)?)),
            mode: Mode::Replay,
            recorder: None,
            _venue: None,
        })
    }
}

fn setup(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::from_error(Kind::Config, error)
}

/// Credentials that the venue does not accept.
pub(super) fn refused(error: &tastytrade::Error) -> Failure {
    Failure::from_error(Kind::Credentials, error.clone())
        .hint("Make a new grant on the tastytrade web site (Manage, My Profile, API, OAuth Applications).")
        .hint(
            "Repeated failures block your address for hours: mend the credentials before the next try, or use --demo.",
        )
}

/// The channels of a recording that belong to the request sources.
const REST: &str = "rest";
const LEGACY: &str = "legacy";
