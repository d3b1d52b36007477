use jiff::Timestamp;
use jiff::civil::date;
use smol_str::SmolStr;

use super::super::fixtures::{RULES, candle, candles, history, now};
use super::{DailyBars, HvWindow, Predecessor, Source};
use crate::dxlink::{Candle, Candles};
use crate::instrument::Symbol;
use crate::market::{Reason, StoredBars};
use crate::time::Calendar;

#[test]
fn the_unfinished_bar_of_today_never_counts() {
    let hv = of(&candles(31), now()).realized(HvWindow::Hv30, &RULES).unwrap();
    let step = (101.0_f64 / 100.0).ln();
    let expected = step * (30.0_f64 / 29.0 * 252.0).sqrt();
    assert!(
        (hv.value.get() - expected).abs() < 1e-12 * expected,
        "{} for {expected}",
        hv.value.get()
    );
    assert_eq!(hv.method, "close-to-close, 30 returns");
    assert_eq!(hv.as_of.to_string(), "2026-07-14T20:00:00Z");
}

#[test]
fn the_bar_of_today_counts_from_the_close_on() {
    let at = |time: &str| {
        of(&candles(31), time.parse().unwrap())
            .realized(HvWindow::Hv30, &RULES)
            .unwrap()
    };
    assert_eq!(at("2026-07-15T19:59:59Z").as_of.to_string(), "2026-07-14T20:00:00Z");
    let closed = at("2026-07-15T20:00:00Z");
    assert_eq!(closed.as_of.to_string(), "2026-07-15T20:00:00Z");
    assert!(closed.value.get() > 1.0, "the jump to 150 is in it");
}

#[test]
fn too_few_closed_bars_are_a_hole_that_counts_them() {
    let reason = of(&candles(30), now()).realized(HvWindow::Hv30, &RULES).unwrap_err();
    assert_eq!(reason, "30 bars, 31 needed");
    assert!(of(&candles(90), now()).realized(HvWindow::Hv30, &RULES).is_ok());
    assert_eq!(
        of(&candles(90), now()).realized(HvWindow::Hv90, &RULES).unwrap_err(),
        "90 bars, 91 needed"
    );
}

#[test]
fn bad_bars_are_dropped_and_counted() {
    let mut candles = candles(31);
    candles.bars[3] = Candle {
        close: None,
        ..candles.bars[3]
    };
    let zero = Some(0.0);
    candles.bars[4] = Candle {
        open: zero,
        high: zero,
        low: zero,
        close: zero,
        ..candles.bars[4]
    };
    candles.snipped = true;
    let bars = DailyBars::of_candles(&candles, Source::DxlinkCandles, Calendar::UsEquities, now(), now());
    let reason = bars.realized(HvWindow::Hv30, &RULES).unwrap_err();
    assert_eq!(
        reason,
        "29 bars, 31 needed, 2 bad bars dropped, history cut by the feed"
    );
}

#[test]
fn a_window_with_a_bad_bar_of_a_session_has_no_volatility() {
    let spoiled = |place: usize, on_a_saturday: bool| {
        let mut candles = candles(60);
        let bad = &mut candles.bars[place];
        if on_a_saturday {
            *bad = candle(date(2026, 7, 11), 0.0);
        }
        bad.close = None;
        of(&candles, now()).realized(HvWindow::Hv30, &RULES)
    };
    let sound = of(&candles(60), now()).realized(HvWindow::Hv30, &RULES).unwrap().value;
    for place in [30, 45, 58] {
        assert_eq!(
            spoiled(place, false).unwrap_err(),
            "a session of the window has no sound bar, 1 bad bars dropped",
            "{place}"
        );
    }
    assert_eq!(spoiled(10, false).unwrap().value, sound, "before the window");
    assert_eq!(spoiled(10, true).unwrap().value, sound, "nobody traded that day");
    let newest = spoiled(59, false).unwrap();
    assert_eq!(
        newest.as_of.to_string(),
        "2026-07-13T20:00:00Z",
        "the window ends before it"
    );
}

#[test]
fn bars_that_end_more_than_a_week_ago_give_nothing() {
    let at = |time: &str| of(&candles(40), time.parse().unwrap()).realized(HvWindow::Hv30, &RULES);
    assert!(at("2026-07-22T21:00:00Z").is_ok());
    assert_eq!(at("2026-07-23T21:00:00Z").unwrap_err(), "the bars end on 2026-07-15");
}

#[test]
fn a_bar_received_before_its_close_is_not_final_after_it() {
    let after: Timestamp = "2026-07-15T20:30:00Z".parse().unwrap();
    let as_of = |received: Timestamp| {
        let bars = DailyBars::of_candles(
            &candles(31),
            Source::DxlinkCandles,
            Calendar::UsEquities,
            received,
            after,
        );
        bars.realized(HvWindow::Hv30, &RULES).unwrap().as_of.to_string()
    };
    assert_eq!(as_of(now()), "2026-07-14T20:00:00Z");
    assert_eq!(as_of(after), "2026-07-15T20:00:00Z");
}

#[test]
fn no_bars_at_all_is_a_hole() {
    let only_today = Candles {
        bars: vec![candle(date(2026, 7, 15), 10.0)],
        ..Candles::default()
    };
    assert_eq!(
        of(&only_today, now()).realized(HvWindow::Hv30, &RULES).unwrap_err(),
        "no closed bars"
    );
}

#[test]
fn the_adjusted_closes_of_the_deprecated_source_are_enough() {
    let mut history = history(31);
    history.bars[7].high = Some(1.0);
    let bars = DailyBars::of_history(&history, Calendar::UsEquities, now(), now());
    assert!(bars.realized(HvWindow::Hv30, &RULES).is_ok());
}

fn of(candles: &Candles, now: Timestamp) -> DailyBars {
    DailyBars::of_candles(candles, Source::DxlinkCandles, Calendar::UsEquities, now, now)
}

#[test]
fn a_young_contract_has_the_volatility_of_returns_within_two_contracts_and_not_of_the_step_between_them() {
    let step = 1.01_f64.ln();
    let of_returns = |n: f64| step * (n / (n - 1.0) * 252.0).sqrt();
    let hv = |window| {
        september(40)
            .realized_after(Some(&june(Ok(120))), window, &RULES)
            .unwrap()
    };
    let long = hv(HvWindow::Hv90);
    assert!(
        (long.value.get() - of_returns(90.0)).abs() < 1e-9,
        "{}",
        long.value.get()
    );
    assert_eq!(
        long.method,
        "close-to-close, 90 returns within /ESM6 and /ESU6, joined 2026-05-20"
    );
    assert_eq!(
        (long.source, long.as_of.to_string().as_str()),
        (Source::Store, "2026-07-14T21:00:00Z")
    );
    let short = hv(HvWindow::Hv30);
    assert!((short.value.get() - of_returns(30.0)).abs() < 1e-9);
    assert_eq!(
        (short.source, short.method.to_string().as_str()),
        (Source::DxlinkCandles, "close-to-close, 30 returns"),
        "its own bars are enough for this one"
    );
}

#[test]
fn a_contract_that_has_just_begun_to_trade_in_earnest_is_joined_where_its_bars_become_daily() {
    let mut young = candles(40);
    young.bars.remove(10);
    let young = dear(&young);
    let bars = DailyBars::of_candles(&young, Source::DxlinkCandles, Calendar::UsFutures, now(), now());
    let long = bars
        .realized_after(Some(&june(Ok(120))), HvWindow::Hv90, &RULES)
        .unwrap();
    assert_eq!(
        long.method,
        "close-to-close, 90 returns within /ESM6 and /ESU6, joined 2026-06-04"
    );
}

#[test]
fn a_contract_whose_bars_the_feed_cut_is_no_young_one() {
    let mut cut = dear(&candles(40));
    cut.snipped = true;
    let bars = DailyBars::of_candles(&cut, Source::DxlinkCandles, Calendar::UsFutures, now(), now());
    let hv = |window| bars.realized_after(Some(&june(Ok(120))), window, &RULES);
    assert_eq!(
        hv(HvWindow::Hv90).unwrap_err(),
        "40 bars, 91 needed, history cut by the feed"
    );
    assert!(hv(HvWindow::Hv30).is_ok(), "what is there is enough for this one");
}

#[test]
fn a_young_contract_that_nothing_can_be_joined_to_says_why() {
    let reason = |before: Option<&Predecessor>| {
        let hv = september(40).realized_after(before, HvWindow::Hv90, &RULES);
        hv.unwrap_err()
    };
    assert_eq!(reason(None), "40 bars, 91 needed");
    assert_eq!(
        reason(Some(&june(Err("no bars: the feed was silent".into())))),
        "40 bars, 91 needed; with /ESM6 before it: no bars: the feed was silent"
    );
    assert_eq!(
        reason(Some(&june(Ok(70)))),
        "40 bars, 91 needed; with /ESM6 before it: 70 bars, 91 needed"
    );
    assert_eq!(
        reason(Some(&june(Ok(30)))),
        "40 bars, 91 needed; with /ESM6 before it: no bar of 2026-05-20 to join at"
    );
    let none = DailyBars::of_candles(&candles(0), Source::DxlinkCandles, Calendar::UsFutures, now(), now());
    let nothing = none.realized_after(Some(&june(Ok(120))), HvWindow::Hv90, &RULES);
    assert_eq!(
        nothing.unwrap_err(),
        "no closed bars",
        "a contract without bars is no young one"
    );
}

/// The bars of `/ESU6`, half as dear again as those of `/ESM6`.
fn september(count: usize) -> DailyBars {
    DailyBars::of_candles(
        &dear(&candles(count)),
        Source::DxlinkCandles,
        Calendar::UsFutures,
        now(),
        now(),
    )
}

fn dear(candles: &Candles) -> Candles {
    let mut dear = candles.clone();
    for bar in &mut dear.bars {
        for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
            *price = price.map(|price| price * 1.5);
        }
    }
    dear
}

fn june(bars: Result<usize, Reason>) -> Predecessor {
    static CONTRACTS: [Symbol; 2] = [
        Symbol(SmolStr::new_static("/ESM6")),
        Symbol(SmolStr::new_static("/ESU6")),
    ];
    let [contract, followed_by] = &CONTRACTS;
    Predecessor {
        contract: contract.clone(),
        followed_by: followed_by.clone(),
        bars: bars.map(|count| {
            let candles = candles(count);
            let kept = StoredBars {
                candles,
                at: now(),
                since: None,
            };
            (Source::Store, kept)
        }),
    }
}
