//! The quotes of one expiration and the forward they imply. Everything else about a chain builds on these two.

use variance_units::Vol;

use super::black::{Right, Underlying};
use super::implied::{ImpliedError, Quoted};

/// The two sides of an option's market; zero and what is not finite are no side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OptionQuote {
    /// Best price somebody pays.
    pub bid: f64,
    /// Best price somebody asks.
    pub ask: f64,
}

/// The call and the put at one strike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strike {
    /// The price at which both may be exercised, above zero.
    pub strike: f64,
    /// Market of the call.
    pub call: OptionQuote,
    /// Market of the put.
    pub put: OptionQuote,
}

/// All strikes of one expiration, ascending, each once.
#[derive(Debug, Clone, PartialEq)]
pub struct Expiration {
    minutes: f64,
    rate: f64,
    strikes: Vec<Strike>,
    exercise: Exercise,
}

/// When the options of an expiration may be exercised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Exercise {
    /// At the end.
    European,
    /// At any time, for an underlying at `spot` where its price is known.
    American {
        /// The price.
        spot: Option<f64>,
    },
}

/// The price at which parity trades the underlying at expiry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forward {
    /// The forward price, above zero.
    pub price: f64,
    /// The strike it was read at: the one where call and put are closest.
    pub strike: f64,
}

/// Why a chain, or one number of it, is of no use.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum ChainError {
    /// The time to expiry is not above zero.
    #[error("{0} minutes to expiry")]
    Expired(f64),
    /// The rate is not finite.
    #[error("the rate is not a number")]
    Rate,
    /// A strike is not above zero.
    #[error("a strike of {0}")]
    BadStrike(f64),
    /// A strike stands in the chain twice.
    #[error("strike {0} twice")]
    DuplicateStrike(f64),
    /// At no strike are both call and put quoted on both sides.
    #[error("no strike has two-sided quotes of call and put")]
    NoPair,
    /// Parity gives a forward that is not above zero.
    #[error("parity gives no forward above zero")]
    NoForward,
    /// No strike lies at or below the forward, or its call or put is not quoted on both sides.
    #[error("the strike at the forward is not quoted on both sides")]
    NoCenter,
    /// One side has no quoted option out of the money.
    #[error("no quoted {0}s out of the money")]
    EmptySide(Side),
    /// The forward does not lie between two strikes whose options imply a volatility.
    #[error("the forward is not between two strikes with a volatility")]
    NotBracketed,
    /// The quotes add up to no variance above zero.
    #[error("the quotes give no variance above zero")]
    NoVariance,
    /// An expiration has no usable time, or none is.
    #[error("no usable expiration")]
    NoTerm,
}

/// One side of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Strikes above the forward.
    Call,
    /// Strikes below the forward.
    Put,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Call => "call",
            Self::Put => "put",
        })
    }
}

impl OptionQuote {
    /// The middle of a market with a bid above zero and an ask not below it; else `None`.
    pub fn mid(self) -> Option<f64> {
        let sound = self.bid.is_finite() && self.ask.is_finite() && self.bid > 0.0 && self.ask >= self.bid;
        sound.then(|| (self.bid + self.ask) / 2.0)
    }
}

impl Strike {
    /// The market of the option of `right`.
    pub fn quote(&self, right: Right) -> OptionQuote {
        match right {
            Right::Call => self.call,
            Right::Put => self.put,
        }
    }

    /// The middles of call and put where both are quoted.
    pub fn pair(&self) -> Option<(f64, f64)> {
        Some((self.call.mid()?, self.put.mid()?))
    }
}

impl Expiration {
    /// `strikes` in any order, `minutes` before they expire, at the continuously compounded `rate` a year.
    ///
    /// # Errors
    /// [`ChainError::Expired`], [`ChainError::Rate`], [`ChainError::BadStrike`], [`ChainError::DuplicateStrike`].
    pub fn new(minutes: f64, rate: f64, mut strikes: Vec<Strike>) -> Result<Self, ChainError> {
        if !(minutes.is_finite() && minutes > 0.0) {
            return Err(ChainError::Expired(minutes));
        }
        if !rate.is_finite() {
            return Err(ChainError::Rate);
        }
        if let Some(bad) = strikes.iter().find(|at| !(at.strike.is_finite() && at.strike > 0.0)) {
            return Err(ChainError::BadStrike(bad.strike));
        }
        strikes.sort_by(|one, other| one.strike.total_cmp(&other.strike));
        if let Some([twice, _]) = strikes.array_windows().find(|[one, next]| one.strike >= next.strike) {
            return Err(ChainError::DuplicateStrike(twice.strike));
        }
        Ok(Self {
            minutes,
            rate,
            strikes,
            exercise: Exercise::European,
        })
    }

    /// The same options, exercised as `exercise` says: without this they are European.
    #[must_use]
    pub fn exercised(self, exercise: Exercise) -> Self {
        Self { exercise, ..self }
    }

    /// When the options may be exercised.
    pub fn exercise(&self) -> Exercise {
        self.exercise
    }

    /// Minutes to expiry.
    pub fn minutes(&self) -> f64 {
        self.minutes
    }

    /// Time to expiry in years of 525,600 minutes.
    pub fn years(&self) -> f64 {
        self.minutes / MINUTES_OF_A_YEAR
    }

    /// The rate that discounts, continuously compounded, a fraction a year.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// The strikes, ascending.
    pub fn strikes(&self) -> &[Strike] {
        &self.strikes
    }

    /// What a sure payment at expiry grows by until then: e^(rT).
    pub fn growth(&self) -> f64 {
        (self.rate * self.years()).exp()
    }

    /// The forward by put-call parity, K + e^(rT) (C - P), at the strike where the middles of call and put are closest; the
    /// lowest one of equals (to 1e-10). Parity holds for European options: what early exercise is worth is taken off the two
    /// middles first, where they have any value beyond it.
    ///
    /// # Errors
    /// [`ChainError::NoPair`], [`ChainError::NoForward`].
    pub fn forward(&self) -> Result<Forward, ChainError> {
        let closest = self
            .strikes
            .iter()
            .filter_map(|at| at.pair().map(|(call, put)| (at.strike, call, put)))
            .min_by(|(_, call, put), (_, other, others)| {
                tenths_of_nano(call - put).total_cmp(&tenths_of_nano(other - others))
            });
        let (strike, call, put) = closest.ok_or(ChainError::NoPair)?;
        let parity = |call: f64, put: f64| {
            let price = strike + self.growth() * (call - put);
            let sound = price.is_finite() && price > 0.0;
            sound.then_some(Forward { price, strike }).ok_or(ChainError::NoForward)
        };
        let mut forward = parity(call, put)?;
        if self.exercise == Exercise::European {
            return Ok(forward);
        }
        // What early exercise is worth depends on the forward, and little: each round moves it less.
        for _ in 0..MOST_ROUNDS {
            let held = |right, price| self.quoted(right, strike, price, forward).held();
            let (Ok(call), Ok(put)) = (held(Right::Call, call), held(Right::Put, put)) else {
                break;
            };
            let next = parity(call.price, put.price)?;
            let moved = (next.price - forward.price).abs();
            forward = next;
            if moved <= AT_REST * forward.price {
                break;
            }
        }
        Ok(forward)
    }

    /// The volatility that the middle of the option of `right` at `strike` implies on `forward`.
    ///
    /// # Errors
    /// [`ImpliedError`]; a market without two sides counts as a price of zero.
    pub fn implied(&self, strike: &Strike, right: Right, forward: Forward) -> Result<Vol, ImpliedError> {
        let middle = strike.quote(right).mid().ok_or(ImpliedError::ZeroPrice)?;
        let option = self.quoted(right, strike.strike, middle, forward);
        match self.exercise {
            Exercise::European => option.implied(),
            Exercise::American { .. } => option.implied_american(),
        }
    }

    /// What the options are valued on. European ones need the forward alone. For early exercise it matters what the
    /// underlying pays until then: the yield that carries the spot to the forward, but not less than nothing and not more than
    /// the rate, because a spot of another moment than the quotes gives a yield of any size; nothing where no spot is known.
    pub fn underlying(&self, forward: Forward) -> Underlying {
        let Exercise::American { spot } = self.exercise else {
            return Underlying::Future { price: forward.price };
        };
        let (years, rate) = (self.years(), self.rate);
        let parity = spot.map_or(0.0, |spot| rate - (forward.price / spot).ln() / years);
        let dividend_yield = parity.min(rate).max(0.0);
        Underlying::Spot {
            price: forward.price * ((dividend_yield - rate) * years).exp(),
            dividend_yield,
        }
    }

    fn quoted(&self, right: Right, strike: f64, price: f64, forward: Forward) -> Quoted {
        Quoted {
            right,
            underlying: self.underlying(forward),
            strike,
            years: self.years(),
            rate: self.rate,
            price,
        }
    }
}

fn tenths_of_nano(difference: f64) -> f64 {
    (difference.abs() * 1e10).round()
}

/// The forward and what early exercise is worth at it settle within so many rounds, or not at all.
const MOST_ROUNDS: usize = 20;
/// By what share of itself the last round may still move the forward.
const AT_REST: f64 = 1e-9;

/// 365 days.
const MINUTES_OF_A_YEAR: f64 = 525_600.0;

/// The horizon of every 30-day number.
pub const MINUTES_OF_30_DAYS: f64 = 43_200.0;

#[cfg(test)]
mod tests;
