//! The wall clock and the trading calendar: the one place that reads the clock, and the one that knows which days are sessions.
//!
//! Everything except [`now`] is a function of its arguments. Sessions of US shares and of US futures come from the
//! `exchange-hours` tables (2010 to 2028 for shares, 2010 to 2027 for futures); its types stop here. Outside the covered
//! years every weekday counts as a full session.

use std::sync::LazyLock;

use chrono::NaiveDate;
use exchange_hours::{Exchange, ExchangeCalendar, HolidayKind, MarketHoursKey};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

/// Which calendar an instrument keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Calendar {
    /// Shares, funds, cash indices and their options: 09:30 to 16:00 in New York.
    UsEquities,
    /// Futures on the large US venues and their options: a day runs from 18:00 of the evening before to 17:00 in New York.
    /// The days are those of the equity index futures; single product groups may rest on more days.
    UsFutures,
    /// Cryptocurrencies: every day, midnight to midnight UTC.
    Crypto,
}

/// The moment the program runs in. Read once per run, passed on from there.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The moment the session of `day` closes, or `None` when `day` has no session. Early closes of the share market count; a
/// futures day always ends at 17:00 in New York, since its bar is not final before. Outside the calendar's covered years
/// every weekday is a session with the usual close.
pub fn session_close(market: Calendar, day: Date) -> Option<Timestamp> {
    match market {
        Calendar::UsEquities => match equity_day(day) {
            Day::Rest => None,
            Day::Session { close } => new_york(day, close),
        },
        Calendar::UsFutures => match futures_day(day) {
            Day::Rest => None,
            Day::Session { close } => new_york(day, close),
        },
        Calendar::Crypto => day.tomorrow().ok().and_then(utc_midnight),
    }
}

/// The moment the session of `day` opens, or `None` when `day` has no session: 09:30 for shares, 18:00 of the evening
/// before for futures (both New York), midnight UTC for cryptocurrencies.
pub fn session_open(market: Calendar, day: Date) -> Option<Timestamp> {
    if !is_session(market, day) {
        return None;
    }
    match market {
        Calendar::UsEquities => new_york(day, EQUITY_OPEN),
        Calendar::UsFutures => new_york(day.yesterday().ok()?, FUTURES_OPEN),
        Calendar::Crypto => utc_midnight(day),
    }
}

/// Whether a daily bar of `day` is final at `now`: the session has closed. A bar of a day without a session counts as
/// final from 17:00 in New York of that day.
pub fn is_closed(market: Calendar, day: Date, now: Timestamp) -> bool {
    match market {
        Calendar::UsEquities | Calendar::UsFutures => {
            let today = new_york_date(now);
            if day != today {
                return day < today;
            }
            session_close(market, day)
                .or_else(|| new_york(day, FUTURES_CLOSE))
                .is_some_and(|close| now >= close)
        }
        Calendar::Crypto => session_close(market, day).is_some_and(|close| now >= close),
    }
}

/// Whether `day` has a session.
pub fn is_session(market: Calendar, day: Date) -> bool {
    match market {
        Calendar::UsEquities => equity_day(day) != Day::Rest,
        Calendar::UsFutures => futures_day(day) != Day::Rest,
        Calendar::Crypto => true,
    }
}

/// The last session before `day`, `day` itself excluded. At the very first representable date that date itself.
pub fn previous_session(market: Calendar, day: Date) -> Date {
    let mut candidate = day;
    while let Ok(before) = candidate.yesterday() {
        candidate = before;
        if is_session(market, candidate) {
            break;
        }
    }
    candidate
}

/// The last session whose close is not after `now`.
pub fn last_closed_session(market: Calendar, now: Timestamp) -> Date {
    let today = match market {
        Calendar::UsEquities | Calendar::UsFutures => new_york_date(now),
        Calendar::Crypto => now.to_zoned(TimeZone::UTC).date(),
    };
    match session_close(market, today) {
        Some(close) if close <= now => today,
        Some(_) | None => previous_session(market, today),
    }
}

/// The session `now` belongs to: the last one that has opened, whether or not it has closed.
pub fn session_of(market: Calendar, now: Timestamp) -> Date {
    let today = match market {
        Calendar::UsEquities | Calendar::UsFutures => new_york_date(now),
        Calendar::Crypto => now.to_zoned(TimeZone::UTC).date(),
    };
    // A futures session opens on the evening before its date.
    let last = today.tomorrow().unwrap_or(today);
    let has_opened = |day: &Date| session_open(market, *day).is_some_and(|open| open <= now);
    [last, today]
        .into_iter()
        .find(has_opened)
        .unwrap_or_else(|| previous_session(market, today))
}

/// The last `n` sessions up to `end`, which is included when it is one, in ascending order.
pub fn sessions_back(market: Calendar, end: Date, n: usize) -> Vec<Date> {
    let mut sessions = Vec::new();
    let mut day = end;
    while sessions.len() < n {
        if is_session(market, day) {
            sessions.push(day);
        }
        match day.yesterday() {
            Ok(before) => day = before,
            Err(_) => break,
        }
    }
    sessions.reverse();
    sessions
}

/// The zone of New York by the rules since 2007, without the time zone data of the system.
pub fn new_york_zone() -> TimeZone {
    NEW_YORK.clone()
}

/// The calendar date in New York at `ts`.
pub fn new_york_date(ts: Timestamp) -> Date {
    NEW_YORK.to_datetime(ts).date()
}

/// The number of days from 1970-01-01 to `date`, as the feed counts days.
#[expect(
    clippy::cast_possible_truncation,
    reason = "representable dates lie within four million days of 1970"
)]
pub fn day_id(date: Date) -> i32 {
    (EPOCH.duration_until(date).as_hours() / 24) as i32
}

/// The date of the feed's day `id`; `None` beyond the years -9999 to 9999.
pub fn date_of_day_id(id: i32) -> Option<Date> {
    EPOCH.checked_add(Span::new().try_days(id).ok()?).ok()
}

/// The session date of a daily bar of the feed, which is stamped `ms` milliseconds after 1970 at midnight UTC of that date;
/// `None` for moments beyond the representable ones.
pub fn date_of_bar(ms: i64) -> Option<Date> {
    Some(Timestamp::from_millisecond(ms).ok()?.to_zoned(TimeZone::UTC).date())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    Rest,
    Session { close: Time },
}

fn equity_day(day: Date) -> Day {
    if day == DAY_OF_MOURNING_2018 {
        return Day::Rest;
    }
    match holiday(ExchangeCalendar::new(Exchange::Nyse), day) {
        Holiday::Rest => Day::Rest,
        Holiday::EarlyClose(close) => Day::Session { close },
        Holiday::None => Day::Session { close: EQUITY_CLOSE },
    }
}

fn futures_day(day: Date) -> Day {
    match holiday(
        ExchangeCalendar::for_market_hours_key(MarketHoursKey::GlobexEquityIndex),
        day,
    ) {
        Holiday::Rest => Day::Rest,
        Holiday::EarlyClose(_) | Holiday::None => Day::Session { close: FUTURES_CLOSE },
    }
}

enum Holiday {
    None,
    Rest,
    EarlyClose(Time),
}

fn holiday(calendar: ExchangeCalendar, day: Date) -> Holiday {
    if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
        return Holiday::Rest;
    }
    let listed = chrono_date(day).and_then(|date| calendar.holiday_on(date));
    match listed.map(exchange_hours::Holiday::kind) {
        Some(HolidayKind::Closed) => Holiday::Rest,
        Some(HolidayKind::EarlyClose { close_ssm } | HolidayKind::LateOpenAndEarlyClose { close_ssm, .. }) => {
            time_of_day(close_ssm).map_or(Holiday::None, Holiday::EarlyClose)
        }
        Some(_) | None => Holiday::None,
    }
}

fn chrono_date(day: Date) -> Option<NaiveDate> {
    let month = u32::try_from(day.month()).ok()?;
    NaiveDate::from_ymd_opt(i32::from(day.year()), month, u32::try_from(day.day()).ok()?)
}

fn time_of_day(seconds: u32) -> Option<Time> {
    Time::midnight().checked_add(i64::from(seconds).seconds()).ok()
}

fn new_york(day: Date, time: Time) -> Option<Timestamp> {
    NEW_YORK.to_timestamp(day.to_datetime(time)).ok()
}

fn utc_midnight(day: Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[expect(clippy::expect_used, reason = "the rule is a literal, and tests read it")]
static NEW_YORK: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").expect("a rule for summer time"));
const EPOCH: Date = Date::constant(1970, 1, 1);
const EQUITY_OPEN: Time = Time::constant(9, 30, 0, 0);
const EQUITY_CLOSE: Time = Time::constant(16, 0, 0, 0);
const FUTURES_OPEN: Time = Time::constant(18, 0, 0, 0);
const FUTURES_CLOSE: Time = Time::constant(17, 0, 0, 0);

/// The share market was closed for a day of mourning, which the tables do not list.
const DAY_OF_MOURNING_2018: Date = Date::constant(2018, 12, 5);

#[cfg(test)]
mod tests {
    use chrono::{Offset, TimeZone as _};
    use chrono_tz::OffsetName;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn new_york_keeps_the_hours_of_the_public_time_zone_data() {
        let listed = |ts: Timestamp| {
            let utc = chrono::DateTime::from_timestamp(ts.as_second(), 0).unwrap();
            let offset = chrono_tz::America::New_York.offset_from_utc_datetime(&utc.naive_utc());
            (
                offset.fix().local_minus_utc(),
                offset.abbreviation().unwrap().to_owned(),
            )
        };
        // The clocks change in the weeks from 8 March and from 1 November.
        let weeks = [(1, 1), (3, 8), (7, 1), (11, 1)];
        for day in (2007..2037).flat_map(|year| weeks.map(|(month, day)| date(year, month, day))) {
            let midnight = utc_midnight(day).unwrap();
            for hour in 0..7 * 24 {
                let ts = midnight + hour.hours();
                let info = NEW_YORK.to_offset_info(ts);
                assert_eq!(
                    (info.offset().seconds(), info.abbreviation().to_owned()),
                    listed(ts),
                    "{ts}"
                );
            }
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn good_friday_is_no_session_of_the_share_market() {
        assert_eq!(session_close(Calendar::UsEquities, date(2026, 4, 3)), None);
        assert_eq!(
            previous_session(Calendar::UsEquities, date(2026, 4, 6)),
            date(2026, 4, 2)
        );
    }

    #[test]
    fn the_day_after_thanksgiving_closes_at_one_in_new_york() {
        assert_eq!(
            session_close(Calendar::UsEquities, date(2026, 11, 27)),
            Some(at("2026-11-27T18:00:00Z"))
        );
        assert!(!is_closed(
            Calendar::UsEquities,
            date(2026, 11, 27),
            at("2026-11-27T17:59:59.999Z")
        ));
        assert!(is_closed(
            Calendar::UsEquities,
            date(2026, 11, 27),
            at("2026-11-27T18:00:00Z")
        ));
        assert_eq!(session_close(Calendar::UsEquities, date(2026, 11, 26)), None);
    }

    #[test]
    fn one_off_closures_are_known() {
        assert_eq!(session_close(Calendar::UsEquities, date(2018, 12, 5)), None);
        assert_eq!(session_close(Calendar::UsEquities, date(2025, 1, 9)), None);
        assert_eq!(sessions_of(2018), 251);
    }

    #[test]
    fn the_share_market_has_the_published_number_of_sessions() {
        let counted: Vec<usize> = (2019..=2025).map(sessions_of).collect();
        assert_eq!(counted, [252, 253, 252, 251, 250, 252, 250]);
    }

    fn sessions_of(year: i16) -> usize {
        sessions_back(Calendar::UsEquities, date(year, 12, 31), 260)
            .iter()
            .filter(|day| day.year() == year)
            .count()
    }

    #[test]
    fn closes_follow_new_york_through_both_changes_of_the_clocks() {
        assert_eq!(
            session_close(Calendar::UsEquities, date(2026, 3, 6)),
            Some(at("2026-03-06T21:00:00Z"))
        );
        assert_eq!(
            session_close(Calendar::UsEquities, date(2026, 3, 9)),
            Some(at("2026-03-09T20:00:00Z"))
        );
        assert_eq!(
            session_close(Calendar::UsFutures, date(2026, 10, 30)),
            Some(at("2026-10-30T21:00:00Z"))
        );
        assert_eq!(
            session_close(Calendar::UsFutures, date(2026, 11, 2)),
            Some(at("2026-11-02T22:00:00Z"))
        );
        assert_eq!(
            session_open(Calendar::UsFutures, date(2026, 11, 2)),
            Some(at("2026-11-01T23:00:00Z"))
        );
        assert_eq!(
            session_open(Calendar::UsEquities, date(2026, 11, 2)),
            Some(at("2026-11-02T14:30:00Z"))
        );
    }

    #[test]
    fn a_futures_bar_is_final_at_five_even_after_an_early_halt() {
        assert_eq!(
            session_close(Calendar::UsFutures, date(2026, 11, 27)),
            Some(at("2026-11-27T22:00:00Z"))
        );
        assert!(!is_closed(
            Calendar::UsFutures,
            date(2026, 11, 27),
            at("2026-11-27T21:59:59Z")
        ));
        assert_eq!(session_close(Calendar::UsFutures, date(2026, 12, 25)), None);
    }

    #[test]
    fn a_bar_of_a_day_without_a_session_is_final_from_five_in_new_york() {
        assert!(!is_closed(
            Calendar::UsEquities,
            date(2026, 11, 26),
            at("2026-11-26T21:59:00Z")
        ));
        assert!(is_closed(
            Calendar::UsEquities,
            date(2026, 11, 26),
            at("2026-11-26T22:00:00Z")
        ));
    }

    #[test]
    fn the_last_closed_session_is_friday_from_its_close_until_monday_s() {
        assert_eq!(
            last_closed_session(Calendar::UsEquities, at("2026-11-20T20:59:59Z")),
            date(2026, 11, 19)
        );
        assert_eq!(
            last_closed_session(Calendar::UsEquities, at("2026-11-20T21:00:00Z")),
            date(2026, 11, 20)
        );
        assert_eq!(
            last_closed_session(Calendar::UsEquities, at("2026-11-22T21:00:00Z")),
            date(2026, 11, 20)
        );
        assert_eq!(
            last_closed_session(Calendar::Crypto, at("2026-11-22T00:00:00Z")),
            date(2026, 11, 21)
        );
    }

    #[test]
    fn a_moment_belongs_to_the_session_that_opened_last() {
        for (market, now, session) in [
            (Calendar::UsEquities, "2026-11-20T14:29:00Z", date(2026, 11, 19)),
            (Calendar::UsEquities, "2026-11-20T14:30:00Z", date(2026, 11, 20)),
            (Calendar::UsEquities, "2026-11-23T05:00:00Z", date(2026, 11, 20)),
            (Calendar::UsFutures, "2026-11-20T22:30:00Z", date(2026, 11, 20)),
            (Calendar::UsFutures, "2026-11-22T22:59:00Z", date(2026, 11, 20)),
            (Calendar::UsFutures, "2026-11-22T23:00:00Z", date(2026, 11, 23)),
            (Calendar::Crypto, "2026-11-22T00:00:00Z", date(2026, 11, 22)),
        ] {
            assert_eq!(session_of(market, at(now)), session, "{market:?} {now}");
        }
    }

    #[test]
    fn outside_the_covered_years_weekdays_are_sessions() {
        assert!(session_close(Calendar::UsEquities, date(2035, 12, 25)).is_some());
        assert!(session_close(Calendar::UsEquities, date(2035, 12, 22)).is_none());
    }

    #[test]
    fn sessions_back_ascend_and_include_the_end_when_it_is_one() {
        let days = sessions_back(Calendar::UsEquities, date(2026, 11, 27), 3);
        assert_eq!(days, [date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 27)]);
        let days = sessions_back(Calendar::UsEquities, date(2026, 11, 28), 1);
        assert_eq!(days, [date(2026, 11, 27)]);
    }

    #[test]
    fn a_bar_stamped_midnight_utc_belongs_to_that_date() {
        assert_eq!(date_of_bar(1_795_737_600_000), Some(date(2026, 11, 27)));
        assert_eq!(date_of_bar(i64::MAX), None);
        assert_eq!(new_york_date(at("2026-11-27T00:00:00Z")), date(2026, 11, 26));
    }

    proptest! {
        #[test]
        fn day_ids_and_dates_are_two_names_of_one_thing(id in -4_000_000..2_000_000) {
            if let Some(day) = date_of_day_id(id) {
                prop_assert_eq!(day_id(day), id);
            }
        }

        #[test]
        fn nothing_here_panics_at_the_edges_of_time(id: i32, ms: i64, n in 0usize..5) {
            let day = date_of_day_id(id).unwrap_or(Date::MIN);
            for market in [Calendar::UsEquities, Calendar::UsFutures, Calendar::Crypto] {
                let _ = (session_open(market, day), session_close(market, day), previous_session(market, day));
                let _ = sessions_back(market, day, n);
                if let Ok(now) = Timestamp::from_millisecond(ms) {
                    let _ = (is_closed(market, day, now), last_closed_session(market, now));
                }
            }
        }
    }

    #[test]
    fn the_edges_of_time_are_dates_like_others() {
        assert_eq!(previous_session(Calendar::UsEquities, Date::MIN), Date::MIN);
        assert_eq!(date_of_day_id(day_id(Date::MAX)), Some(Date::MAX));
        assert_eq!(date_of_day_id(i32::MAX), None);
    }
}
