//! How long to wait before asking again. Pure: chance comes in as `jitter`, a number from 0 to 1.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// What `Retry-After` asks for: seconds, or an HTTP date seen from `now`. `None` when it is neither.
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = date(value)?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// An HTTP date.
pub fn date(value: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(value.trim()).ok()
}

/// The pause after failed try number `attempt` (counted from 1): 0.5 s, 1 s, 2 s, …, at most a minute.
pub fn backoff(attempt: u32) -> Duration {
    LONGEST.min(Duration::from_millis(500).saturating_mul(1 << attempt.saturating_sub(1).min(10)))
}

/// `pause`, at most a minute, made up to a quarter longer by `jitter`.
pub fn stretched(pause: Duration, jitter: f64) -> Duration {
    pause.min(LONGEST).mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 4.0)
}

const LONGEST: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-20T20:59:30Z".parse().expect("a time")
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        assert_eq!(retry_after("7", now()), Some(Duration::from_secs(7)));
        assert_eq!(
            retry_after("Fri, 20 Nov 2026 21:00:00 GMT", now()),
            Some(Duration::from_secs(30))
        );
        assert_eq!(
            retry_after("Fri, 20 Nov 2026 20:00:00 GMT", now()),
            Some(Duration::ZERO)
        );
        assert_eq!(retry_after("soon", now()), None);
    }

    #[test]
    fn pauses_double_and_never_pass_a_minute_and_a_quarter() {
        assert_eq!(backoff(1), Duration::from_millis(500));
        assert_eq!(backoff(2), Duration::from_secs(1));
        assert_eq!(backoff(u32::MAX), Duration::from_secs(60));
        assert_eq!(stretched(Duration::from_secs(10), 1.0), Duration::from_millis(12_500));
        assert_eq!(stretched(Duration::from_secs(86_400), 1.0), Duration::from_secs(75));
    }

    proptest! {
        #[test]
        fn whatever_a_server_asks_for_is_a_pause_of_a_minute_and_a_quarter_at_most(
            text in any::<String>(),
            number in any::<u64>(),
            day in "(Mon, )?[0-9]{1,2} (Jan|Dec|Foo) -?[0-9]{1,6} [0-9]{2}:[0-9]{2}:[0-9]{2} (GMT|-2559|[+]9999)",
        ) {
            for value in [text, number.to_string(), day] {
                if let Some(pause) = retry_after(&value, now()) {
                    prop_assert!(stretched(pause, 1.0) <= Duration::from_secs(75));
                }
            }
        }
    }
}
