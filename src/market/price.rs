//! What a price is: the mid of a sound two-sided quote, else the last trade, else the previous close; its method says which.

use jiff::Timestamp;

use super::field::Field;
use super::field_value::{FieldMap, FieldValue};
use super::method::Method;
use super::reason::Reason;
use super::record::{Offer, Sourced};
use crate::instrument::Kind;
use crate::time::Calendar;
use crate::units::{Price, decimal};

/// The price group of one source. A group is read from one source alone, so a bid of one source never meets an ask of
/// another.
pub(super) type Prices = FieldMap<Offer<FieldValue>>;

/// An offer of a value of any type.
pub(super) fn any<T: Into<FieldValue>>(offer: Offer<T>) -> Offer<FieldValue> {
    offer.map(|sourced| sourced.map(Into::into))
}

/// The same for one field.
pub(super) fn of<T: Into<FieldValue>>(field: Field, offer: Offer<T>) -> (Field, Offer<FieldValue>) {
    (field, any(offer))
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

/// The price of one source's group: the mid of a sound two-sided quote, else the last trade, the mark, the previous close.
pub(super) fn price_of(
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
pub(super) fn is_void(sides: (Option<f64>, Option<f64>)) -> bool {
    matches!(sides, (Some(bid), Some(ask)) if bid.abs() + ask.abs() <= 0.0)
}

#[cfg(test)]
mod tests;
