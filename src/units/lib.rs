//! The units every number inside the program carries.
//!
//! Conversion from a wire's scale happens in the module that owns the wire, conversion to percent only in `render`.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// Reads a number that must be one of the type.
macro_rules! checked {
    ($type:ident, $what:literal) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(f64::deserialize(deserializer)?).ok_or_else(|| D::Error::custom($what))
            }
        }
    };
}

checked!(Vol, "a volatility is finite and not negative");
checked!(Rank, "a rank is finite");
checked!(Price, "a price is finite");

/// A volatility as an annualized fraction: 0.214 is 21.4 %. Finite and never negative.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Vol(f64);

impl Vol {
    /// `fraction` as a volatility; `None` when it is negative or not finite.
    pub fn new(fraction: f64) -> Option<Self> {
        (fraction.is_finite() && fraction >= 0.0).then_some(Self(fraction))
    }

    /// `percent` as a volatility: 21.4 becomes 0.214. For wires that are documented to speak percent.
    pub fn from_percent(percent: f64) -> Option<Self> {
        Self::new(shifted(percent, -2)?)
    }

    /// The annualized fraction.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// A rank or percentile on the scale 0 to 100. Ranks of the venue may lie slightly outside it.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Rank(f64);

impl Rank {
    /// `hundred` on the scale 0 to 100; `None` when it is not finite.
    pub fn new(hundred: f64) -> Option<Self> {
        hundred.is_finite().then_some(Self(hundred))
    }

    /// `fraction` on the scale 0 to 1, as tastytrade's REST metrics send it.
    pub fn from_fraction(fraction: f64) -> Option<Self> {
        Self::new(shifted(fraction, 2)?)
    }

    /// The rank on the scale 0 to 100.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// A price in the instrument's own quotation. Finite; zero and negative prices exist.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Price(f64);

impl Price {
    /// `value` as a price; `None` when it is not finite.
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value))
    }

    /// The price in the instrument's own quotation.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// `value` with its decimal point moved, as on paper: 13.47 % is 0.1347 and not 0.13470000000000001. `None` when `value` is
/// not finite.
fn shifted(value: f64, places: i32) -> Option<f64> {
    format!("{value}e{places}").parse().ok()
}

/// `value` to nine decimals, more than any quotation has: the middle of 109.70 and 109.72 is 109.71 and not
/// 109.71000000000001. Values too large for that precision stay as they are.
pub fn decimal(value: f64) -> f64 {
    let scaled = value * 1e9;
    if scaled.abs() < EXACT {
        scaled.round() / 1e9
    } else {
        value
    }
}

/// Whole numbers below it have a float of their own.
const EXACT: f64 = 9.0e15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_two_decimals_prints_as_a_decimal() {
        let mid = 109.70 + (109.72 - 109.70) / 2.0;
        assert_ne!(mid.to_string(), "109.71");
        assert_eq!(decimal(mid).to_string(), "109.71");
        assert_eq!(decimal(104.126_953_125).to_string(), "104.126953125");
        assert_eq!(decimal(1e300).to_string(), 1e300.to_string());
        assert!(decimal(f64::NAN).is_nan());
    }

    #[test]
    fn a_change_of_scale_keeps_the_digits() {
        assert_eq!(Vol::from_percent(13.47).map(Vol::get), Some(0.1347));
        assert_eq!(Vol::from_percent(1.43).map(Vol::get), Some(0.0143));
        assert_eq!(Rank::from_fraction(0.57).map(Rank::get), Some(57.0));
        assert_eq!(Rank::from_fraction(0.326618705).map(Rank::get), Some(32.6618705));
    }

    #[test]
    fn what_is_no_number_has_no_unit() {
        assert_eq!(Vol::from_percent(f64::NAN), None);
        assert_eq!(Rank::from_fraction(f64::INFINITY), None);
        assert_eq!(Vol::new(-0.1), None);
    }
}
