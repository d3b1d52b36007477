//! The DXLink side of the venue: one loop per socket around a [`session::VenueSession`].
//!
//! The loop owns the socket and the time; what is said is decided by the session alone.

mod candle;
mod channel;
mod corrupt;
mod fields;
mod message;
mod session;
mod write;

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use tokio::{net::TcpStream, time};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use self::session::{Outgoing, VenueSession};
use super::{
    market::{Bar, Last, Market},
    server::{Note, Shared},
};

/// Where the feed's values come from.
pub(super) trait PricePath {
    /// The values of a streamer symbol at a tick; `None` for an unknown one.
    fn last(&self, streamer: &str, tick: u64) -> Option<Last>;

    /// Daily bars of an instrument, oldest first; `None` for an unknown one.
    fn bars(&self, streamer: &str) -> Option<Vec<Bar>>;
}

impl PricePath for Market {
    fn last(&self, streamer: &str, tick: u64) -> Option<Last> {
        self.last(streamer, tick)
    }

    fn bars(&self, streamer: &str) -> Option<Vec<Bar>> {
        self.bars(streamer)
    }
}

/// Serves one upgraded socket until either side ends it.
///
/// What arrives is answered one round trip later, so messages sent together are answered together. Not cancel safe:
/// dropping it drops the socket.
pub(super) async fn serve(mut socket: WebSocketStream<TcpStream>, shared: Arc<Shared>) {
    shared.note(Note::SocketOpened);
    let mut session = VenueSession::new(shared.pace, Arc::clone(&shared.script), Instant::now()).at_tick(shared.tick());
    let mut arrived = Delayed::new(shared.rtt);
    loop {
        let due = arrived.due().into_iter().chain(session.poll_timeout()).min();
        let wake = time::Instant::from_std(due.unwrap_or_else(|| Instant::now() + IDLE));
        tokio::select! {
            frame = socket.next() => match frame {
                Some(Ok(Message::Text(text))) => {
                    arrived.push(text.as_str().to_owned(), Instant::now());
                }
                Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_))) => {
                    answer_farewell(&mut socket).await;
                    break;
                }
                Some(Err(_)) | None => break,
            },
            () = time::sleep_until(wake) => {}
        }
        let now = Instant::now();
        let mut outgoing = Vec::new();
        while let Some(text) = arrived.pop(now) {
            outgoing.extend(session.handle_text(&text, &shared.market, now));
            shared.note(Note::Subscribed {
                entries: session.take_subscribed(),
                live_candles: session.live_candles(),
            });
        }
        outgoing.extend(session.handle_timeout(&shared.market, now));
        shared.reach(session.tick());
        if !send(&mut socket, outgoing).await {
            break;
        }
    }
    shared.note(Note::SocketClosed);
}

/// What has arrived and is answered one round trip later.
#[derive(Debug)]
struct Delayed {
    rtt: Duration,
    queue: VecDeque<(Instant, String)>,
}

impl Delayed {
    fn new(rtt: Duration) -> Self {
        Self {
            rtt,
            queue: VecDeque::new(),
        }
    }

    fn push(&mut self, text: String, now: Instant) {
        self.queue.push_back((now + self.rtt, text));
    }

    fn due(&self) -> Option<Instant> {
        self.queue.front().map(|(due, _)| *due)
    }

    fn pop(&mut self, now: Instant) -> Option<String> {
        self.queue.pop_front_if(|(due, _)| *due <= now).map(|(_, text)| text)
    }
}

/// Whether the connection goes on after all of `outgoing` has left.
async fn send(socket: &mut WebSocketStream<TcpStream>, outgoing: Vec<Outgoing>) -> bool {
    for message in outgoing {
        match message {
            Outgoing::Text(text) => {
                if socket.feed(Message::text(text)).await.is_err() {
                    return false;
                }
            }
            Outgoing::Close { code, reason } => {
                let frame = CloseFrame {
                    code: CloseCode::from(code),
                    reason: reason.into(),
                };
                if socket.close(Some(frame)).await.is_ok() {
                    answer_farewell(socket).await;
                }
                return false;
            }
            Outgoing::Reset => {
                let _ = socket.flush().await;
                let _ = socket.get_ref().set_zero_linger();
                return false;
            }
        }
    }
    socket.flush().await.is_ok()
}

/// Reads on until the closing handshake is done, at most for [`FAREWELL`]: an answer still to be sent leaves with it.
async fn answer_farewell(socket: &mut WebSocketStream<TcpStream>) {
    let drained = async { while let Some(Ok(_)) = socket.next().await {} };
    let _ = time::timeout(FAREWELL, drained).await;
}

/// Longest sleep of a connection that awaits nothing.
const IDLE: Duration = Duration::from_secs(60);
/// How long a closed connection is read for the client's own close frame.
const FAREWELL: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
