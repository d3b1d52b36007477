//! Whole chains: variance of the strip, volatility at the money, skew, expected moves, term structure.

use std::collections::BTreeMap;

use variance_units::Vol;

use super::{Row, Tally, number, present, relative, rows};
use crate::black::Right;
use crate::chain::{Expiration, OptionQuote, Strike};
use crate::smile::Smile;
use crate::straddle::Straddle;
use crate::term::{Term, ThirtyDays};
use crate::vix_variance::{Between, ModelFree};

#[test]
fn variance_of_the_strip() {
    let chains = chains();
    let mut tally = Tally::of("| `vix_style` | 30-day index |");
    let mut parts = Tally::of("| `vix_style` | forward and variance of each term |");
    for row in rows(include_str!("../../../tests/data/golden/vix_style.csv")) {
        let terms: Vec<Expiration> = chains[&row["case_id"]].values().cloned().collect();
        let found = ModelFree::of(&terms);
        let status = match found.map(|it| it.between) {
            Ok(Between::Two { .. }) => "ok",
            Ok(Between::Exact(_)) => "exact",
            Ok(Between::OneSide(_)) => "single_side",
            Err(_) => "no_term",
        };
        assert_eq!(status, row["status"], "{}", row["case_id"]);
        match (found, number(&row, "vix")) {
            (Ok(found), Some(wanted)) => {
                tally.error((found.vol.get() * 100.0 - wanted).abs(), || row["case_id"].clone())
            }
            (Err(_), None) => {}
            (found, wanted) => panic!("{found:?} for {wanted:?} in {row:?}"),
        }
        tally.row();
        let strips = match found.map(|it| it.between) {
            Ok(Between::Two { near, next }) => vec![("near", near), ("next", next)],
            Ok(Between::Exact(near) | Between::OneSide(near)) => vec![("near", near)],
            Err(_) => vec![],
        };
        for (name, vix_variance) in strips {
            let cell = |column: &str| present(&row, &format!("{name}_{column}"));
            assert_eq!(
                vix_variance.strikes.to_string(),
                cell("n_strikes").to_string(),
                "{row:?}"
            );
            for (found, column, exact) in [
                (vix_variance.minutes, "minutes", true),
                (vix_variance.center, "K0", true),
                (vix_variance.lowest, "low_K", true),
                (vix_variance.highest, "high_K", true),
                (vix_variance.forward, "F", false),
                (vix_variance.variance, "sigma2", false),
            ] {
                let error = relative(found, cell(column));
                assert!(!exact || error <= 0.0, "{column}: {found} in {row:?}");
                parts.error(error, || format!("{name}_{column} of {}", row["case_id"]));
            }
            parts.row();
        }
    }
    tally.hold(12, 1e-8);
    parts.hold(20, 1e-8);
}

#[test]
fn metrics() {
    let chains = chains();
    let mut single = Tally::of("| `chain_metrics` | each expiration |");
    let mut thirty = Tally::of("| `chain_metrics` | 30 days and slope |");
    for row in rows(include_str!("../../../tests/data/golden/chain_metrics.csv")) {
        let terms = &chains[&row["case_id"]];
        let Some(expiration) = terms.get(&row["term"]) else {
            let curve: Vec<Term> = terms
                .values()
                .map(|expiration| Term {
                    minutes: expiration.minutes(),
                    vol: Smile::of(expiration).unwrap().at_the_money().unwrap(),
                })
                .collect();
            let found = ThirtyDays::of(&curve).unwrap();
            for (found, column) in [
                (found.vol.get(), "atm_iv"),
                (found.vol.get(), "atm_iv_30d"),
                (found.slope.unwrap(), "term_slope_per_30d"),
            ] {
                thirty.error(relative(found, present(&row, column)), || {
                    format!("{column} in {row:?}")
                });
            }
            thirty.row();
            continue;
        };
        let smile = Smile::of(expiration).unwrap();
        let straddle = Straddle::of(expiration).unwrap();
        let skew = smile.skew();
        for (found, column) in [
            (Some(expiration.minutes()), "minutes_to_expiry"),
            (Some(smile.forward().price), "forward"),
            (smile.at_the_money().ok().map(Vol::get), "atm_iv"),
            (smile.wing(Right::Call).map(Vol::get), "iv_call25"),
            (smile.wing(Right::Put).map(Vol::get), "iv_put25"),
            (skew.map(|skew| skew.risk_reversal), "rr25"),
            (skew.map(|skew| skew.butterfly), "bf25"),
            (Some(straddle.strike), "atm_strike"),
            (Some(straddle.price), "straddle_mid"),
            (Some(straddle.vol.get()), "straddle_iv_brenner"),
            (Some(straddle.reduced), "em_085_straddle"),
            (straddle.blended, "em_60_30_10"),
            (smile.expected_move().ok(), "em_iv"),
        ] {
            let at = || format!("{column} of {} {}", row["case_id"], row["term"]);
            match (found, number(&row, column)) {
                (Some(found), Some(wanted)) => single.error(relative(found, wanted), at),
                (None, None) => {}
                (found, wanted) => panic!("{found:?} for {wanted:?} at {}", at()),
            }
        }
        single.row();
    }
    single.hold(20, 1e-8);
    thirty.hold(9, 1e-8);
}

/// The expirations of each case by the number of their term.
fn chains() -> BTreeMap<String, BTreeMap<String, Expiration>> {
    let mut quotes: BTreeMap<(String, String), (Row, Vec<Strike>)> = BTreeMap::new();
    for row in rows(include_str!("../../../tests/data/golden/vix_chains.csv")) {
        let quote = |bid, ask| OptionQuote {
            bid: number(&row, bid).unwrap_or(f64::NAN),
            ask: number(&row, ask).unwrap_or(f64::NAN),
        };
        let strike = Strike {
            strike: present(&row, "strike"),
            call: quote("call_bid", "call_ask"),
            put: quote("put_bid", "put_ask"),
        };
        let key = (row["case_id"].clone(), row["term"].clone());
        quotes.entry(key).or_insert_with(|| (row, vec![])).1.push(strike);
    }
    let mut chains: BTreeMap<String, BTreeMap<String, Expiration>> = BTreeMap::new();
    for ((case, term), (row, strikes)) in quotes {
        let expiration = Expiration::new(present(&row, "minutes_to_expiry"), present(&row, "rate"), strikes);
        chains.entry(case).or_default().insert(term, expiration.unwrap());
    }
    chains
}
