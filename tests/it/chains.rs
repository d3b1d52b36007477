//! `variance chain`: the options of a symbol from the built binary against the venue.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::run::{Answer, NOW, Run, at_once, venue};
use crate::schema::{self, assert_fits};

const GREEKS: [&str; 5] = ["delta", "gamma", "theta", "vega", "rho"];

fn expirations(document: &Value) -> &Vec<Value> {
    document["chain"]["expirations"].as_array().unwrap()
}

/// Every option with its strike.
fn options(document: &Value) -> Vec<(&Value, &Value)> {
    let strikes = expirations(document)
        .iter()
        .flat_map(|one| one["strikes"].as_array().unwrap());
    strikes
        .flat_map(|strike| [&strike["call"], &strike["put"]].map(|option| (strike, option)))
        .collect()
}

fn told(document: &Value, key: &str) -> Vec<String> {
    let values = expirations(document).iter().map(|one| one[key].to_string());
    values.map(|text| text.trim_matches('"').to_owned()).collect()
}

fn greeks_agree(document: &Value) {
    for (_, option) in options(document) {
        for greek in GREEKS {
            let (feed, own) = (
                option[greek].as_f64().unwrap(),
                option["check"][greek].as_f64().unwrap(),
            );
            assert!(
                (feed - own).abs() <= 1e-6,
                "{} {greek}: {feed} and {own}",
                option["symbol"]
            );
            assert_eq!(option["provenance"][greek]["source"], "dxlink");
        }
    }
    for one in expirations(document) {
        assert!(one["check"]["worst_difference"].as_f64().unwrap() <= 1e-6);
        assert_eq!(one["check"]["options"], one["strikes"].as_array().unwrap().len() * 2);
    }
}

#[test]
fn the_chain_of_a_fund_is_whole_and_its_greeks_are_our_own() {
    let document = Run::demo("chain SPY").document();
    assert_fits(schema::of_output(), &document);
    assert_eq!(document["command"], "chain");
    assert_eq!(
        told(&document, "expiration"),
        ["2026-11-27", "2026-12-18", "2027-01-15"]
    );
    assert_eq!(told(&document, "days_to_expiration"), ["7", "28", "56"]);
    assert_eq!(document["coverage"]["complete"], document["coverage"]["requested"]);
    assert_eq!(document["coverage"]["ratio"], 1.0);
    greeks_agree(&document);
    for (strike, option) in options(&document) {
        for key in ["bid", "ask", "price", "open_interest", "option_iv"] {
            assert!(option[key].is_number(), "{key} of {option}");
        }
        let feed = option["option_iv"].as_f64().unwrap();
        match strike["model_iv"].as_f64() {
            Some(own) => assert!((feed - own).abs() < 0.01, "{feed} {own} at {}", strike["strike"]),
            None => assert!(
                strike["model_iv_missing"].as_str().unwrap().contains("two-sided"),
                "{strike}"
            ),
        }
    }
    assert_eq!(document["rows"][0]["symbol"], "SPY");
}

#[test]
fn the_numbers_of_an_expiration_name_where_they_came_from_and_hang_together() {
    let document = Run::demo("chain SPY").document();
    let price = document["rows"][0]["price"].as_f64().unwrap();
    for one in expirations(&document) {
        let number = |key: &str| one[key].as_f64().unwrap_or_else(|| panic!("{key} of {one}"));
        assert!((number("forward") - price).abs() < 0.1);
        assert_eq!(one["rate_origin"]["source"], "rest");
        assert_eq!(one["rate_origin"]["method"], "tastytrade's risk-free rate");
        assert_eq!(one["atm_iv_origin"]["source"], "model");
        assert!(number("put_25d_iv") > number("call_25d_iv") && number("risk_reversal") < 0.0);
        let years = number("days_to_expiration") / 365.0;
        let expected = number("forward") * number("atm_iv") * years.sqrt();
        assert!((number("expected_move") - expected).abs() < expected * 0.01);
        assert!(number("expected_move_straddle") < number("straddle"));
    }
    let near = expirations(&document)[1]["atm_iv"].as_f64().unwrap();
    let next = expirations(&document)[2]["atm_iv"].as_f64().unwrap();
    let thirty = document["chain"]["thirty_day"]["atm_iv"].as_f64().unwrap();
    assert!(
        thirty <= near.max(next) && thirty >= near.min(next),
        "{near} {thirty} {next}"
    );
}

#[test]
fn options_on_a_future_have_their_own_roots_its_multiplier_and_both_expirations() {
    let document = Run::demo("chain /ES").document();
    assert_fits(schema::of_output(), &document);
    greeks_agree(&document);
    assert_eq!(told(&document, "root"), ["EW4", "ES", "EW3", "ES"]);
    assert_eq!(told(&document, "underlying"), ["/ESZ6", "/ESZ6", "/ESZ6", "/ESH7"]);
    assert_eq!(told(&document, "settlement"), ["PM", "AM", "PM", "AM"]);
    assert_eq!(told(&document, "days_to_expiration"), ["7", "28", "28", "119"]);
    assert_eq!(
        told(&document, "underlying_days_to_expiration"),
        ["28", "28", "28", "119"]
    );
    assert!(told(&document, "multiplier").iter().all(|dollars| dollars == "50.0"));
    assert_eq!(document["rows"][0]["contract"], "/ESZ6");
    let first = &options(&document)[0].1;
    assert!(first["symbol"].as_str().unwrap().starts_with("./ESZ6 EW4X6 261127C"));
    assert!(document["chain"]["thirty_day"]["atm_iv"].is_number());
    let yen = Run::demo("chain /6J --dte 7").document();
    assert_eq!(told(&yen, "multiplier"), ["12500000.0"]);
}

#[test]
fn a_contract_by_name_has_only_its_own_options() {
    let document = Run::demo("chain /ESH7 --dte 30").document();
    assert_eq!(told(&document, "underlying"), ["/ESH7"]);
}

#[test]
fn an_index_has_the_roots_of_its_morning_and_its_evening() {
    let document = Run::demo("chain SPX --strikes 3").document();
    assert_eq!(told(&document, "root"), ["SPXW", "SPX", "SPX"]);
    assert_eq!(told(&document, "settlement"), ["PM", "AM", "AM"]);
    greeks_agree(&document);
}

#[test]
fn an_expiration_is_taken_by_date_or_by_distance() {
    let by_date = Run::demo("chain SPY --expiry 2026-12-04 --strikes 1").document();
    assert_eq!(told(&by_date, "expiration"), ["2026-12-04"]);
    let by_days = Run::demo("chain SPY --dte 13 --strikes 1").document();
    assert_eq!(told(&by_days, "expiration"), ["2026-12-04"]);
    assert_eq!(options(&by_days).len(), 6);
    let nowhere = Run::demo("chain SPY --expiry 2026-12-05").answer().ended(2);
    assert!(nowhere.stdout.is_empty());
    nowhere.saying(&["nothing expires on 2026-12-05", "2026-12-04 and 2026-12-11"]);
    Run::demo("chain SPY --expiry 2026-12-04 --dte 3").answer().ended(2);
    Run::demo("chain SPY --strikes 0").answer().ended(2);
}

#[test]
fn many_strikes_make_the_strip_whole_within_the_budget_of_subscriptions() {
    let venue = venue();
    let document = Run::at(&venue, "chain SPY --strikes 200").document();
    let chain = &document["chain"];
    let entries = chain["entries"].as_u64().unwrap();
    assert!(entries <= 2_000, "{entries}");
    assert_eq!(chain["cut"], false);
    let subscriptions = venue.tally().unwrap().subscriptions;
    assert!(
        subscriptions >= entries && subscriptions <= entries + 5,
        "{subscriptions}"
    );
    assert_eq!(venue.tally().unwrap().rest_paths["/option-chains/SPY/nested"], 1);
    assert_eq!(venue.tally().unwrap().sockets, 1);
    let one = Run::at(&venue, "chain SPY --dte 28 --strikes 200").document();
    let only = &expirations(&one)[0];
    assert_eq!(only["strikes_listed"], only["strikes"].as_array().unwrap().len());
    let (strip, atm) = (only["variance_iv"].as_f64().unwrap(), only["atm_iv"].as_f64().unwrap());
    assert!(strip > atm && strip < atm + 0.03, "{strip} {atm}");
    let cut = Run::at(&venue, "chain /ES --strikes 200").document();
    let entries = cut["chain"]["entries"].as_u64().unwrap();
    assert!((1_800..=2_000).contains(&entries), "{entries}");
    assert_eq!(cut["chain"]["cut"], true);
}

#[test]
fn a_strip_that_the_strikes_cut_off_is_no_variance() {
    let document = Run::demo("chain SPY --dte 28").document();
    let only = &expirations(&document)[0];
    assert!(only["variance"].is_null());
    assert!(only["missing"]["variance"].as_str().unwrap().contains("--strikes"));
}

#[test]
fn a_symbol_without_options_is_told_and_nothing_is_printed() {
    for (symbol, part) in [
        ("NOSUCH", "no source knows NOSUCH"),
        ("LLYVK", "no options are listed on LLYVK"),
        ("BTC/USD", "there are no options on BTC/USD"),
        ("/XX", "no options are listed on /XX"),
    ] {
        let answer = Run::demo(&format!("chain {symbol} --json")).answer().ended(2);
        assert!(answer.stdout.is_empty());
        answer.saying(&[part]);
    }
}

#[test]
fn where_nobody_sends_greeks_they_are_the_models_and_marked() {
    let faults = "feed: drop column volatility; rest /market-data: status 500";
    let truth = Run::demo("chain SPY --dte 28").document();
    let run = || Run::demo("chain SPY --dte 28").args(["--fault", faults]);
    let document = run().document();
    assert_fits(schema::of_output(), &document);
    assert_eq!(document["coverage"]["ratio"], 1.0);
    for ((strike, option), (_, with_feed)) in options(&document).into_iter().zip(options(&truth)) {
        for key in ["option_iv", "delta", "gamma", "theta", "vega", "rho"] {
            assert_eq!(option["provenance"][key]["source"], "model", "{key}");
            assert_eq!(option["provenance"][key]["tried"][0]["source"], "dxlink");
        }
        assert_eq!(
            option["provenance"]["option_iv"]["method"],
            "implied-vol on the parity forward, American exercise, no dividends known"
        );
        assert_eq!(option["option_iv"], strike["model_iv"]);
        assert!(option["check"].is_null());
        let apart = |key: &str| (option[key].as_f64().unwrap() - with_feed[key].as_f64().unwrap()).abs();
        assert!(apart("option_iv") < 0.01 && apart("delta") < 0.01, "{option}");
    }
    let table = run().args(["--format", "table"]).answer().done();
    assert!(table.stdout.contains("option_iv from model"), "{}", table.stdout);
}

#[test]
fn only_options_on_shares_and_funds_are_read_with_early_exercise() {
    let european = "at the money, implied-vol on the parity forward";
    let american = format!("{european}, American exercise, no dividends known");
    for (symbol, method) in [("SPY", american.as_str()), ("SPX", european), ("/ES", european)] {
        let document = Run::demo(&format!("chain {symbol} --dte 28")).document();
        for one in expirations(&document) {
            assert_eq!(one["atm_iv_origin"]["method"], method, "{symbol}");
        }
    }
}

#[test]
fn without_the_feed_rest_fills_the_options_of_funds_and_of_futures() {
    for symbol in ["SPY", "/ES"] {
        let run = Run::demo(&format!("chain {symbol} --dte 7 --strikes 2 --listen 1"));
        let document = run.args(["--fault", "rest /dxlink: status 503"]).document();
        assert_eq!(document["sources"]["dxlink"]["state"], "failed");
        assert_eq!(document["coverage"]["ratio"], 1.0, "{symbol}");
        for (_, option) in options(&document) {
            assert_eq!(option["provenance"]["bid"]["source"], "rest");
            assert_eq!(option["provenance"]["delta"]["source"], "rest");
        }
        assert!(expirations(&document)[0]["atm_iv"].is_number());
    }
}

#[test]
fn without_rest_quotes_the_feed_tells_where_the_strikes_are() {
    let run = Run::demo("chain SPY --dte 28 --strikes 2").args(["--fault", "rest /market-data: status 500"]);
    let document = run.document();
    greeks_agree(&document);
    assert_eq!(document["sources"]["dxlink"]["connections"], 2);
}

#[test]
fn without_a_published_rate_parity_gives_one_by_name() {
    let fault = ["--fault", "rest /margin-requirements-public-configuration: status 404"];
    let document = Run::demo("chain /ES --dte 28").args(fault).document();
    for one in expirations(&document) {
        assert_eq!(one["rate_origin"]["source"], "model");
        assert!((one["rate"].as_f64().unwrap() - 0.0382).abs() < 0.01, "{}", one["rate"]);
        assert!(one["atm_iv"].is_number());
    }
    assert_eq!(document["errors"][0]["code"], "http_404");
}

#[test]
fn without_the_list_of_options_there_is_no_chain_and_the_exit_code_says_whether_to_try_again() {
    let fault = |arguments: &str, script: &str| Run::demo(arguments).args(["--fault", script]);
    let [down, hanging] = at_once([
        fault("chain SPY", "rest /option-chains: status 503"),
        fault("chain SPY --deadline 3", "rest /option-chains: hang"),
    ]);
    assert!(down.stdout.is_empty());
    down.ended(69).saying(&["no option chain of SPY", "503"]);
    hanging.ended(75).saying(&["the deadline came first"]);
}

#[test]
fn a_recorded_chain_replays_to_the_same_document() {
    let (answer, desk) = Run::new("chain /ES --demo --strikes 3 --json --record run.rec").kept();
    let before = answer.done().document();
    let text = fs::read_to_string(desk.path().join("run.rec")).unwrap();
    let replay = |arguments: &str| {
        Run::new(&format!("replay run.rec {arguments}"))
            .env("API_BASE_URL", "http://127.0.0.1:9")
            .file("run.rec", &text)
    };
    let again = replay("").document();
    assert_eq!(again["chain"], before["chain"]);
    assert_eq!(again["rows"], before["rows"]);
    replay("--limit 3").answer().ended(2);
}

#[test]
fn plain_and_csv_have_one_option_a_line_and_json_lines_one_thing_each() {
    let run = |format: &str| -> Answer {
        Run::demo(&format!("chain SPY --dte 28 --strikes 1 --format {format}"))
            .answer()
            .done()
    };
    let plain = run("plain");
    assert_eq!(plain.column("right"), ["call", "put", "call", "put", "call", "put"]);
    assert!(plain.column("mode").iter().all(|mode| mode == "demo"));
    let csv = run("csv").stdout;
    assert_eq!(
        csv.lines().next().unwrap(),
        plain.stdout.lines().next().unwrap().replace('\t', ",")
    );
    let lines = run("jsonl").stdout;
    let kinds: Vec<String> = lines
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["type"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let mut expected = vec!["meta", "row", "chain", "expiration"];
    expected.extend(["option"; 6]);
    expected.push("summary");
    assert_eq!(kinds, expected);
}

#[test]
fn the_table_of_one_expiration_has_calls_left_and_puts_right_and_of_several_a_line_each() {
    let one = Run::demo("chain SPY --dte 28 --strikes 1 --format table")
        .answer()
        .done()
        .stdout;
    let header = one.lines().find(|line| line.contains("Strike")).unwrap();
    let place = |name: &str| header.find(name).unwrap();
    assert!(place("C Delta") < place("C Bid") && place("C Bid") < place("Strike"));
    assert!(place("Strike") < place("P Bid") && place("P Bid") < place("P Delta"));
    for part in ["ATM IV", "expected move", "agree within", "DEMO DATA", "x 100"] {
        assert!(one.contains(part), "{part}\n{one}");
    }
    let narrow = Run::demo("chain SPY --dte 28 --strikes 1 --format table").env("COLUMNS", "60");
    let narrow = narrow.answer().done().stdout;
    assert!(narrow.contains("Strike") && !narrow.contains("Gamma"));
    let several = Run::demo("chain SPY --format table").answer().done().stdout;
    assert!(several.contains("30 days: ATM IV") && several.contains("term slope"));
    assert!(
        several.contains("model-free volatility missing: the strip is cut off"),
        "{several}"
    );
    assert!(!several.contains('\t') && several.contains("2027-01-15"));
    assert!(NOW.starts_with("2026-11-20"), "the dates above are of that day");
}

#[test]
fn the_list_of_options_is_asked_for_once_a_day_and_never_changes_what_is_printed() {
    let state = TempDir::new().unwrap();
    let fund = venue();
    for symbol in ["SPY", "/ES"] {
        let chain = |now: &str| {
            let run = Run::at(&fund, &format!("chain {symbol} --json --record run.rec"));
            // The last one counts.
            let (answer, desk) = run.args(["--now", now]).state(state.path()).kept();
            let recording = fs::read_to_string(desk.path().join("run.rec")).unwrap();
            (answer.done().document(), recording)
        };
        let lists = || -> u64 {
            let paths = fund.tally().unwrap().rest_paths;
            let lists = paths.iter().filter(|(path, _)| path.contains("option-chains"));
            lists.map(|(_, count)| *count).sum()
        };
        let before = lists();
        let (first, _) = chain(NOW);
        assert_eq!(lists() - before, 1, "{symbol}");
        let (second, recording) = chain(NOW);
        assert_eq!(lists() - before, 1, "{symbol}");
        assert_eq!(told(&first, "date"), told(&second, "date"));
        assert_eq!(options(&first).len(), options(&second).len());
        let again = Run::new("replay run.rec").file("run.rec", &recording).document();
        assert_eq!(again["chain"], second["chain"]);
        chain("2026-11-21T21:30:00Z");
        assert_eq!(lists() - before, 2, "{symbol}: options may be listed over night");
    }
}
