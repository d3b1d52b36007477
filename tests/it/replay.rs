//! What a recording keeps, what it must not keep, and that the same run comes out of it without a network.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use variance_demo::{Options, Pace, Venue};

use crate::run::{Answer, Run, faulty, reset_after, status, symbols, venue};

const SOME: &str = "SPY,/ES,AA,FXI,QQQ";

/// A recording and the document of its run.
struct Recorded {
    text: String,
    answer: Answer,
}

fn record(run: Run) -> Recorded {
    let run = run.args(["--json", "--record", "run.rec"]);
    let (answer, desk) = run.kept();
    Recorded {
        text: fs::read_to_string(desk.path().join("run.rec")).unwrap(),
        answer,
    }
}

/// A replay of `text` where no server can be reached and no credentials are.
fn replay(text: &str, arguments: &str) -> Run {
    Run::new(&format!("replay run.rec {arguments}"))
        .env("API_BASE_URL", "http://127.0.0.1:9")
        .file("run.rec", text)
}

/// A document without what a replay says about itself and without how long things took.
fn timeless(mut document: Value) -> Value {
    let object = document.as_object_mut().unwrap();
    for key in ["mode", "recorded", "timing_ms"] {
        object.remove(key);
    }
    document
}

#[test]
fn a_run_with_a_reconnect_in_it_replays_to_the_same_document() {
    let run = Run::new("screen --all --demo --symbols").arg(format!("{SOME},NOSUCH"));
    let recorded = record(run.args(["--fault", "feed at 2nd data: drop rst once"]));
    let before = recorded.answer.done().document();
    assert_eq!(before["sources"]["dxlink"]["gaps"], 1);
    let again = replay(&recorded.text, "").document();
    assert_eq!(again["mode"], "replay");
    assert_eq!(again["recorded"]["mode"], "demo");
    assert_eq!(timeless(again), timeless(before));
}

#[test]
fn a_window_that_ended_among_moving_prices_replays_to_the_same_rows() {
    let venue = Venue::start(Options {
        pace: Pace {
            lead: Duration::ZERO,
            tick: Duration::from_millis(10),
        },
        ..Options::default()
    })
    .unwrap();
    let recorded = record(Run::at(&venue, "quote SPY /ES AA NOSUCH --listen 1"));
    drop(venue);
    let before = recorded.answer.done().document();
    assert_eq!(before["stopped_by"], "window", "{before:#}");
    assert_eq!(timeless(replay(&recorded.text, "").document()), timeless(before));
}

#[test]
fn a_run_cut_off_by_its_deadline_replays_as_one() {
    let arguments = format!("screen --demo --symbols {SOME} --deadline 4");
    let run = Run::new(&arguments).args(["--fault", "rest /market-metrics: hang"]);
    let recorded = record(run);
    let before = recorded.answer.done().document();
    assert_eq!(before["partial"], true);
    assert_eq!(timeless(replay(&recorded.text, "").document()), timeless(before));
}

#[test]
fn failures_of_every_source_replay_with_their_reasons_and_exit_code() {
    let scripts = [
        "rest /market-metrics: status 503 once",
        "rest /oauth/token: html 502",
        "rest /api-quote-tokens: truncate",
        "feed: session not found; rest /market-data: status 500",
        "rest /dxlink: status 404",
        "feed at 1st data: close 1012 once; rest /market-metrics: status 429 retry-after 1 once",
    ];
    let check = |script: &str| {
        let run = Run::new("explain SPY /ES --demo --listen 1 --deadline 3").args(["--fault", script]);
        let recorded = record(run);
        let again = replay(&recorded.text, "--json").answer().ended(recorded.answer.code);
        if !recorded.answer.stdout.is_empty() {
            let (before, again) = (recorded.answer.document(), again.document());
            assert_eq!(timeless(again), timeless(before), "{script}");
        }
    };
    thread::scope(|scope| {
        for script in scripts {
            scope.spawn(move || check(script));
        }
    });
}

#[test]
fn what_earlier_runs_left_is_in_the_recording_and_a_replay_leaves_nothing() {
    let state = tempfile::TempDir::new().unwrap();
    let arguments = format!("screen --all --symbols {SOME}");
    Run::demo(&arguments).state(state.path()).answer().done();
    let recorded = record(Run::demo(&arguments).state(state.path()));
    let before = recorded.answer.done().document();
    assert!(
        !recorded.text.contains("Candle\\\",["),
        "the second run asks for no bars"
    );
    assert_eq!(timeless(replay(&recorded.text, "").document()), timeless(before));
    let (answer, desk) = replay(&recorded.text, "").kept();
    answer.done();
    assert_eq!(fs::read_dir(desk.path()).unwrap().count(), 1, "the recording alone");
}

#[test]
fn paced_it_comes_to_the_same() {
    let recorded = record(Run::new("quote SPY /ES --demo"));
    let before = recorded.answer.done().document();
    let again = replay(&recorded.text, "--speed 100").document();
    assert_eq!(timeless(again), timeless(before));
}

#[test]
fn no_secret_is_in_a_recording_and_nobody_else_may_read_it() {
    let venue = faulty(
        vec![crate::run::at("/market-metrics", status(401, "{}"))],
        vec![reset_after(1)],
    );
    let run = Run::at(&venue, "screen --all --symbols SPY,/ES --listen 3 --record run.rec")
        .env("TT_CLIENT_SECRET", "SECRETSECRET1")
        .env("TT_REFRESH_TOKEN", "SECRETREFRESH2")
        .env("TT_CLIENT_ID", "SECRETID3");
    let (answer, desk) = run.kept();
    answer.done();
    let path = desk.path().join("run.rec");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(path).unwrap();
    assert!(
        text.matches("\\\"type\\\":\\\"AUTH\\\"").count() >= 2,
        "both connections logged in"
    );
    for secret in [
        "SECRETSECRET1",
        "SECRETREFRESH2",
        "SECRETID3",
        "demo-access",
        "demo-17",
        "Bearer demo",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn a_recording_that_breaks_off_replays_as_far_as_it_goes() {
    let recorded = record(Run::new("quote SPY /ES --demo"));
    let torn = &recorded.text[..recorded.text.len() * 3 / 4];
    let answer = replay(torn, "--json").answer().saying(&["breaks off"]);
    assert_eq!(symbols(&answer.document()).len(), 2);
}

#[test]
fn wherever_a_recording_breaks_off_its_replay_ends() {
    let recorded = record(Run::new("quote SPY /ES --demo --listen 2"));
    let lines: Vec<&str> = recorded.text.split_inclusive('\n').collect();
    for kept in 1..lines.len() {
        let torn = lines[..kept].concat();
        let (mut child, _desk) = replay(&torn, "-q").start();
        let started = Instant::now();
        let ended = loop {
            if child.try_wait().unwrap().is_some() {
                break true;
            }
            if started.elapsed() > Duration::from_secs(60) {
                break false;
            }
            thread::sleep(Duration::from_millis(5));
        };
        if !ended {
            child.kill().unwrap();
        }
        assert!(
            ended,
            "for ever after {kept} of {} lines: {}",
            lines.len(),
            lines[kept - 1]
        );
    }
}

#[test]
fn a_recording_speaks_to_no_terminal() {
    let recorded = record(Run::new("quote SPY --demo"));
    let command = recorded
        .text
        .replacen("\"command\":\"quote\"", "\"command\":\"\\u001b[31mx\"", 1);
    let key = recorded.text.replacen("\"opened\"", "\"\\u001b[31mopened\"", 1);
    for text in [command, key] {
        let answer = replay(&text, "").answer().ended(74);
        assert!(!answer.stderr.contains('\u{1b}'), "{:?}", answer.stderr);
    }
}

#[test]
fn a_replay_takes_other_options_than_the_run_it_was() {
    let recorded = record(Run::new("screen --all --demo --symbols").arg(SOME));
    let document = replay(&recorded.text, "--symbols /ES,AA --sort symbol:desc --min-vrp 9").document();
    assert_eq!(symbols(&document), ["AA", "/ES"]);
    assert_eq!(document["coverage"]["requested"], 2);
    assert_eq!(document["thresholds"]["min_vrp_structural"], 9.0);
    let answer = replay(&recorded.text, "--symbols TSLA").answer().ended(2);
    answer.saying(&["TSLA"]);
    let quote = record(Run::new("quote SPY --demo"));
    replay(&quote.text, "--min-vrp 1").answer().ended(2).saying(&["quote"]);
}

#[test]
fn invented_data_stays_marked_in_every_format_of_a_replay() {
    let recorded = record(Run::new("quote SPY --demo"));
    for format in ["table", "plain", "csv", "json", "jsonl"] {
        let answer = replay(&recorded.text, &format!("--format {format}")).answer().done();
        let text = answer.stdout.to_lowercase();
        assert!(text.contains("demo") && text.contains("replay"), "{format}: {text}");
    }
}

#[test]
fn what_is_there_already_is_not_written_over() {
    let run = Run::new("quote SPY --demo --record run.rec").file("run.rec", "evidence\n");
    let path = run.path("run.rec");
    let (answer, desk) = run.kept();
    answer.ended(73).saying(&["run.rec", "exists already"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "evidence\n");
    drop(desk);
    Run::new("quote SPY --demo --record no/such/run.rec").answer().ended(73);
}

#[test]
fn a_recording_that_cannot_be_written_costs_the_exit_code_and_not_the_output() {
    let answer = Run::new("quote SPY --demo --json --record /dev/full")
        .answer()
        .ended(73);
    let answer = answer.saying(&["/dev/full"]);
    assert_eq!(symbols(&answer.document()), ["SPY"]);
}

#[test]
fn what_is_no_recording_is_refused_with_the_place() {
    replay("symbol,price\n", "").answer().ended(74).saying(&["run.rec"]);
    let recorded = record(Run::new("quote SPY --demo"));
    let damaged = recorded
        .text
        .replacen("\"feed\":{\"opened\"", "\"feed\":{\"operated\"", 1);
    replay(&damaged, "").answer().ended(74).saying(&["line"]);
    Run::new("replay none.rec").answer().ended(74).saying(&["none.rec"]);
}

#[test]
fn a_recording_that_somebody_bent_ends_in_order() {
    let recorded = record(Run::new("quote SPY /ES --demo"));
    let header = recorded.text.lines().next().unwrap();
    let bent = |from: &str, to: &str| {
        assert!(header.contains(from), "{from} in {header}");
        recorded.text.replacen(from, to, 1)
    };
    let started = header
        .split("\"started_at\":\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    for (text, code) in [
        (bent("\"deadline_seconds\":null", "\"deadline_seconds\":1e300"), 0),
        (bent("\"deadline_seconds\":null", "\"deadline_seconds\":-1"), 0),
        (bent(started, "-009999-01-03T00:00:00Z"), 0),
        (bent(started, "9999-12-30T21:59:59Z"), 0),
        (bent("\"symbols\":[\"SPY\"", "\"symbols\":[\"\\u001b[31m\""), 2),
        (bent("\"mode\":\"demo\"", "\"mode\":\"dream\""), 74),
        (bent("\"mode\":\"demo\"", "\"mode\":\"replay\""), 74),
        (bent("\"command\":\"quote\"", "\"command\":\"trade\""), 74),
        (
            bent("\"listen_duration_seconds\":120.0", "\"listen_duration_seconds\":-5.0"),
            78,
        ),
    ] {
        let answer = replay(&text, "--json").answer().ended(code);
        assert!(!answer.stderr.contains('\u{1b}'), "{}", answer.stderr);
    }
}

#[test]
fn the_configuration_of_then_applies_unless_another_is_named() {
    let venue = venue();
    let config = json!({ "screener": { "default_profile": "broad" }, "dxlink": { "enabled": false } });
    let recorded = record(Run::configured_at(&venue, "screen --symbols SPY,AA --all", config));
    drop(venue);
    let here = json!({ "screener": { "default_profile": "aggressive" } }).to_string();
    let document = replay(&recorded.text, "")
        .file("config/runtime_config.json", &here)
        .document();
    assert_eq!(document["profile"], "broad");
    assert_eq!(document["sources"]["dxlink"]["state"], "disabled");
    let named = replay(&recorded.text, "--config config/runtime_config.json");
    let document = named.file("config/runtime_config.json", &here).document();
    assert_eq!(document["profile"], "aggressive");
}

#[test]
fn a_screen_of_the_whole_universe_replays_to_the_same_rows() {
    let recorded = record(Run::new("screen --all --demo --limit 400"));
    let before = recorded.answer.done().document();
    assert!(symbols(&before).len() > 300);
    assert_eq!(timeless(replay(&recorded.text, "").document()), timeless(before));
}
