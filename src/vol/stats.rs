//! Means, sample variances and quantiles of slices.

/// How many, as a number to divide by.
#[expect(clippy::cast_precision_loss, reason = "a history is far below 2^53 days")]
pub(super) fn count(len: usize) -> f64 {
    len as f64
}

/// The arithmetic mean; not a number for an empty slice.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count(values.len())
}

/// The variance about the mean, divided by n - 1; not a number for fewer than two values.
pub(super) fn sample_variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    squares / (count(values.len()) - 1.0)
}

/// Whether `one` volatility is below `other` by more than rounding makes of equal ones: 1e-12.
pub(super) fn is_below(one: f64, other: f64) -> bool {
    other - one > 1e-12
}

/// The value below which `share` (0 to 1) of `ascending` lies, linear between neighbors: Hyndman & Fan (1996) type 7, the
/// default of numpy and R. `None` for an empty slice.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place within a slice"
)]
pub(super) fn quantile(ascending: &[f64], share: f64) -> Option<f64> {
    let place = share * count(ascending.len().checked_sub(1)?);
    let below = place.floor();
    let low = *ascending.get(below as usize)?;
    let high = ascending.get(below as usize + 1).copied().unwrap_or(low);
    Some(low + (place - below) * (high - low))
}
