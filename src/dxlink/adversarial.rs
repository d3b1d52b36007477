//! What a server might say that means no good: nothing it sends makes the protocol panic, grow without bound, answer
//! without end or put its characters onto a terminal.

use std::time::Duration;

use proptest::prelude::*;
use secrecy::SecretString;

use super::frame::MOST_ROWS;
use super::series::MOST_BARS;
use super::testing::{Talk, bars, entry, quote};
use super::{Anomaly, Error, Event, EventType, Output};

/// Sound frames of a live session, to be spoiled.
const FRAMES: &[&str] = &[
    r#"{"type":"SETUP","channel":0,"keepaliveTimeout":60,"acceptKeepaliveTimeout":60,"version":"1.0"}"#,
    r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED","userId":"u"}"#,
    r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#,
    r#"{"type":"KEEPALIVE","channel":0}"#,
    r#"{"type":"s3cret-token","channel":0}"#,
    r#"{"type":"CHANNEL_OPENED","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#,
    r#"{"type":"CHANNEL_CLOSED","channel":1}"#,
    r#"{"type":"ERROR","channel":1,"error":"BAD_ACTION","message":"rate is too high"}"#,
    r#"{"type":"ERROR","channel":1,"error":"BAD_ACTION","message":"size is too big"}"#,
    r#"{"type":"ERROR","channel":0,"error":"UNKNOWN","message":"token s3cret-token"}"#,
    r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","eventFields":{"Quote":["eventSymbol","bidPrice","askPrice"],"Candle":["eventSymbol","eventFlags","index","time","sequence","close"]}}"#,
    r#"{"type":"FEED_DATA","channel":1,"data":["Quote",["SPY",609.12,609.14,"SPX","NaN","Infinity"]]}"#,
    r#"{"type":"FEED_DATA","channel":1,"data":["Candle",["SPY{=d}",4,7516330206953472000,1750032000000,0,600.5,"SPY{=d}",10,0,0,0,"NaN"]]}"#,
    r#"{"type":"FEED_DATA","channel":1,"data":[["Trade",["eventSymbol","time","price","dayId"]],["SPY",1750032000000,609.1,20254]]}"#,
    r#"{"type":"FEED_DATA","channel":1,"data":[{"eventType":"Greeks","eventSymbol":".SPY261218C600","volatility":0.2,"delta":0.5}]}"#,
    r#"{"type":"FEED_DATA","channel":1,"data":[{"eventType":"Profile","eventSymbol":"SPY","description":"S&P","tradingStatus":"ACTIVE","beta":1}]}"#,
];

/// What is put into sound frames.
const POISON: &[&str] = &[
    "",
    "null",
    "true",
    "-1",
    "0.5",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "1e400",
    "-1e308",
    r#""NaN""#,
    r#""9223372036854775807""#,
    r#""\u001b]0;owned\u0007\u202e""#,
    r#""\ud800""#,
    "[",
    "]",
    "{",
    "}",
    "[[[[[]]]]]",
    r#"{"a":{"b":[]}}"#,
    ",",
    ":",
    "\u{0}",
    "ü",
];

/// A frame: arbitrary text, or a sound one with pieces cut out and others put in.
fn frame() -> impl Strategy<Value = String> {
    let cuts = proptest::collection::vec((any::<prop::sample::Index>(), 0usize..40, 0..POISON.len()), 0..4);
    let spoiled = (0..FRAMES.len(), cuts).prop_map(|(at, cuts)| {
        cuts.into_iter()
            .fold(FRAMES[at].to_owned(), |frame, (at, length, poison)| {
                let letters: Vec<char> = frame.chars().collect();
                let at = at.index(letters.len() + 1);
                let rest = letters.iter().skip(at + length);
                letters[..at]
                    .iter()
                    .copied()
                    .chain(POISON[poison].chars())
                    .chain(rest.copied())
                    .collect()
            })
    });
    prop_oneof![1 => ".{0,120}", 6 => spoiled]
}

fn live() -> Talk {
    Talk::streaming([
        quote("SPY"),
        entry(EventType::Trade, "SPY"),
        entry(EventType::Profile, "SPY"),
        entry(EventType::Greeks, ".SPY261218C600"),
        bars("SPY{=d}", 0),
    ])
}

fn is_fit_to_print(text: &str) -> bool {
    let tells = ["s3cret-token", "s3cret-fresh"]
        .iter()
        .any(|token| text.contains(token));
    text.chars().count() < 500 && !tells && !text.chars().any(|c| c.is_control() || c == '\u{202e}')
}

fn texts(output: &Output) -> Vec<String> {
    match output {
        Output::Anomaly(anomaly) => vec![anomaly.to_string()],
        Output::SubscriptionRefused { message } => vec![message.clone()],
        Output::Event(Event::Profile(profile)) => [&profile.description, &profile.trading_status]
            .into_iter()
            .flatten()
            .cloned()
            .collect(),
        Output::Event(_) | Output::Phase(_) | Output::TokenRefused => Vec::new(),
    }
}

proptest! {
    #[test]
    fn no_session_panics_answers_without_end_or_prints_what_it_was_told_to(
        frames in proptest::collection::vec((frame(), 0u64..12), 0..60)
    ) {
        let mut talk = live();
        for (text, seconds) in frames {
            talk.now += Duration::from_secs(seconds);
            let heard = talk.protocol.handle_text(&text, talk.now);
            let heard = heard.and_then(|()| talk.protocol.handle_timeout(talk.now));
            let outputs = talk.outputs();
            prop_assert!(outputs.len() <= text.len() + 8, "{} outputs", outputs.len());
            prop_assert!(outputs.iter().flat_map(texts).all(|text| is_fit_to_print(&text)));
            prop_assert!(talk.written().len() <= 16);
            if outputs.contains(&Output::TokenRefused) {
                talk.protocol.authenticate(SecretString::from("s3cret-fresh"), talk.now);
            }
            if let Err(error) = heard {
                prop_assert!(is_fit_to_print(&error.to_string()));
                break;
            }
        }
    }
}

#[test]
fn nesting_without_end_is_one_bad_frame_and_not_the_end() {
    let depth = 200_000;
    let (open, close) = ("[".repeat(depth), "]".repeat(depth));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let mut talk = live();
    for deep in [&format!("{open}{close}"), &open, &objects] {
        for frame in [
            format!(r#"{{"type":"FEED_DATA","channel":1,"data":{deep}}}"#),
            format!(r#"{{"type":"FEED_DATA","channel":1,"data":[{deep}]}}"#),
            format!(r#"{{"type":"FEED_DATA","channel":1,"data":["Quote",{deep}]}}"#),
            format!(r#"{{"data":["Quote",{deep}],"type":"FEED_DATA","channel":1}}"#),
            format!(r#"{{"type":"ERROR","channel":0,"message":{deep}}}"#),
            format!(r#"{{"type":"FEED_CONFIG","channel":1,"eventFields":{deep}}}"#),
        ] {
            talk.hear(&frame);
            talk.hear(r#"{"type":"KEEPALIVE","channel":0}"#);
        }
    }
    talk.events();
    talk.data(r#"[{"eventType":"Quote","eventSymbol":"SPY","bidPrice":1.5}]"#);
    assert_eq!(talk.events().len(), 1);
}

#[test]
fn a_frame_of_megabytes_is_read_to_the_last_row() {
    let mut talk = live();
    talk.columns("Quote", "eventSymbol,bidPrice,askPrice");
    talk.outputs();
    let rows = vec![r#""SPY",609.12,609.14"#; 100_000];
    talk.data(&format!(r#"["Quote",[{}]]"#, rows.join(",")));
    assert_eq!(talk.events().len(), rows.len());
}

#[test]
fn more_rows_than_a_message_may_hold_end_the_connection() {
    let mut talk = live();
    talk.columns("Quote", "eventSymbol");
    let rows = vec![r#""SPY""#; MOST_ROWS + 1];
    let flood = format!(
        r#"{{"type":"FEED_DATA","channel":1,"data":["Quote",[{}]]}}"#,
        rows.join(",")
    );
    assert_eq!(talk.hear_error(&flood), Error::Flood { most: MOST_ROWS });
}

#[test]
fn columns_without_number_cost_a_complaint() {
    let mut talk = live();
    talk.columns("Quote", &vec!["bidPrice"; 200_000].join(","));
    talk.data(r#"["Quote",["SPY",1.0]]"#);
    let missing = Anomaly::MissingColumn {
        event_type: EventType::Quote,
        column: "eventSymbol",
    };
    assert_eq!(talk.anomalies().first(), Some(&missing));
}

#[test]
fn what_is_held_back_for_want_of_columns_is_bounded_in_bytes() {
    let mut talk = live();
    let long = "x".repeat(3 << 20);
    for _ in 0..8 {
        talk.data(&format!(r#"["Quote",["SPY","{long}"]]"#));
    }
    assert_eq!(talk.protocol.dropped(), 3, "five of 3 MiB are held, three are not");
}

#[test]
fn a_series_without_end_is_told_and_forgotten() {
    let mut talk = live();
    talk.columns("Candle", "eventSymbol,eventFlags,index,close");
    talk.outputs();
    let rows = |flags: i64, rows: usize| {
        let rows: Vec<String> = (0..rows)
            .map(|row| format!(r#""SPY{{=d}}",{flags},{row},1.5"#))
            .collect();
        format!(r#"["Candle",[{}]]"#, rows.join(","))
    };
    talk.data(&rows(4, 1));
    talk.data(&rows(0, MOST_BARS + 1));
    talk.data(&rows(8, 1));
    let endless = Anomaly::EndlessSeries {
        symbol: "SPY{=d}".into(),
        most: MOST_BARS,
    };
    assert_eq!(talk.outputs(), [Output::Anomaly(endless)]);
    talk.data(&rows(12, 1));
    assert_eq!(talk.events().len(), 1, "the next snapshot counts");
}

#[test]
fn a_history_with_a_misfitting_part_in_it_is_never_called_whole() {
    let mut talk = live();
    talk.columns("Candle", "eventSymbol,eventFlags,index,close");
    talk.data(r#"["Candle",["SPY{=d}",4,3,3.5]]"#);
    talk.data(r#"["Candle",["SPY{=d}",0,2]]"#);
    talk.data(r#"["Candle",["SPY{=d}",8,1,1.5]]"#);
    assert_eq!(talk.events(), []);
}

#[test]
fn a_refusal_repeated_for_ever_is_told_once() {
    let mut talk = live();
    for again in 0..1_000 {
        talk.hear(&format!(
            r#"{{"type":"ERROR","channel":1,"error":"BAD_ACTION","message":"size is too big {again}\u001b[2J"}}"#
        ));
    }
    let message = "size is too big 0[2J".to_owned();
    assert_eq!(talk.outputs(), [Output::SubscriptionRefused { message }]);
}
