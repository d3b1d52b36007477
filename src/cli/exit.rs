//! What a run ends with: an exit code, one sentence, and what to do next.

use std::fmt;
use std::process::ExitCode;

macro_rules! kinds {
    ($($kind:ident = $code:literal: $meaning:literal,)+) => {
        /// Why a run did not do what it was asked.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum FailureKind {
            $(#[doc = $meaning] $kind,)+
        }

        /// All kinds, in the order of their codes.
        const ALL: &[FailureKind] = &[$(FailureKind::$kind),+];

        impl FailureKind {
            /// The process exit code, after sysexits.h.
            pub(super) fn code(self) -> u8 {
                match self {
                    $(Self::$kind => $code,)+
                }
            }

            fn meaning(self) -> &'static str {
                match self {
                    $(Self::$kind => $meaning,)+
                }
            }
        }
    };
}

kinds! {
    Usage = 2: "usage: an unknown flag, value, symbol spelling or profile",
    Incomplete = 65: "fewer symbols are complete than --require-complete asks for; the output is printed",
    Unavailable = 69: "no source answered for any symbol",
    Internal = 70: "a bug in variance",
    CannotWrite = 73: "a local file cannot be written",
    CannotRead = 74: "a local file cannot be read",
    TryLater = 75: "try again later: rate limit, timeout, or the token service is down",
    Protocol = 76: "no source answered, and what came could not be understood",
    Credentials = 77: "credentials are missing or refused",
    Config = 78: "the configuration is wrong; the message names file, line, column and key",
    Interrupted = 130: "interrupted by Ctrl-C; nothing was printed but the documents of --watch until then",
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
