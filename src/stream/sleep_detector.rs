//! Whether the machine slept: the wall clock goes on while it does, the monotonic clock stands.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Tells the time of day.
pub(super) type Wall = fn() -> Timestamp;

/// How often a connection looks at both clocks.
pub(super) const GLANCE: Duration = Duration::from_secs(1);

/// More than any correction of a clock that is kept by the network, less than any server waits for a silent client.
const NAP: Duration = Duration::from_secs(30);

/// Whether the machine slept while the monotonic clock advanced by `monotonic` and the wall clock by `wall`. A wall
/// clock that was set back proves nothing. Where the monotonic clock counts sleep, the keepalive notices instead.
pub fn woke(monotonic: Duration, wall: SignedDuration) -> bool {
    Duration::try_from(wall).is_ok_and(|wall| wall.saturating_sub(monotonic) > NAP)
}

/// Both clocks at the last glance.
#[derive(Debug)]
pub(super) struct Watch {
    wall: Wall,
    seen: (Instant, Timestamp),
}

impl Watch {
    pub(super) fn new(wall: Wall) -> Self {
        Self {
            wall,
            seen: (Instant::now(), wall()),
        }
    }

    /// Whether the machine slept since the last glance.
    pub(super) fn woke(&mut self) -> bool {
        let seen = (Instant::now(), (self.wall)());
        let before = std::mem::replace(&mut self.seen, seen);
        woke(
            seen.0.saturating_duration_since(before.0),
            seen.1.duration_since(before.1),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_wall_clock_far_ahead_of_the_monotonic_one_means_sleep() {
        let second = Duration::from_secs(1);
        for (wall, slept) in [
            (-3_600, false),
            (0, false),
            (1, false),
            (31, false),
            (32, true),
            (8 * 3_600, true),
        ] {
            assert_eq!(woke(second, SignedDuration::from_secs(wall)), slept, "{wall} s");
        }
        assert!(!woke(Duration::from_secs(60), SignedDuration::from_secs(60)));
        assert!(!woke(Duration::MAX, SignedDuration::MIN));
    }
}
