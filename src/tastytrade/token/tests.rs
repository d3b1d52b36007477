use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;

fn now() -> Timestamp {
    "2026-11-20T15:00:00Z".parse().expect("a time")
}

fn with_url(url: &str) -> Result<QuoteToken, Error> {
    let body = format!(r#"{{"data":{{"token":"t","dxlink-url":"{url}","level":"api"}}}}"#);
    parse_quote_token(body.as_bytes(), now())
}

#[test]
fn the_token_lapses_when_the_venue_says() {
    let body = include_bytes!("../../../tests/data/rest/api-quote-tokens.ok.json");
    let token = parse_quote_token(body, now()).expect("a token");
    assert_eq!(
        token.token.expose_secret(),
        "dGFzdHksYXBpLCxTWU5USEVUSUM.not-a-real-token"
    );
    assert_eq!(token.url.as_str(), "wss://tasty-openapi-ws.dxfeed.com/realtime");
    assert_eq!(token.expires_at, "2026-11-21T14:00:00.214Z".parse().expect("a time"));
    assert!(!token.delayed());
}

#[test]
fn the_token_lapses_after_a_day_where_the_venue_does_not_say() {
    let body = include_bytes!("../../../tests/data/rest/api-quote-tokens.minimal.json");
    let token = parse_quote_token(body, now()).expect("a token");
    assert_eq!(token.expires_at, "2026-11-21T15:00:00Z".parse().expect("a time"));
}

#[test]
fn the_sandbox_is_delayed() {
    let body = include_bytes!("../../../tests/data/rest/api-quote-tokens.demo.json");
    let token = parse_quote_token(body, now()).expect("a token");
    assert_eq!(token.level, "demo");
    assert!(token.delayed());
}

#[test]
fn a_token_is_never_sent_in_the_open() {
    assert!(with_url("wss://example.com/realtime").is_ok());
    assert!(with_url("ws://127.0.0.1:9/feed").is_ok());
    for url in ["ws://example.com/realtime", "https://example.com", "nowhere"] {
        assert!(matches!(with_url(url), Err(Error::Unreadable { .. })), "{url}");
    }
}

#[test]
fn printing_the_answer_prints_no_token() {
    let token = with_url("wss://example.com").expect("a token");
    assert!(!format!("{token:?}").contains("\"t\""));
}

#[test]
fn an_answer_of_another_shape_is_not_quoted() {
    let error = parse_quote_token(br#"{"data":"t0ken"}"#, now()).expect_err("no object");
    assert!(!format!("{error} {error:?}").contains("t0ken"));
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_an_answer_or_an_error(body in any::<Vec<u8>>(), text in any::<String>()) {
        let _ = parse_quote_token(&body, now());
        let json = serde_json::json!({"data": {"token": text, "dxlink-url": text, "level": text, "expires-at": text}});
        let _ = parse_quote_token(json.to_string().as_bytes(), Timestamp::MAX);
    }
}
