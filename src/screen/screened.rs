//! One record and what the rules made of it.

use super::gate::GateResult;
use super::signal::Assessment;
use crate::market::Record;

/// One record and what the rules made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Screened<'a> {
    /// The record.
    pub record: &'a Record,
    /// Place among the candidates from 1; `None` when rejected, or when nothing was ranked.
    pub rank: Option<usize>,
    /// Score, signal, vote and flags.
    pub assessment: Assessment,
    /// The gate that stopped it.
    pub rejection: Option<GateResult>,
}

/// One record with the answer of every gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained<'a> {
    /// As a screen would see it.
    pub screened: Screened<'a>,
    /// Every gate, in order.
    pub gates: Vec<GateResult>,
}
