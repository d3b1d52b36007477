//! Shows: a [`Document`] for every command, which any [`Format`] can write. It decides nothing about markets and reads no
//! clock; whether there is a terminal, how wide it is and whether it has colors comes in as [`Style`].

mod block;
mod cell;
mod chain;
mod chain_table;
mod document;
mod explain;
mod footer;
mod format;
mod history;
mod layout;
mod number;
mod parquet;
mod row;
mod run;
mod run_document;
mod said;
mod schema;
mod screen_table;
mod text;
mod values;
mod vol;
mod vol_file;
mod vol_forecast;
mod vol_symbol;
mod vol_windows;

#[cfg(test)]
mod tests;

pub use document::Document;
pub use format::{Format, Style, Turn, write, write_turn};
pub use history::History;
pub use run::{Meta, Recorded, RunDocument};
pub use schema::schema;
pub use vol_file::VolFile;
pub use vol_symbol::VolSymbol;
