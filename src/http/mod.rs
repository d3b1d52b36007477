//! What every request source shares: one TLS configuration, clients that never speak plain text to a stranger, pacing,
//! bounded bodies, `Retry-After`, lenient scalars, and server text made fit for a terminal. It knows no venue and decides no retry.

mod carrier;
mod client;
#[cfg(test)]
pub(crate) mod mangled;
mod pace;
#[cfg(test)]
pub(crate) mod scripted;
mod text;
mod tls;
mod wait;
mod wire;

pub use carrier::{Carrier, Playback, Request};
pub use client::{Cause, Reply, SetupError, TransportError, is_loopback};
pub use pace::Pacer;
pub use text::{clean, encode, endpoint};
pub use tls::{TlsError, tls_config};
pub use wait::{backoff, date, retry_after, stretched};
pub(crate) use wire::Wire;
