//! Sockets over time: connect, one session, backoff, sessions in sequence, and the listen window.
//!
//! Everything is pulled by its caller; no task is spawned, so dropping a future ends what it did.

pub mod backoff;
mod connect;
mod feed;
mod journal;
mod subscription_tracker;
mod session;
pub mod sleep_detector;
mod window;

#[cfg(test)]
mod tests;

pub use connect::{Connect, ConnectError, Dial, Network, Socket};
pub use feed::{Feed, Fetch, GaveUp, Grant, Item, Policy, Stats, TokenError, Tokens};
pub use journal::{Connector, Playback};
pub use subscription_tracker::{AnswerState, CANDLE_WINDOW, Known, SubscriptionTracker, SubscriptionChanges, Shortfall, Request};
pub use session::{Disconnect, FeedSession};
pub use window::{End, Received, Snapshot, Progress, LastEvents, Trouble, ListenWindow, listen};
