//! What a recording keeps of the feed's connections, and connections out of a recording.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{Sink, Stream};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};
use url::Url;
use variance_recording::{ReadError, Recorder, Recording};

use super::connect::{Connect, ConnectError, Dial, Network, Socket};

/// The channel of a recording that belongs to the feed.
const CHANNEL: &str = "feed";

/// What happens to a connection, as it is recorded; `socket` counts the connections of a run from 1.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Happening {
    /// The upgrade was done.
    Opened { socket: u64 },
    /// There was no connection.
    Unopened { socket: u64, why: ConnectError },
    /// A text frame came.
    #[serde(rename = "heard")]
    Received { socket: u64, text: String },
    /// A text frame left.
    Said { socket: u64, text: String },
    /// A frame without text came.
    Ignored { socket: u64, frame: Frame, bytes: usize },
    /// The server closed the connection; no code where its frame had none.
    Closed {
        socket: u64,
        code: Option<u16>,
        reason: String,
    },
    /// The server ended the connection without a word.
    Ended { socket: u64 },
    /// The connection broke.
    Broke { socket: u64, why: Breakage },
}

/// A frame that says nothing to this program.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Frame {
    Binary,
    Ping,
    Pong,
}

/// How a connection breaks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Breakage {
    /// It was cut without a close frame.
    Reset,
    /// A message was longer than it may be.
    TooLong { size: usize, max_size: usize },
    /// Text was no UTF-8.
    NoText(String),
    /// Whatever else the network says.
    Io(String),
}

/// Writes one connection to a recording.
#[derive(Debug)]
pub(super) struct FrameRecorder {
    recorder: Recorder,
    socket: u64,
}

impl FrameRecorder {
    pub(super) fn new(recorder: Recorder, socket: u64) -> Self {
        Self { recorder, socket }
    }

    /// The upgrade is done, or failed.
    pub(super) fn opened(&self, failure: Option<&ConnectError>, at: Instant) {
        let socket = self.socket;
        self.note(
            at,
            &match failure {
                None => Happening::Opened { socket },
                Some(why) => Happening::Unopened {
                    socket,
                    why: why.clone(),
                },
            },
        );
    }

    /// A text frame leaves.
    pub(super) fn said(&self, text: &str, at: Instant) {
        let (socket, text) = (self.socket, text.to_owned());
        self.note(at, &Happening::Said { socket, text });
    }

    /// The socket says something, or ends.
    pub(super) fn heard(&self, received: Option<&Result<Message, tungstenite::Error>>, at: Instant) {
        let socket = self.socket;
        let happening = match received {
            None => Happening::Ended { socket },
            Some(Err(error)) => Happening::Broke {
                socket,
                why: Breakage::of(error),
            },
            Some(Ok(Message::Text(text))) => Happening::Received {
                socket,
                text: text.as_str().to_owned(),
            },
            Some(Ok(Message::Close(frame))) => Happening::Closed {
                socket,
                code: frame.as_ref().map(|frame| frame.code.into()),
                reason: frame
                    .as_ref()
                    .map_or_else(String::new, |frame| frame.reason.to_string()),
            },
            Some(Ok(Message::Binary(bytes))) => ignored(socket, Frame::Binary, bytes.len()),
            Some(Ok(Message::Ping(bytes))) => ignored(socket, Frame::Ping, bytes.len()),
            Some(Ok(Message::Pong(bytes))) => ignored(socket, Frame::Pong, bytes.len()),
            // Raw frames are never read.
            Some(Ok(Message::Frame(_))) => return,
        };
        self.note(at, &happening);
    }

    fn note(&self, at: Instant, happening: &Happening) {
        self.recorder.note(CHANNEL, at.into_std(), happening);
    }
}

fn ignored(socket: u64, frame: Frame, bytes: usize) -> Happening {
    Happening::Ignored { socket, frame, bytes }
}

impl Breakage {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "of a foreign enum, what needs no treatment of its own is told in its own words"
    )]
    fn of(error: &tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Reset,
            tungstenite::Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => Self::TooLong {
                size: *size,
                max_size: *max_size,
            },
            tungstenite::Error::Utf8(text) => Self::NoText(text.clone()),
            tungstenite::Error::Io(error) => Self::Io(error.to_string()),
            other => Self::Io(other.to_string()),
        }
    }

    fn error(self) -> tungstenite::Error {
        match self {
            Self::Reset => ProtocolError::ResetWithoutClosingHandshake.into(),
            Self::TooLong { size, max_size } => CapacityError::MessageTooLong { size, max_size }.into(),
            Self::NoText(text) => tungstenite::Error::Utf8(text),
            Self::Io(text) => tungstenite::Error::Io(io::Error::other(text)),
        }
    }
}

/// Opens the feed's connections: to the network, or out of a recording.
#[derive(Debug, Clone)]
pub enum Connector {
    /// To the network.
    Network(Network),
    /// Out of a recording.
    Recording(Rc<Playback>),
}

impl Connect for Connector {
    type Socket = Box<dyn Socket>;

    fn dial<'a>(&self, url: &Url) -> Dial<'a, Self::Socket>
    where
        Self: 'a,
    {
        match self {
            Self::Network(network) => {
                let dial = network.dial(url);
                Box::pin(async move { Ok(Box::new(dial.await?) as Self::Socket) })
            }
            Self::Recording(playback) => {
                let playback = Rc::clone(playback);
                Box::pin(async move { Ok(Box::new(playback.next().await?) as Self::Socket) })
            }
        }
    }
}

/// Opens the connections of a recording, in their order, each at its moment.
#[derive(Debug)]
pub struct Playback {
    epoch: Instant,
    connections: RefCell<VecDeque<Recorded>>,
}

/// One recorded connection: how it opened, and what the server said. `None` when the run ended before it opened.
#[derive(Debug, Default)]
struct Recorded {
    opening: Option<(u64, Result<(), ConnectError>)>,
    heard: VecDeque<(u64, Option<Result<Message, tungstenite::Error>>)>,
}

impl Playback {
    /// The connections of `recording`; the run starts at `epoch`.
    ///
    /// # Errors
    /// [`ReadError::Line`].
    pub fn of(recording: &Recording, epoch: Instant) -> Result<Self, ReadError> {
        let mut connections: BTreeMap<u64, Recorded> = BTreeMap::new();
        for (at, happening) in recording.channel(CHANNEL)? {
            let (socket, heard) = match happening {
                Happening::Opened { socket } => {
                    connections.entry(socket).or_default().opening = Some((at, Ok(())));
                    continue;
                }
                Happening::Unopened { socket, why } => {
                    connections.entry(socket).or_default().opening = Some((at, Err(why)));
                    continue;
                }
                Happening::Said { .. } | Happening::Ignored { .. } => continue,
                Happening::Received { socket, text } => (socket, Some(Ok(Message::text(text)))),
                Happening::Closed { socket, code, reason } => {
                    let frame = code.map(|code| CloseFrame {
                        code: code.into(),
                        reason: reason.into(),
                    });
                    (socket, Some(Ok(Message::Close(frame))))
                }
                Happening::Ended { socket } => (socket, None),
                Happening::Broke { socket, why } => (socket, Some(Err(why.error()))),
            };
            connections.entry(socket).or_default().heard.push_back((at, heard));
        }
        Ok(Self {
            epoch,
            connections: connections.into_values().collect::<VecDeque<_>>().into(),
        })
    }

    /// The next connection at its moment; for ever pending when there is none.
    pub(super) async fn next(&self) -> Result<PlayedSocket, ConnectError> {
        let next = self.connections.borrow_mut().pop_front();
        let Some(Recorded {
            opening: Some((at, opened)),
            heard,
        }) = next
        else {
            return std::future::pending().await;
        };
        let epoch = self.epoch;
        sleep_until(epoch + Duration::from_millis(at)).await;
        opened.map(|()| PlayedSocket {
            epoch,
            heard,
            due: Box::pin(sleep_until(epoch)),
            closed: false,
        })
    }
}

/// A connection out of a recording: says what it said at its moments, and takes whatever it is told.
#[derive(Debug)]
pub(super) struct PlayedSocket {
    epoch: Instant,
    heard: VecDeque<(u64, Option<Result<Message, tungstenite::Error>>)>,
    due: Pin<Box<Sleep>>,
    closed: bool,
}

impl Stream for PlayedSocket {
    type Item = Result<Message, tungstenite::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.closed {
            return Poll::Ready(None);
        }
        let Some((at, _)) = self.heard.front() else {
            return Poll::Pending;
        };
        let due = self.epoch + Duration::from_millis(*at);
        if self.due.deadline() != due {
            self.due.as_mut().reset(due);
        }
        ready!(self.due.as_mut().poll(context));
        Poll::Ready(self.heard.pop_front().and_then(|(_, heard)| heard))
    }
}

impl Sink<Message> for PlayedSocket {
    type Error = tungstenite::Error;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, _: Message) -> Result<(), Self::Error> {
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.closed = true;
        Poll::Ready(Ok(()))
    }
}
