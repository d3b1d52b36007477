//! The list of faults in `docs/faults.md` against the code, and faults that need the whole program.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use variance_demo::RestEffect;

use crate::run::{Run, promptly, row, symbols, venue_with_rest};

#[test]
fn every_case_is_listed_once_with_a_test_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = fs::read_to_string(root.join("docs/faults.md")).unwrap();
    let mut numbers = Vec::new();
    let mut absent = BTreeSet::new();
    for line in list.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, number, server, client, tests, _] = cells[..] else {
            continue;
        };
        let Ok(number) = number.parse::<usize>() else { continue };
        numbers.push(number);
        assert!(!server.is_empty() && !client.is_empty(), "case {number} says nothing");
        let named: Vec<&str> = tests.split_whitespace().map(|name| name.trim_matches('`')).collect();
        assert!(!named.is_empty(), "case {number} is proved by nothing");
        absent.extend(
            named
                .into_iter()
                .filter(|name| !is_there(root, name))
                .map(|name| format!("{number}: {name}")),
        );
    }
    assert_eq!(numbers, (1..=70).collect::<Vec<_>>());
    assert!(absent.is_empty(), "no such tests: {absent:#?}");
}

/// Whether `path::name` is a test function of that file.
fn is_there(root: &Path, test: &str) -> bool {
    let Some((path, name)) = test.split_once("::") else {
        return false;
    };
    let Ok(text) = fs::read_to_string(root.join(path)) else {
        return false;
    };
    let head = format!("fn {name}()");
    let mut lines = text.lines().map(str::trim_start);
    let mut above = "";
    lines.any(|line| {
        let is_test = above.starts_with("#[test]") || above.starts_with("#[tokio::test");
        above = line;
        is_test && line.trim_start_matches("async ").starts_with(&head)
    })
}

#[test]
fn an_upgrade_that_is_never_answered_ends_with_the_window_and_rest_fills_in() {
    promptly(Duration::from_secs(8), || {
        let venue = venue_with_rest("/dxlink", RestEffect::Hang);
        let started = Instant::now();
        let document = Run::at(&venue, "quote SPY --listen 1").document();
        let took = started.elapsed();
        assert_eq!(row(&document, "SPY")["provenance"]["price"]["source"], "rest");
        assert_eq!(document["sources"]["dxlink"]["state"], "failed");
        took
    });
}

#[test]
fn a_spoiled_history_gives_the_right_volatility_or_none() {
    let run = |script: &str| {
        let run = Run::demo("quote AA SPX /ES BTC/USD --fault").arg(script);
        run.config(json!({ "legacy": { "enabled": false } })).document()
    };
    let right = run("");
    for (script, known) in [
        ("snapshot: duplicates", [true, true]),
        ("snapshot: ascending", [true, true]),
        ("snapshot: old events", [true, true]),
        ("feed: drop column volume; snapshot: old events", [true, true]),
        ("snapshot: snip; snapshot: old events", [true, false]),
        ("snapshot: nan bars", [false, false]),
        ("snapshot: zero bars", [false, false]),
        ("snapshot: never ends", [false, false]),
    ] {
        let spoiled = run(script);
        for symbol in symbols(&right) {
            let (before, after) = (row(&right, symbol), row(&spoiled, symbol));
            for (field, known) in ["hv30", "hv90"].into_iter().zip(known) {
                let told = after["missing"][field][1]["reason"].as_str();
                assert_eq!(after[field].is_number(), known, "{script}: {symbol} {field}, {told:?}");
                if known {
                    assert_eq!(before[field], after[field], "{script}: {symbol} {field}");
                } else {
                    assert!(told.is_some_and(|told| !told.is_empty()), "{script}: {symbol} {field}");
                }
            }
        }
    }
    let reason = |script: &str| run(script)["rows"][0]["missing"]["hv30"][1]["reason"].clone();
    for script in ["snapshot: nan bars", "snapshot: zero bars"] {
        let reason = reason(script);
        assert!(
            reason
                .as_str()
                .unwrap()
                .starts_with("a session of the window has no sound bar"),
            "{reason}"
        );
    }
}
