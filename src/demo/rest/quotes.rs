//! `/market-data/by-type`: last values of up to 100 symbols, each under the key of its kind.

use serde_json::{Map, Value};
use smol_str::SmolStr;
use variance_time as time;

use super::body::{self, decimal, zulu};
use super::{Request, RestAnswer};
use crate::market::Market;
use crate::market::listings::Class;

const KINDS: [(&str, &str); 6] = [
    ("index", "Index"),
    ("equity", "Equity"),
    ("equity-option", "Equity Option"),
    ("future", "Future"),
    ("future-option", "Future Option"),
    ("cryptocurrency", "Cryptocurrency"),
];

/// The answer to `?equity=A,B&future=/ESZ6`; a symbol under the wrong key and a futures root are left out.
pub(super) fn by_type(market: &Market, request: &Request<'_>) -> RestAnswer {
    let asked: Vec<(&str, &str, String)> = KINDS
        .into_iter()
        .flat_map(|(key, kind)| {
            body::values(request.query, key)
                .into_iter()
                .map(move |symbol| (key, kind, symbol))
        })
        .collect();
    if asked.is_empty() {
        return body::invalid("symbols", "is missing");
    }
    if asked.len() > 100 {
        return body::invalid("symbols", "are more than 100");
    }
    let items: Vec<Value> = asked
        .iter()
        .filter_map(|(key, kind, symbol)| item(market, key, kind, symbol))
        .collect();
    let data = serde_json::json!({ "data": { "items": items }, "pagination": null, "context": request.path });
    body::answer(200, &data)
}

fn streamer(market: &Market, key: &str, symbol: &str) -> Option<SmolStr> {
    match key {
        "equity-option" => occ(symbol),
        "future-option" => future_option(market, symbol),
        _ => {
            let listing = market.listing(symbol).filter(|listing| listing.symbol == symbol)?;
            let fits = match listing.class {
                Class::Share | Class::Fund => key == "equity",
                Class::Index => key == "index",
                Class::Future(_) => key == "future",
                Class::Crypto => key == "cryptocurrency",
            };
            fits.then(|| listing.streamer.clone())
        }
    }
}

/// `SPY   261218C00600000` as the feed spells it.
fn occ(symbol: &str) -> Option<SmolStr> {
    let (root, terms) = symbol.split_at_checked(6)?;
    let (day_and_side, strike) = terms.split_at_checked(7)?;
    let thousandths: u32 = strike.parse().ok().filter(|_| strike.len() == 8)?;
    Some(smol_str::format_smolstr!(
        ".{}{day_and_side}{}",
        root.trim_end(),
        f64::from(thousandths) / 1000.0
    ))
}

/// `./ESZ6 EW4X6 261127P6600` as the feed spells it.
fn future_option(market: &Market, symbol: &str) -> Option<SmolStr> {
    let contract = symbol.strip_prefix('.')?.split(' ').next()?;
    let listing = market.listing(contract)?;
    market.series(listing).into_iter().find_map(|series| {
        market.strikes(listing, &series).into_iter().find_map(|strike| {
            let spelled = series.spell(strike)?;
            if spelled.call == symbol {
                return Some(spelled.call_streamer);
            }
            (spelled.put == symbol).then_some(spelled.put_streamer)
        })
    })
}

fn item(market: &Market, key: &str, kind: &str, symbol: &str) -> Option<Value> {
    let last = market.last(&streamer(market, key, symbol)?, 0)?;
    let mut item = Map::new();
    let text = |item: &mut Map<String, Value>, key: &str, value: Option<f64>| {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            item.insert(key.to_owned(), decimal(value).into());
        }
    };
    for (key, value) in [("symbol", symbol), ("instrument-type", kind)] {
        item.insert(key.to_owned(), value.into());
    }
    item.insert("updated-at".to_owned(), zulu(market.anchor()).into());
    let traded = last.trade.map(|trade| trade.price).filter(|price| price.is_finite());
    if let Some(quote) = last.quote {
        let mid = (quote.bid + quote.ask) / 2.0;
        let sides = [
            ("bid", quote.bid),
            ("bid-size", quote.bid_size),
            ("ask", quote.ask),
            ("ask-size", quote.ask_size),
            ("mid", mid),
            ("mark", mid),
        ];
        for (key, value) in sides {
            text(&mut item, key, Some((value * 1e9).round() / 1e9));
        }
    } else {
        text(&mut item, "mark", traded);
    }
    text(&mut item, "last", traded);
    text(&mut item, "last-mkt", traded);
    text(
        &mut item,
        "volume",
        last.trade.map(|trade| trade.day_volume).filter(|_| key != "index"),
    );
    if let Some(day) = last.summary {
        text(&mut item, "open", Some(day.open));
        text(&mut item, "day-high-price", Some(day.high));
        text(&mut item, "day-low-price", Some(day.low));
        text(&mut item, "close", day.close);
        text(&mut item, "prev-close", Some(day.prev_close));
        for (key, day_id) in [("summary-date", day.day_id), ("prev-close-date", day.prev_day_id)] {
            item.insert(key.to_owned(), time::date_of_day_id(day_id)?.to_string().into());
        }
        for key in ["close-price-type", "prev-close-price-type"] {
            item.insert(
                key.to_owned(),
                if key.starts_with("prev") { "Final" } else { "Regular" }.into(),
            );
        }
        if key.ends_with("option") {
            item.insert("open-interest".to_owned(), day.open_interest.into());
        }
    }
    if let Some(profile) = last.profile {
        text(&mut item, "year-high-price", Some(profile.high_52));
        text(&mut item, "year-low-price", Some(profile.low_52));
        text(&mut item, "beta", Some(profile.beta));
    }
    if let Some(greeks) = last.greeks {
        let values = [
            ("delta", greeks.delta),
            ("gamma", greeks.gamma),
            ("theta", greeks.theta),
            ("vega", greeks.vega),
            ("rho", greeks.rho),
            ("theo-price", greeks.price),
            ("volatility", greeks.volatility),
        ];
        for (key, value) in values {
            text(&mut item, key, Some(value));
        }
    }
    item.insert("is-trading-halted".to_owned(), false.into());
    item.insert("halt-start-time".to_owned(), (-1).into());
    item.insert("halt-end-time".to_owned(), (-1).into());
    Some(Value::Object(item))
}
