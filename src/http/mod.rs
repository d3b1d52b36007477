//! What every request source shares: one TLS configuration, clients that never speak plain text to a stranger, pacing,
//! bounded bodies, `Retry-After`, lenient scalars, and server text made fit for a terminal. It knows no venue and decides no retry.

mod client;
#[cfg(test)]
pub(crate) mod corrupt_bodies;
mod lenient;
mod rate_limiter;
#[cfg(test)]
pub(crate) mod scripted;
mod text;
mod tls;
mod transport;
mod wait;

pub use client::{Reply, SetupError, TransportError, error_chain, is_loopback};
pub(crate) use lenient::Lenient;
pub use rate_limiter::RateLimiter;
pub use text::{clean, encode, endpoint};
pub use tls::tls_config;
pub use transport::{Playback, Request, Transport};
pub use wait::{backoff, date, retry_after, stretched};
