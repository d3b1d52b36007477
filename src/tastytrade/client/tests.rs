use super::*;
use crate::http::scripted::{Scripted, answer, json};

const GRANT: &str = include_str!("../../../tests/data/rest/oauth-token.ok.json");
const ROTATED: &str = include_str!("../../../tests/data/rest/oauth-token.ok-rotated.json");
const REVOKED: &str = include_str!("../../../tests/data/rest/oauth-token.error-400-grant-revoked.json");
const EXPIRED: &str = include_str!("../../../tests/data/rest/error-401-token-invalid.assumed.json");
const QUOTE_TOKEN: &str = include_str!("../../../tests/data/rest/api-quote-tokens.ok.json");
const METRICS: &str = include_str!("../../../tests/data/rest/market-metrics.json");
const FUTURES: &str = include_str!("../../../tests/data/rest/instruments-futures.json");

#[tokio::test]
async fn every_request_says_who_it_is_and_carries_no_secret_in_its_url() {
    let server = Scripted::start(|request, _| match path(request) {
        "/oauth/token" => json(200, GRANT),
        _ => json(200, QUOTE_TOKEN),
    })
    .await;
    let token = client(&server, 100).quote_token().await.expect("a token");
    assert_eq!(token.level, "api");
    let all = server.seen("");
    assert_eq!(all.len(), 2);
    for request in &all {
        assert!(
            request.to_ascii_lowercase().contains("user-agent: variance/0.1.0\r\n"),
            "{request}"
        );
        assert!(!request.lines().next().unwrap_or_default().contains('?'), "{request}");
    }
    let login = &server.seen("POST /oauth/token")[0];
    let body = r#"{"grant_type":"refresh_token","refresh_token":"r3fresh","client_secret":"s3cret"}"#;
    assert!(login.ends_with(body), "{login}");
    assert!(all[1].contains("Bearer eyJhbGciOiJFZERTQSJ9.SYNTHETIC-ACCESS.c2ln"));
}

#[tokio::test]
async fn a_refusal_is_asked_for_once_and_given_to_everyone() {
    let server = Scripted::start(|_, _| json(400, REVOKED)).await;
    let client = client(&server, 1);
    let asked = symbols(&["SPY", "QQQ"]);
    let (token, answer) = tokio::join!(client.quote_token(), client.metrics(&asked));
    assert_eq!(token.expect_err("refused").code(), "refused");
    assert_eq!(answer.unanswered.len(), 2);
    assert!(answer.unanswered.iter().all(|(_, error)| error.code() == "refused"));
    assert_eq!(client.quote_token().await.expect_err("refused").code(), "refused");
    assert_eq!(server.seen("").len(), 1);
    assert_eq!(
        client.traffic(),
        Traffic {
            requests: 1,
            retries: 0
        }
    );
}

#[tokio::test]
async fn a_service_that_is_down_for_all_batches_is_not_asked_thrice_by_each() {
    let server = Scripted::start(|request, _| match path(request) {
        "/oauth/token" => json(200, GRANT),
        _ => json(503, "{}"),
    })
    .await;
    let answer = client(&server, 1)
        .metrics(&symbols(&["A", "B", "C", "D", "E", "F"]))
        .await;
    assert_eq!(answer.unanswered.len(), 6);
    let asked = server.seen("/market-metrics").len();
    assert!(asked <= 9, "{asked} requests where each by itself would make 18");
}

#[tokio::test]
async fn callers_at_the_same_time_share_one_access_token() {
    let server = Scripted::start(|request, _| match path(request) {
        "/oauth/token" => json(200, GRANT),
        "/api-quote-tokens" => json(200, QUOTE_TOKEN),
        _ => json(200, METRICS),
    })
    .await;
    let client = client(&server, 100);
    let asked = symbols(&["SPY"]);
    let (token, answer) = tokio::join!(client.quote_token(), client.metrics(&asked));
    assert!(token.is_ok() && answer.unanswered.is_empty());
    assert_eq!(server.seen("/oauth/token").len(), 1);
    assert_eq!(
        client.traffic(),
        Traffic {
            requests: 3,
            retries: 0
        }
    );
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_with_the_rotated_grant() {
    let server = Scripted::start(|request, before| match path(request) {
        "/oauth/token" => json(200, ROTATED),
        _ if before == 0 => json(401, EXPIRED),
        _ => json(200, QUOTE_TOKEN),
    })
    .await;
    let client = client(&server, 100);
    assert!(client.quote_token().await.is_ok());
    let logins = server.seen("/oauth/token");
    assert_eq!(logins.len(), 2);
    assert!(logins[1].contains("SYNTHETIC-REFRESH-2"), "{}", logins[1]);
    assert_eq!(
        client.traffic(),
        Traffic {
            requests: 4,
            retries: 1
        }
    );
}

#[tokio::test]
async fn a_token_that_is_never_good_is_renewed_once_and_no_more() {
    let server = Scripted::start(|request, _| match path(request) {
        "/oauth/token" => json(200, GRANT),
        _ => json(401, EXPIRED),
    })
    .await;
    let error = client(&server, 100).quote_token().await.expect_err("401");
    assert_eq!(error.code(), "unauthorized");
    assert_eq!(
        (
            server.seen("/oauth/token").len(),
            server.seen("/api-quote-tokens").len()
        ),
        (2, 2)
    );
}

#[tokio::test]
async fn batches_are_two_at_a_time_and_a_failed_one_loses_nobody_else() {
    let server = Scripted::start(|request, _| match path(request) {
        "/oauth/token" => json(200, GRANT),
        _ if request.contains("QQQ") => json(404, "{}"),
        _ => json(200, METRICS),
    })
    .await;
    let client = client(&server, 2);
    let answer = client
        .metrics(&symbols(&["SPY", "AAPL", "/ES", "QQQ", "TLT", "AAPL"]))
        .await;
    assert_eq!(server.seen("/market-metrics").len(), 3);
    assert_eq!(answer.items.len(), 6);
    let (asked, error) = &answer.unanswered[0];
    assert_eq!(
        (asked.as_slice(), error.code().as_ref()),
        (symbols(&["QQQ", "SPY"]).as_slice(), "http_404")
    );
    assert_eq!(server.seen("symbols=%2FES,AAPL ").len(), 1);
}

#[tokio::test]
async fn futures_are_one_request_for_all_roots_and_pages_are_followed() {
    let server = Scripted::start(|request, _| match path(request) {
        "/oauth/token" => json(200, GRANT),
        _ if request.contains("page-offset=1") => json(200, FUTURES),
        _ => json(
            200,
            r#"{"data":{"items":[]},"pagination":{"page-offset":0,"total-pages":2}}"#,
        ),
    })
    .await;
    let client = client(&server, 1);
    let listings = client.futures(&symbols(&["/ES", "/CL"]), &[]).await.expect("listings");
    let contracts: Vec<&str> = listings.iter().map(|listing| listing.contract.as_str()).collect();
    assert_eq!(contracts, ["/ESH7", "/ESM7", "/ESZ6"]);
    assert_eq!(
        server
            .seen("GET /instruments/futures?product-code[]=CL&product-code[]=ES ")
            .len(),
        1
    );
    assert_eq!(server.seen("/instruments/futures").len(), 2);
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let server = Scripted::start(|request, _| match path(request) {
        "/oauth/token" => json(200, GRANT),
        _ => answer(200, "", &" ".repeat(33 * 1024 * 1024)),
    })
    .await;
    let error = client(&server, 100).quote_token().await.expect_err("too large");
    assert_eq!(error.code(), "too_large");
}

#[tokio::test]
async fn errors_and_debug_text_hold_no_secret() {
    let server = Scripted::start(|_, _| json(400, r#"{"error_code":"x","error_description":"r3fresh s3cret"}"#)).await;
    let client = client(&server, 100);
    let error = client.quote_token().await.expect_err("refused");
    for text in [error.to_string(), format!("{error:?}"), format!("{client:?}")] {
        assert!(!text.contains("s3cret") && !text.contains("r3fresh"), "{text}");
    }
}

fn client(server: &Scripted, batch_size: usize) -> Client {
    let settings = Settings {
        base_url: server.url.clone(),
        timeout: Duration::from_secs(10),
        batch_size,
        requests_per_second: 1000.0,
        user_agent: "variance/0.1.0".to_owned(),
    };
    let credentials = Credentials {
        client_id: Some(SecretString::from("")),
        client_secret: SecretString::from("s3cret"),
        refresh_token: SecretString::from("r3fresh"),
    };
    Client::new(settings, credentials).expect("loopback")
}

fn symbols(names: &[&str]) -> Vec<Symbol> {
    names.iter().map(|name| Symbol((*name).into())).collect()
}

fn path(request: &str) -> &str {
    request.split([' ', '?']).nth(1).unwrap_or_default()
}
