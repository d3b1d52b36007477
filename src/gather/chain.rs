//! The gathering of an option chain: its list and the price of its underlying by REST, then everything that was chosen of
//! it like any other instruments.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::bound::{Bound, Cut};
use super::clock::Clock;
use super::requests::{complain, told};
use super::wants::last_values;
use super::{Gathered, Interrupted, Notice, Plan, Venues, gather};
use crate::chain::{self, Choice, ChoiceError, Underlyings, Wish};
use crate::instrument::{Instrument, Kind, StreamerSymbol, Symbol};
use crate::market::{Run, RunError, Source, Sourced};
use crate::tastytrade::{self, Chain, Error, MarketQuote};
use crate::time;

/// What was found of a chain.
#[derive(Debug)]
pub struct Found {
    /// The options worth a subscription; their records are among the gathered ones.
    pub choice: Choice,
    /// The rate the venue works with, continuously compounded, a fraction a year, or why there is none.
    pub rate: Result<Sourced<f64>, String>,
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

/// Gathers the options on `underlying` that `wish` asks for, and the underlying with them; `plan` says how, its
/// instruments do not count. Ends at the latest with `bound`.
///
/// # Errors
/// The user interrupted it; sockets have been closed.
///
/// # Cancel safety
/// Not safe: what was gathered is lost with the future. End it through `bound`.
pub async fn gather_chain(
    plan: &Plan,
    (underlying, wish): (&Instrument, Wish),
    venues: &Venues<'_>,
    bound: &Bound,
    clock: Clock,
    notify: &dyn Fn(Notice),
) -> Result<Gathered, Interrupted> {
    let mut search = Search {
        plan,
        venues,
        bound,
        clock,
        notify,
        errors: Vec::new(),
        before: None,
    };
    let mut instruments = vec![underlying.clone()];
    let found = search.find(underlying, wish, &mut instruments).await?;
    let mut names = BTreeMap::new();
    if let Ok(found) = &found {
        let today = time::new_york_date(clock.wall);
        let strikes = found
            .choice
            .expirations
            .iter()
            .flat_map(|chosen| &chosen.listed.strikes);
        for option in strikes.flat_map(|at| [&at.call, &at.put]).flatten() {
            let Some(instrument) = chain::instrument(option, today) else {
                continue;
            };
            if instrument.kind() == Kind::FutureOption {
                names.insert(instrument.symbol(), option.symbol.clone());
            }
            instruments.push(instrument);
        }
    }
    let Search { errors, before, .. } = search;
    let plan = Plan {
        chain_names: names,
        ..with(plan, instruments)
    };
    let mut gathered = gather(&plan, venues, bound, clock, notify).await?;
    if let Some(before) = before {
        join(&mut gathered.run, before);
    }
    for error in errors {
        complain(&mut gathered.run.errors, error.source, error.code, error.message);
    }
    // A chain's options are of the moment: nobody asks for them again by name.
    let options = gathered.records.iter().filter(|record| is_option(record.kind));
    let options: BTreeSet<&Symbol> = options.map(|record| &record.symbol).collect();
    gathered.learned.events.retain(|(symbol, ..)| !options.contains(symbol));
    gathered.chain = Some(found);
    Ok(gathered)
}

struct Search<'a, 'v> {
    plan: &'a Plan,
    venues: &'a Venues<'v>,
    bound: &'a Bound,
    clock: Clock,
    notify: &'a dyn Fn(Notice),
    errors: Vec<RunError>,
    /// An earlier gathering of this run.
    before: Option<Run>,
}

impl Search<'_, '_> {
    /// Finds out which options are listed and which of them matter; further contracts they are on go to `instruments`.
    async fn find(
        &mut self,
        underlying: &Instrument,
        wish: Wish,
        instruments: &mut Vec<Instrument>,
    ) -> Result<Result<Found, NoChain>, Interrupted> {
        let rest = self.venues.rest;
        let asked = self
            .bound
            .run(async { tokio::join!(list(rest, underlying), rest.risk_free_rate()) });
        let (listed, rate) = match asked.await {
            Ok(answers) => answers,
            Err(Cut::Deadline) => return Ok(Err(NoChain::Late)),
            Err(Cut::Interrupted) => return Err(Interrupted),
        };
        let symbol = underlying.symbol();
        let listed = match listed {
            Ok(listed) => listed.unwrap_or_default(),
            Err(error) => {
                complain(&mut self.errors, "rest", error.code(), told(&error));
                return Ok(Err(NoChain::Unanswered(error)));
            }
        };
        if listed.damaged > 0 {
            let message = format!("{} parts of the option chain could not be read", listed.damaged);
            complain(&mut self.errors, "rest", "damaged_chain", message);
        }
        let now = self.clock.wall;
        let rate = match rate {
            Ok(value) => Ok(Sourced {
                value,
                source: Source::Rest,
                as_of: now,
                method: "tastytrade's risk-free rate".into(),
            }),
            Err(error) => {
                complain(&mut self.errors, "rest", error.code(), told(&error));
                Err(told(&error))
            }
        };
        let Some(of) = whose(underlying, &listed, now) else {
            return Ok(Err(ChoiceError::NoOptions(symbol).into()));
        };
        let expirations = match chain::expirations(&listed, &symbol, &of, wish.when, now) {
            Ok(expirations) => expirations,
            Err(error) => return Ok(Err(error.into())),
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
        instruments.extend(further.filter_map(|contract| Instrument::parse(contract.as_str(), today).ok()));
        let prices = match self.prices(underlying.kind(), &on, instruments).await {
            Ok(prices) => prices,
            Err(Cut::Deadline) => return Ok(Err(NoChain::Late)),
            Err(Cut::Interrupted) => return Err(Interrupted),
        };
        let choice = chain::choose(expirations, &prices, wish.strikes, now, entries_each());
        Ok(choice.map(|choice| Found { choice, rate }).map_err(NoChain::from))
    }

    /// A price of each of `on`, good enough to tell which strikes are near it: by REST, and where REST has none by a
    /// gathering of the underlyings alone.
    async fn prices(
        &mut self,
        kind: Kind,
        on: &BTreeSet<Symbol>,
        instruments: &[Instrument],
    ) -> Result<BTreeMap<Symbol, f64>, Cut> {
        let wanted: Vec<(Kind, Symbol)> = on.iter().map(|symbol| (kind, symbol.clone())).collect();
        let answer = self.bound.run(self.venues.rest.quotes(&wanted)).await?;
        for (_, error) in &answer.unanswered {
            complain(&mut self.errors, "rest", error.code(), told(error));
        }
        let quoted = answer.items.iter();
        let mut prices: BTreeMap<Symbol, f64> = quoted
            .filter_map(|(symbol, quote)| Some((symbol.clone(), near(quote)?)))
            .collect();
        if on.iter().all(|symbol| prices.contains_key(symbol)) {
            return Ok(prices);
        }
        let plan = with(self.plan, instruments.to_vec());
        let gathered = gather(&plan, self.venues, self.bound, self.clock, self.notify).await;
        let gathered = gathered.map_err(|Interrupted| Cut::Interrupted)?;
        for record in gathered.records {
            let symbol = record.contract.unwrap_or(record.symbol);
            if let Some(price) = record.price.filter(|_| on.contains(&symbol)) {
                prices.entry(symbol).or_insert(price.value.get());
            }
        }
        self.before = Some(gathered.run);
        Ok(prices)
    }
}

pub(super) async fn list(rest: &tastytrade::Client, underlying: &Instrument) -> Result<Option<Chain>, Error> {
    match underlying {
        Instrument::Root(root) => rest.futures_chain(&Symbol(root.clone())).await,
        Instrument::Contract(contract) => rest.futures_chain(&Symbol(contract.root.clone())).await,
        Instrument::Equity(_) | Instrument::Index(_) => rest.chain(&underlying.symbol()).await,
        Instrument::Crypto(_) | Instrument::EquityOption(_) | Instrument::FutureOption(_) => Ok(None),
    }
}

/// Whose options are meant: of a root those of its active month, else of the next one, else of the first to end.
pub(super) fn whose(underlying: &Instrument, listed: &Chain, now: Timestamp) -> Option<Underlyings> {
    match underlying {
        Instrument::Root(_) => {
            let today = time::new_york_date(now);
            let futures = listed.futures.iter();
            let alive = futures.filter(|future| future.expires_at.map_or(future.expiration >= today, |end| end > now));
            let first = alive.min_by_key(|future| (!future.active_month, !future.next_active_month, future.expiration));
            first.map(|future| Underlyings::From(future.contract.clone()))
        }
        Instrument::Contract(_) => Some(Underlyings::Contract(underlying.symbol())),
        Instrument::Equity(_) | Instrument::Index(_) => Some(Underlyings::All),
        Instrument::Crypto(_) | Instrument::EquityOption(_) | Instrument::FutureOption(_) => None,
    }
}

/// A price to look for strikes around.
pub(super) fn near(quote: &MarketQuote) -> Option<f64> {
    let middle = quote.bid.zip(quote.ask).map(|(bid, ask)| (bid.get() + ask.get()) / 2.0);
    let others = [quote.mark, quote.last, quote.prev_close];
    let others = others.into_iter().flatten().map(|price| price.get());
    middle.into_iter().chain(others).find(|price| *price > 0.0)
}

/// Subscriptions that one option takes.
fn entries_each() -> usize {
    last_values(Kind::EquityOption, &StreamerSymbol("".into())).len()
}

fn is_option(kind: Kind) -> bool {
    matches!(kind, Kind::EquityOption | Kind::FutureOption)
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
        complain(&mut run.errors, error.source, error.code, error.message);
    }
}
