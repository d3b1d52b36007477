//! What the protocol tells its driver.

use std::fmt;

use super::error::Anomaly;
use super::event::Event;

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
    /// The server refused the token. Answer with [`Protocol::authenticate`](super::Protocol::authenticate) and a fresh
    /// one, or drop the connection.
    TokenRefused,
    /// The server refused subscriptions: the entries without an answer stay silent, and none is added any more.
    SubscriptionRefused {
        /// What the server said, cleaned for a terminal.
        message: String,
    },
    /// Something odd that was survived.
    Anomaly(Anomaly),
}
