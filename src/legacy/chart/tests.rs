use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::http::corrupt_bodies::corrupt_bodies;

const SHARE: &[u8] = include_bytes!("../../../tests/data/rest/legacy-chart.ok.json");
const FUTURE: &[u8] = include_bytes!("../../../tests/data/rest/legacy-chart.future-with-nulls.json");

fn days(history: &ChartHistory) -> Vec<(i8, f64)> {
    history.bars.iter().map(|bar| (bar.date.day(), bar.close)).collect()
}

/// A chart of `kind` in New York with these rows of time and raw close.
fn chart(kind: &str, now: &str, rows: &[(&str, &str)], adjusted: &str) -> ChartHistory {
    let seconds = |time: &str| time.parse::<Timestamp>().expect("a time").as_second();
    let times: Vec<String> = rows.iter().map(|(time, _)| seconds(time).to_string()).collect();
    let closes: Vec<&str> = rows.iter().map(|(_, close)| *close).collect();
    let (times, closes, now) = (times.join(","), closes.join(","), seconds(now));
    let body = format!(
        r#"{{"chart":{{"error":null,"result":[{{
            "meta":{{"instrumentType":"{kind}","exchangeTimezoneName":"America/New_York","gmtoffset":-18000,
                     "regularMarketPrice":50,"regularMarketTime":{now}}},
            "timestamp":[{times}],
            "indicators":{{"quote":[{{"close":[{closes}],"high":[{closes}]}}],"adjclose":[{{"adjclose":[{adjusted}]}}]}}}}]}}}}"#
    );
    parse_history(body.as_bytes()).expect("a chart")
}

#[test]
fn shares_are_adjusted_holes_are_dropped_and_the_price_has_its_time() {
    let history = parse_history(SHARE).expect("a chart");
    assert_eq!(days(&history), [(16, 664.2), (17, 663.68), (19, 667.43), (20, 668.95)]);
    let first = history.bars[0];
    assert!(
        first
            .high
            .is_some_and(|high| (high - 667.8 * 664.2 / 666.03).abs() < 1e-9)
    );
    let (price, at) = history.last.expect("a price");
    assert_eq!((price.get(), at.to_string().as_str()), (668.95, "2026-11-20T21:00:00Z"));
}

#[test]
fn the_close_before_is_the_session_befores_and_not_adjusted() {
    let history = parse_history(SHARE).expect("a chart");
    assert_eq!(history.prev_close, Price::new(667.43));
    let rows = [("2026-11-19T14:30:00Z", "100.0"), ("2026-11-20T14:30:00Z", "98.0")];
    let history = chart("EQUITY", "2026-11-20T21:00:00Z", &rows, "97.5,98.0");
    assert_eq!(history.prev_close, Price::new(100.0));
    assert_eq!(days(&history), [(19, 97.5), (20, 98.0)]);
}

#[test]
fn futures_are_raw_and_a_hole_before_today_leaves_no_close_before() {
    let history = parse_history(FUTURE).expect("a chart");
    assert_eq!(
        days(&history),
        [(16, 6675.25), (17, 6669.0), (18, 6672.5), (20, 6701.25)]
    );
    assert_eq!(history.prev_close, None);
}

#[test]
fn of_two_bars_on_one_day_the_later_one_is_kept() {
    let rows = [
        ("2026-11-19T14:30:00Z", "1"),
        ("2026-11-20T14:30:00Z", "2"),
        ("2026-11-20T18:11:12Z", "3"),
    ];
    assert_eq!(
        days(&chart("INDEX", "2026-11-20T18:11:12Z", &rows, "")),
        [(19, 1.0), (20, 3.0)]
    );
}

#[test]
fn an_evening_bar_of_a_future_is_the_next_sessions_and_left_out() {
    let rows = [
        ("2026-11-18T05:00:00Z", "1"),
        ("2026-11-19T05:00:00Z", "2"),
        ("2026-11-20T01:00:00Z", "3"),
    ];
    assert_eq!(
        days(&chart("FUTURE", "2026-11-20T01:00:00Z", &rows, "")),
        [(18, 1.0), (19, 2.0)]
    );
}

#[test]
fn days_are_local_in_summer_too() {
    let rows = [("2026-07-01T04:00:00Z", "1"), ("2026-11-19T05:00:00Z", "2")];
    let history = chart("FUTURE", "2026-11-19T20:00:00Z", &rows, "");
    assert_eq!(history.bars[0].date, date(2026, 7, 1));
    assert_eq!(history.bars[1].date, date(2026, 11, 19));
}

#[test]
fn text_for_not_a_number_is_a_hole() {
    let rows = [
        ("2026-11-17T14:30:00Z", r#""NaN""#),
        ("2026-11-18T14:30:00Z", r#""Infinity""#),
        ("2026-11-19T14:30:00Z", "7"),
    ];
    assert_eq!(days(&chart("INDEX", "2026-11-19T20:00:00Z", &rows, "")), [(19, 7.0)]);
}

#[test]
fn a_row_that_is_not_adjusted_among_adjusted_ones_is_dropped() {
    let rows = [("2026-11-18T14:30:00Z", "100"), ("2026-11-19T14:30:00Z", "101")];
    assert_eq!(
        days(&chart("EQUITY", "2026-11-19T20:00:00Z", &rows, "null,101")),
        [(19, 101.0)]
    );
    assert_eq!(
        days(&chart("EQUITY", "2026-11-19T20:00:00Z", &rows, "")),
        [(18, 100.0), (19, 101.0)]
    );
}

#[test]
fn a_chart_without_bars_still_has_its_price() {
    let body = include_bytes!("../../../tests/data/rest/legacy-chart.no-timestamps.json");
    let history = parse_history(body).expect("a chart");
    assert_eq!((history.bars.len(), history.prev_close), (0, None));
    assert_eq!(history.last.map(|(price, _)| price.get()), Some(6701.25));
}

#[test]
fn complaints_are_told_apart() {
    let unknown = include_bytes!("../../../tests/data/rest/legacy-chart.error-404.json");
    assert_eq!(parse_history(unknown).expect_err("unknown").code(), "unknown_symbol");
    let range = include_bytes!("../../../tests/data/rest/legacy-chart.error-bad-range.json");
    assert!(
        parse_history(range)
            .expect_err("refused")
            .to_string()
            .contains("1m data not available")
    );
    for body in ["{}", r#"{"chart":{"result":null}}"#, r#"{"chart":{"result":[]}}"#] {
        assert_eq!(
            parse_history(body.as_bytes()).expect_err("no chart").code(),
            "unreadable",
            "{body}"
        );
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_a_history_or_an_error(body in any::<Vec<u8>>(), at in 0..SHARE.len()) {
        let _ = parse_history(&body);
        let mut torn = SHARE.to_vec();
        torn[at] = body.first().copied().unwrap_or(b'9');
        if let Ok(history) = parse_history(&torn) {
            prop_assert!(history.bars.iter().all(|bar| bar.close.is_finite()));
            prop_assert!(history.bars.windows(2).all(|pair| pair[0].date < pair[1].date));
        }
    }

    #[test]
    fn a_mangled_chart_is_a_history_in_order_or_an_error_that_can_be_printed(
        body in corrupt_bodies(vec![SHARE.to_vec(), FUTURE.to_vec()])
    ) {
        match parse_history(&body) {
            Ok(history) => {
                prop_assert!(history.bars.iter().all(|bar| bar.close.is_finite()));
                prop_assert!(history.bars.windows(2).all(|pair| pair[0].date < pair[1].date));
            }
            Err(error) => prop_assert!(!error.to_string().chars().any(char::is_control)),
        }
    }
}
