use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Request, RestAnswer, answer, token_accepted};
use crate::market::Market;

macro_rules! sample {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../../tests/data/rest/", $name))).unwrap()
    };
}

fn now() -> Timestamp {
    "2026-11-22T20:00:00Z".parse().unwrap()
}

fn market() -> &'static Market {
    static MARKET: LazyLock<Market> = LazyLock::new(|| Market::new(7, now()));
    &MARKET
}

fn request<'a>(method: &'a str, path: &'a str, query: &'a str, body: &'a [u8]) -> Request<'a> {
    Request {
        method,
        path,
        query,
        user_agent: true,
        bearer: None,
        body,
        now: now(),
        own_ws_url: "ws://127.0.0.1:1/dxlink",
    }
}

fn json_of(answer: &RestAnswer) -> Value {
    assert_eq!(answer.content_type, "application/json");
    serde_json::from_slice(&answer.body).unwrap()
}

fn bearer() -> String {
    let grant = br#"{"grant_type":"refresh_token","refresh_token":"r","client_secret":"s"}"#;
    let granted = json_of(&answer(market(), &request("POST", "/oauth/token", "", grant)));
    granted["access_token"].as_str().unwrap().to_owned()
}

fn fetch(path: &str, query: &str) -> (u16, Value) {
    let bearer = bearer();
    let found = answer(
        market(),
        &Request {
            bearer: Some(&bearer),
            ..request("GET", path, query, b"")
        },
    );
    (found.status, json_of(&found))
}

/// Every key of `sample` outside `unread` is in `served`, with a value of the same JSON type.
fn assert_shape(sample: &Value, served: &Value, unread: &[&str], at: &str) {
    match (sample, served) {
        (Value::Object(sample), Value::Object(served)) => {
            for (key, value) in sample.iter().filter(|(key, _)| !unread.contains(&key.as_str())) {
                let found = served.get(key).unwrap_or_else(|| panic!("{at}.{key} is not served"));
                assert_shape(value, found, unread, &format!("{at}.{key}"));
            }
        }
        (Value::Array(sample), Value::Array(served)) => {
            if let (Some(sample), Some(served)) = (sample.first(), served.first()) {
                assert_shape(sample, served, unread, &format!("{at}[]"));
            }
        }
        _ => assert_eq!(
            std::mem::discriminant(sample),
            std::mem::discriminant(served),
            "{at}: {sample} and {served}"
        ),
    }
}

fn item<'a>(body: &'a Value, symbol: &str) -> &'a Value {
    let items = body["data"]["items"].as_array().unwrap();
    items
        .iter()
        .find(|item| item["symbol"] == symbol)
        .unwrap_or_else(|| panic!("no {symbol} in {body}"))
}

#[test]
fn grants_come_as_json_or_form_and_bad_credentials_are_refused_by_name() {
    let post = |body: &str| {
        let found = answer(market(), &request("POST", "/oauth/token", "", body.as_bytes()));
        (found.status, json_of(&found))
    };
    let (status, granted) = post("grant_type=refresh_token&refresh_token=a%2Fb&client_secret=c");
    assert_eq!(status, 200);
    assert_shape(&sample!("oauth-token.ok.json"), &granted, &[], "oauth");
    assert_eq!(granted["expires_in"], 900);
    for (refresh, secret, wanted) in [
        ("bad-jwt", "s", sample!("oauth-token.error-400-invalid-jwt.json")),
        ("bad-revoked", "s", sample!("oauth-token.error-400-grant-revoked.json")),
        (
            "r",
            "bad-secret",
            sample!("oauth-token.error-400-client-secret-mismatch.json"),
        ),
        (
            "bad-customer",
            "s",
            sample!("oauth-token.error-400-cert-not-customer.json"),
        ),
    ] {
        let grant = json!({ "grant_type": "refresh_token", "refresh_token": refresh, "client_secret": secret });
        assert_eq!(post(&grant.to_string()), (400, wanted));
    }
    assert_eq!(post("{}").0, 400);
    assert_eq!(post("grant_type=refresh_token").1["error_code"], "invalid_request");
}

#[test]
fn data_needs_a_valid_bearer_and_everything_a_user_agent() {
    let market = market();
    let metrics = request("GET", "/market-metrics", "symbols=SPY", b"");
    let refused = answer(market, &metrics);
    assert_eq!(
        (refused.status, json_of(&refused)),
        (401, sample!("error-401-token-invalid.assumed.json"))
    );
    let bearer = bearer();
    let held = Request {
        bearer: Some(&bearer),
        ..metrics
    };
    assert_eq!(answer(market, &held).status, 200);
    let expired = Request {
        now: now() + SignedDuration::from_secs(900),
        ..held
    };
    assert_eq!(answer(market, &expired).status, 401);
    assert_eq!(
        answer(
            market,
            &Request {
                bearer: Some("demo-access.99999999999"),
                ..held
            }
        )
        .status,
        401
    );
    let anonymous = answer(
        market,
        &Request {
            user_agent: false,
            ..held
        },
    );
    assert_eq!((anonymous.status, anonymous.content_type), (401, "text/html"));
    assert_eq!(
        anonymous.body,
        include_bytes!("../../../tests/data/rest/error-401-nginx-user-agent.html")
    );
    let public = answer(
        market,
        &request("GET", "/margin-requirements-public-configuration", "", b""),
    );
    assert_eq!(
        json_of(&public),
        sample!("margin-requirements-public-configuration.json")
    );
}

#[test]
fn the_quote_token_opens_the_venue_s_own_feed() {
    let (status, body) = fetch("/api-quote-tokens", "");
    assert_eq!(status, 200);
    assert_shape(&sample!("api-quote-tokens.ok.json"), &body, &[], "");
    assert_eq!(body["data"]["dxlink-url"], "ws://127.0.0.1:1/dxlink");
    assert_eq!(body["data"]["level"], "demo");
    assert!(token_accepted(body["data"]["token"].as_str().unwrap()));
    assert!(!token_accepted("demo-") && !token_accepted("dGFzdHk"));
}

#[test]
fn metrics_have_the_keys_of_the_real_thing_and_its_holes() {
    let (status, body) = fetch(
        "/market-metrics",
        "symbols=AAPL,ES,%2FES,LLYVK,SPY,NOBODY,%2FESZ6,BTC%2FUSD",
    );
    assert_eq!(status, 200);
    let symbols: BTreeSet<&str> = body["data"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["symbol"].as_str().unwrap())
        .collect();
    assert_eq!(symbols, BTreeSet::from(["/ES", "AAPL", "ES", "LLYVK", "SPY"]));
    let unread = [
        "price-earnings-ratio",
        "earnings-per-share",
        "dividend-rate-per-share",
        "annual-dividend-per-share",
        "dividend-yield",
        "dividend-ex-date",
        "dividend-next-date",
        "dividend-pay-date",
        "dividend-updated-at",
        "sector",
        "industry",
        "quarter-end-date",
        "actual-eps",
        "earnings",
        "implied-volatility-30-day",
        "iv-hv-30-day-difference",
        "historical-volatility-30-day",
        "historical-volatility-60-day",
        "historical-volatility-90-day",
    ];
    let sample = sample!("market-metrics.json");
    for symbol in ["AAPL", "ES", "/ES", "SPY"] {
        assert_shape(item(&sample, symbol), item(&body, symbol), &unread, symbol);
    }
    let future = item(&body, "/ES");
    assert!(
        future.get("historical-volatility-30-day").is_none() && future.get("historical-volatility-90-day").is_none()
    );
    assert_eq!(future["implied-volatility-index-rank-source"], "tw");
    let bare = item(&body, "LLYVK");
    assert!(bare.get("implied-volatility-index").is_none() && bare.get("liquidity-rating").is_none());
    assert_eq!(fetch("/market-metrics", "").1, sample!("error-400-domain-reason.json"));
}

#[test]
fn published_volatilities_are_percent_and_fractions_each_in_its_place() {
    let (_, body) = fetch("/market-metrics", "symbols=SPY,QQQ,MSFT,KO,XLE,JPM");
    let mut seen = 0;
    for item in body["data"]["items"].as_array().unwrap() {
        let number = |key: &str| {
            item.get(key)
                .and_then(Value::as_str)
                .map(|text| text.parse::<f64>().unwrap())
        };
        let index = number("implied-volatility-index").unwrap();
        assert!((0.03..1.5).contains(&index));
        if let (Some(iv30), Some(hv30)) = (
            number("implied-volatility-30-day"),
            number("historical-volatility-30-day"),
        ) {
            assert!((iv30 - index * 100.0).abs() < 0.006);
            let difference = number("iv-hv-30-day-difference").unwrap();
            assert!((iv30 - hv30 - difference).abs() < 1e-9);
            seen += 1;
        }
    }
    assert!(seen > 2);
}

#[test]
fn quotes_come_by_kind_with_futures_by_contract_and_indices_apart() {
    let query = "index=SPX,VIX,SPY&equity=AAPL,BRK%2FB,SPX&future=%2FESZ6,%2FES&cryptocurrency=BTC%2FUSD\
        &equity-option=SPY%20%20%20261218C00600000&future-option=.%2FESZ6%20EW4X6%20261127P6500&equity=NOBODY";
    let (status, body) = fetch("/market-data/by-type", query);
    assert_eq!(status, 200);
    let symbols: Vec<&str> = body["data"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["symbol"].as_str().unwrap())
        .collect();
    let wanted = [
        "SPX",
        "VIX",
        "AAPL",
        "BRK/B",
        "SPY   261218C00600000",
        "/ESZ6",
        "./ESZ6 EW4X6 261127P6500",
        "BTC/USD",
    ];
    assert_eq!(symbols, wanted);
    let sample = sample!("market-data-by-type.json");
    let unread = [
        "dividend-amount",
        "dividend-frequency",
        "low-limit-price",
        "high-limit-price",
    ];
    for symbol in ["AAPL", "SPX", "/ESZ6", "BTC/USD"] {
        assert_shape(item(&sample, symbol), item(&body, symbol), &unread, symbol);
    }
    assert_shape(
        item(&sample, "SPY   261218C00670000"),
        item(&body, "SPY   261218C00600000"),
        &unread,
        "option",
    );
    let future_option = item(&body, "./ESZ6 EW4X6 261127P6500");
    assert_shape(
        item(&sample, "./ESZ6 EW4X6 261127P6600"),
        future_option,
        &unread,
        "future option",
    );
    assert!(item(&body, "SPX").get("bid").is_none());
}

#[test]
fn more_than_a_hundred_quotes_at_once_are_refused() {
    let query = format!("equity={}&index=SPX", vec!["SPY"; 100].join(","));
    assert_eq!(fetch("/market-data/by-type", &query).0, 400);
    assert_eq!(fetch("/market-data/by-type", &query.replace("&index=SPX", "")).0, 200);
}

#[test]
fn futures_carry_their_active_month_and_feed_symbol() {
    let (_, body) = fetch("/instruments/futures", "product-code[]=ES&product-code%5B%5D=CL");
    let contracts = body["data"]["items"].as_array().unwrap();
    let active = contracts.iter().filter(|contract| contract["active-month"] == true);
    let active: BTreeSet<&str> = active
        .map(|contract| contract["streamer-symbol"].as_str().unwrap())
        .collect();
    assert_eq!(active, BTreeSet::from(["/ESZ26:XCME", "/CLF27:XNYM"]));
    let unread = ["future-etf-equivalent"];
    assert_shape(
        item(&sample!("instruments-futures.json"), "/ESZ6"),
        item(&body, "/ESZ6"),
        &unread,
        "futures",
    );
    let (_, one) = fetch("/instruments/futures/ESZ6", "");
    assert_shape(&sample!("instrument-future-single.json"), &one, &unread, "future");
    assert_eq!(one["data"]["tick-size"], "0.25");
    assert_eq!(one["data"]["expires-at"], "2026-12-18T14:30:00.000+00:00");
    assert_eq!(
        &one["data"],
        item(&fetch("/instruments/futures", "symbol[]=%2FESZ6").1, "/ESZ6")
    );
    let yen = fetch("/instruments/futures/%2F6JZ6", "").1;
    assert_eq!(yen["data"]["tick-size"], "0.0000005");
    assert_eq!(fetch("/instruments/futures/ES", "").0, 404);
    let all = fetch("/instruments/futures", "").1;
    let all: Vec<&str> = all["data"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["symbol"].as_str().unwrap())
        .collect();
    assert!(all.len() >= 66 && !all.is_sorted());
}

#[test]
fn equities_and_pairs_tell_what_the_feed_calls_them() {
    let (_, body) = fetch(
        "/instruments/equities",
        "symbol[]=SPY&symbol[]=BRK%2FB&symbol[]=SPX&symbol[]=NOBODY",
    );
    let sample = sample!("instruments-equities.json");
    for symbol in ["SPY", "BRK/B", "SPX"] {
        assert_shape(item(&sample, symbol), item(&body, symbol), &[], symbol);
        assert_eq!(item(&body, symbol)["is-index"], symbol == "SPX");
    }
    assert_eq!(body["data"]["items"].as_array().unwrap().len(), 3);
    let (status, one) = fetch("/instruments/equities/BRK%2FB", "");
    assert_eq!((status, &one["data"]["streamer-symbol"]), (200, &json!("BRK/B")));
    assert_shape(&sample!("instruments-equity-single.json"), &one, &[], "equity");
    assert_eq!(fetch("/instruments/equities/%2FES", "").0, 404);
    let pairs = fetch("/instruments/cryptocurrencies", "symbol[]=BTC%2FUSD").1;
    assert_shape(&sample!("instruments-cryptocurrencies.json"), &pairs, &[], "pairs");
    assert_eq!(item(&pairs, "BTC/USD")["streamer-symbol"], "BTC/USD:CXTALP");
}

#[test]
fn chains_list_what_the_feed_quotes() {
    let market = market();
    let (_, body) = fetch("/option-chains/SPY/nested", "");
    assert_shape(&sample!("option-chain-nested.json"), &body, &[], "chain");
    let strikes = body["data"]["items"][0]["expirations"][2]["strikes"]
        .as_array()
        .unwrap();
    for strike in strikes {
        for key in ["call-streamer-symbol", "put-streamer-symbol"] {
            assert!(market.last(strike[key].as_str().unwrap(), 0).is_some());
        }
    }
    assert!(
        body.to_string()
            .contains(r#""call":"SPY   261218C00600000","call-streamer-symbol":".SPY261218C600""#)
    );
    let roots = fetch("/option-chains/SPX/nested", "").1;
    let roots: Vec<&Value> = roots["data"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["root-symbol"])
        .collect();
    assert_eq!(roots, ["SPX", "SPXW"]);
    assert_eq!(
        fetch("/option-chains/LLYVK/nested", ""),
        (404, sample!("error-404-not-found.assumed.json"))
    );
    assert_eq!(
        fetch("/option-chains/BRK%2FB/nested", "").1["data"]["items"][0]["root-symbol"],
        "BRKB"
    );
}

#[test]
fn futures_chains_come_unordered_and_with_a_strike_the_feed_lacks() {
    let (_, body) = fetch("/futures-option-chains/ES/nested", "");
    assert_shape(
        &sample!("futures-option-chain-nested.json"),
        &body,
        &["call-streamer-symbol", "put-streamer-symbol"],
        "chain",
    );
    let expirations = body["data"]["option-chains"][0]["expirations"].as_array().unwrap();
    let days: Vec<i64> = expirations
        .iter()
        .map(|expiration| expiration["days-to-expiration"].as_i64().unwrap())
        .collect();
    assert!(!days.is_sorted());
    let strikes = expirations
        .iter()
        .flat_map(|expiration| expiration["strikes"].as_array().unwrap());
    let (fed, unfed): (Vec<&Value>, Vec<&Value>) =
        strikes.partition(|strike| strike.get("call-streamer-symbol").is_some());
    assert!(unfed.len() == 1 && fed.len() > 50);
    assert!(
        body.to_string()
            .contains(r#""put":"./ESZ6 EW4X6 261127P6500","put-streamer-symbol":"./EW4X26P6500:XCME""#)
    );
    assert_eq!(fetch("/futures-option-chains/XX/nested", "").0, 404);
}

#[test]
fn the_account_is_nested_and_unknown_routes_are_not_found() {
    assert_shape(
        &sample!("customers-me-accounts.json"),
        &fetch("/customers/me/accounts", "").1,
        &[],
        "accounts",
    );
    assert_eq!(fetch("/customers/me", "").1["data"]["id"], "me");
    assert_eq!(
        fetch("/accounts", ""),
        (404, sample!("error-404-not-found.assumed.json"))
    );
}

#[test]
fn the_chart_has_the_bars_of_the_market_and_one_hole() {
    let market = market();
    let chart = |symbol: &str, query: &str| {
        let path = format!("/v8/finance/chart/{symbol}");
        let found = answer(market, &request("GET", &path, query, b""));
        (found.status, json_of(&found))
    };
    let unread = ["events", "dividends", "splits"];
    let (_, body) = chart("SPY", "range=5d&interval=1d");
    assert_shape(&sample!("legacy-chart.ok.json"), &body, &unread, "chart");
    let (_, body) = chart("ES%3DF", "range=1y&interval=1d");
    assert_shape(&sample!("legacy-chart.future-with-nulls.json"), &body, &unread, "chart");
    let result = &body["chart"]["result"][0];
    let closes = result["indicators"]["quote"][0]["close"].as_array().unwrap();
    assert_eq!(closes.len(), 252);
    assert_eq!(closes.len(), result["timestamp"].as_array().unwrap().len());
    assert_eq!(closes.iter().filter(|close| close.is_null()).count(), 1);
    let bars = market.bars("/ESZ26:XCME").unwrap();
    assert_eq!(closes.last().unwrap().as_f64(), bars.last().map(|bar| bar.close));
    assert!(closes.iter().rev().take(100).all(Value::is_number));
    for symbol in ["%5EVIX", "%5EGSPC", "BRK-B", "BTC-USD", "6J=F"] {
        assert_eq!(chart(symbol, "range=1y").0, 200, "{symbol}");
    }
    for symbol in ["NOBODY", "SPX", "%2FES", "VIX", "BRK%2FB"] {
        assert_eq!(
            chart(symbol, "range=1y"),
            (404, sample!("legacy-chart.error-404.json")),
            "{symbol}"
        );
    }
    assert_eq!(chart("SPY", "range=3w").0, 422);
}

proptest! {
    #[test]
    fn no_request_breaks_the_venue(path in "/[a-z0-9%/\\-]{0,40}", query in "\\PC{0,60}", body in prop::collection::vec(any::<u8>(), 0..60)) {
        let bearer = bearer();
        let send = |method: &str, path: &str, query: &str| answer(market(), &Request { bearer: Some(&bearer), ..request(method, path, query, &body) });
        send("GET", &path, &query);
        send("POST", "/oauth/token", "");
        for (path, name) in [
            ("/market-metrics", "symbols"),
            ("/market-data/by-type", "equity-option"),
            ("/market-data/by-type", "future-option"),
            ("/instruments/futures", "symbol[]"),
            ("/v8/finance/chart/SPY", "range"),
        ] {
            send("GET", path, &format!("{name}=x&{query}"));
            send("GET", path, &format!("{name}={query}"));
        }
    }
}
