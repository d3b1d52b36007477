//! `/market-metrics`: one comma list of symbols, futures by root; what is unknown is left out, what comes is in no order.

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::body::{self, fraction, zulu};
use super::{Request, RestAnswer};
use crate::market::Market;
use crate::market::listings::Class;
use crate::market::metrics::Metrics;

/// The answer to `?symbols=A,B,%2FES`.
pub(super) fn metrics(market: &Market, request: &Request<'_>) -> RestAnswer {
    let mut symbols = body::values(request.query, "symbols");
    if symbols.is_empty() {
        return body::invalid("symbols", "is missing");
    }
    symbols.sort_by_cached_key(|symbol| (market.shuffled(symbol), symbol.clone()));
    symbols.dedup();
    let known = symbols
        .iter()
        .filter_map(|symbol| Some((symbol, market.metrics(symbol)?)));
    body::items(
        known.map(|(symbol, metrics)| item(market, symbol, &metrics)).collect(),
        request.path,
    )
}

fn item(market: &Market, symbol: &str, metrics: &Metrics) -> Value {
    let mut item = Map::new();
    let mut set = |key: &str, value: Value| item.insert(key.to_owned(), value);
    let updated = zulu(
        market
            .anchor()
            .saturating_sub(SignedDuration::from_mins(2))
            .unwrap_or(market.anchor()),
    );
    let future = symbol.starts_with('/');
    set("symbol", symbol.into());
    set("created-at", "2019-03-18T14:01:16.331-05:00".into());
    set("updated-at", updated.clone().into());
    set("market-cap", metrics.market_cap.into());
    set("corr-spy-3month", format!("{}", metrics.correlation).into());
    if let Some(beta) = metrics.beta {
        set("beta", format!("{beta}").into());
        set("beta-updated-at", updated.clone().into());
    }
    if let Some(implied) = &metrics.implied {
        set("implied-volatility-index", fraction(implied.index).into());
        set(
            "implied-volatility-index-5-day-change",
            fraction(implied.change_5d).into(),
        );
        set("implied-volatility-index-rank", implied.rank.map(fraction).into());
        if let Some(rank) = implied.rank {
            let source = if future { "tw" } else { "tos" };
            set("implied-volatility-index-rank-source", source.into());
            set(
                "tw-implied-volatility-index-rank",
                fraction(if future { rank } else { rank * 0.9 + 0.02 }).into(),
            );
            if !future {
                set("tos-implied-volatility-index-rank", fraction(rank).into());
                set("tos-implied-volatility-index-rank-updated-at", updated.clone().into());
            }
        }
        set("implied-volatility-percentile", implied.percentile.map(fraction).into());
        set("implied-volatility-updated-at", updated.clone().into());
        set("option-expiration-implied-volatilities", terms(market, symbol).into());
    }
    if let Some(rating) = metrics.liquidity_rating {
        set("liquidity-rating", rating.into());
        set("liquidity-value", format!("{}", 7.5_f64.powi(i32::from(rating))).into());
        set("liquidity-rank", fraction(f64::from(rating) * 0.19).into());
        set(
            "liquidity-running-state",
            json!({ "sum": "13649153.7", "count": 700, "started-at": updated, "updated-at": updated }),
        );
    }
    if let Some([hv30, hv60, hv90]) = metrics.realized {
        for (days, vol) in [(30, hv30), (60, hv60), (90, hv90)] {
            set(&format!("historical-volatility-{days}-day"), percent(vol).into());
        }
        if let Some(implied) = &metrics.implied {
            let iv30 = (implied.index * 10_000.0).round() / 10_000.0;
            set("implied-volatility-30-day", percent(iv30).into());
            set("iv-hv-30-day-difference", percent(iv30 - hv30).into());
        }
    }
    if !future {
        set("listed-market", "XNAS".into());
        set("lendability", "Easy To Borrow".into());
        set("borrow-rate", "0.0".into());
    }
    if let Some(report) = &metrics.earnings {
        let earnings = json!({
            "visible": true, "estimated": report.estimated, "late-flag": 0, "time-of-day": report.time_of_day,
            "expected-report-date": report.date.to_string(), "consensus-estimate": "1.1", "updated-at": updated,
        });
        set("earnings", earnings);
    }
    Value::Object(item)
}

fn terms(market: &Market, symbol: &str) -> Vec<Value> {
    let Some(listing) = market.listing(symbol) else {
        return Vec::new();
    };
    let published = matches!(
        listing.class,
        Class::Share | Class::Fund | Class::Index | Class::Future(_)
    );
    let series = market.series(listing).into_iter().filter(|_| published);
    series
        .filter_map(|series| {
            Some(json!({
                "expiration-date": series.expiry.to_string(),
                "option-chain-type": "Standard",
                "settlement-type": if series.morning { "AM" } else { "PM" },
                "implied-volatility": fraction(market.series_vol(listing, &series)?),
            }))
        })
        .collect()
}

fn percent(vol: f64) -> String {
    format!("{}", (vol * 10_000.0).round() / 100.0)
}
