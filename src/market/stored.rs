//! What earlier runs left about one symbol, and what it may stand for now.
//!
//! A value that was kept is the last resort of its field: it carries the source `store`, its own time and the method it
//! was made with. Two things are made of it that are not old: realized volatility of bars that are still the last
//! closed ones, and the place of a live implied volatility among its own past.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::field::{Field, Group};
use super::method::Method;
use super::reason::Reason;
use super::record::{Record, Source};
use crate::dxlink::Candles;
use crate::instrument::Symbol;
use crate::stream::LastEvents;
use crate::time::{self, Calendar};
use crate::units::Vol;
use crate::vol::bars::{Bar, clean};

/// What earlier runs left about one symbol.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stored {
    /// The last value of each field.
    pub values: BTreeMap<Field, StoredValue>,
    /// Implied volatility of past sessions, oldest first.
    pub ivs: Vec<PastIv>,
    /// The last events of the feed.
    pub events: Option<LastEvents>,
    /// The daily bars of the very contract.
    pub bars: Option<StoredBars>,
    /// What a futures root stood for before its present contract, until the last day on which it was seen to.
    pub stood_for: Option<(Symbol, Date)>,
}

impl Stored {
    /// The last value of `field`. A price and a realized volatility are those of a contract, and not of the one after it.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn value(&self, field: Field) -> Result<&StoredValue, Reason> {
        let value = self.values.get(&field).ok_or(Reason::NothingKept)?;
        let of_contract = matches!(field.spec().group, Group::Mark | Group::Realized);
        match &self.stood_for {
            Some((contract, until)) if of_contract && time::new_york_date(value.as_of) <= *until => {
                Err(Reason::KeptOf(contract.clone()))
            }
            Some(_) | None => Ok(value),
        }
    }
}

/// A value of an earlier run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredValue {
    /// The value in the program's units; of a day its number since 1970.
    pub value: f64,
    /// Who gave it then, by name.
    pub source: String,
    /// How it was made.
    pub method: Method,
    /// The moment it describes.
    pub as_of: Timestamp,
}

impl StoredValue {
    /// The day that it stands for, where its field is a day.
    pub fn day(&self) -> Option<Date> {
        #[expect(clippy::cast_possible_truncation, reason = "a number beyond the bounds is of no day")]
        let id = self.value.round() as i32;
        time::date_of_day_id(id)
    }
}

/// What was kept of one symbol and session.
#[derive(Debug, Clone, PartialEq)]
pub struct PastDay {
    /// The symbol.
    pub symbol: Symbol,
    /// The session.
    pub session: Date,
    /// What was kept, by field.
    pub values: BTreeMap<Field, StoredValue>,
}

/// The implied volatility of one session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastIv {
    /// The session.
    pub session: Date,
    /// The last implied volatility seen on it.
    pub iv: Vol,
    /// How it was made: volatilities of different methods are not compared.
    pub method: Method,
}

/// Daily bars, closed ones only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredBars {
    /// The bars.
    pub candles: Candles,
    /// When the feed sent them.
    pub at: Timestamp,
    /// Since when they were asked for, where that was noted: what is not there of the time after it, the feed did not
    /// have then.
    #[serde(default)]
    pub since: Option<Timestamp>,
}

impl StoredBars {
    /// Whether the feed has no closed bar that is not among these: they came after the close of the last session.
    pub fn are_final(&self, market: Calendar, now: Timestamp) -> bool {
        let last = time::last_closed_session(market, now);
        time::session_close(market, last).is_some_and(|close| self.at >= close)
    }

    /// Whether the feed has nothing older of the time after `from`, as far as is known. That it had nothing at all may
    /// have been a failure, and where it has cut them there is more.
    pub fn reach_back(&self, from: Timestamp) -> bool {
        let asked = self.since.is_some_and(|since| since <= from);
        asked && !self.candles.bars.is_empty() && !self.candles.snipped || self.begin_by(from)
    }

    /// Whether each of them is a record of trading: another may have been mended since.
    pub fn are_sound(&self) -> bool {
        clean(bars_of(&self.candles)).dropped.total() == 0
    }

    /// Whether they may be continued to a history of everything after `from`, rather than asked for anew: they reach
    /// back, are sound, and are there for every session of `market` between the first and the last.
    pub fn can_go_on(&self, from: Timestamp, market: Calendar) -> bool {
        let days = self.candles.bars.iter().map(|bar| time::date_of_bar(bar.time));
        let mut pairs = days.clone().zip(days.skip(1));
        let follows = |day, next| time::previous_session(market, next) <= day;
        self.reach_back(from)
            && self.are_sound()
            && pairs.all(|(day, next)| day.zip(next).is_some_and(|(day, next)| follows(day, next)))
    }

    /// Whether they begin within a week of `from`, longer than any closing of the exchanges.
    fn begin_by(&self, from: Timestamp) -> bool {
        let first = self.candles.bars.iter().map(|bar| bar.time).min();
        first.is_some_and(|first| first <= from.as_millisecond().saturating_add(WEEK_MILLIS))
    }
}

/// The bars of `candles` by their days.
pub(super) fn bars_of(candles: &Candles) -> impl Iterator<Item = Bar> {
    candles.bars.iter().filter_map(|candle| {
        let date = time::date_of_bar(candle.time)?;
        Some(Bar {
            date,
            open: candle.open,
            high: candle.high,
            low: candle.low,
            close: candle.close,
        })
    })
}

/// How many values of `record` are from the store.
pub fn stored_values(record: &Record) -> usize {
    record
        .values()
        .iter()
        .filter(|(_, sourced)| sourced.source == Source::Store)
        .count()
}

const WEEK_MILLIS: i64 = 7 * 86_400_000;

#[cfg(test)]
mod tests;
