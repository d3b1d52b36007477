//! `variance vol SYMBOL`: the volatility of a symbol from every side, from the built binary against the venue.

use std::fs;

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use variance_demo::market::Market;
use variance_time::{self as time, Calendar as Exchange};
use variance_vol::bars::{Bar, clean};
use variance_vol::panel::Panel;

use crate::run::{NOW, Run, at_once};

const NO_FEED: [&str; 2] = ["--fault", "rest /dxlink: status 502"];

#[test]
fn every_number_of_the_panel_is_that_of_the_venues_own_closed_bars() {
    for (symbol, streamer, exchange) in [
        ("SPY", "SPY", Exchange::UsEquities),
        ("SPX", "SPX", Exchange::UsEquities),
        ("/ES", "/ESZ26:XCME", Exchange::UsFutures),
        ("/CLF7", "/CLF27:XNYM", Exchange::UsFutures),
    ] {
        let document = vol(symbol, "--windows 20,60,252").document();
        let own = panel(streamer, exchange, &[20, 60, 252]);
        assert_eq!(document["source"], "dxlink-candles", "{symbol}");
        assert_eq!(document["bars"]["used"], own.bars, "{symbol}");
        assert_eq!(
            document["last"],
            own.last.to_string(),
            "{symbol}: today's unfinished bar never counts"
        );
        near(&document["ewma"]["vol"], own.ewma.unwrap().vol.get());
        for (row, line) in document["rows"].as_array().unwrap().iter().zip(&own.lines) {
            assert_eq!(
                (&row["days"], &row["missing"]),
                (&json!(line.days), &json!({})),
                "{symbol}"
            );
            for (estimator, measured) in &line.measured {
                near(&row[estimator.key()], measured.unwrap().get());
            }
            let cone = line.cone.unwrap();
            for (key, own) in [
                ("min", cone.min.get()),
                ("p50", cone.p50.get()),
                ("max", cone.max.get()),
                ("today", cone.today.get()),
                ("percentile", cone.below * 100.0),
            ] {
                near(&row["cone"][key], own);
            }
        }
    }
}

#[test]
fn a_cone_over_a_year_has_more_than_a_year_of_bars_whatever_rest_says() {
    let document = vol("SPY", "").document();
    assert_eq!(document["record"]["provenance"]["hv30"]["source"], "rest");
    let rows = document["rows"].as_array().unwrap();
    let year = rows.iter().find(|row| row["days"] == 252).unwrap();
    assert!(year["cone"]["windows"].as_u64().unwrap() > 90, "{year}");
}

#[test]
fn realized_volatility_by_source_stands_beside_rest() {
    let document = vol("SPY", "").document();
    for days in [30, 60, 90] {
        let [rest, feed] = ["rest", "dxlink-candles"].map(|source| of_source(&document, days, source));
        let difference = feed["hv"].as_f64().unwrap() - rest["hv"].as_f64().unwrap();
        near(&feed["less_rest"], difference);
        assert!(difference.abs() < 0.0001, "the venue rounds to a hundredth of a point");
        assert!(rest["less_rest"].is_null());
        for one in [rest, feed] {
            assert!(
                one["as_of"].is_string() && one["method"].is_string() && one["reason"].is_null(),
                "{one}"
            );
        }
        assert_eq!(of_source(&document, days, "legacy")["reason"], "not asked");
    }
    let future = vol("/ES", "").document();
    let rest = of_source(&future, 30, "rest");
    assert_eq!(
        (&rest["hv"], &rest["reason"]),
        (&Value::Null, &json!("null in the answer"))
    );
    assert!(of_source(&future, 30, "dxlink-candles")["less_rest"].is_null());
}

#[test]
fn premium_and_expected_move_are_made_of_the_record() {
    for symbol in ["SPY", "/ES", "SPX"] {
        let document = vol(symbol, "").document();
        let number = |key: &str| document["record"][key].as_f64().unwrap();
        let (iv, price) = (number("iv"), number("price"));
        for (place, field, ratio) in [(0, "hv30", "vrp_tactical"), (1, "hv90", "vrp_structural")] {
            let (premium, hv) = (&document["premium"][place], number(field));
            near(&premium["ratio"], iv / hv);
            near(&premium["difference"], iv - hv);
            near(&premium["variance"], iv * iv - hv * hv);
            near(&premium["floored_ratio"], number(ratio));
            assert_eq!(premium["source"], document["record"]["provenance"][ratio]["source"]);
        }
        let moves = document["expected_move"].as_array().unwrap();
        for (place, days) in [1.0, 7.0, 30.0].into_iter().enumerate() {
            let size = price * iv * f64::sqrt(days / 365.0);
            near(&moves[place]["move"], size);
            near(&moves[place]["low"], price - size);
            near(&moves[place]["share"], size / price);
        }
        let monthly = &moves[3];
        assert_eq!(
            (&monthly["expiration"], &monthly["days"]),
            (&json!("2026-12-18"), &json!(28))
        );
        let term = term(&document, "2026-12-18");
        assert_eq!(monthly["iv"], term["iv"], "at its own volatility");
        near(
            &monthly["move"],
            price * term["iv"].as_f64().unwrap() * f64::sqrt(28.0 / 365.0),
        );
    }
}

#[test]
fn implied_volatility_stands_beside_what_models_expect() {
    let document = vol("SPY", "").document();
    let own = panel("SPY", Exchange::UsEquities, &[30]).forecasts;
    let forecast = &document["forecast"];
    assert_eq!(
        (&forecast["sessions"], &forecast["bars"], &forecast["first"]),
        (&json!(21), &json!(own.bars), &json!(own.first.to_string()))
    );
    let iv = document["record"]["iv"].as_f64().unwrap();
    for (found, (model, said)) in forecast["models"].as_array().unwrap().iter().zip(own.models) {
        assert_eq!(found["model"], model.key());
        let (premium, Ok(vol)) = (&found["premium"], said) else {
            let reason = said.unwrap_err().to_string();
            assert_eq!((&found["vol"], &found["reason"]), (&Value::Null, &json!(reason)));
            continue;
        };
        near(&found["vol"], vol.get());
        near(&premium["iv"], iv);
        near(&premium["difference"], iv - vol.get());
        near(&premium["ratio"], iv / vol.get());
        assert_eq!(found["source"], document["source"]);
        assert_eq!(premium["source"], "rest", "the lesser of the two");
    }
    let plain = vol("SPY", "--format table")
        .env("COLUMNS", "100")
        .answer()
        .done()
        .stdout;
    assert!(
        plain.contains("HAR (Corsi 2009)") && plain.contains("of the next 21 sessions"),
        "{plain}"
    );
}

#[test]
fn the_term_structure_is_that_of_the_venues_options() {
    let document = vol("SPY", "").document();
    let terms = &document["term_structure"];
    assert_eq!((&terms["source"], &terms["reason"]), (&json!("rest"), &Value::Null));
    let dates: Vec<&str> = expirations(&document)
        .iter()
        .map(|one| one["expiration"].as_str().unwrap())
        .collect();
    assert!(
        dates.is_sorted() && dates.len() >= 7 && dates[0] > "2026-11-20",
        "{dates:?}"
    );
    let chain = Run::demo("chain SPY").document();
    for expiration in chain["chain"]["expirations"].as_array().unwrap() {
        let day = expiration["expiration"].as_str().unwrap();
        let (venue, own) = (
            term(&document, day)["iv"].as_f64().unwrap(),
            expiration["atm_iv"].as_f64().unwrap(),
        );
        assert!((venue - own).abs() < 0.005, "{day}: {venue} and {own} at the money");
    }
    let index = vol("SPX", "").document();
    assert_eq!(term(&index, "2026-12-18")["settlement"], "AM");
}

#[test]
fn without_metrics_there_are_bars_and_a_reason_for_the_rest() {
    let document = vol("SPY", "")
        .args(["--fault", "rest /market-metrics: status 500"])
        .document();
    assert!(document["rows"][0]["yang_zhang"].is_f64());
    let told = |value: &Value| {
        assert!(value["reason"].as_str().unwrap().contains("500"), "{value}");
    };
    document["premium"].as_array().unwrap().iter().for_each(told);
    document["expected_move"].as_array().unwrap().iter().for_each(told);
    told(&document["term_structure"]);
    told(of_source(&document, 30, "rest"));
    let har = &document["forecast"]["models"][0];
    told(&har["premium"]);
    assert!(har["vol"].is_f64() && har["premium"]["ratio"].is_null(), "{har}");
    assert!(document["premium"][0]["ratio"].is_null() && document["expected_move"][0]["move"].is_null());
}

#[test]
fn without_a_feed_closes_alone_stand_in_for_a_share_and_nothing_for_a_future() {
    let document = vol("SPY", "--listen 1").args(NO_FEED).document();
    assert_eq!(document["source"], "legacy");
    let row = &document["rows"][0];
    assert!(row["close_to_close"].is_f64() && row["yang_zhang"].is_null());
    assert_eq!(row["missing"]["yang_zhang"], "only the closes of these bars are known");
    assert!(of_source(&document, 30, "legacy")["hv"].is_f64());
    let har = &document["forecast"]["models"][0];
    assert_eq!(har["reason"], "only the closes of these bars are known");

    let future = vol("/ES", "--listen 1").args(NO_FEED).document();
    assert!(future["source"].is_null() && future["bars"].is_null() && future["ewma"].is_null());
    let reasons = future["no_bars"].as_array().unwrap();
    assert!(
        reasons
            .iter()
            .any(|tried| tried["reason"] == "its bars join one contract to the next"),
        "{reasons:?}"
    );
    for row in future["rows"].as_array().unwrap() {
        assert!(row["close_to_close"].is_null() && row["cone"].is_null());
        assert!(
            row["missing"]["close_to_close"]
                .as_str()
                .unwrap()
                .contains("join one contract"),
            "{row}"
        );
    }
}

#[test]
fn without_a_feed_the_bars_that_were_kept_stand_in() {
    let state = TempDir::new().unwrap();
    let before = vol("/ES", "").state(state.path()).document();
    let after = vol("/ES", "--listen 1").args(NO_FEED).state(state.path()).document();
    assert_eq!(
        (&before["source"], &after["source"]),
        (&json!("dxlink-candles"), &json!("store"))
    );
    assert_eq!(before["rows"], after["rows"]);
    let feed = of_source(&after, 30, "dxlink-candles");
    assert!(feed["hv"].is_null() && feed["reason"].is_string(), "{feed}");
    assert!(of_source(&after, 30, "store")["hv"].is_f64());
}

#[test]
fn a_session_without_a_sound_bar_blanks_every_estimator_over_it() {
    let document = vol("SPY", "--windows 2,30")
        .args(["--fault", "snapshot: nan bars"])
        .document();
    let row = &document["rows"][1];
    for estimator in [
        "close_to_close",
        "parkinson",
        "garman_klass_gap",
        "rogers_satchell",
        "yang_zhang",
    ] {
        assert!(row[estimator].is_null(), "{row}");
        assert_eq!(row["missing"][estimator], "a session of the window has no sound bar");
    }
    assert!(document["bars"]["dropped"]["absent"].as_u64().unwrap() > 0);
}

#[test]
fn a_symbol_nobody_knows_has_reasons_and_no_numbers() {
    let flags = ["--json", "--format table", "--require-complete 100"];
    let [json, table, incomplete] = at_once(flags.map(|flags| vol("NOSUCH", flags)));
    let document = json.done().saying(&["no source knows NOSUCH"]).document();
    assert_eq!(document["symbol"], "NOSUCH");
    assert!(document["bars"].is_null() && document["premium"][0]["ratio"].is_null());
    assert!(
        document["no_bars"].as_array().unwrap().len() >= 2,
        "{}",
        document["no_bars"]
    );
    let table = table.done().stdout;
    assert!(
        table.contains("no bars (") && table.contains("no term structure"),
        "{table}"
    );
    for format in ["plain", "csv"] {
        let grid = vol("NOSUCH", &format!("--format {format}")).answer().done();
        grid.saying(&[
            "variance: no bars (",
            "variance: no premium over HV30: ",
            "variance: no forecast by HAR (Corsi 2009), GARCH(1,1) (Bollerslev 1986): no bars",
            "variance: no term structure: ",
        ]);
    }
    incomplete.ended(65);
}

#[test]
fn the_table_fits_the_terminal_and_has_three_charts() {
    for width in ["60", "80", "120"] {
        let most: usize = width.parse().unwrap();
        for symbol in ["SPY", "/ES", "SPX"] {
            let table = vol(symbol, "--format table")
                .env("COLUMNS", width)
                .answer()
                .done()
                .stdout;
            assert!(table.lines().all(|line| line.chars().count() <= most), "{table}");
            for part in [
                "Yang-Zhang",
                "Median",
                "HV from",
                "- REST",
                "Ratio",
                "Forecast",
                "Expected over",
                "Expiration",
            ] {
                assert!(most < 80 || table.contains(part), "{part}: {table}");
            }
            assert!(table.contains("DEMO DATA"), "{table}");
            assert!(
                most < 80 || table.contains('◆') && table.contains("Term structure"),
                "{table}"
            );
        }
    }
}

#[test]
fn plain_csv_and_json_lines_hold_the_windows_and_say_whose_they_are() {
    let plain = vol("SPY", "--windows 60,20,400").answer().done();
    assert_eq!(plain.column("days"), ["20", "60", "400"]);
    assert_eq!(plain.column("symbol"), ["SPY"; 3]);
    assert_eq!(plain.column("mode"), ["demo"; 3]);
    assert_eq!(plain.column("close_to_close")[2], "");
    let csv = vol("SPY", "--windows 60,20,400 --format csv").answer().done().stdout;
    assert_eq!(csv.replace(',', "\t"), plain.stdout);
    let lines = vol("SPY", "--windows 60,20 --format jsonl").answer().done().stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["meta", "row", "row", "summary"]);
    assert!(lines[0]["term_structure"].is_object() && lines[3]["coverage"].is_object());
}

#[test]
fn a_recorded_panel_replays_to_the_same_document() {
    let state = TempDir::new().unwrap();
    let runs: [(&str, &[&str]); 4] = [
        ("SPY", &[]),
        ("/ES", &["--fault", "feed at 2nd data: drop rst once"]),
        ("/ES", &NO_FEED),
        ("SPX", &["--fault", "rest /market-metrics: status 503"]),
    ];
    for (symbol, fault) in runs {
        // Later runs lean on what earlier ones kept.
        let run = fault.iter().fold(vol(symbol, "--windows 30,90 --listen 2"), Run::arg);
        let (answer, desk) = run.state(state.path()).args(["--json", "--record", "run.rec"]).kept();
        let before = answer.done().document();
        let text = fs::read_to_string(desk.path().join("run.rec")).unwrap();
        let again = Run::new("replay run.rec").file("run.rec", &text).document();
        assert_eq!(again["recorded"]["mode"], "demo");
        assert_eq!(timeless(again), timeless(before), "{symbol}");
    }
}

#[test]
fn a_symbol_or_a_file_and_what_goes_with_each() {
    Run::new("vol").answer().ended(2).saying(&["SYMBOL", "--bars"]);
    Run::new("vol SPY --bars mine.csv")
        .answer()
        .ended(2)
        .saying(&["--bars"]);
    for flag in [
        "--demo",
        "--listen 1",
        "--deadline 1",
        "--record run.rec",
        "--require-complete 1",
    ] {
        let run = Run::new(&format!("vol --bars mine.csv {flag}"));
        run.answer()
            .ended(2)
            .saying(&["--bars", flag.split(' ').next().unwrap()]);
    }
    Run::new("vol SPY").answer().ended(77).saying(&["--demo"]);
    let option = Run::new("vol .SPY261218C600 --demo").answer().ended(2);
    option.saying(&["is an option", "SPY"]);
    let replay = Run::demo("vol SPY --record run.rec").kept().1;
    let text = fs::read_to_string(replay.path().join("run.rec")).unwrap();
    let answer = Run::new("replay run.rec --min-vrp 1").file("run.rec", &text).answer();
    answer.ended(2).saying(&["is a vol"]);
}

fn vol(symbol: &str, options: &str) -> Run {
    Run::demo(&format!("vol {symbol} {options}"))
}

/// The panel of the venue's own bars that had closed.
fn panel(streamer: &str, exchange: Exchange, windows: &[usize]) -> Panel {
    let now: Timestamp = NOW.parse().unwrap();
    let bars = Market::new(1, now).bars(streamer).unwrap().into_iter().map(|bar| Bar {
        date: time::date_of_bar(bar.day_ms).unwrap(),
        open: Some(bar.open),
        high: Some(bar.high),
        low: Some(bar.low),
        close: Some(bar.close),
    });
    let closed = bars.filter(|bar| time::is_closed(exchange, bar.date, now));
    Panel::of(&clean(closed), windows, 252.0).unwrap()
}

fn of_source<'a>(document: &'a Value, days: u64, source: &str) -> &'a Value {
    let all = document["hv_by_source"].as_array().unwrap();
    all.iter()
        .find(|one| one["days"] == days && one["source"] == source)
        .unwrap()
}

fn expirations(document: &Value) -> &Vec<Value> {
    document["term_structure"]["expirations"].as_array().unwrap()
}

fn term<'a>(document: &'a Value, day: &str) -> &'a Value {
    expirations(document)
        .iter()
        .find(|one| one["expiration"] == day)
        .unwrap()
}

/// A document without what a replay says about itself and without how long things took.
fn timeless(mut document: Value) -> Value {
    let object = document.as_object_mut().unwrap();
    for key in ["mode", "recorded", "timing_ms"] {
        object.remove(key);
    }
    document
}

fn near(found: &Value, wanted: f64) {
    let found = found.as_f64().unwrap();
    assert!(
        (found - wanted).abs() <= 1e-9 * wanted.abs().max(1e-3),
        "{found} for {wanted}"
    );
}
