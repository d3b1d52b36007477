//! One record from everything the sources said: for each field the first source of its precedence that has it.

use jiff::Timestamp;
use jiff::civil::Date;

use super::bars::HvWindow;
use super::candidates::Candidates;
use super::derived::Volatilities;
use super::evidence::{Evidence, Rules};
use super::notes::{notes, stale_seconds};
use super::precedence::can_have;
use super::price::{NOTHING_KEPT, Offer, Prices};
use super::record::{Attempt, Field, Missing, Record, Source, Sourced};
use crate::instrument::Kind;
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
        kind: subject.kind,
        missing: Vec::new(),
        tried_before: Vec::new(),
    };

    let quotes = PriceSources::new(&offers, &precedence.price);
    let [price, bid, ask] = quotes.group(&mut choice);
    let last = choice.first(Field::Last, quotes.each(|prices| &prices.last));
    let prev_close = choice.first(Field::PrevClose, quotes.each(|prices| &prices.prev_close));
    let open = choice.first(Field::Open, quotes.each(|prices| &prices.open));
    let high = choice.first(Field::High, quotes.each(|prices| &prices.high));
    let low = choice.first(Field::Low, quotes.each(|prices| &prices.low));
    let volume = choice.first(Field::Volume, quotes.each(|prices| &prices.volume));
    let open_interest = choice.first(Field::OpenInterest, quotes.each(|prices| &prices.open_interest));

    let metrics = &precedence.metrics;
    let ivs = precedence.iv.iter();
    let iv = choice.first(Field::Iv, ivs.filter_map(|&source| Some((source, offers.iv(source)?))));
    let iv_rank = choice.walk(Field::IvRank, metrics, |source| offers.iv_rank(source, iv.as_ref()));
    let iv_percentile = choice.walk(Field::IvPercentile, metrics, |source| {
        offers.iv_percentile(source, iv.as_ref())
    });
    let iv_change_5d = choice.walk(Field::IvChange5d, metrics, |source| offers.iv_change_5d(source));
    let liquidity_rating = choice.walk(Field::LiquidityRating, metrics, |source| {
        offers.liquidity_rating(source)
    });
    let beta = choice.walk(Field::Beta, metrics, |source| offers.beta(source));
    let corr_spy = choice.walk(Field::CorrSpy, metrics, |source| offers.corr_spy(source));
    let earnings_date = choice.walk(Field::EarningsDate, metrics, |source| offers.earnings_date(source));

    let realized = &precedence.realized;
    let hv30 = choice.walk(Field::Hv30, realized, |source| offers.realized(source, HvWindow::Hv30));
    let hv90 = choice.walk(Field::Hv90, realized, |source| offers.realized(source, HvWindow::Hv90));

    let volatilities = Volatilities::new(iv.as_ref(), hv30.as_ref(), hv90.as_ref(), precedence);
    let vrp_structural = choice.derive(Field::VrpStructural, |gaps| volatilities.vrp_structural(vol, gaps));
    let vrp_tactical = choice.derive(Field::VrpTactical, |gaps| volatilities.vrp_tactical(vol, gaps));
    let vtr = choice.derive(Field::Vtr, |gaps| volatilities.vtr(gaps));

    let slippage = choice.asked(Field::Slippage, offers.slippage());
    let straddle_yield = choice.asked(Field::Yield, offers.straddle_yield(price.as_ref()));

    let greeks = &precedence.greeks;
    let delta = choice.walk(Field::Delta, greeks, |source| {
        offers.greek(source, |g| g.delta, |q| q.delta)
    });
    let gamma = choice.walk(Field::Gamma, greeks, |source| {
        offers.greek(source, |g| g.gamma, |q| q.gamma)
    });
    let theta = choice.walk(Field::Theta, greeks, |source| {
        offers.greek(source, |g| g.theta, |q| q.theta)
    });
    let vega = choice.walk(Field::Vega, greeks, |source| {
        offers.greek(source, |g| g.vega, |q| q.vega)
    });
    let rho = choice.walk(Field::Rho, greeks, |source| offers.greek(source, |g| g.rho, |q| q.rho));
    let option_iv = choice.walk(Field::OptionIv, greeks, |source| offers.option_iv(source));

    let mut record = Record {
        symbol: subject.symbol.clone(),
        contract: subject.contract.clone(),
        days_to_expiration: subject.expiration.and_then(|last_day| days_until(last_day, now)),
        roll: subject.roll.clone(),
        streamer_symbol: subject.streamer.clone(),
        kind: subject.kind,
        asset_class: subject.asset_class.clone(),
        price,
        bid,
        ask,
        last,
        prev_close,
        open,
        high,
        low,
        volume,
        iv,
        iv_rank,
        iv_percentile,
        iv_change_5d,
        hv30,
        hv90,
        liquidity_rating,
        beta,
        corr_spy,
        earnings_date,
        vrp_structural,
        vrp_tactical,
        vtr,
        slippage,
        straddle_yield,
        delta,
        gamma,
        theta,
        vega,
        rho,
        option_iv,
        open_interest,
        tried_before: in_field_order(choice.tried_before),
        missing: in_field_order(choice.missing),
        notes: Vec::new(),
        stale_seconds: None,
    };
    record.notes = notes(&record, evidence, now);
    record.stale_seconds = stale_seconds(&record, now);
    record
}

/// Takes the first value on offer for each field and remembers every refusal on the way to it.
#[derive(Debug)]
struct Choice {
    kind: Kind,
    missing: Vec<Missing>,
    tried_before: Vec<Missing>,
}

impl Choice {
    fn walk<T>(&mut self, field: Field, order: &[Source], offer: impl Fn(Source) -> Offer<T>) -> Option<Sourced<T>> {
        self.first(field, order.iter().map(|&source| (source, offer(source))))
    }

    fn first<T>(&mut self, field: Field, offers: impl Iterator<Item = (Source, Offer<T>)>) -> Option<Sourced<T>> {
        let mut tried = Vec::new();
        if !can_have(self.kind, field) {
            return None;
        }
        for (source, offer) in offers {
            match offer {
                Ok(sourced) => {
                    if !tried.is_empty() {
                        self.tried_before.push(Missing { field, tried });
                    }
                    return Some(sourced);
                }
                // A store without anything of the field is no source that failed.
                Err(reason) if source == Source::Store && reason == NOTHING_KEPT => {}
                Err(reason) => tried.push(Attempt { source, reason }),
            }
        }
        self.missing.push(Missing { field, tried });
        None
    }

    /// The same of a field that is no hole where nobody was asked for it.
    fn asked<T>(&mut self, field: Field, offers: Vec<(Source, Offer<T>)>) -> Option<Sourced<T>> {
        (!offers.is_empty()).then(|| self.first(field, offers.into_iter()))?
    }

    fn derive(
        &mut self,
        field: Field,
        compute: impl Fn(&[Missing]) -> Result<Sourced<f64>, Vec<Attempt>>,
    ) -> Option<Sourced<f64>> {
        if !can_have(self.kind, field) {
            return None;
        }
        match compute(&self.missing) {
            Ok(sourced) => Some(sourced),
            Err(tried) => {
                self.missing.push(Missing { field, tried });
                None
            }
        }
    }
}

fn in_field_order(mut gaps: Vec<Missing>) -> Vec<Missing> {
    gaps.sort_by_key(|gap| gap.field);
    gaps
}

/// The price groups of all sources, best first.
#[derive(Debug)]
struct PriceSources(Vec<(Source, Result<Prices, String>)>);

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
    fn group(&self, choice: &mut Choice) -> [Option<Sourced<Price>>; 3] {
        let price = choice.first(Field::Price, self.each(|prices| &prices.price));
        let has_side = |prices: &Prices| prices.bid.is_ok() || prices.ask.is_ok();
        let source = price.as_ref().map(|price| price.source).or_else(|| {
            let quoted = self.0.iter().find(|(_, prices)| prices.as_ref().is_ok_and(has_side));
            quoted.map(|(source, _)| *source)
        });
        let bid = choice.first(Field::Bid, self.only(source, |prices| &prices.bid));
        let ask = choice.first(Field::Ask, self.only(source, |prices| &prices.ask));
        [price, bid, ask]
    }

    fn only(
        &self,
        chosen: Option<Source>,
        field: fn(&Prices) -> &Offer<Price>,
    ) -> impl Iterator<Item = (Source, Offer<Price>)> {
        self.each(field).map(move |(source, offer)| match (chosen, offer) {
            (Some(chosen), Ok(_)) if chosen != source => (source, Err("the price is from another source".to_owned())),
            (_, offer) => (source, offer),
        })
    }
}

fn of_group<T: Clone>(prices: &Result<Prices, String>, field: fn(&Prices) -> &Offer<T>) -> Offer<T> {
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
