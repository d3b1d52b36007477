//! What every command runs in: the flags of all commands, the process around it, its clock and its stderr.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;

use super::exit::{Failure, FailureKind};
use super::flags::Global;
use super::progress::{Stderr, plural};
use crate::config::{self, Color, Config, FlagValue};
use crate::time;

/// A run of the program, read once.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// Flags of every command.
    pub(super) global: Global,
    /// Where everything but data goes.
    pub(super) stderr: Stderr,
    /// Environment variables that are text.
    pub(super) environment: BTreeMap<String, String>,
    /// Where relative paths start.
    pub(super) directory: PathBuf,
    /// The wall clock at the start, or `--now`; in whole milliseconds, which is what recordings keep.
    pub(super) now: Timestamp,
    /// Whether the clock is pretended, and stands still.
    pub(super) stands: bool,
    /// The whole command line, for what is printed of it.
    pub(super) command_line: fn() -> clap::Command,
}

impl Session {
    /// Reads the process.
    pub(super) fn read(global: Global, stderr: Stderr, command_line: fn() -> clap::Command) -> Result<Self, Failure> {
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let directory = std::env::current_dir().map_err(|error| {
            Failure::new(
                FailureKind::CannotRead,
                format!("cannot tell the working directory: {error}"),
            )
        })?;
        let now = global.now.unwrap_or_else(time::now);
        Ok(Self {
            environment: environment.collect(),
            directory,
            now: Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now),
            stands: global.now.is_some(),
            global,
            stderr,
            command_line,
        })
    }

    /// The same session as if it had begun at `then`.
    #[must_use]
    pub(super) fn at(&self, then: Timestamp) -> Self {
        Self {
            now: then,
            ..self.clone()
        }
    }

    /// The day in New York.
    pub(super) fn today(&self) -> Date {
        time::new_york_date(self.now)
    }

    /// When a document that is made now is made.
    pub(super) fn generated_at(&self) -> Timestamp {
        if self.stands { self.now } else { time::now() }
    }

    /// An environment variable that is set and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether a stream should be colored.
    pub(super) fn color(&self, configured: Color, terminal: bool) -> bool {
        match self.global.color.unwrap_or(configured) {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && self.variable("NO_COLOR").is_none() && self.variable("TERM") != Some("dumb"),
        }
    }

    /// The effective configuration, with `--listen` in front.
    pub(super) fn config(&self, listen: Option<f64>) -> Result<Config, Failure> {
        let listen = listen.map(|seconds| FlagValue {
            key: "dxlink.listen_duration_seconds".to_owned(),
            value: seconds.into(),
            flag: "--listen".to_owned(),
        });
        self.resolved(config::Sources {
            config_file: self.global.config.clone(),
            flags: listen.into_iter().collect(),
            ..config::Sources::default()
        })
    }

    /// The configuration that a recording at `place` holds, under what the environment says about output.
    pub(super) fn recorded_config(&self, text: String, place: &Path) -> Result<Config, Failure> {
        self.resolved(config::Sources {
            text: Some((place.to_owned(), text)),
            ..config::Sources::default()
        })
    }

    fn resolved(&self, sources: config::Sources) -> Result<Config, Failure> {
        let sources = config::Sources {
            environment: self.environment.clone(),
            working_directory: self.directory.clone(),
            ..sources
        };
        config::resolve(sources).map_err(|error| match error {
            config::Error::Read { path, source } => Failure::new(
                FailureKind::CannotRead,
                format!("cannot read the configuration {}: {source}", path.display()),
            )
            .hint("Name another file with --config or VARIANCE_CONFIG, or name none."),
            config::Error::Problems(problems) => {
                let count = problems.len();
                let message = format!("the configuration has {count} problem{}", plural(count));
                Failure {
                    details: problems.iter().map(ToString::to_string).collect(),
                    ..Failure::new(FailureKind::Config, message)
                }
                .hint("Mend the lines above; `variance config schema` describes every key.")
            }
        })
    }
}
