//! The state machine of one connection.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};

use super::channel::Channel;
use super::error::{Anomaly, Error};
use super::event::EventType;
use super::feed::{Feed, Progress};
use super::frame::{Findings, Frame, MOST_ROWS};
use super::keepalive::Keepalive;
use super::login::{Login, LoginVerdict};
use super::message::{self, Control};
use super::output::{Output, Phase};
use super::pacing::Pacing;
use super::subscription::Subscription;
use super::value::redact;
use super::wanted::Wanted;

/// What this side announces and asks for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The version line of SETUP: `0.1-variance/0.1.0`.
    pub version: String,
    /// The silence this side allows and promises.
    pub keepalive: Duration,
    /// How long each step of the handshake may take.
    pub step_timeout: Duration,
    /// Wanted aggregation period in seconds.
    pub aggregation_seconds: f64,
}

/// One connection, from SETUP to the last message. It is created when the socket is open and dropped with it.
#[derive(Debug)]
pub struct Protocol {
    settings: Settings,
    tokens: Vec<SecretString>,
    login: Login,
    channel: Channel,
    next_channel: u64,
    closed_in_a_row: u32,
    lapses: u32,
    feed: Feed,
    announced: BTreeSet<EventType>,
    pacing: Pacing,
    keepalive: Keepalive,
    unreadable_in_a_row: u32,
    unknown: BTreeSet<String>,
    transmits: VecDeque<Transmit>,
    outputs: VecDeque<Output>,
    told: Phase,
    clock: Instant,
}

/// A message waiting to be written; the token becomes text only when it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Transmit {
    Setup,
    Auth,
    ChannelRequest(u64),
    ChannelCancel(u64),
    FeedSetup(u64, BTreeSet<EventType>),
}

impl Protocol {
    /// A connection whose socket has just opened: SETUP is ready to be sent.
    pub fn new(
        settings: Settings,
        token: SecretString,
        wanted: impl IntoIterator<Item = Subscription>,
        now: Instant,
    ) -> Self {
        let mut set = Wanted::default();
        wanted.into_iter().for_each(|subscription| set.subscribe(subscription));
        Self {
            login: Login::AwaitSetup {
                early: None,
                deadline: now + settings.step_timeout,
            },
            channel: Channel::Idle,
            next_channel: 1,
            closed_in_a_row: 0,
            lapses: 0,
            feed: Feed::new(set),
            announced: BTreeSet::new(),
            pacing: Pacing::new(now),
            keepalive: Keepalive::new(settings.keepalive, now),
            unreadable_in_a_row: 0,
            unknown: BTreeSet::new(),
            transmits: VecDeque::from([Transmit::Setup]),
            outputs: VecDeque::new(),
            told: Phase::AwaitSetup,
            clock: now,
            tokens: vec![token],
            settings,
        }
    }

    /// Subscribes at most `entries` in one message, fewer than usual; at least one.
    pub fn limit_batches(&mut self, entries: usize) {
        self.pacing.limit(entries);
    }

    /// The most entries that one message has subscribed so far.
    pub fn longest_batch(&self) -> usize {
        self.pacing.longest()
    }

    /// Takes one text frame of the server.
    ///
    /// # Errors
    /// The connection is to be dropped; [`Error`] says why.
    pub fn handle_text(&mut self, text: &str, now: Instant) -> Result<(), Error> {
        self.clock = now;
        match self.feed.read(text, self.channel.id()) {
            Ok(Frame::Data { channel, findings }) => {
                self.hear(now);
                if findings.flooded {
                    return Err(Error::Flood { most: MOST_ROWS });
                }
                self.take_data(channel, findings, text);
            }
            Ok(Frame::Malformed) => {
                self.hear(now);
                self.feed.dropped += 1;
                self.outputs.push_back(Output::Anomaly(Anomaly::MalformedData));
            }
            Ok(Frame::Control) => match Control::parse(text) {
                Ok(control) => {
                    self.hear(now);
                    self.take_control(control, now)?;
                }
                Err(_) => self.take_unreadable(text)?,
            },
            Err(_) => self.take_unreadable(text)?,
        }
        self.tell_phase();
        Ok(())
    }

    /// Lets deadlines pass. May be called at any time, too often does no harm.
    ///
    /// # Errors
    /// The server is silent, or a step of the handshake took too long: drop the connection.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        self.clock = now;
        if now >= self.keepalive.dead_at() {
            return Err(Error::Silent {
                silence: self.keepalive.silence(now),
            });
        }
        if self.login.deadline().is_some_and(|deadline| now >= deadline) {
            return Err(Error::HandshakeTimeout(self.phase()));
        }
        if self.login == Login::Authorized && self.channel.deadline().is_some_and(|deadline| now >= deadline) {
            match self.channel {
                Channel::Requested { retried: true, .. } => return Err(Error::HandshakeTimeout(Phase::AwaitChannel)),
                Channel::Requested { id, retried: false, .. } => {
                    self.transmits.push_back(Transmit::ChannelCancel(id));
                    self.open_channel(true, now);
                }
                Channel::Closed { .. } => self.open_channel(false, now),
                Channel::Idle | Channel::Open { .. } | Channel::Configured { .. } | Channel::Left => {}
            }
        }
        self.tell_phase();
        Ok(())
    }

    /// The next text to write now. Call it until it says `None`, after each other call and at [`Self::poll_timeout`].
    /// The text of AUTH holds the token: it is for the socket only.
    pub fn poll_transmit(&mut self, now: Instant) -> Option<String> {
        self.clock = now;
        self.announce_new_types();
        let text = match self.transmits.pop_front() {
            Some(transmit) => self.compose(&transmit),
            None => match self.next_batch(now) {
                Some(batch) => batch,
                None if now >= self.keepalive.due() => message::keepalive(),
                None => return None,
            },
        };
        self.keepalive.sent(now);
        Some(text)
    }

    /// The next thing to know, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Self::handle_timeout`] and [`Self::poll_transmit`] want to be called next; in the past for "now".
    pub fn poll_timeout(&self) -> Option<Instant> {
        let writing = (!self.transmits.is_empty() || self.has_new_types()).then_some(self.clock);
        let batch = (self.speaks() && self.feed.wanted.has_batch()).then(|| self.pacing.due());
        let channel = if self.login == Login::Authorized {
            self.channel.deadline()
        } else {
            None
        };
        let always = [self.keepalive.due(), self.keepalive.dead_at()];
        [writing, batch, channel, self.login.deadline()]
            .into_iter()
            .flatten()
            .chain(always)
            .min()
    }

    /// Logs in again on the same socket with `token`: the answer to [`Output::TokenRefused`]. At any other time it does
    /// nothing.
    pub fn authenticate(&mut self, token: SecretString, now: Instant) {
        self.clock = now;
        if self.login.take_token(now + self.settings.step_timeout) {
            self.tokens.push(token);
            self.transmits.push_back(Transmit::Auth);
        }
    }

    /// Adds one entry to the wanted set; an entry that is there already changes nothing.
    pub fn subscribe(&mut self, subscription: Subscription) {
        self.feed.wanted.subscribe(subscription);
    }

    /// Takes one entry out of the wanted set, whatever its start.
    pub fn unsubscribe(&mut self, subscription: &Subscription) {
        self.feed
            .wanted
            .unsubscribe(subscription.event_type, &subscription.symbol);
    }

    /// `text` for a log or a message: every token this connection has used masked, control characters removed, cut.
    pub fn masked(&self, text: &str) -> String {
        redact(text, self.tokens.iter().map(ExposeSecret::expose_secret))
    }

    /// The text that ends the channel politely, `None` when no channel is open. The feed is over after it.
    pub fn farewell(&mut self) -> Option<String> {
        let id = self.channel.id();
        self.channel = Channel::Left;
        id.map(message::channel_cancel)
    }

    /// How far the connection is.
    pub fn phase(&self) -> Phase {
        self.login.phase().unwrap_or_else(|| self.channel.phase())
    }

    /// Whether the feed is streaming and every change of the wanted set has been written.
    pub fn has_asked(&self) -> bool {
        self.phase() == Phase::Streaming && !self.feed.wanted.has_batch()
    }

    /// Rows, pairs of type and values, and data messages that could not be read or belong to no wanted entry.
    pub fn dropped(&self) -> u64 {
        self.feed.dropped
    }

    /// Events read and matched, each row of a series counted.
    pub fn events(&self) -> u64 {
        self.feed.events
    }

    fn hear(&mut self, now: Instant) {
        self.keepalive.heard(now);
        self.unreadable_in_a_row = 0;
    }

    fn take_unreadable(&mut self, text: &str) -> Result<(), Error> {
        self.feed.dropped += 1;
        self.unreadable_in_a_row += 1;
        if self.unreadable_in_a_row >= MOST_UNREADABLE {
            return Err(Error::Garbage {
                frames: self.unreadable_in_a_row,
            });
        }
        self.outputs
            .push_back(Output::Anomaly(Anomaly::UnreadableFrame { bytes: text.len() }));
        Ok(())
    }

    fn take_data(&mut self, channel: u64, findings: Findings, text: &str) {
        if self.channel.id() != Some(channel) {
            return;
        }
        self.channel.opened();
        match self.feed.take(findings, text, channel, &mut self.outputs) {
            Progress::Flowing => {
                self.closed_in_a_row = 0;
                self.channel.configured();
            }
            Progress::Mismatched => self
                .transmits
                .push_back(Transmit::FeedSetup(channel, self.feed.wanted.types())),
            Progress::Idle => {}
        }
    }

    fn take_control(&mut self, control: Control, now: Instant) -> Result<(), Error> {
        let deadline = now + self.settings.step_timeout;
        match control {
            Control::Setup { keepalive_seconds } => {
                self.keepalive.adopt(keepalive_seconds);
                let verdict = self.login.take_setup(deadline);
                self.follow(verdict, now)
            }
            Control::AuthState(state) => {
                let verdict = self.login.take_state(state, deadline);
                self.follow(verdict, now)
            }
            Control::Keepalive => Ok(()),
            Control::ChannelOpened { channel } => {
                if self.channel.id() == Some(channel) {
                    self.channel.opened();
                } else if !self.requested_before(channel) {
                    self.outputs
                        .push_back(Output::Anomaly(Anomaly::StrayChannel { channel }));
                }
                Ok(())
            }
            Control::ChannelClosed { channel } => self.take_closed(channel, now),
            Control::FeedConfig { channel, columns } => {
                if self.channel.id() == Some(channel) {
                    self.channel.configured();
                    for (event_type, columns) in columns {
                        self.feed.configure(event_type, &columns, channel, &mut self.outputs);
                    }
                }
                Ok(())
            }
            Control::Error { channel, kind, message } => self.take_error(channel, &kind, &message, now),
            Control::Unknown { kind } => {
                let kind = self.masked(&kind);
                if self.unknown.len() < MOST_UNKNOWN && self.unknown.insert(kind.clone()) {
                    self.outputs
                        .push_back(Output::Anomaly(Anomaly::UnknownMessage { kind }));
                }
                Ok(())
            }
        }
    }

    fn follow(&mut self, verdict: LoginVerdict, now: Instant) -> Result<(), Error> {
        match verdict {
            LoginVerdict::Nothing => {}
            LoginVerdict::SendToken => self.transmits.push_back(Transmit::Auth),
            LoginVerdict::LoggedIn => {
                if self.channel == Channel::Idle {
                    self.open_channel(false, now);
                }
            }
            LoginVerdict::Refused => {
                self.lapses += 1;
                if self.lapses > MOST_LAPSES {
                    return Err(Error::TokenRefused);
                }
                self.outputs.push_back(Output::TokenRefused);
            }
            LoginVerdict::Hopeless => return Err(Error::TokenRefused),
        }
        Ok(())
    }

    fn open_channel(&mut self, retried: bool, now: Instant) {
        let id = self.next_channel;
        self.next_channel += 2;
        self.channel = Channel::Requested {
            id,
            retried,
            deadline: now + self.settings.step_timeout,
        };
        self.feed.restart();
        self.announced = self.feed.wanted.types();
        self.transmits
            .retain(|transmit| !matches!(transmit, Transmit::FeedSetup(..)));
        self.transmits.push_back(Transmit::ChannelRequest(id));
        self.transmits
            .push_back(Transmit::FeedSetup(id, self.announced.clone()));
    }

    fn take_closed(&mut self, channel: u64, now: Instant) -> Result<(), Error> {
        if self.channel.id() != Some(channel) {
            return Ok(());
        }
        self.closed_in_a_row += 1;
        if self.closed_in_a_row >= MOST_CLOSED {
            return Err(Error::ChannelStorm {
                closed: self.closed_in_a_row,
            });
        }
        self.outputs
            .push_back(Output::Anomaly(Anomaly::ChannelClosed { channel }));
        if self.closed_in_a_row == 1 && self.login == Login::Authorized {
            self.open_channel(false, now);
        } else {
            self.channel = Channel::Closed { at: now + REOPEN_AFTER };
        }
        Ok(())
    }

    fn take_error(&mut self, channel: u64, kind: &str, message: &str, now: Instant) -> Result<(), Error> {
        let said = message;
        let message = self.masked(said);
        let of_connection = channel == 0;
        if of_connection && said.contains("Session not found") {
            return Err(Error::SessionNotFound { message });
        }
        match kind {
            "UNSUPPORTED_PROTOCOL" => return Err(Error::UnsupportedProtocol { message }),
            "TIMEOUT" if of_connection => return Err(Error::ServerTimeout { message }),
            "UNAUTHORIZED" if of_connection => return Err(Error::Unauthorized { message }),
            "BAD_ACTION" if said.contains("rate is too high") => {
                self.pacing.pause(now);
                self.feed.wanted.doubt();
                self.outputs
                    .push_back(Output::Anomaly(Anomaly::RateRefused { message }));
            }
            "BAD_ACTION" if said.contains("size is too big") => {
                if self.feed.wanted.stop_adding() {
                    self.outputs.push_back(Output::SubscriptionRefused { message });
                }
            }
            "INVALID_MESSAGE" => {
                self.outputs
                    .push_back(Output::Anomaly(Anomaly::Misunderstood { message }));
            }
            other => {
                let kind = self.masked(other);
                self.outputs
                    .push_back(Output::Anomaly(Anomaly::ServerError { channel, kind, message }));
            }
        }
        Ok(())
    }

    fn requested_before(&self, channel: u64) -> bool {
        channel % 2 == 1 && channel < self.next_channel
    }

    /// Whether the feed's messages may be written.
    fn speaks(&self) -> bool {
        self.login == Login::Authorized && self.channel.id().is_some()
    }

    fn has_new_types(&self) -> bool {
        self.speaks() && self.feed.wanted.has_batch() && !self.feed.wanted.types().is_subset(&self.announced)
    }

    fn announce_new_types(&mut self) {
        if let Some(id) = self.channel.id()
            && self.has_new_types()
        {
            let new: BTreeSet<_> = self.feed.wanted.types().difference(&self.announced).copied().collect();
            self.announced.extend(&new);
            self.transmits.push_back(Transmit::FeedSetup(id, new));
        }
    }

    fn next_batch(&mut self, now: Instant) -> Option<String> {
        let id = self.channel.id().filter(|_| self.speaks())?;
        let most = self.pacing.allowance(now);
        if most == 0 {
            return None;
        }
        let batch = self.feed.wanted.next_batch(id, most)?;
        self.pacing.sent(batch.entries, now);
        Some(batch.text)
    }

    fn compose(&self, transmit: &Transmit) -> String {
        match transmit {
            Transmit::Setup => message::setup(&self.settings.version, self.settings.keepalive),
            Transmit::Auth => message::auth(self.tokens.last().map(ExposeSecret::expose_secret).unwrap_or_default()),
            Transmit::ChannelRequest(id) => message::channel_request(*id),
            Transmit::ChannelCancel(id) => message::channel_cancel(*id),
            Transmit::FeedSetup(id, types) => {
                message::feed_setup(*id, self.settings.aggregation_seconds, types.iter().copied())
            }
        }
    }

    fn tell_phase(&mut self) {
        let phase = self.phase();
        if phase != self.told {
            self.told = phase;
            self.outputs.push_back(Output::Phase(phase));
        }
    }
}

/// Frames in a row that may be unreadable before the connection counts as garbage.
const MOST_UNREADABLE: u32 = 10;
/// Closings of the channel in a row, without data between, that end the connection.
const MOST_CLOSED: u32 = 3;
/// Refused or lapsed tokens that are answered with a fresh one on one connection.
const MOST_LAPSES: u32 = 3;
/// Unknown message types that are told.
const MOST_UNKNOWN: usize = 32;
/// How long to wait before opening a channel that was closed twice in a row.
const REOPEN_AFTER: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
