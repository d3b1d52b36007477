//! What servers and machines do wrong, and that nothing of it costs more than it must.

use std::sync::Arc;

use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use variance_dxlink::Event;

use super::*;

fn feed_of(line: Line, policy: Policy, wants: &[&str]) -> (Feed<'static, Pipes, CountedTokens>, VecDeque<Peer>) {
    let mut feed = Feed::new(line.pipes, line.tokens, policy, settings());
    for symbol in wants {
        feed.want(quote_of(symbol).entry);
    }
    (feed, line.peers)
}

/// Items of `feed` until `enough`, while `script` speaks for the server.
async fn items_until(
    feed: &mut Feed<'static, Pipes, CountedTokens>,
    enough: impl Fn(&Item) -> bool,
    script: impl Future<Output = ()>,
) -> Result<Vec<Item>, GaveUp> {
    let hearing = async {
        let mut items = Vec::new();
        loop {
            let item = feed.next().await?;
            let last = enough(&item);
            items.push(item);
            if last {
                return Ok(items);
            }
        }
    };
    let script = async {
        script.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        items = hearing => items,
        () = script => unreachable!("the script never ends"),
    }
}

fn is_quote(item: &Item) -> bool {
    matches!(
        item,
        Item::Event {
            event: Event::Quote(_),
            ..
        }
    )
}

/// Why and after what wait each lost connection was followed by another.
fn losses(items: &[Item]) -> Vec<(&str, Duration)> {
    items
        .iter()
        .filter_map(|item| match item {
            Item::Lost { reason, again_in, .. } => Some((reason.as_str(), *again_in)),
            Item::Ready | Item::Event { .. } | Item::Refused { .. } | Item::Misunderstood { .. } => None,
        })
        .collect()
}

impl Peer {
    async fn shut(&mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame {
            code: code.into(),
            reason: reason.into(),
        };
        self.0.send(Message::Close(Some(frame))).await.unwrap();
    }

    /// Everything up to the token.
    async fn ask_for_token(&mut self) {
        self.expect("SETUP").await;
        self.say(r#"{"type":"SETUP","channel":0,"keepaliveTimeout":60,"version":"1.0"}"#)
            .await;
        self.say(r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#)
            .await;
        self.expect("AUTH").await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_refuses_the_upgrade_costs_one_fresh_token_and_no_loop() {
    for status in [400, 401, 403, 404] {
        let mut line = line(0).await;
        line.pipes.refusal = status;
        let ended = listen_to(line, policy(true, 5), vec![quote_of("SPY")], async |_peers| {}).await;
        let End::GaveUp { reason, .. } = &ended.listened.end else {
            panic!("{:?}", ended.listened.end)
        };
        assert!(reason.contains(&format!("HTTP {status}")), "{reason}");
        assert_eq!((ended.stats.connections, ended.tokens), (2, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_the_upgrade_is_left_after_ten_seconds() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let start = Instant::now();
    let dialed = Network::new(Arc::new(tls)).dial(&Url::parse(&url).unwrap()).await;
    assert!(matches!(dialed, Err(ConnectError::Timeout)));
    assert_eq!(start.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_not_found_is_tried_three_times_more_and_no_longer() {
    let ended = listen_to(
        line(9).await,
        policy(true, 8),
        vec![quote_of("SPY")],
        async |mut peers| {
            for peer in &mut peers {
                peer.ask_for_token().await;
                peer.say(r#"{"type":"ERROR","channel":0,"error":"UNAUTHORIZED","message":"Session not found: api"}"#)
                    .await;
            }
        },
    )
    .await;
    let End::GaveUp { reason, .. } = &ended.listened.end else {
        panic!("{:?}", ended.listened.end)
    };
    assert!(reason.contains("Session not found: api"), "{reason}");
    assert_eq!((ended.stats.connections, ended.tokens), (4, 2));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_restarts_is_dialed_at_once_and_then_with_pauses() {
    let (mut feed, mut peers) = feed_of(line(3).await, policy(true, 5), &["SPY"]);
    let items = items_until(&mut feed, is_quote, async {
        for peer in peers.iter_mut().take(2) {
            peer.welcome("token-1").await;
            peer.shut(1012, "Reconnection is required").await;
        }
        peers[2].welcome("token-1").await;
        peers[2].quote("SPY", 559.3).await;
    })
    .await
    .unwrap();
    let losses = losses(&items);
    assert!(losses[0].0.contains("1012"), "{losses:?}");
    assert_eq!(losses[0].1, Duration::ZERO);
    assert!(losses[1].1 > Duration::ZERO, "{losses:?}");
}

#[tokio::test(start_paused = true)]
async fn a_subscription_too_long_for_the_server_comes_again_in_halves() {
    let symbols: Vec<String> = (0..12).map(|n| format!("S{n:02}")).collect();
    let wants: Vec<&str> = symbols.iter().map(String::as_str).collect();
    let (mut feed, mut peers) = feed_of(line(3).await, policy(true, 1), &wants);
    let items = items_until(&mut feed, is_quote, async {
        for (peer, entries) in peers.iter_mut().zip([12, 6]) {
            let subscription = peer.welcome("token-1").await;
            assert_eq!(subscription["add"].as_array().unwrap().len(), entries);
            peer.shut(1009, "too long").await;
        }
        let mut added = peers[2].welcome("token-1").await["add"].as_array().unwrap().len();
        for _ in 0..3 {
            let more = peers[2].expect("FEED_SUBSCRIPTION").await["add"]
                .as_array()
                .unwrap()
                .len();
            assert_eq!(more, 3);
            added += more;
        }
        assert_eq!(added, 12);
        peers[2].quote("S00", 1.0).await;
    })
    .await
    .unwrap();
    assert_eq!(losses(&items).len(), 2, "halving is no failed attempt");
}

#[tokio::test(start_paused = true)]
async fn one_subscription_that_is_too_long_by_itself_is_given_up() {
    let (mut feed, mut peers) = feed_of(line(9).await, policy(true, 5), &["SPY"]);
    let gave_up = items_until(&mut feed, is_quote, async {
        peers[0].welcome("token-1").await;
        peers[0].shut(1009, "too long").await;
    })
    .await
    .unwrap_err();
    assert!(gave_up.reason.contains("1009"), "{gave_up}");
    assert_eq!(feed.stats().connections, 1);
}

#[tokio::test(start_paused = true)]
async fn a_close_in_the_middle_of_subscribing_loses_no_entry() {
    let symbols: Vec<String> = (0..3_000).map(|n| format!("S{n:04}")).collect();
    let wants: Vec<&str> = symbols.iter().map(String::as_str).collect();
    let (mut feed, mut peers) = feed_of(line(2).await, policy(true, 5), &wants);
    items_until(&mut feed, is_quote, async {
        let mut first = peers.pop_front().unwrap();
        first.welcome("token-1").await;
        drop(first);
        let second = &mut peers[0];
        let mut added = second.welcome("token-1").await["add"].as_array().unwrap().len();
        while added < 3_000 {
            added += second.expect("FEED_SUBSCRIPTION").await["add"]
                .as_array()
                .unwrap()
                .len();
        }
        assert_eq!(added, 3_000);
        second.quote("S0000", 1.0).await;
    })
    .await
    .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_falls_silent_is_left_for_another_connection() {
    let (mut feed, mut peers) = feed_of(line(2).await, policy(true, 5), &["SPY"]);
    let start = Instant::now();
    let items = items_until(&mut feed, is_quote, async {
        peers[0].welcome("token-1").await;
        peers[1].welcome("token-1").await;
        peers[1].quote("SPY", 559.3).await;
    })
    .await
    .unwrap();
    assert!(losses(&items)[0].0.contains("nothing heard"), "{items:?}");
    let after = start.elapsed();
    assert!((65..68).contains(&after.as_secs()), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn signs_of_life_alone_neither_end_the_connection_nor_hold_the_window_open() {
    let ended = listen_to(
        line(1).await,
        policy(true, 5),
        vec![quote_of("SPY"), quote_of("QQQ")],
        async |mut peers| {
            peers[0].welcome("token-1").await;
            peers[0].quote("SPY", 559.3).await;
            loop {
                tokio::time::sleep(Duration::from_millis(100)).await;
                peers[0].say(r#"{"type":"KEEPALIVE","channel":0}"#).await;
            }
        },
    )
    .await;
    assert_eq!(ended.listened.end, End::Complete);
    assert!(ended.after < Duration::from_secs(2), "{:?}", ended.after);
    assert_eq!(ended.stats.connections, 1);
}

#[tokio::test(start_paused = true)]
async fn a_row_of_nothing_is_an_answer_and_nobody_waits_for_more() {
    let ended = listen_to(
        line(1).await,
        policy(true, 5),
        vec![quote_of("SPY")],
        async |mut peers| {
            peers[0].welcome("token-1").await;
            peers[0]
                .say(r#"{"type":"FEED_DATA","channel":1,"data":["Quote",["Quote","SPY","NaN","NaN"]]}"#)
                .await;
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert_eq!(
        (ended.listened.end.clone(), ended.after),
        (End::Complete, Duration::ZERO)
    );
    assert_eq!(
        ended.listened.answer(EventType::Quote, "SPY"),
        Some(AnswerState::Answered)
    );
    assert_eq!(bid(&ended, "SPY"), None);
}

#[tokio::test(start_paused = true)]
async fn a_refused_size_leaves_the_rest_silent_and_is_told() {
    let ended = listen_to(
        line(1).await,
        policy(true, 5),
        vec![quote_of("SPY"), quote_of("QQQ")],
        async |mut peers| {
            peers[0].welcome("token-1").await;
            peers[0].quote("SPY", 559.3).await;
            peers[0]
                .say(r#"{"type":"ERROR","channel":1,"error":"BAD_ACTION","message":"Subscription size is too big"}"#)
                .await;
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert_eq!(ended.listened.end, End::Complete);
    assert_eq!(
        ended.listened.answer(EventType::Quote, "QQQ"),
        Some(AnswerState::Silent)
    );
    assert!(matches!(&ended.listened.troubles[..], [Trouble::Refused(said)] if said.contains("too big")));
}

#[tokio::test(start_paused = true)]
async fn a_message_of_ours_that_cannot_be_read_is_told_as_a_fault_to_report() {
    let ended = listen_to(
        line(1).await,
        policy(true, 5),
        vec![quote_of("SPY")],
        async |mut peers| {
            peers[0].welcome("token-1").await;
            peers[0]
                .say(r#"{"type":"ERROR","channel":1,"error":"INVALID_MESSAGE","message":"no such field"}"#)
                .await;
            peers[0].quote("SPY", 559.3).await;
            std::future::pending::<()>().await;
        },
    )
    .await;
    let [trouble] = &ended.listened.troubles[..] else {
        panic!("{:?}", ended.listened.troubles)
    };
    assert_eq!(trouble.code(), "message_misunderstood");
    assert!(
        trouble.to_string().contains("please report this: no such field"),
        "{trouble}"
    );
    assert_eq!(bid(&ended, "SPY"), Some(559.3));
}

#[tokio::test(start_paused = true)]
async fn a_history_that_never_ends_is_no_history() {
    let ended = listen_to(
        line(1).await,
        policy(true, 5),
        vec![bars_of("SPY{=d}")],
        async |mut peers| {
            peers[0].welcome("token-1").await;
            peers[0]
                .say(r#"{"type":"FEED_DATA","channel":1,"data":["Candle",["SPY{=d}",4,7516330206953472000,1750032000000,600.5]]}"#)
                .await;
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert!(ended.listened.candles.is_empty());
    assert_ne!(
        ended.listened.answer(EventType::Candle, "SPY{=d}"),
        Some(AnswerState::Answered)
    );
}

#[tokio::test(start_paused = true)]
async fn an_older_trade_of_the_next_connection_does_not_replace_a_newer_one() {
    let want = |symbol: &str| Request {
        entry: Subscription {
            event_type: EventType::Trade,
            symbol: symbol.into(),
            from_time: None,
        },
        required: true,
        shortfall: None,
        known: None,
    };
    let ended = listen_to(
        line(2).await,
        policy(true, 5),
        vec![want("SPY"), want("QQQ")],
        async |mut peers| {
            let columns =
                r#"{"type":"FEED_CONFIG","channel":1,"eventFields":{"Trade":["eventSymbol","time","price"]}}"#;
            let mut first = peers.pop_front().unwrap();
            first.welcome("token-1").await;
            first.say(columns).await;
            first
                .say(r#"{"type":"FEED_DATA","channel":1,"data":["Trade",["SPY",2000,2.0]]}"#)
                .await;
            drop(first);
            peers[0].welcome("token-1").await;
            peers[0].say(columns).await;
            peers[0]
                .say(r#"{"type":"FEED_DATA","channel":1,"data":["Trade",["SPY",1000,1.0,"QQQ",1000,3.0]]}"#)
                .await;
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert_eq!(ended.listened.end, End::Complete);
    let spy = ended.listened.streamed["SPY"].trade.as_ref().unwrap();
    assert_eq!((spy.event.price, spy.before_gap), (Some(2.0), true));
}

#[tokio::test(start_paused = true)]
async fn of_many_values_the_last_one_is_kept_however_slowly_they_are_heard() {
    let ended = listen_to(
        line(1).await,
        policy(true, 5),
        vec![quote_of("SPY"), quote_of("QQQ")],
        async |mut peers| {
            peers[0].welcome("token-1").await;
            for bid in 1..=3_000 {
                peers[0].quote("SPY", f64::from(bid)).await;
            }
            peers[0].quote("QQQ", 480.1).await;
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert_eq!(bid(&ended, "SPY"), Some(3_000.0));
    assert_eq!((ended.stats.events, ended.stats.dropped), (3_001, 0));
}

#[tokio::test(start_paused = true)]
async fn a_message_of_megabytes_is_read_and_one_beyond_the_limit_is_met_once_more() {
    let foo = |bytes: usize| {
        format!(
            r#"{{"type":"FEED_DATA","channel":1,"data":["Foo",["{}"]]}}"#,
            "x".repeat(bytes)
        )
    };
    let (mut feed, mut peers) = feed_of(line(9).await, policy(true, 5), &["SPY"]);
    items_until(&mut feed, is_quote, async {
        peers[0].welcome("token-1").await;
        peers[0].say(&foo(4 << 20)).await;
        peers[0].quote("SPY", 559.3).await;
    })
    .await
    .unwrap();
    let too_long = foo(17 << 20);
    let gave_up = items_until(&mut feed, |_| false, async {
        drop(peers[0].0.send(Message::text(too_long.clone())).await);
        peers[1].welcome("token-1").await;
        drop(peers[1].0.send(Message::text(too_long)).await);
    })
    .await
    .unwrap_err();
    assert!(gave_up.reason.contains("too long"), "{gave_up}");
    assert_eq!(feed.stats().connections, 2);
}

#[tokio::test(start_paused = true)]
async fn text_that_is_no_unicode_costs_the_connection_and_nothing_else() {
    let (mut feed, mut peers) = feed_of(line(2).await, policy(true, 5), &["SPY"]);
    let items = items_until(&mut feed, is_quote, async {
        peers[0].welcome("token-1").await;
        let frame = Frame::message(vec![b'{', 0xff, 0xfe], OpCode::Data(Data::Text), true);
        peers[0].0.send(Message::Frame(frame)).await.unwrap();
        peers[1].welcome("token-1").await;
        peers[1].quote("SPY", 559.3).await;
    })
    .await
    .unwrap();
    assert_eq!(losses(&items).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn binary_frames_are_ignored_pings_answered_and_fragments_joined() {
    let (mut feed, mut peers) = feed_of(line(1).await, policy(true, 5), &["SPY"]);
    let items = items_until(&mut feed, is_quote, async {
        let peer = &mut peers[0];
        peer.welcome("token-1").await;
        peer.0.send(Message::Binary(vec![1, 2, 3].into())).await.unwrap();
        peer.0.send(Message::Ping("are you there".into())).await.unwrap();
        let answer = peer.0.next().await.unwrap().unwrap();
        assert_eq!(answer, Message::Pong("are you there".into()));
        let text = r#"{"type":"FEED_DATA","channel":1,"data":["Quote",["Quote","SPY",559.3,559.4]]}"#;
        let (head, tail) = text.split_at(30);
        for frame in [
            Frame::message(head.to_owned(), OpCode::Data(Data::Text), false),
            Frame::message(tail.to_owned(), OpCode::Data(Data::Continue), true),
        ] {
            peer.0.send(Message::Frame(frame)).await.unwrap();
        }
    })
    .await
    .unwrap();
    assert!(losses(&items).is_empty());
}

#[tokio::test(start_paused = true)]
async fn losing_a_connection_in_its_handshake_opens_one_other_and_never_two() {
    let line = line(3).await;
    let ends = Rc::clone(&line.pipes.ends);
    let (mut feed, mut peers) = feed_of(line, policy(true, 5), &["SPY"]);
    items_until(&mut feed, is_quote, async {
        for left in [2, 1] {
            let mut peer = peers.pop_front().unwrap();
            peer.ask_for_token().await;
            assert_eq!(ends.borrow().len(), left);
            drop(peer);
        }
        peers[0].welcome("token-1").await;
        assert!(ends.borrow().is_empty());
        peers[0].quote("SPY", 559.3).await;
    })
    .await
    .unwrap();
    assert_eq!(feed.stats().connections, 3);
}

thread_local! {
    static WALL: Cell<i64> = const { Cell::new(0) };
}

fn wall() -> Timestamp {
    Timestamp::from_second(WALL.get()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn after_the_machine_slept_the_connection_is_replaced_at_once() {
    let (feed, mut peers) = feed_of(line(2).await, policy(true, 5), &["SPY"]);
    let mut feed = feed.by(wall);
    let start = Instant::now();
    let items = items_until(
        &mut feed,
        |item| matches!(item, Item::Event { event: Event::Quote(quote), .. } if quote.bid == Some(2.0)),
        async {
            peers[0].welcome("token-1").await;
            peers[0].quote("SPY", 1.0).await;
            tokio::time::sleep(Duration::from_secs(10)).await;
            WALL.set(8 * 3_600);
            peers[1].welcome("token-1").await;
            peers[1].quote("SPY", 2.0).await;
        },
    )
    .await
    .unwrap();
    assert_eq!(losses(&items), [("the machine slept", Duration::ZERO)]);
    assert!(start.elapsed() <= Duration::from_secs(12), "{:?}", start.elapsed());
    assert_eq!(feed.stats().gaps, 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_echoed_in_the_reason_of_a_close_is_told_nowhere() {
    let (mut feed, mut peers) = feed_of(line(1).await, policy(false, 5), &["SPY"]);
    let gave_up = items_until(&mut feed, is_quote, async {
        peers[0].welcome("token-1").await;
        peers[0].shut(1008, "\u{1b}[31mno use for token-1").await;
    })
    .await
    .unwrap_err();
    assert!(gave_up.reason.contains("no use for [redacted]"), "{gave_up}");
    assert!(!gave_up.reason.contains('\u{1b}'), "{gave_up:?}");
}
