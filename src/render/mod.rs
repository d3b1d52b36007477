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

pub use block::{Block, Columns};
pub use chain::{ChainBlock, CheckBlock, ExpirationBlock, GreeksBlock, OptionBlock, StrikeBlock, ThirtyDayBlock};
pub use document::{Document, Grid, Lines, Records};
pub use format::{Format, Style, Turn, write, write_turn};
pub use history::{History, Origin, Session};
pub use row::{Provenance, Row, row_columns};
pub use run::{Command, Explanation, Meta, Recorded, Rejected, RunDocument, SCHEMA_VERSION};
pub use schema::schema;
pub use values::{Every, Fields, Kept, OfOption, Values};
pub use vol_file::VolFile;
pub use vol_symbol::VolSymbol;
