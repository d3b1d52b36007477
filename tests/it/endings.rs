//! How a run ends when its reader, its disk or its user has had enough.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use variance_demo::{FeedRule, RestEffect, Venue};

use crate::run::{Answer, Run, at_once, names_in, promptly, venue_with_feed, venue_with_rest};

#[test]
fn a_reader_that_wants_one_line_is_left_in_peace() {
    let (mut child, _desk) = Run::demo("screen --all --format plain").start();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    drop(reader);
    assert!(line.starts_with("rank\tsymbol\t"), "{line}");
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(stderr, "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_that_is_gone_before_the_first_byte_is_no_error_either() {
    for arguments in [
        "quote SPY --demo",
        "help",
        "--help",
        "completions bash",
        "man",
        "config schema",
        "config show",
    ] {
        let (mut child, _desk) = Run::new(arguments).start();
        drop(child.stdout.take());
        let answer = Answer::of(child.wait_with_output().unwrap());
        let answer = answer.done();
        assert_eq!(answer.stderr, "", "{arguments}");
    }
}

#[test]
fn a_full_disk_is_reported() {
    let full = || File::options().write(true).open("/dev/full").unwrap();
    for arguments in [
        "quote SPY",
        "quote SPY --json",
        "quote SPY --format table",
        "quote SPY --format csv",
    ] {
        let answer = Run::demo(arguments).stdout(full()).answer().ended(73);
        answer.saying(&["stdout", "No space left"]);
    }
    for arguments in ["config show", "completions zsh", "help exit-codes", "--help"] {
        Run::new(arguments).stdout(full()).answer().ended(73);
    }
    Run::demo("quote SPY -o /dev/full")
        .answer()
        .ended(73)
        .saying(&["/dev/full"]);
}

#[test]
fn the_last_line_says_what_failed_and_what_to_do_even_when_quiet() {
    let all = [
        ("quote SPY", 77),
        ("doctor", 77),
        ("quote SPY --demo -o nowhere/out", 73),
        ("screen --demo --watchlist none.csv", 74),
        ("quote SPY --config none.json", 74),
        ("screen --demo --profile nosuch", 2),
        ("quote NOSUCH --demo --require-complete 1", 65),
    ];
    let answers = at_once(all.map(|(arguments, _)| Run::new(arguments).arg("-q")));
    for ((arguments, code), answer) in all.into_iter().zip(answers) {
        let answer = answer.ended(code);
        let last = answer.stderr.lines().last().unwrap();
        assert!(last.starts_with("variance: "), "{arguments}: {last}");
        assert!(last.contains(". "), "{arguments} gives no advice: {last}");
    }
}

#[test]
fn ctrl_c_ends_a_hanging_request_within_two_seconds_and_prints_nothing() {
    for path in ["/oauth/token", "/market-metrics", "/instruments/futures", "/dxlink"] {
        let awaited = if path == "/dxlink" { "/api-quote-tokens" } else { path };
        promptly(TWO_SECONDS, || {
            let venue = venue_with_rest(path, RestEffect::Hang);
            let (child, desk) = Run::at(&venue, "screen --symbols SPY,/ES -o out.json").start();
            until_asked(&venue, awaited);
            let took = ended_by("-INT", child);
            let left = names_in(desk.path());
            assert_eq!(left, ["config"], "{path}: files were left behind");
            took
        });
    }
}

#[test]
fn a_service_manager_that_ends_it_finds_no_file_left_behind() {
    promptly(TWO_SECONDS, || {
        let venue = venue_with_rest("/market-metrics", RestEffect::Hang);
        let (child, desk) = Run::at(&venue, "screen --symbols SPY -o out.json").start();
        until_asked(&venue, "/market-metrics");
        let took = ended_by("-TERM", child);
        assert_eq!(names_in(desk.path()), ["config"]);
        took
    });
}

#[test]
fn ctrl_c_ends_a_silent_feed_and_closes_its_socket() {
    promptly(TWO_SECONDS, || {
        let venue = venue_with_feed(FeedRule::Mute);
        let (child, _desk) = Run::at(&venue, "quote SPY").start();
        until(&venue, |venue| venue.tally().unwrap().open_sockets == 1);
        let took = ended_by("-INT", child);
        until(&venue, |venue| venue.tally().unwrap().open_sockets == 0);
        took
    });
}

#[test]
fn the_served_venue_prints_its_address_and_ends_with_ctrl_c() {
    promptly(TWO_SECONDS, || {
        let (mut child, _desk) = Run::new("demo --seed 3").start();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut url = String::new();
        reader.read_line(&mut url).unwrap();
        let url = url.trim();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        let served = Run::new("quote SPY")
            .env("API_BASE_URL", url)
            .env("TT_CLIENT_SECRET", "demo")
            .env("TT_REFRESH_TOKEN", "demo")
            .document();
        assert_eq!(served["mode"], "demo");
        assert_eq!(served["coverage"]["complete"], 1);
        ended_by("-INT", child)
    });
}

fn until_asked(venue: &Venue, path: &str) {
    until(venue, |venue| venue.tally().unwrap().rest_paths.contains_key(path));
}

fn until(venue: &Venue, happened: impl Fn(&Venue) -> bool) {
    let started = Instant::now();
    while !happened(venue) {
        assert!(started.elapsed() < Duration::from_secs(120), "it never happened");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// How long it takes `child` to end in order, without a word on stdout, after `signal`.
fn ended_by(signal: &str, child: Child) -> Duration {
    let killed = Instant::now();
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let answer = Answer::of(child.wait_with_output().unwrap()).ended(130);
    assert_eq!(answer.stdout, "");
    killed.elapsed()
}

/// What is promised of Ctrl-C.
const TWO_SECONDS: Duration = Duration::from_secs(2);
