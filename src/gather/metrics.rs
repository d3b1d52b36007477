//! The market metrics, in batches beside the feed; whoever has no realized volatility in them needs daily bars.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use jiff::Timestamp;

use super::bars::needs_bars;
use super::contracts::Contracts;
use super::failures::Failures;
use super::stop::StopReason;
use super::subscriptions::Subscriptions;
use super::{BarHistory, Gathering, Plan};
use crate::instrument::{Instrument, Kind, Symbol, Universe};
use crate::market::Reason;
use crate::tastytrade::{BatchAnswer, Metrics, metrics_symbol};

/// What the venue said of the metrics.
#[derive(Debug, Default)]
pub(super) struct MarketMetrics {
    pub(super) by_symbol: BTreeMap<Symbol, Metrics>,
    /// Symbols whose batch was not answered, and why.
    unanswered: BTreeMap<Symbol, Reason>,
    /// Whether the venue answered any batch, even with nothing about its symbols.
    pub(super) answered: bool,
    /// What went wrong when they were asked for last.
    pub(super) failures: Failures,
    pub(super) cut: Option<StopReason>,
}

impl MarketMetrics {
    /// Whether the venue answered when it was asked for the metrics of `symbol`, even with none.
    pub(super) fn answers(&self, symbol: &Symbol, contracts: &Contracts) -> bool {
        (self.answered || contracts.answered()) && !self.unanswered.contains_key(symbol)
    }

    /// Takes in the metrics of a batch of `symbols`, answered at `now`. Whoever was not answered keeps what it has.
    pub(super) fn take(&mut self, symbols: &[Symbol], answer: BatchAnswer<Metrics>, now: Timestamp) {
        let reasons = self.failures.record_unanswered(&answer);
        for symbol in symbols.iter().filter(|symbol| !reasons.contains_key(symbol)) {
            self.by_symbol.remove(symbol);
            self.unanswered.remove(symbol);
        }
        for (symbol, mut metrics) in answer.items {
            metrics.updated_at.get_or_insert(now);
            self.by_symbol.insert(symbol, metrics);
        }
        self.unanswered.extend(reasons);
    }

    /// The metrics that describe an instrument: for a contract those of its root, if it is the root's active month.
    pub(super) fn of(&self, instrument: &Instrument, contracts: &Contracts) -> Result<Metrics, Reason> {
        let symbol = instrument.symbol();
        let Some(asked_as) = metrics_symbol(instrument) else {
            return Err(Reason::OptionMetrics);
        };
        if matches!(instrument, Instrument::Contract(_)) && !contracts.active_months.contains(&symbol) {
            return Err(if contracts.resolved(&symbol).is_some() {
                Reason::OtherMonth(asked_as)
            } else {
                Reason::UnknownMonth(asked_as)
            });
        }
        if let Some(metrics) = self.by_symbol.get(&asked_as) {
            return Ok(Metrics {
                symbol,
                ..metrics.clone()
            });
        }
        let reason = self.unanswered.get(&asked_as).cloned();
        Err(reason.unwrap_or(Reason::NotInMetrics))
    }
}

/// The symbols whose metrics are wanted, as they are asked for.
pub(super) fn batches(plan: &Plan) -> Vec<Vec<Symbol>> {
    let symbols: BTreeSet<Symbol> = plan.instruments.iter().filter_map(metrics_symbol).collect();
    let symbols: Vec<Symbol> = symbols.into_iter().collect();
    symbols.chunks(plan.batch_size.max(1)).map(<[Symbol]>::to_vec).collect()
}

/// Asks for the metrics, and subscribes to the bars that each answer makes wanted as it comes.
pub(super) async fn ask(
    run: Gathering<'_, '_>,
    universe: &Universe,
    subscriptions: &Subscriptions<'_>,
) -> MarketMetrics {
    let batches = batches(run.plan).into_iter().map(|batch| async move {
        let answer = run.stop.run(run.venues.rest.metrics(&batch)).await;
        let empty = BTreeMap::new();
        let items = answer.as_ref().map_or(&empty, |answer| &answer.items);
        // Of futures the bars are wanted as soon as their contract is known, whatever the metrics say.
        let others = batch.iter().filter_map(|symbol| universe.find(symbol));
        others
            .filter(|_| run.plan.history == BarHistory::WhereNeeded)
            .filter(|listed| listed.instrument.kind() != Kind::Future && needs_bars(&listed.instrument, items))
            .for_each(|listed| subscriptions.daily_bars(listed));
        (batch, answer)
    });
    let batches = join_all(batches).await;
    let mut metrics = MarketMetrics::default();
    for (symbols, answer) in batches {
        match answer {
            Ok(answer) => {
                metrics.answered |= answer.has_come();
                metrics.take(&symbols, answer, run.clock.now());
            }
            Err(cut) => {
                let late = |symbol| (symbol, Reason::Late);
                metrics.unanswered.extend(symbols.into_iter().map(late));
                metrics.cut = Some(cut);
            }
        }
    }
    metrics
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{metrics, now, symbol};
    use super::*;
    use crate::tastytrade::{Error, Route};

    fn answer(items: &[&str], unanswered: &[&str]) -> BatchAnswer<Metrics> {
        let refused = Error::Unauthorized {
            route: Route::Metrics,
            what: String::new(),
        };
        let unanswered: Vec<Symbol> = unanswered.iter().map(|name| symbol(name)).collect();
        BatchAnswer {
            items: items.iter().map(|name| (symbol(name), metrics(name, None))).collect(),
            unanswered: vec![(unanswered, refused)],
            damaged: 0,
        }
    }

    #[test]
    fn metrics_that_come_again_replace_what_was_answered_alone() {
        let symbols = ["SPY", "QQQ", "AA"].map(symbol);
        let [then, now] = [now(), "2026-11-20T18:05:00Z".parse().unwrap()];
        let mut found = MarketMetrics::default();
        found.take(&symbols, answer(&["SPY", "QQQ", "AA"], &[]), then);
        found.take(&symbols, answer(&["SPY"], &["QQQ"]), now);
        let times: Vec<_> = found
            .by_symbol
            .iter()
            .map(|(symbol, metrics)| (symbol.as_str(), metrics.updated_at.unwrap()))
            .collect();
        assert_eq!(times, [("QQQ", then), ("SPY", now)], "AA is not listed any more");
        assert!(found.failures.refused.is_some());
        assert!(!found.answers(&symbol("QQQ"), &Contracts::default()));
    }
}
