use jiff::civil::date;
use proptest::prelude::*;

use super::{Bar, Cleaned, Dropped, clean};
use crate::cone::cone;
use crate::ewma::Ewma;
use crate::realized::{Estimator, HvError, ReturnWindow};

#[test]
fn the_last_bar_of_a_date_wins_and_is_not_called_dropped() {
    let cleaned = clean([bar(2, 10.0), bar(1, 9.0), bar(2, 11.0)].into_iter());
    assert_eq!(
        cleaned.bars.iter().map(|bar| bar.close).collect::<Vec<_>>(),
        [9.0, 11.0]
    );
    assert_eq!((cleaned.replaced, cleaned.dropped.total()), (1, 0));
}

#[test]
fn a_bad_bar_of_a_session_leaves_a_hole_that_no_estimator_measures_over() {
    let bad = |day| Bar {
        close: None,
        ..bar(day, 10.0)
    };
    let bars = [
        bar(1, 10.0),
        bar(2, 11.0),
        bad(3),
        bar(4, 10.0),
        bad(5),
        bar(6, 11.0),
        bar(7, 10.0),
    ];
    let cleaned = clean(bars.into_iter()).over_sessions(|date| date.day() != 5);
    let marked: Vec<bool> = cleaned.bars.iter().map(|bar| bar.after_hole).collect();
    assert_eq!(marked, [false, false, true, false, false], "nobody traded on the fifth");
    let trading_days = 252.0;
    for estimator in Estimator::ALL {
        let measure = |days| estimator.measure(&cleaned.bars, ReturnWindow { days, trading_days });
        assert!(measure(2).is_ok(), "{estimator:?}: the hole lies before the window");
        assert_eq!(measure(4), Err(HvError::Hole), "{estimator:?}");
        let ranges_alone = !estimator.looks_at_gaps();
        assert_eq!(
            measure(3).is_ok(),
            ranges_alone,
            "{estimator:?}: only a gap looks at the bar before"
        );
    }
    let ewma = Ewma {
        lambda: 0.94,
        trading_days,
    };
    let averaged = ewma.measure(&cleaned.bars).unwrap();
    assert_eq!(averaged.left_out, 1, "the return over the hole");
    assert_eq!(ewma.measure(&cleaned.bars[1..3]), Err(HvError::Hole.into()));
    let cone = cone(
        &cleaned.bars,
        Estimator::CloseToClose,
        ReturnWindow { days: 2, trading_days },
    )
    .unwrap();
    assert_eq!(cone.windows, 1, "windows over the hole are not in the cone");
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

proptest! {
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
