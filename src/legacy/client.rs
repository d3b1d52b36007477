//! The client: one question at a time or two, a pause between them, and an end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::chart::parse_history;
use super::{ChartHistory, Error};
use crate::http::{RateLimiter, Reply, Request, Transport, clean, endpoint};

/// How the endpoint wants to be addressed: anything unlike a browser is answered with 429.
pub const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/// How to reach the endpoint.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its host; https above loopback.
    pub base_url: Url,
    /// Requests a second.
    pub requests_per_second: f64,
    /// Requests in the life of the client.
    pub max_requests: u64,
    /// Sent with each request; [`BROWSER`] for the real endpoint.
    pub user_agent: String,
}

/// A client of the chart endpoint, to be shared by reference.
#[derive(Debug)]
pub struct Client {
    transport: Transport,
    base: Url,
    pacer: RateLimiter,
    limit: u64,
    admitted: AtomicU64,
    requests: AtomicU64,
    start: Instant,
    /// Milliseconds after `start` until which nothing is asked.
    closed_until: AtomicU64,
}

impl Client {
    #[cfg(test)]
    /// A client that has sent nothing yet.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        Ok(Self::over(Self::transport(&settings)?, settings))
    }

    /// A client whose requests go through `transport`, whatever the settings say about reaching the endpoint.
    pub fn over(transport: Transport, settings: Settings) -> Self {
        Self {
            transport,
            base: settings.base_url,
            pacer: RateLimiter::new(settings.requests_per_second, 1, IN_FLIGHT),
            limit: settings.max_requests,
            admitted: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            start: Instant::now(),
            closed_until: AtomicU64::new(0),
        }
    }

    /// A carrier of the network for [`Client::over`].
    ///
    /// # Errors
    /// As for [`Client::new`].
    pub fn transport(settings: &Settings) -> Result<Transport, Error> {
        Ok(Transport::network(&settings.base_url, &settings.user_agent, TIMEOUT)?)
    }

    /// A year of daily bars of `symbol` as [`legacy_symbol`](super::legacy_symbol) spells it. Asked once: nothing is
    /// repeated. Cancel safe.
    ///
    /// # Errors
    /// Any of [`Error`]; after [`Error::RateLimited`] or [`Error::Transport`] every call fails with [`Error::Paused`] for ten minutes.
    pub async fn history(&self, symbol: &str) -> Result<ChartHistory, Error> {
        if self.is_paused() {
            return Err(Error::Paused);
        }
        let below = |admitted| (admitted < self.limit).then_some(admitted + 1);
        if self
            .admitted
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, below)
            .is_err()
        {
            return Err(Error::LimitReached { limit: self.limit });
        }
        let url = endpoint(&self.base, &["v8", "finance", "chart", symbol], QUERY);
        let _turn = self.pacer.turn(|| !self.is_paused()).await.ok_or(Error::Paused)?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let sent = self.transport.send(Request::get(url), LARGEST_BODY).await;
        let answer = sent.map_err(Error::Transport).and_then(|reply| read(&reply));
        if matches!(answer, Err(Error::RateLimited | Error::Transport(_))) {
            self.closed_until
                .store(self.now().saturating_add(PAUSE_MILLIS), Ordering::Relaxed);
        }
        answer
    }

    /// Requests sent so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    fn is_paused(&self) -> bool {
        self.now() < self.closed_until.load(Ordering::Relaxed)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// What `reply` says. A throttled server may say so with any status, and a service that is down with 200.
pub(super) fn read(reply: &Reply) -> Result<ChartHistory, Error> {
    let said = || clean(&String::from_utf8_lossy(reply.body.get(..2_000).unwrap_or(&reply.body)));
    if reply.status == 429 || said().ends_with("Too Many Requests") {
        return Err(Error::RateLimited);
    }
    if reply.html || reply.body.trim_ascii_start().starts_with(b"<") {
        return Err(Error::WebPage { what: said() });
    }
    if reply.status == 404 {
        return Err(Error::Unknown);
    }
    match parse_history(&reply.body) {
        Err(Error::Status { what, .. }) => Err(Error::Status {
            status: reply.status,
            what,
        }),
        Ok(_) | Err(_) if !(200..300).contains(&reply.status) => Err(Error::Status {
            status: reply.status,
            what: said(),
        }),
        answer => answer,
    }
}

const QUERY: &str = "range=1y&interval=1d&includePrePost=false&events=div,splits,capitalGains";
const TIMEOUT: Duration = Duration::from_secs(15);
const IN_FLIGHT: usize = 2;
const PAUSE_MILLIS: u64 = 600_000;
const LARGEST_BODY: usize = 8 * 1024 * 1024;

#[cfg(test)]
mod tests;
