//! The end of a gathering: its records, how it went, and whether it failed as a whole.

use super::failures::{Trouble, add_error};
use super::findings::Findings;
use super::{Gathered, learned, legacy};
use crate::market::{Record, RestState, Run, RunError, SourceState, Sources, StoppedBy, Timing};
use crate::stream::End;
use crate::tastytrade::Error;

/// Whether a run as a whole failed.
#[derive(Debug)]
pub enum RunOutcome {
    /// A source answered, even if it had nothing to say about some or all symbols.
    Answered,
    /// Credentials were refused: nothing was tried after that.
    Refused(Error),
    /// No source answered, for a reason that may pass.
    TryLater,
    /// No source answered, and something came that could not be understood.
    Garbled,
    /// No source answered.
    Nothing,
}

impl Findings<'_, '_> {
    /// Makes the records of what is known by now. `refused` is what credentials were refused with, `trouble` what else
    /// went wrong.
    pub(super) fn conclude(&mut self, refused: Option<Error>, trouble: &[Trouble]) -> Gathered {
        let rules = self.rules();
        let records: Vec<_> = self.known.records(&rules).map(|(.., record)| record.clone()).collect();
        tracing::debug!(records = records.len(), merges = self.known.merges(), "merged");
        let answered = self.feed.heard_somebody()
            || self.rest_answered()
            || self.quotes.answered
            || self
                .known
                .evidence()
                .any(|evidence| matches!(evidence.legacy, Some(Ok(_))));
        Gathered {
            outcome: of(answered, refused, trouble),
            vol_inputs_by_symbol: self.vol_inputs(),
            learned: self.learned(),
            chain: None,
            unjudged: self.options.unjudged.clone(),
            run: self.how_it_went(&records),
            records,
        }
    }

    /// What went wrong with requests and the feed.
    pub(super) fn trouble(&self) -> Vec<Trouble> {
        let all = [
            &self.contracts.failures,
            &self.metrics.failures,
            &self.quotes.failures,
            &self.feed.failures,
        ];
        let trouble = all.into_iter().flat_map(|failures| failures.trouble.iter().copied());
        trouble.chain(self.was_late().then_some(Trouble::Passing)).collect()
    }

    fn how_it_went(&self, records: &[Record]) -> Run {
        let window = matches!(&self.feed.heard, Ok(listened) if listened.end == End::Window);
        let mut errors = self.feed.failures.errors.clone();
        for error in self.rest_errors() {
            add_error(&mut errors, error.clone());
        }
        Run {
            mode: self.run.plan.mode,
            delayed: self.feed.delayed,
            partial: self.cut.is_some(),
            stopped_by: match (self.cut, window) {
                (Some(_), _) => StoppedBy::Deadline,
                (None, true) => StoppedBy::Window,
                (None, false) => StoppedBy::Complete,
            },
            sources: Sources {
                dxlink: self.feed.state(!records.is_empty()),
                rest: self.rest_state(),
                legacy: legacy::state(self.run.venues.legacy, self.legacy_used, self.known.evidence()),
                store: learned::state(records),
            },
            timing: Timing {
                token: self.feed.token_ms,
                handshake: self.feed.handshake_ms,
                stream: self.feed.stream_ms,
                rest: self.rest_ms,
                total: self.run.clock.millis(),
            },
            errors,
        }
    }

    fn rest_errors(&self) -> impl Iterator<Item = &RunError> {
        let all = [
            &self.contracts.failures,
            &self.metrics.failures,
            &self.quotes.failures,
            &self.options.failures,
            &self.proxy_failures,
        ];
        all.into_iter().flat_map(|failures| &failures.errors)
    }

    fn rest_state(&self) -> RestState {
        let traffic = self.run.venues.rest.traffic();
        // Where nothing could be heard, what went wrong with the feed is that REST gave no token.
        let token = self.feed.failures.errors.first().filter(|_| self.feed.heard.is_err());
        let complaint = token.or_else(|| self.rest_errors().next());
        let troubled = self.was_late() || complaint.is_some();
        let gave = !self.metrics.by_symbol.is_empty() || self.quotes.answered;
        RestState {
            state: match (troubled, gave) {
                (true, false) => SourceState::Failed,
                (true, true) => SourceState::Degraded,
                (false, _) => SourceState::Ok,
            },
            requests: traffic.requests,
            retries: traffic.retries,
            reason: complaint.map(|error| error.message.clone()),
        }
    }

    /// Whether the first requests were cut off.
    fn was_late(&self) -> bool {
        self.contracts.cut.or(self.metrics.cut).is_some()
    }
}

/// The verdict, from whether any source `answered`, what credentials were `refused` with, and what went wrong.
fn of(answered: bool, refused: Option<Error>, trouble: &[Trouble]) -> RunOutcome {
    match refused {
        Some(error) if !answered || matches!(error, Error::Refused { .. }) => RunOutcome::Refused(error),
        Some(_) | None if answered => RunOutcome::Answered,
        Some(_) | None if trouble.contains(&Trouble::Passing) => RunOutcome::TryLater,
        Some(_) | None if trouble.contains(&Trouble::Garbled) => RunOutcome::Garbled,
        Some(_) | None => RunOutcome::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tastytrade::Route;

    fn refused() -> Option<Error> {
        Some(Error::Refused {
            what: "invalid_grant: Grant revoked".to_owned(),
            hint: "make a new grant",
        })
    }

    fn unauthorized() -> Option<Error> {
        Some(Error::Unauthorized {
            route: Route::Metrics,
            what: String::new(),
        })
    }

    #[test]
    fn one_answer_is_an_answer_whatever_else_went_wrong() {
        assert!(matches!(
            of(true, None, &[Trouble::Passing, Trouble::Lasting]),
            RunOutcome::Answered
        ));
        assert!(matches!(
            of(true, unauthorized(), &[Trouble::Lasting]),
            RunOutcome::Answered
        ));
    }

    #[test]
    fn refused_credentials_are_told_even_beside_an_answer() {
        assert!(matches!(of(true, refused(), &[]), RunOutcome::Refused(_)));
        assert!(matches!(of(false, unauthorized(), &[]), RunOutcome::Refused(_)));
    }

    #[test]
    fn without_an_answer_a_passing_trouble_asks_to_try_later() {
        assert!(matches!(
            of(false, None, &[Trouble::Lasting, Trouble::Passing]),
            RunOutcome::TryLater
        ));
        assert!(matches!(of(false, None, &[Trouble::Lasting]), RunOutcome::Nothing));
    }

    #[test]
    fn nonsense_is_named_where_nothing_may_pass() {
        assert!(matches!(
            of(false, None, &[Trouble::Lasting, Trouble::Garbled]),
            RunOutcome::Garbled
        ));
        assert!(matches!(
            of(false, None, &[Trouble::Garbled, Trouble::Passing]),
            RunOutcome::TryLater
        ));
    }
}
