//! `/market-data/by-type`: a snapshot of quotes, at most 100 symbols over all kinds in one request.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use smol_str::SmolStr;

use super::envelope::{Parsed, parse_list};
use super::{Error, MarketQuote, Route};
use crate::http::{Lenient, encode};
use crate::instrument::{Kind, Symbol};
use crate::units::{Price, Vol};

/// The most symbols one request may carry.
pub(super) const LARGEST: usize = 100;

/// The query for `wanted`: a comma list for each kind.
pub(super) fn query(wanted: &[(Kind, Symbol)]) -> String {
    let mut lists: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
    for (kind, symbol) in wanted {
        lists.entry(*kind).or_default().push(encode(symbol.as_str()));
    }
    let lists: Vec<String> = lists
        .into_iter()
        .map(|(kind, symbols)| format!("{}={}", key(kind), symbols.join(",")))
        .collect();
    lists.join("&")
}

/// Reads the answer. The venue leaves unknown symbols out.
///
/// # Errors
/// [`Error::Unreadable`] when the body is not a list in the envelope.
pub(super) fn parse_quotes(body: &[u8]) -> Result<Parsed<MarketQuote>, Error> {
    parse_list(Route::Quotes, body, Item::quote)
}

fn key(kind: Kind) -> &'static str {
    match kind {
        Kind::Equity => "equity",
        Kind::Index => "index",
        Kind::Future => "future",
        Kind::EquityOption => "equity-option",
        Kind::FutureOption => "future-option",
        Kind::Crypto => "cryptocurrency",
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Item {
    symbol: Lenient<SmolStr>,
    bid: Lenient<f64>,
    ask: Lenient<f64>,
    mark: Lenient<f64>,
    last: Lenient<f64>,
    open: Lenient<f64>,
    day_high_price: Lenient<f64>,
    day_low_price: Lenient<f64>,
    prev_close: Lenient<f64>,
    volume: Lenient<f64>,
    open_interest: Lenient<f64>,
    volatility: Lenient<f64>,
    delta: Lenient<f64>,
    gamma: Lenient<f64>,
    theta: Lenient<f64>,
    vega: Lenient<f64>,
    rho: Lenient<f64>,
    updated_at: Lenient<Timestamp>,
}

impl Item {
    fn quote(self) -> Option<MarketQuote> {
        let symbol = Symbol(self.symbol.ok()?);
        let price = |wire: Lenient<f64>| wire.and_then(Price::new).ok();
        Some(MarketQuote {
            symbol,
            bid: price(self.bid),
            ask: price(self.ask),
            mark: price(self.mark),
            last: price(self.last),
            open: price(self.open),
            high: price(self.day_high_price),
            low: price(self.day_low_price),
            prev_close: price(self.prev_close),
            volume: self.volume.ok(),
            open_interest: self.open_interest.ok(),
            option_iv: self.volatility.and_then(Vol::new).ok(),
            delta: self.delta.ok(),
            gamma: self.gamma.ok(),
            theta: self.theta.ok(),
            vega: self.vega.ok(),
            rho: self.rho.ok(),
            updated_at: self.updated_at.ok(),
        })
    }
}

#[cfg(test)]
mod tests;
