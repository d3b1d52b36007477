//! Implied volatility beside what models expect of the sessions to come.

use super::measured::Measured;
use crate::market::method::Method;
use crate::market::reason::Reason;
use crate::market::record::{Attempt, Sourced};
use crate::units::Vol;
use crate::vol::forecast::Model;

/// What one model expects, and implied volatility over it.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The model.
    pub model: Model,
    /// The volatility it expects of the next [`SESSIONS`], as of the last bar; or why it expects nothing.
    pub said: Result<Sourced<Vol>, Reason>,
    /// The lesser source and the older time of the two; or what is missing.
    pub over: Result<Sourced<OverForecast>, Reason>,
}

/// Implied volatility over a forecast: positive means that options are dear.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OverForecast {
    /// The implied volatility.
    pub iv: Vol,
    /// iv - forecast, a fraction: 0.03 is three points.
    pub difference: f64,
    /// iv / forecast; `None` when nothing is expected to move.
    pub ratio: Option<f64>,
}

/// What each model makes of the bars, beside `iv`.
pub(super) fn forecasts(measured: &Result<Measured, Vec<Attempt>>, iv: &Result<Sourced<Vol>, Reason>) -> Vec<Forecast> {
    let each = |model: Model| {
        let said = said(measured, model);
        Forecast {
            over: said.as_ref().map_err(Clone::clone).and_then(|said| over(iv, said)),
            model,
            said,
        }
    };
    Model::ALL.map(each).into()
}

fn said(measured: &Result<Measured, Vec<Attempt>>, wanted: Model) -> Result<Sourced<Vol>, Reason> {
    let measured = measured.as_ref().map_err(|_| Reason::No("bars"))?;
    let forecasts = &measured.panel.forecasts;
    let (bars, first) = (forecasts.bars, forecasts.first);
    let mut models = forecasts.models.iter();
    let found = models.find(|(model, _)| *model == wanted);
    let (_, said) = found.ok_or(Reason::NotFitted)?;
    Ok(Sourced {
        value: (*said)?,
        source: measured.source,
        as_of: measured.as_of,
        method: Method::Forecast {
            model: wanted,
            bars,
            first,
        },
    })
}

fn over(iv: &Result<Sourced<Vol>, Reason>, forecast: &Sourced<Vol>) -> Result<Sourced<OverForecast>, Reason> {
    let iv = iv.as_ref().map_err(Clone::clone)?;
    let (implied, expected) = (iv.value.get(), forecast.value.get());
    Ok(Sourced {
        value: OverForecast {
            iv: iv.value,
            difference: implied - expected,
            ratio: (expected > 0.0).then(|| implied / expected),
        },
        source: iv.source.max(forecast.source),
        as_of: iv.as_of.min(forecast.as_of),
        method: Method::AgainstForecast,
    })
}
