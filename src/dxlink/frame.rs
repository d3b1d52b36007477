//! Frames, decoded in one pass over the text: envelope, then each pair of type and values row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;
use smol_str::SmolStr;

use super::compact::ValuesSeed;
use super::event::{Event, EventType};
use super::full::read_object;
use super::layout::Layouts;
use super::row::{Field, Row};
use super::series::Bar;
use super::value::Loose;
use super::wanted::{Match, Wanted};

/// What a frame turned out to be.
#[derive(Debug)]
pub(super) enum Frame {
    /// Data of a channel; of another channel than the feed's it holds nothing.
    Data {
        /// The channel.
        channel: u64,
        /// What was read.
        findings: Findings,
    },
    /// A data message whose shape is not the feed's.
    Malformed,
    /// Any other message.
    Control,
}

/// What one data message held.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// The rows of wanted entries, in order.
    pub(super) readings: Vec<Reading>,
    /// Rows that cannot be used: of no wanted entry, or without what names them.
    pub(super) unmatched: u64,
    /// Pairs whose values fill no whole rows: columns and values.
    pub(super) ragged: BTreeMap<EventType, ColumnMismatch>,
    /// Types with at least one sound pair.
    pub(super) sound: BTreeSet<EventType>,
    /// Types that cannot be read before the server says their columns.
    pub(super) undecided: BTreeSet<EventType>,
    /// Types whose columns came inside the data, with a column that is missing.
    pub(super) configured: BTreeMap<EventType, Option<&'static str>>,
    /// Columns with values of the wrong kind.
    pub(super) invalid: Vec<Field>,
    /// There were more rows than [`MOST_ROWS`]; the rest is not among them.
    pub(super) flooded: bool,
}

/// Values that fill no whole rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ColumnMismatch {
    /// Columns in a row.
    pub(super) columns: usize,
    /// Values received.
    pub(super) values: usize,
}

/// One row of a wanted entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reading {
    /// A last value, under the entry's key.
    Event(EventType, SmolStr, Event),
    /// A row of a series, under the entry's key.
    Bar(SmolStr, Bar),
}

/// What decoding works on.
#[derive(Debug)]
pub(super) struct Decoding<'a> {
    pub(super) layouts: &'a mut Layouts,
    pub(super) row: &'a mut Row,
    pub(super) wanted: &'a Wanted,
    pub(super) choice: Choice<'a>,
    pub(super) findings: Findings,
}

/// Which types of a message are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Choice<'a> {
    /// All but those of which earlier messages are still held back.
    Without(&'a BTreeSet<EventType>),
    /// One that was held back.
    Only(EventType),
}

/// Reads one frame. Data is decoded when it belongs to `channel`.
///
/// # Errors
/// The text is no JSON message.
pub(super) fn read(
    text: &str,
    channel: Option<u64>,
    layouts: &mut Layouts,
    row: &mut Row,
    wanted: &Wanted,
    choice: Choice<'_>,
) -> Result<Frame, serde_json::Error> {
    let mut reader = Reader {
        feed: channel,
        decoding: Decoding {
            layouts,
            row,
            wanted,
            choice,
            findings: Findings::default(),
        },
        in_data: false,
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = deserializer
        .deserialize_map(&mut reader)
        .and_then(|envelope| deserializer.end().map(|()| envelope));
    reader.decoding.findings.invalid = reader.decoding.row.take_odd();
    match read {
        Ok(Envelope {
            kind: FrameKind::Data,
            channel: Some(channel),
        }) => Ok(Frame::Data {
            channel,
            findings: reader.decoding.findings,
        }),
        Ok(Envelope {
            kind: FrameKind::Data,
            channel: None,
        }) => Ok(Frame::Malformed),
        Ok(Envelope {
            kind: FrameKind::Other, ..
        }) => Ok(Frame::Control),
        Err(error) if error.is_data() && reader.in_data => Ok(Frame::Malformed),
        Err(error) => Err(error),
    }
}

impl Decoding<'_> {
    /// Whether pairs of `event_type` are read now; what is held back is noted.
    pub(super) fn chooses(&mut self, event_type: EventType) -> bool {
        match self.choice {
            Choice::Only(only) => only == event_type,
            Choice::Without(held) if held.contains(&event_type) => {
                self.findings.undecided.insert(event_type);
                false
            }
            Choice::Without(_) => true,
        }
    }

    /// Takes the finished row.
    pub(super) fn take_row(&mut self, event_type: EventType) {
        if self.findings.readings.len() >= MOST_ROWS {
            self.findings.flooded = true;
            return;
        }
        let key = match self.wanted.find(event_type, self.row.symbol()) {
            Match::Wanted(key) => key.clone(),
            Match::Left => return,
            Match::Never => {
                self.findings.unmatched += 1;
                return;
            }
        };
        let reading = match event_type {
            EventType::Candle => self.row.bar().map(|bar| Reading::Bar(key, bar)),
            EventType::Quote
            | EventType::Trade
            | EventType::TradeEth
            | EventType::Summary
            | EventType::Profile
            | EventType::Greeks => self
                .row
                .event(event_type, key.clone())
                .map(|event| Reading::Event(event_type, key, event)),
        };
        match reading {
            Some(reading) => self.findings.readings.push(reading),
            None => self.findings.unmatched += 1,
        }
    }
}

/// Rows of one message that are taken. The server names the columns and may name one: a message of the largest size
/// would be millions of rows, each much larger than its text.
pub(super) const MOST_ROWS: usize = 200_000;

struct Reader<'a> {
    feed: Option<u64>,
    decoding: Decoding<'a>,
    in_data: bool,
}

struct Envelope {
    kind: FrameKind,
    channel: Option<u64>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Type,
    Channel,
    Data,
    #[serde(other)]
    Other,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
enum FrameKind {
    #[serde(rename = "FEED_DATA")]
    Data,
    #[serde(other)]
    Other,
}

impl<'de> Visitor<'de> for &mut Reader<'_> {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message with a type")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope, A::Error> {
        let mut kind = None;
        let mut channel = None;
        let mut early: Option<&'de RawValue> = None;
        while let Some(key) = map.next_key()? {
            match key {
                Key::Type => kind = Some(map.next_value()?),
                Key::Channel => channel = map.next_value::<Loose>()?.channel(),
                Key::Data => match (kind, channel) {
                    (Some(FrameKind::Data), Some(_)) if channel == self.feed => {
                        self.in_data = true;
                        map.next_value_seed(DataSeed {
                            decoding: &mut self.decoding,
                        })?;
                    }
                    (Some(FrameKind::Other), _) | (Some(FrameKind::Data), Some(_)) => {
                        map.next_value::<IgnoredAny>()?;
                    }
                    (None, _) | (Some(FrameKind::Data), None) => early = Some(map.next_value()?),
                },
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let kind = kind.ok_or_else(|| A::Error::missing_field("type"))?;
        if let Some(data) = early
            && kind == FrameKind::Data
            && channel.is_some()
            && channel == self.feed
        {
            self.in_data = true;
            let seed = DataSeed {
                decoding: &mut self.decoding,
            };
            seed.deserialize(data.into_deserializer()).map_err(A::Error::custom)?;
        }
        Ok(Envelope { kind, channel })
    }
}

/// The value of `data`: pairs of type and values, or event objects.
struct DataSeed<'s, 'a> {
    decoding: &'s mut Decoding<'a>,
}

impl<'de> DeserializeSeed<'de> for DataSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for DataSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(header) = seq.next_element_seed(HeaderSeed {
            decoding: self.decoding,
        })? {
            let values = match header {
                Header::Object => continue,
                Header::Type(event_type) if self.decoding.chooses(event_type) => seq.next_element_seed(ValuesSeed {
                    event_type,
                    decoding: self.decoding,
                })?,
                Header::Type(_) | Header::Unknown => seq.next_element::<IgnoredAny>()?.map(|_| ()),
            };
            if values.is_none() {
                return Err(A::Error::custom("a type without values"));
            }
        }
        Ok(())
    }
}

enum Header {
    Type(EventType),
    Unknown,
    Object,
}

impl Header {
    fn from_name(name: &str) -> Self {
        EventType::from_name(name).map_or(Self::Unknown, Self::Type)
    }
}

struct HeaderSeed<'s, 'a> {
    decoding: &'s mut Decoding<'a>,
}

impl<'de> DeserializeSeed<'de> for HeaderSeed<'_, '_> {
    type Value = Header;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Header, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for HeaderSeed<'_, '_> {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event type, or an event")
    }

    fn visit_str<E>(self, name: &str) -> Result<Header, E> {
        Ok(Header::from_name(name))
    }

    /// The old form of a header, the type with its column list.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Header, A::Error> {
        let name: Loose = seq.next_element()?.unwrap_or_default();
        let columns: Vec<Loose> = seq.next_element()?.unwrap_or_default();
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        let header = Header::from_name(name.text());
        if let Header::Type(event_type) = header {
            let missing = self.decoding.layouts.adopt(event_type, columns.iter().map(Loose::text));
            self.decoding.findings.configured.insert(event_type, missing);
        }
        Ok(header)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Header, A::Error> {
        read_object(map, self.decoding)?;
        Ok(Header::Object)
    }
}
