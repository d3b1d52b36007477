//! The venue's port: HTTP answers, the upgrade to the feed, and the count of both.

use std::{
    convert::Infallible,
    future::pending,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::Sender,
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, Full, Limited, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Frame, Incoming},
    header::{self, HeaderMap, HeaderValue},
    server::conn::http1,
    service::service_fn,
    upgrade,
};
use hyper_util::rt::TokioIo;
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    task::yield_now,
    time::sleep,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::derive_accept_key, protocol::Role},
};

use super::{
    Options, Pace, Tally,
    fault::{Refusal, RestEffect, Script},
    feed,
    market::Market,
    rest,
};

/// Where the feed is reached.
pub(super) const FEED_PATH: &str = "/dxlink";

/// The body of an answer; its error cuts the connection.
type Body = UnsyncBoxBody<Bytes, io::Error>;

/// What every connection of a venue reads.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) market: Market,
    pub(super) script: Arc<Script>,
    pub(super) pace: Pace,
    pub(super) rtt: Duration,
    /// How far the prices have moved on any socket.
    tick: AtomicU64,
    ws_url: String,
    notes: UnboundedSender<Note>,
    now: Timestamp,
    started: Instant,
}

/// What connections and the owner tell the accept loop, which alone keeps the tally.
#[derive(Debug)]
pub(super) enum Note {
    Request(String),
    SocketOpened,
    SocketClosed,
    Subscribed { entries: u64, live_candles: usize },
    Ask(Sender<Tally>),
    Stop,
}

impl Shared {
    pub(super) fn new(options: Options, ws_url: String, notes: UnboundedSender<Note>) -> Self {
        Self {
            market: Market::new(options.seed, options.now),
            script: Arc::new(Script::new(options.faults)),
            pace: options.pace,
            rtt: options.rtt,
            tick: AtomicU64::new(0),
            ws_url,
            notes,
            now: options.now,
            started: Instant::now(),
        }
    }

    /// Adds `note` to the tally; one that comes after the end is nobody's.
    pub(super) fn note(&self, note: Note) {
        let _ = self.notes.send(note);
    }

    /// The tick at which the next connection begins: the market does not go back for it.
    pub(super) fn tick(&self) -> u64 {
        self.tick.load(Ordering::Relaxed)
    }

    /// A connection has moved on to `tick`.
    pub(super) fn reach(&self, tick: u64) {
        self.tick.fetch_max(tick, Ordering::Relaxed);
    }

    fn now(&self) -> Timestamp {
        self.now.checked_add(self.started.elapsed()).unwrap_or(self.now)
    }
}

/// Accepts connections and keeps the tally until told to stop. Not cancel safe.
pub(super) async fn run(
    listener: std::net::TcpListener,
    shared: Shared,
    mut inbox: UnboundedReceiver<Note>,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let shared = Arc::new(shared);
    let mut tally = Tally::default();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    tokio::spawn(serve(stream, Arc::clone(&shared)));
                }
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
            note = inbox.recv() => match note {
                Some(Note::Stop) | None => return Ok(()),
                Some(Note::Ask(reply)) => {
                    let _ = reply.send(tally.clone());
                }
                Some(Note::Request(path)) => {
                    tally.rest_requests += 1;
                    *tally.rest_paths.entry(path).or_default() += 1;
                }
                Some(Note::SocketOpened) => {
                    tally.sockets += 1;
                    tally.open_sockets += 1;
                    tally.max_open_sockets = tally.max_open_sockets.max(tally.open_sockets);
                }
                Some(Note::SocketClosed) => tally.open_sockets = tally.open_sockets.saturating_sub(1),
                Some(Note::Subscribed { entries, live_candles }) => {
                    tally.subscriptions += entries;
                    tally.max_live_candles = tally.max_live_candles.max(live_candles);
                }
            },
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
    let connection = http1::Builder::new()
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection to the venue ended early");
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    if path != FEED_PATH {
        shared.note(Note::Request(path.clone()));
    }
    let mut response = match shared.script.on_rest(&path, shared.started.elapsed()) {
        Some(RestEffect::Hang) => pending().await,
        Some(RestEffect::Status(refusal)) => refuse(refusal),
        None if path == FEED_PATH => upgrade_to_feed(request, &shared),
        None => right_answer(request, &shared).await.map_or_else(too_long, whole),
        Some(RestEffect::Truncate) => right_answer(request, &shared).await.map_or_else(too_long, truncated),
        Some(RestEffect::Drip(bytes)) => {
            let drip = |answer| dripping(answer, *bytes);
            right_answer(request, &shared).await.map_or_else(too_long, drip)
        }
        Some(RestEffect::Metrics(fault)) => {
            let spoiled = right_answer(request, &shared).await.map(|answer| rest::RestAnswer {
                body: fault.corrupt(answer.body),
                ..answer
            });
            spoiled.map_or_else(too_long, whole)
        }
    };
    if let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&shared.now())
        && let Ok(date) = HeaderValue::from_str(&date)
    {
        response.headers_mut().insert(header::DATE, date);
    }
    sleep(shared.rtt).await;
    Ok(response)
}

/// The answer of a venue that behaves; `None` for a request that is too long.
async fn right_answer(request: Request<Incoming>, shared: &Shared) -> Option<rest::RestAnswer> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY_BYTES).collect().await.ok()?.to_bytes();
    Some(rest::answer(
        &shared.market,
        &rest::Request {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            user_agent: parts.headers.contains_key(header::USER_AGENT),
            bearer: bearer(&parts.headers),
            body: &body,
            now: shared.now(),
            own_ws_url: &shared.ws_url,
        },
    ))
}

fn too_long() -> Response<Body> {
    respond(StatusCode::PAYLOAD_TOO_LARGE, "text/plain", Vec::new())
}

fn whole(answer: rest::RestAnswer) -> Response<Body> {
    respond(status(answer.status), answer.content_type, answer.body)
}

/// The first half of `answer` under the length of the whole. The connection breaks only after that half was flushed.
fn truncated(answer: rest::RestAnswer) -> Response<Body> {
    let length = answer.body.len();
    let half: Vec<u8> = answer.body.into_iter().take(length / 2).collect();
    let broken = async {
        yield_now().await;
        Err(io::Error::from(io::ErrorKind::BrokenPipe))
    };
    let pieces = stream::iter([Ok(Frame::data(Bytes::from(half)))]).chain(stream::once(broken));
    let mut response = respond(status(answer.status), answer.content_type, Vec::new());
    *response.body_mut() = StreamBody::new(pieces).boxed_unsync();
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    response
}

/// `answer` in pieces of so many bytes, one a second.
fn dripping(answer: rest::RestAnswer, bytes: u32) -> Response<Body> {
    let size = usize::try_from(bytes).unwrap_or(usize::MAX).max(1);
    let pieces = stream::unfold((Bytes::from(answer.body), false), move |(mut left, late)| async move {
        if left.is_empty() {
            return None;
        }
        if late {
            sleep(DRIP).await;
        }
        let piece = left.split_to(size.min(left.len()));
        Some((Ok(Frame::data(piece)), (left, true)))
    });
    let mut response = respond(status(answer.status), answer.content_type, Vec::new());
    *response.body_mut() = StreamBody::new(pieces).boxed_unsync();
    response
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn upgrade_to_feed(mut request: Request<Incoming>, shared: &Arc<Shared>) -> Response<Body> {
    let headers = request.headers();
    let wants_websocket = headers
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let key = headers
        .get(header::SEC_WEBSOCKET_KEY)
        .map(|key| derive_accept_key(key.as_bytes()));
    let (&Method::GET, true, Some(accept)) = (request.method(), wants_websocket, key) else {
        return respond(
            StatusCode::UPGRADE_REQUIRED,
            "text/plain",
            b"this is a WebSocket endpoint\n".to_vec(),
        );
    };
    let mut response = respond(StatusCode::SWITCHING_PROTOCOLS, "text/plain", Vec::new());
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    let upgraded = upgrade::on(&mut request);
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else {
            return;
        };
        let stream = parts.io.into_inner();
        let socket = WebSocketStream::from_partially_read(stream, parts.read_buf.to_vec(), Role::Server, None).await;
        feed::serve(socket, shared).await;
    });
    response
}

fn refuse(refusal: &Refusal) -> Response<Body> {
    let mut response = respond(
        status(refusal.status),
        refusal.content_type,
        refusal.body.clone().into_bytes(),
    );
    if let Some(wait) = refusal
        .retry_after
        .as_deref()
        .and_then(|text| HeaderValue::from_str(text).ok())
    {
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}

fn respond(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(
        Full::new(Bytes::from(body))
            .map_err(|never| match never {})
            .boxed_unsync(),
    );
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Time between two pieces of a dripping answer.
const DRIP: Duration = Duration::from_secs(1);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
