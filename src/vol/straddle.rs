//! What the options at the money cost together, and the moves that is read as. Three different readings; none is the other.

use std::f64::consts::PI;

use variance_units::Vol;

use super::chain::{ChainError, Expiration};

/// The straddle nearest to the forward, in the underlying's quotation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Straddle {
    /// Its strike.
    pub strike: f64,
    /// Middle of the call and middle of the put together.
    pub price: f64,
    /// The volatility it stands for, straddle e^(rT) / (F sqrt(2 T / pi)); Brenner & Subrahmanyam (1988). Good to 0.1 point on
    /// dense chains, worse on wide strikes and at very high volatilities.
    pub vol: Vol,
    /// 0.85 of the straddle, a move of about 68 % of one standard deviation.
    pub reduced: f64,
    /// 60 % of the straddle, 30 % of the strangle one strike out and 10 % of the one two strikes out; `None` when a side of
    /// those has no market.
    pub blended: Option<f64>,
}

impl Straddle {
    /// The straddle of `expiration` at the quoted strike nearest to the forward, the lower one of two equally near.
    ///
    /// # Errors
    /// Those of [`Expiration::forward`], and [`ChainError::NoVariance`] when the volatility is beyond measure.
    pub fn of(expiration: &Expiration) -> Result<Self, ChainError> {
        let forward = expiration.forward()?.price;
        let strikes = expiration.strikes();
        let (place, strike, (call, put)) = strikes
            .iter()
            .enumerate()
            .filter_map(|(place, at)| Some((place, at.strike, at.pair()?)))
            .min_by(|one, other| (one.1 - forward).abs().total_cmp(&(other.1 - forward).abs()))
            .ok_or(ChainError::NoPair)?;
        let price = call + put;
        let vol = price * expiration.growth() / (forward * (2.0 * expiration.years() / PI).sqrt());
        let strangle = |out: usize| {
            let call = strikes.get(place.checked_add(out)?)?.call.mid()?;
            let put = strikes.get(place.checked_sub(out)?)?.put.mid()?;
            Some(call + put)
        };
        Ok(Self {
            strike,
            price,
            vol: Vol::new(vol).ok_or(ChainError::NoVariance)?,
            reduced: 0.85 * price,
            blended: strangle(1).and_then(|one| Some(0.6 * price + 0.3 * one + 0.1 * strangle(2)?)),
        })
    }
}
