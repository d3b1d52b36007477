//! The sections of the configuration as effective values, each key with its default, unit and meaning.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::base_url::BaseUrl;
use super::{asset_classes, format, proxies};
use crate::render::Format;
use crate::screen::{CommonRules, Profile, Weights};

/// tastytrade's REST API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tastytrade {
    /// Address of the API. `API_BASE_URL` overrides it. `http` only on loopback.
    pub api_base_url: BaseUrl,
    /// How long one request may take, in seconds.
    pub timeout_seconds: f64,
    /// Symbols per request; the venue takes at most 100.
    pub batch_size: usize,
    /// Ceiling of requests per second.
    pub requests_per_second: f64,
}

/// The DXLink feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dxlink {
    /// Whether the feed is used at all; without it REST and legacy alone serve every command.
    pub enabled: bool,
    /// Whether a lost connection is opened again inside the listen window.
    pub reconnect_on_disconnect: bool,
    /// Attempts in a row before the feed is given up; counted anew from the first data after a reconnect.
    pub reconnect_max_attempts: u32,
    /// Longest pause between two attempts, in seconds; shorter ones grow toward it with jitter.
    pub reconnect_delay_seconds: f64,
    /// Longest time a command listens, in seconds; it ends as soon as nothing is awaited any more.
    pub listen_duration_seconds: f64,
    /// Whether the last value of each streamed event is kept in the store, to be used, marked stale, when every live
    /// source fails.
    pub cache_events: bool,
}

/// The deprecated chart endpoint, asked only for what both other sources could not fill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Legacy {
    /// Whether the endpoint may be asked.
    pub enabled: bool,
    /// Address of the endpoint. `http` only on loopback.
    pub base_url: BaseUrl,
    /// Ceiling of requests per second.
    pub requests_per_second: f64,
    /// Ceiling of requests per run.
    pub max_requests: u32,
}

/// What is screened when no symbols are named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Universe {
    /// A CSV file of symbols, relative to the configuration file; null for the built-in list.
    pub watchlist: Option<PathBuf>,
    /// Asset class of a symbol; a future goes by its root. Entries are added to the built-in ones.
    pub asset_classes: BTreeMap<String, String>,
    /// Whose implied volatility stands in for that of a symbol which has none; a future goes by its root. Entries are added to
    /// the built-in ones, an empty text takes one away.
    pub proxies: BTreeMap<String, String>,
    /// Asset class of everything that is not listed.
    pub default_asset_class: String,
}

/// How volatilities are computed and compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Volatility {
    /// Least realized volatility a premium is measured against, as an annualized fraction: 0.05 is 5 %.
    pub hv_floor: f64,
    /// Trading days of a year, for annualizing.
    pub trading_days: u16,
}

/// What is kept between runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// Whether anything is kept and used again.
    pub enabled: bool,
    /// Directory of the store's files, relative to the configuration file; null for the user's state directory.
    pub path: Option<PathBuf>,
    /// Days after which a kept value is too old to stand in for a live one.
    pub max_age_days: u32,
    /// Sessions of own history without which no rank or percentile is computed from it.
    pub min_history_days: usize,
}

/// Which symbols pass, and how those are ranked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Screener {
    /// The profile used when none is named.
    pub default_profile: String,
    /// Most option chains asked for in one run, for slippage, yield and volatilities that REST does not have; 0 asks for none.
    pub max_chains: u32,
    /// Profiles by name, in lower case. Profiles and keys are added to the built-in ones.
    pub profiles: BTreeMap<String, Profile>,
    /// Thresholds common to all profiles.
    pub rules: CommonRules,
    /// Weights of the score's components; only their proportions matter.
    pub weights: Weights,
}

/// How results are shown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Output {
    /// Format of the results; `auto` is `table` on a terminal and `plain` elsewhere.
    #[serde(with = "format")]
    #[schemars(schema_with = "format::schema")]
    pub format: Option<Format>,
    /// Whether colors are used; `auto` uses them on a terminal.
    pub color: Color,
}

/// Whether colors are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl Screener {
    /// The profile called `name`, in any case.
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(&name.to_lowercase())
    }
}

impl Default for Tastytrade {
    fn default() -> Self {
        let api_base_url = BaseUrl::tastytrade();
        Self {
            api_base_url,
            timeout_seconds: 15.0,
            batch_size: 100,
            requests_per_second: 4.0,
        }
    }
}

impl Default for Dxlink {
    fn default() -> Self {
        Self {
            enabled: true,
            reconnect_on_disconnect: true,
            reconnect_max_attempts: 5,
            reconnect_delay_seconds: 5.0,
            listen_duration_seconds: 5.0,
            cache_events: true,
        }
    }
}

impl Default for Legacy {
    fn default() -> Self {
        Self {
            enabled: true,
            base_url: BaseUrl::legacy(),
            requests_per_second: 1.0,
            max_requests: 25,
        }
    }
}

impl Default for Universe {
    fn default() -> Self {
        let asset_classes = asset_classes::defaults();
        Self {
            watchlist: None,
            asset_classes,
            proxies: proxies::defaults(),
            default_asset_class: asset_classes::EQUITY.to_owned(),
        }
    }
}

impl Default for Volatility {
    fn default() -> Self {
        Self {
            hv_floor: 0.05,
            trading_days: 252,
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self {
            enabled: true,
            path: None,
            max_age_days: 5,
            min_history_days: 60,
        }
    }
}

impl Default for Screener {
    fn default() -> Self {
        Self {
            default_profile: "balanced".to_owned(),
            max_chains: 40,
            profiles: Profile::built_in()
                .map(|(name, profile)| (name.to_owned(), profile))
                .into(),
            rules: CommonRules::default(),
            weights: Weights::default(),
        }
    }
}
