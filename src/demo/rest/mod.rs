//! The venue's REST answers: one quote token.

use jiff::Timestamp;

use super::market::Market;

/// One REST request, already taken off the wire.
#[derive(Debug)]
pub struct Request<'a> {
    /// The method in capitals.
    pub method: &'a str,
    /// The path without its query.
    pub path: &'a str,
    /// The raw query, empty when there is none.
    pub query: &'a str,
    /// Whether a User-Agent was sent.
    pub user_agent: bool,
    /// The bearer token, if one was sent.
    pub bearer: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
    /// The venue's time.
    pub now: Timestamp,
    /// Where the venue's feed is reached.
    pub own_ws_url: &'a str,
}

/// One REST answer.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// The answer to `request`.
pub fn answer(_market: &Market, request: &Request<'_>) -> Answer {
    let (status, body) = match request.path {
        "/api-quote-tokens" => (
            200,
            format!(
                r#"{{"data":{{"token":"demo-1","dxlink-url":"{}","level":"demo"}},"context":"/api-quote-tokens"}}"#,
                request.own_ws_url
            ),
        ),
        _ => (
            404,
            r#"{"error":{"code":"not_found","message":"not found"}}"#.to_owned(),
        ),
    };
    Answer {
        status,
        content_type: "application/json",
        body: body.into_bytes(),
    }
}

/// Whether the feed lets `token` in.
pub fn token_accepted(token: &str) -> bool {
    token.starts_with("demo-")
}
