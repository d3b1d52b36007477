//! What the sources said about one symbol, before anything is decided.

use jiff::Timestamp;
use jiff::civil::Date;
use smol_str::SmolStr;

use crate::dxlink::{Candles, Greeks, Profile, Quote, Summary, Trade};
use crate::instrument::{Kind, StreamerSymbol, Symbol};
use crate::legacy::History;
use crate::stream::Heard;
use crate::tastytrade::{MarketQuote, Metrics};

/// What the feed said about one instrument.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Streamed {
    /// Best bid and ask.
    pub quote: Option<Heard<Quote>>,
    /// Last trade of regular hours.
    pub trade: Option<Heard<Trade>>,
    /// Last trade of extended hours.
    pub trade_eth: Option<Heard<Trade>>,
    /// The trading day so far.
    pub summary: Option<Heard<Summary>>,
    /// What the instrument is.
    pub profile: Option<Heard<Profile>>,
    /// Greeks, of options only.
    pub greeks: Option<Heard<Greeks>>,
    /// Daily bars: `None` when they were not asked for, the reason when they were and did not come.
    pub candles: Option<Result<Heard<Candles>, String>>,
    /// Why what is absent did not come: `no event before the window closed`, `not a streamer symbol`.
    pub silence: Option<String>,
}

/// The symbol a record is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// As asked for, canonical.
    pub symbol: Symbol,
    /// What it is.
    pub kind: Kind,
    /// For futures the contract behind the symbol.
    pub contract: Option<Symbol>,
    /// The last day of that contract.
    pub expiration: Option<Date>,
    /// What the feed calls it.
    pub streamer: Option<StreamerSymbol>,
    /// Its class by the configured table.
    pub asset_class: SmolStr,
}

/// Everything the sources said about one symbol; where one gave nothing, its reason in a few words.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// The symbol.
    pub subject: &'a Subject,
    /// The feed, or why it gave nothing to anybody: `disabled`, `token refused`.
    pub streamed: Result<&'a Streamed, String>,
    /// Market metrics of exactly this symbol, or why there are none: `not in the answer`, `http 502`.
    pub metrics: Result<&'a Metrics, String>,
    /// The quote by REST; `None` when it was not asked for.
    pub rest_quote: Option<Result<&'a MarketQuote, String>>,
    /// The deprecated source; `None` when it was not asked.
    pub legacy: Option<Result<&'a History, String>>,
    /// The moment of the merge; the receipt time of request answers that carry none of their own.
    pub now: Timestamp,
}

/// What the volatility fields are computed with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VolRules {
    /// The least realised volatility a ratio divides by, as an annualised fraction above 0.
    pub hv_floor: f64,
    /// Trading days of a year.
    pub trading_days: f64,
}
