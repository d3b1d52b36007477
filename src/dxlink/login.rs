//! The connection's own state: from SETUP to a valid login, and back when the server withdraws it.

use std::time::Instant;

use super::message::AuthState;
use super::output::Phase;

/// How far the login is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Login {
    /// SETUP is sent. A login state that came before its answer is kept.
    AwaitSetup {
        early: Option<AuthState>,
        deadline: Instant,
    },
    /// The server has answered SETUP.
    AwaitAuthState { deadline: Instant },
    /// AUTH is sent; `refusals` tokens were refused before.
    AwaitAuthorized { refusals: u32, deadline: Instant },
    /// The token was refused; the driver is fetching another.
    AwaitToken { refusals: u32 },
    /// Logged in.
    Authorized,
}

/// What follows from a login state of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoginVerdict {
    /// Nothing changes.
    Nothing,
    /// The token is to be sent.
    SendToken,
    /// The login is valid from now on.
    LoggedIn,
    /// Another token is needed.
    Refused,
    /// No token helps.
    Hopeless,
}

impl Login {
    /// Takes the server's answer to SETUP, which may come again at any time.
    pub(super) fn take_setup(&mut self, deadline: Instant) -> LoginVerdict {
        let Self::AwaitSetup { early, .. } = *self else {
            return LoginVerdict::Nothing;
        };
        *self = Self::AwaitAuthState { deadline };
        early.map_or(LoginVerdict::Nothing, |state| self.take_state(state, deadline))
    }

    /// Takes a login state: the first one not authorized demands a token, each later one refuses it.
    pub(super) fn take_state(&mut self, state: AuthState, next_deadline: Instant) -> LoginVerdict {
        let (next, verdict) = match (*self, state) {
            (Self::AwaitSetup { early, deadline }, state) => (
                Self::AwaitSetup {
                    early: early.or(Some(state)),
                    deadline,
                },
                LoginVerdict::Nothing,
            ),
            (Self::Authorized, AuthState::Authorized) => (*self, LoginVerdict::Nothing),
            (_, AuthState::Authorized) => (Self::Authorized, LoginVerdict::LoggedIn),
            (Self::AwaitAuthState { .. }, AuthState::Unauthorized) => (
                Self::AwaitAuthorized {
                    refusals: 0,
                    deadline: next_deadline,
                },
                LoginVerdict::SendToken,
            ),
            (Self::AwaitAuthorized { refusals: 0, .. } | Self::Authorized, AuthState::Unauthorized) => {
                (Self::AwaitToken { refusals: 1 }, LoginVerdict::Refused)
            }
            (Self::AwaitAuthorized { .. }, AuthState::Unauthorized) => (*self, LoginVerdict::Hopeless),
            (Self::AwaitToken { .. }, AuthState::Unauthorized) => (*self, LoginVerdict::Nothing),
        };
        *self = next;
        verdict
    }

    /// A fresh token is there. True when it is to be sent now.
    pub(super) fn take_token(&mut self, deadline: Instant) -> bool {
        let Self::AwaitToken { refusals } = *self else {
            return false;
        };
        *self = Self::AwaitAuthorized { refusals, deadline };
        true
    }

    /// Until when the server has to answer; nothing is due while the driver fetches a token.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::AwaitSetup { deadline, .. }
            | Self::AwaitAuthState { deadline }
            | Self::AwaitAuthorized { deadline, .. } => Some(*deadline),
            Self::AwaitToken { .. } | Self::Authorized => None,
        }
    }

    /// The phase, `None` when logged in.
    pub(super) fn phase(&self) -> Option<Phase> {
        match self {
            Self::AwaitSetup { .. } => Some(Phase::AwaitSetup),
            Self::AwaitAuthState { .. } => Some(Phase::AwaitAuthState),
            Self::AwaitAuthorized { .. } | Self::AwaitToken { .. } => Some(Phase::AwaitAuthorized),
            Self::Authorized => None,
        }
    }
}
