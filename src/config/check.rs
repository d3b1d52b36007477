//! What values may be: ranges of numbers, and values that must agree with each other.

use serde_json::Value;

use super::layer::flatten;
use super::{Config, known};
use crate::screen::{ASCENDING, RANGES, Range};

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
            let Range { low, high, .. } = ranges().find(|range| known::matches(&path, range.key))?;
            (!(low..=high).contains(&number)).then(|| format!("{value} is not between {low} and {high}"))
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
    faults.extend(contradictions(config, tree));
    faults
}

fn contradictions(config: &Config, tree: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    let value = |key: &&str| tree.pointer(&format!("/screener/rules/{key}")).and_then(Value::as_f64);
    for (low, high) in ASCENDING.iter().flat_map(|keys| keys.iter().zip(keys.iter().skip(1))) {
        if let (Some(low_value), Some(high_value)) = (value(low), value(high))
            && low_value > high_value
        {
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
    let weights = screener.weights.by_key();
    if weights.iter().all(|(_, weight)| *weight <= 0.0) {
        let keys = weights
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

/// The range of every number of the configuration.
pub(super) fn ranges() -> impl Iterator<Item = Range> {
    OWN.iter().chain(RANGES).copied()
}

const OWN: [Range; 13] = [
    range("tastytrade.timeout_seconds", 0.1, 300.0),
    range("tastytrade.batch_size", 1.0, 100.0),
    range("tastytrade.requests_per_second", 0.1, 50.0),
    range("dxlink.reconnect_max_attempts", 0.0, 100.0),
    range("dxlink.reconnect_delay_seconds", 0.0, 300.0),
    range("dxlink.listen_duration_seconds", 0.1, 3600.0),
    range("legacy.requests_per_second", 0.1, 10.0),
    range("legacy.max_requests", 0.0, 1000.0),
    range("volatility.hv_floor", 0.001, 1.0),
    range("volatility.trading_days", 200.0, 366.0),
    range("store.max_age_days", 0.0, 30.0),
    range("store.min_history_days", 20.0, 252.0),
    range("screener.max_chains", 0.0, 500.0),
];

const fn range(key: &'static str, low: f64, high: f64) -> Range {
    Range { key, low, high }
}
