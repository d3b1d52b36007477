//! Where a number of `vol` came from, or why there is none.

use schemars::JsonSchema;
use serde::Serialize;

use super::row::origin;
use crate::market::{Reason, Source, Sourced};

/// Where a number came from, or why there is none.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Said {
    pub(super) source: Option<Source>,
    /// RFC 3339 UTC with milliseconds.
    pub(super) as_of: Option<String>,
    pub(super) method: Option<String>,
    /// Why there is none.
    pub(super) reason: Option<String>,
}

impl Said {
    pub(super) fn of<T>(said: &Result<Sourced<T>, Reason>) -> Self {
        let origin = said.as_ref().ok().map(origin);
        Self {
            source: origin.as_ref().map(|origin| origin.source),
            as_of: origin.as_ref().map(|origin| origin.as_of.clone()),
            method: origin.map(|origin| origin.method),
            reason: said.as_ref().err().map(Reason::to_string),
        }
    }
}
