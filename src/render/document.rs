//! What every document can give, so that every format can write it.

use std::io;

use serde::Serialize;

use super::block::Block;

/// What a command prints.
pub trait Document {
    /// When it was made, RFC 3339 UTC with milliseconds.
    fn generated_at(&self) -> &str;

    /// The whole, as `json` has it.
    fn value(&self) -> impl Serialize;

    /// The JSON objects of `jsonl`.
    ///
    /// # Errors
    /// What is no JSON.
    fn lines(&self) -> io::Result<Lines<'_>>;

    /// Header and cells of `plain` and `csv`.
    ///
    /// # Errors
    /// What is no JSON.
    fn grid(&self) -> io::Result<Grid<'_>>;

    /// What people read, from top to bottom.
    fn blocks(&self) -> Vec<Block>;

    /// What a reader must know and a grid has no cell for.
    fn remarks(&self) -> Vec<String>;
}

/// JSON objects, each on a line, from the first to the last.
pub type Lines<'a> = Box<dyn Iterator<Item = io::Result<String>> + 'a>;

/// Rows of cells, from the first to the last.
pub type Records<'a> = Box<dyn Iterator<Item = io::Result<Vec<String>>> + 'a>;

/// Cells under a header.
pub struct Grid<'a> {
    /// The columns' names in machine output.
    pub header: Vec<String>,
    /// A cell for each column.
    pub rows: Records<'a>,
}
