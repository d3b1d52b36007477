//! `variance screen`

use jiff::civil::Date;

use super::args::{Against, Screen};
use super::data::Job;
use super::exit::Failure;
use super::flags::Global;
use super::progress::Stderr;
use super::task::Task;
use super::{ProcessEnv, past, resolve};
use crate::instrument::Instrument;
use crate::market::Record;
use crate::time;

/// Gathers the universe, or takes it from the store, screens it and prints the ranked table.
pub(super) fn run(args: &Screen, global: &Global, around: &ProcessEnv, stderr: &Stderr) -> Result<(), Failure> {
    let job = Job::new(&args.data, global, around, stderr)?;
    let task = Task::screen(args.picks.clone(), &job.config, job.now())?;
    let universe = resolve::universe(&job.config, &args.symbols, args.watchlist.as_deref(), around)?;
    let before = match args.diff {
        Some(against) => before(&job, &universe, against, args.as_of, stderr)?,
        None => None,
    };
    let task = task.with_baseline(before);
    match args.as_of {
        Some(day) => job.run_past(universe, day, &task.of_session(day)),
        None => job.run(universe, &task),
    }
}

/// The session to compare with and its records; nothing, and a word about it, when none was kept yet.
fn before(
    job: &Job<'_>,
    universe: &[Instrument],
    against: Against,
    screened: Option<Date>,
    stderr: &Stderr,
) -> Result<Option<(Date, Vec<Record>)>, Failure> {
    let (store, plan) = job.past(universe.to_vec())?;
    let day = match against {
        Against::Day(day) => Some(day),
        Against::Last => {
            let current = screened.unwrap_or_else(|| time::session_of(time::Calendar::UsEquities, job.now()));
            past::last_session(&store, current)?
        }
    };
    let Some(day) = day else {
        stderr.remark("variance: no earlier session is kept yet to compare with");
        return Ok(None);
    };
    Ok(Some((day, past::records(&store, &plan, day)?)))
}
