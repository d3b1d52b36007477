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
    /// No source answered.
    Nothing,
}

/// The verdict, from whether any source `answered`, what credentials were `refused` with, and what went wrong.
pub(super) fn of(answered: bool, refused: Option<Error>, trouble: &[Trouble]) -> Verdict {
    match refused {
        Some(error) if !answered || matches!(error, Error::Refused { .. }) => Verdict::Refused(error),
        Some(_) | None if answered => Verdict::Answered,
        Some(_) | None if trouble.contains(&Trouble::Passing) => Verdict::TryLater,
        Some(_) | None => Verdict::Nothing,
    }
}
