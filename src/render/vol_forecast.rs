//! What models expect of the sessions to come: of a file's bars alone, of a symbol beside its implied volatility.

use schemars::JsonSchema;
use serde::Serialize;

use super::block::{Block, texts};
use super::layout::Column;
use super::number::{fixed, percent, points};
use super::said::Said;
use super::text::{clean, together};
use crate::market::{Forecast, OverForecast, VolReport};
use crate::units::Vol;
use crate::vol::forecast::{Forecasts, Model, SESSIONS};

/// The forecasts from a file's bars.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FileForecast {
    #[serde(flatten)]
    fit: Fit,
    models: Vec<FileModel>,
}

/// The forecasts from a symbol's bars.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SymbolForecast {
    #[serde(flatten)]
    fit: Fit,
    models: Vec<SymbolModel>,
}

/// What is forecast, and from what.
#[derive(Debug, Serialize, JsonSchema)]
struct Fit {
    /// Trading days ahead; a volatility is that of their mean variance.
    sessions: usize,
    /// Date of the first bar the models are fitted to; `null` without bars.
    first: Option<String>,
    /// How many bars they are fitted to.
    bars: Option<usize>,
}

/// The forecast of one model.
#[derive(Debug, Serialize, JsonSchema)]
struct FileModel {
    #[schemars(extend("enum" = ["har", "garch"]))]
    model: &'static str,
    /// Annualized fraction.
    vol: Option<f64>,
    /// Why there is none.
    reason: Option<String>,
}

/// The forecast of one model, and implied volatility over it.
#[derive(Debug, Serialize, JsonSchema)]
struct SymbolModel {
    #[schemars(extend("enum" = ["har", "garch"]))]
    model: &'static str,
    /// Annualized fraction.
    vol: Option<f64>,
    #[serde(flatten)]
    said: Said,
    premium: ForecastPremium,
}

/// Implied volatility over a forecast.
#[derive(Debug, Serialize, JsonSchema)]
struct ForecastPremium {
    /// The implied volatility, annualized fraction.
    iv: Option<f64>,
    /// iv / forecast; `null` also when nothing is expected to move.
    ratio: Option<f64>,
    /// iv - forecast, a fraction.
    difference: Option<f64>,
    #[serde(flatten)]
    said: Said,
}

impl Fit {
    fn of(forecasts: Option<&Forecasts>) -> Self {
        Self {
            sessions: SESSIONS,
            first: forecasts.map(|forecasts| forecasts.first.to_string()),
            bars: forecasts.map(|forecasts| forecasts.bars),
        }
    }
}

impl FileForecast {
    pub(super) fn of(forecasts: &Forecasts) -> Self {
        let models = forecasts.models.iter().map(|(model, said)| FileModel {
            model: model.key(),
            vol: said.ok().map(Vol::get),
            reason: said.err().map(|error| error.to_string()),
        });
        Self {
            fit: Fit::of(Some(forecasts)),
            models: models.collect(),
        }
    }
}

impl SymbolForecast {
    pub(super) fn of(report: &VolReport) -> Self {
        let models = report.forecasts.iter().map(|one| SymbolModel {
            model: one.model.key(),
            vol: vol(one),
            said: Said::of(&one.said),
            premium: ForecastPremium {
                iv: over(one).map(|over| over.iv.get()),
                ratio: over(one).and_then(|over| over.ratio),
                difference: over(one).map(|over| over.difference),
                said: Said::of(&one.over),
            },
        });
        Self {
            fit: Fit::of(of_report(report)),
            models: models.collect(),
        }
    }
}

fn of_report(report: &VolReport) -> Option<&Forecasts> {
    let measured = report.measured.as_ref().ok();
    measured.map(|measured| &measured.panel.forecasts)
}

fn vol(one: &Forecast) -> Option<f64> {
    one.said.as_ref().ok().map(|said| said.value.get())
}

fn over(one: &Forecast) -> Option<OverForecast> {
    one.over.as_ref().ok().map(|over| over.value)
}

/// The block of a file.
pub(super) fn blocks(forecasts: &Forecasts) -> Vec<Block> {
    let fitted: Vec<(Model, Vol)> = forecasts
        .models
        .iter()
        .filter_map(|(model, said)| Some((*model, said.ok()?)))
        .collect();
    let mut blocks = Vec::new();
    if !fitted.is_empty() {
        blocks.push(Block::columns(vec![
            Column::words(FORECAST, 0, &fitted, |(model, _)| model.name().to_owned()),
            Column::numbers(VOL, 0, &fitted, |(_, vol)| percent(Some(vol.get()))),
        ]));
        blocks.push(Block::Text(legend(forecasts)));
    }
    blocks.extend(texts(refused(forecasts)));
    blocks
}

/// Which models of a file's bars forecast nothing, and why.
pub(super) fn refused(forecasts: &Forecasts) -> Vec<String> {
    let models = forecasts.models.iter();
    none(models.filter_map(|(model, said)| Some((said.err()?.to_string(), *model))))
}

/// The block of a symbol: columns, what they mean, and what is missing.
pub(super) fn beside_iv(report: &VolReport) -> (Vec<Column>, Option<String>, Vec<String>) {
    let known: Vec<&Forecast> = report.forecasts.iter().filter(|one| one.said.is_ok()).collect();
    let columns = vec![
        Column::words(FORECAST, 0, &known, |one| one.model.name().to_owned()),
        Column::numbers(VOL, 0, &known, |one| percent(vol(one))),
        Column::numbers("IV", 2, &known, |one| percent(over(one).map(|over| over.iv.get()))),
        Column::numbers("Points", 1, &known, |one| points(over(one).map(|over| over.difference))),
        Column::numbers("Ratio", 3, &known, |one| {
            fixed(over(one).and_then(|over| over.ratio), 2)
        }),
    ];
    let legend = of_report(report)
        .map(|forecasts| format!("{}; Points: iv - forecast; Ratio: iv / forecast", legend(forecasts)));
    (columns, legend, missing(report))
}

/// Which models of a symbol's bars forecast nothing, and why a forecast stands alone.
pub(super) fn missing(report: &VolReport) -> Vec<String> {
    let forecasts = &report.forecasts;
    let mut lines = none(
        forecasts
            .iter()
            .filter_map(|one| Some((clean(&one.said.as_ref().err()?.to_string()), one.model))),
    );
    let alone = forecasts.iter().filter(|one| one.said.is_ok());
    let alone = alone.filter_map(|one| Some((clean(&one.over.as_ref().err()?.to_string()), ())));
    let alone = together(alone).into_iter();
    lines.extend(alone.map(|(reason, _)| format!("no implied volatility beside the forecasts: {reason}")));
    lines
}

fn none(reasons: impl Iterator<Item = (String, Model)>) -> Vec<String> {
    let words = |(reason, models): (String, Vec<Model>)| {
        let names: Vec<&str> = models.into_iter().map(Model::name).collect();
        format!("no forecast by {}: {reason}", names.join(", "))
    };
    together(reasons).into_iter().map(words).collect()
}

fn legend(forecasts: &Forecasts) -> String {
    let (bars, first) = (forecasts.bars, forecasts.first);
    format!("{VOL}: that of the next {SESSIONS} sessions, fitted to {bars} bars since {first}")
}

const FORECAST: &str = "Forecast";
const VOL: &str = "Vol";
