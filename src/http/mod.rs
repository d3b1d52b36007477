//! What every request source shares: one TLS configuration, clients that never speak plain text to a stranger, pacing,
//! bounded bodies, `Retry-After`, lenient scalars, and server text made fit for a terminal. It knows no venue and decides no retry.

mod transport;
mod client;
#[cfg(test)]
pub(crate) mod corrupt_bodies;
mod rate_limiter;
#[cfg(test)]
pub(crate) mod scripted;
mod text;
mod tls;
mod wait;
mod lenient;

pub use transport::{Transport, Playback, Request};
pub use client::{Cause, Reply, SetupError, TransportError, is_loopback};
pub use rate_limiter::RateLimiter;
pub use text::{clean, encode, endpoint};
pub use tls::{TlsError, tls_config};
pub use wait::{backoff, date, retry_after, stretched};
pub(crate) use lenient::Lenient;
