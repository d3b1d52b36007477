//! `variance` screens a watchlist for rich implied volatility and gives source and age of every number.
//!
//! For others: [`dxlink`] and [`stream`], a client of the feed's protocol (`examples/quotes.rs`); [`vol`], estimators,
//! implied volatility and Greeks; [`instrument`], every spelling of a symbol; [`units`]. The program itself is
//! [`cli::main`]; its rooms stand below in the order in which one screen flows through them.

#![allow(
    unreachable_pub,
    reason = "rooms are private to the crate; in them `pub` means for the other rooms"
)]

pub use variance_dxlink as dxlink;
pub use variance_instrument as instrument;
pub use variance_stream as stream;
pub use variance_units as units;
pub use variance_vol as vol;

pub mod cli;

use variance_demo as demo;
use variance_recording as recording;
use variance_text as text;
use variance_time as time;

mod config;
mod http;

mod legacy;
mod tastytrade;

mod chain;
mod gather;
mod market;
mod store;

mod screen;

mod render;
