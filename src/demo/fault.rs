//! What the venue does wrong on purpose.
//!
//! Rules are plain data given at the start. They are consulted at two points only: once for each HTTP answer and once
//! for each step of a feed connection. Without a rule the venue behaves.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// The rules of one venue, first match wins.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Faults of HTTP answers, the feed's upgrade at `/dxlink` among them.
    pub rest: Vec<RestRule>,
    /// Faults of feed connections.
    pub feed: Vec<FeedRule>,
}

/// What happens to requests whose path starts with `path_prefix`.
#[derive(Debug, Clone)]
pub struct RestRule {
    /// Start of the path, with its leading slash.
    pub path_prefix: String,
    /// What is answered instead.
    pub effect: RestEffect,
    /// How many requests it meets.
    pub times: Times,
}

/// What stands in for an HTTP answer.
#[derive(Debug, Clone)]
pub enum RestEffect {
    /// No answer ever comes; the connection stays open.
    Hang,
    /// This answer comes.
    Status(Refusal),
}

/// A ready-made HTTP answer.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The HTTP status, 100 to 999.
    pub status: u16,
    /// The body as text.
    pub body: String,
    /// The content type.
    pub content_type: &'static str,
    /// The `Retry-After` header as sent: seconds or a date.
    pub retry_after: Option<String>,
}

/// How often a rule applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// To the first match only.
    Once,
    /// To every match.
    Always,
}

/// What goes wrong on feed connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedRule {
    /// The first so many AUTH messages are answered `UNAUTHORIZED`.
    RefuseTokens(u32),
    /// The connection is cut right after its `frames`-th `FEED_DATA`; 0 counts as 1.
    DropAfterData {
        /// Data frames that still leave.
        frames: u64,
        /// How the connection ends.
        cut: Cut,
        /// How many connections it meets.
        times: Times,
    },
    /// The first AUTH_STATE lags 50 ms behind SETUP, and an AUTH sent before it meets "Session not found: api".
    EarlyAuthStrict,
    /// Once authorised, nothing leaves any more, not even a KEEPALIVE; the socket stays open.
    Mute,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// A TCP reset without a close frame.
    Reset,
    /// A close frame with this code.
    Close(u16),
}

/// A step of a feed connection at which a rule may interfere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The first AUTH_STATE is about to follow SETUP.
    AuthState,
    /// An AUTH has come in.
    Auth,
    /// Something is about to leave an authorised connection.
    Leave,
    /// The connection has sent this many data frames, the last one just now.
    DataSent(u64),
}

/// What a rule does to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FeedEffect {
    /// The AUTH_STATE waits this long.
    Hold(Duration),
    /// The token is refused.
    Refuse,
    /// What was about to leave is swallowed.
    Swallow,
    /// The connection ends.
    Cut(Cut),
}

/// The rules with what is left of each.
#[derive(Debug)]
pub(super) struct Script {
    rest: Vec<(RestRule, Left)>,
    feed: Vec<(FeedRule, Left)>,
}

impl Script {
    pub(super) fn new(faults: Faults) -> Self {
        let rest = faults.rest.into_iter().map(|rule| {
            let left = Left::times(rule.times);
            (rule, left)
        });
        let feed = faults.feed.into_iter().map(|rule| {
            let left = match rule {
                FeedRule::RefuseTokens(tokens) => Left::count(tokens),
                FeedRule::DropAfterData { times, .. } => Left::times(times),
                FeedRule::EarlyAuthStrict | FeedRule::Mute => Left::times(Times::Always),
            };
            (rule, left)
        });
        Self {
            rest: rest.collect(),
            feed: feed.collect(),
        }
    }

    /// What happens to a request for `path` instead of its answer.
    pub(super) fn on_rest(&self, path: &str) -> Option<&RestEffect> {
        self.rest
            .iter()
            .find(|(rule, left)| path.starts_with(rule.path_prefix.as_str()) && left.take())
            .map(|(rule, _)| &rule.effect)
    }

    /// What happens at `step` of a feed connection.
    pub(super) fn on_feed(&self, step: Step) -> Option<FeedEffect> {
        self.feed
            .iter()
            .find_map(|(rule, left)| effect(*rule, step).filter(|_| left.take()))
    }
}

fn effect(rule: FeedRule, step: Step) -> Option<FeedEffect> {
    match (rule, step) {
        (FeedRule::RefuseTokens(_), Step::Auth) => Some(FeedEffect::Refuse),
        (FeedRule::DropAfterData { frames, cut, .. }, Step::DataSent(sent)) if sent >= frames => {
            Some(FeedEffect::Cut(cut))
        }
        (FeedRule::EarlyAuthStrict, Step::AuthState) => Some(FeedEffect::Hold(AUTH_STATE_LAG)),
        (FeedRule::Mute, Step::Leave) => Some(FeedEffect::Swallow),
        (
            FeedRule::RefuseTokens(_) | FeedRule::DropAfterData { .. } | FeedRule::EarlyAuthStrict | FeedRule::Mute,
            Step::AuthState | Step::Auth | Step::Leave | Step::DataSent(_),
        ) => None,
    }
}

/// How often a rule may still apply; `None` is without end.
#[derive(Debug)]
struct Left(Option<AtomicU32>);

impl Left {
    fn times(times: Times) -> Self {
        match times {
            Times::Once => Self::count(1),
            Times::Always => Self(None),
        }
    }

    fn count(times: u32) -> Self {
        Self(Some(AtomicU32::new(times)))
    }

    fn take(&self) -> bool {
        self.0.as_ref().is_none_or(|left| {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                .is_ok()
        })
    }
}

const AUTH_STATE_LAG: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_for_once_meets_the_first_matching_path_only() {
        let script = Script::new(Faults {
            rest: vec![RestRule {
                path_prefix: "/market-metrics".to_owned(),
                effect: RestEffect::Hang,
                times: Times::Once,
            }],
            feed: Vec::new(),
        });
        assert!(script.on_rest("/oauth/token").is_none());
        assert!(matches!(script.on_rest("/market-metrics"), Some(RestEffect::Hang)));
        assert!(script.on_rest("/market-metrics").is_none());
    }

    #[test]
    fn tokens_are_refused_as_often_as_told() {
        let script = Script::new(Faults {
            rest: Vec::new(),
            feed: vec![FeedRule::RefuseTokens(2)],
        });
        let answers: Vec<_> = (0..3).map(|_| script.on_feed(Step::Auth)).collect();
        assert_eq!(answers, [Some(FeedEffect::Refuse), Some(FeedEffect::Refuse), None]);
    }

    #[test]
    fn a_connection_is_cut_only_when_enough_data_has_left() {
        let rule = FeedRule::DropAfterData {
            frames: 2,
            cut: Cut::Reset,
            times: Times::Once,
        };
        let script = Script::new(Faults {
            rest: Vec::new(),
            feed: vec![rule],
        });
        assert_eq!(script.on_feed(Step::DataSent(1)), None);
        assert_eq!(script.on_feed(Step::DataSent(2)), Some(FeedEffect::Cut(Cut::Reset)));
        assert_eq!(script.on_feed(Step::DataSent(3)), None);
    }
}
