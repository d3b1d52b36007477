//! The embedded venue: real HTTP and a real WebSocket on loopback in front of a seeded market.
//!
//! One thread with one runtime serves both on one port. [`Venue::start`] returns once it listens, dropping the
//! [`Venue`] ends it. The venue shares no message type with the client, so that both cannot misread the wire alike.

pub mod market;
pub mod rest;

mod fault;
mod feed;
mod server;

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

pub use self::fault::{
    Cut, Faults, FeedFault, FeedRule, Frames, Layout, MetricsFault, Refusal, RestEffect, RestRule, ScriptError,
    SnapshotFault, Times, Trigger, parse,
};
use self::server::Note;

/// What the venue serves, and how fast.
#[derive(Debug, Clone)]
pub struct Options {
    /// Fixes every price; the same seed on the same trading day gives the same market.
    pub seed: u64,
    /// Delay of each HTTP answer and of each answer on the feed.
    pub rtt: Duration,
    /// The venue's time at the start; it runs on from there.
    pub now: Timestamp,
    /// Where to listen; a loopback address, port 0 for any.
    pub bind: SocketAddr,
    /// What goes wrong on purpose.
    pub faults: Faults,
    /// When prices move.
    pub pace: Pace,
}

/// When the prices on a socket move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long they hold still after a subscription.
    pub lead: Duration,
    /// Time between two moves after that.
    pub tick: Duration,
}

/// What the venue has served so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// HTTP requests, upgrades to the feed not among them.
    pub rest_requests: u64,
    /// The same by path, without queries.
    pub rest_paths: BTreeMap<String, u64>,
    /// Sockets upgraded to the feed.
    pub sockets: u64,
    /// Sockets open now.
    pub open_sockets: u64,
    /// Most sockets open at once.
    pub max_open_sockets: u64,
    /// Feed subscriptions taken, repeats and refusals not counted.
    pub subscriptions: u64,
    /// Most candle subscriptions standing at once on one socket.
    pub max_live_candles: usize,
}

/// A running venue. Dropping it shuts it down.
#[derive(Debug)]
pub struct Venue {
    base_url: String,
    ws_url: String,
    notes: UnboundedSender<Note>,
    ended: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Default for Options {
    /// Seed 1 on a Friday evening after the close, without delay or faults, on any port of 127.0.0.1.
    fn default() -> Self {
        Self {
            seed: 1,
            rtt: Duration::ZERO,
            now: DEFAULT_NOW,
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            faults: Faults::default(),
            pace: Pace::default(),
        }
    }
}

impl Default for Pace {
    /// Still for 5 s after a subscription, then a move each second.
    fn default() -> Self {
        Self {
            lead: Duration::from_secs(5),
            tick: Duration::from_secs(1),
        }
    }
}

impl Venue {
    /// Starts a venue on its own thread and returns once it listens.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] for an address that is not loopback; else what binding or starting the thread
    /// met.
    pub fn start(options: Options) -> io::Result<Self> {
        if !options.bind.ip().is_loopback() {
            let text = format!("the venue listens on loopback only, not on {}", options.bind);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let listener = std::net::TcpListener::bind(options.bind)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (notes, inbox) = tokio::sync::mpsc::unbounded_channel();
        let (end, ended) = channel::<()>();
        let base_url = format!("http://{address}");
        let ws_url = format!("ws://{address}{}", server::FEED_PATH);
        let shared = server::Shared::new(options, ws_url.clone(), notes.clone());
        let thread = thread::Builder::new().name("venue".to_owned()).spawn(move || {
            let served = runtime.block_on(server::run(listener, shared, inbox));
            if let Err(error) = served {
                tracing::error!(%error, "the venue cannot serve");
            }
            drop(runtime);
            drop(end);
        })?;
        Ok(Self {
            base_url,
            ws_url,
            notes,
            ended,
            thread: Some(thread),
        })
    }

    /// Where REST is served: `http://127.0.0.1:PORT`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Where the feed is served: `ws://127.0.0.1:PORT/dxlink`.
    pub fn ws_url(&self) -> &str {
        &self.ws_url
    }

    /// What has been served so far; `None` when the venue has ended or does not answer within a minute.
    pub fn tally(&self) -> Option<Tally> {
        let (reply, answer) = channel();
        self.notes.send(Note::Ask(reply)).ok()?;
        answer.recv_timeout(PATIENCE).ok()
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        let _ = self.notes.send(Note::Stop);
        if self.ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Disconnected)
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

/// 2026-11-20T21:30:00Z.
const DEFAULT_NOW: Timestamp = Timestamp::constant(1_795_210_200, 0);
/// How long the venue's thread is waited for: on a busy machine it may have to make a market first.
const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
