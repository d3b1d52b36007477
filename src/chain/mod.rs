//! An option chain: which expirations and strikes are worth a subscription, each option with its sources, and what the
//! quotes of an expiration say together. Pure; it asks nobody.

mod choice;
#[cfg(test)]
mod fixtures;
mod model;
mod near45;
mod report;

pub use choice::{
    Choice, ChoiceError, Chosen, MOST_ENTRIES, MOST_STRIKES, Strikes, Underlyings, When, Wish, choose, expirations,
};
pub use near45::{near_45_days, straddle_quote};
pub use report::{Check, ExpirationReport, OptionLine, Report, StrikeLine, ThirtyDay, instrument, thirty_day_iv};
