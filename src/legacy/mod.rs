//! Deprecated daily bars from a chart endpoint, the last source for a symbol that nothing else could fill. Slow on
//! purpose, limited in number, and silent for ten minutes once the server says that it is too much.

mod chart;
mod client;
mod error;
mod symbol;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::units::Price;

pub use client::{BROWSER, Client, Settings};
pub use error::Error;
pub use symbol::legacy_symbol;

/// Daily bars and the last price of one symbol.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartHistory {
    /// `regularMarketPrice`, with its time.
    pub last: Option<(Price, Timestamp)>,
    /// Close of the session before.
    pub prev_close: Option<Price>,
    /// Daily bars, oldest first, one a local date, adjusted for dividends for equities; today's bar may be the last one.
    pub bars: Vec<DailyBar>,
}

/// One daily bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DailyBar {
    /// Local date of the session.
    pub date: Date,
    /// First price.
    pub open: Option<f64>,
    /// Highest price.
    pub high: Option<f64>,
    /// Lowest price.
    pub low: Option<f64>,
    /// Last price.
    pub close: f64,
}
