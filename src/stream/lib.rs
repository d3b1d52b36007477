//! Sockets over time: connect, one session, backoff, sessions in sequence, and the listen window.
//!
//! Everything is pulled by its caller; no task is spawned, so dropping a future ends what it did.

pub mod backoff;
mod connect;
mod feed;
mod journal;
mod session;
pub mod sleep_detector;
mod subscription_tracker;
mod window;

#[cfg(test)]
mod tests;

pub use connect::{Connect, ConnectError, Dial, Network, Socket};
pub use feed::{Feed, Fetch, GaveUp, Grant, Item, Policy, Stats, TokenError, Tokens};
pub use journal::{Connector, Playback};
pub use session::{Disconnect, FeedSession};
pub use subscription_tracker::{
    AnswerState, CANDLE_WINDOW, Known, Request, Shortfall, SubscriptionChanges, SubscriptionTracker,
};
pub use window::{End, LastEvents, ListenWindow, Progress, Received, Snapshot, Trouble, listen};
