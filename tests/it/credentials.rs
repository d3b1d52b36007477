//! Who may come in, what is said to those who may not, and that nobody reads a secret.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use variance_demo::{RestRule, Times, Venue};

use crate::run::{NOW, Run, at, faulty, status, venue, venue_with_rest};

const SECRETS: [&str; 3] = ["SECRETSECRET1", "SECRETREFRESH2", "SECRETID3"];
/// How the venue's access tokens and quote tokens begin.
const TOKENS: [&str; 2] = ["demo-access", "demo-1"];

#[test]
fn without_credentials_there_are_two_hints_and_no_data() {
    for arguments in ["screen", "quote SPY", "explain SPY", "doctor"] {
        let answer = Run::new(arguments).answer().ended(77);
        let answer = answer.saying(&["TT_CLIENT_SECRET", "TT_REFRESH_TOKEN", "OAuth", "--demo"]);
        assert!(arguments == "doctor" || answer.stdout.is_empty(), "{}", answer.stdout);
        assert!(!answer.stdout.contains("demo data"), "demo data unasked");
    }
}

#[test]
fn only_what_is_missing_is_named() {
    let answer = Run::new("quote SPY").env("TT_CLIENT_SECRET", "x").answer().ended(77);
    let first = answer.stderr.split('.').next().unwrap();
    assert!(
        first.contains("TT_REFRESH_TOKEN") && !first.contains("TT_CLIENT_SECRET"),
        "{first}"
    );
}

#[test]
fn refused_credentials_are_tried_once() {
    for refused in ["bad-revoked", "bad-secret", "bad-jwt"] {
        let venue = venue();
        let answer = Run::at(&venue, "screen --symbols SPY,/ES,AA")
            .env("TT_REFRESH_TOKEN", refused)
            .answer()
            .ended(77)
            .saying(&["refused the credentials"]);
        assert!(answer.stdout.is_empty());
        assert!(!answer.stderr.contains(refused), "{}", answer.stderr);
        let paths = venue.tally().unwrap().rest_paths;
        assert_eq!(paths, [("/oauth/token".to_owned(), 1)].into(), "{refused}");
    }
}

#[test]
fn the_doctor_tries_refused_credentials_once_too() {
    let venue = venue();
    let run = Run::at(&venue, "doctor").env("TT_CLIENT_SECRET", "bad-secret");
    let answer = run.answer().ended(77).saying(&["TT_CLIENT_SECRET"]);
    assert!(answer.stdout.contains("FAIL  token"), "{}", answer.stdout);
    assert_eq!(
        venue.tally().unwrap().rest_paths,
        [("/oauth/token".to_owned(), 1)].into()
    );
}

#[test]
fn an_access_token_that_is_refused_is_renewed_once() {
    let body = r#"{"error":{"code":"token_invalid","message":"This token is invalid or has expired"}}"#;
    let lapsed = RestRule {
        times: Times::Once,
        ..at("/market-metrics", status(401, body))
    };
    let venue = faulty(vec![lapsed], Vec::new());
    let document = Run::at(&venue, "quote SPY").document();
    assert_eq!(document["coverage"]["complete"], 1);
    let tally = venue.tally().unwrap();
    assert_eq!(tally.rest_paths["/oauth/token"], 2);
    assert_eq!(tally.rest_paths["/market-metrics"], 2);
    assert_eq!(document["sources"]["rest"]["requests"], tally.rest_requests);
    assert_eq!(document["sources"]["rest"]["retries"], 1);
}

#[test]
fn a_token_service_that_is_down_is_worth_another_try_later() {
    let venue = venue_with_rest("/oauth/token", status(503, "{}"));
    let run = Run::configured_at(&venue, "quote SPY", json!({ "legacy": { "enabled": false } }));
    run.answer().ended(75).saying(&["token service", "503", "Try again"]);
}

#[test]
fn an_address_where_nobody_listens_is_unavailable() {
    let run = Run::new("quote SPY")
        .file("config/runtime_config.json", r#"{ "legacy": { "enabled": false } }"#)
        .env("API_BASE_URL", "http://127.0.0.1:1")
        .env("TT_CLIENT_SECRET", "x")
        .env("TT_REFRESH_TOKEN", "x");
    let answer = run.answer().ended(69).saying(&["no connection", "doctor"]);
    assert_eq!(
        answer.stderr.matches("token service").count(),
        1,
        "told twice: {}",
        answer.stderr
    );
}

#[test]
fn nothing_is_sent_in_plain_text_beyond_loopback() {
    for url in ["http://api.tastyworks.com", "http://192.0.2.1:8080", "ws://127.0.0.1"] {
        let run = Run::new("quote SPY")
            .env("API_BASE_URL", url)
            .env("TT_CLIENT_SECRET", "x")
            .env("TT_REFRESH_TOKEN", "x");
        run.answer().ended(78).saying(&["API_BASE_URL", "https"]);
    }
}

#[test]
fn the_environment_file_is_read_when_nobody_else_may_read_it() {
    let venue = venue();
    let run = || {
        let text = format!(
            "export API_BASE_URL={}\nTT_CLIENT_SECRET='x'\nTT_REFRESH_TOKEN=x # mine\n",
            venue.base_url()
        );
        let legacy = json!({ "legacy": { "base_url": venue.base_url() } });
        Run::new("quote SPY --json")
            .args(["--now", NOW])
            .file(".env.tastytrade", &text)
            .file("config/runtime_config.json", &legacy.to_string())
    };
    let private = run();
    fs::set_permissions(private.path(".env.tastytrade"), Permissions::from_mode(0o600)).unwrap();
    assert_eq!(private.answer().done().document()["mode"], "demo");

    let open = run();
    fs::set_permissions(open.path(".env.tastytrade"), Permissions::from_mode(0o644)).unwrap();
    let answer = open.answer().ended(77).saying(&["chmod 600", ".env.tastytrade"]);
    assert!(answer.stdout.is_empty());
}

#[test]
fn a_secret_may_stand_in_a_file() {
    let venue = venue();
    let run = Run::at(&venue, "quote SPY --json").file("secret", "x\n");
    let path = run.path("secret");
    let run = run
        .env("TT_CLIENT_SECRET", "")
        .env("TT_CLIENT_SECRET_FILE", path.to_str().unwrap());
    assert_eq!(run.answer().done().document()["coverage"]["complete"], 1);
}

#[test]
fn no_output_at_any_verbosity_holds_a_secret() {
    let venue = venue();
    for arguments in [
        "screen --symbols SPY,/ES --json",
        "screen --symbols SPY,/ES -v --format table",
        "screen --symbols SPY,/ES -vv --all --json",
        "quote SPY -vv --format jsonl",
        "explain SPY -vv",
        "doctor -vv",
        "doctor --json",
        "config show -vv",
        "config show --json",
        "config check -vv",
    ] {
        assert_discreet(&venue, arguments, SECRETS[1]);
    }
}

#[test]
fn a_refusal_that_repeats_the_secrets_is_told_without_them() {
    let body = format!(
        r#"{{"error_code":"invalid_grant","error_description":"no {} for {} of {}"}}"#,
        SECRETS[1], SECRETS[0], SECRETS[2]
    );
    let venue = venue_with_rest("/oauth/token", status(400, &body));
    for arguments in ["quote SPY -vv", "doctor -vv", "doctor --json"] {
        assert_discreet(&venue, arguments, SECRETS[1]);
    }
    let bad = format!("bad{}", SECRETS[1]);
    assert_discreet(&self::venue(), "quote SPY -vv", &bad);
}

#[test]
fn what_a_server_says_cannot_steer_the_terminal() {
    let body = r#"{"error":{"code":"x","message":"down \u001b[2J\u001b]0;owned\u0007 \r\n now"}}"#;
    let venue = faulty(
        vec![
            at("/market-metrics", status(400, body)),
            at("/api-quote-tokens", status(400, body)),
        ],
        Vec::new(),
    );
    for format in ["table", "plain", "json", "jsonl", "csv"] {
        let answer = Run::at(&venue, "quote SPY -v --format").arg(format).answer().done();
        for text in [&answer.stdout, &answer.stderr] {
            assert!(!text.contains(['\u{1b}', '\u{7}', '\r']), "{format}: {text:?}");
            assert!(!text.contains("\\u001b"), "{format}: {text:?}");
        }
    }
}

#[test]
fn twice_verbose_shows_the_conversation_with_the_feed() {
    let venue = venue();
    let answer = Run::at(&venue, "quote SPY -vv").answer().done();
    answer.saying(&["SETUP", "AUTH_STATE", "FEED_SUBSCRIPTION", "FEED_DATA"]);
    let answer = Run::at(&venue, "quote SPY -v")
        .answer()
        .done()
        .saying(&["/market-metrics"]);
    assert!(!answer.stderr.contains("FEED_DATA"), "{}", answer.stderr);
}

fn assert_discreet(venue: &Venue, arguments: &str, refresh_token: &str) {
    let answer = Run::at(venue, arguments)
        .env("TT_CLIENT_ID", SECRETS[2])
        .env("TT_CLIENT_SECRET", SECRETS[0])
        .env("TT_REFRESH_TOKEN", refresh_token)
        .answer();
    for secret in SECRETS.into_iter().chain(TOKENS) {
        assert!(
            !answer.stdout.contains(secret),
            "{arguments}: {secret} in {}",
            answer.stdout
        );
        assert!(
            !answer.stderr.contains(secret),
            "{arguments}: {secret} in {}",
            answer.stderr
        );
    }
    assert!(
        !answer.stdout.is_empty() || !answer.stderr.is_empty(),
        "{arguments} said nothing at all"
    );
}
