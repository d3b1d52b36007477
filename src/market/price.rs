//! The price group of one symbol as each source tells it: price, quote, last trade and the day.
//!
//! The price is the mid of a sound two-sided quote, else the last trade, else the previous close; its method says
//! which. A group is read from one source alone, so a bid of one source never meets an ask of another.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::field::Field;
use super::record::{Source, Sourced};
use super::stored::Stored;
use crate::dxlink::{Quote, Summary, Trade};
use crate::instrument::Kind;
use crate::legacy::ChartHistory;
use crate::stream::{LastEvents, Received};
use crate::tastytrade::MarketQuote;
use crate::time::{self, Calendar};
use crate::units::{Price, decimal};

/// A value, or in a few words why the source has none.
pub(super) type Offer<T> = Result<Sourced<T>, String>;

/// The price group of one source.
#[derive(Debug, Clone)]
pub(super) struct Prices {
    pub(super) price: Offer<Price>,
    pub(super) bid: Offer<Price>,
    pub(super) ask: Offer<Price>,
    pub(super) last: Offer<Price>,
    pub(super) prev_close: Offer<Price>,
    pub(super) open: Offer<Price>,
    pub(super) high: Offer<Price>,
    pub(super) low: Offer<Price>,
    pub(super) volume: Offer<f64>,
    pub(super) open_interest: Offer<f64>,
}

/// What the feed's events make of it.
pub(super) fn of_stream(streamed: &LastEvents, kind: Kind) -> Prices {
    let (bid, ask) = streamed_quote(streamed, kind);
    let last = last_trade(streamed, kind);
    let day = Day::of(streamed);
    let prev_close = streamed_prev_close(streamed, kind, day);
    let of_day = |read: fn(&Summary) -> Option<f64>, name: &str| streamed_of_day(streamed, kind, day, read, name);
    Prices {
        price: price_of(kind, &bid, &ask, &last, None, &prev_close),
        open: of_day(|summary| summary.open, "open"),
        high: of_day(|summary| summary.high, "high"),
        low: of_day(|summary| summary.low, "low"),
        volume: streamed_volume(streamed, day),
        open_interest: streamed_open_interest(streamed, kind),
        bid,
        ask,
        last,
        prev_close,
    }
}

/// What is kept makes of it: the last events, else the last price of any source.
pub(super) fn of_kept(kept: &Stored, kind: Kind) -> Prices {
    let none = || Err(NOTHING_KEPT.to_owned());
    let mut prices = match &kept.events {
        Some(events) => of_stream(events, kind),
        None => Prices {
            price: none(),
            bid: none(),
            ask: none(),
            last: none(),
            prev_close: none(),
            open: none(),
            high: none(),
            low: none(),
            volume: Err(NOTHING_KEPT.to_owned()),
            open_interest: Err(NOTHING_KEPT.to_owned()),
        },
    };
    if let Ok(value) = kept.value(Field::Price)
        && prices.price.as_ref().map_or(true, |price| price.as_of < value.as_of)
    {
        // One moment, one source: the events are older than this price and no quote of it.
        prices.bid = none();
        prices.ask = none();
        prices.price = tradable(kind, Some(value.value), "price").map(|price| Sourced {
            value: price,
            source: Source::Store,
            as_of: value.as_of,
            method: value.method.clone().into(),
        });
    }
    let own = |offer: &mut Offer<Price>| {
        if let Ok(sourced) = offer {
            sourced.source = Source::Store;
        }
    };
    let Prices {
        price,
        bid,
        ask,
        last,
        prev_close,
        open,
        high,
        low,
        volume,
        open_interest,
    } = &mut prices;
    [price, bid, ask, last, prev_close, open, high, low]
        .into_iter()
        .for_each(own);
    for count in [volume, open_interest].into_iter().flatten() {
        count.source = Source::Store;
    }
    prices
}

/// What a quote by REST makes of it; `now` stands for the receipt where the answer has no time.
pub(super) fn of_rest(quote: &MarketQuote, kind: Kind, now: Timestamp) -> Prices {
    let as_of = quote.updated_at.unwrap_or(now);
    let sourced = |price: Option<Price>, method: &'static str, name: &str| -> Offer<Price> {
        let value = tradable(kind, price.map(Price::get), name)?;
        Ok(Sourced {
            value,
            source: Source::Rest,
            as_of,
            method: method.into(),
        })
    };
    let (bid, ask) = match (quote.bid.map(Price::get), quote.ask.map(Price::get)) {
        sides if is_void(sides) => (Err(VOID_QUOTE.to_owned()), Err(VOID_QUOTE.to_owned())),
        _ => (sourced(quote.bid, "quote", "bid"), sourced(quote.ask, "quote", "ask")),
    };
    let last = sourced(quote.last, "last trade", "last trade");
    let mark = sourced(quote.mark, "venue mark", "mark");
    let prev_close = sourced(quote.prev_close, "previous close", "previous close");
    let counted = |count: Option<f64>, method: &'static str, name: &str| match count {
        Some(value) if value.is_finite() && value >= 0.0 => Ok(Sourced {
            value,
            source: Source::Rest,
            as_of,
            method: method.into(),
        }),
        Some(_) | None => Err(format!("no {name}")),
    };
    let volume = counted(quote.volume, "volume of the day", "volume");
    Prices {
        price: price_of(kind, &bid, &ask, &last, Some(&mark), &prev_close),
        open: sourced(quote.open, "day summary", "open"),
        high: sourced(quote.high, "day summary", "high"),
        low: sourced(quote.low, "day summary", "low"),
        bid,
        ask,
        last,
        prev_close,
        volume,
        open_interest: counted(quote.open_interest, OPEN_INTEREST, "open interest"),
    }
}

/// What the deprecated source makes of it; it knows no quote and no volume.
pub(super) fn of_history(history: &ChartHistory, kind: Kind, now: Timestamp) -> Prices {
    let market = market_of(kind);
    let last = match history.last {
        Some((price, as_of)) => tradable(kind, Some(price.get()), "last trade").map(|value| Sourced {
            value,
            source: Source::Legacy,
            as_of,
            method: "last trade".into(),
        }),
        None => Err("no last trade".to_owned()),
    };
    let day = local_date(market, history.last.map_or(now, |(_, at)| at));
    let prev_close = tradable(kind, history.prev_close.map(Price::get), "previous close").map(|value| Sourced {
        value,
        source: Source::Legacy,
        as_of: time::session_close(market, time::previous_session(market, day)).unwrap_or(now),
        method: "previous close".into(),
    });
    let today = history.bars.iter().rev().find(|bar| bar.date == day);
    let of_day = |value: Option<f64>, name: &str| -> Offer<Price> {
        let (Some(_), Some((_, as_of))) = (today, history.last) else {
            return Err("no bar of the day".to_owned());
        };
        let value = tradable(kind, value, name)?;
        Ok(Sourced {
            value,
            source: Source::Legacy,
            as_of,
            method: "day summary".into(),
        })
    };
    Prices {
        price: price_of(kind, &no_quote(), &no_quote(), &last, None, &prev_close),
        open: of_day(today.and_then(|bar| bar.open), "open"),
        high: of_day(today.and_then(|bar| bar.high), "high"),
        low: of_day(today.and_then(|bar| bar.low), "low"),
        bid: no_quote(),
        ask: no_quote(),
        last,
        prev_close,
        volume: Err("has no volume".to_owned()),
        open_interest: Err("has no open interest".to_owned()),
    }
}

/// Whose sessions a kind of instrument keeps.
pub fn market_of(kind: Kind) -> Calendar {
    match kind {
        Kind::Equity | Kind::Index | Kind::EquityOption => Calendar::UsEquities,
        Kind::Future | Kind::FutureOption => Calendar::UsFutures,
        Kind::Crypto => Calendar::Crypto,
    }
}

/// `ms` as a moment where the feed knows it, else the receipt.
pub(super) fn moment(ms: Option<i64>, receipt: Timestamp) -> Timestamp {
    ms.filter(|ms| *ms != 0)
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(receipt)
}

fn local_date(market: Calendar, at: Timestamp) -> Date {
    match market {
        Calendar::UsEquities | Calendar::UsFutures => time::new_york_date(at),
        Calendar::Crypto => at.to_zoned(TimeZone::UTC).date(),
    }
}

/// How the days of the trade and of the summary stand to each other around the roll to a new trading day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    /// Both describe the same day, or one of them does not say.
    Same,
    /// The trade is of a newer day: the summary still holds the day before.
    SummaryBehind,
    /// The summary is of a newer day: nothing has been traded on it yet.
    TradeBehind,
}

impl Day {
    fn of(streamed: &LastEvents) -> Self {
        let trade = streamed.trade.as_ref().and_then(|heard| heard.event.day_id);
        let summary = streamed.summary.as_ref().and_then(|heard| heard.event.day_id);
        match (trade, summary) {
            (Some(trade), Some(summary)) if summary < trade => Self::SummaryBehind,
            (Some(trade), Some(summary)) if trade < summary => Self::TradeBehind,
            (Some(_) | None, Some(_) | None) => Self::Same,
        }
    }
}

fn streamed_quote(streamed: &LastEvents, kind: Kind) -> (Offer<Price>, Offer<Price>) {
    let Some(Received { event: quote, at, .. }) = &streamed.quote else {
        return (Err(silence(streamed, "no quote")), Err(silence(streamed, "no quote")));
    };
    if is_void((quote.bid, quote.ask)) {
        return (Err(VOID_QUOTE.to_owned()), Err(VOID_QUOTE.to_owned()));
    }
    let as_of = quote_moment(quote, *at);
    let side = |value: Option<f64>, name: &str| -> Offer<Price> {
        let value = tradable(kind, value, name)?;
        Ok(Sourced {
            value,
            source: Source::Dxlink,
            as_of,
            method: "quote".into(),
        })
    };
    (side(quote.bid, "bid"), side(quote.ask, "ask"))
}

fn quote_moment(quote: &Quote, receipt: Timestamp) -> Timestamp {
    moment(quote.bid_time.max(quote.ask_time), receipt)
}

/// The last trade: the extended-hours one when it says so itself and is newer, or when there is no other.
fn last_trade(streamed: &LastEvents, kind: Kind) -> Offer<Price> {
    let offer = |heard: &Received<Trade>, method: &'static str| -> Offer<Price> {
        let value = tradable(kind, heard.event.price, "last trade")?;
        Ok(Sourced {
            value,
            source: Source::Dxlink,
            as_of: moment(heard.event.time, heard.at),
            method: method.into(),
        })
    };
    let regular = streamed.trade.as_ref().map(|heard| offer(heard, "last trade"));
    let extended = streamed
        .trade_eth
        .as_ref()
        .filter(|heard| heard.event.extended == Some(true))
        .and_then(|heard| Some((offer(heard, EXTENDED_TRADE).ok()?, heard.event.time)));
    match (regular, extended) {
        (Some(Ok(regular)), Some((extended, time))) => {
            let regular_time = streamed.trade.as_ref().and_then(|heard| heard.event.time);
            Ok(if time > regular_time { extended } else { regular })
        }
        (Some(Ok(regular)), None) => Ok(regular),
        (Some(Err(_)) | None, Some((extended, _))) => Ok(extended),
        (Some(Err(reason)), None) => Err(reason),
        (None, None) => Err(silence(streamed, "no trade")),
    }
}

fn streamed_prev_close(streamed: &LastEvents, kind: Kind, day: Day) -> Offer<Price> {
    let Some(Received { event: summary, at, .. }) = &streamed.summary else {
        return Err(silence(streamed, "no day summary"));
    };
    let (close, day_id) = match day {
        Day::SummaryBehind => (summary.close, summary.day_id),
        Day::Same | Day::TradeBehind => (summary.prev_close, summary.prev_day_id),
    };
    Ok(Sourced {
        value: tradable(kind, close, "previous close")?,
        source: Source::Dxlink,
        as_of: close_of_day(day_id, kind, *at),
        method: "previous close".into(),
    })
}

/// The close of that day, or `latest` while the day lasts or when it is not known.
fn close_of_day(day_id: Option<i32>, kind: Kind, latest: Timestamp) -> Timestamp {
    let close = day_id
        .and_then(time::date_of_day_id)
        .and_then(|day| time::session_close(market_of(kind), day));
    close.map_or(latest, |close| close.min(latest))
}

fn streamed_of_day(
    streamed: &LastEvents,
    kind: Kind,
    day: Day,
    read: fn(&Summary) -> Option<f64>,
    name: &str,
) -> Offer<Price> {
    let Some(Received { event: summary, at, .. }) = &streamed.summary else {
        return Err(silence(streamed, "no day summary"));
    };
    if day == Day::SummaryBehind {
        return Err("the day summary is still of the day before".to_owned());
    }
    Ok(Sourced {
        value: tradable(kind, read(summary), name)?,
        source: Source::Dxlink,
        as_of: close_of_day(
            summary.day_id,
            kind,
            last_trade_of_day(streamed, summary).unwrap_or(*at),
        ),
        method: "day summary".into(),
    })
}

/// The time of the last trade of the summary's day: a day that lasts is known up to there.
fn last_trade_of_day(streamed: &LastEvents, summary: &Summary) -> Option<Timestamp> {
    let trade = streamed
        .trade
        .as_ref()
        .filter(|trade| trade.event.day_id == summary.day_id)?;
    trade.event.time.map(|time| moment(Some(time), trade.at))
}

fn streamed_volume(streamed: &LastEvents, day: Day) -> Offer<f64> {
    let Some(heard) = &streamed.trade else {
        return Err(silence(streamed, "no trade"));
    };
    if day == Day::TradeBehind {
        return Err("nothing traded yet on the new day".to_owned());
    }
    match heard.event.day_volume {
        Some(value) if value.is_finite() && value >= 0.0 => Ok(Sourced {
            value,
            source: Source::Dxlink,
            as_of: moment(heard.event.time, heard.at),
            method: "volume of the day".into(),
        }),
        Some(_) | None => Err("no volume of the day yet".to_owned()),
    }
}

/// Open contracts are counted after a session: those told now are of the one before.
fn streamed_open_interest(streamed: &LastEvents, kind: Kind) -> Offer<f64> {
    let Some(heard) = &streamed.summary else {
        return Err(silence(streamed, "no day summary"));
    };
    match heard.event.open_interest {
        Some(value) if value.is_finite() && value >= 0.0 => Ok(Sourced {
            value,
            source: Source::Dxlink,
            as_of: close_of_day(heard.event.prev_day_id, kind, heard.at),
            method: OPEN_INTEREST.into(),
        }),
        Some(_) | None => Err("no open interest in the day summary".to_owned()),
    }
}

fn price_of(
    kind: Kind,
    bid: &Offer<Price>,
    ask: &Offer<Price>,
    last: &Offer<Price>,
    mark: Option<&Offer<Price>>,
    prev_close: &Offer<Price>,
) -> Offer<Price> {
    if let Some(mid) = mid(kind, bid, ask) {
        return Ok(mid);
    }
    [Some(last), mark, Some(prev_close)]
        .into_iter()
        .flatten()
        .find_map(|offer| offer.clone().ok())
        .ok_or_else(|| match last {
            Err(reason) if bid.as_ref().err() == Some(reason) => reason.clone(),
            Err(_) | Ok(_) => "no two-sided quote, no trade, no previous close".to_owned(),
        })
}

/// The middle of a quote that can be traded on both sides. An index is never quoted on both sides: what its quote
/// shows is indicative.
fn mid(kind: Kind, bid: &Offer<Price>, ask: &Offer<Price>) -> Option<Sourced<Price>> {
    let (Ok(bid), Ok(ask)) = (bid, ask) else { return None };
    let (low, high) = (bid.value.get(), ask.value.get());
    let sound = match kind {
        Kind::Index => false,
        Kind::Future => low <= high,
        Kind::Equity | Kind::Crypto | Kind::EquityOption | Kind::FutureOption => low > 0.0 && low <= high,
    };
    let value = Price::new(decimal(low + (high - low) / 2.0)).filter(|_| sound)?;
    Some(Sourced {
        value,
        source: bid.source,
        as_of: bid.as_of.max(ask.as_of),
        method: "quote mid".into(),
    })
}

/// `value` as a price that this kind of instrument can have: futures any, options zero as well, the rest above zero.
///
/// # Errors
/// There is no `value`, or it is none of these; `name` says of what.
pub fn tradable(kind: Kind, value: Option<f64>, name: &str) -> Result<Price, String> {
    let price = value.and_then(Price::new).ok_or_else(|| format!("no {name}"))?;
    let possible = match kind {
        Kind::Future => true,
        Kind::EquityOption | Kind::FutureOption => price.get() >= 0.0,
        Kind::Equity | Kind::Index | Kind::Crypto => price.get() > 0.0,
    };
    if possible {
        Ok(price)
    } else {
        Err(format!("the {name} is {}", price.get()))
    }
}

/// Whether nobody wants to trade: a quote of zero on both sides is how an empty book is spelled.
fn is_void(sides: (Option<f64>, Option<f64>)) -> bool {
    matches!(sides, (Some(bid), Some(ask)) if bid.abs() + ask.abs() <= 0.0)
}

fn silence(streamed: &LastEvents, what: &str) -> String {
    streamed.silence.clone().unwrap_or_else(|| what.to_owned())
}

fn no_quote() -> Offer<Price> {
    Err("has no quotes".to_owned())
}

/// The method of a price that was traded outside regular hours.
pub(super) const EXTENDED_TRADE: &str = "extended-hours trade";

const OPEN_INTEREST: &str = "open contracts";
/// Why the store has no value.
pub(super) const NOTHING_KEPT: &str = "nothing kept";

const VOID_QUOTE: &str = "the quote is zero on both sides";

#[cfg(test)]
mod tests;
