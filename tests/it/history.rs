//! The series of what was kept: printed, seeded, written out.

use serde_json::json;
use tempfile::TempDir;

use crate::run::{NOW, Run, row, some_of_the_watchlist};

fn history(state: &TempDir, arguments: &str) -> Run {
    Run::new(&format!("--now {NOW} history {arguments}")).state(state.path())
}

/// Days before the venue's last session, weekdays all, none of them a holiday.
fn seed(days: usize) -> String {
    let mut text = String::from("date,iv,hv30\n");
    let sessions = (1..=30).flat_map(|day| [(9, day), (10, day), (8, day)]);
    let dates = sessions.map(|(month, day)| jiff::civil::date(2026, month, day));
    let weekday = |date: &jiff::civil::Date| {
        use jiff::civil::Weekday::{Saturday, Sunday};
        !matches!(date.weekday(), Saturday | Sunday) && date.to_string() != "2026-09-07"
    };
    for (index, date) in dates.filter(weekday).take(days).enumerate() {
        text.push_str(&format!("{date},0.{},0.11\n", 10 + index % 50));
    }
    text
}

#[test]
fn a_session_kept_by_a_screen_is_printed_with_its_sources() {
    let state = TempDir::new().unwrap();
    Run::demo("screen --symbols SPY,/ES")
        .state(state.path())
        .answer()
        .done();
    let document = history(&state, "SPY /ES --demo").document();
    assert_eq!(
        (&document["command"], &document["mode"]),
        (&"history".into(), &"demo".into())
    );
    assert_eq!(document["rows"].as_array().unwrap().len(), 2);
    let es = row(&document, "/ES");
    assert_eq!(es["date"], "2026-11-20");
    assert!(es["iv"].is_number() && es["hv90"].is_number());
    assert_eq!(es["provenance"]["hv90"]["source"], "dxlink-candles");
    assert_eq!(es["iv_method"], "venue's 30-day index");
    let table = history(&state, "SPY --demo --format table").answer().done().stdout;
    assert!(
        table.contains("2026-11-20") && table.contains('%') && table.contains("DEMO DATA"),
        "{table}"
    );
    history(&state, "SPY --demo --from 2026-11-21")
        .answer()
        .ended(69)
        .saying(&["nothing is kept"]);
    history(&state, "SPY").env("HOME", "/nonexistent").answer().ended(69);
}

#[test]
fn a_seeded_past_gives_the_rank_the_venue_lacks_and_is_exported_again() {
    let state = TempDir::new().unwrap();
    let quote = || row(&Run::demo("quote CSCO").state(state.path()).document(), "CSCO").clone();
    assert!(quote()["iv_rank"].is_null(), "the venue has no rank of CSCO");
    let import = history(&state, "import past.csv --symbol CSCO --demo").file("past.csv", seed(60));
    import.answer().done().saying(&["120 values of CSCO entered"]);
    let ranked = quote();
    assert_eq!(
        ranked["provenance"]["iv_rank"]["method"],
        "range, own history of 60 days"
    );
    assert_eq!(ranked["provenance"]["iv_rank"]["source"], "store");
    let past = Run::new("screen --demo --as-of 2026-11-20 --symbols CSCO --all").state(state.path());
    let past = row(&past.document(), "CSCO").clone();
    assert_eq!(
        past["iv_rank"], ranked["iv_rank"],
        "a rank is made again of the same past"
    );
    assert_eq!(past["iv_percentile"], ranked["iv_percentile"]);
    let export = history(&state, "export --demo").answer().done();
    let mut reader = csv::Reader::from_reader(export.stdout.as_bytes());
    let header = reader.headers().unwrap().clone();
    assert_eq!(
        header.iter().take(4).collect::<Vec<_>>(),
        ["symbol", "date", "price", "iv"]
    );
    assert_eq!(reader.records().count(), 61);
}

#[test]
fn a_past_of_another_method_is_never_ranked_with_the_venue_s() {
    let state = TempDir::new().unwrap();
    let import = history(&state, "import past.csv --symbol CSCO --demo --iv-method chain").file("past.csv", seed(60));
    import.answer().done();
    let document = Run::demo("quote CSCO").state(state.path()).document();
    let csco = row(&document, "CSCO");
    assert!(csco["iv_rank"].is_null());
    assert_eq!(
        csco["missing"]["iv_rank"][1]["reason"],
        "own history has 0 of 60 days of this volatility"
    );
}

#[test]
fn one_wrong_line_enters_nothing_and_is_named() {
    let state = TempDir::new().unwrap();
    let text = "date,iv\n2026-11-18,0.2\n2026-11-19,18.3\n";
    let import = history(&state, "import past.csv --symbol SPY --demo").file("past.csv", text);
    import
        .answer()
        .ended(74)
        .saying(&["past.csv", "line 3", "fractions", "Nothing was entered"]);
    history(&state, "SPY --demo").answer().ended(69);
    history(&state, "import nosuch.csv --symbol SPY --demo")
        .answer()
        .ended(74);
    history(&state, "import past.csv --demo")
        .file("past.csv", "date,iv\n2026-11-18,0.2\n")
        .answer()
        .ended(2)
        .saying(&["--symbol"]);
    let others = "symbol,date,iv\nQQQ,2026-11-18,0.2\nSPY,2026-11-18,0.2\n";
    let unequal = history(&state, "import past.csv --symbol QQQ --demo").file("past.csv", others);
    unequal
        .answer()
        .ended(74)
        .saying(&["line 3: this is of SPY, not of QQQ"]);
    history(&state, "QQQ --demo").answer().ended(69);
    let many = history(&state, "import past.csv --demo").file("past.csv", others);
    many.answer().done().saying(&["2 values of 2 symbols entered"]);
    let off = history(&state, "SPY --demo").file(
        "config/runtime_config.json",
        json!({ "store": { "enabled": false } }).to_string(),
    );
    off.answer().ended(78).saying(&["store.enabled"]);
}

#[test]
fn what_was_exported_is_imported_to_the_last_digit_label_and_moment() {
    let (state, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let some = some_of_the_watchlist(80);
    let screen = Run::demo("screen --profile broad --symbols").arg(&some);
    screen.state(state.path()).answer().done();
    Run::demo("quote SPY BTC/USD /ESZ6 SPX .SPY261218C600")
        .state(state.path())
        .answer()
        .done();
    history(&state, "import past.csv --symbol CSCO --demo --iv-method =mine")
        .file("past.csv", seed(60))
        .answer()
        .done();
    let export = |state: &TempDir| history(state, "export --demo").answer().done().stdout;
    let text = export(&state);
    let import = |text: &str, arguments: &str| {
        history(&other, &format!("import kept.csv {arguments}"))
            .file("kept.csv", text)
            .answer()
    };
    let first = import(&text, "--demo").done();
    assert!(!first.stderr.contains("there already"), "{}", first.stderr);
    assert_eq!(export(&other), text);
    let rows = |state: &TempDir| history(state, "--demo").document()["rows"].clone();
    assert_eq!(rows(&other), rows(&state));
    let screened = |state: &TempDir| {
        let screen = Run::new("screen --demo --as-of 2026-11-20 --profile broad --symbols").arg(&some);
        screen.state(state.path()).document()["rows"].clone()
    };
    assert!(screened(&state).as_array().unwrap().len() > 5);
    assert_eq!(screened(&other), screened(&state));

    import(&text, "--demo")
        .done()
        .saying(&["variance: 0 values of", "there already"]);
    let spy = "symbol,date,iv\nSPY,2026-11-20,0.9\n";
    import(spy, "--demo")
        .done()
        .saying(&["0 values of SPY", "1 left as a run had kept them"]);
    assert_eq!(export(&other), text, "nothing a run kept is replaced");
    import(&text, "")
        .ended(74)
        .saying(&["line 2: mode \"demo\" is of another venue"]);
}

#[test]
fn an_export_as_parquet_is_a_parquet_file() {
    let state = TempDir::new().unwrap();
    Run::demo("quote SPY").state(state.path()).answer().done();
    let (answer, desk) = history(&state, "export --demo --format parquet -o kept.parquet").kept();
    assert_eq!(answer.done().stdout, "");
    let file = std::fs::read(desk.path().join("kept.parquet")).unwrap();
    assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"));
    let piped = std::fs::File::create(desk.path().join("piped")).unwrap();
    let pipe = history(&state, "export --demo --format parquet").stdout(piped);
    pipe.answer().done();
    assert_eq!(std::fs::read(desk.path().join("piped")).unwrap(), file);
    history(&state, "--demo --format parquet").answer().ended(2);
}

#[test]
fn a_stored_session_is_screened_as_it_was_and_asks_nobody() {
    let state = TempDir::new().unwrap();
    let some = some_of_the_watchlist(120);
    let live = Run::demo("screen --limit 400 --profile broad --symbols").arg(&some);
    let live = live.state(state.path()).document();
    let past = Run::new("screen --demo --as-of 2026-11-20 --limit 400 --profile broad --symbols").arg(&some);
    let past = past.state(state.path()).document();
    assert_eq!(past["as_of"], "2026-11-20");
    assert_eq!(past["sources"]["rest"]["requests"], 0);
    let ranked = |document: &serde_json::Value| -> Vec<(String, String)> {
        let rows = document["rows"].as_array().unwrap().iter();
        rows.map(|row| (row["symbol"].to_string(), row["score"].to_string()))
            .collect()
    };
    assert!(ranked(&live).len() > 10);
    assert_eq!(ranked(&past), ranked(&live));
    assert_eq!(past["rows"][0]["provenance"]["iv"]["source"], "store");
    assert!(!past["rows"][0]["notes"].to_string().contains("stale"));
    let none = Run::new("screen --demo --as-of 2026-11-19").state(state.path());
    none.answer()
        .ended(69)
        .saying(&["nothing is kept of 2026-11-19", "2026-11-20"]);
    let quote = Run::new("quote SPY --demo --as-of 2026-11-20").state(state.path());
    quote.answer().ended(2).saying(&["--as-of"]);
}

#[test]
fn a_screen_says_what_entered_left_and_moved_since_the_session_before() {
    let state = TempDir::new().unwrap();
    let some = some_of_the_watchlist(120);
    let first = Run::demo("screen --diff last --json --profile broad --symbols").arg(&some);
    let first = first.state(state.path()).answer().done();
    assert!(first.stderr.contains("no earlier session"), "{}", first.stderr);
    assert!(first.document()["diff"].is_null());
    let monday = |arguments: &str| {
        let run = Run::new(&format!(
            "--now 2026-11-30T21:30:00Z screen --demo --profile broad {arguments} --symbols"
        ));
        run.arg(&some).state(state.path())
    };
    let document = monday("--diff last").document();
    let diff = &document["diff"];
    assert_eq!(diff["against"], "2026-11-20");
    let candidates = |document: &serde_json::Value| -> Vec<String> {
        let rows = document["rows"].as_array().unwrap().iter();
        rows.map(|row| row["symbol"].as_str().unwrap().to_owned()).collect()
    };
    let (before, after) = (candidates(&first.document()), candidates(&document));
    let entered: Vec<&String> = after.iter().filter(|symbol| !before.contains(symbol)).collect();
    assert_eq!(diff["entered"], json!(entered));
    let left: Vec<&String> = before.iter().filter(|symbol| !after.contains(symbol)).collect();
    let named: Vec<&str> = diff["left"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["symbol"].as_str().unwrap())
        .collect();
    assert_eq!(named, left);
    assert!(!entered.is_empty() && !left.is_empty(), "{diff}");
    assert!(!diff["moved"].as_array().unwrap().is_empty());
    let table = monday("--diff 2026-11-20 --format table").answer().done().stdout;
    assert!(table.contains("against 2026-11-20: entered"), "{table}");
    let plain = monday("--diff 2026-11-20 --format plain").answer().done();
    plain.saying(&["variance: against 2026-11-20: entered "]);
    monday("--diff 2026-11-01")
        .answer()
        .ended(69)
        .saying(&["nothing is kept of 2026-11-01"]);
}
