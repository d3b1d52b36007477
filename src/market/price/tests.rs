use super::super::field::Field;
use super::super::fixtures::{
    TODAY_ID, heard, history, merged, ms, nothing, now, quote, rest_quote, streamed, subject,
};
use super::super::fixtures::{price, summary, trade, tried};
use super::super::method::Method;
use super::super::note::Note;
use super::super::record::{Record, Source};
use crate::dxlink::{Quote, Summary, Trade};
use crate::instrument::Kind;
use crate::legacy::DailyBar;
use crate::stream::{LastEvents, Received};
use crate::tastytrade::MarketQuote;

#[test]
fn the_price_is_the_mid_of_a_sound_quote_at_the_time_of_the_event() {
    let record = of_stream(&streamed(), Kind::Equity);
    assert_eq!(told(&record), (102.25, Method::QuoteMid));
    assert_eq!(
        record.price().unwrap().as_of.as_millisecond(),
        ms("2026-07-15T17:59:58Z").unwrap()
    );
    assert_eq!(record.bid().unwrap().value, price(102.0));
    assert_eq!(record.ask().unwrap().value, price(102.5));
    assert_eq!(record.last().unwrap().value, price(102.2));
    assert_eq!(record.volume().unwrap().value.to_bits(), 1.3743299E7_f64.to_bits());
}

#[test]
fn an_event_without_a_time_is_as_old_as_its_receipt() {
    let timeless = Quote {
        bid_time: Some(0),
        ask_time: None,
        ..quote(10.0, 11.0)
    };
    let record = of_stream(
        &LastEvents {
            quote: heard(timeless),
            ..LastEvents::default()
        },
        Kind::Equity,
    );
    assert_eq!(record.price().unwrap().as_of, now());
}

#[test]
fn a_quote_that_is_one_sided_crossed_or_zero_gives_way_to_the_last_trade() {
    let one_sided = Quote {
        bid: None,
        ..quote(0.0, 102.5)
    };
    for unsound in [
        one_sided,
        quote(0.0, 102.5),
        quote(103.0, 102.5),
        quote(f64::NAN, 102.5),
        quote(-1.0, 102.5),
    ] {
        let record = of_stream(
            &LastEvents {
                quote: heard(unsound),
                ..streamed()
            },
            Kind::Equity,
        );
        assert_eq!(told(&record), (102.2, Method::LastTrade));
    }
}

#[test]
fn a_zero_bid_is_told_for_options_only() {
    let streamed = LastEvents {
        quote: heard(quote(0.0, 0.05)),
        ..LastEvents::default()
    };
    let option = of_stream(&streamed, Kind::EquityOption);
    assert_eq!(option.bid().unwrap().value, price(0.0));
    assert_eq!(option.price(), None, "a bid of zero makes no mid");
    assert_eq!(of_stream(&streamed, Kind::Equity).bid(), None);
    let empty_book = LastEvents {
        quote: heard(quote(0.0, 0.0)),
        ..LastEvents::default()
    };
    assert_eq!(of_stream(&empty_book, Kind::EquityOption).ask(), None);
}

#[test]
fn futures_may_trade_below_zero_and_shares_may_not() {
    let streamed = LastEvents {
        quote: heard(quote(-37.65, -37.61)),
        ..LastEvents::default()
    };
    let (value, method) = told(&of_stream(&streamed, Kind::Future));
    assert!((value + 37.63).abs() < 1e-12);
    assert_eq!(method, "quote mid");
    assert_eq!(of_stream(&streamed, Kind::Equity).price(), None);
}

#[test]
fn an_index_is_priced_by_its_trade_whatever_its_quote_shows() {
    let record = of_stream(&streamed(), Kind::Index);
    assert_eq!(told(&record), (102.2, Method::LastTrade));
    assert_eq!((record.bid(), record.ask(), record.volume()), (None, None, None));
    assert!(
        record
            .missing
            .iter()
            .all(|gap| !matches!(gap.field, Field::Bid | Field::Ask | Field::Volume))
    );
}

#[test]
fn the_extended_hours_trade_counts_only_when_it_says_so_and_is_newer() {
    let eth = |extended, time| Trade {
        extended,
        time: ms(time),
        ..trade(104.0)
    };
    let with = |eth: Trade| {
        let streamed = LastEvents {
            quote: None,
            trade_eth: heard(eth),
            ..streamed()
        };
        told(&of_stream(&streamed, Kind::Equity))
    };
    assert_eq!(
        with(eth(Some(true), "2026-07-15T17:59:30Z")),
        (104.0, Method::ExtendedTrade)
    );
    assert_eq!(
        with(eth(Some(true), "2026-07-15T12:00:00Z")),
        (102.2, Method::LastTrade)
    );
    assert_eq!(
        with(eth(Some(false), "2026-07-15T17:59:30Z")),
        (102.2, Method::LastTrade)
    );
    assert_eq!(with(eth(None, "2026-07-15T17:59:30Z")), (102.2, Method::LastTrade));
}

#[test]
fn without_quote_and_trade_the_previous_close_is_the_price_as_of_its_close() {
    let record = of_stream(
        &LastEvents {
            summary: heard(summary()),
            ..LastEvents::default()
        },
        Kind::Equity,
    );
    assert_eq!(told(&record), (100.0, Method::PreviousClose));
    assert_eq!(record.price().unwrap().as_of.to_string(), "2026-07-14T20:00:00Z");
    assert!(
        !record.notes.contains(&Note::Stale),
        "yesterday's close is the last closed session"
    );
}

#[test]
fn open_contracts_are_those_of_the_session_before_and_shares_have_none() {
    let streamed = LastEvents {
        summary: heard(Summary {
            open_interest: Some(1_250.0),
            ..summary()
        }),
        ..LastEvents::default()
    };
    let open = of_stream(&streamed, Kind::EquityOption).open_interest().unwrap();
    assert_eq!(
        (open.value.to_string(), open.method.to_string().as_str()),
        ("1250".to_owned(), "open contracts")
    );
    assert_eq!(open.as_of.to_string(), "2026-07-14T20:00:00Z");
    assert_eq!(of_stream(&streamed, Kind::Equity).open_interest(), None);
}

#[test]
fn a_price_older_than_the_last_closed_session_is_called_stale() {
    let old = Trade {
        time: ms("2026-07-13T15:00:00Z"),
        ..trade(102.2)
    };
    let record = of_stream(
        &LastEvents {
            trade: heard(old),
            ..LastEvents::default()
        },
        Kind::EquityOption,
    );
    assert!(record.notes.contains(&Note::Stale));
}

#[test]
fn before_the_summary_rolls_yesterdays_close_is_still_in_its_close() {
    let behind = Summary {
        day_id: Some(TODAY_ID - 1),
        close: Some(100.0),
        prev_day_id: Some(TODAY_ID - 2),
        prev_close: Some(98.0),
        ..summary()
    };
    let new_day = Trade {
        day_volume: None,
        ..trade(102.2)
    };
    let streamed = LastEvents {
        trade: heard(new_day),
        summary: heard(behind),
        ..LastEvents::default()
    };
    let record = of_stream(&streamed, Kind::Equity);
    let prev_close = record.prev_close().unwrap();
    assert_eq!(
        (prev_close.value, prev_close.as_of.to_string()),
        (price(100.0), "2026-07-14T20:00:00Z".to_owned())
    );
    assert_eq!((record.open(), record.high(), record.low()), (None, None, None));
    assert_eq!(
        tried(&record, Field::Open)[0],
        "Dxlink: the day summary is still of the day before"
    );
    assert_eq!(tried(&record, Field::Volume)[0], "Dxlink: no volume of the day yet");
}

#[test]
fn yesterdays_volume_is_not_todays() {
    let yesterday = Trade {
        day_id: Some(TODAY_ID - 1),
        ..trade(102.2)
    };
    let record = of_stream(
        &LastEvents {
            trade: heard(yesterday),
            ..streamed()
        },
        Kind::Equity,
    );
    assert_eq!(
        tried(&record, Field::Volume)[0],
        "Dxlink: nothing traded yet on the new day"
    );
}

#[test]
fn a_new_day_without_volume_keeps_its_price() {
    let today = Trade {
        day_id: Some(TODAY_ID),
        day_volume: None,
        ..trade(102.2)
    };
    let record = of_stream(
        &LastEvents {
            quote: None,
            trade: heard(today),
            ..streamed()
        },
        Kind::Equity,
    );
    assert_eq!(told(&record), (102.2, Method::LastTrade));
    assert!(record.volume().is_none());
    assert!(!tried(&record, Field::Volume).is_empty());
}

#[test]
fn a_bid_of_one_source_never_meets_an_ask_of_another() {
    let subject = subject("SPY", Kind::Equity);
    let half = LastEvents {
        quote: heard(Quote {
            bid: None,
            ..quote(0.0, 102.5)
        }),
        ..streamed()
    };
    let quote = rest_quote("SPY");
    let mut evidence = nothing(&subject);
    evidence.streamed = Ok(half.clone());
    evidence.rest_quote = Some(Ok(quote.clone()));
    let record = merged(&evidence);
    assert_eq!(record.ask().unwrap().source, Source::Dxlink);
    assert_eq!(record.bid(), None);
    assert_eq!(
        tried(&record, Field::Bid)[..2],
        ["Dxlink: no bid", "Rest: the price is from another source"]
    );
}

#[test]
fn rest_prices_by_the_same_rule_and_its_own_mark_comes_after_the_trade() {
    let subject = subject("SPY", Kind::Equity);
    let method = |quote: MarketQuote| {
        let mut evidence = nothing(&subject);
        evidence.rest_quote = Some(Ok(quote));
        told(&merged(&evidence))
    };
    let full = rest_quote("SPY");
    assert_eq!(method(full.clone()), (103.25, Method::QuoteMid));
    let mut bare = full;
    (bare.bid, bare.ask) = (None, None);
    assert_eq!(method(bare.clone()), (103.1, Method::LastTrade));
    bare.last = None;
    assert_eq!(method(bare.clone()), (103.25, Method::VenueMark));
    bare.mark = None;
    assert_eq!(method(bare), (100.1, Method::PreviousClose));
}

#[test]
fn the_deprecated_source_gives_last_trade_previous_close_and_the_day() {
    let subject = subject("SPY", Kind::Equity);
    let mut history = history(3);
    history.bars.push(DailyBar {
        date: super::super::fixtures::TODAY,
        open: Some(101.0),
        high: Some(103.0),
        low: None,
        close: 102.7,
    });
    let mut evidence = nothing(&subject);
    evidence.legacy = Some(Ok((history.clone(), now())));
    let record = merged(&evidence);
    assert_eq!(told(&record), (102.7, Method::LastTrade));
    assert_eq!(record.prev_close().unwrap().as_of.to_string(), "2026-07-14T20:00:00Z");
    assert_eq!(record.open().unwrap().value, price(101.0));
    assert_eq!(tried(&record, Field::Low).last().unwrap(), "Legacy: no low");
    assert_eq!(tried(&record, Field::Bid).last().unwrap(), "Legacy: has no quotes");
}

#[test]
fn silence_of_the_feed_is_the_reason_of_its_holes() {
    let silent = LastEvents {
        silence: Some("no event before the window closed".to_owned()),
        ..LastEvents::default()
    };
    let record = of_stream(&silent, Kind::Equity);
    for field in [
        Field::Price,
        Field::Bid,
        Field::Last,
        Field::PrevClose,
        Field::High,
        Field::Volume,
    ] {
        assert_eq!(
            tried(&record, field)[0],
            "Dxlink: no event before the window closed",
            "{field:?}"
        );
    }
}

#[test]
fn data_from_before_a_reconnect_is_noted_where_it_is_used() {
    let old = |heard: Option<Received<Quote>>| {
        heard.map(|heard| Received {
            before_gap: true,
            ..heard
        })
    };
    let gapped = LastEvents {
        quote: old(heard(quote(102.0, 102.5))),
        ..streamed()
    };
    assert_eq!(of_stream(&gapped, Kind::Equity).notes, ["before_gap"]);
    assert!(of_stream(&streamed(), Kind::Equity).notes.is_empty());
    assert!(
        of_stream(&gapped, Kind::Index).notes.is_empty(),
        "an index does not use its quote"
    );
}

fn of_stream(streamed: &LastEvents, kind: Kind) -> Record {
    let subject = subject("SPY", kind);
    let mut evidence = nothing(&subject);
    evidence.streamed = Ok(streamed.clone());
    merged(&evidence)
}

fn told(record: &Record) -> (f64, Method) {
    let price = record.price().unwrap();
    (price.value.get(), price.method)
}
