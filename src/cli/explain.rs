//! `variance explain`

use super::args::Explain;
use super::data::Job;
use super::exit::Failure;
use super::flags::Global;
use super::progress::Stderr;
use super::task::Task;
use super::{ProcessEnv, resolve};

/// Gathers the symbols and prints what every gate says about each.
pub(super) fn run(args: &Explain, global: &Global, around: &ProcessEnv, stderr: &Stderr) -> Result<(), Failure> {
    let job = Job::new(&args.data, global, around, stderr)?;
    let task = Task::explain(args.rules.clone(), &job.config, job.now())?;
    let instruments = resolve::symbols(&args.symbols, job.now())?;
    job.run(instruments, &task)
}
