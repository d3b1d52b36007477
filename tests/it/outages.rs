//! What a run is worth when a source is slow, down, or lost on the way.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use variance_demo::{Cut, FeedRule, RestEffect, Times};

use crate::run::{
    Run, at, at_once, faulty, promptly, reset_after, row, status, symbols, venue, venue_with_feed, venue_with_rest,
};

const SOME: &str = "SPY,/ES,AA,FXI,QQQ";

#[test]
fn the_deadline_ends_a_hanging_request_with_the_streamed_prices() {
    promptly(Duration::from_secs(6), || {
        let venue = venue_with_rest("/market-metrics", RestEffect::Hang);
        let run = Run::at(&venue, "screen --deadline 4 --symbols").arg(SOME);
        let started = Instant::now();
        let document = run.document();
        let took = started.elapsed();
        assert_eq!(document["partial"], true);
        assert_eq!(document["stopped_by"], "deadline");
        let rows = document["rows"].as_array().unwrap();
        assert_eq!(rows.len(), SOME.split(',').count(), "what was not judged is printed");
        for row in rows {
            assert_eq!(row["provenance"]["price"]["source"], "dxlink", "{}", row["symbol"]);
            assert!(row["rank"].is_null() && row["rejected"].as_str().unwrap().contains("missing"));
            assert!(row["iv"].is_null());
            assert_eq!(row["missing"]["iv"][0]["source"], "rest");
        }
        took
    });
}

#[test]
fn a_partial_run_says_so_in_every_format() {
    let venue = venue_with_rest("/market-metrics", RestEffect::Hang);
    let run = |format| Run::at(&venue, "quote SPY --deadline 4 --format").arg(format);
    let answers = at_once(["table", "plain", "csv", "jsonl"].map(run));
    let [table, plain, csv, jsonl] = answers.map(|answer| answer.done().stdout);
    assert!(table.contains("PARTIAL"), "{table}");
    let row = |text: &str| text.lines().nth(1).unwrap().to_owned();
    assert!(row(&plain).ends_with("\tdemo\ttrue\ttrue\t"), "{plain}");
    assert!(row(&csv).ends_with(",demo,true,true,"), "{csv}");
    let summary: Value = serde_json::from_str(jsonl.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&summary["type"], &summary["partial"]),
        (&"summary".into(), &true.into())
    );
}

#[test]
fn without_metrics_every_volatility_comes_from_candles() {
    let venue = venue_with_rest("/market-metrics", status(500, "{}"));
    let run = Run::at(&venue, "screen --all --require-complete 98 --json --symbols").arg(SOME);
    let answer = run.answer().ended(65).saying(&["0 of 5", "98"]);
    let document = answer.document();
    for row in document["rows"].as_array().unwrap() {
        for field in ["hv30", "hv90"] {
            assert_eq!(
                row["provenance"][field]["source"], "dxlink-candles",
                "{} {field}",
                row["symbol"]
            );
        }
        assert!(row["iv"].is_null());
        let reason = row["missing"]["iv"][0]["reason"].as_str().unwrap();
        assert!(reason.contains("500"), "{reason}");
    }
    assert_eq!(document["sources"]["rest"]["state"], "failed");
    assert_eq!(document["errors"][0]["code"], "http_500");
}

#[test]
fn without_metrics_the_whole_universe_costs_a_dozen_requests_at_most() {
    let venue = venue_with_rest("/market-metrics", status(503, "{}"));
    let run = Run::at(&venue, "screen --all --require-complete 98 --json");
    let document = run.answer().ended(65).document();
    let fields = &document["coverage"]["fields"];
    assert_eq!((&fields["hv30"], &fields["hv90"]), (&json!(1.0), &json!(1.0)));
    let asked: u64 = venue.tally().unwrap().rest_paths.values().sum();
    assert!(asked <= 12, "{asked} requests");
}

#[test]
fn answers_that_nobody_understands_have_a_code_of_their_own() {
    let page = || status(200, "<html><h1>Please log in</h1></html>");
    let paths = ["/api-quote-tokens", "/market-metrics", "/market-data", "/instruments"];
    let venue = faulty(paths.map(|path| at(path, page())).into(), Vec::new());
    let run = Run::configured_at(
        &venue,
        "quote SPY /ES --json",
        json!({ "legacy": { "enabled": false } }),
    );
    let answer = run
        .answer()
        .ended(76)
        .saying(&["could not be understood", "proxy", "doctor"]);
    assert_eq!(answer.document()["errors"][0]["code"], "unreadable");
}

#[test]
fn what_is_complete_enough_ends_with_zero() {
    Run::demo("quote SPY --require-complete 100").answer().done();
    Run::demo("quote SPY BTC/USD --require-complete 50%").answer().done();
    Run::demo("quote SPY BTC/USD --require-complete 51").answer().ended(65);
}

#[test]
fn without_a_feed_rest_gives_the_prices_and_the_reason_is_told() {
    let venue = venue_with_rest("/dxlink", status(502, "bad gateway"));
    let run = Run::configured_at(
        &venue,
        "screen --all --listen 2 --symbols",
        json!({ "dxlink": { "reconnect_max_attempts": 2 } }),
    );
    let answer = run.arg(SOME).arg("--json").answer().done().saying(&["502"]);
    let document = answer.document();
    let feed = &document["sources"]["dxlink"];
    assert_eq!(feed["state"], "failed");
    assert!(feed["reason"].as_str().unwrap().contains("502"), "{feed}");
    assert_eq!(symbols(&document).len(), 5);
    for row in document["rows"].as_array().unwrap() {
        assert_eq!(row["provenance"]["price"]["source"], "rest", "{}", row["symbol"]);
        assert!(row["hv90"].is_number(), "{}: {}", row["symbol"], row["missing"]);
    }
    assert_eq!(row(&document, "/ES")["provenance"]["hv90"]["source"], "legacy");
    assert_eq!(venue.tally().unwrap().sockets, 0);
}

#[test]
fn a_feed_that_refuses_every_token_is_given_up_with_the_reason() {
    let venue = venue_with_feed(FeedRule::RefuseTokens(1_000));
    let document = Run::at(&venue, "quote SPY").document();
    let feed = &document["sources"]["dxlink"];
    assert_eq!(feed["state"], "failed");
    assert!(
        feed["reason"].as_str().unwrap().to_lowercase().contains("token"),
        "{feed}"
    );
    assert_eq!(row(&document, "SPY")["provenance"]["price"]["source"], "rest");
    let asked = venue.tally().unwrap().rest_paths["/api-quote-tokens"];
    assert!(asked <= 3, "{asked} tokens asked for");
}

#[test]
fn one_refused_token_is_replaced_and_nothing_is_lost() {
    let venue = venue_with_feed(FeedRule::RefuseTokens(1));
    let document = Run::at(&venue, "quote SPY").document();
    assert_eq!(row(&document, "SPY")["provenance"]["price"]["source"], "dxlink");
    assert_eq!(document["coverage"]["complete"], 1);
    assert_eq!(venue.tally().unwrap().rest_paths["/api-quote-tokens"], 2);
}

#[test]
fn a_mute_feed_ends_with_the_window_and_rest_fills_in() {
    promptly(Duration::from_secs(5), || {
        let venue = venue_with_feed(FeedRule::Mute);
        let started = Instant::now();
        let document = Run::at(&venue, "quote SPY --listen 1").document();
        let took = started.elapsed();
        assert_eq!(row(&document, "SPY")["provenance"]["price"]["source"], "rest");
        assert_eq!(document["sources"]["dxlink"]["state"], "failed");
        assert!(document["sources"]["dxlink"]["reason"].is_string());
        took
    });
}

#[test]
fn switched_off_the_feed_is_never_dialed_and_the_legacy_source_is_announced_once() {
    let venue = venue();
    let run = Run::configured_at(
        &venue,
        "screen --all --json --symbols",
        json!({ "dxlink": { "enabled": false } }),
    );
    let answer = run.arg(SOME).answer().done();
    let document = answer.document();
    let tally = venue.tally().unwrap();
    assert_eq!(tally.sockets, 0);
    assert!(
        !tally.rest_paths.contains_key("/api-quote-tokens"),
        "{:?}",
        tally.rest_paths
    );
    assert_eq!(document["sources"]["dxlink"]["state"], "disabled");
    for row in document["rows"].as_array().unwrap() {
        assert_eq!(row["provenance"]["price"]["source"], "rest", "{}", row["symbol"]);
        assert!(
            row["hv30"].is_number() && row["hv90"].is_number(),
            "{}: {}",
            row["symbol"],
            row["missing"]
        );
    }
    assert_eq!(row(&document, "/ES")["provenance"]["hv30"]["source"], "legacy");
    assert_eq!(answer.stderr.matches("deprecated").count(), 1, "{}", answer.stderr);
}

#[test]
fn the_legacy_source_stays_silent_when_switched_off() {
    let venue = venue();
    let run = Run::configured_at(
        &venue,
        "quote /ES --json",
        json!({ "dxlink": { "enabled": false }, "legacy": { "enabled": false } }),
    );
    let answer = run.answer().done();
    assert!(answer.stderr.is_empty(), "{}", answer.stderr);
    let document = answer.document();
    assert_eq!(document["sources"]["legacy"]["state"], "disabled");
    let tried = row(&document, "/ES")["missing"]["hv30"].to_string();
    assert!(tried.contains("legacy.enabled"), "{tried}");
    let paths = venue.tally().unwrap().rest_paths;
    assert!(paths.keys().all(|path| !path.contains("chart")), "{paths:?}");
}

#[test]
fn a_connection_lost_on_the_way_costs_a_line_and_no_value() {
    let quiet = venue();
    let arguments = format!("screen --all --json --symbols {SOME}");
    let before = Run::at(&quiet, &arguments).answer().done().document();
    let venue = venue_with_feed(reset_after(2));
    let answer = Run::at(&venue, &arguments).answer().done();
    let after = answer.document();
    for one in before["rows"].as_array().unwrap() {
        let other = row(&after, one["symbol"].as_str().unwrap());
        for field in [
            "price",
            "bid",
            "ask",
            "last",
            "prev_close",
            "volume",
            "iv",
            "hv30",
            "hv90",
            "score",
            "rank",
        ] {
            assert_eq!(one[field], other[field], "{} {field}", one["symbol"]);
        }
    }
    let feed = &after["sources"]["dxlink"];
    assert_eq!((&feed["gaps"], &feed["connections"]), (&1.into(), &2.into()));
    assert_eq!(feed["state"], "degraded");
    assert_eq!(
        answer.stderr.lines().filter(|line| line.contains("DXLink")).count(),
        1,
        "{}",
        answer.stderr
    );
    assert_eq!(venue.tally().unwrap().max_open_sockets, 1);
}

#[test]
fn a_server_that_restarts_is_met_again() {
    let venue = venue_with_feed(FeedRule::DropAfterData {
        frames: 1,
        cut: Cut::Close(1012),
        times: Times::Once,
    });
    let answer = Run::at(&venue, "quote SPY QQQ --json")
        .answer()
        .done()
        .saying(&["1012"]);
    let document = answer.document();
    assert_eq!(document["coverage"]["complete"], 2);
    assert_eq!(document["sources"]["dxlink"]["connections"], 2);
}

#[test]
fn a_quiet_run_says_nothing_of_a_lost_connection() {
    let venue = venue_with_feed(reset_after(1));
    let answer = Run::at(&venue, "quote SPY -q").answer().done();
    assert!(answer.stderr.is_empty(), "{}", answer.stderr);
}

#[test]
fn when_nothing_answers_at_all_the_code_says_unavailable_and_each_cause_is_told_once() {
    let venue = faulty(
        vec![
            at("/market-metrics", status(500, "{}")),
            at("/market-data", status(500, "{}")),
            at("/v8", status(500, "{}")),
            at("/dxlink", status(502, "")),
        ],
        Vec::new(),
    );
    let run = Run::at(&venue, "quote SPY --listen 1");
    let answer = run.answer().ended(69).saying(&["no source answered", "doctor"]);
    let mut lines: Vec<&str> = answer.stderr.lines().filter(|line| line.starts_with("  ")).collect();
    let all = lines.len();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), all, "{}", answer.stderr);
}

#[test]
fn an_option_nobody_answered_for_is_a_failure_too() {
    let venue = faulty(
        vec![at("/market-data", status(500, "{}")), at("/dxlink", status(502, ""))],
        Vec::new(),
    );
    let run = Run::at(&venue, "quote .SPY261218C600 --listen 1");
    run.answer().ended(69).saying(&["no source answered"]);
}
