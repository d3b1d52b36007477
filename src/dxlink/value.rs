//! Scalars as lenient as the feed is, and texts fit for a terminal.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use variance_text::printable;

/// One scalar of a data row.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) enum Cell {
    /// Null, a column that is not served, or `"NaN"`, `"Infinity"`, `"-Infinity"`.
    #[default]
    Absent,
    /// A number without fraction, exact.
    Whole(i64),
    /// A finite number.
    Real(f64),
    /// A whole number sent as text, as some peers do beyond 2^53.
    Quoted(i64),
    /// `true` or `false`.
    Flag(bool),
}

impl Cell {
    /// `number` unless it is not finite.
    pub(super) fn real(number: f64) -> Self {
        if number.is_finite() {
            Self::Real(number)
        } else {
            Self::Absent
        }
    }

    /// `number`, exact up to 2^63.
    pub(super) fn unsigned(number: u64) -> Self {
        i64::try_from(number).map_or(Self::Real(number as f64), Self::Whole)
    }

    /// The scalar written as text in a numeric column; `None` when it is no number.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        match text {
            "NaN" | "Infinity" | "-Infinity" => Some(Self::Absent),
            other => other.parse().ok().map(Self::Quoted),
        }
    }

    /// The number, for a column of doubles.
    pub(super) fn number(self) -> Option<f64> {
        match self {
            Self::Whole(whole) => Some(whole as f64),
            Self::Real(real) => Some(real),
            Self::Absent | Self::Quoted(_) | Self::Flag(_) => None,
        }
    }

    /// The whole number, for a column of longs; `100.0` is one.
    pub(super) fn long(self) -> Option<i64> {
        match self {
            Self::Whole(whole) | Self::Quoted(whole) => Some(whole),
            Self::Real(real) => whole(real),
            Self::Absent | Self::Flag(_) => None,
        }
    }

    /// The truth value; 0 and 1 are accepted.
    pub(super) fn flag(self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(flag),
            Self::Whole(_) | Self::Real(_) | Self::Quoted(_) | Self::Absent => match self.long() {
                Some(0) => Some(false),
                Some(1) => Some(true),
                Some(_) | None => None,
            },
        }
    }
}

/// The integer a double stands for, up to 2^53 where doubles stop being exact.
fn whole(real: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if real.fract() != 0.0 || real.abs() > EXACT {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 53 bits")]
    let whole = real as i64;
    Some(whole)
}

/// A value of whatever kind, where one odd key must not cost the message.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Loose {
    /// A list or an object.
    Composite,
    /// A number, a truth value or null.
    Scalar(Cell),
    /// A text.
    Text(String),
}

impl Loose {
    /// The number.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Scalar(cell) => cell.number(),
            Self::Text(_) | Self::Composite => None,
        }
    }

    /// The text, empty when there is none.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Scalar(_) | Self::Composite => "",
        }
    }

    /// The channel id.
    pub(super) fn channel(&self) -> Option<u64> {
        match self {
            Self::Scalar(cell) => cell.long().and_then(|id| u64::try_from(id).ok()),
            Self::Text(_) | Self::Composite => None,
        }
    }
}

impl Default for Loose {
    fn default() -> Self {
        Self::Scalar(Cell::Absent)
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Loose, E> {
        Ok(Loose::Scalar(Cell::Flag(flag)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Loose, E> {
        Ok(Loose::Scalar(Cell::Whole(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Loose, E> {
        Ok(Loose::Scalar(Cell::unsigned(number)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Loose, E> {
        Ok(Loose::Scalar(Cell::real(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Loose, E> {
        Ok(Loose::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Loose::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Loose, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose::Composite)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Loose::Composite)
    }
}

/// What can be printed of `text`, cut to 120 characters.
pub(super) fn clean(text: &str) -> String {
    printable(text).take(LONGEST_TEXT).collect()
}

/// `text` as [`clean`] gives it, with every one of `secrets` masked.
pub(super) fn redact<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    let masked = secrets
        .into_iter()
        .filter(|secret| !secret.is_empty())
        .fold(printable(text).collect(), |text: String, secret| {
            text.replace(secret, "[redacted]")
        });
    masked.chars().take(LONGEST_TEXT).collect()
}

const LONGEST_TEXT: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_accepted_as_doubles_and_doubles_as_whole_numbers() {
        assert_eq!(Cell::Real(100.0).long(), Some(100));
        assert_eq!(Cell::Whole(0).number(), Some(0.0));
        assert_eq!(Cell::Real(0.5).long(), None);
        assert_eq!(Cell::Real(1e300).long(), None);
    }

    #[test]
    fn text_in_a_numeric_column_is_a_long_or_nothing() {
        assert_eq!(
            Cell::from_text("7235129486797176832"),
            Some(Cell::Quoted(7_235_129_486_797_176_832))
        );
        assert_eq!(Cell::Quoted(12).number(), None);
        assert_eq!(Cell::from_text("-Infinity"), Some(Cell::Absent));
        assert_eq!(Cell::from_text("12.5"), None);
    }

    #[test]
    fn zero_and_one_are_truth_values() {
        assert_eq!(Cell::Whole(1).flag(), Some(true));
        assert_eq!(Cell::Real(0.0).flag(), Some(false));
        assert_eq!(Cell::Whole(2).flag(), None);
    }

    #[test]
    fn a_server_text_cannot_steer_a_terminal_nor_show_a_token() {
        assert_eq!(clean("a\u{1b}[31mb\r\nc\u{202e}d"), "a[31mbcd");
        assert_eq!(redact("bad token s3c\u{7}ret!", ["s3cret"]), "bad token [redacted]!");
        assert_eq!(redact("kept", [""]), "kept");
        assert_eq!(clean(&"x".repeat(500)).len(), 120);
    }
}
