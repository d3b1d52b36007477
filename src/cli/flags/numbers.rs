//! Values as they are typed behind flags, within their ranges; `nan` and `inf` are in none.

use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::civil::Date;

/// What a flag takes, as clap shows it where something else was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is wanted")]
pub(in crate::cli) struct Wanted(pub(in crate::cli) &'static str);

/// A number of `range`.
fn within<T: FromStr + PartialOrd>(text: &str, range: &RangeInclusive<T>, what: &'static str) -> Result<T, Wanted> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or(Wanted(what))
}

/// A time, in seconds.
pub(in crate::cli) fn seconds(text: &str) -> Result<f64, Wanted> {
    let what = "a number of seconds above 0 and at most 86400";
    within(text, &(f64::MIN_POSITIVE..=86_400.0), what)
}

/// A pace, as a multiple.
pub(in crate::cli) fn speed(text: &str) -> Result<f64, Wanted> {
    within(text, &(0.01..=10_000.0), "a number from 0.01 to 10000")
}

/// A time between documents, in seconds.
pub(in crate::cli) fn interval(text: &str) -> Result<f64, Wanted> {
    let what = "a number of seconds from 0.1 to 3600 (symbols stand before --watch)";
    within(text, &(0.1..=3_600.0), what)
}

/// A number of trading days.
pub(in crate::cli) fn window(text: &str) -> Result<usize, Wanted> {
    within(text.trim(), &(2..=2520), "a number of trading days from 2 to 2520")
}

/// A number of hundredths, with or without the sign.
pub(in crate::cli) fn percent(text: &str) -> Result<f64, Wanted> {
    within(text.trim_end_matches('%'), &(0.0..=100.0), "a number from 0 to 100")
}

/// A day, and nothing of its time.
pub(in crate::cli) fn day(text: &str) -> Result<Date, Wanted> {
    let day = text.parse().ok().filter(|day: &Date| day.to_string() == text);
    day.ok_or(Wanted("a day such as 2026-11-20"))
}
