//! `variance explain`

use super::args::{Explain, Global};
use super::data::Job;
use super::exit::Failure;
use super::progress::Stderr;
use super::{Surroundings, resolve};
use crate::render::Document;
use crate::time;

/// Gathers the symbols and prints what every gate says about each.
pub(super) fn run(args: &Explain, global: &Global, around: &Surroundings, stderr: &Stderr) -> Result<(), Failure> {
    let job = Job::new(&args.data, global, around, stderr)?;
    let rules = resolve::rules(&job.config, &args.rules, job.now())?;
    let instruments = resolve::symbols(&args.symbols, job.now())?;
    let today = time::new_york_date(job.now());
    job.run(instruments, |gathered, meta| {
        Document::explain(&gathered.records, &rules, today, meta)
    })
}
