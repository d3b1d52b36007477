use jiff::civil::date;

use super::*;
use crate::bars::{CleanBar, Cleaned};
use crate::golden::estimators::series;

const DAYS: f64 = 252.0;

fn history(of: &str) -> Cleaned {
    crate::bars::clean(series().remove(of).unwrap().into_iter())
}

fn said(forecasts: &Forecasts, wanted: Model) -> Result<f64, ForecastError> {
    let found = forecasts.models.iter().find(|(model, _)| *model == wanted);
    found.unwrap().1.map(Vol::get)
}

#[test]
fn a_forecast_lies_between_tomorrow_and_the_long_run() {
    let cleaned = history("garch_a");
    let forecasts = Forecasts::of(&cleaned, &[], DAYS).unwrap();
    assert_eq!(
        (forecasts.bars, forecasts.first),
        (cleaned.bars.len(), cleaned.bars[0].date)
    );
    let garch = Garch::fit(&cleaned.bars).unwrap();
    let har = Har::fit(&cleaned.bars).unwrap();
    let between = |found: f64, one: f64, other: f64| found > one.min(other) && found < one.max(other);
    let at = |days| garch.forecast(days, DAYS).unwrap().get();
    assert!(between(said(&forecasts, Model::Garch).unwrap(), at(1), at(10_000)));
    let at = |days| har.forecast(days, DAYS).unwrap().get();
    assert!(between(said(&forecasts, Model::Har).unwrap(), at(1), at(10_000)));
}

#[test]
fn only_bars_since_the_last_hole_or_split_are_fitted() {
    let mut cleaned = history("garch_a");
    let whole = Forecasts::of(&cleaned, &[], DAYS).unwrap();
    cleaned.bars[40].after_hole = true;
    let since = Forecasts::of(&cleaned, &[], DAYS).unwrap();
    assert_eq!(since.first, cleaned.bars[40].date);
    assert_eq!(since.bars, whole.bars - 40);
    let late = cleaned.bars.len() - 100;
    let split = SplitAlarm {
        date: cleaned.bars[late].date,
        new: 4,
        old: 1,
        change: 0.25,
    };
    let none = Forecasts::of(&cleaned, &[split], DAYS).unwrap();
    let short = ForecastError::Bars(HvError::InsufficientBars {
        have: 100,
        need: SHORTEST_HISTORY,
    });
    for model in Model::ALL {
        assert_eq!(said(&none, model), Err(short));
    }
}

#[test]
fn a_model_that_says_nothing_says_why() {
    let border = Forecasts::of(&history("gbm_low"), &[], DAYS).unwrap();
    assert_eq!(said(&border, Model::Garch), Err(ForecastError::Border));
    assert!(said(&border, Model::Har).is_ok());
    let closes = Cleaned {
        closes_alone: true,
        ..history("garch_a")
    };
    let closes = Forecasts::of(&closes, &[], DAYS).unwrap();
    assert_eq!(said(&closes, Model::Har), Err(HvError::ClosesAlone.into()));
    assert!(said(&closes, Model::Garch).is_ok());
    assert_eq!(Forecasts::of(&Cleaned::default(), &[], DAYS), None);
    let still = CleanBar {
        date: date(2026, 7, 1),
        open: 7.0,
        high: 7.0,
        low: 7.0,
        close: 7.0,
        after_hole: false,
    };
    let even = Cleaned {
        bars: vec![still; 300],
        ..Cleaned::default()
    };
    let even = Forecasts::of(&even, &[], DAYS).unwrap();
    for model in Model::ALL {
        assert_eq!(said(&even, model), Err(ForecastError::Degenerate));
    }
}
