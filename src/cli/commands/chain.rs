//! `variance chain`

use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::chain::{ChainQuery, ChoiceError, MOST_STRIKES, Report, Strikes, When};
use crate::cli::exit::{Failure, FailureKind};
use crate::cli::flags::{Data, Picks};
use crate::cli::job::Job;
use crate::cli::output::Printer;
use crate::cli::question::{Answer, Command, Question, Recorded, Replay};
use crate::cli::session::Session;
use crate::cli::universe::symbols;
use crate::gather::{Found, NoChain, Priority};
use crate::instrument::{Instrument, Symbol};
use crate::market::{Coverage, Record};
use crate::render::RunDocument;

/// Print the options of a symbol: quotes, Greeks, skew, expected move
#[derive(Debug, Args)]
pub(in crate::cli) struct Chain {
    /// Name a share, fund, index, futures root or contract: SPY, SPX, /ES, /ESZ6
    #[arg(value_name = "SYMBOL")]
    symbol: String,
    /// What of the chain is wanted.
    #[command(flatten)]
    picks: ChainPicks,
    /// How and from where.
    #[command(flatten)]
    data: Data,
}

/// What of a chain is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Args, Serialize, Deserialize)]
#[serde(default)]
struct ChainPicks {
    /// Print the expiration nearest to so many days from today [default: the first one and those around 30 days]
    #[arg(long, value_name = "DAYS", conflicts_with = "expiry", value_parser = clap::value_parser!(u16).range(0..=3650))]
    dte: Option<u16>,
    /// Print the expiration of this date, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    expiry: Option<Date>,
    /// Print N strikes on each side of the price, 1 to 250, as far as 2,000 subscriptions reach [default: 10; without
    /// --dte and --expiry also all within 8 % of the price at 30 days]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_STRIKES)))]
    strikes: Option<u16>,
}

impl Command for Chain {
    const REPLAY: Option<Replay> = Some(|recorded: &Recorded<'_>| {
        recorded.takes_only(&Picks::default())?;
        Ok(Box::new(Options {
            picks: recorded.options()?,
            now: recorded.session.now,
        }))
    });

    fn run(&self, session: &Session) -> Result<(), Failure> {
        let job = Job::new(&self.data, session)?;
        let instruments = symbols(std::slice::from_ref(&self.symbol), session)?;
        if let Some(without) = instruments.iter().find(|instrument| !has_options(instrument)) {
            let message = format!("there are no options on {}", without.symbol());
            return Err(Failure::new(FailureKind::Usage, message)
                .hint("Name a share, fund, index or future: SPY, SPX, /ES, /ESZ6."));
        }
        let question = Options {
            picks: self.picks.clone(),
            now: session.now,
        };
        job.run(instruments, &question)
    }
}

/// Which options are asked for.
#[derive(Debug)]
struct Options {
    picks: ChainPicks,
    now: Timestamp,
}

impl Question for Options {
    fn command(&self) -> &'static str {
        "chain"
    }

    fn recorded(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(&self.picks)
    }

    fn straddles(&self) -> Option<Arc<Priority>> {
        None
    }

    fn chain(&self) -> Option<ChainQuery> {
        let picks = &self.picks;
        let when = match (picks.dte, picks.expiry) {
            (Some(days), _) => When::Days(days),
            (None, Some(date)) => When::On(date),
            (None, None) => When::AroundThirtyDays,
        };
        let strikes = match (picks.strikes, when) {
            (Some(strikes), _) => Strikes::EachSide(strikes),
            (None, When::AroundThirtyDays) => Strikes::Wings,
            (None, When::Days(_) | When::On(_)) => Strikes::EachSide(STRIKES),
        };
        Some(ChainQuery { when, strikes })
    }

    fn print(&self, answer: &Answer<'_>, printer: Printer<'_>) -> Result<Coverage, Failure> {
        let records = &answer.gathered.records;
        let underlyings: Vec<&Record> = records.iter().filter(|record| !record.kind.is_option()).collect();
        let report = match (&answer.gathered.chain, underlyings.first()) {
            (Some(Ok(Found { choice, rate })), Some(underlying)) => {
                let symbol = underlying.symbol.clone();
                Some(Report::of(symbol, choice.clone(), rate, records, self.now))
            }
            (Some(Err(reason)), Some(underlying)) => return Err(failure(reason, &underlying.symbol)),
            (None, _) | (_, None) => None,
        };
        let coverage = match &report {
            Some(report) => Coverage::of(&report.records()),
            None => answer.coverage(),
        };
        let meta = answer.meta(&coverage);
        printer.write(&RunDocument::chain(report.as_ref(), &underlyings, meta))?;
        Ok(coverage)
    }
}

fn has_options(instrument: &Instrument) -> bool {
    match instrument {
        Instrument::Equity(_) | Instrument::Index(_) | Instrument::Root(_) | Instrument::Contract(_) => true,
        Instrument::Crypto(_) | Instrument::EquityOption(_) | Instrument::FutureOption(_) => false,
    }
}

/// Why there is no chain of `symbol`, before anything is printed where what was asked for does not exist.
fn failure(reason: &NoChain, symbol: &Symbol) -> Failure {
    match reason {
        NoChain::Choice(error @ ChoiceError::NotListed { .. }) => {
            Failure::new(FailureKind::Usage, format!("{symbol}: {error}"))
                .hint("Name one of them, or so many days with --dte.")
        }
        NoChain::Choice(error @ ChoiceError::NoOptions(_)) => Failure::from_error(FailureKind::Usage, error.clone())
            .hint("`variance quote` shows whether the symbol itself is known."),
        NoChain::Choice(error @ ChoiceError::NoPrice(_)) => {
            Failure::from_error(FailureKind::Unavailable, error.clone())
                .hint("`variance doctor` shows which step fails.")
        }
        NoChain::Unanswered(error) => {
            let kind = if error.is_passing() {
                FailureKind::TryLater
            } else {
                FailureKind::Unavailable
            };
            Failure::new(kind, format!("no option chain of {symbol}: {error}"))
                .hint("`variance doctor` shows which step fails.")
        }
        NoChain::Late => Failure::new(
            FailureKind::TryLater,
            format!("no option chain of {symbol}: the deadline came first"),
        )
        .hint("Give it a longer --deadline."),
    }
}

/// Strikes on each side of one expiration where nobody asked for more or less.
const STRIKES: u16 = 10;
