//! `/market-metrics`: one comma list of symbols, futures by their root. Volatility index, rank and percentile are
//! fractions on this wire, so are the volatilities by expiration, and historical volatilities are percent; the unit belongs to the field, never to the size.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::value::RawValue;
use smol_str::SmolStr;

use super::envelope::{Parsed, parse_list};
use super::{Earnings, Error, ExpirationIv, Metrics, RankVariant, Route, Settlement};
use crate::http::{Lenient, encode};
use crate::instrument::{Instrument, Symbol};
use crate::units::{Rank, Vol};

/// The symbol whose metrics describe an instrument: the root for futures, nothing for options.
pub fn metrics_symbol(instrument: &Instrument) -> Option<Symbol> {
    match instrument {
        Instrument::Contract(contract) => Some(Symbol(contract.root.clone())),
        Instrument::Root(_) | Instrument::Equity(_) | Instrument::Index(_) | Instrument::Crypto(_) => {
            Some(instrument.symbol())
        }
        Instrument::EquityOption(_) | Instrument::FutureOption(_) => None,
    }
}

/// The query for `symbols`.
pub(super) fn query(symbols: &[Symbol]) -> String {
    let symbols: Vec<String> = symbols.iter().map(|symbol| encode(symbol.as_str())).collect();
    format!("symbols={}", symbols.join(","))
}

/// Reads the answer. The venue leaves unknown symbols out and keeps no order.
///
/// # Errors
/// [`Error::Unreadable`] when the body is not a list in the envelope.
pub(super) fn parse_metrics(body: &[u8]) -> Result<Parsed<Metrics>, Error> {
    parse_list(Route::Metrics, body, Item::metrics)
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Item {
    symbol: Lenient<SmolStr>,
    implied_volatility_index: Lenient<f64>,
    #[serde(rename = "implied-volatility-index-5-day-change")]
    change_5d: Lenient<f64>,
    implied_volatility_index_rank: Lenient<f64>,
    tos_implied_volatility_index_rank: Lenient<f64>,
    tw_implied_volatility_index_rank: Lenient<f64>,
    implied_volatility_index_rank_source: Lenient<SmolStr>,
    implied_volatility_percentile: Lenient<f64>,
    implied_volatility_updated_at: Lenient<Timestamp>,
    #[serde(rename = "historical-volatility-30-day")]
    hv30: Lenient<f64>,
    #[serde(rename = "historical-volatility-60-day")]
    hv60: Lenient<f64>,
    #[serde(rename = "historical-volatility-90-day")]
    hv90: Lenient<f64>,
    liquidity_rating: Lenient<i64>,
    beta: Lenient<f64>,
    #[serde(rename = "corr-spy-3month")]
    corr_spy: Lenient<f64>,
    earnings: Option<Box<RawValue>>,
    option_expiration_implied_volatilities: Option<Box<RawValue>>,
    updated_at: Lenient<Timestamp>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Report {
    visible: Lenient<bool>,
    estimated: Lenient<bool>,
    expected_report_date: Lenient<Date>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Term {
    expiration_date: Lenient<Date>,
    option_chain_type: Lenient<SmolStr>,
    settlement_type: Lenient<SmolStr>,
    implied_volatility: Lenient<f64>,
}

impl Item {
    fn metrics(self) -> Option<Metrics> {
        let symbol = Symbol(self.symbol.clone().ok()?);
        let mut unreadable = Vec::new();
        let notes = &mut unreadable;
        let iv_rank = self.rank(notes);
        let iv = self
            .implied_volatility_index
            .and_then(Vol::new)
            .or_note("implied-volatility-index", notes);
        let change = self.change_5d.or_note("implied-volatility-index-5-day-change", notes);
        let percentile = self.implied_volatility_percentile.and_then(Rank::from_fraction);
        let corr_spy = self.corr_spy.and_then(|corr| (corr.abs() <= 1.0).then_some(corr));
        Some(Metrics {
            symbol,
            iv,
            iv_change_5d: change,
            iv_rank,
            iv_percentile: percentile.or_note("implied-volatility-percentile", notes),
            hv30: self
                .hv30
                .and_then(Vol::from_percent)
                .or_note("historical-volatility-30-day", notes),
            hv60: self
                .hv60
                .and_then(Vol::from_percent)
                .or_note("historical-volatility-60-day", notes),
            hv90: self
                .hv90
                .and_then(Vol::from_percent)
                .or_note("historical-volatility-90-day", notes),
            liquidity_rating: self.liquidity_rating.or_note("liquidity-rating", notes),
            beta: self.beta.or_note("beta", notes),
            corr_spy: corr_spy.or_note("corr-spy-3month", notes),
            terms: self
                .option_expiration_implied_volatilities
                .map(|list| terms(&list, notes))
                .unwrap_or_default(),
            earnings: self.earnings.and_then(|report| earnings(&report, notes)),
            iv_updated_at: self
                .implied_volatility_updated_at
                .or_note("implied-volatility-updated-at", notes),
            updated_at: self.updated_at.or_note("updated-at", notes),
            unreadable,
        })
    }

    /// The plain field, which copies the variant its source field names; else the variants themselves.
    fn rank(&self, unreadable: &mut Vec<String>) -> Option<(Rank, RankVariant)> {
        let plain = match self.implied_volatility_index_rank_source.clone().ok().as_deref() {
            Some("tos") => RankVariant::Tos,
            Some("tw") => RankVariant::Tw,
            Some(_) | None => RankVariant::Unnamed,
        };
        [
            (
                "implied-volatility-index-rank",
                &self.implied_volatility_index_rank,
                plain,
            ),
            (
                "tos-implied-volatility-index-rank",
                &self.tos_implied_volatility_index_rank,
                RankVariant::Tos,
            ),
            (
                "tw-implied-volatility-index-rank",
                &self.tw_implied_volatility_index_rank,
                RankVariant::Tw,
            ),
        ]
        .into_iter()
        .find_map(|(name, rank, variant)| {
            let rank = rank.clone().and_then(Rank::from_fraction).or_note(name, unreadable)?;
            Some((rank, variant))
        })
    }
}

/// The next report, unless the venue hides it. A report that does not say whether its day is fixed counts as estimated.
fn earnings(report: &RawValue, unreadable: &mut Vec<String>) -> Option<Earnings> {
    let Ok(report) = serde_json::from_str::<Option<Report>>(report.get()) else {
        unreadable.push("earnings".to_owned());
        return None;
    };
    let Report {
        visible,
        estimated,
        expected_report_date,
    } = report?;
    if visible == Lenient::Is(false) {
        return None;
    }
    let date = expected_report_date.or_note("earnings.expected-report-date", unreadable)?;
    Some(Earnings {
        date,
        estimated: estimated != Lenient::Is(false),
    })
}

/// The volatilities by expiration, by date, those settled on the opening first. One that cannot be read, or names no date,
/// is left out and noted.
fn terms(list: &RawValue, unreadable: &mut Vec<String>) -> Vec<ExpirationIv> {
    let Ok(list) = serde_json::from_str::<Option<Vec<&RawValue>>>(list.get()) else {
        unreadable.push(TERMS.to_owned());
        return Vec::new();
    };
    let list = list.unwrap_or_default();
    let mut terms: Vec<ExpirationIv> = list.iter().filter_map(|one| term(one, unreadable)).collect();
    terms.sort_by_key(|term| (term.expiration, term.settlement != Some(Settlement::Morning)));
    terms
}

fn term(one: &RawValue, unreadable: &mut Vec<String>) -> Option<ExpirationIv> {
    let term = serde_json::from_str::<Term>(one.get()).unwrap_or_default();
    let Lenient::Is(expiration) = term.expiration_date else {
        unreadable.push(TERMS.to_owned());
        return None;
    };
    let iv = term.implied_volatility.and_then(Vol::new).or_note(TERMS, unreadable);
    Some(ExpirationIv {
        expiration,
        settlement: match term.settlement_type.ok().as_deref() {
            Some("AM") => Some(Settlement::Morning),
            Some("PM") => Some(Settlement::Afternoon),
            Some(_) | None => None,
        },
        standard: term.option_chain_type.ok().map(|kind| kind == "Standard"),
        iv: iv.filter(|iv| iv.get() > 0.0),
    })
}

const TERMS: &str = "option-expiration-implied-volatilities";

#[cfg(test)]
mod tests;
