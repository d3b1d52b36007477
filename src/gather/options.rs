//! What only options can say about their underlyings: a volatility where REST has none, and what it costs to trade the
//! straddle near 45 days. Asked for by REST after everything cheaper is known, one chain for each symbol that needs it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::Notice;
use super::findings::{Findings, FromOptions};
use super::known::Known;
use crate::instrument::{Instrument, Kind, Symbol};
use crate::market::{Attempt, Evidence, Field, Reason, Record, Source};
use crate::tastytrade::metrics_symbol;

/// How much the straddle of a record is wanted, if at all.
pub type Priority = dyn Fn(&Record) -> Option<f64>;

/// Whose options are asked for.
#[derive(Clone)]
pub struct Options {
    /// Whether the straddle of a symbol is wanted, given everything that is known without it, and how much: the greater
    /// first.
    pub straddle: Arc<Priority>,
    /// The most chains of one run.
    pub most: usize,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

/// A symbol whose options are asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) instrument: Instrument,
    pub(super) symbol: Symbol,
    /// By contract; of anything but a future by symbol.
    pub(super) prices: BTreeMap<Symbol, f64>,
    pub(super) lacks_iv: bool,
    /// What is known of it without its options.
    pub(super) record: Record,
}

impl Findings<'_, '_> {
    /// Asks for the options of those who need them, and says why nobody was asked for the others.
    pub(super) async fn ask_options(&mut self) {
        let plan = self.run.plan;
        let Some(options) = &plan.options else { return };
        let rules = self.rules();
        let (metrics, contracts) = (&self.metrics, &self.contracts);
        let all = self.known.records(&rules);
        let all = all.map(|(instrument, _, record)| (instrument, record));
        let mut wanted = wanted(options, all, |symbol| metrics.answers(symbol, contracts));
        let idle = match self.cut {
            _ if wanted.is_empty() => return,
            Some(_) => Some(Reason::Late),
            None if !self.rest_answered() => Some(Reason::RestSilent),
            None => None,
        };
        let asked = if idle.is_some() { 0 } else { options.most };
        for left in wanted.split_off(wanted.len().min(asked)) {
            let reason = idle.clone().unwrap_or(Reason::MostChains(options.most));
            self.options.refuse(&left, &reason, &mut self.known);
        }
        if wanted.is_empty() {
            return;
        }
        (self.run.notify)(Notice::Options { symbols: wanted.len() });
        // What came before a deadline stands, so those that matter most are asked for to the end before others.
        let together = if self.run.stop.deadline().is_some() {
            WAVE
        } else {
            wanted.len()
        };
        let mut waves = wanted.chunks(together);
        while let Some(wave) = waves.next() {
            if let Err(cut) = self.ask_chains(wave).await {
                self.cut = Some(cut);
                for left in wave.iter().chain(waves.by_ref().flatten()) {
                    self.options.refuse(left, &Reason::Late, &mut self.known);
                }
            }
        }
        self.rest_ended();
    }

    /// Keeps the straddles of those who are judged by them after all, and tells of those that were wanted in vain: a
    /// volatility of its own or of a stand-in may have shown that a symbol need not be judged.
    pub(super) fn settle_options(&mut self) {
        let plan = self.run.plan;
        let Some(options) = &plan.options else { return };
        let rules = self.rules();
        let straddles = std::mem::take(&mut self.options.straddles);
        let records = self.known.records(&rules).map(|(.., record)| record);
        let judged = records.filter(|record| (options.straddle)(record).is_some());
        let judged: BTreeSet<Symbol> = judged.map(|record| record.symbol.clone()).collect();
        for (symbol, straddle) in straddles.into_iter().filter(|(symbol, _)| judged.contains(symbol)) {
            self.known
                .put(&symbol, |evidence| &mut evidence.straddle, Some(straddle));
        }
        let records = self
            .known
            .records(&rules)
            .map(|(_, evidence, record)| (evidence, record));
        let unjudged = unjudged(records, &self.options.withheld);
        let mut by_reason: BTreeMap<String, usize> = BTreeMap::new();
        for reason in unjudged.values() {
            *by_reason.entry(reason.to_string()).or_default() += 1;
        }
        for (why, symbols) in by_reason {
            (self.run.notify)(Notice::Unjudged { symbols, why });
        }
        self.options.unjudged = unjudged.into_keys().cloned().collect();
    }
}

impl FromOptions {
    /// Notes why nobody was asked for the options of one.
    fn refuse(&mut self, left: &Wanted, reason: &Reason, known: &mut Known) {
        let symbol = &left.symbol;
        self.withheld.insert(symbol.clone(), reason.clone());
        let attempt = Attempt {
            source: Source::Rest,
            reason: reason.clone(),
        };
        self.straddles.insert(symbol.clone(), Err(attempt));
        if left.lacks_iv {
            known.put(symbol, |evidence| &mut evidence.chain_iv, Some(Err(reason.clone())));
        }
    }

    /// Notes where REST gave no answer about one of `asked` for `symbol`.
    pub(super) fn withhold(&mut self, symbol: &Symbol, mut asked: impl Iterator<Item = Symbol>) {
        if let Some(reason) = asked.find_map(|one| self.unquoted.get(&one).cloned()) {
            self.withheld.insert(symbol.clone(), reason);
        }
    }
}

/// Whether nobody has an implied volatility of it now.
pub(super) fn lacks_iv(record: &Record) -> bool {
    record.source(Field::Iv).is_none_or(|source| source == Source::Store)
}

/// Those whose straddle is wanted, the most wanted first, then those without a volatility; equals by symbol.
fn wanted<'a>(
    options: &Options,
    all: impl Iterator<Item = (&'a Instrument, &'a Record)>,
    answers_metrics: impl Fn(&Symbol) -> bool,
) -> Vec<Wanted> {
    let mut wanted: Vec<(f64, Wanted)> = Vec::new();
    for (instrument, record) in all {
        let (Some(asked_as), Some(price)) = (metrics_symbol(instrument), record.number(Field::Price)) else {
            continue;
        };
        let lacks_iv = lacks_iv(record) && answers_metrics(&asked_as) && record.kind != Kind::Crypto;
        let straddle = (options.straddle)(record);
        if straddle.is_some() || lacks_iv {
            let on = record.contract.clone().unwrap_or_else(|| record.symbol.clone());
            let one = Wanted {
                instrument: instrument.clone(),
                symbol: record.symbol.clone(),
                prices: [(on, price)].into(),
                lacks_iv,
                record: record.clone(),
            };
            wanted.push((straddle.unwrap_or(f64::NEG_INFINITY), one));
        }
    }
    wanted.sort_by(|(priority, one), (other_priority, other)| {
        other_priority
            .total_cmp(priority)
            .then_with(|| one.symbol.cmp(&other.symbol))
    });
    wanted.into_iter().map(|(_, one)| one).collect()
}

/// Those that a straddle was wanted of in vain, and why. What an earlier run has kept may still stand in.
fn unjudged<'a, 'r>(
    all: impl Iterator<Item = (&'a Evidence, &'a Record)>,
    withheld: &'r BTreeMap<Symbol, Reason>,
) -> BTreeMap<&'r Symbol, &'r Reason> {
    let vain = all.filter(|(evidence, record)| evidence.straddle.is_some() && !record.has(Field::Yield));
    vain.filter_map(|(_, record)| withheld.get_key_value(&record.symbol))
        .collect()
}

/// Symbols whose chains and quotes are asked for before the next ones, where there is a deadline.
const WAVE: usize = 8;

#[cfg(test)]
mod tests {
    use super::super::fixtures::{instrument, metrics, nothing, now, record, symbol, traded};
    use super::*;

    #[test]
    fn the_most_wanted_straddle_comes_first_and_nobody_without_a_price() {
        let priced = |name, iv| Evidence {
            metrics: Ok(metrics(name, iv)),
            ..traded(name, now())
        };
        let all = [
            priced("AA", Some(0.2)),
            priced("QQQ", None),
            priced("SPY", Some(0.4)),
            nothing("TSLA"),
            priced("XOM", Some(0.1)),
        ];
        let options = Options {
            straddle: Arc::new(|record| record.number(Field::Iv).filter(|iv| *iv > 0.15)),
            most: 10,
        };
        let all = all.map(|evidence| (instrument(evidence.subject.symbol.as_str()), record(&evidence)));
        let each = || all.iter().map(|(instrument, record)| (instrument, record));
        let names = |wanted: Vec<Wanted>| wanted.into_iter().map(|one| one.symbol).collect::<Vec<_>>();
        let found = names(wanted(&options, each(), |_| true));
        assert_eq!(
            found,
            ["SPY", "AA", "QQQ"].map(symbol),
            "then those without a volatility"
        );
        let found = names(wanted(&options, each(), |_| false));
        assert_eq!(
            found,
            ["SPY", "AA"].map(symbol),
            "nobody knows whether REST has one of QQQ"
        );
    }

    #[test]
    fn unjudged_is_who_was_wanted_and_withheld() {
        let straddle = |name| Evidence {
            straddle: Some(Err(Attempt {
                source: Source::Rest,
                reason: Reason::Late,
            })),
            ..traded(name, now())
        };
        let all = [straddle("AA"), traded("QQQ", now()), straddle("SPY")];
        let records = all.each_ref().map(record);
        let withheld = ["AA", "QQQ"].map(|name| (symbol(name), Reason::Late)).into();
        let found = unjudged(all.iter().zip(&records), &withheld);
        let found: Vec<_> = found.into_iter().collect();
        assert_eq!(found, [(&symbol("AA"), &Reason::Late)]);
    }
}
