//! One record from everything the sources said: for each field the first source of its precedence that has it.

use jiff::Timestamp;
use jiff::civil::Date;

use super::bars::HvWindow;
use super::candidates::Candidates;
use super::derived::Volatilities;
use super::evidence::{Evidence, Rules};
use super::field::Field;
use super::field_value::FieldValue;
use super::notes::{notes, stale_seconds};
use super::price::{Offer, Prices};
use super::reason::Reason;
use super::record::{Attempt, Missing, Record, Source, Sourced};
use crate::time;
use crate::units::Price;

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
    let Rules { precedence, vol, now } = *rules;
    let subject = &evidence.subject;
    let offers = Candidates::new(evidence, rules);
    let mut choice = Choice {
        record: Record::new(subject),
    };

    let quotes = PriceSources::new(&offers, &precedence.price);
    quotes.group(&mut choice);
    choice.first(Field::Last, quotes.each(|prices| &prices.last));
    choice.first(Field::PrevClose, quotes.each(|prices| &prices.prev_close));
    choice.first(Field::Open, quotes.each(|prices| &prices.open));
    choice.first(Field::High, quotes.each(|prices| &prices.high));
    choice.first(Field::Low, quotes.each(|prices| &prices.low));
    choice.first(Field::Volume, quotes.each(|prices| &prices.volume));
    choice.first(Field::OpenInterest, quotes.each(|prices| &prices.open_interest));

    let metrics = &precedence.metrics;
    let ivs = precedence.iv.iter();
    choice.first(Field::Iv, ivs.filter_map(|&source| Some((source, offers.iv(source)?))));
    let iv = choice.record.iv();
    choice.walk(Field::IvRank, metrics, |source| offers.iv_rank(source, iv.as_ref()));
    choice.walk(Field::IvPercentile, metrics, |source| {
        offers.iv_percentile(source, iv.as_ref())
    });
    choice.walk(Field::IvChange5d, metrics, |source| offers.iv_change_5d(source));
    choice.walk(Field::LiquidityRating, metrics, |source| {
        offers.liquidity_rating(source)
    });
    choice.walk(Field::Beta, metrics, |source| offers.beta(source));
    choice.walk(Field::CorrSpy, metrics, |source| offers.corr_spy(source));
    choice.walk(Field::EarningsDate, metrics, |source| offers.earnings_date(source));

    let realized = &precedence.realized;
    choice.walk(Field::Hv30, realized, |source| offers.realized(source, HvWindow::Hv30));
    choice.walk(Field::Hv90, realized, |source| offers.realized(source, HvWindow::Hv90));

    let volatilities = Volatilities::new(&choice.record, precedence);
    let ratios = [
        (Field::VrpStructural, volatilities.vrp_structural(vol, &choice.record)),
        (Field::VrpTactical, volatilities.vrp_tactical(vol, &choice.record)),
        (Field::Vtr, volatilities.vtr(&choice.record)),
    ];
    for (field, ratio) in ratios {
        choice.derived(field, ratio);
    }

    choice.asked(Field::Slippage, offers.slippage());
    let price = choice.record.price();
    choice.asked(Field::Yield, offers.straddle_yield(price.as_ref()));

    let greeks = &precedence.greeks;
    choice.walk(Field::Delta, greeks, |source| {
        offers.greek(source, |g| g.delta, |q| q.delta)
    });
    choice.walk(Field::Gamma, greeks, |source| {
        offers.greek(source, |g| g.gamma, |q| q.gamma)
    });
    choice.walk(Field::Theta, greeks, |source| {
        offers.greek(source, |g| g.theta, |q| q.theta)
    });
    choice.walk(Field::Vega, greeks, |source| {
        offers.greek(source, |g| g.vega, |q| q.vega)
    });
    choice.walk(Field::Rho, greeks, |source| offers.greek(source, |g| g.rho, |q| q.rho));
    choice.walk(Field::OptionIv, greeks, |source| offers.option_iv(source));

    let mut record = choice.record;
    record.days_to_expiration = subject.expiration.and_then(|last_day| days_until(last_day, now));
    record.tried_before.sort_by_key(|gap| gap.field);
    record.missing.sort_by_key(|gap| gap.field);
    record.notes = notes(&record, evidence, now);
    record.stale_seconds = stale_seconds(&record, now);
    record
}

/// Takes the first value on offer for each field and remembers every refusal on the way to it.
#[derive(Debug)]
struct Choice {
    record: Record,
}

impl Choice {
    fn walk<T: Into<FieldValue>>(&mut self, field: Field, order: &[Source], offer: impl Fn(Source) -> Offer<T>) {
        self.first(field, order.iter().map(|&source| (source, offer(source))));
    }

    fn first<T: Into<FieldValue>>(&mut self, field: Field, offers: impl Iterator<Item = (Source, Offer<T>)>) {
        let mut tried = Vec::new();
        if !field.spec().of.contain(self.record.kind) {
            return;
        }
        for (source, offer) in offers {
            match offer {
                Ok(sourced) => {
                    if !tried.is_empty() {
                        self.record.tried_before.push(Missing { field, tried });
                    }
                    return self.record.set(field, Some(sourced));
                }
                // A store without anything of the field is no source that failed.
                Err(Reason::NothingKept) if source == Source::Store => {}
                Err(reason) => tried.push(Attempt { source, reason }),
            }
        }
        self.record.missing.push(Missing { field, tried });
    }

    /// The same of a field that is no hole where nobody was asked for it.
    fn asked<T: Into<FieldValue>>(&mut self, field: Field, offers: Vec<(Source, Offer<T>)>) {
        if !offers.is_empty() {
            self.first(field, offers.into_iter());
        }
    }

    fn derived(&mut self, field: Field, ratio: Result<Sourced<f64>, Vec<Attempt>>) {
        if !field.spec().of.contain(self.record.kind) {
            return;
        }
        match ratio {
            Ok(sourced) => self.record.set(field, Some(sourced)),
            Err(tried) => self.record.missing.push(Missing { field, tried }),
        }
    }
}

/// The price groups of all sources, best first.
#[derive(Debug)]
struct PriceSources(Vec<(Source, Result<Prices, Reason>)>);

impl PriceSources {
    fn new(offers: &Candidates<'_>, order: &[Source]) -> Self {
        Self(order.iter().map(|&source| (source, offers.prices(source))).collect())
    }

    fn each<T: Clone>(&self, field: fn(&Prices) -> &Offer<T>) -> impl Iterator<Item = (Source, Offer<T>)> {
        self.0
            .iter()
            .map(move |(source, prices)| (*source, of_group(prices, field)))
    }

    /// Price, bid and ask of the first source that has a price; where none has one, the quote of the first source that
    /// has a side of it.
    fn group(&self, choice: &mut Choice) {
        choice.first(Field::Price, self.each(|prices| &prices.price));
        let has_side = |prices: &Prices| prices.bid.is_ok() || prices.ask.is_ok();
        let source = choice.record.source(Field::Price).or_else(|| {
            let quoted = self.0.iter().find(|(_, prices)| prices.as_ref().is_ok_and(has_side));
            quoted.map(|(source, _)| *source)
        });
        choice.first(Field::Bid, self.only(source, |prices| &prices.bid));
        choice.first(Field::Ask, self.only(source, |prices| &prices.ask));
    }

    fn only(
        &self,
        chosen: Option<Source>,
        field: fn(&Prices) -> &Offer<Price>,
    ) -> impl Iterator<Item = (Source, Offer<Price>)> {
        self.each(field).map(move |(source, offer)| match (chosen, offer) {
            (Some(chosen), Ok(_)) if chosen != source => (source, Err(Reason::OtherSource)),
            (_, offer) => (source, offer),
        })
    }
}

fn of_group<T: Clone>(prices: &Result<Prices, Reason>, field: fn(&Prices) -> &Offer<T>) -> Offer<T> {
    match prices {
        Ok(prices) => field(prices).clone(),
        Err(reason) => Err(reason.clone()),
    }
}

fn days_until(last_day: Date, now: Timestamp) -> Option<i32> {
    time::new_york_date(now)
        .until(last_day)
        .ok()
        .map(|span| span.get_days())
}

#[cfg(test)]
mod tests;
