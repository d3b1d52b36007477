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
    NoCentre,
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
        Ok(Self { minutes, rate, strikes })
    }

    /// Minutes to expiry.
    pub fn minutes(&self) -> f64 {
        self.minutes
    }

    /// Time to expiry in years of 525,600 minutes.
    pub fn years(&self) -> f64 {
        self.minutes / MINUTES_OF_A_YEAR
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
    /// lowest one of equals (to 1e-10).
    ///
    /// # Errors
    /// [`ChainError::NoPair`], [`ChainError::NoForward`].
    pub fn forward(&self) -> Result<Forward, ChainError> {
        let closest = self
            .strikes
            .iter()
            .filter_map(|at| at.pair().map(|(call, put)| (at.strike, call - put)))
            .min_by(|(_, one), (_, other)| tenths_of_nano(*one).total_cmp(&tenths_of_nano(*other)));
        let (strike, difference) = closest.ok_or(ChainError::NoPair)?;
        let price = strike + self.growth() * difference;
        if !(price.is_finite() && price > 0.0) {
            return Err(ChainError::NoForward);
        }
        Ok(Forward { price, strike })
    }

    /// The volatility that the middle of the option of `right` at `strike` implies on `forward`; European exercise.
    ///
    /// # Errors
    /// [`ImpliedError`]; a market without two sides counts as a price of zero.
    pub fn implied(&self, strike: &Strike, right: Right, forward: Forward) -> Result<Vol, ImpliedError> {
        Quoted {
            right,
            underlying: Underlying::Future { price: forward.price },
            strike: strike.strike,
            years: self.years(),
            rate: self.rate,
            price: strike.quote(right).mid().ok_or(ImpliedError::ZeroPrice)?,
        }
        .implied()
    }
}

fn tenths_of_nano(difference: f64) -> f64 {
    (difference.abs() * 1e10).round()
}

/// 365 days.
const MINUTES_OF_A_YEAR: f64 = 525_600.0;

/// The horizon of every 30-day number.
pub const MINUTES_OF_30_DAYS: f64 = 43_200.0;

#[cfg(test)]
mod tests;
