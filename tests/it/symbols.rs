//! One symbol, however it is spelled; and a record that says where each number is from.

use serde_json::Value;

use crate::run::{Run, row, symbols, venue};
use crate::schema::sourced_fields;

const SOURCES: [&str; 4] = ["dxlink", "dxlink-candles", "rest", "legacy"];

#[test]
fn a_quote_says_of_every_field_where_it_is_from_or_why_it_is_missing() {
    let document = Run::demo("quote AAPL /ES SPX BTC/USD VXN").document();
    assert_eq!(document["mode"], "demo");
    assert_eq!(document["command"], "quote");
    for row in document["rows"].as_array().unwrap() {
        for field in sourced_fields() {
            let (symbol, origin, missing) = (&row["symbol"], &row["provenance"][field], &row["missing"][field]);
            if row[field].is_null() {
                assert!(origin.is_null(), "{symbol} {field}: a source without a value");
                for attempt in missing.as_array().map_or(&[][..], Vec::as_slice) {
                    assert!(!attempt["reason"].as_str().unwrap().is_empty(), "{symbol} {field}");
                }
            } else {
                assert!(
                    SOURCES.contains(&origin["source"].as_str().unwrap()),
                    "{symbol} {field}"
                );
                assert!(!origin["method"].as_str().unwrap().is_empty(), "{symbol} {field}");
                assert_moment(&origin["as_of"]);
                assert!(missing.is_null(), "{symbol} {field}: present and missing");
            }
        }
    }
    let apple = row(&document, "AAPL");
    assert_eq!(apple["provenance"]["price"]["source"], "dxlink");
    assert_eq!(apple["provenance"]["iv"]["source"], "rest");
    assert_eq!(row(&document, "VXN")["missing"]["iv"][0]["source"], "rest");
    for field in ["iv_rank", "iv_percentile", "hv30", "price"] {
        assert!(apple["missing"][field].is_null() || !apple["missing"][field][0]["reason"].is_null());
    }
}

#[test]
fn an_unknown_symbol_is_listed_with_what_was_tried_and_harms_no_other() {
    let venue = venue();
    let alone = Run::at(&venue, "quote SPY /ES").document();
    let among = Run::at(&venue, "quote SPY NOSUCH /ES").document();
    for symbol in ["SPY", "/ES"] {
        assert_eq!(row(&alone, symbol), row(&among, symbol));
    }
    let missing = among["coverage"]["missing"].as_array().unwrap();
    let price = missing
        .iter()
        .find(|hole| hole["symbol"] == "NOSUCH" && hole["field"] == "price")
        .unwrap();
    let tried: Vec<&str> = price["tried"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| {
            assert!(!attempt["reason"].as_str().unwrap().is_empty());
            attempt["source"].as_str().unwrap()
        })
        .collect();
    assert_eq!(tried, ["dxlink", "rest", "legacy"]);
    assert!(missing.iter().all(|hole| hole["symbol"] == "NOSUCH"));
    assert_eq!(among["coverage"]["complete"], 2);
}

#[test]
fn a_root_is_its_active_month_and_never_the_share_of_that_name() {
    let document = Run::demo("quote ES /ES /ESZ6 /ESZ26:XCME").document();
    assert_eq!(symbols(&document), ["/ES", "/ESZ6", "ES"]);
    let (root, contract, share) = (row(&document, "/ES"), row(&document, "/ESZ6"), row(&document, "ES"));
    assert_eq!(root["contract"], "/ESZ6");
    assert_eq!(root["streamer_symbol"], "/ESZ26:XCME");
    assert_eq!(root["days_to_expiration"], 28);
    assert_eq!(root["price"], contract["price"]);
    assert_eq!(root["hv30"], contract["hv30"]);
    assert_eq!(share["kind"], "equity");
    assert_eq!(share["streamer_symbol"], "ES");
    assert!(share["contract"].is_null());
    assert_ne!(share["price"], root["price"]);
    assert_ne!(share["hv90"], root["hv90"]);
    assert_ne!(share["iv"], root["iv"]);
}

#[test]
fn the_metrics_of_a_root_never_describe_a_contract_the_venue_does_not_list() {
    let document = Run::demo("quote /ESZ6 /ESM9").document();
    assert_eq!(row(&document, "/ESZ6")["provenance"]["iv"]["source"], "rest");
    let unlisted = row(&document, "/ESM9");
    assert!(unlisted["iv"].is_null() && unlisted["iv_rank"].is_null(), "{unlisted}");
    let reason = unlisted["missing"]["iv"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("not known"), "{reason}");
}

#[test]
fn share_classes_and_pairs_keep_their_slash() {
    let document = Run::demo("quote BRK/B BTC/USD").document();
    let (share, pair) = (row(&document, "BRK/B"), row(&document, "BTC/USD"));
    assert_eq!((&share["kind"], &pair["kind"]), (&"equity".into(), &"crypto".into()));
    assert_eq!(pair["streamer_symbol"], "BTC/USD:CXTALP");
    for row in [share, pair] {
        assert_eq!(row["provenance"]["price"]["source"], "dxlink");
        assert!(row["hv90"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn an_option_is_the_same_in_all_three_spellings_and_has_greeks() {
    let spellings = ["SPY   261218C00650000", "SPY261218C00650000", ".SPY261218C650"];
    let rows: Vec<Value> = spellings
        .into_iter()
        .map(|spelling| {
            let document = Run::demo("quote").arg(spelling).document();
            assert_eq!(document["coverage"]["complete"], 1, "{spelling}");
            document["rows"][0].clone()
        })
        .collect();
    assert_eq!(rows[0]["symbol"], "SPY   261218C00650000");
    assert_eq!(rows[0]["streamer_symbol"], ".SPY261218C650");
    assert_eq!(rows[0]["kind"], "equity-option");
    for other in &rows[1..] {
        assert_eq!(*other, rows[0]);
    }
    for (field, origin) in rows[0]["provenance"].as_object().unwrap() {
        assert!(rows[0][field].is_number(), "{field}");
        assert_eq!(origin["source"], "dxlink", "{field}");
    }
    let delta = rows[0]["delta"].as_f64().unwrap();
    assert!(delta > 0.0 && delta < 1.0, "{delta}");
    assert!(rows[0]["theta"].as_f64().unwrap() < 0.0);
}

#[test]
fn an_option_on_a_future_has_greeks_too() {
    let document = Run::demo("quote ./EW4X26C6550:XCME ./ESZ26C6550:XCME").document();
    let rows = document["rows"].as_array().unwrap();
    assert!(
        rows.iter().any(|row| row["delta"].is_number()),
        "{:?}",
        document["coverage"]["missing"]
    );
    assert!(rows.iter().all(|row| row["kind"] == "future-option"));
}

#[test]
fn a_symbol_that_cannot_be_read_is_a_usage_error_that_repeats_it() {
    for symbol in ["/", "SPY;DROP", ".SPY", "SPY   261332C00650000"] {
        let answer = Run::demo("quote SPY").arg(symbol).answer().ended(2);
        assert!(answer.stdout.is_empty());
        assert!(answer.stderr.contains(symbol), "{}", answer.stderr);
    }
}

fn assert_moment(value: &Value) {
    let text = value.as_str().unwrap();
    assert!(text.parse::<jiff::Timestamp>().is_ok(), "{text}");
    assert_eq!(text.len(), "2026-11-20T21:30:00.000Z".len(), "{text}");
    assert!(text.ends_with('Z') && text.as_bytes()[19] == b'.', "{text}");
}
