use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::{Bar, Cleaned, Dropped, HvError, clean, close_to_close};

const OHLC: &str = include_str!("../../../tests/data/golden/ohlc.csv");
const ESTIMATORS: &str = include_str!("../../../tests/data/golden/hv_estimators.csv");

#[test]
fn every_golden_row_is_met_to_nine_digits() {
    let series = golden_series();
    let mut rows = 0;
    for row in csv::Reader::from_reader(ESTIMATORS.as_bytes())
        .records()
        .map(Result::unwrap)
    {
        let (id, window): (_, usize) = (&row[0], row[1].parse().unwrap());
        let as_of: Date = row[2].parse().unwrap();
        let all = clean(series[id].iter().copied());
        assert_eq!(all.dropped.total(), row[4].parse::<usize>().unwrap(), "{id}: dropped");
        let cleaned = clean(series[id].iter().copied().filter(|bar| bar.date <= as_of));
        assert_eq!(
            cleaned.bars.len(),
            row[3].parse::<usize>().unwrap(),
            "{id} at {as_of}: bars"
        );
        let answer = close_to_close(&cleaned.closes(), window, 252.0);
        match &row[6] {
            "" => {
                assert!(
                    matches!(&row[5], "insufficient_bars" | "partial"),
                    "{id} {window} {as_of}"
                );
                let short = HvError::InsufficientBars {
                    have: cleaned.bars.len(),
                    need: window + 1,
                };
                assert_eq!(answer, Err(short), "{id} {window} {as_of}");
            }
            number => {
                let expected: f64 = number.parse().unwrap();
                let got = answer.unwrap().get();
                let tolerance = if expected.abs() > 0.0 { 1e-9 * expected } else { 1e-9 };
                assert!(
                    (got - expected).abs() <= tolerance,
                    "{id} {window} {as_of}: {got} for {expected}"
                );
            }
        }
        rows += 1;
    }
    assert_eq!(rows, 336);
}

#[test]
fn a_flat_series_has_a_volatility_of_exactly_zero() {
    assert_eq!(close_to_close(&[17.3; 31], 30, 252.0).unwrap().get().to_bits(), 0);
}

#[test]
fn the_last_bar_of_a_date_wins_and_is_not_called_dropped() {
    let cleaned = clean([bar(2, 10.0), bar(1, 9.0), bar(2, 11.0)].into_iter());
    assert_eq!(cleaned.closes(), [9.0, 11.0]);
    assert_eq!((cleaned.replaced, cleaned.dropped.total()), (1, 0));
}

#[test]
fn what_is_no_record_of_trading_is_dropped_and_counted_by_cause() {
    let zeros = Bar {
        open: Some(0.0),
        high: Some(0.0),
        low: Some(0.0),
        close: Some(0.0),
        ..bar(2, 10.0)
    };
    let absent = Bar {
        high: None,
        ..bar(3, 10.0)
    };
    let not_a_number = Bar {
        low: Some(f64::NAN),
        ..bar(4, 10.0)
    };
    let open_outside = Bar {
        open: Some(12.0),
        ..bar(5, 10.0)
    };
    let inverted = Bar {
        high: Some(9.0),
        low: Some(11.0),
        ..bar(6, 10.0)
    };
    let a_hair_outside = Bar {
        high: Some(10.0 - 5e-9),
        low: Some(10.0 - 5e-9),
        ..bar(7, 10.0)
    };
    let bars = [
        bar(1, 10.0),
        zeros,
        absent,
        not_a_number,
        open_outside,
        inverted,
        a_hair_outside,
    ];
    let Cleaned { bars, dropped, .. } = clean(bars.into_iter());
    assert_eq!(bars.iter().map(|bar| bar.date.day()).collect::<Vec<_>>(), [1, 7]);
    assert_eq!(
        dropped,
        Dropped {
            absent: 2,
            zero: 1,
            not_enclosing: 2
        }
    );
}

#[test]
fn a_negative_price_stays_and_blanks_every_window_it_touches() {
    let cleaned = clean((1..=6).map(|day| bar(day, if day == 2 { -37.63 } else { 20.0 + f64::from(day) })));
    assert_eq!(cleaned.bars.len(), 6);
    let closes = cleaned.closes();
    assert_eq!(close_to_close(&closes, 5, 252.0), Err(HvError::NonPositivePrice));
    assert_eq!(close_to_close(&closes, 4, 252.0), Err(HvError::NonPositivePrice));
    assert!(close_to_close(&closes, 3, 252.0).is_ok());
    assert_eq!(
        close_to_close(&closes, 6, 252.0),
        Err(HvError::InsufficientBars { have: 6, need: 7 })
    );
}

#[test]
fn a_window_without_a_deviation_is_refused() {
    assert_eq!(close_to_close(&[1.0, 2.0], 1, 252.0), Err(HvError::WindowTooShort(1)));
    assert_eq!(close_to_close(&[1.0, 2.0], 0, 252.0), Err(HvError::WindowTooShort(0)));
    assert_eq!(close_to_close(&[1.0, 2.0, 1.0], 2, f64::NAN), Err(HvError::NotFinite));
    assert!(close_to_close(&[], usize::MAX, 252.0).is_err());
}

proptest! {
    #[test]
    fn realised_volatility_does_not_depend_on_the_scale(
        closes in prop::collection::vec(0.01..10_000.0_f64, 31..60),
        scale in 0.001..1_000.0_f64,
    ) {
        let scaled: Vec<f64> = closes.iter().map(|close| close * scale).collect();
        let (one, other) = (close_to_close(&closes, 30, 252.0).unwrap(), close_to_close(&scaled, 30, 252.0).unwrap());
        prop_assert!((one.get() - other.get()).abs() <= 1e-9 * one.get() + 1e-12);
    }

    #[test]
    fn the_order_of_the_bars_does_not_matter(days in prop::collection::btree_map(1..29_i8, 1.0..9.0_f64, 1..20)) {
        let bars: Vec<Bar> = days.iter().map(|(&day, &close)| bar(day, close)).collect();
        let forwards = clean(bars.iter().copied());
        prop_assert_eq!(&forwards, &clean(bars.iter().rev().copied()));
    }
}

fn bar(day: i8, close: f64) -> Bar {
    let price = Some(close);
    Bar {
        date: date(2026, 7, day),
        open: price,
        high: price,
        low: price,
        close: price,
    }
}

fn golden_series() -> BTreeMap<String, Vec<Bar>> {
    let mut series: BTreeMap<String, Vec<Bar>> = BTreeMap::new();
    for row in csv::Reader::from_reader(OHLC.as_bytes()).records().map(Result::unwrap) {
        let number = |at: usize| row[at].parse().ok();
        series.entry(row[0].to_owned()).or_default().push(Bar {
            date: row[2].parse().unwrap(),
            open: number(3),
            high: number(4),
            low: number(5),
            close: number(6),
        });
    }
    series
}
