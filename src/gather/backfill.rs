//! After the feed: holes from REST, then from the deprecated source, and the merge.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::clock::millis;
use super::learned::store_state;
use super::options::FromOptions;
use super::proxies::FromProxies;
use super::requests::{Trouble, error_chain, metrics_symbol, record_error};
use super::stop::StopReason;
use super::{BarHistory, Gathered, Gathering, Interrupted, Notice, has_bars, outcome};
use crate::dxlink::{Candles, EventType};
use crate::instrument::{Instrument, Kind, Resolved, StreamerSymbol, Symbol, candle_symbol};
use crate::legacy::{self, legacy_symbol};
use crate::market::{
    Evidence, FeedState, Gap, LegacyState, Record, RestState, Rules, Run, RunError, SourceState, Sources, StoppedBy,
    Subject, Timing, VolInputs, gaps, merge, needs_price,
};
use crate::stream::{AnswerState, End, LastEvents, Received};
use crate::tastytrade::{BatchAnswer as Answered, Error, MarketQuote, Metrics};

/// What the later sources said; a symbol that was not asked for is in neither half.
#[derive(Debug, Default)]
pub(super) struct Later {
    quotes: BTreeMap<Symbol, Result<MarketQuote, String>>,
    /// How REST was asked for the quote of a symbol.
    pub(super) asked_as: Vec<(Symbol, (Kind, Symbol))>,
    /// What went wrong when REST was asked for quotes last.
    quote_errors: Vec<RunError>,
    histories: BTreeMap<Symbol, Result<(legacy::ChartHistory, Timestamp), String>>,
    pub(super) from_options: FromOptions,
    pub(super) from_proxies: FromProxies,
    /// Whether REST answered with quotes, even with none of some or all symbols.
    rest_answered: bool,
    legacy_used: bool,
    pub(super) cut: Option<StopReason>,
}

impl Later {
    /// The quotes that were wanted, each once.
    pub(super) fn quote_requests(&self) -> Vec<(Kind, Symbol)> {
        let requests: BTreeSet<&(Kind, Symbol)> = self.asked_as.iter().map(|(_, request)| request).collect();
        requests.into_iter().cloned().collect()
    }

    /// Takes in the quotes, answered at `now`. Whoever was not answered keeps what it has.
    pub(super) fn take_quotes(&mut self, answer: Answered<MarketQuote>, now: Timestamp) {
        self.quote_errors.clear();
        let mut reasons = BTreeMap::new();
        for (symbols, error) in answer.unanswered {
            record_error(&mut self.quote_errors, "rest", error.code(), error_chain(&error));
            reasons.extend(symbols.into_iter().map(|symbol| (symbol, error_chain(&error))));
        }
        for (symbol, (_, asked_as)) in &self.asked_as {
            match (answer.items.get(asked_as), reasons.get(asked_as)) {
                (Some(quote), _) => {
                    let mut quote = quote.clone();
                    quote.updated_at.get_or_insert(now);
                    self.quotes.insert(symbol.clone(), Ok(quote));
                }
                (None, Some(reason)) => {
                    let kept = self.quotes.get(symbol).is_some_and(Result::is_ok);
                    if !kept {
                        self.quotes.insert(symbol.clone(), Err(reason.clone()));
                    }
                }
                (None, None) => {
                    let reason = Err("not in the answer".to_owned());
                    self.quotes.insert(symbol.clone(), reason);
                }
            }
        }
    }
}

impl Gathering<'_, '_> {
    /// Fills the holes and merges.
    pub(super) async fn finish(&mut self) -> Result<Gathered, Interrupted> {
        let mut later = Later {
            cut: self.asked.cut.or(self.listening.cut),
            ..Later::default()
        };
        let refused = self.asked.refused.take().or(self.listening.refused.take());
        let heard = self.heard_by_instrument();
        if refused.is_none() {
            self.fill_by_rest(&heard, &mut later).await;
            let (records, vol_inputs_by_symbol) = self.records(&heard, &later);
            let gaps = gaps(&records, &vol_inputs_by_symbol, self.clock.now());
            self.fill_by_legacy(&gaps, &mut later).await;
            self.ask_options(&heard, &mut later).await;
            self.ask_proxies(&heard, &mut later).await;
            self.settle_options(&heard, &mut later);
        }
        if later.cut == Some(StopReason::Interrupted) {
            return Err(Interrupted);
        }
        let mut trouble = std::mem::take(&mut self.asked.trouble);
        trouble.append(&mut self.listening.trouble);
        if self.asked.cut.is_some() {
            trouble.push(Trouble::Passing);
        }
        self.later = later;
        Ok(self.conclude(&heard, refused, &trouble))
    }

    /// Merges what is known by now, without asking anybody.
    pub(super) fn again(&self) -> Gathered {
        self.conclude(&self.heard_by_instrument(), None, &[Trouble::Passing])
    }

    fn conclude(
        &self,
        heard: &BTreeMap<Symbol, Result<LastEvents, String>>,
        refused: Option<Error>,
        trouble: &[Trouble],
    ) -> Gathered {
        let later = &self.later;
        let (records, vol_inputs_by_symbol) = self.records(heard, later);
        let answered = self.listening.heard_somebody()
            || self.asked.answered
            || later.rest_answered
            || later.histories.values().any(Result::is_ok);
        Gathered {
            outcome: outcome::of(answered, refused, trouble),
            run: self.run(later, &records),
            learned: self.learned(),
            chain: None,
            unjudged: later.from_options.unjudged.clone(),
            records,
            vol_inputs_by_symbol,
        }
    }

    /// What the feed said about each instrument, and why where it said nothing.
    fn heard_by_instrument(&self) -> BTreeMap<Symbol, Result<LastEvents, String>> {
        self.plan
            .instruments
            .iter()
            .map(|instrument| (instrument.symbol(), self.heard(instrument)))
            .collect()
    }

    fn heard(&self, instrument: &Instrument) -> Result<LastEvents, String> {
        let listened = self.listening.heard.as_ref().map_err(Clone::clone)?;
        let Some(resolved) = self.resolved(&instrument.symbol()) else {
            let reason = match (&self.asked.unresolved, instrument.kind()) {
                (Some(reason), Kind::Future) => format!("no contract: {reason}"),
                (None, Kind::Future) => "no such future at the venue".to_owned(),
                (_, Kind::Equity | Kind::Index | Kind::EquityOption | Kind::FutureOption | Kind::Crypto) => {
                    "no streamer symbol".to_owned()
                }
            };
            return Ok(LastEvents {
                silence: Some(reason),
                ..LastEvents::default()
            });
        };
        let values = listened
            .streamed
            .get(resolved.streamer.as_str())
            .cloned()
            .unwrap_or_default();
        let silence = match &listened.end {
            End::GaveUp { reason, .. } => reason.clone(),
            End::Complete => "no event: the feed was silent".to_owned(),
            End::Window => "no event before the window closed".to_owned(),
        };
        Ok(LastEvents {
            candles: self.bars(instrument, &silence),
            silence: Some(silence),
            ..values
        })
    }

    fn bars(&self, instrument: &Instrument, silence: &str) -> Option<Result<Received<Candles>, String>> {
        let resolved = self.resolved(&instrument.symbol())?;
        self.bars_of(instrument, &resolved.streamer, silence)
    }

    /// The daily bars of what the feed calls `streamer`, or why there are none; `None` when they were not wanted.
    pub(super) fn bars_of(
        &self,
        instrument: &Instrument,
        streamer: &StreamerSymbol,
        silence: &str,
    ) -> Option<Result<Received<Candles>, String>> {
        let listened = self.listening.heard.as_ref().ok()?;
        let symbol = candle_symbol(instrument, streamer);
        let answer = listened.answer(EventType::Candle, &symbol)?;
        let absence = || match answer {
            AnswerState::Answered => silence.to_owned(),
            AnswerState::Silent => "no bars: the feed was silent".to_owned(),
            AnswerState::Pending => format!("no complete history: {silence}"),
        };
        // A history that is being fetched again stands until the new one is there.
        Some(listened.candles.get(&symbol).cloned().ok_or_else(absence))
    }

    async fn fill_by_rest(&mut self, heard: &BTreeMap<Symbol, Result<LastEvents, String>>, later: &mut Later) {
        let mut wanted = Vec::new();
        for instrument in &self.plan.instruments {
            let symbol = instrument.symbol();
            let streamed = heard.get(&symbol).and_then(|streamed| streamed.as_ref().ok());
            let lacks_greeks =
                is_option(instrument.kind()) && streamed.is_none_or(|streamed| streamed.greeks.is_none());
            if !needs_price(streamed, instrument.kind()) && !lacks_greeks {
                continue;
            }
            match self.quote_request(instrument) {
                Ok(request) => wanted.push((symbol, request)),
                Err(reason) => drop(later.quotes.insert(symbol, Err(reason))),
            }
        }
        if wanted.is_empty() {
            return;
        }
        (self.notify)(Notice::Filling { symbols: wanted.len() });
        later.asked_as = wanted;
        let requests = later.quote_requests();
        let answer = match self.stop.run(self.venues.rest.quotes(&requests)).await {
            Ok(answer) => answer,
            Err(cut) => {
                later.cut = Some(cut);
                let late = || Err("the deadline came first".to_owned());
                later
                    .quotes
                    .extend(later.asked_as.iter().map(|(symbol, _)| (symbol.clone(), late())));
                return;
            }
        };
        self.asked.ended_ms = Some(self.clock.millis());
        later.rest_answered = answer.has_come();
        let trouble = answer.unanswered.iter().map(|(_, error)| Trouble::of(error));
        self.asked.trouble.extend(trouble);
        later.take_quotes(answer, self.clock.now());
    }

    /// How REST must be asked for an instrument's quote.
    fn quote_request(&self, instrument: &Instrument) -> Result<(Kind, Symbol), String> {
        let symbol = instrument.symbol();
        match instrument.kind() {
            Kind::Equity => Ok((Kind::Equity, symbol)),
            Kind::Index => Ok((Kind::Index, symbol)),
            Kind::EquityOption => Ok((Kind::EquityOption, symbol)),
            Kind::Crypto => Ok((Kind::Crypto, symbol)),
            Kind::FutureOption => {
                let name = self.plan.chain_names.get(&symbol).cloned();
                name.map(|name| (Kind::FutureOption, name))
                    .ok_or_else(|| "REST knows futures options only by their chain symbol".to_owned())
            }
            Kind::Future => {
                let contract = self.resolved(&symbol).and_then(|resolved| resolved.contract.clone());
                contract
                    .map(|contract| (Kind::Future, contract))
                    .ok_or_else(|| "no contract is known for it".to_owned())
            }
        }
    }

    async fn fill_by_legacy(&mut self, gaps: &[Gap], later: &mut Later) {
        let Some(client) = self.venues.legacy else {
            let off = || Err("switched off by legacy.enabled".to_owned());
            later
                .histories
                .extend(gaps.iter().map(|gap| (gap.symbol.clone(), off())));
            return;
        };
        let mut named = Vec::new();
        for gap in gaps {
            match legacy_symbol(&gap.symbol, gap.kind) {
                Some(name) => named.push((gap.symbol.clone(), name)),
                None => drop(
                    later
                        .histories
                        .insert(gap.symbol.clone(), Err("unknown to this source".to_owned())),
                ),
            }
        }
        if named.is_empty() || later.cut.is_some() {
            return;
        }
        (self.notify)(Notice::Legacy { symbols: named.len() });
        later.legacy_used = true;
        let asked_at = self.clock.now();
        for (symbol, name) in named {
            let history = match self.stop.run(client.history(&name)).await {
                Ok(history) => history
                    .map(|history| (history, asked_at))
                    .map_err(|error| error_chain(&error)),
                Err(cut) => {
                    later.cut = Some(cut);
                    return;
                }
            };
            later.histories.insert(symbol, history);
        }
    }

    /// The records, and the studies of a plan that wants them.
    pub(super) fn records(
        &self,
        heard: &BTreeMap<Symbol, Result<LastEvents, String>>,
        later: &Later,
    ) -> (Vec<Record>, BTreeMap<Symbol, VolInputs>) {
        let rules = self.rules();
        let mut vol_inputs_by_symbol = BTreeMap::new();
        let mut records: Vec<Record> = self
            .plan
            .instruments
            .iter()
            .map(|instrument| {
                let subject = self.subject(instrument);
                let silent = || Err("not listened to".to_owned());
                let streamed = heard.get(&subject.symbol).cloned().unwrap_or_else(silent);
                let evidence = Evidence {
                    streamed,
                    metrics: self.metrics(instrument),
                    rest_quote: later.quotes.get(&subject.symbol).cloned(),
                    chain_iv: later.from_options.ivs.get(&subject.symbol).cloned(),
                    proxy: later.from_proxies.metrics.get(&subject.symbol).cloned(),
                    straddle: later.from_options.straddles.get(&subject.symbol).cloned(),
                    legacy: later.histories.get(&subject.symbol).cloned(),
                    predecessor: self.predecessor(instrument),
                    kept: self.kept(instrument),
                    subject,
                };
                let Subject { symbol, kind, .. } = &evidence.subject;
                if matches!(self.plan.history, BarHistory::Days(_)) && has_bars(*kind) {
                    vol_inputs_by_symbol.insert(symbol.clone(), VolInputs::of(&evidence, &rules));
                }
                merge(&evidence, &rules)
            })
            .collect();
        records.sort_by(|one, other| one.symbol.cmp(&other.symbol));
        (records, vol_inputs_by_symbol)
    }

    /// By what rules evidence becomes a record now.
    pub(super) fn rules(&self) -> Rules<'_> {
        Rules {
            precedence: &self.plan.precedence,
            vol: &self.plan.vol,
            now: self.clock.now(),
        }
    }

    /// What the feed and REST call a symbol.
    pub(super) fn resolved(&self, symbol: &Symbol) -> Option<&Resolved> {
        self.asked.universe.find(symbol)?.resolved.as_ref()
    }

    fn subject(&self, instrument: &Instrument) -> Subject {
        let symbol = instrument.symbol();
        let resolved = self.resolved(&symbol);
        let root = instrument.root().map(|root| Symbol(root.into()));
        let classes = &self.plan.asset_classes;
        let class = classes.get(&symbol).or_else(|| classes.get(root.as_ref()?));
        Subject {
            kind: instrument.kind(),
            contract: resolved
                .and_then(|resolved| resolved.contract.clone())
                .or_else(|| self.plan.chain_names.get(&symbol).cloned()),
            expiration: resolved.and_then(|resolved| resolved.expiration),
            roll: self.asked.rolls.get(&symbol).cloned(),
            streamer: resolved.map(|resolved| resolved.streamer.clone()),
            asset_class: class.unwrap_or(&self.plan.default_asset_class).clone(),
            symbol,
        }
    }

    /// The metrics that describe an instrument: for a contract those of its root, if it is the root's active month.
    fn metrics(&self, instrument: &Instrument) -> Result<Metrics, String> {
        let symbol = instrument.symbol();
        let Some(asked_as) = metrics_symbol(instrument) else {
            return Err("options have no market metrics".to_owned());
        };
        if matches!(instrument, Instrument::Contract(_)) && !self.asked.active_months.contains(&symbol) {
            return Err(if self.resolved(&symbol).is_some() {
                format!("the metrics of {asked_as} describe its active month, not this one")
            } else {
                format!("the metrics of {asked_as} describe its active month, and this contract is not known")
            });
        }
        match self.asked.metrics.get(&asked_as) {
            Some(metrics) => Ok(Metrics {
                symbol,
                ..metrics.clone()
            }),
            None => Err(self.asked.no_metrics(&asked_as)),
        }
    }

    fn run(&self, later: &Later, records: &[Record]) -> Run {
        let cut = later.cut;
        let window = matches!(&self.listening.heard, Ok(listened) if listened.end == End::Window);
        let traffic = self.venues.rest.traffic();
        let mut errors = self.listening.errors.clone();
        let of_rest = [
            &self.asked.errors,
            &self.asked.metrics_errors,
            &later.quote_errors,
            &later.from_options.errors,
            &later.from_proxies.errors,
        ];
        for error in of_rest.into_iter().flatten().cloned() {
            record_error(&mut errors, error.source, error.code, error.message);
        }
        Run {
            mode: self.plan.mode,
            delayed: self.listening.delayed,
            partial: cut.is_some(),
            stopped_by: match (cut, window) {
                (Some(_), _) => StoppedBy::Deadline,
                (None, true) => StoppedBy::Window,
                (None, false) => StoppedBy::Complete,
            },
            sources: Sources {
                dxlink: self.feed_state(records),
                rest: RestState {
                    state: self.rest_state(&errors, later),
                    requests: traffic.requests,
                    retries: traffic.retries,
                    reason: errors
                        .iter()
                        .find(|error| error.source == "rest")
                        .map(|error| error.message.clone()),
                },
                legacy: self.legacy_state(later),
                store: store_state(records),
            },
            timing: Timing {
                token: self.listening.token_ms,
                handshake: self.listening.handshake_ms,
                stream: self.listening.stream_ms,
                rest: self.asked.ended_ms,
                total: millis(self.clock.epoch.elapsed()),
            },
            errors,
        }
    }

    fn feed_state(&self, records: &[Record]) -> FeedState {
        let stats = self.listening.stats;
        let (state, reason) = match &self.listening.heard {
            _ if self.listening.disabled => (SourceState::Disabled, Some("dxlink.enabled is false".to_owned())),
            Err(reason) => (SourceState::Failed, Some(reason.clone())),
            Ok(listened) => {
                let trouble = listened.troubles.last().map(ToString::to_string);
                let gave_up = match &listened.end {
                    End::GaveUp { reason, .. } => Some(reason.clone()),
                    End::Complete | End::Window => None,
                };
                let all_silent = listened.ready.is_some() && listened.end == End::Complete;
                let failed = listened.streamed.is_empty() && !all_silent && !records.is_empty();
                match (failed, gave_up.or(trouble)) {
                    (true, reason) => (
                        SourceState::Failed,
                        Some(reason.unwrap_or_else(|| "no event came".to_owned())),
                    ),
                    (false, Some(reason)) => (SourceState::Degraded, Some(reason)),
                    (false, None) => (SourceState::Ok, None),
                }
            }
        };
        FeedState {
            state,
            connections: stats.connections,
            gaps: stats.gaps,
            events: stats.events,
            dropped: stats.dropped,
            reason,
        }
    }

    fn rest_state(&self, errors: &[RunError], later: &Later) -> SourceState {
        let troubled = self.asked.cut.is_some() || errors.iter().any(|error| error.source == "rest");
        match (troubled, !self.asked.metrics.is_empty() || later.rest_answered) {
            (true, false) => SourceState::Failed,
            (true, true) => SourceState::Degraded,
            (false, _) => SourceState::Ok,
        }
    }

    fn legacy_state(&self, later: &Later) -> LegacyState {
        let requests = self.venues.legacy.map_or(0, legacy::Client::requests);
        let failure = later
            .histories
            .values()
            .find_map(|history| history.as_ref().err().cloned());
        let succeeded = later.histories.values().any(Result::is_ok);
        let (state, reason) = match (self.venues.legacy, later.legacy_used) {
            (None, _) => (SourceState::Disabled, None),
            (Some(_), false) => (SourceState::Unused, None),
            (Some(_), true) => match (succeeded, failure) {
                (true, None) => (SourceState::Ok, None),
                (true, failure) => (SourceState::Degraded, failure),
                (false, failure) => (SourceState::Failed, failure),
            },
        };
        LegacyState {
            state,
            requests,
            reason,
        }
    }
}

fn is_option(kind: Kind) -> bool {
    matches!(kind, Kind::EquityOption | Kind::FutureOption)
}
