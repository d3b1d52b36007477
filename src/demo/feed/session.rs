//! One connection's side of the protocol: text in, text out, with time as a value.
//!
//! It does no IO. The connection loop feeds it what arrives and wakes it when [`VenueSession::poll_timeout`] says so.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    PricePath,
    channel::Channel,
    message::{self, ChannelRequest, Message, Setup, Subscription},
    write,
};
use crate::{
    Pace,
    fault::{FeedFault, Script, Step},
    rest,
};

mod fault;

use self::fault::spoil_snapshot;

/// What leaves the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outgoing {
    /// One text frame.
    Text(String),
    /// A close frame; nothing follows it.
    Close { code: u16, reason: String },
    /// The end of the TCP connection without a close frame.
    Reset,
}

/// The state of one connection.
#[derive(Debug)]
pub(super) struct VenueSession {
    script: Arc<Script>,
    socket: u64,
    opened: Instant,
    looked: Instant,
    muted: bool,
    held: VecDeque<(Instant, String)>,
    last_data: BTreeMap<String, String>,
    pace: Pace,
    phase: Phase,
    channels: BTreeMap<u64, Channel>,
    changes: VecDeque<Instant>,
    out: Vec<Outgoing>,
    client_timeout: Duration,
    own_timeout: Duration,
    heard: Instant,
    spoke: Instant,
    tick: u64,
    next_tick: Option<Instant>,
    data_sent: u64,
    messages_heard: u64,
    subscribed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    AwaitSetup,
    HoldingAuthState { until: Instant },
    AwaitAuth,
    Authorized,
    Ended,
}

impl VenueSession {
    pub(super) fn new(pace: Pace, script: Arc<Script>, now: Instant) -> Self {
        Self {
            socket: script.next_socket(),
            script,
            opened: now,
            looked: now,
            muted: false,
            held: VecDeque::new(),
            last_data: BTreeMap::new(),
            pace,
            phase: Phase::AwaitSetup,
            channels: BTreeMap::new(),
            changes: VecDeque::new(),
            out: Vec::new(),
            client_timeout: KEEPALIVE_TIMEOUT,
            own_timeout: KEEPALIVE_TIMEOUT,
            heard: now,
            spoke: now,
            tick: 0,
            next_tick: None,
            data_sent: 0,
            messages_heard: 0,
            subscribed: 0,
        }
    }

    /// The same session in a market that has moved on to `tick`.
    pub(super) fn at_tick(self, tick: u64) -> Self {
        Self { tick, ..self }
    }

    /// How far the prices have moved.
    pub(super) fn tick(&self) -> u64 {
        self.tick
    }

    /// What one text frame of the client is answered with, in order.
    pub(super) fn handle_text(&mut self, text: &str, tape: &impl PricePath, now: Instant) -> Vec<Outgoing> {
        let silence = now.saturating_duration_since(self.heard);
        tracing::debug!(
            socket = self.socket,
            silence_ms = silence.as_millis(),
            "heard the client"
        );
        self.heard = now;
        self.messages_heard += 1;
        self.misbehave(Step::Heard, now);
        if text.len() > MAX_MESSAGE_BYTES {
            self.end(Outgoing::Close {
                code: 1009,
                reason: "Text message too large".to_owned(),
            });
        } else {
            match message::parse(text) {
                Ok(message) => self.handle(message, tape, now),
                Err(channel) => self.complain(channel, "INVALID_MESSAGE", "Unable to parse the message.", now),
            }
        }
        std::mem::take(&mut self.out)
    }

    /// What is due by `now`: what was held back, a keepalive, new prices, a fault, or the end of a silent client.
    pub(super) fn handle_timeout(&mut self, tape: &impl PricePath, now: Instant) -> Vec<Outgoing> {
        if let Phase::HoldingAuthState { until } = self.phase
            && until <= now
        {
            self.demand_token(now);
        }
        self.release_held(now);
        self.move_tape(tape, now);
        self.misbehave(Step::Moment, now);
        self.looked = now;
        if self.phase != Phase::AwaitSetup && self.spoke + self.client_timeout / 2 <= now {
            self.emit(r#"{"type":"KEEPALIVE","channel":0}"#.to_owned(), now);
        }
        if self.heard + self.own_timeout <= now {
            self.end(Outgoing::Close {
                code: 1000,
                reason: "Bye".to_owned(),
            });
        }
        std::mem::take(&mut self.out)
    }

    /// When [`VenueSession::handle_timeout`] is next needed; `None` once the session has ended.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let silence = self.heard + self.own_timeout;
        let keepalive = self.spoke + self.client_timeout / 2;
        let next = match self.phase {
            Phase::Ended => return None,
            Phase::AwaitSetup => silence,
            Phase::HoldingAuthState { until } => silence.min(keepalive).min(until),
            Phase::AwaitAuth | Phase::Authorized => silence.min(keepalive),
        };
        let held = self.held.front().map(|(due, _)| *due);
        let others = [self.next_tick, held, self.next_moment()];
        Some(others.into_iter().flatten().fold(next, Instant::min))
    }

    /// Subscriptions taken since the last call.
    pub(super) fn take_subscribed(&mut self) -> u64 {
        std::mem::take(&mut self.subscribed)
    }

    /// Candle subscriptions standing now.
    pub(super) fn live_candles(&self) -> usize {
        self.channels.values().map(Channel::live_candles).sum()
    }

    fn handle(&mut self, message: Message, tape: &impl PricePath, now: Instant) {
        match (self.phase, message) {
            (Phase::Ended, _) | (_, Message::Keepalive {} | Message::Error {}) if self.phase != Phase::AwaitSetup => {}
            (_, Message::Setup(setup)) => self.set_up(&setup, now),
            (Phase::AwaitSetup, _) => {
                self.complain(0, "BAD_ACTION", "Protocol violation: SETUP is expected first.", now);
                self.end(Outgoing::Close {
                    code: 1002,
                    reason: "SETUP is expected first".to_owned(),
                });
            }
            (Phase::HoldingAuthState { .. }, Message::Auth { .. }) => self.complain(0, "UNAUTHORIZED", NO_SESSION, now),
            (_, Message::Auth { token }) => self.authorize(&token, now),
            (Phase::Authorized, message) => self.handle_channel(message, tape, now),
            (_, message) => {
                self.complain(channel_of(&message), "UNAUTHORIZED", "Authorization is required.", now);
            }
        }
    }

    fn set_up(&mut self, setup: &Setup, now: Instant) {
        if !self.faults(Step::Setup, now).is_empty() {
            return;
        }
        self.client_timeout = timeout(setup.keepalive_timeout);
        self.own_timeout = timeout(setup.accept_keepalive_timeout).min(KEEPALIVE_TIMEOUT);
        self.emit(
            format!(
                r#"{{"type":"SETUP","channel":0,"keepaliveTimeout":{},"acceptKeepaliveTimeout":{},"version":"{VERSION}"}}"#,
                write::seconds(self.own_timeout.as_secs_f64()),
                write::seconds(self.client_timeout.as_secs_f64()),
            ),
            now,
        );
        if self.phase == Phase::AwaitSetup {
            let faults = self.faults(Step::AuthState, now);
            if faults.contains(&FeedFault::NoAuthState) {
                self.phase = Phase::AwaitAuth;
            } else if faults.contains(&FeedFault::NoAuth) {
                self.admit(now);
            } else if let Some(FeedFault::LateAuthState(lag)) = faults.first() {
                self.phase = Phase::HoldingAuthState { until: now + *lag };
            } else {
                self.demand_token(now);
            }
        }
    }

    fn admit(&mut self, now: Instant) {
        self.emit(AUTHORIZED.to_owned(), now);
        self.phase = Phase::Authorized;
        self.misbehave(Step::Authorized, now);
    }

    fn demand_token(&mut self, now: Instant) {
        self.phase = Phase::AwaitAuth;
        self.emit(UNAUTHORIZED.to_owned(), now);
    }

    fn authorize(&mut self, token: &str, now: Instant) {
        let faults = self.faults(Step::Auth, now);
        if faults.contains(&FeedFault::SessionNotFound) {
            self.complain(0, "UNAUTHORIZED", NO_SESSION, now);
        } else if rest::token_accepted(token) && faults.is_empty() {
            self.admit(now);
        } else {
            self.demand_token(now);
        }
    }

    fn handle_channel(&mut self, message: Message, tape: &impl PricePath, now: Instant) {
        let id = channel_of(&message);
        match message {
            Message::ChannelRequest(request) => self.open(&request, now),
            Message::ChannelCancel { .. } if self.channels.remove(&id).is_some() => {
                self.emit(format!(r#"{{"type":"CHANNEL_CLOSED","channel":{id}}}"#), now);
            }
            Message::FeedSetup(setup) if self.channels.contains_key(&id) => {
                let config = self.channels.get_mut(&id).map(|channel| channel.configure(setup));
                config.into_iter().for_each(|config| self.configure(config, now));
                self.misbehave(Step::Configured, now);
            }
            Message::FeedSubscription(subscription) if self.channels.contains_key(&id) => {
                self.subscribe(&subscription, tape, now);
            }
            Message::ChannelCancel { .. } | Message::FeedSetup(_) | Message::FeedSubscription(_) => {
                self.complain(
                    id,
                    "BAD_ACTION",
                    "Protocol violation with an unopened channel usage.",
                    now,
                );
            }
            Message::Setup(_) | Message::Auth { .. } | Message::Keepalive {} | Message::Error {} => {}
        }
    }

    fn open(&mut self, request: &ChannelRequest, now: Instant) {
        let id = request.channel;
        let violation = if !id.is_multiple_of(2) {
            self.channels
                .contains_key(&id)
                .then_some((id, "Protocol violation with a duplicate channel usage."))
        } else {
            Some((0, "Protocol violation with an even channel usage."))
        };
        if let Some((channel, text)) = violation {
            return self.complain(channel, "BAD_ACTION", text, now);
        }
        if request.service != "FEED" {
            return self.complain(id, "BAD_ACTION", "Unknown service.", now);
        }
        let Some(contract) = request.parameters.contract else {
            return self.complain(id, "INVALID_MESSAGE", "The contract is missing.", now);
        };
        if !self.faults(Step::Open, now).is_empty() {
            return;
        }
        self.channels.insert(id, Channel::new(id, contract));
        let contract = contract.name();
        self.emit(
            format!(
                r#"{{"type":"CHANNEL_OPENED","channel":{id},"service":"FEED","parameters":{{"contract":"{contract}","subFormat":"LIST"}}}}"#
            ),
            now,
        );
    }

    fn subscribe(&mut self, subscription: &Subscription, tape: &impl PricePath, now: Instant) {
        while self.changes.front().is_some_and(|change| *change + RATE_WINDOW <= now) {
            self.changes.pop_front();
        }
        let id = subscription.channel;
        let refusals = self.faults(Step::Subscription, now);
        if !refusals.is_empty() {
            for refusal in refusals {
                let text = if refusal == FeedFault::RateError {
                    TOO_FAST
                } else {
                    TOO_BIG
                };
                self.complain(id, "BAD_ACTION", text, now);
            }
            return;
        }
        let (script, place) = (Arc::clone(&self.script), self.place(now));
        if subscription.reset
            && let Some(channel) = self.channels.get_mut(&id)
        {
            channel.clear();
        }
        let mut room = MAX_ENTRIES.saturating_sub(self.channels.values().map(Channel::len).sum());
        let mut candle_room = MAX_CANDLES.saturating_sub(self.live_candles());
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        let (mut too_fast, mut too_big) = (false, false);
        for entry in &subscription.remove {
            if self.changes.len() >= MAX_CHANGES {
                too_fast = true;
                continue;
            }
            self.changes.push_back(now);
            let key = Channel::key(entry);
            if channel.holds(&key) {
                channel.remove(&key);
                room += 1;
                candle_room += usize::from(entry.kind == "Candle");
            }
        }
        let mut fresh = Vec::new();
        for entry in &subscription.add {
            if self.changes.len() >= MAX_CHANGES {
                too_fast = true;
                continue;
            }
            self.changes.push_back(now);
            let key = Channel::key(entry);
            if !channel.holds(&key) {
                let candle = usize::from(entry.kind == "Candle");
                if room == 0 || candle_room < candle {
                    too_big = true;
                    continue;
                }
                room -= 1;
                candle_room -= candle;
            }
            if channel.add(key.clone(), entry.from_time) {
                self.subscribed += 1;
                fresh.push(key);
            }
        }
        let greeting = channel.greet(&fresh, tape, self.tick, |events| {
            spoil_snapshot(&script, &place, events)
        });
        if !fresh.is_empty() {
            self.next_tick = Some(now + self.pace.lead);
        }
        if too_fast {
            self.complain(id, "BAD_ACTION", TOO_FAST, now);
        }
        if too_big {
            self.complain(id, "BAD_ACTION", TOO_BIG, now);
        }
        self.say(greeting, now);
    }

    fn move_tape(&mut self, tape: &impl PricePath, now: Instant) {
        let Some(mut due) = self.next_tick else { return };
        if due > now {
            return;
        }
        let mut latest = due;
        while due <= now {
            self.tick += 1;
            latest = due;
            due += self.pace.tick.max(SHORTEST_TICK);
        }
        self.next_tick = Some(due);
        let tick = self.tick;
        let said = self
            .channels
            .values_mut()
            .flat_map(|channel| channel.flush(tape, tick, latest))
            .collect();
        self.say(said, now);
    }

    fn complain(&mut self, channel: u64, kind: &str, text: &str, now: Instant) {
        self.emit(write::error(channel, kind, text), now);
    }

    fn emit(&mut self, text: String, now: Instant) {
        self.spoke = now;
        if !self.muted && self.phase != Phase::Ended {
            self.out.push(Outgoing::Text(text));
        }
    }

    fn end(&mut self, last: Outgoing) {
        if self.phase != Phase::Ended {
            self.phase = Phase::Ended;
            self.out.push(last);
        }
    }
}

fn channel_of(message: &Message) -> u64 {
    match message {
        Message::Setup(_) | Message::Auth { .. } | Message::Keepalive {} | Message::Error {} => 0,
        Message::ChannelRequest(request) => request.channel,
        Message::ChannelCancel { channel } => *channel,
        Message::FeedSetup(setup) => setup.channel,
        Message::FeedSubscription(subscription) => subscription.channel,
    }
}

/// A timeout of SETUP in seconds, 60 s where it is missing or nonsense.
fn timeout(seconds: Option<f64>) -> Duration {
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|timeout| !timeout.is_zero())
        .map_or(KEEPALIVE_TIMEOUT, |timeout| {
            timeout.clamp(SHORTEST_TIMEOUT, LONGEST_TIMEOUT)
        })
}

const VERSION: &str = concat!("1.0-variance-demo-", env!("CARGO_PKG_VERSION"));
const UNAUTHORIZED: &str = r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#;
const AUTHORIZED: &str = r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED","userId":"demo"}"#;
const NO_SESSION: &str = "com.dxfeed.mdd.dxlink.auth.AuthException: Session not found: api";

const TOO_FAST: &str = "Your subscription rate is too high";
const TOO_BIG: &str = "Your subscription size is too big";

const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(60);
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(10);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(3600);
const SHORTEST_TICK: Duration = Duration::from_millis(1);
const RATE_WINDOW: Duration = Duration::from_secs(60);
const MAX_ENTRIES: usize = 25_000;
const MAX_CHANGES: usize = 10_000;
const MAX_CANDLES: usize = 100;
const MAX_MESSAGE_BYTES: usize = 128 * 1024;
