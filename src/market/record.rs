//! The record and the values in it.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::field_value::field_value;
use super::roll::Roll;
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
    /// How it was made, in a few words: `quote mid`, `last trade`, `close-to-close, 30 returns`.
    pub method: Cow<'static, str>,
}

/// The fields of a record that have a source, in the order in which they are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the contract's field names")]
pub enum Field {
    Price,
    Bid,
    Ask,
    Last,
    PrevClose,
    Open,
    High,
    Low,
    Volume,
    Iv,
    IvRank,
    IvPercentile,
    #[serde(rename = "iv_change_5d")]
    IvChange5d,
    Hv30,
    Hv90,
    LiquidityRating,
    Beta,
    CorrSpy,
    EarningsDate,
    VrpStructural,
    VrpTactical,
    Vtr,
    Slippage,
    Yield,
    Delta,
    Gamma,
    Theta,
    Vega,
    Rho,
    OptionIv,
    OpenInterest,
}

impl Field {
    /// Every field, in the order in which they are printed.
    pub const ALL: [Self; 31] = [
        Self::Price,
        Self::Bid,
        Self::Ask,
        Self::Last,
        Self::PrevClose,
        Self::Open,
        Self::High,
        Self::Low,
        Self::Volume,
        Self::Iv,
        Self::IvRank,
        Self::IvPercentile,
        Self::IvChange5d,
        Self::Hv30,
        Self::Hv90,
        Self::LiquidityRating,
        Self::Beta,
        Self::CorrSpy,
        Self::EarningsDate,
        Self::VrpStructural,
        Self::VrpTactical,
        Self::Vtr,
        Self::Slippage,
        Self::Yield,
        Self::Delta,
        Self::Gamma,
        Self::Theta,
        Self::Vega,
        Self::Rho,
        Self::OptionIv,
        Self::OpenInterest,
    ];

    /// The name in machine output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::Bid => "bid",
            Self::Ask => "ask",
            Self::Last => "last",
            Self::PrevClose => "prev_close",
            Self::Open => "open",
            Self::High => "high",
            Self::Low => "low",
            Self::Volume => "volume",
            Self::Iv => "iv",
            Self::IvRank => "iv_rank",
            Self::IvPercentile => "iv_percentile",
            Self::IvChange5d => "iv_change_5d",
            Self::Hv30 => "hv30",
            Self::Hv90 => "hv90",
            Self::LiquidityRating => "liquidity_rating",
            Self::Beta => "beta",
            Self::CorrSpy => "corr_spy",
            Self::EarningsDate => "earnings_date",
            Self::VrpStructural => "vrp_structural",
            Self::VrpTactical => "vrp_tactical",
            Self::Vtr => "vtr",
            Self::Slippage => "slippage",
            Self::Yield => "yield",
            Self::Delta => "delta",
            Self::Gamma => "gamma",
            Self::Theta => "theta",
            Self::Vega => "vega",
            Self::Rho => "rho",
            Self::OptionIv => "option_iv",
            Self::OpenInterest => "open_interest",
        }
    }
}

/// One source that was asked for a field and why it did not give it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Attempt {
    /// Who was asked.
    pub source: Source,
    /// Why there is no value, in a few words.
    pub reason: String,
}

/// A field without a value, and what was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Missing {
    /// The field.
    pub field: Field,
    /// What was tried, in order.
    pub tried: Vec<Attempt>,
}

/// Everything known about one symbol.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    missing_docs,
    reason = "each field is described at its variant of `Field` and in the contract"
)]
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
    pub price: Option<Sourced<Price>>,
    pub bid: Option<Sourced<Price>>,
    pub ask: Option<Sourced<Price>>,
    pub last: Option<Sourced<Price>>,
    pub prev_close: Option<Sourced<Price>>,
    pub open: Option<Sourced<Price>>,
    pub high: Option<Sourced<Price>>,
    pub low: Option<Sourced<Price>>,
    pub volume: Option<Sourced<f64>>,
    pub iv: Option<Sourced<Vol>>,
    pub iv_rank: Option<Sourced<Rank>>,
    pub iv_percentile: Option<Sourced<Rank>>,
    pub iv_change_5d: Option<Sourced<f64>>,
    pub hv30: Option<Sourced<Vol>>,
    pub hv90: Option<Sourced<Vol>>,
    pub liquidity_rating: Option<Sourced<i64>>,
    pub beta: Option<Sourced<f64>>,
    pub corr_spy: Option<Sourced<f64>>,
    pub earnings_date: Option<Sourced<Date>>,
    pub vrp_structural: Option<Sourced<f64>>,
    pub vrp_tactical: Option<Sourced<f64>>,
    pub vtr: Option<Sourced<f64>>,
    pub slippage: Option<Sourced<f64>>,
    pub straddle_yield: Option<Sourced<f64>>,
    pub delta: Option<Sourced<f64>>,
    pub gamma: Option<Sourced<f64>>,
    pub theta: Option<Sourced<f64>>,
    pub vega: Option<Sourced<f64>>,
    pub rho: Option<Sourced<f64>>,
    pub option_iv: Option<Sourced<Vol>>,
    pub open_interest: Option<Sourced<f64>>,
    /// Values that are not from the first source of their field: who was tried before, in field order.
    pub tried_before: Vec<Missing>,
    /// What is missing of the fields this kind of instrument can have, in field order.
    pub missing: Vec<Missing>,
    /// Remarks on the record: `stale`, `before_gap`, `hv_spans_rolls`, `earnings_estimated`, `iv_rank_tw`, `iv_proxy`,
    /// `rolled`, `roll_ahead`.
    pub notes: Vec<&'static str>,
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

impl Record {
    /// Whether `field` has a value.
    pub fn has(&self, field: Field) -> bool {
        field_value(self, field).is_some()
    }
}
