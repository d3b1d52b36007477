//! Whether a run as a whole failed, and how. Pure.

use super::requests::Trouble;
use crate::tastytrade::Error;

/// Whether a run as a whole failed.
#[derive(Debug)]
pub enum Verdict {
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
pub(super) fn of(answered: bool, refused: Option<Error>, trouble: &[Trouble]) -> Verdict {
    match refused {
        Some(error) if !answered || matches!(error, Error::Refused { .. }) => Verdict::Refused(error),
        Some(_) | None if answered => Verdict::Answered,
        Some(_) | None if trouble.contains(&Trouble::Passing) => Verdict::TryLater,
        Some(_) | None if trouble.contains(&Trouble::Garbled) => Verdict::Garbled,
        Some(_) | None => Verdict::Nothing,
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
            Verdict::Answered
        ));
        assert!(matches!(
            of(true, unauthorized(), &[Trouble::Lasting]),
            Verdict::Answered
        ));
    }

    #[test]
    fn refused_credentials_are_told_even_beside_an_answer() {
        assert!(matches!(of(true, refused(), &[]), Verdict::Refused(_)));
        assert!(matches!(of(false, unauthorized(), &[]), Verdict::Refused(_)));
    }

    #[test]
    fn without_an_answer_a_passing_trouble_asks_to_try_later() {
        assert!(matches!(
            of(false, None, &[Trouble::Lasting, Trouble::Passing]),
            Verdict::TryLater
        ));
        assert!(matches!(of(false, None, &[Trouble::Lasting]), Verdict::Nothing));
    }

    #[test]
    fn nonsense_is_named_where_nothing_may_pass() {
        assert!(matches!(
            of(false, None, &[Trouble::Lasting, Trouble::Garbled]),
            Verdict::Garbled
        ));
        assert!(matches!(
            of(false, None, &[Trouble::Garbled, Trouble::Passing]),
            Verdict::TryLater
        ));
    }
}
