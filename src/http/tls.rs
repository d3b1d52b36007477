//! One TLS configuration for requests and for the socket: rustls with ring, roots from the operating system.

use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt;

/// The system's certificates could not be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the system's CA certificates cannot be used; on Linux SSL_CERT_FILE may name a bundle")]
pub struct TlsError(#[from] rustls::Error);

/// The configuration, made at the first call because reading the system's roots takes milliseconds. It offers no ALPN:
/// a WebSocket handshake dies under `h2`, and requests speak HTTP/1.1.
///
/// # Errors
/// [`TlsError`] when the system has no usable root certificates.
pub fn tls_config() -> Result<Arc<ClientConfig>, TlsError> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(Arc::clone(config));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(Arc::clone(CONFIG.get_or_init(|| Arc::new(config))))
}

/// A configuration that trusts nobody, for clients that only speak plain HTTP on loopback: it reads no roots.
pub(super) fn trusting_nobody() -> Result<ClientConfig, TlsError> {
    Ok(ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_no_alpn_so_that_a_websocket_can_use_it() {
        if let Ok(config) = tls_config() {
            assert!(config.alpn_protocols.is_empty());
        }
        assert!(trusting_nobody().expect("needs no roots").alpn_protocols.is_empty());
    }
}
