//! Sockets over time: connect, one session, backoff, sessions in sequence, and the listen window.
//!
//! Everything is pulled by its caller; no task is spawned, so dropping a future ends what it did.

pub mod backoff;
mod connect;
mod feed;
mod journal;
mod ledger;
mod session;
pub mod wake;
mod window;

#[cfg(test)]
mod tests;

pub use connect::{Connect, ConnectError, Dial, Network, Socket};
pub use feed::{Feed, Fetch, GaveUp, Grant, Item, Policy, Tally, TokenError, Tokens};
pub use journal::{Dialler, Playback};
pub use ledger::{Answer, CANDLE_WINDOW, Known, Ledger, Orders, Shortfall, Want};
pub use session::{Disconnect, Session};
pub use window::{End, Heard, Listened, Progress, Streamed, Trouble, Window, listen};
