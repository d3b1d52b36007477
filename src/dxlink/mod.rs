//! The feed's protocol: messages, compact decoding, snapshots, subscription batching and the state machine.
//!
//! No IO, no clock, no domain type: text and instants go in; text, events and deadlines come out. The driver in
//! `stream` feeds [`Protocol::handle_text`] and [`Protocol::handle_timeout`] and drains [`Protocol::poll_transmit`],
//! [`Protocol::poll_event`] and [`Protocol::poll_timeout`] after each of them.

pub mod event;
mod protocol;

pub use event::{Candle, Candles, Event, EventType, Greeks, Profile, Quote, Summary, Trade};
pub use protocol::{Anomaly, Error, Input, Output, Phase, Protocol, Settings, Stats, Subscription};
