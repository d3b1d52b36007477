//! Decides which records are worth a trader's time: gates, score, signal, order. It does not gather, merge or print.
//!
//! Records and [`Rules`] go in, a [`Report`] comes out; the same records in any order give the same report. Everything
//! here is a function of its arguments, today's date among them.

mod ask;
mod checks;
mod diff;
mod gate;
mod report;
mod rules;
mod score;
mod signal;
mod sort;
mod table;
mod thresholds;

pub use diff::{Diff, Left, Moved, diff};
pub use gate::{GateResult, GateVerdict, first_failure, gates, wants_straddle};
pub use report::{Explained, Report, Screened, View, explain, run};
pub use rules::{Rules, ScoreRules};
pub use score::score;
pub use signal::{Assessment, Environment, Flag, Signal, Vote, assess};
pub use sort::{Direction, Sort, SortError, SortKey};
pub use table::{
    ASCENDING, Choices, CommonRules, FLAGS, Gate, Limits, Nearness, Overrides, PROFILE_KEYS, Profile, RANGES,
    ScorePoints, SignalBands, VoteBands, Weights,
};
pub use thresholds::{CommandLine, Flag as RuleFlag, Given, ListError, Range, Typed, Unit};

use ask::Ask;

/// Ratios that differ by less than this are equal: 0.33 / 0.3 is 1.10, not a hair more.
const EQUAL_WITHIN: f64 = 1e-9;

/// Whether `value` is above `limit` by more than floating-point noise.
fn exceeds(value: f64, limit: f64) -> bool {
    value - limit > EQUAL_WITHIN
}

/// Whether `value` is at or above `limit`, floating-point noise forgiven.
fn reaches(value: f64, limit: f64) -> bool {
    limit - value <= EQUAL_WITHIN
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
