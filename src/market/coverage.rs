//! How much of what was asked for is there.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::field::Field;
use super::record::{Attempt, Record};
use crate::instrument::Symbol;

/// Completeness of a run, per symbol and per field.
///
/// A record is complete when `price iv iv_rank iv_percentile hv30 hv90` are all present; one of an option when the
/// price, the Greeks and the option's implied volatility are. Fields outside these lists are not counted.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Coverage {
    /// Symbols asked for.
    pub requested: usize,
    /// Of these, complete ones.
    pub complete: usize,
    /// `complete / requested`, 0 to 1; 1 when nothing was asked for, because then nothing is missing.
    pub ratio: f64,
    /// For each required field the share of the symbols that have it among those that need it, 0 to 1. A field no
    /// symbol needs is not listed.
    pub fields: BTreeMap<Field, f64>,
    /// Symbols that only their options could let pass a screen, and whose options were not asked for or did not come.
    pub unjudged: Vec<Symbol>,
    /// Every required field without a value, in the order of the records and of the fields.
    pub missing: Vec<MissingField>,
}

/// A required field one symbol lacks.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MissingField {
    /// The symbol.
    pub symbol: Symbol,
    /// The field.
    pub field: Field,
    /// What was tried, in order.
    pub tried: Vec<Attempt>,
}

impl Coverage {
    /// The same, with the symbols that only their options could let pass, and whose options did not come.
    #[must_use]
    pub fn leaving(mut self, unjudged: &BTreeSet<Symbol>) -> Self {
        self.unjudged = unjudged.iter().cloned().collect();
        self
    }

    /// The share of symbols that are complete and not [`Coverage::unjudged`], 0 to 1; 1 when nothing was asked for.
    pub fn judged_ratio(&self) -> f64 {
        let is_complete = |symbol: &&Symbol| !self.missing.iter().any(|gap| gap.symbol == **symbol);
        let lost = self.unjudged.iter().filter(is_complete).count();
        share(self.complete.saturating_sub(lost), self.requested)
    }

    /// Counts `records`, one for each symbol asked for.
    pub fn of(records: &[Record]) -> Self {
        let mut complete = 0;
        let mut needed: BTreeMap<Field, (usize, usize)> = BTreeMap::new();
        let mut missing = Vec::new();
        for record in records {
            let holes_before = missing.len();
            for field in Field::required(record.kind) {
                let (have, of) = needed.entry(field).or_default();
                *of += 1;
                if record.has(field) {
                    *have += 1;
                } else {
                    let tried = record.gap(field);
                    missing.push(MissingField {
                        symbol: record.symbol.clone(),
                        field,
                        tried: tried.map(|gap| gap.tried.clone()).unwrap_or_default(),
                    });
                }
            }
            if missing.len() == holes_before {
                complete += 1;
            }
        }
        Self {
            requested: records.len(),
            complete,
            ratio: share(complete, records.len()),
            fields: needed
                .into_iter()
                .map(|(field, (have, of))| (field, share(have, of)))
                .collect(),
            unjudged: Vec::new(),
            missing,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of symbols are far below 2^53")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests;
