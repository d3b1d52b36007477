//! The deprecated source, last: one request for each symbol whose price or realized volatility nobody else had.

use super::run::Findings;
use super::{Gathering, Notice};
use crate::instrument::Symbol;
use crate::legacy::{Client, legacy_symbol};
use crate::market::{Evidence, Gap, LegacyState, Reason, SourceState, gaps};
use crate::tastytrade::error_chain;

impl Findings<'_, '_> {
    /// Asks about every symbol with a gap, one after the other.
    pub(super) async fn ask_legacy(&mut self) {
        let Gathering {
            venues,
            stop,
            clock,
            notify,
            ..
        } = self.run;
        let wanted = decide(&self.gaps(), venues.legacy.is_some());
        for (symbol, reason) in wanted.refused {
            self.known
                .put(&symbol, |evidence| &mut evidence.legacy, Some(Err(reason)));
        }
        let (Some(client), false, None) = (venues.legacy, wanted.named.is_empty(), self.cut) else {
            return;
        };
        notify(Notice::Legacy {
            symbols: wanted.named.len(),
        });
        self.legacy_used = true;
        let asked_at = clock.now();
        for (symbol, name) in wanted.named {
            let history = match stop.run(client.history(&name)).await {
                Ok(history) => history
                    .map(|history| (history, asked_at))
                    .map_err(|error| Reason::told(error_chain(&error))),
                Err(cut) => {
                    self.cut = Some(cut);
                    return;
                }
            };
            self.known.put(&symbol, |evidence| &mut evidence.legacy, Some(history));
        }
    }

    fn gaps(&mut self) -> Vec<Gap> {
        let rules = self.rules();
        let records: Vec<_> = self.known.records(&rules).map(|(.., record)| record.clone()).collect();
        gaps(&records, &self.vol_inputs(), rules.now)
    }
}

/// Whom the source is asked about.
#[derive(Debug, Default, PartialEq)]
struct Wanted {
    /// By its own names.
    named: Vec<(Symbol, String)>,
    /// Those it is not asked about, and why.
    refused: Vec<(Symbol, Reason)>,
}

fn decide(gaps: &[Gap], enabled: bool) -> Wanted {
    let mut wanted = Wanted::default();
    for Gap { symbol, kind, .. } in gaps {
        match legacy_symbol(symbol, *kind) {
            _ if !enabled => wanted
                .refused
                .push((symbol.clone(), Reason::SwitchedOff("legacy.enabled"))),
            Some(name) => wanted.named.push((symbol.clone(), name)),
            None => wanted.refused.push((symbol.clone(), Reason::Unknown)),
        }
    }
    wanted
}

/// How the source did, by what it said of `all`.
pub(super) fn state<'a>(client: Option<&Client>, used: bool, all: impl Iterator<Item = &'a Evidence>) -> LegacyState {
    let mut failure = None;
    let mut succeeded = false;
    for answer in all.filter_map(|evidence| evidence.legacy.as_ref()) {
        match answer {
            Ok(_) => succeeded = true,
            Err(reason) => drop(failure.get_or_insert_with(|| reason.clone())),
        }
    }
    let (state, reason) = match (client, used) {
        (None, _) => (SourceState::Disabled, None),
        (Some(_), false) => (SourceState::Unused, None),
        (Some(_), true) => match (succeeded, failure) {
            (true, None) => (SourceState::Ok, None),
            (true, failure) => (SourceState::Degraded, failure),
            (false, failure) => (SourceState::Failed, failure),
        },
    };
    LegacyState {
        state,
        requests: client.map_or(0, Client::requests),
        reason: reason.map(|reason| reason.to_string()),
    }
}
