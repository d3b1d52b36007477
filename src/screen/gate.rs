//! What a gate is, and asking it. `run` stops at the first gate that fails, `explain` asks them all; both call
//! [`Gate::check`]. Which gates there are stands in the table.

use schemars::JsonSchema;
use serde::Serialize;

use super::table::Gate;
use super::{Ask, Rules};
use crate::market::{Field, Record};

/// How a record did at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateVerdict {
    /// It passed.
    Pass,
    /// It was stopped.
    Fail,
    /// The gate is switched off or does not concern this record; it passed.
    NotApplied,
}

/// What a gate said about a record.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct GateResult {
    /// The gate.
    pub gate: Gate,
    /// The verdict in words: `VRP Structural: 0.89 <= 1.10`.
    pub text: String,
    /// What was compared; absent where it is missing or is not a number.
    pub value: Option<f64>,
    /// What it was compared with; absent where that is not a number.
    pub limit: Option<f64>,
    /// How the record did.
    pub verdict: GateVerdict,
    /// Which inputs are missing, or why the gate does not apply.
    pub note: Option<String>,
}

/// What a gate judges by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inputs {
    /// What is known of every symbol.
    Record,
    /// Slippage or yield of the options at the money, fractions told in percent.
    Straddle,
}

impl GateResult {
    /// Whether the record failed because an input is missing, and not because of what it is.
    pub fn lacks_input(&self) -> bool {
        let measured = self.limit.is_some() || self.gate == Gate::Data;
        self.verdict == GateVerdict::Fail && measured && self.value.is_none()
    }
}

impl GateVerdict {
    /// The verdict's name in machine output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplied => "not_applied",
        }
    }
}

impl Gate {
    /// Whether it asks for slippage or yield, which are fractions told in percent.
    pub fn is_of_straddle(self) -> bool {
        self.inputs() == Inputs::Straddle
    }

    /// What this gate says about `record` under `rules`.
    pub fn check(self, record: &Record, rules: &Rules) -> GateResult {
        let gate = self;
        self.asks()(&Ask { gate, record, rules })
    }
}

/// What every gate says about `record`, without stopping at the first that fails.
pub fn gates(record: &Record, rules: &Rules) -> Vec<GateResult> {
    Gate::ALL.iter().map(|gate| gate.check(record, rules)).collect()
}

/// The first gate that stops `record`; `None` when it passes them all.
pub fn first_failure(record: &Record, rules: &Rules) -> Option<GateResult> {
    Gate::ALL
        .iter()
        .map(|gate| gate.check(record, rules))
        .find(|result| result.verdict == GateVerdict::Fail)
}

/// Whether the options of `record` have to be asked for before it can be judged: it passes everything that is known
/// without them, and a gate needs them.
pub fn wants_straddle(record: &Record, rules: &Rules) -> bool {
    // Without a rating the slippage decides.
    let by_slippage = |gate: &Gate| *gate == Gate::Liquidity && !record.has(Field::LiquidityRating);
    let of_options = |gate: &Gate| gate.is_of_straddle() || by_slippage(gate);
    let stops = |gate: &Gate| gate.check(record, rules).verdict == GateVerdict::Fail;
    rules.judge_options() && !Gate::ALL.iter().filter(|gate| !of_options(gate)).any(stops)
}

/// Makes of the table of gates the type that names them.
macro_rules! gates {
    ($(#[doc = $doc:literal] $gate:ident $name:literal, $inputs:ident, $check:expr;)*) => {
        /// One condition a record has to meet.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        pub enum Gate {
            $(#[doc = $doc] #[serde(rename = $name)] $gate,)*
        }

        impl Gate {
            /// Every gate, in the order in which they are asked.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$gate),*];

            /// The gate's name in machine output.
            pub fn name(self) -> &'static str {
                match self { $(Self::$gate => $name,)* }
            }

            pub(super) fn inputs(self) -> Inputs {
                match self { $(Self::$gate => Inputs::$inputs,)* }
            }

            pub(super) fn asks(self) -> fn(&Ask<'_>) -> GateResult {
                match self { $(Self::$gate => $check,)* }
            }
        }
    };
}
pub(super) use gates as gate_table;
