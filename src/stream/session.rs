//! One connection: a protocol driven over one WebSocket until it ends.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use secrecy::SecretString;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{self, Message};
use variance_dxlink::{self as dxlink, Output, Protocol, Subscription};

use super::connect::Socket;
use super::journal::FrameRecorder;
use super::sleep_detector::{GLANCE, Wall, Watch};

/// Why a connection ended without our asking.
#[derive(Debug, thiserror::Error)]
pub enum Disconnect {
    /// The server closed it.
    #[error("the server closed the connection with code {code}{}{reason}", if reason.is_empty() { "" } else { ": " })]
    Closed {
        /// WebSocket close code; 1005 where the frame had none.
        code: u16,
        /// What the server said, cleaned for a terminal.
        reason: String,
    },
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(#[source] Box<tungstenite::Error>),
    /// The machine slept: whatever the socket says now, the server has given the connection up.
    #[error("the machine slept")]
    Slept,
    /// The protocol gave it up.
    #[error(transparent)]
    Protocol(#[from] dxlink::Error),
}

impl Disconnect {
    /// Whether a new connection would end the same way.
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Closed { .. } | Self::Broken(_) | Self::Slept => false,
            Self::Protocol(error) => error.is_terminal(),
        }
    }

    /// Whether the server had no use for the token.
    pub fn wants_fresh_token(&self) -> bool {
        match self {
            Self::Closed { .. } | Self::Broken(_) | Self::Slept => false,
            Self::Protocol(error) => error.wants_fresh_token(),
        }
    }

    /// Whether waiting before the next connection serves nobody: the server asked us to come back (1001 going away,
    /// 1012 service restart), or the machine has slept.
    pub fn is_restart(&self) -> bool {
        matches!(self, Self::Closed { code: 1001 | 1012, .. } | Self::Slept)
    }

    /// Whether the server found a message of ours too long (1009).
    pub fn is_too_long(&self) -> bool {
        matches!(self, Self::Closed { code: 1009, .. })
    }

    /// How many more connections in a row are worth trying, `None` for as many as the policy allows: a login service
    /// without the session comes to itself soon or not at all, and a message too long to take comes again.
    pub fn most_retries(&self) -> Option<u32> {
        match self {
            Self::Protocol(dxlink::Error::SessionNotFound { .. }) => Some(3),
            Self::Broken(error) if matches!(**error, tungstenite::Error::Capacity(_)) => Some(1),
            Self::Closed { .. } | Self::Broken(_) | Self::Slept | Self::Protocol(_) => None,
        }
    }
}

const NO_STATUS: u16 = 1005;
/// Messages that may wait for the server to read. It can make us answer without ever reading the answers.
const MOST_UNSENT: usize = 1_024;
const GOODBYE: Duration = Duration::from_secs(1);

/// A protocol and the socket it speaks over.
#[derive(Debug)]
pub struct FeedSession<S> {
    socket: S,
    protocol: Protocol,
    frame_recorder: Option<FrameRecorder>,
    heard_at: Instant,
    unsent: VecDeque<Message>,
    unflushed: bool,
    watch: Watch,
}

enum Step {
    Received(Option<Result<Message, tungstenite::Error>>),
    WriteFailed(tungstenite::Error),
    Due,
}

impl<S: Socket> FeedSession<S> {
    /// Starts to speak `protocol` over `socket`; `wall` tells a machine that slept from one that waited, `frame_recorder` keeps
    /// what is said.
    pub(super) fn new(socket: S, protocol: Protocol, wall: Wall, frame_recorder: Option<FrameRecorder>) -> Self {
        Self {
            socket,
            protocol,
            frame_recorder,
            heard_at: Instant::now(),
            unsent: VecDeque::new(),
            unflushed: false,
            watch: Watch::new(wall),
        }
    }

    /// The protocol's counters and phase.
    pub fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    /// When the connection last said something.
    pub fn heard_at(&self) -> Instant {
        self.heard_at
    }

    /// Adds an entry to what is subscribed.
    pub fn subscribe(&mut self, entry: Subscription) {
        self.protocol.subscribe(entry);
    }

    /// Takes an entry out of what is subscribed.
    pub fn unsubscribe(&mut self, entry: &Subscription) {
        self.protocol.unsubscribe(entry);
    }

    /// Answers a refused token with another one.
    pub fn authenticate(&mut self, token: SecretString) {
        self.protocol.authenticate(token, Instant::now().into_std());
    }

    /// The next thing the connection has to say.
    ///
    /// # Errors
    /// The connection ended; the session is of no further use.
    ///
    /// # Cancel safety
    /// Safe: all progress is kept in the session.
    pub async fn next(&mut self) -> Result<Output, Disconnect> {
        loop {
            if let Some(output) = self.protocol.poll_output() {
                return Ok(output);
            }
            let glance = Instant::now() + GLANCE;
            let due = self
                .protocol
                .poll_timeout()
                .map_or(glance, |due| glance.min(Instant::from_std(due)));
            let step = tokio::select! {
                biased;
                step = poll_fn(|context| self.advance(context)) => step,
                () = tokio::time::sleep_until(due) => Step::Due,
            };
            if self.watch.woke() {
                return Err(Disconnect::Slept);
            }
            let at = Instant::now();
            let now = at.into_std();
            if let Step::Received(received) = &step {
                self.heard_at = at;
                if let Some(frame_recorder) = &self.frame_recorder {
                    frame_recorder.heard(received.as_ref(), at);
                }
            }
            match step {
                Step::Due => self.protocol.handle_timeout(now)?,
                Step::WriteFailed(error) | Step::Received(Some(Err(error))) => {
                    return Err(Disconnect::Broken(Box::new(error)));
                }
                Step::Received(None) => {
                    let ended = io::Error::from(io::ErrorKind::UnexpectedEof);
                    return Err(Disconnect::Broken(Box::new(tungstenite::Error::Io(ended))));
                }
                Step::Received(Some(Ok(Message::Text(text)))) => {
                    tracing::trace!(heard = %self.protocol.masked(text.as_str()), "wire");
                    self.protocol.handle_text(text.as_str(), now)?;
                }
                Step::Received(Some(Ok(Message::Close(frame)))) => {
                    let (code, reason) = frame.map_or((NO_STATUS, String::new()), |frame| {
                        (frame.code.into(), self.protocol.masked(frame.reason.as_str()))
                    });
                    return Err(Disconnect::Closed { code, reason });
                }
                Step::Received(Some(Ok(
                    Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_),
                ))) => {}
            }
        }
    }

    fn advance(&mut self, context: &mut Context<'_>) -> Poll<Step> {
        if let Err(error) = self.write(context) {
            return Poll::Ready(Step::WriteFailed(error));
        }
        self.socket.poll_next_unpin(context).map(Step::Received)
    }

    /// Hands over what the protocol wants sent, as far as the socket takes it now.
    fn write(&mut self, context: &mut Context<'_>) -> Result<(), tungstenite::Error> {
        let at = Instant::now();
        while let Some(text) = self.protocol.poll_transmit(at.into_std()) {
            tracing::trace!(sent = %self.protocol.masked(&text), "wire");
            if let Some(frame_recorder) = &self.frame_recorder {
                frame_recorder.said(&text, at);
            }
            if self.unsent.len() >= MOST_UNSENT {
                let unread = io::Error::new(io::ErrorKind::TimedOut, "the server does not read what it is sent");
                return Err(tungstenite::Error::Io(unread));
            }
            self.unsent.push_back(Message::text(text));
        }
        while !self.unsent.is_empty() {
            match self.socket.poll_ready_unpin(context) {
                Poll::Pending => return Ok(()),
                Poll::Ready(ready) => ready?,
            }
            if let Some(message) = self.unsent.pop_front() {
                self.socket.start_send_unpin(message)?;
                self.unflushed = true;
            }
        }
        if self.unflushed
            && let Poll::Ready(flushed) = self.socket.poll_flush_unpin(context)
        {
            flushed?;
            self.unflushed = false;
        }
        Ok(())
    }

    /// Takes leave: cancels the channel, sends a close frame and waits at most a second for the server's.
    ///
    /// # Cancel safety
    /// Safe: the socket is dropped wherever it is.
    pub async fn close(mut self) {
        let goodbye = async {
            if let Some(cancel) = self.protocol.farewell() {
                if let Some(frame_recorder) = &self.frame_recorder {
                    frame_recorder.said(&cancel, Instant::now());
                }
                self.socket.send(Message::text(cancel)).await?;
            }
            self.socket.close().await?;
            while let Some(message) = self.socket.next().await {
                if let Some(frame_recorder) = &self.frame_recorder {
                    frame_recorder.heard(Some(&message), Instant::now());
                }
                message?;
            }
            Ok::<(), tungstenite::Error>(())
        };
        match tokio::time::timeout(GOODBYE, goodbye).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the connection ended before the goodbye was answered"),
            Err(_elapsed) => tracing::debug!("the server did not answer the goodbye"),
        }
    }
}

/// Sleeps until `due`, for ever without one.
pub(super) async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
