//! The legacy chart endpoint: daily bars as parallel arrays with a hole in them, futures by their front month.

use jiff::civil::Date;
use serde_json::{Value, json};
use variance_time as time;

use super::body;
use super::{Request, RestAnswer};
use crate::market::listings::{Class, Listing};
use crate::market::{Bar, Market};

const RANGES: [(&str, usize); 11] = [
    ("1d", 1),
    ("5d", 5),
    ("1mo", 21),
    ("3mo", 63),
    ("6mo", 126),
    ("1y", 252),
    ("2y", 504),
    ("5y", 1_260),
    ("10y", 2_520),
    ("ytd", 252),
    ("max", usize::MAX),
];

/// `/v8/finance/chart/{symbol}?range=1y&interval=1d`, or `period1` and `period2` in seconds.
pub(super) fn chart(market: &Market, symbol: &str, request: &Request<'_>) -> RestAnswer {
    if !request.user_agent {
        return RestAnswer {
            status: 429,
            content_type: "text/plain",
            body: "Edge: Too Many Requests".into(),
        };
    }
    let Some((listing, bars)) =
        listed(market, symbol).and_then(|listing| Some((listing, market.bars(&listing.streamer)?)))
    else {
        return failure(404, "Not Found", "No data found, symbol may be delisted");
    };
    let one = |name: &str| body::values(request.query, name).into_iter().next();
    let asked = one("range").unwrap_or_else(|| "1y".to_owned());
    let period = |name: &str| one(name).and_then(|seconds| seconds.parse::<i64>().ok());
    let bars: Vec<Bar> = match (period("period1"), RANGES.iter().find(|(range, _)| *range == asked)) {
        (Some(from), _) => {
            let to = period("period2").unwrap_or(i64::MAX);
            bars.into_iter()
                .filter(|bar| (from..to).contains(&(bar.day_ms / 1000)))
                .collect()
        }
        (None, Some((_, sessions))) => bars.split_at(bars.len().saturating_sub(*sessions)).1.to_vec(),
        (None, None) => {
            return failure(
                422,
                "Unprocessable Entity",
                "Invalid input - range is not one of the valid ranges",
            );
        }
    };
    body::answer(
        200,
        &json!({ "chart": { "result": [result(market, symbol, listing, &asked, &bars)], "error": null } }),
    )
}

fn listed<'a>(market: &'a Market, symbol: &str) -> Option<&'a Listing> {
    if let Some(root) = symbol.strip_suffix("=F") {
        return market.listing(&format!("/{root}"));
    }
    if let Some(index) = symbol.strip_prefix('^') {
        let index = if index == "GSPC" { "SPX" } else { index };
        return market.listing(index).filter(|listing| listing.class == Class::Index);
    }
    let listing = market.listing(&symbol.replace('-', "/"))?;
    let plain = !symbol.contains('/') && !matches!(listing.class, Class::Index | Class::Future(_));
    plain.then_some(listing)
}

fn result(market: &Market, symbol: &str, listing: &Listing, range: &str, bars: &[Bar]) -> Value {
    let (kind, hour, minute) = match listing.class {
        Class::Share => ("EQUITY", 9, 30),
        Class::Fund => ("ETF", 9, 30),
        Class::Index => ("INDEX", 9, 30),
        Class::Future(_) => ("FUTURE", 0, 0),
        Class::Crypto => ("CRYPTOCURRENCY", 0, 0),
    };
    let market_time = market.anchor().as_second();
    let stamp = |bar: &Bar| {
        let day = time::date_of_bar(bar.day_ms)?;
        Some(
            day.at(hour, minute, 0, 0)
                .to_zoned(time::new_york_zone())
                .ok()?
                .timestamp()
                .as_second(),
        )
    };
    let mut stamps: Vec<Option<i64>> = bars.iter().map(stamp).collect();
    if let Some(live) = stamps.last_mut().filter(|_| kind == "FUTURE") {
        *live = Some(market_time - 10);
    }
    let hole = bars.len() / 4;
    let column = |value: fn(&Bar) -> f64| -> Vec<Option<f64>> {
        let cells = bars.iter().enumerate();
        cells
            .map(|(place, bar)| (bars.len() < 4 || place != hole).then(|| value(bar)))
            .collect()
    };
    let last = bars.last();
    let high = bars.iter().map(|bar| bar.high).max_by(f64::total_cmp);
    let low = bars.iter().map(|bar| bar.low).min_by(f64::total_cmp);
    let name = listing.description();
    let new_york = market.anchor().to_zoned(time::new_york_zone());
    let offset = new_york.offset().seconds();
    let abbreviation = new_york.strftime("%Z").to_string();
    let day = market.day();
    let period = |from: i8, to: i8| session(day, (from, to), &abbreviation, offset);
    let mut result = json!({
        "meta": {
            "currency": "USD", "symbol": symbol, "exchangeName": "DEM", "fullExchangeName": "Demo",
            "instrumentType": kind, "firstTradeDate": 728_317_800, "regularMarketTime": market_time,
            "hasPrePostMarketData": true, "gmtoffset": offset, "timezone": abbreviation,
            "exchangeTimezoneName": "America/New_York", "regularMarketPrice": last.map(|bar| bar.close),
            "fiftyTwoWeekHigh": high, "fiftyTwoWeekLow": low, "regularMarketDayHigh": last.map(|bar| bar.high),
            "regularMarketDayLow": last.map(|bar| bar.low), "regularMarketVolume": last.map(|bar| bar.volume),
            "longName": name, "shortName": name, "chartPreviousClose": bars.first().map(|bar| bar.open), "priceHint": 2,
            "currentTradingPeriod": { "pre": period(4, 9), "regular": period(9, 16), "post": period(16, 20) },
            "dataGranularity": "1d", "range": range,
            "validRanges": RANGES.iter().map(|(range, _)| *range).collect::<Vec<_>>(),
        },
        "indicators": {
            "quote": [{
                "open": column(|bar| bar.open), "high": column(|bar| bar.high), "low": column(|bar| bar.low),
                "close": column(|bar| bar.close), "volume": column(|bar| bar.volume),
            }],
            "adjclose": [{ "adjclose": column(|bar| bar.close) }],
        },
    });
    if let Some(result) = result.as_object_mut() {
        if bars.is_empty() {
            result.insert("indicators".to_owned(), json!({ "quote": [{}], "adjclose": [{}] }));
        } else {
            result.insert("timestamp".to_owned(), json!(stamps));
        }
    }
    result
}

fn session(day: Date, (from, to): (i8, i8), abbreviation: &str, offset: i32) -> Value {
    let half = |hour: i8| if hour == 9 { 30 } else { 0 };
    let at = |hour: i8| {
        day.at(hour, half(hour), 0, 0)
            .to_zoned(time::new_york_zone())
            .map(|at| at.timestamp().as_second())
            .ok()
    };
    json!({ "timezone": abbreviation, "start": at(from), "end": at(to), "gmtoffset": offset })
}

fn failure(status: u16, code: &str, description: &str) -> RestAnswer {
    let error = json!({ "code": code, "description": description });
    body::answer(status, &json!({ "chart": { "result": null, "error": error } }))
}
