//! One FEED channel: what it was asked for, what it has announced, and the data that follows from both.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use super::{
    PricePath, candle,
    candle::{CandleEvent, CandleSymbol},
    fields,
    fields::{FieldKind, Source},
    message::{Contract, DataFormat, Entry, FeedSetup, Period},
    write,
};
use crate::fault::Layout;

/// Seconds between two flushes when the client does not ask.
const DEFAULT_PERIOD: f64 = 1.0;

/// One open channel.
#[derive(Debug)]
pub(super) struct Channel {
    id: u64,
    contract: Contract,
    format: DataFormat,
    period: f64,
    columns: BTreeMap<FieldKind, Vec<&'static str>>,
    announced: BTreeSet<FieldKind>,
    entries: BTreeMap<Key, Subscribed>,
    next_flush: Option<Instant>,
}

/// A subscription by the name of its type and its symbol, a candle's in canonical form.
pub(super) type Key = (String, String);

#[derive(Debug)]
struct Subscribed {
    served: Option<FieldKind>,
    from_time: Option<i64>,
    /// The event as it was last written.
    row: Option<String>,
}

/// What the text of one message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Config(String),
    Data(String),
}

impl Channel {
    pub(super) fn new(id: u64, contract: Contract) -> Self {
        Self {
            id,
            contract,
            format: DataFormat::Full,
            period: DEFAULT_PERIOD,
            columns: BTreeMap::new(),
            announced: BTreeSet::new(),
            entries: BTreeMap::new(),
            next_flush: None,
        }
    }

    /// Adopts the client's wishes; the answer is the first, field-less stage of the configuration.
    pub(super) fn configure(&mut self, setup: FeedSetup) -> String {
        self.period = match setup.accept_aggregation_period {
            None => self.period,
            Some(Period::Seconds(seconds)) if seconds >= 0.0 && Duration::try_from_secs_f64(seconds).is_ok() => seconds,
            Some(Period::Seconds(_) | Period::Other(_)) => DEFAULT_PERIOD,
        };
        if let Some(format) = setup.accept_data_format {
            self.format = format;
        }
        for (name, wanted) in setup.accept_event_fields {
            if let Some(kind) = FieldKind::parse(&name) {
                let chosen = kind.choose(&wanted);
                if self.columns.insert(kind, chosen.clone()).as_ref() != Some(&chosen) {
                    self.announced.remove(&kind);
                }
            }
        }
        self.config()
    }

    /// The field-less configuration.
    fn config(&self) -> String {
        write::config(self.id, self.format, self.period, None)
    }

    /// Changes the columns; they are announced again before the next data.
    pub(super) fn lay_out(&mut self, layout: &Layout) {
        for kind in FieldKind::ALL {
            let mut columns = self.columns(kind);
            match layout {
                Layout::Drop(name) => columns.retain(|column| column != name),
                Layout::Reverse(name) if kind.name() == name => columns.reverse(),
                Layout::Reverse(_) => {}
            }
            if columns != self.columns(kind) {
                self.columns.insert(kind, columns);
                self.announced.remove(&kind);
            }
        }
    }

    /// Goes on in FULL; the answer is the configuration that says so.
    pub(super) fn flip_full(&mut self) -> String {
        self.format = DataFormat::Full;
        self.config()
    }

    /// The key under which `entry` is kept.
    pub(super) fn key(entry: &Entry) -> Key {
        let symbol = match FieldKind::parse(&entry.kind) {
            Some(FieldKind::Candle) => CandleSymbol::parse(&entry.symbol).canonical,
            Some(
                FieldKind::Quote
                | FieldKind::Trade
                | FieldKind::TradeEth
                | FieldKind::Summary
                | FieldKind::Profile
                | FieldKind::Greeks,
            )
            | None => entry.symbol.clone(),
        };
        (entry.kind.clone(), symbol)
    }

    pub(super) fn holds(&self, key: &Key) -> bool {
        self.entries.contains_key(key)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn live_candles(&self) -> usize {
        self.entries
            .values()
            .filter(|entry| entry.served == Some(FieldKind::Candle))
            .count()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(super) fn remove(&mut self, key: &Key) {
        self.entries.remove(key);
    }

    /// Keeps the subscription; `false` when it stands already, unchanged.
    pub(super) fn add(&mut self, key: Key, from_time: Option<i64>) -> bool {
        let served = FieldKind::parse(&key.0);
        let from_time = from_time.filter(|_| served == Some(FieldKind::Candle) && self.contract != Contract::Ticker);
        let stands = self.entries.get(&key).is_some_and(|entry| entry.from_time == from_time);
        if !stands {
            self.entries.insert(
                key,
                Subscribed {
                    served,
                    from_time,
                    row: None,
                },
            );
        }
        !stands
    }

    /// What new subscriptions are answered with, type by type in the order of their first mention. Each snapshot goes
    /// through `corrupt`.
    pub(super) fn greet(
        &mut self,
        fresh: &[Key],
        tape: &impl PricePath,
        tick: u64,
        corrupt: impl Fn(&mut Vec<CandleEvent>),
    ) -> Vec<Said> {
        let mut rows: Vec<(FieldKind, Vec<String>)> = Vec::new();
        for key in fresh {
            let Some(kind) = self.entries.get(key).and_then(|entry| entry.served) else {
                continue;
            };
            let row = self.row(key, kind, tape, tick);
            let first = match self.entries.get_mut(key) {
                Some(entry) => {
                    entry.row.clone_from(&row);
                    entry.from_time
                }
                None => None,
            };
            let answer = match first {
                Some(from_time) => self.history(key, from_time, tape, tick, &corrupt),
                None if self.contract == Contract::Stream => Vec::new(),
                None => row.into_iter().collect(),
            };
            match rows.iter_mut().find(|(seen, _)| *seen == kind) {
                Some((_, of_kind)) => of_kind.extend(answer),
                None => rows.push((kind, answer)),
            }
        }
        rows.into_iter()
            .flat_map(|(kind, rows)| self.say(kind, &rows))
            .collect()
    }

    /// The events that differ from what was last written, once per aggregation period. `at` is when the tick was due,
    /// not when it was noticed, so that a period as long as a tick never misses one.
    pub(super) fn flush(&mut self, tape: &impl PricePath, tick: u64, at: Instant) -> Vec<Said> {
        if self.next_flush.is_some_and(|due| at < due) {
            return Vec::new();
        }
        self.next_flush = Duration::try_from_secs_f64(self.period)
            .ok()
            .and_then(|period| at.checked_add(period));
        let moved: Vec<(Key, FieldKind, String)> = self
            .entries
            .iter()
            .filter_map(|(key, entry)| {
                let kind = entry.served?;
                let row = self.row(key, kind, tape, tick)?;
                (entry.row.as_ref() != Some(&row)).then(|| (key.clone(), kind, row))
            })
            .collect();
        let mut rows: BTreeMap<FieldKind, Vec<String>> = BTreeMap::new();
        for (key, kind, row) in moved {
            if let Some(entry) = self.entries.get_mut(&key) {
                entry.row = Some(row.clone());
            }
            rows.entry(kind).or_default().push(row);
        }
        rows.into_iter()
            .flat_map(|(kind, rows)| self.say(kind, &rows))
            .collect()
    }

    /// `rows` as messages, behind the configuration of their type when that has not been told yet.
    fn say(&mut self, kind: FieldKind, rows: &[String]) -> Vec<Said> {
        let mut said = Vec::new();
        if self.format == DataFormat::Compact && self.announced.insert(kind) {
            let columns = self.columns(kind);
            said.push(Said::Config(write::config(
                self.id,
                self.format,
                self.period,
                Some((kind.name(), &columns)),
            )));
        }
        said.extend(
            write::data(self.id, kind.name(), self.format, rows)
                .into_iter()
                .map(Said::Data),
        );
        said
    }

    fn columns(&self, kind: FieldKind) -> Vec<&'static str> {
        self.columns.get(&kind).cloned().unwrap_or_else(|| kind.columns())
    }

    fn row(&self, key: &Key, kind: FieldKind, tape: &impl PricePath, tick: u64) -> Option<String> {
        match kind {
            FieldKind::Candle => {
                let symbol = CandleSymbol::parse(&key.1);
                let event = candle::newest(tape, symbol.served.then_some(&symbol.base)?, tick)?;
                self.written(kind, &key.1, Source::Candle(&event))
            }
            FieldKind::Quote
            | FieldKind::Trade
            | FieldKind::TradeEth
            | FieldKind::Summary
            | FieldKind::Profile
            | FieldKind::Greeks => self.written(kind, &key.1, Source::Last(&tape.last(&key.1, tick)?)),
        }
    }

    fn history(
        &self,
        key: &Key,
        from_time: i64,
        tape: &impl PricePath,
        tick: u64,
        corrupt: impl Fn(&mut Vec<CandleEvent>),
    ) -> Vec<String> {
        let symbol = CandleSymbol::parse(&key.1);
        let snapshot = symbol
            .served
            .then(|| candle::snapshot(tape, &symbol.base, from_time, tick))
            .flatten();
        let Some(mut events) = snapshot else { return Vec::new() };
        corrupt(&mut events);
        events
            .iter()
            .filter_map(|event| self.written(FieldKind::Candle, &symbol.canonical, Source::Candle(event)))
            .collect()
    }

    fn written(&self, kind: FieldKind, symbol: &str, source: Source<'_>) -> Option<String> {
        let cells = fields::cells(kind, symbol, source, &self.columns(kind))?;
        Some(write::row(kind.name(), self.format, &cells))
    }
}
