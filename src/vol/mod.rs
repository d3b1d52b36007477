//! Pure maths of volatility on slices and units.

pub mod black;
pub mod realized;
