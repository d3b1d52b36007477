//! Daily bars and the cleaning that comes before every estimator.
//!
//! It does not know which bars are closed or where they are from: the caller passes those that count.

use std::collections::BTreeMap;
use std::f64::consts::LN_2;

use jiff::civil::Date;

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
    /// Whether a session between the bar before and this one has no sound bar: what is measured from one to the other is
    /// not of one day. Known only after [`Cleaned::over_sessions`].
    pub after_hole: bool,
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
    /// Whether open, high and low only repeat the close, because nothing else is known.
    pub closes_alone: bool,
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

impl Cleaned {
    /// The same, with every bar marked before which a bar of a session was dropped. `is_session` says on which days there
    /// was trading: a bad bar of a day of rest leaves no hole.
    #[must_use]
    pub fn over_sessions(mut self, is_session: impl Fn(Date) -> bool) -> Self {
        let mut holes = self.dropped_on.iter().filter(|date| is_session(**date)).peekable();
        for bar in &mut self.bars {
            while holes.next_if(|hole| **hole < bar.date).is_some() {
                bar.after_hole = true;
            }
        }
        self
    }
}

impl Dropped {
    /// All of them.
    pub fn total(self) -> usize {
        self.absent + self.zero + self.not_enclosing
    }
}

/// Sorts `bars` by date, keeps the last one given for each date and drops what is no record of trading.
///
/// A bar with an absent or zero price is dropped; so is a bar whose high and low miss open or close by more than 1e-9 of
/// the price. A negative price stays. The return after a dropped bar spans more than its session:
/// [`Cleaned::over_sessions`] marks those, and no estimator measures over them then.
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

impl CleanBar {
    fn of(bar: Bar) -> Option<Self> {
        let finite = |price: Option<f64>| price.filter(|price| price.is_finite());
        Some(Self {
            date: bar.date,
            open: finite(bar.open)?,
            high: finite(bar.high)?,
            low: finite(bar.low)?,
            close: finite(bar.close)?,
            after_hole: false,
        })
    }

    /// Whether every price is above zero and so has a logarithm.
    pub(super) fn is_positive(&self) -> bool {
        self.prices().into_iter().all(|price| price > 0.0)
    }

    /// ln(high / low).
    pub(super) fn range(&self) -> f64 {
        (self.high / self.low).ln()
    }

    /// ln(close / open).
    pub(super) fn body(&self) -> f64 {
        (self.close / self.open).ln()
    }

    /// The variance of the day by Garman & Klass (1980).
    pub(super) fn garman_klass(&self) -> f64 {
        0.5 * self.range().powi(2) - (2.0 * LN_2 - 1.0) * self.body().powi(2)
    }

    /// The variance of the day by Rogers & Satchell (1991).
    pub(super) fn rogers_satchell(&self) -> f64 {
        let Self {
            open, high, low, close, ..
        } = *self;
        (high / close).ln() * (high / open).ln() + (low / close).ln() * (low / open).ln()
    }

    fn prices(&self) -> [f64; 4] {
        [self.open, self.high, self.low, self.close]
    }

    fn encloses(&self) -> bool {
        let slack = ENCLOSING_TOLERANCE * self.prices().into_iter().map(f64::abs).fold(0.0, f64::max);
        self.high + slack >= self.open.max(self.close) && self.low - slack <= self.open.min(self.close)
    }
}

const ENCLOSING_TOLERANCE: f64 = 1e-9;

#[cfg(test)]
mod tests;
