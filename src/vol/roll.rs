//! Returns of two futures contracts as one series, so that no return spans both.

use jiff::civil::Date;

use super::bars::CleanBar;

/// Why the bars of two contracts cannot be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RollError {
    /// The younger contract has no bars.
    #[error("no bars to join to")]
    Nothing,
    /// The older contract has no sound bar of the day the younger one begins.
    #[error("no bar of {0} to join at")]
    NoCommonDay(Date),
    /// A close on the common day has no logarithm.
    #[error("a close on {0} is not above zero")]
    NonPositivePrice(Date),
}

/// The bars of `younger`, continued into the past by those of `older`; both oldest first.
///
/// They are joined on the first day of `younger`, on which `older` must have traded as well: returns up to that day are
/// within `older`, returns after it within `younger`, each session once. For that the prices of `older` are multiplied by
/// the ratio of the two closes of that day, which leaves every return of `older` as it is; the ratio itself, the step in
/// price at the roll, is in no return.
///
/// # Errors
/// [`RollError`].
pub fn join(older: &[CleanBar], younger: &[CleanBar]) -> Result<Vec<CleanBar>, RollError> {
    let (first, rest) = younger.split_first().ok_or(RollError::Nothing)?;
    let seam = older
        .binary_search_by_key(&first.date, |bar| bar.date)
        .map_err(|_| RollError::NoCommonDay(first.date))?;
    let before = older.get(..=seam).unwrap_or_default();
    let last = before.last().ok_or(RollError::NoCommonDay(first.date))?;
    if !(last.close > 0.0 && first.close > 0.0) {
        return Err(RollError::NonPositivePrice(first.date));
    }
    let step = first.close / last.close;
    let scaled = before.iter().map(|bar| CleanBar {
        open: bar.open * step,
        high: bar.high * step,
        low: bar.low * step,
        close: bar.close * step,
        ..*bar
    });
    Ok(scaled.chain(rest.iter().copied()).collect())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::realized::{Estimator, ReturnWindow};

    const OVER_FOUR: ReturnWindow = ReturnWindow {
        days: 4,
        trading_days: 252.0,
    };

    fn bar(day: i8, close: f64) -> CleanBar {
        CleanBar {
            date: date(2026, 9, day),
            open: close,
            high: close,
            low: close,
            close,
            after_hole: false,
        }
    }

    #[test]
    fn every_return_is_within_one_contract_and_the_step_at_the_roll_is_in_none() {
        let older = [bar(8, 100.0), bar(9, 101.0), bar(10, 99.0), bar(11, 98.0)];
        let younger = [bar(10, 149.0), bar(11, 151.0), bar(14, 148.0)];
        let joined = join(&older, &younger).unwrap();
        let days: Vec<i8> = joined.iter().map(|bar| bar.date.day()).collect();
        assert_eq!(days, [8, 9, 10, 11, 14], "each session once");
        let returns = [
            (101.0_f64 / 100.0).ln(),
            (99.0_f64 / 101.0).ln(),
            (151.0_f64 / 149.0).ln(),
            (148.0_f64 / 151.0).ln(),
        ];
        let mean = returns.iter().sum::<f64>() / 4.0;
        let variance = returns.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / 3.0;
        let expected = (variance * 252.0).sqrt();
        let joined = Estimator::CloseToClose.measure(&joined, OVER_FOUR).unwrap().get();
        assert!((joined - expected).abs() < 1e-12, "{joined} for {expected}");
        let spliced = [
            bar(8, 100.0),
            bar(9, 101.0),
            bar(10, 149.0),
            bar(11, 151.0),
            bar(14, 148.0),
        ];
        let spliced = Estimator::CloseToClose.measure(&spliced, OVER_FOUR).unwrap().get();
        assert!(
            spliced > 5.0 * expected,
            "one after the other the step is a return: {spliced}"
        );
    }

    #[test]
    fn without_a_common_day_or_a_price_above_zero_nothing_is_joined() {
        let younger = [bar(10, 149.0), bar(11, 151.0)];
        assert_eq!(join(&[bar(9, 1.0)], &[]), Err(RollError::Nothing));
        assert_eq!(
            join(&[bar(9, 100.0), bar(11, 98.0)], &younger),
            Err(RollError::NoCommonDay(date(2026, 9, 10)))
        );
        assert_eq!(
            join(&[bar(9, 100.0), bar(10, -37.63)], &younger),
            Err(RollError::NonPositivePrice(date(2026, 9, 10)))
        );
    }

    #[test]
    fn a_hole_in_either_contract_stays_a_hole() {
        let hole = |bar: CleanBar| CleanBar {
            after_hole: true,
            ..bar
        };
        let older = [bar(8, 100.0), hole(bar(9, 101.0)), bar(10, 99.0)];
        let younger = [hole(bar(10, 149.0)), bar(11, 151.0), hole(bar(14, 148.0))];
        let holes: Vec<bool> = join(&older, &younger)
            .unwrap()
            .iter()
            .map(|bar| bar.after_hole)
            .collect();
        assert_eq!(holes, [false, true, false, false, true]);
    }
}
