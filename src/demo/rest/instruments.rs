//! `/instruments`: futures with their active month, equities with their feed symbol, cryptocurrencies.

use jiff::Timestamp;
use serde_json::{Value, json};
use variance_time::{self as time, Calendar as Exchange};

use super::body::{self, decimal, offset};
use super::{Request, RestAnswer};
use crate::market::Market;
use crate::market::future::{Ends, Root, Terms};
use crate::market::listings::{Class, Listing};

/// `?product-code[]=ES` or `?symbol[]=ESZ6`, everything without either; never in order of expiration.
pub(super) fn futures(market: &Market, request: &Request<'_>) -> RestAnswer {
    let symbols: Vec<String> = body::values(request.query, "symbol[]")
        .iter()
        .map(|symbol| format!("/{}", symbol.trim_start_matches('/')))
        .collect();
    let codes = body::values(request.query, "product-code[]");
    let wanted = |terms: &Terms| {
        if symbols.is_empty() {
            codes.is_empty()
                || codes
                    .iter()
                    .any(|code| terms.root.symbol.strip_prefix('/') == Some(code))
        } else {
            symbols.iter().any(|symbol| terms.symbol == symbol)
        }
    };
    let mut contracts: Vec<&Terms> = market
        .listings()
        .filter_map(terms)
        .filter(|terms| wanted(terms))
        .collect();
    contracts.sort_by_cached_key(|terms| (market.shuffled(&terms.symbol), terms.symbol.clone()));
    body::items(
        contracts.into_iter().map(|terms| contract(market, terms)).collect(),
        request.path,
    )
}

/// One contract, its slash optional.
pub(super) fn future(market: &Market, symbol: &str, request: &Request<'_>) -> RestAnswer {
    let symbol = format!("/{}", symbol.trim_start_matches('/'));
    let found = market
        .listing(&symbol)
        .filter(|listing| listing.symbol == symbol)
        .and_then(terms);
    found.map_or_else(body::not_found, |terms| {
        body::data(contract(market, terms), request.path)
    })
}

/// `?symbol[]=SPY&symbol[]=BRK%2FB`.
pub(super) fn equities(market: &Market, request: &Request<'_>) -> RestAnswer {
    let symbols = body::values(request.query, "symbol[]");
    let found = symbols
        .iter()
        .filter_map(|symbol| market.listing(symbol))
        .filter_map(stock);
    body::items(found.collect(), request.path)
}

/// One share, fund or index.
pub(super) fn equity(market: &Market, symbol: &str, request: &Request<'_>) -> RestAnswer {
    let found = market.listing(symbol).and_then(stock);
    found.map_or_else(body::not_found, |stock| body::data(stock, request.path))
}

/// `?symbol[]=BTC%2FUSD`, all of them without.
pub(super) fn cryptocurrencies(market: &Market, request: &Request<'_>) -> RestAnswer {
    let symbols = body::values(request.query, "symbol[]");
    let pairs = market.listings().filter(|listing| listing.class == Class::Crypto);
    let wanted = pairs.filter(|pair| symbols.is_empty() || symbols.iter().any(|symbol| pair.symbol == symbol));
    let spelled = wanted.zip(1..).map(|(pair, id)| {
        let venue = json!({
            "id": id, "symbol": pair.symbol, "destination-venue": "ZERO_HASH_CLOB", "max-quantity-precision": 8,
            "max-price-precision": 2, "routable": true,
        });
        json!({
            "id": id, "active": true, "symbol": pair.symbol, "instrument-type": "Cryptocurrency",
            "short-description": pair.symbol, "description": pair.description(), "is-closing-only": false,
            "tick-size": "0.01", "streamer-symbol": pair.streamer, "destination-venue-symbols": [venue],
        })
    });
    body::items(spelled.collect(), request.path)
}

/// When trading in a contract stops.
pub(super) fn stops(terms: &Terms) -> Option<Timestamp> {
    let opening = match terms.root.ends {
        Ends::ThirdFriday => time::session_open(Exchange::UsEquities, terms.expiration),
        Ends::ThirdWednesday | Ends::MonthEnd | Ends::MidMonth | Ends::MonthBefore20 | Ends::MonthBeforeEnd => None,
    };
    opening.or_else(|| time::session_close(Exchange::UsEquities, terms.expiration))
}

fn terms(listing: &Listing) -> Option<&Terms> {
    match &listing.class {
        Class::Future(terms) => Some(terms),
        Class::Share | Class::Fund | Class::Index | Class::Crypto => None,
    }
}

fn contract(market: &Market, terms: &Terms) -> Value {
    let root = terms.root;
    let code = root.symbol.trim_start_matches('/');
    let expiration = terms.expiration.to_string();
    let stops = stops(terms).map(offset);
    let tick = decimal(1.0 / root.grain);
    let mut item = json!({
        "symbol": terms.symbol, "product-code": code, "contract-size": decimal(root.multiplier), "tick-size": tick,
        "notional-multiplier": decimal(root.multiplier), "main-fraction": "0.0", "sub-fraction": "0.0",
        "display-factor": "0.01", "last-trade-date": expiration, "expiration-date": expiration,
        "closing-only-date": expiration, "active": true, "active-month": terms.place == 0,
        "next-active-month": terms.place == 1, "is-closing-only": terms.place < 0, "is-tradeable": true,
        "stops-trading-at": stops, "expires-at": stops, "product-group": format!("CME_{code}"), "exchange": "CME",
        "exchange-symbol": terms.symbol.trim_start_matches('/'), "streamer-exchange-code": root.suffix,
        "streamer-symbol": terms.streamer, "back-month-first-calendar-symbol": true,
        "security-id": (market.shuffled(&terms.symbol) % 1_000_000).to_string(), "future-product": product(root),
        "tick-sizes": [{ "value": tick }],
        "option-tick-sizes": [{ "value": "0.05", "threshold": "10.0" }, { "value": "0.25" }],
        "spread-tick-sizes": [{ "value": "0.05" }],
    });
    let after = market
        .contracts(root.symbol)
        .into_iter()
        .find(|other| other.place == terms.place + 1);
    if let (Some(after), Some(item)) = (after, item.as_object_mut()) {
        item.insert("roll-target-symbol".to_owned(), after.symbol.as_str().into());
    }
    item
}

fn product(root: &Root) -> Value {
    let code = root.symbol.trim_start_matches('/');
    let months: Vec<String> = root.months.chars().map(String::from).collect();
    let financial = matches!(root.ends, Ends::ThirdFriday | Ends::ThirdWednesday);
    let kind = if financial { "Financial" } else { "Physical" };
    json!({
        "root-symbol": root.symbol, "code": code, "description": root.description, "clearing-code": code,
        "clearing-exchange-code": "16", "clearport-code": code, "legacy-code": code, "exchange": "CME",
        "legacy-exchange-code": "CME", "product-type": kind, "listed-months": months, "active-months": months,
        "notional-multiplier": decimal(root.multiplier), "tick-size": decimal(1.0 / root.grain), "display-factor": "0.01",
        "streamer-exchange-code": root.suffix, "small-notional": false, "back-month-first-calendar-symbol": true,
        "first-notice": !financial, "cash-settled": financial, "security-group": code, "market-sector": root.description,
        "supported": true,
        "futures-trading-cutoff-times": [{ "offset-seconds": 34_200, "timezone": "Market Zone", "timing": "Default" }],
        "roll": {
            "name": if financial { "equity_index" } else { "first_notice" }, "active-count": 3,
            "cash-settled": financial, "business-days-offset": 4, "first-notice": !financial,
        },
    })
}

fn stock(listing: &Listing) -> Option<Value> {
    let (index, fund) = match listing.class {
        Class::Share => (false, false),
        Class::Fund => (false, true),
        Class::Index => (true, false),
        Class::Future(_) | Class::Crypto => return None,
    };
    let id = listing
        .symbol
        .bytes()
        .fold(0_u32, |sum, byte| sum.wrapping_mul(37).wrapping_add(byte.into()))
        % 90_000;
    let collection = if index { "Cash Settled Equity Option" } else { "Equity" };
    let description = listing.description();
    Some(json!({
        "id": id, "active": true, "symbol": listing.symbol, "streamer-symbol": listing.streamer,
        "instrument-type": "Equity", "description": description, "short-description": description, "is-index": index,
        "is-etf": fund, "is-illiquid": false, "is-fraud-risk": false, "is-closing-only": false,
        "is-options-closing-only": false, "bypass-manual-review": false, "overnight-trading-permitted": fund,
        "lendability": "Easy To Borrow", "borrow-rate": "0.0", "listed-market": if index { "OTC" } else { "XNYS" },
        "market-time-instrument-collection": collection,
        "tick-sizes": [{ "value": "0.0001", "threshold": "1.0" }, { "value": "0.01" }],
        "option-tick-sizes": [{ "value": "0.01", "threshold": "3.0" }, { "value": "0.05" }],
    }))
}
