//! A record's fields by name.

use crate::market::{Field, Record};

/// The finite number that `record` holds in `field`; -0 is 0.
pub(super) fn value(record: &Record, field: Field) -> Option<f64> {
    record.number(field)
}

/// Whether anybody was asked for `field`.
pub(super) fn was_asked(record: &Record, field: Field) -> bool {
    record.has(field) || record.gap(field).is_some()
}
