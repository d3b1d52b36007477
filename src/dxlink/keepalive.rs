//! When this side must speak and when the other side counts as dead.

use std::time::{Duration, Instant};

/// The two clocks of one connection.
#[derive(Debug)]
pub(super) struct Keepalive {
    own: Duration,
    server: Duration,
    sent: Instant,
    heard: Instant,
}

impl Keepalive {
    /// A connection that opened `now`, on which this side announces `own`.
    pub(super) fn new(own: Duration, now: Instant) -> Self {
        Self {
            own,
            server: DEFAULT,
            sent: now,
            heard: now,
        }
    }

    /// Adopts the server's announcement in seconds: absent, zero and negative mean 60, all else lies in 1 to 300.
    pub(super) fn adopt(&mut self, seconds: Option<f64>) {
        self.server = match seconds {
            Some(seconds) if seconds > 0.0 => Duration::from_secs_f64(seconds.clamp(1.0, 300.0)),
            Some(_) | None => DEFAULT,
        };
    }

    /// Something was sent.
    pub(super) fn sent(&mut self, now: Instant) {
        self.sent = now;
    }

    /// A message was heard.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
    }

    /// When this side has to send, whatever it is.
    pub(super) fn due(&self) -> Instant {
        self.sent + (self.server.min(DEFAULT) / 2).max(FLOOR)
    }

    /// When the server counts as dead if nothing is heard until then.
    pub(super) fn dead_at(&self) -> Instant {
        self.heard + self.server.max(self.own) + GRACE
    }

    /// How long the server has been silent.
    pub(super) fn silence(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.heard)
    }
}

const DEFAULT: Duration = Duration::from_secs(60);
const FLOOR: Duration = Duration::from_secs(1);
const GRACE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_announcements_never_make_a_busy_or_an_endless_clock() {
        for (announced, send_after, dead_after) in [
            (Some(60.0), 30.0, 65.0),
            (None, 30.0, 65.0),
            (Some(0.0), 30.0, 65.0),
            (Some(-5.0), 30.0, 65.0),
            (Some(f64::NAN), 30.0, 65.0),
            (Some(1e9), 30.0, 305.0),
            (Some(0.2), 1.0, 65.0),
            (Some(20.0), 10.0, 65.0),
            (Some(120.0), 30.0, 125.0),
        ] {
            let now = Instant::now();
            let mut keepalive = Keepalive::new(Duration::from_secs(60), now);
            keepalive.adopt(announced);
            assert_eq!(
                keepalive.due() - now,
                Duration::from_secs_f64(send_after),
                "{announced:?}"
            );
            assert_eq!(
                keepalive.dead_at() - now,
                Duration::from_secs_f64(dead_after),
                "{announced:?}"
            );
        }
    }
}
