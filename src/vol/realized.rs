//! Realised volatility from daily bars, and the cleaning that comes before it.
//!
//! It does not know which bars are closed or where they are from: the caller passes those that count.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::units::Vol;

/// One daily bar as a source gave it; `None` and what is not finite are the same: no value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Date of the session.
    pub date: Date,
    /// First price.
    pub open: Option<f64>,
    /// Highest price.
    pub high: Option<f64>,
    /// Lowest price.
    pub low: Option<f64>,
    /// Last price.
    pub close: Option<f64>,
}

/// A bar that survived the cleaning: every price is finite and not zero, and high and low enclose open and close.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CleanBar {
    /// Date of the session.
    pub date: Date,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price; may be negative.
    pub close: f64,
}

/// Bars fit for an estimator and what did not become one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cleaned {
    /// One bar a date, oldest first.
    pub bars: Vec<CleanBar>,
    /// Bars that were dropped.
    pub dropped: Dropped,
    /// Their dates, oldest first.
    pub dropped_on: Vec<Date>,
    /// Bars that a later one of the same date replaced; they are not among the dropped ones.
    pub replaced: usize,
}

/// Dropped bars by cause; the first that applies counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// A price is absent or not finite.
    pub absent: usize,
    /// A price is zero: nothing was traded.
    pub zero: usize,
    /// High and low do not enclose open and close.
    pub not_enclosing: usize,
}

/// Why there is no volatility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HvError {
    /// The window is longer than the history.
    #[error("{have} closes, {need} needed")]
    InsufficientBars {
        /// Closes there are.
        have: usize,
        /// Closes the window needs.
        need: usize,
    },
    /// A close in the window is zero, negative or not finite and so has no logarithm.
    #[error("a close in the window is not above zero")]
    NonPositivePrice,
    /// A sample deviation needs at least two returns.
    #[error("a window of {0} returns has no deviation")]
    WindowTooShort(usize),
    /// The result left the range of numbers.
    #[error("the volatility is not a finite number")]
    NotFinite,
}

impl Dropped {
    /// All of them.
    pub fn total(self) -> usize {
        self.absent + self.zero + self.not_enclosing
    }
}

impl Cleaned {
    /// The closes, oldest first.
    pub fn closes(&self) -> Vec<f64> {
        self.bars.iter().map(|bar| bar.close).collect()
    }
}

/// Sorts `bars` by date, keeps the last one given for each date and drops what is no record of trading.
///
/// A bar with an absent or zero price is dropped; so is a bar whose high and low miss open or close by more than 1e-9 of
/// the price. A negative price stays. The return after a dropped bar spans more than its session: whoever takes a
/// deviation of daily returns must look at `dropped_on`.
pub fn clean(bars: impl Iterator<Item = Bar>) -> Cleaned {
    let mut cleaned = Cleaned::default();
    let mut by_date = BTreeMap::new();
    for bar in bars {
        if by_date.insert(bar.date, bar).is_some() {
            cleaned.replaced += 1;
        }
    }
    for (date, bar) in by_date {
        let cause = match CleanBar::of(bar) {
            None => &mut cleaned.dropped.absent,
            Some(bar) if bar.prices().into_iter().any(|price| price.abs() <= 0.0) => &mut cleaned.dropped.zero,
            Some(bar) if !bar.encloses() => &mut cleaned.dropped.not_enclosing,
            Some(bar) => {
                cleaned.bars.push(bar);
                continue;
            }
        };
        *cause += 1;
        cleaned.dropped_on.push(date);
    }
    cleaned
}

/// Sample standard deviation (n - 1) of the last `returns` daily log returns, times the square root of `trading_days`:
/// the close-to-close estimator. `closes` are oldest first; `returns + 1` of them are used.
///
/// # Errors
/// [`HvError::WindowTooShort`] for fewer than two returns, [`HvError::InsufficientBars`] when there are too few
/// closes, [`HvError::NonPositivePrice`] when a close of the window has no logarithm, [`HvError::NotFinite`] when
/// `trading_days` is negative or not finite.
pub fn close_to_close(closes: &[f64], returns: usize, trading_days: f64) -> Result<Vol, HvError> {
    if returns < 2 {
        return Err(HvError::WindowTooShort(returns));
    }
    let short = HvError::InsufficientBars {
        have: closes.len(),
        need: returns.saturating_add(1),
    };
    let start = closes
        .len()
        .checked_sub(returns)
        .and_then(|at| at.checked_sub(1))
        .ok_or(short)?;
    let window = closes.get(start..).ok_or(short)?;
    if !window.iter().all(|close| close.is_finite() && *close > 0.0) {
        return Err(HvError::NonPositivePrice);
    }
    let log_returns: Vec<f64> = window
        .iter()
        .zip(window.iter().skip(1))
        .map(|(from, to)| (to / from).ln())
        .collect();
    let count = count(log_returns.len());
    let mean = log_returns.iter().sum::<f64>() / count;
    let variance = log_returns.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Vol::new((variance * trading_days).sqrt()).ok_or(HvError::NotFinite)
}

impl CleanBar {
    fn of(bar: Bar) -> Option<Self> {
        let finite = |price: Option<f64>| price.filter(|price| price.is_finite());
        Some(Self {
            date: bar.date,
            open: finite(bar.open)?,
            high: finite(bar.high)?,
            low: finite(bar.low)?,
            close: finite(bar.close)?,
        })
    }

    fn prices(&self) -> [f64; 4] {
        [self.open, self.high, self.low, self.close]
    }

    fn encloses(&self) -> bool {
        let slack = ENCLOSING_TOLERANCE * self.prices().into_iter().map(f64::abs).fold(0.0, f64::max);
        self.high + slack >= self.open.max(self.close) && self.low - slack <= self.open.min(self.close)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a window is far below 2^53 returns")]
fn count(len: usize) -> f64 {
    len as f64
}

const ENCLOSING_TOLERANCE: f64 = 1e-9;

#[cfg(test)]
mod tests;
