//! Volatility at the money and its skew, from the options out of the money of one expiration.

use implied_vol::{DefaultSpecialFn, SpecialFn};
use variance_units::Vol;

use super::black::Right;
use super::chain::{ChainError, Expiration, Forward};

/// The implied volatilities of one expiration, each from the option out of the money on the forward by parity.
#[derive(Debug, Clone, PartialEq)]
pub struct Smile {
    years: f64,
    forward: Forward,
    /// Ascending by strike.
    points: Vec<Point>,
}

/// One option out of the money: a put below the forward, a call at it and above.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    strike: f64,
    right: Right,
    vol: Vol,
    /// Forward delta at that volatility, N(d1) for calls and N(d1) - 1 for puts.
    delta: f64,
}

/// The skew between the options with a forward delta of 25 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Skew {
    /// Volatility of the call with delta 0.25.
    pub call: Vol,
    /// Volatility of the put with delta -0.25.
    pub put: Vol,
    /// Call less put: negative where protection against a fall is dear, as for shares. A fraction: -0.02 is two points.
    pub risk_reversal: f64,
    /// Mean of call and put less the volatility at the money: how much dearer the wings are. A fraction.
    pub butterfly: f64,
}

impl Smile {
    /// The smile of `expiration`; options without a market, or whose middle implies no volatility, are not in it.
    ///
    /// # Errors
    /// Those of [`Expiration::forward`].
    pub fn of(expiration: &Expiration) -> Result<Self, ChainError> {
        let forward = expiration.forward()?;
        let years = expiration.years();
        let points = expiration
            .strikes()
            .iter()
            .filter_map(|at| {
                let right = if at.strike < forward.price {
                    Right::Put
                } else {
                    Right::Call
                };
                let vol = expiration.implied(at, right, forward).ok()?;
                let total = vol.get() * years.sqrt();
                let first = (forward.price / at.strike).ln() / total + total / 2.0;
                Some(Point {
                    strike: at.strike,
                    right,
                    vol,
                    delta: right.sign() * DefaultSpecialFn::norm_cdf(right.sign() * first),
                })
            })
            .collect();
        Ok(Self { years, forward, points })
    }

    /// The forward by parity.
    pub fn forward(&self) -> Forward {
        self.forward
    }

    /// The volatility at the forward, linear in the strike between the nearest option on each side.
    ///
    /// # Errors
    /// [`ChainError::NotBracketed`].
    pub fn at_the_money(&self) -> Result<Vol, ChainError> {
        let (puts, calls) = self.sides();
        match (puts.last(), calls.first()) {
            (_, Some(call)) if call.strike <= self.forward.price => Some(call.vol),
            (Some(put), Some(call)) => {
                let share = (self.forward.price - put.strike) / (call.strike - put.strike);
                Vol::new(put.vol.get() + share * (call.vol.get() - put.vol.get()))
            }
            (_, None) | (None, _) => None,
        }
        .ok_or(ChainError::NotBracketed)
    }

    /// The move of one standard deviation until expiry, F sigma sqrt(T), in the underlying's quotation.
    ///
    /// # Errors
    /// [`ChainError::NotBracketed`].
    pub fn expected_move(&self) -> Result<f64, ChainError> {
        Ok(self.forward.price * self.at_the_money()?.get() * self.years.sqrt())
    }

    /// The volatility of the option of `right` with a forward delta of 25 %, linear in delta between the nearest pair around
    /// it, seen from the money; `None` when no pair is.
    pub(super) fn wing(&self, right: Right) -> Option<Vol> {
        let (puts, calls) = self.sides();
        let outwards: Vec<&Point> = match right {
            Right::Call => calls.iter().collect(),
            Right::Put => puts.iter().rev().collect(),
        };
        outwards.array_windows().find_map(|[near, far]| {
            let (high, low) = (near.delta.abs(), far.delta.abs());
            if !(low <= WING && WING <= high) || high <= low {
                return None;
            }
            let share = (high - WING) / (high - low);
            Vol::new(near.vol.get() + share * (far.vol.get() - near.vol.get()))
        })
    }

    /// The skew, when both wings and the volatility at the money are there.
    pub fn skew(&self) -> Option<Skew> {
        let (call, put) = (self.wing(Right::Call)?, self.wing(Right::Put)?);
        let money = self.at_the_money().ok()?;
        Some(Skew {
            call,
            put,
            risk_reversal: call.get() - put.get(),
            butterfly: (call.get() + put.get()) / 2.0 - money.get(),
        })
    }

    fn sides(&self) -> (&[Point], &[Point]) {
        self.points
            .split_at(self.points.partition_point(|point| point.right == Right::Put))
    }
}

const WING: f64 = 0.25;
