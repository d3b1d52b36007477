//! What each source offers for each field; a file for each source, with one mapping.

mod bars;
mod feed;
mod kept;
mod legacy;
mod options;
mod rest;

use super::bars::DailyBars;
use super::evidence::{Evidence, Rules};
use super::field::{Field, Group};
use super::field_value::FieldValue;
use super::price::{Prices, any};
use super::reason::Reason;
use super::record::{Offer, Record, Source};

pub(super) use feed::prices as streamed_prices;

/// Everything the sources offer for one symbol.
#[derive(Debug)]
pub(super) struct Offers<'a> {
    evidence: &'a Evidence,
    rules: &'a Rules<'a>,
    candles: Result<DailyBars, Reason>,
    history: Result<DailyBars, Reason>,
    kept_bars: Option<DailyBars>,
    prices: [(Source, Result<Prices, Reason>); 4],
}

impl<'a> Offers<'a> {
    pub(super) fn new(evidence: &'a Evidence, rules: &'a Rules<'a>) -> Self {
        let (kind, now) = (evidence.subject.kind, rules.now);
        let streamed = evidence.streamed.as_ref().map_err(Clone::clone);
        let history = bars::history(evidence);
        let prices = [
            (Source::Dxlink, streamed.map(|streamed| feed::prices(streamed, kind))),
            (
                Source::Rest,
                rest::quote(evidence).map(|quote| rest::prices(quote, kind, now)),
            ),
            (
                Source::Legacy,
                history.map(|(history, _)| legacy::prices(history, kind, now)),
            ),
            (Source::Store, Ok(kept::prices(&evidence.kept, kind))),
        ];
        let (candles, history, kept_bars) = bars::of(evidence, now);
        Self {
            evidence,
            rules,
            candles,
            history,
            kept_bars,
            prices,
        }
    }

    /// What the sources say of `field`, the most believed first, given the fields before it in `record`. Those that had no
    /// reason to be asked are left out.
    pub(super) fn of<'o>(
        &'o self,
        field: Field,
        record: &'o Record,
    ) -> impl Iterator<Item = (Source, Offer<FieldValue>)> + use<'o, 'a> {
        let group = field.spec().group;
        let sources = if group == Group::Straddle {
            options::straddle_sources(self.evidence)
        } else {
            self.rules.precedence.of(group).to_vec()
        };
        sources
            .into_iter()
            .filter_map(move |source| Some((source, self.offer(source, field, record)?)))
    }

    /// Whether `source` has a side of the quote.
    pub(super) fn has_side(&self, source: Source) -> bool {
        [Field::Bid, Field::Ask]
            .into_iter()
            .any(|side| self.price(source, side).is_ok())
    }

    fn offer(&self, source: Source, field: Field, record: &Record) -> Option<Offer<FieldValue>> {
        let (evidence, now) = (self.evidence, self.rules.now);
        Some(match (field.spec().group, source) {
            (Group::Mark | Group::Quote | Group::Trade | Group::Day | Group::SessionBefore, _) => {
                self.price(source, field)
            }
            (Group::Iv, Source::Model) => any(evidence.chain_iv.clone()?),
            (Group::Iv, Source::Proxy) => options::stand_in(evidence, now)?,
            (Group::Iv | Group::IvRank | Group::Metrics, Source::Rest) => rest::metric(evidence, field, now),
            (Group::IvRank, Source::Store) => kept::place(evidence, field, record, self.rules.vol.min_history),
            (Group::Iv | Group::Metrics | Group::Straddle, Source::Store) => kept::value(&evidence.kept, field),
            (Group::Iv | Group::IvRank | Group::Metrics | Group::Derived, _) => Err(Reason::Lacks("market metrics")),
            (Group::Straddle, _) => options::straddle(evidence, field, record)?,
            (Group::Realized, _) => any(self.realized_field(source, field)),
            (Group::Greeks, _) => self
                .greek(source, field)
                .and_then(|greek| rest::above_zero(greek, field.name())),
        })
    }

    fn price(&self, source: Source, field: Field) -> Offer<FieldValue> {
        let found = self.prices.iter().find(|(of, _)| *of == source);
        let (_, prices) = found.ok_or(Reason::Lacks("prices"))?;
        let prices = prices.as_ref().map_err(Clone::clone)?;
        prices.get(field).cloned().unwrap_or(Err(Reason::NothingKept))
    }

    fn greek(&self, source: Source, field: Field) -> Offer<FieldValue> {
        match source {
            Source::Dxlink => feed::greek(self.evidence.streamed.as_ref().map_err(Clone::clone)?, field),
            Source::Rest => rest::greek(self.evidence, field, self.rules.now),
            Source::Store => kept::greek(&self.evidence.kept, field),
            Source::DxlinkCandles | Source::Legacy | Source::Model | Source::Proxy => Err(Reason::Lacks("greeks")),
        }
    }
}
