//! What a value can be, by its field, whoever gave it.

use crate::instrument::Kind;
use crate::market::{Field, FieldType, tradable};

/// `text` as a value of `field`, in the program's units, of an instrument of this kind.
pub(super) fn number(field: Field, kind: Kind, text: &str) -> Result<f64, String> {
    let name = field.name();
    let value: Option<f64> = text.parse().ok().filter(|value: &f64| value.is_finite());
    let value = value.ok_or_else(|| format!("{name} {text:?} is no number"))?;
    if field.holds() == FieldType::Price && tradable(kind, Some(value), name).is_err() {
        return Err(format!("{name} {text} is none that such an instrument can have"));
    }
    let is_fit = field.holds() != FieldType::Rating || value.fract() == 0.0;
    match &field.spec().kept {
        Some(bounds) if !(is_fit && bounds.range.contains(&value)) => {
            Err(format!("{name} {text} is not {}", bounds.told))
        }
        Some(_) | None => Ok(value),
    }
}
