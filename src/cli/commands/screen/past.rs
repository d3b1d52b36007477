//! The stored past as a screen sees it: the records of one session, made by the same merge from kept values alone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::cli::exit::{Failure, FailureKind};
use crate::gather::{Gathered, Plan, RunOutcome};
use crate::instrument::Instrument;
use crate::market::{
    Attempt, Evidence, FeedState, Field, LegacyState, Note, PastDay, PastIv, Reason, Record, RestState, Rules, Run,
    Source, SourceState, Sources, StoppedBy, StoreState, Stored, Subject, Timing, market_of, merge,
};
use crate::store::{Store, StoreUpdate};
use crate::time::{self, Calendar};

/// The records of `plan` on `session`, as of its close; without a value where nothing was kept.
///
/// # Errors
/// The store cannot be read, or holds nothing of any of them on that day.
pub(super) fn records(store: &Store, plan: &Plan, session: Date) -> Result<Vec<Record>, Failure> {
    let unreadable = |error| Failure::from_error(FailureKind::CannotRead, error);
    let days = store.days(None, session, session).map_err(unreadable)?;
    // Where anybody's options were asked for on that day, they were asked for of all who came so far.
    let of_straddle = [Field::Slippage, Field::Yield];
    let judged = |day: &PastDay| of_straddle.iter().any(|field| day.values.contains_key(field));
    let judged = days.iter().any(judged);
    let mut records = Vec::new();
    let mut found = false;
    for instrument in &plan.instruments {
        let symbol = instrument.symbol();
        let day = days.iter().find(|day| day.symbol == symbol);
        found |= day.is_some();
        let ivs = match day {
            Some(day) => store.ivs_before(&day.symbol, session).map_err(unreadable)?,
            None => Vec::new(),
        };
        records.push(record(plan, instrument, (day, &ivs), judged, session));
    }
    if found {
        records.sort_by(|one, other| one.symbol.cmp(&other.symbol));
        return Ok(records);
    }
    let sessions = store.sessions().map_err(unreadable)?;
    let hint = match (sessions.first(), sessions.last()) {
        (Some(first), Some(last)) => {
            format!("Sessions from {first} to {last} are kept; `variance history` lists them.")
        }
        (None, _) | (_, None) => "Each screen keeps its session; there was none yet.".to_owned(),
    };
    Err(Failure::new(FailureKind::Unavailable, format!("nothing is kept of {session}")).hint(hint))
}

/// The last session of shares before `current` of which anything is kept.
pub(super) fn last_session(store: &Store, current: Date) -> Result<Option<Date>, Failure> {
    let sessions = store
        .sessions()
        .map_err(|error| Failure::from_error(FailureKind::CannotRead, error))?;
    let earlier = |day: &&Date| **day < current && time::is_session(Calendar::UsEquities, **day);
    Ok(sessions.iter().rev().find(earlier).copied())
}

/// A run that asked nobody.
pub(super) fn gathered(plan: &Plan, records: Vec<Record>) -> Gathered {
    let unused = SourceState::Unused;
    let values = records.iter().map(crate::market::stored_values).sum();
    let sources = Sources {
        dxlink: FeedState {
            state: unused,
            connections: 0,
            gaps: 0,
            events: 0,
            dropped: 0,
            reason: None,
        },
        rest: RestState {
            state: unused,
            requests: 0,
            retries: 0,
            reason: None,
        },
        legacy: LegacyState {
            state: unused,
            requests: 0,
            reason: None,
        },
        store: StoreState {
            state: SourceState::Ok,
            values,
            reason: None,
        },
    };
    Gathered {
        records,
        vol_inputs_by_symbol: BTreeMap::new(),
        run: Run {
            mode: plan.mode,
            delayed: false,
            partial: false,
            stopped_by: StoppedBy::Complete,
            sources,
            timing: Timing::default(),
            errors: Vec::new(),
        },
        outcome: RunOutcome::Answered,
        learned: StoreUpdate::default(),
        chain: None,
        unjudged: BTreeSet::new(),
    }
}

fn record(
    plan: &Plan,
    instrument: &Instrument,
    (day, ivs): (Option<&PastDay>, &[PastIv]),
    judged: bool,
    session: Date,
) -> Record {
    let subject = Subject {
        symbol: instrument.symbol(),
        kind: instrument.kind(),
        contract: None,
        expiration: None,
        roll: None,
        streamer: None,
        asset_class: plan.asset_class(instrument),
    };
    let market = market_of(subject.kind);
    let close = time::session_close(market, session).or_else(|| end_of(session));
    let straddle = judged.then_some(Err(Attempt {
        source: Source::Rest,
        reason: Reason::StoredPast,
    }));
    let evidence = Evidence {
        straddle,
        kept: Stored {
            values: day.map(|day| day.values.clone()).unwrap_or_default(),
            ivs: ivs.to_vec(),
            ..Stored::default()
        },
        ..Evidence::nothing(subject, &Reason::StoredPast)
    };
    let rules = Rules {
        precedence: &plan.precedence,
        vol: &plan.vol,
        now: close.unwrap_or(Timestamp::MAX),
    };
    let mut record = merge(&evidence, &rules);
    // Every value is of that session, which is what was asked for: nothing in it is old.
    record.notes.retain(|note| *note != Note::Stale);
    record.stale_seconds = None;
    record
}

fn end_of(day: Date) -> Option<Timestamp> {
    let next = day.checked_add(1.day()).ok()?;
    Some(next.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}
