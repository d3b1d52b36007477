//! What is needed: arguments, environment and configuration turned into the values the other rooms work with.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use smol_str::SmolStr;

use super::ProcessEnv;
use super::exit::{Failure, Kind};
use super::flags::Global;
use super::terminal::Size;
use crate::config::{self, BaseUrl, Config, CredentialsError, FlagValue};
use crate::demo::Venue;
use crate::gather::{BarHistory, Listen, Plan};
use crate::instrument::{DEFAULT_WATCHLIST, Instrument, Symbol, parse_watchlist};
use crate::market::{Mode, Precedence, VolRules};
use crate::render::Format;
use crate::screen::{Sort, SortKey};
use crate::store::World;
use crate::stream::Policy;
use crate::{http, legacy, tastytrade, time};

const USER_AGENT: &str = concat!("variance/", env!("CARGO_PKG_VERSION"));
const SANDBOX: &str = "cert";

/// The effective configuration.
pub(super) fn config(global: &Global, listen: Option<f64>, around: &ProcessEnv) -> Result<Config, Failure> {
    let listen = listen.map(|seconds| FlagValue {
        key: "dxlink.listen_duration_seconds".to_owned(),
        value: seconds.into(),
        flag: "--listen".to_owned(),
    });
    let sources = config::Sources {
        config_file: global.config.clone(),
        environment: around.environment.clone(),
        working_directory: around.directory.clone(),
        flags: listen.into_iter().collect(),
        ..config::Sources::default()
    };
    resolved(sources)
}

/// The configuration that a recording holds, under what the environment says about output.
pub(super) fn recorded_config(text: String, place: &Path, around: &ProcessEnv) -> Result<Config, Failure> {
    resolved(config::Sources {
        text: Some((place.to_owned(), text)),
        environment: around.environment.clone(),
        working_directory: around.directory.clone(),
        ..config::Sources::default()
    })
}

fn resolved(sources: config::Sources) -> Result<Config, Failure> {
    config::resolve(sources).map_err(|error| match error {
        config::Error::Read { path, source } => Failure::new(
            Kind::CannotRead,
            format!("cannot read the configuration {}: {source}", path.display()),
        )
        .hint("Name another file with --config or VARIANCE_CONFIG, or name none."),
        config::Error::Problems(problems) => {
            let count = problems.len();
            let plural = if count == 1 { "" } else { "s" };
            let details = problems.iter().map(ToString::to_string).collect();
            Failure {
                details,
                ..Failure::new(Kind::Config, format!("the configuration has {count} problem{plural}"))
            }
            .hint("Mend the lines above; `variance config schema` describes every key.")
        }
    })
}

/// The credentials of the environment and of `.env.tastytrade`.
pub(super) fn credentials(config: &Config, around: &ProcessEnv) -> Result<tastytrade::Credentials, Failure> {
    let found = config::credentials(&around.environment, &config.env_dirs(&around.directory));
    let found = found.map_err(|error| match error {
        CredentialsError::Missing { .. } => Failure::new(Kind::Credentials, format!("no credentials: {error}"))
            .hint(
                "Get OAuth credentials on the tastytrade web site (Manage, My Profile, API, OAuth Applications: create \
                 one, then a grant) and put TT_CLIENT_SECRET and TT_REFRESH_TOKEN into the environment or into \
                 .env.tastytrade.",
            )
            .hint("Or add --demo to work with invented data, without an account."),
        CredentialsError::Dotenv(_) | CredentialsError::File { .. } | CredentialsError::EmptyFile { .. } => {
            Failure::from_error(Kind::Credentials, error)
                .hint("Mend the file, or add --demo to work without an account.")
        }
    })?;
    Ok(tastytrade::Credentials {
        client_id: found.client_id,
        client_secret: found.client_secret,
        refresh_token: found.refresh_token,
    })
}

/// What the embedded venue accepts from anyone.
pub(super) fn demo_credentials() -> tastytrade::Credentials {
    let demo = || SecretString::from("demo");
    tastytrade::Credentials {
        client_id: None,
        client_secret: demo(),
        refresh_token: demo(),
    }
}

/// What the answers of a recording are fetched with: nobody is asked for credentials.
pub(super) fn no_credentials() -> tastytrade::Credentials {
    let nothing = || SecretString::from(String::new());
    tastytrade::Credentials {
        client_id: None,
        client_secret: nothing(),
        refresh_token: nothing(),
    }
}

/// The configuration with every server replaced by the embedded venue.
pub(super) fn at_venue(config: &Config, venue: &Venue) -> Result<Config, Failure> {
    let url = BaseUrl::parse(venue.base_url()).map_err(|error| Failure::from_error(Kind::Internal, error))?;
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
pub(super) fn rest_settings(config: &Config) -> tastytrade::Settings {
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
pub(super) fn legacy_settings(config: &Config) -> legacy::Settings {
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

/// What to gather for `instruments`.
pub(super) fn plan(config: &Config, instruments: Vec<Instrument>, mode: Mode) -> Plan {
    let dxlink = &config.dxlink;
    let listen = Listen {
        window: Duration::from_secs_f64(dxlink.listen_duration_seconds),
        policy: Policy {
            reconnect: dxlink.reconnect_on_disconnect,
            max_attempts: dxlink.reconnect_max_attempts,
            ceiling: Duration::from_secs_f64(dxlink.reconnect_delay_seconds),
        },
        recorded_end: None,
    };
    let classes = config.universe.asset_classes.iter();
    let proxies = config.universe.proxies.iter();
    Plan {
        instruments,
        asset_classes: classes
            .map(|(symbol, class)| (Symbol(symbol.into()), SmolStr::new(class)))
            .collect(),
        default_asset_class: SmolStr::new(&config.universe.default_asset_class),
        listen: dxlink.enabled.then_some(listen),
        batch_size: config.tastytrade.batch_size,
        mode,
        vol: vol_rules(config),
        precedence: Precedence::default(),
        history: BarHistory::WhereNeeded,
        proxies: proxies
            .filter(|(_, proxy)| !proxy.is_empty())
            .map(|(symbol, proxy)| (Symbol(symbol.into()), Symbol(proxy.trim().to_uppercase().into())))
            .collect(),
        options: None,
        chain_names: BTreeMap::new(),
    }
}

/// What volatilities are computed with.
pub(super) fn vol_rules(config: &Config) -> VolRules {
    VolRules {
        hv_floor: config.volatility.hv_floor,
        trading_days: f64::from(config.volatility.trading_days),
        min_history: config.store.min_history_days,
    }
}

/// Symbols typed by the user, each once, in the order given.
pub(super) fn symbols(texts: &[String], now: Timestamp) -> Result<Vec<Instrument>, Failure> {
    let today = time::new_york_date(now);
    let mut known = BTreeSet::new();
    let mut instruments = Vec::new();
    for text in texts
        .iter()
        .map(|text| text.as_str())
        .filter(|text| !text.trim().is_empty())
    {
        let instrument = Instrument::parse(text, today).map_err(|error| Failure::from_error(Kind::Usage, error))?;
        if known.insert(instrument.symbol()) {
            instruments.push(instrument);
        }
    }
    if instruments.is_empty() {
        return Err(Failure::new(Kind::Usage, "no symbol is named").hint("Name symbols like SPY or /ES."));
    }
    Ok(instruments)
}

/// What is screened: the symbols named, else the watchlist named, else the configured one, else the built-in one.
pub(super) fn universe(
    config: &Config,
    named: &[String],
    watchlist: Option<&Path>,
    around: &ProcessEnv,
) -> Result<Vec<Instrument>, Failure> {
    if !named.is_empty() {
        return symbols(named, around.now);
    }
    let configured = config.watchlist(&around.directory);
    let (place, text) = match watchlist.or(configured.as_deref()) {
        None => ("the built-in watchlist".to_owned(), DEFAULT_WATCHLIST.to_owned()),
        Some(path) if path.as_os_str() == "-" => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| unreadable("stdin", &error))?;
            ("stdin".to_owned(), text)
        }
        Some(path) => {
            let place = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|error| unreadable(&place, &error))?;
            (place, text)
        }
    };
    let instruments = parse_watchlist(&text, time::new_york_date(around.now)).map_err(|error| {
        let failure = Failure::from_error(Kind::CannotRead, error);
        let error = failure.error.context(place.clone());
        Failure { error, ..failure }.hint("A watchlist has one symbol a line.")
    })?;
    if instruments.is_empty() {
        return Err(Failure::new(Kind::CannotRead, format!("{place} names no symbol"))
            .hint("A watchlist has one symbol a line."));
    }
    Ok(instruments)
}

fn unreadable(place: &str, error: &std::io::Error) -> Failure {
    Failure::new(Kind::CannotRead, format!("cannot read the watchlist {place}: {error}"))
        .hint("Name another file with --watchlist, or symbols with --symbols.")
}

/// The order asked for.
pub(super) fn sort(text: Option<&str>) -> Result<Sort, Failure> {
    let Some(text) = text else { return Ok(Sort::default()) };
    text.parse().map_err(|error| {
        let keys: Vec<String> = SortKey::all().map(|key| key.name().to_string()).collect();
        Failure::from_error(Kind::Usage, error).hint(format!("The keys are {}.", keys.join(", ")))
    })
}

/// The configured format; `auto` is the table on a terminal and plain elsewhere.
pub(super) fn format(config: &Config, to_terminal: bool) -> Format {
    match config.output.format {
        config::Format::Auto if to_terminal => Format::Table,
        config::Format::Auto | config::Format::Plain => Format::Plain,
        config::Format::Table => Format::Table,
        config::Format::Json => Format::Json,
        config::Format::Jsonl => Format::Jsonl,
        config::Format::Csv => Format::Csv,
    }
}

/// The format asked for with `--json` or `--format`.
pub(super) fn asked(json: bool, format: Option<Format>) -> Option<Format> {
    if json { Some(Format::Json) } else { format }
}

/// Columns of the table: `COLUMNS`, else the terminal's, else unbounded.
pub(super) fn width(around: &ProcessEnv, to_terminal: bool) -> Option<usize> {
    let columns = around.variable("COLUMNS").and_then(|columns| columns.parse().ok());
    columns.or_else(|| to_terminal.then(terminal).flatten().map(|size| size.width))
}

/// Columns and lines of the terminal on stdout.
pub(super) fn terminal() -> Option<Size> {
    let (width, height) = terminal_size::terminal_size()?;
    let size = Size {
        width: usize::from(width.0),
        height: usize::from(height.0),
    };
    Some(size).filter(|size| size.width > 0 && size.height > 0)
}
