//! What the feed's events offer: prices, quotes, the day, and of options the Greeks.

use jiff::Timestamp;

use super::super::field::Field;
use super::super::field_value::FieldValue;
use super::super::method::Method;
use super::super::price::{Prices, is_void, market_of, moment, of, price_of, tradable};
use super::super::reason::Reason;
use super::super::record::{Offer, Source, Sourced};
use crate::dxlink::{Greeks, Quote, Summary, Trade};
use crate::instrument::Kind;
use crate::stream::{LastEvents, Received};
use crate::time;
use crate::units::{Price, Vol};

/// What the feed's events make of it.
pub(in crate::market) fn prices(streamed: &LastEvents, kind: Kind) -> Prices {
    let (bid, ask) = streamed_quote(streamed, kind);
    let last = last_trade(streamed, kind);
    let day = Day::of(streamed);
    let prev_close = streamed_prev_close(streamed, kind, day);
    let of_day =
        |read: fn(&Summary) -> Option<f64>, name: &'static str| streamed_of_day(streamed, kind, day, read, name);
    [
        of(Field::Price, price_of(kind, &bid, &ask, &last, None, &prev_close)),
        of(Field::Bid, bid),
        of(Field::Ask, ask),
        of(Field::Last, last),
        of(Field::PrevClose, prev_close),
        of(Field::Open, of_day(|summary| summary.open, "open")),
        of(Field::High, of_day(|summary| summary.high, "high")),
        of(Field::Low, of_day(|summary| summary.low, "low")),
        of(Field::Volume, streamed_volume(streamed, day)),
        of(Field::OpenInterest, streamed_open_interest(streamed, kind)),
    ]
    .into()
}

/// Of an option the Greek that `field` is, or the volatility its price implies.
pub(super) fn greek(streamed: &LastEvents, field: Field) -> Offer<FieldValue> {
    let heard = streamed.greeks.as_ref().ok_or_else(|| silence(streamed, "greeks"))?;
    let Received { event, at, .. } = heard;
    let value = GREEKS.iter().find(|(greek, _)| *greek == field);
    let value = value
        .and_then(|(_, read)| read(event))
        .ok_or(Reason::AbsentIn("greeks"))?;
    Ok(Sourced {
        value,
        source: Source::Dxlink,
        as_of: moment(event.time, *at),
        method: greek_method(field),
    })
}

/// How the venue makes a Greek.
pub(super) fn greek_method(field: Field) -> Method {
    if field == Field::OptionIv {
        Method::ImpliedByPrice
    } else {
        Method::VenueModel
    }
}

type ReadGreek = fn(&Greeks) -> Option<FieldValue>;

const GREEKS: [(Field, ReadGreek); 6] = [
    (Field::Delta, |greeks| greeks.delta.map(Into::into)),
    (Field::Gamma, |greeks| greeks.gamma.map(Into::into)),
    (Field::Theta, |greeks| greeks.theta.map(Into::into)),
    (Field::Vega, |greeks| greeks.vega.map(Into::into)),
    (Field::Rho, |greeks| greeks.rho.map(Into::into)),
    (Field::OptionIv, |greeks| {
        greeks.volatility.and_then(Vol::new).map(Into::into)
    }),
];

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

fn silence(streamed: &LastEvents, what: &'static str) -> Reason {
    streamed.silence.as_ref().map_or(Reason::No(what), Reason::told)
}
