//! What the feed says, tick by tick, and the realized volatility of its closed bars, from the venue's market.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use variance_demo::market::{Last, Market};

/// What the feed offers for `field` after `last`, by the method of each value.
pub(super) fn offers(last: &Last, field: &str) -> Vec<(&'static str, f64)> {
    let Last {
        quote,
        trade,
        summary,
        greeks,
        ..
    } = last;
    let mid = quote.map(|quote| ("quote mid", (quote.bid + quote.ask) / 2.0));
    let traded = trade.map(|trade| ("last trade", trade.price));
    let before = summary.map(|day| ("previous close", day.prev_close));
    let of_day = |value: Option<f64>| value.map(|value| ("day summary", value));
    let of_model = |value: Option<f64>| value.map(|value| ("venue's model", value));
    let offers = match field {
        "price" => vec![mid, traded, before],
        "bid" => vec![quote.map(|quote| ("quote", quote.bid))],
        "ask" => vec![quote.map(|quote| ("quote", quote.ask))],
        "last" => vec![traded],
        "prev_close" => vec![before],
        "open" => vec![of_day(summary.map(|day| day.open))],
        "high" => vec![of_day(summary.map(|day| day.high))],
        "low" => vec![of_day(summary.map(|day| day.low))],
        // A cash index has neither a quote nor a volume of its own.
        "volume" => vec![
            trade
                .filter(|_| quote.is_some())
                .map(|trade| ("volume of the day", trade.day_volume)),
        ],
        // Zero stands for what nobody can hold open.
        "open_interest" => vec![
            summary
                .filter(|day| day.open_interest > 0)
                .map(|day| ("open contracts", day.open_interest as f64)),
        ],
        "delta" => vec![of_model(greeks.map(|greeks| greeks.delta))],
        "gamma" => vec![of_model(greeks.map(|greeks| greeks.gamma))],
        "theta" => vec![of_model(greeks.map(|greeks| greeks.theta))],
        "vega" => vec![of_model(greeks.map(|greeks| greeks.vega))],
        "rho" => vec![of_model(greeks.map(|greeks| greeks.rho))],
        "option_iv" => vec![greeks.map(|greeks| ("implied by the option's price", greeks.volatility))],
        _ => Vec::new(),
    };
    let there = offers.into_iter().flatten();
    there.filter(|(_, value)| value.is_finite()).collect()
}

/// The realized volatility of the last `returns` closed sessions in the venue's own bars.
pub(super) fn realized(market: &Market, streamer: &str, returns: usize, now: Timestamp) -> Option<f64> {
    let bars = market.bars(streamer)?.into_iter().map(|bar| {
        let midnight = Timestamp::from_millisecond(bar.day_ms).unwrap();
        (midnight.to_zoned(TimeZone::UTC).date(), bar.close)
    });
    let closes: Vec<(Date, f64)> = bars.collect();
    close_to_close(&closes, streamer, returns, now)
}

/// The sample deviation of the last daily log returns of closed sessions, a year of 252 of them.
pub(super) fn close_to_close(closes: &[(Date, f64)], streamer: &str, returns: usize, now: Timestamp) -> Option<f64> {
    let closed = closes.iter().filter(|(day, _)| closing(streamer, *day) <= now);
    let closed: Vec<f64> = closed.map(|(_, close)| *close).collect();
    let window = closed.get(closed.len().checked_sub(returns + 1)?..)?;
    let logs: Vec<f64> = window.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
    let count = returns as f64;
    let mean = logs.iter().sum::<f64>() / count;
    let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
    Some((squares / (count - 1.0) * 252.0).sqrt())
}

/// When the session of `day` ends: of shares at 16:00 in New York, of futures an hour later, of pairs at midnight UTC.
fn closing(streamer: &str, day: Date) -> Timestamp {
    if streamer.contains("/USD") {
        return day.tomorrow().unwrap().to_zoned(TimeZone::UTC).unwrap().timestamp();
    }
    let hour = if streamer.starts_with('/') { 17 } else { 16 };
    new_york(day, Time::constant(hour, 0, 0, 0))
}

/// When the options of a share that expire on `day` end: with its session, or with its opening.
pub(super) fn expiry(day: Date, on_opening: bool) -> Timestamp {
    let short = SHORT_DAYS.contains(&day);
    let time = match (on_opening, short) {
        (true, _) => Time::constant(9, 30, 0, 0),
        (false, true) => Time::constant(13, 0, 0, 0),
        (false, false) => Time::constant(16, 0, 0, 0),
    };
    new_york(day, time)
}

fn new_york(day: Date, time: Time) -> Timestamp {
    let zone = TimeZone::get("America/New_York").unwrap();
    day.to_datetime(time).to_zoned(zone).unwrap().timestamp()
}

/// After Thanksgiving and before Christmas.
const SHORT_DAYS: [Date; 2] = [Date::constant(2026, 11, 27), Date::constant(2026, 12, 24)];
