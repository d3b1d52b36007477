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
        Self::new(decimal(percent / 100.0))
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
        Self::new(decimal(fraction * 100.0))
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

/// `value` to nine decimals, more than any wire carries: what was computed from decimals prints as one, and not as
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
    fn numbers_computed_from_decimals_print_as_decimals() {
        let mid = 109.70 + (109.72 - 109.70) / 2.0;
        assert_ne!(mid.to_string(), "109.71");
        assert_eq!(decimal(mid).to_string(), "109.71");
        assert_eq!(decimal(104.126_953_125).to_string(), "104.126953125");
        assert_eq!(
            Rank::from_fraction(0.426_067_597).unwrap().get().to_string(),
            "42.6067597"
        );
        assert_eq!(Vol::from_percent(0.57).unwrap().get().to_string(), "0.0057");
        assert_eq!(decimal(1e300).to_string(), 1e300.to_string());
        assert!(decimal(f64::NAN).is_nan());
    }
}
