//! The table form of `explain`: for each symbol its gates, then where each number came from and what was tried.

use std::io;

use super::layout::{Column, fit, lines};
use super::number::{UNKNOWN, fixed, percent};
use super::table::{second_hand, shown};
use super::text::{clean, wrapped};
use super::{Document, Explanation, Row, Style};
use crate::market::{Attempt, Field, Source};
use crate::screen::{Gate, GateResult, GateVerdict};

pub(super) fn write(document: &Document, style: &Style, out: &mut impl io::Write) -> io::Result<()> {
    for (index, (row, explanation)) in document
        .rows
        .iter()
        .zip(document.explained.iter().flatten())
        .enumerate()
    {
        if index > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}", headline(row, explanation))?;
        writeln!(out)?;
        let dimmed = |index: usize| {
            explanation
                .gates
                .get(index)
                .is_some_and(|gate: &GateResult| gate.verdict == GateVerdict::NotApplied)
        };
        print(gates(explanation), style, dimmed, out)?;
        writeln!(out)?;
        print(origins(row), style, |_| false, out)?;
        let earlier = row.provenance.iter().filter(|(_, origin)| !origin.tried.is_empty());
        let earlier = earlier.map(|(field, origin)| (*field, tried(&origin.tried)));
        let missing = row.missing.iter().map(|(field, attempts)| (*field, tried(attempts)));
        for (words, reasons) in [("tried before", together(earlier)), ("missing", together(missing))] {
            for (fields, reason) in reasons {
                let line = format!("{} {words}: {reason}", fields.join(", "));
                writeln!(out, "{}", wrapped(&line, style.width))?;
            }
        }
    }
    Ok(())
}

/// Fields of which the same is to be said, in the order of the first of them.
fn together(said: impl Iterator<Item = (Field, String)>) -> Vec<(Vec<&'static str>, String)> {
    let mut groups: Vec<(Vec<&'static str>, String)> = Vec::new();
    for (field, reason) in said {
        match groups.iter_mut().find(|(_, known)| *known == reason) {
            Some((fields, _)) => fields.push(field.name()),
            None => groups.push((vec![field.name()], reason)),
        }
    }
    groups
}

/// Every attempt in words: `rest: null; dxlink-candles: 12 bars`.
pub(super) fn tried(attempts: &[Attempt]) -> String {
    if attempts.is_empty() {
        return "nothing was tried".to_owned();
    }
    let words = |attempt: &Attempt| {
        format!(
            "{}: {}",
            source_name(attempt.source),
            clean(&attempt.reason.to_string())
        )
    };
    attempts.iter().map(words).collect::<Vec<_>>().join("; ")
}

/// The source's name in machine output.
pub(super) fn source_name(source: Source) -> &'static str {
    source.name()
}

fn headline(row: &Row, explanation: &Explanation) -> String {
    let mut words = vec![explanation.symbol.to_string()];
    words.extend(row.contract.as_ref().map(ToString::to_string));
    words.extend(row.days_to_expiration.map(|days| format!("{days} days")));
    words.push(clean(&row.asset_class));
    words.push(if explanation.passed {
        "passes".to_owned()
    } else {
        "rejected".to_owned()
    });
    words.extend(row.score.map(|score| format!("score {}", fixed(Some(score), 1))));
    words.extend(row.signal.map(|signal| signal.name().to_owned()));
    words.extend(row.vote.map(|vote| vote.name().to_owned()));
    words.extend(row.flags.iter().map(|flag| flag.name().to_owned()));
    words.extend(row.notes.iter().cloned());
    words.join("  ")
}

/// What the figures do not say by themselves.
fn why(gate: &GateResult) -> String {
    match (&gate.note, gate.verdict) {
        (Some(note), _) => note.clone(),
        (None, GateVerdict::Fail) => gate.text.clone(),
        (None, GateVerdict::Pass | GateVerdict::NotApplied) => String::new(),
    }
}

fn gates(explanation: &Explanation) -> Vec<Column> {
    let column = |header, right, keep, cell: fn(&GateResult) -> String| Column {
        header,
        right,
        keep,
        elastic: keep == ELASTIC_KEEP,
        cells: explanation.gates.iter().map(cell).collect(),
    };
    vec![
        column("Gate", false, 0, |gate| gate.gate.name().to_owned()),
        column("Value", true, 2, |gate| measured(gate.gate, gate.value)),
        column("Limit", true, 4, |gate| measured(gate.gate, gate.limit)),
        column("Verdict", false, 1, |gate| gate.verdict.name().to_owned()),
        column("Why", false, ELASTIC_KEEP, why),
    ]
}

fn measured(gate: Gate, value: Option<f64>) -> String {
    if gate.is_of_straddle() {
        percent(value)
    } else {
        fixed(value, 2)
    }
}

fn origins(row: &Row) -> Vec<Column> {
    let known: Vec<[String; 5]> = Field::ALL
        .into_iter()
        .filter_map(|field| {
            let name = field.name().to_owned();
            if let Some(origin) = row.provenance.get(&field) {
                let mark = if second_hand(row, field) { "*" } else { "" };
                let value = format!("{}{mark}", shown(row, field));
                let as_of = origin.as_of.get(5..19).unwrap_or(&origin.as_of).replace('T', " ");
                return Some([
                    name,
                    value,
                    source_name(origin.source).to_owned(),
                    as_of,
                    origin.method.clone(),
                ]);
            }
            let unknown = || UNKNOWN.to_owned();
            row.missing
                .contains_key(&field)
                .then(|| [name, unknown(), unknown(), unknown(), "missing".to_owned()])
        })
        .collect();
    let headers = [
        ("Field", false, 0),
        ("Value", true, 1),
        ("Source", false, 2),
        ("As of UTC", false, 4),
    ];
    let headers = headers.into_iter().chain([("Method", false, ELASTIC_KEEP)]);
    headers
        .enumerate()
        .map(|(index, (header, right, keep))| Column {
            header,
            right,
            keep,
            elastic: keep == ELASTIC_KEEP,
            cells: known
                .iter()
                .filter_map(|cells| cells.get(index).map(|cell| clean(cell)))
                .collect(),
        })
        .collect()
}

fn print(
    columns: Vec<Column>,
    style: &Style,
    dimmed: impl Fn(usize) -> bool,
    out: &mut impl io::Write,
) -> io::Result<()> {
    lines(&fit(columns, style.width), style, dimmed)
        .iter()
        .try_for_each(|line| writeln!(out, "{line}"))
}

/// The words at the end of a line: they may be cut, so they need not be dropped before the rest.
const ELASTIC_KEEP: u8 = 3;
