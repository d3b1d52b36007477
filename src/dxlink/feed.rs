//! The data side of one channel: layouts, messages held back until they can be read, and what becomes of each row.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use smol_str::SmolStr;

use super::error::Anomaly;
use super::event::{Candles, Event, EventType};
use super::frame::{self, Choice, Findings, Frame, Reading};
use super::layout::Layouts;
use super::output::Output;
use super::row::{Field, Row};
use super::series::{MOST_BARS, Taken};
use super::wanted::Wanted;

/// Everything known of the channel's data.
#[derive(Debug)]
pub(super) struct Feed {
    /// What is asked for.
    pub(super) wanted: Wanted,
    /// Rows read and matched.
    pub(super) events: u64,
    /// Rows, pairs and messages that could not be used.
    pub(super) dropped: u64,
    layouts: Layouts,
    row: Row,
    held: VecDeque<Held>,
    held_bytes: usize,
    /// Types of which a message was not held back: their rows have a hole.
    holed: BTreeSet<EventType>,
    ragged: BTreeMap<EventType, u32>,
    invalid: BTreeSet<Field>,
}

/// A message of which one type cannot be read yet.
#[derive(Debug)]
struct Held {
    event_type: EventType,
    text: String,
}

/// What a data message means for the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Rows were read.
    Flowing,
    /// Nothing could be read.
    Idle,
    /// A type does not fit its columns again and again: ask for the columns anew.
    Mismatched,
}

impl Feed {
    /// A feed that asks for `wanted`.
    pub(super) fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            events: 0,
            dropped: 0,
            layouts: Layouts::new(),
            row: Row::new(),
            held: VecDeque::new(),
            held_bytes: 0,
            holed: BTreeSet::new(),
            ragged: BTreeMap::new(),
            invalid: BTreeSet::new(),
        }
    }

    /// A new channel is opened: nothing the server said on an older one holds any more.
    pub(super) fn restart(&mut self) {
        self.layouts = Layouts::new();
        self.held.clear();
        self.held_bytes = 0;
        self.holed.clear();
        self.ragged.clear();
        self.wanted.restart();
    }

    /// Reads one frame; of data only what belongs to `channel`.
    ///
    /// # Errors
    /// The text is no JSON message.
    pub(super) fn read(&mut self, text: &str, channel: Option<u64>) -> Result<Frame, serde_json::Error> {
        let held = self.held.iter().map(|held| held.event_type).collect();
        self.decode(text, channel, Choice::Without(&held))
    }

    /// Takes what was read from `text`, a message of `channel`.
    pub(super) fn take(
        &mut self,
        findings: Findings,
        text: &str,
        channel: u64,
        outputs: &mut VecDeque<Output>,
    ) -> Progress {
        for event_type in &findings.undecided {
            self.hold(*event_type, text);
        }
        let configured: Vec<_> = findings
            .configured
            .iter()
            .map(|(event_type, missing)| (*event_type, *missing))
            .collect();
        let progress = self.apply(findings, outputs);
        for (event_type, missing) in configured {
            self.tell_missing(event_type, missing, outputs);
            self.release(event_type, channel, outputs);
        }
        progress
    }

    /// Takes the columns of one type, and reads what was held back for want of them.
    pub(super) fn configure(
        &mut self,
        event_type: EventType,
        columns: &[String],
        channel: u64,
        outputs: &mut VecDeque<Output>,
    ) {
        let missing = self.layouts.adopt(event_type, columns.iter().map(String::as_str));
        self.tell_missing(event_type, missing, outputs);
        if self.layouts.negotiated(event_type).is_some() {
            self.release(event_type, channel, outputs);
        }
    }

    fn decode(&mut self, text: &str, channel: Option<u64>, choice: Choice<'_>) -> Result<Frame, serde_json::Error> {
        frame::read(text, channel, &mut self.layouts, &mut self.row, &self.wanted, choice)
    }

    fn hold(&mut self, event_type: EventType, text: &str) {
        let bytes = self.held_bytes.saturating_add(text.len());
        if self.held.len() < MOST_HELD && bytes <= MOST_HELD_BYTES {
            self.held_bytes = bytes;
            self.held.push_back(Held {
                event_type,
                text: text.to_owned(),
            });
        } else {
            self.dropped += 1;
            self.holed.insert(event_type);
        }
    }

    fn release(&mut self, event_type: EventType, channel: u64, outputs: &mut VecDeque<Output>) {
        let (released, kept) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|held| held.event_type == event_type);
        self.held = kept;
        self.held_bytes = self.held.iter().map(|held| held.text.len()).sum();
        let released: VecDeque<Held> = released;
        for held in released {
            match self.decode(&held.text, Some(channel), Choice::Only(event_type)) {
                Ok(Frame::Data { findings, .. }) => {
                    if findings.flooded {
                        self.dropped += 1;
                        self.holed.insert(event_type);
                    }
                    self.apply(findings, outputs);
                }
                Ok(Frame::Malformed | Frame::Control) | Err(_) => self.dropped += 1,
            }
        }
        if self.holed.remove(&event_type) && event_type == EventType::Candle {
            self.wanted.lose_rows();
        }
    }

    fn apply(&mut self, findings: Findings, outputs: &mut VecDeque<Output>) -> Progress {
        self.dropped += findings.unmatched;
        for field in findings.invalid {
            if self.invalid.insert(field) {
                outputs.push_back(Output::Anomaly(Anomaly::OddValue { column: field.name() }));
            }
        }
        let mut progress = if findings.readings.is_empty() {
            Progress::Idle
        } else {
            Progress::Flowing
        };
        for event_type in findings.sound {
            self.ragged.remove(&event_type);
        }
        let holed = findings.ragged.contains_key(&EventType::Candle);
        for (event_type, ragged) in findings.ragged {
            self.dropped += 1;
            let in_a_row = self.ragged.entry(event_type).or_default();
            *in_a_row += 1;
            if *in_a_row == MOST_RAGGED {
                *in_a_row = 0;
                progress = Progress::Mismatched;
            }
            let (columns, values) = (ragged.columns, ragged.values);
            outputs.push_back(Output::Anomaly(Anomaly::RaggedRows {
                event_type,
                columns,
                values,
            }));
        }
        let mut changed = BTreeSet::new();
        for reading in findings.readings {
            self.events += 1;
            match reading {
                Reading::Event(event_type, key, event) => {
                    if self.is_news(event_type, &key, &event) {
                        outputs.push_back(Output::Event(event));
                    }
                }
                Reading::Bar(key, bar) => {
                    let entry = self.wanted.answered(EventType::Candle, &key);
                    match entry.map(|entry| (entry.series.take(bar), &entry.spelled)) {
                        Some((Taken::Changed, _)) => {
                            changed.insert(key);
                        }
                        Some((Taken::Overflowed, symbol)) => {
                            let (symbol, most) = (symbol.clone(), MOST_BARS);
                            outputs.push_back(Output::Anomaly(Anomaly::EndlessSeries { symbol, most }));
                        }
                        Some((Taken::Waiting, _)) | None => {}
                    }
                }
            }
        }
        if holed {
            self.wanted.lose_rows();
        }
        for key in changed {
            self.publish(&key, outputs);
        }
        progress
    }

    /// Marks the entry answered. False for a trade, or Greeks, older than what came before.
    fn is_news(&mut self, event_type: EventType, key: &str, event: &Event) -> bool {
        let Some(entry) = self.wanted.answered(event_type, key) else {
            return false;
        };
        let Some(time) = time(event) else {
            return true;
        };
        if entry.newest.is_some_and(|newest| time < newest) {
            return false;
        }
        entry.newest = Some(time);
        true
    }

    fn publish(&mut self, key: &SmolStr, outputs: &mut VecDeque<Output>) {
        let Some(entry) = self.wanted.answered(EventType::Candle, key) else {
            return;
        };
        outputs.push_back(Output::Event(Event::Candles(Candles {
            symbol: entry.spelled.clone(),
            bars: entry.series.bars(),
            snipped: entry.series.snipped(),
        })));
    }

    fn tell_missing(&self, event_type: EventType, missing: Option<&'static str>, outputs: &mut VecDeque<Output>) {
        if let Some(column) = missing {
            outputs.push_back(Output::Anomaly(Anomaly::MissingColumn { event_type, column }));
        }
    }
}

/// The time of the event as a whole, where it has one.
fn time(event: &Event) -> Option<i64> {
    match event {
        Event::Trade(trade) | Event::TradeEth(trade) => trade.time,
        Event::Greeks(greeks) => greeks.time,
        Event::Quote(_) | Event::Summary(_) | Event::Profile(_) | Event::Candles(_) => None,
    }
}

/// Messages held back at most, and their bytes: a message with several types counts once for each.
const MOST_HELD: usize = 64;
const MOST_HELD_BYTES: usize = 16 << 20;
/// Misfitting pairs of one type in a row after which the columns are asked for anew.
const MOST_RAGGED: u32 = 3;

#[cfg(test)]
mod tests;
