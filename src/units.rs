//! The units every number inside the program carries.
//!
//! Conversion from a wire's scale happens in the module that owns the wire, conversion to percent only in `render`.

use serde::{Deserialize, Serialize};

/// A volatility as an annualised fraction: 0.214 is 21.4 %. Finite and never negative.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, schemars::JsonSchema)]
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

    /// The annualised fraction.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// A rank or percentile on the scale 0 to 100. Ranks of the venue may lie slightly outside it.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, schemars::JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, schemars::JsonSchema)]
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

#[cfg(test)]
mod tests {
    use super::*;

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
