//! Daily bars over the days: what is kept is continued, and asked for again only when it was revised.

use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::run::{Run, row};

const SOME: &str = "SPY,/ES,AA,FXI,QQQ";
const THURSDAY: &str = "2026-11-19T22:30:00Z";
const FRIDAY: &str = "2026-11-20T22:30:00Z";

fn screen(day: &str, state: &Path) -> Run {
    Run::new(&format!("--now {day} screen --all --demo --seed 1 --symbols {SOME}")).state(state)
}

fn store(state: &Path) -> Connection {
    Connection::open(state.join("variance/demo-1.db")).unwrap()
}

fn bars(state: &Path, symbol: &str) -> (i64, i64) {
    let sql = "SELECT count(*), count(DISTINCT time) FROM bar JOIN series ON id = series WHERE symbol = ?1";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    store(state).query_row(sql, [symbol], read).unwrap()
}

/// The document of a run, and its recording.
fn recorded(run: Run) -> (Value, String) {
    let (answer, desk) = run.args(["--json", "--record", "run.rec"]).kept();
    let text = std::fs::read_to_string(desk.path().join("run.rec")).unwrap();
    (answer.done().document(), text)
}

/// How many bars of `/ES` the feed sent, give or take the few other mentions of the series.
fn mentions(recording: &str) -> usize {
    recording.matches("/ESZ26:XCME{=d").count()
}

/// The volatilities of both documents agree.
fn agree(one: &Value, other: &Value) {
    for row_of_one in one["rows"].as_array().unwrap() {
        let symbol = row_of_one["symbol"].as_str().unwrap();
        for field in ["hv30", "hv90"] {
            let (one, other) = (row_of_one[field].as_f64(), row(other, symbol)[field].as_f64());
            let (one, other) = (one.unwrap(), other.unwrap());
            assert!((one - other).abs() < 1e-12, "{symbol} {field}: {one} and {other}");
        }
    }
}

#[test]
fn the_next_day_asks_for_the_new_bars_alone_and_computes_what_the_whole_history_gives() {
    let (state, fresh) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    screen(THURSDAY, state.path()).document();
    let (before, _) = bars(state.path(), "/ES");
    let (second, text) = recorded(screen(FRIDAY, state.path()));
    let (whole, long) = recorded(screen(FRIDAY, fresh.path()));
    agree(&second, &whole);
    assert_eq!(
        row(&second, "/ES")["provenance"]["hv90"],
        row(&whole, "/ES")["provenance"]["hv90"]
    );
    assert_eq!(bars(state.path(), "/ES"), (before + 1, before + 1));

    // Seven known bars and one new one, instead of a hundred and more.
    assert!((8..20).contains(&mentions(&text)), "{}", mentions(&text));
    assert!(mentions(&long) > 110, "{}", mentions(&long));
    let again = Run::new("replay run.rec").file("run.rec", &text).document();
    assert_eq!(again["rows"], second["rows"]);
    assert_eq!(again["sources"], second["sources"]);
}

#[test]
fn a_series_that_was_revised_over_night_is_fetched_whole_in_the_same_run() {
    let (state, fresh) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    screen(THURSDAY, state.path()).document();
    // As if the venue had halved every price since.
    store(state.path())
        .execute(
            "UPDATE bar SET open = open * 2, high = high * 2, low = low * 2, close = close * 2",
            [],
        )
        .unwrap();
    let second = screen(FRIDAY, state.path()).document();
    let whole = screen(FRIDAY, fresh.path()).document();
    agree(&second, &whole);
    assert_eq!(row(&second, "/ES")["provenance"]["hv90"]["source"], "dxlink-candles");
    let close = |state: &Path| -> f64 {
        let sql = "SELECT close FROM bar JOIN series ON id = series WHERE symbol = '/ES' ORDER BY time DESC LIMIT 1 OFFSET 50";
        store(state).query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert!(
        (close(state.path()) - close(fresh.path())).abs() < 1e-9,
        "nothing of the old series is left"
    );
}

#[test]
fn a_long_history_outlives_the_screens_that_need_less_of_it() {
    let state = TempDir::new().unwrap();
    let vol = |day: &str| {
        Run::new(&format!("--now {day} vol /ES --demo --seed 1 --json"))
            .state(state.path())
            .answer()
            .done()
    };
    vol(THURSDAY);
    let (long, _) = bars(state.path(), "/ES");
    screen(FRIDAY, state.path()).document();
    assert_eq!(bars(state.path(), "/ES"), (long + 1, long + 1));
    assert!(long > 200, "{long}");
}

#[test]
fn a_contract_with_less_history_than_is_asked_for_is_asked_once_a_day() {
    let state = TempDir::new().unwrap();
    let vol = |day: &str| recorded(Run::new(&format!("--now {day} vol /ES --demo --seed 1")).state(state.path()));
    let (first, long) = vol(THURSDAY);
    let (again, none) = vol(THURSDAY);
    let (next, short) = vol(FRIDAY);
    assert!(mentions(&long) > 200, "{}", mentions(&long));
    assert!(mentions(&none) < 4, "{}", mentions(&none));
    assert!((8..20).contains(&mentions(&short)), "{}", mentions(&short));
    assert_eq!(first["rows"], again["rows"]);
    assert_ne!(first["rows"], next["rows"]);
    let (whole, _) = recorded(Run::new(&format!("--now {FRIDAY} vol /ES --demo --seed 1")));
    assert_eq!(next["rows"], whole["rows"]);
}

#[test]
fn a_spoiled_answer_gives_no_wrong_number_then_or_later() {
    let fresh = TempDir::new().unwrap();
    let right = screen(FRIDAY, fresh.path()).document();
    for fault in ["snapshot: empty", "snapshot: snip", "snapshot: nan bars"] {
        let state = TempDir::new().unwrap();
        let before = screen(THURSDAY, state.path()).document();
        let screen = || screen(FRIDAY, state.path()).config(json!({ "legacy": { "enabled": false } }));
        let spoiled = screen().args(["--fault", fault]).document();
        for symbol in ["/ES", "AA", "FXI"] {
            let spoiled = row(&spoiled, symbol);
            let kept = spoiled["provenance"]["hv90"]["source"] == "store";
            let then = if kept { &before } else { &right };
            let (own, true_one) = (spoiled["hv90"].as_f64(), row(then, symbol)["hv90"].as_f64());
            let gap = own.zip(true_one).map_or(0.0, |(own, true_one)| (own - true_one).abs());
            assert!(gap < 1e-12, "{fault}: {symbol} {own:?} and {true_one:?}");
        }
        agree(&screen().document(), &right);
    }
}

#[test]
fn a_session_holds_the_volatility_that_its_runs_computed_of_kept_bars() {
    let state = tempfile::tempdir().unwrap();
    let screen = |moment: &str| {
        Run::new(&format!("screen --demo --seed 1 --all --symbols AA,FXI,/ES {moment}"))
            .state(state.path())
            .document()
    };
    screen("--now 2026-11-20T22:30:00Z");
    screen("--now 2026-11-23T14:00:00Z");
    let live = screen("--now 2026-11-23T15:30:00Z");
    let past = screen("--as-of 2026-11-23");
    for symbol in ["AA", "FXI", "/ES"] {
        for field in ["hv30", "hv90"] {
            let (live, past) = (&row(&live, symbol)[field], &row(&past, symbol)[field]);
            assert!(live.is_f64() && live == past, "{symbol} {field}: {live} and {past}");
        }
        let source = &row(&past, symbol)["provenance"]["hv90"];
        assert!(
            source["method"].as_str().unwrap().starts_with("close-to-close"),
            "{source}"
        );
    }
}
