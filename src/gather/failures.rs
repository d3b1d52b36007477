//! What went wrong with requests: for the document, and for the verdict on the run.

use crate::market::{Reason, RunError};
use crate::tastytrade::{BatchAnswer, Error, error_chain};
use std::collections::BTreeMap;

use crate::instrument::Symbol;

/// How a request failed, as far as the verdict on the run needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Later it may work.
    Passing,
    /// Later it will be the same.
    Lasting,
    /// What came could not be understood.
    Garbled,
}

impl Trouble {
    fn of(error: &Error) -> Self {
        if error.is_passing() {
            Self::Passing
        } else if matches!(error, Error::Unreadable { .. }) {
            Self::Garbled
        } else {
            Self::Lasting
        }
    }
}

/// What went wrong with one sort of requests.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// For the document, each once.
    pub(super) errors: Vec<RunError>,
    /// For the verdict.
    pub(super) trouble: Vec<Trouble>,
    /// The first refusal of the credentials.
    pub(super) refused: Option<Error>,
}

impl Failures {
    /// Records a failed request to tastytrade's REST API; the reason in one line.
    pub(super) fn record(&mut self, error: &Error) -> Reason {
        let reason = error_chain(error);
        self.trouble.push(Trouble::of(error));
        record_error(&mut self.errors, "rest", error.code(), reason.clone());
        if error.is_refusal() {
            self.refused.get_or_insert_with(|| error.clone());
        }
        Reason::told(reason)
    }

    /// Records what of a batch was not answered; by symbol why.
    pub(super) fn record_unanswered<T>(&mut self, answer: &BatchAnswer<T>) -> BTreeMap<Symbol, Reason> {
        let mut reasons = BTreeMap::new();
        for (symbols, error) in &answer.unanswered {
            let reason = self.record(error);
            reasons.extend(symbols.iter().map(|symbol| (symbol.clone(), reason.clone())));
        }
        reasons
    }

    /// Forgets everything but a refusal, before the same is asked for again.
    pub(super) fn begin_anew(&mut self) {
        self.errors.clear();
        self.trouble.clear();
    }
}

/// Adds a complaint about the run, once.
pub(super) fn record_error(errors: &mut Vec<RunError>, source: &'static str, code: impl Into<String>, message: String) {
    add_error(
        errors,
        RunError {
            source,
            code: code.into(),
            message,
        },
    );
}

/// The same of one that was recorded elsewhere.
pub(super) fn add_error(errors: &mut Vec<RunError>, error: RunError) {
    if !errors.contains(&error) {
        errors.push(error);
    }
}
