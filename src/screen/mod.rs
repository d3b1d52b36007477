//! Decides which records are worth a trader's time: gates, score, signal, order. It does not gather, merge or print.
//!
//! Records and [`Rules`] go in, a [`Report`] comes out; the same records in any order give the same report. Everything
//! here is a function of its arguments, today's date among them.

mod ask;
mod checks;
mod compare;
mod diff;
mod gate;
mod report;
mod rules;
mod score;
mod screened;
mod signal;
mod sort;
mod table;
mod thresholds;

pub use ask::GateVerdict;
pub use diff::{Diff, diff};
pub use gate::{Gate, GateResult, wants_straddle};
pub use report::{Report, View, explain, run};
pub use rules::Rules;
pub use score::score;
pub use screened::Screened;
pub use signal::{Assessment, Environment, Flag, Signal, Vote};
pub use sort::{Sort, SortKey};
pub use table::{ASCENDING, CommonRules, FLAGS, Given, Overrides, PROFILE_KEYS, Profile, RANGES, Weights};
pub use thresholds::{CommandLine, Flag as RuleFlag, ListError, Range, Typed, Unit};

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
