//! The table form of `explain`: for each symbol its gates, then where each number came from and what was tried.

use super::block::{Block, Columns, texts};
use super::layout::Column;
use super::number::{UNKNOWN, fixed, or_unknown, percent};
use super::row::{Provenance, Row};
use super::run::{Explanation, RunDocument};
use super::text::{clean, together, tried};
use crate::market::Field;
use crate::screen::{Gate, GateResult, GateVerdict};

/// Each symbol of `document`, explained.
pub(super) fn blocks(document: &RunDocument) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (row, explanation) in document.rows.iter().zip(document.explained.iter().flatten()) {
        blocks.extend((!blocks.is_empty()).then_some(Block::Gap));
        blocks.push(Block::Text(headline(row, explanation)));
        blocks.push(Block::Gap);
        let verdicts = explanation.gates.iter().map(|gate| gate.verdict);
        blocks.push(Block::Columns(Columns {
            columns: gates(&explanation.gates),
            dimmed: verdicts.map(|verdict| verdict == GateVerdict::NotApplied).collect(),
            ..Columns::default()
        }));
        blocks.push(Block::Gap);
        blocks.push(Block::columns(origins(row)));
        let earlier = row.provenance.iter().filter(|(_, origin)| !origin.tried.is_empty());
        let earlier = earlier.map(|(field, origin)| (tried(&origin.tried), field.name()));
        let missing = row.missing.iter();
        let missing = missing.map(|(field, attempts)| (tried(attempts), field.name()));
        for (words, reasons) in [("tried before", together(earlier)), ("missing", together(missing))] {
            let lines = reasons.into_iter();
            blocks.extend(texts(
                lines.map(|(reason, fields)| format!("{} {words}: {reason}", fields.join(", "))),
            ));
        }
    }
    blocks
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

fn gates(gates: &[GateResult]) -> Vec<Column> {
    vec![
        Column::words("Gate", 0, gates, |gate| gate.gate.name().to_owned()),
        Column::numbers("Value", 2, gates, |gate| measured(gate.gate, gate.value)),
        Column::numbers("Limit", 4, gates, |gate| measured(gate.gate, gate.limit)),
        Column::words("Verdict", 1, gates, |gate| gate.verdict.name().to_owned()),
        Column::words("Why", 3, gates, why).elastic(),
    ]
}

fn measured(gate: Gate, value: Option<f64>) -> String {
    if gate.is_of_straddle() {
        percent(value)
    } else {
        fixed(value, 2)
    }
}

/// A field of a row: its value and where that came from, if there is one.
struct Origin<'a> {
    field: Field,
    value: String,
    from: Option<&'a Provenance>,
}

fn origins(row: &Row) -> Vec<Column> {
    let origin = |field| {
        let from = row.provenance.get(&field);
        let mark = if row.is_second_hand(field) { "*" } else { "" };
        let value = from.map_or_else(|| UNKNOWN.to_owned(), |_| format!("{}{mark}", row.values.shown(field)));
        (from.is_some() || row.missing.contains_key(&field)).then_some(Origin { field, value, from })
    };
    let fields: Vec<Origin<'_>> = Field::ALL.into_iter().filter_map(origin).collect();
    vec![
        Column::words("Field", 0, &fields, |one| one.field.name().to_owned()),
        Column::numbers("Value", 1, &fields, |one| clean(&one.value)),
        Column::words("Source", 2, &fields, |one| {
            or_unknown(one.from.map(|from| from.source.name()))
        }),
        Column::words("As of UTC", 4, &fields, |one| {
            let moment = |from: &Provenance| from.as_of.get(5..19).unwrap_or(&from.as_of).replace('T', " ");
            or_unknown(one.from.map(moment))
        }),
        Column::words("Method", 3, &fields, |one| {
            one.from
                .map_or_else(|| "missing".to_owned(), |from| clean(&from.method))
        })
        .elastic(),
    ]
}
