//! The edge: what was typed, what is needed for it, one file per command, progress and exit codes.

mod access;
mod args;
mod commands;
mod exit;
mod flags;
mod input;
mod job;
mod layout;
mod log;
mod output;
mod plan;
mod progress;
mod question;
mod record;
mod rules;
mod run_store;
mod runtime;
mod session;
mod universe;
mod venue;
mod verdict;

use std::io::{self, IsTerminal};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::CommandFactory;

use self::args::Cli;
use self::exit::{Failure, FailureKind};
use self::progress::Stderr;
use self::session::Session;
use crate::config::Color;

/// Runs the program with the arguments, environment and streams of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let stderr = Stderr::new(cli.global.quiet, cli.global.verbose);
    let outcome = catch_unwind(AssertUnwindSafe(|| run(cli, stderr.clone())));
    stderr.clear();
    match outcome {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            tell(&failure, &stderr);
            failure.kind.into()
        }
        Err(_panic) => {
            stderr.error("variance: this is a bug in variance; please report it with the lines above");
            FailureKind::Internal.into()
        }
    }
}

fn run(cli: Cli, stderr: Stderr) -> Result<(), Failure> {
    let session = Session::read(cli.global, stderr, Cli::command)?;
    let color = session.color(Color::Auto, io::stderr().is_terminal());
    log::start(session.global.verbose, color);
    cli.command.run(&session)
}

/// Prints what clap has to say. A reader that has gone away is no error.
fn usage(error: &clap::Error) -> ExitCode {
    match error.print() {
        Ok(()) => {}
        Err(broken) if broken.kind() == io::ErrorKind::BrokenPipe => {}
        Err(_unwritable) => return FailureKind::CannotWrite.into(),
    }
    if error.use_stderr() {
        FailureKind::Usage.into()
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
