//! What is watched: kinds of instruments, every spelling of their symbols, futures months, the universe. No IO.
//!
//! `/ES` and `ES` are different instruments and never stand in for each other.

mod futures;
mod option;
mod parse;
mod print;
mod universe;
mod watchlist;

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

pub use futures::{month_code, month_of_code};
pub use parse::{SymbolError, SymbolFault};
pub use print::candle_symbol;
pub use universe::Universe;
pub use watchlist::{DEFAULT_WATCHLIST, WatchlistError, parse_watchlist};

/// A symbol as the user knows it, in its canonical spelling: `SPY`, `BRK/B`, `/ES`, `/ESZ6`, `BTC/USD`,
/// `SPY   261218C00600000`, `./EW3Z26C6000:XCME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct Symbol(#[schemars(with = "String")] pub SmolStr);

/// A symbol as the DXLink feed knows it: `SPY`, `/ESZ26:XCME`, `.SPY261218C600`, `BTC/USD:CXTALP`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct StreamerSymbol(#[schemars(with = "String")] pub SmolStr);

impl Symbol {
    /// The spelling as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl StreamerSymbol {
    /// The spelling as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for StreamerSymbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

variance_text::words! {
    /// What kind of instrument a symbol names; decides which events and which REST keys can answer for it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
    pub enum Kind {
        /// Shares and exchange-traded funds.
        Equity = "equity",
        /// A cash index such as `SPX`: it is never quoted on both sides, its price is a trade.
        Index = "index",
        /// A futures root (`/ES`, standing for its active month) or one contract (`/ESZ6`).
        Future = "future",
        /// An option on an equity, a fund or an index.
        EquityOption = "equity-option",
        /// An option on a futures contract.
        FutureOption = "future-option",
        /// A cryptocurrency pair.
        Crypto = "crypto",
    }
}

impl Kind {
    /// Whether it is an option, on whatever.
    pub const fn is_option(self) -> bool {
        match self {
            Self::EquityOption | Self::FutureOption => true,
            Self::Equity | Self::Index | Self::Future | Self::Crypto => false,
        }
    }
}

/// A parsed symbol. [`Instrument::parse`] reads every spelling; a value built by hand is only as sound as its parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Instrument {
    /// A share or fund by its ticker, share classes with a slash: `BRK/B`.
    Equity(SmolStr),
    /// A cash index by its ticker.
    Index(SmolStr),
    /// A futures root with its slash, `/ES`: resolved to its active month before it can be streamed.
    Root(SmolStr),
    /// One futures contract.
    Contract(Contract),
    /// A cryptocurrency pair, `BTC/USD`.
    Crypto(SmolStr),
    /// An option on an equity or index.
    EquityOption(EquityOption),
    /// An option on a future, by its streamer symbol, the only spelling that stands alone.
    FutureOption(SmolStr),
}

/// One futures contract: `/ESZ6` to REST, `/ESZ26:XCME` to the feed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Contract {
    /// The root with its slash: `/ES`.
    pub root: SmolStr,
    /// Month of delivery, 1 to 12.
    pub month: i8,
    /// Full year of delivery: 2026.
    pub year: i16,
    /// The feed's exchange suffix without the colon (`XCME`), when it was typed or has been looked up.
    pub exchange: Option<SmolStr>,
}

/// An equity option, as OCC and the feed both describe it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EquityOption {
    /// Option root, 1 to 6 characters; may end in digits for adjusted series.
    pub root: SmolStr,
    /// Expiration date.
    pub expiry: Date,
    /// Call or put.
    pub right: Right,
    /// Strike in thousandths: 22.5 is 22,500. Below 100,000,000.
    pub strike_thousandths: u32,
}

/// The side of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// The right to buy.
    Call,
    /// The right to sell.
    Put,
}

/// The contract behind a futures root or a futures symbol, as REST resolved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The feed's symbol.
    pub streamer: StreamerSymbol,
    /// For futures the contract, `/ESZ6`.
    pub contract: Option<Symbol>,
    /// For futures the last day of the contract.
    pub expiration: Option<Date>,
    /// Of a root the contract before this one, if the months that are traded are known.
    pub before: Option<Earlier>,
}

/// A contract that a root stood for earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The contract, `/ESU6`.
    pub contract: Symbol,
    /// What the feed calls it.
    pub streamer: StreamerSymbol,
}

/// One instrument together with what the feed calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The instrument as asked for.
    pub instrument: Instrument,
    /// What the feed calls it; `None` when it could not be resolved.
    pub resolved: Option<Resolved>,
}

#[cfg(test)]
mod tests;
