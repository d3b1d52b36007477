use proptest::prelude::*;

use super::*;
use crate::testing::{Talk, bars, entry, quote};
use crate::{Greeks, Profile, Quote, Summary, Trade};

#[test]
fn live_trades_are_read_by_the_negotiated_columns() {
    let mut talk = Talk::streaming([
        entry(EventType::Trade, "SPY"),
        entry(EventType::Trade, "BTC/USD:CXTALP"),
    ]);
    talk.columns("Trade", "eventType,eventSymbol,price,dayVolume,size");
    talk.data(r#"["Trade",["Trade","SPY",559.36,1.3743299E7,100.0,"Trade","BTC/USD:CXTALP",58356.71,"NaN","NaN"]]"#);
    let spy = Trade {
        symbol: "SPY".into(),
        price: Some(559.36),
        day_volume: Some(13_743_299.0),
        size: Some(100.0),
        ..Trade::default()
    };
    let btc = Trade {
        symbol: "BTC/USD:CXTALP".into(),
        price: Some(58356.71),
        ..Trade::default()
    };
    assert_eq!(talk.events(), [Event::Trade(spy), Event::Trade(btc)]);
}

#[test]
fn live_quotes_of_thirteen_columns_keep_zero_and_drop_unknown_times() {
    let mut talk = Talk::streaming([quote("AAPL"), quote("SPX")]);
    talk.columns(
        "Quote",
        "eventType,eventSymbol,eventTime,sequence,timeNanoPart,bidTime,bidExchangeCode,bidPrice,bidSize,askTime,askExchangeCode,askPrice,askSize",
    );
    talk.data(
        r#"["Quote",["Quote","AAPL",0,0,0,0,"Q",168.4,51.0,0,"Q",168.46,10.0,"Quote","SPX",0,0,0,0,"",4979.73,"NaN",0,"\u0000",5064.47,"NaN"]]"#,
    );
    let aapl = Quote {
        symbol: "AAPL".into(),
        bid: Some(168.4),
        bid_size: Some(51.0),
        ask: Some(168.46),
        ask_size: Some(10.0),
        ..Quote::default()
    };
    let spx = Quote {
        symbol: "SPX".into(),
        bid: Some(4979.73),
        ask: Some(5064.47),
        ..Quote::default()
    };
    assert_eq!(talk.events(), [Event::Quote(aapl), Event::Quote(spx)]);
    assert_eq!(talk.protocol.dropped(), 0);
}

#[test]
fn a_short_summary_has_only_what_the_server_serves() {
    let mut talk = Talk::streaming([entry(EventType::Summary, "/ESM25:XCME")]);
    talk.columns("Summary", "eventSymbol,openInterest");
    talk.data(r#"["Summary",["/ESM25:XCME",2017117]]"#);
    let summary = Summary {
        symbol: "/ESM25:XCME".into(),
        open_interest: Some(2_017_117.0),
        ..Summary::default()
    };
    assert_eq!(talk.events(), [Event::Summary(summary)]);
}

#[test]
fn an_untraded_symbol_answers_with_an_empty_event() {
    let mut talk = Talk::streaming([entry(EventType::Trade, "./ESU25P900:XCME")]);
    talk.columns("Trade", "eventSymbol,time,price,size,dayId");
    talk.data(r#"["Trade",["./ESU25P900:XCME",0,"NaN","NaN",0]]"#);
    assert_eq!(
        talk.events(),
        [Event::Trade(Trade {
            symbol: "./ESU25P900:XCME".into(),
            ..Trade::default()
        })]
    );
}

#[test]
fn numbers_come_in_many_forms() {
    let mut talk = Talk::streaming([entry(EventType::TradeEth, "SPY")]);
    talk.columns(
        "TradeETH",
        "eventSymbol,time,price,size,change,dayId,dayVolume,extendedTradingHours",
    );
    talk.data(
        r#"["TradeETH",["SPY",1.7500320E12,-3,null,"Infinity",20665.0,"-Infinity",1,"SPY","1750032000001",0,1e-3,"NaN","20665",4.3E7,true]]"#,
    );
    let first = Trade {
        symbol: "SPY".into(),
        time: Some(1_750_032_000_000),
        price: Some(-3.0),
        day_id: Some(20665),
        extended: Some(true),
        ..Trade::default()
    };
    let second = Trade {
        symbol: "SPY".into(),
        time: Some(1_750_032_000_001),
        price: Some(0.0),
        size: Some(0.001),
        day_id: Some(20665),
        day_volume: Some(43_000_000.0),
        extended: Some(true),
        ..Trade::default()
    };
    assert_eq!(talk.events(), [Event::TradeEth(first), Event::TradeEth(second)]);
}

#[test]
fn a_value_of_the_wrong_kind_is_absent_and_told_once_per_column() {
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.columns("Quote", "eventSymbol,bidPrice,askPrice");
    talk.data(r#"["Quote",["SPY","cheap",2.0]]"#);
    talk.data(r#"["Quote",["SPY","dear",2.0]]"#);
    let outputs = talk.outputs();
    let invalid = Output::Anomaly(Anomaly::OddValue { column: "bidPrice" });
    assert_eq!(outputs.iter().filter(|output| **output == invalid).count(), 1);
    let half = Event::Quote(Quote {
        symbol: "SPY".into(),
        ask: Some(2.0),
        ..Quote::default()
    });
    assert_eq!(
        outputs
            .iter()
            .filter(|output| **output == Output::Event(half.clone()))
            .count(),
        2
    );
}

#[test]
fn mixed_types_unknown_types_and_empty_lists_are_read_pair_by_pair() {
    let mut talk = Talk::streaming([quote("SPY"), entry(EventType::Greeks, ".SPY261218C600")]);
    talk.columns("Quote", "eventSymbol,bidPrice");
    talk.columns("Greeks", "eventSymbol,volatility,delta");
    talk.data("[]");
    talk.data(r#"["Quote",[],"Foo",[1,{"a":[2]},"x"],"Quote",["SPY",1.5],"Greeks",[".SPY261218C600",0.3188,0.52]]"#);
    let greeks = Greeks {
        symbol: ".SPY261218C600".into(),
        volatility: Some(0.3188),
        delta: Some(0.52),
        ..Greeks::default()
    };
    let quote = Quote {
        symbol: "SPY".into(),
        bid: Some(1.5),
        ..Quote::default()
    };
    assert_eq!(talk.events(), [Event::Quote(quote), Event::Greeks(greeks)]);
    assert_eq!(talk.protocol.dropped(), 0);
}

#[test]
fn rows_in_lists_of_their_own_and_types_with_columns_are_tolerated() {
    let mut talk = Talk::streaming([quote("SPY"), quote("QQQ")]);
    talk.columns("Quote", "eventSymbol,bidPrice");
    talk.data(r#"["Quote",[["SPY",1.0],["QQQ",2.0]]]"#);
    assert_eq!(bids(&mut talk), [Some(1.0), Some(2.0)]);
    talk.data(r#"[["Quote",["bidPrice","eventSymbol"]],[3.0,"SPY"]]"#);
    assert_eq!(bids(&mut talk), [Some(3.0)]);
}

#[test]
fn columns_may_be_reordered_dropped_and_changed_in_mid_stream() {
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.columns("Quote", "eventSymbol,bidPrice");
    talk.data(r#"["Quote",["SPY",1.0]]"#);
    talk.columns("Quote", "novelty,bidPrice,eventSymbol");
    talk.columns("Trade", "eventSymbol,price");
    talk.hear(r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"FULL","aggregationPeriod":3.0}"#);
    talk.hear(r#"{"type":"FEED_CONFIG","channel":1,"eventFields":{"Quote":[]}}"#);
    talk.data(r#"["Quote",["new",2.0,"SPY"]]"#);
    assert_eq!(bids(&mut talk), [Some(1.0), Some(2.0)]);
}

#[test]
fn a_type_without_a_symbol_column_is_told_and_only_that_type_is_lost() {
    let mut talk = Talk::streaming([quote("SPY"), entry(EventType::Trade, "SPY")]);
    talk.columns("Quote", "bidPrice,askPrice");
    talk.columns("Trade", "eventSymbol,price");
    talk.data(r#"["Quote",[1.0,2.0],"Trade",["SPY",3.0]]"#);
    let outputs = talk.outputs();
    let missing = Anomaly::MissingColumn {
        event_type: EventType::Quote,
        column: "eventSymbol",
    };
    assert_eq!(outputs[0], Output::Anomaly(missing));
    assert!(matches!(outputs[1..], [Output::Event(Event::Trade(_))]));
    assert_eq!(talk.protocol.dropped(), 1);
}

#[test]
fn values_that_fill_no_rows_cost_only_their_pair() {
    let mut talk = Talk::streaming([quote("SPY"), entry(EventType::Trade, "SPY")]);
    talk.columns("Quote", "eventSymbol,bidPrice");
    talk.columns("Trade", "eventSymbol,price");
    talk.data(r#"["Quote",["SPY",1.0,"SPY"],"Trade",["SPY",3.0]]"#);
    let outputs = talk.outputs();
    let ragged = Anomaly::RaggedRows {
        event_type: EventType::Quote,
        columns: 2,
        values: 3,
    };
    assert!(matches!(&outputs[..], [Output::Anomaly(a), Output::Event(Event::Trade(_))] if *a == ragged));
}

#[test]
fn three_misfits_in_a_row_ask_for_the_columns_again() {
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.columns("Quote", "eventSymbol,bidPrice");
    for data in [
        r#"["SPY"]"#,
        r#"["SPY"]"#,
        r#"["SPY",1.0]"#,
        r#"["SPY"]"#,
        r#"["SPY",[1.0]]"#,
    ] {
        talk.data(&format!(r#"["Quote",{data}]"#));
        assert!(talk.written().is_empty());
    }
    talk.data(r#"["Quote",["SPY",{"bid":1.0}]]"#);
    let written = talk.written();
    assert!(written[0].starts_with(r#"{"type":"FEED_SETUP","channel":1"#));
}

#[test]
fn a_data_message_of_another_shape_is_dropped_whole() {
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.columns("Quote", "eventSymbol,bidPrice");
    for data in [
        r#"["Quote",["SPY",1.0],"Quote"]"#,
        r#"["Quote",["SPY",1.0],7,[]]"#,
        r#""Quote""#,
        r#"["Quote",5]"#,
    ] {
        talk.data(data);
        assert_eq!(talk.outputs(), [Output::Anomaly(Anomaly::MalformedData)], "{data}");
    }
    assert_eq!(talk.protocol.dropped(), 4);
}

#[test]
fn whole_objects_are_read_whenever_they_come() {
    let mut talk = Talk::streaming([entry(EventType::Trade, "SPY"), entry(EventType::Profile, "SPY")]);
    talk.columns("Trade", "eventSymbol,price");
    talk.data(r#"["Trade",["SPY",1.0]]"#);
    talk.data(
        r#"[{"eventType":"Trade","eventSymbol":"SPY","price":559.36,"size":100.0},
            {"eventSymbol":"SPY","description":"SPDR \u001b[1mTrust","tradingStatus":"ACTIVE","beta":"NaN","eventType":"Profile"},
            {"eventType":"Foo","eventSymbol":"SPY"},{"eventType":"Trade","eventSymbol":"XXX","price":1}]"#,
    );
    let trade = Trade {
        symbol: "SPY".into(),
        price: Some(559.36),
        size: Some(100.0),
        ..Trade::default()
    };
    let profile = Profile {
        symbol: "SPY".into(),
        description: Some("SPDR [1mTrust".to_owned()),
        trading_status: Some("ACTIVE".to_owned()),
        ..Profile::default()
    };
    assert_eq!(talk.events()[1..], [Event::Trade(trade), Event::Profile(profile)]);
    assert_eq!(talk.protocol.dropped(), 1);
}

#[test]
fn the_order_of_keys_in_a_data_message_does_not_matter() {
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.columns("Quote", "eventSymbol,bidPrice");
    talk.hear(r#"{"data":["Quote",["SPY",1.0]],"extra":{"data":[]},"channel":1,"type":"FEED_DATA"}"#);
    assert_eq!(bids(&mut talk), [Some(1.0)]);
}

#[test]
fn symbols_never_asked_for_are_dropped_and_counted_and_those_just_left_are_not() {
    let mut talk = Talk::streaming([quote("SPY"), quote("QQQ")]);
    talk.protocol.unsubscribe(&quote("QQQ"));
    talk.columns("Quote", "eventSymbol,bidPrice");
    talk.data(r#"["Quote",["IWM",1.0,"SPY",2.0,"QQQ",3.0]]"#);
    assert_eq!(bids(&mut talk), [Some(2.0)]);
    assert_eq!((talk.protocol.events(), talk.protocol.dropped()), (1, 1));
}

#[test]
fn data_before_any_columns_is_read_by_the_requested_ones_if_they_fit() {
    let mut talk = Talk::streaming([quote("SPY")]);
    talk.data(r#"["Quote",["SPY",0,1.0,5.0,0,2.0,6.0]]"#);
    assert_eq!(bids(&mut talk), [Some(1.0)]);
}

#[test]
fn data_that_cannot_be_read_yet_waits_for_its_columns_in_order() {
    let mut talk = Talk::streaming([quote("SPY"), entry(EventType::Trade, "SPY")]);
    talk.columns("Trade", "eventSymbol,price");
    talk.data(r#"["Quote",["Quote","SPY",1.0],"Trade",["SPY",9.0]]"#);
    assert!(matches!(talk.events()[..], [Event::Trade(_)]));
    talk.data(r#"["Quote",["SPY",0,2.0,5.0,0,2.0,6.0]]"#);
    talk.data(r#"[{"eventType":"Quote","eventSymbol":"SPY","bidPrice":3.0}]"#);
    assert!(talk.events().is_empty());
    talk.columns("Quote", "eventType,eventSymbol,bidPrice");
    assert_eq!(bids(&mut talk), [Some(1.0), Some(3.0)]);
    talk.data(r#"["Quote",["Quote","SPY",4.0]]"#);
    assert_eq!(bids(&mut talk), [Some(4.0)]);
}

#[test]
fn at_most_sixty_four_messages_wait() {
    let mut talk = Talk::streaming([quote("SPY")]);
    for _ in 0..70 {
        talk.data(r#"["Quote",["Quote","SPY",1.0]]"#);
    }
    assert_eq!(talk.protocol.dropped(), 6);
    talk.columns("Quote", "eventType,eventSymbol,bidPrice");
    assert_eq!(talk.events().len(), 64);
}

#[test]
fn at_most_sixteen_mebibytes_wait() {
    let mut talk = Talk::streaming([quote("SPY")]);
    let padding = "x".repeat(5 << 20);
    for _ in 0..5 {
        talk.data(&format!(r#"["Quote",["Quote","SPY",1.0],"Foo",["{padding}"]]"#));
    }
    assert_eq!(talk.protocol.dropped(), 2);
    talk.columns("Quote", "eventType,eventSymbol,bidPrice");
    assert_eq!(talk.events().len(), 3);
}

#[test]
fn an_older_trade_never_follows_a_newer_one() {
    let mut talk = Talk::streaming([entry(EventType::Trade, "SPY")]);
    talk.columns("Trade", "eventSymbol,time,price");
    talk.data(r#"["Trade",["SPY",2000,2.0,"SPY",1000,1.0,"SPY",0,3.0,"SPY",2000,4.0]]"#);
    let price = |event: Event| {
        let Event::Trade(trade) = event else {
            panic!("{event:?}")
        };
        trade.price
    };
    let prices: Vec<_> = talk.events().into_iter().filter_map(price).collect();
    assert_eq!(prices, [2.0, 3.0, 4.0]);
}

#[test]
fn older_greeks_never_follow_newer_ones() {
    let mut talk = Talk::streaming([entry(EventType::Greeks, ".SPY261218C600")]);
    talk.columns("Greeks", "eventSymbol,time,delta");
    talk.data(r#"["Greeks",[".SPY261218C600",2000,0.5,".SPY261218C600",1000,0.4]]"#);
    let newest = Greeks {
        symbol: ".SPY261218C600".into(),
        time: Some(2_000),
        delta: Some(0.5),
        ..Greeks::default()
    };
    assert_eq!(talk.events(), [Event::Greeks(newest)]);
}

#[test]
fn the_key_of_a_bar_is_exact_as_number_and_as_text() {
    for index in ["7235129486797176832", r#""7235129486797176832""#] {
        let mut talk = Talk::streaming([bars("SPY{=d}", 0)]);
        talk.columns("Candle", "eventSymbol,eventFlags,index,close");
        talk.data(&format!(r#"["Candle",["SPY{{=d}}",12,{index},1.0]]"#));
        let Some(Event::Candles(candles)) = talk.events().pop() else {
            panic!("no bars")
        };
        assert_eq!(candles.bars[0].index, 7_235_129_486_797_176_832);
        assert_eq!(candles.bars[0].time, 1_684_559_855_338);
    }
}

#[test]
fn an_empty_history_is_published_as_such() {
    let mut talk = Talk::streaming([bars("NEW{=d}", 0)]);
    talk.columns("Candle", "eventSymbol,eventFlags,index,time,close");
    talk.data(r#"["Candle",["NEW{=d}",14,0,0,"NaN"]]"#);
    assert_eq!(
        talk.events(),
        [Event::Candles(Candles {
            symbol: "NEW{=d}".into(),
            ..Candles::default()
        })]
    );
}

#[test]
fn a_burst_of_ten_thousand_bars_loses_none() {
    let mut talk = Talk::streaming([bars("SPY{=m}", 0)]);
    talk.columns("Candle", "eventSymbol,eventFlags,time,close");
    let row = |n: i64| {
        let flags = if n == 10_000 { 4 } else { 0 };
        format!(r#""SPY{{=m}}",{flags},{},1.5"#, n * 60_000)
    };
    let rows: Vec<String> = (1..=10_000).rev().map(row).collect();
    talk.data(&format!(r#"["Candle",[{},"SPY{{=m}}",10,0,"NaN"]]"#, rows.join(",")));
    let Some(Event::Candles(candles)) = talk.events().pop() else {
        panic!("no bars")
    };
    assert_eq!(candles.bars.len(), 10_000);
    assert!(candles.bars.is_sorted_by_key(|bar| bar.time));
}

proptest! {
    #[test]
    fn no_list_of_values_makes_it_panic(values in proptest::collection::vec(value(), 0..40)) {
        let mut talk = Talk::streaming([quote("SPY"), bars("SPY{=d}", 0)]);
        talk.columns("Quote", "eventSymbol,bidTime,bidPrice,askPrice");
        talk.data(&format!("[{}]", values.join(",")));
        talk.data(&format!(r#"["Quote",[{0}],"Candle",[{0}],"Foo",[{0}]]"#, values.join(",")));
    }

    #[test]
    fn sound_rows_are_all_read_whatever_they_hold(bids in proptest::collection::vec(-1e9f64..1e9, 0..50)) {
        let mut talk = Talk::streaming([quote("SPY")]);
        talk.columns("Quote", "eventSymbol,bidPrice");
        let rows: Vec<String> = bids.iter().map(|bid| format!(r#""SPY",{bid:?}"#)).collect();
        talk.data(&format!(r#"["Quote",[{}]]"#, rows.join(",")));
        let read: Vec<f64> = bids_of(&talk.events()).into_iter().flatten().collect();
        prop_assert_eq!(read, bids);
    }
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        (-1e300f64..1e300).prop_map(|number| format!("{number:e}")),
        Just(r#""NaN""#.to_owned()),
        Just(r#""SPY""#.to_owned()),
        Just(r#""SPY{=d}""#.to_owned()),
        Just(r#""Quote""#.to_owned()),
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just(r#"["SPY",1,2.5,null]"#.to_owned()),
        Just(r#"[[[]]]"#.to_owned()),
        Just(r#"{"eventType":"Candle","eventSymbol":"SPY{=d}","index":9223372036854775807}"#.to_owned()),
    ]
}

fn bids(talk: &mut Talk) -> Vec<Option<f64>> {
    bids_of(&talk.events())
}

fn bids_of(events: &[Event]) -> Vec<Option<f64>> {
    let bid = |event: &Event| match event {
        Event::Quote(quote) => quote.bid,
        Event::Trade(_)
        | Event::TradeEth(_)
        | Event::Summary(_)
        | Event::Profile(_)
        | Event::Greeks(_)
        | Event::Candles(_) => None,
    };
    events.iter().map(bid).collect()
}
