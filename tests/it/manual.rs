//! Help, manual pages, completions, and the examination of a setup.

use crate::run::{Run, names_in, status, venue_with_rest};

#[test]
fn every_command_has_help() {
    for command in [
        "screen",
        "quote",
        "explain",
        "history",
        "history import",
        "history export",
        "doctor",
        "vol",
        "demo",
        "config",
        "config show",
        "completions",
        "man",
    ] {
        let short = Run::new(command).arg("--help").answer().done();
        assert!(short.stdout.contains("Usage:"), "{command}: {}", short.stdout);
        assert_eq!(short.stderr, "");
        let long = Run::new("help").arg("--color=never");
        let long = command.split(' ').fold(long, Run::arg).answer().done();
        assert!(long.stdout.contains("Usage:"), "{command}: {}", long.stdout);
        assert!(!long.stdout.contains('\u{1b}'), "{command}");
    }
    Run::new("help nosuch").answer().ended(2).saying(&["nosuch"]);
}

#[test]
fn the_exit_codes_are_listed() {
    let listed = Run::new("help exit-codes").answer().done().stdout;
    for code in ["0", "2", "65", "69", "70", "73", "74", "75", "77", "78", "130"] {
        assert!(
            listed.lines().any(|line| line.split_whitespace().next() == Some(code)),
            "{code}: {listed}"
        );
    }
}

#[test]
fn no_command_and_an_unknown_flag_are_usage_errors() {
    Run::new("").answer().ended(2).saying(&["Usage"]);
    Run::new("screen --nosuch").answer().ended(2).saying(&["--nosuch"]);
    Run::new("quote").answer().ended(2);
    Run::new("screen --seed 3").answer().ended(2).saying(&["--demo"]);
    Run::new("screen --demo --deadline 0").answer().ended(2);
    Run::new("screen --demo --require-complete 101").answer().ended(2);
    Run::new("screen --demo --min-liquidity 6").answer().ended(2);
    Run::new("quote SPY -v -q --demo").answer().ended(2);
}

#[test]
fn the_version_is_the_packages() {
    let version = Run::new("--version").answer().done().stdout;
    assert_eq!(version.trim(), concat!("variance ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Run::new("completions").arg(shell).answer().done().stdout;
        assert!(script.contains("variance") && script.contains("watchlist"), "{shell}");
    }
    Run::new("completions nosuch").answer().ended(2);
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let page = Run::new("man").answer().done().stdout;
    assert!(page.contains(".TH variance") && page.contains("screen"), "{page}");
    let (answer, desk) = Run::new("man --out pages").kept();
    answer.done();
    let pages = names_in(&desk.path().join("pages"));
    for page in [
        "variance.1",
        "variance-screen.1",
        "variance-quote.1",
        "variance-config-show.1",
    ] {
        assert!(pages.iter().any(|name| name == page), "{pages:?}");
    }
    Run::new("man --out /dev/null/pages").answer().ended(73);
}

#[test]
fn the_doctor_finds_nothing_wrong_with_the_demo() {
    let lines = Run::new("doctor --demo").answer().done().stdout;
    assert!(lines.lines().all(|line| line.starts_with("ok ")), "{lines}");
    let document = Run::new("doctor --demo --json").answer().done().document();
    let steps = document["steps"].as_array().unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "configuration",
            "venue",
            "store",
            "token",
            "clock",
            "handshake",
            "first quote",
            "metrics"
        ]
    );
    assert!(
        steps.iter().all(|step| step["ok"] == true && step["ms"].is_u64()),
        "{document}"
    );
}

#[test]
fn the_doctor_says_what_to_do_about_missing_credentials() {
    let answer = Run::new("doctor").answer().ended(77);
    assert!(
        answer.stdout.contains("FAIL  credentials") && answer.stdout.contains("--demo"),
        "{}",
        answer.stdout
    );
}

#[test]
fn the_doctor_goes_on_after_a_failing_step() {
    let venue = venue_with_rest("/dxlink", status(502, ""));
    let answer = Run::at(&venue, "doctor").answer();
    assert!(answer.stdout.contains("FAIL  handshake"), "{}", answer.stdout);
    assert!(answer.stdout.contains("ok    metrics"), "{}", answer.stdout);
    assert_ne!(answer.code, 0);
}
