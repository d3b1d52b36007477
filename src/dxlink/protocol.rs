//! The state machine of one connection.

use std::time::{Duration, Instant};

use secrecy::SecretString;
use smol_str::SmolStr;

use super::event::{Event, EventType};

/// What one subscription asks for. Equal subscriptions are one entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subscription {
    /// The event type.
    pub event_type: EventType,
    /// The feed's symbol; for bars a candle symbol, `SPY{=d,tho=true}`.
    pub symbol: SmolStr,
    /// For bars the oldest start wanted, Unix milliseconds.
    pub from_time: Option<i64>,
}

/// What this side announces and asks for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The version line of SETUP: `0.1-variance/0.1.0`.
    pub version: String,
    /// The silence this side allows and promises.
    pub keepalive: Duration,
    /// How long each step of the handshake may take.
    pub step_timeout: Duration,
    /// Wanted aggregation period in seconds.
    pub aggregation_seconds: f64,
}

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// SETUP is sent.
    AwaitSetup,
    /// SETUP has been answered, the first AUTH_STATE has not come.
    AwaitAuthState,
    /// AUTH is sent.
    AwaitAuthorized,
    /// The channel is requested.
    AwaitChannel,
    /// The channel is open, no FEED_CONFIG has come.
    AwaitFeedConfig,
    /// Data may come at any time.
    Streaming,
}

/// What the protocol tells its driver.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// The connection reached a new phase.
    Phase(Phase),
    /// A market event.
    Event(Event),
    /// The server refused the token. Answer with [`Protocol::authenticate`] and a fresh one, or drop the connection.
    TokenRefused,
    /// The server refused subscriptions: the entries without an answer stay silent.
    SubscriptionRefused {
        /// What the server said, cleaned for a terminal.
        message: String,
    },
    /// Something odd that was survived.
    Anomaly(Anomaly),
}

/// Placeholder.
#[derive(Debug, Clone, PartialEq)]
pub enum Anomaly {}
/// Placeholder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Input {}
/// Placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stats {}
/// Placeholder.
#[derive(Debug, thiserror::Error)]
pub enum Error {}

/// One connection, from SETUP to the last message. It is created when the socket is open and dropped with it.
#[derive(Debug)]
pub struct Protocol {}

impl Protocol {
    /// A connection whose socket has just opened: SETUP is ready to be sent.
    pub fn new(settings: Settings, token: SecretString, wanted: Vec<Subscription>, now: Instant) -> Self {
        let _ = (settings, token, wanted, now);
        Self {}
    }
}
