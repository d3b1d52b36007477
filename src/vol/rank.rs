//! Where an implied volatility stands in its own past: rank by range, percentile by share of days.
//!
//! The caller chooses the past, by convention the 252 trading days before today, and keeps methods apart: an index from a strip
//! of options and an at-the-money volatility do not belong in one rank.

use variance_units::{Rank, Vol};

use super::stats::count;

/// Today's place in a past that does not contain today.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Days of the past that have a volatility.
    pub days: usize,
    /// (now - min) / (max - min), today among the days, so 0 to 100; tastytrade's IV rank. `None` when all are equal.
    pub rank: Option<Rank>,
    /// The same over the past alone: a new low is below 0, a new high above 100. `None` when the past is constant.
    pub rank_of_past: Option<Rank>,
    /// Share of the past days strictly below now, 0 to 100; tastytrade's IV percentile and what `iv_percentile` means.
    pub percentile: Rank,
    /// Share of the past days at or below now; parts from [`percentile`](Self::percentile) where days are equal.
    pub percentile_at_or_below: Rank,
    /// Half way between the two.
    pub percentile_mid: Rank,
    /// Share of the days strictly below now, today among the days: never quite 100.
    pub percentile_with_today: Rank,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RankError {
    /// Today has no volatility above zero.
    #[error("no implied volatility today")]
    NoCurrent,
    /// The past has too few days.
    #[error("{have} days of history, {need} needed")]
    Thin {
        /// Days that have a volatility.
        have: usize,
        /// Days that were asked for at least.
        need: usize,
    },
    /// The numbers are beyond measure.
    #[error("the rank is not a finite number")]
    NotFinite,
}

/// The fewest days a rank is worth anything from.
pub const MINIMUM_DAYS: usize = 20;

impl Place {
    /// The place of `now` in `past`, whose order does not matter. A day without a volatility, or with one of zero, is a day
    /// without a value and does not count; fewer than `minimum_days` (at least one) give no place.
    ///
    /// # Errors
    /// [`RankError::NoCurrent`] when today has no volatility above zero, then [`RankError::Thin`].
    pub fn of(now: Option<Vol>, past: &[Option<Vol>], minimum_days: usize) -> Result<Self, RankError> {
        let above_zero = |vol: Option<Vol>| vol.map(Vol::get).filter(|vol| *vol > 0.0);
        let now = above_zero(now).ok_or(RankError::NoCurrent)?;
        let past: Vec<f64> = past.iter().copied().filter_map(above_zero).collect();
        let (have, need) = (past.len(), minimum_days.max(1));
        if have < need {
            return Err(RankError::Thin { have, need });
        }
        let low = past.iter().copied().fold(f64::INFINITY, f64::min);
        let high = past.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let below = count(past.iter().filter(|vol| **vol < now).count());
        let at_or_below = count(past.iter().filter(|vol| **vol <= now).count());
        let days = count(have);
        let rank = |share: f64| Rank::from_fraction(share).ok_or(RankError::NotFinite);
        let within = |low: f64, high: f64| (high > low).then(|| rank((now - low) / (high - low))).transpose();
        Ok(Self {
            days: have,
            rank: within(low.min(now), high.max(now))?,
            rank_of_past: within(low, high)?,
            percentile: rank(below / days)?,
            percentile_at_or_below: rank(at_or_below / days)?,
            percentile_mid: rank((below + at_or_below) / (2.0 * days))?,
            percentile_with_today: rank(below / (days + 1.0))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_counted_from_the_days_that_have_a_value() {
        let past = [0.1, 0.2, 0.2, 0.4].map(Vol::new);
        let holes = [None, Vol::new(0.0)];
        let place = Place::of(Vol::new(0.2), &[&past[..], &holes].concat(), 4).unwrap();
        assert_eq!(place.days, 4);
        assert!((place.rank.unwrap().get() - 100.0 / 3.0).abs() < 1e-9);
        assert_eq!(place.percentile, Rank::new(25.0).unwrap());
        assert_eq!(place.percentile_at_or_below, Rank::new(75.0).unwrap());
        assert_eq!(
            Place::of(Vol::new(0.2), &past, 5),
            Err(RankError::Thin { have: 4, need: 5 })
        );
    }

    #[test]
    fn a_minimum_of_no_days_is_still_one_day() {
        assert_eq!(
            Place::of(Vol::new(0.2), &[], 0),
            Err(RankError::Thin { have: 0, need: 1 })
        );
        assert_eq!(Place::of(None, &[], 0), Err(RankError::NoCurrent));
        assert_eq!(Place::of(Vol::new(0.2), &[Vol::new(0.2)], 0).unwrap().rank, None);
    }
}
