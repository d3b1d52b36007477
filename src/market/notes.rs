//! Remarks on a record that no single value carries.

use jiff::Timestamp;

use super::evidence::Evidence;
use super::field::{Field, Group};
use super::field_value::FieldValue;
use super::method::Method;
use super::note::Note;
use super::price::market_of;
use super::record::{Record, Source, Sourced};
use super::roll::Roll;
use crate::instrument::Kind;
use crate::stream::{LastEvents, Received};
use crate::tastytrade::{Metrics, RankVariant};
use crate::time::{self, Calendar};

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

/// The age in seconds of the oldest value of `record` that an earlier run kept and that live sources could not replace.
fn age_of_kept(record: &Record, market: Calendar, now: Timestamp) -> Option<i64> {
    let last_close = time::session_close(market, time::last_closed_session(market, now));
    let live_iv = record
        .get(Field::Iv)
        .filter(|iv| iv.source != Source::Store)
        .map(|iv| iv.as_of);
    let is_current = |field: Field, as_of: Timestamp| match field.spec().group {
        Group::Realized => last_close.is_some_and(|close| as_of >= close),
        Group::IvRank => live_iv == Some(as_of),
        // Its moment is that of a session before, and a ratio's that of its inputs.
        Group::SessionBefore | Group::Derived => true,
        Group::Mark
        | Group::Quote
        | Group::Trade
        | Group::Day
        | Group::Iv
        | Group::Metrics
        | Group::Straddle
        | Group::Greeks => false,
    };
    let kept = record
        .values()
        .iter()
        .filter(|(_, sourced)| sourced.source == Source::Store);
    let oldest = kept
        .filter(|(field, sourced)| !is_current(*field, sourced.as_of))
        .map(|(_, sourced)| sourced.as_of)
        .min()?;
    Some(now.duration_since(oldest).as_secs().max(0))
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
