//! The one place that reads the wall clock.

/// This moment.
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
