//! When a watch does what. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::time::{self, Calendar};

/// How long metrics, and quotes the feed does not have, count as fresh.
const REFRESH: Duration = Duration::from_secs(300);
/// A daily bar is asked for again this long after its close: the last trades are reported late.
const SETTLING: SignedDuration = SignedDuration::from_mins(5);

/// What is due when.
#[derive(Debug)]
pub(super) struct Schedule {
    every: Duration,
    document: Instant,
    refresh: Option<Instant>,
    closed: BTreeMap<Calendar, Date>,
}

impl Schedule {
    /// A watch of symbols of these markets with a document `every` so often, the first of which is made `now`, at
    /// `wall` time.
    pub(super) fn new(every: Duration, markets: impl Iterator<Item = Calendar>, now: Instant, wall: Timestamp) -> Self {
        Self {
            every,
            document: now + every,
            refresh: Some(now + REFRESH),
            closed: markets.map(|market| (market, last_settled(market, wall))).collect(),
        }
    }

    /// When something is due next.
    pub(super) fn due(&self) -> Instant {
        self.refresh.map_or(self.document, |refresh| refresh.min(self.document))
    }

    /// Whether a document is due; the next one then is at the next multiple of the interval, so that one that was late
    /// delays none and those that were missed are not made up for.
    pub(super) fn take_document(&mut self, now: Instant) -> bool {
        let due = self.document <= now;
        while self.document <= now {
            self.document += self.every.max(SHORTEST);
        }
        due
    }

    /// Whether the metrics are to be asked for again; not before [`Schedule::refreshed`] once more.
    pub(super) fn take_refresh(&mut self, now: Instant) -> bool {
        self.refresh.take_if(|refresh| *refresh <= now).is_some()
    }

    /// The metrics have come.
    pub(super) fn refreshed(&mut self, now: Instant) {
        self.refresh = Some(now + REFRESH);
    }

    /// Whether a session has closed, and its bars have settled, since this was asked last.
    pub(super) fn take_close(&mut self, wall: Timestamp) -> bool {
        let mut closed = false;
        for (market, last) in &mut self.closed {
            let now = last_settled(*market, wall);
            closed |= now > *last;
            *last = now.max(*last);
        }
        closed
    }
}

fn last_settled(market: Calendar, wall: Timestamp) -> Date {
    time::last_closed_session(market, wall.checked_sub(SETTLING).unwrap_or(wall))
}

const SHORTEST: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn schedule(now: Instant, wall: &str) -> Schedule {
        let markets = [Calendar::UsEquities, Calendar::UsFutures].into_iter();
        Schedule::new(2 * SECOND, markets, now, wall.parse().unwrap())
    }

    #[test]
    fn documents_come_at_multiples_of_the_interval_and_missed_ones_are_not_made_up_for() {
        let start = Instant::now();
        let mut schedule = schedule(start, "2026-11-20T18:00:00Z");
        assert_eq!(schedule.due(), start + 2 * SECOND);
        assert!(!schedule.take_document(start + SECOND));
        assert!(schedule.take_document(start + 2 * SECOND));
        assert!(!schedule.take_document(start + 2 * SECOND));
        assert!(schedule.take_document(start + 9 * SECOND), "late");
        assert_eq!(schedule.due(), start + 10 * SECOND);
        assert!(schedule.take_document(start + 10 * SECOND));
    }

    #[test]
    fn metrics_are_asked_for_five_minutes_after_they_last_came() {
        let start = Instant::now();
        let mut schedule = schedule(start, "2026-11-20T18:00:00Z");
        let due = start + 300 * SECOND;
        assert!(!schedule.take_refresh(due - SECOND));
        assert!(schedule.take_refresh(due));
        assert!(!schedule.take_refresh(due + 900 * SECOND), "they are on their way");
        schedule.refreshed(due + 10 * SECOND);
        assert!(!schedule.take_refresh(due + 309 * SECOND));
        assert!(schedule.take_refresh(due + 310 * SECOND));
    }

    #[test]
    fn daily_bars_are_asked_for_again_five_minutes_after_each_close() {
        let mut schedule = schedule(Instant::now(), "2026-11-20T18:00:00Z");
        let mut closed = |wall: &str| schedule.take_close(wall.parse().unwrap());
        for (wall, expected) in [
            ("2026-11-20T21:04:59Z", false),
            ("2026-11-20T21:05:00Z", true),
            ("2026-11-20T21:05:01Z", false),
            ("2026-11-20T22:05:00Z", true),
            ("2026-11-22T12:00:00Z", false),
            ("2026-11-20T18:00:00Z", false),
            ("2026-11-23T21:05:00Z", true),
        ] {
            assert_eq!(closed(wall), expected, "{wall}");
        }
    }
}
