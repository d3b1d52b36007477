//! The record and the values in it.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use smol_str::SmolStr;

use super::field::{Field, field_table};
use super::field_value::{FieldMap, FieldValue, Held};
use super::method::Method;
use super::note::Note;
use super::reason::Reason;
use super::roll::Roll;
use super::subject::Subject;
use crate::instrument::{Kind, StreamerSymbol, Symbol};
use crate::units::{Price, Rank, Vol};

/// Where a value came from. A value we computed carries the source of its inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Streamed events.
    Dxlink,
    /// Daily bars streamed as candles.
    DxlinkCandles,
    /// tastytrade's REST API.
    Rest,
    /// The deprecated chart endpoint.
    Legacy,
    /// What earlier runs kept.
    Store,
    /// Our own option model on quotes of the option chain.
    Model,
    /// tastytrade's REST API, about a stand-in that the configuration names.
    Proxy,
}

/// A value, who gave it, the moment it describes and how it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Who gave it, or gave what it was computed from.
    pub source: Source,
    /// The moment the value describes; the moment of receipt where the source does not say.
    pub as_of: Timestamp,
    /// How it was made: `quote mid`, `last trade`, `close-to-close, 30 returns`.
    pub method: Method,
}

/// One source that was asked for a field and why it did not give it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Attempt {
    /// Who was asked.
    pub source: Source,
    /// Why there is no value, in a few words.
    pub reason: Reason,
}

/// A field without a value, and what was tried.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Missing {
    /// The field.
    pub field: Field,
    /// What was tried, in order.
    pub tried: Vec<Attempt>,
}

/// Everything known about one symbol.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// As asked for, canonical.
    pub symbol: Symbol,
    /// For futures the contract behind the symbol, `/ESZ6`; for options on them what REST calls them where that is known.
    pub contract: Option<Symbol>,
    /// Days from today to the last day of that contract.
    pub days_to_expiration: Option<i32>,
    /// Of a futures root the change of its contract, if one is near.
    pub roll: Option<Roll>,
    /// What the feed calls it.
    pub streamer_symbol: Option<StreamerSymbol>,
    /// What it is.
    pub kind: Kind,
    /// `Equity`, `Index`, `Commodity`, … by the configured table.
    pub asset_class: SmolStr,
    /// The values of the fields.
    pub(crate) values: FieldMap<Sourced<FieldValue>>,
    /// Values that are not from the first source of their field: who was tried before, in field order.
    pub tried_before: Vec<Missing>,
    /// What is missing of the fields this kind of instrument can have, in field order.
    pub missing: Vec<Missing>,
    /// Remarks on the record, in the order of their kinds.
    pub notes: Vec<Note>,
    /// Of a stale record the age in seconds: that of its oldest value an earlier run kept, else of its price.
    pub stale_seconds: Option<i64>,
}

impl Source {
    /// The name in machine output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dxlink => "dxlink",
            Self::DxlinkCandles => "dxlink-candles",
            Self::Rest => "rest",
            Self::Legacy => "legacy",
            Self::Store => "store",
            Self::Model => "model",
            Self::Proxy => "proxy",
        }
    }
}

/// A value, or why a source has none.
pub(super) type Offer<T> = Result<Sourced<T>, Reason>;

impl<T> Sourced<T> {
    /// The value made into something else.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced {
            value: make(self.value),
            source: self.source,
            as_of: self.as_of,
            method: self.method,
        }
    }

    /// Another value of the same origin.
    pub fn with<U>(&self, value: U) -> Sourced<U> {
        Sourced {
            value,
            source: self.source,
            as_of: self.as_of,
            method: self.method.clone(),
        }
    }
}

impl Record {
    /// A record of `subject` without any value.
    pub fn new(subject: &Subject) -> Self {
        Self {
            symbol: subject.symbol.clone(),
            contract: subject.contract.clone(),
            days_to_expiration: None,
            roll: subject.roll.clone(),
            streamer_symbol: subject.streamer.clone(),
            kind: subject.kind,
            asset_class: subject.asset_class.clone(),
            values: FieldMap::default(),
            tried_before: Vec::new(),
            missing: Vec::new(),
            notes: Vec::new(),
            stale_seconds: None,
        }
    }

    /// Whether `field` has a value.
    pub fn has(&self, field: Field) -> bool {
        self.get(field).is_some()
    }

    /// What `field` holds, with its origin.
    pub fn get(&self, field: Field) -> Option<&Sourced<FieldValue>> {
        self.values.get(field)
    }

    /// The number that `field` holds, -0 as 0.
    pub fn number(&self, field: Field) -> Option<f64> {
        self.get(field)?.value.number()
    }

    /// Who gave what `field` holds.
    pub fn source(&self, field: Field) -> Option<Source> {
        self.get(field).map(|sourced| sourced.source)
    }

    /// What is there of all fields, in field order.
    pub fn values(&self) -> &FieldMap<Sourced<FieldValue>> {
        &self.values
    }

    /// Puts `value` into `field`, or nothing; what is not a finite number is nothing.
    pub fn set<T: Into<FieldValue>>(&mut self, field: Field, value: Option<Sourced<T>>) {
        let value = value.map(|sourced| sourced.map(Into::into));
        let is_sound = |value: FieldValue| value.number().is_none_or(f64::is_finite);
        self.values.set(field, value.filter(|sourced| is_sound(sourced.value)));
    }

    /// What was tried for `field`, if it is missing.
    pub fn gap(&self, field: Field) -> Option<&Missing> {
        self.missing.iter().find(|missing| missing.field == field)
    }

    /// Whether anybody was asked for `field`.
    pub fn was_asked(&self, field: Field) -> bool {
        self.has(field) || self.gap(field).is_some()
    }

    /// What `field` holds as a value of its type.
    fn typed<T: Held>(&self, field: Field) -> Option<Sourced<T>> {
        let sourced = self.get(field)?;
        Some(sourced.with(T::of(sourced.value)?))
    }
}

/// The type in the program of what a [`FieldType`](super::field::FieldType) says.
macro_rules! held {
    (Price) => {
        Price
    };
    (Vol) => {
        Vol
    };
    (Rank) => {
        Rank
    };
    (Number) => {
        f64
    };
    (Fraction) => {
        f64
    };
    (Count) => {
        f64
    };
    (Rating) => {
        i32
    };
    (Day) => {
        Date
    };
}

macro_rules! accessors {
    ($($(#[doc = $doc:literal])+ $field:ident, $accessor:ident: $type:ident $(($decimals:literal))? = $spec:expr;)*) => {
        impl Record {
            $(
                $(#[doc = $doc])+
                #[allow(dead_code, reason = "every field of the table has one")]
                pub fn $accessor(&self) -> Option<Sourced<held!($type)>> {
                    self.typed(Field::$field)
                }
            )*
        }
    };
}

field_table!(accessors);
