//! Every threshold of a screen, once.
//!
//! A threshold is a line: its printed name, type and default, the range of its configuration keys, the keys, the flag
//! with unit and help. Structs, schema, validation, flags, recordings and the printed `thresholds` follow from it.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::thresholds::{CommandLine, Flag, ListError, Range, Typed, Unit, list, thresholds};
use crate::instrument::Symbol;

thresholds! {
    lists {
        /// Asset classes let through; none named lets all through.
        include_asset_classes "include-asset-classes": String, "Keep only these asset classes";
        /// Asset classes kept out.
        exclude_asset_classes "exclude-asset-classes": String, "Drop these asset classes";
        /// Symbols kept out.
        exclude_symbols "exclude-symbols": Symbol, "Drop these symbols";
        /// Symbols held, which are flagged and judged by the rules for adding to a position.
        held_symbols "held-symbols": Symbol, "Flag these symbols as held; none is dropped for it";
    }

    switches {
        /// Whether the liquidity gate is switched off.
        allow_illiquid "allow-illiquid", "Switch the liquidity gate off";
    }

    weights {
        /// Of `vrp_structural`.
        structural_vrp "structural_vrp" = 0.275;
        /// Of `vrp_tactical`.
        tactical_vrp "tactical_vrp" = 0.275;
        /// Of `vtr`.
        volatility_momentum "volatility_momentum" = 0.1;
        /// Of `iv_percentile`.
        iv_percentile "iv_percentile" = 0.1;
        /// Of `yield`.
        straddle_yield "yield" = 0.1;
        /// Of price and slippage.
        retail_efficiency "retail_efficiency" = 0.05;
        /// Of the liquidity rating.
        liquidity "liquidity" = 0.0;
    }

    /// What the gates hold a record against.
    Limits {
        /// Structural premium a symbol must exceed: implied over 90-day realized volatility.
        min_vrp_structural: f64 = 1.10, 0.0..=10.0, profile.min_vrp_structural,
            flag min_vrp "min-vrp" Ratio "Require a structural VRP, iv / hv90, above this ratio";
        /// Tactical premium a symbol must exceed: implied over 30-day realized volatility.
        vrp_tactical_threshold: f64 = 1.15, 0.0..=10.0, rules.vrp_tactical_threshold;
        /// Least 30-day over 90-day realized volatility.
        volatility_momentum_min_ratio: f64 = 0.85, 0.0..=10.0, rules.volatility_momentum_min_ratio;
        /// Least price of the underlying in dollars; futures are exempt.
        retail_min_price: f64 = 25.0, 0.0..=1_000_000.0, rules.retail_min_price, or profile.retail_min_price,
            flag min_price "min-price" Price "Require at least this price of anything but futures";
        /// Greatest `(ask - bid) / mid` of the worse leg of the straddle, as a fraction; 2 switches the gate off.
        retail_max_slippage: f64 = 0.05, 0.0..=2.0, rules.retail_max_slippage,
            flag max_slippage "max-slippage" Fraction
            "Allow at most this straddle slippage; 2 switches it off";
        /// Least percentile of implied volatility, 0 to 100; 0 switches the gate off.
        min_iv_percentile: f64 = 0.0, 0.0..=100.0, profile.min_iv_percentile,
            flag min_iv_percentile "min-iv-percentile" Percent "Require at least this IV percentile; 0 switches it off";
        /// Least yield of the straddle in 30 days, as a fraction; 0 switches the gate off.
        min_yield: f64 = 0.03, 0.0..=2.0, rules.min_yield,
            flag min_yield "min-yield" Fraction "Require this 30-day straddle yield; 0 switches it off";
        /// Least liquidity rating, 0 to 5; futures without a rating are exempt.
        min_liquidity_rating: i64 = 4, 0.0..=5.0, rules.min_liquidity_rating, or profile.min_liquidity_rating,
            flag min_liquidity "min-liquidity" Rating "Require at least this liquidity rating, 0 to 5";
        /// Slippage above which no liquidity rating is believed, as a fraction.
        liquidity_max_slippage: f64 = 0.25, 0.0..=2.0, rules.liquidity_max_slippage;
    }

    /// What days are near.
    Nearness {
        /// Days before earnings within which the signal is EVENT.
        earnings_days: i64 = 10, 0.0..=365.0, rules.earnings_days;
    }

    /// Borders between the signals. A markup is `vrp_tactical - 1`.
    SignalBands {
        /// Structural premium above which a symbol is flagged rich.
        rich_vrp: f64 = 1.30, 0.0..=10.0, rules.vrp_structural_rich;
        /// Structural premium above which a symbol is flagged fair.
        fair_vrp: f64 = 1.10, 0.0..=10.0, rules.vrp_structural_fair;
        /// Tactical markup above which the signal is RICH, as a fraction.
        rich_markup: f64 = 0.20, -1.0..=10.0, rules.markup_rich;
        /// Tactical markup below which a symbol is flagged cheap, as a fraction.
        cheap_markup: f64 = -0.10, -1.0..=10.0, rules.markup_cheap;
        /// Percentile of implied volatility above which the signal is RICH.
        rich_iv_percentile: f64 = 80.0, 0.0..=100.0, rules.iv_percentile_rich;
        /// Volatility trend ratio below which the signal is COILED.
        coiled: f64 = 0.75, 0.0..=10.0, rules.vtr_coiled;
        /// Volatility trend ratio below which the signal is COILED-SEVERE.
        coiled_severe: f64 = 0.60, 0.0..=10.0, rules.vtr_coiled_severe;
        /// Volatility trend ratio above which the signal is EXPANDING.
        expanding: f64 = 1.15, 0.0..=10.0, rules.vtr_expanding;
        /// Volatility trend ratio above which the signal is EXPANDING-SEVERE.
        expanding_severe: f64 = 1.30, 0.0..=10.0, rules.vtr_expanding_severe;
    }

    /// Borders between the votes.
    VoteBands {
        /// A score that reaches it is worth leaning toward.
        lean_score: f64 = 60.0, 0.0..=100.0;
        /// The same for a coiled symbol.
        lean_coiled_score: f64 = 70.0, 0.0..=100.0;
        /// Tactical markup from which a held symbol may be added to.
        scalable_markup: f64 = 1.35, 0.0..=10.0, rules.vrp_scalable_threshold;
        /// Tactical over structural premium from which a held symbol may be added to.
        scalable_divergence: f64 = 1.10, 0.0..=10.0, rules.scalable_divergence_threshold;
    }

    /// What earns how many points of the score.
    ScorePoints {
        /// Points of the score per unit of premium above 1.
        dislocation_multiplier: f64 = 200.0, 0.0..=10_000.0, rules.dislocation_multiplier;
        /// Momentum that earns the full score.
        momentum_ceiling: f64 = 1.20, 0.0..=10.0, rules.momentum_ceiling;
        /// Percentile that earns the full score.
        iv_percentile_ceiling: f64 = 100.0, 0.0..=100.0, rules.iv_percentile_ceiling;
        /// What the score is multiplied with where the implied volatility is that of a stand-in.
        proxy_iv_score_haircut: f64 = 0.85, 0.0..=1.0, rules.proxy_iv_score_haircut;
        /// Yield that earns the full score, as a fraction.
        yield_ceiling: f64 = 0.15, 0.0..=10.0, rules.yield_ceiling;
        /// Price in dollars that earns the full score.
        retail_price_ceiling: f64 = 100.0, 0.0..=1_000_000.0, rules.retail_price_ceiling;
        /// Rating that earns the full score.
        liquidity_ceiling: f64 = 5.0, 0.0..=5.0;
    }
}

/// Keys of `screener.rules` whose values must not descend.
pub const ASCENDING: [&[&str]; 3] = [
    &[
        "vtr_coiled_severe",
        "vtr_coiled",
        "vtr_expanding",
        "vtr_expanding_severe",
    ],
    &["vrp_structural_fair", "vrp_structural_rich"],
    &["markup_cheap", "markup_rich"],
];
