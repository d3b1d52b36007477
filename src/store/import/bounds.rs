//! What a value can be, by its field, whoever gave it.

use super::fault::EntryFault;
use crate::instrument::Kind;
use crate::market::{Field, FieldType, tradable};

/// `text` as a value of `field`, in the program's units, of an instrument of this kind.
pub(super) fn number(field: Field, kind: Kind, text: &str) -> Result<f64, EntryFault> {
    let value: Option<f64> = text.parse().ok().filter(|value: &f64| value.is_finite());
    let value = value.ok_or_else(|| EntryFault::Number(field, text.to_owned()))?;
    if field.holds() == FieldType::Price && tradable(kind, Some(value), field.name()).is_err() {
        return Err(EntryFault::Price(field, text.to_owned()));
    }
    let is_fit = field.holds() != FieldType::Rating || value.fract() == 0.0;
    match &field.spec().kept {
        Some(bounds) if !(is_fit && bounds.range.contains(&value)) => {
            Err(EntryFault::Bounds(field, text.to_owned(), bounds.told))
        }
        Some(_) | None => Ok(value),
    }
}
