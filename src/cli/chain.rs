//! `variance chain`

use super::args::Chain;
use super::data::Job;
use super::exit::{Failure, Kind};
use super::flags::Global;
use super::progress::Stderr;
use super::task::Task;
use super::{ProcessEnv, resolve};
use crate::chain::ChoiceError;
use crate::gather::NoChain;
use crate::instrument::{Instrument, Symbol};

/// Gathers the options on a symbol and prints them.
pub(super) fn run(args: &Chain, global: &Global, around: &ProcessEnv, stderr: &Stderr) -> Result<(), Failure> {
    let job = Job::new(&args.data, global, around, stderr)?;
    let instruments = resolve::symbols(std::slice::from_ref(&args.symbol), job.now())?;
    if let Some(without) = instruments.iter().find(|instrument| !has_options(instrument)) {
        let symbol = without.symbol();
        return Err(Failure::new(Kind::Usage, format!("there are no options on {symbol}"))
            .hint("Name a share, fund, index or future: SPY, SPX, /ES, /ESZ6."));
    }
    let task = Task::chain(args.wish.clone(), job.now());
    job.run(instruments, &task)
}

fn has_options(instrument: &Instrument) -> bool {
    match instrument {
        Instrument::Equity(_) | Instrument::Index(_) | Instrument::Root(_) | Instrument::Contract(_) => true,
        Instrument::Crypto(_) | Instrument::EquityOption(_) | Instrument::FutureOption(_) => false,
    }
}

/// Why there is no chain of `symbol`, before anything is printed where what was asked for does not exist.
pub(super) fn failure(reason: &NoChain, symbol: &Symbol) -> Failure {
    match reason {
        NoChain::Choice(error @ ChoiceError::NotListed { .. }) => {
            Failure::new(Kind::Usage, format!("{symbol}: {error}"))
                .hint("Name one of them, or so many days with --dte.")
        }
        NoChain::Choice(error @ ChoiceError::NoOptions(_)) => Failure::from_error(Kind::Usage, error.clone())
            .hint("`variance quote` shows whether the symbol itself is known."),
        NoChain::Choice(error @ ChoiceError::NoPrice(_)) => {
            Failure::from_error(Kind::Unavailable, error.clone()).hint("`variance doctor` shows which step fails.")
        }
        NoChain::Unanswered(error) => {
            let kind = if error.is_passing() {
                Kind::TryLater
            } else {
                Kind::Unavailable
            };
            Failure::new(kind, format!("no option chain of {symbol}: {error}"))
                .hint("`variance doctor` shows which step fails.")
        }
        NoChain::Late => Failure::new(
            Kind::TryLater,
            format!("no option chain of {symbol}: the deadline came first"),
        )
        .hint("Give it a longer --deadline."),
    }
}
