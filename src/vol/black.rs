//! Price and Greeks of European options in the units of the feed. Does not invert prices and knows no calendar.
//!
//! Black & Scholes (1973) and Merton (1973) on a spot, Black (1976) on a future. Per unit of the underlying: theta a
//! calendar day (annual / 365), vega a volatility point (annual / 100), rho a rate point (annual / 100).

use std::cmp::Ordering;
use std::f64::consts::TAU;

use implied_vol::{DefaultSpecialFn, SpecialFn};
use variance_units::Vol;

/// The side of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// The right to buy.
    Call,
    /// The right to sell.
    Put,
}

/// What the option is written on, which decides its forward and the meaning of rho.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Underlying {
    /// A spot price that pays `dividend_yield`, continuously compounded. The feed prices equity options with rate and
    /// yield at zero, and futures options with the future as a spot whose yield is the rate.
    Spot {
        /// The price, above zero.
        price: f64,
        /// Continuously compounded, a fraction a year.
        dividend_yield: f64,
    },
    /// A futures price; rho is the discounting alone, `-T V / 100`.
    Future {
        /// The price, above zero.
        price: f64,
    },
}

/// One European option and the market it is valued in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct European {
    /// Call or put.
    pub right: Right,
    /// What it is written on.
    pub underlying: Underlying,
    /// Strike, above zero.
    pub strike: f64,
    /// Time to expiry in years of 365 days; at or below zero the option is worth its intrinsic value.
    pub years: f64,
    /// Continuously compounded, a fraction a year; may be negative.
    pub rate: f64,
    /// Volatility to price with.
    pub vol: Vol,
}

/// Value and sensitivities for one unit of the underlying.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Greeks {
    /// Model value.
    pub price: f64,
    /// Change of value per unit of the underlying, -1 to 1.
    pub delta: f64,
    /// Change of delta per unit of the underlying.
    pub gamma: f64,
    /// Change of value per calendar day.
    pub theta: f64,
    /// Change of value per point (0.01) of volatility.
    pub vega: f64,
    /// Change of value per point (0.01) of the rate.
    pub rho: f64,
}

impl Right {
    /// 1 for a call, -1 for a put.
    pub(super) fn sign(self) -> f64 {
        match self {
            Self::Call => 1.0,
            Self::Put => -1.0,
        }
    }
}

impl Underlying {
    /// The price, and the yield that carries it to its forward: a future is its own forward, so its yield is the rate.
    pub(super) fn spot_and_yield(self, rate: f64) -> (f64, f64) {
        match self {
            Self::Spot { price, dividend_yield } => (price, dividend_yield),
            Self::Future { price } => (price, rate),
        }
    }
}

impl European {
    /// Value and Greeks; `None` when a price or strike is not above zero or an input is not finite.
    ///
    /// Without time or volatility left: discounted forward intrinsic value, a step delta (half at the forward), no
    /// gamma or vega; theta is the carry alone, and nothing at expiry.
    ///
    /// ```
    /// use variance_units::Vol;
    /// use variance_vol::black::{European, Right, Underlying};
    ///
    /// // The example of Hull, "Options, Futures, and Other Derivatives", on the Greek letters: 20 weeks, 5 %, 20 %.
    /// let call = European {
    ///     right: Right::Call,
    ///     underlying: Underlying::Spot { price: 49.0, dividend_yield: 0.0 },
    ///     strike: 50.0,
    ///     years: 0.3846,
    ///     rate: 0.05,
    ///     vol: Vol::new(0.2).ok_or("a volatility")?,
    /// };
    /// let greeks = call.greeks().ok_or("priced")?;
    /// assert!((greeks.price - 2.40).abs() < 0.005);
    /// assert!((greeks.delta - 0.522).abs() < 0.0005);
    /// assert!((greeks.gamma - 0.066).abs() < 0.0005);
    /// assert!((greeks.theta * 365.0 + 4.31).abs() < 0.005);
    /// assert!((greeks.vega * 100.0 - 12.1).abs() < 0.05);
    /// assert!((greeks.rho * 100.0 - 8.91).abs() < 0.005);
    /// # Ok::<(), &str>(())
    /// ```
    pub fn greeks(&self) -> Option<Greeks> {
        let (price, carry) = self.underlying.spot_and_yield(self.rate);
        let finite = [price, carry, self.strike, self.years, self.rate]
            .iter()
            .all(|input| input.is_finite());
        if !finite || price <= 0.0 || self.strike <= 0.0 {
            return None;
        }
        let years = self.years.max(0.0);
        let total = self.vol.get() * years.sqrt();
        let forward = price * ((self.rate - carry) * years).exp();
        let odds = if total > 0.0 {
            Odds::spread(forward, self.strike, total)
        } else {
            Odds::step(forward, self.strike)
        };
        let sign = self.right.sign();
        let (first, second) = match self.right {
            Right::Call => (odds.above_share, odds.above),
            Right::Put => (odds.below_share, odds.below),
        };
        let stock = price * (-carry * years).exp();
        let bond = self.strike * (-self.rate * years).exp();
        let value = sign * (stock * first - bond * second);
        let (gamma, vega, decay) = if total > 0.0 {
            let bell = stock * odds.density;
            (
                bell / (price * price * total),
                bell * years.sqrt(),
                bell * self.vol.get() / (2.0 * years.sqrt()),
            )
        } else {
            (0.0, 0.0, 0.0)
        };
        let drift = if years > 0.0 {
            sign * (carry * stock * first - self.rate * bond * second)
        } else {
            0.0
        };
        let rho = match self.underlying {
            Underlying::Spot { .. } => sign * years * bond * second,
            Underlying::Future { .. } => -years * value,
        };
        Some(Greeks {
            price: value,
            delta: sign * (-carry * years).exp() * first,
            gamma,
            theta: (drift - decay) / 365.0,
            vega: vega / 100.0,
            rho: rho / 100.0,
        })
    }
}

/// The probabilities of the formula: of ending above and below the strike, and the same weighted by the underlying.
struct Odds {
    above_share: f64,
    above: f64,
    below_share: f64,
    below: f64,
    density: f64,
}

impl Odds {
    fn spread(forward: f64, strike: f64, total: f64) -> Self {
        let first = (forward / strike).ln() / total + total / 2.0;
        let second = first - total;
        Self {
            above_share: DefaultSpecialFn::norm_cdf(first),
            above: DefaultSpecialFn::norm_cdf(second),
            below_share: DefaultSpecialFn::norm_cdf(-first),
            below: DefaultSpecialFn::norm_cdf(-second),
            density: (-first * first / 2.0).exp() / TAU.sqrt(),
        }
    }

    fn step(forward: f64, strike: f64) -> Self {
        let above = match forward.total_cmp(&strike) {
            Ordering::Less => 0.0,
            Ordering::Equal => 0.5,
            Ordering::Greater => 1.0,
        };
        Self {
            above_share: above,
            above,
            below_share: 1.0 - above,
            below: 1.0 - above,
            density: 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{European, Right, Underlying};
    use variance_units::Vol;

    #[test]
    fn what_cannot_be_priced_has_no_greeks() {
        let option = European {
            right: Right::Call,
            underlying: Underlying::Spot {
                price: 100.0,
                dividend_yield: 0.0,
            },
            strike: 100.0,
            years: 0.1,
            rate: 0.0,
            vol: Vol::new(0.2).unwrap(),
        };
        assert!(option.greeks().is_some());
        assert!(European { strike: 0.0, ..option }.greeks().is_none());
        assert!(
            European {
                years: f64::NAN,
                ..option
            }
            .greeks()
            .is_none()
        );
        assert!(
            European {
                underlying: Underlying::Future { price: -1.0 },
                ..option
            }
            .greeks()
            .is_none()
        );
    }
    proptest! {
        #[test]
        fn value_and_greeks_keep_the_identities_of_the_model(
            strike in 60.0..160.0_f64, years in 0.01..2.0_f64, rate in -0.01..0.08_f64, carry in 0.0..0.06_f64, sigma in 0.05..1.5_f64,
        ) {
            let underlying = Underlying::Spot { price: 100.0, dividend_yield: carry };
            let of = |right| European { right, underlying, strike, years, rate, vol: Vol::new(sigma).unwrap() }.greeks().unwrap();
            let (call, put) = (of(Right::Call), of(Right::Put));
            let (stock, bond) = (100.0 * (-carry * years).exp(), strike * (-rate * years).exp());
            prop_assert!((call.price - put.price - (stock - bond)).abs() < 1e-10, "parity");
            prop_assert!((call.delta - put.delta - (-carry * years).exp()).abs() < 1e-12);
            prop_assert!((call.vega * 100.0 - call.gamma * 1e4 * sigma * years).abs() < 1e-9);
            for greeks in [call, put] {
                let drift = (rate - carry) * 100.0 * greeks.delta - rate * greeks.price;
                let decay = greeks.theta * 365.0 + 0.5 * sigma * sigma * 1e4 * greeks.gamma;
                prop_assert!((decay + drift).abs() < 1e-8, "the equation of Black and Scholes");
            }
        }
    }
}
