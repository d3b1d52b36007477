//! Options that may be exercised early, by the quadratic approximation of Barone-Adesi & Whaley (1987).
//!
//! Up to 120 days and a volatility of 60 % it is within 7e-4 of the underlying's price of the true value, mostly within 1e-6; of
//! cheap options it may be wrong by several percent of the option. Dividends are a yield: near an ex-date it does not apply.

use super::black::{European, Greeks, Right, Underlying};

/// Value and delta of an American option.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct American {
    /// Model value, at least the European and the intrinsic one.
    pub price: f64,
    /// Change of value per unit of the underlying, -1 to 1.
    pub delta: f64,
    /// The price of the underlying from which the option is better exercised now: at or above it for calls, at or below it
    /// for puts. `None` when waiting is always better, and the option is worth what a European one is.
    pub exercise_at: Option<f64>,
}

impl European {
    /// The value of this option with the right to exercise early; `None` when a price or strike is not above zero or an
    /// input is not finite.
    pub fn american(&self) -> Option<American> {
        let held = self.greeks()?;
        let european = American {
            price: held.price,
            delta: held.delta,
            exercise_at: None,
        };
        let (spot, carry) = self.underlying.spot_and_yield(self.rate);
        let sign = self.right.sign();
        // Waiting costs a call the yield and a put the interest; without that cost nobody exercises early.
        let cost_of_waiting = match self.right {
            Right::Call => carry,
            Right::Put => self.rate,
        };
        if self.years <= 0.0 || self.vol.get() <= 0.0 {
            let exercised = sign * (spot - self.strike);
            return Some(if exercised > held.price {
                American {
                    price: exercised,
                    delta: sign,
                    exercise_at: Some(spot),
                }
            } else {
                european
            });
        }
        if cost_of_waiting <= 0.0 {
            return Some(european);
        }
        let exponent = self.exponent(carry);
        let Some(critical) = self.critical(exponent) else {
            return Some(european);
        };
        if sign * (spot - critical) >= 0.0 {
            return Some(American {
                price: sign * (spot - self.strike),
                delta: sign,
                exercise_at: Some(critical),
            });
        }
        let at_critical = self.at(critical)?;
        let premium = (1.0 - at_critical.delta.abs()) * critical / exponent.abs() * (spot / critical).powf(exponent);
        Some(American {
            price: held.price + premium,
            delta: held.delta + premium * exponent / spot,
            exercise_at: Some(critical),
        })
    }

    /// The power of the underlying's price with which the premium of early exercise grows: q2 of the paper for calls, q1 for
    /// puts.
    fn exponent(&self, carry: f64) -> f64 {
        let variance = self.vol.get().powi(2);
        let drift = 2.0 * (self.rate - carry) / variance;
        let discounting = if self.rate.abs() > 0.0 {
            2.0 * self.rate / (variance * -(-self.rate * self.years).exp_m1())
        } else {
            2.0 / (variance * self.years)
        };
        let root = ((drift - 1.0).powi(2) + 4.0 * discounting).sqrt();
        (1.0 - drift + self.right.sign() * root) / 2.0
    }

    /// The price of the underlying at which holding and exercising are worth the same, by bisection to the last digit.
    fn critical(&self, exponent: f64) -> Option<f64> {
        let sign = self.right.sign();
        let exercise = |spot: f64| {
            let held = self.at(spot)?;
            let premium = (1.0 - held.delta.abs()) * spot / exponent.abs();
            Some(sign * (spot - self.strike) >= held.price + premium)
        };
        let mut hold = self.strike;
        let mut far = hold;
        for _ in 0..MOST_DOUBLINGS {
            far = if sign > 0.0 { far * 2.0 } else { far / 2.0 };
            if exercise(far)? {
                break;
            }
            hold = far;
        }
        if !exercise(far)? {
            return None;
        }
        for _ in 0..BISECTIONS {
            let middle = hold + (far - hold) / 2.0;
            if exercise(middle)? {
                far = middle;
            } else {
                hold = middle;
            }
        }
        Some(far)
    }

    fn at(&self, spot: f64) -> Option<Greeks> {
        Self {
            underlying: self.underlying.at(spot),
            ..*self
        }
        .greeks()
    }
}

impl Underlying {
    fn at(self, price: f64) -> Self {
        match self {
            Self::Spot { dividend_yield, .. } => Self::Spot { price, dividend_yield },
            Self::Future { .. } => Self::Future { price },
        }
    }
}

/// A critical price beyond 2^40 times the strike is never reached.
const MOST_DOUBLINGS: usize = 40;

/// Enough for the last digit of a number.
const BISECTIONS: usize = 54;

#[cfg(test)]
mod tests {
    use super::*;
    use variance_units::Vol;

    #[test]
    fn a_call_without_dividends_is_never_exercised_early() {
        let option = option(Right::Call, 120.0);
        let american = option.american().unwrap();
        assert_eq!(american.exercise_at, None);
        assert_eq!(american.price.to_bits(), option.greeks().unwrap().price.to_bits());
    }

    #[test]
    fn a_put_deep_in_the_money_is_worth_its_exercise_and_never_less_than_a_european_one() {
        let deep = option(Right::Put, 50.0).american().unwrap();
        assert!((deep.price - 50.0).abs() < 1e-12 && (deep.delta + 1.0).abs() < 1e-12);
        let border = deep.exercise_at.unwrap();
        assert!(border > 50.0 && border < 100.0);
        for spot in [60.0, 80.0, border - 1e-6, border + 1e-6, 95.0, 100.0, 140.0] {
            let option = option(Right::Put, spot);
            let american = option.american().unwrap();
            let least = option.greeks().unwrap().price.max(100.0 - spot);
            assert!(
                american.price >= least - 1e-9,
                "{spot}: {} under {least}",
                american.price
            );
        }
    }

    #[test]
    fn delta_is_the_slope_of_the_price() {
        for spot in [90.0, 100.0, 115.0] {
            let at = |spot| option(Right::Put, spot).american().unwrap();
            let slope = (at(spot + 1e-4).price - at(spot - 1e-4).price) / 2e-4;
            assert!((at(spot).delta - slope).abs() < 1e-6, "{spot}");
        }
    }

    #[test]
    fn without_time_or_volatility_it_is_worth_the_better_of_exercise_and_waiting() {
        let expired = European {
            years: 0.0,
            ..option(Right::Put, 90.0)
        };
        assert!((expired.american().unwrap().price - 10.0).abs() < 1e-12);
        let certain = European {
            vol: Vol::new(0.0).unwrap(),
            ..option(Right::Put, 90.0)
        };
        assert!((certain.american().unwrap().price - 10.0).abs() < 1e-12);
        assert!(certain.greeks().unwrap().price < 10.0);
    }

    fn option(right: Right, price: f64) -> European {
        European {
            right,
            underlying: Underlying::Spot {
                price,
                dividend_yield: 0.0,
            },
            strike: 100.0,
            years: 0.5,
            rate: 0.05,
            vol: Vol::new(0.25).unwrap(),
        }
    }
}
