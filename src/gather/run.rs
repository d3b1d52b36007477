//! One gathering from its first request to its records: the phases in their order, and what they find.

use std::collections::BTreeMap;

use futures_util::future::{Either, select};
use tokio::sync::mpsc;

use super::bars::has_bars;
use super::contracts::{self, Contracts};
use super::failures::Failures;
use super::feed::{self, Afterwards, Line};
use super::findings::{Findings, FromOptions, Quotes};
use super::known::Known;
use super::learned::{kept, predecessor};
use super::metrics::{self, MarketMetrics};
use super::stop::StopReason;
use super::subscriptions::Subscriptions;
use super::{BarHistory, Gathered, Gathering, Interrupted};
use crate::instrument::{Instrument, Kind, Symbol};
use crate::market::{Evidence, Reason, Rules, Subject, VolInputs};
use crate::tastytrade::Error;

/// Gathers what a plan wants. Ends at the latest with its stop signal, with what is there by then.
///
/// # Errors
/// The user interrupted it; sockets have been closed.
///
/// # Cancel safety
/// Not safe: what was gathered is lost with the future. End it through the stop signal.
pub async fn gather(run: Gathering<'_, '_>) -> Result<Gathered, Interrupted> {
    let (mut found, mut line) = Findings::beside_the_feed(run, Afterwards::HangUp).await;
    found.fill(&mut line).await
}

impl<'a, 'v> Findings<'a, 'v> {
    /// Asks for contracts and metrics beside the feed, which hears from them what is wanted.
    pub(super) async fn beside_the_feed(run: Gathering<'a, 'v>, afterwards: Afterwards) -> (Self, Line<'v>) {
        let (sender, more) = mpsc::unbounded_channel();
        let asking = first_requests(run, Subscriptions::new(sender, run));
        let listening = feed::listen(run, more);
        tokio::pin!(asking, listening);
        let ((contracts, metrics, rest_ms), feed, line) = match select(asking, listening).await {
            Either::Left((asked, listening)) => {
                let (feed, open) = listening.await;
                let mut line = Line::new(open, &feed, afterwards);
                line.beside(run, std::future::ready(())).await;
                (asked, feed, line)
            }
            Either::Right(((feed, open), asking)) => {
                let mut line = Line::new(open, &feed, afterwards);
                (line.beside(run, asking).await, feed, line)
            }
        };
        let found = Self {
            cut: contracts.cut.or(metrics.cut).or(feed.cut),
            now: run.clock.now(),
            known: Known::default(),
            quotes: Quotes::default(),
            legacy_used: false,
            options: FromOptions::default(),
            proxy_failures: Failures::default(),
            rest_ms: Some(rest_ms),
            run,
            contracts,
            metrics,
            feed,
        };
        (found, line)
    }

    /// Fills what is still missing, phase by phase, and makes the records of it. Nobody else is asked where credentials
    /// were refused.
    ///
    /// # Errors
    /// The user interrupted it.
    pub(super) async fn fill(&mut self, line: &mut Line<'v>) -> Result<Gathered, Interrupted> {
        if self.was_interrupted() {
            return Err(Interrupted);
        }
        self.known = Known::new(self.evidence());
        let refused = self.take_refusal();
        if refused.is_none() {
            let run = self.run;
            let phases = async {
                self.ask_quotes().await;
                self.ask_legacy().await;
                self.ask_options().await;
                self.ask_proxies().await;
                self.settle_options();
            };
            line.beside(run, phases).await;
        }
        if self.was_interrupted() {
            return Err(Interrupted);
        }
        let trouble = self.trouble();
        Ok(self.conclude(refused, &trouble))
    }

    /// Takes in what the feed has said by now of each symbol.
    pub(super) fn hear(&mut self) {
        for instrument in &self.run.plan.instruments {
            let symbol = instrument.symbol();
            let streamed = self.feed.of(instrument, &self.contracts);
            self.known.put(&symbol, |evidence| &mut evidence.streamed, streamed);
            let predecessor = predecessor(self.run, &self.contracts, &self.feed, instrument);
            self.known
                .put(&symbol, |evidence| &mut evidence.predecessor, predecessor);
        }
    }

    /// Takes in the metrics of each symbol as they are by now.
    pub(super) fn take_metrics(&mut self) {
        for instrument in &self.run.plan.instruments {
            let metrics = self.metrics.of(instrument, &self.contracts);
            self.known
                .put(&instrument.symbol(), |evidence| &mut evidence.metrics, metrics);
        }
    }

    /// By what rules evidence becomes a record.
    pub(super) fn rules(&self) -> Rules<'a> {
        self.run.rules(self.now)
    }

    /// Notes that REST has answered by now.
    pub(super) fn rest_ended(&mut self) {
        self.rest_ms = Some(self.run.clock.millis());
    }

    /// Whether REST answered anything beside the feed.
    pub(super) fn rest_answered(&self) -> bool {
        self.contracts.answered() || self.metrics.answered
    }

    /// The bars behind the records and what each source says, of a plan that asks for a history of everybody.
    pub(super) fn vol_inputs(&self) -> BTreeMap<Symbol, VolInputs> {
        let BarHistory::Days(_) = self.run.plan.history else {
            return BTreeMap::new();
        };
        let all = self.known.evidence();
        let with_bars = all.filter(|evidence| has_bars(evidence.subject.kind));
        with_bars
            .map(|evidence| {
                let inputs = VolInputs::of(evidence, &self.rules());
                (evidence.subject.symbol.clone(), inputs)
            })
            .collect()
    }

    fn was_interrupted(&self) -> bool {
        let cuts = [self.contracts.cut, self.metrics.cut, self.feed.cut, self.cut];
        cuts.contains(&Some(StopReason::Interrupted))
    }

    fn take_refusal(&mut self) -> Option<Error> {
        let refusals = [
            self.contracts.failures.refused.take(),
            self.metrics.failures.refused.take(),
            self.feed.failures.refused.take(),
        ];
        refusals.into_iter().flatten().next()
    }

    /// What is known of each symbol after the first requests and the feed.
    fn evidence(&self) -> Vec<(Instrument, Evidence)> {
        let Self {
            run, contracts, feed, ..
        } = self;
        let all = run.plan.instruments.iter().map(|instrument| {
            let evidence = Evidence {
                streamed: feed.of(instrument, contracts),
                metrics: self.metrics.of(instrument, contracts),
                predecessor: predecessor(*run, contracts, feed, instrument),
                kept: kept(*run, contracts, instrument),
                ..Evidence::nothing(subject(*run, contracts, instrument), &Reason::NotAsked)
            };
            (instrument.clone(), evidence)
        });
        all.collect()
    }
}

/// Asks for contracts and metrics, and subscribes to what they make wanted; with the time that took in milliseconds.
async fn first_requests(run: Gathering<'_, '_>, subscriptions: Subscriptions<'_>) -> (Contracts, MarketMetrics, u64) {
    let spelled = contracts::spelled(&run.plan.instruments);
    subscriptions.last_values(&spelled);
    if let BarHistory::Days(_) = run.plan.history {
        let named = spelled.listed();
        let others =
            named.filter(|listed| listed.instrument.kind() != Kind::Future && has_bars(listed.instrument.kind()));
        others.for_each(|listed| subscriptions.daily_bars(listed));
    }
    let (contracts, metrics) = tokio::join!(
        contracts::ask(run, &spelled, &subscriptions),
        metrics::ask(run, &spelled, &subscriptions),
    );
    (contracts, metrics, run.clock.millis())
}

fn subject(run: Gathering<'_, '_>, contracts: &Contracts, instrument: &Instrument) -> Subject {
    let plan = run.plan;
    let symbol = instrument.symbol();
    let resolved = contracts.resolved(&symbol);
    Subject {
        kind: instrument.kind(),
        contract: resolved
            .and_then(|resolved| resolved.contract.clone())
            .or_else(|| plan.chain_names.get(&symbol).cloned()),
        expiration: resolved.and_then(|resolved| resolved.expiration),
        roll: contracts.rolls.get(&symbol).cloned(),
        streamer: resolved.map(|resolved| resolved.streamer.clone()),
        asset_class: plan.asset_class(instrument),
        symbol,
    }
}
