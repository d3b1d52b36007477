//! What the sources said about one symbol, before anything is decided.

use jiff::Timestamp;

use super::precedence::Precedence;
use super::reason::Reason;
use super::record::{Attempt, Source, Sourced};
use super::stored::{Stored, StoredBars};
use super::straddle::StraddleQuote;
use super::subject::Subject;
use crate::instrument::Symbol;
use crate::legacy::ChartHistory;
use crate::stream::LastEvents;
use crate::tastytrade::{MarketQuote, Metrics};
use crate::units::Vol;

/// What every source has said about one symbol so far; where one gave nothing, its reason in a few words.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The symbol.
    pub subject: Subject,
    /// The feed, or why it gave nothing to anybody: `disabled`, `token refused`.
    pub streamed: Result<LastEvents, Reason>,
    /// Market metrics of exactly this symbol, or why there are none: `not in the answer`, `http 502`.
    pub metrics: Result<Metrics, Reason>,
    /// The quote by REST; `None` when it was not asked for.
    pub rest_quote: Option<Result<MarketQuote, Reason>>,
    /// Volatility at the money at 30 days of its own option chain; `None` when its chain was not asked for.
    pub chain_iv: Option<Result<Sourced<Vol>, Reason>>,
    /// A stand-in named by the configuration, and its metrics; `None` where none was needed.
    pub proxy: Option<(Symbol, Result<Metrics, Reason>)>,
    /// The straddle a premium seller would look at, or who was asked for it in vain; `None` when nobody was asked.
    pub straddle: Option<Result<StraddleQuote, Attempt>>,
    /// The deprecated source and when it was asked; `None` when it was not.
    pub legacy: Option<Result<(ChartHistory, Timestamp), Reason>>,
    /// Of a futures root the contract before the one it stands for now, if its bars were wanted or are kept.
    pub predecessor: Option<Predecessor>,
    /// What earlier runs left; nothing when there is no store.
    pub kept: Stored,
}

impl Evidence {
    /// Of a symbol that nobody was asked about, because of `reason`.
    pub fn nothing(subject: Subject, reason: &Reason) -> Self {
        Self {
            subject,
            streamed: Err(reason.clone()),
            metrics: Err(reason.clone()),
            rest_quote: None,
            chain_iv: None,
            proxy: None,
            straddle: None,
            legacy: None,
            predecessor: None,
            kept: Stored::default(),
        }
    }
}

/// The contract that a futures root stood for before the one it stands for now.
#[derive(Debug, Clone, PartialEq)]
pub struct Predecessor {
    /// The contract, `/ESU6`.
    pub contract: Symbol,
    /// The one after it, `/ESZ6`.
    pub followed_by: Symbol,
    /// Its daily bars with who gave them, or why there are none.
    pub bars: Result<(Source, StoredBars), Reason>,
}

/// By what rules evidence becomes a record.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Who is believed first.
    pub precedence: &'a Precedence,
    /// What volatilities are computed with.
    pub vol: &'a VolRules,
    /// The moment of the merge; the receipt time of request answers that carry none of their own.
    pub now: Timestamp,
}

/// What the volatility fields are computed with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VolRules {
    /// The least realized volatility a ratio divides by, as an annualized fraction above 0.
    pub hv_floor: f64,
    /// Trading days of a year.
    pub trading_days: f64,
    /// Sessions of own history without which no rank is computed from it.
    pub min_history: usize,
}
