//! Shows: one [`Document`] for every command, written as table, plain, JSON, JSON lines or CSV. It decides nothing
//! about markets and reads no clock; whether there is a terminal, how wide it is and whether it has colors comes in
//! as [`Style`].

mod chain;
mod chain_table;
mod document;
mod explained;
mod flat;
mod footer;
mod history;
mod layout;
mod number;
mod outlook;
mod panel;
mod parquet;
mod row;
mod table;
mod text;
mod vol;

#[cfg(test)]
mod tests;

use std::io;

pub use chain::{ChainBlock, CheckBlock, ExpirationBlock, GreeksBlock, OptionBlock, StrikeBlock, ThirtyDayBlock};
pub use document::{Command, Document, Explanation, Meta, Recorded, Rejected, SCHEMA_VERSION, schema};
pub use history::{History, Origin, Session};
pub use outlook::OutlookDocument;
pub use panel::PanelDocument;
pub use row::{Provenance, Row, Values, row_columns};

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people at a terminal; the only format with percent signs.
    Table,
    /// A header and one row a line, tab separated.
    Plain,
    /// One object, indented.
    Json,
    /// One object a line, each with its `type`.
    Jsonl,
    /// Comma separated, with header.
    Csv,
}

/// What the terminal can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Columns; `None` shows everything.
    pub width: Option<usize>,
    /// Whether escape codes may be written.
    pub color: bool,
}

/// Which one of several documents in one stream it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The first.
    First,
    /// A later one.
    Later,
}

/// Writes `document` to `out` as `format`; `style` concerns the table alone.
///
/// # Errors
///
/// Whatever `out` fails with; a broken pipe among it.
pub fn write(document: &Document, style: &Style, format: Format, out: &mut impl io::Write) -> io::Result<()> {
    match format {
        Format::Table => table::write(document, style, out),
        Format::Plain => flat::plain(document, None, out),
        Format::Json => flat::json(document, out),
        Format::Jsonl => flat::jsonl(document, out),
        Format::Csv => flat::csv(document, None, out),
    }?;
    out.flush()
}

/// Writes one of several documents to the same `out`: JSON as one line; plain and CSV with the header on the first turn
/// only and `generated_at` as a further column; tables with an empty line between.
///
/// # Errors
///
/// Whatever `out` fails with; a broken pipe among it.
pub fn write_turn(
    document: &Document,
    style: &Style,
    format: Format,
    turn: Turn,
    out: &mut impl io::Write,
) -> io::Result<()> {
    match format {
        Format::Table => {
            if turn == Turn::Later {
                writeln!(out)?;
            }
            table::write(document, style, out)
        }
        Format::Plain => flat::plain(document, Some(turn), out),
        Format::Json => flat::json_line(document, out),
        Format::Jsonl => flat::jsonl(document, out),
        Format::Csv => flat::csv(document, Some(turn), out),
    }?;
    out.flush()
}
