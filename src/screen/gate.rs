//! What a gate is, and asking it. `run` stops at the first gate that fails, `explain` asks them all; both call
//! [`Gate::check`].
//!
//! A gate is an entry of the table: its variant and printed name, what it judges by, and its check with its words.

use schemars::JsonSchema;
use serde::Serialize;

use super::ask::{Answer, Ask, GateVerdict, Measure, Must, Shown};
use super::checks;
use super::rules::Rules;
use crate::market::{Field, Record};

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
enum Inputs {
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

impl Gate {
    /// Whether it asks for slippage or yield, which are fractions told in percent.
    pub fn is_of_straddle(self) -> bool {
        self.inputs() == Inputs::Straddle
    }

    /// What this gate says about `record` under `rules`.
    pub fn check(self, record: &Record, rules: &Rules) -> GateResult {
        let answer = self.asks()(&Ask { record, rules });
        GateResult {
            gate: self,
            text: answer.text,
            value: answer.value,
            limit: answer.limit,
            verdict: answer.verdict,
            note: answer.note,
        }
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

            fn inputs(self) -> Inputs {
                match self { $(Self::$gate => Inputs::$inputs,)* }
            }

            fn asks(self) -> fn(&Ask<'_>) -> Answer {
                match self { $(Self::$gate => $check,)* }
            }
        }
    };
}

// In the order in which they are asked.
gates! {
    /// It is an underlying, not an option.
    Kind "kind", Record, checks::kind;
    /// It has a price.
    Data "data", Record, checks::data;
    /// Its symbol is not excluded.
    ExcludedSymbol "excluded_symbol", Record, checks::excluded_symbol;
    /// Its asset class is included.
    AssetClassInclude "asset_class_include", Record, checks::asset_class_include;
    /// Its asset class is not excluded.
    AssetClassExclude "asset_class_exclude", Record, checks::asset_class_exclude;
    /// Implied volatility is dear against 90 days.
    VrpStructural "vrp_structural", Record, |ask| ask.measure(&Measure {
        label: "VRP Structural:",
        field: Field::VrpStructural,
        made_of: &[Field::Iv, Field::Hv90],
        must: Must::Exceed(ask.rules.limits.min_vrp_structural),
        shown: Shown::decimals(2),
    });
    /// Realized volatility is not collapsing.
    VolatilityMomentum "volatility_momentum", Record, |ask| ask.measure_known(&Measure {
        label: "Vol Momentum:",
        field: Field::Vtr,
        made_of: &[Field::Hv30, Field::Hv90],
        must: Must::Reach(ask.rules.limits.volatility_momentum_min_ratio),
        shown: Shown::decimals(2),
    });
    /// It costs enough for its options to be spread finely.
    RetailPrice "retail_price", Record, checks::retail_price;
    /// Its options at the money are quoted tightly.
    Slippage "slippage", Straddle, checks::slippage;
    /// Implied volatility is high against its own year.
    IvPercentile "iv_percentile", Record, checks::iv_percentile;
    /// Its options at the money pay enough.
    Yield "yield", Straddle, checks::straddle_yield;
    /// Its options trade.
    Liquidity "liquidity", Record, checks::liquidity;
    /// Implied volatility is dear against 30 days.
    VrpTactical "vrp_tactical", Record, checks::vrp_tactical;
}
