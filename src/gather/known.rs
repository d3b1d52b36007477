//! What is known of each symbol, and the record made of it: made again only where what is known has changed. No IO.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::instrument::{Instrument, Symbol};
use crate::market::{Evidence, Record, Rules, ages, merge};

/// The evidence and the record of every symbol.
#[derive(Debug, Default)]
pub(super) struct Known {
    entries: BTreeMap<Symbol, Entry>,
    merged_at: Option<Timestamp>,
    merges: usize,
}

#[derive(Debug)]
struct Entry {
    instrument: Instrument,
    evidence: Evidence,
    /// `None` where the evidence has changed since it was made.
    record: Option<Record>,
}

impl Known {
    pub(super) fn new(all: impl IntoIterator<Item = (Instrument, Evidence)>) -> Self {
        let entries = all.into_iter().map(|(instrument, evidence)| {
            let entry = Entry {
                instrument,
                evidence,
                record: None,
            };
            (entry.evidence.subject.symbol.clone(), entry)
        });
        Self {
            entries: entries.collect(),
            ..Self::default()
        }
    }

    /// Puts what a source `said` of `symbol` in its place.
    pub(super) fn put<T: PartialEq>(&mut self, symbol: &Symbol, place: fn(&mut Evidence) -> &mut T, said: T) {
        let Some(entry) = self.entries.get_mut(symbol) else {
            return;
        };
        let place = place(&mut entry.evidence);
        if *place != said {
            *place = said;
            entry.record = None;
        }
    }

    /// The evidence of each symbol, in the order of symbols.
    pub(super) fn evidence(&self) -> impl Iterator<Item = &Evidence> {
        self.entries.values().map(|entry| &entry.evidence)
    }

    pub(super) fn find(&self, symbol: &Symbol) -> Option<&Evidence> {
        self.entries.get(symbol).map(|entry| &entry.evidence)
    }

    /// Each symbol with a record of what is known by now, in the order of symbols.
    pub(super) fn records(
        &mut self,
        rules: &Rules<'_>,
    ) -> impl DoubleEndedIterator<Item = (&Instrument, &Evidence, &Record)> {
        let before = self.merged_at.replace(rules.now);
        for entry in self.entries.values_mut() {
            let current = |record: &Record| before.is_none_or(|before| !ages(record, before, rules.now));
            if !entry.record.as_ref().is_some_and(current) {
                entry.record = Some(merge(&entry.evidence, rules));
                self.merges += 1;
            }
        }
        let entries = self.entries.values();
        entries.filter_map(|entry| Some((&entry.instrument, &entry.evidence, entry.record.as_ref()?)))
    }

    /// How often a record was made.
    pub(super) fn merges(&self) -> usize {
        self.merges
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{instrument, metrics, nothing, now, rules, symbol, traded};
    use super::*;
    use crate::market::{Field, Reason};

    fn known(all: impl IntoIterator<Item = Evidence>) -> Known {
        let all = all.into_iter();
        Known::new(all.map(|evidence| (instrument(evidence.subject.symbol.as_str()), evidence)))
    }

    fn merges(known: &mut Known, now: Timestamp) -> usize {
        known.records(&rules(now)).count();
        known.merges()
    }

    #[test]
    fn a_record_is_made_once_per_symbol_and_change() {
        let mut known = known(["SPY", "QQQ", "AA"].map(nothing));
        assert_eq!(merges(&mut known, now()), 3);
        assert_eq!(merges(&mut known, now()), 3, "nothing has changed");
        let put = |known: &mut Known, name, said| {
            known.put(&symbol(name), |evidence| &mut evidence.metrics, said);
            merges(known, now())
        };
        assert_eq!(
            put(&mut known, "SPY", Err(Reason::NotAsked)),
            3,
            "the same again is no change"
        );
        assert_eq!(put(&mut known, "SPY", Ok(metrics("SPY", Some(0.2)))), 4);
        assert_eq!(put(&mut known, "SPY", Ok(metrics("SPY", Some(0.2)))), 4);
        assert_eq!(put(&mut known, "SPY", Ok(metrics("SPY", Some(0.3)))), 5);
        known.put(
            &symbol("QQQ"),
            |evidence| &mut evidence.rest_quote,
            Some(Err(Reason::NotAsked)),
        );
        known.put(
            &symbol("QQQ"),
            |evidence| &mut evidence.chain_iv,
            Some(Err(Reason::NotAsked)),
        );
        assert_eq!(merges(&mut known, now()), 6, "what was put since is merged at once");
        let spy = known
            .records(&rules(now()))
            .next_back()
            .and_then(|(.., record)| record.number(Field::Iv));
        assert_eq!(spy, Some(0.3));
    }

    #[test]
    fn time_alone_makes_a_record_anew_only_where_it_tells_on_it() {
        let old = "2026-11-18T18:00:00Z".parse().unwrap();
        let mut known = known([traded("SPY", now()), traded("AA", old)]);
        assert_eq!(merges(&mut known, now()), 2);
        let later = "2026-11-20T18:00:02Z".parse().unwrap();
        assert_eq!(merges(&mut known, later), 3, "AA is two seconds staler");
        let closed = "2026-11-20T21:00:00Z".parse().unwrap();
        assert_eq!(merges(&mut known, closed), 5, "a session has closed");
    }
}
