//! demo

pub mod market;
pub mod rest;
