use std::collections::BTreeMap;

use jiff::ToSpan;

use super::super::evidence::Evidence;
use super::super::fixtures::{
    TODAY, candles, greeks, heard, merged, metrics, nothing, now, quote, streamed, subject, tried,
};
use super::super::note::Note;
use super::*;
use crate::instrument::Kind;
use crate::stream::LastEvents;

fn kept_value(value: f64, as_of: &str) -> StoredValue {
    StoredValue {
        value,
        source: "rest".to_owned(),
        method: "venue's 30-day index".into(),
        as_of: as_of.parse().unwrap(),
    }
}

/// `days` sessions before today with volatilities of 20 % and 40 % in turn.
fn past(days: i32, method: &str) -> Vec<PastIv> {
    (1..=days)
        .rev()
        .map(|back| PastIv {
            session: TODAY.checked_sub(back.days()).unwrap(),
            iv: Vol::new(if back % 2 == 0 { 0.2 } else { 0.4 }).unwrap(),
            method: method.into(),
        })
        .collect()
}

const INDEX: &str = "venue's 30-day index";

#[test]
fn a_kept_value_stands_only_where_every_live_source_failed() {
    let subject = subject("SPY", Kind::Equity);
    let values = BTreeMap::from([
        (Field::Price, kept_value(99.0, "2026-07-15T15:00:00Z")),
        (Field::Iv, kept_value(0.5, "2026-07-15T14:00:00Z")),
    ]);
    let kept = Stored {
        values: values.clone(),
        ..Stored::default()
    };
    let mut evidence = nothing(&subject);
    evidence.kept = kept;
    let record = merged(&evidence);
    let price = record.price().unwrap();
    assert_eq!((price.value.get(), price.source), (99.0, Source::Store));
    assert_eq!(price.as_of.to_string(), "2026-07-15T15:00:00Z");
    assert_eq!(record.iv().unwrap().method, INDEX);
    assert_eq!(record.notes, ["stale"]);
    assert_eq!(record.stale_seconds, Some(4 * 3600), "the age of the oldest kept value");

    let (events, live) = (streamed(), metrics("SPY"));
    (evidence.streamed, evidence.metrics) = (Ok(events.clone()), Ok(live.clone()));
    let record = merged(&evidence);
    assert_eq!(record.price().unwrap().source, Source::Dxlink);
    assert_eq!(record.iv().unwrap().source, Source::Rest);
    assert_eq!(
        (record.stale_seconds, record.notes.contains(&Note::Stale)),
        (None, false)
    );
}

#[test]
fn a_kept_quote_is_not_mixed_with_a_newer_kept_price() {
    let subject = subject("SPY", Kind::Equity);
    let events = LastEvents {
        quote: heard(quote(102.0, 102.5)),
        ..LastEvents::default()
    };
    let values = BTreeMap::from([(Field::Price, kept_value(99.0, "2026-07-15T17:59:59Z"))]);
    let mut evidence = nothing(&subject);
    evidence.kept = Stored {
        events: Some(events.clone()),
        ..Stored::default()
    };
    let record = merged(&evidence);
    assert_eq!(
        (record.price().unwrap().value.get(), record.bid().unwrap().value.get()),
        (102.25, 102.0)
    );
    evidence.kept.values = values.clone();
    let record = merged(&evidence);
    assert_eq!(record.price().map(|price| price.value.get()), Some(99.0));
    assert_eq!((record.bid(), record.ask()), (None, None));
}

#[test]
fn kept_bars_give_a_current_volatility_until_the_next_session_closes() {
    let subject = subject("/ESZ6", Kind::Future);
    let mut candles = candles(95);
    candles.bars.pop();
    // Tuesday's futures session closed at 21:00 UTC.
    let mut bars = StoredBars {
        candles,
        at: "2026-07-14T21:00:00Z".parse().unwrap(),
        since: None,
    };
    let hv = |bars: &StoredBars| {
        let mut evidence = nothing(&subject);
        evidence.kept.bars = Some(bars.clone());
        merged(&evidence)
    };
    let record = hv(&bars);
    let hv30 = record.hv30().unwrap();
    assert_eq!(
        (hv30.source, hv30.method.to_string().as_str()),
        (Source::Store, "close-to-close, 30 returns")
    );
    assert_eq!(record.stale_seconds, None);

    bars.at = "2026-07-14T20:59:59Z".parse().unwrap();
    assert!(!bars.are_final(Calendar::UsFutures, now()));
    bars.candles.bars.pop();
    let record = hv(&bars);
    assert_eq!(record.hv90().unwrap().as_of.to_string(), "2026-07-13T21:00:00Z");
    assert!(record.stale_seconds.is_some());
}

#[test]
fn a_rank_of_own_history_names_its_days_and_needs_enough_of_the_same_method() {
    let subject = subject("SPY", Kind::Equity);
    let live = crate::tastytrade::Metrics {
        iv: Vol::new(0.3),
        iv_rank: None,
        iv_percentile: None,
        ..metrics("SPY")
    };
    let ranked = |ivs: &[PastIv]| {
        let mut evidence: Evidence = nothing(&subject);
        evidence.metrics = Ok(live.clone());
        evidence.kept.ivs = ivs.to_vec();
        merged(&evidence)
    };
    let record = ranked(&past(60, INDEX));
    let (rank, percentile) = (record.iv_rank().unwrap(), record.iv_percentile().unwrap());
    assert!((rank.value.get() - 50.0).abs() < 1e-9 && (percentile.value.get() - 50.0).abs() < 1e-9);
    assert_eq!(rank.method, "range, own history of 60 days");
    assert_eq!(percentile.method, "share of days below, own history of 60 days");
    assert_eq!(
        rank.as_of.to_string(),
        "2026-07-15T17:00:00Z",
        "as of the volatility it ranks"
    );
    assert!(!record.notes.contains(&Note::Stale));

    let too_few = tried(&ranked(&past(59, INDEX)), Field::IvRank);
    assert_eq!(too_few[1], "Store: own history has 59 of 60 days of this volatility");
    let mut mixed = past(59, INDEX);
    mixed.extend(past(70, "at the money, 30 days, own chain"));
    let too_few = tried(&ranked(&mixed), Field::IvPercentile);
    assert_eq!(too_few[1], "Store: own history has 59 of 60 days of this volatility");
    let old = past(500, INDEX);
    assert!(ranked(&old).iv_rank().unwrap().method.to_string().contains("252 days"));
}

#[test]
fn kept_greeks_belong_to_the_option_alone() {
    let subject = subject(".SPY261218C600", Kind::EquityOption);
    let events = LastEvents {
        greeks: heard(greeks()),
        ..LastEvents::default()
    };
    let mut evidence = nothing(&subject);
    evidence.kept.events = Some(events.clone());
    let record = merged(&evidence);
    let delta = record.delta().unwrap();
    assert_eq!((delta.value, delta.source), (0.51, Source::Store));
    assert_eq!(record.iv(), None);
}

#[test]
fn a_store_without_anything_is_not_among_what_was_tried() {
    let subject = subject("SPY", Kind::Equity);
    let record = merged(&nothing(&subject));
    let attempts = record.missing.iter().flat_map(|gap| &gap.tried);
    assert!(attempts.into_iter().all(|attempt| attempt.source != Source::Store));
}

#[test]
fn kept_bars_reach_back_if_they_begin_within_a_week_of_what_is_wanted() {
    let kept = StoredBars {
        candles: candles(30),
        at: now(),
        since: None,
    };
    let first = Timestamp::from_millisecond(kept.candles.bars[0].time).unwrap();
    let from = |days: i64| first.checked_sub((24 * days).hours()).unwrap();
    assert!(kept.reach_back(from(7)) && kept.reach_back(from(-300)));
    assert!(!kept.reach_back(from(8)));
    let none = StoredBars {
        candles: Candles::default(),
        at: now(),
        since: None,
    };
    assert!(!none.reach_back(from(0)));
    let asked = |candles: Candles| StoredBars {
        candles,
        at: now(),
        since: Some(from(90)),
    };
    let young = asked(kept.candles.clone());
    assert!(young.reach_back(from(90)), "the feed has no more");
    assert!(!young.reach_back(from(91)), "nobody knows");
    assert!(!asked(Candles::default()).reach_back(from(90)), "it may have failed");
    let cut = Candles {
        snipped: true,
        ..kept.candles.clone()
    };
    assert!(!asked(cut).reach_back(from(90)), "there is more");
    assert!(kept.are_sound());
    let mut bad = kept.clone();
    bad.candles.bars[11].close = None;
    assert!(!bad.are_sound());
}

#[test]
fn only_kept_bars_that_the_feed_gave_whole_are_gone_on_from() {
    let first = |bars: &StoredBars| Timestamp::from_millisecond(bars.candles.bars[0].time).unwrap();
    let kept = |spoil: &dyn Fn(&mut Candles)| {
        let mut candles = candles(30);
        spoil(&mut candles);
        let mut kept = StoredBars {
            candles,
            at: now(),
            since: None,
        };
        kept.since = first(&kept).checked_sub(2160.hours()).ok();
        kept
    };
    let can = |bars: &StoredBars| bars.can_go_on(bars.since.unwrap(), Calendar::UsEquities);
    assert!(can(&kept(&|_| ())), "young, and all there is");
    assert!(
        !can(&kept(&|candles| candles.snipped = true)),
        "there may be more by now"
    );
    assert!(
        !can(&kept(
            &|candles| candles.bars = [&candles.bars[..11], &candles.bars[12..]].concat()
        )),
        "a session without a bar"
    );
    assert!(!can(&kept(&|candles| candles.bars[11].close = None)), "a bad bar");
    assert!(!can(&kept(&|candles| candles.bars[29].close = None)), "the last one");
    let long = kept(&|candles| candles.snipped = true);
    assert!(
        long.can_go_on(first(&long), Calendar::UsEquities),
        "cut before what is wanted"
    );
}
