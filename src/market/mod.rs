//! One honest record per symbol: every value with its source, its time and how it was made; every hole with what was
//! tried and why it failed. Pure.

mod bars;
mod coverage;
mod derived;
mod evidence;
mod field;
mod field_value;
#[cfg(test)]
mod fixtures;
mod gaps;
mod merge;
mod method;
mod note;
mod notes;
mod offers;
mod precedence;
mod price;
mod reason;
mod record;
mod roll;
mod run;
mod stored;
mod straddle;
mod subject;
mod vol_inputs;
mod vol_report;

pub use coverage::{Coverage, MissingField};
pub use evidence::{Evidence, Predecessor, Rules, VolRules};
pub use field::{Field, FieldType, Group};
pub use field_value::{FieldMap, FieldValue, rating};
pub use gaps::{Gap, gaps, needs_hv, needs_price};
pub use merge::merge;
pub use method::Method;
pub use note::Note;
pub use notes::ages;
pub use precedence::{Precedence, first_source};
pub use price::{market_of, tradable};
pub use reason::Reason;
pub use record::{Attempt, Missing, Record, Source, Sourced};
#[cfg(test)]
pub use roll::RollTime;
pub use roll::{ActiveSpan, Roll};
pub use run::{
    FeedState, LegacyState, Mode, RestState, Run, RunError, SourceState, Sources, StoppedBy, StoreState, Timing,
};
pub use stored::{PastDay, PastIv, Stored, StoredBars, StoredValue, stored_values};
pub use straddle::{StraddleQuote, TwoSided};
pub use subject::Subject;
pub use vol_inputs::VolInputs;
pub use vol_report::{Compared, Expected, Forecast, Horizon, Measured, OverForecast, Premiums, Term, VolReport};
