//! One honest record per symbol: every value with its source, its time and how it was made; every hole with what was
//! tried and why it failed. Pure.

mod bars;
mod coverage;
mod derived;
#[cfg(test)]
mod fixtures;
mod gathered;
mod gaps;
mod stored;
mod merge;
mod notes;
mod candidates;
mod vol_report;
mod precedence;
mod price;
mod field_value;
mod record;
mod roll;
mod run;
mod straddle;
mod vol_inputs;

pub use coverage::{Coverage, MissingField};
pub use gathered::{Inputs, Predecessor, Subject, VolRules};
pub use gaps::{Gap, gaps, needs_hv, needs_price};
pub use stored::{Stored, StoredBars, StoredValue, PastDay, PastIv, stored_values};
pub use merge::merge;
pub use vol_report::{Compared, Expected, Horizon, Measured, VolReport, Premiums, Term};
pub use precedence::{Precedence, fields_of, required};
pub use price::{market_of, tradable};
pub use field_value::{FieldValue, field_value, rating};
pub use record::{Attempt, Field, Missing, Record, Source, Sourced};
pub use roll::{Roll, RollTime, ActiveSpan};
pub use run::{
    FeedState, LegacyState, Mode, RestState, Run, RunError, SourceState, Sources, StoppedBy, StoreState, Timing,
};
pub use straddle::{StraddleQuote, TwoSided};
pub use vol_inputs::{ClosedBars, VolInputs, HvBySource};
