//! The order of the printed rows.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::{Flag, Screened};
use crate::instrument::Kind;
use crate::market::{Field, FieldType};
use crate::text::printable;

/// A printed column to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// Place by score among those that passed.
    Rank,
    /// The symbol.
    Symbol,
    /// The futures contract.
    Contract,
    /// Days to the end of the contract.
    DaysToExpiration,
    /// The feed's symbol.
    StreamerSymbol,
    /// The kind of instrument.
    Kind,
    /// The asset class.
    AssetClass,
    /// A value of the record.
    Field(Field),
    /// The score.
    Score,
    /// The signal.
    Signal,
    /// The environment.
    Environment,
    /// The vote.
    Vote,
    /// Whether it is held.
    Held,
}

/// Which end comes first. Missing values come last either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// A key with its direction, parsed from `KEY`, `KEY:asc` or `KEY:desc`.
///
/// Without a direction texts, dates, ranks and days ascend, every other number descends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// The column.
    pub key: SortKey,
    /// The direction.
    pub direction: Direction,
}

/// Why a text is not a [`Sort`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SortError {
    /// No printed column has this name.
    #[error("unknown sort key {key:?}; the nearest one is {nearest:?}")]
    Key {
        /// What was given.
        key: String,
        /// The known key that is most like it.
        nearest: &'static str,
    },
    /// Neither `asc` nor `desc`.
    #[error("unknown sort direction {0:?}; it is asc or desc")]
    Direction(String),
}

impl SortKey {
    /// Every key, in the order of the columns.
    pub fn all() -> impl Iterator<Item = Self> {
        BEFORE
            .into_iter()
            .chain(Field::ALL.into_iter().map(Self::Field))
            .chain(AFTER)
    }

    /// The column's name in machine output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rank => "rank",
            Self::Symbol => "symbol",
            Self::Contract => "contract",
            Self::DaysToExpiration => "days_to_expiration",
            Self::StreamerSymbol => "streamer_symbol",
            Self::Kind => "kind",
            Self::AssetClass => "asset_class",
            Self::Field(field) => field.name(),
            Self::Score => "score",
            Self::Signal => "signal",
            Self::Environment => "environment",
            Self::Vote => "vote",
            Self::Held => "held",
        }
    }

    fn natural(self) -> Direction {
        match self {
            Self::Field(field) if field.holds() == FieldType::Day => Direction::Ascending,
            Self::Rank
            | Self::Symbol
            | Self::Contract
            | Self::DaysToExpiration
            | Self::StreamerSymbol
            | Self::Kind
            | Self::AssetClass
            | Self::Signal
            | Self::Environment
            | Self::Vote => Direction::Ascending,
            Self::Field(_) | Self::Score | Self::Held => Direction::Descending,
        }
    }

    fn of<'a>(self, screened: &'a Screened<'_>) -> Option<Key<'a>> {
        let record = screened.record;
        let assessment = &screened.assessment;
        match self {
            Self::Rank => screened.rank.map(Key::Count),
            Self::Symbol => Some(Key::Text(record.symbol.as_str())),
            Self::Contract => record.contract.as_ref().map(|contract| Key::Text(contract.as_str())),
            Self::DaysToExpiration => record.days_to_expiration.map(|days| Key::Number(f64::from(days))),
            Self::StreamerSymbol => record.streamer_symbol.as_ref().map(|symbol| Key::Text(symbol.as_str())),
            Self::Kind => Some(Key::Text(kind_name(record.kind))),
            Self::AssetClass => Some(Key::Text(&record.asset_class)),
            Self::Field(field) => {
                let value = record.get(field)?.value;
                value.number().map(Key::Number).or_else(|| value.day().map(Key::Day))
            }
            Self::Score => assessment.score.map(Key::Number),
            Self::Signal => assessment.signal.map(|signal| Key::Text(signal.name())),
            Self::Environment => assessment.environment.map(|environment| Key::Text(environment.name())),
            Self::Vote => assessment.vote.map(|vote| Key::Text(vote.name())),
            Self::Held => Some(Key::Count(usize::from(assessment.flags.contains(&Flag::Held)))),
        }
    }
}

impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            key: SortKey::Rank,
            direction: Direction::Ascending,
        }
    }
}

impl Sort {
    /// The order of two rows: missing last, ties by symbol.
    pub(super) fn compare(self, a: &Screened<'_>, b: &Screened<'_>) -> Ordering {
        let by_key = match (self.key.of(a), self.key.of(b)) {
            (Some(a), Some(b)) => match self.direction {
                Direction::Ascending => a.compare(&b),
                Direction::Descending => b.compare(&a),
            },
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        by_key.then_with(|| a.record.symbol.cmp(&b.record.symbol))
    }
}

impl FromStr for Sort {
    type Err = SortError;

    fn from_str(text: &str) -> Result<Self, SortError> {
        let (name, direction) = match text.split_once(':') {
            Some((name, direction)) => (name, Some(direction)),
            None => (text, None),
        };
        let key = SortKey::all()
            .find(|key| key.name() == name)
            .ok_or_else(|| unknown(name))?;
        let direction = match direction {
            None => key.natural(),
            Some("asc") => Direction::Ascending,
            Some("desc") => Direction::Descending,
            Some(other) => return Err(SortError::Direction(other.to_owned())),
        };
        Ok(Self { key, direction })
    }
}

enum Key<'a> {
    Text(&'a str),
    Count(usize),
    Number(f64),
    Day(jiff::civil::Date),
}

impl Key<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Count(a), Self::Count(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Day(a), Self::Day(b)) => a.cmp(b),
            (Self::Text(_) | Self::Count(_) | Self::Number(_) | Self::Day(_), _) => Ordering::Equal,
        }
    }
}

/// The kind's name in machine output.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Equity => "equity",
        Kind::Index => "index",
        Kind::Future => "future",
        Kind::EquityOption => "equity-option",
        Kind::FutureOption => "future-option",
        Kind::Crypto => "crypto",
    }
}

fn unknown(name: &str) -> SortError {
    let nearest = SortKey::all()
        .map(SortKey::name)
        .min_by_key(|known| strsim::damerau_levenshtein(known, name))
        .unwrap_or("rank");
    SortError::Key {
        key: printable(name).take(40).collect(),
        nearest,
    }
}

const BEFORE: [SortKey; 7] = [
    SortKey::Rank,
    SortKey::Symbol,
    SortKey::Contract,
    SortKey::DaysToExpiration,
    SortKey::StreamerSymbol,
    SortKey::Kind,
    SortKey::AssetClass,
];

const AFTER: [SortKey; 5] = [
    SortKey::Score,
    SortKey::Signal,
    SortKey::Environment,
    SortKey::Vote,
    SortKey::Held,
];
