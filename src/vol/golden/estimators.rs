//! Estimators from bars: realized volatility, exponential weights, cones.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Row, Tally, number, present, relative, rows};
use crate::bars::{Bar, CleanBar, clean};
use crate::cone::cone;
use crate::ewma::Ewma;
use crate::garch::Garch;
use crate::har::Har;
use crate::realized::{Estimator, HvError, ReturnWindow};
use crate::split::{SplitAlarm, alarms};

#[test]
fn realized_volatility() {
    let series = series();
    let mut tally = Tally::of("| `hv_estimators` | seven estimators |");
    for row in rows(include_str!("../../../tests/data/golden/hv_estimators.csv")) {
        let (id, days): (_, usize) = (&row["series_id"], row["window"].parse().unwrap());
        let as_of: Date = row["as_of"].parse().unwrap();
        let all = clean(series[id].iter().copied());
        assert_eq!(all.dropped.total().to_string(), row["dropped_bars"], "{id}: dropped");
        let bars = until(&series[id], as_of);
        assert_eq!(bars.len().to_string(), row["clean_bars"], "{id} at {as_of}: bars");
        let window = ReturnWindow {
            days,
            trading_days: 252.0,
        };
        let mut blanks = 0;
        for estimator in Estimator::ALL {
            let at = || format!("{id} {days} {as_of} {estimator:?}");
            match (estimator.measure(&bars, window), number(&row, column(estimator))) {
                (Ok(vol), Some(wanted)) => tally.error(relative(vol.get(), wanted), at),
                (Err(HvError::InsufficientBars { have, need }), None) => {
                    let gap = usize::from(estimator.looks_at_gaps());
                    assert_eq!((have, need), (bars.len(), days + gap), "{}", at());
                    blanks += 1;
                }
                (found, wanted) => panic!("{found:?} for {wanted:?} at {}", at()),
            }
        }
        let status = match blanks {
            0 => "ok",
            7 => "insufficient_bars",
            _ => "partial",
        };
        assert_eq!(status, row["status"], "{id} {days} {as_of}");
        tally.row();
    }
    tally.hold(336, 1e-9);
}

#[test]
fn exponential_weights() {
    let series = series();
    let mut tally = Tally::of("| `ewma` | from the first return |");
    for row in rows(include_str!("../../../tests/data/golden/ewma.csv")) {
        let bars = until(&series[&row["series_id"]], row["as_of"].parse().unwrap());
        assert_eq!((bars.len() - 1).to_string(), row["n_returns"]);
        let ewma = Ewma {
            lambda: present(&row, "lambda"),
            trading_days: 252.0,
        };
        let found = ewma.measure(&bars).unwrap().vol.get();
        tally.error(relative(found, present(&row, "ewma_recursive")), || format!("{row:?}"));
        tally.row();
    }
    tally.hold(30, 1e-9);
}

#[test]
fn cones() {
    let series = series();
    let mut tally = Tally::of("| `vol_cone` | seven quantiles, today, share below |");
    for row in rows(include_str!("../../../tests/data/golden/vol_cone.csv")) {
        let bars = clean(series[&row["series_id"]].iter().copied()).bars;
        let days = row["window"].parse().unwrap();
        let window = ReturnWindow {
            days,
            trading_days: 252.0,
        };
        let cone = cone(&bars, Estimator::CloseToClose, window).unwrap();
        assert_eq!(cone.windows.to_string(), row["n_obs"]);
        for (found, column) in [
            (cone.min.get(), "min"),
            (cone.p10.get(), "p10"),
            (cone.p25.get(), "p25"),
            (cone.p50.get(), "p50"),
            (cone.p75.get(), "p75"),
            (cone.p90.get(), "p90"),
            (cone.max.get(), "max"),
            (cone.today.get(), "current"),
            (cone.below, "current_rank_strict"),
        ] {
            tally.error(relative(found, present(&row, column)), || {
                format!("{column} in {row:?}")
            });
        }
        tally.row();
    }
    tally.hold(66, 1e-9);
}

#[test]
fn forecasts() {
    let series = series();
    let mut har = Tally::of("| `forecast` | HAR: four weights, next day |");
    let mut likelihood = Tally::of("| `forecast` | GARCH: logarithm of the likelihood |");
    let mut garch = Tally::of("| `forecast` | GARCH: next day, 30 days |");
    for row in rows(include_str!("../../../tests/data/golden/forecast.csv")) {
        let bars = clean(series[&row["series_id"]].iter().copied()).bars;
        assert_eq!(bars.len().to_string(), row["clean_bars"]);
        let fit = Har::fit(&bars).unwrap();
        for (found, column) in [
            (fit.constant, "har_c"),
            (fit.day, "har_d"),
            (fit.week, "har_w"),
            (fit.month, "har_m"),
            (fit.forecast(1, 252.0).unwrap().get(), "har_1d_vol"),
        ] {
            har.error(relative(found, present(&row, column)), || {
                format!("{column} in {row:?}")
            });
        }
        har.row();
        let fit = Garch::fit(&bars).unwrap();
        let at = || format!("{fit:?} for {row:?}");
        likelihood.error((fit.log_likelihood - present(&row, "garch_loglik")).abs(), at);
        likelihood.row();
        for (days, column) in [(1, "garch_1d_vol"), (30, "garch_30d_vol")] {
            let found = fit.forecast(days, 252.0).unwrap();
            garch.error(relative(found.get(), present(&row, column)), at);
        }
        garch.row();
        match row["series_id"].as_str() {
            "gbm_low" => assert!(!fit.is_inside()),
            "garch_a" => assert!(fit.is_inside()),
            _ => {}
        }
    }
    har.hold(9, 1e-6);
    likelihood.hold(9, 0.05);
    garch.hold(9, 0.01);
}

#[test]
fn the_one_unadjusted_split_among_the_bars_raises_the_alarm_and_nothing_else_does() {
    for (id, bars) in series() {
        let found = alarms(&clean(bars.into_iter()).bars);
        if id == "split_4to1_raw" {
            assert!(matches!(found[..], [SplitAlarm { new: 4, old: 1, .. }]), "{found:?}");
        } else {
            assert_eq!(found, [], "{id}");
        }
    }
}

fn column(estimator: Estimator) -> &'static str {
    match estimator {
        Estimator::CloseToClose => "cc_sample",
        Estimator::CloseToCloseZeroMean => "cc_zero_mean",
        Estimator::Parkinson => "parkinson",
        Estimator::GarmanKlass => "garman_klass",
        Estimator::GarmanKlassGap => "gk_yang_zhang",
        Estimator::RogersSatchell => "rogers_satchell",
        Estimator::YangZhang => "yang_zhang",
    }
}

/// The clean bars up to and with `as_of`.
fn until(bars: &[Bar], as_of: Date) -> Vec<CleanBar> {
    clean(bars.iter().copied().filter(|bar| bar.date <= as_of)).bars
}

pub(crate) fn series() -> BTreeMap<String, Vec<Bar>> {
    let mut series: BTreeMap<String, Vec<Bar>> = BTreeMap::new();
    for row in rows(include_str!("../../../tests/data/golden/ohlc.csv")) {
        series.entry(row["series_id"].clone()).or_default().push(bar(&row));
    }
    series
}

fn bar(row: &Row) -> Bar {
    let price = |column: &str| row[column].parse().ok();
    Bar {
        date: row["date"].parse().unwrap(),
        open: price("open"),
        high: price("high"),
        low: price("low"),
        close: price("close"),
    }
}
