//! What the venue does wrong on purpose.
//!
//! Rules are plain data given at the start, written in Rust or as a [`parse`]d script. They are consulted at two points
//! only: once for each HTTP answer and once for each step of a feed connection. Without a rule the venue behaves.

mod feed;
mod rest;
mod script;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

pub(super) use self::feed::{Place, Step};
pub use self::{
    feed::{Cut, FeedFault, FeedRule, Frames, Layout, SnapshotFault, Trigger},
    rest::{MetricsFault, Refusal, RestEffect, RestRule},
    script::{ScriptError, parse},
};

/// The rules of one venue. For HTTP the first match wins; on the feed every match counts, in the order given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Faults of HTTP answers, the feed's upgrade at `/dxlink` among them.
    pub rest: Vec<RestRule>,
    /// Faults of feed connections.
    pub feed: Vec<FeedRule>,
}

/// Which of the occasions that match a rule it applies to, counted over the whole run of the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// To the first match only.
    Once,
    /// To every match.
    Always,
    /// To the match of this number only, from 1.
    Nth(u64),
    /// To every match but the first so many.
    After(u64),
}

/// The rules with what is left of each.
#[derive(Debug)]
pub(super) struct Script {
    rest: Vec<(RestRule, Left)>,
    feed: Vec<Placed>,
    sockets: AtomicU64,
}

#[derive(Debug)]
struct Placed {
    trigger: Trigger,
    fault: FeedFault,
    step: Step,
    left: Left,
}

impl Script {
    pub(super) fn new(faults: Faults) -> Self {
        let rest = faults.rest.into_iter().map(|rule| {
            let left = Left::times(rule.times);
            (rule, left)
        });
        Self {
            rest: rest.collect(),
            feed: faults.feed.into_iter().map(Placed::new).collect(),
            sockets: AtomicU64::new(0),
        }
    }

    /// What happens to a request for `path` instead of its answer, when the venue is `age` old.
    pub(super) fn on_rest(&self, path: &str, age: Duration) -> Option<&RestEffect> {
        let holds = |rule: &RestRule| {
            path.starts_with(rule.path_prefix.as_str()) && rule.after.is_none_or(|after| after <= age)
        };
        self.rest
            .iter()
            .find(|(rule, left)| holds(rule) && left.take())
            .map(|(rule, _)| &rule.effect)
    }

    /// The number of a connection that has just been opened, from 1.
    pub(super) fn next_socket(&self) -> u64 {
        self.sockets.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    /// What happens at `step` of a feed connection.
    pub(super) fn on_feed(&self, step: Step, place: &Place) -> Vec<FeedFault> {
        self.feed
            .iter()
            .filter(|rule| rule.step == step && rule.trigger.holds(step, place) && rule.left.take())
            .map(|rule| rule.fault.clone())
            .collect()
    }

    /// The age at which [`Step::Moment`] is next worth a look.
    pub(super) fn next_moment(&self, place: &Place) -> Option<Duration> {
        self.feed
            .iter()
            .filter(|rule| rule.step == Step::Moment && rule.trigger.socket.is_none_or(|socket| socket == place.socket))
            .filter_map(|rule| rule.trigger.after)
            .filter(|age| *age > place.since)
            .min()
    }
}

impl Placed {
    fn new(rule: FeedRule) -> Self {
        let (trigger, fault, left) = match rule {
            FeedRule::RefuseTokens(tokens) => (
                Trigger::default(),
                FeedFault::RefuseToken,
                Left::between(1, u64::from(tokens)),
            ),
            FeedRule::DropAfterData { frames, cut, times } => {
                let trigger = Trigger {
                    data: Some(Frames::After(frames)),
                    ..Trigger::default()
                };
                (trigger, FeedFault::Cut(cut), Left::times(times))
            }
            FeedRule::EarlyAuthStrict => (
                Trigger::default(),
                FeedFault::LateAuthState(AUTH_STATE_LAG),
                Left::times(Times::Always),
            ),
            FeedRule::Mute => (Trigger::default(), FeedFault::Mute, Left::times(Times::Always)),
            FeedRule::Placed { trigger, fault, times } => (trigger, fault, Left::times(times)),
        };
        Self {
            step: fault.step(&trigger),
            trigger,
            fault,
            left,
        }
    }
}

/// The numbers of the matches that a rule applies to, and how many there were.
#[derive(Debug)]
struct Left {
    met: AtomicU64,
    first: u64,
    last: u64,
}

impl Left {
    fn times(times: Times) -> Self {
        match times {
            Times::Once => Self::between(1, 1),
            Times::Always => Self::between(1, u64::MAX),
            Times::Nth(number) => Self::between(number, number),
            Times::After(number) => Self::between(number.saturating_add(1), u64::MAX),
        }
    }

    fn between(first: u64, last: u64) -> Self {
        Self {
            met: AtomicU64::new(0),
            first,
            last,
        }
    }

    fn take(&self) -> bool {
        let number = self.met.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        (self.first..=self.last).contains(&number)
    }
}

const AUTH_STATE_LAG: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_for_once_meets_the_first_matching_path_of_its_time_only() {
        let script = Script::new(Faults {
            rest: vec![RestRule {
                path_prefix: "/market-metrics".to_owned(),
                after: Some(Duration::from_secs(2)),
                effect: RestEffect::Hang,
                times: Times::Once,
            }],
            feed: Vec::new(),
        });
        let hangs = |path, seconds| {
            let effect = script.on_rest(path, Duration::from_secs(seconds));
            matches!(effect, Some(RestEffect::Hang))
        };
        assert!(!hangs("/oauth/token", 3));
        assert!(!hangs("/market-metrics", 1), "it is too early");
        assert!(hangs("/market-metrics", 2));
        assert!(!hangs("/market-metrics", 3));
    }

    #[test]
    fn tokens_are_refused_as_often_as_told() {
        let script = with(FeedRule::RefuseTokens(2));
        let answers: Vec<_> = (0..3)
            .map(|_| script.on_feed(Step::Auth, &place(1, 0, 0)).len())
            .collect();
        assert_eq!(answers, [1, 1, 0]);
    }

    #[test]
    fn a_connection_is_cut_only_when_enough_data_has_left() {
        let script = with(FeedRule::DropAfterData {
            frames: 2,
            cut: Cut::Reset,
            times: Times::Once,
        });
        let cut = |data_sent| script.on_feed(Step::DataSent, &place(1, data_sent, 0));
        assert_eq!(cut(1), []);
        assert_eq!(cut(2), [FeedFault::Cut(Cut::Reset)]);
        assert_eq!(cut(3), []);
    }

    #[test]
    fn a_rule_is_met_at_its_number_or_after_it() {
        let numbers = |times| {
            let left = Left::times(times);
            (1..=5).filter(|_| left.take()).count()
        };
        assert_eq!(
            [Times::Once, Times::Always, Times::Nth(3), Times::After(3)].map(numbers),
            [1, 5, 1, 2]
        );
    }

    #[test]
    fn a_moment_comes_once_for_each_connection_it_is_meant_for() {
        let trigger = Trigger {
            socket: Some(2),
            after: Some(Duration::from_secs(3)),
            ..Trigger::default()
        };
        let script = with(FeedRule::Placed {
            trigger,
            fault: FeedFault::Garbage,
            times: Times::Always,
        });
        assert_eq!(script.next_moment(&place(1, 0, 0)), None);
        assert_eq!(script.next_moment(&place(2, 0, 0)), Some(Duration::from_secs(3)));
        let met = |socket, since, age| {
            let place = Place {
                since: Duration::from_secs(since),
                ..place(socket, 0, age)
            };
            script.on_feed(Step::Moment, &place).len()
        };
        assert_eq!((met(1, 0, 9), met(2, 0, 2), met(2, 2, 3), met(2, 3, 9)), (0, 0, 1, 0));
    }

    #[test]
    fn messages_place_what_answers_them_and_what_comes_before_the_answer() {
        let met = |messages, fault: FeedFault, step| {
            let script = with(FeedRule::Placed {
                trigger: Trigger {
                    messages: Some(messages),
                    ..Trigger::default()
                },
                fault,
                times: Times::Always,
            });
            let at = |heard| Place {
                heard,
                ..place(1, 0, 0)
            };
            (1..=5)
                .filter(|heard| !script.on_feed(step, &at(*heard)).is_empty())
                .collect::<Vec<u64>>()
        };
        assert_eq!(met(Frames::At(3), FeedFault::Mute, Step::Heard), [3]);
        assert_eq!(met(Frames::After(3), FeedFault::Garbage, Step::Heard), [4, 5]);
        assert_eq!(met(Frames::At(2), FeedFault::RefuseToken, Step::Auth), [2]);
        let mute = met(Frames::At(2), FeedFault::Mute, Step::Authorized);
        assert!(mute.is_empty(), "{mute:?}");
    }

    fn with(rule: FeedRule) -> Script {
        Script::new(Faults {
            rest: Vec::new(),
            feed: vec![rule],
        })
    }

    fn place(socket: u64, data_sent: u64, seconds: u64) -> Place {
        Place {
            socket,
            data_sent,
            heard: 0,
            since: Duration::ZERO,
            age: Duration::from_secs(seconds),
        }
    }
}
