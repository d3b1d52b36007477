//! The sections of the configuration as effective values, each key with its default, unit and meaning.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::base_url::BaseUrl;
use super::{asset_classes, format, proxies};
use crate::render::Format;

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
    pub rules: Rules,
    /// Weights of the score's components; only their proportions matter.
    pub weights: Weights,
}

/// One set of thresholds. A new profile starts from the rules' thresholds with no percentile gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Structural premium a symbol must exceed: implied over 90-day realized volatility.
    pub min_vrp_structural: f64,
    /// Least percentile of implied volatility, 0 to 100; 0 switches the gate off.
    pub min_iv_percentile: f64,
    /// Whether the liquidity gate is switched off.
    pub allow_illiquid: bool,
    /// Least liquidity rating, 0 to 5; null for the rules' own.
    pub min_liquidity_rating: Option<i64>,
    /// Least price of the underlying in dollars; null for the rules' own.
    pub retail_min_price: Option<f64>,
    /// Asset classes let through; none named lets all through.
    pub include_asset_classes: Vec<String>,
    /// Asset classes kept out.
    pub exclude_asset_classes: Vec<String>,
    /// Symbols kept out.
    pub exclude_symbols: Vec<String>,
    /// Symbols held, which are flagged and judged by the rules for adding to a position.
    pub held_symbols: Vec<String>,
}

/// Thresholds common to all profiles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Tactical premium a symbol must exceed: implied over 30-day realized volatility.
    pub vrp_tactical_threshold: f64,
    /// Least 30-day over 90-day realized volatility.
    pub volatility_momentum_min_ratio: f64,
    /// Least price of the underlying in dollars, where the profile names none.
    pub retail_min_price: f64,
    /// Greatest `(ask - bid) / mid` of the worse leg of the straddle, as a fraction; 2 switches the gate off.
    pub retail_max_slippage: f64,
    /// Least yield of the straddle in 30 days, as a fraction; 0 switches the gate off.
    pub min_yield: f64,
    /// Slippage above which no liquidity rating is believed, as a fraction.
    pub liquidity_max_slippage: f64,
    /// Least liquidity rating, where the profile names none.
    pub min_liquidity_rating: i64,
    /// Structural premium above which a symbol is flagged rich.
    pub vrp_structural_rich: f64,
    /// Structural premium above which a symbol is flagged fair.
    pub vrp_structural_fair: f64,
    /// Tactical markup above which the signal is RICH, as a fraction.
    pub markup_rich: f64,
    /// Tactical markup below which a symbol is flagged cheap, as a fraction.
    pub markup_cheap: f64,
    /// Percentile of implied volatility above which the signal is RICH.
    pub iv_percentile_rich: f64,
    /// Volatility trend ratio below which the signal is COILED.
    pub vtr_coiled: f64,
    /// Volatility trend ratio below which the signal is COILED-SEVERE.
    pub vtr_coiled_severe: f64,
    /// Volatility trend ratio above which the signal is EXPANDING.
    pub vtr_expanding: f64,
    /// Volatility trend ratio above which the signal is EXPANDING-SEVERE.
    pub vtr_expanding_severe: f64,
    /// Days before earnings within which the signal is EVENT.
    pub earnings_days: i64,
    /// Tactical markup from which a held symbol may be added to.
    pub vrp_scalable_threshold: f64,
    /// Tactical over structural premium from which a held symbol may be added to.
    pub scalable_divergence_threshold: f64,
    /// Points of the score per unit of premium above 1.
    pub dislocation_multiplier: f64,
    /// Momentum that earns the full score.
    pub momentum_ceiling: f64,
    /// Percentile that earns the full score.
    pub iv_percentile_ceiling: f64,
    /// What the score is multiplied with where the implied volatility is that of a stand-in.
    pub proxy_iv_score_haircut: f64,
    /// Yield that earns the full score, as a fraction.
    pub yield_ceiling: f64,
    /// Price in dollars that earns the full score.
    pub retail_price_ceiling: f64,
}

/// Weights of the score's components.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the score's components")]
pub struct Weights {
    pub structural_vrp: f64,
    pub tactical_vrp: f64,
    pub volatility_momentum: f64,
    pub iv_percentile: f64,
    pub r#yield: f64,
    pub retail_efficiency: f64,
    pub liquidity: f64,
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
#[expect(missing_docs, reason = "the names say it")]
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
        let profile = |vrp: f64, percentile: f64, rating: Option<i64>| Profile {
            min_vrp_structural: vrp,
            min_iv_percentile: percentile,
            min_liquidity_rating: rating,
            ..Profile::default()
        };
        let profiles = [
            ("balanced", profile(1.10, 50.0, Some(4))),
            (
                "broad",
                Profile {
                    allow_illiquid: true,
                    ..profile(1.00, 30.0, None)
                },
            ),
            (
                "aggressive",
                Profile {
                    retail_min_price: Some(10.0),
                    ..profile(0.90, 40.0, Some(3))
                },
            ),
            ("high_quality", profile(1.20, 70.0, Some(4))),
        ];
        Self {
            default_profile: "balanced".to_owned(),
            max_chains: 40,
            profiles: profiles
                .into_iter()
                .map(|(name, profile)| (name.to_owned(), profile))
                .collect(),
            rules: Rules::default(),
            weights: Weights::default(),
        }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            min_vrp_structural: 1.10,
            min_iv_percentile: 0.0,
            allow_illiquid: false,
            min_liquidity_rating: None,
            retail_min_price: None,
            include_asset_classes: Vec::new(),
            exclude_asset_classes: Vec::new(),
            exclude_symbols: Vec::new(),
            held_symbols: Vec::new(),
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            vrp_tactical_threshold: 1.15,
            volatility_momentum_min_ratio: 0.85,
            retail_min_price: 25.0,
            retail_max_slippage: 0.05,
            min_yield: 0.03,
            liquidity_max_slippage: 0.25,
            min_liquidity_rating: 4,
            vrp_structural_rich: 1.30,
            vrp_structural_fair: 1.10,
            markup_rich: 0.20,
            markup_cheap: -0.10,
            iv_percentile_rich: 80.0,
            vtr_coiled: 0.75,
            vtr_coiled_severe: 0.60,
            vtr_expanding: 1.15,
            vtr_expanding_severe: 1.30,
            earnings_days: 10,
            vrp_scalable_threshold: 1.35,
            scalable_divergence_threshold: 1.10,
            dislocation_multiplier: 200.0,
            momentum_ceiling: 1.20,
            iv_percentile_ceiling: 100.0,
            proxy_iv_score_haircut: 0.85,
            yield_ceiling: 0.15,
            retail_price_ceiling: 100.0,
        }
    }
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            structural_vrp: 0.275,
            tactical_vrp: 0.275,
            volatility_momentum: 0.1,
            iv_percentile: 0.1,
            r#yield: 0.1,
            retail_efficiency: 0.05,
            liquidity: 0.0,
        }
    }
}
