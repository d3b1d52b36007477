//! The volatility that a price implies, by Jäckel's "Let's Be Rational" (the crate `implied-vol`), or the reason why none exists.
//!
//! European exercise: an American price holds a little more, so its implied volatility comes out high; for options out of the
//! money by at most 0.1 point at 30 days. What a price can carry limits the digits: an in-the-money price rounded to a tick
//! may carry none.

use implied_vol::{DefaultSpecialFn, ImpliedBlackVolatility};
use variance_units::Vol;

use super::black::{Right, Underlying};

/// One European option and what is paid for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quoted {
    /// Call or put.
    pub right: Right,
    /// What it is written on.
    pub underlying: Underlying,
    /// Strike, above zero.
    pub strike: f64,
    /// Time to expiry in years of 365 days, above zero.
    pub years: f64,
    /// Continuously compounded, a fraction a year; may be negative.
    pub rate: f64,
    /// The price, not below zero.
    pub price: f64,
}

/// Why a price implies no volatility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImpliedError {
    /// An input is not finite, the underlying, strike or time is not above zero, or the price is negative.
    #[error("an input is out of range")]
    BadInput,
    /// The price is below what the option is worth without any volatility.
    #[error("the price is below the intrinsic value")]
    BelowIntrinsic,
    /// The price is exactly what the option is worth without any volatility.
    #[error("the price is the intrinsic value")]
    AtIntrinsic,
    /// Nothing is paid for an option that is out of the money.
    #[error("the price is zero")]
    ZeroPrice,
    /// The price is not below what the option is worth at unlimited volatility.
    #[error("the price is above any the option can have")]
    AboveMaximum,
    /// The solver found no number.
    #[error("no volatility gives this price")]
    NotFound,
}

impl Quoted {
    /// The volatility at which the option is worth its price.
    ///
    /// # Errors
    /// Every [`ImpliedError`].
    pub fn implied(&self) -> Result<Vol, ImpliedError> {
        let (spot, carry) = self.underlying.spot_and_yield(self.rate);
        let above_zero = |value: f64| value.is_finite() && value > 0.0;
        let sound = above_zero(spot)
            && above_zero(self.strike)
            && above_zero(self.years)
            && carry.is_finite()
            && self.rate.is_finite()
            && self.price.is_finite()
            && self.price >= 0.0;
        let forward = spot * ((self.rate - carry) * self.years).exp();
        let price = self.price * (self.rate * self.years).exp();
        if !(sound && above_zero(forward) && price.is_finite()) {
            return Err(ImpliedError::BadInput);
        }
        let (intrinsic, maximum) = match self.right {
            Right::Call => (forward - self.strike, forward),
            Right::Put => (self.strike - forward, self.strike),
        };
        if price < intrinsic {
            return Err(ImpliedError::BelowIntrinsic);
        }
        if price <= 0.0 {
            return Err(ImpliedError::ZeroPrice);
        }
        if price <= intrinsic {
            return Err(ImpliedError::AtIntrinsic);
        }
        if price >= maximum {
            return Err(ImpliedError::AboveMaximum);
        }
        ImpliedBlackVolatility::builder()
            .option_price(price)
            .forward(forward)
            .strike(self.strike)
            .expiry(self.years)
            .is_call(self.right == Right::Call)
            .build()
            .and_then(|option| option.calculate::<DefaultSpecialFn>())
            .and_then(Vol::new)
            .filter(|vol| vol.get() > 0.0)
            .ok_or(ImpliedError::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::black::European;

    #[test]
    fn a_price_without_time_value_is_told_from_one_below_it() {
        let option = Quoted {
            right: Right::Call,
            underlying: Underlying::Future { price: 110.0 },
            strike: 100.0,
            years: 0.25,
            rate: 0.0,
            price: 10.0,
        };
        assert_eq!(option.implied(), Err(ImpliedError::AtIntrinsic));
        let price = 9.99;
        assert_eq!(Quoted { price, ..option }.implied(), Err(ImpliedError::BelowIntrinsic));
        let price = f64::NAN;
        assert_eq!(Quoted { price, ..option }.implied(), Err(ImpliedError::BadInput));
        let years = 0.0;
        assert_eq!(Quoted { years, ..option }.implied(), Err(ImpliedError::BadInput));
    }

    proptest! {
        #[test]
        fn what_was_priced_with_a_volatility_implies_it(
            strike in 80.0..125.0_f64, days in 2..400_u32, sigma in 0.1..2.0_f64, rate in -0.01..0.08_f64,
        ) {
            let right = if strike < 100.0 { Right::Put } else { Right::Call };
            let (underlying, years) = (Underlying::Future { price: 100.0 }, f64::from(days) / 365.0);
            let vol = Vol::new(sigma).unwrap();
            let price = European { right, underlying, strike, years, rate, vol }.greeks().unwrap().price;
            prop_assume!(price > 1e-9);
            let found = Quoted { right, underlying, strike, years, rate, price }.implied().unwrap();
            prop_assert!((found.get() - sigma).abs() < 1e-9, "{found:?} for {sigma}");
        }

        #[test]
        fn no_input_ends_in_a_panic(
            spot in any::<f64>(), strike in any::<f64>(), years in any::<f64>(), rate in any::<f64>(), price in any::<f64>(),
        ) {
            for right in [Right::Call, Right::Put] {
                let option = Quoted { right, underlying: Underlying::Future { price: spot }, strike, years, rate, price };
                if let Ok(vol) = option.implied() {
                    prop_assert!(vol.get() > 0.0);
                }
            }
        }
    }
}
