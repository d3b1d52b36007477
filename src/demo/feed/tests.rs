use proptest::prelude::*;

use super::*;
use crate::{
    Cut, Faults, FeedRule, Pace, Times,
    fault::Script,
    market::{Greeks, Quote, Summary, Trade},
    parse,
};

mod faults;

#[test]
fn the_handshake_and_the_first_value_go_as_on_the_live_feed() {
    let mut peer = Peer::new(&[]);
    peer.says(r#"{"type":"SETUP","channel":0,"version":"0.1-variance/0.1.0","keepaliveTimeout":60,"acceptKeepaliveTimeout":60}"#);
    peer.hears(&[
        concat!(
            r#"{"type":"SETUP","channel":0,"keepaliveTimeout":60,"acceptKeepaliveTimeout":60,"version":"1.0-variance-demo-"#,
            env!("CARGO_PKG_VERSION"),
            r#""}"#
        ),
        r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#,
    ]);
    peer.says(r#"{"type":"AUTH","channel":0,"token":"demo-1"}"#);
    peer.hears(&[r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED","userId":"demo"}"#]);
    peer.says(r#"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#);
    peer.hears(&[
        r#"{"type":"CHANNEL_OPENED","channel":1,"service":"FEED","parameters":{"contract":"AUTO","subFormat":"LIST"}}"#,
    ]);
    peer.says(r#"{"type":"FEED_SETUP","channel":1,"acceptAggregationPeriod":1,"acceptDataFormat":"COMPACT","acceptEventFields":{"Quote":["eventType","eventSymbol","bidPrice","askPrice"]}}"#);
    peer.hears(&[r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":1.0}"#]);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"reset":true,"add":[{"type":"Quote","symbol":"SPY"}]}"#);
    peer.hears(&[
        r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":1.0,"eventFields":{"Quote":["eventType","eventSymbol","bidPrice","askPrice"]}}"#,
        r#"{"type":"FEED_DATA","channel":1,"data":["Quote",["Quote","SPY",559.3,559.4]]}"#,
    ]);
}

#[test]
fn each_type_is_configured_once_right_before_its_first_data_and_unknown_columns_are_dropped() {
    let mut peer = Peer::with_channel(&[]);
    peer.says(r#"{"type":"FEED_SETUP","channel":1,"acceptDataFormat":"COMPACT","acceptAggregationPeriod":"NaN","acceptEventFields":{"Quote":["eventSymbol","lastPrice","bidPrice"],"Trade":["eventSymbol","price","dayVolume","size"]}}"#);
    peer.hears(&[r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":1.0}"#]);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Trade","symbol":"SPY"},{"type":"Quote","symbol":"SPY"},{"type":"Trade","symbol":".SPY261218C600"}]}"#);
    peer.hears(&[
        r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":1.0,"eventFields":{"Trade":["eventSymbol","price","dayVolume","size"]}}"#,
        r#"{"type":"FEED_DATA","channel":1,"data":["Trade",["SPY",559.36,1.3743299E7,100.0,".SPY261218C600","NaN","NaN","NaN"]]}"#,
        r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":1.0,"eventFields":{"Quote":["eventSymbol","bidPrice"]}}"#,
        r#"{"type":"FEED_DATA","channel":1,"data":["Quote",["SPY",559.3]]}"#,
    ]);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":".SPY261218C600"}]}"#);
    peer.hears(&[r#"{"type":"FEED_DATA","channel":1,"data":["Quote",[".SPY261218C600",11.0]]}"#]);
}

#[test]
fn unknown_symbols_and_types_never_served_meet_silence() {
    let mut peer = Peer::with_compact(r#""Greeks":["eventSymbol"]"#);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Series","symbol":"SPY"},{"type":"Candle","symbol":"SPY{=5m}","fromTime":0}]}"#);
    assert!(!peer.heard().iter().any(|text| text.contains("FEED_DATA")));
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Greeks","symbol":"SPY"},{"type":"Greeks","symbol":"/ES"}]}"#);
    assert!(!peer.heard().iter().any(|text| text.contains("FEED_DATA")));
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Greeks","symbol":".SPY261218C600"}]}"#);
    peer.hears(&[r#"{"type":"FEED_DATA","channel":1,"data":["Greeks",[".SPY261218C600"]]}"#]);
}

#[test]
fn events_are_objects_until_compact_is_accepted() {
    let mut peer = Peer::with_channel(&[]);
    peer.says(r#"{"type":"FEED_SETUP","channel":1,"acceptAggregationPeriod":0.1,"acceptEventFields":{"Trade":["price","eventSymbol","size","change"]}}"#);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Trade","symbol":"SPY"}]}"#);
    peer.hears(&[
        r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"FULL","aggregationPeriod":0.1}"#,
        r#"{"type":"FEED_DATA","channel":1,"data":[{"eventType":"Trade","price":559.36,"eventSymbol":"SPY","size":100.0}]}"#,
    ]);
}

#[test]
fn a_client_that_asks_for_no_columns_gets_every_known_one() {
    let mut peer = Peer::with_compact("");
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"SPY"}]}"#);
    peer.hears(&[
        r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":1.0,"eventFields":{"Quote":["eventType","eventSymbol","eventTime","sequence","timeNanoPart","bidTime","bidExchangeCode","bidPrice","bidSize","askTime","askExchangeCode","askPrice","askSize"]}}"#,
        r#"{"type":"FEED_DATA","channel":1,"data":["Quote",["Quote","SPY",0,0,0,1750104000000,"",559.3,100.0,0,"",559.4,"NaN"]]}"#,
    ]);
}

#[test]
fn candles_come_newest_first_under_their_canonical_symbol_and_end_with_a_row_without_data() {
    let mut peer = Peer::with_compact(CANDLE_FIELDS);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Candle","symbol":"SPY{=1d,tho=true}","fromTime":1749772800000}]}"#);
    assert_eq!(
        peer.heard().last().map(String::as_str),
        Some(concat!(
            r#"{"type":"FEED_DATA","channel":1,"data":["Candle",["#,
            r#"4,"SPY{=d,tho=true}",7516330206953472000,1750032000000,198.42,4.3020691E7,"#,
            r#"0,"SPY{=d,tho=true}",7515216951430348800,1749772800000,197.0,1000.0,"#,
            r#"10,"SPY{=d,tho=true}",7515216951430348800,1749772800000,"NaN","NaN"]]}"#
        ))
    );
}

#[test]
fn candles_without_a_start_are_one_live_bar_and_an_empty_history_says_so() {
    let mut peer = Peer::with_compact(CANDLE_FIELDS);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Candle","symbol":"SPY{=d}"}]}"#);
    assert_eq!(
        peer.heard().last().map(String::as_str),
        Some(
            r#"{"type":"FEED_DATA","channel":1,"data":["Candle",[0,"SPY{=d}",7516330206953472000,1750032000000,198.42,4.3020691E7]]}"#
        )
    );
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Candle","symbol":"SPY{=d}","fromTime":1999999999000}]}"#);
    peer.hears(&[
        r#"{"type":"FEED_DATA","channel":1,"data":["Candle",[14,"SPY{=d}",8589934587705032704,1999999999000,"NaN","NaN"]]}"#,
    ]);
}

#[test]
fn only_values_that_moved_leave_after_the_lead_once_per_period() {
    let mut peer = Peer::with_channel(&[]);
    peer.says(r#"{"type":"FEED_SETUP","channel":1,"acceptDataFormat":"COMPACT","acceptAggregationPeriod":2,"acceptEventFields":{"Quote":["eventSymbol","bidPrice"],"Trade":["eventSymbol","price"]}}"#);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"SPY"},{"type":"Trade","symbol":"SPY"}]}"#);
    peer.heard();
    peer.waits(4.9);
    peer.hears(&[]);
    peer.waits(0.1);
    peer.hears(&[r#"{"type":"FEED_DATA","channel":1,"data":["Trade",["SPY",560.36]]}"#]);
    peer.waits(1.0);
    peer.hears(&[]);
    peer.waits(1.0);
    peer.hears(&[r#"{"type":"FEED_DATA","channel":1,"data":["Trade",["SPY",562.36]]}"#]);
}

#[test]
fn a_late_wake_does_not_cost_the_next_tick() {
    let mut peer = Peer::with_compact(r#""Trade":["eventSymbol","price"]"#);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Trade","symbol":"SPY"}]}"#);
    peer.heard();
    let start = peer.now;
    for (seconds, price) in [(5.3, 560.36), (6.0, 561.36), (7.1, 562.36)] {
        peer.out.extend(
            peer.session
                .handle_timeout(&FixedTape, start + Duration::from_secs_f64(seconds)),
        );
        peer.hears(&[&format!(
            r#"{{"type":"FEED_DATA","channel":1,"data":["Trade",["SPY",{price}]]}}"#
        )]);
    }
}

#[test]
fn a_running_bar_follows_the_last_trade() {
    let mut peer = Peer::with_compact(CANDLE_FIELDS);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Candle","symbol":"QQQ{=d}"}]}"#);
    peer.heard();
    peer.waits(5.0);
    peer.hears(&[
        r#"{"type":"FEED_DATA","channel":1,"data":["Candle",[0,"QQQ{=d}",7516330206953472000,1750032000000,501.0,1000.0]]}"#,
    ]);
}

#[test]
fn channels_are_odd_unique_and_opened_before_use() {
    let mut peer = Peer::with_channel(&[]);
    let request = |id: u64| {
        format!(r#"{{"type":"CHANNEL_REQUEST","channel":{id},"service":"FEED","parameters":{{"contract":"TICKER"}}}}"#)
    };
    peer.says(&request(2));
    peer.hears(&[r#"{"type":"ERROR","channel":0,"error":"BAD_ACTION","message":"Protocol violation with an even channel usage."}"#]);
    peer.says(&request(1));
    peer.hears(&[r#"{"type":"ERROR","channel":1,"error":"BAD_ACTION","message":"Protocol violation with a duplicate channel usage."}"#]);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":5,"add":[{"type":"Quote","symbol":"SPY"}]}"#);
    peer.hears(&[r#"{"type":"ERROR","channel":5,"error":"BAD_ACTION","message":"Protocol violation with an unopened channel usage."}"#]);
    peer.says(r#"{"type":"CHANNEL_REQUEST","channel":7,"service":"DOM","parameters":{"symbol":"SPY","sources":[]}}"#);
    peer.hears(&[r#"{"type":"ERROR","channel":7,"error":"BAD_ACTION","message":"Unknown service."}"#]);
}

#[test]
fn a_refused_token_is_answered_like_the_first_demand_and_the_next_one_passes() {
    let mut peer = Peer::new(&[FeedRule::RefuseTokens(1)]);
    peer.says(SETUP);
    peer.heard();
    peer.says(r#"{"type":"AUTH","channel":0,"token":"demo-1"}"#);
    peer.hears(&[r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#]);
    peer.says(r#"{"type":"AUTH","channel":0,"token":"demo-1"}"#);
    peer.hears(&[r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED","userId":"demo"}"#]);
}

#[test]
fn every_contract_opens_its_own_channel_and_serves_what_it_stands_for() {
    let mut peer = Peer::with_channel(&[]);
    let candle = |channel: u64| {
        format!(
            r#"{{"type":"FEED_SUBSCRIPTION","channel":{channel},"add":[{{"type":"Trade","symbol":"SPY"}},{{"type":"Candle","symbol":"SPY{{=d}}","fromTime":0}}]}}"#
        )
    };
    for (channel, contract, trades, candles) in [(3, "TICKER", 1, 1), (5, "HISTORY", 1, 4), (7, "STREAM", 0, 4)] {
        peer.says(&format!(
            r#"{{"type":"CHANNEL_REQUEST","channel":{channel},"service":"FEED","parameters":{{"contract":"{contract}"}}}}"#
        ));
        peer.says(&format!(
            r#"{{"type":"FEED_SETUP","channel":{channel},"acceptDataFormat":"FULL"}}"#
        ));
        peer.says(&candle(channel));
        let heard = peer.heard().concat();
        assert!(heard.contains(&format!(r#""contract":"{contract}","subFormat":"LIST""#)));
        assert!(!heard.contains(r#""channel":1,"#));
        let served = |kind: &str| heard.matches(&format!(r#""eventType":"{kind}""#)).count();
        assert_eq!((served("Trade"), served("Candle")), (trades, candles), "{contract}");
    }
}

#[test]
fn a_reset_forgets_what_stood_and_a_repeat_is_not_counted_twice() {
    let mut peer = Peer::with_compact(r#""Trade":["eventSymbol","price"]"#);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Trade","symbol":"SPY"}]}"#);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Trade","symbol":"SPY"}]}"#);
    assert_eq!(peer.session.take_subscribed(), 1);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"reset":true,"add":[{"type":"Trade","symbol":"QQQ"}]}"#);
    peer.heard();
    peer.waits(5.0);
    peer.hears(&[r#"{"type":"FEED_DATA","channel":1,"data":["Trade",["QQQ",501.0]]}"#]);
}

#[test]
fn a_canceled_channel_is_closed_and_hears_no_more() {
    let mut peer = Peer::with_compact(r#""Trade":["eventSymbol","price"]"#);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Trade","symbol":"SPY"}]}"#);
    peer.heard();
    peer.says(r#"{"type":"CHANNEL_CANCEL","channel":1}"#);
    peer.hears(&[r#"{"type":"CHANNEL_CLOSED","channel":1}"#]);
    peer.waits(6.0);
    peer.hears(&[]);
}

#[test]
fn nothing_but_setup_opens_and_nothing_but_a_token_authorises() {
    let mut peer = Peer::new(&[]);
    peer.says(SETUP);
    peer.heard();
    peer.says(r#"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#);
    peer.hears(&[r#"{"type":"ERROR","channel":1,"error":"UNAUTHORIZED","message":"Authorization is required."}"#]);
    peer.says(r#"{"type":"AUTH","channel":0,"token":"stolen"}"#);
    peer.hears(&[r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#]);

    let mut rude = Peer::new(&[]);
    rude.says(r#"{"type":"AUTH","channel":0,"token":"demo-1"}"#);
    assert!(matches!(rude.out.last(), Some(Outgoing::Close { code: 1002, .. })));
}

#[test]
fn malformed_text_is_told_on_its_channel_and_ends_nothing() {
    let mut peer = Peer::with_channel(&[]);
    peer.says("{");
    peer.says(r#"{"type":"FEED_SETUP","channel":1,"acceptDataFormat":"MORSE"}"#);
    peer.hears(&[
        r#"{"type":"ERROR","channel":0,"error":"INVALID_MESSAGE","message":"Unable to parse the message."}"#,
        r#"{"type":"ERROR","channel":1,"error":"INVALID_MESSAGE","message":"Unable to parse the message."}"#,
    ]);
    peer.says(&" ".repeat(128 * 1024 + 1));
    assert!(matches!(peer.out.last(), Some(Outgoing::Close { code: 1009, .. })));
}

#[test]
fn the_venue_keeps_an_idle_link_alive_and_drops_a_silent_client() {
    let mut peer = Peer::new(&[]);
    peer.says(r#"{"type":"SETUP","channel":0,"version":"0.1","keepaliveTimeout":0.2,"acceptKeepaliveTimeout":0.5}"#);
    assert!(peer.heard()[0].contains(r#""keepaliveTimeout":0.5,"acceptKeepaliveTimeout":0.2"#));
    peer.waits(0.1);
    peer.hears(&[r#"{"type":"KEEPALIVE","channel":0}"#]);
    peer.waits(0.3);
    peer.says(r#"{"type":"KEEPALIVE","channel":0}"#);
    peer.heard();
    peer.waits(0.49);
    assert!(!peer.out.iter().any(|out| matches!(out, Outgoing::Close { .. })));
    peer.waits(0.01);
    assert_eq!(
        peer.out.last(),
        Some(&Outgoing::Close {
            code: 1000,
            reason: "Bye".to_owned()
        })
    );
    assert_eq!(peer.session.poll_timeout(), None);
}

#[test]
fn the_caps_refuse_what_exceeds_them_and_serve_the_rest() {
    let mut peer = Peer::with_compact("");
    let batch = |from: usize, to: usize| {
        let entries: Vec<String> = (from..to)
            .map(|n| format!(r#"{{"type":"Quote","symbol":"X{n}"}}"#))
            .collect();
        format!(
            r#"{{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{}]}}"#,
            entries.join(",")
        )
    };
    let refused = |peer: &mut Peer, text: &str| peer.heard().iter().any(|heard| heard.contains(text));
    for minute in 0..3 {
        for start in (0..9000).step_by(3000) {
            peer.says(&batch(minute * 9000 + start, minute * 9000 + start + 3000));
        }
        assert_eq!(refused(&mut peer, "Your subscription size is too big"), minute == 2);
        for start in (0..2000).step_by(1000) {
            peer.says(&batch(start, start + 1000));
        }
        assert!(refused(&mut peer, "Your subscription rate is too high"));
        for _ in 0..4 {
            peer.waits(15.0);
            peer.says(r#"{"type":"KEEPALIVE","channel":0}"#);
        }
    }
}

#[test]
fn at_most_a_hundred_candles_live_at_once() {
    let mut peer = Peer::with_compact(CANDLE_FIELDS);
    let subscription = |verb: &str, from: usize, to: usize| {
        let entries: Vec<String> = (from..to)
            .map(|n| format!(r#"{{"type":"Candle","symbol":"X{n}{{=d}}","fromTime":0}}"#))
            .collect();
        format!(
            r#"{{"type":"FEED_SUBSCRIPTION","channel":1,"{verb}":[{}]}}"#,
            entries.join(",")
        )
    };
    peer.says(&subscription("add", 0, 101));
    assert!(peer.heard().iter().any(|text| text.contains("BAD_ACTION")));
    assert_eq!(peer.session.live_candles(), 100);
    peer.says(&subscription("remove", 0, 10));
    peer.says(&subscription("add", 101, 111));
    assert!(!peer.heard().iter().any(|text| text.contains("BAD_ACTION")));
    assert_eq!(peer.session.live_candles(), 100);
}

#[test]
fn a_strict_venue_refuses_a_token_sent_before_it_was_asked_for() {
    let mut peer = Peer::new(&[FeedRule::EarlyAuthStrict]);
    peer.says(SETUP);
    peer.says(r#"{"type":"AUTH","channel":0,"token":"demo-1"}"#);
    assert_eq!(
        peer.heard().last().map(String::as_str),
        Some(
            r#"{"type":"ERROR","channel":0,"error":"UNAUTHORIZED","message":"com.dxfeed.mdd.dxlink.auth.AuthException: Session not found: api"}"#
        )
    );
    peer.waits(0.05);
    peer.hears(&[r#"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#]);
    peer.says(r#"{"type":"AUTH","channel":0,"token":"demo-1"}"#);
    peer.hears(&[r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED","userId":"demo"}"#]);
}

#[test]
fn a_mute_venue_authorises_and_says_no_more() {
    let mut peer = Peer::new(&[FeedRule::Mute]);
    peer.says(SETUP);
    peer.says(r#"{"type":"AUTH","channel":0,"token":"demo-1"}"#);
    assert_eq!(peer.heard().len(), 3);
    peer.says(r#"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#);
    peer.waits(40.0);
    peer.hears(&[]);
}

#[test]
fn a_connection_is_cut_after_its_last_data_frame() {
    let rule = FeedRule::DropAfterData {
        frames: 1,
        cut: Cut::Reset,
        times: Times::Once,
    };
    let mut peer = Peer::with_channel(&[rule]);
    peer.says(r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"SPY"},{"type":"Trade","symbol":"SPY"}]}"#);
    let [Outgoing::Text(data), Outgoing::Reset] = &peer.out[..] else {
        panic!("{:?}", peer.out)
    };
    assert!(data.contains(r#""eventType":"Quote""#));
}

#[test]
fn messages_sent_together_are_answered_together_one_round_trip_later() {
    let start = Instant::now();
    let at = |milliseconds| start + Duration::from_millis(milliseconds);
    let mut delayed = Delayed::new(Duration::from_millis(80));
    for (text, arrival) in [("a", 0), ("b", 0), ("c", 1), ("d", 50)] {
        delayed.push(text.to_owned(), at(arrival));
    }
    let popped = [79, 81, 129, 130].map(|now| std::iter::from_fn(|| delayed.pop(at(now))).collect::<String>());
    assert_eq!(popped, ["", "abc", "", "d"]);
}

proptest! {
    #[test]
    fn no_text_panics_the_venue(texts in proptest::collection::vec(any_message(), 1..8)) {
        let mut peer = Peer::with_channel(&[]);
        for text in texts {
            peer.says(&text);
            peer.waits(3.0);
        }
    }
}

fn any_message() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,60}",
        (-1_i64..4, ".{0,12}", any::<i64>()).prop_map(|(channel, symbol, from)| format!(
            r#"{{"type":"FEED_SUBSCRIPTION","channel":{channel},"add":[{{"type":"Candle","symbol":{},"fromTime":{from}}}]}}"#,
            write::quoted(&symbol)
        )),
        (any::<f64>(), any::<f64>()).prop_map(|(a, b)| format!(
            r#"{{"type":"SETUP","channel":0,"version":"","keepaliveTimeout":{a},"acceptKeepaliveTimeout":{b}}}"#
        )),
        any::<f64>().prop_map(|period| format!(
            r#"{{"type":"FEED_SETUP","channel":1,"acceptAggregationPeriod":{period}}}"#
        )),
    ]
}

/// A client that knows nothing of the protocol: literal text in, literal text out.
struct Peer {
    script: Arc<Script>,
    session: VenueSession,
    now: Instant,
    out: Vec<Outgoing>,
}

impl Peer {
    fn new(rules: &[FeedRule]) -> Self {
        let now = Instant::now();
        let script = Arc::new(Script::new(Faults {
            rest: Vec::new(),
            feed: rules.to_vec(),
        }));
        Self {
            session: VenueSession::new(Pace::default(), Arc::clone(&script), now),
            script,
            now,
            out: Vec::new(),
        }
    }

    fn with_channel(rules: &[FeedRule]) -> Self {
        let mut peer = Self::new(rules);
        peer.says(SETUP);
        peer.says(r#"{"type":"AUTH","channel":0,"token":"demo-1"}"#);
        peer.says(r#"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#);
        peer.heard();
        peer
    }

    fn with_compact(fields: &str) -> Self {
        let mut peer = Self::with_channel(&[]);
        peer.says(&format!(
            r#"{{"type":"FEED_SETUP","channel":1,"acceptDataFormat":"COMPACT","acceptEventFields":{{{fields}}}}}"#
        ));
        peer.heard();
        peer
    }

    fn says(&mut self, text: &str) {
        self.out.extend(self.session.handle_text(text, &FixedTape, self.now));
    }

    /// Lets time pass the way the connection loop does, from one deadline to the next.
    fn waits(&mut self, seconds: f64) {
        let end = self.now + Duration::from_secs_f64(seconds);
        while let Some(due) = self.session.poll_timeout().filter(|due| *due <= end) {
            self.now = due.max(self.now);
            self.out.extend(self.session.handle_timeout(&FixedTape, self.now));
        }
        self.now = end;
    }

    fn heard(&mut self) -> Vec<String> {
        let texts = self.out.drain(..).map(|out| match out {
            Outgoing::Text(text) => text,
            Outgoing::Close { .. } | Outgoing::Reset => format!("{out:?}"),
        });
        texts.collect()
    }

    #[track_caller]
    fn hears(&mut self, texts: &[&str]) {
        assert_eq!(self.heard(), texts);
    }
}

/// Two funds and an untraded option. SPY's session is closed, QQQ's runs; trades rise by 1 a tick.
struct FixedTape;

impl PricePath for FixedTape {
    fn last(&self, streamer: &str, tick: u64) -> Option<Last> {
        let moved = f64::from(u32::try_from(tick).ok()?);
        let (bid, price, running) = match streamer {
            "SPY" => (559.3, 559.36 + moved, false),
            "QQQ" => (499.9, 500.0 + moved, true),
            ".SPY261218C600" => (11.0, f64::NAN, false),
            _ => return None,
        };
        let traded = price.is_finite();
        let unless = |value: f64| if traded { value } else { f64::NAN };
        let greeks = Greeks {
            time: JUNE_16_2025,
            price: 11.05,
            volatility: 0.15,
            delta: 0.3,
            gamma: 0.01,
            theta: -0.05,
            rho: 0.2,
            vega: 0.9,
        };
        Some(Last {
            quote: Some(Quote {
                bid_time: JUNE_16_2025 + 72_000_000,
                bid,
                bid_size: 100.0,
                ask_time: 0,
                ask: bid + 0.1,
                ask_size: f64::NAN,
            }),
            trade: Some(Trade {
                time: if traded { JUNE_16_2025 } else { 0 },
                price,
                size: unless(100.0),
                change: f64::NAN,
                day_id: 20255,
                day_volume: unless(13_743_299.0),
                extended: false,
            }),
            summary: Some(Summary {
                day_id: 20255,
                open: 1.0,
                high: 1.0,
                low: 1.0,
                close: (!running).then_some(1.0),
                prev_day_id: 20254,
                prev_close: 1.0,
                open_interest: 0,
            }),
            profile: None,
            greeks: streamer.starts_with('.').then_some(greeks),
        })
    }

    fn bars(&self, streamer: &str) -> Option<Vec<Bar>> {
        let bar = |day_ms, close, volume| Bar {
            day_ms,
            open: 197.3,
            high: 198.685,
            low: 196.5636,
            close,
            volume,
        };
        match streamer {
            "SPY" => Some(vec![
                bar(JUNE_16_2025 - 4 * DAY_MS, 196.0, 1000.0),
                bar(JUNE_16_2025 - 3 * DAY_MS, 197.0, 1000.0),
                bar(JUNE_16_2025, 198.42, 43_020_691.0),
            ]),
            "QQQ" => Some(vec![bar(JUNE_16_2025, 500.0, 1000.0)]),
            _ => None,
        }
    }
}

const JUNE_16_2025: i64 = 1_750_032_000_000;
const DAY_MS: i64 = 86_400_000;
const SETUP: &str = r#"{"type":"SETUP","channel":0,"version":"0.1","keepaliveTimeout":60,"acceptKeepaliveTimeout":60}"#;
const CANDLE_FIELDS: &str = r#""Candle":["eventFlags","eventSymbol","index","time","close","volume"]"#;
