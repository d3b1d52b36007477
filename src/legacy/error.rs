//! What can go wrong with the chart endpoint, by cause.

#[cfg(test)]
use std::borrow::Cow;

use crate::http::{SetupError, TransportError};

/// A failed question. Texts hold what the server said, cleaned.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The client could not be made.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// As many requests as allowed were sent.
    #[error("the limit of {limit} legacy requests is reached")]
    LimitReached {
        /// The limit.
        limit: u64,
    },
    /// The server said that it is too much; nothing more is asked for a while.
    #[error("the legacy source refuses further requests (429)")]
    RateLimited,
    /// Not asked, because an earlier answer was [`Error::RateLimited`].
    #[error("not asked: the legacy source refused an earlier request (429)")]
    Paused,
    /// The symbol is not known there.
    #[error("the legacy source does not know the symbol")]
    Unknown,
    /// A page for people instead of data: the service is down or wants consent.
    #[error("the legacy source answered with a web page: {what}")]
    WebPage {
        /// Its words.
        what: String,
    },
    /// Any other status that is no success, or a complaint inside the answer.
    #[error("the legacy source answered HTTP {status}: {what}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// What the server said.
        what: String,
    },
    /// No complete answer.
    #[error("the legacy source: {0}")]
    Transport(#[source] TransportError),
    /// An answer that is no chart.
    #[error("the legacy source's answer is unreadable: {what}")]
    Unreadable {
        /// What is wrong with it.
        what: String,
    },
}

#[cfg(test)]
impl Error {
    /// A stable word for programs: `limit_reached`, `rate_limited`, `unknown_symbol`, `http_502`, …
    pub fn code(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Setup(_) => "setup",
            Self::LimitReached { .. } => "limit_reached",
            Self::RateLimited => "rate_limited",
            Self::Paused => "paused",
            Self::Unknown => "unknown_symbol",
            Self::WebPage { .. } => "web_page",
            Self::Status { status, .. } => return Cow::Owned(format!("http_{status}")),
            Self::Transport(source) => source.code(),
            Self::Unreadable { .. } => "unreadable",
        })
    }
}
