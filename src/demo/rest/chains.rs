//! The nested option chains of shares, funds, indices and futures.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::body::{self, decimal, offset};
use super::instruments::stops;
use super::{Request, RestAnswer};
use crate::market::Market;
use crate::market::listings::{Class, Listing};
use crate::market::options::{Series, Spelled};

/// `/option-chains/SPY/nested`: one item per option root; 404 where no options are listed.
pub(super) fn nested(market: &Market, symbol: &str, request: &Request<'_>) -> RestAnswer {
    let listing = market
        .listing(symbol)
        .filter(|listing| !matches!(listing.class, Class::Future(_)));
    let Some(listing) = listing.filter(|listing| listing.optionable()) else {
        return body::not_found();
    };
    let series = market.series(listing);
    let mut roots: Vec<&str> = series.iter().map(|series| series.root.as_str()).collect();
    roots.sort_unstable();
    roots.dedup();
    let items = roots.into_iter().map(|root| {
        let expirations: Vec<Value> = series
            .iter()
            .filter(|series| series.root == root)
            .map(|series| {
                json!({
                    "expiration-type": kind(series),
                    "expiration-date": series.expiry.to_string(),
                    "days-to-expiration": (series.expiry - market.day()).get_days(),
                    "settlement-type": settlement(series),
                    "strikes": strikes(market, listing, series, false),
                })
            })
            .collect();
        json!({
            "underlying-symbol": listing.symbol, "root-symbol": root, "option-chain-type": "Standard",
            "shares-per-contract": 100, "tick-sizes": [{ "value": "0.01" }], "deliverables": [],
            "expirations": expirations,
        })
    });
    body::items(items.collect(), request.path)
}

/// `/futures-option-chains/ES/nested`: the latest expiration first, the lowest strike of that one unknown to the feed.
pub(super) fn futures_nested(market: &Market, code: &str, request: &Request<'_>) -> RestAnswer {
    let root = format!("/{}", code.trim_start_matches('/'));
    let Some(listing) = market.listing(&root).filter(|listing| listing.metrics_symbol() == root) else {
        return body::not_found();
    };
    let days = |date: Date| (date - market.day()).get_days();
    let futures: Vec<Value> = market
        .contracts(&root)
        .iter()
        .map(|terms| {
            let stops = stops(terms).map(offset);
            json!({
                "symbol": terms.symbol, "root-symbol": root, "expiration-date": terms.expiration.to_string(),
                "days-to-expiration": days(terms.expiration), "active-month": terms.place == 0,
                "next-active-month": terms.place == 1, "stops-trading-at": stops, "expires-at": stops,
            })
        })
        .collect();
    let mut series = market.series(listing);
    series.sort_by(|one, other| other.expiry.cmp(&one.expiry).then_with(|| one.root.cmp(&other.root)));
    let expirations: Vec<Value> = series
        .iter()
        .enumerate()
        .map(|(place, series)| {
            let ends = series.end().map(offset);
            let multiplier = series.future.as_ref().map(|terms| terms.root.multiplier);
            json!({
                "underlying-symbol": series.future.as_ref().map(|terms| terms.symbol.as_str()), "root-symbol": root,
                "option-root-symbol": series.root, "option-contract-symbol": series.code(), "asset": series.root,
                "expiration-date": series.expiry.to_string(), "days-to-expiration": days(series.expiry),
                "expiration-type": kind(series), "settlement-type": settlement(series), "notional-value": multiplier.map(|dollars| decimal(dollars * DISPLAY_FACTOR)),
                "display-factor": decimal(DISPLAY_FACTOR), "strike-factor": "1.0", "stops-trading-at": ends, "expires-at": ends,
                "tick-sizes": [{ "threshold": "10.0", "value": "0.05" }, { "value": "0.25" }],
                "strikes": strikes(market, listing, series, place == 0),
            })
        })
        .collect();
    let chain = json!({
        "underlying-symbol": root, "root-symbol": root, "exercise-style": "American", "expirations": expirations,
    });
    body::data(json!({ "futures": futures, "option-chains": [chain] }), request.path)
}

fn strikes(market: &Market, listing: &Listing, series: &Series, lowest_unfed: bool) -> Vec<Value> {
    let spelled = market
        .strikes(listing, series)
        .into_iter()
        .filter_map(|strike| Some((strike, series.spell(strike)?)));
    spelled
        .enumerate()
        .map(|(place, (strike, names))| row(strike, &names, !(lowest_unfed && place == 0)))
        .collect()
}

fn row(strike: f64, names: &Spelled, fed: bool) -> Value {
    let mut row = Map::new();
    row.insert("strike-price".to_owned(), decimal(strike).into());
    row.insert("call".to_owned(), names.call.as_str().into());
    row.insert("put".to_owned(), names.put.as_str().into());
    if fed {
        row.insert("call-streamer-symbol".to_owned(), names.call_streamer.as_str().into());
        row.insert("put-streamer-symbol".to_owned(), names.put_streamer.as_str().into());
    }
    Value::Object(row)
}

fn kind(series: &Series) -> &'static str {
    if series.regular { "Regular" } else { "Weekly" }
}

fn settlement(series: &Series) -> &'static str {
    if series.morning { "AM" } else { "PM" }
}

/// One displayed unit of an option on a future is this much of a unit of price.
const DISPLAY_FACTOR: f64 = 0.01;
