//! Exponentially weighted volatility: yesterday counts more than last month. RiskMetrics Technical Document, 4th ed. (1996).

use variance_units::Vol;

use super::bars::CleanBar;
use super::realized::{HvError, annualized, returns};

/// An exponentially weighted average of squared returns: s² = lambda s² + (1 - lambda) r², from the square of the first return.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ewma {
    /// What a day keeps of its weight on the next, between 0 and 1; 0.94 for daily and 0.97 for monthly horizons.
    pub lambda: f64,
    /// Trading days of a year, by which a daily variance is multiplied; 252 by convention.
    pub trading_days: f64,
}

/// An exponentially weighted volatility and what it is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Averaged {
    /// The volatility.
    pub vol: Vol,
    /// Returns that do not count, because they span a session without a sound bar: those of more than a day.
    pub left_out: usize,
}

/// Why there is no exponentially weighted volatility.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum EwmaError {
    /// The decay is not between 0 and 1.
    #[error("a decay of {0} is not between 0 and 1")]
    Decay(f64),
    /// The bars give none.
    #[error(transparent)]
    Bars(#[from] HvError),
}

impl Ewma {
    /// The volatility over all of `bars`, oldest first. A return over a session without a sound bar is left out, as if the
    /// two bars around it stood in different histories.
    ///
    /// # Errors
    /// [`EwmaError::Decay`]; [`EwmaError::Bars`] for fewer than two bars, one with a negative price or no return of a day.
    pub fn measure(&self, bars: &[CleanBar]) -> Result<Averaged, EwmaError> {
        let Self { lambda, .. } = *self;
        if !(lambda > 0.0 && lambda < 1.0) {
            return Err(EwmaError::Decay(lambda));
        }
        if !bars.iter().all(CleanBar::is_positive) {
            return Err(HvError::NonPositivePrice.into());
        }
        let all = returns(bars);
        let of_a_day = all.iter().zip(bars.iter().skip(1)).filter(|(_, bar)| !bar.after_hole);
        let squares: Vec<f64> = of_a_day.map(|(value, _)| value * value).collect();
        let Some((first, later)) = squares.split_first() else {
            let have = bars.len();
            return Err(match all.len() {
                0 => HvError::InsufficientBars { have, need: 2 },
                _ => HvError::Hole,
            }
            .into());
        };
        let variance = later
            .iter()
            .fold(*first, |variance, square| lambda * variance + (1.0 - lambda) * square);
        Ok(Averaged {
            vol: annualized(variance, self.trading_days)?,
            left_out: all.len() - squares.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn what_cannot_be_weighed_says_why() {
        let ewma = |lambda| Ewma {
            lambda,
            trading_days: 252.0,
        };
        let close = |close| CleanBar {
            date: date(2026, 7, 1),
            open: close,
            high: close,
            low: close,
            close,
            after_hole: false,
        };
        for lambda in [0.0, 1.0, -0.5, f64::INFINITY] {
            assert_eq!(ewma(lambda).measure(&[]), Err(EwmaError::Decay(lambda)));
        }
        assert!(ewma(f64::NAN).measure(&[close(1.0), close(2.0)]).is_err());
        let short = HvError::InsufficientBars { have: 1, need: 2 };
        assert_eq!(ewma(0.94).measure(&[close(1.0)]), Err(short.into()));
        let negative = [close(1.0), close(-1.0)];
        assert_eq!(ewma(0.94).measure(&negative), Err(HvError::NonPositivePrice.into()));
    }
}
