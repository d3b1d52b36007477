//! The configuration file as the commands meet it.

use serde_json::Value;

use crate::run::{Run, row};
use crate::schema::assert_fits;

const FILE: &str = "config/runtime_config.json";

#[test]
fn a_wrong_key_stops_every_command_and_is_named_with_its_place_and_the_nearest_key() {
    let text = "{\n  \"dxlink\": {\n    \"listen_duration_second\": 3\n  }\n}\n";
    for arguments in [
        "screen --demo",
        "quote SPY --demo",
        "explain SPY --demo",
        "doctor --demo",
        "config check",
        "config show",
    ] {
        let answer = Run::new(arguments).file(FILE, text).answer().ended(78);
        let answer = answer.saying(&[
            "runtime_config.json:3:5",
            "dxlink.listen_duration_second",
            "dxlink.listen_duration_seconds",
        ]);
        assert!(
            arguments.starts_with("doctor") || answer.stdout.is_empty(),
            "{}",
            answer.stdout
        );
    }
}

#[test]
fn every_kind_of_mistake_is_an_error_with_its_place() {
    for (text, parts) in [
        (
            "{ \"dxlink\": { \"enabled\": \"yes\" } }",
            ["runtime_config.json:1:", "dxlink.enabled"],
        ),
        (
            "{ \"dxlink\": { \"listen_duration_seconds\": -1 } }",
            ["runtime_config.json:1:", "not between"],
        ),
        ("{ \"dxlink\": {", ["runtime_config.json:1:", ""]),
        ("[]", ["runtime_config.json:1:1", ""]),
        (
            "{\n\"screener\": { \"default_profile\": \"nosuch\" } }",
            ["runtime_config.json:2:", "balanced"],
        ),
        (
            "{ \"tastytrade\": { \"api_base_url\": \"http://example.com\" } }",
            ["api_base_url", "https"],
        ),
    ] {
        Run::new("config check")
            .file(FILE, text)
            .answer()
            .ended(78)
            .saying(&parts);
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text =
        "{ \"dxlink\": { \"enable\": true, \"reconnect_max_attempts\": 1000 },\n \"legacy\": { \"enabled\": 1 } }";
    let answer = Run::new("config check").file(FILE, text).answer().ended(78);
    answer.saying(&[
        "3 problems",
        "dxlink.enable:",
        "dxlink.reconnect_max_attempts",
        "legacy.enabled",
    ]);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    for path in ["none.json", "."] {
        let answer = Run::demo("quote SPY --config").arg(path).answer().ended(74);
        assert_eq!(answer.saying(&["cannot read", path]).stdout, "");
    }
    let named = Run::demo("quote SPY").env("VARIANCE_CONFIG", "none.json");
    named.answer().ended(74).saying(&["none.json"]);
}

#[test]
fn each_value_is_shown_with_its_origin() {
    let text = r#"{ "dxlink": { "reconnect_max_attempts": 7, "reconnect_delay_seconds": 2 } }"#;
    let run = |arguments: &str| {
        Run::new(arguments)
            .file(FILE, text)
            .env("API_BASE_URL", "api.cert.tastyworks.com")
    };
    let shown = run("config show --json").answer().done().document();
    assert_eq!(shown["dxlink.reconnect_max_attempts"]["value"], 7);
    assert_origin(&shown, "dxlink.reconnect_max_attempts", FILE);
    assert_origin(&shown, "dxlink.enabled", "default");
    assert_eq!(
        shown["tastytrade.api_base_url"]["value"],
        "https://api.cert.tastyworks.com"
    );
    assert_origin(&shown, "tastytrade.api_base_url", "API_BASE_URL");
    let lines = run("config show").answer().done().stdout;
    assert!(
        lines
            .lines()
            .any(|line| line.starts_with("dxlink.enabled") && line.contains("true")),
        "{lines}"
    );
}

#[test]
fn the_places_searched_are_listed_and_the_file_found_is_named() {
    let nothing = Run::new("config path").answer().done().stdout;
    assert!(
        nothing.contains("embedded") && nothing.contains("variance/runtime_config.json"),
        "{nothing}"
    );
    let found = Run::new("config path").file(FILE, "{}").answer().done().stdout;
    assert!(found.trim().ends_with(FILE) && found.lines().count() == 1, "{found}");
    let checked = Run::new("config check").file(FILE, "{}").answer().done().stdout;
    assert!(checked.contains(FILE) && checked.contains("ok"), "{checked}");
}

#[test]
fn the_shipped_file_is_what_the_schema_describes_and_passes_the_check() {
    let schema = Run::new("config schema").answer().done().document();
    let shipped = include_str!("../../config/runtime_config.json");
    assert_fits(&schema, &serde_json::from_str(shipped).unwrap());
    Run::new("config check").file(FILE, shipped).answer().done();
}

#[test]
fn a_flag_goes_before_the_file() {
    let run = |arguments: &str| {
        let run = Run::demo(arguments).file(FILE, r#"{ "screener": { "default_profile": "broad" } }"#);
        run.document()["profile"].clone()
    };
    assert_eq!(run("screen --symbols SPY"), "broad");
    assert_eq!(run("screen --symbols SPY --profile aggressive"), "aggressive");
}

#[test]
fn a_class_and_a_floor_of_the_users_own_are_used() {
    let text = r#"{ "universe": { "asset_classes": { "AAPL": "Fruit" } }, "volatility": { "hv_floor": 0.9 } }"#;
    let document = Run::demo("quote AAPL").file(FILE, text).document();
    let row = row(&document, "AAPL");
    assert_eq!(row["asset_class"], "Fruit");
    let (iv, vrp) = (row["iv"].as_f64().unwrap(), row["vrp_structural"].as_f64().unwrap());
    assert!((vrp - iv / 0.9).abs() < 1e-12, "{vrp}");
}

fn assert_origin(shown: &Value, key: &str, part: &str) {
    let origin = shown[key]["origin"].as_str().unwrap();
    assert!(origin.contains(part), "{key} is from {origin}");
}
