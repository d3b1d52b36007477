//! A record at a gate: what is compared, and in which words the answer is given.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::compare::{exceeds, reaches};
use super::rules::Rules;
use crate::instrument::Symbol;
use crate::market::{Field, Record};
use crate::text::words;

/// A record at a gate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) record: &'a Record,
    pub(super) rules: &'a Rules,
}

words! {
    /// How a record did at a gate.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
    pub enum GateVerdict {
        /// It passed.
        Pass = "pass",
        /// It was stopped.
        Fail = "fail",
        /// The gate is switched off or does not concern this record; it passed.
        NotApplied = "not_applied",
    }
}

/// What a gate says about a record, before its name stands beside it.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) value: Option<f64>,
    pub(super) limit: Option<f64>,
    pub(super) verdict: GateVerdict,
    pub(super) note: Option<String>,
}

/// A number of the record and what it is held against.
#[derive(Debug)]
pub(super) struct Measure<'a> {
    /// How the text begins: `VRP Structural:`.
    pub(super) label: &'a str,
    pub(super) field: Field,
    /// What the field is made of, where that may be what is missing.
    pub(super) made_of: &'a [Field],
    pub(super) must: Must,
    pub(super) shown: Shown,
}

/// What a number has to do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Must {
    Exceed(f64),
    Reach(f64),
    NotExceed(f64),
}

/// How numbers stand in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    decimals: usize,
    /// A fraction, told in percent.
    percent: bool,
}

impl Shown {
    /// With so many decimals.
    pub(super) const fn decimals(decimals: usize) -> Self {
        Self {
            decimals,
            percent: false,
        }
    }

    /// A fraction in percent, with two decimals.
    pub(super) const PERCENT: Self = Self {
        decimals: 2,
        percent: true,
    };

    /// `value` and `limit` side by side; where `apart`, with as many decimals as it takes to tell them apart, so that no
    /// text says `25.00 < 25.00`.
    fn pair(self, value: f64, limit: f64, apart: bool) -> (String, String) {
        let (scale, sign) = if self.percent { (100.0, "%") } else { (1.0, "") };
        let write = |number: f64, decimals: usize| format!("{:.decimals$}{sign}", number * scale);
        let shown = |decimals| (write(value, decimals), write(limit, decimals));
        (self.decimals..=9)
            .map(shown)
            .find(|(value, limit)| !apart || value != limit)
            .unwrap_or_else(|| shown(self.decimals))
    }
}

impl Must {
    pub(super) fn limit(self) -> f64 {
        match self {
            Self::Exceed(limit) | Self::Reach(limit) | Self::NotExceed(limit) => limit,
        }
    }
}

impl Ask<'_> {
    pub(super) fn pass(&self, text: impl Into<String>) -> Answer {
        self.says(GateVerdict::Pass, text.into())
    }

    pub(super) fn fail(&self, text: impl Into<String>) -> Answer {
        self.says(GateVerdict::Fail, text.into())
    }

    /// The gate is off or does not concern this record, as `note` says.
    pub(super) fn skip(&self, text: &str, note: impl Into<String>) -> Answer {
        self.says(GateVerdict::NotApplied, text.to_owned()).noting(note)
    }

    fn says(&self, verdict: GateVerdict, text: String) -> Answer {
        Answer {
            text,
            value: None,
            limit: None,
            verdict,
            note: None,
        }
    }

    pub(super) fn number(&self, field: Field) -> Option<f64> {
        self.record.number(field)
    }

    /// Judges by what is measured; what is missing fails.
    pub(super) fn measure(&self, measure: &Measure<'_>) -> Answer {
        self.judge(measure).unwrap_or_else(|| self.lacks(measure))
    }

    /// Judges by what is measured; what is missing passes.
    pub(super) fn measure_known(&self, measure: &Measure<'_>) -> Answer {
        self.judge(measure).unwrap_or_else(|| {
            self.skip(&format!("{} missing, passes", measure.label), self.absent(measure))
                .about(None, measure.must.limit())
        })
    }

    /// Judges by what is measured; `None` where it is missing.
    pub(super) fn judge(&self, measure: &Measure<'_>) -> Option<Answer> {
        let value = self.number(measure.field)?;
        let limit = measure.must.limit();
        let (passes, signs, apart) = match measure.must {
            Must::Exceed(_) => (exceeds(value, limit), [">", "<="], exceeds(value, limit)),
            Must::Reach(_) => (reaches(value, limit), [">=", "<"], !reaches(value, limit)),
            Must::NotExceed(_) => (!exceeds(value, limit), ["<=", ">"], exceeds(value, limit)),
        };
        let [passed, failed] = signs;
        let (shown, against) = measure.shown.pair(value, limit, apart);
        let text = |sign| format!("{} {shown} {sign} {against}", measure.label);
        let result = if passes {
            self.pass(text(passed))
        } else {
            self.fail(text(failed))
        };
        Some(result.about(Some(value), limit))
    }

    /// What is missing fails.
    pub(super) fn lacks(&self, measure: &Measure<'_>) -> Answer {
        self.fail(format!("{} missing", measure.label))
            .about(None, measure.must.limit())
            .noting(self.absent(measure))
    }

    /// Which of the fields behind a measure are missing.
    pub(super) fn absent(&self, measure: &Measure<'_>) -> String {
        let itself = [measure.field];
        let inputs = if measure.made_of.is_empty() {
            &itself
        } else {
            measure.made_of
        };
        let missing: Vec<&str> = inputs
            .iter()
            .filter(|field| self.number(**field).is_none())
            .map(|field| field.name())
            .collect();
        if missing.is_empty() {
            "not computed".to_owned()
        } else {
            format!("{} missing", missing.join(", "))
        }
    }
}

impl Answer {
    pub(super) fn about(mut self, value: Option<f64>, limit: f64) -> Self {
        self.value = value;
        self.limit = Some(limit);
        self
    }

    pub(super) fn saying(mut self, text: &str) -> Self {
        text.clone_into(&mut self.text);
        self
    }

    pub(super) fn noting(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

/// Whether `listed` names the record, by its symbol or by the contract behind it.
pub(super) fn names(listed: &BTreeSet<Symbol>, record: &Record) -> bool {
    listed.contains(&record.symbol)
        || record
            .contract
            .as_ref()
            .is_some_and(|contract| listed.contains(contract))
}
