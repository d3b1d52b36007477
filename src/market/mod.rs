//! One honest record per symbol: every value with its source, its time and how it was made; every hole with what was
//! tried and why it failed. Pure.

mod coverage;
mod record;
mod run;

pub use coverage::{Coverage, MissingField};
pub use record::{Attempt, Field, Missing, Record, Source, Sourced};
pub use run::{FeedState, LegacyState, Mode, RestState, Run, RunError, SourceState, Sources, StoppedBy, Timing};
