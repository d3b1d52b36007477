//! The whole default watchlist, and what it costs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use variance_demo::market::Market;
use variance_time::{self as time, Calendar as Exchange};

use crate::run::{NOW, Run, promptly, row, venue};

#[test]
fn the_whole_universe_comes_over_one_socket_and_few_requests_with_every_volatility() {
    let venue = venue();
    let document = Run::at(&venue, "screen --all").document();
    let tally = venue.tally().unwrap();
    let rows = document["rows"].as_array().unwrap();
    assert!(rows.len() >= 300, "{} rows", rows.len());
    assert_eq!(document["coverage"]["requested"], rows.len());
    assert_eq!(document["stopped_by"], "complete");
    assert_eq!(document["partial"], false);
    assert_eq!(row(&document, "/ES")["contract"], "/ESZ6");

    let mut by_candles = 0;
    for row in rows {
        let symbol = row["symbol"].as_str().unwrap();
        for field in ["hv30", "hv90"] {
            assert!(
                row[field].as_f64().unwrap_or_default() > 0.0,
                "{symbol} has no {field}: {}",
                row["missing"]
            );
            let source = row["provenance"][field]["source"].as_str().unwrap();
            by_candles += usize::from(source == "dxlink-candles");
            if row["kind"] == "future" {
                assert_eq!(source, "dxlink-candles", "{symbol} {field}");
            }
        }
    }
    assert!(
        by_candles > 2 * rows.len() / 10,
        "only {by_candles} volatilities by candles"
    );
    for field in ["price", "iv", "hv30", "hv90"] {
        let share = document["coverage"]["fields"][field].as_f64().unwrap();
        assert!(share > 0.99, "{field}: {share}");
    }
    for hole in document["coverage"]["missing"].as_array().unwrap() {
        let tried = hole["tried"].as_array().unwrap();
        assert!(!tried.is_empty(), "{hole}");
        assert!(
            tried
                .iter()
                .all(|attempt| !attempt["reason"].as_str().unwrap().is_empty()),
            "{hole}"
        );
    }

    assert_eq!((tally.sockets, tally.max_open_sockets), (1, 1));
    assert!(tally.max_live_candles <= 100, "{}", tally.max_live_candles);
    assert_eq!(document["sources"]["dxlink"]["connections"], 1);
    assert_eq!(document["sources"]["dxlink"]["gaps"], 0);
    assert_eq!(document["sources"]["dxlink"]["dropped"], 0);
    assert_eq!(document["sources"]["legacy"]["state"], "unused");
    assert_eq!(document["sources"]["rest"]["requests"], tally.rest_requests);
    let paths = &tally.rest_paths;
    assert!(tally.rest_requests - of_options(paths, rows) <= 8, "{paths:?}");

    let market = Market::new(1, NOW.parse().unwrap());
    for symbol in ["/ES", "/CL", "/ZN", "/6E", "/HE"]
        .into_iter()
        .chain(computed(rows).take(5))
    {
        let row = row(&document, symbol);
        let closes = closed_closes(&market, row);
        for (field, returns) in [("hv30", 30), ("hv90", 90)] {
            let (shown, own) = (row[field].as_f64().unwrap(), sample_volatility(&closes, returns));
            assert!(
                (shown - own).abs() < 1e-9,
                "{symbol} {field}: {shown}, the venue's bars say {own}"
            );
        }
    }
}

/// Requests about options: one chain of each symbol that passed everything cheaper or has no volatility by REST, and beside
/// them quotes in batches and a rate, for all together.
fn of_options(paths: &BTreeMap<String, u64>, rows: &[Value]) -> u64 {
    let chains: Vec<u64> = paths
        .iter()
        .filter(|(path, _)| path.ends_with("/nested"))
        .map(|(_, requests)| *requests)
        .collect();
    let by_model = |attempt: &Value| attempt["source"] == "model";
    let asked = rows.iter().filter(|row| {
        let judged = !row["slippage"].is_null() || !row["missing"]["slippage"].is_null();
        let lacking = row["missing"]["iv"]
            .as_array()
            .is_some_and(|tried| tried.iter().any(by_model));
        judged || lacking || by_model(&row["provenance"]["iv"])
    });
    assert!(chains.iter().all(|requests| *requests == 1), "{paths:?}");
    assert_eq!(chains.len(), asked.count(), "{paths:?}");
    let beside = ["/market-data/by-type", "/margin-requirements-public-configuration"];
    let beside = beside.iter().filter_map(|path| paths.get(*path)).sum::<u64>();
    assert!(beside <= 4, "{paths:?}");
    chains.iter().sum::<u64>() + beside
}

#[test]
fn a_hundred_symbols_cost_one_socket_and_at_most_six_requests_beside_those_about_options() {
    let symbols: Vec<&str> = Market::new(1, NOW.parse().unwrap())
        .universe()
        .filter(|symbol| !symbol.contains("/USD"))
        .take(100)
        .collect();
    for flags in ["", "--max-slippage 2 --min-yield 0"] {
        let mut requests = BTreeMap::new();
        for count in [10, 100] {
            let venue = venue();
            let arguments = format!("screen --all {flags} --symbols {}", symbols[..count].join(","));
            let document = Run::at(&venue, &arguments).document();
            let tally = venue.tally().unwrap();
            assert_eq!(tally.sockets, 1);
            assert_eq!(document["sources"]["rest"]["requests"], tally.rest_requests);
            let options = of_options(&tally.rest_paths, document["rows"].as_array().unwrap());
            // VXN has no index by REST, which is a hole of its own.
            assert!(flags.is_empty() || tally.rest_requests <= 6, "{:?}", tally.rest_paths);
            requests.insert(count, tally.rest_requests - options);
        }
        assert!(requests[&100] <= 6, "{requests:?}");
        assert_eq!(requests[&10], requests[&100], "a request more for each symbol");
    }
}

#[test]
fn the_window_is_a_ceiling_and_not_a_wait() {
    promptly(Duration::from_secs(10), || {
        let started = Instant::now();
        let document = Run::demo("screen --symbols SPY,/ES,AA,SPX,BTC/USD --listen 60 --rtt 40").document();
        assert_eq!(document["stopped_by"], "complete");
        started.elapsed()
    });
}

#[test]
fn the_order_of_the_symbols_changes_no_byte_of_the_rows() {
    let rows = |symbols: &str| {
        let document = Run::demo(&format!("screen --all --symbols {symbols}")).document();
        serde_json::to_string(&document["rows"]).unwrap()
    };
    let plain = |symbols: &str| {
        let run = Run::demo(&format!("screen --all --format plain --symbols {symbols}"));
        run.answer().done().stdout
    };
    let (one, other) = ("SPY,/ES,AA,FXI,BTC/USD,XLF,VXN", "VXN,XLF,BTC/USD,FXI,/ES,AA,SPY");
    assert_eq!(rows(one), rows(other));
    assert_eq!(plain(one), plain(other));
}

#[test]
fn another_seed_is_another_market() {
    let price = |seed: &str| {
        let run = Run::new("quote SPY --demo").args(["--now", NOW, "--seed", seed]);
        run.document()["rows"][0]["price"].clone()
    };
    assert_eq!(price("7"), price("7"));
    assert_ne!(price("7"), price("8"));
}

/// Symbols of shares whose volatility was computed.
fn computed(rows: &[Value]) -> impl Iterator<Item = &str> {
    rows.iter()
        .filter(|row| row["kind"] == "equity" && row["provenance"]["hv30"]["source"] == "dxlink-candles")
        .map(|row| row["symbol"].as_str().unwrap())
}

/// The closes of the sessions that have ended, oldest first.
fn closed_closes(market: &Market, row: &Value) -> Vec<f64> {
    let exchange = if row["kind"] == "future" {
        Exchange::UsFutures
    } else {
        Exchange::UsEquities
    };
    let bars = market.bars(row["streamer_symbol"].as_str().unwrap()).unwrap();
    bars.into_iter()
        .filter(|bar| time::is_closed(exchange, time::date_of_bar(bar.day_ms).unwrap(), NOW.parse().unwrap()))
        .map(|bar| bar.close)
        .collect()
}

/// Sample standard deviation of the last log returns, annualized.
fn sample_volatility(closes: &[f64], returns: u32) -> f64 {
    let window = &closes[closes.len() - returns as usize - 1..];
    let logs: Vec<f64> = window.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
    let mean = logs.iter().sum::<f64>() / f64::from(returns);
    let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
    (squares / f64::from(returns - 1) * 252.0).sqrt()
}
