//! How fast subscriptions may leave.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Most entries in one message.
pub(super) const BATCH_ENTRIES: usize = 200;
/// Most bytes in one message.
pub(super) const BATCH_BYTES: usize = 8 * 1024;

/// The pace of one connection: a burst at once, then evenly, and never more changes a minute than the feed allows.
#[derive(Debug)]
pub(super) struct Pacing {
    slot: Instant,
    recent: VecDeque<(Instant, usize)>,
    changes: usize,
    paused_until: Option<Instant>,
    most: usize,
    longest: usize,
}

impl Pacing {
    /// A connection that opened `now`.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            slot: now,
            recent: VecDeque::new(),
            changes: 0,
            paused_until: None,
            most: BATCH_ENTRIES,
            longest: 0,
        }
    }

    /// Messages hold at most `entries` from now on.
    pub(super) fn limit(&mut self, entries: usize) {
        self.most = entries.clamp(1, BATCH_ENTRIES);
    }

    /// The most entries a message has held.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// The earliest time for the next message.
    pub(super) fn due(&self) -> Instant {
        let full = (self.changes >= CHANGES)
            .then(|| self.recent.front().map(|(at, _)| *at + WINDOW))
            .flatten();
        [full, self.paused_until]
            .into_iter()
            .flatten()
            .fold(self.slot, Instant::max)
    }

    /// How many entries the next message may hold `now`; 0 when none may be sent.
    pub(super) fn allowance(&mut self, now: Instant) -> usize {
        while let Some((at, entries)) = self.recent.front().copied()
            && now >= at + WINDOW
        {
            self.changes -= entries;
            self.recent.pop_front();
        }
        if now < self.due() {
            0
        } else {
            CHANGES.saturating_sub(self.changes).min(self.most)
        }
    }

    /// A message of `entries` was sent.
    pub(super) fn sent(&mut self, entries: usize, now: Instant) {
        self.recent.push_back((now, entries));
        self.changes += entries;
        self.longest = self.longest.max(entries);
        let burst = self
            .recent
            .iter()
            .rev()
            .take_while(|(at, _)| now < *at + GAP * BURST)
            .count();
        self.slot = if burst < BURST as usize { now } else { now + GAP };
    }

    /// Nothing is sent for a while: the server found the pace too fast.
    pub(super) fn pause(&mut self, now: Instant) {
        self.paused_until = Some(now + PAUSE);
    }
}

const BURST: u32 = 8;
const GAP: Duration = Duration::from_millis(50);
const CHANGES: usize = 9_000;
const WINDOW: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_leaves_at_once_and_the_rest_at_even_steps() {
        let start = Instant::now();
        let mut pacing = Pacing::new(start);
        let mut now = start;
        let sent: Vec<u128> = (0..11)
            .map(|_| {
                now = now.max(pacing.due());
                assert_eq!(pacing.allowance(now), BATCH_ENTRIES);
                pacing.sent(10, now);
                (now - start).as_millis()
            })
            .collect();
        assert_eq!(sent, [0, 0, 0, 0, 0, 0, 0, 0, 50, 100, 150]);
    }

    #[test]
    fn never_more_than_nine_thousand_changes_in_any_minute() {
        let start = Instant::now();
        let mut pacing = Pacing::new(start);
        let mut now = start;
        let mut sent: Vec<(Instant, usize)> = Vec::new();
        for _ in 0..150 {
            now = now.max(pacing.due());
            let entries = pacing.allowance(now);
            assert!(entries > 0);
            pacing.sent(entries, now);
            sent.push((now, entries));
            let minute: usize = sent
                .iter()
                .filter(|(at, _)| now < *at + WINDOW)
                .map(|(_, entries)| entries)
                .sum();
            assert!(minute <= 9_000);
        }
        assert!(now - start > Duration::from_secs(180));
    }

    #[test]
    fn a_pause_holds_everything_back() {
        let start = Instant::now();
        let mut pacing = Pacing::new(start);
        pacing.pause(start);
        assert_eq!(pacing.allowance(start + Duration::from_secs(9)), 0);
        assert_eq!(pacing.due(), start + PAUSE);
        assert_eq!(pacing.allowance(start + PAUSE), BATCH_ENTRIES);
    }
}
