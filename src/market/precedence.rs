//! Which source is believed first.

use super::field::{Field, Group};
use super::record::Source;

/// For each group of fields the sources that can fill it, best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Precedence {
    /// Price, quote, last trade and the day. Price, bid and ask always come from the same source.
    pub price: Vec<Source>,
    /// Implied volatility of 30 days.
    pub iv: Vec<Source>,
    /// The ranks of implied volatility, and what else the market metrics hold.
    pub metrics: Vec<Source>,
    /// Realized volatility.
    pub realized: Vec<Source>,
    /// Greeks and the implied volatility of an option.
    pub greeks: Vec<Source>,
}

impl Default for Precedence {
    fn default() -> Self {
        Self {
            price: vec![Source::Dxlink, Source::Rest, Source::Legacy, Source::Store],
            iv: vec![Source::Rest, Source::Model, Source::Proxy, Source::Store],
            metrics: vec![Source::Rest, Source::Store],
            realized: vec![Source::Rest, Source::DxlinkCandles, Source::Legacy, Source::Store],
            greeks: vec![Source::Dxlink, Source::Rest, Source::Store],
        }
    }
}

impl Precedence {
    /// The sources of a group. A derived value's are those of its inputs, a straddle's those of its quotes.
    pub(super) fn of(&self, group: Group) -> &[Source] {
        match group {
            Group::Mark | Group::Quote | Group::Trade | Group::Day | Group::SessionBefore => &self.price,
            Group::Iv | Group::Derived => &self.iv,
            Group::IvRank | Group::Metrics | Group::Straddle => &self.metrics,
            Group::Realized => &self.realized,
            Group::Greeks => &self.greeks,
        }
    }
}

/// The source that is asked for `field` first; of a derived value that of its inputs.
pub fn first_source(field: Field) -> Source {
    match field.spec().group {
        Group::Mark | Group::Quote | Group::Trade | Group::Day | Group::SessionBefore | Group::Greeks => Source::Dxlink,
        Group::Iv | Group::IvRank | Group::Metrics | Group::Realized | Group::Derived | Group::Straddle => Source::Rest,
    }
}
