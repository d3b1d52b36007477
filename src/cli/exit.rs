//! What a run ends with: an exit code, one sentence, and what to do next.

use std::fmt;
use std::process::ExitCode;

/// Why a run did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The command line asks for something that does not exist.
    Usage,
    /// Fewer symbols are complete than was required.
    Incomplete,
    /// No source answered.
    Unavailable,
    /// A bug.
    Internal,
    /// A local file cannot be written.
    CannotWrite,
    /// A local file cannot be read.
    CannotRead,
    /// A passing condition: rate limit, timeout, token service down.
    TryLater,
    /// No source answered, and something came that could not be understood.
    Protocol,
    /// Credentials are missing or refused.
    Credentials,
    /// The configuration is wrong.
    Config,
    /// Ctrl-C.
    Interrupted,
}

/// All kinds with a code of their own, in the order of the codes.
const ALL: [FailureKind; 11] = [
    FailureKind::Usage,
    FailureKind::Incomplete,
    FailureKind::Unavailable,
    FailureKind::Internal,
    FailureKind::CannotWrite,
    FailureKind::CannotRead,
    FailureKind::TryLater,
    FailureKind::Protocol,
    FailureKind::Credentials,
    FailureKind::Config,
    FailureKind::Interrupted,
];

impl FailureKind {
    /// The process exit code, after sysexits.h.
    pub fn code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Incomplete => 65,
            Self::Unavailable => 69,
            Self::Internal => 70,
            Self::CannotWrite => 73,
            Self::CannotRead => 74,
            Self::TryLater => 75,
            Self::Protocol => 76,
            Self::Credentials => 77,
            Self::Config => 78,
            Self::Interrupted => 130,
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Usage => "usage: an unknown flag, value, symbol spelling or profile",
            Self::Incomplete => "fewer symbols are complete than --require-complete asks for; the output is printed",
            Self::Unavailable => "no source answered for any symbol",
            Self::Internal => "a bug in variance",
            Self::CannotWrite => "a local file cannot be written",
            Self::CannotRead => "a local file cannot be read",
            Self::TryLater => "try again later: rate limit, timeout, or the token service is down",
            Self::Protocol => "no source answered, and what came could not be understood",
            Self::Credentials => "credentials are missing or refused",
            Self::Config => "the configuration is wrong; the message names file, line, column and key",
            Self::Interrupted => "interrupted by Ctrl-C; nothing was printed but the documents of --watch until then",
        }
    }
}

/// The text of `variance help exit-codes`.
pub(super) fn table() -> String {
    let mut text = String::from("Exit codes of variance\n\n    0  done\n");
    for kind in ALL {
        text.push_str(&format!("  {:>3}  {}\n", kind.code(), kind.meaning()));
    }
    text
}

/// A run that did not do what it was asked, ready to be told to the user.
#[derive(Debug)]
pub(super) struct Failure {
    /// Decides the exit code.
    pub kind: FailureKind,
    /// Particulars, a line each, told before the message.
    pub details: Vec<String>,
    /// What failed, without a trailing period, with its causes.
    pub error: anyhow::Error,
    /// What to do next, a sentence each.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure that is told in a sentence of our own.
    pub(super) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            details: Vec::new(),
            error: anyhow::Error::msg(message.into()),
            hints: Vec::new(),
        }
    }

    /// A failure that another room reports, with its causes.
    pub(super) fn from_error(kind: FailureKind, error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self {
            kind,
            details: Vec::new(),
            error: error.into(),
            hints: Vec::new(),
        }
    }

    /// What failed, each cause once.
    pub(super) fn message(&self) -> String {
        self.error.chain().fold(String::new(), |mut text, cause| {
            let cause = cause.to_string();
            if text.is_empty() {
                text = cause;
            } else if !text.contains(&cause) {
                text.push_str(": ");
                text.push_str(&cause);
            }
            text
        })
    }

    /// The same failure with one more piece of advice.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// What failed and what to do next, on one line.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())?;
        for (number, hint) in self.hints.iter().enumerate() {
            let ended = number > 0 || self.message().ends_with(['.', '?', '!']);
            f.write_str(if ended { " " } else { ". " })?;
            f.write_str(hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

impl From<FailureKind> for ExitCode {
    fn from(kind: FailureKind) -> Self {
        Self::from(kind.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_is_documented() {
        let documented = include_str!("../../docs/exit-codes.md");
        for kind in ALL {
            assert!(documented.contains(&format!("| {} |", kind.code())), "{kind:?}");
            assert!(documented.contains(kind.meaning()), "{kind:?}: {}", kind.meaning());
        }
    }
}
