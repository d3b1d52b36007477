//! The parts of a table for people.

use super::layout::Column;

/// A part of a table, below the one before.
#[derive(Debug, Clone)]
pub enum Block {
    /// Columns under headers.
    Columns(Columns),
    /// A text, wrapped where the terminal is narrow.
    Text(String),
    /// A text about the column called `header` of the columns above, left out where the column is.
    Legend {
        /// What stands above the column.
        header: &'static str,
        /// The text.
        text: String,
    },
    /// A text that should catch the eye.
    Alarm(String),
    /// An empty line.
    Gap,
}

/// Columns that are fitted to the terminal together.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    pub(super) columns: Vec<Column>,
    /// Whether columns of the same rank are only left out together.
    pub(super) paired: bool,
    /// The lines that recede; the others, and those beyond the last of these, do not.
    pub(super) dimmed: Vec<bool>,
}

impl Block {
    /// Columns none of whose lines recedes.
    pub(super) fn columns(columns: Vec<Column>) -> Self {
        Self::Columns(Columns {
            columns,
            ..Columns::default()
        })
    }
}

/// Each text a block of its own.
pub(super) fn texts(texts: impl IntoIterator<Item = String>) -> impl Iterator<Item = Block> {
    texts.into_iter().map(Block::Text)
}
