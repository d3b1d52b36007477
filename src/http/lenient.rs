//! One reading of the scalars of JSON wires: numbers come as strings, integers or floats, absence as nothing, `null`, `""` or
//! `"NaN"`, and a value of the wrong type must cost its field, never its record.

use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use smol_str::SmolStr;

/// A value as it came.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Lenient<T> {
    /// Not there, or said to be nothing.
    #[default]
    Absent,
    /// There.
    Is(T),
    /// There, but not readable as what it should be.
    Unreadable,
}

impl<T> Lenient<T> {
    /// The value; why it is missing is lost.
    pub(crate) fn ok(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Unreadable => None,
        }
    }

    /// Takes the value through `convert`, for which a value may be out of range.
    pub(crate) fn and_then<U>(self, convert: impl FnOnce(T) -> Option<U>) -> Lenient<U> {
        match self {
            Self::Is(value) => convert(value).map_or(Lenient::Unreadable, Lenient::Is),
            Self::Absent => Lenient::Absent,
            Self::Unreadable => Lenient::Unreadable,
        }
    }

    /// The value; `name` is added to `unreadable` where it was there and made no sense.
    pub(crate) fn or_note(self, name: &str, unreadable: &mut Vec<String>) -> Option<T> {
        if matches!(self, Self::Unreadable) {
            unreadable.push(name.to_owned());
        }
        self.ok()
    }
}

/// What a scalar of the wire can be read as.
pub(crate) trait Scalar: Sized {
    /// From a JSON string that is neither empty nor blank.
    fn from_text(text: &str) -> Lenient<Self>;

    /// From a JSON number.
    fn from_number(_number: f64) -> Lenient<Self> {
        Lenient::Unreadable
    }

    /// From a JSON boolean.
    fn from_bool(_value: bool) -> Lenient<Self> {
        Lenient::Unreadable
    }
}

impl Scalar for f64 {
    fn from_text(text: &str) -> Lenient<Self> {
        match text.parse::<Self>() {
            Ok(number) if number.is_finite() => Lenient::Is(number),
            Ok(_) => Lenient::Absent,
            Err(_) => Lenient::Unreadable,
        }
    }

    fn from_number(number: f64) -> Lenient<Self> {
        if number.is_finite() {
            Lenient::Is(number)
        } else {
            Lenient::Unreadable
        }
    }
}

impl Scalar for i64 {
    fn from_text(text: &str) -> Lenient<Self> {
        text.parse()
            .map_or_else(|_| f64::from_text(text).and_then(whole), Lenient::Is)
    }

    fn from_number(number: f64) -> Lenient<Self> {
        Lenient::Is(number).and_then(whole)
    }
}

impl Scalar for SmolStr {
    fn from_text(text: &str) -> Lenient<Self> {
        Lenient::Is(Self::new(text))
    }
}

impl Scalar for bool {
    fn from_text(text: &str) -> Lenient<Self> {
        text.parse().map_or(Lenient::Unreadable, Lenient::Is)
    }

    fn from_bool(value: bool) -> Lenient<Self> {
        Lenient::Is(value)
    }
}

impl Scalar for Timestamp {
    fn from_text(text: &str) -> Lenient<Self> {
        text.parse().map_or(Lenient::Unreadable, Lenient::Is)
    }
}

impl Scalar for Date {
    /// Dates may come with a time of day, which says nothing.
    fn from_text(text: &str) -> Lenient<Self> {
        text.get(..10)
            .and_then(|day| day.parse().ok())
            .map_or(Lenient::Unreadable, Lenient::Is)
    }
}

impl<'de, T: Scalar> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyScalar(PhantomData))
    }
}

struct AnyScalar<T>(PhantomData<T>);

impl<'de, T: Scalar> Visitor<'de> for AnyScalar<T> {
    type Value = Lenient<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Lenient<T>, E> {
        let text = text.trim();
        Ok(if text.is_empty() {
            Lenient::Absent
        } else {
            T::from_text(text)
        })
    }

    fn visit_f64<E>(self, number: f64) -> Result<Lenient<T>, E> {
        Ok(T::from_number(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Lenient<T>, E> {
        Ok(T::from_number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Lenient<T>, E> {
        Ok(T::from_number(number as f64))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Lenient<T>, E> {
        Ok(T::from_bool(value))
    }

    fn visit_unit<E>(self) -> Result<Lenient<T>, E> {
        Ok(Lenient::Absent)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Lenient<T>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Lenient::Unreadable)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Lenient<T>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Lenient::Unreadable)
    }
}

/// `number` as an integer, where it is one that `f64` holds exactly.
#[expect(clippy::cast_possible_truncation, reason = "checked against 2^53 and for a fraction")]
fn whole(number: f64) -> Option<i64> {
    (number.abs() <= 9_007_199_254_740_992.0 && number.fract().abs() < f64::EPSILON).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(json: &str) -> Lenient<f64> {
        serde_json::from_str(json).expect("JSON")
    }

    #[test]
    fn numbers_are_read_as_text_integer_and_float() {
        assert_eq!(number(r#""0.25""#), Lenient::Is(0.25));
        assert_eq!(number("18877"), Lenient::Is(18877.0));
        assert_eq!(number("-1"), Lenient::Is(-1.0));
        assert_eq!(number("1e-3"), Lenient::Is(0.001));
    }

    #[test]
    fn nothing_is_absent_and_nonsense_is_unreadable() {
        for nothing in [
            "null",
            r#""""#,
            r#""  ""#,
            r#""NaN""#,
            r#""Infinity""#,
            r#""-Infinity""#,
        ] {
            assert_eq!(number(nothing), Lenient::Absent, "{nothing}");
        }
        for nonsense in [r#""abc""#, "true", "{\"a\":[1]}", "[1,{}]"] {
            assert_eq!(number(nonsense), Lenient::Unreadable, "{nonsense}");
        }
    }

    #[test]
    fn integers_have_no_fraction() {
        let integer = |json| serde_json::from_str::<Lenient<i64>>(json).expect("JSON");
        assert_eq!(integer("4"), Lenient::Is(4));
        assert_eq!(integer(r#""4.0""#), Lenient::Is(4));
        assert_eq!(integer("4.5"), Lenient::Unreadable);
        assert_eq!(integer("1e300"), Lenient::Unreadable);
    }

    #[test]
    fn times_and_days_are_read_in_every_spelling_seen() {
        let time = |json| serde_json::from_str::<Lenient<Timestamp>>(json).expect("JSON");
        let noon = Lenient::Is("2026-11-20T12:00:00.5Z".parse().expect("a time"));
        assert_eq!(time(r#""2026-11-20T12:00:00.500Z""#), noon);
        assert_eq!(time(r#""2026-11-20T12:00:00.500+00:00""#), noon);
        assert_eq!(time(r#""2026-11-20T07:00:00.500-05:00""#), noon);
        assert_eq!(time(r#""2026-11-20""#), Lenient::Unreadable);
        let day = |json| serde_json::from_str::<Lenient<Date>>(json).expect("JSON");
        assert_eq!(day(r#""2026-12-18""#), Lenient::Is(jiff::civil::date(2026, 12, 18)));
        assert_eq!(
            day(r#""2026-12-18T00:00:00Z""#),
            Lenient::Is(jiff::civil::date(2026, 12, 18))
        );
        assert_eq!(day(r#""üüüüüü""#), Lenient::Unreadable);
    }

    proptest! {
        #[test]
        fn any_text_is_a_value_or_not_and_never_a_panic(text in any::<String>()) {
            let json = serde_json::to_string(&text).expect("text");
            for value in [number(&json), serde_json::from_str(&json).map(|i: Lenient<i64>| i.and_then(|i| Some(i as f64))).expect("JSON")] {
                if let Lenient::Is(value) = value {
                    prop_assert!(value.is_finite());
                }
            }
            serde_json::from_str::<Lenient<Date>>(&json).expect("JSON");
            serde_json::from_str::<Lenient<Timestamp>>(&json).expect("JSON");
        }
    }
}
