//! Sessions in sequence: the wanted set outlives every connection and is replayed whole onto each new one.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;
use variance_dxlink::{Anomaly, Event, EventType, Output, Phase, Protocol, Settings, Subscription};
use variance_recording::Recorder;

use super::backoff;
use super::connect::{Connect, ConnectError, Dial};
use super::journal::FrameRecorder;
use super::session::{Disconnect, FeedSession};
use super::sleep_detector::Wall;

/// What opens the feed: a token and where to take it.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Goes into AUTH as it is.
    pub token: SecretString,
    /// Where the feed is.
    pub url: Url,
}

/// Why there is no token.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct TokenError {
    /// What happened, without secrets.
    pub message: String,
    /// Whether asking again is pointless.
    pub terminal: bool,
}

/// A token being fetched.
pub type Fetch<'a> = Pin<Box<dyn Future<Output = Result<Grant, TokenError>> + 'a>>;

/// Where tokens come from.
pub trait Tokens<'a> {
    /// A token for the next connection: the one in hand while it is valid, a new one when `anew`, because the one in
    /// hand was refused.
    fn token(&self, anew: bool) -> Fetch<'a>;
}

/// What to do when a connection ends.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Whether to connect again at all.
    pub reconnect: bool,
    /// Attempts in a row without data before giving up.
    pub max_attempts: u32,
    /// Longest wait between attempts.
    pub ceiling: Duration,
}

/// What the feed has to say.
#[derive(Debug)]
pub enum Item {
    /// Subscriptions are on their way: data may come from now on.
    Ready,
    /// A market event.
    Event {
        /// The event.
        event: Event,
        /// When the message that holds it came.
        at: Instant,
    },
    /// A connection was lost or could not be made; another attempt follows.
    Lost {
        /// Why, without secrets.
        reason: String,
        /// Whether data was flowing, so that what was heard may be older than what was missed.
        gap: bool,
        /// Wait before the next attempt.
        again_in: Duration,
    },
    /// The server refused subscriptions: entries without an answer stay silent.
    Refused {
        /// What the server said.
        message: String,
    },
    /// The server could not read a message of ours. It is not sent again.
    Misunderstood {
        /// What the server said.
        message: String,
    },
}

/// No further connection will be tried.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub struct GaveUp {
    /// Why, without secrets.
    pub reason: String,
    /// Whether it would be the same later: no number of attempts would have helped.
    pub lasting: bool,
}

/// What was seen over all connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections dialed.
    pub connections: u64,
    /// Times the data was interrupted.
    pub gaps: u64,
    /// Events received.
    pub events: u64,
    /// Events that could not be decoded or matched.
    pub dropped: u64,
}

enum State<'a, S> {
    Resting(Instant),
    Fetching(Fetch<'a>),
    Dialling(Dial<'a, S>, SecretString),
    Up(Box<FeedSession<S>>),
    Renewing(Box<FeedSession<S>>, Fetch<'a>),
    Leaving(Goodbye<'a>, Instant),
    Over(GaveUp, Option<Goodbye<'a>>),
}

/// A leave being taken.
type Goodbye<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// A feed that reconnects by itself.
pub struct Feed<'a, C: Connect, T> {
    connector: C,
    tokens: T,
    policy: Policy,
    settings: Settings,
    wanted: BTreeSet<Subscription>,
    state: State<'a, C::Socket>,
    past: Stats,
    attempt: u32,
    flowing: bool,
    retoken: bool,
    retokened: bool,
    batch: Option<usize>,
    wall: Wall,
    recorder: Option<Recorder>,
}

/// Whether and when another connection follows a lost one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    /// None does.
    Never,
    /// Without delay, if the one before brought data.
    AtOnce,
    /// With smaller messages; they end by themselves, so it does not count as an attempt.
    Smaller,
    /// After a pause, up to so many in a row.
    AtMost(u32),
}

impl<C: Connect, T> fmt::Debug for Feed<'_, C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("wanted", &self.wanted.len())
            .field("tally", &self.past)
            .finish_non_exhaustive()
    }
}

impl<'a, C: Connect + 'a, T: Tokens<'a>> Feed<'a, C, T>
where
    C::Socket: 'a,
{
    /// A feed that will connect when [`Feed::next`] is first called.
    pub fn new(connector: C, tokens: T, policy: Policy, settings: Settings) -> Self {
        let state = State::Fetching(tokens.token(false));
        Self {
            connector,
            tokens,
            policy,
            settings,
            wanted: BTreeSet::new(),
            state,
            past: Stats::default(),
            attempt: 0,
            flowing: false,
            retoken: false,
            retokened: false,
            batch: None,
            wall: variance_time::now,
            recorder: None,
        }
    }

    /// The same feed, with everything that is said on its connections written to `recorder`.
    #[must_use]
    pub fn recorded(self, recorder: Option<Recorder>) -> Self {
        Self { recorder, ..self }
    }

    /// The same feed with another clock on the wall.
    #[cfg(test)]
    pub(super) fn by(self, wall: Wall) -> Self {
        Self { wall, ..self }
    }

    /// Adds an entry to what every connection subscribes.
    pub fn want(&mut self, entry: Subscription) {
        if let State::Up(session) | State::Renewing(session, _) = &mut self.state {
            session.subscribe(entry.clone());
        }
        if entry.event_type == EventType::Candle {
            // A series has one start.
            self.wanted
                .retain(|other| (other.event_type, &other.symbol) != (entry.event_type, &entry.symbol));
        }
        self.wanted.insert(entry);
    }

    /// Takes an entry out of what every connection subscribes.
    pub fn unwant(&mut self, entry: &Subscription) {
        if let State::Up(session) | State::Renewing(session, _) = &mut self.state {
            session.unsubscribe(entry);
        }
        self.wanted.remove(entry);
    }

    /// Whether everything wanted has been asked for on an open channel: before that, silence means nothing.
    pub fn has_asked(&self) -> bool {
        match &self.state {
            State::Up(session) => session.protocol().has_asked(),
            State::Resting(_)
            | State::Fetching(_)
            | State::Dialling(..)
            | State::Renewing(..)
            | State::Leaving(..)
            | State::Over(..) => false,
        }
    }

    /// What was seen so far.
    pub fn stats(&self) -> Stats {
        let (events, dropped) = match &self.state {
            State::Up(session) | State::Renewing(session, _) => {
                (session.protocol().events(), session.protocol().dropped())
            }
            State::Resting(_) | State::Fetching(_) | State::Dialling(..) | State::Leaving(..) | State::Over(..) => {
                (0, 0)
            }
        };
        Stats {
            events: self.past.events + events,
            dropped: self.past.dropped + dropped,
            ..self.past
        }
    }

    /// The next thing the feed has to say.
    ///
    /// # Errors
    /// No further connection will be tried. Further calls say the same.
    ///
    /// # Cancel safety
    /// Safe: every step under way is kept in the feed.
    pub async fn next(&mut self) -> Result<Item, GaveUp> {
        loop {
            match &mut self.state {
                State::Over(gave_up, _) => return Err(gave_up.clone()),
                State::Resting(until) => {
                    tokio::time::sleep_until(*until).await;
                    self.state = State::Fetching(self.tokens.token(std::mem::take(&mut self.retoken)));
                }
                State::Leaving(goodbye, until) => {
                    goodbye.await;
                    self.state = State::Resting(*until);
                }
                State::Fetching(fetch) => match fetch.await {
                    Ok(grant) => {
                        self.past.connections += 1;
                        if let Some(recorder) = &self.recorder {
                            recorder.hide(grant.token.expose_secret());
                        }
                        self.state = State::Dialling(self.connector.dial(&grant.url), grant.token);
                    }
                    Err(error) => {
                        let again = self.unless(error.terminal);
                        return self.lost(error.to_string(), again);
                    }
                },
                State::Dialling(dial, token) => {
                    let dialed = dial.await;
                    let now = Instant::now();
                    let frame_recorder = self
                        .recorder
                        .clone()
                        .map(|to| FrameRecorder::new(to, self.past.connections));
                    if let Some(frame_recorder) = &frame_recorder {
                        frame_recorder.opened(dialed.as_ref().err(), now);
                    }
                    match dialed {
                        Ok(socket) => {
                            let wanted = self.wanted.iter().cloned();
                            let mut protocol =
                                Protocol::new(self.settings.clone(), token.clone(), wanted, now.into_std());
                            if let Some(most) = self.batch {
                                protocol.limit_batches(most);
                            }
                            self.state =
                                State::Up(Box::new(FeedSession::new(socket, protocol, self.wall, frame_recorder)));
                        }
                        Err(error) => return self.undialled(&error),
                    }
                }
                State::Renewing(_, fetch) => match fetch.await {
                    Ok(grant) => self.renewed(grant),
                    Err(error) => {
                        self.retoken = true;
                        let reason = format!("the feed refused the token, and there is no fresh one: {error}");
                        let again = self.unless(error.terminal);
                        return self.lost(reason, again);
                    }
                },
                State::Up(session) => match session.next().await {
                    Ok(output) => {
                        let at = session.heard_at();
                        if let Some(item) = self.heard(output, at) {
                            return Ok(item);
                        }
                    }
                    Err(disconnect) => return self.disconnected(&disconnect),
                },
            }
        }
    }

    /// Takes leave of the server.
    pub async fn close(self) {
        match self.state {
            State::Up(session) | State::Renewing(session, _) => session.close().await,
            State::Leaving(goodbye, _) | State::Over(_, Some(goodbye)) => goodbye.await,
            State::Resting(_) | State::Fetching(_) | State::Dialling(..) | State::Over(_, None) => {}
        }
    }

    fn heard(&mut self, output: Output, at: Instant) -> Option<Item> {
        match output {
            Output::Event(event) => {
                self.flowing = true;
                self.attempt = 0;
                self.retokened = false;
                Some(Item::Event { event, at })
            }
            Output::Phase(Phase::Streaming) => Some(Item::Ready),
            Output::Phase(phase) => {
                tracing::debug!(?phase, "DXLink");
                None
            }
            Output::SubscriptionRefused { message } => Some(Item::Refused { message }),
            Output::Anomaly(Anomaly::Misunderstood { message }) => Some(Item::Misunderstood { message }),
            Output::Anomaly(anomaly) => {
                tracing::debug!(%anomaly, "DXLink");
                None
            }
            Output::TokenRefused => {
                self.renew();
                None
            }
        }
    }

    /// Fetches a fresh token while the socket stays open.
    fn renew(&mut self) {
        tracing::debug!("the feed refused the token, fetching a fresh one");
        let fetch = self.tokens.token(true);
        if let State::Up(session) = std::mem::replace(&mut self.state, State::Resting(Instant::now())) {
            self.state = State::Renewing(session, fetch);
        }
    }

    fn renewed(&mut self, grant: Grant) {
        if let Some(recorder) = &self.recorder {
            recorder.hide(grant.token.expose_secret());
        }
        if let State::Renewing(mut session, _) = std::mem::replace(&mut self.state, State::Resting(Instant::now())) {
            session.authenticate(grant.token);
            self.state = State::Up(session);
        }
    }

    fn undialled(&mut self, error: &ConnectError) -> Result<Item, GaveUp> {
        // A client error on the upgrade may come from a stale address: a new token brings a new one, once.
        let stale = matches!(error, ConnectError::Status(_)) && error.is_terminal() && !self.retokened;
        if stale {
            self.retoken = true;
            self.retokened = true;
        }
        let again = self.unless(error.is_terminal() && !stale);
        self.lost(error.to_string(), again)
    }

    fn disconnected(&mut self, disconnect: &Disconnect) -> Result<Item, GaveUp> {
        if disconnect.wants_fresh_token() && !self.retokened {
            self.retoken = true;
            self.retokened = true;
        }
        let again = if disconnect.is_restart() {
            Again::AtOnce
        } else if disconnect.is_too_long() {
            self.shorten()
        } else {
            let most = self.policy.max_attempts;
            let most = disconnect.most_retries().map_or(most, |retries| retries.min(most));
            if disconnect.is_terminal() {
                Again::Never
            } else {
                Again::AtMost(most)
            }
        };
        self.lost(disconnect.to_string(), again)
    }

    fn unless(&self, terminal: bool) -> Again {
        if terminal {
            Again::Never
        } else {
            Again::AtMost(self.policy.max_attempts)
        }
    }

    /// Halves the messages that subscribe, after the server found one too long. One entry cannot be halved.
    fn shorten(&mut self) -> Again {
        let longest = match &self.state {
            State::Up(session) | State::Renewing(session, _) => session.protocol().longest_batch(),
            State::Resting(_) | State::Fetching(_) | State::Dialling(..) | State::Leaving(..) | State::Over(..) => 0,
        };
        match longest {
            0 => self.unless(false),
            1 => Again::Never,
            entries => {
                self.batch = Some(entries / 2);
                Again::Smaller
            }
        }
    }

    fn lost(&mut self, reason: String, again: Again) -> Result<Item, GaveUp> {
        let gap = std::mem::take(&mut self.flowing);
        if gap {
            self.past.gaps += 1;
        }
        let again_in = if again == Again::AtOnce && self.attempt == 0 {
            Duration::ZERO
        } else {
            backoff::delay(self.attempt, self.policy.ceiling, fastrand::f64())
        };
        let until = Instant::now() + again_in;
        let stats = self.stats();
        (self.past.events, self.past.dropped) = (stats.events, stats.dropped);
        let goodbye: Option<Goodbye<'a>> = match std::mem::replace(&mut self.state, State::Resting(until)) {
            State::Up(session) | State::Renewing(session, _) => Some(Box::pin(session.close())),
            State::Resting(_) | State::Fetching(_) | State::Dialling(..) | State::Leaving(..) | State::Over(..) => None,
        };
        let most = match again {
            Again::Never => 0,
            Again::AtOnce => self.policy.max_attempts,
            Again::Smaller => u32::MAX,
            Again::AtMost(attempts) => attempts,
        };
        let gave_up = if again == Again::Never {
            Some(reason.clone())
        } else if !self.policy.reconnect {
            Some(format!("{reason} (reconnecting is switched off)"))
        } else if self.attempt >= most {
            Some(format!("{reason} (gave up after {} attempts)", self.attempt + 1))
        } else {
            None
        };
        if let Some(reason) = gave_up {
            let gave_up = GaveUp {
                reason,
                lasting: again == Again::Never,
            };
            self.state = State::Over(gave_up.clone(), goodbye);
            return Err(gave_up);
        }
        if let Some(goodbye) = goodbye {
            self.state = State::Leaving(goodbye, until);
        }
        if again != Again::Smaller {
            self.attempt += 1;
        }
        Ok(Item::Lost { reason, gap, again_in })
    }
}
