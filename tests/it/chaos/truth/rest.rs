//! What the venue's REST side and its legacy charts say, asked without a socket and without the program.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;
use variance_demo::market::Market;
use variance_demo::rest::{Request, answer};

/// The answers of the venue, each asked for once.
#[derive(Debug)]
pub(super) struct Rest {
    market: Arc<Market>,
    now: Timestamp,
    bearer: String,
    answers: Mutex<BTreeMap<String, Arc<Value>>>,
    charts: Mutex<BTreeMap<String, Option<Arc<Chart>>>>,
}

/// What a symbol is called in the venue's answers.
#[derive(Debug, Clone)]
pub(super) struct Name {
    /// The key under which its quote is asked for.
    pub(super) kind: &'static str,
    /// What it is quoted as.
    pub(super) quoted: String,
    /// For futures the contract.
    pub(super) contract: Option<String>,
    pub(super) streamer: String,
    /// Where its options are listed.
    pub(super) chain: Option<String>,
    /// Whose metrics are its own.
    pub(super) metrics: Option<String>,
    /// What legacy charts call it.
    pub(super) charted: Option<String>,
}

/// Closes by their days, oldest first, and what is known of today.
#[derive(Debug, Default)]
pub(super) struct Chart {
    pub(super) last: Option<f64>,
    pub(super) prev_close: Option<f64>,
    pub(super) today: [Option<f64>; 3],
    pub(super) closes: Vec<(Date, f64)>,
}

impl Rest {
    pub(super) fn new(market: Arc<Market>, now: Timestamp) -> Self {
        let grant = br#"{"grant_type":"refresh_token","refresh_token":"x","client_secret":"x"}"#;
        let asked = Request {
            method: "POST",
            path: "/oauth/token",
            query: "",
            user_agent: true,
            bearer: None,
            body: grant,
            now,
            own_ws_url: "",
        };
        let token: Value = serde_json::from_slice(&answer(&market, &asked).body).unwrap();
        Self {
            market,
            now,
            bearer: token["access_token"].as_str().unwrap().to_owned(),
            answers: Mutex::default(),
            charts: Mutex::default(),
        }
    }

    /// The body of the right answer; null where there is none.
    pub(super) fn get(&self, path: &str, query: &str) -> Arc<Value> {
        let key = format!("{path}?{query}");
        if let Some(known) = self.answers.lock().unwrap().get(&key) {
            return Arc::clone(known);
        }
        let asked = Request {
            method: "GET",
            path,
            query,
            user_agent: true,
            bearer: Some(&self.bearer),
            body: b"",
            now: self.now,
            own_ws_url: "",
        };
        let answered = answer(&self.market, &asked);
        let body = match answered.status {
            200 => serde_json::from_slice(&answered.body).unwrap(),
            _ => Value::Null,
        };
        let body = Arc::new(body);
        self.answers.lock().unwrap().insert(key, Arc::clone(&body));
        body
    }

    /// The only item of a list of at most one.
    fn item(&self, path: &str, (key, symbol): (&str, &str)) -> Value {
        let answer = self.get(path, &format!("{key}={}", escaped(symbol)));
        answer["data"]["items"][0].clone()
    }

    pub(super) fn metrics(&self, symbol: &str) -> Value {
        self.item("/market-metrics", ("symbols", symbol))
    }

    pub(super) fn quote(&self, kind: &str, symbol: &str) -> Value {
        self.item("/market-data/by-type", (kind, symbol))
    }

    pub(super) fn risk_free_rate(&self) -> f64 {
        let answer = self.get("/margin-requirements-public-configuration", "");
        number(&answer["data"]["risk-free-rate"]).unwrap()
    }

    pub(super) fn name(&self, symbol: &str) -> Name {
        let option = |kind, streamer: String| Name {
            kind,
            quoted: symbol.to_owned(),
            contract: None,
            streamer,
            chain: None,
            metrics: None,
            charted: None,
        };
        if symbol.starts_with("./") {
            return option("future-option", symbol.to_owned());
        }
        if let Some((root, terms)) = symbol.split_at_checked(6).filter(|(_, terms)| terms.len() == 15) {
            let strike = terms[7..].parse::<f64>().unwrap() / 1000.0;
            return option("equity-option", format!(".{}{}{strike}", root.trim_end(), &terms[..7]));
        }
        if symbol.starts_with('/') {
            return self.future(symbol);
        }
        if symbol.contains("/USD") {
            let pair = self.item("/instruments/cryptocurrencies", ("symbol[]", symbol));
            return Name {
                kind: "cryptocurrency",
                quoted: symbol.to_owned(),
                contract: None,
                streamer: pair["streamer-symbol"].as_str().unwrap().to_owned(),
                chain: None,
                metrics: Some(symbol.to_owned()),
                charted: Some(symbol.replace('/', "-")),
            };
        }
        let share = self.item("/instruments/equities", ("symbol[]", symbol));
        let is_index = share["is-index"] == true;
        let caret = |index: &str| format!("^{}", if index == "SPX" { "GSPC" } else { index });
        Name {
            kind: if is_index { "index" } else { "equity" },
            quoted: symbol.to_owned(),
            contract: None,
            streamer: symbol.to_owned(),
            chain: Some(format!("/option-chains/{}/nested", escaped(symbol))),
            metrics: Some(symbol.to_owned()),
            charted: Some(if is_index {
                caret(symbol)
            } else {
                symbol.replace('/', "-")
            }),
        }
    }

    /// A contract by its own name, or the active month of a product.
    fn future(&self, symbol: &str) -> Name {
        let all = self.get("/instruments/futures", "");
        let code = |listed: &Value| format!("/{}", listed["product-code"].as_str().unwrap());
        let is_meant =
            |listed: &&Value| listed["symbol"] == symbol || (listed["active-month"] == true && code(listed) == symbol);
        let listed = all["data"]["items"].as_array().unwrap().iter().find(is_meant).unwrap();
        let root = code(listed);
        let contract = listed["symbol"].as_str().unwrap().to_owned();
        Name {
            kind: "future",
            quoted: contract.clone(),
            contract: Some(contract),
            streamer: listed["streamer-symbol"].as_str().unwrap().to_owned(),
            chain: Some(format!("/futures-option-chains/{}/nested", &root[1..])),
            charted: (symbol == root).then(|| format!("{}=F", &root[1..])),
            metrics: Some(root),
        }
    }

    pub(super) fn chart(&self, charted: &str) -> Option<Arc<Chart>> {
        let mut charts = self.charts.lock().unwrap();
        let chart = charts.entry(charted.to_owned());
        chart.or_insert_with(|| self.read_chart(charted).map(Arc::new)).clone()
    }

    fn read_chart(&self, charted: &str) -> Option<Chart> {
        let path = format!("/v8/finance/chart/{}", escaped(charted));
        let answer = self.get(&path, "range=1y&interval=1d");
        let result = &answer["chart"]["result"][0];
        let meta = &result["meta"];
        let day = |seconds: &Value| {
            let at = Timestamp::from_second(seconds.as_i64()?).unwrap();
            Some(at.to_zoned(TimeZone::get("America/New_York").unwrap()).date())
        };
        let today = day(&meta["regularMarketTime"])?;
        let quote = &result["indicators"]["quote"][0];
        let days: Vec<Date> = result["timestamp"].as_array()?.iter().filter_map(day).collect();
        let closes = days.iter().zip(quote["close"].as_array()?);
        let closes: Vec<(Date, f64)> = closes
            .filter_map(|(day, close)| Some((*day, close.as_f64()?)))
            .collect();
        let place = days.iter().rposition(|day| *day == today);
        let of_today = |column: &str| quote[column][place?].as_f64();
        Some(Chart {
            last: meta["regularMarketPrice"].as_f64(),
            prev_close: closes
                .iter()
                .rev()
                .find(|(day, _)| *day < today)
                .map(|(_, close)| *close),
            today: ["open", "high", "low"].map(of_today),
            closes,
        })
    }
}

/// A number, or the text of one.
pub(super) fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn escaped(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}
