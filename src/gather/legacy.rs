//! The deprecated source, last: one request for each symbol whose price or realized volatility nobody else had.

use super::Notice;
use super::findings::Findings;
use crate::instrument::Symbol;
use crate::legacy::{Client, legacy_symbol};
use crate::market::{Evidence, Gap, LegacyState, Reason, SourceState, gaps};
use crate::tastytrade::error_chain;

impl Findings<'_, '_> {
    /// Asks about every symbol with a gap, one after the other.
    pub(super) async fn ask_legacy(&mut self) {
        let run = self.run;
        let mut named = Vec::new();
        for (symbol, name) in decide(&self.gaps(), run.venues.legacy.is_some()) {
            match name {
                Ok(name) => named.push((symbol, name)),
                Err(reason) => self
                    .known
                    .put(&symbol, |evidence| &mut evidence.legacy, Some(Err(reason))),
            }
        }
        let (Some(client), false, None) = (run.venues.legacy, named.is_empty(), self.cut) else {
            return;
        };
        (run.notify)(Notice::Legacy { symbols: named.len() });
        self.legacy_used = true;
        let asked_at = run.clock.now();
        for (symbol, name) in named {
            let history = match run.stop.run(client.history(&name)).await {
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

/// By which names the source is asked about `gaps`, or why it is not.
fn decide(gaps: &[Gap], enabled: bool) -> Vec<(Symbol, Result<String, Reason>)> {
    let named = gaps.iter().map(|Gap { symbol, kind, .. }| {
        let name = match legacy_symbol(symbol, *kind) {
            _ if !enabled => Err(Reason::SwitchedOff("legacy.enabled")),
            name => name.ok_or(Reason::Unknown),
        };
        (symbol.clone(), name)
    });
    named.collect()
}

/// How the source did, by what it said of `all`.
pub(super) fn state<'a>(client: Option<&Client>, used: bool, all: impl Iterator<Item = &'a Evidence>) -> LegacyState {
    let answers: Vec<_> = all.filter_map(|evidence| evidence.legacy.as_ref()).collect();
    let failure = answers.iter().find_map(|answer| answer.as_ref().err().cloned());
    let succeeded = answers.iter().any(|answer| answer.is_ok());
    let (state, reason) = match (client, used, &failure) {
        (None, ..) => (SourceState::Disabled, None),
        (Some(_), false, _) => (SourceState::Unused, None),
        (Some(_), true, None) if succeeded => (SourceState::Ok, None),
        (Some(_), true, _) if succeeded => (SourceState::Degraded, failure),
        (Some(_), true, _) => (SourceState::Failed, failure),
    };
    LegacyState {
        state,
        requests: client.map_or(0, Client::requests),
        reason: reason.map(|reason| reason.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::symbol;
    use super::*;
    use crate::instrument::Kind;

    fn gap(name: &str, kind: Kind) -> Gap {
        Gap {
            symbol: symbol(name),
            kind,
            price: true,
            hv: true,
        }
    }

    #[test]
    fn the_deprecated_source_is_asked_by_its_own_names() {
        let gaps = [gap("SPY", Kind::Equity), gap(".SPY261218C650", Kind::EquityOption)];
        let names = |enabled| {
            decide(&gaps, enabled)
                .into_iter()
                .map(|(_, name)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(true), [Ok("SPY".to_owned()), Err(Reason::Unknown)]);
        let off = Reason::SwitchedOff("legacy.enabled");
        assert_eq!(names(false), [Err(off.clone()), Err(off)]);
    }
}
