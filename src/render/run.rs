//! What `screen`, `quote`, `explain` and `chain` say, as data. `run_document` writes it.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::chain::ChainBlock;
use super::row::Row;
use super::text::millis;
use crate::chain::Report as ChainReport;
use crate::instrument::Symbol;
use crate::market::{Coverage, Mode, Record, Run, RunError, Sources, StoppedBy, Timing};
use crate::screen::{self, Diff, Gate, GateResult, Report, Rules, View};

/// Version of the document. Within a version keys are only added.
pub const SCHEMA_VERSION: u32 = 1;

/// Which command made a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// `variance screen`.
    Screen,
    /// `variance quote`.
    Quote,
    /// `variance explain`.
    Explain,
    /// `variance chain`.
    Chain,
    /// `variance vol SYMBOL`, in whose own document this one is.
    Vol,
}

/// What `screen`, `quote`, `explain` and `chain` print.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Document")]
pub struct RunDocument {
    /// Version of this document; within a version keys are only added.
    pub schema_version: u32,
    /// Which command made it.
    pub command: Command,
    /// When, RFC 3339 UTC with milliseconds.
    pub generated_at: String,
    /// Which venue the data is from; `demo` is invented data, `replay` a recorded run.
    pub mode: Mode,
    /// What was replayed; of replays only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Recorded>,
    /// The session screened, `YYYY-MM-DD`, where it is a stored one; `screen --as-of` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Whether the feed's data is delayed.
    pub delayed: bool,
    /// Whether something was cut off by the deadline.
    pub partial: bool,
    /// Name of the profile; not of `quote`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Every threshold in force; not of `quote`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<Rules>,
    /// How much of what was asked for is there.
    pub coverage: Coverage,
    /// How each source did.
    pub sources: Sources,
    /// Where the time went, milliseconds.
    pub timing_ms: Timing,
    /// What ended the gathering.
    pub stopped_by: StoppedBy,
    /// The rows.
    pub rows: Vec<Row>,
    /// What the gates stopped, by symbol; `screen` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected: Option<Vec<Rejected>>,
    /// What entered, left and moved; `screen --diff` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<Diff>,
    /// What every gate said, in the order of `rows`; `explain` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explained: Option<Vec<Explanation>>,
    /// The option chain; `chain` only, the rows are what its options are on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainBlock>,
    /// Complaints about the run.
    pub errors: Vec<RunError>,
}

/// The run behind a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Recorded {
    /// Which venue the data is from; `demo` is invented data.
    pub mode: Mode,
    /// When the run started, RFC 3339 UTC with milliseconds.
    pub started_at: String,
}

impl Recorded {
    /// A run on the venue of `mode` that started at `started_at`.
    pub fn new(mode: Mode, started_at: Timestamp) -> Self {
        Self {
            mode,
            started_at: millis(started_at),
        }
    }
}

/// A symbol that a gate stopped.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Rejected {
    /// The symbol.
    pub symbol: Symbol,
    /// The first gate that stopped it.
    pub gate: Gate,
    /// Why: `VRP Structural: 0.89 <= 1.10`.
    pub text: String,
    /// What was compared; `null` where it is missing or is not a number.
    pub value: Option<f64>,
    /// What it was compared with; `null` where that is not a number.
    pub limit: Option<f64>,
    /// Which inputs are missing, and why; else `null`.
    pub note: Option<String>,
}

/// What every gate said about one symbol.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Explanation {
    /// The symbol.
    pub symbol: Symbol,
    /// Whether it passes all gates.
    pub passed: bool,
    /// The gates, in the order in which a screen asks them.
    pub gates: Vec<GateResult>,
}

/// What a document says beside its rows.
#[derive(Debug, Clone, Copy)]
pub struct Meta<'a> {
    /// How much of what was asked for is there.
    pub coverage: &'a Coverage,
    /// How the run went.
    pub run: &'a Run,
    /// When the document is made.
    pub generated_at: Timestamp,
    /// What was replayed, if anything.
    pub recorded: Option<&'a Recorded>,
}

impl RunDocument {
    /// The rows of `report` that `view` asks for, and all that was rejected.
    pub fn screen(report: &Report<'_>, view: &View, meta: Meta<'_>) -> Self {
        let rejected = report.rejected().map(|(record, result)| Rejected {
            symbol: record.symbol.clone(),
            gate: result.gate,
            text: result.text.clone(),
            value: result.value,
            limit: result.limit,
            note: result.note.clone(),
        });
        Self {
            profile: Some(report.rules.profile.clone()),
            thresholds: Some(report.rules.clone()),
            rejected: Some(rejected.collect()),
            ..Self::envelope(
                Command::Screen,
                report.rows(view).into_iter().map(Row::screened).collect(),
                meta,
            )
        }
    }

    /// `records` in their order, not screened.
    pub fn quote(records: &[Record], meta: Meta<'_>) -> Self {
        Self::envelope(Command::Quote, records.iter().map(Row::quoted).collect(), meta)
    }

    /// `records` in their order, for the document of `vol`.
    pub fn vol(records: &[Record], meta: Meta<'_>) -> Self {
        Self::envelope(Command::Vol, records.iter().map(Row::quoted).collect(), meta)
    }

    /// `records` in their order, with the answer of every gate of `rules` on `today`.
    pub fn explain(records: &[Record], rules: &Rules, today: Date, meta: Meta<'_>) -> Self {
        let explained = screen::explain(records, rules, today);
        let rows = explained
            .iter()
            .map(|explained| Row::screened(&explained.screened))
            .collect();
        let explanations = explained.into_iter().map(|explained| Explanation {
            symbol: explained.screened.record.symbol.clone(),
            passed: explained.screened.rejection.is_none(),
            gates: explained.gates,
        });
        Self {
            profile: Some(rules.profile.clone()),
            thresholds: Some(rules.clone()),
            explained: Some(explanations.collect()),
            ..Self::envelope(Command::Explain, rows, meta)
        }
    }

    /// The options of `chain`, if there is one, and the `underlyings` they are on.
    pub fn chain(chain: Option<&ChainReport>, underlyings: &[&Record], meta: Meta<'_>) -> Self {
        let rows = underlyings.iter().map(|record| Row::quoted(record)).collect();
        Self {
            chain: chain.map(ChainBlock::of),
            ..Self::envelope(Command::Chain, rows, meta)
        }
    }

    fn envelope(command: Command, rows: Vec<Row>, meta: Meta<'_>) -> Self {
        let Run {
            mode,
            delayed,
            partial,
            stopped_by,
            sources,
            timing,
            errors,
        } = meta.run.clone();
        Self {
            schema_version: SCHEMA_VERSION,
            command,
            generated_at: millis(meta.generated_at),
            mode,
            recorded: meta.recorded.cloned(),
            as_of: None,
            delayed,
            partial,
            profile: None,
            thresholds: None,
            coverage: meta.coverage.clone(),
            sources,
            timing_ms: timing,
            stopped_by,
            rows,
            rejected: None,
            diff: None,
            explained: None,
            chain: None,
            errors,
        }
    }
}
