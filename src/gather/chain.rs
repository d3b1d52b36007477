//! The gathering of an option chain: its list and the price of its underlying by REST, then everything that was chosen of
//! it like any other instruments.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::clock::Clock;
use super::requests::{error_chain, record_error};
use super::stop::{StopReason, StopSignal};
use super::subscriptions::last_values;
use super::{Gathered, Interrupted, Notice, Plan, Venues, gather};
use crate::chain::{self, ChainQuery, Choice, ChoiceError, Underlyings};
use crate::instrument::{Instrument, Kind, StreamerSymbol, Symbol};
use crate::market::{Field, Run, RunError, Source, Sourced};
use crate::tastytrade::{Chain, Error, MarketQuote};
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
/// instruments do not count. Ends at the latest with `stop`.
///
/// # Errors
/// The user interrupted it; sockets have been closed.
///
/// # Cancel safety
/// Not safe: what was gathered is lost with the future. End it through `stop`.
pub async fn gather_chain(
    plan: &Plan,
    (underlying, wish): (&Instrument, ChainQuery),
    venues: &Venues<'_>,
    stop: &StopSignal,
    clock: Clock,
    notify: &dyn Fn(Notice),
) -> Result<Gathered, Interrupted> {
    let mut search = Search {
        plan,
        venues,
        stop,
        clock,
        notify,
        errors: Vec::new(),
        before: None,
        to_keep: None,
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
    let Search {
        errors,
        before,
        to_keep,
        ..
    } = search;
    let plan = Plan {
        // Its own options are what it is asked for.
        proxies: BTreeMap::new(),
        chain_names: names,
        ..with(plan, instruments)
    };
    let mut gathered = gather(&plan, venues, stop, clock, notify).await?;
    if let Some(before) = before {
        join(&mut gathered.run, before);
    }
    for error in errors {
        record_error(&mut gathered.run.errors, error.source, error.code, error.message);
    }
    // A chain's options are of the moment: nobody asks for them again by name.
    let options = gathered.records.iter().filter(|record| is_option(record.kind));
    let options: BTreeSet<&Symbol> = options.map(|record| &record.symbol).collect();
    gathered.learned.events.retain(|(symbol, ..)| !options.contains(symbol));
    gathered.learned.chains.extend(to_keep);
    gathered.chain = Some(found);
    Ok(gathered)
}

struct Search<'a, 'v> {
    plan: &'a Plan,
    venues: &'a Venues<'v>,
    stop: &'a StopSignal,
    clock: Clock,
    notify: &'a dyn Fn(Notice),
    errors: Vec<RunError>,
    /// An earlier gathering of this run.
    before: Option<Run>,
    /// The list of options, for later runs of the day.
    to_keep: Option<(Symbol, Chain)>,
}

impl Search<'_, '_> {
    /// Finds out which options are listed and which of them matter; further contracts they are on go to `instruments`.
    async fn find(
        &mut self,
        underlying: &Instrument,
        wish: ChainQuery,
        instruments: &mut Vec<Instrument>,
    ) -> Result<Result<Found, NoChain>, Interrupted> {
        let rest = self.venues.rest;
        let asked = self
            .stop
            .run(async { tokio::join!(list(self.venues, underlying), rest.risk_free_rate()) });
        let (listed, rate) = match asked.await {
            Ok(answers) => answers,
            Err(StopReason::Deadline) => return Ok(Err(NoChain::Late)),
            Err(StopReason::Interrupted) => return Err(Interrupted),
        };
        let symbol = underlying.symbol();
        let listed = match listed {
            Ok(listed) => listed.unwrap_or_default(),
            Err(error) => {
                record_error(&mut self.errors, "rest", error.code(), error_chain(&error));
                return Ok(Err(NoChain::Unanswered(error)));
            }
        };
        damage(&listed, &mut self.errors);
        let now = self.clock.wall;
        let rate = published(rate, now, &mut self.errors);
        let expirations = whose(underlying, &listed, now).map(|of| {
            let expirations = chain::expirations(&listed, &symbol, &of, wish.when, now);
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
        instruments.extend(further.filter_map(|contract| Instrument::parse(contract.as_str(), today).ok()));
        let prices = match self.prices(underlying.kind(), &on, instruments).await {
            Ok(prices) => prices,
            Err(StopReason::Deadline) => return Ok(Err(NoChain::Late)),
            Err(StopReason::Interrupted) => return Err(Interrupted),
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
    ) -> Result<BTreeMap<Symbol, f64>, StopReason> {
        let wanted: Vec<(Kind, Symbol)> = on.iter().map(|symbol| (kind, symbol.clone())).collect();
        let answer = self.stop.run(self.venues.rest.quotes(&wanted)).await?;
        for (_, error) in &answer.unanswered {
            record_error(&mut self.errors, "rest", error.code(), error_chain(error));
        }
        let quoted = answer.items.iter();
        let mut prices: BTreeMap<Symbol, f64> = quoted
            .filter_map(|(symbol, quote)| Some((symbol.clone(), near(quote)?)))
            .collect();
        if on.iter().all(|symbol| prices.contains_key(symbol)) {
            return Ok(prices);
        }
        let plan = with(self.plan, instruments.to_vec());
        let gathered = gather(&plan, self.venues, self.stop, self.clock, self.notify).await;
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

/// The options on `underlying`: the list of this trading day where an earlier run has kept it, which is borrowed, else as
/// REST gives it now; `None` where none are listed. Cancel safe.
pub(super) async fn list<'v>(venues: &Venues<'v>, underlying: &Instrument) -> Result<Option<Cow<'v, Chain>>, Error> {
    let Some(name) = list_name(underlying) else {
        return Ok(None);
    };
    if let Some(kept) = venues.memory.chains.get(&name) {
        return Ok(Some(Cow::Borrowed(kept)));
    }
    let fresh = if underlying.kind() == Kind::Future {
        venues.rest.futures_chain(&name).await?
    } else {
        venues.rest.chain(&name).await?
    };
    Ok(fresh.map(Cow::Owned))
}

/// What of the `list` of `underlying` is left to later runs of the day: one that was asked for now and came whole.
pub(super) fn to_keep(underlying: &Instrument, list: Cow<'_, Chain>) -> Option<(Symbol, Chain)> {
    match list {
        Cow::Owned(list) if list.damaged == 0 && !list.expirations.is_empty() => Some((list_name(underlying)?, list)),
        Cow::Owned(_) | Cow::Borrowed(_) => None,
    }
}

/// What the list of options on `underlying` is asked for by: of futures there is one for the whole product.
fn list_name(underlying: &Instrument) -> Option<Symbol> {
    match underlying {
        Instrument::Root(root) => Some(Symbol(root.clone())),
        Instrument::Contract(contract) => Some(Symbol(contract.root.clone())),
        Instrument::Equity(_) | Instrument::Index(_) => Some(underlying.symbol()),
        Instrument::Crypto(_) | Instrument::EquityOption(_) | Instrument::FutureOption(_) => None,
    }
}

/// Complains of what could not be read of a list of options.
pub(super) fn damage(listed: &Chain, errors: &mut Vec<RunError>) {
    if listed.damaged > 0 {
        let message = format!("{} parts of an option chain could not be read", listed.damaged);
        record_error(errors, "rest", "damaged_chain", message);
    }
}

/// The rate the venue works with, as it answered at `now`.
///
/// # Errors
/// Why there is none.
pub(super) fn published(
    rate: Result<f64, Error>,
    now: Timestamp,
    errors: &mut Vec<RunError>,
) -> Result<Sourced<f64>, String> {
    match rate {
        Ok(value) => Ok(Sourced {
            value,
            source: Source::Rest,
            as_of: now,
            method: "tastytrade's risk-free rate".into(),
        }),
        Err(error) => {
            record_error(errors, "rest", error.code(), error_chain(&error));
            Err(error_chain(&error))
        }
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
        record_error(&mut run.errors, error.source, error.code, error.message);
    }
}
