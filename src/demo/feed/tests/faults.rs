//! Every effect of a fault script on the feed, as the client hears it.

use super::*;

const AUTH: &str = r#"{"type":"AUTH","channel":0,"token":"demo-1"}"#;
const REQUEST: &str = r#"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#;
const COMPACT: &str = r#"{"type":"FEED_SETUP","channel":1,"acceptDataFormat":"COMPACT","acceptEventFields":{"Quote":["eventSymbol","bidPrice"],"Trade":["eventSymbol","price"],"Candle":["eventFlags","close","vwap"]}}"#;
const BOTH: &str = r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"SPY"},{"type":"Trade","symbol":"SPY"}]}"#;
const CONFIG: &str = r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":1.0}"#;
const QUOTE_CONFIG: &str = r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":1.0,"eventFields":{"Quote":["eventSymbol","bidPrice"]}}"#;
const TRADE_CONFIG: &str = r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":1.0,"eventFields":{"Trade":["eventSymbol","price"]}}"#;
const QUOTE: &str = r#"{"type":"FEED_DATA","channel":1,"data":["Quote",["SPY",559.3]]}"#;
const TRADE: &str = r#"{"type":"FEED_DATA","channel":1,"data":["Trade",["SPY",559.36]]}"#;

#[test]
fn a_setup_is_not_answered() {
    let mut peer = scripted("feed: no setup");
    peer.says(SETUP);
    peer.waits(40.0);
    peer.hears(&[]);
}

#[test]
fn an_auth_state_is_missing_or_late() {
    let mut peer = scripted("feed: no auth_state");
    peer.says(SETUP);
    assert_eq!(peer.heard().len(), 1);

    let mut peer = scripted("feed: late auth_state 200ms");
    peer.says(SETUP);
    assert_eq!(peer.heard().len(), 1);
    peer.waits(0.19);
    peer.hears(&[]);
    peer.waits(0.01);
    peer.hears(&[r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#]);
}

#[test]
fn no_token_is_wanted() {
    let mut peer = scripted("feed: no auth");
    peer.says(SETUP);
    assert_eq!(
        peer.heard().last().map(String::as_str),
        Some(r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED","userId":"demo"}"#)
    );
}

#[test]
fn a_token_is_refused_once_or_always() {
    let states = |script: &str| {
        let mut peer = scripted(script);
        peer.says(SETUP);
        peer.heard();
        (0..3).for_each(|_| peer.says(AUTH));
        let refused = peer.heard().iter().filter(|text| text.contains("UNAUTHORIZED")).count();
        3 - refused
    };
    assert_eq!(states("feed: refuse token once"), 2);
    assert_eq!(states("feed: refuse token"), 0);
    assert_eq!(states("feed at 2nd time: refuse token"), 2);
}

#[test]
fn a_session_is_not_found_once() {
    let mut peer = scripted("feed: session not found once");
    peer.says(SETUP);
    peer.heard();
    peer.says(AUTH);
    peer.hears(&[
        r#"{"type":"ERROR","channel":0,"error":"UNAUTHORIZED","message":"com.dxfeed.mdd.dxlink.auth.AuthException: Session not found: api"}"#,
    ]);
    peer.says(AUTH);
    peer.hears(&[r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED","userId":"demo"}"#]);
}

#[test]
fn a_session_loses_its_authorization() {
    let mut peer = compact("feed after 1 data: unauthorized once");
    peer.says(BOTH);
    let heard = peer.heard();
    assert_eq!(heard[2], r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#);
    peer.says(BOTH);
    assert!(peer.heard()[0].contains("Authorization is required."));
    peer.says(AUTH);
    peer.hears(&[r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED","userId":"demo"}"#]);
}

#[test]
fn a_channel_is_never_opened_or_is_closed_unasked() {
    let mut peer = scripted("feed: no channel once");
    peer.says(SETUP);
    peer.says(AUTH);
    peer.heard();
    peer.says(REQUEST);
    peer.hears(&[]);
    peer.says(REQUEST);
    assert!(peer.heard()[0].contains("CHANNEL_OPENED"));

    let mut peer = compact("feed after 2 data: channel_closed");
    peer.says(BOTH);
    peer.hears(&[
        QUOTE_CONFIG,
        QUOTE,
        TRADE_CONFIG,
        TRADE,
        r#"{"type":"CHANNEL_CLOSED","channel":1}"#,
    ]);
}

#[test]
fn a_configuration_is_missing_or_late() {
    let mut peer = with_script("feed: no config");
    peer.says(COMPACT);
    peer.says(BOTH);
    peer.hears(&[QUOTE, TRADE]);

    let mut peer = with_script("feed: late config 200ms");
    peer.says(COMPACT);
    peer.says(BOTH);
    peer.hears(&[QUOTE, TRADE]);
    peer.waits(0.2);
    peer.hears(&[CONFIG, QUOTE_CONFIG, TRADE_CONFIG]);
}

#[test]
fn columns_are_reordered_or_dropped_and_announced() {
    let mut peer = compact("feed: reorder columns Quote");
    peer.says(BOTH);
    assert_eq!(
        peer.heard()[..2],
        [
            r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":1.0,"eventFields":{"Quote":["bidPrice","eventSymbol"]}}"#,
            r#"{"type":"FEED_DATA","channel":1,"data":["Quote",[559.3,"SPY"]]}"#,
        ]
    );

    let mut peer = compact("feed after 1 data: drop column vwap once");
    peer.says(&candle("SPY"));
    let before = peer.heard();
    assert!(before[0].contains(r#"["eventFlags","close","vwap"]"#), "{before:?}");
    peer.says(&candle("QQQ"));
    let after = peer.heard();
    assert!(after[0].contains(r#"{"Candle":["eventFlags","close"]}"#), "{after:?}");
    assert_eq!(
        after[1],
        r#"{"type":"FEED_DATA","channel":1,"data":["Candle",[4,500.0,10,"NaN"]]}"#
    );
}

#[test]
fn data_flips_to_full_with_or_without_a_word() {
    let full = r#"{"type":"FEED_DATA","channel":1,"data":[{"eventType":"Trade","eventSymbol":"QQQ","price":500.0}]}"#;
    let announced = r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"FULL","aggregationPeriod":1.0}"#;
    let one = |kind: &str, symbol: &str| {
        format!(r#"{{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{{"type":"{kind}","symbol":"{symbol}"}}]}}"#)
    };
    let mut peer = compact("feed after 1 data: flip full once");
    peer.says(&one("Quote", "SPY"));
    peer.says(&one("Trade", "QQQ"));
    peer.hears(&[QUOTE_CONFIG, QUOTE, announced, full]);
    let mut peer = compact("feed after 1 data: flip full silently");
    peer.says(&one("Quote", "SPY"));
    peer.says(&one("Trade", "QQQ"));
    peer.hears(&[QUOTE_CONFIG, QUOTE, full]);
}

#[test]
fn data_is_mixed_short_unknown_doubled_or_old() {
    let answer = |script: &str| {
        let mut peer = compact(script);
        peer.says(BOTH);
        peer.heard()
    };
    assert_eq!(
        answer("feed: mixed types"),
        [
            QUOTE_CONFIG,
            TRADE_CONFIG,
            r#"{"type":"FEED_DATA","channel":1,"data":["Quote",["SPY",559.3],"Trade",["SPY",559.36]]}"#
        ]
    );
    assert_eq!(
        answer("feed at 2nd data: short rows"),
        [
            QUOTE_CONFIG,
            QUOTE,
            TRADE_CONFIG,
            r#"{"type":"FEED_DATA","channel":1,"data":["Trade",["SPY"]]}"#
        ]
    );
    assert_eq!(
        answer("feed at 1st data: unknown types")[1],
        r#"{"type":"FEED_DATA","channel":1,"data":["Foo",["Foo","SPY",1.0],"Quote",["SPY",559.3]]}"#
    );
    assert_eq!(
        answer("feed: duplicates"),
        [QUOTE_CONFIG, QUOTE, QUOTE, TRADE_CONFIG, TRADE, TRADE]
    );

    let mut peer = compact("feed: old events");
    peer.says(BOTH);
    peer.heard();
    peer.waits(5.0);
    peer.hears(&[
        r#"{"type":"FEED_DATA","channel":1,"data":["Trade",["SPY",560.36]]}"#,
        TRADE,
    ]);
}

#[test]
fn frames_that_are_no_json_or_far_too_long_come_in_between() {
    let mut peer = compact("feed at 1st data: garbage frame; feed at 2nd data: huge frame 1MB");
    peer.says(BOTH);
    let heard = peer.heard();
    assert_eq!(heard[1], QUOTE);
    assert!(serde_json::from_str::<serde_json::Value>(&heard[2]).is_err());
    assert_eq!(heard[4], TRADE);
    assert!(heard[5].len() > 1024 * 1024);
    assert!(serde_json::from_str::<serde_json::Value>(&heard[5]).is_ok());
}

#[test]
fn a_subscription_is_refused_for_its_rate_or_size() {
    for (script, text) in [
        ("feed at 1st time: rate error", "Your subscription rate is too high"),
        ("feed at 1st time: size error", "Your subscription size is too big"),
    ] {
        let mut peer = compact(script);
        peer.says(BOTH);
        let error = format!(r#"{{"type":"ERROR","channel":1,"error":"BAD_ACTION","message":"{text}"}}"#);
        peer.hears(&[&error]);
        peer.says(BOTH);
        peer.hears(&[QUOTE_CONFIG, QUOTE, TRADE_CONFIG, TRADE]);
    }
}

#[test]
fn a_connection_ends_or_falls_silent_by_frames_by_time_and_by_number() {
    let mut peer = compact(r#"feed at 1st data: close 1012 "Reconnection is required""#);
    peer.says(BOTH);
    assert_eq!(
        peer.out.last(),
        Some(&Outgoing::Close {
            code: 1012,
            reason: "Reconnection is required".to_owned()
        })
    );

    let mut peer = compact("feed after 300ms: drop rst");
    peer.waits(0.299);
    peer.hears(&[]);
    peer.waits(0.001);
    assert_eq!(peer.out, [Outgoing::Reset]);

    let mut peer = compact("feed after 300ms: mute");
    peer.says(BOTH);
    assert_eq!(peer.heard().len(), 4);
    peer.waits(40.0);
    peer.hears(&[]);

    let mut peer = compact("feed on socket 2 at 1st data: drop rst");
    peer.says(BOTH);
    assert!(!peer.out.contains(&Outgoing::Reset));
    peer.session = VenueSession::new(Pace::default(), Arc::clone(&peer.script), peer.now);
    for text in [SETUP, AUTH, REQUEST, COMPACT, BOTH] {
        peer.says(text);
    }
    assert_eq!(peer.out.last(), Some(&Outgoing::Reset));
}

#[test]
fn snapshots_are_spoiled_in_their_flags_and_bars() {
    let rows = |script: &str| {
        let mut peer = compact(script);
        peer.says(&candle("SPY"));
        let heard = peer.heard();
        let data = heard.last().unwrap().clone();
        let rows = data.split_once(r#""data":["Candle",["#).unwrap().1;
        rows.strip_suffix("]]}").unwrap().to_owned()
    };
    let whole = rows("snapshot after 1 snapshot: empty");
    assert!(
        whole.starts_with("4,198.42,") && whole.ends_with(r#",10,"NaN","NaN""#),
        "{whole}"
    );
    let flags = |script: &str| -> Vec<String> { rows(script).split(',').step_by(3).map(str::to_owned).collect() };
    assert_eq!(flags("snapshot: never ends"), ["4", "0", "0"]);
    assert_eq!(flags("snapshot: never begins"), ["0", "0", "0", "10"]);
    assert_eq!(flags("snapshot: tx_pending"), ["5", "1", "1", "10"]);
    assert_eq!(flags("snapshot: snip"), ["4", "0", "18"]);
    assert_eq!(flags("snapshot: duplicates"), ["4", "0", "0", "0", "0", "0", "10"]);
    assert_eq!(rows("snapshot: empty"), r#"14,"NaN","NaN""#);
    assert!(rows("snapshot: ascending").starts_with("4,196.0,"));
    assert!(rows("snapshot: nan bars").contains(r#",0,"NaN","NaN",10"#));
    assert!(rows("snapshot: zero bars").contains(",0,0.0,0.0,10"));
    assert_eq!(flags("snapshot: old events"), ["4", "0", "0", "10", "0", "0"]);
    assert!(rows("snapshot: old events").contains(r#",10,"NaN","NaN",0,197.3,"#));
}

#[test]
fn a_message_of_the_client_has_its_number() {
    let mut peer = compact("feed at 5th message: drop rst");
    peer.says(BOTH);
    assert_eq!(peer.out, [Outgoing::Reset], "the fifth message is not answered");

    let mut peer = compact("feed after 5 messages: garbage frame");
    peer.says(BOTH);
    assert_eq!(peer.heard(), [QUOTE_CONFIG, QUOTE, TRADE_CONFIG, TRADE]);
    peer.says(r#"{"type":"KEEPALIVE","channel":0}"#);
    assert_eq!(peer.heard().len(), 1, "a keepalive is a message too");

    let mut peer = compact("feed at 5th message: duplicates");
    peer.says(BOTH);
    assert_eq!(peer.heard(), [QUOTE_CONFIG, QUOTE, QUOTE, TRADE_CONFIG, TRADE, TRADE]);

    let mut peer = scripted("feed at 2nd message: refuse token");
    peer.says(SETUP);
    peer.heard();
    peer.says(AUTH);
    peer.says(AUTH);
    let heard = peer.heard();
    assert!(heard[0].contains("UNAUTHORIZED") && heard[1].contains(r#""AUTHORIZED""#));
}

fn candle(symbol: &str) -> String {
    format!(
        r#"{{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{{"type":"Candle","symbol":"{symbol}{{=d}}","fromTime":0}}]}}"#
    )
}

fn scripted(script: &str) -> Peer {
    Peer::new(&parse(script).unwrap().feed)
}

fn with_script(script: &str) -> Peer {
    Peer::with_channel(&parse(script).unwrap().feed)
}

fn compact(script: &str) -> Peer {
    let mut peer = with_script(script);
    peer.says(COMPACT);
    peer.heard();
    peer
}
