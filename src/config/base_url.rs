//! Addresses of servers: checked once, nothing in plain text beyond loopback.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::{Host, Url};

/// The address of a REST server, without query, fragment, password or trailing slash. `https`, or `http` on loopback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct BaseUrl(Url);

/// Why a text is no address. Never repeats the text, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BaseUrlError {
    /// Not a URL.
    #[error("not a URL: {0}")]
    Unreadable(#[from] url::ParseError),
    /// Another scheme than `https`.
    #[error("only https addresses are accepted, and http on loopback")]
    Scheme,
    /// `http` to another machine.
    #[error("http would send secrets in plain text; it is accepted on loopback only, use https")]
    Plain,
    /// A user name or password inside.
    #[error("a user name or password does not belong in the address")]
    Password,
    /// A query or fragment inside.
    #[error("a query or fragment does not belong in the address")]
    Query,
}

impl BaseUrl {
    /// Reads an address; a trailing slash is dropped.
    ///
    /// # Errors
    ///
    /// [`BaseUrlError`] when it is no address that secrets may be sent to.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text.trim().trim_end_matches('/'))?;
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(BaseUrlError::Plain),
            _ => return Err(BaseUrlError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Password);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::Query);
        }
        Ok(Self(url))
    }

    /// The address as a URL; a path ends without slash except the empty one.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The address as text, without trailing slash: paths that begin with a slash can be appended.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    pub(super) fn tastytrade() -> Self {
        Self::constant("https://api.tastyworks.com")
    }

    pub(super) fn legacy() -> Self {
        Self::constant("https://query1.finance.yahoo.com")
    }

    #[expect(clippy::expect_used, reason = "called with two literals that a test reads")]
    fn constant(text: &str) -> Self {
        Self::parse(text).expect("a literal address")
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = BaseUrlError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<BaseUrl> for String {
    fn from(url: BaseUrl) -> Self {
        url.as_str().to_owned()
    }
}
