//! Access tokens: one refresh at a time, a minute before the old one lapses, and never a second try after a refusal,
//! because repeated failed logins block the address for hours.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use super::client::Credentials;
use super::envelope::complaint;
use super::fetch::{Decision, Tried, Venue, after, after_silence, failure};
use super::{Error, Route};
use crate::http::{Lenient, Reply, clean, stretched};
use crate::time;

/// The access token and what renews it.
pub(super) struct Access {
    client_id: Option<SecretString>,
    client_secret: SecretString,
    rounds: AtomicU64,
    state: Mutex<State>,
}

struct State {
    refresh_token: SecretString,
    token: Option<Token>,
    serial: u64,
    failure: Option<Error>,
}

/// One access token.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// What goes behind `Bearer`.
    pub(super) secret: SecretString,
    /// Grows with each token of this run.
    pub(super) serial: u64,
    stale_at: Instant,
}

/// A successful answer of the token service.
pub(super) struct Grant {
    pub(super) access_token: SecretString,
    pub(super) lifetime: Duration,
    pub(super) refresh_token: Option<SecretString>,
}

impl Access {
    pub(super) fn new(credentials: Credentials) -> Self {
        let Credentials {
            client_id,
            client_secret,
            refresh_token,
        } = credentials;
        Self {
            client_id: client_id.filter(|id| !id.expose_secret().is_empty()),
            client_secret,
            rounds: AtomicU64::new(0),
            state: Mutex::new(State {
                refresh_token,
                token: None,
                serial: 0,
                failure: None,
            }),
        }
    }

    /// A token that is good now and is not the one with serial number `rejected`. Callers that waited while another's
    /// request failed get that failure instead of a try of their own. Cancel safe: a dropped call leaves the old state.
    pub(super) async fn token(&self, venue: &Venue, rejected: Option<u64>) -> Result<Token, Error> {
        let round = self.rounds.load(Ordering::Relaxed);
        let mut state = self.state.lock().await;
        if let Some(token) = &state.token
            && token.stale_at > Instant::now()
            && rejected.is_none_or(|rejected| rejected < token.serial)
        {
            return Ok(token.clone());
        }
        if let Some(failure) = &state.failure
            && (matches!(failure, Error::Refused { .. }) || self.rounds.load(Ordering::Relaxed) != round)
        {
            return Err(failure.clone());
        }
        let answer = self.renewed(venue, &state.refresh_token).await;
        self.rounds.fetch_add(1, Ordering::Relaxed);
        let (grant, asked_at) = match answer {
            Ok(answer) => answer,
            Err(error) => {
                state.failure = Some(error.clone());
                return Err(error);
            }
        };
        if let Some(rotated) = grant.refresh_token {
            state.refresh_token = rotated;
        }
        state.serial += 1;
        let margin = MARGIN.min(grant.lifetime / 2);
        let stale_at = asked_at + grant.lifetime.saturating_sub(margin);
        let token = Token {
            secret: grant.access_token,
            serial: state.serial,
            stale_at,
        };
        state.failure = None;
        state.token = Some(token.clone());
        Ok(token)
    }

    /// What the credentials were refused with, if they were.
    pub(super) fn refusal(&self) -> Option<Error> {
        let state = self.state.try_lock().ok()?;
        state.failure.clone().filter(Error::is_refusal)
    }

    async fn renewed(&self, venue: &Venue, refresh_token: &SecretString) -> Result<(Grant, Instant), Error> {
        let route = Route::AccessToken;
        let body = Request {
            grant_type: "refresh_token",
            refresh_token: refresh_token.expose_secret(),
            client_id: self.client_id.as_ref().map(ExposeSecret::expose_secret),
            client_secret: self.client_secret.expose_secret(),
        };
        let secrets = [
            body.refresh_token,
            body.client_secret,
            body.client_id.unwrap_or_default(),
        ];
        let json = serde_json::to_string(&body).map_err(|error| Error::Unreadable {
            route,
            what: error.to_string(),
        })?;
        let json = SecretString::from(json);
        let mut attempt = 1;
        loop {
            let asked_at = Instant::now();
            let request = venue.post(route, json.clone());
            let reply = match venue.exchange(route, request, attempt > 1).await {
                Ok(reply) => reply,
                Err(source) => match after_silence(route, &source, attempt) {
                    Some(pause) => {
                        sleep(stretched(pause, fastrand::f64())).await;
                        attempt += 1;
                        continue;
                    }
                    None => return Err(Error::TokenService(Box::new(Error::Transport { route, source }))),
                },
            };
            let tried = Tried {
                attempt,
                renewed: true,
                sandbox: venue.is_sandbox(),
                now: time::now(),
            };
            match after_grant(&reply, tried) {
                Decision::Accept => {
                    let grant = parse_grant(&reply.body).map_err(|error| Error::TokenService(Box::new(error)))?;
                    return Ok((grant, asked_at));
                }
                Decision::Again(pause) => sleep(stretched(pause, fastrand::f64())).await,
                Decision::HoldAll(pause) => venue.hold(pause),
                Decision::Renew | Decision::GiveUp => return Err(refusal(&reply, &secrets)),
            }
            attempt += 1;
        }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}

/// What to do after the token service's `reply`. Refusals are final, but for one that the sandbox gives to healthy
/// grants now and then.
pub(super) fn after_grant(reply: &Reply, tried: Tried) -> Decision {
    let hiccup = |what: &str| what.to_ascii_lowercase().contains("not a tastytrade customer");
    if reply.status == 400 && tried.attempt < HICCUP_TRIES && hiccup(&said(&reply.body)) {
        return Decision::Again(HICCUP_PAUSE);
    }
    after(Route::AccessToken, reply, tried)
}

/// Reads a successful answer: flat and underscored, unlike every other route. 15 minutes where it does not say how long.
pub(super) fn parse_grant(body: &[u8]) -> Result<Grant, Error> {
    let unreadable = |what: &str| Error::Unreadable {
        route: Route::AccessToken,
        what: what.to_owned(),
    };
    let wire: WireGrant = serde_json::from_slice(body).map_err(|_| unreadable("not the JSON of a token"))?;
    let access_token = wire
        .access_token
        .ok()
        .ok_or_else(|| unreadable("no access_token in it"))?;
    let seconds = wire.expires_in.ok().and_then(|seconds| u64::try_from(seconds).ok());
    Ok(Grant {
        access_token: SecretString::from(access_token.as_str()),
        lifetime: seconds.map_or(LIFETIME, Duration::from_secs).min(LONGEST_LIFETIME),
        refresh_token: wire.refresh_token.ok().map(|token| SecretString::from(token.as_str())),
    })
}

/// The error `reply` stands for, with `secrets` cut out of what the server said.
pub(super) fn refusal(reply: &Reply, secrets: &[&str]) -> Error {
    if !matches!(reply.status, 400 | 401 | 403 | 422) || reply.html {
        let error = failure(Route::AccessToken, reply, false);
        return if reply.status == 401 {
            error
        } else {
            Error::TokenService(Box::new(without(error, secrets)))
        };
    }
    let what = redacted(&said(&reply.body), secrets);
    let hint = hint(&what);
    Error::Refused { what, hint }
}

/// What a refusal says, in whichever of its shapes: `error_code`, the RFC's `error`, the envelope, or plain text.
fn said(body: &[u8]) -> String {
    let flat: Refusal = serde_json::from_slice(body).unwrap_or_default();
    match (
        flat.error_code.ok().or_else(|| flat.error.ok()),
        flat.error_description.ok(),
    ) {
        (Some(code), Some(text)) => clean(&format!("{code}: {text}")),
        (None, Some(only)) | (Some(only), None) => clean(&only),
        (None, None) => complaint(body).what,
    }
}

fn hint(what: &str) -> &'static str {
    let what = what.to_ascii_lowercase();
    if what.contains("secret") {
        "TT_CLIENT_SECRET does not belong to this grant"
    } else if what.contains("revoked") {
        "the grant was revoked, or a production token met the sandbox or the reverse: create a new one or mend API_BASE_URL"
    } else if what.contains("jwt") {
        "TT_REFRESH_TOKEN is cut short or from elsewhere"
    } else if what.contains("client") {
        "TT_CLIENT_ID does not belong to this grant; it may be left out"
    } else {
        "check TT_CLIENT_SECRET and TT_REFRESH_TOKEN"
    }
}

fn without(error: Error, secrets: &[&str]) -> Error {
    match error {
        Error::Status { route, status, what } => Error::Status {
            route,
            status,
            what: redacted(&what, secrets),
        },
        Error::Setup(_)
        | Error::Refused { .. }
        | Error::TokenService(_)
        | Error::NoMarketData { .. }
        | Error::Unauthorized { .. }
        | Error::UserAgent { .. }
        | Error::RateLimited { .. }
        | Error::NotInSandbox { .. }
        | Error::Transport { .. }
        | Error::Unreadable { .. } => error,
    }
}

fn redacted(text: &str, secrets: &[&str]) -> String {
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "[secret]"))
}

#[derive(Serialize)]
struct Request<'a> {
    grant_type: &'static str,
    refresh_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    client_secret: &'a str,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireGrant {
    access_token: Lenient<SmolStr>,
    expires_in: Lenient<i64>,
    refresh_token: Lenient<SmolStr>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Refusal {
    error_code: Lenient<SmolStr>,
    error_description: Lenient<SmolStr>,
    error: Lenient<SmolStr>,
}

const MARGIN: Duration = Duration::from_secs(60);
const LIFETIME: Duration = Duration::from_secs(900);
const LONGEST_LIFETIME: Duration = Duration::from_secs(86_400);
const HICCUP_TRIES: u32 = 3;
const HICCUP_PAUSE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests;
