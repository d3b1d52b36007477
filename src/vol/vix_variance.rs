//! Variance without a model, from a strip of options out of the money: the method of Cboe's VIX.
//!
//! Cboe white papers of 2003, 2009 and 2019, after Demeterfi, Derman, Kamal & Zou (1999). The strip holds the skew, so its
//! volatility lies above the one at the money; the two never belong in one rank.

use variance_units::Vol;

use super::chain::{ChainError, Expiration, MINUTES_OF_30_DAYS, Side, Strike};

/// The variance of one expiration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strip {
    /// Minutes to expiry.
    pub minutes: f64,
    /// The forward by parity.
    pub forward: f64,
    /// The strike between puts and calls: the highest at or below the forward.
    pub center: f64,
    /// Strikes in the strip, the center among them.
    pub strikes: usize,
    /// Lowest strike of the strip.
    pub lowest: f64,
    /// Highest strike of the strip.
    pub highest: f64,
    /// Annualized variance; 0.04 is a volatility of 20 %.
    pub variance: f64,
}

/// The 30-day volatility of a set of strips and what it was made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelFree {
    /// The volatility.
    pub vol: Vol,
    /// The expirations it comes from.
    pub between: Between,
}

/// Where 30 days lie among the expirations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Between {
    /// Between two: total variance is linear in time.
    Two {
        /// The last at or before 30 days.
        near: Strip,
        /// The first after 30 days.
        next: Strip,
    },
    /// One expires in exactly 30 days.
    Exact(Strip),
    /// There are only earlier or only later ones: the number is that of the nearest, not of 30 days.
    OneSide(Strip),
}

impl Strip {
    /// The strip of `expiration`: middles of the puts below the center going down and of the calls above going up, without those
    /// that lack a market, up to two such in a row; at the center the mean of call and put.
    ///
    /// sigma² = 2 e^(rT) / T sum(dK / K² Q) - (F / K0 - 1)² / T, with dK half the distance between the neighbors in the
    /// strip, at its ends the whole distance to the only one.
    ///
    /// # Errors
    /// Those of [`Expiration::forward`], and [`ChainError::NoCenter`], [`ChainError::EmptySide`],
    /// [`ChainError::NoVariance`].
    pub fn of(expiration: &Expiration) -> Result<Self, ChainError> {
        let forward = expiration.forward()?.price;
        let lower = |at: &Strike| at.strike <= forward;
        let (below, above) = expiration
            .strikes()
            .split_at(expiration.strikes().partition_point(lower));
        let (middle, below) = below.split_last().ok_or(ChainError::NoCenter)?;
        let (call, put) = middle.pair().ok_or(ChainError::NoCenter)?;
        let mut strip = quoted(below.iter().rev().map(|at| (at.strike, at.put.mid())));
        if strip.is_empty() {
            return Err(ChainError::EmptySide(Side::Put));
        }
        strip.reverse();
        strip.push((middle.strike, (call + put) / 2.0));
        let calls = quoted(above.iter().map(|at| (at.strike, at.call.mid())));
        if calls.is_empty() {
            return Err(ChainError::EmptySide(Side::Call));
        }
        strip.extend(calls);
        let years = expiration.years();
        let sum: f64 = widths(&strip)
            .zip(&strip)
            .map(|(width, (strike, price))| width / (strike * strike) * price)
            .sum();
        let variance = 2.0 / years * expiration.growth() * sum - (forward / middle.strike - 1.0).powi(2) / years;
        if !(variance.is_finite() && variance > 0.0) {
            return Err(ChainError::NoVariance);
        }
        let (Some((lowest, _)), Some((highest, _))) = (strip.first(), strip.last()) else {
            return Err(ChainError::NoCenter);
        };
        Ok(Self {
            minutes: expiration.minutes(),
            forward,
            center: middle.strike,
            strikes: strip.len(),
            lowest: *lowest,
            highest: *highest,
            variance,
        })
    }

    fn total(&self) -> f64 {
        self.variance * self.minutes
    }
}

impl ModelFree {
    /// The 30-day volatility of `expirations`, in any order; those within seven days and those without a strip are not used.
    ///
    /// # Errors
    /// [`ChainError::NoTerm`] when none is usable.
    pub fn of(expirations: &[Expiration]) -> Result<Self, ChainError> {
        let mut strips: Vec<Strip> = expirations
            .iter()
            .filter(|expiration| expiration.minutes() >= SHORTEST_MINUTES)
            .filter_map(|expiration| Strip::of(expiration).ok())
            .collect();
        strips.sort_by(|one, other| one.minutes.total_cmp(&other.minutes));
        let later = strips.partition_point(|strip| strip.minutes <= MINUTES_OF_30_DAYS);
        let next = strips.get(later).copied();
        let near = later.checked_sub(1).and_then(|at| strips.get(at)).copied();
        let (variance, between) = match (near, next) {
            (None, None) => return Err(ChainError::NoTerm),
            (Some(near), _) if near.minutes >= MINUTES_OF_30_DAYS => (near.variance, Between::Exact(near)),
            (Some(only), None) | (None, Some(only)) => (only.variance, Between::OneSide(only)),
            (Some(near), Some(next)) => {
                let share = (MINUTES_OF_30_DAYS - near.minutes) / (next.minutes - near.minutes);
                let total = near.total() * (1.0 - share) + next.total() * share;
                (total / MINUTES_OF_30_DAYS, Between::Two { near, next })
            }
        };
        let vol = Vol::new(variance.sqrt()).ok_or(ChainError::NoVariance)?;
        Ok(Self { vol, between })
    }
}

/// The quoted options of one side, from the center outwards, up to two without a market in a row.
fn quoted(side: impl Iterator<Item = (f64, Option<f64>)>) -> Vec<(f64, f64)> {
    let mut silent = 0;
    let mut strip = Vec::new();
    for (strike, mid) in side {
        match mid {
            Some(mid) => {
                silent = 0;
                strip.push((strike, mid));
            }
            None => silent += 1,
        }
        if silent == 2 {
            break;
        }
    }
    strip
}

/// What each strike of the strip stands for.
fn widths(strip: &[(f64, f64)]) -> impl Iterator<Item = f64> {
    let strikes = || strip.iter().map(|(strike, _)| *strike);
    let last = strip.len().saturating_sub(1);
    let before = strikes().take(1).chain(strikes());
    let after = strikes().skip(1).chain(strikes().skip(last));
    before.zip(after).enumerate().map(move |(at, (before, after))| {
        let halves = if at == 0 || at == last { 1.0 } else { 2.0 };
        (after - before) / halves
    })
}

/// Seven days: nearer expirations are noise.
const SHORTEST_MINUTES: f64 = 10_080.0;
