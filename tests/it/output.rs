//! What is printed, where, and how wide.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use crate::run::{Run, at_once, names_in, venue};
use crate::schema::{self, assert_fits};

const FORMATS: [&str; 5] = ["table", "plain", "json", "jsonl", "csv"];

#[test]
fn every_document_is_what_its_schema_says() {
    let schema = schema::of_output();
    let all = [
        "screen --symbols /ES,SPY,BTC/USD,VXN,AA,SHOP --all --held-symbols SPY",
        "screen --symbols SPY,SHOP",
        "quote AAPL /ES .SPY261218C650 NOSUCH",
        "explain AAPL /ES BTC/USD",
        "chain SPY --dte 30 --strikes 3",
        "vol SPY --windows 20,252",
        "vol BTC/USD",
        "vol /ES --windows 2520",
    ];
    let answers = at_once(all.map(|arguments| Run::demo(arguments).arg("--json")));
    for (arguments, answer) in all.into_iter().zip(answers) {
        let answer = answer.done();
        assert_fits(schema, &answer.document());
        assert!(
            !answer.stdout.contains("NaN") && !answer.stdout.contains("Infinity"),
            "{arguments}"
        );
    }
}

#[test]
fn the_documents_of_the_past_of_a_file_and_of_an_outage_are_what_the_schema_says() {
    let schema = schema::of_output();
    let state = TempDir::new().unwrap();
    let first = Run::demo("quote SPY CSCO BTC/USD").state(state.path());
    first.answer().done();
    let history = Run::new("history --demo").state(state.path()).document();
    let export = Run::new("history export --demo").state(state.path()).document();
    assert_eq!(history["rows"], export["rows"]);
    assert_fits(schema, &history);
    let bars = "date,open,high,low,close\n2026-11-18,10,11,9,10.5\n2026-11-19,10,11,9,10\n2026-11-20,0,11,9,10\n";
    let file = Run::new("vol --bars own.csv --windows 2,30")
        .file("own.csv", bars)
        .document();
    assert_eq!(file["command"], "vol");
    assert_fits(schema, &file);
    let lost = Run::demo("vol /ES --json --listen 1").args(["--fault", "rest /dxlink: status 502"]);
    let lost = lost.answer().document();
    assert!(lost["bars"].is_null() && lost["no_bars"].is_array(), "{lost}");
    assert_fits(schema, &lost);
}

#[test]
fn times_are_utc_with_milliseconds() {
    let document = Run::demo("quote SPY").document();
    assert_eq!(document["generated_at"], "2026-11-20T21:30:00.000Z");
    let live = Run::new("quote SPY --demo").document();
    let text = live["generated_at"].as_str().unwrap();
    assert!(text.parse::<jiff::Timestamp>().is_ok(), "{text}");
    assert_eq!((text.len(), text.ends_with('Z')), (24, true), "{text}");
}

#[test]
fn the_whole_table_fits_eighty_columns() {
    let run = Run::demo("screen --all --format table").env("COLUMNS", "80");
    let table = run.answer().done().stdout;
    assert!(table.lines().count() > 300);
    assert_fits_width(&table, 80);
}

#[test]
fn a_table_fits_whatever_width_there_is_and_shows_more_on_a_wider_one() {
    let some = "--symbols /ES,SPY,BTC/USD,VXN,SHOP,XOM --all --format table";
    let mut widths = Vec::new();
    for columns in ["40", "60", "80", "120", "200"] {
        let run = Run::demo("screen").args(["--color", "never"]).env("COLUMNS", columns);
        let table = some.split(' ').fold(run, Run::arg).answer().done().stdout;
        assert_fits_width(&table, columns.parse().unwrap());
        widths.push(table.lines().next().unwrap().split_whitespace().count());
    }
    assert!(widths.is_sorted() && widths.first() < widths.last(), "{widths:?}");
    for arguments in [
        "quote AAPL /ES --format table",
        "explain AAPL /ES --format table",
        "quote .SPY261218C650 --format table",
    ] {
        let table = Run::demo(arguments).env("COLUMNS", "80").answer().done().stdout;
        assert_fits_width(&table, 80);
    }
}

#[test]
fn without_a_terminal_the_format_is_plain_and_colorless() {
    let answer = Run::demo("quote SPY").answer().done();
    assert_eq!(answer.column("symbol"), ["SPY"]);
    assert_eq!(answer.stderr, "", "no progress where nobody watches");
    for format in FORMATS {
        let answer = Run::demo("quote SPY --format").arg(format).answer().done();
        assert!(!answer.stdout.contains('\u{1b}'), "{format}");
    }
}

#[test]
fn color_is_there_when_asked_for_and_only_then() {
    let colored = |run: Run| run.answer().done().stdout.contains("\u{1b}[");
    let table = || Run::demo("quote SPY --format table");
    assert!(colored(table().args(["--color", "always"])));
    assert!(
        colored(table().args(["--color", "always"]).env("NO_COLOR", "1")),
        "a flag goes before the environment"
    );
    assert!(!colored(table().args(["--color", "auto"])));
    assert!(!colored(table().env("NO_COLOR", "1")));
    let configured = |value: &str| {
        let text = format!(r#"{{ "output": {{ "color": "{value}" }} }}"#);
        table().file("config/runtime_config.json", &text)
    };
    assert!(colored(configured("always")));
    assert!(!colored(configured("always").args(["--color", "never"])));
    for format in ["plain", "json", "jsonl", "csv"] {
        let run = Run::demo("quote SPY --color always --format").arg(format);
        assert!(!colored(run), "{format} is for programs");
    }
}

#[test]
fn the_configured_format_is_used_and_a_flag_goes_before_it() {
    let run = |arguments: &str| {
        let run = Run::demo(arguments).file("config/runtime_config.json", r#"{ "output": { "format": "csv" } }"#);
        run.answer().done().stdout
    };
    assert!(run("quote SPY").starts_with("rank,symbol,"));
    assert!(run("quote SPY --json").starts_with("{"));
    Run::demo("quote SPY --json --format csv").answer().ended(2);
}

#[test]
fn a_file_appears_whole_readable_and_alone() {
    for format in FORMATS {
        let run = Run::demo("quote SPY -o out --format").arg(format);
        let run = run.file("out", "old").file("other", "");
        fs::remove_file(run.path("out")).unwrap();
        let (answer, desk) = run.kept();
        let answer = answer.done();
        assert_eq!(answer.stdout, "", "{format}");
        assert_eq!(names_in(desk.path()), ["other", "out"]);
        let text = fs::read_to_string(desk.path().join("out")).unwrap();
        assert!(text.contains("SPY") && text.ends_with('\n'), "{format}: {text}");
        let mode = |name| fs::metadata(desk.path().join(name)).unwrap().permissions().mode();
        assert_eq!(
            mode("out"),
            mode("other"),
            "{format}: not the mode of any other new file"
        );
    }
}

#[test]
fn a_file_is_replaced_only_by_a_whole_one() {
    let (answer, desk) = Run::demo("quote SPY --json -o out").file("out", "old").kept();
    answer.done();
    let text = fs::read_to_string(desk.path().join("out")).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());

    let venue = venue();
    let run = Run::at(&venue, "quote SPY --json -o out").env("TT_REFRESH_TOKEN", "bad");
    let (answer, desk) = run.file("out", "old").kept();
    answer.ended(77);
    assert_eq!(fs::read_to_string(desk.path().join("out")).unwrap(), "old");
    assert_eq!(names_in(desk.path()), ["config", "out"]);
}

#[test]
fn an_unwritable_file_is_told_before_any_work_and_leaves_nothing() {
    let venue = venue();
    for place in ["nowhere/out", "config"] {
        let (answer, desk) = Run::at(&venue, "quote SPY -o").arg(place).kept();
        let answer = answer.ended(73).saying(&[place, "-o"]);
        assert_eq!(answer.stdout, "");
        assert_eq!(names_in(desk.path()), ["config"]);
    }
    assert_eq!(venue.tally().unwrap().rest_requests, 0);
}

fn assert_fits_width(table: &str, width: usize) {
    for line in table.lines() {
        assert!(
            line.chars().count() <= width,
            "{} of {width}: {line:?}",
            line.chars().count()
        );
    }
}
