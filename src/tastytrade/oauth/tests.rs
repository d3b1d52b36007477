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

fn tried(attempt: u32) -> Tried {
    Tried {
        attempt,
        renewed: true,
        sandbox: false,
        now: "2026-11-20T15:00:00Z".parse().expect("a time"),
    }
}

fn refused(body: &[u8]) -> (String, &'static str) {
    let reply = reply(400, body);
    assert_eq!(after_grant(&reply, tried(1)), Decision::GiveUp);
    let error = refusal(&reply, &["s3cret", "r3fresh"]);
    let Error::Refused { what, hint } = error else {
        panic!("{error:?}")
    };
    (what, hint)
}

#[test]
fn a_grant_is_flat_and_lasts_as_long_as_it_says() {
    let grant = parse_grant(include_bytes!("../../../tests/data/rest/oauth-token.ok.json")).expect("a grant");
    assert_eq!(
        grant.access_token.expose_secret(),
        "eyJhbGciOiJFZERTQSJ9.SYNTHETIC-ACCESS.c2ln"
    );
    assert_eq!(grant.lifetime, Duration::from_secs(900));
    assert!(grant.refresh_token.is_none());
    let grant = parse_grant(br#"{"access_token":"a"}"#).expect("a grant");
    assert_eq!(grant.lifetime, Duration::from_secs(900));
}

#[test]
fn a_rotated_refresh_token_is_noticed() {
    let grant = parse_grant(include_bytes!("../../../tests/data/rest/oauth-token.ok-rotated.json")).expect("a grant");
    let rotated = grant.refresh_token.expect("a new one");
    assert_eq!(rotated.expose_secret(), "eyJhbGciOiJFZERTQSJ9.SYNTHETIC-REFRESH-2.c2ln");
}

#[test]
fn every_refusal_is_final_and_says_what_to_do() {
    let jwt = refused(include_bytes!(
        "../../../tests/data/rest/oauth-token.error-400-invalid-jwt.json"
    ));
    assert_eq!(jwt.0, "invalid_grant: Invalid JWT");
    assert!(jwt.1.contains("TT_REFRESH_TOKEN"));
    let revoked = refused(include_bytes!(
        "../../../tests/data/rest/oauth-token.error-400-grant-revoked.json"
    ));
    assert!(revoked.1.contains("sandbox") && revoked.1.contains("API_BASE_URL"));
    let secret = refused(include_bytes!(
        "../../../tests/data/rest/oauth-token.error-400-client-secret-mismatch.json"
    ));
    assert!(secret.1.contains("TT_CLIENT_SECRET"));
}

#[test]
fn a_refusal_is_understood_in_each_of_its_shapes() {
    assert_eq!(
        refused(br#"{"error":"invalid_client","error_description":"no"}"#).0,
        "invalid_client: no"
    );
    assert_eq!(
        refused(br#"{"error":{"code":"bad","message":"Bad thing"}}"#).0,
        "Bad thing"
    );
    assert_eq!(refused(b"plain\x1b[31m words").0, "plain [31m words");
    assert_eq!(refused(b"").0, "");
}

#[test]
fn what_echoes_a_secret_is_cut() {
    let (what, _) = refused(br#"{"error_code":"x","error_description":"r3fresh with s3cret"}"#);
    assert_eq!(what, "x: [secret] with [secret]");
}

#[test]
fn the_customer_hiccup_is_tried_again_twice_and_seconds_apart() {
    let hiccup = reply(
        400,
        include_bytes!("../../../tests/data/rest/oauth-token.error-400-cert-not-customer.json"),
    );
    assert_eq!(after_grant(&hiccup, tried(1)), Decision::Again(Duration::from_secs(3)));
    assert_eq!(after_grant(&hiccup, tried(2)), Decision::Again(Duration::from_secs(3)));
    assert_eq!(after_grant(&hiccup, tried(3)), Decision::GiveUp);
}

#[test]
fn a_service_that_is_down_is_not_a_refusal() {
    let down = reply(503, b"<html>Service Unavailable</html>");
    assert!(matches!(after_grant(&down, tried(2)), Decision::Again(_)));
    assert_eq!(after_grant(&down, tried(3)), Decision::GiveUp);
    assert_eq!(refusal(&down, &[]).code(), "token_service");
    assert_eq!(
        refusal(&reply(403, b"<html>blocked</html>"), &[]).code(),
        "token_service"
    );
    assert_eq!(refusal(&reply(429, b""), &[]).code(), "token_service");
}

#[test]
fn the_proxys_html_401_names_the_user_agent() {
    let html = include_bytes!("../../../tests/data/rest/error-401-nginx-user-agent.html");
    let error = refusal(&reply(401, html), &[]);
    assert!(error.to_string().contains("User-Agent"), "{error}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_a_grant_or_an_error(status in 100..600u16, body in any::<Vec<u8>>()) {
        let _ = parse_grant(&body);
        let reply = reply(status, &body);
        let _ = after_grant(&reply, tried(1));
        let _ = refusal(&reply, &["a", ""]);
    }
}
