//! One honest record per symbol: every value with its source, its time and how it was made; every hole with what was
//! tried and why it failed. Pure.

mod bars;
mod coverage;
mod derived;
#[cfg(test)]
mod fixtures;
mod gathered;
mod holes;
mod kept;
mod merge;
mod notes;
mod offers;
mod outlook;
mod precedence;
mod price;
mod reading;
mod record;
mod roll;
mod run;
mod straddle;
mod study;

pub use coverage::{Coverage, MissingField};
pub use gathered::{Inputs, Predecessor, Subject, VolRules};
pub use holes::{Hole, holes, needs_hv, needs_price};
pub use kept::{Kept, KeptBars, KeptValue, PastDay, PastIv, kept_values};
pub use merge::merge;
pub use outlook::{Compared, Expected, Horizon, Measured, Outlook, Premiums, Term};
pub use precedence::{Precedence, fields_of, required};
pub use price::{market_of, tradable};
pub use reading::{Reading, reading, stars};
pub use record::{Attempt, Field, Missing, Record, Source, Sourced};
pub use roll::{Roll, RollTime, Tenure};
pub use run::{
    FeedState, LegacyState, Mode, RestState, Run, RunError, SourceState, Sources, StoppedBy, StoreState, Timing,
};
pub use straddle::{StraddleQuote, TwoSided};
pub use study::{ClosedBars, Study, Witness};
