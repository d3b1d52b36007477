//! Forecast by GARCH(1,1), Bollerslev (1986): tomorrow's variance is omega + alpha (surprise)² + beta (today's variance).
//!
//! Fitted by maximum likelihood with normal surprises about a constant mean, as the Python package `arch` does it. Prices that
//! move without memory put the fit on its border, where alpha is nothing: such a fit says no more than a long average.

use std::f64::consts::TAU;

use variance_units::Vol;

use super::bars::CleanBar;
use super::forecast::{ForecastError, SHORTEST_HISTORY};
use super::realized::{HvError, annualized, returns};
use super::stats::{count, mean, sample_variance};

/// A fitted process. Returns are in percent: variances here are 10,000 times those of fractions.
#[derive(Debug, Clone, PartialEq)]
pub struct Garch {
    /// Mean return of a day, percent.
    pub mean: f64,
    /// Variance that comes anew each day, percent².
    pub omega: f64,
    /// Weight of the last surprise.
    pub alpha: f64,
    /// Weight of the last variance.
    pub beta: f64,
    /// Logarithm of the likelihood of the returns in percent.
    pub log_likelihood: f64,
    /// Variance forecast for the day after the last bar, percent².
    next: f64,
}

/// Where the search stands: omega is `level` times what `persistence` leaves.
#[derive(Debug, Clone, Copy)]
struct Point {
    mean: f64,
    /// Variance in the long run, percent².
    level: f64,
    alpha: f64,
    /// alpha + beta.
    persistence: f64,
}

impl Garch {
    /// The fit over all of `bars`, oldest first.
    ///
    /// # Errors
    /// [`ForecastError::Bars`] for fewer than [`SHORTEST_HISTORY`] bars or one with a negative price,
    /// [`ForecastError::Degenerate`] when nothing moves, [`ForecastError::NotConverged`].
    pub fn fit(bars: &[CleanBar]) -> Result<Self, ForecastError> {
        let (have, need) = (bars.len(), SHORTEST_HISTORY);
        if have < need {
            return Err(HvError::InsufficientBars { have, need }.into());
        }
        if !bars.iter().all(CleanBar::is_positive) {
            return Err(HvError::NonPositivePrice.into());
        }
        let returns: Vec<f64> = returns(bars).into_iter().map(|value| value * 100.0).collect();
        let (middle, level) = (mean(&returns), sample_variance(&returns));
        if !(level.is_finite() && level > 0.0) {
            return Err(ForecastError::Degenerate);
        }
        let before = backcast(&returns, middle);
        let best = STARTS
            .iter()
            .map(|&(alpha, persistence)| Point {
                mean: middle,
                level,
                alpha,
                persistence,
            })
            .map(|start| (start, start.run(&returns, before).0))
            .max_by(|one, other| one.1.total_cmp(&other.1))
            .map(|(start, _)| climb(start, &returns, before));
        let (point, log_likelihood) = best.ok_or(ForecastError::Degenerate)??;
        let (_, next) = point.run(&returns, before);
        Ok(Self {
            mean: point.mean,
            omega: point.omega(),
            alpha: point.alpha,
            beta: point.beta(),
            log_likelihood,
            next,
        })
    }

    /// Whether surprises matter and fade, so that the forecast says more than a long average would.
    pub fn is_inside(&self) -> bool {
        self.alpha > BORDER && self.alpha + self.beta < 1.0 - BORDER
    }

    /// The volatility forecast for the mean of the next `days`, at least one, brought to a year of `trading_days`.
    ///
    /// # Errors
    /// [`ForecastError::Bars`] when the trading days of a year are not above zero.
    pub fn forecast(&self, days: usize, trading_days: f64) -> Result<Vol, ForecastError> {
        let days = days.max(1);
        let later = |variance: &f64| Some(self.omega + (self.alpha + self.beta) * variance);
        let sum: f64 = std::iter::successors(Some(self.next), later).take(days).sum();
        Ok(annualized(sum / count(days) / 10_000.0, trading_days)?)
    }
}

impl Point {
    fn omega(self) -> f64 {
        self.level * (1.0 - self.persistence)
    }

    fn beta(self) -> f64 {
        self.persistence - self.alpha
    }

    fn is_allowed(self) -> bool {
        self.level >= LEAST_LEVEL
            && self.alpha >= 0.0
            && self.alpha <= self.persistence
            && self.persistence <= MOST_PERSISTENT
    }

    /// The logarithm of the likelihood, and the variance of the day after the last.
    fn run(self, returns: &[f64], before: f64) -> (f64, f64) {
        let (omega, beta) = (self.omega(), self.beta());
        let mut variance = omega + self.persistence * before;
        let mut sum = 0.0;
        for value in returns {
            let square = (value - self.mean).powi(2);
            sum += variance.ln() + square / variance;
            variance = omega + self.alpha * square + beta * variance;
        }
        (-0.5 * (sum + count(returns.len()) * TAU.ln()), variance)
    }

    /// The points one step away in each direction that are allowed.
    fn around(self, step: f64) -> impl Iterator<Item = Self> {
        let Self {
            mean,
            level,
            alpha,
            persistence,
        } = self;
        let spread = level.sqrt();
        [step, -step]
            .into_iter()
            .flat_map(move |step| {
                [
                    Self {
                        mean: mean + step * spread,
                        ..self
                    },
                    Self {
                        level: level * step.exp(),
                        ..self
                    },
                    Self {
                        alpha: alpha + step,
                        ..self
                    },
                    Self {
                        persistence: persistence + step,
                        ..self
                    },
                    Self {
                        alpha: alpha + step,
                        persistence: persistence + step,
                        ..self
                    },
                    Self {
                        level: level * step.exp(),
                        persistence: persistence - step,
                        ..self
                    },
                    Self {
                        alpha: alpha + step,
                        persistence: persistence - step,
                        ..self
                    },
                    Self {
                        persistence: persistence + step * (1.0 - persistence),
                        ..self
                    },
                ]
            })
            .filter(|point| point.is_allowed())
    }
}

/// Goes uphill by ever smaller steps until none leads higher.
///
/// # Errors
/// [`ForecastError::NotConverged`] when the steps have not become small in time.
fn climb(start: Point, returns: &[f64], before: f64) -> Result<(Point, f64), ForecastError> {
    let mut best = (start, start.run(returns, before).0);
    let mut step = FIRST_STEP;
    for _ in 0..MOST_STEPS {
        if step <= LAST_STEP {
            return Ok(best);
        }
        let higher = best
            .0
            .around(step)
            .map(|point| (point, point.run(returns, before).0))
            .filter(|(_, likelihood)| *likelihood > best.1 + LEAST_GAIN)
            .max_by(|one, other| one.1.total_cmp(&other.1));
        match higher {
            Some(found) => best = found,
            None => step /= 2.0,
        }
    }
    Err(ForecastError::NotConverged)
}

/// The variance before the first return: squares about `middle`, each weighing 0.94 of the one before, over 75 days.
fn backcast(returns: &[f64], middle: f64) -> f64 {
    let (sum, weights, _) = returns
        .iter()
        .take(75)
        .fold((0.0, 0.0, 1.0), |(sum, weights, weight), value| {
            (sum + weight * (value - middle).powi(2), weights + weight, weight * 0.94)
        });
    sum / weights
}

/// Weights of a surprise and persistences the search begins with.
const STARTS: &[(f64, f64)] = &[
    (0.01, 0.5),
    (0.05, 0.5),
    (0.1, 0.5),
    (0.2, 0.5),
    (0.01, 0.7),
    (0.05, 0.7),
    (0.1, 0.7),
    (0.2, 0.7),
    (0.01, 0.9),
    (0.05, 0.9),
    (0.1, 0.9),
    (0.2, 0.9),
    (0.01, 0.98),
    (0.05, 0.98),
    (0.1, 0.98),
    (0.2, 0.98),
];

const FIRST_STEP: f64 = 0.03;
const LAST_STEP: f64 = 1e-5;
const MOST_STEPS: usize = 20_000;
const LEAST_GAIN: f64 = 1e-7;
/// A variance no market has, percent². Below it the likelihood of a history that stands still has no top.
const LEAST_LEVEL: f64 = 1e-8;
const MOST_PERSISTENT: f64 = 0.99999;
const BORDER: f64 = 1e-4;

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_history_that_stands_still_after_one_jump_is_fitted_all_the_same() {
        let fit = Garch::fit(&bars(|day| if day == 0 { 100.0 } else { 130.0 })).unwrap();
        assert!(fit.log_likelihood.is_finite() && !fit.is_inside());
        assert!(fit.forecast(1, 252.0).unwrap().get() < 0.05);
    }

    #[test]
    fn what_cannot_be_fitted_says_why() {
        assert_eq!(Garch::fit(&bars(|_| 7.0)), Err(ForecastError::Degenerate));
        let negative = bars(|day| if day == 9 { -1.0 } else { 7.0 });
        assert_eq!(Garch::fit(&negative), Err(HvError::NonPositivePrice.into()));
        let short = HvError::InsufficientBars { have: 249, need: 250 };
        assert_eq!(Garch::fit(&negative[..249]), Err(short.into()));
    }

    fn bars(close: impl Fn(i32) -> f64) -> Vec<CleanBar> {
        (0..260)
            .zip(date(2025, 1, 1).series(jiff::Span::new().days(1)))
            .map(|(day, date)| CleanBar {
                date,
                open: close(day),
                high: close(day),
                low: close(day),
                close: close(day),
                after_hole: false,
            })
            .collect()
    }
}
