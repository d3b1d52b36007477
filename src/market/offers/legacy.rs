//! What the deprecated source offers: prices of the day; its daily bars are measured with those of the feed.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::super::field::Field;
use super::super::method::Method;
use super::super::price::{Prices, market_of, of, price_of, tradable};
use super::super::reason::Reason;
use super::super::record::{Offer, Source, Sourced};
use crate::instrument::Kind;
use crate::legacy::ChartHistory;
use crate::time::{self, Calendar};
use crate::units::Price;

/// What the deprecated source makes of it; it knows no quote and no volume.
pub(super) fn prices(history: &ChartHistory, kind: Kind, now: Timestamp) -> Prices {
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
    let day = day_of(market, history.last.map_or(now, |(_, at)| at));
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
    let no_quote = || Err::<Sourced<Price>, _>(Reason::Lacks("quotes"));
    [
        of(
            Field::Price,
            price_of(kind, &no_quote(), &no_quote(), &last, None, &prev_close),
        ),
        of(Field::Bid, no_quote()),
        of(Field::Ask, no_quote()),
        of(Field::Last, last),
        of(Field::PrevClose, prev_close),
        of(Field::Open, of_day(today.and_then(|bar| bar.open), "open")),
        of(Field::High, of_day(today.and_then(|bar| bar.high), "high")),
        of(Field::Low, of_day(today.and_then(|bar| bar.low), "low")),
        (Field::Volume, Err(Reason::Lacks("volume"))),
        (Field::OpenInterest, Err(Reason::Lacks("open interest"))),
    ]
    .into()
}

fn day_of(market: Calendar, at: Timestamp) -> Date {
    match market {
        Calendar::UsEquities | Calendar::UsFutures => time::new_york_date(at),
        Calendar::Crypto => at.to_zoned(TimeZone::UTC).date(),
    }
}
