//! What a field holds, and a map from fields to anything.

use jiff::civil::Date;
use serde::Serialize;

use super::field::{Field, FieldType};
use crate::time;
use crate::units::{Price, Rank, Vol};

/// What a field holds, in the program's units. Numbers are finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldValue {
    /// A price.
    Price(Price),
    /// A volatility.
    Vol(Vol),
    /// A rank.
    Rank(Rank),
    /// A number, a fraction or a count.
    Number(f64),
    /// A rating.
    Rating(i32),
    /// A calendar day, New York.
    Day(Date),
}

/// A type of which a field can hold a value.
pub trait Held: Sized + Into<FieldValue> {
    /// The value, if it is of this type.
    fn of(value: FieldValue) -> Option<Self>;
}

macro_rules! held {
    ($($type:ty = $variant:ident,)*) => {$(
        impl From<$type> for FieldValue {
            fn from(value: $type) -> Self {
                Self::$variant(value)
            }
        }

        impl Held for $type {
            fn of(value: FieldValue) -> Option<Self> {
                if let FieldValue::$variant(value) = value { Some(value) } else { None }
            }
        }
    )*};
}

held! {
    Price = Price,
    Vol = Vol,
    Rank = Rank,
    f64 = Number,
    i32 = Rating,
    Date = Day,
}

impl FieldValue {
    /// The number that it is, -0 as 0; `None` of a day.
    pub fn number(self) -> Option<f64> {
        let number = match self {
            Self::Price(price) => price.get(),
            Self::Vol(vol) => vol.get(),
            Self::Rank(rank) => rank.get(),
            Self::Number(number) => number,
            Self::Rating(rating) => f64::from(rating),
            Self::Day(_) => return None,
        };
        Some(number + 0.0)
    }

    /// The day that it is.
    pub fn day(self) -> Option<Date> {
        Held::of(self)
    }

    /// As the store keeps it: the number, of a day its number since 1970.
    pub fn kept(self) -> f64 {
        self.day()
            .map(|day| f64::from(time::day_id(day)))
            .or_else(|| self.number())
            .unwrap_or_default()
    }
}

impl Serialize for FieldValue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Day(day) => day.serialize(serializer),
            Self::Rating(rating) => rating.serialize(serializer),
            Self::Price(_) | Self::Vol(_) | Self::Rank(_) | Self::Number(_) => self.number().serialize(serializer),
        }
    }
}

impl Field {
    /// The value that the store keeps as `number`; `None` where it is none of this field.
    pub fn value(self, number: f64) -> Option<FieldValue> {
        match self.holds() {
            FieldType::Price => Price::new(number).map(Into::into),
            FieldType::Vol => Vol::new(number).map(Into::into),
            FieldType::Rank => Rank::new(number).map(Into::into),
            FieldType::Number(_) | FieldType::Fraction | FieldType::Count => {
                number.is_finite().then_some(FieldValue::Number(number))
            }
            FieldType::Rating => whole(number).map(Into::into),
            FieldType::Day => time::date_of_day_id(whole(number)?).map(Into::into),
        }
    }
}

/// A whole number that was kept as a float.
fn whole(value: f64) -> Option<i32> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to be a whole number within bounds"
    )]
    let number = value.round() as i32;
    ((f64::from(number) - value).abs() < f64::EPSILON).then_some(number)
}

/// Something for some of the fields, without a search.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldMap<T>([Option<T>; Field::COUNT]);

impl<T> Default for FieldMap<T> {
    fn default() -> Self {
        Self([const { None }; Field::COUNT])
    }
}

impl<T> FieldMap<T> {
    /// What is there for `field`.
    pub fn get(&self, field: Field) -> Option<&T> {
        self.0.get(field as usize)?.as_ref()
    }

    /// Puts `value` there for `field`, or nothing.
    pub fn set(&mut self, field: Field, value: Option<T>) {
        if let Some(place) = self.0.get_mut(field as usize) {
            *place = value;
        }
    }

    /// What is there, in field order.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &T)> {
        Field::ALL
            .into_iter()
            .zip(&self.0)
            .filter_map(|(field, value)| Some((field, value.as_ref()?)))
    }

    /// The same, each made into something else.
    pub fn map<U>(&self, mut make: impl FnMut(&T) -> U) -> FieldMap<U> {
        FieldMap(self.0.each_ref().map(|value| value.as_ref().map(&mut make)))
    }
}

impl<T, const N: usize> From<[(Field, T); N]> for FieldMap<T> {
    fn from(entries: [(Field, T); N]) -> Self {
        let mut map = Self::default();
        for (field, value) in entries {
            map.set(field, Some(value));
        }
        map
    }
}

/// A rating as a number; NaN when it is absurdly large.
pub fn rating(rating: i64) -> f64 {
    i32::try_from(rating).map_or(f64::NAN, f64::from)
}
