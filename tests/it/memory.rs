//! A universe in which REST is silent about many, filled from what earlier days left.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use variance_time::{self as time, Calendar};

use crate::run::Run;

const THURSDAY: &str = "2026-11-19T21:30:00Z";
const FRIDAY: &str = "2026-11-20T21:30:00Z";
/// A fifth of all items says nothing about volatility.
const NULLS: &str = "metrics: null 20% iv,iv-rank,tos-iv-rank,tw-iv-rank,iv-percentile,hv30,hv60,hv90";

fn screen(state: &Path, now: &str, fault: &str) -> Value {
    Run::new(&format!("--now {now} screen --all --demo --seed 1 --fault"))
        .arg(fault)
        .state(state)
        .document()
}

/// Seventy sessions of everybody's volatility before the last one, around what it is in `document`.
fn past(document: &Value) -> String {
    let last = time::previous_session(Calendar::UsEquities, "2026-11-19".parse().unwrap());
    let mut text = String::from("symbol,date,iv\n");
    for row in document["rows"].as_array().unwrap() {
        let (Some(symbol), Some(iv)) = (row["symbol"].as_str(), row["iv"].as_f64()) else {
            continue;
        };
        for (place, day) in (0_u32..).zip(time::sessions_back(Calendar::UsEquities, last, 70)) {
            let iv = iv * (0.8 + 0.4 * f64::from(place) / 70.0);
            text.push_str(&format!("{symbol},{day},{iv}\n"));
        }
    }
    text
}

#[test]
fn once_the_store_holds_a_past_a_fifth_of_nulls_leaves_no_hole_worth_mentioning() {
    let state = TempDir::new().unwrap();
    let before = screen(state.path(), THURSDAY, "");
    Run::new(&format!("--now {THURSDAY} history import past.csv --demo --seed 1"))
        .state(state.path())
        .file("past.csv", &past(&before))
        .answer()
        .done();
    let first = screen(state.path(), FRIDAY, NULLS);
    let second = screen(state.path(), FRIDAY, NULLS);
    for document in [&first, &second] {
        let rows = document["rows"].as_array().unwrap();
        let ratio = document["coverage"]["ratio"].as_f64().unwrap();
        assert!(rows.len() >= 300 && ratio > 0.98, "{ratio}: {}", document["coverage"]);
        let counted = document["coverage"]["fields"].as_object().unwrap();
        assert!(counted.len() > 5, "{counted:?}");
        for field in counted.keys() {
            let mut filled = 0;
            for row in rows.iter().filter(|row| !row[field].is_null()) {
                let provenance = &row["provenance"][field];
                assert_ne!(provenance["method"].as_str().unwrap(), "", "{} {field}", row["symbol"]);
                filled += usize::from(provenance["source"] != "rest");
            }
            assert!(5 * filled >= rows.len() - 5, "{field}: {filled} values not of REST");
        }
        for row in rows.iter().filter(|row| row["kind"] == "future") {
            assert!(row["hv30"].is_number() && row["hv90"].is_number(), "{}", row["symbol"]);
        }
    }
    let requests = |document: &Value| document["sources"]["rest"]["requests"].as_u64().unwrap();
    let events = |document: &Value| document["sources"]["dxlink"]["events"].as_u64().unwrap();
    assert!(
        requests(&second) < requests(&first),
        "{} {}",
        requests(&first),
        requests(&second)
    );
    assert!(
        events(&second) < events(&first),
        "{} {}",
        events(&first),
        events(&second)
    );
}
