//! vol

pub mod black;
