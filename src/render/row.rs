//! One row of the document: a record flattened to the contract's names.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::text::millis;
use super::values::{Every, Values};
use crate::instrument::{Kind, StreamerSymbol, Symbol};
use crate::market::{Attempt, Field, Note, Record, Source, Sourced, first_source};
use crate::screen::{Assessment, Environment, Flag, Screened, Signal, Vote};

macro_rules! row {
    (
        $(#[$about:meta])*
        $row:ident = { $($(#[doc = $before_doc:literal])+ $before:ident: $before_type:ty,)* }
        then the fields, then { $($(#[doc = $after_doc:literal])+ $after:ident: $after_type:ty,)* }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
        pub struct $row {
            $($(#[doc = $before_doc])+ pub $before: $before_type,)*
            /// The values of the fields.
            #[serde(flatten)]
            pub values: Values<Every>,
            $($(#[doc = $after_doc])+ pub $after: $after_type,)*
        }

        /// The keys of a row in their order: the columns of `plain` and `csv`.
        pub fn row_columns() -> Vec<&'static str> {
            let fields = Field::ALL.into_iter().map(Field::name);
            [$(stringify!($before)),*].into_iter().chain(fields).chain([$(stringify!($after)),*]).collect()
        }
    };
}

row! {
    /// One symbol with everything known about it. Every key is always there; what is unknown, or does not concern the
    /// command, is `null`.
    Row = {
        /// Place by score among the candidates, from 1; `null` when rejected or not screened.
        rank: Option<usize>,
        /// As asked for, canonical.
        symbol: Symbol,
        /// For futures the contract behind the symbol.
        contract: Option<Symbol>,
        /// Days from today to the last day of that contract.
        days_to_expiration: Option<i32>,
        /// Of a futures root the change of its contract, if it was seen in the last fortnight or is due in the next.
        roll: Option<String>,
        /// What the feed calls it.
        streamer_symbol: Option<StreamerSymbol>,
        /// What it is.
        kind: Kind,
        /// `Equity`, `Index`, `Commodity`, … by the configured table.
        asset_class: String,
    }
    then the fields, then {
        /// 0 to 100, one decimal.
        score: Option<f64>,
        /// What the volatility is doing.
        signal: Option<Signal>,
        /// Which kind of strategy that calls for.
        environment: Option<Environment>,
        /// What the rules would do.
        vote: Option<Vote>,
        /// Whether it is in the portfolio; `null` when not screened.
        held: Option<bool>,
        /// Remarks of the rules, sorted.
        flags: Vec<Flag>,
        /// Why it was rejected; `null` when it passed or was not screened.
        rejected: Option<String>,
        /// Remarks on the data: `stale`, `before_gap`, `hv_spans_rolls`, `earnings_estimated`, `iv_proxy`, `iv_rank_tw`, `rolled`,
        /// `roll_ahead`.
        notes: Vec<String>,
        /// Of a stale row the age in seconds of what makes it so: values an earlier run kept, or the price; else `null`.
        stale_seconds: Option<i64>,
        /// Where each value came from.
        provenance: BTreeMap<Field, Provenance>,
        /// What is missing of the fields this kind of instrument can have, with what was tried, in order.
        missing: BTreeMap<Field, Vec<Attempt>>,
    }
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Provenance {
    /// Who gave it, or gave what it was computed from.
    pub source: Source,
    /// The moment it describes, RFC 3339 UTC with milliseconds.
    pub as_of: String,
    /// How it was made, in a few words.
    pub method: String,
    /// The better sources that had none, with their reasons, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Attempt>,
}

impl Row {
    /// Whether a value is not from the source that is asked first.
    pub(super) fn is_second_hand(&self, field: Field) -> bool {
        let provenance = self.provenance.get(&field);
        provenance.is_some_and(|provenance| provenance.source != first_source(field))
    }

    /// A record that was not screened.
    pub(super) fn quoted(record: &Record) -> Self {
        Self::assessed(record, None)
    }

    /// A record with what the rules made of it.
    pub(super) fn screened(screened: &Screened<'_>) -> Self {
        Self {
            rank: screened.rank,
            rejected: screened.rejection.as_ref().map(|gate| gate.text.clone()),
            ..Self::assessed(screened.record, Some(&screened.assessment))
        }
    }

    fn assessed(record: &Record, assessment: Option<&Assessment>) -> Self {
        Self {
            rank: None,
            symbol: record.symbol.clone(),
            contract: record.contract.clone(),
            days_to_expiration: record.days_to_expiration,
            roll: record.roll.as_ref().map(ToString::to_string),
            streamer_symbol: record.streamer_symbol.clone(),
            kind: record.kind,
            asset_class: record.asset_class.to_string(),
            values: Values::new(record.values().map(|sourced| sourced.value)),
            score: assessment.and_then(|assessment| assessment.score),
            signal: assessment.and_then(|assessment| assessment.signal),
            environment: assessment.and_then(|assessment| assessment.environment),
            vote: assessment.and_then(|assessment| assessment.vote),
            held: assessment.map(|assessment| assessment.held),
            flags: assessment
                .map(|assessment| assessment.flags.clone())
                .unwrap_or_default(),
            rejected: None,
            notes: record.notes.iter().map(Note::to_string).collect(),
            stale_seconds: record.stale_seconds,
            provenance: provenance(record),
            missing: record
                .missing
                .iter()
                .map(|missing| (missing.field, missing.tried.clone()))
                .collect(),
        }
    }
}

/// Where a value came from that nothing better was tried for.
pub(super) fn origin<T>(value: &Sourced<T>) -> Provenance {
    Provenance {
        source: value.source,
        as_of: millis(value.as_of),
        method: value.method.to_string(),
        tried: Vec::new(),
    }
}

pub(super) fn provenance(record: &Record) -> BTreeMap<Field, Provenance> {
    let values = record.values().iter();
    values
        .map(|(field, sourced)| {
            let tried = record.tried_before.iter().find(|passed| passed.field == field);
            let provenance = Provenance {
                tried: tried.map(|passed| passed.tried.clone()).unwrap_or_default(),
                ..origin(sourced)
            };
            (field, provenance)
        })
        .collect()
}
