//! One call: requests at the agreed pace, counted as they leave, repeated where that can help. What to do after an
//! answer is decided by [`after`] and [`after_silence`], which know no network.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::time::sleep;
use url::Url;

use super::envelope::{Complaint, complaint};
use super::oauth::Access;
use super::{Error, Route, Traffic};
use crate::http::{
    self, RateLimiter, Reply, Request, Transport, TransportError, backoff, endpoint, retry_after, stretched,
};
use crate::time;

/// The venue as this client reaches it.
#[derive(Debug)]
pub(super) struct Venue {
    transport: Transport,
    base: Url,
    pacer: RateLimiter,
    requests: AtomicU64,
    retries: AtomicU64,
    /// Seconds by which the venue's clock is ahead; `i64::MIN` while unknown.
    ahead: AtomicI64,
    /// Requests in a row without success, by route.
    consecutive_failures: [AtomicU32; Route::ALL.len()],
}

/// What to do after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Take it.
    Accept,
    /// Get a new access token and ask again.
    Renew,
    /// Ask again after a pause.
    Again(Duration),
    /// Ask again after a pause in which nothing else is asked either.
    HoldAll(Duration),
    /// It is a failure.
    GiveUp,
}

/// The circumstances of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tried {
    /// Number of the try that brought it, from 1; a renewed token does not count.
    pub(super) attempt: u32,
    /// Whether the access token was renewed for this call, or there is none to renew.
    pub(super) renewed: bool,
    /// Whether it is from the sandbox.
    pub(super) sandbox: bool,
    /// When it came.
    pub(super) now: Timestamp,
}

impl Venue {
    pub(super) fn new(transport: Transport, base: Url, requests_per_second: f64) -> Self {
        let pacer = RateLimiter::new(requests_per_second, BURST, IN_FLIGHT);
        Self {
            transport,
            base,
            pacer,
            requests: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            ahead: AtomicI64::new(i64::MIN),
            consecutive_failures: Route::ALL.map(|_| AtomicU32::new(0)),
        }
    }

    pub(super) fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.requests.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
        }
    }

    /// Seconds by which the venue's clock was ahead of this machine's at its last answer, to the second.
    pub(super) fn ahead(&self) -> Option<i64> {
        Some(self.ahead.load(Ordering::Relaxed)).filter(|ahead| *ahead != i64::MIN)
    }

    /// Whether this is tastytrade's sandbox.
    pub(super) fn is_sandbox(&self) -> bool {
        self.base.host_str().is_some_and(|host| host.contains("cert"))
    }

    /// The body of a successful GET.
    pub(super) async fn get(&self, access: &Access, route: Route, query: &str) -> Result<Vec<u8>, Error> {
        self.get_below(access, route, &[], query).await
    }

    /// The same of a path that goes on below the route's.
    pub(super) async fn get_below(
        &self,
        access: &Access,
        route: Route,
        below: &[&str],
        query: &str,
    ) -> Result<Vec<u8>, Error> {
        let url = self.url(route, below, query);
        let mut token = access.token(self, None).await?;
        let (mut attempt, mut renewed) = (1, false);
        loop {
            let request = Request {
                bearer: Some(token.secret.clone()),
                confidential: route.is_confidential(),
                ..Request::get(url.clone())
            };
            let repeated = renewed || attempt > 1;
            let reply = match self.exchange(route, request, repeated).await {
                Ok(reply) => reply,
                Err(source) => match after_silence(route, &source, self.tries(route, attempt)) {
                    Some(pause) => {
                        sleep(stretched(pause, fastrand::f64())).await;
                        attempt += 1;
                        continue;
                    }
                    None => return Err(Error::Transport { route, source }),
                },
            };
            let tried = Tried {
                attempt: self.tries(route, attempt),
                renewed,
                sandbox: self.is_sandbox(),
                now: time::now(),
            };
            match after(route, &reply, tried) {
                Decision::Accept => return Ok(reply.body),
                Decision::Renew => {
                    token = access.token(self, Some(token.serial)).await?;
                    renewed = true;
                }
                Decision::Again(pause) => {
                    sleep(stretched(pause, fastrand::f64())).await;
                    attempt += 1;
                }
                Decision::HoldAll(pause) => {
                    self.hold(pause);
                    attempt += 1;
                }
                Decision::GiveUp => return Err(failure(route, &reply, tried.sandbox)),
            }
        }
    }

    /// The number of a try, for which a route that fails whoever asks has none left: all batches of a question would
    /// repeat what the first ones have learned.
    fn tries(&self, route: Route, attempt: u32) -> u32 {
        let consecutive_failures = self
            .consecutive_failures
            .get(route as usize)
            .map_or(0, |consecutive_failures| consecutive_failures.load(Ordering::Relaxed));
        if consecutive_failures >= MOST_IN_VAIN {
            attempt.max(TRIES)
        } else {
            attempt
        }
    }

    /// A POST with a JSON body, to be sent through [`Venue::exchange`].
    pub(super) fn post(&self, route: Route, body: SecretString) -> Request {
        Request {
            body: Some(body),
            confidential: route.is_confidential(),
            ..Request::get(self.url(route, &[], ""))
        }
    }

    /// Sends one request when its turn comes.
    pub(super) async fn exchange(
        &self,
        route: Route,
        request: Request,
        repeated: bool,
    ) -> Result<Reply, TransportError> {
        let _turn = self.pacer.turn(|| true).await;
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.retries.fetch_add(u64::from(repeated), Ordering::Relaxed);
        let answer = self.transport.send(request, LARGEST_BODY).await;
        if let Some(said) = answer
            .as_ref()
            .ok()
            .and_then(|reply| http::date(reply.date.as_deref()?))
        {
            self.ahead
                .store(said.as_second() - time::now().as_second(), Ordering::Relaxed);
        }
        if let Some(consecutive_failures) = self.consecutive_failures.get(route as usize) {
            let succeeded = answer.as_ref().is_ok_and(|reply| (200..300).contains(&reply.status));
            consecutive_failures.store(
                if succeeded {
                    0
                } else {
                    consecutive_failures.load(Ordering::Relaxed).saturating_add(1)
                },
                Ordering::Relaxed,
            );
        }
        match &answer {
            Ok(reply) => tracing::debug!(%route, status = reply.status, bytes = reply.body.len(), "answered"),
            Err(error) => tracing::debug!(%route, %error, "not answered"),
        }
        answer
    }

    /// Lets nothing be asked for about `pause`.
    pub(super) fn hold(&self, pause: Duration) {
        self.pacer.hold(stretched(pause, fastrand::f64()));
    }

    fn url(&self, route: Route, below: &[&str], query: &str) -> Url {
        let path = route.path().split('/').filter(|segment| !segment.is_empty());
        let segments: Vec<&str> = path.chain(below.iter().copied()).collect();
        endpoint(&self.base, &segments, query)
    }
}

/// What to do after `reply`.
pub(super) fn after(route: Route, reply: &Reply, tried: Tried) -> Decision {
    let last = tried.attempt >= TRIES;
    match reply.status {
        200..=299 => Decision::Accept,
        401 if !reply.html && !tried.renewed => Decision::Renew,
        429 if !last => {
            let asked = reply
                .retry_after
                .as_deref()
                .and_then(|value| retry_after(value, tried.now));
            Decision::HoldAll(asked.unwrap_or_else(|| backoff(tried.attempt)).min(LONGEST_HOLD))
        }
        502 if tried.sandbox && route.missing_in_sandbox() => Decision::GiveUp,
        500 | 502 | 503 | 504 if !last => Decision::Again(backoff(tried.attempt)),
        _ => Decision::GiveUp,
    }
}

/// The pause before asking again after no answer, where that can help. A timeout has used up the caller's patience on a
/// data route; the token service, without which nothing works, is asked once more.
pub(super) fn after_silence(route: Route, error: &TransportError, attempt: u32) -> Option<Duration> {
    let tries = match error {
        TransportError::Connect(_) | TransportError::Broken(_) => TRIES,
        TransportError::Timeout if route == Route::AccessToken => 2,
        TransportError::Timeout
        | TransportError::TooLarge { .. }
        | TransportError::NotRecorded
        | TransportError::CutOff => 1,
    };
    (attempt < tries).then(|| backoff(attempt))
}

/// The error `reply` stands for.
pub(super) fn failure(route: Route, reply: &Reply, sandbox: bool) -> Error {
    let Complaint { code, what } = complaint(&reply.body);
    match reply.status {
        401 if reply.html => Error::UserAgent { route },
        400..=499 if code.as_deref() == Some(NO_CUSTOMER) => Error::NoMarketData { what },
        401 => Error::Unauthorized { route, what },
        429 => Error::RateLimited { route },
        502 if sandbox && route.missing_in_sandbox() => Error::NotInSandbox { route },
        status => Error::Status { route, status, what },
    }
}

const NO_CUSTOMER: &str = "quote_streamer.customer_not_found_error";
const TRIES: u32 = 3;
const MOST_IN_VAIN: u32 = 4;
const BURST: u32 = 8;
const IN_FLIGHT: usize = 8;
const LONGEST_HOLD: Duration = Duration::from_secs(60);
const LARGEST_BODY: usize = 8 * 1024 * 1024;

#[cfg(test)]
mod tests;
