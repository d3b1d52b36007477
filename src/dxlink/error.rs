//! What ends a connection, and what is odd but survived.

use std::time::Duration;

use super::event::EventType;
use super::output::Phase;

/// Why a connection has to be dropped. The texts of the server are cleaned for a terminal and hold no token.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// The server does not speak this protocol version.
    #[error("the server refuses this protocol version: {message}")]
    UnsupportedProtocol {
        /// What the server said.
        message: String,
    },
    /// The server heard nothing from this side for too long.
    #[error("the server gave up waiting: {message}")]
    ServerTimeout {
        /// What the server said.
        message: String,
    },
    /// A step of the handshake was not answered in time.
    #[error("no answer within the time limit in phase {0}")]
    HandshakeTimeout(Phase),
    /// Nothing was heard from the server for longer than either side allows.
    #[error("nothing heard from the server for {} s", silence.as_secs())]
    Silent {
        /// How long nothing was heard.
        silence: Duration,
    },
    /// The server closed the channel several times in a row without sending data between.
    #[error("the server closed the feed channel {closed} times in a row")]
    ChannelStorm {
        /// How often.
        closed: u32,
    },
    /// Too many frames in a row were not messages.
    #[error("{frames} frames in a row could not be read")]
    Garbage {
        /// How many.
        frames: u32,
    },
    /// The server refused a fresh token as well.
    #[error("the server refuses the token, and a fresh one too")]
    TokenRefused,
    /// The server does not know the session yet: a known transient fault of its login service.
    #[error("the server has no session for the token yet: {message}")]
    SessionNotFound {
        /// What the server said.
        message: String,
    },
    /// The server reported a login fault outside the login states.
    #[error("the server reports a login fault: {message}")]
    Unauthorized {
        /// What the server said.
        message: String,
    },
}

impl Error {
    /// Whether a new connection would end the same way.
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::UnsupportedProtocol { .. } | Self::TokenRefused => true,
            Self::ServerTimeout { .. }
            | Self::HandshakeTimeout(_)
            | Self::Silent { .. }
            | Self::ChannelStorm { .. }
            | Self::Garbage { .. }
            | Self::SessionNotFound { .. }
            | Self::Unauthorized { .. } => false,
        }
    }

    /// Whether the next connection should bring a freshly fetched token.
    pub fn wants_fresh_token(&self) -> bool {
        match self {
            Self::TokenRefused | Self::SessionNotFound { .. } | Self::Unauthorized { .. } => true,
            Self::UnsupportedProtocol { .. }
            | Self::ServerTimeout { .. }
            | Self::HandshakeTimeout(_)
            | Self::Silent { .. }
            | Self::ChannelStorm { .. }
            | Self::Garbage { .. } => false,
        }
    }
}

/// Something odd that was survived. The texts of the server are cleaned for a terminal and hold no token.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Anomaly {
    /// A message type this client does not know; told once per type.
    #[error("unknown message type {kind}")]
    UnknownMessage {
        /// The type.
        kind: String,
    },
    /// The server reported an error that does not end the connection.
    #[error("server error {kind} on channel {channel}: {message}")]
    ServerError {
        /// The channel it belongs to, 0 for the connection.
        channel: u64,
        /// `BAD_ACTION`, `UNKNOWN` or what else the server says; empty when it says nothing.
        kind: String,
        /// What the server said.
        message: String,
    },
    /// The server could not read a message of ours: a fault of this program.
    #[error("the server could not read a message: {message}")]
    Misunderstood {
        /// What the server said.
        message: String,
    },
    /// Subscriptions came too fast for the server; the silent ones are sent again after a pause.
    #[error("subscription rate refused, adding again after a pause: {message}")]
    RateRefused {
        /// What the server said.
        message: String,
    },
    /// A frame that is not a JSON message.
    #[error("unreadable frame of {bytes} bytes")]
    UnreadableFrame {
        /// Its length.
        bytes: usize,
    },
    /// A data message whose shape is not the feed's.
    #[error("data message of unknown shape")]
    MalformedData,
    /// Values that do not fill whole rows of the negotiated columns; all of them are rejected.
    #[error("{values} values of {event_type} do not fill rows of {columns} columns")]
    RaggedRows {
        /// The event type.
        event_type: EventType,
        /// Columns in a row.
        columns: usize,
        /// Values received.
        values: usize,
    },
    /// The server does not serve a column without which the type cannot be read; told once per layout.
    #[error("the server does not serve {event_type} column {column}")]
    MissingColumn {
        /// The event type.
        event_type: EventType,
        /// The column's name on the wire.
        column: &'static str,
    },
    /// A value of the wrong kind was taken as absent; told once per column.
    #[error("odd values in column {column}")]
    OddValue {
        /// The column's name on the wire.
        column: &'static str,
    },
    /// The server opened a channel nobody requested.
    #[error("channel {channel} opened without a request")]
    StrayChannel {
        /// The channel.
        channel: u64,
    },
    /// The server closed the feed channel unasked; it is opened again under a new id.
    #[error("the server closed channel {channel}")]
    ChannelClosed {
        /// The channel.
        channel: u64,
    },
}
