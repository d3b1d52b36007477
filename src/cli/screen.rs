//! `variance screen`

use jiff::civil::Date;

use super::args::{Against, Global, Screen};
use super::data::Job;
use super::exit::Failure;
use super::progress::Stderr;
use super::{Surroundings, past, resolve};
use crate::instrument::Instrument;
use crate::market::Record;
use crate::render::{Document, Meta};
use crate::screen::{self, View};
use crate::time;

/// Gathers the universe, or takes it from the store, screens it and prints the ranked table.
pub(super) fn run(args: &Screen, global: &Global, around: &Surroundings, stderr: &Stderr) -> Result<(), Failure> {
    let job = Job::new(&args.data, global, around, stderr)?;
    let rules = resolve::rules(&job.config, &args.rules, job.now())?;
    let view = View {
        sort: resolve::sort(args.sort.as_deref())?,
        limit: args.limit,
        all: args.all,
        ..View::default()
    };
    let universe = resolve::universe(&job.config, &args.symbols, args.watchlist.as_deref(), around)?;
    let before = match args.diff {
        Some(against) => before(&job, &universe, against, global.day(), stderr)?,
        None => None,
    };
    let today = global.day().unwrap_or_else(|| time::new_york_date(job.now()));
    let compose = |gathered: &crate::gather::Gathered, meta: Meta<'_>| {
        let report = screen::run(&gathered.records, &rules, today);
        let view = View {
            unjudged: gathered.run.partial,
            ..view
        };
        let diff = before.as_ref().map(|(day, records)| {
            let before = screen::run(records, &rules, *day);
            screen::diff(&before, &report, day.to_string())
        });
        Document {
            as_of: global.day().map(|day| day.to_string()),
            diff,
            ..Document::screen(&report, &view, meta)
        }
    };
    match global.day() {
        Some(day) => job.run_past(universe, day, compose),
        None => job.run(universe, compose),
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
            let current = screened.unwrap_or_else(|| time::session_of(time::Market::UsEquities, job.now()));
            past::last_session(&store, current)?
        }
    };
    let Some(day) = day else {
        stderr.remark("variance: no earlier session is kept yet to compare with");
        return Ok(None);
    };
    Ok(Some((day, past::records(&store, &plan, day)?)))
}
