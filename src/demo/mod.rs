//! demo

pub mod market;
