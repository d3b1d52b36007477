//! `quote --watch`: one document after the other over one socket.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use variance_demo::{Faults, Options, Pace, RestEffect, RestRule, Times, Venue};

use crate::run::{Answer, Run, at, names_in, reset_after, status, venue_with_rest};

/// A watch in progress.
struct Watched {
    child: Child,
    stdout: BufReader<ChildStdout>,
    desk: TempDir,
}

/// The lines of one document.
struct Lines {
    meta: Value,
    rows: Vec<Value>,
    summary: Value,
}

impl Watched {
    fn start(run: Run) -> Self {
        let (mut child, desk) = run.start();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout, desk }
    }

    /// The next document of `jsonl`.
    fn next(&mut self) -> Lines {
        let meta = self.line();
        assert_eq!(meta["type"], "meta", "{meta}");
        let mut rows = Vec::new();
        loop {
            let line = self.line();
            if line["type"] == "summary" {
                return Lines {
                    meta,
                    rows,
                    summary: line,
                };
            }
            assert_eq!(line["type"], "row", "{line}");
            rows.push(line);
        }
    }

    /// The first of the next documents that `has` what is looked for.
    fn until(&mut self, has: impl Fn(&Lines) -> bool) -> Lines {
        loop {
            let document = self.next();
            if has(&document) {
                return document;
            }
        }
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Reads the rest and waits for the end.
    fn ended(mut self, code: i32) -> Answer {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        let mut answer = Answer::of(self.child.wait_with_output().unwrap()).ended(code);
        answer.stdout = rest;
        answer
    }
}

/// A venue whose prices move ten times a second.
fn lively(faults: Faults) -> Venue {
    let moment = Duration::from_millis(100);
    let pace = Pace {
        lead: moment,
        tick: moment,
    };
    Venue::start(Options {
        faults,
        pace,
        ..Options::default()
    })
    .unwrap()
}

#[test]
fn documents_follow_each_other_with_prices_that_move_over_one_socket() {
    let venue = lively(Faults::default());
    let mut watched = Watched::start(Run::at(&venue, "quote SPY /ES --watch 0.2"));
    let first = watched.next();
    assert_eq!(first.meta["command"], "quote");
    assert_eq!(first.rows.len(), 2);
    assert_eq!(first.summary["coverage"]["complete"], 2, "{}", first.summary);
    let moved = watched.until(|document| document.rows[1]["price"] != first.rows[1]["price"]);
    assert_eq!(moved.rows[1]["symbol"], "SPY");
    assert_eq!(moved.rows[1]["iv"], first.rows[1]["iv"]);
    let feed = &moved.summary["sources"]["dxlink"];
    assert_eq!((&feed["state"], &feed["connections"]), (&json!("ok"), &json!(1)));
    watched.signal("-INT");
    watched.ended(130);
    let tally = venue.tally().unwrap();
    assert_eq!((tally.sockets, tally.open_sockets), (1, 0), "it says goodbye");
    assert_eq!(tally.rest_paths["/api-quote-tokens"], 1);
    assert_eq!(tally.rest_paths["/market-metrics"], 1);
}

#[test]
fn a_drop_in_the_middle_is_survived_counted_and_told_once() {
    let venue = lively(Faults {
        feed: vec![reset_after(12)],
        ..Faults::default()
    });
    let mut watched = Watched::start(Run::at(&venue, "quote SPY --watch 0.2"));
    let feed = |document: &Lines, key: &str| document.summary["sources"]["dxlink"][key].clone();
    let told = watched.until(|document| feed(document, "gaps") == 1);
    assert_eq!(feed(&told, "state"), "degraded");
    assert_eq!(told.summary["errors"][0]["code"], "disconnected");
    let mended = watched.until(|document| feed(document, "state") == "ok");
    assert_eq!(
        (feed(&mended, "gaps"), feed(&mended, "connections")),
        (json!(1), json!(2))
    );
    assert_eq!(mended.summary["errors"], json!([]), "an old loss is not told again");
    let as_of = |document: &Lines| {
        document.rows[0]["provenance"]["price"]["as_of"]
            .as_str()
            .map(str::to_owned)
    };
    assert!(as_of(&mended) >= as_of(&told), "the market does not go back");
    let fresh = watched.until(|document| document.rows[0]["notes"] == json!([]));
    let moved = watched.until(|document| document.rows[0]["volume"] != fresh.rows[0]["volume"]);
    assert_eq!(feed(&moved, "gaps"), 1);
    watched.signal("-TERM");
    let answer = watched.ended(130);
    assert_eq!(answer.stderr.matches("DXLink: ").count(), 1, "{}", answer.stderr);
}

#[test]
fn a_feed_that_does_not_come_back_ends_the_watch_with_a_last_document() {
    let hopeless = at("/dxlink", status(502, "bad gateway"));
    let venue = lively(Faults {
        rest: vec![RestRule {
            times: Times::After(1),
            ..hopeless
        }],
        feed: vec![reset_after(12)],
    });
    let config = json!({ "dxlink": { "reconnect_max_attempts": 2, "reconnect_delay_seconds": 0.3 } });
    let run = Run::configured_at(&venue, "quote SPY --watch 0.2", config);
    let answer = run
        .answer()
        .ended(75)
        .saying(&["the feed is lost", "502", "gave up after 3 attempts"]);
    assert_eq!(
        answer.stderr.lines().filter(|line| line.contains("DXLink: ")).count(),
        1,
        "one outage is told once:\n{}",
        answer.stderr
    );
    let last: Value = serde_json::from_str(answer.stdout.lines().last().unwrap()).unwrap();
    let errors = last["errors"].as_array().unwrap();
    assert!(errors.iter().any(|error| error["code"] == "gave_up"), "{last}");
    let row: Value = serde_json::from_str(answer.stdout.lines().rev().nth(1).unwrap()).unwrap();
    assert!(
        row["notes"].as_array().unwrap().contains(&json!("before_gap")),
        "{}",
        row["notes"]
    );
}

#[test]
fn without_a_feed_there_is_one_document_and_a_reason() {
    let venue = venue_with_rest("/api-quote-tokens", status(503, "{}"));
    let answer = Run::at(&venue, "quote SPY --watch 0.2 --listen 2").answer().ended(69);
    let answer = answer.saying(&["the feed is lost", "503"]);
    let summaries = answer.stdout.matches(r#"{"type":"summary""#).count();
    assert_eq!(summaries, 1, "{}", answer.stdout);
    Run::configured_at(&venue, "quote SPY --watch", json!({ "dxlink": { "enabled": false } }))
        .answer()
        .ended(78)
        .saying(&["dxlink.enabled"]);
}

#[test]
fn credentials_refused_in_the_middle_of_a_watch_end_it_as_refused_credentials() {
    let script = "feed after 300ms: unauthorized once; rest /api-quote-tokens after 1 request: status 401; \
                  rest /oauth/token after 1 request: status 400 \"invalid_grant\"";
    let answer = Run::demo("quote SPY --watch 0.2").args(["--fault", script]).answer();
    let answer = answer.ended(77).saying(&["refused the credentials"]);
    assert!(answer.stdout.contains(r#""symbol":"SPY""#), "{}", answer.stdout);
}

#[test]
fn the_deadline_ends_a_watch_with_zero_or_with_what_is_missing() {
    let whole = || {
        let answer = Run::demo("quote SPY --watch 0.2 --deadline 6").answer().done();
        assert_eq!(answer.stderr, "");
        assert!(answer.stdout.matches(r#"{"type":"summary""#).count() >= 2);
    };
    let incomplete = || {
        let run = Run::demo("quote SPY NOSUCH --watch 0.2 --deadline 6 --require-complete 100");
        run.answer().ended(65).saying(&["1 of 2"]);
    };
    let cut = || {
        let venue = venue_with_rest("/market-metrics", RestEffect::Hang);
        let cut = Run::at(&venue, "quote SPY --watch 0.2 --deadline 4").answer().done();
        assert!(cut.stdout.contains(r#""partial":true"#), "{}", cut.stdout);
    };
    thread::scope(|scope| {
        for way in [whole as fn(), incomplete, cut] {
            scope.spawn(way);
        }
    });
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_watch_quietly() {
    let mut watched = Watched::start(Run::demo("quote SPY --watch 0.1"));
    watched.next();
    let Watched { child, stdout, .. } = watched;
    drop(stdout);
    let answer = Answer::of(child.wait_with_output().unwrap()).done();
    assert_eq!(answer.stderr, "");
}

#[test]
fn a_reader_that_has_stopped_reading_holds_up_neither_the_feed_nor_ctrl_c() {
    let venue = lively(Faults::default());
    let symbols = "SPY QQQ AAPL MSFT AMZN TSLA NVDA META GOOGL AMD /ES /NQ /CL /GC";
    let watched = Watched::start(Run::at(&venue, &format!("quote {symbols} --watch 0.1")));
    let open_sockets = || venue.tally().unwrap().open_sockets;
    while open_sockets() == 0 {
        thread::sleep(Duration::from_millis(10));
    }
    // Two documents fill the pipe; the time is for a few more.
    thread::sleep(Duration::from_secs(1));
    assert_eq!(open_sockets(), 1);
    watched.signal("-INT");
    let Watched { child, stdout, .. } = watched;
    Answer::of(child.wait_with_output().unwrap()).ended(130);
    drop(stdout);
}

#[test]
fn each_format_is_fit_for_a_stream() {
    // What has come by the third document, to the end of a line.
    let text = |format: &str, mark: &str, marks: usize| {
        let run = Run::demo(&format!("quote SPY /ES --watch 0.2 --format {format}"));
        let mut watched = Watched::start(run);
        let mut text = String::new();
        while text.matches(mark).count() < marks {
            watched.stdout.read_line(&mut text).unwrap();
        }
        watched.signal("-INT");
        text + &watched.ended(130).stdout
    };
    let json = text("json", "\n", 3);
    assert!(json.ends_with('\n'), "{json}");
    for line in json.lines() {
        let document: Value = serde_json::from_str(line).unwrap();
        assert_eq!(document["rows"].as_array().unwrap().len(), 2);
    }
    for format in ["plain", "csv"] {
        let text = text(format, "\n", 7);
        let mut lines = text.lines();
        let header = lines.next().unwrap();
        assert!(header.ends_with("generated_at"), "{header}");
        assert!(lines.all(|line| line.ends_with(".000Z") && line != header), "{text}");
    }
    let table = text("table", "DEMO DATA", 3);
    assert!(!table.contains('\x1b'), "nothing is drawn over in a file");
}

#[test]
fn a_file_always_holds_one_whole_document() {
    let watched = Watched::start(Run::demo("quote SPY --watch 0.1 --json -o out.json"));
    let path = watched.desk.path().join("out.json");
    let mut seen = BTreeSet::new();
    while seen.len() < 3 {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["command"], "quote");
        seen.insert(fs::metadata(&path).unwrap().modified().unwrap());
    }
    watched.signal("-INT");
    let Watched { child, desk, .. } = watched;
    Answer::of(child.wait_with_output().unwrap()).ended(130);
    assert_eq!(names_in(desk.path()), ["out.json"], "nothing is left beside it");
}

#[test]
fn only_a_quote_can_be_watched_and_at_a_pace_that_makes_sense() {
    for (arguments, said) in [
        ("quote SPY --watch 0.05", "from 0.1 to 3600"),
        ("quote SPY --watch 3601", "from 0.1 to 3600"),
        ("quote SPY --watch=nan", "from 0.1 to 3600"),
        ("quote --watch SPY", "symbols stand before --watch"),
        ("screen --watch 1", "--watch"),
        ("explain SPY --watch 1", "--watch"),
    ] {
        Run::new(arguments).answer().ended(2).saying(&[said]);
    }
}
