//! The formats for programs: JSON, JSON lines, and the two with one row a line. These take their cells from the same
//! JSON values, so that all four agree to the last digit.

use std::io;

use serde::Serialize;
use serde_json::{Map, Value};

use super::chain::{ChainBlock, OPTION_COLUMNS};
use super::text::clean;
use super::{Command, Document, Recorded, Row, Turn, row_columns};
use crate::market::{Coverage, Mode, RunError, Sources, StoppedBy, Timing};
use crate::screen::{Diff, Rules};

/// Columns of `explain` in `plain` and `csv`: one line for each gate of each symbol.
const GATE_COLUMNS: [&str; 7] = ["symbol", "gate", "verdict", "value", "limit", "text", "note"];

/// Columns that end every line of `plain` and `csv`, the same on all of them.
pub(super) const RUN_COLUMNS: [&str; 4] = ["mode", "delayed", "partial", "recorded"];

pub(super) fn json(document: &Document, out: &mut impl io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    out.write_all(b"\n")
}

/// The document of [`json`] without a line break inside.
pub(super) fn json_line(document: &Document, out: &mut impl io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, document)?;
    out.write_all(b"\n")
}

pub(super) fn jsonl(document: &Document, out: &mut impl io::Write) -> io::Result<()> {
    line(
        out,
        &Line::Meta {
            schema_version: document.schema_version,
            command: document.command,
            generated_at: &document.generated_at,
            mode: document.mode,
            recorded: document.recorded.as_ref(),
            as_of: document.as_of.as_deref(),
            delayed: document.delayed,
            profile: document.profile.as_deref(),
            thresholds: document.thresholds.as_ref(),
        },
    )?;
    for row in &document.rows {
        line(out, &Line::Row(row))?;
    }
    for rejected in document.rejected.iter().flatten() {
        line(out, &Line::Rejected(rejected))?;
    }
    if let Some(diff) = &document.diff {
        line(out, &Line::Diff(diff))?;
    }
    for explained in document.explained.iter().flatten() {
        line(out, &Line::Explained(explained))?;
    }
    if let Some(chain) = &document.chain {
        chain_lines(chain, out)?;
    }
    line(
        out,
        &Line::Summary {
            partial: document.partial,
            stopped_by: document.stopped_by,
            coverage: &document.coverage,
            sources: &document.sources,
            timing_ms: document.timing_ms,
            errors: &document.errors,
        },
    )
}

pub(super) fn plain(document: &Document, turn: Option<Turn>, out: &mut impl io::Write) -> io::Result<()> {
    let (header, lines) = grid(document, turn)?;
    if turn != Some(Turn::Later) {
        writeln!(out, "{}", header.join("\t"))?;
    }
    for cells in lines {
        writeln!(out, "{}", cells.join("\t"))?;
    }
    Ok(())
}

pub(super) fn csv(document: &Document, turn: Option<Turn>, out: &mut impl io::Write) -> io::Result<()> {
    let (header, lines) = grid(document, turn)?;
    let mut writer = csv::Writer::from_writer(out);
    if turn != Some(Turn::Later) {
        writer.write_record(&header)?;
    }
    for cells in lines {
        writer.write_record(&cells)?;
    }
    writer.flush()
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Meta {
        schema_version: u32,
        command: Command,
        generated_at: &'a str,
        mode: Mode,
        #[serde(skip_serializing_if = "Option::is_none")]
        recorded: Option<&'a Recorded>,
        #[serde(skip_serializing_if = "Option::is_none")]
        as_of: Option<&'a str>,
        delayed: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        profile: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        thresholds: Option<&'a Rules>,
    },
    Row(&'a Row),
    Rejected(&'a super::Rejected),
    Diff(&'a Diff),
    Explained(&'a super::Explanation),
    Chain(Map<String, Value>),
    Expiration(Map<String, Value>),
    Option(Map<String, Value>),
    Summary {
        partial: bool,
        stopped_by: StoppedBy,
        coverage: &'a Coverage,
        sources: &'a Sources,
        timing_ms: Timing,
        errors: &'a [RunError],
    },
}

fn line(out: &mut impl io::Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// The chain without its expirations, the expirations without their strikes, then an option a line.
fn chain_lines(chain: &ChainBlock, out: &mut impl io::Write) -> io::Result<()> {
    let mut alone = object(chain)?;
    alone.remove("expirations");
    line(out, &Line::Chain(alone))?;
    for expiration in &chain.expirations {
        let mut alone = object(expiration)?;
        alone.remove("strikes");
        line(out, &Line::Expiration(alone))?;
    }
    for option in options(chain)? {
        line(out, &Line::Option(option))?;
    }
    Ok(())
}

/// Each option with what its expiration and strike say about it.
fn options(chain: &ChainBlock) -> io::Result<Vec<Map<String, Value>>> {
    let options = chain.options().map(|(expiration, strike, right, option)| {
        let mut object = object(option)?;
        let about = serde_json::json!({
            "underlying": expiration.underlying, "root": expiration.root, "expiration": expiration.expiration,
            "days_to_expiration": expiration.days_to_expiration, "multiplier": expiration.multiplier,
            "strike": strike.strike, "right": right, "model_iv": strike.model_iv,
        });
        object.extend(self::object(&about)?);
        Ok(object)
    });
    options.collect()
}

/// Header and cells of the formats with one row a line; of one of several documents also when it was made.
fn grid(document: &Document, turn: Option<Turn>) -> io::Result<(Vec<&'static str>, Vec<Vec<String>>)> {
    let mut run = run_cells(document)?;
    run.extend(turn.map(|_| document.generated_at.clone()));
    let (columns, objects) = match (&document.explained, &document.chain) {
        (_, Some(chain)) => (OPTION_COLUMNS.to_vec(), options(chain)?),
        (_, None) if document.command == Command::Chain => (OPTION_COLUMNS.to_vec(), Vec::new()),
        (Some(explained), None) => {
            let mut gates = Vec::new();
            for explanation in explained {
                for gate in &explanation.gates {
                    let mut object = object(gate)?;
                    object.insert("symbol".to_owned(), serde_json::to_value(&explanation.symbol)?);
                    gates.push(object);
                }
            }
            (GATE_COLUMNS.to_vec(), gates)
        }
        (None, None) => (
            row_columns(),
            document.rows.iter().map(object).collect::<io::Result<_>>()?,
        ),
    };
    let cells = |object: &Map<String, Value>| {
        columns
            .iter()
            .map(|column| object.get(*column).map_or_else(String::new, text))
            .chain(run.clone())
            .collect()
    };
    let made = turn.map(|_| "generated_at");
    let header = columns.iter().copied().chain(RUN_COLUMNS).chain(made).collect();
    Ok((header, objects.iter().map(cells).collect()))
}

/// The cells of [`RUN_COLUMNS`].
pub(super) fn run_cells(document: &Document) -> io::Result<Vec<String>> {
    let recorded = document.recorded.as_ref().map(|recorded| recorded.mode);
    Ok(vec![
        text(&serde_json::to_value(document.mode)?),
        text(&Value::Bool(document.delayed)),
        text(&Value::Bool(document.partial)),
        text(&serde_json::to_value(recorded)?),
    ])
}

pub(super) fn object(value: &impl Serialize) -> io::Result<Map<String, Value>> {
    match serde_json::to_value(value)? {
        Value::Object(object) => Ok(object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Ok(Map::new()),
    }
}

/// A cell: nothing for `null`, words of a list and keys of an object with spaces between, `key=source` where an object
/// names a source.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => guarded(&clean(text)),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| match value.get("source") {
                Some(source) => format!("{key}={}", text(source)),
                None => key.clone(),
            };
            entries.iter().map(entry).collect::<Vec<_>>().join(" ")
        }
    }
}

/// A spreadsheet takes a text that begins like this for a formula. No symbol does.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
