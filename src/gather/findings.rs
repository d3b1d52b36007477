//! What a gathering has found so far: what is known of each symbol, and how each source was asked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Gathering;
use super::contracts::Contracts;
use super::failures::Failures;
use super::feed::Listening;
use super::known::Known;
use super::metrics::MarketMetrics;
use super::stop::StopReason;
use crate::instrument::{Kind, Symbol};
use crate::market::{Attempt, Reason, StraddleQuote};
use crate::tastytrade::Chain;

/// What the sources have said so far, and how they were asked.
#[derive(Debug)]
pub(super) struct Findings<'a, 'v> {
    pub(super) run: Gathering<'a, 'v>,
    /// What is known of each symbol.
    pub(super) known: Known,
    /// The moment the records describe.
    pub(super) now: Timestamp,
    pub(super) contracts: Contracts,
    pub(super) metrics: MarketMetrics,
    pub(super) feed: Listening,
    pub(super) quotes: Quotes,
    /// Whether the deprecated source was asked.
    pub(super) legacy_used: bool,
    pub(super) options: FromOptions,
    pub(super) proxy_failures: Failures,
    /// What cut the gathering off.
    pub(super) cut: Option<StopReason>,
    /// Until the last REST answer.
    pub(super) rest_ms: Option<u64>,
}

/// How REST was asked for quotes.
#[derive(Debug, Default)]
pub(super) struct Quotes {
    /// By the symbol they were wanted for.
    pub(super) asked_as: Vec<(Symbol, (Kind, Symbol))>,
    /// Whether REST answered, even with none of some or all symbols.
    pub(super) answered: bool,
    /// What went wrong when it was asked last.
    pub(super) failures: Failures,
}

/// What options said, and why some of them said nothing.
#[derive(Debug, Default)]
pub(super) struct FromOptions {
    /// Straddles of those who may not need them after all.
    pub(super) straddles: BTreeMap<Symbol, Result<StraddleQuote, Attempt>>,
    /// Symbols whose options were not asked for, or not answered.
    pub(super) withheld: BTreeMap<Symbol, Reason>,
    /// Symbols that cannot be judged by options for want of an answer.
    pub(super) unjudged: BTreeSet<Symbol>,
    /// Options and contracts that REST gave no answer about.
    pub(super) unquoted: BTreeMap<Symbol, Reason>,
    pub(super) failures: Failures,
    /// Lists of options, for later runs of the day.
    pub(super) to_keep: BTreeMap<Symbol, Chain>,
}
