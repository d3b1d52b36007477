//! Volatility at the money across expirations: to 30 days, and how steep.

use variance_units::Vol;

use super::chain::{ChainError, MINUTES_OF_30_DAYS};

/// The volatility at the money of one expiration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// Minutes to expiry, above zero.
    pub minutes: f64,
    /// The volatility.
    pub vol: Vol,
}

/// The volatility at the money around 30 days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThirtyDays {
    /// At 30 days, linear in total variance (sigma² T) between the last expiration before and the first after.
    pub vol: Vol,
    /// The later one less the earlier one, for each 30 days between them: negative is backwardation. A fraction: 0.01 is one
    /// point in 30 days. `None` when one expires in exactly 30 days and there is nothing after it.
    pub slope: Option<f64>,
}

impl ThirtyDays {
    /// Of `terms` in any order; nothing is extrapolated.
    ///
    /// # Errors
    /// [`ChainError::NoTerm`] when a time is not above zero or 30 days do not lie between two terms.
    pub fn of(terms: &[Term]) -> Result<Self, ChainError> {
        let mut terms = terms.to_vec();
        terms.sort_by(|one, other| one.minutes.total_cmp(&other.minutes));
        let later = terms.partition_point(|term| term.minutes <= MINUTES_OF_30_DAYS);
        let near = later.checked_sub(1).and_then(|at| terms.get(at));
        let near = near.filter(|near| near.minutes > 0.0).ok_or(ChainError::NoTerm)?;
        let next = terms.get(later).filter(|next| next.minutes.is_finite());
        let slope =
            next.map(|next| (next.vol.get() - near.vol.get()) / ((next.minutes - near.minutes) / MINUTES_OF_30_DAYS));
        let exact = near.minutes >= MINUTES_OF_30_DAYS;
        let total = |term: &Term| term.vol.get().powi(2) * term.minutes;
        let vol = match next {
            _ if exact => Some(near.vol),
            Some(next) => {
                let share = (MINUTES_OF_30_DAYS - near.minutes) / (next.minutes - near.minutes);
                let variance = total(near) + share * (total(next) - total(near));
                Vol::new((variance / MINUTES_OF_30_DAYS).sqrt())
            }
            None => None,
        };
        Ok(Self {
            vol: vol.ok_or(ChainError::NoTerm)?,
            slope,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_days_are_never_extrapolated() {
        let term = |days: f64, vol| Term {
            minutes: days * 1_440.0,
            vol: Vol::new(vol).unwrap(),
        };
        assert_eq!(ThirtyDays::of(&[]), Err(ChainError::NoTerm));
        assert_eq!(
            ThirtyDays::of(&[term(10.0, 0.2), term(29.0, 0.2)]),
            Err(ChainError::NoTerm)
        );
        assert_eq!(ThirtyDays::of(&[term(31.0, 0.2)]), Err(ChainError::NoTerm));
        let exact = ThirtyDays::of(&[term(30.0, 0.2)]).unwrap();
        assert_eq!((exact.vol, exact.slope), (Vol::new(0.2).unwrap(), None));
        let flat = ThirtyDays::of(&[term(50.0, 0.25), term(20.0, 0.25)]).unwrap();
        assert!((flat.vol.get() - 0.25).abs() < 1e-12 && flat.slope.unwrap().abs() < 1e-12);
        assert_eq!(
            ThirtyDays::of(&[term(-1.0, 0.2), term(31.0, 0.2)]),
            Err(ChainError::NoTerm)
        );
    }
}
