//! Where an implied volatility stands in its own past: rank by range, percentile by share of days.
//!
//! The caller chooses the past, by convention the 252 trading days before today, and keeps methods apart: an index from a strip
//! of options and an at-the-money volatility do not belong in one rank.

use variance_units::{Rank, Vol};

use super::stats::{count, is_below};

/// Today's place in a past that does not contain today.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Days of the past that have a volatility.
    pub days: usize,
    /// (now - min) / (max - min), today among the days, so 0 to 100; tastytrade's IV rank. `None` when all are equal.
    pub rank: Option<Rank>,
    /// Share of the past days strictly below now, 0 to 100; tastytrade's IV percentile and what `iv_percentile` means.
    pub percentile: Rank,
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

impl Place {
    /// The place of `now` in `past`, whose order does not matter. A day without a volatility, or with one of zero, is a day
    /// without a value and does not count; fewer than `minimum_days` (at least one) give no place. Volatilities within 1e-12
    /// of each other are equal.
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
        let low = past.iter().copied().fold(now, f64::min);
        let high = past.iter().copied().fold(now, f64::max);
        let rank = |share: f64| Rank::from_fraction(share).ok_or(RankError::NotFinite);
        Ok(Self {
            days: have,
            rank: is_below(low, high)
                .then(|| rank((now - low) / (high - low)))
                .transpose()?,
            percentile: rank(count(past.iter().filter(|vol| is_below(**vol, now)).count()) / count(have))?,
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
        assert_eq!(
            Place::of(Vol::new(0.2), &past, 5),
            Err(RankError::Thin { have: 4, need: 5 })
        );
    }

    #[test]
    fn what_rounding_tells_apart_is_equal() {
        let past = vec![Vol::new(0.1 + 0.2); 20];
        let place = Place::of(Vol::new(0.3), &past, 1).unwrap();
        assert_eq!((place.rank, place.percentile), (None, Rank::new(0.0).unwrap()));
        let above = Place::of(Vol::new(0.1 + 0.2), &vec![Vol::new(0.3); 20], 1).unwrap();
        assert_eq!(above.percentile, Rank::new(0.0).unwrap());
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
