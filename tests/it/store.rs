//! What one run leaves for the next, whatever happens to the file meanwhile.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use variance_demo::Venue;

use crate::run::{Answer, NOW, Run, at, at_once, faulty, row, some_of_the_watchlist, status, symbols, venue};

const SOME: &str = "SPY,/ES,AA,FXI,QQQ";

#[test]
fn a_second_screen_of_the_day_asks_for_no_bars_and_no_contracts_and_says_the_same() {
    let venue = venue();
    let state = TempDir::new().unwrap();
    let screen = || {
        Run::at(&venue, &format!("screen --all --symbols {SOME}"))
            .state(state.path())
            .document()
    };
    let first = screen();
    let tally = venue.tally().unwrap();
    let (asked, subscribed) = (tally.rest_paths, tally.subscriptions);
    assert!(subscribed > 19, "{subscribed}");
    let second = screen();
    let again = venue.tally().unwrap().rest_paths;
    assert_eq!(asked["/instruments/futures"], again["/instruments/futures"]);
    assert_eq!(row(&first, "/ES")["provenance"]["hv90"]["source"], "dxlink-candles");
    assert_eq!(row(&second, "/ES")["provenance"]["hv90"]["source"], "store");
    let requests = |document: &Value| document["sources"]["rest"]["requests"].as_u64().unwrap();
    assert!(requests(&second) < requests(&first));
    // Quote, trade, extended trade and summary of four shares, three of them of the future: nothing else.
    assert_eq!(venue.tally().unwrap().subscriptions - subscribed, 19);
    for one in first["rows"].as_array().unwrap() {
        let other = row(&second, one["symbol"].as_str().unwrap());
        for field in ["price", "iv", "iv_rank", "hv30", "hv90", "score", "contract"] {
            assert_eq!(one[field], other[field], "{} {field}", one["symbol"]);
        }
        assert_eq!(other["notes"], one["notes"], "what is still current is not stale");
        assert_eq!(other["stale_seconds"], Value::Null);
    }
}

#[test]
fn when_everything_is_down_the_screen_of_before_is_printed_with_its_age() {
    let state = TempDir::new().unwrap();
    let good = venue();
    let before = Run::at(&good, &format!("screen --all --symbols {SOME}"))
        .state(state.path())
        .document();
    let port = port(&good);
    drop(good);
    // Nobody listens there any more.
    let formats = [json!({}), json!({ "output": { "format": "table" } })];
    let run = |config| later(&port, "2026-11-20T23:30:00Z", state.path(), config);
    let [answer, table] = at_once(formats.map(run));
    let after = answer.ended(69).saying(&["no source answered"]).document();
    assert_eq!(symbols(&after).len(), 5);
    for one in after["rows"].as_array().unwrap() {
        let symbol = one["symbol"].as_str().unwrap();
        let other = row(&before, symbol);
        for field in [
            "price",
            "bid",
            "iv",
            "iv_rank",
            "iv_percentile",
            "liquidity_rating",
            "score",
        ] {
            assert_eq!(one[field], other[field], "{symbol} {field}");
        }
        for field in ["price", "iv", "iv_percentile"] {
            let (kept, live) = (&one["provenance"][field], &other["provenance"][field]);
            assert_eq!(kept["source"], "store", "{symbol} {field}");
            assert_eq!((&kept["as_of"], &kept["method"]), (&live["as_of"], &live["method"]));
        }
        assert!(one["notes"].to_string().contains("stale"));
        let age = one["stale_seconds"].as_i64().unwrap();
        assert!((7_200..100_000).contains(&age), "{symbol}: {age} s");
    }
    assert_eq!(after["sources"]["store"]["state"], "ok");
    assert!(table.stdout.contains("STALE: 5 of 5 rows"), "{}", table.stdout);
}

#[test]
fn what_is_too_old_stands_for_nothing() {
    let state = TempDir::new().unwrap();
    let good = venue();
    Run::at(&good, &format!("screen --symbols {SOME}"))
        .state(state.path())
        .document();
    let port = port(&good);
    drop(good);
    let after = later(&port, "2026-11-26T21:00:00Z", state.path(), json!({}))
        .answer()
        .ended(69)
        .document();
    assert!(row(&after, "SPY")["price"].is_null());
    assert!(row(&after, "SPY")["iv"].is_null());
}

#[test]
fn without_cache_events_no_quote_is_kept() {
    let state = TempDir::new().unwrap();
    let config = json!({ "dxlink": { "cache_events": false } });
    let good = venue();
    Run::configured_at(&good, "quote SPY", config.clone())
        .state(state.path())
        .document();
    let port = port(&good);
    drop(good);
    let run = |config| later(&port, "2026-11-20T22:30:00Z", state.path(), config);
    let spies = at_once([config, json!({})].map(run)).map(|answer| {
        let document = answer.ended(69).document();
        row(&document, "SPY").clone()
    });
    assert!(spies[0]["bid"].is_null());
    let spy = &spies[1];
    assert!(spy["bid"].is_null(), "nothing was kept either");
    assert_eq!(
        spy["provenance"]["price"]["source"], "store",
        "the session's record is kept"
    );
}

#[test]
fn switched_off_the_store_leaves_no_trace() {
    let state = TempDir::new().unwrap();
    let venue = venue();
    let document = Run::configured_at(&venue, "quote SPY", json!({ "store": { "enabled": false } }))
        .state(state.path())
        .document();
    assert_eq!(document["sources"]["store"]["state"], "disabled");
    assert!(fs::read_dir(state.path()).unwrap().next().is_none());
}

#[test]
fn invented_data_has_files_of_its_own_by_seed_and_venue() {
    let state = TempDir::new().unwrap();
    for seed in ["1", "2"] {
        Run::new(&format!("--now {NOW} quote SPY --demo --seed {seed}"))
            .state(state.path())
            .answer()
            .done();
    }
    let venue = venue();
    Run::at(&venue, "quote SPY").state(state.path()).answer().done();
    let port = port(&venue);
    assert_eq!(
        files(state.path(), "db"),
        ["demo-1.db", "demo-2.db", &format!("loopback-{port}.db")]
    );
    // A file that was copied over another still knows what it holds.
    let directory = state.path().join("variance");
    fs::copy(directory.join("demo-1.db"), directory.join("demo-2.db")).unwrap();
    let answer = Run::new(&format!("--now {NOW} quote SPY --demo --seed 2 --json"))
        .state(state.path())
        .answer()
        .done()
        .saying(&["demo-2.db holds demo-1 data"]);
    let document = answer.document();
    assert_eq!(document["sources"]["store"]["state"], "failed");
    assert_eq!(document["errors"][0]["code"], "other_world");
}

#[test]
fn ten_processes_at_once_on_a_fresh_store_leave_one_set_of_records() {
    let venue = venue();
    let state = TempDir::new().unwrap();
    let started: Vec<_> = (0..10)
        .map(|_| {
            Run::at(&venue, &format!("screen --json --symbols {SOME}"))
                .state(state.path())
                .start()
        })
        .collect();
    for (child, _desk) in started {
        let answer = Answer::of(child.wait_with_output().unwrap()).done();
        assert!(answer.stderr.is_empty(), "{}", answer.stderr);
        assert_eq!(answer.document()["errors"], json!([]));
    }
    let file = state.path().join(format!("variance/loopback-{}.db", port(&venue)));
    let connection = open(&file);
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(DISTINCT symbol) FROM daily"), 5);
    assert_eq!(count("SELECT count(DISTINCT session) FROM daily"), 1);
    assert_eq!(
        count("SELECT count(*) FROM series"),
        count("SELECT count(DISTINCT symbol) FROM series")
    );
    assert_eq!(integrity(&connection), "ok");
}

#[test]
fn a_process_killed_in_the_middle_leaves_a_sound_file() {
    let venue = venue();
    let state = TempDir::new().unwrap();
    let file = state.path().join(format!("variance/loopback-{}.db", port(&venue)));
    let screen = |arguments: &str| {
        let some = some_of_the_watchlist(80);
        let run = Run::at(&venue, &format!("screen {arguments} --symbols {some}"));
        run.state(state.path())
    };
    for pause in [0, 1, 2, 4, 8] {
        let (mut child, _desk) = screen("").start();
        // Written last: the kill comes somewhere around the writing, and must be survived wherever it comes.
        let written = || fs::metadata(file.with_extension("db-wal")).map_or(0, |wal| wal.len());
        let before = written();
        while written() == before && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let answer = screen("--json").answer().done();
    assert_eq!(answer.document()["errors"], json!([]));
    let connection = open(&file);
    assert_eq!(integrity(&connection), "ok");
    let sets: BTreeSet<i64> = connection
        .prepare("SELECT count(*) FROM bar GROUP BY series")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(sets.iter().all(|bars| *bars > 90), "whole histories only: {sets:?}");
}

#[test]
fn a_damaged_file_is_set_aside_once_and_the_run_goes_on() {
    let state = TempDir::new().unwrap();
    let quote = || {
        Run::new(&format!("--now {NOW} quote SPY /ES --demo --json"))
            .state(state.path())
            .answer()
            .done()
    };
    quote();
    let file = state.path().join("variance/demo-1.db");
    let damages: [fn(&Path); 3] = [
        |file| fs::write(file, "this was a database once").unwrap(),
        |file| {
            let mut bytes = fs::read(file).unwrap();
            let page = bytes.len() / 2;
            bytes[4096..page].fill(0x5a);
            fs::write(file, bytes).unwrap();
        },
        |file| {
            let bytes = fs::read(file).unwrap();
            fs::write(file, &bytes[..bytes.len() / 3]).unwrap();
        },
    ];
    for (index, damage) in damages.into_iter().enumerate() {
        damage(&file);
        let answer = quote().saying(&["the store was damaged", "demo-1.db.corrupt-20261120T213000Z"]);
        assert_eq!(answer.stderr.lines().count(), 1, "{}", answer.stderr);
        let document = answer.document();
        assert_eq!(document["errors"][0]["code"], "corrupt");
        assert!(row(&document, "SPY")["price"].is_number());
        assert!(quote().stderr.is_empty(), "told once");
        let aside = fs::read_dir(state.path().join("variance")).unwrap();
        let aside = aside.filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .path()
                .to_string_lossy()
                .contains(".db.corrupt-")
        });
        assert!(aside.count() > index, "nothing is thrown away");
    }
}

#[test]
fn a_file_of_a_newer_version_is_left_alone() {
    let state = TempDir::new().unwrap();
    let quote = || {
        Run::new(&format!("--now {NOW} quote SPY --demo --json"))
            .state(state.path())
            .answer()
            .done()
    };
    quote();
    let file = state.path().join("variance/demo-1.db");
    open(&file).pragma_update(None, "user_version", 999).unwrap();
    let before = fs::read(&file).unwrap();
    let answer = quote().saying(&["of version 999", "left alone"]);
    assert_eq!(answer.document()["errors"][0]["code"], "newer");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn where_nothing_can_be_written_the_run_goes_on_and_says_so_once() {
    let state = TempDir::new().unwrap();
    fs::write(state.path().join("variance"), "a file where the directory would be").unwrap();
    let answer = Run::demo("quote SPY --json").state(state.path()).answer().done();
    assert_eq!(answer.stderr.matches("nothing is kept").count(), 1, "{}", answer.stderr);
    let document = answer.document();
    assert_eq!(document["errors"][0]["source"], "store");
    assert_eq!(document["sources"]["store"]["state"], "failed");
    assert!(row(&document, "SPY")["price"].is_number());
    let quiet = Run::demo("quote SPY -q").state(state.path()).answer().done();
    assert!(quiet.stderr.is_empty(), "{}", quiet.stderr);
}

#[test]
fn a_full_disk_costs_the_memory_and_nothing_else() {
    let state = TempDir::new().unwrap();
    // Files may grow to 64 blocks of 512 bytes; what exceeds that fails as on a full disk.
    let script = format!(
        "trap '' XFSZ; ulimit -f 64; exec {} --now {NOW} screen --demo --json --symbols {SOME}",
        assert_cmd::cargo::cargo_bin!("variance").display()
    );
    let desk = TempDir::new().unwrap();
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .env_clear()
        .env("HOME", desk.path())
        .env("XDG_STATE_HOME", state.path())
        .current_dir(desk.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let answer = Answer::of(output).done();
    assert_eq!(answer.stderr.matches("variance:").count(), 1, "{}", answer.stderr);
    let document = answer.document();
    assert_eq!(document["errors"][0]["source"], "store", "{}", document["errors"]);
    assert_eq!(document["coverage"]["requested"], 5);
    // With space again everything is kept.
    let document = Run::demo(&format!("screen --symbols {SOME}"))
        .state(state.path())
        .document();
    assert_eq!(document["errors"], json!([]));
}

#[test]
fn a_rank_the_venue_does_not_have_comes_from_own_history_and_never_from_too_little_of_it() {
    let venue = faulty(vec![at("/instruments", status(500, "{}"))], Vec::new());
    let state = TempDir::new().unwrap();
    // The venue has no rank of CSCO.
    let csco = |days: i64| {
        let file = state.path().join(format!("variance/loopback-{}.db", port(&venue)));
        Run::at(&venue, "quote CSCO").state(state.path()).document();
        let connection = open(&file);
        let last = connection
            .query_row(
                "SELECT session FROM daily WHERE field = 1 ORDER BY session DESC",
                [],
                |row| row.get::<_, i64>(0),
            )
            .unwrap();
        for (day, iv) in (1..=days).map(|back| (last - back, 0.1 + f64::from(u32::try_from(back % 10).unwrap()) / 10.0))
        {
            let sql = "INSERT OR REPLACE INTO daily SELECT symbol, ?1, field, ?2, source, method, as_of - ?3 FROM daily \
                       WHERE field = 1 AND session = ?4";
            let ago = (last - day) * 86_400_000;
            connection.execute(sql, (day, iv, ago, last)).unwrap();
        }
        drop(connection);
        row(&Run::at(&venue, "quote CSCO").state(state.path()).document(), "CSCO").clone()
    };
    let few = csco(59);
    assert!(few["iv_rank"].is_null());
    assert_eq!(
        few["missing"]["iv_rank"][1]["reason"],
        "own history has 59 of 60 days of this volatility"
    );
    let enough = csco(60);
    let origin = &enough["provenance"]["iv_rank"];
    assert_eq!(
        (&origin["source"], &origin["method"]),
        (&"store".into(), &"range, own history of 60 days".into())
    );
    let iv = enough["iv"].as_f64().unwrap();
    let rank = enough["iv_rank"].as_f64().unwrap();
    assert!((rank - (iv - 0.1) / 0.9 * 100.0).abs() < 1e-9, "{rank} of {iv}");
    assert_eq!(
        enough["notes"],
        json!([]),
        "a live volatility among its own past is not stale"
    );
}

/// A screen of [`SOME`] at `now` on a port where nobody answers.
fn later(port: &str, now: &str, state: &Path, mut config: Value) -> Run {
    config["legacy"]["enabled"] = false.into();
    let json = if config["output"].is_null() { "--json" } else { "" };
    Run::new(&format!("--now {now} screen --all --listen 1 {json} --symbols {SOME}"))
        .config(config)
        .env("API_BASE_URL", &format!("http://127.0.0.1:{port}"))
        .env("TT_CLIENT_SECRET", "x")
        .env("TT_REFRESH_TOKEN", "x")
        .state(state)
}

fn port(venue: &Venue) -> String {
    venue
        .base_url()
        .rsplit(':')
        .next()
        .unwrap()
        .trim_end_matches('/')
        .to_owned()
}

fn files(state: &Path, extension: &str) -> Vec<String> {
    let names = fs::read_dir(state.join("variance"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = names
        .filter(|path: &PathBuf| path.extension().is_some_and(|end| end == extension))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn open(file: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(file).unwrap()
}

fn integrity(connection: &rusqlite::Connection) -> String {
    connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap()
}
