//! One exchange: a request out, a bounded answer back.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use reqwest::redirect::Policy;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::tls::{TlsError, tls_config, trusting_nobody};

/// Why a client could not be made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SetupError {
    /// The URL would send data in the open.
    #[error("{host} must be reached by https; plain http is for loopback only")]
    PlainText {
        /// Host of the URL.
        host: String,
    },
    /// The URL cannot carry a path.
    #[error("{url} is no base for requests")]
    NoBase {
        /// The URL.
        url: String,
    },
    /// No usable root certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The HTTP library refused the settings, for example a User-Agent that no header can carry.
    #[error("the HTTP client cannot be made")]
    Client(#[source] Arc<reqwest::Error>),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransportError {
    /// No complete answer in time.
    #[error("no answer in time")]
    Timeout,
    /// No connection.
    #[error("no connection")]
    Connect(#[source] Cause),
    /// The connection broke before the answer was complete.
    #[error("the connection broke")]
    Broken(#[source] Cause),
    /// The answer is larger than it may be.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The run is a recorded one, and nothing was recorded for this request.
    #[error("the recording has no such request")]
    NotRecorded,
    /// The run is a recorded one, and the recording ends while this request is under way.
    #[error("the recording ends before the answer")]
    CutOff,
}

impl TransportError {
    /// A stable word for programs: `timeout`, `connect`, …
    pub fn code(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connect(_) => "connect",
            Self::Broken(_) => "broken",
            Self::TooLarge { .. } => "too_large",
            Self::NotRecorded => "not_recorded",
            Self::CutOff => "cut_off",
        }
    }
}

/// What the HTTP library says of a failure, all causes in one line, without the URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{0}")]
pub struct Cause(String);

impl From<reqwest::Error> for Cause {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        Self(error_chain(&error))
    }
}

/// An error with its causes in one line, each once.
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let because = error.to_string();
        if !text.contains(&because) {
            text.push_str(": ");
            text.push_str(&because);
        }
        cause = error.source();
    }
    text
}

/// A complete answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Whether `content-type` says HTML.
    pub html: bool,
    /// `Retry-After` as sent.
    pub retry_after: Option<String>,
    /// `Date` as sent.
    pub date: Option<String>,
    /// The decoded body.
    #[serde(with = "text")]
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer of which nothing but the status is known.
    pub(super) fn of_status(status: u16) -> Self {
        Self {
            status,
            html: false,
            retry_after: None,
            date: None,
            body: Vec::new(),
        }
    }
}

/// Bodies are recorded as the text they are read as.
mod text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&String::from_utf8_lossy(body))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        String::deserialize(deserializer).map(String::into_bytes)
    }
}

/// Whether `url` points at this machine, by address or as `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical().is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// A client for requests to `base`: gzip, no redirects, 5 s to connect, `timeout` for a whole exchange. Proxies of the
/// environment apply, except on loopback.
///
/// # Errors
/// [`SetupError`] when `base` is neither https nor loopback, or when TLS or the settings do not work.
pub(super) fn client(base: &Url, user_agent: &str, timeout: Duration) -> Result<reqwest::Client, SetupError> {
    if base.cannot_be_a_base() {
        return Err(SetupError::NoBase { url: base.to_string() });
    }
    let builder = reqwest::Client::builder()
        .user_agent(user_agent)
        .redirect(Policy::none())
        .connect_timeout(CONNECT.min(timeout))
        .timeout(timeout);
    let builder = match base.scheme() {
        "https" => builder.tls_backend_preconfigured((*tls_config()?).clone()),
        "http" if is_loopback(base) => builder.tls_backend_preconfigured(trusting_nobody()?).no_proxy(),
        _ => {
            return Err(SetupError::PlainText {
                host: base.host_str().unwrap_or("the address").to_owned(),
            });
        }
    };
    builder
        .build()
        .map_err(|error| SetupError::Client(Arc::new(error.without_url())))
}

/// Sends `request` and reads the answer, at most `limit` bytes of it after decompression. Cancel safe: dropping it
/// abandons the exchange.
///
/// # Errors
/// [`TransportError`] when no complete answer came; every status is an answer.
pub(super) async fn send(request: reqwest::RequestBuilder, limit: usize) -> Result<Reply, TransportError> {
    let mut response = request.send().await.map_err(transport)?;
    let header = |name| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let html = header(CONTENT_TYPE).is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    let retry_after = header(RETRY_AFTER);
    let date = header(DATE);
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        if body.len() + chunk.len() > limit {
            return Err(TransportError::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply {
        status,
        html,
        retry_after,
        date,
        body,
    })
}

fn transport(error: reqwest::Error) -> TransportError {
    if error.is_timeout() {
        TransportError::Timeout
    } else if error.is_connect() {
        TransportError::Connect(error.into())
    } else {
        TransportError::Broken(error.into())
    }
}

const CONNECT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_refused_above_loopback() {
        let seconds = Duration::from_secs(1);
        for refused in [
            "http://api.tastyworks.com",
            "http://10.0.0.1",
            "http://127.0.0.1.example.com",
            "ftp://127.0.0.1",
        ] {
            let url = Url::parse(refused).expect("a URL");
            assert!(
                matches!(client(&url, "variance/0", seconds), Err(SetupError::PlainText { .. })),
                "{refused}"
            );
        }
        for taken in ["http://127.0.0.1:9", "http://[::1]:9", "http://localhost:9"] {
            let url = Url::parse(taken).expect("a URL");
            assert!(client(&url, "variance/0", seconds).is_ok(), "{taken}");
        }
    }

    #[test]
    fn a_user_agent_no_header_can_carry_is_an_error() {
        let url = Url::parse("http://127.0.0.1").expect("a URL");
        assert!(matches!(
            client(&url, "a\nb", Duration::from_secs(1)),
            Err(SetupError::Client(_))
        ));
    }
}
