//! Access tokens and quote tokens.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::body;
use super::{Request, RestAnswer};

const LIFETIME_SECONDS: i64 = 900;

#[derive(Deserialize)]
struct Grant {
    grant_type: Option<String>,
    refresh_token: Option<String>,
    client_secret: Option<String>,
}

/// `POST /oauth/token`, its parameters as JSON or as a form: the answer is flat and the refusals are of their own shape.
pub(super) fn token(request: &Request<'_>) -> RestAnswer {
    let grant = serde_json::from_slice(request.body).unwrap_or_else(|_| form(request.body));
    if grant.grant_type.as_deref() != Some("refresh_token") {
        return refusal(
            "unsupported_grant_type",
            "The authorization grant type is not supported",
        );
    }
    let (Some(refresh), Some(secret)) = (grant.refresh_token, grant.client_secret) else {
        return refusal("invalid_request", "The request is missing a required parameter");
    };
    match [refresh, secret]
        .into_iter()
        .find(|credential| credential.starts_with("bad"))
        .as_deref()
    {
        None => {
            let expires = request.now.as_second() + LIFETIME_SECONDS;
            let token = format!("demo-access.{expires}");
            body::answer(
                200,
                &json!({ "access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_SECONDS }),
            )
        }
        Some("bad-revoked") => refusal("invalid_grant", "Grant revoked"),
        Some("bad-secret") => refusal("invalid_grant", "Client secret mismatch"),
        Some("bad-customer") => refusal("invalid_request", "User is not a TastyTrade customer"),
        Some(_) => refusal("invalid_grant", "Invalid JWT"),
    }
}

/// Whether `bearer` was given out here and has not expired at `now`.
pub(super) fn accepted(bearer: &str, now: Timestamp) -> bool {
    let expires = bearer
        .strip_prefix("demo-access.")
        .and_then(|seconds| seconds.parse::<i64>().ok());
    expires.is_some_and(|expires| now.as_second() < expires && expires <= now.as_second() + LIFETIME_SECONDS)
}

/// `GET /api-quote-tokens`.
pub(super) fn quote_token(request: &Request<'_>) -> RestAnswer {
    let expires = request
        .now
        .saturating_add(SignedDuration::from_hours(24))
        .unwrap_or(request.now);
    let data = json!({
        "token": format!("demo-{}", request.now.as_second()),
        "dxlink-url": request.own_ws_url,
        "level": "demo",
        "issued-at": body::offset(request.now),
        "expires-at": body::offset(expires),
    });
    body::data(data, request.path)
}

fn form(text: &[u8]) -> Grant {
    let value = |name: &str| {
        url::form_urlencoded::parse(text)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    Grant {
        grant_type: value("grant_type"),
        refresh_token: value("refresh_token"),
        client_secret: value("client_secret"),
    }
}

fn refusal(code: &str, description: &str) -> RestAnswer {
    body::answer(400, &json!({ "error_code": code, "error_description": description }))
}
