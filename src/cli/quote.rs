//! `variance quote`

use std::time::Duration;

use super::args::Quote;
use super::data::Job;
use super::exit::Failure;
use super::flags::Global;
use super::progress::Stderr;
use super::task::Task;
use super::{ProcessEnv, resolve};

/// Gathers the symbols and prints a record for each, once or until the user has seen enough.
pub(super) fn run(args: &Quote, global: &Global, around: &ProcessEnv, stderr: &Stderr) -> Result<(), Failure> {
    let job = Job::new(&args.data, global, around, stderr)?;
    let instruments = resolve::symbols(&args.symbols, job.now())?;
    if let Some(seconds) = args.watch {
        return job.watch(instruments, Duration::from_secs_f64(seconds));
    }
    let task = Task::quote(job.now());
    job.run(instruments, &task)
}
