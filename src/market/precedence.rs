//! Which source is believed first, and which fields a kind of instrument can have.

use super::record::{Field, Source};
use crate::instrument::Kind;

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

/// The fields an instrument of this kind can have, in field order: options have Greeks but no metrics, a cash index
/// has no quote and no volume of its own, and only shares report earnings.
pub fn fields_of(kind: Kind) -> Vec<Field> {
    Field::ALL.into_iter().filter(|field| can_have(kind, *field)).collect()
}

/// The fields without which a record of this kind is not complete.
///
/// For everything but options these are price, implied volatility with rank and percentile, and both realized
/// volatilities; for options the price, the Greeks and the implied volatility of the option.
pub fn required(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Equity | Kind::Index | Kind::Future | Kind::Crypto => &REQUIRED,
        Kind::EquityOption | Kind::FutureOption => &REQUIRED_OF_OPTIONS,
    }
}

pub(super) fn can_have(kind: Kind, field: Field) -> bool {
    let option = is_option(kind);
    match field {
        Field::Price | Field::Last | Field::PrevClose | Field::Open | Field::High | Field::Low => true,
        Field::Bid | Field::Ask | Field::Volume => kind != Kind::Index,
        Field::Iv
        | Field::IvRank
        | Field::IvPercentile
        | Field::IvChange5d
        | Field::Hv30
        | Field::Hv90
        | Field::LiquidityRating
        | Field::Beta
        | Field::CorrSpy
        | Field::VrpStructural
        | Field::VrpTactical
        | Field::Vtr
        | Field::Slippage
        | Field::Yield => !option,
        Field::EarningsDate => kind == Kind::Equity,
        Field::Delta | Field::Gamma | Field::Theta | Field::Vega | Field::Rho | Field::OptionIv => option,
        Field::OpenInterest => option || kind == Kind::Future,
    }
}

pub(super) fn is_option(kind: Kind) -> bool {
    match kind {
        Kind::EquityOption | Kind::FutureOption => true,
        Kind::Equity | Kind::Index | Kind::Future | Kind::Crypto => false,
    }
}

const REQUIRED: [Field; 6] = [
    Field::Price,
    Field::Iv,
    Field::IvRank,
    Field::IvPercentile,
    Field::Hv30,
    Field::Hv90,
];

const REQUIRED_OF_OPTIONS: [Field; 7] = [
    Field::Price,
    Field::Delta,
    Field::Gamma,
    Field::Theta,
    Field::Vega,
    Field::Rho,
    Field::OptionIv,
];
