//! What is still to be asked for, decided from what has come so far.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::field::Field;
use super::offers::streamed_prices;
use super::price;
use super::record::{Record, Source};
use super::vol_inputs::VolInputs;
use crate::dxlink::Greeks;
use crate::instrument::{Kind, Symbol};
use crate::stream::LastEvents;
use crate::tastytrade::Metrics;
use crate::time;
use crate::units::Vol;

/// A symbol whose price or realized volatility neither the feed nor REST could give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The symbol.
    pub symbol: Symbol,
    /// What it is.
    pub kind: Kind,
    /// Whether its price is missing.
    pub price: bool,
    /// Whether one of its realized volatilities is missing.
    pub hv: bool,
}

/// Whether a quote by REST is wanted, given what the feed said of the instrument (`None`: nothing): when there is no
/// price, and for options also when there are no complete Greeks, which that quote carries too.
pub fn needs_price(streamed: Option<&LastEvents>, kind: Kind) -> bool {
    streamed.is_none_or(|streamed| {
        let greeks = streamed.greeks.as_ref().map(|heard| &heard.event);
        !streamed_prices(streamed, kind)
            .get(Field::Price)
            .is_some_and(Result::is_ok)
            || (kind.is_option() && !greeks.is_some_and(is_complete))
    })
}

/// Whether daily bars are wanted to compute realized volatilities from.
///
/// Futures always need them, so that nobody waits for the metrics to say so; options never do. For the rest
/// `None` (no metrics of this symbol) needs them, and so does a volatility that is absent or zero.
pub fn needs_hv(metrics: Option<&Metrics>, kind: Kind) -> bool {
    match kind {
        Kind::Future => true,
        Kind::EquityOption | Kind::FutureOption => false,
        Kind::Equity | Kind::Index | Kind::Crypto => {
            metrics.is_none_or(|metrics| [metrics.hv30, metrics.hv90].into_iter().any(|hv| !is_present(hv)))
        }
    }
}

/// The symbols the deprecated source may be asked for, in the order of `records`: those without a price or without a
/// realized volatility after the feed and REST. What an earlier run kept fills a hole only as far as it is still
/// current: the realized volatility up to the last closed session. Where there are `vol_inputs_by_symbol`, a symbol whose bars are
/// missing or end before that session counts as one without realized volatility, unless it is a future, whose contracts
/// that source joins. Options are never among them, that source does not know any.
pub fn gaps(records: &[Record], vol_inputs_by_symbol: &BTreeMap<Symbol, VolInputs>, now: Timestamp) -> Vec<Gap> {
    let old = |source: Source| source == Source::Store;
    records
        .iter()
        .filter(|record| !record.kind.is_option())
        .map(|record| {
            let market = price::market_of(record.kind);
            let close = time::session_close(market, time::last_closed_session(market, now));
            let is_open = |field: Field| {
                let hv = record.get(field);
                hv.is_none_or(|hv| old(hv.source) && close.is_none_or(|close| hv.as_of < close))
            };
            let lacks_bars = vol_inputs_by_symbol.get(&record.symbol).is_some_and(|vol_inputs| {
                let bars = vol_inputs.bars.as_ref();
                let current = bars.is_ok_and(|bars| close.is_none_or(|close| bars.as_of >= close));
                record.kind != Kind::Future && !current
            });
            Gap {
                symbol: record.symbol.clone(),
                kind: record.kind,
                price: record.source(Field::Price).is_none_or(old),
                hv: is_open(Field::Hv30) || is_open(Field::Hv90) || lacks_bars,
            }
        })
        .filter(|gap| gap.price || gap.hv)
        .collect()
}

fn is_complete(greeks: &Greeks) -> bool {
    let Greeks {
        volatility,
        delta,
        gamma,
        theta,
        rho,
        vega,
        ..
    } = greeks;
    [volatility, delta, gamma, theta, rho, vega]
        .into_iter()
        .all(Option::is_some)
}

fn is_present(hv: Option<Vol>) -> bool {
    hv.is_some_and(|hv| hv.get() > 0.0)
}

#[cfg(test)]
mod tests;
