//! The gates, in the order in which they are asked. `run` stops at the first that fails, `explain` asks them all; both
//! call [`Gate::check`].

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::field::{value, was_asked};
use super::{Rules, exceeds, reaches};
use crate::instrument::{Kind, Symbol};
use crate::market::{Field, Record};

/// One condition a record has to meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// It is an underlying, not an option.
    Kind,
    /// It has a price.
    Data,
    /// Its symbol is not excluded.
    ExcludedSymbol,
    /// Its asset class is included.
    AssetClassInclude,
    /// Its asset class is not excluded.
    AssetClassExclude,
    /// Implied volatility is dear against 90 days.
    VrpStructural,
    /// Realized volatility is not collapsing.
    VolatilityMomentum,
    /// It costs enough for its options to be spread finely.
    RetailPrice,
    /// Its options at the money are quoted tightly.
    Slippage,
    /// Implied volatility is high against its own year.
    IvPercentile,
    /// Its options at the money pay enough.
    Yield,
    /// Its options trade.
    Liquidity,
    /// Implied volatility is dear against 30 days.
    VrpTactical,
}

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

impl GateResult {
    /// Whether the record failed because an input is missing, and not because of what it is.
    pub fn lacks_input(&self) -> bool {
        let measured = self.limit.is_some() || self.gate == Gate::Data;
        self.verdict == GateVerdict::Fail && measured && self.value.is_none()
    }
}

impl Gate {
    /// Every gate, in the order in which they are asked.
    pub const ALL: [Self; 13] = [
        Self::Kind,
        Self::Data,
        Self::ExcludedSymbol,
        Self::AssetClassInclude,
        Self::AssetClassExclude,
        Self::VrpStructural,
        Self::VolatilityMomentum,
        Self::RetailPrice,
        Self::Slippage,
        Self::IvPercentile,
        Self::Yield,
        Self::Liquidity,
        Self::VrpTactical,
    ];

    /// The gate's name in machine output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Data => "data",
            Self::ExcludedSymbol => "excluded_symbol",
            Self::AssetClassInclude => "asset_class_include",
            Self::AssetClassExclude => "asset_class_exclude",
            Self::VrpStructural => "vrp_structural",
            Self::VolatilityMomentum => "volatility_momentum",
            Self::RetailPrice => "retail_price",
            Self::Slippage => "slippage",
            Self::IvPercentile => "iv_percentile",
            Self::Yield => "yield",
            Self::Liquidity => "liquidity",
            Self::VrpTactical => "vrp_tactical",
        }
    }

    /// Whether it asks for slippage or yield, which are fractions told in percent.
    pub fn is_of_straddle(self) -> bool {
        matches!(self, Self::Slippage | Self::Yield)
    }

    /// What this gate says about `record` under `rules`.
    pub fn check(self, record: &Record, rules: &Rules) -> GateResult {
        match self {
            Self::Kind => kind(record),
            Self::Data => data(record),
            Self::ExcludedSymbol => excluded_symbol(record, rules),
            Self::AssetClassInclude => asset_class_include(record, rules),
            Self::AssetClassExclude => asset_class_exclude(record, rules),
            Self::VrpStructural => vrp_structural(record, rules),
            Self::VolatilityMomentum => volatility_momentum(record, rules),
            Self::RetailPrice => retail_price(record, rules),
            Self::Slippage => slippage(record, rules),
            Self::IvPercentile => iv_percentile(record, rules),
            Self::Yield => straddle_yield(record, rules),
            Self::Liquidity => liquidity(record, rules),
            Self::VrpTactical => vrp_tactical(record, rules),
        }
    }

    fn says(self, verdict: GateVerdict, text: impl Into<String>) -> GateResult {
        GateResult {
            gate: self,
            text: text.into(),
            value: None,
            limit: None,
            verdict,
            note: None,
        }
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

impl GateResult {
    fn about(mut self, value: Option<f64>, limit: f64) -> Self {
        self.value = value;
        self.limit = Some(limit);
        self
    }

    fn noting(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
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

/// Whether `listed` names the record, by its symbol or by the contract behind it.
pub(super) fn names(listed: &BTreeSet<Symbol>, record: &Record) -> bool {
    listed.contains(&record.symbol)
        || record
            .contract
            .as_ref()
            .is_some_and(|contract| listed.contains(contract))
}

fn kind(record: &Record) -> GateResult {
    match record.kind {
        Kind::Equity | Kind::Index | Kind::Future | Kind::Crypto => {
            Gate::Kind.says(GateVerdict::Pass, "Kind: underlying")
        }
        Kind::EquityOption | Kind::FutureOption => Gate::Kind.says(GateVerdict::Fail, "Kind: options are not screened"),
    }
}

fn data(record: &Record) -> GateResult {
    match value(record, Field::Price) {
        Some(_) => Gate::Data.says(GateVerdict::Pass, "Data: price present"),
        None => Gate::Data
            .says(GateVerdict::Fail, "Data: missing price")
            .noting("price missing"),
    }
}

fn excluded_symbol(record: &Record, rules: &Rules) -> GateResult {
    let gate = Gate::ExcludedSymbol;
    if names(&rules.exclude_symbols, record) {
        gate.says(GateVerdict::Fail, format!("Excluded Symbol: {}", record.symbol))
    } else if rules.exclude_symbols.is_empty() {
        gate.says(GateVerdict::NotApplied, "Excluded Symbol: none given")
            .noting("no symbols are excluded")
    } else {
        gate.says(
            GateVerdict::Pass,
            format!("Excluded Symbol: {} not excluded", record.symbol),
        )
    }
}

fn asset_class_include(record: &Record, rules: &Rules) -> GateResult {
    let gate = Gate::AssetClassInclude;
    let class = &record.asset_class;
    if rules.include_asset_classes.is_empty() {
        gate.says(GateVerdict::NotApplied, "Asset Class: no include list")
            .noting("every asset class is included")
    } else if lists(&rules.include_asset_classes, class) {
        gate.says(GateVerdict::Pass, format!("Asset Class: {class} in include list"))
    } else {
        gate.says(GateVerdict::Fail, format!("Asset Class: {class} not in include list"))
    }
}

fn asset_class_exclude(record: &Record, rules: &Rules) -> GateResult {
    let gate = Gate::AssetClassExclude;
    let class = &record.asset_class;
    if lists(&rules.exclude_asset_classes, class) {
        gate.says(GateVerdict::Fail, format!("Asset Class: {class} excluded"))
    } else if rules.exclude_asset_classes.is_empty() {
        gate.says(GateVerdict::NotApplied, "Asset Class: no exclude list")
            .noting("no asset class is excluded")
    } else {
        gate.says(GateVerdict::Pass, format!("Asset Class: {class} not excluded"))
    }
}

fn vrp_structural(record: &Record, rules: &Rules) -> GateResult {
    let ratio = value(record, Field::VrpStructural);
    let missing = ("VRP Structural: missing", absent(record, &[Field::Iv, Field::Hv90]));
    strictly_above(
        Gate::VrpStructural,
        "VRP Structural",
        ratio,
        rules.min_vrp_structural,
        missing,
    )
}

fn vrp_tactical(record: &Record, rules: &Rules) -> GateResult {
    let ratio = value(record, Field::VrpTactical);
    let missing = (
        "VRP Tactical: missing IV/HV30",
        absent(record, &[Field::Iv, Field::Hv30]),
    );
    strictly_above(
        Gate::VrpTactical,
        "VRP Tactical",
        ratio,
        rules.vrp_tactical_threshold,
        missing,
    )
}

fn strictly_above(gate: Gate, label: &str, ratio: Option<f64>, limit: f64, missing: (&str, String)) -> GateResult {
    let Some(ratio) = ratio else {
        return gate
            .says(GateVerdict::Fail, missing.0)
            .about(None, limit)
            .noting(missing.1);
    };
    let result = if exceeds(ratio, limit) {
        let (shown, against) = apart(ratio, limit, 2);
        gate.says(GateVerdict::Pass, format!("{label}: {shown} > {against}"))
    } else {
        gate.says(GateVerdict::Fail, format!("{label}: {ratio:.2} <= {limit:.2}"))
    };
    result.about(Some(ratio), limit)
}

fn volatility_momentum(record: &Record, rules: &Rules) -> GateResult {
    let gate = Gate::VolatilityMomentum;
    let limit = rules.volatility_momentum_min_ratio;
    let Some(ratio) = value(record, Field::Vtr) else {
        let note = absent(record, &[Field::Hv30, Field::Hv90]);
        return gate
            .says(GateVerdict::NotApplied, "Vol Momentum: missing, passes")
            .about(None, limit)
            .noting(note);
    };
    at_least(gate, "Vol Momentum: ", ratio, limit, 2)
}

fn retail_price(record: &Record, rules: &Rules) -> GateResult {
    let gate = Gate::RetailPrice;
    let limit = rules.retail_min_price;
    let price = value(record, Field::Price);
    if record.kind == Kind::Future {
        let text = "Retail Efficiency: futures pass";
        return gate
            .says(GateVerdict::NotApplied, text)
            .about(price, limit)
            .noting("futures have no price floor");
    }
    match price {
        Some(price) => at_least(gate, "Retail Efficiency: price ", price, limit, 2),
        None => gate
            .says(GateVerdict::Fail, "Retail Efficiency: price missing")
            .about(None, limit)
            .noting(absent(record, &[Field::Price])),
    }
}

fn slippage(record: &Record, rules: &Rules) -> GateResult {
    let gate = Gate::Slippage;
    let limit = rules.retail_max_slippage;
    let slippage = value(record, Field::Slippage);
    if !rules.judge_slippage() {
        return gate
            .says(GateVerdict::NotApplied, "Slippage: off")
            .about(slippage, limit)
            .noting("no slippage is above the maximum");
    }
    match slippage {
        Some(slippage) => at_most(gate, "Slippage: ", slippage, limit),
        None => gate
            .says(GateVerdict::NotApplied, "Slippage: missing, passes")
            .about(None, limit)
            .noting(not_quoted(record, Field::Slippage)),
    }
}

fn iv_percentile(record: &Record, rules: &Rules) -> GateResult {
    let gate = Gate::IvPercentile;
    let limit = rules.min_iv_percentile;
    let percentile = value(record, Field::IvPercentile);
    if limit <= 0.0 {
        return gate
            .says(GateVerdict::NotApplied, "IV Percentile: off")
            .about(percentile, limit)
            .noting("the minimum is 0");
    }
    match percentile {
        Some(percentile) => at_least(gate, "IV Percentile: ", percentile, limit, 1),
        None => gate
            .says(GateVerdict::Fail, "IV Percentile: missing")
            .about(None, limit)
            .noting(absent(record, &[Field::IvPercentile])),
    }
}

fn straddle_yield(record: &Record, rules: &Rules) -> GateResult {
    let gate = Gate::Yield;
    let limit = rules.min_yield;
    let found = value(record, Field::Yield);
    if limit <= 0.0 {
        return gate
            .says(GateVerdict::NotApplied, "Yield: off")
            .about(found, limit)
            .noting("the minimum is 0");
    }
    let Some(found) = found else {
        let note = not_quoted(record, Field::Yield);
        let (verdict, text) = if !was_asked(record, Field::Yield) {
            (GateVerdict::NotApplied, "Yield: not asked")
        } else if record.has(Field::Slippage) {
            (GateVerdict::Fail, "Yield: insufficient pricing data")
        } else {
            (GateVerdict::Fail, "Yield: no option pricing available")
        };
        return gate.says(verdict, text).about(None, limit).noting(note);
    };
    let result = if reaches(found, limit) {
        let text = format!("Yield: {:.2}% >= {:.2}%", found * 100.0, limit * 100.0);
        gate.says(GateVerdict::Pass, text)
    } else {
        let (shown, against) = apart(found * 100.0, limit * 100.0, 2);
        gate.says(GateVerdict::Fail, format!("Yield: {shown}% < {against}%"))
    };
    result.about(Some(found), limit)
}

fn liquidity(record: &Record, rules: &Rules) -> GateResult {
    let gate = Gate::Liquidity;
    let limit = crate::market::rating(rules.min_liquidity_rating);
    let rating = value(record, Field::LiquidityRating);
    if rules.allow_illiquid {
        let note = "illiquid symbols are allowed";
        return gate
            .says(GateVerdict::NotApplied, "Liquidity: illiquid allowed")
            .about(rating, limit)
            .noting(note);
    }
    let slippage = value(record, Field::Slippage);
    match (rating, slippage) {
        (Some(_), Some(slippage)) if exceeds(slippage, rules.liquidity_max_slippage) => {
            at_most(gate, "Liquidity: slippage ", slippage, rules.liquidity_max_slippage)
        }
        (Some(rating), _) => at_least(gate, "Liquidity: TT rating ", rating, limit, 0),
        (None, Some(slippage)) => at_most(gate, "Liquidity: slippage ", slippage, rules.retail_max_slippage),
        (None, None) if record.kind == Kind::Future => gate
            .says(GateVerdict::NotApplied, "Liquidity: missing, futures pass")
            .about(None, limit)
            .noting("futures without a rating pass"),
        (None, None) => gate
            .says(GateVerdict::Fail, "Liquidity: missing")
            .about(None, limit)
            .noting(absent(record, &[Field::LiquidityRating])),
    }
}

/// A fraction, told in percent.
fn at_most(gate: Gate, label: &str, value: f64, limit: f64) -> GateResult {
    let result = if exceeds(value, limit) {
        let (shown, against) = apart(value * 100.0, limit * 100.0, 2);
        gate.says(GateVerdict::Fail, format!("{label}{shown}% > {against}%"))
    } else {
        let text = format!("{label}{:.2}% <= {:.2}%", value * 100.0, limit * 100.0);
        gate.says(GateVerdict::Pass, text)
    };
    result.about(Some(value), limit)
}

fn at_least(gate: Gate, label: &str, value: f64, limit: f64, decimals: usize) -> GateResult {
    let result = if reaches(value, limit) {
        gate.says(
            GateVerdict::Pass,
            format!("{label}{value:.decimals$} >= {limit:.decimals$}"),
        )
    } else {
        let (shown, against) = apart(value, limit, decimals);
        gate.says(GateVerdict::Fail, format!("{label}{shown} < {against}"))
    };
    result.about(Some(value), limit)
}

/// `value` and `limit` with as many decimals as it takes to tell them apart, so that no text says `25.00 < 25.00`.
fn apart(value: f64, limit: f64, decimals: usize) -> (String, String) {
    let shown = |decimals: usize| (format!("{value:.decimals$}"), format!("{limit:.decimals$}"));
    (decimals..=9)
        .map(shown)
        .find(|(value, limit)| value != limit)
        .unwrap_or_else(|| shown(decimals))
}

fn absent(record: &Record, inputs: &[Field]) -> String {
    let missing: Vec<&str> = inputs
        .iter()
        .filter(|field| value(record, **field).is_none())
        .map(|field| field.name())
        .collect();
    if missing.is_empty() {
        "not computed".to_owned()
    } else {
        format!("{} missing", missing.join(", "))
    }
}

/// Why a field of the straddle is missing.
fn not_quoted(record: &Record, field: Field) -> String {
    let Some(missing) = record.missing.iter().find(|missing| missing.field == field) else {
        return "its options were not asked for".to_owned();
    };
    let first = missing.tried.first().map(|attempt| attempt.reason.to_string());
    first.unwrap_or_else(|| absent(record, &[field]))
}

fn lists(classes: &BTreeSet<String>, class: &str) -> bool {
    classes.iter().any(|listed| listed.eq_ignore_ascii_case(class))
}
