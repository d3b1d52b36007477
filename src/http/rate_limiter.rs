//! Requests no faster than agreed: a steady rate with a burst, a bound on how many are under way, and a pause for all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// The pace of one host. Shared by reference; every state is one atomic, so nothing is ever locked while waiting.
#[derive(Debug)]
pub struct RateLimiter {
    start: Instant,
    interval: Duration,
    burst: u32,
    permits: Semaphore,
    next_free: AtomicU64,
    held_until: AtomicU64,
}

impl RateLimiter {
    /// `per_second` requests a second after a burst of `burst`, at most `in_flight` under way. A rate that is not a
    /// positive number means one request in ten seconds.
    pub fn new(per_second: f64, burst: u32, in_flight: usize) -> Self {
        let interval = if per_second > 0.0 { 1.0 / per_second } else { SLOWEST };
        Self {
            start: Instant::now(),
            interval: Duration::from_secs_f64(interval.min(SLOWEST)),
            burst: burst.max(1),
            permits: Semaphore::new(in_flight.max(1)),
            next_free: AtomicU64::new(0),
            held_until: AtomicU64::new(0),
        }
    }

    /// Waits for a turn and takes it until the permit is dropped; `None` once `wanted` says no, which is asked before
    /// each wait and after it. Cancel safe: a dropped wait costs its turn, nothing else.
    pub async fn turn(&self, wanted: impl Fn() -> bool) -> Option<SemaphorePermit<'_>> {
        let permit = self.permits.acquire().await.ok()?;
        if !wanted() {
            return None;
        }
        let now = self.elapsed();
        let turn = |next| reserve(next, now, nanos(self.interval), self.burst);
        let before = self
            .next_free
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| Some(turn(next).1));
        let (at, _) = turn(before.unwrap_or_else(|unchanged| unchanged));
        loop {
            let ready = at.max(self.held_until.load(Ordering::Relaxed));
            if self.elapsed() >= ready {
                return wanted().then_some(permit);
            }
            sleep_until(self.start + Duration::from_nanos(ready)).await;
        }
    }

    /// Lets no further request start for `pause`. What is under way goes on.
    pub fn hold(&self, pause: Duration) {
        self.held_until
            .fetch_max(self.elapsed().saturating_add(nanos(pause)), Ordering::Relaxed);
    }

    fn elapsed(&self) -> u64 {
        nanos(self.start.elapsed())
    }
}

/// The generic cell rate algorithm on nanoseconds: when a request that comes at `now` may start, and the state after it.
fn reserve(next_free: u64, now: u64, interval: u64, burst: u32) -> (u64, u64) {
    let free = next_free.max(now);
    let tolerance = interval.saturating_mul(u64::from(burst - 1));
    (free.saturating_sub(tolerance).max(now), free.saturating_add(interval))
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

const SLOWEST: f64 = 10.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
        let pacer = RateLimiter::new(4.0, 8, 8);
        let start = Instant::now();
        for _ in 0..8 {
            drop(pacer.turn(|| true).await);
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..4 {
            drop(pacer.turn(|| true).await);
        }
        assert_eq!(start.elapsed(), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_back_everyone_and_only_ever_grows() {
        let pacer = RateLimiter::new(100.0, 8, 8);
        let start = Instant::now();
        pacer.hold(Duration::from_secs(30));
        pacer.hold(Duration::from_secs(2));
        let (first, second) = tokio::join!(pacer.turn(|| true), pacer.turn(|| true));
        assert!(first.is_some() && second.is_some());
        assert_eq!(start.elapsed(), Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_no_longer_wanted_does_not_wait() {
        let pacer = RateLimiter::new(0.1, 1, 1);
        let start = Instant::now();
        drop(pacer.turn(|| true).await);
        assert!(pacer.turn(|| false).await.is_none());
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_are_under_way_than_agreed() {
        let pacer = RateLimiter::new(1000.0, 100, 2);
        let held = (pacer.turn(|| true).await, pacer.turn(|| true).await);
        let third = tokio::time::timeout(Duration::from_secs(60), pacer.turn(|| true)).await;
        assert!(third.is_err());
        drop(held);
        assert!(pacer.turn(|| true).await.is_some());
    }
}
