//! The order of the printed rows.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::screened::Screened;
use crate::market::{Field, FieldType};
use crate::text::printable;

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

macro_rules! keys {
    (
        before { $($(#[doc = $doc:literal])+ $before:ident $name:literal $natural:ident $value:expr;)* }
        after { $($(#[doc = $doc_after:literal])+ $after:ident $name_after:literal $natural_after:ident $value_after:expr;)* }
    ) => {
        /// A printed column to sort by.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum SortKey {
            $($(#[doc = $doc])+ $before,)*
            /// A value of the record.
            Field(Field),
            $($(#[doc = $doc_after])+ $after,)*
        }

        impl SortKey {
            /// Every key, in the order of the columns.
            pub fn all() -> impl Iterator<Item = Self> {
                let fields = Field::ALL.into_iter().map(Self::Field);
                [$(Self::$before),*].into_iter().chain(fields).chain([$(Self::$after),*])
            }

            /// The column's name in machine output.
            pub fn name(self) -> &'static str {
                match self {
                    Self::Field(field) => field.name(),
                    $(Self::$before => $name,)*
                    $(Self::$after => $name_after,)*
                }
            }

            fn natural(self) -> Direction {
                match self {
                    Self::Field(field) if field.holds() == FieldType::Day => Direction::Ascending,
                    Self::Field(_) => Direction::Descending,
                    $(Self::$before => Direction::$natural,)*
                    $(Self::$after => Direction::$natural_after,)*
                }
            }

            fn of<'a>(self, screened: &'a Screened<'_>) -> Option<Key<'a>> {
                match self {
                    Self::Field(field) => {
                        let value = screened.record.get(field)?.value;
                        value.number().map(Key::Number).or_else(|| value.day().map(Key::Day))
                    }
                    $(Self::$before => { let value: Value = $value; value(screened) })*
                    $(Self::$after => { let value: Value = $value_after; value(screened) })*
                }
            }
        }
    };
}

keys! {
    before {
        /// Place by score among those that passed.
        Rank "rank" Ascending |row| row.rank.map(Key::Count);
        /// The symbol.
        Symbol "symbol" Ascending |row| Some(Key::Text(row.record.symbol.as_str()));
        /// The futures contract.
        Contract "contract" Ascending |row| row.record.contract.as_ref().map(|contract| Key::Text(contract.as_str()));
        /// Days to the end of the contract.
        DaysToExpiration "days_to_expiration" Ascending
            |row| row.record.days_to_expiration.map(|days| Key::Number(f64::from(days)));
        /// The feed's symbol.
        StreamerSymbol "streamer_symbol" Ascending
            |row| row.record.streamer_symbol.as_ref().map(|symbol| Key::Text(symbol.as_str()));
        /// The kind of instrument.
        Kind "kind" Ascending |row| Some(Key::Text(row.record.kind.name()));
        /// The asset class.
        AssetClass "asset_class" Ascending |row| Some(Key::Text(&row.record.asset_class));
    }
    after {
        /// The score.
        Score "score" Descending |row| row.assessment.score.map(Key::Number);
        /// The signal.
        Signal "signal" Ascending |row| row.assessment.signal.map(|signal| Key::Text(signal.name()));
        /// The environment.
        Environment "environment" Ascending |row| row.assessment.environment.map(|known| Key::Text(known.name()));
        /// The vote.
        Vote "vote" Ascending |row| row.assessment.vote.map(|vote| Key::Text(vote.name()));
        /// Whether it is held.
        Held "held" Descending |row| Some(Key::Count(usize::from(row.assessment.held)));
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

/// What a row is ordered by.
type Value = for<'a> fn(&'a Screened<'_>) -> Option<Key<'a>>;

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
