//! The volatility cone: where today's realized volatility stands among all windows of the same length in a history.
//!
//! Burghardt & Lane (1990). Neighbouring windows share most of their days, so the quantiles describe and do not test.

use variance_units::Vol;

use super::bars::CleanBar;
use super::realized::{Estimator, HvError, ReturnWindow};
use super::stats::{count, is_below, quantile};

/// The distribution of one estimator over one length of window, and today's place in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cone {
    /// Windows measured, today's among them.
    pub windows: usize,
    /// The lowest.
    pub min: Vol,
    /// A tenth of the windows lies below; all quantiles are linear between neighbors (type 7).
    pub p10: Vol,
    /// The lower quartile.
    pub p25: Vol,
    /// The median.
    pub p50: Vol,
    /// The upper quartile.
    pub p75: Vol,
    /// A tenth of the windows lies above.
    pub p90: Vol,
    /// The highest.
    pub max: Vol,
    /// The window that ends with the last bar.
    pub today: Vol,
    /// Share of the windows below today's by more than 1e-12, 0 to 1.
    pub below: f64,
}

/// The cone of `estimator` over all windows of `bars`, oldest first. Windows that touch a negative price or span
/// a session without a sound bar are left out, unless it is today's.
///
/// # Errors
/// Those of [`Estimator::measure`] for the window that ends with the last bar.
pub fn cone(bars: &[CleanBar], estimator: Estimator, window: ReturnWindow) -> Result<Cone, HvError> {
    let today = estimator.measure(bars, window)?;
    let mut measured: Vec<f64> = (1..=bars.len())
        .filter_map(|end| estimator.measure(bars.get(..end)?, window).ok())
        .map(Vol::get)
        .collect();
    measured.sort_by(f64::total_cmp);
    let below = measured.partition_point(|vol| is_below(*vol, today.get()));
    let at = |share| quantile(&measured, share).and_then(Vol::new).ok_or(HvError::NotFinite);
    Ok(Cone {
        windows: measured.len(),
        min: at(0.0)?,
        p10: at(0.1)?,
        p25: at(0.25)?,
        p50: at(0.5)?,
        p75: at(0.75)?,
        p90: at(0.9)?,
        max: at(1.0)?,
        today,
        below: count(below) / count(measured.len()),
    })
}
