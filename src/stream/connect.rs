//! From a URL to an open WebSocket: DNS, TCP, an HTTP proxy where the environment names one, TLS, the upgrade.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Sink, Stream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use rustls::pki_types::ServerName;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tower_service::Service;
use url::Url;

/// A dial under way.
pub type Dial<'a, S> = Pin<Box<dyn Future<Output = Result<S, ConnectError>> + 'a>>;

/// What opens a WebSocket: the network, a recording, or a pipe in tests.
pub trait Connect {
    /// The WebSocket.
    type Socket: Socket;

    /// Starts to open a WebSocket to `url`. Dropping the future gives the attempt up.
    fn dial<'a>(&self, url: &Url) -> Dial<'a, Self::Socket>
    where
        Self: 'a;
}

/// An open WebSocket.
pub trait Socket:
    Stream<Item = Result<Message, tungstenite::Error>> + Sink<Message, Error = tungstenite::Error> + Unpin + fmt::Debug
{
}

impl<S> Socket for S where
    S: Stream<Item = Result<Message, tungstenite::Error>>
        + Sink<Message, Error = tungstenite::Error>
        + Unpin
        + fmt::Debug
{
}

/// Why a WebSocket could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectError {
    /// The URL is not `wss://`, nor `ws://` to loopback.
    #[error("refusing to speak plain text to {host}: only wss:// leaves this machine")]
    Insecure {
        /// The host of the URL.
        host: String,
    },
    /// The URL has no host or a scheme that is not a WebSocket's.
    #[error("the feed's address is not a WebSocket URL")]
    BadUrl,
    /// Not open within ten seconds.
    #[error("no WebSocket within {} s", CONNECT_TIMEOUT.as_secs())]
    Timeout,
    /// The TCP connection failed.
    #[error("cannot connect: {0}")]
    Tcp(String),
    /// The proxy refused, or is of a kind that is not supported.
    #[error("proxy: {0}")]
    Proxy(String),
    /// The TLS handshake failed.
    #[error("TLS: {0}")]
    Tls(String),
    /// The server answered the upgrade with an HTTP status.
    #[error("the server answered the WebSocket upgrade with HTTP {0}")]
    Status(u16),
    /// The upgrade failed in another way.
    #[error("the WebSocket upgrade failed: {0}")]
    Upgrade(String),
}

impl ConnectError {
    /// Whether another attempt with the same URL and token is pointless.
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Insecure { .. } | Self::BadUrl => true,
            Self::Status(status) => (400..500).contains(status),
            Self::Timeout | Self::Tcp(_) | Self::Proxy(_) | Self::Tls(_) | Self::Upgrade(_) => false,
        }
    }
}

/// The whole way from DNS to the finished upgrade.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

const MAX_MESSAGE: usize = 16 << 20;
const MAX_UNSENT: usize = 1 << 20;

/// Dials over TCP, through TLS for every host but loopback.
#[derive(Clone)]
pub struct Network {
    tls: Arc<rustls::ClientConfig>,
    user_agent: HeaderValue,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("user_agent", &self.user_agent)
            .finish_non_exhaustive()
    }
}

impl Network {
    /// Dials with `tls`, which must offer no ALPN protocol, and says who is calling.
    pub fn new(tls: Arc<rustls::ClientConfig>) -> Self {
        Self {
            tls,
            user_agent: HeaderValue::from_static(concat!("variance/", env!("CARGO_PKG_VERSION"))),
        }
    }
}

impl Connect for Network {
    type Socket = WebSocketStream<Box<dyn Bytes>>;

    fn dial<'a>(&self, url: &Url) -> Dial<'a, Self::Socket>
    where
        Self: 'a,
    {
        let (network, url) = (self.clone(), url.clone());
        Box::pin(async move {
            match tokio::time::timeout(CONNECT_TIMEOUT, open(&network, &url)).await {
                Ok(opened) => opened,
                Err(_elapsed) => Err(ConnectError::Timeout),
            }
        })
    }
}

/// What a WebSocket can run on.
pub trait Bytes: AsyncRead + AsyncWrite + Unpin + fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Unpin + fmt::Debug> Bytes for T {}

async fn open(network: &Network, url: &Url) -> Result<WebSocketStream<Box<dyn Bytes>>, ConnectError> {
    let target = Target::of(url)?;
    let tcp = match target.proxy()? {
        None => TcpStream::connect((target.host.as_str(), target.port))
            .await
            .map_err(|error| tcp_failed(&error))?,
        Some(proxy) => tunnel(&proxy, &target).await?,
    };
    tcp.set_nodelay(true).map_err(|error| tcp_failed(&error))?;
    let socket: Box<dyn Bytes> = if target.secure {
        let name = ServerName::try_from(target.host.clone()).map_err(|_invalid| ConnectError::BadUrl)?;
        let tls = TlsConnector::from(Arc::clone(&network.tls))
            .connect(name, tcp)
            .await
            .map_err(|error| ConnectError::Tls(error.to_string()))?;
        Box::new(tls)
    } else {
        Box::new(tcp)
    };
    let mut request = url
        .as_str()
        .into_client_request()
        .map_err(|error| ConnectError::Upgrade(error.to_string()))?;
    request.headers_mut().insert("User-Agent", network.user_agent.clone());
    match tokio_tungstenite::client_async_with_config(request, socket, Some(limits())).await {
        Ok((stream, _response)) => Ok(stream),
        Err(tungstenite::Error::Http(response)) => Err(ConnectError::Status(response.status().as_u16())),
        Err(error) => Err(ConnectError::Upgrade(error.to_string())),
    }
}

fn tcp_failed(error: &io::Error) -> ConnectError {
    ConnectError::Tcp(error.to_string())
}

/// The sizes beyond which a message ends the connection.
pub(crate) fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
        .max_write_buffer_size(MAX_UNSENT)
}

#[derive(Debug, PartialEq)]
struct Target {
    host: String,
    port: u16,
    secure: bool,
    loopback: bool,
}

impl Target {
    fn of(url: &Url) -> Result<Self, ConnectError> {
        let secure = match url.scheme() {
            "wss" => true,
            "ws" => false,
            _ => return Err(ConnectError::BadUrl),
        };
        let (host, loopback) = match url.host().ok_or(ConnectError::BadUrl)? {
            url::Host::Domain(name) => (name.to_owned(), name == "localhost"),
            url::Host::Ipv4(ip) => (ip.to_string(), IpAddr::V4(ip).is_loopback()),
            url::Host::Ipv6(ip) => (ip.to_string(), IpAddr::V6(ip).is_loopback()),
        };
        if !secure && !loopback {
            return Err(ConnectError::Insecure { host });
        }
        let port = url.port_or_known_default().ok_or(ConnectError::BadUrl)?;
        Ok(Self {
            host,
            port,
            secure,
            loopback,
        })
    }

    fn proxy(&self) -> Result<Option<Intercept>, ConnectError> {
        if self.loopback {
            return Ok(None);
        }
        // The matcher knows http and https only; a wss host is reached the way an https host is.
        let uri = format!("https://{}:{}/", self.host, self.port)
            .parse()
            .map_err(|_invalid| ConnectError::BadUrl)?;
        let Some(proxy) = Matcher::from_system().intercept(&uri) else {
            return Ok(None);
        };
        match proxy.uri().scheme_str() {
            Some("http") => Ok(Some(proxy)),
            scheme => Err(ConnectError::Proxy(format!(
                "{} proxies are not supported, only http",
                scheme.unwrap_or("nameless")
            ))),
        }
    }
}

async fn tunnel(proxy: &Intercept, target: &Target) -> Result<TcpStream, ConnectError> {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    let mut tunnel = Tunnel::new(proxy.uri().clone(), connector);
    if let Some(auth) = proxy.basic_auth() {
        tunnel = tunnel.with_auth(auth.clone());
    }
    let uri = format!("https://{}:{}", target.host, target.port)
        .parse()
        .map_err(|_invalid| ConnectError::BadUrl)?;
    let io = tunnel
        .call(uri)
        .await
        .map_err(|error| ConnectError::Proxy(error.to_string()))?;
    Ok(io.into_inner())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn target(url: &str) -> Result<Target, ConnectError> {
        Target::of(&Url::parse(url).unwrap())
    }

    #[test]
    fn plain_text_stays_on_this_machine() {
        assert!(matches!(
            target("ws://feed.example.com/realtime"),
            Err(ConnectError::Insecure { .. })
        ));
        assert!(matches!(
            target("ws://10.0.0.1/realtime"),
            Err(ConnectError::Insecure { .. })
        ));
        for local in [
            "ws://127.0.0.1:9/dxlink",
            "ws://localhost:9/dxlink",
            "ws://[::1]:9/dxlink",
        ] {
            assert!(target(local).unwrap().loopback, "{local}");
        }
    }

    #[test]
    fn a_feed_address_that_is_no_websocket_is_refused() {
        assert!(matches!(target("https://feed.example.com/"), Err(ConnectError::BadUrl)));
    }

    #[test]
    fn loopback_is_never_dialed_through_a_proxy() {
        assert!(target("ws://127.0.0.1:9/dxlink").unwrap().proxy().unwrap().is_none());
    }

    #[test]
    fn a_wrong_path_is_final_and_a_bad_gateway_is_not() {
        assert!(ConnectError::Status(400).is_terminal());
        assert!(!ConnectError::Status(502).is_terminal());
    }

    #[tokio::test]
    async fn a_proxy_is_asked_to_connect_with_its_credentials() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let proxy = Matcher::builder().https(format!("http://user:pass@{address}")).build();
        let intercept = proxy
            .intercept(&"https://feed.example.com:443/".parse().unwrap())
            .unwrap();
        let served = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(socket.read_u8().await.unwrap());
            }
            socket
                .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                .await
                .unwrap();
            (String::from_utf8(asked).unwrap(), socket)
        };
        let target = target("wss://feed.example.com/realtime").unwrap();
        let ((asked, mut server), through) = tokio::join!(served, tunnel(&intercept, &target));
        assert!(
            asked.starts_with("CONNECT feed.example.com:443 HTTP/1.1\r\n"),
            "{asked}"
        );
        assert!(
            asked.to_lowercase().contains("proxy-authorization: basic dxnlcjpwyxnz"),
            "{asked}"
        );
        through.unwrap().write_all(b"hello").await.unwrap();
        let mut heard = [0; 5];
        server.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hello");
    }
}
