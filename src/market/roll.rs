//! From which contract to which a futures root goes, and when.

use std::fmt;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::note::Note;
use crate::instrument::Symbol;
use crate::tastytrade::FutureListing;
use crate::time;

/// A change of the contract that a futures root stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roll {
    /// The contract that is left.
    pub from: Symbol,
    /// The one after it.
    pub to: Symbol,
    /// When.
    pub when: RollTime,
}

/// When a root changes its contract. The venue publishes which contract is active, not the day on which it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollTime {
    /// It has changed since the day `after`, and `by` the first day on which the new contract was seen.
    Past {
        /// The last day on which the root was seen to stand for the old contract.
        after: Date,
        /// The first day on which it was seen to stand for the new one.
        by: Date,
    },
    /// It will change on the last day of the contract at the latest.
    Ahead {
        /// The last day.
        by: Date,
        /// Days until then.
        days: i32,
    },
}

/// How long a root was seen to stand for a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveSpan {
    /// The contract.
    pub contract: Symbol,
    /// The first day on which it was seen.
    pub first: Date,
    /// The last one.
    pub last: Date,
}

impl Roll {
    /// The roll of a root that stands for `active` at `now`, if it has happened within the last fortnight or is due within
    /// the next. `active_spans` are what the root stood for on the days it was asked for, `listings` are all contracts known of
    /// it.
    pub fn of(
        active: &FutureListing,
        listings: &[FutureListing],
        active_spans: &[ActiveSpan],
        now: Timestamp,
    ) -> Option<Self> {
        let today = time::new_york_date(now);
        past(&active.contract, active_spans, today).or_else(|| ahead(active, listings, today))
    }

    /// The remark on the record.
    pub(super) fn note(&self) -> Note {
        match self.when {
            RollTime::Past { .. } => Note::Rolled,
            RollTime::Ahead { .. } => Note::RollAhead,
        }
    }
}

impl fmt::Display for Roll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, when } = self;
        match when {
            RollTime::Past { after, by } => write!(f, "rolled from {from} to {to} after {after}, by {by}"),
            RollTime::Ahead { by, days } => {
                let unit = if *days == 1 { "day" } else { "days" };
                write!(f, "rolls from {from} to {to} by {by}, in {days} {unit}")
            }
        }
    }
}

fn past(active: &Symbol, active_spans: &[ActiveSpan], today: Date) -> Option<Roll> {
    let old = active_spans
        .iter()
        .filter(|active_span| active_span.contract != *active);
    let old = old.max_by_key(|active_span| active_span.last)?;
    let seen = active_spans.iter().find(|active_span| active_span.contract == *active);
    let by = seen.map_or(today, |active_span| active_span.first);
    let recent = old.last >= today.saturating_sub(ANNOUNCED_DAYS.days());
    (recent && old.last < by && by <= today).then(|| Roll {
        from: old.contract.clone(),
        to: active.clone(),
        when: RollTime::Past { after: old.last, by },
    })
}

fn ahead(active: &FutureListing, listings: &[FutureListing], today: Date) -> Option<Roll> {
    let days = today.until(active.expiration).ok()?.get_days();
    let next = listings
        .iter()
        .filter(|listing| listing.root == active.root && listing.active && !listing.closing_only)
        .filter(|listing| listing.expiration > active.expiration)
        .min_by_key(|listing| (!listing.next_active_month, listing.expiration))?;
    (0..=ANNOUNCED_DAYS).contains(&days).then(|| Roll {
        from: active.contract.clone(),
        to: next.contract.clone(),
        when: RollTime::Ahead {
            by: active.expiration,
            days,
        },
    })
}

/// Days before and after a roll on which it is announced.
const ANNOUNCED_DAYS: i32 = 14;

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::instrument::StreamerSymbol;

    fn listing(contract: &str, next: bool, expiration: Date) -> FutureListing {
        FutureListing {
            contract: Symbol(contract.into()),
            root: Symbol("/ES".into()),
            streamer: StreamerSymbol(contract.into()),
            active: true,
            active_month: false,
            next_active_month: next,
            closing_only: false,
            expiration,
            expires_at: None,
            months: "HMUZ".into(),
        }
    }

    fn active_span(contract: &str, first: Date, last: Date) -> ActiveSpan {
        ActiveSpan {
            contract: Symbol(contract.into()),
            first,
            last,
        }
    }

    fn said(active_spans: &[ActiveSpan], now: &str) -> Option<(String, Note)> {
        let listings = [
            listing("/ESM7", false, date(2027, 6, 18)),
            listing("/ESH7", true, date(2027, 3, 19)),
            listing("/ESZ6", false, date(2026, 12, 18)),
        ];
        let roll = Roll::of(&listings[2], &listings, active_spans, now.parse().unwrap())?;
        Some((roll.to_string(), roll.note()))
    }

    #[test]
    fn a_roll_is_announced_a_fortnight_before_the_last_day_of_the_contract() {
        assert_eq!(said(&[], "2026-12-03T21:00:00Z"), None);
        let text = "rolls from /ESZ6 to /ESH7 by 2026-12-18, in 14 days".to_owned();
        assert_eq!(said(&[], "2026-12-04T21:00:00Z"), Some((text, Note::RollAhead)));
        let text = "rolls from /ESZ6 to /ESH7 by 2026-12-18, in 1 day".to_owned();
        assert_eq!(said(&[], "2026-12-17T21:00:00Z"), Some((text, Note::RollAhead)));
        assert_eq!(said(&[], "2026-12-19T21:00:00Z"), None, "it is over");
    }

    #[test]
    fn a_roll_that_was_seen_is_told_for_a_fortnight_with_the_days_it_lies_between() {
        let september = active_span("/ESU6", date(2026, 6, 15), date(2026, 9, 11));
        let june = active_span("/ESM6", date(2026, 3, 16), date(2026, 6, 12));
        let text = "rolled from /ESU6 to /ESZ6 after 2026-09-11, by 2026-09-14".to_owned();
        let first = [june.clone(), september.clone()];
        assert_eq!(
            said(&first, "2026-09-14T14:00:00Z"),
            Some((text.clone(), Note::Rolled)),
            "seen for the first time"
        );
        let later = [
            active_span("/ESZ6", date(2026, 9, 14), date(2026, 9, 22)),
            september,
            june,
        ];
        assert_eq!(said(&later, "2026-09-25T21:00:00Z"), Some((text, Note::Rolled)));
        assert_eq!(said(&later, "2026-09-28T21:00:00Z"), None);
        assert_eq!(
            said(&later[..1], "2026-09-22T21:00:00Z"),
            None,
            "nothing was seen before"
        );
    }
}
