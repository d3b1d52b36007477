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
    pub(super) fn records(&mut self, rules: &Rules<'_>) -> impl Iterator<Item = (&Instrument, &Evidence, &Record)> {
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
