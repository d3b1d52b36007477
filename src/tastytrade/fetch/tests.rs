use proptest::prelude::*;

use super::*;

fn reply(status: u16, body: &[u8]) -> Reply {
    Reply {
        status,
        html: body.starts_with(b"<"),
        retry_after: None,
        date: None,
        body: body.to_vec(),
    }
}

fn throttled(retry_after: Option<&str>) -> Reply {
    Reply {
        status: 429,
        html: false,
        retry_after: retry_after.map(str::to_owned),
        date: None,
        body: Vec::new(),
    }
}

fn tried(attempt: u32) -> Tried {
    Tried {
        attempt,
        renewed: false,
        sandbox: false,
        now: "2026-11-20T20:59:30Z".parse().expect("a time"),
    }
}

fn error(route: Route, status: u16, body: &[u8]) -> Error {
    let reply = reply(status, body);
    assert_eq!(
        after(
            route,
            &reply,
            Tried {
                renewed: true,
                ..tried(3)
            }
        ),
        Decision::GiveUp
    );
    failure(route, &reply, false)
}

#[test]
fn an_expired_token_is_renewed_once() {
    let expired = reply(
        401,
        include_bytes!("../../../tests/data/rest/error-401-token-invalid.assumed.json"),
    );
    assert_eq!(after(Route::Metrics, &expired, tried(1)), Decision::Renew);
    assert_eq!(
        after(
            Route::Metrics,
            &expired,
            Tried {
                renewed: true,
                ..tried(1)
            }
        ),
        Decision::GiveUp
    );
    assert_eq!(failure(Route::Metrics, &expired, false).code(), "unauthorized");
}

#[test]
fn the_proxys_html_401_is_neither_renewed_nor_repeated() {
    let html = include_bytes!("../../../tests/data/rest/error-401-nginx-user-agent.html");
    assert_eq!(after(Route::Metrics, &reply(401, html), tried(1)), Decision::GiveUp);
    assert!(error(Route::Metrics, 401, html).to_string().contains("User-Agent"));
}

#[test]
fn too_many_requests_hold_back_everyone_as_long_as_asked_up_to_a_minute() {
    let hold = |seconds| Decision::HoldAll(Duration::from_secs(seconds));
    assert_eq!(after(Route::Quotes, &throttled(Some("7")), tried(1)), hold(7));
    assert_eq!(after(Route::Quotes, &throttled(Some("3600")), tried(2)), hold(60));
    assert_eq!(
        after(
            Route::Quotes,
            &throttled(Some("Fri, 20 Nov 2026 21:00:00 GMT")),
            tried(1)
        ),
        hold(30)
    );
    assert_eq!(after(Route::Quotes, &throttled(None), tried(2)), hold(1));
    assert_eq!(after(Route::Quotes, &throttled(Some("soon")), tried(2)), hold(1));
    assert_eq!(after(Route::Quotes, &throttled(None), tried(3)), Decision::GiveUp);
    assert_eq!(failure(Route::Quotes, &throttled(None), false).code(), "rate_limited");
}

#[test]
fn server_faults_are_tried_three_times() {
    let fault = reply(500, include_bytes!("../../../tests/data/rest/error-500-internal.json"));
    assert_eq!(
        after(Route::Futures, &fault, tried(1)),
        Decision::Again(Duration::from_millis(500))
    );
    assert_eq!(
        after(Route::Futures, &fault, tried(2)),
        Decision::Again(Duration::from_secs(1))
    );
    assert_eq!(after(Route::Futures, &fault, tried(3)), Decision::GiveUp);
    assert_eq!(failure(Route::Futures, &fault, false).code(), "http_500");
}

#[test]
fn the_sandboxs_missing_services_are_not_asked_twice() {
    let html = include_bytes!("../../../tests/data/rest/error-502-sandbox-market-service.assumed.html");
    let sandbox = Tried {
        sandbox: true,
        ..tried(1)
    };
    assert_eq!(after(Route::Metrics, &reply(502, html), sandbox), Decision::GiveUp);
    assert_eq!(
        failure(Route::Metrics, &reply(502, html), true).code(),
        "not_in_sandbox"
    );
    assert!(matches!(
        after(Route::Futures, &reply(502, html), sandbox),
        Decision::Again(_)
    ));
    assert!(matches!(
        after(Route::Metrics, &reply(502, html), tried(1)),
        Decision::Again(_)
    ));
    let text = error(Route::Metrics, 502, html).to_string();
    assert_eq!(text, "/market-metrics: HTTP 502: 502 Bad Gateway 502 Bad Gateway nginx");
}

#[test]
fn refusals_of_data_are_never_repeated_and_say_why() {
    let forbidden = include_bytes!("../../../tests/data/rest/error-403-not-permitted.json");
    let domain = include_bytes!("../../../tests/data/rest/error-400-domain-reason.json");
    let nested = include_bytes!("../../../tests/data/rest/error-422-nested.json");
    let version = include_bytes!("../../../tests/data/rest/error-406-integer-code.json");
    let unknown = include_bytes!("../../../tests/data/rest/error-404-not-found.assumed.json");
    for (status, body, what) in [
        (403, forbidden.as_slice(), "User not permitted access"),
        (400, domain.as_slice(), "symbols is missing"),
        (406, version.as_slice(), "The requested version is not supported."),
        (404, unknown.as_slice(), "Couldn't find record"),
    ] {
        assert_eq!(after(Route::Quotes, &reply(status, body), tried(1)), Decision::GiveUp);
        assert_eq!(
            error(Route::Quotes, status, body).to_string(),
            format!("/market-data/by-type: HTTP {status}: {what}")
        );
    }
    assert!(
        error(Route::Quotes, 422, nested)
            .to_string()
            .contains("Instrument is not valid; Account does not")
    );
}

#[test]
fn a_login_without_market_data_is_told_so_whatever_the_status() {
    let body = include_bytes!("../../../tests/data/rest/api-quote-tokens.error-customer-not-found.json");
    for status in [400, 403, 404, 422] {
        let error = error(Route::QuoteToken, status, body);
        assert_eq!(error.code(), "no_market_data");
        assert!(
            error
                .to_string()
                .ends_with("You must be a customer to access a quote stream.")
        );
    }
}

#[test]
fn a_timeout_is_repeated_only_for_the_access_token() {
    let timeout = TransportError::Timeout;
    assert_eq!(after_silence(Route::Metrics, &timeout, 1), None);
    assert!(after_silence(Route::AccessToken, &timeout, 1).is_some());
    assert_eq!(after_silence(Route::AccessToken, &timeout, 2), None);
    assert_eq!(
        after_silence(Route::Metrics, &TransportError::TooLarge { limit: 1 }, 1),
        None
    );
}

proptest! {
    #[test]
    fn any_answer_leads_to_an_end(status in 100..600u16, body in any::<Vec<u8>>(), header in any::<Option<String>>()) {
        let reply = Reply { status, html: false, retry_after: header, date: None, body };
        let last = Tried { renewed: true, ..tried(3) };
        prop_assert!(matches!(after(Route::Metrics, &reply, last), Decision::Accept | Decision::GiveUp));
        let text = failure(Route::Metrics, &reply, false).to_string();
        prop_assert!(!text.chars().any(char::is_control));
    }
}
