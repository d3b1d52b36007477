//! Typed market events as the feed sends them. `None` stands for NaN, null, a column the server does not serve,
//! and for a time of 0, which means "unknown". Volatilities are annualized fractions, times Unix milliseconds,
//! day ids whole days since 1970-01-01.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The event types this client subscribes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// Best bid and ask.
    Quote,
    /// Last trade of regular hours, with the day's volume.
    Trade,
    /// Last trade of extended hours.
    TradeEth,
    /// Open, high, low, previous close.
    Summary,
    /// Description and trading status.
    Profile,
    /// Greeks of an option.
    Greeks,
    /// Daily or other bars.
    Candle,
}

impl EventType {
    /// Every type, in the order in which they are subscribed.
    pub const ALL: [Self; 7] = [
        Self::Quote,
        Self::Trade,
        Self::TradeEth,
        Self::Summary,
        Self::Profile,
        Self::Greeks,
        Self::Candle,
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quote => "Quote",
            Self::Trade => "Trade",
            Self::TradeEth => "TradeETH",
            Self::Summary => "Summary",
            Self::Profile => "Profile",
            Self::Greeks => "Greeks",
            Self::Candle => "Candle",
        }
    }

    /// The type called `name` on the wire; `None` for types this client does not read.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event_type| event_type.name() == name)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Best bid and ask.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Quote {
    /// The feed's symbol.
    pub symbol: SmolStr,
    /// When the bid last changed.
    pub bid_time: Option<i64>,
    /// Best bid.
    pub bid: Option<f64>,
    /// Size of the best bid; fractional for crypto.
    pub bid_size: Option<f64>,
    /// When the ask last changed.
    pub ask_time: Option<i64>,
    /// Best ask.
    pub ask: Option<f64>,
    /// Size of the best ask.
    pub ask_size: Option<f64>,
}

/// Last trade, of regular hours ([`Event::Trade`]) or of extended hours ([`Event::TradeEth`]).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Trade {
    /// The feed's symbol.
    pub symbol: SmolStr,
    /// When it was done.
    pub time: Option<i64>,
    /// Price of the trade.
    pub price: Option<f64>,
    /// Its size.
    pub size: Option<f64>,
    /// Change against the previous close.
    pub change: Option<f64>,
    /// The trading day it belongs to.
    pub day_id: Option<i32>,
    /// Volume of the day so far, extended hours included.
    pub day_volume: Option<f64>,
    /// Whether the newest trade was done outside regular hours.
    pub extended: Option<bool>,
}

/// The trading day so far and the close before it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// The feed's symbol.
    pub symbol: SmolStr,
    /// The trading day.
    pub day_id: Option<i32>,
    /// First price of the day.
    pub open: Option<f64>,
    /// Highest price of the day.
    pub high: Option<f64>,
    /// Lowest price of the day.
    pub low: Option<f64>,
    /// Close of the day, once it is closed.
    pub close: Option<f64>,
    /// The trading day before.
    pub prev_day_id: Option<i32>,
    /// Close of the trading day before.
    pub prev_close: Option<f64>,
    /// Open contracts.
    pub open_interest: Option<f64>,
}

/// What the instrument is and whether it trades.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Profile {
    /// The feed's symbol.
    pub symbol: SmolStr,
    /// Name for people.
    pub description: Option<String>,
    /// `ACTIVE`, `HALTED`, `UNDEFINED` or what else the server says.
    pub trading_status: Option<String>,
    /// Highest price of 52 weeks.
    pub high_52_week: Option<f64>,
    /// Lowest price of 52 weeks.
    pub low_52_week: Option<f64>,
    /// Beta of a share.
    pub beta: Option<f64>,
}

/// Greeks of one option, per unit of the underlying.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Greeks {
    /// The feed's symbol.
    pub symbol: SmolStr,
    /// When they were computed.
    pub time: Option<i64>,
    /// Model value of the option.
    pub price: Option<f64>,
    /// Implied volatility, annualized fraction.
    pub volatility: Option<f64>,
    /// Change of value per unit of the underlying.
    pub delta: Option<f64>,
    /// Change of delta per unit of the underlying.
    pub gamma: Option<f64>,
    /// Change of value per calendar day.
    pub theta: Option<f64>,
    /// Change of value per percentage point of rate.
    pub rho: Option<f64>,
    /// Change of value per volatility point.
    pub vega: Option<f64>,
}

/// One bar.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Candle {
    /// Start of the bar.
    pub time: i64,
    /// Key within its series: seconds, milliseconds and sequence packed.
    pub index: i64,
    /// First price.
    pub open: Option<f64>,
    /// Highest price.
    pub high: Option<f64>,
    /// Lowest price.
    pub low: Option<f64>,
    /// Last price.
    pub close: Option<f64>,
    /// Volume.
    pub volume: Option<f64>,
}

/// A series of bars, published when a snapshot is complete and again after each later transaction.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Candles {
    /// The candle symbol as it was subscribed, `SPY{=d,tho=true}`, not as the server spells it.
    pub symbol: SmolStr,
    /// The bars, oldest first.
    pub bars: Vec<Candle>,
    /// Older bars exist: the snapshot was cut by limits of the server, or more came than are kept.
    pub snipped: bool,
}

/// One decoded market event.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Best bid and ask.
    Quote(Quote),
    /// Last trade of regular hours.
    Trade(Trade),
    /// Last trade of extended hours.
    TradeEth(Trade),
    /// The trading day so far.
    Summary(Summary),
    /// What the instrument is.
    Profile(Profile),
    /// Greeks of an option.
    Greeks(Greeks),
    /// A complete series of bars.
    Candles(Candles),
}
