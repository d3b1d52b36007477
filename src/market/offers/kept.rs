//! What earlier runs kept: the last resort of each field, and what is made of it that is not old.

use jiff::ToSpan;

use super::super::evidence::Evidence;
use super::super::field::Field;
use super::super::field_value::FieldValue;
use super::super::method::Method;
use super::super::price::{Prices, any, tradable};
use super::super::reason::Reason;
use super::super::record::{Offer, Record, Source, Sourced};
use super::super::stored::{PastIv, Stored};
use super::feed;
use crate::instrument::Kind;
use crate::time;
use crate::units::{Rank, Vol};
use crate::vol::rank::{Place, RankError};

/// The price group: of the last events, else the last price of any source.
pub(super) fn prices(kept: &Stored, kind: Kind) -> Prices {
    let events = kept.events.as_ref();
    let mut prices = events.map(|events| feed::prices(events, kind)).unwrap_or_default();
    let event = prices.get(Field::Price).and_then(|price| price.as_ref().ok());
    if let Ok(value) = kept.value(Field::Price)
        && event.is_none_or(|price| price.as_of < value.as_of)
    {
        // One moment, one source: the events are older than this price and no quote of it.
        prices.set(Field::Bid, None);
        prices.set(Field::Ask, None);
        let price = tradable(kind, Some(value.value), "price").map(|price| Sourced {
            value: price,
            source: Source::Store,
            as_of: value.as_of,
            method: value.method.clone(),
        });
        prices.set(Field::Price, Some(any(price)));
    }
    prices.map(|offer| {
        offer.clone().map(|sourced| Sourced {
            source: Source::Store,
            ..sourced
        })
    })
}

/// The value of `field`.
pub(super) fn value(kept: &Stored, field: Field) -> Offer<FieldValue> {
    let kept = kept.value(field)?;
    Ok(Sourced {
        value: field.value(kept.value).ok_or(Reason::Kept(kept.value))?,
        source: Source::Store,
        as_of: kept.as_of,
        method: kept.method.clone(),
    })
}

/// Of an option a Greek of the last events.
pub(super) fn greek(kept: &Stored, field: Field) -> Offer<FieldValue> {
    let greek = kept.events.as_ref().and_then(|events| feed::greek(events, field).ok());
    let greek = greek.ok_or(Reason::NothingKept)?;
    Ok(Sourced {
        source: Source::Store,
        ..greek
    })
}

/// The place of the record's implied volatility in its own history; of one that is itself kept, or without enough history,
/// the place that was kept.
pub(super) fn place(evidence: &Evidence, field: Field, record: &Record, least: usize) -> Offer<FieldValue> {
    let kept = value(&evidence.kept, field);
    let Some(iv) = record.iv().filter(|_| !evidence.kept.ivs.is_empty()) else {
        return kept;
    };
    let own = own_place(&iv, &evidence.kept.ivs, field, least);
    match (own, kept) {
        (own, Ok(kept)) if own.is_err() || iv.source == Source::Store => Ok(kept),
        (own, _) => any(own),
    }
}

/// The place of `iv` among the volatilities of the same method in `past`, of at most [`YEAR`] sessions within the last
/// 52 weeks and before that of `iv`: by their range, or by the share of days strictly below. At least `least` of them are
/// needed.
fn own_place(iv: &Sourced<Vol>, past: &[PastIv], field: Field, least: usize) -> Offer<Rank> {
    let today = time::new_york_date(iv.as_of);
    let year_ago = today.saturating_sub(52.weeks());
    let same: Vec<Option<Vol>> = past
        .iter()
        .rev()
        .filter(|past| past.method == iv.method && past.session < today && past.session >= year_ago)
        .take(YEAR)
        .map(|past| Some(past.iv))
        .collect();
    let Place { days, rank, percentile } = Place::of(Some(iv.value), &same, least).map_err(|error| match error {
        RankError::Thin { have, .. } => Reason::ShortHistory { have, need: least },
        RankError::NoCurrent | RankError::NotFinite => error.into(),
    })?;
    let (value, method) = if field == Field::IvRank {
        (rank.ok_or(Reason::FlatHistory)?, Method::OwnRange { days })
    } else {
        (percentile, Method::OwnDaysBelow { days })
    };
    Ok(Sourced {
        value,
        source: Source::Store,
        as_of: iv.as_of,
        method,
    })
}

/// Sessions of a year.
const YEAR: usize = 252;
