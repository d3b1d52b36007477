//! An option chain: which expirations and strikes are worth a subscription, each option with its sources, and what the
//! quotes of an expiration say together. Pure; it asks nobody.

mod choice;
#[cfg(test)]
mod fixtures;
mod model;
mod report;
mod screening_straddle;

pub use choice::{
    ChainQuery, Choice, ChoiceError, MOST_ENTRIES, MOST_STRIKES, Strikes, Underlyings, When, choose, expirations,
};
pub use report::{Check, ExpirationReport, OptionLine, Report, StrikeLine, ThirtyDay, instrument, thirty_day_iv};
pub use screening_straddle::{near_45_days, straddle_quote};
