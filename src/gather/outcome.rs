//! Whether a run as a whole failed, and how. Pure.

use super::requests::Trouble;
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

/// The verdict, from whether any source `answered`, what credentials were `refused` with, and what went wrong.
pub(super) fn of(answered: bool, refused: Option<Error>, trouble: &[Trouble]) -> RunOutcome {
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
