//! Who was asked, who has answered, and when the rest counts as silent. Pure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use smol_str::SmolStr;
use tokio::time::Instant;
use variance_dxlink::{Candle, Candles, EventType, Subscription};
use variance_time::{self as time, Calendar};

/// Most candle subscriptions alive at once; the feed allows a hundred a session.
pub const CANDLE_WINDOW: usize = 90;

/// A feed answers a subscription with what it has at once, and an unknown symbol with nothing for ever. Nobody new
/// heard of for this long means that the others have nothing to say.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// A history takes the server longer to collect than a last value.
const CANDLE_PATIENCE: Duration = Duration::from_millis(2_500);

/// What is wanted of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The entry.
    pub entry: Subscription,
    /// Whether the window waits for it. The feed has no such event for many an instrument, and silence takes time.
    pub required: bool,
    /// Of a series of bars those that are known already; the entry then starts where these must be asked for from.
    pub known: Option<Known>,
    /// Of a series of bars: what is wanted as well if it turns out short.
    pub shortfall: Option<Shortfall>,
}

/// Closed bars that a series may go on from.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// The bars.
    pub candles: Candles,
    /// Where the series was asked for from, Unix milliseconds: if it was revised, it is asked for again from there.
    pub since: i64,
}

/// A further series of bars, for one that turns out short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortfall {
    /// Bars that are enough.
    pub least: usize,
    /// The last bar of the further series that is known, Unix milliseconds: a short series whose last unbroken run of
    /// bars begins by then needs no more of it.
    pub known_until: Option<i64>,
    /// Whose sessions both trade in.
    pub market: Calendar,
    /// The further series.
    pub entry: Subscription,
}

impl Shortfall {
    /// Whether `candles` are so few that the further series is wanted. Without a bar there is nothing to add to, and
    /// where the feed cut them, what they lack is their own.
    pub fn applies_to(&self, candles: &Candles) -> bool {
        let is_known = |start| self.known_until.is_some_and(|until| until >= start);
        let is_short = candles.bars.len() < self.least && !candles.snipped;
        is_short && self.unbroken_since(candles).is_some_and(|start| !is_known(start))
    }

    /// The first of the last bars between which no session is without a sound one, Unix milliseconds.
    fn unbroken_since(&self, candles: &Candles) -> Option<i64> {
        let days = candles.bars.iter().filter(|bar| is_sound(bar));
        let days = days.filter_map(|bar| Some((bar.time, time::date_of_bar(bar.time)?)));
        let mut newest_first = days.rev();
        let (mut start, mut first) = newest_first.next()?;
        for (time, day) in newest_first {
            if time::previous_session(self.market, first) > day {
                break;
            }
            (start, first) = (time, day);
        }
        Some(start)
    }
}

/// Whether a bar is certainly a record of trading. One in doubt counts as none: what is then asked for is only more.
fn is_sound(bar: &Candle) -> bool {
    let (Some(open), Some(high), Some(low), Some(close)) = (bar.open, bar.high, bar.low, bar.close) else {
        return false;
    };
    let is_enclosed = |price: f64| low <= price && price <= high;
    is_enclosed(open) && is_enclosed(close) && [open, high, low, close].iter().all(|price| price.abs() > 0.0)
}

/// How far one entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerState {
    /// Nothing has come yet.
    Pending,
    /// An event has come, even if it held nothing but NaN.
    Answered,
    /// Nothing came, and nothing is expected any more.
    Silent,
}

/// What the feed must be told after a step.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SubscriptionChanges {
    /// Entries to subscribe.
    pub subscribe: Vec<Subscription>,
    /// Entries to take out.
    pub unsubscribe: Vec<Subscription>,
}

/// The entries of one listen window.
#[derive(Debug, Clone, Default)]
pub struct SubscriptionTracker {
    answers: BTreeMap<(EventType, SmolStr), AnswerState>,
    optional: BTreeSet<(EventType, SmolStr)>,
    required: Required,
    queued: VecDeque<Subscription>,
    live: BTreeSet<Subscription>,
    shortfalls: BTreeMap<SmolStr, Shortfall>,
    streaming: bool,
    stirred: Option<Instant>,
}

/// The required entries that are pending, by streamer symbol.
#[derive(Debug, Clone, Default)]
struct Required {
    pending: usize,
    by_symbol: BTreeMap<SmolStr, usize>,
    awaited: BTreeSet<SmolStr>,
}

impl Required {
    fn add(&mut self, symbol: &str, answer: AnswerState) {
        let pending = usize::from(answer == AnswerState::Pending);
        self.pending += pending;
        let streamer = SmolStr::new(streamer(symbol));
        if pending > 0 {
            self.awaited.insert(streamer.clone());
        }
        *self.by_symbol.entry(streamer).or_default() += pending;
    }

    fn settle(&mut self, symbol: &str) {
        self.pending -= 1;
        if let Some(pending) = self.by_symbol.get_mut(streamer(symbol)) {
            *pending -= 1;
            if *pending == 0 {
                self.awaited.remove(streamer(symbol));
            }
        }
    }
}

/// The streamer symbol of an entry: that of `SPY{=d,tho=true}` is `SPY`.
fn streamer(symbol: &str) -> &str {
    symbol.split('{').next().unwrap_or(symbol)
}

impl SubscriptionTracker {
    /// Takes in an entry. Candles beyond [`CANDLE_WINDOW`] wait for their turn.
    pub fn want(&mut self, want: Request, now: Instant) -> SubscriptionChanges {
        let Request {
            entry,
            required,
            shortfall,
            ..
        } = want;
        if let Some(shortfall) = shortfall {
            self.shortfalls.insert(entry.symbol.clone(), shortfall);
        }
        let key = (entry.event_type, entry.symbol.clone());
        if let Some(answer) = self.answers.get(&key) {
            if required && self.optional.remove(&key) {
                self.required.add(&key.1, *answer);
            }
            return SubscriptionChanges::default();
        }
        if required {
            self.required.add(&key.1, AnswerState::Pending);
        } else {
            self.optional.insert(key.clone());
        }
        self.answers.insert(key, AnswerState::Pending);
        self.stirred = Some(now);
        if entry.event_type == EventType::Candle {
            self.queued.push_back(entry);
            return self.refill();
        }
        SubscriptionChanges {
            subscribe: vec![entry],
            unsubscribe: Vec::new(),
        }
    }

    /// The feed has begun to stream: silence counts from here.
    pub fn ready(&mut self, now: Instant) {
        self.streaming = true;
        self.stirred = Some(now);
    }

    /// Somebody has not been asked yet: silence counts from here again.
    pub fn reset_silence_timer(&mut self, now: Instant) {
        self.stirred = Some(now);
    }

    /// The connection is gone: every last value must be heard again, complete histories stand.
    pub fn lost(&mut self) {
        self.streaming = false;
        for ((event_type, _), answer) in &mut self.answers {
            if *event_type != EventType::Candle {
                *answer = AnswerState::Pending;
            }
        }
        self.recount();
    }

    /// Forgets the histories that were asked for and settled, so that they can be wanted again.
    pub fn forget_histories(&mut self) {
        self.answers
            .retain(|(event_type, _), answer| *event_type != EventType::Candle || *answer == AnswerState::Pending);
        self.optional.retain(|key| self.answers.contains_key(key));
        self.recount();
    }

    /// An entry has spoken. A finished candle makes room for the next one.
    pub fn answered(&mut self, event_type: EventType, symbol: &str, now: Instant) -> SubscriptionChanges {
        let key = (event_type, SmolStr::new(symbol));
        let Some(answer) = self
            .answers
            .get_mut(&key)
            .filter(|answer| **answer != AnswerState::Answered)
        else {
            return SubscriptionChanges::default();
        };
        let was = std::mem::replace(answer, AnswerState::Answered);
        if was == AnswerState::Pending && !self.optional.contains(&key) {
            self.required.settle(&key.1);
        }
        self.stirred = Some(now);
        let finished = self
            .live
            .iter()
            .find(|entry| entry.event_type == event_type && entry.symbol == symbol)
            .cloned();
        finished.map_or_else(SubscriptionChanges::default, |entry| self.retire(&entry))
    }

    /// What is wanted besides, now that a series of bars has come whole: the further series if it is short.
    pub fn shortfall_of(&self, candles: &Candles) -> Option<Request> {
        let shortfall = self.shortfalls.get(&candles.symbol)?;
        shortfall.applies_to(candles).then(|| Request {
            entry: shortfall.entry.clone(),
            required: true,
            shortfall: None,
            known: None,
        })
    }

    /// A series that is being asked for turns out to be needed from another start. It stays pending.
    pub fn restart(&mut self, symbol: &str, from_time: i64, now: Instant) -> SubscriptionChanges {
        let Some(entry) = self.live.iter().find(|entry| entry.symbol == symbol).cloned() else {
            return SubscriptionChanges::default();
        };
        self.live.remove(&entry);
        let entry = Subscription {
            from_time: Some(from_time),
            ..entry
        };
        self.live.insert(entry.clone());
        self.stirred = Some(now);
        SubscriptionChanges {
            subscribe: vec![entry],
            unsubscribe: Vec::new(),
        }
    }

    /// When the pending entries will count as silent; `None` while the feed is not streaming or nothing is pending.
    pub fn silent_at(&self) -> Option<Instant> {
        if !self.streaming || self.is_settled() {
            return None;
        }
        let patience = if self.live.is_empty() {
            PATIENCE
        } else {
            CANDLE_PATIENCE
        };
        self.stirred.map(|stirred| stirred + patience)
    }

    /// Marks what is pending as silent, except for candles that have not been asked yet: their turn comes now.
    pub fn fall_silent(&mut self, now: Instant) -> SubscriptionChanges {
        let queued: BTreeSet<&SmolStr> = self.queued.iter().map(|entry| &entry.symbol).collect();
        for ((event_type, symbol), answer) in &mut self.answers {
            let waits = *event_type == EventType::Candle && queued.contains(symbol);
            if *answer == AnswerState::Pending && !waits {
                *answer = AnswerState::Silent;
            }
        }
        self.recount();
        self.stirred = Some(now);
        let given_up = std::mem::take(&mut self.live);
        let mut orders = self.refill();
        orders.unsubscribe.extend(given_up);
        orders
    }

    /// Whether nothing that is required is pending.
    pub fn is_settled(&self) -> bool {
        self.required.pending == 0
    }

    /// Streamer symbols with nothing required pending, and all that something is required of.
    pub fn symbols(&self) -> (usize, usize) {
        let all = self.required.by_symbol.len();
        (all - self.required.awaited.len(), all)
    }

    /// Streamer symbols with something required pending, in order.
    pub fn awaited(&self) -> impl Iterator<Item = &SmolStr> {
        self.required.awaited.iter()
    }

    /// How far an entry is; `None` when it was never wanted.
    pub fn answer(&self, event_type: EventType, symbol: &str) -> Option<AnswerState> {
        self.answers.get(&(event_type, SmolStr::new(symbol))).copied()
    }

    fn recount(&mut self) {
        self.required = Required::default();
        for (key, answer) in &self.answers {
            if !self.optional.contains(key) {
                self.required.add(&key.1, *answer);
            }
        }
    }

    fn retire(&mut self, entry: &Subscription) -> SubscriptionChanges {
        if !self.live.remove(entry) {
            return SubscriptionChanges::default();
        }
        let mut orders = self.refill();
        orders.unsubscribe.push(entry.clone());
        orders
    }

    fn refill(&mut self) -> SubscriptionChanges {
        let mut orders = SubscriptionChanges::default();
        while self.live.len() < CANDLE_WINDOW
            && let Some(next) = self.queued.pop_front()
        {
            self.live.insert(next.clone());
            orders.subscribe.push(next);
        }
        orders
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use variance_dxlink::Candle;

    fn quote(symbol: &str) -> Subscription {
        Subscription {
            event_type: EventType::Quote,
            symbol: symbol.into(),
            from_time: None,
        }
    }

    fn required(entry: Subscription) -> Request {
        Request {
            entry,
            required: true,
            shortfall: None,
            known: None,
        }
    }

    fn candle(number: usize) -> Subscription {
        Subscription {
            event_type: EventType::Candle,
            symbol: format!("S{number:03}{{=d}}").into(),
            from_time: Some(0),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn settles_when_everything_has_answered() {
        let now = Instant::now();
        let mut tracker = SubscriptionTracker::default();
        assert_eq!(tracker.want(required(quote("SPY")), now).subscribe, [quote("SPY")]);
        tracker.ready(now);
        assert!(!tracker.is_settled());
        tracker.answered(EventType::Quote, "SPY", now);
        assert!(tracker.is_settled());
        assert_eq!(tracker.silent_at(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_an_optional_entry() {
        let now = Instant::now();
        let mut tracker = SubscriptionTracker::default();
        let asked = tracker.want(
            Request {
                entry: quote("SPX"),
                required: false,
                shortfall: None,
                known: None,
            },
            now,
        );
        assert_eq!(asked.subscribe, [quote("SPX")]);
        tracker.ready(now);
        assert!(tracker.is_settled());
        tracker.want(required(quote("SPX")), now);
        assert!(!tracker.is_settled(), "whoever requires it makes it required");
    }

    #[tokio::test(start_paused = true)]
    async fn an_unknown_symbol_is_silent_once_nobody_new_is_heard() {
        let now = Instant::now();
        let mut tracker = SubscriptionTracker::default();
        tracker.want(required(quote("SPY")), now);
        tracker.want(required(quote("NOSUCH")), now);
        assert_eq!(tracker.silent_at(), None, "nobody is silent before the feed streams");
        tracker.ready(now);
        tracker.answered(EventType::Quote, "SPY", now + Duration::from_millis(30));
        assert_eq!(
            (tracker.symbols(), tracker.awaited().next().unwrap().as_str()),
            ((1, 2), "NOSUCH")
        );
        let due = tracker.silent_at().unwrap();
        assert_eq!(due, now + Duration::from_millis(30) + PATIENCE);
        tracker.fall_silent(due);
        assert!(tracker.is_settled());
        assert_eq!(tracker.answer(EventType::Quote, "NOSUCH"), Some(AnswerState::Silent));
        assert_eq!(tracker.symbols(), (2, 2), "silent is settled");
    }

    #[tokio::test(start_paused = true)]
    async fn at_most_ninety_candles_live_and_each_finished_one_makes_room() {
        let now = Instant::now();
        let mut tracker = SubscriptionTracker::default();
        let asked: usize = (0..200)
            .map(|number| tracker.want(required(candle(number)), now).subscribe.len())
            .sum();
        assert_eq!(asked, CANDLE_WINDOW);
        tracker.ready(now);
        let orders = tracker.answered(EventType::Candle, "S000{=d}", now);
        assert_eq!(orders.unsubscribe, [candle(0)]);
        assert_eq!(orders.subscribe, [candle(CANDLE_WINDOW)]);
        assert_eq!(
            tracker.answered(EventType::Candle, "S000{=d}", now),
            SubscriptionChanges::default()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn silent_candles_give_their_place_to_the_waiting_ones() {
        let now = Instant::now();
        let mut tracker = SubscriptionTracker::default();
        for number in 0..100 {
            tracker.want(required(candle(number)), now);
        }
        tracker.ready(now);
        let orders = tracker.fall_silent(tracker.silent_at().unwrap());
        assert_eq!(orders.unsubscribe.len(), CANDLE_WINDOW);
        assert_eq!(orders.subscribe.len(), 10);
        assert!(!tracker.is_settled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_history_can_be_wanted_again_once_it_was_forgotten() {
        let now = Instant::now();
        let mut tracker = SubscriptionTracker::default();
        tracker.want(required(quote("SPY")), now);
        tracker.want(required(candle(1)), now);
        tracker.want(required(candle(2)), now);
        tracker.ready(now);
        tracker.answered(EventType::Quote, "SPY", now);
        tracker.answered(EventType::Candle, "S001{=d}", now);
        assert_eq!(tracker.want(required(candle(1)), now), SubscriptionChanges::default());
        tracker.forget_histories();
        assert_eq!(tracker.want(required(candle(1)), now).subscribe, [candle(1)]);
        assert_eq!(
            tracker.want(required(candle(2)), now),
            SubscriptionChanges::default(),
            "this one is still on its way"
        );
        assert_eq!(
            tracker.want(required(quote("SPY")), now),
            SubscriptionChanges::default()
        );
        tracker.answered(EventType::Candle, "S001{=d}", now);
        tracker.answered(EventType::Candle, "S002{=d}", now);
        assert!(tracker.is_settled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_further_series_is_wanted_only_if_one_turns_out_short_and_the_rest_is_not_known() {
        let now = Instant::now();
        // Monday the 5th of January 1970 is the day of number 4.
        let week = |days: &[i64]| {
            let bars = days.iter().map(|day| Candle {
                time: 86_400_000 * day,
                open: Some(2.0),
                high: Some(3.0),
                low: Some(1.0),
                close: Some(2.0),
                ..Candle::default()
            });
            Candles {
                symbol: "S001{=d}".into(),
                bars: bars.collect(),
                snipped: false,
            }
        };
        let asked = |candles: &Candles, known: Option<i64>| {
            let mut tracker = SubscriptionTracker::default();
            let mut want = required(candle(1));
            want.shortfall = Some(Shortfall {
                least: 4,
                known_until: known.map(|day| 86_400_000 * day),
                market: Calendar::UsFutures,
                entry: candle(2),
            });
            tracker.want(want, now);
            tracker.ready(now);
            tracker.answered(EventType::Candle, "S001{=d}", now);
            let further = tracker.shortfall_of(candles);
            let orders = further.map_or_else(SubscriptionChanges::default, |want| tracker.want(want, now));
            assert_eq!(
                tracker.is_settled(),
                orders.subscribe.is_empty(),
                "what is wanted is waited for"
            );
            orders.subscribe.len()
        };
        assert_eq!(asked(&week(&[4, 5, 6, 7]), None), 0, "long enough");
        assert_eq!(asked(&week(&[4, 5, 6]), None), 1);
        assert_eq!(asked(&week(&[]), None), 0, "nothing to add to");
        let cut = Candles {
            snipped: true,
            ..week(&[4, 5, 6])
        };
        assert_eq!(asked(&cut, None), 0, "what it lacks is its own");
        assert_eq!(asked(&week(&[8, 11, 12]), Some(7)), 1);
        assert_eq!(
            asked(&week(&[8, 11, 12]), Some(8)),
            0,
            "known up to where it begins, over a weekend"
        );
        let broken = week(&[4, 6, 7]);
        assert_eq!(asked(&broken, Some(5)), 1, "not known where it is without a hole");
        assert_eq!(asked(&broken, Some(6)), 0);
        let mut spoiled = week(&[4, 5, 6]);
        spoiled.bars[1].close = Some(0.0);
        assert_eq!(asked(&spoiled, Some(5)), 1, "a bad bar is a hole");
        spoiled.bars[1].close = Some(4.0);
        assert_eq!(
            asked(&spoiled, Some(5)),
            1,
            "and so is one whose range misses its close"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_connection_reopens_last_values_but_not_histories() {
        let now = Instant::now();
        let mut tracker = SubscriptionTracker::default();
        tracker.want(required(quote("SPY")), now);
        tracker.want(required(candle(1)), now);
        tracker.ready(now);
        tracker.answered(EventType::Quote, "SPY", now);
        tracker.answered(EventType::Candle, "S001{=d}", now);
        tracker.lost();
        assert_eq!(tracker.answer(EventType::Quote, "SPY"), Some(AnswerState::Pending));
        assert_eq!(
            tracker.answer(EventType::Candle, "S001{=d}"),
            Some(AnswerState::Answered)
        );
        assert_eq!(
            tracker.silent_at(),
            None,
            "silence does not count while there is no connection"
        );
    }
}
