//! What can go wrong between us and the API, by cause.

use std::borrow::Cow;

use super::Route;
use crate::http::{SetupError, TransportError};

/// A failed call. Texts name the route and what the server said, cleaned; never a query, a token or a secret.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The client could not be made.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The venue refused the credentials. Final: asking again risks an IP block of hours.
    #[error("tastytrade refused the credentials: {what} ({hint})")]
    Refused {
        /// What the venue said.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// The token service is down or out of reach; the credentials may be fine.
    #[error("tastytrade's token service gave no token")]
    TokenService(#[source] Box<Self>),
    /// The login may not see market data.
    #[error("this login has no market data: {what}")]
    NoMarketData {
        /// What the venue said.
        what: String,
    },
    /// 401 with a token that was just renewed.
    #[error("{route}: not authorized, even with a new access token: {what}")]
    Unauthorized {
        /// The route.
        route: Route,
        /// What the venue said.
        what: String,
    },
    /// 401 with a HTML page: the proxy before the API turned the client away.
    #[error("{route}: the proxy before the API refused the client; it wants a User-Agent header like variance/0.1.0")]
    UserAgent {
        /// The route.
        route: Route,
    },
    /// 429 until the last try.
    #[error("{route}: too many requests")]
    RateLimited {
        /// The route.
        route: Route,
    },
    /// The sandbox has no such service.
    #[error("{route}: the sandbox has no market data service (502); use production or --demo")]
    NotInSandbox {
        /// The route.
        route: Route,
    },
    /// Any other status that is no success, until the last try.
    #[error("{route}: HTTP {status}{}", said(.what))]
    Status {
        /// The route.
        route: Route,
        /// The HTTP status.
        status: u16,
        /// What the venue said; may be empty.
        what: String,
    },
    /// No complete answer.
    #[error("{route}: {source}")]
    Transport {
        /// The route.
        route: Route,
        /// Why not.
        source: TransportError,
    },
    /// An answer that is not what the route promises.
    #[error("{route}: unreadable answer: {what}")]
    Unreadable {
        /// The route.
        route: Route,
        /// What is wrong with it.
        what: String,
    },
}

impl Error {
    /// Whether the venue does not accept who is asking.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Unauthorized { .. })
    }

    /// Whether the same question may be answered in a few minutes: too many requests, no answer in time, the token
    /// service has trouble. An address that nobody listens on is not of this kind.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::RateLimited { .. }
            | Self::Transport {
                source: TransportError::Timeout,
                ..
            } => true,
            Self::TokenService(cause) => !matches!(
                **cause,
                Self::Transport {
                    source: TransportError::Connect(_),
                    ..
                }
            ),
            Self::Setup(_)
            | Self::Refused { .. }
            | Self::NoMarketData { .. }
            | Self::Unauthorized { .. }
            | Self::UserAgent { .. }
            | Self::NotInSandbox { .. }
            | Self::Status { .. }
            | Self::Transport { .. }
            | Self::Unreadable { .. } => false,
        }
    }

    /// Whether the same question will get the same answer however often it is asked.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Setup(_)
            | Self::Refused { .. }
            | Self::NoMarketData { .. }
            | Self::Unauthorized { .. }
            | Self::UserAgent { .. }
            | Self::NotInSandbox { .. } => true,
            Self::TokenService(_)
            | Self::RateLimited { .. }
            | Self::Status { .. }
            | Self::Transport { .. }
            | Self::Unreadable { .. } => false,
        }
    }

    /// A stable word for programs: `refused`, `timeout`, `rate_limited`, `http_502`, …
    pub fn code(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Setup(_) => "setup",
            Self::Refused { .. } => "refused",
            Self::TokenService(_) => "token_service",
            Self::NoMarketData { .. } => "no_market_data",
            Self::Unauthorized { .. } => "unauthorized",
            Self::UserAgent { .. } => "user_agent",
            Self::RateLimited { .. } => "rate_limited",
            Self::NotInSandbox { .. } => "not_in_sandbox",
            Self::Status { status, .. } => return Cow::Owned(format!("http_{status}")),
            Self::Transport { source, .. } => source.code(),
            Self::Unreadable { .. } => "unreadable",
        })
    }
}

fn said(what: &str) -> String {
    if what.is_empty() {
        String::new()
    } else {
        format!(": {what}")
    }
}
