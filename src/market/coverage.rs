//! How much of what was asked for is there, and what was tried for the rest.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Attempt, Field};
use crate::instrument::Symbol;

/// How many symbols are complete, the share of symbols that have each field, and the holes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Coverage {
    /// Symbols asked for.
    pub requested: usize,
    /// Of these, the ones that have every required field.
    pub complete: usize,
    /// `complete / requested`; 1 when nothing was asked for.
    pub ratio: f64,
    /// Share of symbols that have the field, 0 to 1.
    pub fields: BTreeMap<Field, f64>,
    /// Every hole.
    pub missing: Vec<MissingField>,
}

/// One field that one symbol lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MissingField {
    /// The symbol.
    pub symbol: Symbol,
    /// The field.
    pub field: Field,
    /// What was tried, in order.
    pub tried: Vec<Attempt>,
}
