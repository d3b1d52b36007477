//! The edge: what was typed, what is needed for it, one file per command, progress and exit codes.

mod access;
mod args;
mod chain;
mod config;
mod data;
mod demo;
mod doctor;
mod exit;
mod explain;
mod flags;
mod history;
mod log;
mod manual;
mod output;
mod past;
mod progress;
mod quote;
mod record;
mod replay;
mod resolve;
mod rules;
mod run_store;
mod runtime;
mod screen;
mod task;
mod terminal;
mod vol;
mod watch;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;

use jiff::Timestamp;

use self::args::{Cli, Command};
use self::exit::{Failure, Kind};
use self::flags::Global;
use self::progress::Stderr;
use crate::config::Color;
use crate::time;

/// The process around a run, read once.
#[derive(Debug, Clone)]
pub(crate) struct ProcessEnv {
    /// Environment variables that are text.
    environment: BTreeMap<String, String>,
    /// Where relative paths start.
    directory: PathBuf,
    /// The wall clock, or `--now`.
    now: Timestamp,
}

impl ProcessEnv {
    fn read(global: &Global) -> Result<Self, Failure> {
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let directory = std::env::current_dir()
            .map_err(|error| Failure::new(Kind::CannotRead, format!("cannot tell the working directory: {error}")))?;
        Ok(Self {
            environment: environment.collect(),
            directory,
            now: whole_millis(global.now.unwrap_or_else(time::now)),
        })
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether a stream should be colored.
    fn color(&self, when: Color, terminal: bool) -> bool {
        match when {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && self.variable("NO_COLOR").is_none() && self.variable("TERM") != Some("dumb"),
        }
    }
}

/// `at` without what is below a millisecond, which nothing shows and no recording keeps.
fn whole_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// Runs the program with the arguments, environment and streams of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let stderr = Stderr::new(cli.global.quiet, cli.global.verbose);
    let outcome = catch_unwind(AssertUnwindSafe(|| run(&cli, &stderr)));
    stderr.clear();
    match outcome {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            tell(&failure, &stderr);
            failure.kind.into()
        }
        Err(_panic) => {
            stderr.error("variance: this is a bug in variance; please report it with the lines above");
            Kind::Internal.into()
        }
    }
}

fn run(cli: &Cli, stderr: &Stderr) -> Result<(), Failure> {
    let surroundings = ProcessEnv::read(&cli.global)?;
    log::start(
        cli.global.verbose,
        surroundings.color(cli.global.color.unwrap_or(Color::Auto), io::stderr().is_terminal()),
    );
    let global = &cli.global;
    match &cli.command {
        Command::Screen(args) => screen::run(args, global, &surroundings, stderr),
        Command::Quote(args) => quote::run(args, global, &surroundings, stderr),
        Command::Explain(args) => explain::run(args, global, &surroundings, stderr),
        Command::Chain(args) => chain::run(args, global, &surroundings, stderr),
        Command::Replay(args) => replay::run(args, global, &surroundings, stderr),
        Command::Vol(args) => vol::run(args, global, &surroundings, stderr),
        Command::History(args) => history::run(args, global, &surroundings, stderr),
        Command::Doctor(args) => doctor::run(args, global, &surroundings, stderr),
        Command::Demo(args) => demo::run(args, &surroundings, stderr),
        Command::Config(args) => config::run(args, global, &surroundings, stderr),
        Command::Completions { shell } => manual::completions(*shell),
        Command::Man { out } => manual::man(out.as_deref()),
        Command::Help { topic } => manual::help(topic),
    }
}

/// Prints what clap has to say. A reader that has gone away is no error.
fn usage(error: &clap::Error) -> ExitCode {
    match error.print() {
        Ok(()) => {}
        Err(broken) if broken.kind() == io::ErrorKind::BrokenPipe => {}
        Err(_unwritable) => return Kind::CannotWrite.into(),
    }
    if error.use_stderr() {
        Kind::Usage.into()
    } else {
        ExitCode::SUCCESS
    }
}

fn tell(failure: &Failure, stderr: &Stderr) {
    for detail in &failure.details {
        stderr.error(detail);
    }
    stderr.error(&format!("variance: {failure}"));
}
