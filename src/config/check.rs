//! What values may be: ranges of numbers, and values that must agree with each other.

use serde_json::Value;

use super::layer::flatten;
use super::{Config, known};

/// A value that may not be, with the keys that could be blamed, the likeliest first.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) keys: Vec<String>,
    pub(super) what: String,
}

/// Everything wrong with `config`, of which `tree` is the JSON.
pub(super) fn faults(config: &Config, tree: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, value) in flatten(tree) {
        let out_of_range = value.as_f64().and_then(|number| {
            let (_, low, high) = RANGES.iter().find(|(pattern, ..)| known::matches(&path, pattern))?;
            (!(*low..=*high).contains(&number)).then(|| format!("{value} is not between {low} and {high}"))
        });
        let stand_in = known::matches(&path, "universe.proxies.*");
        let blank = match value {
            Value::String(text) if stand_in => !text.chars().all(|c| c.is_ascii_alphanumeric() || "/.$".contains(c)),
            Value::String(text) => text.trim().is_empty(),
            Value::Array(items) => items
                .iter()
                .any(|item| item.as_str().is_some_and(|text| text.trim().is_empty())),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
        };
        if let Some(what) = out_of_range.or_else(|| {
            let what = if stand_in { "not a symbol" } else { "must not be empty" };
            blank.then(|| what.to_owned())
        }) {
            faults.push(Fault {
                keys: vec![path.join(".")],
                what,
            });
        }
    }
    faults.extend(contradictions(config));
    faults
}

fn contradictions(config: &Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    let rules = &config.screener.rules;
    let ascending = [
        (
            "vtr_coiled_severe",
            rules.vtr_coiled_severe,
            "vtr_coiled",
            rules.vtr_coiled,
        ),
        ("vtr_coiled", rules.vtr_coiled, "vtr_expanding", rules.vtr_expanding),
        (
            "vtr_expanding",
            rules.vtr_expanding,
            "vtr_expanding_severe",
            rules.vtr_expanding_severe,
        ),
        (
            "vrp_structural_fair",
            rules.vrp_structural_fair,
            "vrp_structural_rich",
            rules.vrp_structural_rich,
        ),
        ("markup_cheap", rules.markup_cheap, "markup_rich", rules.markup_rich),
    ];
    for (low, low_value, high, high_value) in ascending {
        if low_value > high_value {
            let what = format!("{low} ({low_value}) must not be above {high} ({high_value})");
            faults.push(Fault {
                keys: vec![format!("screener.rules.{low}"), format!("screener.rules.{high}")],
                what,
            });
        }
    }
    let screener = &config.screener;
    if screener.profile(&screener.default_profile).is_none() {
        let names: Vec<&str> = screener.profiles.keys().map(String::as_str).collect();
        let what = format!("no profile of that name; there are {}", names.join(", "));
        faults.push(Fault {
            keys: vec!["screener.default_profile".to_owned()],
            what,
        });
    }
    let weights = &screener.weights;
    let named = [
        ("structural_vrp", weights.structural_vrp),
        ("tactical_vrp", weights.tactical_vrp),
        ("volatility_momentum", weights.volatility_momentum),
        ("iv_percentile", weights.iv_percentile),
        ("yield", weights.r#yield),
        ("retail_efficiency", weights.retail_efficiency),
        ("liquidity", weights.liquidity),
    ];
    if named.iter().all(|(_, weight)| *weight <= 0.0) {
        let keys = named
            .iter()
            .map(|(name, _)| format!("screener.weights.{name}"))
            .collect();
        faults.push(Fault {
            keys,
            what: "at least one weight must be above 0".to_owned(),
        });
    }
    faults
}

/// Ranges of the numbers, ends included. `*` stands for any profile.
pub(super) const RANGES: [(&str, f64, f64); 49] = [
    ("tastytrade.timeout_seconds", 0.1, 300.0),
    ("tastytrade.batch_size", 1.0, 100.0),
    ("tastytrade.requests_per_second", 0.1, 50.0),
    ("dxlink.reconnect_max_attempts", 0.0, 100.0),
    ("dxlink.reconnect_delay_seconds", 0.0, 300.0),
    ("dxlink.listen_duration_seconds", 0.1, 3600.0),
    ("legacy.requests_per_second", 0.1, 10.0),
    ("legacy.max_requests", 0.0, 1000.0),
    ("volatility.hv_floor", 0.001, 1.0),
    ("volatility.trading_days", 200.0, 366.0),
    ("store.max_age_days", 0.0, 30.0),
    ("store.min_history_days", 20.0, 252.0),
    ("screener.profiles.*.min_vrp_structural", 0.0, 10.0),
    ("screener.profiles.*.min_iv_percentile", 0.0, 100.0),
    ("screener.profiles.*.min_liquidity_rating", 0.0, 5.0),
    ("screener.profiles.*.retail_min_price", 0.0, 1_000_000.0),
    ("screener.max_chains", 0.0, 500.0),
    ("screener.rules.vrp_tactical_threshold", 0.0, 10.0),
    ("screener.rules.volatility_momentum_min_ratio", 0.0, 10.0),
    ("screener.rules.retail_min_price", 0.0, 1_000_000.0),
    ("screener.rules.retail_max_slippage", 0.0, 2.0),
    ("screener.rules.min_yield", 0.0, 10.0),
    ("screener.rules.liquidity_max_slippage", 0.0, 2.0),
    ("screener.rules.min_liquidity_rating", 0.0, 5.0),
    ("screener.rules.vrp_structural_rich", 0.0, 10.0),
    ("screener.rules.vrp_structural_fair", 0.0, 10.0),
    ("screener.rules.markup_rich", -1.0, 10.0),
    ("screener.rules.markup_cheap", -1.0, 10.0),
    ("screener.rules.iv_percentile_rich", 0.0, 100.0),
    ("screener.rules.vtr_coiled", 0.0, 10.0),
    ("screener.rules.vtr_coiled_severe", 0.0, 10.0),
    ("screener.rules.vtr_expanding", 0.0, 10.0),
    ("screener.rules.vtr_expanding_severe", 0.0, 10.0),
    ("screener.rules.earnings_days", 0.0, 365.0),
    ("screener.rules.vrp_scalable_threshold", 0.0, 10.0),
    ("screener.rules.scalable_divergence_threshold", 0.0, 10.0),
    ("screener.rules.dislocation_multiplier", 0.0, 10_000.0),
    ("screener.rules.momentum_ceiling", 0.0, 10.0),
    ("screener.rules.iv_percentile_ceiling", 0.0, 100.0),
    ("screener.rules.proxy_iv_score_haircut", 0.0, 1.0),
    ("screener.rules.yield_ceiling", 0.0, 10.0),
    ("screener.rules.retail_price_ceiling", 0.0, 1_000_000.0),
    ("screener.weights.structural_vrp", 0.0, 1.0),
    ("screener.weights.tactical_vrp", 0.0, 1.0),
    ("screener.weights.volatility_momentum", 0.0, 1.0),
    ("screener.weights.iv_percentile", 0.0, 1.0),
    ("screener.weights.yield", 0.0, 1.0),
    ("screener.weights.retail_efficiency", 0.0, 1.0),
    ("screener.weights.liquidity", 0.0, 1.0),
];
