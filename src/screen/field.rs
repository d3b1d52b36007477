//! A record's fields by name.

use crate::market::{Field, Record};
pub use crate::market::{FieldValue, field_value};

/// The field's name in machine output.
pub fn field_name(field: Field) -> &'static str {
    field.name()
}

/// The finite number that `record` holds in `field`; -0 is 0.
pub(super) fn value(record: &Record, field: Field) -> Option<f64> {
    match field_value(record, field)?.value {
        FieldValue::Number(value) => Some(value + 0.0),
        FieldValue::Day(_) => None,
    }
}

/// Whether anybody was asked for `field`.
pub(super) fn was_asked(record: &Record, field: Field) -> bool {
    record.has(field) || record.missing.iter().any(|missing| missing.field == field)
}
