use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::testing::{Talk, bars, entry, quote};
use crate::{Candles, Event, Quote};

const HANDSHAKE: &str = include_str!("../../../tests/data/dxlink/handshake.txt");
const ANONYMOUS: &str = include_str!("../../../tests/data/dxlink/anonymous.txt");
const REFUSED_TOKEN: &str = include_str!("../../../tests/data/dxlink/refused-token.txt");
const CANDLES: &str = include_str!("../../../tests/data/dxlink/candles.txt");
const CLOSED_CHANNEL: &str = include_str!("../../../tests/data/dxlink/closed-channel.txt");

#[test]
fn the_documented_conversation_is_spoken_word_for_word() {
    let mut talk = Talk::new([quote("SPY")]);
    talk.play(HANDSHAKE);
    assert_eq!(
        talk.outputs(),
        [
            Output::Phase(Phase::AwaitAuthState),
            Output::Phase(Phase::AwaitAuthorized),
            Output::Phase(Phase::AwaitChannel),
            Output::Phase(Phase::AwaitFeedConfig),
            Output::Phase(Phase::Streaming),
            Output::Event(Event::Quote(Quote {
                symbol: "SPY".into(),
                bid: Some(559.3),
                ask: Some(559.4),
                ..Quote::default()
            })),
        ]
    );
    assert_eq!((talk.protocol.events(), talk.protocol.dropped()), (1, 0));
}

#[test]
fn a_server_without_login_gets_no_token_and_the_order_of_messages_is_loose() {
    let mut talk = Talk::new([quote("SPY")]);
    talk.play(ANONYMOUS);
    assert_eq!(
        talk.anomalies(),
        [Anomaly::UnknownMessage {
            kind: "GREETING".to_owned()
        }]
    );
    assert_eq!(talk.protocol.phase(), Phase::Streaming);
}

#[test]
fn a_refused_token_is_told_once_and_a_second_refusal_is_final() {
    let mut talk = Talk::new([quote("SPY")]);
    talk.play(REFUSED_TOKEN);
    assert_eq!(
        talk.outputs()
            .iter()
            .filter(|output| **output == Output::TokenRefused)
            .count(),
        1
    );
    let error = talk.hear_error(r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#);
    assert_eq!(error, Error::TokenRefused);
    assert!(error.is_terminal());
}

#[test]
fn a_login_lost_in_mid_session_is_renewed_on_the_same_socket() {
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.hear(r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#);
    assert_eq!(
        talk.outputs(),
        [Output::TokenRefused, Output::Phase(Phase::AwaitAuthorized)]
    );
    talk.protocol.authenticate(SecretString::from("fresh"), talk.now);
    assert_eq!(talk.written(), [r#"{"type":"AUTH","channel":0,"token":"fresh"}"#]);
    talk.hear(r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED"}"#);
    assert_eq!(talk.outputs(), [Output::Phase(Phase::Streaming)]);
    assert!(talk.written().is_empty());
}

#[test]
fn a_channel_closed_while_the_login_is_lost_is_opened_after_it() {
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.hear(r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#);
    talk.hear(r#"{"type":"CHANNEL_CLOSED","channel":1}"#);
    talk.protocol.authenticate(SecretString::from("fresh"), talk.now);
    assert_eq!(talk.written().len(), 1);
    talk.hear(r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED"}"#);
    talk.wait(1.0).unwrap();
    let written = talk.written();
    assert!(written[0].starts_with(r#"{"type":"CHANNEL_REQUEST","channel":3"#));
    assert_eq!(written.len(), 3);
}

#[test]
fn nothing_is_due_while_a_fresh_token_is_fetched() {
    let mut talk = Talk::new([]);
    talk.play(REFUSED_TOKEN.split("token fresh").next().unwrap());
    talk.wait(30.0).unwrap();
    talk.protocol.authenticate(SecretString::from("fresh"), talk.now);
    assert_eq!(talk.wait(10.0), Err(Error::HandshakeTimeout(Phase::AwaitAuthorized)));
}

#[test]
fn a_missing_session_is_no_refusal() {
    let mut talk = Talk::new([]);
    let error = talk.hear_error(
        r#"{"type":"ERROR","channel":0,"error":"UNAUTHORIZED","message":"com.dxfeed.mdd.dxlink.auth.AuthException: Session not found: api"}"#,
    );
    assert!(matches!(error, Error::SessionNotFound { .. }));
    assert!(!error.is_terminal() && error.wants_fresh_token());
}

#[test]
fn each_step_of_the_handshake_has_ten_seconds() {
    let mut talk = Talk::new([]);
    talk.wait(9.0).unwrap();
    talk.hear(r#"{"type":"SETUP","channel":0}"#);
    talk.wait(9.0).unwrap();
    talk.hear(r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#);
    talk.wait(9.0).unwrap();
    assert_eq!(talk.wait(1.0), Err(Error::HandshakeTimeout(Phase::AwaitAuthorized)));
    let mut talk = Talk::new([]);
    assert_eq!(talk.wait(10.0), Err(Error::HandshakeTimeout(Phase::AwaitSetup)));
    talk.hear(r#"{"type":"SETUP","channel":0}"#);
    assert_eq!(talk.wait(10.0), Err(Error::HandshakeTimeout(Phase::AwaitAuthState)));
}

#[test]
fn a_channel_that_does_not_open_is_asked_for_once_more_under_the_next_odd_id() {
    let mut talk = Talk::new([quote("SPY")]);
    talk.hear(r#"{"type":"SETUP","channel":0}"#);
    talk.hear(r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED"}"#);
    talk.written();
    talk.wait(10.0).unwrap();
    let written = talk.written();
    assert_eq!(written[0], r#"{"type":"CHANNEL_CANCEL","channel":1}"#);
    assert!(written[1].starts_with(r#"{"type":"CHANNEL_REQUEST","channel":3"#));
    assert!(written[3].starts_with(r#"{"type":"FEED_SUBSCRIPTION","channel":3,"reset":true"#));
    talk.hear(r#"{"type":"CHANNEL_OPENED","channel":1}"#);
    assert_eq!(talk.protocol.phase(), Phase::AwaitChannel);
    assert_eq!(talk.wait(10.0), Err(Error::HandshakeTimeout(Phase::AwaitChannel)));
}

#[test]
fn a_channel_closed_unasked_is_opened_again_and_late_data_of_the_old_one_is_no_fault() {
    let mut talk = Talk::new([quote("SPY")]);
    talk.play(CLOSED_CHANNEL);
    assert!(talk.events().is_empty());
    assert_eq!(talk.protocol.dropped(), 0);
}

#[test]
fn a_channel_closed_three_times_without_data_ends_the_connection() {
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.hear(r#"{"type":"CHANNEL_CLOSED","channel":1}"#);
    talk.hear(r#"{"type":"CHANNEL_CLOSED","channel":3}"#);
    assert_eq!(
        talk.protocol
            .poll_transmit(talk.now)
            .map(|text| text.contains("CHANNEL_REQUEST")),
        Some(true)
    );
    talk.wait(1.0).unwrap();
    assert_eq!(
        talk.hear_error(r#"{"type":"CHANNEL_CLOSED","channel":5}"#),
        Error::ChannelStorm { closed: 3 }
    );
}

#[test]
fn data_between_two_closings_starts_the_count_again() {
    let mut talk = Talk::streaming([quote("SPY")]);
    for id in [1, 3, 5, 7] {
        talk.hear(&format!(r#"{{"type":"CHANNEL_CLOSED","channel":{id}}}"#));
        let next = id + 2;
        talk.hear(&format!(
            r#"{{"type":"FEED_DATA","channel":{next},"data":["Quote",["SPY",0,1.0,1.0,0,2.0,1.0]]}}"#
        ));
    }
    assert_eq!(talk.events().len(), 4);
}

#[test]
fn a_channel_nobody_requested_is_told_and_ignored() {
    let mut talk = Talk::streaming([]);
    talk.hear(r#"{"type":"CHANNEL_OPENED","channel":8}"#);
    assert_eq!(talk.anomalies(), [Anomaly::StrayChannel { channel: 8 }]);
}

#[test]
fn a_sign_of_life_leaves_every_thirty_seconds_of_silence() {
    let mut talk = Talk::streaming([]);
    assert_eq!(talk.protocol.poll_timeout(), Some(talk.now + Duration::from_secs(30)));
    talk.wait(29.9).unwrap();
    assert!(talk.written().is_empty());
    talk.wait(0.1).unwrap();
    assert_eq!(talk.written(), [r#"{"type":"KEEPALIVE","channel":0}"#]);
    assert_eq!(talk.protocol.poll_timeout(), Some(talk.now + Duration::from_secs(30)));
}

#[test]
fn a_short_announcement_is_kept_during_the_handshake_too() {
    let mut talk = Talk::new([]);
    talk.hear(r#"{"type":"SETUP","channel":0,"keepaliveTimeout":4.0}"#);
    talk.written();
    talk.wait(2.0).unwrap();
    assert_eq!(talk.written(), [r#"{"type":"KEEPALIVE","channel":0}"#]);
}

#[test]
fn a_new_announcement_in_mid_session_is_adopted_without_a_restart() {
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.hear(r#"{"type":"SETUP","channel":0,"keepaliveTimeout":20}"#);
    assert!(talk.written().is_empty());
    assert_eq!(talk.protocol.phase(), Phase::Streaming);
    assert_eq!(talk.protocol.poll_timeout(), Some(talk.now + Duration::from_secs(10)));
}

#[test]
fn a_server_silent_for_sixty_five_seconds_is_dead_and_any_message_keeps_it_alive() {
    let mut talk = Talk::streaming([]);
    talk.wait(64.0).unwrap();
    talk.hear(r#"{"type":"KEEPALIVE","channel":0}"#);
    talk.wait(64.0).unwrap();
    assert_eq!(
        talk.wait(1.0),
        Err(Error::Silent {
            silence: Duration::from_secs(65)
        })
    );
}

#[test]
fn a_normal_universe_leaves_at_once_in_messages_of_limited_size() {
    let symbols = (0..320).map(|n| format!("/ES{n:03}:XCME"));
    let wanted = symbols.flat_map(|symbol| {
        [EventType::Quote, EventType::Trade, EventType::Summary].map(|event_type| entry(event_type, &symbol))
    });
    let mut talk = Talk::new(wanted);
    talk.hear(r#"{"type":"SETUP","channel":0}"#);
    talk.hear(r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED"}"#);
    let written = talk.written();
    let batches: Vec<&String> = written
        .iter()
        .filter(|text| text.contains("FEED_SUBSCRIPTION"))
        .collect();
    let sizes: Vec<usize> = batches.iter().map(|text| text.matches(r#""symbol""#).count()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), 960);
    assert!(sizes.iter().all(|size| *size <= 200), "{sizes:?}");
    assert!(batches.iter().all(|text| text.len() <= 8192));
    assert_eq!(
        batches.iter().filter(|text| text.contains(r#""reset":true"#)).count(),
        1
    );
    assert!(batches[0].contains(r#""reset":true"#));
}

#[test]
fn a_large_universe_is_paced_and_wakes_its_driver_for_each_message() {
    let mut talk = Talk::streaming((0..20_000).map(|n| quote(&format!("S{n}"))));
    let mut sent = 8 * 200;
    while sent < 9_000 {
        let due = talk.protocol.poll_timeout().unwrap();
        assert!(due - talk.now <= Duration::from_millis(50));
        talk.now = due;
        let written = talk.written();
        assert_eq!(written.len(), 1);
        sent += written[0].matches(r#""symbol""#).count();
    }
    assert_eq!(sent, 9_000);
    assert!(talk.protocol.poll_timeout().unwrap() - talk.now > Duration::from_secs(20));
}

#[test]
fn entries_are_added_once_and_removed_with_a_start_for_series() {
    let mut talk = Talk::streaming([quote("SPY"), bars("SPY{=d}", 1_735_689_600_000)]);
    talk.protocol.subscribe(quote("SPY"));
    talk.protocol.subscribe(bars("SPY{=1d}", 1_735_689_600_000));
    assert!(talk.written().is_empty());
    talk.protocol.unsubscribe(&bars("SPY{=d}", 0));
    talk.protocol.unsubscribe(&quote("NEVER"));
    talk.protocol.subscribe(quote("QQQ"));
    assert_eq!(
        talk.written(),
        [
            r#"{"type":"FEED_SUBSCRIPTION","channel":1,"remove":[{"type":"Candle","symbol":"SPY{=d}","fromTime":1735689600000}],"add":[{"type":"Quote","symbol":"QQQ"}]}"#
        ]
    );
}

#[test]
fn an_entry_taken_out_before_it_was_sent_never_leaves() {
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.protocol.subscribe(quote("QQQ"));
    talk.protocol.unsubscribe(&quote("QQQ"));
    assert!(talk.written().is_empty());
}

#[test]
fn another_start_asks_for_the_series_again() {
    let mut talk = Talk::streaming([bars("SPY{=d}", 5)]);
    talk.protocol.subscribe(bars("SPY{=d}", 4));
    assert_eq!(
        talk.written(),
        [r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Candle","symbol":"SPY{=d}","fromTime":4}]}"#]
    );
}

#[test]
fn columns_of_a_type_are_asked_for_when_it_is_first_used() {
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.protocol.subscribe(entry(EventType::TradeEth, "SPY"));
    assert_eq!(
        talk.written(),
        [
            r#"{"type":"FEED_SETUP","channel":1,"acceptAggregationPeriod":1,"acceptDataFormat":"COMPACT","acceptEventFields":{"TradeETH":["eventSymbol","time","price","size","change","dayId","dayVolume","extendedTradingHours"]}}"#,
            r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"TradeETH","symbol":"SPY"}]}"#,
        ]
    );
}

#[test]
fn a_rate_refused_pauses_and_asks_again_only_for_the_silent() {
    let mut talk = Talk::streaming([quote("QQQ"), quote("SPY")]);
    talk.data(r#"["Quote",["SPY",0,1.0,1.0,0,2.0,1.0]]"#);
    talk.hear(r#"{"type":"ERROR","channel":1,"error":"BAD_ACTION","message":"Your subscription rate is too high"}"#);
    talk.protocol.subscribe(quote("IWM"));
    talk.wait(9.9).unwrap();
    assert!(talk.written().is_empty());
    assert_eq!(
        talk.protocol.poll_timeout(),
        Some(talk.now + Duration::from_millis(100))
    );
    talk.wait(0.1).unwrap();
    assert_eq!(
        talk.written(),
        [
            r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"IWM"},{"type":"Quote","symbol":"QQQ"}]}"#
        ]
    );
}

#[test]
fn a_size_refused_stops_adding_and_says_so() {
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.hear(r#"{"type":"ERROR","channel":1,"error":"BAD_ACTION","message":"Your subscription size is too big"}"#);
    let message = "Your subscription size is too big".to_owned();
    assert_eq!(talk.outputs(), [Output::SubscriptionRefused { message }]);
    talk.protocol.subscribe(quote("QQQ"));
    assert!(talk.written().is_empty());
    talk.protocol.unsubscribe(&quote("SPY"));
    assert_eq!(talk.written().len(), 1);
}

#[test]
fn errors_end_the_connection_only_where_they_must() {
    for (kind, expected) in [
        ("UNSUPPORTED_PROTOCOL", true),
        ("TIMEOUT", false),
        ("UNAUTHORIZED", false),
    ] {
        let mut talk = Talk::streaming([]);
        let error = talk.hear_error(&format!(
            r#"{{"type":"ERROR","channel":0,"error":"{kind}","message":"m"}}"#
        ));
        assert_eq!(error.is_terminal(), expected);
    }
    let mut talk = Talk::streaming([]);
    for kind in ["INVALID_MESSAGE", "BAD_ACTION", "UNKNOWN", "SOMETHING_NEW"] {
        talk.hear(&format!(
            r#"{{"type":"ERROR","channel":0,"error":"{kind}","message":"m"}}"#
        ));
    }
    talk.hear(r#"{"type":"ERROR","channel":3,"error":"TIMEOUT"}"#);
    talk.hear(r#"{"type":"ERROR"}"#);
    assert_eq!(talk.anomalies().len(), 6);
}

#[test]
fn a_message_the_server_cannot_read_is_told_as_our_fault_and_not_sent_again() {
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.hear(r#"{"type":"ERROR","channel":1,"error":"INVALID_MESSAGE","message":"no such field"}"#);
    assert_eq!(
        talk.anomalies(),
        [Anomaly::Misunderstood {
            message: "no such field".to_owned()
        }]
    );
    assert!(talk.written().is_empty());
}

#[test]
fn whatever_is_said_between_the_steps_of_the_handshake_no_step_is_skipped_or_repeated() {
    let noise = [
        r#"{"type":"KEEPALIVE","channel":0}"#,
        r#"{"type":"ERROR","channel":0,"error":"UNKNOWN","message":"m"}"#,
        r#"{"type":"GREETING","channel":0}"#,
        r#"{"type":"SETUP_SOON"}"#,
    ];
    let mut talk = Talk::new([quote("SPY")]);
    let steps = [
        (r#"{"type":"SETUP","channel":0,"keepaliveTimeout":60}"#, vec!["SETUP"]),
        (r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#, vec![]),
        (
            r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED"}"#,
            vec!["AUTH"],
        ),
        (
            r#"{"type":"CHANNEL_OPENED","channel":1}"#,
            vec!["CHANNEL_REQUEST", "FEED_SETUP", "FEED_SUBSCRIPTION"],
        ),
    ];
    for (answer, written) in steps {
        let types: Vec<String> = talk.written().iter().map(|text| message_type(text)).collect();
        assert_eq!(types, written, "before {answer}");
        for text in noise {
            talk.hear(text);
        }
        assert!(talk.written().is_empty(), "before {answer}");
        talk.hear(answer);
    }
    assert!(talk.written().is_empty());
    assert_eq!(talk.protocol.phase(), Phase::AwaitFeedConfig);
}

#[test]
fn a_flood_of_data_holds_back_no_sign_of_life() {
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.columns("Quote", "eventSymbol,bidPrice");
    let mut signs = 0;
    for _ in 0..6_100 {
        talk.wait(0.01).unwrap();
        talk.data(r#"["Quote",["SPY",1.0]]"#);
        signs += talk.written().len();
    }
    assert_eq!(signs, 2, "one for each half minute");
}

#[test]
fn messages_hold_no_more_entries_than_the_limit() {
    let entries: Vec<_> = (0..25).map(|n| quote(&format!("S{n}"))).collect();
    let mut talk = Talk::streaming([]);
    talk.protocol.limit_batches(10);
    entries.into_iter().for_each(|entry| talk.protocol.subscribe(entry));
    let sizes: Vec<usize> = talk
        .written()
        .iter()
        .map(|text| text.matches(r#""symbol""#).count())
        .filter(|entries| *entries > 0)
        .collect();
    assert_eq!(sizes, [10, 10, 5]);
    assert_eq!(talk.protocol.longest_batch(), 10);
}

fn message_type(text: &str) -> String {
    let message: serde_json::Value = serde_json::from_str(text).unwrap();
    message["type"].as_str().unwrap().to_owned()
}

#[test]
fn a_token_echoed_by_the_server_is_masked_everywhere() {
    let mut talk = Talk::streaming([]);
    talk.hear(r#"{"type":"ERROR","channel":0,"error":"s3cret-token","message":"bad \u001b[31m s3cret-token"}"#);
    let told = format!("{:?} {:?}", talk.outputs(), talk.protocol);
    assert!(!told.contains("s3cret"), "{told}");
    assert!(told.contains("bad [31m [redacted]"));
    let error = talk.hear_error(r#"{"type":"ERROR","channel":0,"error":"UNAUTHORIZED","message":"s3cret-token"}"#);
    assert_eq!(
        error,
        Error::Unauthorized {
            message: "[redacted]".to_owned()
        }
    );
}

#[test]
fn ten_unreadable_frames_in_a_row_end_the_connection_and_nine_do_not() {
    let mut talk = Talk::streaming([]);
    for text in [
        "",
        "{",
        "[]",
        "{}",
        "nonsense",
        r#"{"type":5}"#,
        r#"{"type":"FEED_DATA","channel":1,"data":[NaN]}"#,
    ] {
        talk.hear(text);
    }
    talk.hear("1");
    talk.hear("null");
    talk.hear(r#"{"type":"KEEPALIVE","channel":0}"#);
    for _ in 0..9 {
        talk.hear("{");
    }
    assert_eq!(talk.hear_error("{"), Error::Garbage { frames: 10 });
}

#[test]
fn deep_nesting_costs_a_frame_and_not_the_stack() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.columns("Quote", "eventSymbol,bidPrice");
    talk.data(&format!(r#"["Quote",{deep}]"#));
    talk.data(&format!(r#"["Foo",{deep},"Quote",["SPY",1.0]]"#));
    talk.hear(&format!(
        r#"{{"type":"NEW","channel":0,"message":{deep},"extra":{deep}}}"#
    ));
    assert_eq!(talk.protocol.events(), 1);
}

#[test]
fn the_farewell_cancels_the_channel_and_ends_the_feed() {
    let mut talk = Talk::streaming([quote("SPY")]);
    assert_eq!(
        talk.protocol.farewell().as_deref(),
        Some(r#"{"type":"CHANNEL_CANCEL","channel":1}"#)
    );
    talk.hear(r#"{"type":"CHANNEL_CLOSED","channel":1}"#);
    assert!(talk.written().is_empty());
    assert_eq!(talk.protocol.farewell(), None);
    assert_eq!(Talk::new([]).protocol.farewell(), None);
}

#[test]
fn bars_are_published_under_the_subscribed_spelling_when_the_snapshot_is_complete() {
    let mut talk = Talk::new([bars("AAPL{=1d,tho=false}", 926_208_000_000)]);
    talk.play(CANDLES);
    assert!(talk.events().is_empty());
    talk.data(r#"["Candle",[10,"AAPL{=d}",926208000000,"NaN","NaN","NaN","NaN","NaN","NaN"]]"#);
    let Some(Event::Candles(Candles { symbol, bars, snipped })) = talk.events().pop() else {
        panic!("no bars")
    };
    assert_eq!(symbol, "AAPL{=1d,tho=false}");
    assert!(!snipped);
    let bars: Vec<_> = bars.iter().map(|bar| (bar.time, bar.close, bar.volume)).collect();
    assert_eq!(
        bars,
        [
            (1_749_772_800_000, Some(196.45), Some(51_447_349.0)),
            (1_750_032_000_000, Some(198.42), Some(43_020_691.0)),
        ]
    );
    talk.data(r#"["Candle",[0,"AAPL{=d}",1750032000000,1.0,2.0,0.5,1.5,"NaN","NaN"]]"#);
    let Some(Event::Candles(Candles { bars, .. })) = talk.events().pop() else {
        panic!("no update")
    };
    assert_eq!(bars.last().unwrap().close, Some(1.5));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(texts in proptest::collection::vec(".{0,200}", 0..12)) {
        let mut talk = Talk::new([quote("SPY")]);
        for text in &texts {
            if talk.protocol.handle_text(text, talk.now).is_err() {
                break;
            }
        }
    }

    #[test]
    fn no_order_of_sound_messages_makes_it_panic(steps in proptest::collection::vec((0usize..15, 0u32..12), 0..60)) {
        let mut talk = Talk::new([quote("SPY"), bars("SPY{=d}", 0)]);
        for (step, seconds) in steps {
            let alive = match SOUND.get(step) {
                Some(text) => talk.protocol.handle_text(text, talk.now).is_ok(),
                None => talk.wait(f64::from(seconds)).is_ok(),
            };
            if !alive {
                break;
            }
            if seconds == 0 {
                talk.protocol.authenticate(SecretString::from("again"), talk.now);
            }
            let written = talk.written();
            prop_assert!(written.iter().all(|text| serde_json::from_str::<serde_json::Value>(text).is_ok()));
            if talk.wait(0.0).is_err() {
                break;
            }
            talk.written();
            prop_assert!(talk.protocol.poll_timeout().is_some_and(|due| due > talk.now));
        }
    }
}

const SOUND: [&str; 14] = [
    r#"{"type":"SETUP","channel":0,"keepaliveTimeout":60}"#,
    r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#,
    r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED"}"#,
    r#"{"type":"CHANNEL_OPENED","channel":1}"#,
    r#"{"type":"CHANNEL_OPENED","channel":3}"#,
    r#"{"type":"CHANNEL_CLOSED","channel":1}"#,
    r#"{"type":"CHANNEL_CLOSED","channel":3}"#,
    r#"{"type":"FEED_CONFIG","channel":1,"eventFields":{"Quote":["eventSymbol","bidPrice"]}}"#,
    r#"{"type":"FEED_DATA","channel":1,"data":["Quote",["SPY",1.0]]}"#,
    r#"{"type":"FEED_DATA","channel":3,"data":["Quote",["SPY",1.0,2.0]]}"#,
    r#"{"type":"FEED_DATA","channel":1,"data":["Candle",["SPY{=d}",12,0,1000,0,1.0,1.0,1.0,1.0,1.0]]}"#,
    r#"{"type":"ERROR","channel":1,"error":"BAD_ACTION","message":"Your subscription rate is too high"}"#,
    r#"{"type":"ERROR","channel":1,"error":"BAD_ACTION","message":"Your subscription size is too big"}"#,
    r#"{"type":"KEEPALIVE","channel":0}"#,
];
