//! Comparing ratios.

/// Ratios that differ by less than this are equal: 0.33 / 0.3 is 1.10, not a hair more.
const EQUAL_WITHIN: f64 = 1e-9;

/// Whether `value` is above `limit` by more than floating-point noise.
pub(super) fn exceeds(value: f64, limit: f64) -> bool {
    value - limit > EQUAL_WITHIN
}

/// Whether `value` is at or above `limit`, floating-point noise forgiven.
pub(super) fn reaches(value: f64, limit: f64) -> bool {
    limit - value <= EQUAL_WITHIN
}
