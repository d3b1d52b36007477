//! The feed's protocol: messages, compact decoding, snapshots, subscription batching and the state machine.
//!
//! No IO, no clock, no domain type: text and instants go in; text, events and deadlines come out. The driver in
//! `stream` feeds [`Protocol::handle_text`] and [`Protocol::handle_timeout`] and drains [`Protocol::poll_transmit`],
//! [`Protocol::poll_output`] and [`Protocol::poll_timeout`] after each of them.

#[cfg(test)]
mod adversarial;
mod candle_symbol;
mod channel;
mod compact;
mod continued;
mod error;
pub mod event;
mod feed;
mod frame;
mod full;
mod keepalive;
mod layout;
mod login;
mod message;
mod output;
mod pacing;
mod protocol;
mod row;
mod series;
mod subscription;
#[cfg(test)]
mod testing;
mod value;
mod wanted;

pub use error::{Anomaly, Error};
pub use event::{Candle, Candles, Event, EventType, Greeks, Profile, Quote, Summary, Trade};
pub use output::{Output, Phase};
pub use protocol::{Protocol, Settings};
pub use subscription::Subscription;
