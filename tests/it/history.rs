//! The series of what was kept: printed, seeded, written out.

use serde_json::json;
use tempfile::TempDir;

use crate::run::{NOW, Run, row};

fn history(state: &TempDir, arguments: &str) -> Run {
    Run::new(&format!("--as-of {NOW} history {arguments}")).state(state.path())
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
    let import = history(&state, "import past.csv --symbol CSCO --demo").file("past.csv", &seed(60));
    import.answer().done().saying(&["120 values of CSCO entered"]);
    let ranked = quote();
    assert_eq!(
        ranked["provenance"]["iv_rank"]["method"],
        "range, own history of 60 days"
    );
    assert_eq!(ranked["provenance"]["iv_rank"]["source"], "store");
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
    let import = history(&state, "import past.csv --symbol CSCO --demo --iv-method chain").file("past.csv", &seed(60));
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
        .answer()
        .ended(2)
        .saying(&["--symbol"]);
    let off = history(&state, "SPY --demo").file(
        "config/runtime_config.json",
        &json!({ "store": { "enabled": false } }).to_string(),
    );
    off.answer().ended(78).saying(&["store.enabled"]);
}
