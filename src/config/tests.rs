use std::collections::BTreeSet;
use std::fs;

use proptest::prelude::*;
use secrecy::ExposeSecret;
use serde_json::json;
use tempfile::TempDir;

use super::dotenv::{DotenvError, LineFault};
use super::*;
use crate::screen::Profile;

fn dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn sources(dir: &TempDir) -> Sources {
    Sources {
        working_directory: dir.path().to_owned(),
        ..Sources::default()
    }
}

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn with_file(text: &str) -> Result<Config, Error> {
    let dir = dir();
    fs::create_dir(dir.path().join("config")).unwrap();
    fs::write(dir.path().join("config/runtime_config.json"), text).unwrap();
    resolve(sources(&dir))
}

fn problems(text: &str) -> String {
    with_file(text)
        .expect_err(text)
        .to_string()
        .replace("config/runtime_config.json", "c.json")
}

fn flag(key: &str, value: Value, flag: &str) -> FlagValue {
    FlagValue {
        key: key.to_owned(),
        value,
        flag: flag.to_owned(),
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) {}

fn write_env(dir: &TempDir, text: &str) -> PathBuf {
    let path = dir.path().join(".env.tastytrade");
    fs::write(&path, text).unwrap();
    set_mode(&path, 0o600);
    path
}

/// The configuration file as it ships, every key at its default.
const RUNTIME_CONFIG: &str = include_str!("../../config/runtime_config.json");

#[test]
fn the_shipped_file_has_every_key_at_its_default() {
    let shipped: Config = serde_json::from_str(RUNTIME_CONFIG).unwrap();
    assert_eq!(shipped, Config::default());
    let keys = |tree: &Value| {
        layer::flatten(tree)
            .into_iter()
            .map(|(path, _)| path.join("."))
            .collect::<BTreeSet<_>>()
    };
    let file: Value = serde_json::from_str(RUNTIME_CONFIG).unwrap();
    assert_eq!(keys(&file), keys(&serde_json::to_value(Config::default()).unwrap()));
}

#[test]
fn the_shipped_file_and_the_defaults_have_no_faults() {
    let config = with_file(RUNTIME_CONFIG).unwrap();
    assert_eq!(
        config.origin("dxlink.enabled"),
        &Origin::File("config/runtime_config.json".into())
    );
    let config = resolve(sources(&dir())).unwrap();
    assert_eq!(config.origin("dxlink.enabled"), &Origin::Default);
    assert_eq!(config.path, None);
    let config = Config::default();
    assert!(check::faults(&config, &serde_json::to_value(&config).unwrap()).is_empty());
}

#[test]
fn the_section_of_the_plan_loads_whole() {
    let text = r#"{"dxlink": { "enabled": true, "reconnect_on_disconnect": true, "reconnect_max_attempts": 5,
            "reconnect_delay_seconds": 5, "listen_duration_seconds": 5, "cache_events": true }}"#;
    let config = with_file(text).unwrap();
    assert_eq!(config.dxlink, Dxlink::default());
    assert_eq!(config.notes, [""; 0]);
}

#[test]
fn every_number_has_a_range_and_every_key_is_in_the_schema() {
    let tree = serde_json::to_value(Config::default()).unwrap();
    let schema = schema();
    for (path, value) in layer::flatten(&tree) {
        let key = path.join(".");
        let ranged = check::ranges().any(|range| known::matches(&path, range.key));
        assert_eq!(ranged || value.is_null(), value.is_number() || value.is_null(), "{key}");
        let mut at = &schema;
        for name in &path {
            at = at["properties"].get(name).unwrap_or(&at["additionalProperties"]);
            assert!(at.is_object(), "{key}: {name} is not in the schema");
        }
        assert_eq!(at.get("minimum").is_some(), ranged, "{key}");
    }
    assert_eq!(
        schema["properties"]["tastytrade"]["properties"]["batch_size"]["maximum"],
        json!(100.0)
    );
    assert_eq!(schema["additionalProperties"], json!(false));
}

#[test]
fn an_unknown_key_names_its_place_and_the_nearest_known_one() {
    let text = "{\n  \"dxlink\": {\n    \"enabeld\": true\n  }\n}";
    assert_eq!(
        problems(text),
        "c.json:3:5: dxlink.enabeld: unknown key, did you mean dxlink.enabled?"
    );
    assert_eq!(
        problems(r#"{"listen_duration_seconds": 3}"#),
        "c.json:1:2: listen_duration_seconds: unknown key, did you mean dxlink.listen_duration_seconds?"
    );
    assert_eq!(
        problems(r#"{"screener": {"profiles": {"mine": {"min_vrp": 1}}}}"#),
        "c.json:1:37: screener.profiles.mine.min_vrp: unknown key, did you mean screener.profiles.mine.min_vrp_structural?"
    );
    assert_eq!(problems(r#"{"zzzzzzzzzz": 3}"#), "c.json:1:2: zzzzzzzzzz: unknown key");
}

#[test]
fn a_wrong_type_names_the_place_of_the_value() {
    assert_eq!(
        problems(r#"{"dxlink": {"listen_duration_seconds": "5"}}"#),
        "c.json:1:40: dxlink.listen_duration_seconds: invalid type: string \"5\", expected a number"
    );
    assert_eq!(
        problems(r#"{"dxlink": true}"#),
        "c.json:1:12: dxlink: expected an object"
    );
    assert_eq!(
        problems(r#"{"dxlink": {"enabled": 1}}"#),
        "c.json:1:24: dxlink.enabled: invalid type: integer `1`, expected true or false"
    );
    assert!(
        problems(r#"{"dxlink": {"reconnect_max_attempts": -1}}"#)
            .contains("expected a whole number that is not negative")
    );
    assert!(problems(r#"{"dxlink": {"enabled": null}}"#).contains("invalid type: null"));
    assert!(problems(r#"{"output": {"format": "xml"}}"#).contains("unknown variant `xml`"));
    assert_eq!(problems("[]"), "c.json:1:1: the configuration is one JSON object");
}

#[test]
fn a_number_out_of_range_names_the_range() {
    assert_eq!(
        problems(r#"{"tastytrade": {"batch_size": 101}}"#),
        "c.json:1:31: tastytrade.batch_size: 101 is not between 1 and 100"
    );
    assert!(
        problems(r#"{"volatility": {"hv_floor": 5}}"#).contains("volatility.hv_floor: 5 is not between 0.001 and 1")
    );
    assert!(
        problems(r#"{"screener": {"profiles": {"mine": {"min_iv_percentile": 101}}}}"#)
            .contains("mine.min_iv_percentile")
    );
    assert!(problems(r#"{"screener": {"rules": {"min_liquidity_rating": 6}}}"#).contains("between 0 and 5"));
}

#[test]
fn everything_wrong_is_reported_at_once() {
    let text = "{\"dxlink\": {\"enabeld\": true, \"enabled\": \"yes\",\n \"listen_duration_seconds\": 0},\n\"legacy\": {\"base_url\": \"http://example.com\"}}";
    let printed = problems(text);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 4, "{printed}");
    assert!(
        lines[0].starts_with("c.json:1:13: dxlink.enabeld: unknown key"),
        "{printed}"
    );
    assert!(
        lines[1].starts_with("c.json:1:41: dxlink.enabled: invalid type"),
        "{printed}"
    );
    assert!(
        lines[3].starts_with("c.json:3:24: legacy.base_url: http would send secrets in plain text"),
        "{printed}"
    );
    assert!(
        lines[2].starts_with("c.json:2:29: dxlink.listen_duration_seconds: 0 is not between"),
        "{printed}"
    );
}

#[test]
fn values_that_contradict_each_other_are_refused_where_they_were_given() {
    assert!(
        problems(r#"{"screener": {"rules": {"vtr_coiled": 0.5}}}"#)
            .contains("screener.rules.vtr_coiled: vtr_coiled_severe (0.6) must not be above vtr_coiled (0.5)")
    );
    assert!(
        problems(r#"{"screener": {"default_profile": "mine"}}"#)
            .contains("there are aggressive, balanced, broad, high_quality")
    );
    let zeros = r#"{"screener": {"weights": {"structural_vrp": 0, "tactical_vrp": 0, "volatility_momentum": 0,
        "iv_percentile": 0, "yield": 0, "retail_efficiency": 0, "liquidity": 0}}}"#;
    assert!(problems(zeros).contains("at least one weight must be above 0"));
}

#[test]
fn keys_that_must_ascend_are_keys_of_the_rules() {
    let rules = serde_json::to_value(Config::default().screener.rules).unwrap();
    for key in crate::screen::ASCENDING.into_iter().flatten() {
        assert!(rules[key].is_number(), "{key}");
    }
}

#[test]
fn a_key_that_comes_twice_is_refused_in_maps_too() {
    assert_eq!(
        problems(r#"{"dxlink": {"enabled": true, "enabled": false}}"#),
        "c.json:1:30: dxlink.enabled: the key comes twice"
    );
    let text = r#"{"universe": {"asset_classes": {"SPY": "Index", "spy": "Equity"}}}"#;
    assert_eq!(
        problems(text),
        "c.json:1:49: universe.asset_classes.SPY: the key comes twice"
    );
}

#[test]
fn only_plain_json_is_accepted() {
    let comments = "comments and trailing commas are not accepted";
    assert!(problems("{\n // x\n \"dxlink\": {}}").starts_with(&format!("c.json:2:2: {comments}")));
    assert!(problems("{\"dxlink\": {},}").contains(comments));
    assert!(problems("{\"dxlink\": {}} x").starts_with("c.json:1:16: trailing characters"));
    assert!(problems("{\"dxlink\": {\"enabled\": NaN}}").starts_with("c.json:1:"));
    assert!(problems("{\"dxlink\": {\"listen_duration_seconds\": 1e400}}").contains("number out of range"));
    assert!(problems("").starts_with("c.json:1:1: EOF"));
    assert!(with_file("\u{feff}{\"dxlink\": {\"enabled\": false}}").is_ok_and(|config| !config.dxlink.enabled));
}

#[test]
fn users_add_stand_ins_and_take_them_away() {
    let config = with_file(r#"{"universe": {"proxies": {"/ub": "TLT", "/CL": ""}}}"#).unwrap();
    let proxies = &config.universe.proxies;
    assert_eq!(proxies.get("/UB").map(String::as_str), Some("TLT"));
    assert_eq!(proxies.get("/CL").map(String::as_str), Some(""));
    assert_eq!(proxies.get("/ES").map(String::as_str), Some("SPY"));
    assert_eq!(
        problems(r#"{"universe": {"proxies": {"/CL": "the oil fund"}}}"#),
        "c.json:1:34: universe.proxies./CL: not a symbol"
    );
}

#[test]
fn users_add_to_profiles_and_asset_classes_key_by_key() {
    let text = r#"{"screener": {"profiles": {"Balanced": {"min_iv_percentile": 35}, "mine": {"allow_illiquid": true}, "plain": {}}},
        "universe": {"asset_classes": {"xle": "Energy", "spy": "Equity"}}}"#;
    let config = with_file(text).unwrap();
    let balanced = config.screener.profile("BALANCED").unwrap();
    assert_eq!((balanced.min_iv_percentile, balanced.min_vrp_structural), (35.0, 1.10));
    assert_eq!(
        config.screener.profile("mine").unwrap(),
        &Profile {
            allow_illiquid: true,
            ..Profile::default()
        }
    );
    assert_eq!(config.screener.profile("plain").unwrap(), &Profile::default());
    assert_eq!(config.screener.profiles.len(), 6);
    let universe = &config.universe;
    let class = |symbol: &str| {
        let listed = universe.asset_classes.get(symbol);
        listed.unwrap_or(&universe.default_asset_class).as_str()
    };
    assert_eq!(class("XLE"), "Energy");
    assert_eq!(class("SPY"), "Equity");
    assert_eq!(class("/ES"), "Index");
    assert_eq!(class("ES"), "Equity");
    assert_eq!(
        config.origin("screener.profiles.balanced.min_vrp_structural"),
        &Origin::Default
    );
    assert!(matches!(
        config.origin("screener.profiles.balanced.min_iv_percentile"),
        Origin::File(_)
    ));
}

#[test]
fn a_flag_goes_before_the_environment_and_that_before_the_file() {
    let dir = dir();
    let file = dir.path().join("mine.json");
    fs::write(
        &file,
        r#"{"tastytrade": {"api_base_url": "https://file.example/"}, "dxlink": {"enabled": false}}"#,
    )
    .unwrap();
    let given = Sources {
        config_file: Some("mine.json".into()),
        ..sources(&dir)
    };
    let config = resolve(given.clone()).unwrap();
    assert_eq!(config.tastytrade.api_base_url.as_str(), "https://file.example");
    assert_eq!(config.path, Some(file));

    let given = Sources {
        environment: environment(&[("API_BASE_URL", "env.example/")]),
        ..given
    };
    let config = resolve(given.clone()).unwrap();
    assert_eq!(config.tastytrade.api_base_url.as_str(), "https://env.example");
    assert_eq!(
        config.origin("tastytrade.api_base_url"),
        &Origin::Env("API_BASE_URL".into())
    );

    let flags = vec![
        flag("tastytrade.api_base_url", json!("http://127.0.0.1:8080"), "--demo"),
        flag("dxlink.listen_duration_seconds", json!(2), "--listen"),
    ];
    let config = resolve(Sources { flags, ..given }).unwrap();
    assert_eq!(config.tastytrade.api_base_url.to_string(), "http://127.0.0.1:8080");
    let entries = config.entries();
    let entry = |key: &str| entries.iter().find(|entry| entry.key == key).unwrap();
    assert_eq!(
        entry("dxlink.listen_duration_seconds").origin,
        Origin::Flag("--listen".into())
    );
    assert_eq!(entry("dxlink.enabled").value, json!(false));
    assert_eq!(entry("dxlink.enabled").origin.to_string(), "mine.json");
    assert_eq!(entry("legacy.enabled").origin.to_string(), "default");
}

#[test]
fn a_bad_value_of_a_flag_or_of_the_environment_names_it() {
    let dir = dir();
    let given = Sources {
        environment: environment(&[("API_BASE_URL", "http://user:hunter2@example.com")]),
        flags: vec![flag("dxlink.listen_duration_seconds", json!(0), "--listen")],
        ..sources(&dir)
    };
    let printed = resolve(given).unwrap_err().to_string();
    assert!(
        printed.starts_with("API_BASE_URL: tastytrade.api_base_url: http would send secrets in plain text"),
        "{printed}"
    );
    assert!(
        printed.ends_with("--listen: dxlink.listen_duration_seconds: 0 is not between 0.1 and 3600"),
        "{printed}"
    );
    assert!(!printed.contains("hunter2"));
}

#[test]
fn addresses_are_https_or_loopback_without_password_and_query() {
    for good in [
        "https://api.cert.tastyworks.com",
        "http://localhost:1",
        "http://127.9.9.9",
        "http://[::1]:8080/x/",
    ] {
        let url = BaseUrl::parse(good).unwrap();
        assert_eq!(url.as_str(), good.trim_end_matches('/'));
    }
    for bad in [
        "http://10.0.0.1",
        "http://localhost.example.com",
        "ws://localhost",
        "https://u:p@x.com",
        "https://x.com/?a=b",
        "x",
    ] {
        assert!(BaseUrl::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_file_is_looked_for_in_the_published_order() {
    let dir = dir();
    let write = |path: &str, seconds: u32| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(
            &path,
            format!(r#"{{"dxlink": {{"listen_duration_seconds": {seconds}}}}}"#),
        )
        .unwrap();
        path
    };
    let seconds = |given: &Sources| json!(resolve(given.clone()).unwrap().dxlink.listen_duration_seconds);
    let xdg = dir.path().join("xdg");
    let mut given = Sources {
        environment: environment(&[("XDG_CONFIG_HOME", xdg.to_str().unwrap())]),
        ..sources(&dir)
    };
    assert_eq!(seconds(&given), json!(5.0));
    write("xdg/variance/runtime_config.json", 11);
    assert_eq!(seconds(&given), json!(11.0));
    write("config/runtime_config.json", 12);
    assert_eq!(seconds(&given), json!(12.0));
    let named = write("named.json", 13);
    given
        .environment
        .insert("VARIANCE_CONFIG".into(), named.to_str().unwrap().into());
    assert_eq!(seconds(&given), json!(13.0));
    write("flag.json", 14);
    given.config_file = Some("flag.json".into());
    assert_eq!(seconds(&given), json!(14.0));
    given.config_file = Some("absent.json".into());
    assert!(matches!(resolve(given), Err(Error::Read { .. })));
}

#[test]
fn a_watchlist_named_in_the_file_lies_beside_it() {
    let dir = dir();
    fs::create_dir(dir.path().join("config")).unwrap();
    fs::write(
        dir.path().join("config/runtime_config.json"),
        r#"{"universe": {"watchlist": "mine.csv"}}"#,
    )
    .unwrap();
    let config = resolve(sources(&dir)).unwrap();
    assert_eq!(config.watchlist(dir.path()), Some(dir.path().join("config/mine.csv")));
    let flags = vec![flag("universe.watchlist", json!("other.csv"), "--watchlist")];
    let config = resolve(Sources { flags, ..sources(&dir) }).unwrap();
    assert_eq!(config.watchlist(dir.path()), Some(dir.path().join("other.csv")));
}

#[test]
fn a_sandbox_address_beside_the_secrets_is_honored() {
    let dir = dir();
    let path = write_env(&dir, "export API_BASE_URL=api.cert.tastyworks.com\n");
    let config = resolve(sources(&dir)).unwrap();
    assert_eq!(
        config.tastytrade.api_base_url.as_str(),
        "https://api.cert.tastyworks.com"
    );
    if cfg!(unix) {
        set_mode(&path, 0o644);
        let config = resolve(sources(&dir)).unwrap();
        assert_eq!(config.tastytrade.api_base_url.as_str(), "https://api.tastyworks.com");
        assert!(config.notes.iter().any(|note| note.contains("chmod 600")));
    }
}

#[test]
fn no_color_switches_colors_off_below_the_flag() {
    let dir = dir();
    let given = Sources {
        environment: environment(&[("NO_COLOR", "1")]),
        ..sources(&dir)
    };
    assert_eq!(resolve(given.clone()).unwrap().output.color, Color::Never);
    let flags = vec![flag("output.color", json!("always"), "--color")];
    assert_eq!(resolve(Sources { flags, ..given }).unwrap().output.color, Color::Always);
}

#[test]
fn credentials_come_from_the_environment_before_the_file_beside_the_configuration() {
    let (beside, working) = (dir(), dir());
    write_env(
        &beside,
        "# mine\r\nexport TT_CLIENT_SECRET='from $file # not a comment' # comment\r\nTT_REFRESH_TOKEN=tok$en\r\n",
    );
    write_env(
        &working,
        "TT_CLIENT_ID=elsewhere\nTT_CLIENT_SECRET=elsewhere\nTT_REFRESH_TOKEN=elsewhere\n",
    );
    let dirs = [beside.path().to_owned(), working.path().to_owned()];
    let found = credentials(&environment(&[("TT_REFRESH_TOKEN", " env ")]), &dirs).unwrap();
    assert_eq!(found.client_secret.expose_secret(), "from $file # not a comment");
    assert_eq!(found.refresh_token.expose_secret(), "env");
    assert!(found.client_id.is_none());
    assert!(!format!("{found:?}").contains("env"));
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let dir = dir();
    fs::write(dir.path().join("token"), "  abc\n").unwrap();
    fs::write(dir.path().join("empty"), "\n").unwrap();
    write_env(&dir, "TT_CLIENT_SECRET=s\nTT_REFRESH_TOKEN_FILE=token\n");
    let dirs = [dir.path().to_owned()];
    let found = credentials(&BTreeMap::new(), &dirs).unwrap();
    assert_eq!(found.refresh_token.expose_secret(), "abc");
    let named = |name: &str| environment(&[("TT_REFRESH_TOKEN_FILE", dir.path().join(name).to_str().unwrap())]);
    assert!(matches!(
        credentials(&named("empty"), &dirs),
        Err(CredentialsError::EmptyFile { .. })
    ));
    assert!(matches!(
        credentials(&named("absent"), &dirs),
        Err(CredentialsError::File { .. })
    ));
}

#[test]
fn missing_credentials_are_named() {
    let error = credentials(&environment(&[("TT_CLIENT_SECRET", "")]), &[]).unwrap_err();
    assert_eq!(error.to_string(), "missing TT_CLIENT_SECRET and TT_REFRESH_TOKEN");
    let error = credentials(&environment(&[("TT_CLIENT_SECRET", "s")]), &[dir().path().to_owned()]).unwrap_err();
    assert_eq!(error.to_string(), "missing TT_REFRESH_TOKEN");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_refused_with_the_command_that_mends_it() {
    let dir = dir();
    let path = write_env(&dir, "TT_CLIENT_SECRET=s\nTT_REFRESH_TOKEN=t\n");
    for mode in [0o644, 0o640, 0o604] {
        set_mode(&path, mode);
        let error = credentials(&BTreeMap::new(), &[dir.path().to_owned()]).unwrap_err();
        assert!(matches!(error, CredentialsError::Dotenv(DotenvError::Refused { .. })));
        assert!(
            error
                .to_string()
                .ends_with(&format!("run: chmod 600 {}", path.display())),
            "{error}"
        );
    }
}

#[test]
fn a_line_of_secrets_reads_as_a_shell_would_without_expanding_anything() {
    let read =
        |line: &str| dotenv::parse(line).map(|values| values.get("A").map(|value| value.expose_secret().to_owned()));
    for (line, value) in [
        ("A=x", "x"),
        ("  export   A = x  ", "x"),
        ("A=x$y", "x$y"),
        ("A=a b", "a b"),
        ("A=x#y", "x#y"),
        ("A=x # y", "x"),
        ("A=# y", ""),
        ("A='x # y'", "x # y"),
        ("A=\"a$HOME \\\"q\\\" \\n\" # c", "a$HOME \"q\" \\n"),
        ("A=x==", "x=="),
        ("A=", ""),
        ("A=1\nA=2", "2"),
    ] {
        assert_eq!(read(line), Ok(Some(value.to_owned())), "{line}");
    }
    assert_eq!(read("A=1\n\nsecret"), Err((3, LineFault::Assignment)));
    assert_eq!(read("1A=x"), Err((1, LineFault::Assignment)));
    assert_eq!(read("A='x"), Err((1, LineFault::Quote)));
    assert_eq!(read("A=\"x\\\""), Err((1, LineFault::Quote)));
    assert_eq!(read("A='x'y"), Err((1, LineFault::Trailing)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_error_about_secrets_repeats_any_of_them(
        head in "(export )?[A-Z_]{0,3}[ =]{0,2}[\"']?",
        secret in "Zq9[a-z0-9$#'\"\\\\ ]{8,20}",
        noise in any::<String>(),
    ) {
        let dir = dir();
        write_env(&dir, &format!("{head}{secret}\n{noise}\nTT_CLIENT_SECRET={secret}"));
        if let Err(error) = credentials(&BTreeMap::new(), &[dir.path().to_owned()]) {
            let printed = format!("{error} {error:?}");
            prop_assert!(!printed.contains("Zq9"));
        }
        let _ = dotenv::parse(&noise);
    }

    #[test]
    fn an_arbitrary_file_is_an_error_and_never_a_panic(
        text in any::<String>(),
        json in "[\\{\\}\\[\\]\":, a-z0-9/]{0,40}",
        name in "[a-z_.A-Z\u{e9}]{0,20}",
    ) {
        for text in [text, json, format!("{{\"{name}\": {{\"{name}\": 1}}}}")] {
            let (_, problems) = locate::leaves(Path::new("c.json"), &text, &serde_json::to_value(Config::default()).unwrap());
            for problem in problems {
                prop_assert!(!problem.to_string().chars().any(char::is_control));
            }
        }
    }
}

#[test]
fn the_store_lies_beside_the_file_that_names_it_else_in_the_state_directory() {
    let home = BTreeMap::from([("HOME".to_owned(), "/home/you".to_owned())]);
    let here = Path::new("/work");
    let directory = |config: &Config, environment: &BTreeMap<String, String>| config.store_directory(environment, here);
    let config = with_file(r#"{"store": {"path": "kept"}}"#).unwrap();
    let beside = config.path.as_ref().unwrap().parent().unwrap();
    assert_eq!(directory(&config, &home), Some(beside.join("kept")));
    let config = Config::default();
    assert_eq!(directory(&config, &BTreeMap::new()), None);
    if cfg!(unix) {
        assert_eq!(
            directory(&config, &home),
            Some("/home/you/.local/state/variance".into())
        );
        let mut home = home;
        home.insert("XDG_STATE_HOME".to_owned(), "/var/state".to_owned());
        assert_eq!(directory(&config, &home), Some("/var/state/variance".into()));
    }
}
