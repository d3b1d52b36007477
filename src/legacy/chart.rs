//! The chart answer: parallel arrays with holes, a live bar that is off the daily grid, and the price of now.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};
use serde::Deserialize;
use smol_str::SmolStr;

use super::{ChartHistory, DailyBar, Error};
use crate::http::{Lenient, clean};
use crate::time;
use crate::units::Price;

/// Reads a chart.
///
/// # Errors
/// [`Error::Unreadable`] when the body is no chart, [`Error::Unknown`] or [`Error::Status`] (status 200) when the chart
/// holds a complaint.
pub(super) fn parse_history(body: &[u8]) -> Result<ChartHistory, Error> {
    let unreadable = |error: serde_json::Error| Error::Unreadable {
        what: clean(&error.to_string()),
    };
    let ChartBody { chart } = serde_json::from_slice(body).map_err(unreadable)?;
    if let Some(Complaint { code, description }) = chart.error {
        let code = code.ok().unwrap_or_default();
        if code == "Not Found" {
            return Err(Error::Unknown);
        }
        return Err(Error::Status {
            status: 200,
            what: clean(&description.ok().unwrap_or(code)),
        });
    }
    let result = chart.result.and_then(|results| results.into_iter().next());
    let result = result.ok_or_else(|| Error::Unreadable {
        what: "no result in it".to_owned(),
    })?;
    Ok(result.history())
}

/// One row of the arrays.
struct Row {
    date: Date,
    time: Time,
    raw_close: Option<f64>,
    bar: Option<DailyBar>,
}

impl ChartResult {
    fn history(self) -> ChartHistory {
        let zone = self.meta.zone();
        let last = self.meta.last();
        let rows = self.rows(&zone);
        let today = last.map(|(_, at)| zone.to_datetime(at).date());
        let before = today.and_then(|today| rows.iter().rev().find(|row| row.date < today));
        let prev_close = before.and_then(|row| row.raw_close).and_then(Price::new);
        let bars: BTreeMap<Date, DailyBar> = rows
            .into_iter()
            .filter_map(|row| row.bar.map(|bar| (row.date, bar)))
            .collect();
        ChartHistory {
            last,
            prev_close,
            bars: bars.into_values().collect(),
        }
    }

    /// The rows in time order. A futures row of the evening after the others' time of day belongs to the next session,
    /// which has not closed, and is left out.
    fn rows(&self, zone: &TimeZone) -> Vec<Row> {
        let mut rows: Vec<Row> = (0..self.timestamp.len()).filter_map(|at| self.row(at, zone)).collect();
        rows.sort_by_key(|row| (row.date, row.time));
        let grid = rows.first().map(|row| row.time);
        let evening = |row: &Row| Some(row.time) != grid && row.time.hour() >= 17;
        if self.meta.is_future() && rows.last().is_some_and(evening) {
            rows.pop();
        }
        rows
    }

    fn row(&self, at: usize, zone: &TimeZone) -> Option<Row> {
        let Lenient::Is(seconds) = self.timestamp.get(at)? else {
            return None;
        };
        let local = zone.to_datetime(Timestamp::from_second(*seconds).ok()?);
        let quote = self.indicators.quote.first();
        let value = |column: Option<&Vec<Lenient<f64>>>| column.and_then(|column| column.get(at)).cloned()?.ok();
        let raw_close = value(quote.map(|quote| &quote.close));
        let bar = raw_close.and_then(|raw| {
            let factor = self.adjustment(at, raw)?;
            let scaled = |column| value(column).map(|price| price * factor);
            Some(DailyBar {
                date: local.date(),
                open: scaled(quote.map(|quote| &quote.open)),
                high: scaled(quote.map(|quote| &quote.high)),
                low: scaled(quote.map(|quote| &quote.low)),
                close: raw * factor,
            })
        });
        Some(Row {
            date: local.date(),
            time: local.time(),
            raw_close,
            bar,
        })
    }

    /// What the raw prices of a row are multiplied with, so that a dividend is no return: 1 but for shares and funds.
    /// `None` where the series is adjusted but this row is not, because a mixture would invent a return.
    fn adjustment(&self, at: usize, raw_close: f64) -> Option<f64> {
        let adjusted = self.indicators.adjclose.first().map(|series| &series.adjclose);
        match adjusted.filter(|series| self.meta.pays_dividends() && !series.is_empty()) {
            None => Some(1.0),
            Some(series) => {
                let factor = series.get(at).cloned()?.ok()? / raw_close;
                (factor.is_finite() && factor > 0.0).then_some(factor)
            }
        }
    }
}

impl Meta {
    /// The exchange's zone, whose summer time the plain offset does not know.
    fn zone(&self) -> TimeZone {
        let offset = || {
            let seconds = i32::try_from(self.gmtoffset.clone().ok()?).ok()?;
            Offset::from_seconds(seconds).ok().map(TimeZone::fixed)
        };
        match self.exchange_timezone_name.clone().ok().as_deref() {
            Some("America/New_York") => time::new_york_zone(),
            Some(name) => TimeZone::get(name).ok().or_else(offset).unwrap_or(TimeZone::UTC),
            None => offset().unwrap_or(TimeZone::UTC),
        }
    }

    fn last(&self) -> Option<(Price, Timestamp)> {
        let price = Price::new(self.regular_market_price.clone().ok()?)?;
        let at = Timestamp::from_second(self.regular_market_time.clone().ok()?).ok()?;
        Some((price, at))
    }

    fn is_future(&self) -> bool {
        self.instrument_type == Lenient::Is(SmolStr::new_static("FUTURE"))
    }

    fn pays_dividends(&self) -> bool {
        matches!(
            self.instrument_type.clone().ok().as_deref(),
            Some("EQUITY" | "ETF" | "MUTUALFUND")
        )
    }
}

#[derive(Deserialize)]
struct ChartBody {
    chart: Chart,
}

#[derive(Deserialize)]
struct Chart {
    #[serde(default)]
    result: Option<Vec<ChartResult>>,
    #[serde(default)]
    error: Option<Complaint>,
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(default)]
    code: Lenient<SmolStr>,
    #[serde(default)]
    description: Lenient<SmolStr>,
}

#[derive(Deserialize)]
struct ChartResult {
    meta: Meta,
    #[serde(default)]
    timestamp: Vec<Lenient<i64>>,
    #[serde(default)]
    indicators: Indicators,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Meta {
    instrument_type: Lenient<SmolStr>,
    regular_market_price: Lenient<f64>,
    regular_market_time: Lenient<i64>,
    gmtoffset: Lenient<i64>,
    exchange_timezone_name: Lenient<SmolStr>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Indicators {
    quote: Vec<Quote>,
    adjclose: Vec<Adjusted>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Quote {
    open: Vec<Lenient<f64>>,
    high: Vec<Lenient<f64>>,
    low: Vec<Lenient<f64>>,
    close: Vec<Lenient<f64>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Adjusted {
    adjclose: Vec<Lenient<f64>>,
}

#[cfg(test)]
mod tests;
