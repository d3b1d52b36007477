//! REST and the feed through TLS: one stack, the roots of the machine, no application protocol on the socket.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use variance_demo::{Faults, Options, Refusal, RestEffect, RestRule, Times, Venue};

use crate::run::Run;

/// A certificate authority of our own and a server certificate for `localhost` from it.
struct Authority {
    root: String,
    server: Arc<rustls::ServerConfig>,
}

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Authority {
        root,
        server: Arc::new(server),
    }
}

/// Takes TLS off what comes in on a port of its own and passes it on to `target`, as long as the test runs.
fn terminate(server: Arc<rustls::ServerConfig>, target: impl FnOnce(u16) -> SocketAddr + Send + 'static) -> u16 {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let target = target(port);
            tell.send(port).unwrap();
            let acceptor = TlsAcceptor::from(server);
            while let Ok((tcp, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(mut outside) = acceptor.accept(tcp).await else {
                        return;
                    };
                    let mut inside = TcpStream::connect(target).await.unwrap();
                    // Either side may go away at any time; that is the end of it.
                    drop(tokio::io::copy_bidirectional(&mut outside, &mut inside).await);
                });
            }
        });
    });
    told.recv().unwrap()
}

/// A venue behind TLS whose quote token points to the TLS address, and that address.
fn venue_behind_tls(server: Arc<rustls::ServerConfig>) -> (u16, std::sync::mpsc::Receiver<Venue>) {
    let (tell, venue) = std::sync::mpsc::channel();
    let port = terminate(server, move |port| {
        let token = json!({
            "data": { "token": "demo-tls", "dxlink-url": format!("wss://localhost:{port}/dxlink"), "level": "api" },
            "context": "/api-quote-tokens"
        });
        let refusal = Refusal {
            status: 200,
            body: token.to_string(),
            content_type: "application/json",
            retry_after: None,
        };
        let rule = RestRule {
            path_prefix: "/api-quote-tokens".to_owned(),
            after: None,
            effect: RestEffect::Status(refusal),
            times: Times::Always,
        };
        let faults = Faults {
            rest: vec![rule],
            feed: Vec::new(),
        };
        let started = Venue::start(Options {
            faults,
            ..Options::default()
        })
        .unwrap();
        let address = started.base_url().trim_start_matches("http://").parse().unwrap();
        tell.send(started).unwrap();
        address
    });
    (port, venue)
}

fn quote_through_tls(port: u16) -> Run {
    Run::new("--now 2026-11-20T21:30:00Z quote SPY /ES")
        .env("API_BASE_URL", &format!("https://localhost:{port}"))
        .env("TT_CLIENT_SECRET", "x")
        .env("TT_REFRESH_TOKEN", "x")
        .config(json!({ "legacy": { "enabled": false } }))
}

#[test]
fn rest_and_the_feed_work_through_tls_with_a_root_of_the_machine() {
    let authority = authority();
    let (port, _venue) = venue_behind_tls(authority.server);
    let run = quote_through_tls(port).file("root.pem", &authority.root);
    let root = run.path("root.pem").to_str().unwrap().to_owned();
    let document = run.env("SSL_CERT_FILE", &root).document();
    assert_eq!(document["sources"]["dxlink"]["state"], "ok", "{document:#}");
    assert_eq!(document["coverage"]["complete"], 2);
    assert_eq!(document["rows"][1]["provenance"]["price"]["source"], "dxlink");
}

#[test]
fn a_server_nobody_vouches_for_gets_no_secret() {
    let theirs = authority();
    let (port, venue) = venue_behind_tls(theirs.server);
    let run = quote_through_tls(port).file("root.pem", &authority().root);
    let root = run.path("root.pem").to_str().unwrap().to_owned();
    let answer = run.env("SSL_CERT_FILE", &root).arg("--json").answer();
    assert_eq!(answer.code, 69, "{}", answer.stderr);
    let tally = venue.recv().unwrap().tally().unwrap();
    assert_eq!(tally.rest_requests, 0, "no request got through the handshake");
}
