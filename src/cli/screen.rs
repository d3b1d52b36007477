//! `variance screen`

use super::args::{Global, Screen};
use super::data::Job;
use super::exit::Failure;
use super::progress::Stderr;
use super::task::Task;
use super::{Surroundings, resolve};

/// Gathers the universe, screens it and prints the ranked table.
pub(super) fn run(args: &Screen, global: &Global, around: &Surroundings, stderr: &Stderr) -> Result<(), Failure> {
    let job = Job::new(&args.data, global, around, stderr)?;
    let task = Task::screen(args.picks.clone(), &job.config, job.now())?;
    let universe = resolve::universe(&job.config, &args.symbols, args.watchlist.as_deref(), around)?;
    job.run(universe, &task)
}
