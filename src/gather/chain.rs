//! The gathering of an option chain: its list and the price of its underlying by REST, then everything that was chosen of
//! it like any other instruments.

use std::collections::{BTreeMap, BTreeSet};

use super::failures::{Failures, add_error};
use super::option_lists::{list, near, published, record_damage, to_keep, whose};
use super::run::gather;
use super::stop::StopReason;
use super::subscriptions::last_values;
use super::{Gathered, Gathering, Interrupted, Plan};
use crate::chain::{self, ChainQuery, Choice, ChoiceError, Underlyings};
use crate::instrument::{Instrument, Kind, StreamerSymbol, Symbol};
use crate::market::{Field, Reason, Run, Sourced};
use crate::tastytrade::{Chain, Error};
use crate::time;

/// What was found of a chain.
#[derive(Debug)]
pub struct Found {
    /// The options worth a subscription; their records are among the gathered ones.
    pub choice: Choice,
    /// The rate the venue works with, continuously compounded, a fraction a year, or why there is none.
    pub rate: Result<Sourced<f64>, Reason>,
}

/// Why there is no chain.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NoChain {
    /// Nothing can be chosen; asking again will not help.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The list of options did not come.
    #[error("the list of its options did not come")]
    Unanswered(#[source] Error),
    /// The deadline came first.
    #[error("the deadline came before the list of its options")]
    Late,
}

/// Gathers the options on `underlying` that `query` asks for, and the underlying with them; the plan says how, its
/// instruments do not count. Ends at the latest with the stop signal.
///
/// # Errors
/// The user interrupted it; sockets have been closed.
///
/// # Cancel safety
/// Not safe: what was gathered is lost with the future. End it through the stop signal.
pub async fn gather_chain(
    run: Gathering<'_, '_>,
    underlying: &Instrument,
    query: ChainQuery,
) -> Result<Gathered, Interrupted> {
    let mut search = Search {
        run,
        instruments: vec![underlying.clone()],
        failures: Failures::default(),
        before: None,
        to_keep: None,
    };
    let found = match search.find(underlying, query).await {
        Ok(found) => found,
        Err(StopReason::Deadline) => Err(NoChain::Late),
        Err(StopReason::Interrupted) => return Err(Interrupted),
    };
    let Search {
        mut instruments,
        failures,
        before,
        to_keep,
        ..
    } = search;
    let options = found
        .as_ref()
        .map_or_else(|_| Vec::new(), |found| options(run, &found.choice));
    let on_futures = options.iter().filter(|(option, _)| option.kind() == Kind::FutureOption);
    let chain_names = on_futures
        .map(|(option, name)| (option.symbol(), name.clone()))
        .collect();
    instruments.extend(options.into_iter().map(|(option, _)| option));
    let plan = Plan {
        // Its own options are what it is asked for.
        proxies: BTreeMap::new(),
        chain_names,
        ..with(run.plan, instruments)
    };
    let mut gathered = gather(Gathering { plan: &plan, ..run }).await?;
    if let Some(before) = before {
        join(&mut gathered.run, before);
    }
    for error in failures.errors {
        add_error(&mut gathered.run.errors, error);
    }
    // A chain's options are of the moment: nobody asks for them again by name.
    let options = gathered.records.iter().filter(|record| record.kind.is_option());
    let options: BTreeSet<&Symbol> = options.map(|record| &record.symbol).collect();
    gathered.learned.events.retain(|(symbol, ..)| !options.contains(symbol));
    gathered.learned.chains.extend(to_keep);
    gathered.chain = Some(found);
    Ok(gathered)
}

struct Search<'a, 'v> {
    run: Gathering<'a, 'v>,
    /// The underlying, and further contracts that its options are on.
    instruments: Vec<Instrument>,
    failures: Failures,
    /// An earlier gathering of this run.
    before: Option<Run>,
    /// The list of options, for later runs of the day.
    to_keep: Option<(Symbol, Chain)>,
}

impl Search<'_, '_> {
    /// Finds out which options are listed and which of them matter.
    ///
    /// # Errors
    /// The run was cut.
    async fn find(&mut self, underlying: &Instrument, query: ChainQuery) -> Result<Result<Found, NoChain>, StopReason> {
        let Gathering {
            venues, stop, clock, ..
        } = self.run;
        let asked = async { tokio::join!(list(venues, underlying), venues.rest.risk_free_rate()) };
        let (listed, rate) = stop.run(asked).await?;
        let symbol = underlying.symbol();
        let listed = match listed {
            Ok(listed) => listed.unwrap_or_default(),
            Err(error) => {
                self.failures.record(&error);
                return Ok(Err(NoChain::Unanswered(error)));
            }
        };
        record_damage(&listed, &mut self.failures);
        let now = clock.wall;
        let rate = published(rate, now, &mut self.failures);
        let expirations = whose(underlying, &listed, now).map(|of| {
            let expirations = chain::expirations(&listed, &symbol, &of, query.when, now);
            expirations.map(|expirations| (of, expirations))
        });
        self.to_keep = to_keep(underlying, listed);
        let (of, expirations) = match expirations {
            Some(Ok(found)) => found,
            Some(Err(error)) => return Ok(Err(error.into())),
            None => return Ok(Err(ChoiceError::NoOptions(symbol).into())),
        };
        let on: BTreeSet<Symbol> = expirations
            .iter()
            .map(|(_, listed)| listed.underlying.clone())
            .collect();
        let today = time::new_york_date(now);
        let stands_for = |contract: &Symbol| matches!(&of, Underlyings::From(active) if active == contract);
        let further = on
            .iter()
            .filter(|contract| **contract != symbol && !stands_for(contract));
        self.instruments
            .extend(further.filter_map(|contract| Instrument::parse(contract.as_str(), today).ok()));
        let prices = self.prices(underlying.kind(), &on).await?;
        let choice = chain::choose(expirations, &prices, query.strikes, now, entries_each());
        Ok(choice.map(|choice| Found { choice, rate }).map_err(NoChain::from))
    }

    /// A price of each of `on`, good enough to tell which strikes are near it: by REST, and where REST has none by a
    /// gathering of the underlyings alone.
    async fn prices(&mut self, kind: Kind, on: &BTreeSet<Symbol>) -> Result<BTreeMap<Symbol, f64>, StopReason> {
        let run = self.run;
        let wanted: Vec<(Kind, Symbol)> = on.iter().map(|symbol| (kind, symbol.clone())).collect();
        let answer = run.stop.run(run.venues.rest.quotes(&wanted)).await?;
        self.failures.record_unanswered(&answer);
        let quoted = answer.items.iter();
        let mut prices: BTreeMap<Symbol, f64> = quoted
            .filter_map(|(symbol, quote)| Some((symbol.clone(), near(quote)?)))
            .collect();
        if on.iter().all(|symbol| prices.contains_key(symbol)) {
            return Ok(prices);
        }
        let plan = with(run.plan, self.instruments.clone());
        let gathered = gather(Gathering { plan: &plan, ..run }).await;
        let gathered = gathered.map_err(|Interrupted| StopReason::Interrupted)?;
        for record in gathered.records {
            let price = record.number(Field::Price);
            let symbol = record.contract.unwrap_or(record.symbol);
            if let Some(price) = price.filter(|_| on.contains(&symbol)) {
                prices.entry(symbol).or_insert(price);
            }
        }
        self.before = Some(gathered.run);
        Ok(prices)
    }
}

/// The options of a choice as instruments, and what REST calls them.
fn options(run: Gathering<'_, '_>, choice: &Choice) -> Vec<(Instrument, Symbol)> {
    let today = time::new_york_date(run.clock.wall);
    let strikes = choice.expirations.iter().flat_map(|chosen| &chosen.listed.strikes);
    let options = strikes.flat_map(|at| [&at.call, &at.put]).flatten();
    options
        .filter_map(|option| Some((chain::instrument(option, today)?, option.symbol.clone())))
        .collect()
}

/// Subscriptions that one option takes.
fn entries_each() -> usize {
    last_values(Kind::EquityOption, &StreamerSymbol("".into())).len()
}

fn with(plan: &Plan, instruments: Vec<Instrument>) -> Plan {
    Plan {
        instruments,
        ..plan.clone()
    }
}

/// Adds what an earlier gathering of the same run took to `run`.
fn join(run: &mut Run, before: Run) {
    let (feed, earlier) = (&mut run.sources.dxlink, &before.sources.dxlink);
    feed.connections += earlier.connections;
    feed.gaps += earlier.gaps;
    feed.events += earlier.events;
    feed.dropped += earlier.dropped;
    run.partial |= before.partial;
    for error in before.errors {
        add_error(&mut run.errors, error);
    }
}
