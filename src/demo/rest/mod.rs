//! The venue's REST side: one pure function from a request to the answer a real venue would give. Opens no socket.
//!
//! Bodies have the envelopes, keys and JSON types of the real thing: kebab-case, decimals as text, times in UTC.

mod body;
mod chains;
mod chart;
mod customer;
mod instruments;
mod metrics;
mod oauth;
mod quotes;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::json;

use super::market::{Market, RISK_FREE_RATE};

/// One request, taken off the wire.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The method in capitals.
    pub method: &'a str,
    /// The path without its query, escapes and all.
    pub path: &'a str,
    /// The raw query, empty when there is none.
    pub query: &'a str,
    /// Whether a `User-Agent` was sent.
    pub user_agent: bool,
    /// What followed `Bearer` in the `Authorization` header.
    pub bearer: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
    /// The venue's time.
    pub now: Timestamp,
    /// Where the venue's feed listens: `ws://127.0.0.1:PORT/dxlink`.
    pub own_ws_url: &'a str,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestAnswer {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// The answer to `request`.
///
/// Without a `User-Agent` that is the proxy's 401 in HTML; data without a bearer token issued by `/oauth/token` and still
/// valid at `now` is refused with 401 in JSON. A client secret or refresh token that begins with `bad` is refused:
/// `bad-revoked`, `bad-secret`, `bad-customer` with the refusal of that name, any other with `Invalid JWT`.
pub fn answer(market: &Market, request: &Request<'_>) -> RestAnswer {
    let path: Vec<String> = request.path.split('/').skip(1).map(body::unescaped).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    if let ["v8", "finance", "chart", symbol] = path.as_slice() {
        return chart::chart(market, symbol, request);
    }
    if !request.user_agent {
        return RestAnswer {
            status: 401,
            content_type: "text/html",
            body: NO_USER_AGENT.into(),
        };
    }
    match (request.method, path.as_slice()) {
        ("POST", ["oauth", "token"]) => return oauth::token(request),
        ("GET", ["margin-requirements-public-configuration"]) => {
            return body::data(json!({ "risk-free-rate": body::decimal(RISK_FREE_RATE) }), request.path);
        }
        _ => {}
    }
    if !request
        .bearer
        .is_some_and(|bearer| oauth::accepted(bearer, request.now))
    {
        return body::failure(401, "token_invalid", "This token is invalid or has expired");
    }
    if request.method != "GET" {
        return body::not_found();
    }
    match path.as_slice() {
        ["api-quote-tokens"] => oauth::quote_token(request),
        ["market-metrics"] => metrics::metrics(market, request),
        ["market-data", "by-type"] => quotes::by_type(market, request),
        ["instruments", "futures"] => instruments::futures(market, request),
        ["instruments", "futures", symbol] => instruments::future(market, symbol, request),
        ["instruments", "equities"] => instruments::equities(market, request),
        ["instruments", "equities", symbol] => instruments::equity(market, symbol, request),
        ["instruments", "cryptocurrencies"] => instruments::cryptocurrencies(market, request),
        ["option-chains", symbol, "nested"] => chains::nested(market, symbol, request),
        ["futures-option-chains", code, "nested"] => chains::futures_nested(market, code, request),
        ["customers", "me"] => customer::me(request),
        ["customers", "me", "accounts"] => customer::accounts(request),
        _ => body::not_found(),
    }
}

/// Whether the feed lets the bearer of `token`, given out by `/api-quote-tokens`, in.
pub fn token_accepted(token: &str) -> bool {
    token.strip_prefix("demo-").is_some_and(|rest| !rest.is_empty())
}

const NO_USER_AGENT: &str = "<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n\
    <center><h1>401 Authorization Required</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
