//! `variance quote`

mod frame;
mod turns;
mod watch;

use std::time::Duration;

use clap::Args;

use crate::cli::exit::Failure;
use crate::cli::flags::numbers::interval;
use crate::cli::flags::{Data, Picks};
use crate::cli::job::Job;
use crate::cli::output::Printer;
use crate::cli::question::{Answer, Command, Question, Recorded, Replay};
use crate::cli::session::Session;
use crate::cli::universe::symbols;
use crate::market::Coverage;
use crate::render::RunDocument;

/// Print one record per symbol: prices, volatility metrics, Greeks of options
#[derive(Debug, Args)]
pub(in crate::cli) struct Quote {
    /// Print these, in any spelling: SPY, /ES, /ESZ26:XCME, .SPY261218C600, "SPY   261218C00600000"
    #[arg(required = true, value_name = "SYMBOL")]
    symbols: Vec<String>,
    /// Print afresh so often until Ctrl-C or --deadline, as jsonl unless stdout is a terminal [2 without a value]
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = interval,
        num_args = 0..=1,
        default_missing_value = "2",
        conflicts_with = "record"
    )]
    watch: Option<f64>,
    /// How and from where.
    #[command(flatten)]
    data: Data,
}

impl Command for Quote {
    const REPLAY: Option<Replay> = Some(|recorded: &Recorded<'_>| {
        recorded.options::<Picks>()?;
        recorded.takes_only(&Picks::default())?;
        Ok(Box::new(Quotes))
    });

    fn run(&self, session: &Session) -> Result<(), Failure> {
        let job = Job::new(&self.data, session)?;
        let instruments = symbols(&self.symbols, session)?;
        match self.watch {
            Some(seconds) => watch::run(job, instruments, Duration::from_secs_f64(seconds)),
            None => job.run(instruments, &Quotes),
        }
    }
}

/// What a quote asks.
#[derive(Debug)]
struct Quotes;

impl Question for Quotes {
    fn command(&self) -> &'static str {
        "quote"
    }

    fn print(&self, answer: &Answer<'_>, printer: Printer<'_>) -> Result<Coverage, Failure> {
        let coverage = answer.coverage();
        printer.write(&document(answer, &coverage))?;
        Ok(coverage)
    }
}

fn document(answer: &Answer<'_>, coverage: &Coverage) -> RunDocument {
    RunDocument::quote(&answer.gathered.records, answer.meta(coverage))
}
