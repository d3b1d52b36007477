//! Tomorrow's volatility from that of a day, a week and a month: heterogeneous autoregression, Corsi (2009).
//!
//! The variance of a day is read from its bar: Rogers-Satchell plus the square of the gap before it.

use variance_units::Vol;

use super::bars::CleanBar;
use super::realized::{HvError, annualized, gaps};
use super::stats::mean;

/// A regression of each day's variance on the means of the last day, 5 days and 22 days before it, and its forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Har {
    /// Variance a day without any history.
    pub constant: f64,
    /// Weight of the last day.
    pub day: f64,
    /// Weight of the mean of the last 5 days.
    pub week: f64,
    /// Weight of the mean of the last 22 days.
    pub month: f64,
    /// Forecast for the day after the last bar.
    pub next_day: Vol,
}

/// Why there is no forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForecastError {
    /// The bars give none.
    #[error(transparent)]
    Bars(#[from] HvError),
    /// The history does not move enough to fit anything.
    #[error("the history is too even for a fit")]
    Degenerate,
    /// The fit forecasts a variance below zero.
    #[error("the fit forecasts a variance below zero")]
    Negative,
}

impl Har {
    /// The least-squares fit over all of `bars`, oldest first, brought to a year of `trading_days`.
    ///
    /// # Errors
    /// [`ForecastError::Bars`] for fewer than 250 bars or one with a negative price, [`ForecastError::Degenerate`],
    /// [`ForecastError::Negative`].
    pub fn fit(bars: &[CleanBar], trading_days: f64) -> Result<Self, ForecastError> {
        let have = bars.len();
        if have < SHORTEST_HISTORY {
            let need = SHORTEST_HISTORY;
            return Err(HvError::InsufficientBars { have, need }.into());
        }
        if !bars.iter().all(CleanBar::is_positive) {
            return Err(HvError::NonPositivePrice.into());
        }
        let variances: Vec<f64> = bars
            .iter()
            .skip(1)
            .zip(gaps(bars))
            .map(|(bar, gap)| bar.rogers_satchell() + gap * gap)
            .collect();
        let months = || variances.windows(MONTH);
        let tail = |month: &[f64], days: usize| mean(month.get(MONTH - days..).unwrap_or_default());
        let regressor = |days: usize| -> Vec<f64> { months().map(|month| tail(month, days)).collect() };
        let columns = [1, WEEK, MONTH].map(regressor);
        let next: Vec<f64> = variances.iter().skip(MONTH).copied().collect();
        let [day, week, month] = &columns;
        let ones = vec![1.0; next.len()];
        let weight = |column: &Vec<f64>, others: [&Vec<f64>; 3]| partial(column, others, &next);
        let fit = [
            weight(&ones, [day, week, month])?,
            weight(day, [&ones, week, month])?,
            weight(week, [&ones, day, month])?,
            weight(month, [&ones, day, week])?,
        ];
        let [constant, by_day, by_week, by_month] = fit;
        let today = |column: &[f64]| column.last().copied().ok_or(ForecastError::Degenerate);
        let variance = constant + by_day * today(day)? + by_week * today(week)? + by_month * today(month)?;
        if variance < 0.0 {
            return Err(ForecastError::Negative);
        }
        Ok(Self {
            constant,
            day: by_day,
            week: by_week,
            month: by_month,
            next_day: annualized(variance, trading_days)?,
        })
    }
}

/// The coefficient of `column` in the regression of `target` on it and `others`: what is left of `column` once `others` are
/// taken out explains `target` (Frisch & Waugh 1933). Columns may be longer than `target`; their ends are not used.
fn partial(column: &[f64], others: [&Vec<f64>; 3], target: &[f64]) -> Result<f64, ForecastError> {
    let cut = |values: &[f64]| -> Vec<f64> { values.iter().take(target.len()).copied().collect() };
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for values in others.map(|other| cut(other)).into_iter().chain([cut(column)]) {
        let mut left = values;
        // Twice, because one pass leaves rounding behind where columns are nearly alike.
        for known in basis.iter().chain(&basis) {
            let share = dot(&left, known) / dot(known, known);
            left.iter_mut()
                .zip(known)
                .for_each(|(value, known)| *value -= share * known);
        }
        basis.push(left);
    }
    let left = basis.last().ok_or(ForecastError::Degenerate)?;
    let coefficient = dot(left, target) / dot(left, left);
    coefficient
        .is_finite()
        .then_some(coefficient)
        .ok_or(ForecastError::Degenerate)
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

const WEEK: usize = 5;
const MONTH: usize = 22;
const SHORTEST_HISTORY: usize = 250;

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_history_without_movement_has_no_fit() {
        let still: Vec<CleanBar> = date(2025, 1, 1)
            .series(jiff::Span::new().days(1))
            .take(SHORTEST_HISTORY)
            .map(|date| CleanBar {
                date,
                open: 7.0,
                high: 7.0,
                low: 7.0,
                close: 7.0,
                after_hole: false,
            })
            .collect();
        assert_eq!(Har::fit(&still, 252.0), Err(ForecastError::Degenerate));
        let short = HvError::InsufficientBars { have: 9, need: 250 };
        assert_eq!(Har::fit(&still[..9], 252.0), Err(short.into()));
    }
}
