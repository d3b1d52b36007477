//! The state machine of one connection.

use std::fmt;
use std::time::{Duration, Instant};

use secrecy::SecretString;

use super::error::{Anomaly, Error};
use super::event::Event;
use super::subscription::Subscription;

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
    /// AUTH is sent, or a fresh token is awaited from the driver.
    AwaitAuthorized,
    /// The channel is requested.
    AwaitChannel,
    /// The channel is open, no FEED_CONFIG has come. It may come late, so nothing is due in this phase.
    AwaitFeedConfig,
    /// Data may come at any time.
    Streaming,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AwaitSetup => "await setup",
            Self::AwaitAuthState => "await auth state",
            Self::AwaitAuthorized => "await authorized",
            Self::AwaitChannel => "await channel",
            Self::AwaitFeedConfig => "await feed config",
            Self::Streaming => "streaming",
        })
    }
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
    /// The server refused subscriptions: the entries without an answer stay silent, and none is added any more.
    SubscriptionRefused {
        /// What the server said, cleaned for a terminal.
        message: String,
    },
    /// Something odd that was survived.
    Anomaly(Anomaly),
}

/// One connection, from SETUP to the last message. It is created when the socket is open and dropped with it.
#[derive(Debug)]
pub struct Protocol {}

impl Protocol {
    /// A connection whose socket has just opened: SETUP is ready to be sent.
    pub fn new(
        settings: Settings,
        token: SecretString,
        wanted: impl IntoIterator<Item = Subscription>,
        now: Instant,
    ) -> Self {
        let _ = (settings, token, wanted.into_iter().count(), now);
        Self {}
    }

    /// Takes one text frame of the server.
    ///
    /// # Errors
    /// The connection is to be dropped; [`Error`] says why.
    pub fn handle_text(&mut self, text: &str, now: Instant) -> Result<(), Error> {
        let _ = (text, now);
        Ok(())
    }

    /// Lets deadlines pass. May be called at any time, too often does no harm.
    ///
    /// # Errors
    /// The server is silent, or a step of the handshake took too long: drop the connection.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        let _ = now;
        Ok(())
    }

    /// The next text to write now. Call it until it says `None`, after each other call and at [`Self::poll_timeout`].
    pub fn poll_transmit(&mut self, now: Instant) -> Option<String> {
        let _ = now;
        None
    }

    /// The next thing to know, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        None
    }

    /// When [`Self::handle_timeout`] and [`Self::poll_transmit`] want to be called next; in the past for "now".
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// Logs in again on the same socket with `token`: the answer to [`Output::TokenRefused`].
    pub fn authenticate(&mut self, token: SecretString, now: Instant) {
        let _ = (token, now);
    }

    /// Adds one entry to the wanted set; an entry that is there already changes nothing.
    pub fn subscribe(&mut self, subscription: Subscription) {
        let _ = subscription;
    }

    /// Takes one entry out of the wanted set.
    pub fn unsubscribe(&mut self, subscription: &Subscription) {
        let _ = subscription;
    }

    /// The text that ends the channel politely, `None` when no channel is open.
    pub fn farewell(&mut self) -> Option<String> {
        None
    }

    /// How far the connection is.
    pub fn phase(&self) -> Phase {
        Phase::AwaitSetup
    }

    /// Events that could not be read or belong to no wanted entry.
    pub fn dropped(&self) -> u64 {
        0
    }

    /// Events read and matched, each row of a series counted.
    pub fn events(&self) -> u64 {
        0
    }
}
