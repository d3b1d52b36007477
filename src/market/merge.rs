//! One record from everything the sources said: for each field the first source of its precedence that has it.

use jiff::Timestamp;
use jiff::civil::Date;

use super::derived::ratio;
use super::evidence::{Evidence, Rules};
use super::field::{Field, Group};
use super::field_value::FieldValue;
use super::notes::{notes, stale_seconds};
use super::offers::Offers;
use super::reason::Reason;
use super::record::{Attempt, Missing, Offer, Record, Source, Sourced};
use crate::time;

/// The record of one symbol.
///
/// Each field is taken from the first source of its precedence that has it. Bid and ask come from the source that gave
/// the price, so no two sources are mixed in one quote. Every field this kind of instrument can have and lacks is
/// listed in `missing` with each source that was tried and its reason. Notes are `stale` (the price is older than the
/// last closed session), `before_gap` (a value of it was streamed before an interruption of the feed and not since),
/// `hv_spans_rolls` (from a futures series that joins contracts), `earnings_estimated`, `iv_rank_tw` (the rank follows the
/// other definition), `iv_proxy` (the implied volatility is that of a stand-in), `rolled` and `roll_ahead` (a root's
/// contract has changed, or will).
pub fn merge(evidence: &Evidence, rules: &Rules<'_>) -> Record {
    let subject = &evidence.subject;
    let offers = Offers::new(evidence, rules);
    let mut record = Record::new(subject);
    record.days_to_expiration = subject.expiration.and_then(|last_day| days_until(last_day, rules.now));
    // What a field needs of others stands before it in the table.
    for field in Field::of(subject.kind) {
        match field.spec().group {
            Group::Derived => match ratio(field, &record, rules.vol, rules.precedence) {
                Ok(ratio) => record.set(field, Some(ratio)),
                Err(tried) => record.missing.push(Missing { field, tried }),
            },
            // No hole where nobody was asked.
            Group::Straddle if evidence.straddle.is_none() => {}
            Group::Quote => {
                let chosen = quoted_by(&record, &offers, &rules.precedence.price);
                let only = |(source, offer): (Source, Offer<FieldValue>)| match (chosen, offer) {
                    (Some(chosen), Ok(_)) if chosen != source => (source, Err(Reason::OtherSource)),
                    (_, offer) => (source, offer),
                };
                let found = first(offers.of(field, &record).map(only));
                take(&mut record, field, found);
            }
            Group::Mark
            | Group::Trade
            | Group::Day
            | Group::SessionBefore
            | Group::Iv
            | Group::IvRank
            | Group::Metrics
            | Group::Realized
            | Group::Straddle
            | Group::Greeks => {
                let found = first(offers.of(field, &record));
                take(&mut record, field, found);
            }
        }
    }
    record.notes = notes(&record, evidence, rules.now);
    record.stale_seconds = stale_seconds(&record, rules.now);
    record
}

/// The first value on offer, if there is one, and every refusal on the way to it.
fn first(offers: impl Iterator<Item = (Source, Offer<FieldValue>)>) -> (Option<Sourced<FieldValue>>, Vec<Attempt>) {
    let mut tried = Vec::new();
    for (source, offer) in offers {
        let reason = match offer {
            Ok(sourced) if sourced.value.number().is_none_or(f64::is_finite) => return (Some(sourced), tried),
            Ok(_) => Reason::NotFinite,
            // A store without anything of the field is no source that failed.
            Err(Reason::NothingKept) if source == Source::Store => continue,
            Err(reason) => reason,
        };
        tried.push(Attempt { source, reason });
    }
    (None, tried)
}

fn take(record: &mut Record, field: Field, (found, tried): (Option<Sourced<FieldValue>>, Vec<Attempt>)) {
    match found {
        Some(_) if tried.is_empty() => {}
        Some(_) => record.tried_before.push(Missing { field, tried }),
        None => record.missing.push(Missing { field, tried }),
    }
    record.set(field, found);
}

/// The source of the price; where nobody has one, the first of `order` that has a side of the quote.
fn quoted_by(record: &Record, offers: &Offers<'_>, order: &[Source]) -> Option<Source> {
    let first_side = || order.iter().copied().find(|source| offers.has_side(*source));
    record.source(Field::Price).or_else(first_side)
}

fn days_until(last_day: Date, now: Timestamp) -> Option<i32> {
    time::new_york_date(now)
        .until(last_day)
        .ok()
        .map(|span| span.get_days())
}

#[cfg(test)]
mod tests;
