//! Wall time of a run: read once at the edge, carried on by the monotonic clock.

use jiff::Timestamp;
use tokio::time::Instant;

/// The moment a run began, on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// Wall time at `epoch`.
    pub wall: Timestamp,
    /// The instant `wall` belongs to.
    pub epoch: Instant,
    /// Whether wall time stands still, so that a run at a given moment can be repeated to the byte.
    pub stands: bool,
}

impl Clock {
    /// A clock that starts now at `wall`.
    pub fn starting_at(wall: Timestamp) -> Self {
        Self {
            wall,
            epoch: Instant::now(),
            stands: false,
        }
    }

    /// Wall time now.
    pub fn now(&self) -> Timestamp {
        if self.stands {
            return self.wall;
        }
        self.wall.checked_add(self.epoch.elapsed()).unwrap_or(Timestamp::MAX)
    }

    /// Takes `wall` for the wall time of now, unless time stands: over hours the two clocks drift apart, and one of them
    /// stops while the machine sleeps.
    pub(super) fn set(&mut self, wall: Timestamp) {
        if !self.stands {
            self.wall = wall.checked_sub(self.epoch.elapsed()).unwrap_or(wall);
        }
    }

    /// Wall time and the instant it belongs to, as a window stamps by them.
    pub(super) fn stamps(&self) -> (Timestamp, Option<Instant>) {
        (self.wall, (!self.stands).then_some(self.epoch))
    }

    /// Whole milliseconds since the start.
    pub fn millis(&self) -> u64 {
        millis(self.epoch.elapsed())
    }
}

/// A duration in whole milliseconds.
pub(super) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
