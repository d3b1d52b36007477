//! The wanted set of one connection: which entries are asked for, sent, answered, and what goes into the next message.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::candle_symbol::canonical;
use super::event::EventType;
use super::message;
use super::pacing::BATCH_BYTES;
use super::series::Series;
use super::subscription::Subscription;

/// All entries, by type and by the symbol as the server spells it.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    entries: BTreeMap<EventType, BTreeMap<SmolStr, Entry>>,
    to_add: BTreeSet<(EventType, SmolStr)>,
    to_remove: BTreeSet<(EventType, SmolStr)>,
    start: Start,
}

/// One entry.
#[derive(Debug)]
pub(super) struct Entry {
    /// The symbol as it was subscribed.
    pub(super) spelled: SmolStr,
    /// The time of the newest trade or Greeks, Unix milliseconds.
    pub(super) newest: Option<i64>,
    /// The bars.
    pub(super) series: Series,
    from_time: Option<i64>,
    standing: Standing,
}

/// Whether a symbol of the server belongs to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match<'a> {
    /// Wanted, under this key.
    Wanted(&'a SmolStr),
    /// Wanted until a while ago: late events are no fault.
    Left,
    /// Never asked for.
    Never,
}

/// The next message.
#[derive(Debug)]
pub(super) struct Batch {
    /// FEED_SUBSCRIPTION.
    pub(super) text: String,
    /// How many changes it asks for.
    pub(super) entries: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// To be sent.
    Queued,
    /// To be sent while the server still serves the entry with another start.
    Replaced,
    /// Sent, nothing heard.
    Sent,
    /// Sent and perhaps refused: to be sent again unless it is answered first.
    Doubted,
    /// At least one event came.
    Answered,
    /// Not wanted any more.
    Left,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Start {
    /// The next message replaces whatever the channel has.
    #[default]
    Fresh,
    /// Messages add and remove.
    Running,
    /// The server takes no more entries.
    Full,
}

impl Wanted {
    /// Adds an entry. One that is there with the same start changes nothing.
    pub(super) fn subscribe(&mut self, subscription: Subscription) {
        let Subscription {
            event_type,
            symbol,
            from_time,
        } = subscription;
        let key = key(event_type, &symbol);
        let entries = self.entries.entry(event_type).or_default();
        let entry = entries
            .entry(key.clone())
            .or_insert_with(|| Entry::new(symbol.clone(), from_time));
        match entry.standing {
            Standing::Left => *entry = Entry::new(symbol, from_time),
            Standing::Queued | Standing::Replaced => entry.from_time = from_time,
            Standing::Sent | Standing::Doubted | Standing::Answered if entry.from_time != from_time => {
                entry.from_time = from_time;
                entry.series = Series::default();
                entry.standing = Standing::Replaced;
            }
            Standing::Sent | Standing::Doubted | Standing::Answered => return,
        }
        if self.start != Start::Full {
            self.to_add.insert((event_type, key));
        }
    }

    /// Takes an entry out.
    pub(super) fn unsubscribe(&mut self, event_type: EventType, symbol: &str) {
        let key = key(event_type, symbol);
        let Some(entry) = self.entry(event_type, &key) else {
            return;
        };
        let served = match entry.standing {
            Standing::Left => return,
            Standing::Queued => false,
            Standing::Replaced | Standing::Sent | Standing::Doubted | Standing::Answered => true,
        };
        entry.standing = Standing::Left;
        entry.series = Series::default();
        self.to_add.remove(&(event_type, key.clone()));
        if served {
            self.to_remove.insert((event_type, key));
        }
    }

    /// The types with at least one entry.
    pub(super) fn types(&self) -> BTreeSet<EventType> {
        let wanted = self
            .entries
            .iter()
            .filter(|(_, entries)| entries.values().any(Entry::is_wanted));
        wanted.map(|(event_type, _)| *event_type).collect()
    }

    /// Whether `symbol`, as the server spells it, is wanted.
    pub(super) fn find(&self, event_type: EventType, symbol: &str) -> Match<'_> {
        let Some(entries) = self.entries.get(&event_type) else {
            return Match::Never;
        };
        let found = entries.get_key_value(symbol).or_else(|| match event_type {
            EventType::Candle => entries.get_key_value(&canonical(symbol)),
            EventType::Quote
            | EventType::Trade
            | EventType::TradeEth
            | EventType::Summary
            | EventType::Profile
            | EventType::Greeks => None,
        });
        match found {
            Some((key, entry)) if entry.is_wanted() => Match::Wanted(key),
            Some(_) => Match::Left,
            None => Match::Never,
        }
    }

    /// The entry under `key`, an event of which has come.
    pub(super) fn answered(&mut self, event_type: EventType, key: &str) -> Option<&mut Entry> {
        let entry = self.entry(event_type, key)?;
        entry.standing = match entry.standing {
            Standing::Sent | Standing::Doubted | Standing::Answered => Standing::Answered,
            Standing::Queued => Standing::Queued,
            Standing::Replaced => Standing::Replaced,
            Standing::Left => Standing::Left,
        };
        Some(entry)
    }

    /// A new channel is opened: everything is asked for again.
    pub(super) fn restart(&mut self) {
        self.to_add.clear();
        self.to_remove.clear();
        self.start = Start::Fresh;
        for (event_type, entries) in &mut self.entries {
            entries.retain(|_, entry| entry.is_wanted());
            for (key, entry) in entries {
                entry.standing = Standing::Queued;
                entry.series = Series::default();
                self.to_add.insert((*event_type, key.clone()));
            }
        }
    }

    /// Entries were refused, nobody says which: the silent ones are sent again.
    pub(super) fn doubt(&mut self) {
        if self.start == Start::Full {
            return;
        }
        for (event_type, entries) in &mut self.entries {
            for (key, entry) in entries.iter_mut().filter(|(_, entry)| entry.standing == Standing::Sent) {
                entry.standing = Standing::Doubted;
                self.to_add.insert((*event_type, key.clone()));
            }
        }
    }

    /// The server takes no more entries: nothing is added on this channel any more.
    pub(super) fn stop_adding(&mut self) {
        self.to_add.clear();
        self.start = Start::Full;
    }

    /// Whether a message is waiting.
    pub(super) fn has_batch(&self) -> bool {
        !self.to_add.is_empty() || !self.to_remove.is_empty()
    }

    /// The next message, of at most `most` entries.
    pub(super) fn next_batch(&mut self, channel: u64, most: usize) -> Option<Batch> {
        let mut bytes = message::feed_subscription(channel, true, &[], &[]).len() + ENVELOPE_BYTES;
        let mut remove = Vec::new();
        let mut add = Vec::new();
        while let Some((event_type, key)) = self.to_remove.first().cloned() {
            let Some(entry) = self.entry(event_type, &key) else {
                break;
            };
            let text = entry.removal(event_type);
            if !fits(&mut bytes, &text, remove.len(), most) {
                break;
            }
            remove.push(text);
            self.to_remove.pop_first();
        }
        while let Some((event_type, key)) = self.to_add.first().cloned() {
            let Some(entry) = self.entry(event_type, &key) else {
                break;
            };
            if matches!(entry.standing, Standing::Answered | Standing::Left) {
                self.to_add.pop_first();
                continue;
            }
            let text = message::entry(event_type, &entry.spelled, entry.from_time);
            if !self.to_remove.is_empty() || !fits(&mut bytes, &text, remove.len() + add.len(), most) {
                break;
            }
            if let Some(entry) = self.entry(event_type, &key) {
                entry.standing = Standing::Sent;
            }
            add.push(text);
            self.to_add.pop_first();
        }
        let entries = remove.len() + add.len();
        if entries == 0 {
            return None;
        }
        let reset = self.start == Start::Fresh;
        if reset {
            self.start = Start::Running;
        }
        Some(Batch {
            text: message::feed_subscription(channel, reset, &remove, &add),
            entries,
        })
    }

    fn entry(&mut self, event_type: EventType, key: &str) -> Option<&mut Entry> {
        self.entries.get_mut(&event_type)?.get_mut(key)
    }
}

impl Entry {
    fn new(spelled: SmolStr, from_time: Option<i64>) -> Self {
        Self {
            spelled,
            newest: None,
            series: Series::default(),
            from_time,
            standing: Standing::Queued,
        }
    }

    fn is_wanted(&self) -> bool {
        self.standing != Standing::Left
    }

    /// Series are removed with a start, which the server demands and ignores.
    fn removal(&self, event_type: EventType) -> String {
        let from_time = match event_type {
            EventType::Candle => Some(self.from_time.unwrap_or_default()),
            EventType::Quote
            | EventType::Trade
            | EventType::TradeEth
            | EventType::Summary
            | EventType::Profile
            | EventType::Greeks => self.from_time,
        };
        message::entry(event_type, &self.spelled, from_time)
    }
}

/// The first entry always fits, however long: it cannot be split.
fn fits(bytes: &mut usize, text: &str, before: usize, most: usize) -> bool {
    let grown = *bytes + text.len() + 1;
    if before >= most || (before > 0 && grown > BATCH_BYTES) {
        return false;
    }
    *bytes = grown;
    true
}

fn key(event_type: EventType, symbol: &str) -> SmolStr {
    match event_type {
        EventType::Candle => canonical(symbol),
        EventType::Quote
        | EventType::Trade
        | EventType::TradeEth
        | EventType::Summary
        | EventType::Profile
        | EventType::Greeks => SmolStr::new(symbol),
    }
}

/// `,"remove":[]` and `,"add":[]`.
const ENVELOPE_BYTES: usize = 22;
