//! Trading days and session closes by the weekday rule.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Whose sessions are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Market {
    /// Shares, funds and indices.
    UsEquities,
    /// Futures of the American exchanges.
    UsFutures,
    /// Always open.
    Crypto,
}

/// Close of the session of `day`; `None` when it has none.
pub fn session_close(market: Market, day: Date) -> Option<Timestamp> {
    let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let zone = TimeZone::get("America/New_York").ok()?;
    let close = match market {
        Market::UsEquities if !weekend => day.at(16, 0, 0, 0).to_zoned(zone),
        Market::UsFutures if !weekend => day.at(17, 0, 0, 0).to_zoned(zone),
        Market::Crypto => day.checked_add(1.day()).ok()?.at(0, 0, 0, 0).to_zoned(TimeZone::UTC),
        Market::UsEquities | Market::UsFutures => return None,
    };
    close.ok().map(|zoned| zoned.timestamp())
}

/// The calendar date in New York at `at`.
pub fn new_york_date(at: Timestamp) -> Date {
    TimeZone::get("America/New_York")
        .map_or_else(|_| at.to_zoned(TimeZone::UTC), |zone| at.to_zoned(zone))
        .date()
}

/// Whole days since 1970-01-01, the feed's day id.
pub fn day_id(day: Date) -> i32 {
    (day - Date::constant(1970, 1, 1)).get_days()
}
