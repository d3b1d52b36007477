//! Futures over a change of their contract.

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use variance_demo::market::Market;
use variance_time::{self as time, Calendar as Exchange};

use crate::run::{Answer, NOW, Run, row, venue};

#[test]
fn a_young_contract_takes_what_it_lacks_from_the_contract_before_it_and_nobody_else_asks_for_that() {
    let venue = venue();
    let state = TempDir::new().unwrap();
    let quote = || {
        let document = Run::at(&venue, "quote /MBT /ES").state(state.path()).document();
        (row(&document, "/MBT").clone(), row(&document, "/ES").clone())
    };
    let (young, old) = quote();
    assert_eq!(young["contract"], "/MBTZ6");
    let origin = |row: &Value, field: &str| {
        let origin = &row["provenance"][field];
        (origin["source"].clone(), origin["method"].clone())
    };
    let joined = "close-to-close, 90 returns within /MBTU6 and /MBTZ6, joined 2026-07-31";
    assert_eq!(origin(&young, "hv90"), (json!("dxlink-candles"), json!(joined)));
    assert_eq!(origin(&young, "hv30").1, "close-to-close, 30 returns");
    assert_eq!(origin(&old, "hv90").1, "close-to-close, 90 returns");
    // The contracts are a tenth apart, which no day of theirs is.
    let hv90 = young["hv90"].as_f64().unwrap();
    let [older, younger] = ["/MBTU26:XCME", "/MBTZ26:XCME"].map(closes);
    assert!(younger.len() < 91, "{} bars are enough", younger.len());
    let seam = older.iter().position(|bar| bar.0 == younger[0].0).unwrap();
    let step = (younger[0].1 / older[seam].1).ln();
    assert!(step.abs() > 0.05, "{step}");
    let within =
        |bars: &[(i64, f64)]| -> Vec<f64> { bars.windows(2).map(|pair| (pair[1].1 / pair[0].1).ln()).collect() };
    let mut returns = within(&older[..=seam]);
    returns.extend(within(&younger));
    let expected = deviation(&returns[returns.len() - 90..]);
    assert!((hv90 - expected).abs() < 1e-9, "{hv90} for {expected}");
    let spliced: Vec<(i64, f64)> = older[..seam].iter().chain(&younger).copied().collect();
    let spliced = within(&spliced);
    let wrong = deviation(&spliced[spliced.len() - 90..]);
    assert!(wrong > expected + 0.01, "{wrong} with the step, {expected} without");

    // Quote, trade, summary and bars of two futures, and the bars of one more contract.
    let subscribed = venue.tally().unwrap().subscriptions;
    assert_eq!(subscribed, 9);
    let (again, _) = quote();
    assert_eq!(again["hv90"], young["hv90"]);
    assert_eq!(origin(&again, "hv90"), (json!("store"), json!(joined)));
    // Quote, trade and summary of two futures.
    assert_eq!(
        venue.tally().unwrap().subscriptions - subscribed,
        6,
        "bars of both contracts are kept"
    );
}

#[test]
fn a_roll_is_announced_before_and_after_it() {
    let state = TempDir::new().unwrap();
    let at = |now: &str| {
        let row = row(&quote(now, "--json", state.path()).document(), "/ES").clone();
        let noted = |note: &str| row["notes"].as_array().unwrap().contains(&note.into());
        (row["roll"].clone(), [noted("roll_ahead"), noted("rolled")])
    };
    assert_eq!(at("2026-12-03T21:30:00Z"), (Value::Null, [false, false]));
    let ahead = "rolls from /ESZ6 to /ESH7 by 2026-12-18, in 8 days";
    assert_eq!(at("2026-12-10T21:30:00Z"), (ahead.into(), [true, false]));
    let rolled = "rolled from /ESZ6 to /ESH7 after 2026-12-10, by 2026-12-14";
    assert_eq!(at("2026-12-14T21:30:00Z"), (rolled.into(), [false, true]));
    assert_eq!(
        at("2026-12-14T21:40:00Z"),
        (rolled.into(), [false, true]),
        "from the store alone"
    );
    assert_eq!(at("2026-12-23T21:30:00Z"), (rolled.into(), [false, true]));
    let table = quote("2026-12-23T21:31:00Z", "--format=table", state.path());
    assert!(table.stdout.contains(&format!("/ES {rolled}")), "{}", table.stdout);
    assert_eq!(at("2026-12-28T21:30:00Z"), (Value::Null, [false, false]));
}

#[test]
fn a_root_and_its_contract_find_what_a_run_kept_of_the_other() {
    let state = TempDir::new().unwrap();
    let events = |symbol: &str| {
        let run = Run::new(&format!("--now 2026-11-20T22:30:00Z quote --demo --seed 1 {symbol}"));
        let document = run.state(state.path()).document();
        assert!(row(&document, symbol)["hv90"].is_number(), "{symbol}");
        document["sources"]["dxlink"]["events"].as_u64().unwrap()
    };
    let whole = events("/ES");
    assert!(whole > 100, "{whole}");
    let again = ["/ES", "/ESZ6", "/ES", "/ESZ6"].map(events);
    assert_eq!(again, [3; 4], "quote, trade and summary");
}

/// A quote of `/ES` of the embedded venue at `now`.
fn quote(now: &str, format: &str, state: &Path) -> Answer {
    Run::new(&format!("--now {now} quote --demo --seed 1 {format} /ES"))
        .state(state)
        .answer()
        .done()
}

/// The closes of the venue's closed bars of a contract, with their days.
fn closes(streamer: &str) -> Vec<(i64, f64)> {
    let now: Timestamp = NOW.parse().unwrap();
    let bars = Market::new(1, now).bars(streamer).unwrap();
    let closed = |ms| time::is_closed(Exchange::UsFutures, time::date_of_bar(ms).unwrap(), now);
    let closed = bars.into_iter().filter(|bar| closed(bar.day_ms));
    closed.map(|bar| (bar.day_ms, bar.close)).collect()
}

/// The annualized sample standard deviation of daily returns.
fn deviation(returns: &[f64]) -> f64 {
    let count = f64::from(u32::try_from(returns.len()).unwrap());
    let mean = returns.iter().sum::<f64>() / count;
    let squares: f64 = returns.iter().map(|one| (one - mean).powi(2)).sum();
    (squares / (count - 1.0) * 252.0).sqrt()
}

#[test]
fn after_a_roll_what_was_kept_of_the_old_contract_is_no_price_of_the_new_one() {
    let state = TempDir::new().unwrap();
    let quote = |day: &str, window: u32, script: &str| {
        let arguments = format!("--now {day}T22:30:00Z quote /ES --demo --seed 1 --listen {window}");
        let document = Run::new(&arguments)
            .config(json!({ "legacy": { "enabled": false } }))
            .args(["--fault", script])
            .state(state.path())
            .document();
        row(&document, "/ES").clone()
    };
    let before = quote("2026-12-10", 120, "metrics: half missing once");
    assert_eq!(before["contract"], "/ESZ6");
    assert!(before["price"].is_f64());
    let after = quote("2026-12-11", 2, "feed: mute; rest /market-data: status 404");
    assert_eq!(after["contract"], "/ESH7");
    for field in ["price", "hv30", "hv90"] {
        assert!(after[field].is_null(), "{field}: {}", after[field]);
    }
    let tried = after["missing"]["hv90"].as_array().unwrap();
    assert_eq!(tried.last().unwrap()["reason"], "what is kept is of /ESZ6");
}
