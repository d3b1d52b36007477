//! `variance screen`

use super::args::{Global, Screen};
use super::data::Job;
use super::exit::Failure;
use super::progress::Stderr;
use super::{Surroundings, resolve};
use crate::render::Document;
use crate::screen::{self, View};
use crate::time;

/// Gathers the universe, screens it and prints the ranked table.
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
    let today = time::new_york_date(job.now());
    job.run(universe, |gathered, meta| {
        let report = screen::run(&gathered.records, &rules, today);
        let view = View {
            unjudged: gathered.run.partial,
            ..view
        };
        Document::screen(&report, &view, meta)
    })
}
