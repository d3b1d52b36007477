//! Trading days, session closes and day ids.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Whose calendar counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Market {
    /// Shares, funds, cash indices and their options.
    UsEquities,
    /// Futures and their options.
    UsFutures,
    /// Cryptocurrencies, which never close.
    Crypto,
}

/// When the session of `day` closes; `None` when there is none.
pub fn session_close(market: Market, day: Date) -> Option<Timestamp> {
    let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    match market {
        Market::UsEquities if weekend => None,
        Market::UsFutures if weekend => None,
        Market::UsEquities => new_york(day, 16),
        Market::UsFutures => new_york(day, 17),
        Market::Crypto => day
            .checked_add(1.day())
            .ok()?
            .to_zoned(TimeZone::UTC)
            .ok()
            .map(|at| at.timestamp()),
    }
}

/// Whether the bar of `day` is final at `now`.
pub fn is_closed(market: Market, day: Date, now: Timestamp) -> bool {
    session_close(market, day)
        .or_else(|| new_york(day, 17))
        .is_some_and(|close| close <= now)
}

/// The session before `day`.
pub fn previous_session(market: Market, day: Date) -> Date {
    let mut day = day;
    while let Ok(before) = day.yesterday() {
        day = before;
        if session_close(market, day).is_some() {
            break;
        }
    }
    day
}

/// The newest session that is closed at `now`.
pub fn last_closed_session(market: Market, now: Timestamp) -> Date {
    let after = new_york_date(now + SignedDuration::from_hours(48));
    let mut day = previous_session(market, after);
    while !is_closed(market, day, now) {
        day = previous_session(market, day);
    }
    day
}

/// The date in New York.
pub fn new_york_date(at: Timestamp) -> Date {
    let zone = TimeZone::get("America/New_York").unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).date()
}

/// The date of a day id, whole days since 1970-01-01.
pub fn date_of_day_id(day_id: i32) -> Option<Date> {
    Date::constant(1970, 1, 1).checked_add(day_id.days()).ok()
}

/// The session date of a daily bar that starts at `ms`, 00:00 UTC of that date.
pub fn date_of_bar(ms: i64) -> Option<Date> {
    Timestamp::from_millisecond(ms)
        .ok()
        .map(|at| at.to_zoned(TimeZone::UTC).date())
}

fn new_york(day: Date, hour: i8) -> Option<Timestamp> {
    let zone = TimeZone::get("America/New_York").ok()?;
    day.at(hour, 0, 0, 0).to_zoned(zone).ok().map(|at| at.timestamp())
}
