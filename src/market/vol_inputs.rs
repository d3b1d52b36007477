//! The bars behind a record, and what each source by itself says about volatility: what a record, which takes one value a
//! field, does not hold.

use super::bars::{ClosedBars, HvWindow};
use super::evidence::{Evidence, Rules};
use super::offers::Offers;
use super::reason::Reason;
use super::record::{Attempt, Source, Sourced};
use crate::tastytrade::ExpirationIv;
use crate::units::Vol;

/// The volatility of one symbol as the sources tell it.
#[derive(Debug, Clone, PartialEq)]
pub struct VolInputs {
    /// The closed bars of the best source, or who was asked for them.
    pub bars: Result<ClosedBars, Vec<Attempt>>,
    /// Realized volatility by window and source.
    pub witnesses: Vec<HvBySource>,
    /// Implied volatility by expiration, by date, or why the venue has none.
    pub terms: Result<Sourced<Vec<ExpirationIv>>, Reason>,
}

/// What one source says the realized volatility is.
#[derive(Debug, Clone, PartialEq)]
pub struct HvBySource {
    /// Trading days it looks back.
    pub days: usize,
    /// The source.
    pub source: Source,
    /// What it says, or why it says nothing.
    pub said: Result<Sourced<Vol>, Reason>,
}

impl VolInputs {
    /// What `evidence` holds.
    pub fn of(evidence: &Evidence, rules: &Rules<'_>) -> Self {
        let offers = Offers::new(evidence, rules);
        let each = |window: HvWindow| {
            let offers = &offers;
            WITNESSES.into_iter().map(move |source| HvBySource {
                days: window.returns(),
                source,
                said: offers.witness(source, window),
            })
        };
        Self {
            bars: offers.bars(),
            witnesses: HvWindow::ALL.into_iter().flat_map(each).collect(),
            terms: offers.terms(),
        }
    }
}

const WITNESSES: [Source; 4] = [Source::Rest, Source::DxlinkCandles, Source::Legacy, Source::Store];

#[cfg(test)]
mod tests;
