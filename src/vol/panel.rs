//! Everything a history of daily bars says about realized volatility, in one value: each estimator over each window, the
//! cone of each window, the exponentially weighted volatility, forecasts, and what is suspicious about the bars.

use jiff::civil::Date;
use variance_units::Vol;

use super::bars::{Cleaned, Dropped};
use super::cone::{Cone, cone};
use super::ewma::{Averaged, Ewma, EwmaError};
use super::forecast::Forecasts;
use super::realized::{Estimator, HvError, ReturnWindow};
use super::split::{SplitAlarm, alarms};

/// The panel of one history.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Date of the first bar that counts.
    pub first: Date,
    /// Date of the last bar that counts: what everything here is as of.
    pub last: Date,
    /// Bars that count.
    pub bars: usize,
    /// Bars that do not.
    pub dropped: Dropped,
    /// Bars that a later one of the same date replaced.
    pub replaced: usize,
    /// Trading days of a year.
    pub trading_days: f64,
    /// One line a window, in the order asked for.
    pub lines: Vec<Line>,
    /// Decay of the exponential weights.
    pub lambda: f64,
    /// The exponentially weighted volatility over all bars, begun with the first return.
    pub ewma: Result<Averaged, EwmaError>,
    /// Sessions that look like splits nobody adjusted for: every estimate that spans one is wrong.
    pub splits: Vec<SplitAlarm>,
    /// What to expect over the next sessions.
    pub forecasts: Forecasts,
}

/// One window.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its length in days.
    pub days: usize,
    /// Every estimator over the last `days`.
    pub measured: Vec<(Estimator, Result<Vol, HvError>)>,
    /// The close-to-close volatility of all windows of this length.
    pub cone: Result<Cone, HvError>,
}

impl Panel {
    /// The panel of `cleaned` over windows of `days`; `None` when no bar counts.
    pub fn of(cleaned: &Cleaned, days: &[usize], trading_days: f64) -> Option<Self> {
        let bars = &cleaned.bars;
        let line = |&days: &usize| {
            let window = ReturnWindow { days, trading_days };
            let measure = |estimator: Estimator| {
                let measured = if cleaned.closes_alone && !estimator.takes_closes_alone() {
                    Err(HvError::ClosesAlone)
                } else {
                    estimator.measure(bars, window)
                };
                (estimator, measured)
            };
            Line {
                days,
                measured: Estimator::ALL.into_iter().map(measure).collect(),
                cone: cone(bars, Estimator::CloseToClose, window),
            }
        };
        let ewma = Ewma {
            lambda: LAMBDA,
            trading_days,
        };
        let splits = alarms(bars);
        Some(Self {
            forecasts: Forecasts::of(cleaned, &splits, trading_days)?,
            first: bars.first()?.date,
            last: bars.last()?.date,
            bars: bars.len(),
            dropped: cleaned.dropped,
            replaced: cleaned.replaced,
            trading_days,
            lines: days.iter().map(line).collect(),
            lambda: LAMBDA,
            ewma: ewma.measure(bars),
            splits,
        })
    }
}

/// The decay of RiskMetrics for daily returns.
const LAMBDA: f64 = 0.94;
