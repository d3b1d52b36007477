use jiff::civil::date;
use proptest::prelude::*;
use variance_units::Vol;

use super::{Estimator, HvError, ReturnWindow};
use crate::bars::CleanBar;

#[test]
fn a_flat_series_has_a_volatility_of_exactly_zero_by_every_estimator() {
    for estimator in Estimator::ALL {
        assert_eq!(measured(estimator, &[17.3; 31], 30).unwrap().get().to_bits(), 0);
    }
}

#[test]
fn a_negative_price_blanks_every_window_it_touches() {
    let closes: Vec<f64> = (1..=6)
        .map(|day| if day == 2 { -37.63 } else { 20.0 + f64::from(day) })
        .collect();
    let answers = |days| Estimator::ALL.map(|estimator| measured(estimator, &closes, days));
    assert!(
        answers(5)
            .iter()
            .all(|answer| *answer == Err(HvError::NonPositivePrice))
    );
    assert!(answers(3).iter().all(Result::is_ok));
    for (estimator, answer) in Estimator::ALL.into_iter().zip(answers(4)) {
        assert_eq!(answer.is_err(), estimator.looks_at_gaps(), "{estimator:?}");
    }
    assert_eq!(
        measured(Estimator::CloseToClose, &closes, 6),
        Err(HvError::InsufficientBars { have: 6, need: 7 })
    );
}

#[test]
fn a_negative_low_blanks_the_window_even_when_the_close_is_above_zero() {
    let mut bars = bars(&[20.0, 18.0, 10.0, 12.0]);
    bars[2].low = -16.74;
    let window = ReturnWindow {
        days: 2,
        trading_days: 252.0,
    };
    assert_eq!(
        Estimator::CloseToClose.measure(&bars, window),
        Err(HvError::NonPositivePrice)
    );
}

#[test]
fn what_cannot_be_measured_says_why() {
    let two = [1.0, 2.0];
    assert_eq!(
        measured(Estimator::CloseToClose, &two, 1),
        Err(HvError::WindowTooShort { days: 1, least: 2 })
    );
    assert_eq!(
        measured(Estimator::Parkinson, &two, 0),
        Err(HvError::WindowTooShort { days: 0, least: 1 })
    );
    assert!(measured(Estimator::YangZhang, &[], usize::MAX).is_err());
    for trading_days in [f64::NAN, 0.0, -252.0, f64::INFINITY] {
        let window = ReturnWindow { days: 2, trading_days };
        assert_eq!(
            Estimator::Parkinson.measure(&bars(&two), window),
            Err(HvError::NotFinite)
        );
    }
}

proptest! {
    #[test]
    fn realized_volatility_does_not_depend_on_the_scale(
        closes in prop::collection::vec(0.01..10_000.0_f64, 31..60),
        scale in 0.001..1_000.0_f64,
    ) {
        let scaled: Vec<f64> = closes.iter().map(|close| close * scale).collect();
        for estimator in Estimator::ALL {
            let one = measured(estimator, &closes, 30).unwrap().get();
            let other = measured(estimator, &scaled, 30).unwrap().get();
            prop_assert!((one - other).abs() <= 1e-9 * one + 1e-12);
        }
    }

    #[test]
    fn with_the_mean_taken_as_zero_time_may_run_backwards(closes in prop::collection::vec(0.01..10_000.0_f64, 31)) {
        let backwards: Vec<f64> = closes.iter().rev().copied().collect();
        let one = measured(Estimator::CloseToCloseZeroMean, &closes, 30).unwrap().get();
        let other = measured(Estimator::CloseToCloseZeroMean, &backwards, 30).unwrap().get();
        prop_assert!((one - other).abs() <= 1e-12 * one);
    }
}

fn measured(estimator: Estimator, closes: &[f64], days: usize) -> Result<Vol, HvError> {
    estimator.measure(
        &bars(closes),
        ReturnWindow {
            days,
            trading_days: 252.0,
        },
    )
}

fn bars(closes: &[f64]) -> Vec<CleanBar> {
    (date(2026, 1, 1).series(jiff::Span::new().days(1)))
        .zip(closes)
        .map(|(date, &close)| CleanBar {
            date,
            open: close,
            high: close,
            low: close,
            close,
            after_hole: false,
        })
        .collect()
}
