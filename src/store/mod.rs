//! What is kept between runs: an embedded SQLite file for each world of data.
//!
//! Everything here is a plain blocking call on one connection with one owner. No call is made while sockets are open:
//! the shell recalls before a run and keeps after it, and between the two a run works on plain values. What a value is
//! worth is decided by `market`.

mod error;
mod file;
mod import;
mod keep;
mod past;
mod recall;
mod schema;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

pub use error::Error;
pub use file::{Opened, Place, Store, World};
pub use import::{Import, ImportError};

use crate::instrument::{StreamerSymbol, Symbol};
use crate::market::{ActiveSpan, Field, PastIv, StoredBars, StoredValue};
use crate::stream::LastEvents;
use crate::tastytrade::{Chain, FutureListing};

/// What earlier runs left for the symbols of one run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct StoreSnapshot {
    /// The last value of each field.
    pub values: BTreeMap<Symbol, BTreeMap<Field, StoredValue>>,
    /// Implied volatility of past sessions, oldest first.
    pub ivs: BTreeMap<Symbol, Vec<PastIv>>,
    /// The last events of the feed by streamer symbol.
    pub events: BTreeMap<StreamerSymbol, LastEvents>,
    /// Daily bars by candle symbol.
    pub bars: BTreeMap<SmolStr, StoredBars>,
    /// Futures contracts.
    pub listings: Vec<FutureListing>,
    /// What futures roots stood for on the days they were asked for.
    #[serde(default)]
    pub stood_for: BTreeMap<Symbol, Vec<ActiveSpan>>,
    /// Roots and contracts whose listings were asked for on this trading day: what is not listed does not exist.
    pub listed_today: BTreeSet<Symbol>,
    /// The options listed on this trading day, by what they were asked for: a share, fund or index, or a futures root.
    #[serde(default)]
    pub chains: BTreeMap<Symbol, Chain>,
}

/// What a run has heard from live sources beside its records.
#[derive(Debug, Clone, Default)]
pub struct StoreUpdate {
    /// Last events, by the streamer symbol.
    pub events: Vec<(Symbol, StreamerSymbol, LastEvents)>,
    /// Complete histories, by the candle symbol: the symbol it was asked for, the bars, the moment of receipt. Only
    /// bars that were closed then.
    pub bars: BTreeMap<SmolStr, (Symbol, StoredBars)>,
    /// Futures contracts as the venue listed them.
    pub listings: Vec<FutureListing>,
    /// What each root stands for on this trading day.
    pub stands_for: BTreeMap<Symbol, Symbol>,
    /// Roots and contracts that were asked for.
    pub listed: BTreeSet<Symbol>,
    /// Options as the venue listed them, by what they were asked for.
    pub chains: BTreeMap<Symbol, Chain>,
}

/// How much of the past is recalled.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// Values, events and bars from before this are too old to stand for anything.
    pub oldest: Timestamp,
    /// Whether events of the feed are wanted.
    pub events: bool,
    /// Whether lists of options are wanted, of which one may be larger than all the rest.
    pub chains: bool,
}

#[cfg(test)]
mod tests;
