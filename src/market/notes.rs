//! Remarks on a record that no single value carries.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::evidence::Evidence;
use super::field::{Field, Group};
use super::field_value::FieldValue;
use super::method::Method;
use super::price::market_of;
use super::record::{Record, Source, Sourced};
use super::roll::Roll;
use super::stored::age_of_kept;
use crate::instrument::Kind;
use crate::stream::{LastEvents, Received};
use crate::tastytrade::{Metrics, RankVariant};
use crate::time;

/// A remark on a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// Its price is older than the last closed session, or a value of it is one that an earlier run kept.
    Stale,
    /// A value of it was streamed before an interruption of the feed and not since.
    BeforeGap,
    /// A realized volatility is from a futures series that joins contracts.
    HvSpansRolls,
    /// The day of its earnings is an estimate.
    EarningsEstimated,
    /// Its rank follows the other definition.
    IvRankTw,
    /// Its implied volatility is that of a stand-in.
    IvProxy,
    /// The root's contract has changed.
    Rolled,
    /// The root's contract will change.
    RollAhead,
}

impl Note {
    /// The name in machine output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::BeforeGap => "before_gap",
            Self::HvSpansRolls => "hv_spans_rolls",
            Self::EarningsEstimated => "earnings_estimated",
            Self::IvRankTw => "iv_rank_tw",
            Self::IvProxy => "iv_proxy",
            Self::Rolled => "rolled",
            Self::RollAhead => "roll_ahead",
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The notes that apply, in a fixed order.
pub(super) fn notes(record: &Record, evidence: &Evidence, now: Timestamp) -> Vec<Note> {
    let streamed = evidence.streamed.as_ref().ok();
    let metrics = evidence.metrics.as_ref().ok();
    let of_metrics = |field, applies: fn(&Metrics) -> bool| record.has(field) && metrics.is_some_and(applies);
    let of_stand_in = |iv: &Sourced<FieldValue>| matches!(iv.method, Method::IndexOf(_));
    let notes = [
        (Note::Stale, stale_seconds(record, now).is_some()),
        (
            Note::BeforeGap,
            streamed.is_some_and(|streamed| is_before_gap(record, streamed)),
        ),
        (Note::HvSpansRolls, spans_rolls(record)),
        (Note::EarningsEstimated, of_metrics(Field::EarningsDate, is_estimated)),
        (Note::IvRankTw, of_metrics(Field::IvRank, is_tw)),
        (Note::IvProxy, record.get(Field::Iv).is_some_and(of_stand_in)),
    ];
    let notes = notes.into_iter().filter_map(|(note, applies)| applies.then_some(note));
    notes.chain(record.roll.as_ref().map(Roll::note)).collect()
}

/// The age in seconds of what makes a record stale: values an earlier run kept, or a price older than the last closed
/// session. `None` when it is not stale.
pub(super) fn stale_seconds(record: &Record, now: Timestamp) -> Option<i64> {
    let market = market_of(record.kind);
    let last_session = time::last_closed_session(market, now);
    let old_price = record.get(Field::Price).map(|price| price.as_of);
    let old_price = old_price.filter(|as_of| time::new_york_date(*as_of) < last_session);
    let old_price = old_price.map(|as_of| now.duration_since(as_of).as_secs().max(0));
    age_of_kept(record, market, now).max(old_price)
}

/// Whether the same evidence makes another record at `now` than the `record` it made `before`.
pub fn ages(record: &Record, before: Timestamp, now: Timestamp) -> bool {
    let market = market_of(record.kind);
    let days = |at: Timestamp| (time::new_york_date(at), time::last_closed_session(market, at));
    before != now && (record.stale_seconds.is_some() || days(before) != days(now))
}

/// Whether a value of the record was read from an event older than an interruption of the feed.
fn is_before_gap(record: &Record, streamed: &LastEvents) -> bool {
    let is_old = |(field, sourced): (Field, &Sourced<FieldValue>)| match field.spec().group {
        Group::Quote => is_old(&streamed.quote),
        Group::Trade if sourced.method == Method::ExtendedTrade => is_old(&streamed.trade_eth),
        Group::Trade => is_old(&streamed.trade),
        Group::Day | Group::SessionBefore => is_old(&streamed.summary),
        Group::Greeks => is_old(&streamed.greeks),
        // The price is one of these.
        Group::Mark
        | Group::Iv
        | Group::IvRank
        | Group::Metrics
        | Group::Realized
        | Group::Derived
        | Group::Straddle => false,
    };
    let is_streamed = |(_, sourced): &(Field, &Sourced<FieldValue>)| sourced.source == Source::Dxlink;
    record.values().iter().filter(is_streamed).any(is_old)
}

fn is_old<T>(heard: &Option<Received<T>>) -> bool {
    heard.as_ref().is_some_and(|heard| heard.before_gap)
}

/// Whether a realized volatility is from the deprecated source's continuous futures series.
fn spans_rolls(record: &Record) -> bool {
    let mut realized = record
        .values()
        .iter()
        .filter(|(field, _)| field.spec().group == Group::Realized);
    record.kind == Kind::Future && realized.any(|(_, hv)| hv.source == Source::Legacy)
}

fn is_estimated(metrics: &Metrics) -> bool {
    metrics.earnings.as_ref().is_some_and(|earnings| earnings.estimated)
}

fn is_tw(metrics: &Metrics) -> bool {
    matches!(metrics.iv_rank, Some((_, RankVariant::Tw)))
}
