//! One run of the built binary: a home and a working directory of its own, and no environment but what is given.

use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use serde_json::{Value, json};
use tempfile::TempDir;
use variance_demo::{Cut, Faults, FeedRule, Options, Pace, Refusal, RestEffect, RestRule, Times, Venue};

/// The moment all runs take for now, half an hour after the venue's close; the venue's own default.
pub(crate) const NOW: &str = "2026-11-20T21:30:00Z";

/// Where a run keeps its state, unless told otherwise.
const STATE: &str = "state";

/// Where the user's configuration is: for venues on this machine, however busy it is. Nobody has to be spared requests, and
/// a window closes when everybody has answered.
const PATIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/config");

/// A command line waiting to be run.
pub(crate) struct Run {
    desk: TempDir,
    command: Command,
    stdin: Option<String>,
}

/// What came of a run.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// `variance` with `arguments`, apart by spaces, and nothing around it.
    pub(crate) fn new(arguments: &str) -> Self {
        let desk = TempDir::new().unwrap();
        let mut command = Command::new(cargo_bin!("variance"));
        command
            .args(arguments.split_whitespace())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", desk.path())
            .env("XDG_STATE_HOME", desk.path().join(STATE))
            .current_dir(desk.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if arguments.contains("--demo") {
            command.env("XDG_CONFIG_HOME", PATIENT);
        }
        Self {
            desk,
            command,
            stdin: None,
        }
    }

    /// The same on the venue inside the binary, at [`NOW`].
    pub(crate) fn demo(arguments: &str) -> Self {
        let (command, rest) = arguments.split_once(' ').unwrap_or((arguments, ""));
        Self::new(&format!("--now {NOW} {command} --demo --seed 1 {rest}"))
    }

    /// The same with credentials on a venue of the test, which also stands in for the legacy source.
    pub(crate) fn at(venue: &Venue, arguments: &str) -> Self {
        Self::configured_at(venue, arguments, json!({}))
    }

    /// The same with further configuration, sections as in the file.
    pub(crate) fn configured_at(venue: &Venue, arguments: &str, mut config: Value) -> Self {
        config["legacy"]["base_url"] = venue.base_url().into();
        config["legacy"]["requests_per_second"] = 10.into();
        Self::new(&format!("--now {NOW} {arguments}"))
            .config(config)
            .env("API_BASE_URL", venue.base_url())
            .env("TT_CLIENT_SECRET", "x")
            .env("TT_REFRESH_TOKEN", "x")
    }

    /// Configures it by a file, and to be patient where the file says nothing else.
    pub(crate) fn config(self, mut config: Value) -> Self {
        let patient: Value = serde_json::from_str(include_str!("../data/config/variance/runtime_config.json")).unwrap();
        for (section, keys) in patient.as_object().unwrap() {
            for (key, value) in keys.as_object().unwrap() {
                if config[section][key].is_null() {
                    config[section][key] = value.clone();
                }
            }
        }
        self.file("config/runtime_config.json", &config.to_string())
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn args<const N: usize>(mut self, arguments: [&str; N]) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Shares the state of the program with other runs.
    pub(crate) fn state(self, directory: &Path) -> Self {
        self.env("XDG_STATE_HOME", directory.to_str().unwrap())
    }

    /// Puts a file into the working directory.
    pub(crate) fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn stdin(mut self, text: &str) -> Self {
        self.command.stdin(Stdio::piped());
        self.stdin = Some(text.to_owned());
        self
    }

    pub(crate) fn stdout(mut self, stdout: fs::File) -> Self {
        self.command.stdout(stdout);
        self
    }

    /// A path in the working directory.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.desk.path().join(path)
    }

    /// Starts it, with its directory, which lives as long as the value returned.
    pub(crate) fn start(mut self) -> (Child, TempDir) {
        let mut child = self.command.spawn().unwrap();
        if let (Some(text), Some(mut stdin)) = (self.stdin, child.stdin.take()) {
            stdin.write_all(text.as_bytes()).unwrap();
        }
        (child, self.desk)
    }

    /// Runs it to its end, and keeps its directory.
    pub(crate) fn kept(self) -> (Answer, TempDir) {
        let (child, desk) = self.start();
        (Answer::of(child.wait_with_output().unwrap()), desk)
    }

    /// Runs it to its end.
    pub(crate) fn answer(self) -> Answer {
        self.kept().0
    }

    /// Runs it with `--json` and reads the document; the run must end with 0.
    pub(crate) fn document(self) -> Value {
        self.arg("--json").answer().done().document()
    }
}

/// Runs that wait more than they compute, all at once.
pub(crate) fn at_once<const N: usize>(runs: [Run; N]) -> [Answer; N] {
    let started = runs.map(Run::start);
    started.map(|(child, _desk)| Answer::of(child.wait_with_output().unwrap()))
}

impl Answer {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output
                .status
                .code()
                .unwrap_or_else(|| 128 + output.status.signal().unwrap_or(0)),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Itself, after the code was seen to be `code`.
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    pub(crate) fn done(self) -> Self {
        self.ended(0)
    }

    /// Itself, after every part was found on stderr.
    pub(crate) fn saying(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "{part:?} is not in stderr:\n{}",
                self.stderr
            );
        }
        self
    }

    pub(crate) fn document(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The cells of `plain` by header.
    pub(crate) fn column(&self, name: &str) -> Vec<String> {
        let mut lines = self.stdout.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let place = lines.next().unwrap().iter().position(|header| *header == name).unwrap();
        lines.map(|cells| cells[place].to_owned()).collect()
    }
}

/// Tries thrice whether something takes less than `bound`: a machine that is busy elsewhere may be late, the program may
/// not.
pub(crate) fn promptly(bound: Duration, attempt: impl Fn() -> Duration) {
    let mut took = Vec::new();
    while took.len() < 3 {
        took.push(attempt());
        if took.last().is_some_and(|last| *last < bound) {
            return;
        }
    }
    panic!("it took {took:?}, each time more than {bound:?}");
}

/// The row of `symbol`.
pub(crate) fn row<'a>(document: &'a Value, symbol: &str) -> &'a Value {
    let rows = document["rows"].as_array().unwrap();
    rows.iter().find(|row| row["symbol"] == symbol).unwrap()
}

/// The symbols of the rows, in their order.
pub(crate) fn symbols(document: &Value) -> Vec<&str> {
    let rows = document["rows"].as_array().unwrap();
    rows.iter().map(|row| row["symbol"].as_str().unwrap()).collect()
}

/// The first `count` symbols of the default watchlist, as `--symbols` takes them.
pub(crate) fn some_of_the_watchlist(count: usize) -> String {
    let watched = include_str!("../../config/watchlists/default.csv").lines().skip(1);
    watched.take(count).collect::<Vec<_>>().join(",")
}

/// The names in a directory, but for the state of the program.
pub(crate) fn names_in(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != STATE)
        .collect();
    names.sort();
    names
}

/// A venue that behaves.
pub(crate) fn venue() -> Venue {
    faulty(Vec::new(), Vec::new())
}

/// A venue with one REST fault at every request for a path.
pub(crate) fn venue_with_rest(path: &str, effect: RestEffect) -> Venue {
    faulty(vec![at(path, effect)], Vec::new())
}

/// A venue with one fault of the feed.
pub(crate) fn venue_with_feed(rule: FeedRule) -> Venue {
    faulty(Vec::new(), vec![rule])
}

/// A venue with faults. Its prices hold still, however long a run takes.
pub(crate) fn faulty(rest: Vec<RestRule>, feed: Vec<FeedRule>) -> Venue {
    let never = Duration::from_secs(24 * 60 * 60);
    Venue::start(Options {
        faults: Faults { rest, feed },
        pace: Pace {
            lead: never,
            tick: never,
        },
        ..Options::default()
    })
    .unwrap()
}

/// The fault of every request for a path.
pub(crate) fn at(path: &str, effect: RestEffect) -> RestRule {
    RestRule {
        path_prefix: path.to_owned(),
        after: None,
        effect,
        times: Times::Always,
    }
}

/// An answer in place of the right one.
pub(crate) fn status(status: u16, body: &str) -> RestEffect {
    RestEffect::Status(Refusal {
        status,
        body: body.to_owned(),
        content_type: "application/json",
        retry_after: None,
    })
}

/// A connection reset once, after so many data frames.
pub(crate) fn reset_after(frames: u64) -> FeedRule {
    FeedRule::DropAfterData {
        frames,
        cut: Cut::Reset,
        times: Times::Once,
    }
}
