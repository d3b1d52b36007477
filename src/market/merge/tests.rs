use proptest::prelude::*;

use super::super::evidence::Evidence;
use super::super::field::Field;
use super::super::fixtures::{
    candles, greeks, heard, history, merged, metrics, nothing, now, quote, rest_quote, rules, streamed, subject,
    summary, trade, tried,
};
use super::super::note::Note;
use super::super::precedence::Precedence;
use super::super::reason::Reason;
use super::super::record::{Record, Source, Sourced};
use super::super::subject::Subject;
use super::merge;
use crate::instrument::{Kind, Symbol};
use crate::legacy::ChartHistory;
use crate::stream::LastEvents;
use crate::tastytrade::{MarketQuote, Metrics, RankVariant};
use crate::units::{Rank, Vol};

#[test]
fn metrics_of_a_future_never_reach_the_share_of_the_same_letters() {
    for (asked, kind, answered) in [
        ("ES", Kind::Equity, "/ES"),
        ("/ES", Kind::Future, "ES"),
        ("/ESZ6", Kind::Future, "/E"),
    ] {
        let subject = subject(asked, kind);
        let metrics = metrics(answered);
        let quote = rest_quote(answered);
        let mut evidence = nothing(&subject);
        evidence.metrics = Ok(metrics.clone());
        evidence.rest_quote = Some(Ok(quote.clone()));
        let record = merged(&evidence);
        assert_eq!(
            (record.iv(), record.hv30(), record.price()),
            (None, None, None),
            "{asked}"
        );
        assert_eq!(
            tried(&record, Field::Iv),
            [format!("Rest: the metrics are of {answered}")]
        );
        assert_eq!(
            tried(&record, Field::Price)[1],
            format!("Rest: the quote is of {answered}")
        );
    }
}

#[test]
fn a_futures_contract_is_answered_by_the_metrics_of_its_root_and_the_quote_of_its_contract() {
    let metrics = metrics("/ES");
    let quote = rest_quote("/ESZ6");
    for asked in ["/ES", "/ESZ6", "/ESZ26", "/ESZ26:XCME"] {
        let mut subject = subject(asked, Kind::Future);
        subject.contract = Some(Symbol("/ESZ6".into()));
        subject.expiration = Some(jiff::civil::date(2026, 12, 18));
        let mut evidence = nothing(&subject);
        evidence.metrics = Ok(metrics.clone());
        evidence.rest_quote = Some(Ok(quote.clone()));
        let record = merged(&evidence);
        assert!(record.iv().is_some() && record.price().is_some(), "{asked}");
        assert_eq!(record.days_to_expiration, Some(156));
        assert!(!record.has(Field::EarningsDate));
    }
}

#[test]
fn a_full_record_names_source_time_and_method_of_each_value() {
    let record = full();
    let iv = record.iv().unwrap();
    assert_eq!(
        (iv.source, iv.as_of.to_string().as_str()),
        (Source::Rest, "2026-07-15T17:00:00Z")
    );
    assert_eq!(record.iv_rank().unwrap().method, "52-week range, tos");
    assert_eq!(record.iv_percentile().unwrap().method, "share of days below, past year");
    assert_eq!(record.hv30().unwrap().method, "venue's 30-day volatility");
    assert_eq!(record.notes, ["earnings_estimated"]);
    assert!(record.missing.is_empty(), "{:?}", record.missing);
}

#[test]
fn ratios_follow_their_formulas_and_the_floor() {
    let record = full();
    assert_close(record.vrp_structural(), 0.3 / 0.25);
    assert_close(record.vrp_tactical(), 0.3 / 0.2);
    assert_close(record.vtr(), 0.2 / 0.25);
    let subject = subject("SPY", Kind::Equity);
    let mut calm = metrics("SPY");
    calm.hv30 = Vol::new(0.01);
    let mut evidence = nothing(&subject);
    evidence.metrics = Ok(calm.clone());
    assert_close(merged(&evidence).vrp_tactical(), 0.3 / 0.05);
}

#[test]
fn a_ratio_is_never_better_than_its_worst_input() {
    let subject = subject("XYZ", Kind::Equity);
    let mut thin = metrics("XYZ");
    thin.hv30 = None;
    let events = LastEvents {
        candles: heard(candles(60)).map(Ok),
        ..streamed()
    };
    let mut evidence = nothing(&subject);
    (evidence.streamed, evidence.metrics) = (Ok(events.clone()), Ok(thin.clone()));
    let record = merged(&evidence);
    let tactical = record.vrp_tactical().unwrap();
    assert_eq!(
        (tactical.source, tactical.method.to_string().as_str()),
        (Source::DxlinkCandles, "iv / max(hv30, floor)")
    );
    assert_eq!(tactical.as_of.to_string(), "2026-07-14T20:00:00Z");
    assert_eq!(record.vrp_structural().unwrap().source, Source::Rest);
    assert_eq!(record.vtr().unwrap().source, Source::DxlinkCandles);
}

#[test]
fn a_missing_ratio_names_the_missing_input() {
    let subject = subject("XYZ", Kind::Equity);
    let mut thin = metrics("XYZ");
    thin.hv90 = None;
    let mut evidence = nothing(&subject);
    evidence.metrics = Ok(thin.clone());
    let record = merged(&evidence);
    assert!(record.vrp_tactical().is_some());
    let expected = [
        "Rest: hv90 missing: null in the answer",
        "DxlinkCandles: hv90 missing: disabled",
        "Legacy: hv90 missing: not asked",
    ];
    assert_eq!(tried(&record, Field::VrpStructural), expected);
    assert_eq!(tried(&record, Field::Vtr), expected);
}

#[test]
fn a_ratio_over_a_flat_history_is_missing() {
    let subject = subject("XYZ", Kind::Equity);
    let mut flat = candles(95);
    for bar in &mut flat.bars {
        (bar.open, bar.high, bar.low, bar.close) = (Some(5.0), Some(5.0), Some(5.0), Some(5.0));
    }
    let events = LastEvents {
        candles: heard(flat).map(Ok),
        ..streamed()
    };
    let mut evidence = nothing(&subject);
    evidence.streamed = Ok(events.clone());
    let record = merged(&evidence);
    assert!(record.hv90().is_some_and(|hv| hv.value.get() <= 0.0));
    assert_eq!(tried(&record, Field::Vtr), ["DxlinkCandles: hv90 is 0"]);
}

#[test]
fn a_volatility_of_zero_from_the_venue_is_no_volatility() {
    let subject = subject("XYZ", Kind::Equity);
    let mut zero = metrics("XYZ");
    (zero.iv, zero.hv30) = (Vol::new(0.0), Vol::new(0.0));
    let mut evidence = nothing(&subject);
    evidence.metrics = Ok(zero.clone());
    let record = merged(&evidence);
    assert_eq!(tried(&record, Field::Iv), ["Rest: iv is 0, which is no volatility"]);
    assert_eq!(
        tried(&record, Field::Hv30)[0],
        "Rest: hv30 is 0, which is no volatility"
    );
}

#[test]
fn an_unreadable_metric_is_told_from_a_null_one() {
    let subject = subject("XYZ", Kind::Equity);
    let mut odd = metrics("XYZ");
    (odd.hv30, odd.beta) = (None, None);
    odd.unreadable = vec!["historical-volatility-30-day".to_owned()];
    let mut evidence = nothing(&subject);
    evidence.metrics = Ok(odd.clone());
    let record = merged(&evidence);
    assert_eq!(tried(&record, Field::Hv30)[0], "Rest: unreadable in the answer");
    assert_eq!(tried(&record, Field::Beta), ["Rest: null in the answer"]);
}

#[test]
fn the_definition_of_the_rank_is_named() {
    let subject = subject("XYZ", Kind::Equity);
    let mut other = metrics("XYZ");
    other.iv_rank = Rank::new(42.0).map(|rank| (rank, RankVariant::Tw));
    let mut evidence = nothing(&subject);
    evidence.metrics = Ok(other.clone());
    let record = merged(&evidence);
    assert_eq!(record.iv_rank().unwrap().method, "52-week range, tw");
    assert!(record.notes.contains(&Note::IvRankTw));
}

#[test]
fn an_option_has_greeks_and_no_metrics() {
    let subject = subject("SPY   261218C00600000", Kind::EquityOption);
    let events = LastEvents {
        quote: heard(quote(1.0, 1.1)),
        greeks: heard(greeks()),
        ..LastEvents::default()
    };
    let metrics = metrics("SPY   261218C00600000");
    let mut evidence = nothing(&subject);
    (evidence.streamed, evidence.metrics) = (Ok(events.clone()), Ok(metrics.clone()));
    let record = merged(&evidence);
    assert_close(record.delta(), 0.51);
    assert_close(record.vega(), 0.23);
    assert_eq!(record.option_iv().unwrap().value, Vol::new(0.3188).unwrap());
    assert_eq!(
        (record.iv(), record.hv30(), record.beta(), record.vtr()),
        (None, None, None, None)
    );
    assert!(
        record
            .missing
            .iter()
            .all(|gap| !matches!(gap.field, Field::Iv | Field::Hv30 | Field::Vtr))
    );
}

#[test]
fn greeks_fall_back_to_the_quote_by_rest() {
    let subject = subject("SPY   261218C00600000", Kind::EquityOption);
    let quote = rest_quote("SPY   261218C00600000");
    let mut evidence = nothing(&subject);
    evidence.rest_quote = Some(Ok(quote.clone()));
    let record = merged(&evidence);
    assert_eq!(record.delta().unwrap().source, Source::Rest);
    assert_eq!(record.option_iv().unwrap().source, Source::Rest);
}

#[test]
fn realized_volatility_falls_from_rest_to_candles_to_the_deprecated_source() {
    let subject = subject("XYZ", Kind::Equity);
    let (full, short, old) = (heard(candles(95)).map(Ok), heard(candles(5)).map(Ok), history(95));
    let source = |candles, legacy| {
        let events = LastEvents { candles, ..streamed() };
        let mut evidence = nothing(&subject);
        (evidence.streamed, evidence.legacy) = (Ok(events.clone()), legacy);
        let record = merged(&evidence);
        record.hv90().map(|hv| hv.source)
    };
    assert_eq!(
        source(full, Some(Ok((old.clone(), now())))),
        Some(Source::DxlinkCandles)
    );
    assert_eq!(source(short, Some(Ok((old.clone(), now())))), Some(Source::Legacy));
    assert_eq!(source(Some(Err("no complete snapshot".to_owned())), None), None);
}

#[derive(Debug, Clone)]
struct Said {
    streamed: Option<LastEvents>,
    metrics: Option<Metrics>,
    rest_quote: Option<MarketQuote>,
    legacy: Option<ChartHistory>,
}

proptest! {
    #[test]
    fn a_lower_source_is_never_preferred(kind in kinds(), said in said(), order in orders()) {
        let subject = subject("SPY", kind);
        let precedence = Precedence { realized: order.clone(), ..Precedence::default() };
        let record = merge(&evidence(&subject, &said), &rules(&precedence));
        for (field, chosen, sources) in [
            (Field::Price, record.price().map(|it| it.source), &precedence.price),
            (Field::Last, record.last().map(|it| it.source), &precedence.price),
            (Field::PrevClose, record.prev_close().map(|it| it.source), &precedence.price),
            (Field::High, record.high().map(|it| it.source), &precedence.price),
            (Field::Hv30, record.hv30().map(|it| it.source), &precedence.realized),
            (Field::Hv90, record.hv90().map(|it| it.source), &precedence.realized),
            (Field::Delta, record.delta().map(|it| it.source), &precedence.greeks),
            (Field::OptionIv, record.option_iv().map(|it| it.source), &precedence.greeks),
        ] {
            let best = sources.iter().copied().find(|source| {
                let alone = Precedence {
                    price: vec![*source],
                    realized: vec![*source],
                    greeks: vec![*source],
                    ..Precedence::default()
                };
                merge(&evidence(&subject, &said), &rules(&alone)).has(field)
            });
            prop_assert_eq!(chosen, best, "{:?}", field);
        }
        let quoted: Vec<Source> = [record.price(), record.bid(), record.ask()].into_iter().flatten().map(|it| it.source).collect();
        prop_assert!(quoted.iter().all(|source| Some(source) == quoted.first()), "{:?}", quoted);
    }

    #[test]
    fn every_field_is_present_or_missing_with_what_was_tried(kind in kinds(), said in said()) {
        let subject = subject("SPY", kind);
        let record = merged(&evidence(&subject, &said));
        let unasked = [Field::Slippage, Field::Yield];
        let possible = Field::of(kind).filter(|field| !unasked.contains(field)).collect::<Vec<_>>();
        for field in Field::of(Kind::Equity).chain(Field::of(Kind::EquityOption)) {
            let gap = record.missing.iter().filter(|gap| gap.field == field).collect::<Vec<_>>();
            let expected = usize::from(possible.contains(&field) && !record.has(field));
            prop_assert_eq!(gap.len(), expected, "{:?}", field);
            prop_assert!(gap.iter().all(|gap| !gap.tried.is_empty()), "{:?}", field);
            prop_assert!(possible.contains(&field) || !record.has(field), "{:?}", field);
        }
        prop_assert!(record.missing.is_sorted_by_key(|gap| gap.field));
    }

    #[test]
    fn the_order_in_which_bars_arrived_does_not_matter(said in said(), seed in any::<u64>()) {
        let subject = subject("SPY", Kind::Equity);
        let mut shuffled = said.clone();
        if let Some(Ok(candles)) = shuffled.streamed.as_mut().and_then(|streamed| streamed.candles.as_mut()) {
            fastrand::Rng::with_seed(seed).shuffle(&mut candles.event.bars);
        }
        if let Some(history) = shuffled.legacy.as_mut() {
            fastrand::Rng::with_seed(seed).shuffle(&mut history.bars);
        }
        prop_assert_eq!(merged(&evidence(&subject, &said)), merged(&evidence(&subject, &shuffled)));
    }
}

fn evidence(subject: &Subject, said: &Said) -> Evidence {
    Evidence {
        streamed: said.streamed.clone().ok_or_else(|| "disabled".into()),
        metrics: said.metrics.clone().ok_or(Reason::NotInAnswer),
        rest_quote: said.rest_quote.clone().map(Ok),
        legacy: said.legacy.clone().map(|history| Ok((history, now()))),
        ..nothing(subject)
    }
}

fn said() -> impl Strategy<Value = Said> {
    let rest = (maybe(hv(metrics("SPY"))), maybe(side(rest_quote("SPY"))));
    let legacy = maybe(prop_oneof![Just(0_usize), Just(40), Just(95)].prop_map(history));
    (maybe(events()), rest, legacy).prop_map(|(streamed, (metrics, rest_quote), legacy)| Said {
        streamed,
        metrics,
        rest_quote,
        legacy,
    })
}

fn events() -> impl Strategy<Value = LastEvents> {
    let bars = prop_oneof![Just(None), Just(Some(3_usize)), Just(Some(40)), Just(Some(95))];
    let quotes = maybe(prop_oneof![
        Just(quote(102.0, 102.5)),
        Just(quote(0.0, 1.0)),
        Just(quote(3.0, 2.0))
    ]);
    (
        quotes,
        maybe(Just(trade(102.2))),
        maybe(Just(summary())),
        maybe(Just(greeks())),
        bars,
    )
        .prop_map(|(quote, trade, summary, greeks, bars)| LastEvents {
            quote: quote.and_then(heard),
            trade: trade.and_then(heard),
            summary: summary.and_then(heard),
            greeks: greeks.and_then(heard),
            candles: bars.and_then(|count| heard(candles(count))).map(Ok),
            ..LastEvents::default()
        })
}

fn hv(metrics: Metrics) -> impl Strategy<Value = Metrics> {
    let hv = || prop_oneof![Just(None), Just(Vol::new(0.0)), Just(Vol::new(0.2))];
    (hv(), hv(), hv()).prop_map(move |(iv, hv30, hv90)| Metrics {
        iv,
        hv30,
        hv90,
        ..metrics.clone()
    })
}

fn side(quote: MarketQuote) -> impl Strategy<Value = MarketQuote> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(move |(bid, last, delta)| MarketQuote {
        bid: quote.bid.filter(|_| bid),
        last: quote.last.filter(|_| last),
        delta: quote.delta.filter(|_| delta),
        ..quote.clone()
    })
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Equity),
        Just(Kind::Index),
        Just(Kind::Future),
        Just(Kind::Crypto),
        Just(Kind::EquityOption),
        Just(Kind::FutureOption),
    ]
}

fn orders() -> impl Strategy<Value = Vec<Source>> {
    Just(vec![Source::Rest, Source::DxlinkCandles, Source::Legacy]).prop_shuffle()
}

fn maybe<T: std::fmt::Debug + Clone>(strategy: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    prop::option::of(strategy)
}

fn full() -> Record {
    let subject = subject("SPY", Kind::Equity);
    let (events, metrics) = (streamed(), metrics("SPY"));
    let mut evidence = nothing(&subject);
    (evidence.streamed, evidence.metrics) = (Ok(events.clone()), Ok(metrics.clone()));
    merged(&evidence)
}

fn assert_close(value: Option<Sourced<f64>>, expected: f64) {
    let value = value.unwrap().value;
    assert!((value - expected).abs() < 1e-12, "{value} for {expected}");
}
