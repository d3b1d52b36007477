//! The feed against a peer that knows no DXLink: literal text in both directions over an in-memory pipe, on a clock
//! that is stopped.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use url::Url;
use variance_dxlink::{Candle, Candles, EventType, Settings, Subscription};

use super::*;

mod faults;

const WINDOW: Duration = Duration::from_secs(5);

/// Hands out the client ends of prepared pipes; further dials are refused with a status.
#[derive(Clone)]
struct Pipes {
    ends: Rc<RefCell<VecDeque<DuplexStream>>>,
    refusal: u16,
}

impl Connect for Pipes {
    type Socket = WebSocketStream<DuplexStream>;

    fn dial<'a>(&self, _url: &Url) -> Dial<'a, Self::Socket>
    where
        Self: 'a,
    {
        let end = self.ends.borrow_mut().pop_front();
        let refusal = self.refusal;
        Box::pin(async move {
            match end {
                Some(end) => Ok(WebSocketStream::from_raw_socket(end, Role::Client, Some(connect::limits())).await),
                None => Err(ConnectError::Status(refusal)),
            }
        })
    }
}

#[derive(Clone, Default)]
struct CountedTokens(Rc<Cell<u32>>);

impl<'a> Tokens<'a> for CountedTokens {
    fn token(&self, anew: bool) -> Fetch<'a> {
        if anew || self.0.get() == 0 {
            self.0.set(self.0.get() + 1);
        }
        let token = SecretString::from(format!("token-{}", self.0.get()));
        Box::pin(async move {
            Ok(Grant {
                token,
                url: Url::parse("wss://feed.example.com/").unwrap(),
            })
        })
    }
}

/// The other end of a pipe.
struct Peer(WebSocketStream<DuplexStream>);

impl Peer {
    async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next message that is no keepalive.
    async fn hear(&mut self) -> Value {
        loop {
            let message = self
                .0
                .next()
                .await
                .expect("the client is there")
                .expect("the client speaks WebSocket");
            let Message::Text(text) = message else { continue };
            let value: Value = serde_json::from_str(text.as_str()).unwrap();
            if value["type"] != "KEEPALIVE" {
                return value;
            }
        }
    }

    async fn expect(&mut self, message_type: &str) -> Value {
        let value = self.hear().await;
        assert_eq!(value["type"], message_type, "{value}");
        value
    }

    /// Everything up to the first subscription.
    async fn welcome(&mut self, token: &str) -> Value {
        self.expect("SETUP").await;
        self.say(r#"{"type":"SETUP","channel":0,"keepaliveTimeout":60,"acceptKeepaliveTimeout":60,"version":"1.0-1.2.3-20240912-171526"}"#).await;
        self.say(r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#)
            .await;
        assert_eq!(self.expect("AUTH").await["token"], token);
        self.say(r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED","userId":"u"}"#)
            .await;
        self.open().await
    }

    async fn open(&mut self) -> Value {
        self.expect("CHANNEL_REQUEST").await;
        self.say(r#"{"type":"CHANNEL_OPENED","channel":1,"service":"FEED","parameters":{"contract":"AUTO","subFormat":"LIST"}}"#).await;
        self.expect("FEED_SETUP").await;
        self.say(r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":0.1}"#)
            .await;
        self.say(r#"{"type":"FEED_CONFIG","channel":1,"eventFields":{"Quote":["eventType","eventSymbol","bidPrice","askPrice"],"Candle":["eventSymbol","eventFlags","index","time","close"]}}"#).await;
        self.expect("FEED_SUBSCRIPTION").await
    }

    async fn quote(&mut self, symbol: &str, bid: f64) {
        let ask = bid + 0.1;
        self.say(&format!(
            r#"{{"type":"FEED_DATA","channel":1,"data":["Quote",["Quote","{symbol}",{bid},{ask}]]}}"#
        ))
        .await;
    }
}

struct Line {
    pipes: Pipes,
    peers: VecDeque<Peer>,
    tokens: CountedTokens,
}

async fn line(connections: usize) -> Line {
    let (mut ends, mut peers) = (VecDeque::new(), VecDeque::new());
    for _ in 0..connections {
        let (client, server) = tokio::io::duplex(1 << 16);
        ends.push_back(client);
        peers.push_back(Peer(WebSocketStream::from_raw_socket(server, Role::Server, None).await));
    }
    Line {
        pipes: Pipes {
            ends: Rc::new(RefCell::new(ends)),
            refusal: 502,
        },
        peers,
        tokens: CountedTokens::default(),
    }
}

fn settings() -> Settings {
    Settings {
        version: "0.1-variance/test".to_owned(),
        keepalive: Duration::from_secs(60),
        step_timeout: Duration::from_secs(10),
        aggregation_seconds: 0.1,
    }
}

fn policy(reconnect: bool, max_attempts: u32) -> Policy {
    Policy {
        reconnect,
        max_attempts,
        ceiling: Duration::from_secs(1),
    }
}

fn quote_of(symbol: &str) -> Request {
    Request {
        entry: Subscription {
            event_type: EventType::Quote,
            symbol: symbol.into(),
            from_time: None,
        },
        required: true,
        shortfall: None,
        known: None,
    }
}

fn bars_of(symbol: &str) -> Request {
    Request {
        entry: Subscription {
            event_type: EventType::Candle,
            symbol: symbol.into(),
            from_time: Some(1_000),
        },
        required: true,
        shortfall: None,
        known: None,
    }
}

struct Ended {
    listened: Snapshot,
    stats: Stats,
    after: Duration,
    tokens: u32,
}

/// Listens for `wants` while `peers` does what it does with the other ends.
async fn listen_to<F>(line: Line, policy: Policy, wants: Vec<Request>, peers: impl FnOnce(VecDeque<Peer>) -> F) -> Ended
where
    F: Future<Output = ()>,
{
    let (sender, more) = mpsc::unbounded_channel();
    for want in wants {
        sender.send(want).unwrap();
    }
    drop(sender);
    let start = Instant::now();
    let mut feed = Feed::new(line.pipes, line.tokens.clone(), policy, settings());
    let window = ListenWindow {
        until: start + WINDOW,
        wall: Timestamp::UNIX_EPOCH,
        epoch: Some(start),
        more,
    };
    let listening = async {
        let listened = listen(&mut feed, window, &|_| {}, &|_| {}).await;
        (listened, start.elapsed())
    };
    let script = async {
        peers(line.peers).await;
        std::future::pending::<()>().await;
    };
    let (listened, after) = tokio::select! {
        ended = listening => ended,
        () = script => unreachable!("the script never ends"),
    };
    Ended {
        listened,
        stats: feed.stats(),
        after,
        tokens: line.tokens.0.get(),
    }
}

fn bid(ended: &Ended, symbol: &str) -> Option<f64> {
    ended.listened.streamed.get(symbol)?.quote.as_ref()?.event.bid
}

#[tokio::test(start_paused = true)]
async fn the_window_ends_when_everything_has_answered() {
    let ended = listen_to(
        line(1).await,
        policy(true, 5),
        vec![quote_of("SPY"), quote_of("QQQ")],
        async |mut peers| {
            let peer = &mut peers[0];
            let subscription = peer.welcome("token-1").await;
            assert_eq!(subscription["reset"], true);
            assert_eq!(
                subscription["add"],
                json!([{ "type": "Quote", "symbol": "QQQ" }, { "type": "Quote", "symbol": "SPY" }])
            );
            peer.quote("SPY", 559.3).await;
            peer.quote("QQQ", 480.1).await;
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert_eq!(ended.listened.end, End::Complete);
    assert_eq!(ended.after, Duration::ZERO, "no time passes when nobody is waited for");
    assert_eq!((bid(&ended, "SPY"), bid(&ended, "QQQ")), (Some(559.3), Some(480.1)));
    assert_eq!(
        ended.stats,
        Stats {
            connections: 1,
            gaps: 0,
            events: 2,
            dropped: 0
        }
    );
}

#[tokio::test(start_paused = true)]
async fn an_unknown_symbol_delays_the_others_by_less_than_the_window() {
    let ended = listen_to(
        line(1).await,
        policy(true, 5),
        vec![quote_of("SPY"), quote_of("NOSUCH")],
        async |mut peers| {
            let peer = &mut peers[0];
            peer.welcome("token-1").await;
            peer.quote("SPY", 559.3).await;
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert_eq!(ended.listened.end, End::Complete);
    assert!(ended.after < Duration::from_secs(2), "{:?}", ended.after);
    assert_eq!(
        ended.listened.answer(EventType::Quote, "NOSUCH"),
        Some(AnswerState::Silent)
    );
}

#[tokio::test(start_paused = true)]
async fn a_mute_server_ends_with_the_window() {
    let ended = listen_to(line(9).await, policy(true, 5), vec![quote_of("SPY")], async |_peers| {
        std::future::pending::<()>().await;
    })
    .await;
    assert_eq!(ended.listened.end, End::Window);
    assert_eq!(ended.after, WINDOW);
    assert!(ended.listened.streamed.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_drop_replays_everything_and_the_gap_is_counted() {
    let wants = vec![quote_of("SPY"), quote_of("QQQ"), bars_of("SPY{=d}")];
    let ended = listen_to(line(2).await, policy(true, 5), wants, async |mut peers| {
        let mut first = peers.pop_front().unwrap();
        first.welcome("token-1").await;
        first.quote("SPY", 1.0).await;
        drop(first);
        let second = &mut peers[0];
        let subscription = second.welcome("token-1").await;
        assert_eq!(subscription["reset"], true);
        assert_eq!(subscription["add"].as_array().unwrap().len(), 3, "the whole wanted set: {subscription}");
        second.quote("SPY", 559.3).await;
        second.quote("QQQ", 480.1).await;
        second
            .say(r#"{"type":"FEED_DATA","channel":1,"data":["Candle",["SPY{=d}",12,7516330206953472000,1750032000000,600.5]]}"#)
            .await;
        std::future::pending::<()>().await;
    })
    .await;
    assert_eq!(ended.listened.end, End::Complete);
    assert_eq!((bid(&ended, "SPY"), bid(&ended, "QQQ")), (Some(559.3), Some(480.1)));
    assert_eq!(ended.listened.candles["SPY{=d}"].event.bars.len(), 1);
    assert_eq!((ended.stats.connections, ended.stats.gaps), (2, 1));
    assert_eq!(ended.tokens, 1, "a token is reused while it is valid");
    assert!(
        !ended.listened.streamed["SPY"].quote.as_ref().unwrap().before_gap,
        "refreshed after the gap"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_not_refreshed_after_a_gap_says_so() {
    let ended = listen_to(
        line(1).await,
        policy(true, 1),
        vec![quote_of("SPY"), quote_of("QQQ")],
        async |mut peers| {
            let mut only = peers.pop_front().unwrap();
            only.welcome("token-1").await;
            only.quote("SPY", 559.3).await;
            drop(only);
        },
    )
    .await;
    assert!(ended.listened.streamed["SPY"].quote.as_ref().unwrap().before_gap);
}

#[tokio::test(start_paused = true)]
async fn bye_with_code_1000_is_a_loss_like_any_other() {
    let ended = listen_to(
        line(2).await,
        policy(true, 5),
        vec![quote_of("SPY")],
        async |mut peers| {
            let mut first = peers.pop_front().unwrap();
            first.welcome("token-1").await;
            first
                .0
                .send(Message::Close(Some(CloseFrame {
                    code: 1000.into(),
                    reason: "Bye".into(),
                })))
                .await
                .unwrap();
            peers[0].welcome("token-1").await;
            peers[0].quote("SPY", 559.3).await;
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert_eq!(ended.listened.end, End::Complete);
    assert_eq!(ended.stats.gaps, 0, "no data had flowed");
    assert!(matches!(&ended.listened.troubles[..], [Trouble::Lost(reason)] if reason.contains("1000: Bye")));
}

#[tokio::test(start_paused = true)]
async fn with_reconnecting_off_the_first_loss_is_the_last() {
    let ended = listen_to(
        line(2).await,
        policy(false, 5),
        vec![quote_of("SPY")],
        async |mut peers| {
            drop(peers.pop_front());
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert!(matches!(&ended.listened.end, End::GaveUp { reason, .. } if reason.contains("switched off")));
    assert_eq!(ended.stats.connections, 1);
}

#[tokio::test(start_paused = true)]
async fn attempts_are_counted_and_end() {
    let ended = listen_to(line(0).await, policy(true, 3), vec![quote_of("SPY")], async |_peers| {}).await;
    let End::GaveUp { reason, .. } = &ended.listened.end else {
        panic!("{:?}", ended.listened.end)
    };
    assert!(reason.contains("HTTP 502") && reason.contains("4 attempts"), "{reason}");
    assert_eq!(ended.stats.connections, 4);
    assert_eq!(ended.tokens, 1, "a bad gateway is no reason for a new token");
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_on_the_same_socket() {
    let ended = listen_to(
        line(1).await,
        policy(true, 5),
        vec![quote_of("SPY")],
        async |mut peers| {
            let peer = &mut peers[0];
            peer.expect("SETUP").await;
            peer.say(r#"{"type":"SETUP","channel":0,"keepaliveTimeout":60,"version":"1.0"}"#)
                .await;
            peer.say(r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#)
                .await;
            assert_eq!(peer.expect("AUTH").await["token"], "token-1");
            peer.say(r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#)
                .await;
            assert_eq!(peer.expect("AUTH").await["token"], "token-2");
            peer.say(r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED"}"#)
                .await;
            peer.open().await;
            peer.quote("SPY", 559.3).await;
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert_eq!(ended.listened.end, End::Complete);
    assert_eq!((ended.tokens, ended.stats.connections), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_token_refused_twice_ends_the_feed_without_a_loop() {
    let ended = listen_to(
        line(9).await,
        policy(true, 5),
        vec![quote_of("SPY")],
        async |mut peers| {
            let peer = &mut peers[0];
            peer.expect("SETUP").await;
            peer.say(r#"{"type":"SETUP","channel":0,"version":"1.0"}"#).await;
            peer.say(r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#)
                .await;
            for _ in 0..2 {
                peer.expect("AUTH").await;
                peer.say(r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#)
                    .await;
            }
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert!(
        matches!(ended.listened.end, End::GaveUp { .. }),
        "{:?}",
        ended.listened.end
    );
    assert_eq!((ended.tokens, ended.stats.connections), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_finished_history_is_unsubscribed() {
    let ended = listen_to(line(1).await, policy(true, 5), vec![bars_of("SPY{=d}"), quote_of("SPY")], async |mut peers| {
        let peer = &mut peers[0];
        peer.welcome("token-1").await;
        peer.say(r#"{"type":"FEED_DATA","channel":1,"data":["Candle",["SPY{=d}",4,7516330206953472000,1750032000000,600.5,"SPY{=d}",10,0,0,"NaN"]]}"#)
            .await;
        let removal = peer.expect("FEED_SUBSCRIPTION").await;
        assert_eq!(removal["remove"][0]["symbol"], "SPY{=d}");
        peer.quote("SPY", 559.3).await;
        std::future::pending::<()>().await;
    })
    .await;
    assert_eq!(ended.listened.end, End::Complete);
    assert_eq!(ended.listened.candles["SPY{=d}"].event.bars.len(), 1);
}

/// Rows of closed bars of `SPY{=d}`, newest first, the last one the end of a snapshot.
fn snapshot(closes: &[(i64, f64)]) -> String {
    let rows = closes.iter().enumerate().map(|(place, (day, close))| {
        let flags = [0, 4][usize::from(place == 0)] | [0, 8][usize::from(place + 1 == closes.len())];
        format!(
            r#""SPY{{=d}}",{flags},{},{},{close}"#,
            (day * 86_400) << 32,
            day * 86_400_000
        )
    });
    let rows: Vec<String> = rows.collect();
    format!(
        r#"{{"type":"FEED_DATA","channel":1,"data":["Candle",[{}]]}}"#,
        rows.join(",")
    )
}

#[tokio::test(start_paused = true)]
async fn a_series_whose_known_bars_come_otherwise_is_asked_for_again_from_its_start() {
    let closes: Vec<(i64, f64)> = [(7, 70.0), (6, 60.0), (5, 50.0), (4, 40.0), (3, 30.0), (2, 20.0)].into();
    let known = Candles {
        symbol: "SPY{=d}".into(),
        bars: closes
            .iter()
            .rev()
            .map(|(day, close)| Candle {
                time: day * 86_400_000,
                close: Some(*close),
                ..Candle::default()
            })
            .collect(),
        snipped: false,
    };
    let mut want = bars_of("SPY{=d}");
    want.known = Some(Known {
        candles: known,
        since: 500,
    });
    let halved: Vec<(i64, f64)> = closes.iter().map(|(day, close)| (*day, close / 2.0)).collect();
    let ended = listen_to(
        line(1).await,
        policy(true, 5),
        vec![want, quote_of("SPY")],
        async |mut peers| {
            let peer = &mut peers[0];
            let subscription = peer.welcome("token-1").await;
            assert!(
                subscription["add"].to_string().contains(r#""fromTime":1000"#),
                "{subscription}"
            );
            peer.say(&snapshot(&halved)).await;
            let again = peer.expect("FEED_SUBSCRIPTION").await;
            assert_eq!(
                (&again["add"][0]["symbol"], &again["add"][0]["fromTime"]),
                (&json!("SPY{=d}"), &json!(500))
            );
            let whole: Vec<(i64, f64)> = halved.iter().copied().chain([(1, 5.0)]).collect();
            peer.say(&snapshot(&whole)).await;
            peer.quote("SPY", 559.3).await;
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert_eq!(ended.listened.end, End::Complete);
    let bars = &ended.listened.candles["SPY{=d}"].event.bars;
    assert_eq!(
        bars.iter().filter_map(|bar| bar.close).collect::<Vec<_>>(),
        [5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0]
    );
    let since = ended.listened.since("SPY{=d}");
    assert_eq!(since.map(Timestamp::as_millisecond), Some(500));
}

#[tokio::test(start_paused = true)]
async fn what_was_heard_before_the_feed_gave_up_says_so() {
    let ended = listen_to(
        line(1).await,
        policy(false, 5),
        vec![quote_of("SPY"), quote_of("QQQ")],
        async |mut peers| {
            let mut only = peers.pop_front().unwrap();
            only.welcome("token-1").await;
            only.quote("SPY", 559.3).await;
            drop(only);
        },
    )
    .await;
    assert!(matches!(ended.listened.end, End::GaveUp { .. }));
    assert!(ended.listened.streamed["SPY"].quote.as_ref().unwrap().before_gap);
    assert_eq!((ended.stats.gaps, ended.stats.events), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_silent_while_the_channel_is_being_opened_again() {
    let ended = listen_to(
        line(1).await,
        policy(true, 5),
        vec![quote_of("SPY"), quote_of("QQQ")],
        async |mut peers| {
            let peer = &mut peers[0];
            peer.welcome("token-1").await;
            peer.quote("SPY", 559.3).await;
            peer.say(r#"{"type":"CHANNEL_CLOSED","channel":1}"#).await;
            peer.expect("CHANNEL_REQUEST").await;
            tokio::time::sleep(Duration::from_millis(2_500)).await;
            peer.say(r#"{"type":"CHANNEL_OPENED","channel":3,"service":"FEED","parameters":{"contract":"AUTO","subFormat":"LIST"}}"#).await;
            peer.say(r#"{"type":"FEED_CONFIG","channel":3,"dataFormat":"COMPACT","eventFields":{"Quote":["eventType","eventSymbol","bidPrice","askPrice"]}}"#).await;
            peer.say(r#"{"type":"FEED_DATA","channel":3,"data":["Quote",["Quote","QQQ",480.1,480.2]]}"#).await;
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert_eq!(ended.listened.end, End::Complete);
    assert_eq!(bid(&ended, "QQQ"), Some(480.1));
}

mod adversarial;
