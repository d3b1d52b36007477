//! Remarks on a record, by name.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// A remark on a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// Its price is older than the last closed session, or a value of it is one that an earlier run kept.
    Stale,
    /// A value of it was streamed before an interruption of the feed and not since.
    BeforeGap,
    /// A realized volatility is from a futures series that joins contracts.
    HvSpansRolls,
    /// The day of its earnings is an estimate.
    EarningsEstimated,
    /// Its rank follows the other definition.
    IvRankTw,
    /// Its implied volatility is that of a stand-in.
    IvProxy,
    /// The root's contract has changed.
    Rolled,
    /// The root's contract will change.
    RollAhead,
}

impl Note {
    /// The name in machine output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::BeforeGap => "before_gap",
            Self::HvSpansRolls => "hv_spans_rolls",
            Self::EarningsEstimated => "earnings_estimated",
            Self::IvRankTw => "iv_rank_tw",
            Self::IvProxy => "iv_proxy",
            Self::Rolled => "rolled",
            Self::RollAhead => "roll_ahead",
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
