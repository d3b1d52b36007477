use jiff::civil::date;

use super::{CALM_DAYS, SplitAlarm, alarms};
use crate::bars::CleanBar;

#[test]
fn a_split_nobody_adjusted_for_is_named_with_its_day_and_ratio() {
    let bars = jumping(0.25, 1.0);
    let change = bars[CALM_DAYS].close / bars[CALM_DAYS - 1].close;
    let (date, new, old) = (bars[CALM_DAYS].date, 4, 1);
    assert_eq!(alarms(&bars), [SplitAlarm { date, new, old, change }]);
    assert!(matches!(
        alarms(&jumping(10.0, 1.0))[..],
        [SplitAlarm { new: 1, old: 10, .. }]
    ));
    assert!(matches!(
        alarms(&jumping(2.0 / 3.0, 1.0))[..],
        [SplitAlarm { new: 3, old: 2, .. }]
    ));
}

#[test]
fn a_crash_is_no_split() {
    assert_eq!(alarms(&jumping(0.5, 8.0)), [], "the day after the gap is wild");
    assert_eq!(alarms(&jumping(0.41, 1.0)), [], "no ratio is near");
    assert_eq!(alarms(&jumping(0.9, 1.0)), []);
}

#[test]
fn bars_that_cannot_tell_raise_no_alarm() {
    let closes_alone: Vec<CleanBar> = jumping(0.25, 1.0)
        .into_iter()
        .map(|bar| CleanBar {
            open: bar.close,
            high: bar.close,
            low: bar.close,
            ..bar
        })
        .collect();
    assert_eq!(alarms(&closes_alone), []);
    assert_eq!(alarms(&jumping(0.25, 1.0)[..CALM_DAYS]), []);
    assert_eq!(alarms(&[]), []);
    let mut negative = jumping(0.25, 1.0);
    negative[3].low = -1.0;
    assert!(alarms(&negative).is_empty());
}

/// Calm days about 100, then a jump by `factor` and days whose range is `wild` times the usual one.
fn jumping(factor: f64, wild: f64) -> Vec<CleanBar> {
    date(2026, 3, 2)
        .series(jiff::Span::new().days(1))
        .take(CALM_DAYS + 10)
        .zip(0_u32..)
        .map(|(date, day)| {
            let later = day as usize >= CALM_DAYS;
            let level = if later { 100.0 * factor } else { 100.0 };
            let width = if later { 0.01 * wild } else { 0.01 };
            let close = level * (1.0 + 0.004 * f64::from(day % 3) - 0.004);
            CleanBar {
                date,
                open: level,
                high: level * (1.0 + width),
                low: level * (1.0 - width),
                close,
                after_hole: false,
            }
        })
        .collect()
}
