//! What volatility to expect over the next month of sessions, by models fitted to a history of daily bars.
//!
//! A forecast is the volatility of the mean variance over the [`SESSIONS`] after the last bar, so that it stands beside an
//! implied volatility of 30 calendar days.

use jiff::civil::Date;
use variance_units::Vol;

use super::bars::Cleaned;
use super::garch::Garch;
use super::har::Har;
use super::realized::HvError;
use super::split::SplitAlarm;

/// Trading days a forecast looks ahead: 30 calendar days.
pub const SESSIONS: usize = 21;

/// Bars that a model is fitted to at least.
pub const SHORTEST_HISTORY: usize = 250;

/// A model of how the variance of a day follows from the days before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// [`Har`].
    Har,
    /// [`Garch`].
    Garch,
}

/// The forecasts of every model, and what they are fitted to.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecasts {
    /// Date of the first bar of the fit: what is before a session without a sound bar, or before one that looks like a
    /// split, does not count.
    pub first: Date,
    /// Bars of the fit.
    pub bars: usize,
    /// Each model with its forecast, or why it has none.
    pub models: Vec<(Model, Result<Vol, ForecastError>)>,
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
    /// The fitted variance grows without end.
    #[error("the fitted variance never returns to an average")]
    Explosive,
    /// Surprises have no weight in the fit, or never fade: it says no more than a long average.
    #[error("the fit stands on its border, where it says no more than a long average")]
    Border,
    /// The search for the fit did not come to rest.
    #[error("the fit did not converge")]
    NotConverged,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Har, Self::Garch];

    /// The name in machine output.
    pub fn key(self) -> &'static str {
        match self {
            Self::Har => "har",
            Self::Garch => "garch",
        }
    }

    /// The name, and after whom.
    pub fn name(self) -> &'static str {
        match self {
            Self::Har => "HAR (Corsi 2009)",
            Self::Garch => "GARCH(1,1) (Bollerslev 1986)",
        }
    }
}

impl Forecasts {
    /// The forecasts from `cleaned` bars among which `splits` are suspected, brought to a year of `trading_days`; `None` when
    /// no bar counts.
    pub fn of(cleaned: &Cleaned, splits: &[SplitAlarm], trading_days: f64) -> Option<Self> {
        let split = |date: Date| splits.iter().any(|split| split.date == date);
        let broken = |bar: &super::bars::CleanBar| bar.after_hole || split(bar.date);
        let start = cleaned.bars.iter().rposition(broken).unwrap_or(0);
        let bars = cleaned.bars.get(start..).unwrap_or_default();
        let forecast = |model| match model {
            Model::Har if cleaned.closes_alone => Err(HvError::ClosesAlone.into()),
            Model::Har => Har::fit(bars)?.forecast(SESSIONS, trading_days),
            Model::Garch => {
                let fit = Garch::fit(bars)?;
                if fit.is_inside() {
                    fit.forecast(SESSIONS, trading_days)
                } else {
                    Err(ForecastError::Border)
                }
            }
        };
        Some(Self {
            first: bars.first()?.date,
            bars: bars.len(),
            models: Model::ALL.map(|model| (model, forecast(model))).into(),
        })
    }
}

#[cfg(test)]
mod tests;
