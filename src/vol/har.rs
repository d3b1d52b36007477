//! Volatility to come from that of a day, a week and a month: heterogeneous autoregression, Corsi (2009).
//!
//! The variance of a day is read from its bar: Rogers-Satchell plus the square of the gap before it. Days further ahead are
//! forecast one after the other, each from those before it.

use variance_units::Vol;

use super::bars::CleanBar;
use super::forecast::{ForecastError, SHORTEST_HISTORY};
use super::realized::{HvError, annualized, gaps};
use super::stats::mean;

/// A regression of each day's variance on the means of the last day, 5 days and 22 days before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Har {
    /// Variance a day without any history.
    pub constant: f64,
    /// Weight of the last day.
    pub day: f64,
    /// Weight of the mean of the last 5 days.
    pub week: f64,
    /// Weight of the mean of the last 22 days.
    pub month: f64,
    /// Variances of the last 22 days, oldest first.
    last: Vec<f64>,
}

impl Har {
    /// The least-squares fit over all of `bars`, oldest first.
    ///
    /// # Errors
    /// [`ForecastError::Bars`] for fewer than [`SHORTEST_HISTORY`] bars or one with a negative price,
    /// [`ForecastError::Degenerate`].
    pub fn fit(bars: &[CleanBar]) -> Result<Self, ForecastError> {
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
        let regressor = |days: usize| -> Vec<f64> { variances.windows(MONTH).map(|month| tail(month, days)).collect() };
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
        Ok(Self {
            constant,
            day: by_day,
            week: by_week,
            month: by_month,
            last: variances
                .last_chunk::<MONTH>()
                .ok_or(ForecastError::Degenerate)?
                .to_vec(),
        })
    }

    /// The volatility forecast for the mean of the next `days`, at least one, brought to a year of `trading_days`.
    ///
    /// # Errors
    /// [`ForecastError::Explosive`] when the weights add up to one or more, [`ForecastError::Negative`],
    /// [`ForecastError::Bars`] when the trading days of a year are not above zero.
    pub fn forecast(&self, days: usize, trading_days: f64) -> Result<Vol, ForecastError> {
        let days = days.max(1);
        if self.day + self.week + self.month >= 1.0 {
            return Err(ForecastError::Explosive);
        }
        let mut past = self.last.clone();
        for _ in 0..days {
            let month = past.last_chunk::<MONTH>().ok_or(ForecastError::Degenerate)?;
            let mean = |days| tail(month, days);
            let next = self.constant + self.day * mean(1) + self.week * mean(WEEK) + self.month * mean(MONTH);
            if next < 0.0 {
                return Err(ForecastError::Negative);
            }
            past.push(next);
        }
        Ok(annualized(tail(&past, days), trading_days)?)
    }
}

/// The mean of the last `days` of `variances`.
fn tail(variances: &[f64], days: usize) -> f64 {
    mean(
        variances
            .get(variances.len().saturating_sub(days)..)
            .unwrap_or_default(),
    )
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
        assert_eq!(Har::fit(&still), Err(ForecastError::Degenerate));
        let short = HvError::InsufficientBars { have: 9, need: 250 };
        assert_eq!(Har::fit(&still[..9]), Err(short.into()));
    }
}
