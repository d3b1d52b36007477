//! What the venue would serve of each value from each source, learned from runs in which nothing goes wrong but that a
//! better source is dark; what the feed serves also from the venue's own market.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use jiff::Timestamp;
use serde_json::Value;
use variance::demo::market::{Bar, Market};
use variance::time;

use super::script::{SYMBOLS, VENUES, Venue};
use crate::run::Run;

/// Values that have a source.
pub(super) const FIELDS: &[&str] = &[
    "price",
    "bid",
    "ask",
    "last",
    "prev_close",
    "open",
    "high",
    "low",
    "volume",
    "iv",
    "iv_rank",
    "iv_percentile",
    "iv_change_5d",
    "hv30",
    "hv90",
    "liquidity_rating",
    "beta",
    "corr_spy",
    "earnings_date",
    "delta",
    "gamma",
    "theta",
    "vega",
    "rho",
    "option_iv",
];

/// Values of one venue by symbol, field, source and method.
#[derive(Debug, Default)]
pub(super) struct Truth {
    values: BTreeMap<[String; 4], Value>,
    named: BTreeMap<[String; 2], Value>,
}

/// The truth of a venue, learned once.
pub(super) fn of(venue: &'static Venue) -> &'static Truth {
    venue.truth.get_or_init(|| Truth::learn(venue))
}

impl Truth {
    /// `None` when the value is what the venue serves, else what it serves.
    pub(super) fn objection(&self, row: &Value, field: &str) -> Option<String> {
        let value = &row[field];
        let origin = &row["provenance"][field];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (symbol, source, method) = (text(&row["symbol"]), text(&origin["source"]), text(&origin["method"]));
        let known = |field: &str, method: &str| {
            let key = [symbol.clone(), field.to_owned(), source.clone(), method.to_owned()];
            self.values.get(&key)
        };
        let served = known(field, &method).or_else(|| {
            // A price is one of the other values where the quote has no middle.
            let other = match method.as_str() {
                "last trade" | "extended-hours trade" => "last",
                "previous close" => "prev_close",
                _ => return None,
            };
            known(other, &method)
        });
        match served {
            Some(served) if alike(served, value) => None,
            Some(served) => Some(format!(
                "{symbol} {field} is {value} from {source} ({method}), served was {served}"
            )),
            None => Some(format!(
                "{symbol} {field} is {value} from {source} ({method}), which serves none"
            )),
        }
    }

    /// Whether any source serves the field.
    pub(super) fn serves(&self, symbol: &str, field: &str) -> bool {
        self.values.keys().any(|key| key[0] == symbol && key[1] == field)
    }

    /// The contract or the streamer symbol of a symbol.
    pub(super) fn name(&self, symbol: &str, what: &str) -> &Value {
        self.named
            .get(&[symbol.to_owned(), what.to_owned()])
            .unwrap_or(&Value::Null)
    }

    fn learn(venue: &Venue) -> Self {
        let dark = |path: &str| format!("rest {path}: status 404");
        let runs = [
            (true, false, String::new()),
            (true, false, dark("/market-metrics")),
            (true, false, "metrics: drop iv-rank".to_owned()),
            (false, false, String::new()),
            (
                false,
                true,
                format!("{}; {}", dark("/market-metrics"), dark("/market-data")),
            ),
        ];
        let mut truth = Self::default();
        thread::scope(|scope| {
            let runs = runs.map(|(dxlink, legacy, script)| {
                scope.spawn(move || {
                    let config = config(dxlink, legacy);
                    ask(venue, "quote", &config, script, |_| true)
                })
            });
            // Without an index of their own: futures by their stand-ins, and everybody by its own options.
            let of_stand_ins = scope.spawn(|| {
                let script = "metrics at 1st request: drop iv".to_owned();
                let config = r#"{"screener":{"max_chains":0}}"#;
                ask(venue, "quote", config, script, |symbol| symbol.starts_with('/'))
            });
            let of_options = scope.spawn(|| {
                let config = r#"{"screener":{"max_chains":500}}"#;
                ask(venue, "explain", config, "metrics: drop iv".to_owned(), |symbol| {
                    !symbol.starts_with('.') && !symbol.contains(' ')
                })
            });
            for run in runs.into_iter().chain([of_stand_ins, of_options]) {
                truth.add(&run.join().unwrap());
            }
        });
        truth
    }

    fn add(&mut self, document: &Value) {
        for row in document["rows"].as_array().unwrap() {
            let symbol = row["symbol"].as_str().unwrap();
            for field in FIELDS.iter().filter(|field| !row[**field].is_null()) {
                let origin = &row["provenance"][field];
                let key = [
                    symbol,
                    field,
                    origin["source"].as_str().unwrap(),
                    origin["method"].as_str().unwrap(),
                ];
                let before = self.values.insert(key.map(str::to_owned), row[field].clone());
                assert!(
                    before.is_none_or(|before| alike(&before, &row[field])),
                    "{key:?} is not always the same"
                );
            }
            for what in ["contract", "streamer_symbol"] {
                self.named.insert([symbol, what].map(str::to_owned), row[what].clone());
            }
        }
    }
}

fn config(dxlink: bool, legacy: bool) -> String {
    format!(
        concat!(
            r#"{{"dxlink":{{"enabled":{}}},"#,
            r#""legacy":{{"enabled":{},"requests_per_second":10,"max_requests":1000}}}}"#
        ),
        dxlink, legacy
    )
}

/// The document of a run over the symbols that `wanted` picks.
fn ask(venue: &Venue, command: &str, config: &str, script: String, wanted: fn(&str) -> bool) -> Value {
    let symbols: BTreeSet<&str> = SYMBOLS.iter().flat_map(|set| set.iter().copied()).collect();
    let start = format!(
        "--now {} {command} --demo --listen 30 --seed {} --fault",
        venue.now, venue.seed
    );
    let run = Run::new(&start).arg(script).file("config/runtime_config.json", config);
    let symbols = symbols.into_iter().filter(|symbol| wanted(symbol));
    symbols.fold(run, Run::arg).document()
}

fn alike(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => (one - other).abs() <= 1e-12 * one.abs(),
        _ => one == other,
    }
}

#[test]
fn what_the_feed_serves_is_what_the_market_of_the_venue_says() {
    for venue in &VENUES {
        let now = venue.now.parse().unwrap();
        let market = Market::new(venue.seed, now);
        let truth = of(venue);
        let mut compared = 0;
        for ([symbol, field, source, _], value) in &truth.values {
            let streamer = truth.name(symbol, "streamer_symbol").as_str().unwrap();
            let expected = match source.as_str() {
                "dxlink" => streamed(&market, streamer, field),
                "dxlink-candles" => Some(realized(&market, now, streamer, if field == "hv30" { 30 } else { 90 })),
                _ => continue,
            };
            let (expected, value) = (expected.unwrap(), value.as_f64().unwrap());
            assert!(
                (expected - value).abs() <= 1e-9 * expected.abs(),
                "{} {symbol} {field}: {value}, the market has {expected}",
                venue.seed
            );
            compared += 1;
        }
        assert!(compared > 300, "{compared}");
    }
}

fn streamed(market: &Market, streamer: &str, field: &str) -> Option<f64> {
    let last = market.last(streamer, 0)?;
    let (quote, greeks) = (last.quote, last.greeks);
    let mid = || quote.map(|quote| (quote.bid + quote.ask) / 2.0);
    match field {
        "price" => mid().or(last.trade.map(|trade| trade.price)),
        "bid" => quote.map(|quote| quote.bid),
        "ask" => quote.map(|quote| quote.ask),
        "last" => last.trade.map(|trade| trade.price),
        "volume" => last.trade.map(|trade| trade.day_volume),
        "prev_close" => last.summary.map(|day| day.prev_close),
        "open" => last.summary.map(|day| day.open),
        "high" => last.summary.map(|day| day.high),
        "low" => last.summary.map(|day| day.low),
        "delta" => greeks.map(|greeks| greeks.delta),
        "gamma" => greeks.map(|greeks| greeks.gamma),
        "theta" => greeks.map(|greeks| greeks.theta),
        "vega" => greeks.map(|greeks| greeks.vega),
        "rho" => greeks.map(|greeks| greeks.rho),
        "option_iv" => greeks.map(|greeks| greeks.volatility),
        _ => None,
    }
}

/// The sample deviation of the last daily log returns of closed sessions, a year of 252 of them.
fn realized(market: &Market, now: Timestamp, streamer: &str, returns: usize) -> f64 {
    let exchange = match streamer {
        crypto if crypto.contains("/USD") => time::Calendar::Crypto,
        future if future.starts_with('/') => time::Calendar::UsFutures,
        _ => time::Calendar::UsEquities,
    };
    let is_closed = |bar: &Bar| time::is_closed(exchange, time::date_of_bar(bar.day_ms).unwrap(), now);
    let bars = market.bars(streamer).unwrap();
    let closes: Vec<f64> = bars.iter().filter(|bar| is_closed(bar)).map(|bar| bar.close).collect();
    let window = &closes[closes.len() - returns - 1..];
    let logs: Vec<f64> = window.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
    let count = returns as f64;
    let mean = logs.iter().sum::<f64>() / count;
    let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
    (squares / (count - 1.0) * 252.0).sqrt()
}
