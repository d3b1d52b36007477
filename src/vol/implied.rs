//! The volatility that a price implies, by Jäckel's "Let's Be Rational" (the crate `implied-vol`), or the reason why none exists.
//!
//! Read as European an American price, which holds a little more, implies too high a volatility: of options out of the money by
//! at most 0.1 point at 30 days, of puts in the money by several. [`Quoted::implied_american`] counts with that. What a price can carry limits the digits: an in-the-money price rounded to a tick
//! may carry none.

use implied_vol::{DefaultSpecialFn, ImpliedBlackVolatility};
use variance_units::Vol;

use super::american::exercise_may_pay;
use super::black::{European, Greeks, Right, Underlying};

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
    /// The volatility at which the option is worth its price, by Jäckel, "Let's Be Rational" (2015).
    ///
    /// # Errors
    /// Every [`ImpliedError`].
    ///
    /// ```
    /// use variance_vol::black::{Right, Underlying};
    /// use variance_vol::implied::{ImpliedError, Quoted};
    ///
    /// // The example of Hull, "Options, Futures, and Other Derivatives": three months, 10 %.
    /// let call = Quoted {
    ///     right: Right::Call,
    ///     underlying: Underlying::Spot { price: 21.0, dividend_yield: 0.0 },
    ///     strike: 20.0,
    ///     years: 0.25,
    ///     rate: 0.1,
    ///     price: 1.875,
    /// };
    /// assert!((call.implied()?.get() - 0.235).abs() < 0.0005);
    /// assert_eq!(Quoted { price: 1.0, ..call }.implied(), Err(ImpliedError::BelowIntrinsic));
    /// # Ok::<(), ImpliedError>(())
    /// ```
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

impl Quoted {
    /// The volatility at which the option, which may be exercised early, is worth its price. Never above the European one.
    ///
    /// # Errors
    /// Every [`ImpliedError`]; the intrinsic value is that of exercise now, or of waiting without volatility if that is more.
    ///
    /// ```
    /// use variance_vol::black::{Right, Underlying};
    /// use variance_vol::implied::{ImpliedError, Quoted};
    ///
    /// // Geske & Johnson (1984), table I: what a put of seven months at a volatility of 30 % is worth.
    /// let put = Quoted {
    ///     right: Right::Put,
    ///     underlying: Underlying::Spot { price: 40.0, dividend_yield: 0.0 },
    ///     strike: 45.0,
    ///     years: 0.5833,
    ///     rate: 0.0488,
    ///     price: 6.2436,
    /// };
    /// assert!((put.implied_american()?.get() - 0.3).abs() < 1e-4);
    /// assert!(put.implied()?.get() > 0.32, "read as European it is too high");
    /// # Ok::<(), ImpliedError>(())
    /// ```
    pub fn implied_american(&self) -> Result<Vol, ImpliedError> {
        let european = self.implied();
        let (spot, carry) = self.underlying.spot_and_yield(self.rate);
        if european == Err(ImpliedError::BadInput) || !exercise_may_pay(self.right, self.rate, carry) {
            return european;
        }
        let sign = self.right.sign();
        let waiting = spot * (-carry * self.years).exp() - self.strike * (-self.rate * self.years).exp();
        let intrinsic = sign
            * if sign * waiting > sign * (spot - self.strike) {
                waiting
            } else {
                spot - self.strike
            };
        let most = match self.right {
            Right::Call => spot,
            Right::Put => self.strike,
        };
        if self.price < intrinsic {
            return Err(ImpliedError::BelowIntrinsic);
        }
        if self.price <= 0.0 {
            return Err(ImpliedError::ZeroPrice);
        }
        if self.price <= intrinsic {
            return Err(ImpliedError::AtIntrinsic);
        }
        if self.price >= most {
            return Err(ImpliedError::AboveMaximum);
        }
        // The right to exercise early is worth something, so less volatility explains the price. A European option may not
        // be able to have the price at all; then nothing bounds the search from above.
        let (mut low, mut high) = (0.0, european.map_or(HIGHEST, Vol::get));
        let mut vol = european.map_or(1.0, Vol::get);
        let mut before: Option<(f64, f64)> = None;
        for _ in 0..MOST_STEPS {
            let option = self.at(Vol::new(vol).ok_or(ImpliedError::NotFound)?);
            let above = option.american_price().ok_or(ImpliedError::BadInput)? - self.price;
            if above > 0.0 {
                high = vol;
            } else {
                low = vol;
            }
            let slope = match before {
                Some((other, its)) => (above - its) / (vol - other),
                None => option.greeks().map_or(0.0, |held| held.vega * 100.0),
            };
            let step = vol - above / slope;
            let next = if step > low && step < high {
                step
            } else {
                low + (high - low) / 2.0
            };
            if (next - vol).abs() <= DIGITS * next {
                return Vol::new(next).ok_or(ImpliedError::NotFound);
            }
            before = Some((vol, above));
            vol = next;
        }
        Err(ImpliedError::NotFound)
    }

    /// What the option is worth without the right to exercise early, at the volatility that it implies with that right.
    ///
    /// # Errors
    /// Those of [`Quoted::implied_american`].
    pub(super) fn held(&self) -> Result<Greeks, ImpliedError> {
        let vol = self.implied_american()?;
        self.at(vol).greeks().ok_or(ImpliedError::BadInput)
    }

    /// The option at a volatility.
    fn at(&self, vol: Vol) -> European {
        European {
            right: self.right,
            underlying: self.underlying,
            strike: self.strike,
            years: self.years,
            rate: self.rate,
            vol,
        }
    }
}

/// Ten thousand percent: no market has it.
const HIGHEST: f64 = 100.0;
const MOST_STEPS: usize = 100;
/// The digits of a volatility that the search finds.
const DIGITS: f64 = 1e-9;

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
