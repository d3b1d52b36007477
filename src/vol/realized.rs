//! Realized volatility of the last days of a history by seven estimators.
//!
//! With logarithms o, h, l, c of a bar and c0 of the close before it, each estimator gives a variance a day; the
//! volatility is the root of that variance times the trading days of a year, which the caller states.

use std::f64::consts::LN_2;

use variance_units::Vol;

use super::bars::CleanBar;
use super::stats::{count, mean, sample_variance};

/// How a variance a day is read from bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Estimator {
    /// Sample variance (n - 1) of the returns c - c0: what `hv30` and `hv90` are.
    CloseToClose,
    /// Mean of (c - c0)²: the mean return is taken as zero, as in a variance swap; Figlewski (1997). A trend stays in it.
    CloseToCloseZeroMean,
    /// Mean of (h - l)² / (4 ln 2); Parkinson (1980). Sees no gaps and assumes no drift.
    Parkinson,
    /// Mean of (h - l)² / 2 - (2 ln 2 - 1)(c - o)²; Garman & Klass (1980). Sees no gaps and assumes no drift.
    GarmanKlass,
    /// Garman-Klass plus the mean of (o - c0)²: the gaps overnight are in it; Yang & Zhang (2000).
    GarmanKlassGap,
    /// Mean of (h - c)(h - o) + (l - c)(l - o); Rogers & Satchell (1991). Free of drift, sees no gaps.
    RogersSatchell,
    /// var(o - c0) + k var(c - o) + (1 - k) Rogers-Satchell with sample variances and k = 0.34 / (1.34 + (n + 1) / (n - 1));
    /// Yang & Zhang (2000). Drift and gaps are accounted for.
    YangZhang,
}

/// How far an estimate looks back and how it is brought to a year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReturnWindow {
    /// Bars that are measured, each with the close before it where the estimator looks at gaps; at least 2 where a sample
    /// variance is taken, else at least 1.
    pub days: usize,
    /// Trading days of a year, by which a daily variance is multiplied; 252 by convention.
    pub trading_days: f64,
}

/// Why there is no volatility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HvError {
    /// The window is longer than the history.
    #[error("{have} bars, {need} needed")]
    InsufficientBars {
        /// Bars there are.
        have: usize,
        /// Bars the window needs.
        need: usize,
    },
    /// A price in the window is negative and so has no logarithm.
    #[error("a price in the window is not above zero")]
    NonPositivePrice,
    /// A session inside the window has no sound bar, so that a day of it is longer than a day.
    #[error("a session of the window has no sound bar")]
    Hole,
    /// The estimator looks at more than closes, and the bars have nothing else.
    #[error("only the closes of these bars are known")]
    ClosesAlone,
    /// The estimator needs a longer window.
    #[error("a window of {days} days is too short, {least} at least")]
    WindowTooShort {
        /// Days that were asked for.
        days: usize,
        /// Days the estimator needs.
        least: usize,
    },
    /// The result left the range of numbers, or the trading days of a year are no number above zero.
    #[error("the volatility is not a finite number")]
    NotFinite,
}

impl Estimator {
    /// All of them, the plainest first.
    pub const ALL: [Self; 7] = [
        Self::CloseToClose,
        Self::CloseToCloseZeroMean,
        Self::Parkinson,
        Self::GarmanKlass,
        Self::GarmanKlassGap,
        Self::RogersSatchell,
        Self::YangZhang,
    ];

    /// The name in machine output.
    pub fn key(self) -> &'static str {
        match self {
            Self::CloseToClose => "close_to_close",
            Self::CloseToCloseZeroMean => "close_to_close_zero_mean",
            Self::Parkinson => "parkinson",
            Self::GarmanKlass => "garman_klass",
            Self::GarmanKlassGap => "garman_klass_gap",
            Self::RogersSatchell => "rogers_satchell",
            Self::YangZhang => "yang_zhang",
        }
    }

    /// The shortest window it can measure, in days.
    fn shortest(self) -> usize {
        match self {
            Self::CloseToClose | Self::YangZhang => 2,
            Self::CloseToCloseZeroMean
            | Self::Parkinson
            | Self::GarmanKlass
            | Self::GarmanKlassGap
            | Self::RogersSatchell => 1,
        }
    }

    /// Whether it looks at the close before the first bar of the window.
    pub(super) fn looks_at_gaps(self) -> bool {
        match self {
            Self::CloseToClose | Self::CloseToCloseZeroMean | Self::GarmanKlassGap | Self::YangZhang => true,
            Self::Parkinson | Self::GarmanKlass | Self::RogersSatchell => false,
        }
    }

    /// Whether closes are all it needs.
    pub(super) fn takes_closes_alone(self) -> bool {
        match self {
            Self::CloseToClose | Self::CloseToCloseZeroMean => true,
            Self::Parkinson | Self::GarmanKlass | Self::GarmanKlassGap | Self::RogersSatchell | Self::YangZhang => {
                false
            }
        }
    }

    /// The volatility of the last `window` of `bars`, which are oldest first. A bar with a negative price blanks every
    /// window that touches it, whichever of its prices that is.
    ///
    /// # Errors
    /// [`HvError::WindowTooShort`], [`HvError::InsufficientBars`], [`HvError::NonPositivePrice`], [`HvError::Hole`], and
    /// [`HvError::NotFinite`] when the trading days of a year are not above zero or the prices are beyond measure.
    ///
    /// ```
    /// use jiff::civil::date;
    /// use variance_vol::bars::{Bar, clean};
    /// use variance_vol::realized::{Estimator, HvError, ReturnWindow};
    ///
    /// // Sessions that open and close at 100 and range over two percent, of which Parkinson (1980) makes a variance of
    /// // ln(high / low)² / (4 ln 2) a day, and returns nothing.
    /// let days = date(2026, 7, 1).series(jiff::Span::new().days(1)).take(21);
    /// let bars = clean(days.map(|date| Bar {
    ///     date,
    ///     open: Some(100.0),
    ///     high: Some(101.0),
    ///     low: Some(99.0),
    ///     close: Some(100.0),
    /// }))
    /// .bars;
    /// let month = ReturnWindow { days: 20, trading_days: 252.0 };
    /// let by_range = (252.0_f64 * (101.0_f64 / 99.0).ln().powi(2) / (4.0 * 2.0_f64.ln())).sqrt();
    /// assert!((Estimator::Parkinson.measure(&bars, month)?.get() - by_range).abs() < 1e-12);
    /// assert!(Estimator::CloseToClose.measure(&bars, month)?.get() < 1e-12);
    /// # Ok::<(), HvError>(())
    /// ```
    pub fn measure(self, bars: &[CleanBar], window: ReturnWindow) -> Result<Vol, HvError> {
        let least = self.shortest();
        if window.days < least {
            let days = window.days;
            return Err(HvError::WindowTooShort { days, least });
        }
        let need = window.days.saturating_add(usize::from(self.looks_at_gaps()));
        let short = HvError::InsufficientBars { have: bars.len(), need };
        let start = bars.len().checked_sub(need).ok_or(short)?;
        let used = bars.get(start..).ok_or(short)?;
        if !used.iter().all(CleanBar::is_positive) {
            return Err(HvError::NonPositivePrice);
        }
        if has_hole(used) {
            return Err(HvError::Hole);
        }
        annualized(self.daily_variance(used), window.trading_days)
    }

    /// `used` holds the bars of the window and, where gaps are looked at, the one before.
    fn daily_variance(self, used: &[CleanBar]) -> f64 {
        match self {
            Self::CloseToClose => sample_variance(&returns(used)),
            Self::CloseToCloseZeroMean => mean_square(&returns(used)),
            Self::Parkinson => mean_square(&each(used, CleanBar::range)) / (4.0 * LN_2),
            Self::GarmanKlass => mean(&each(used, CleanBar::garman_klass)),
            Self::GarmanKlassGap => mean(&each(after_first(used), CleanBar::garman_klass)) + mean_square(&gaps(used)),
            Self::RogersSatchell => mean(&each(used, CleanBar::rogers_satchell)),
            Self::YangZhang => {
                let bars = after_first(used);
                let days = count(bars.len());
                let k = 0.34 / (1.34 + (days + 1.0) / (days - 1.0));
                sample_variance(&gaps(used))
                    + k * sample_variance(&each(bars, CleanBar::body))
                    + (1.0 - k) * mean(&each(bars, CleanBar::rogers_satchell))
            }
        }
    }
}

/// Whether something measured from one of `bars` to the next spans a session without a sound bar.
pub(super) fn has_hole(bars: &[CleanBar]) -> bool {
    after_first(bars).iter().any(|bar| bar.after_hole)
}

/// The log returns from close to close of `bars`, one fewer than bars.
pub(super) fn returns(bars: &[CleanBar]) -> Vec<f64> {
    bars.windows(2)
        .filter_map(|pair| Some((pair.last()?.close / pair.first()?.close).ln()))
        .collect()
}

/// The log returns from close to the next open of `bars`, one fewer than bars.
pub(super) fn gaps(bars: &[CleanBar]) -> Vec<f64> {
    bars.windows(2)
        .filter_map(|pair| Some((pair.last()?.open / pair.first()?.close).ln()))
        .collect()
}

/// The volatility of a year whose days each have `variance`. What high and low, a hair inside of open and close, take below
/// zero is zero.
pub(super) fn annualized(variance: f64, trading_days: f64) -> Result<Vol, HvError> {
    if !(trading_days.is_finite() && trading_days > 0.0) {
        return Err(HvError::NotFinite);
    }
    let variance = if variance < 0.0 { 0.0 } else { variance };
    Vol::new((variance * trading_days).sqrt()).ok_or(HvError::NotFinite)
}

fn each(bars: &[CleanBar], value: impl Fn(&CleanBar) -> f64) -> Vec<f64> {
    bars.iter().map(value).collect()
}

fn after_first(bars: &[CleanBar]) -> &[CleanBar] {
    bars.get(1..).unwrap_or_default()
}

fn mean_square(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>() / count(values.len())
}

#[cfg(test)]
mod tests;
