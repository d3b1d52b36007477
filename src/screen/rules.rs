//! Every threshold in force, in the program's units: volatilities as fractions, percentiles on 0 to 100.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::instrument::Symbol;
use crate::units::Vol;

/// The rules of one screen.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Rules {
    /// Name of the profile; printed beside the thresholds, not among them.
    #[serde(skip)]
    pub profile: String,
    /// `vrp_structural` must be above it.
    pub min_vrp_structural: f64,
    /// `vrp_tactical` must be above it.
    pub vrp_tactical_threshold: f64,
    /// `vtr` must reach it.
    pub volatility_momentum_min_ratio: f64,
    /// `price` must reach it; futures are exempt.
    pub retail_min_price: f64,
    /// `slippage` must not be above it, a fraction; at 2 or more no slippage is above it.
    pub retail_max_slippage: f64,
    /// `iv_percentile` must reach it, 0 to 100; 0 switches the gate off.
    pub min_iv_percentile: f64,
    /// `yield` must reach it, a fraction; 0 switches the gate off.
    pub min_yield: f64,
    /// `liquidity_rating` must reach it, 0 to 5; futures without a rating are exempt.
    pub min_liquidity_rating: i64,
    /// Whatever the rating, `slippage` must not be above it, a fraction.
    pub liquidity_max_slippage: f64,
    /// Whether the liquidity gate is switched off.
    pub allow_illiquid: bool,
    /// Only these asset classes pass, compared without case; empty lets all pass.
    pub include_asset_classes: BTreeSet<String>,
    /// These asset classes do not pass, compared without case.
    pub exclude_asset_classes: BTreeSet<String>,
    /// These symbols do not pass, named by symbol or by contract.
    pub exclude_symbols: BTreeSet<Symbol>,
    /// Symbols in the portfolio, named by symbol or by contract: flagged, never dropped for it.
    pub held_symbols: BTreeSet<Symbol>,
    /// The least historical volatility that `iv` was divided by.
    pub hv_floor: Vol,
    /// Earnings within so many days are near.
    pub earnings_days: i32,
    /// Borders between the signals.
    pub signal: SignalBands,
    /// Borders between the votes.
    pub vote: VoteBands,
    /// How the score is made.
    pub score: ScoreRules,
}

/// Borders between the signals. A markup is `vrp_tactical - 1`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SignalBands {
    /// `vrp_structural` above it is rich.
    pub rich_vrp: f64,
    /// `vrp_structural` above it, and not rich, is fair.
    pub fair_vrp: f64,
    /// A markup above it is rich.
    pub rich_markup: f64,
    /// A markup below it is cheap.
    pub cheap_markup: f64,
    /// An `iv_percentile` above it is rich.
    pub rich_iv_percentile: f64,
    /// `vtr` below it is coiled.
    pub coiled: f64,
    /// `vtr` below it is severely coiled.
    pub coiled_severe: f64,
    /// `vtr` above it is expanding.
    pub expanding: f64,
    /// `vtr` above it is severely expanding.
    pub expanding_severe: f64,
}

/// Borders between the votes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct VoteBands {
    /// A score that reaches it is worth leaning toward.
    pub lean_score: f64,
    /// The same for a coiled symbol.
    pub lean_coiled_score: f64,
    /// A held symbol whose markup reaches it can be scaled.
    pub scalable_markup: f64,
    /// A held symbol whose `vrp_tactical / vrp_structural` reaches it can be scaled.
    pub scalable_divergence: f64,
}

/// How the score is made.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ScoreRules {
    /// Weight of each component.
    pub weights: Weights,
    /// Points per unit of `vrp - 1`: at 200 a ratio of 1.5 earns all 100.
    pub dislocation_multiplier: f64,
    /// `vtr` that earns all 100; `volatility_momentum_min_ratio` earns 0.
    pub momentum_ceiling: f64,
    /// `iv_percentile` that earns all 100; `min_iv_percentile` earns 0.
    pub iv_percentile_ceiling: f64,
    /// What the score is multiplied with where `iv` is that of a stand-in, 0 to 1.
    pub proxy_iv_score_haircut: f64,
    /// `yield` that earns all 100; `min_yield` earns 0.
    pub yield_ceiling: f64,
    /// Price that earns all 100; `retail_min_price` earns 0.
    pub retail_price_ceiling: f64,
    /// Rating that earns all 100; `min_liquidity_rating` earns 0.
    pub liquidity_ceiling: f64,
}

/// Weights of the score's components; the score divides by their sum, negative ones count as 0.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the names are the components, described in `score`")]
pub struct Weights {
    pub structural_vrp: f64,
    pub tactical_vrp: f64,
    pub volatility_momentum: f64,
    pub iv_percentile: f64,
    pub r#yield: f64,
    pub retail_efficiency: f64,
    pub liquidity: f64,
}

impl Rules {
    /// Whether a gate needs the quotes of options.
    pub fn judge_options(&self) -> bool {
        self.min_yield > 0.0 || self.judge_slippage()
    }

    /// Whether there is a slippage above the maximum.
    pub(super) fn judge_slippage(&self) -> bool {
        self.retail_max_slippage < MOST_SLIPPAGE
    }

    /// The published profile `balanced`, for ratios made with `hv_floor`.
    pub fn balanced(hv_floor: Vol) -> Self {
        Self {
            profile: "balanced".to_owned(),
            min_vrp_structural: 1.10,
            vrp_tactical_threshold: 1.15,
            volatility_momentum_min_ratio: 0.85,
            retail_min_price: 25.0,
            retail_max_slippage: 0.05,
            min_iv_percentile: 50.0,
            min_yield: 0.03,
            min_liquidity_rating: 4,
            liquidity_max_slippage: 0.25,
            allow_illiquid: false,
            include_asset_classes: BTreeSet::new(),
            exclude_asset_classes: BTreeSet::new(),
            exclude_symbols: BTreeSet::new(),
            held_symbols: BTreeSet::new(),
            hv_floor,
            earnings_days: 10,
            signal: SignalBands::default(),
            vote: VoteBands::default(),
            score: ScoreRules::default(),
        }
    }
}

/// No quote with a bid and an ask that do not cross has more: it is that of a bid of 0.
const MOST_SLIPPAGE: f64 = 2.0;

impl Default for SignalBands {
    fn default() -> Self {
        Self {
            rich_vrp: 1.30,
            fair_vrp: 1.10,
            rich_markup: 0.20,
            cheap_markup: -0.10,
            rich_iv_percentile: 80.0,
            coiled: 0.75,
            coiled_severe: 0.60,
            expanding: 1.15,
            expanding_severe: 1.30,
        }
    }
}

impl Default for VoteBands {
    fn default() -> Self {
        Self {
            lean_score: 60.0,
            lean_coiled_score: 70.0,
            scalable_markup: 1.35,
            scalable_divergence: 1.10,
        }
    }
}

impl Default for ScoreRules {
    fn default() -> Self {
        Self {
            weights: Weights::default(),
            dislocation_multiplier: 200.0,
            momentum_ceiling: 1.20,
            iv_percentile_ceiling: 100.0,
            proxy_iv_score_haircut: 0.85,
            yield_ceiling: 0.15,
            retail_price_ceiling: 100.0,
            liquidity_ceiling: 5.0,
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
