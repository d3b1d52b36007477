//! Prints quotes as they come: `cargo run --example quotes -- ADDRESS TOKEN SPY AAPL`.
//!
//! Address and token of a feed are what `/api-quote-tokens` answers, that of `variance demo` too.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt as _;
use variance::dxlink::{Event, EventType, Settings, Subscription};
use variance::stream::{Feed, Fetch, Grant, Item, Network, Policy, Tokens};

/// One token for every connection. A real client fetches another when this one is refused.
struct OneToken(Grant);

impl<'a> Tokens<'a> for OneToken {
    fn token(&self, _anew: bool) -> Fetch<'a> {
        Box::pin(ready(Ok(self.0.clone())))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("name the address of the feed")?.parse()?;
    let token = arguments.next().context("name the token")?.into();
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    let policy = Policy {
        reconnect: true,
        max_attempts: 5,
        ceiling: Duration::from_secs(30),
    };
    let settings = Settings {
        version: "0.1-quotes/1.0".to_owned(),
        keepalive: Duration::from_secs(60),
        step_timeout: Duration::from_secs(10),
        aggregation_seconds: 0.1,
    };
    let mut feed = Feed::new(
        Network::new(Arc::new(tls)),
        OneToken(Grant { token, url }),
        policy,
        settings,
    );
    for symbol in arguments {
        feed.want(Subscription {
            event_type: EventType::Quote,
            symbol: symbol.as_str().into(),
            from_time: None,
        });
    }
    loop {
        match feed.next().await? {
            Item::Event {
                event: Event::Quote(quote),
                ..
            } => {
                println!("{} {:?} / {:?}", quote.symbol, quote.bid, quote.ask);
            }
            Item::Lost { reason, again_in, .. } => eprintln!("{reason}; again in {again_in:?}"),
            Item::Event { .. } | Item::Ready => {}
            Item::Refused { message } | Item::Misunderstood { message } => eprintln!("{message}"),
        }
    }
}
