//! Everything that is tested from outside the modules: the structure, the conversations, the built binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop, and helpers of tests are tests"
)]

mod chains;
mod chaos;
mod circles;
mod configuration;
mod credentials;
mod days;
mod endings;
mod faults;
mod history;
mod manual;
mod memory;
mod options;
mod outages;
mod outlook;
mod output;
mod panel;
mod rehearsal;
mod replay;
mod rolls;
mod run;
mod schema;
mod screening;
mod store;
mod symbols;
mod tidy;
mod tls;
mod universe;
mod watching;
