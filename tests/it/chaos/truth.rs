//! What the venue serves of each value from each source: its market for the feed and its bars, its answers for REST and the
//! legacy charts. No run of the program has a say in it.

mod feed;
mod options;
mod rest;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::Value;
use variance_demo::market::{Last, Market};

use self::options::{Spot, When};
use self::rest::{Name, Rest, number};
use super::script::Venue;

/// A venue at a moment.
#[derive(Debug)]
pub(super) struct Truth {
    market: Arc<Market>,
    rest: Rest,
    when: When,
    names: Mutex<BTreeMap<String, Name>>,
    lasts: Mutex<BTreeMap<(String, u64), Option<Last>>>,
}

/// A value by the method that it is made by.
type Offer = (String, Value);

/// The truth of a venue, looked up once.
pub(super) fn of(venue: &'static Venue) -> &'static Truth {
    venue
        .truth
        .get_or_init(|| Truth::new(venue.seed, venue.now.parse().unwrap()))
}

impl Truth {
    fn new(seed: u64, now: Timestamp) -> Self {
        let market = Arc::new(Market::new(seed, now));
        Self {
            rest: Rest::new(Arc::clone(&market), now),
            when: When {
                now,
                quoted: market.anchor(),
            },
            market,
            names: Mutex::default(),
            lasts: Mutex::default(),
        }
    }

    /// `None` when the value of `field` is what the venue serves, else what is wrong with it.
    pub(super) fn objection(&self, row: &Value, field: &str) -> Option<String> {
        let origin = &row["provenance"][field];
        let [symbol, source, method] =
            [&row["symbol"], &origin["source"], &origin["method"]].map(|text| text.as_str().unwrap_or_default());
        let offered: Vec<Offer> = if RATIOS.iter().any(|ratio| ratio.0 == field) {
            ratio(row, field).into_iter().collect()
        } else if source == "dxlink" {
            return self.streamed_objection(row, field, method);
        } else {
            let spot = row["price"].as_f64().map(|price| Spot {
                price,
                of: row["contract"].as_str().map(str::to_owned),
            });
            self.offers(symbol, field, source, spot.as_ref())
        };
        let of_method: Vec<&Value> = offered
            .iter()
            .filter(|(how, _)| how == method)
            .map(|(_, value)| value)
            .collect();
        let served = of_method.iter().any(|served| alike(served, &row[field]));
        (!served).then(|| objection(row, field, &of_method))
    }

    /// The same of a value that was streamed, at the tick its moment names, or at any where the feed names none.
    fn streamed_objection(&self, row: &Value, field: &str, method: &str) -> Option<String> {
        let symbol = row["symbol"].as_str().unwrap_or_default();
        let as_of = row["provenance"][field]["as_of"]
            .as_str()
            .and_then(|at| at.parse::<Timestamp>().ok());
        let since = as_of.map(|at| at.duration_since(self.when.quoted).as_millis());
        let told = since.filter(|since| (0..=i128::from(LONGEST) * 1000).contains(since) && since % 1000 == 0);
        let of_a_tick = !["day summary", "previous close", "open contracts"].contains(&method);
        let ticks = match told.filter(|_| of_a_tick) {
            Some(since) => {
                let tick = u64::try_from(since / 1000).unwrap();
                tick..=tick
            }
            None => 0..=LONGEST,
        };
        let name = self.named(symbol);
        let served = |tick| {
            let last = self.last(&name.streamer, tick)?;
            let offered = feed::offers(&last, field).into_iter().find(|(how, _)| *how == method)?;
            Some(Value::from(offered.1))
        };
        let first = served(*ticks.start());
        let is_served = ticks.filter_map(served).any(|served| alike(&served, &row[field]));
        (!is_served).then(|| objection(row, field, &first.iter().collect::<Vec<_>>()))
    }

    /// Whether any source serves the field.
    pub(super) fn serves(&self, symbol: &str, field: &str) -> bool {
        if let Some(ratio) = RATIOS.iter().find(|ratio| ratio.0 == field) {
            return self.serves(symbol, ratio.1) && self.serves(symbol, ratio.2);
        }
        let price = self.offers(symbol, "price", "dxlink", None);
        let spot = price.first().and_then(|(_, price)| price.as_f64()).map(|price| Spot {
            price,
            of: self.named(symbol).contract,
        });
        let sources = ["dxlink", "rest", "dxlink-candles", "legacy", "model", "proxy"];
        // Nobody is asked for a straddle who cannot pass without one.
        let asked = !["slippage", "yield"].contains(&field);
        asked
            && sources
                .iter()
                .any(|source| !self.offers(symbol, field, source, spot.as_ref()).is_empty())
    }

    /// The contract or the streamer symbol of a symbol.
    pub(super) fn name(&self, symbol: &str, what: &str) -> Value {
        let name = self.named(symbol);
        match what {
            "contract" => name.contract.into(),
            _ => name.streamer.into(),
        }
    }

    /// Everything `source` has for a field, streamed values as they stand, around `spot` what options say.
    fn offers(&self, symbol: &str, field: &str, source: &str, spot: Option<&Spot>) -> Vec<Offer> {
        let name = self.named(symbol);
        let window = match field {
            "hv30" => Some(30),
            "hv90" => Some(90),
            _ => None,
        };
        match (source, field) {
            ("dxlink", _) => {
                let last = self.last(&name.streamer, 0);
                let offers = last.map(|last| feed::offers(&last, field)).unwrap_or_default();
                offers
                    .into_iter()
                    .map(|(how, value)| (how.to_owned(), value.into()))
                    .collect()
            }
            ("rest", "slippage" | "yield") => spot.map_or_else(Vec::new, |spot| {
                let offers = options::straddle(&self.rest, symbol, &name, field, spot, self.when);
                offers.into_iter().map(|(how, value)| (how, value.into())).collect()
            }),
            ("rest", _) => self.rest_offers(&name, field),
            ("dxlink-candles", _) => {
                let realized = |returns| feed::realized(&self.market, &name.streamer, returns, self.when.now);
                let offer = |returns| Some((format!("close-to-close, {returns} returns"), realized(returns)?.into()));
                window.and_then(offer).into_iter().collect()
            }
            ("legacy", _) => self.legacy_offers(&name, field, window),
            ("model", "iv") => {
                let vols = spot.map(|spot| options::iv_at_30_days(&self.rest, &name, spot, self.when));
                let own = |vol: f64| ("30-day at the money, own option chain".to_owned(), vol.into());
                vols.unwrap_or_default().into_iter().map(own).collect()
            }
            ("proxy", "iv") => {
                let stand_ins = stand_ins();
                let stand_in = stand_ins[symbol].as_str();
                let index = |stand_in| number(&self.rest.metrics(stand_in)["implied-volatility-index"]);
                let offer = |stand_in| Some((format!("30-day index of {stand_in}"), index(stand_in)?.into()));
                stand_in.and_then(offer).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn rest_offers(&self, name: &Name, field: &str) -> Vec<Offer> {
        let metrics = name
            .metrics
            .as_ref()
            .map_or(Value::Null, |symbol| self.rest.metrics(symbol));
        let quote = self.rest.quote(name.kind, &name.quoted);
        let of = |from: &Value, key: &str, how: &str| number(&from[key]).map(|value| (how.to_owned(), value.into()));
        let metric = |key: &str, how: &str| of(&metrics, key, how);
        let quoted = |key: &str, how: &str| of(&quote, key, how);
        let scaled = |key: &str, by: f64, how: &str| {
            number(&metrics[key]).map(|value| (how.to_owned(), Value::from(value * by)))
        };
        let rank = "implied-volatility-index-rank";
        let offers = match field {
            "price" => {
                let sides = number(&quote["bid"]).zip(number(&quote["ask"]));
                let mid = sides.map(|(bid, ask)| ("quote mid".to_owned(), f64::midpoint(bid, ask).into()));
                vec![
                    mid,
                    quoted("last", "last trade"),
                    quoted("mark", "venue mark"),
                    quoted("prev-close", "previous close"),
                ]
            }
            "bid" => vec![quoted("bid", "quote")],
            "ask" => vec![quoted("ask", "quote")],
            "last" => vec![quoted("last", "last trade")],
            "prev_close" => vec![quoted("prev-close", "previous close")],
            "open" => vec![quoted("open", "day summary")],
            "high" => vec![quoted("day-high-price", "day summary")],
            "low" => vec![quoted("day-low-price", "day summary")],
            "volume" => vec![quoted("volume", "volume of the day")],
            "open_interest" => vec![quoted("open-interest", "open contracts")],
            "delta" | "gamma" | "theta" | "vega" | "rho" => vec![quoted(field, "venue's model")],
            "option_iv" => vec![quoted("volatility", "implied by the option's price")],
            "iv" => vec![metric("implied-volatility-index", "venue's 30-day index")],
            "iv_rank" => vec![
                scaled(&format!("tos-{rank}"), 100.0, "52-week range, tos"),
                scaled(&format!("tw-{rank}"), 100.0, "52-week range, tw"),
                scaled(rank, 100.0, "52-week range, definition not named"),
            ],
            "iv_percentile" => vec![scaled(
                "implied-volatility-percentile",
                100.0,
                "share of days below, past year",
            )],
            "iv_change_5d" => vec![metric(
                "implied-volatility-index-5-day-change",
                "5-day change of the index",
            )],
            "hv30" => vec![scaled(
                "historical-volatility-30-day",
                0.01,
                "venue's 30-day volatility",
            )],
            "hv90" => vec![scaled(
                "historical-volatility-90-day",
                0.01,
                "venue's 90-day volatility",
            )],
            "liquidity_rating" => vec![metric("liquidity-rating", "venue's rating")],
            "beta" => vec![metric("beta", "venue's beta")],
            "corr_spy" => vec![metric("corr-spy-3month", "three months, venue's")],
            "earnings_date" => {
                let report = &metrics["earnings"];
                let how = match report["estimated"].as_bool() {
                    Some(true) => "expected report, estimated",
                    _ => "expected report",
                };
                let day = report["expected-report-date"].as_str();
                vec![day.map(|day| (how.to_owned(), day.into()))]
            }
            _ => Vec::new(),
        };
        offers.into_iter().flatten().collect()
    }

    fn legacy_offers(&self, name: &Name, field: &str, window: Option<usize>) -> Vec<Offer> {
        let Some(chart) = name.charted.as_ref().and_then(|charted| self.rest.chart(charted)) else {
            return Vec::new();
        };
        let last = chart.last.map(|last| ("last trade", last));
        let before = chart.prev_close.map(|close| ("previous close", close));
        let [open, high, low] = chart.today.map(|value| value.map(|value| ("day summary", value)));
        let offers = match field {
            "price" => vec![last, before],
            "last" => vec![last],
            "prev_close" => vec![before],
            "open" => vec![open],
            "high" => vec![high],
            "low" => vec![low],
            _ => Vec::new(),
        };
        let joined = if name.contract.is_some() {
            ", rolls not adjusted"
        } else {
            ""
        };
        let realized = |returns: usize| {
            let vol = feed::close_to_close(&chart.closes, &name.streamer, returns, self.when.now)?;
            Some((format!("close-to-close, {returns} returns{joined}"), vol.into()))
        };
        let offers = offers.into_iter().flatten();
        let offers = offers.map(|(how, value)| (how.to_owned(), value.into()));
        offers.chain(window.and_then(realized)).collect()
    }

    fn named(&self, symbol: &str) -> Name {
        let mut names = self.names.lock().unwrap();
        let name = names.entry(symbol.to_owned());
        name.or_insert_with(|| self.rest.name(symbol)).clone()
    }

    fn last(&self, streamer: &str, tick: u64) -> Option<Last> {
        let key = (streamer.to_owned(), tick);
        let mut lasts = self.lasts.lock().unwrap();
        lasts
            .entry(key)
            .or_insert_with(|| self.market.last(streamer, tick))
            .clone()
    }
}

/// A ratio of two values of the row, as it is told.
fn ratio(row: &Value, field: &str) -> Option<Offer> {
    let (_, over, under, floor) = RATIOS.into_iter().find(|ratio| ratio.0 == field)?;
    let source = |part: &str| &row["provenance"][part]["source"];
    let told = &row["provenance"][field]["source"];
    let parts = row[over].as_f64().zip(row[under].as_f64());
    let (top, bottom) = parts.filter(|_| [source(over), source(under)].contains(&told))?;
    let how = if floor > 0.0 {
        format!("{over} / max({under}, floor)")
    } else {
        format!("{over} / {under}")
    };
    Some((how, (top / bottom.max(floor)).into()))
}

fn objection(row: &Value, field: &str, served: &[&Value]) -> String {
    let (symbol, origin) = (&row["symbol"], &row["provenance"][field]);
    let told = format!(
        "{symbol} {field} is {} from {} ({})",
        row[field], origin["source"], origin["method"]
    );
    match served {
        [] => format!("{told}, which serves none"),
        served => format!("{told}, served was {served:?}"),
    }
}

fn alike(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => (one - other).abs() <= 1e-9 * one.abs(),
        _ => one == other,
    }
}

/// Who stands in for whom, as shipped.
fn stand_ins() -> Value {
    let shipped: Value = serde_json::from_str(include_str!("../../../config/runtime_config.json")).unwrap();
    shipped["universe"]["proxies"].clone()
}

/// Ratios of values of the same row, with the least that the lower one counts for.
const RATIOS: [(&str, &str, &str, f64); 3] = [
    ("vrp_structural", "iv", "hv90", HV_FLOOR),
    ("vrp_tactical", "iv", "hv30", HV_FLOOR),
    ("vtr", "hv30", "hv90", 0.0),
];

const HV_FLOOR: f64 = 0.05;
/// Ticks that no run of these lives to see.
const LONGEST: u64 = 120;
