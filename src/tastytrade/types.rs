//! The answers, in the program's own units.

use jiff::Timestamp;
use jiff::civil::Date;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::Settlement;
use crate::instrument::{StreamerSymbol, Symbol};
use crate::units::{Price, Rank, Vol};

/// Which of the venue's rank definitions a rank is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RankVariant {
    /// `tos-implied-volatility-index-rank`.
    Tos,
    /// `tw-implied-volatility-index-rank`.
    Tw,
    /// The plain field with no `…-rank-source` beside it.
    Unnamed,
}

/// One item of `/market-metrics`.
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    /// The symbol as asked for; futures by their root.
    pub symbol: Symbol,
    /// 30-day implied volatility index.
    pub iv: Option<Vol>,
    /// Change of `iv` in five days, signed, as a fraction: -0.0182 is 1.82 volatility points less.
    pub iv_change_5d: Option<f64>,
    /// Place of `iv` in its 52-week range, and by which definition.
    pub iv_rank: Option<(Rank, RankVariant)>,
    /// Share of days of the past year with a lower `iv`.
    pub iv_percentile: Option<Rank>,
    /// Historical volatility of 30 days as the venue computes it.
    pub hv30: Option<Vol>,
    /// Historical volatility of 60 days as the venue computes it.
    pub hv60: Option<Vol>,
    /// Historical volatility of 90 days as the venue computes it.
    pub hv90: Option<Vol>,
    /// Implied volatility by expiration, by date; empty when the venue names none.
    pub terms: Vec<ExpirationIv>,
    /// Stars of liquidity, 0 to 5.
    pub liquidity_rating: Option<i64>,
    /// Beta against the S&P 500.
    pub beta: Option<f64>,
    /// Correlation with SPY over three months, -1 to 1.
    pub corr_spy: Option<f64>,
    /// Next earnings.
    pub earnings: Option<Earnings>,
    /// When the implied volatility was computed.
    pub iv_updated_at: Option<Timestamp>,
    /// When the record was last touched.
    pub updated_at: Option<Timestamp>,
    /// Fields that were present but unreadable, by their wire names.
    pub unreadable: Vec<String>,
}

/// The implied volatility of one expiration.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpirationIv {
    /// Last day of the options.
    pub expiration: Date,
    /// When they settle, where the venue says.
    pub settlement: Option<Settlement>,
    /// Whether their terms are the usual ones, and not adjusted by a corporate action; `None` where the venue does not say.
    pub standard: Option<bool>,
    /// The volatility, as the venue computes it; `None` when the venue has none or one that is no volatility.
    pub iv: Option<Vol>,
}

/// The next earnings report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earnings {
    /// Expected day, New York calendar.
    pub date: Date,
    /// Whether the day is an estimate.
    pub estimated: bool,
}

/// One item of `/market-data/by-type`.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketQuote {
    /// The symbol as asked for; futures by their contract.
    pub symbol: Symbol,
    /// Best bid.
    pub bid: Option<Price>,
    /// Best ask.
    pub ask: Option<Price>,
    /// The venue's mark.
    pub mark: Option<Price>,
    /// Last trade.
    pub last: Option<Price>,
    /// First price of the day.
    pub open: Option<Price>,
    /// Highest price of the day.
    pub high: Option<Price>,
    /// Lowest price of the day.
    pub low: Option<Price>,
    /// Close of the day before.
    pub prev_close: Option<Price>,
    /// Volume of the day.
    pub volume: Option<f64>,
    /// Open contracts of an option.
    pub open_interest: Option<f64>,
    /// Implied volatility of an option.
    pub option_iv: Option<Vol>,
    /// Delta of an option.
    pub delta: Option<f64>,
    /// Gamma of an option.
    pub gamma: Option<f64>,
    /// Theta of an option, per day.
    pub theta: Option<f64>,
    /// Vega of an option, per volatility point.
    pub vega: Option<f64>,
    /// Rho of an option, per rate point.
    pub rho: Option<f64>,
    /// When the venue last touched it.
    pub updated_at: Option<Timestamp>,
}

/// One contract of `/instruments/futures`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FutureListing {
    /// The contract, `/ESZ6`.
    pub contract: Symbol,
    /// Its root, `/ES`.
    pub root: Symbol,
    /// The feed's symbol, `/ESZ26:XCME`.
    pub streamer: StreamerSymbol,
    /// Whether the contract is listed for trading.
    pub active: bool,
    /// Whether it is the month that trades most, by the venue's roll rule.
    pub active_month: bool,
    /// Whether it follows the active month.
    pub next_active_month: bool,
    /// Whether positions may only be closed.
    pub closing_only: bool,
    /// Last day of the contract.
    pub expiration: Date,
    /// The instant it ends.
    pub expires_at: Option<Timestamp>,
    /// Letters of the months of its product that are traded in earnest, `HMUZ`; empty where the venue does not say.
    #[serde(default)]
    pub months: SmolStr,
}

/// What opens the feed: `/api-quote-tokens`.
#[derive(Debug, Clone)]
pub struct QuoteToken {
    /// Opaque; goes into AUTH as it is.
    pub token: SecretString,
    /// Where the feed is.
    pub url: url::Url,
    /// `api` is real time, `demo` is delayed.
    pub level: String,
    /// When it lapses; issue plus 24 hours where the venue does not say.
    pub expires_at: Timestamp,
}

impl QuoteToken {
    /// Whether what this token opens is delayed.
    pub fn delayed(&self) -> bool {
        self.level != "api" || self.url.path().ends_with("/delayed")
    }
}
