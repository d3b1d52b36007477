//! The first requests: which contracts the futures mean, and the market metrics. Both at the same time as the feed.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use jiff::Timestamp;

use super::clock::Clock;
use super::stop::{StopReason, StopSignal};
use super::{BarHistory, Plan, Subscriptions, has_bars, needs_bars};
use crate::instrument::{Instrument, Kind, Listed, Resolved, Symbol, Universe};
use crate::market::{Roll, RunError};
use crate::store::StoreSnapshot;
use crate::tastytrade::{BatchAnswer, Client, Error, FutureListing, Metrics, active_contract, contract_before};

/// What the first requests brought.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// What each instrument is called by the feed.
    pub(super) universe: Universe,
    /// Contracts asked for by name that are their root's active month: only those does the root's metrics describe.
    pub(super) active_months: BTreeSet<Symbol>,
    /// Whether the venue answered anything, even with nothing about some or all symbols.
    pub(super) answered: bool,
    /// Why a future has no streamer symbol.
    pub(super) unresolved: Option<String>,
    pub(super) metrics: BTreeMap<Symbol, Metrics>,
    /// Symbols whose batch was not answered, and why.
    pub(super) unanswered: BTreeMap<Symbol, String>,
    pub(super) refused: Option<Error>,
    /// What went wrong with the contracts.
    pub(super) errors: Vec<RunError>,
    /// What went wrong when the metrics were asked for last.
    pub(super) metrics_errors: Vec<RunError>,
    pub(super) trouble: Vec<Trouble>,
    pub(super) ended_ms: Option<u64>,
    pub(super) cut: Option<StopReason>,
    /// Contracts that change, by their root.
    pub(super) rolls: BTreeMap<Symbol, Roll>,
    /// What each root stands for by what the venue listed in this run.
    pub(super) stands_for: BTreeMap<Symbol, Symbol>,
    /// Contracts as the venue listed them in this run, and the symbols they were asked for.
    pub(super) listings: Vec<FutureListing>,
    pub(super) listed: BTreeSet<Symbol>,
}

/// How a request failed, as far as the verdict on the run needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Later it may work.
    Passing,
    /// Later it will be the same.
    Lasting,
    /// What came could not be understood.
    Garbled,
}

impl Trouble {
    pub(super) fn of(error: &Error) -> Self {
        if error.is_passing() {
            Self::Passing
        } else if matches!(error, Error::Unreadable { .. }) {
            Self::Garbled
        } else {
            Self::Lasting
        }
    }
}

impl Asked {
    /// Whether the venue answered when it was asked for the metrics of `symbol`, even with none.
    pub(super) fn answers_metrics(&self, symbol: &Symbol) -> bool {
        self.answered && !self.unanswered.contains_key(symbol)
    }

    /// The reason why `symbol` has no metrics, for its record.
    pub(super) fn no_metrics(&self, symbol: &Symbol) -> String {
        self.unanswered
            .get(symbol)
            .cloned()
            .unwrap_or_else(|| "not in the answer of /market-metrics".to_owned())
    }

    /// Takes in the metrics of a batch of `symbols`, answered at `now`. Whoever was not answered keeps what it has.
    pub(super) fn take_metrics(&mut self, symbols: &[Symbol], answer: BatchAnswer<Metrics>, now: Timestamp) {
        let unanswered: BTreeSet<&Symbol> = answer.unanswered.iter().flat_map(|(symbols, _)| symbols).collect();
        for symbol in symbols.iter().filter(|symbol| !unanswered.contains(symbol)) {
            self.metrics.remove(symbol);
            self.unanswered.remove(symbol);
        }
        for (symbol, mut metrics) in answer.items {
            metrics.updated_at.get_or_insert(now);
            self.metrics.insert(symbol, metrics);
        }
        for (symbols, error) in answer.unanswered {
            self.unanswered
                .extend(symbols.into_iter().map(|symbol| (symbol, error_chain(&error))));
            self.trouble.push(Trouble::of(&error));
            record_error(&mut self.metrics_errors, "rest", error.code(), error_chain(&error));
            if error.is_refusal() {
                self.refused.get_or_insert(error);
            }
        }
    }

    fn failed(&mut self, error: Error) {
        self.trouble.push(Trouble::of(&error));
        record_error(&mut self.errors, "rest", error.code(), error_chain(&error));
        if error.is_refusal() {
            self.refused.get_or_insert(error);
        }
    }
}

/// An error with its causes, each once.
pub(super) fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let because = error.to_string();
        if !text.contains(&because) {
            text.push_str(": ");
            text.push_str(&because);
        }
        cause = error.source();
    }
    text
}

/// Adds a complaint about the run, once.
pub(super) fn record_error(errors: &mut Vec<RunError>, source: &'static str, code: impl Into<String>, message: String) {
    let error = RunError {
        source,
        code: code.into(),
        message,
    };
    if !errors.contains(&error) {
        errors.push(error);
    }
}

/// Asks for contracts and metrics, and tells the feed what they make wanted.
pub(super) async fn ask(
    plan: &Plan,
    client: &Client,
    stop: &StopSignal,
    clock: Clock,
    subscriptions: Subscriptions<'_>,
) -> Asked {
    let mut asked = Asked {
        universe: known(&plan.instruments),
        ..Asked::default()
    };
    subscriptions.last_values(&asked.universe);
    if let BarHistory::Days(_) = plan.history {
        let named = asked.universe.listed();
        let others =
            named.filter(|listed| listed.instrument.kind() != Kind::Future && has_bars(listed.instrument.kind()));
        others.for_each(|listed| subscriptions.daily_bars(listed));
    }
    let (futures, metrics) = tokio::join!(
        futures(plan, client, stop, clock.wall, &subscriptions),
        metrics(plan, client, stop, &asked.universe, &subscriptions),
    );
    drop(subscriptions);
    asked.ended_ms = Some(clock.millis());
    match futures.answer {
        Ok(Ok(listings)) => {
            asked.answered |= !listings.is_empty();
            asked.listings = listings;
            asked.listed = futures.listed;
        }
        Ok(Err(error)) => {
            asked.unresolved = Some(error_chain(&error));
            asked.failed(error);
        }
        Err(cut) => {
            asked.unresolved = Some("the deadline came first".to_owned());
            asked.cut = Some(cut);
        }
    }
    futures
        .universe
        .listed()
        .for_each(|listed| asked.universe.insert(listed.clone()));
    asked.active_months = futures.active_months;
    asked.rolls = futures.rolls;
    asked.stands_for = futures.stands_for;
    for (symbols, batch) in metrics {
        match batch {
            Ok(answer) => {
                asked.answered |= answer.has_come();
                asked.take_metrics(&symbols, answer, clock.now());
            }
            Err(cut) => {
                let reason = || "the deadline came first".to_owned();
                asked
                    .unanswered
                    .extend(symbols.into_iter().map(|symbol| (symbol, reason())));
                asked.cut = Some(cut);
            }
        }
    }
    asked
}

/// All instruments, with the streamer symbols that follow from the spelling alone.
fn known(instruments: &[Instrument]) -> Universe {
    let listed = instruments.iter().map(|instrument| {
        let plain = instrument.kind() != Kind::Future;
        let streamer = instrument.streamer().filter(|_| plain);
        let resolved = streamer.map(|streamer| Resolved {
            streamer,
            contract: None,
            expiration: None,
            before: None,
        });
        Listed {
            instrument: instrument.clone(),
            resolved,
        }
    });
    Universe::new(listed.collect())
}

/// The futures of a plan.
#[derive(Debug)]
struct Futures {
    /// Those whose contract is known, from this run or from an earlier one.
    universe: Universe,
    /// Contracts asked for by name that are their root's active month.
    active_months: BTreeSet<Symbol>,
    rolls: BTreeMap<Symbol, Roll>,
    stands_for: BTreeMap<Symbol, Symbol>,
    /// What the venue listed, empty when nothing had to be asked.
    answer: Result<Result<Vec<FutureListing>, Error>, StopReason>,
    /// The symbols it listed anything for.
    listed: BTreeSet<Symbol>,
}

/// Finds the contracts behind the futures: the venue is asked about those that it was not asked about on this day, and
/// stands for the rest with what it said then. Where it fails, what it said last stands.
async fn futures(
    plan: &Plan,
    client: &Client,
    stop: &StopSignal,
    now: Timestamp,
    subscriptions: &Subscriptions<'_>,
) -> Futures {
    let mut roots = BTreeSet::new();
    let mut contracts = BTreeSet::new();
    for instrument in &plan.instruments {
        match instrument {
            Instrument::Root(root) => drop(roots.insert(Symbol(root.clone()))),
            Instrument::Contract(contract) => drop(contracts.insert(contract.symbol())),
            Instrument::Equity(_)
            | Instrument::Index(_)
            | Instrument::Crypto(_)
            | Instrument::EquityOption(_)
            | Instrument::FutureOption(_) => {}
        }
    }
    let StoreSnapshot {
        listings: kept,
        listed_today,
        stood_for,
        ..
    } = subscriptions.memory;
    let unknown = |symbols: BTreeSet<Symbol>| -> Vec<Symbol> { symbols.difference(listed_today).cloned().collect() };
    let (roots, contracts) = (unknown(roots), unknown(contracts));
    let answer = if roots.is_empty() && contracts.is_empty() {
        Ok(Ok(Vec::new()))
    } else {
        stop.run(client.futures(&roots, &contracts)).await
    };
    let fresh: &[FutureListing] = match &answer {
        Ok(Ok(listings)) => listings,
        Ok(Err(_)) | Err(_) => &[],
    };
    let is_listed = |symbol: &Symbol| {
        let same = |listing: &FutureListing| listing.root == *symbol || listing.contract == *symbol;
        fresh.iter().any(same)
    };
    let listed: BTreeSet<Symbol> = roots.into_iter().chain(contracts).filter(is_listed).collect();
    let mut universe = Universe::default();
    let mut active_months = BTreeSet::new();
    let mut rolls = BTreeMap::new();
    let mut stands_for = BTreeMap::new();
    for instrument in &plan.instruments {
        let symbol = instrument.symbol();
        let listings = if listed.contains(&symbol) { fresh } else { kept };
        let listing = match instrument {
            Instrument::Root(_) => active_contract(listings, &symbol, now),
            Instrument::Contract(_) => listings.iter().find(|listing| listing.contract == symbol),
            Instrument::Equity(_)
            | Instrument::Index(_)
            | Instrument::Crypto(_)
            | Instrument::EquityOption(_)
            | Instrument::FutureOption(_) => None,
        };
        let Some(listing) = listing else { continue };
        if matches!(instrument, Instrument::Contract(_)) && listing.active_month {
            active_months.insert(symbol.clone());
        }
        if let Instrument::Root(_) = instrument {
            if listed.contains(&symbol) {
                stands_for.insert(symbol.clone(), listing.contract.clone());
            }
            let active_spans = stood_for.get(&symbol).map_or(&[][..], Vec::as_slice);
            if let Some(roll) = Roll::of(listing, listings, active_spans, now) {
                rolls.insert(symbol.clone(), roll);
            }
        }
        universe.insert(Listed {
            instrument: instrument.clone(),
            resolved: Some(Resolved {
                before: contract_before(listing, now).filter(|_| matches!(instrument, Instrument::Root(_))),
                ..resolved(listing)
            }),
        });
    }
    subscriptions.last_values(&universe);
    universe.listed().for_each(|listed| subscriptions.daily_bars(listed));
    Futures {
        universe,
        active_months,
        rolls,
        stands_for,
        answer,
        listed,
    }
}

fn resolved(listing: &FutureListing) -> Resolved {
    Resolved {
        streamer: listing.streamer.clone(),
        contract: Some(listing.contract.clone()),
        expiration: Some(listing.expiration),
        before: None,
    }
}

/// The symbol whose metrics describe an instrument: the root for futures, nothing for options.
pub(super) fn metrics_symbol(instrument: &Instrument) -> Option<Symbol> {
    match instrument {
        Instrument::Contract(contract) => Some(Symbol(contract.root.clone())),
        Instrument::Root(_) | Instrument::Equity(_) | Instrument::Index(_) | Instrument::Crypto(_) => {
            Some(instrument.symbol())
        }
        Instrument::EquityOption(_) | Instrument::FutureOption(_) => None,
    }
}

type Batch = (Vec<Symbol>, Result<BatchAnswer<Metrics>, StopReason>);

/// The symbols whose metrics are wanted, as they are asked for.
pub(super) fn batches(plan: &Plan) -> Vec<Vec<Symbol>> {
    let symbols: BTreeSet<Symbol> = plan.instruments.iter().filter_map(metrics_symbol).collect();
    let symbols: Vec<Symbol> = symbols.into_iter().collect();
    symbols.chunks(plan.batch_size.max(1)).map(<[Symbol]>::to_vec).collect()
}

async fn metrics(
    plan: &Plan,
    client: &Client,
    stop: &StopSignal,
    universe: &Universe,
    subscriptions: &Subscriptions<'_>,
) -> Vec<Batch> {
    let batches = batches(plan).into_iter().map(|batch| async move {
        let answer = stop.run(client.metrics(&batch)).await;
        let empty = BTreeMap::new();
        let items = answer.as_ref().map_or(&empty, |answer| &answer.items);
        // Of futures the bars are wanted as soon as their contract is known, whatever the metrics say.
        let others = batch.iter().filter_map(|symbol| universe.find(symbol));
        others
            .filter(|_| plan.history == BarHistory::WhereNeeded)
            .filter(|listed| listed.instrument.kind() != Kind::Future && needs_bars(&listed.instrument, items))
            .for_each(|listed| subscriptions.daily_bars(listed));
        (batch, answer)
    });
    join_all(batches).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tastytrade::Route;

    fn answer(items: &[&str], unanswered: &[&str]) -> BatchAnswer<Metrics> {
        let metrics = |symbol: &&str| {
            let metrics = Metrics {
                symbol: Symbol((*symbol).into()),
                iv: None,
                iv_change_5d: None,
                iv_rank: None,
                iv_percentile: None,
                hv30: None,
                hv60: None,
                hv90: None,
                terms: Vec::new(),
                liquidity_rating: None,
                beta: None,
                corr_spy: None,
                earnings: None,
                iv_updated_at: None,
                updated_at: None,
                unreadable: Vec::new(),
            };
            (metrics.symbol.clone(), metrics)
        };
        let refused = Error::Unauthorized {
            route: Route::Metrics,
            what: String::new(),
        };
        let unanswered: Vec<Symbol> = unanswered.iter().map(|symbol| Symbol((*symbol).into())).collect();
        BatchAnswer {
            items: items.iter().map(metrics).collect(),
            unanswered: vec![(unanswered, refused)],
            damaged: 0,
        }
    }

    #[test]
    fn metrics_that_are_asked_for_again_replace_what_was_answered_and_nothing_else() {
        let symbols = ["SPY", "QQQ", "AA"].map(|symbol| Symbol(symbol.into()));
        let [then, now] = ["2026-11-20T18:00:00Z", "2026-11-20T18:05:00Z"].map(|time| time.parse().unwrap());
        let mut asked = Asked::default();
        asked.take_metrics(&symbols, answer(&["SPY", "QQQ", "AA"], &[]), then);
        asked.take_metrics(&symbols, answer(&["SPY"], &["QQQ"]), now);
        let times: Vec<_> = asked
            .metrics
            .iter()
            .map(|(symbol, metrics)| (symbol.as_str(), metrics.updated_at.unwrap()))
            .collect();
        assert_eq!(times, [("QQQ", then), ("SPY", now)], "AA is not listed any more");
        assert!(asked.refused.is_some());
    }
}
