//! Pure maths of volatility on slices and units: bars, estimators, options, chains.

pub mod bars;
mod stats;

pub mod cone;
pub mod ewma;
pub mod forecast;
pub mod garch;
pub mod har;
pub mod panel;
pub mod realized;
pub mod roll;
pub mod split;

pub mod expected_move;
pub mod premium;
pub mod rank;

pub mod american;
pub mod black;
pub mod implied;

pub mod chain;
pub mod smile;
pub mod straddle;
pub mod term;
pub mod vix_variance;

#[cfg(test)]
mod golden;
