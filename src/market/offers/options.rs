//! What option chains offer: the straddle at the money, and the index of a stand-in where a symbol has no options of its own.

use jiff::Timestamp;

use super::super::evidence::Evidence;
use super::super::field::Field;
use super::super::field_value::FieldValue;
use super::super::method::Method;
use super::super::price::any;
use super::super::reason::Reason;
use super::super::record::{Offer, Record, Source, Sourced};
use super::rest;

/// The index of the stand-in, if there is one.
pub(super) fn stand_in(evidence: &Evidence, now: Timestamp) -> Option<Offer<FieldValue>> {
    let (proxy, metrics) = evidence.proxy.as_ref()?;
    let metrics = metrics.as_ref().map_err(Clone::clone);
    let index = metrics.and_then(|metrics| rest::metric_of(metrics, Field::Iv, now));
    let index = index.map(|index| Sourced {
        source: Source::Proxy,
        method: Method::IndexOf(proxy.clone()),
        ..index
    });
    Some(index.map_err(|reason| Reason::about(proxy.as_str(), reason)))
}

/// Who was asked for the straddle, and who kept what it cost and paid; nobody where nobody was asked.
pub(super) fn straddle_sources(evidence: &Evidence) -> Vec<Source> {
    let live = match &evidence.straddle {
        None => return Vec::new(),
        Some(Ok(straddle)) => straddle.source,
        Some(Err(attempt)) => attempt.source,
    };
    vec![live, Source::Store]
}

/// What the straddle costs to trade, or pays on an underlying at the price of `record`.
pub(super) fn straddle(evidence: &Evidence, field: Field, record: &Record) -> Option<Offer<FieldValue>> {
    Some(match evidence.straddle.as_ref()? {
        Ok(straddle) if field == Field::Slippage => any(straddle.slippage()),
        Ok(straddle) => any(straddle.yield_on(record.price().as_ref())),
        Err(attempt) => Err(attempt.reason.clone()),
    })
}
