//! The price group of one symbol as each source tells it: price, quote, last trade and the day.
//!
//! The price is the mid of a sound two-sided quote, else the last trade, else the previous close; its method says
//! which. A group is read from one source alone, so a bid of one source never meets an ask of another.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::field::Field;
use super::method::Method;
use super::reason::Reason;
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
pub(super) type Offer<T> = Result<Sourced<T>, Reason>;

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
    let of_day =
        |read: fn(&Summary) -> Option<f64>, name: &'static str| streamed_of_day(streamed, kind, day, read, name);
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
    let none = || Err(Reason::NothingKept);
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
            volume: Err(Reason::NothingKept),
            open_interest: Err(Reason::NothingKept),
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
            method: value.method.clone(),
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
    let sourced = |price: Option<Price>, method: Method, name: &'static str| -> Offer<Price> {
        let value = tradable(kind, price.map(Price::get), name)?;
        Ok(Sourced {
            value,
            source: Source::Rest,
            as_of,
            method,
        })
    };
    let (bid, ask) = match (quote.bid.map(Price::get), quote.ask.map(Price::get)) {
        sides if is_void(sides) => (Err(Reason::VoidQuote), Err(Reason::VoidQuote)),
        _ => (
            sourced(quote.bid, Method::Quote, "bid"),
            sourced(quote.ask, Method::Quote, "ask"),
        ),
    };
    let last = sourced(quote.last, Method::LastTrade, "last trade");
    let mark = sourced(quote.mark, Method::VenueMark, "mark");
    let prev_close = sourced(quote.prev_close, Method::PreviousClose, "previous close");
    let counted = |count: Option<f64>, method: Method, name: &'static str| match count {
        Some(value) if value.is_finite() && value >= 0.0 => Ok(Sourced {
            value,
            source: Source::Rest,
            as_of,
            method,
        }),
        Some(_) | None => Err(Reason::No(name)),
    };
    let volume = counted(quote.volume, Method::DayVolume, "volume");
    Prices {
        price: price_of(kind, &bid, &ask, &last, Some(&mark), &prev_close),
        open: sourced(quote.open, Method::DaySummary, "open"),
        high: sourced(quote.high, Method::DaySummary, "high"),
        low: sourced(quote.low, Method::DaySummary, "low"),
        bid,
        ask,
        last,
        prev_close,
        volume,
        open_interest: counted(quote.open_interest, Method::OpenContracts, "open interest"),
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
            method: Method::LastTrade,
        }),
        None => Err(Reason::No("last trade")),
    };
    let day = local_date(market, history.last.map_or(now, |(_, at)| at));
    let prev_close = tradable(kind, history.prev_close.map(Price::get), "previous close").map(|value| Sourced {
        value,
        source: Source::Legacy,
        as_of: time::session_close(market, time::previous_session(market, day)).unwrap_or(now),
        method: Method::PreviousClose,
    });
    let today = history.bars.iter().rev().find(|bar| bar.date == day);
    let of_day = |value: Option<f64>, name: &'static str| -> Offer<Price> {
        let (Some(_), Some((_, as_of))) = (today, history.last) else {
            return Err(Reason::No("bar of the day"));
        };
        let value = tradable(kind, value, name)?;
        Ok(Sourced {
            value,
            source: Source::Legacy,
            as_of,
            method: Method::DaySummary,
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
        volume: Err(Reason::Lacks("volume")),
        open_interest: Err(Reason::Lacks("open interest")),
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
        return (Err(silence(streamed, "quote")), Err(silence(streamed, "quote")));
    };
    if is_void((quote.bid, quote.ask)) {
        return (Err(Reason::VoidQuote), Err(Reason::VoidQuote));
    }
    let as_of = quote_moment(quote, *at);
    let side = |value: Option<f64>, name: &'static str| -> Offer<Price> {
        let value = tradable(kind, value, name)?;
        Ok(Sourced {
            value,
            source: Source::Dxlink,
            as_of,
            method: Method::Quote,
        })
    };
    (side(quote.bid, "bid"), side(quote.ask, "ask"))
}

fn quote_moment(quote: &Quote, receipt: Timestamp) -> Timestamp {
    moment(quote.bid_time.max(quote.ask_time), receipt)
}

/// The last trade: the extended-hours one when it says so itself and is newer, or when there is no other.
fn last_trade(streamed: &LastEvents, kind: Kind) -> Offer<Price> {
    let offer = |heard: &Received<Trade>, method: Method| -> Offer<Price> {
        let value = tradable(kind, heard.event.price, "last trade")?;
        Ok(Sourced {
            value,
            source: Source::Dxlink,
            as_of: moment(heard.event.time, heard.at),
            method,
        })
    };
    let regular = streamed.trade.as_ref().map(|heard| offer(heard, Method::LastTrade));
    let extended = streamed
        .trade_eth
        .as_ref()
        .filter(|heard| heard.event.extended == Some(true))
        .and_then(|heard| Some((offer(heard, Method::ExtendedTrade).ok()?, heard.event.time)));
    match (regular, extended) {
        (Some(Ok(regular)), Some((extended, time))) => {
            let regular_time = streamed.trade.as_ref().and_then(|heard| heard.event.time);
            Ok(if time > regular_time { extended } else { regular })
        }
        (Some(Ok(regular)), None) => Ok(regular),
        (Some(Err(_)) | None, Some((extended, _))) => Ok(extended),
        (Some(Err(reason)), None) => Err(reason),
        (None, None) => Err(silence(streamed, "trade")),
    }
}

fn streamed_prev_close(streamed: &LastEvents, kind: Kind, day: Day) -> Offer<Price> {
    let Some(Received { event: summary, at, .. }) = &streamed.summary else {
        return Err(silence(streamed, "day summary"));
    };
    let (close, day_id) = match day {
        Day::SummaryBehind => (summary.close, summary.day_id),
        Day::Same | Day::TradeBehind => (summary.prev_close, summary.prev_day_id),
    };
    Ok(Sourced {
        value: tradable(kind, close, "previous close")?,
        source: Source::Dxlink,
        as_of: close_of_day(day_id, kind, *at),
        method: Method::PreviousClose,
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
    name: &'static str,
) -> Offer<Price> {
    let Some(Received { event: summary, at, .. }) = &streamed.summary else {
        return Err(silence(streamed, "day summary"));
    };
    if day == Day::SummaryBehind {
        return Err(Reason::DayBefore);
    }
    Ok(Sourced {
        value: tradable(kind, read(summary), name)?,
        source: Source::Dxlink,
        as_of: close_of_day(
            summary.day_id,
            kind,
            last_trade_of_day(streamed, summary).unwrap_or(*at),
        ),
        method: Method::DaySummary,
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
        return Err(silence(streamed, "trade"));
    };
    if day == Day::TradeBehind {
        return Err(Reason::NothingTraded);
    }
    match heard.event.day_volume {
        Some(value) if value.is_finite() && value >= 0.0 => Ok(Sourced {
            value,
            source: Source::Dxlink,
            as_of: moment(heard.event.time, heard.at),
            method: Method::DayVolume,
        }),
        Some(_) | None => Err(Reason::No("volume of the day yet")),
    }
}

/// Open contracts are counted after a session: those told now are of the one before.
fn streamed_open_interest(streamed: &LastEvents, kind: Kind) -> Offer<f64> {
    let Some(heard) = &streamed.summary else {
        return Err(silence(streamed, "day summary"));
    };
    match heard.event.open_interest {
        Some(value) if value.is_finite() && value >= 0.0 => Ok(Sourced {
            value,
            source: Source::Dxlink,
            as_of: close_of_day(heard.event.prev_day_id, kind, heard.at),
            method: Method::OpenContracts,
        }),
        Some(_) | None => Err(Reason::No("open interest in the day summary")),
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
            Err(silence @ Reason::Told(_)) if matches!(bid, Err(Reason::Told(_))) => silence.clone(),
            Err(_) | Ok(_) => Reason::NoPriceAtAll,
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
        method: Method::QuoteMid,
    })
}

/// `value` as a price that this kind of instrument can have: futures any, options zero as well, the rest above zero.
///
/// # Errors
/// There is no `value`, or it is none of these; `name` says of what.
pub fn tradable(kind: Kind, value: Option<f64>, name: &'static str) -> Result<Price, Reason> {
    let price = value.and_then(Price::new).ok_or(Reason::No(name))?;
    let possible = match kind {
        Kind::Future => true,
        Kind::EquityOption | Kind::FutureOption => price.get() >= 0.0,
        Kind::Equity | Kind::Index | Kind::Crypto => price.get() > 0.0,
    };
    if possible {
        Ok(price)
    } else {
        Err(Reason::Impossible {
            what: name,
            value: price.get(),
        })
    }
}

/// Whether nobody wants to trade: a quote of zero on both sides is how an empty book is spelled.
fn is_void(sides: (Option<f64>, Option<f64>)) -> bool {
    matches!(sides, (Some(bid), Some(ask)) if bid.abs() + ask.abs() <= 0.0)
}

pub(super) fn silence(streamed: &LastEvents, what: &'static str) -> Reason {
    streamed.silence.as_ref().map_or(Reason::No(what), Reason::told)
}

fn no_quote() -> Offer<Price> {
    Err(Reason::Lacks("quotes"))
}

#[cfg(test)]
mod tests;
