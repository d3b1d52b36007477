//! The move that a volatility stands for over so many days: one standard deviation, price sigma sqrt(days / 365).
//!
//! Calendar days, as an implied volatility counts them. About two in three moves are smaller if returns are normal; the
//! drift is left out. Other readings of an expected move are those of [`straddle`](super::straddle).

use variance_units::{Price, Vol};

/// One standard deviation around a price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectedMove {
    /// The size, in the price's quotation.
    pub size: f64,
    /// The size as a fraction of the price.
    pub share: f64,
    /// The price less the size.
    pub low: f64,
    /// The price and the size.
    pub high: f64,
}

/// Why there is no move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExpectedMoveError {
    /// A share of a price that is zero or negative means nothing.
    #[error("the price is not above zero")]
    NonPositivePrice,
    /// The result left the range of numbers.
    #[error("the move is not a finite number")]
    NotFinite,
}

impl ExpectedMove {
    /// Of `price` at `vol` over `days` calendar days.
    ///
    /// # Errors
    /// [`ExpectedMoveError`].
    pub fn of(price: Price, vol: Vol, days: u32) -> Result<Self, ExpectedMoveError> {
        let price = price.get();
        if price <= 0.0 {
            return Err(ExpectedMoveError::NonPositivePrice);
        }
        let share = vol.get() * (f64::from(days) / CALENDAR_DAYS).sqrt();
        let size = price * share;
        if !size.is_finite() {
            return Err(ExpectedMoveError::NotFinite);
        }
        Ok(Self {
            size,
            share,
            low: price - size,
            high: price + size,
        })
    }
}

const CALENDAR_DAYS: f64 = 365.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_moves_by_the_volatility_and_a_week_by_the_root_of_its_share() {
        let (price, vol) = (Price::new(200.0).unwrap(), Vol::new(0.2).unwrap());
        let year = ExpectedMove::of(price, vol, 365).unwrap();
        assert_eq!((year.size, year.low, year.high), (40.0, 160.0, 240.0));
        let week = ExpectedMove::of(price, vol, 7).unwrap();
        assert!((week.size - 200.0 * 0.2 * (7.0_f64 / 365.0).sqrt()).abs() < 1e-12);
        assert!((week.share - week.size / 200.0).abs() < 1e-15);
    }

    #[test]
    fn a_price_that_is_not_above_zero_has_no_move() {
        let vol = Vol::new(0.2).unwrap();
        for price in [0.0, -37.63] {
            assert_eq!(
                ExpectedMove::of(Price::new(price).unwrap(), vol, 1),
                Err(ExpectedMoveError::NonPositivePrice)
            );
        }
        assert_eq!(
            ExpectedMove::of(Price::new(f64::MAX).unwrap(), Vol::new(1e9).unwrap(), 365),
            Err(ExpectedMoveError::NotFinite)
        );
    }
}
