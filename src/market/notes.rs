//! Remarks on a record that no single value carries.

use jiff::Timestamp;

use super::candidates::INDEX_OF;
use super::evidence::Evidence;
use super::price::{EXTENDED_TRADE, market_of};
use super::record::{Record, Source, Sourced};
use super::roll::Roll;
use super::stored::age_of_kept;
use crate::instrument::Kind;
use crate::stream::{LastEvents, Received};
use crate::tastytrade::{Metrics, RankVariant};
use crate::time;
use crate::units::Vol;

/// The notes that apply, in a fixed order.
pub(super) fn notes(record: &Record, evidence: &Evidence, now: Timestamp) -> Vec<&'static str> {
    let streamed = evidence.streamed.as_ref().ok();
    let metrics = evidence.metrics.as_ref().ok();
    [
        ("stale", stale_seconds(record, now).is_some()),
        (
            "before_gap",
            streamed.is_some_and(|streamed| is_before_gap(record, streamed)),
        ),
        ("hv_spans_rolls", spans_rolls(record)),
        (
            "earnings_estimated",
            record.earnings_date.is_some() && metrics.is_some_and(|metrics| is_estimated(metrics)),
        ),
        (
            "iv_rank_tw",
            record.iv_rank.is_some() && metrics.is_some_and(|metrics| is_tw(metrics)),
        ),
        (
            "iv_proxy",
            record.iv.as_ref().is_some_and(|iv| iv.method.starts_with(INDEX_OF)),
        ),
    ]
    .into_iter()
    .filter_map(|(note, applies)| applies.then_some(note))
    .chain(record.roll.as_ref().map(Roll::note))
    .collect()
}

/// The age in seconds of what makes a record stale: values an earlier run kept, or a price older than the last closed
/// session. `None` when it is not stale.
pub(super) fn stale_seconds(record: &Record, now: Timestamp) -> Option<i64> {
    let market = market_of(record.kind);
    let last_session = time::last_closed_session(market, now);
    let old_price = record.price.as_ref().map(|price| price.as_of);
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
    let extended = record.last.as_ref().is_some_and(|last| last.method == EXTENDED_TRADE);
    let from_quote = is_streamed(&record.bid) || is_streamed(&record.ask);
    let from_trade = (is_streamed(&record.last) && !extended) || is_streamed(&record.volume);
    let from_trade_eth = is_streamed(&record.last) && extended;
    let from_summary = [&record.prev_close, &record.open, &record.high, &record.low]
        .into_iter()
        .any(is_streamed);
    let from_summary = from_summary || is_streamed(&record.open_interest);
    let from_greeks = [&record.delta, &record.gamma, &record.theta, &record.vega, &record.rho]
        .into_iter()
        .any(is_streamed)
        || is_streamed(&record.option_iv);
    (from_quote && is_old(&streamed.quote))
        || (from_trade && is_old(&streamed.trade))
        || (from_trade_eth && is_old(&streamed.trade_eth))
        || (from_summary && is_old(&streamed.summary))
        || (from_greeks && is_old(&streamed.greeks))
}

fn is_streamed<T>(value: &Option<Sourced<T>>) -> bool {
    value.as_ref().is_some_and(|value| value.source == Source::Dxlink)
}

fn is_old<T>(heard: &Option<Received<T>>) -> bool {
    heard.as_ref().is_some_and(|heard| heard.before_gap)
}

/// Whether a realized volatility is from the deprecated source's continuous futures series.
fn spans_rolls(record: &Record) -> bool {
    let legacy = |hv: &Option<Sourced<Vol>>| hv.as_ref().is_some_and(|hv| hv.source == Source::Legacy);
    record.kind == Kind::Future && (legacy(&record.hv30) || legacy(&record.hv90))
}

fn is_estimated(metrics: &Metrics) -> bool {
    metrics.earnings.as_ref().is_some_and(|earnings| earnings.estimated)
}

fn is_tw(metrics: &Metrics) -> bool {
    matches!(metrics.iv_rank, Some((_, RankVariant::Tw)))
}
