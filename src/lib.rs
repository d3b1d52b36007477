//! `variance`: where is implied volatility dear against what the market has really done, and can the numbers be trusted?
//!
//! The modules stand in the order in which one screen flows through them, from the command line to the table.

pub use variance_text as text;
pub use variance_time as time;
pub use variance_units as units;

pub mod config;
pub use variance_instrument as instrument;

pub use variance_recording as recording;

pub mod http;
pub mod tastytrade;

pub use variance_dxlink as dxlink;
pub use variance_stream as stream;

pub mod legacy;

pub mod chain;
pub mod store;

pub mod gather;
pub mod market;
pub use variance_vol as vol;

pub mod screen;

pub mod render;

pub use variance_demo as demo;

pub mod cli;
