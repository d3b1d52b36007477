//! The one feed channel: requested, open, closed by the server and opened again under the next odd id.

use std::time::Instant;

use super::output::Phase;

/// The channel's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    /// Not requested yet.
    Idle,
    /// Requested. `retried` when an earlier id was not answered in time.
    Requested { id: u64, retried: bool, deadline: Instant },
    /// Open, no columns known.
    Open { id: u64 },
    /// Open, columns or data seen.
    Configured { id: u64 },
    /// Closed by the server; opened again at `at`.
    Closed { at: Instant },
    /// Closed by this side for good.
    Left,
}

impl Channel {
    /// The id on which the feed speaks.
    pub(super) fn id(&self) -> Option<u64> {
        match self {
            Self::Requested { id, .. } | Self::Open { id } | Self::Configured { id } => Some(*id),
            Self::Idle | Self::Closed { .. } | Self::Left => None,
        }
    }

    /// The server has opened the channel, or speaks on it as if it had.
    pub(super) fn opened(&mut self) {
        if let Self::Requested { id, .. } = *self {
            *self = Self::Open { id };
        }
    }

    /// Columns or data of the channel have been read.
    pub(super) fn configured(&mut self) {
        if let Some(id) = self.id() {
            *self = Self::Configured { id };
        }
    }

    /// When something is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Requested { deadline, .. } => Some(*deadline),
            Self::Closed { at } => Some(*at),
            Self::Idle | Self::Open { .. } | Self::Configured { .. } | Self::Left => None,
        }
    }

    /// The phase of a connection that is logged in.
    pub(super) fn phase(&self) -> Phase {
        match self {
            Self::Idle | Self::Requested { .. } | Self::Closed { .. } => Phase::AwaitChannel,
            Self::Open { .. } => Phase::AwaitFeedConfig,
            Self::Configured { .. } | Self::Left => Phase::Streaming,
        }
    }
}
