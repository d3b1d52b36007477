//! `variance`: where is implied volatility dear against what the market has really done, and can the numbers be trusted?
//!
//! The modules stand in the order in which one screen flows through them, from the command line to the table.

pub mod time;
pub mod units;

pub mod config;
pub mod instrument;

pub mod recording;

pub mod http;
pub mod tastytrade;

pub mod dxlink;
pub mod stream;

pub mod legacy;

pub mod chain;
pub mod store;

pub mod gather;
pub mod market;
pub mod vol;

pub mod screen;

pub mod render;

pub mod demo;

pub mod cli;
