//! The formats: a file each, which writes any [`Document`].

mod csv;
mod json;
mod jsonl;
mod plain;
mod table;

use std::io;

use super::document::{Document, Records};

macro_rules! formats {
    ($($format:ident => $name:ident: $help:literal,)+) => {
        /// How a document is written.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Format {
            $(#[doc = $help] $format,)+
        }

        impl Format {
            /// Every format.
            pub const ALL: &[Self] = &[$(Self::$format),+];

            /// What it is called on the command line and in the configuration.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$format => stringify!($name),)+
                }
            }

            /// Whether it has room for a document's remarks.
            pub const fn holds_remarks(self) -> bool {
                match self {
                    $(Self::$format => $name::HOLDS_REMARKS,)+
                }
            }
        }

        fn dispatch(format: Format, document: &impl Document, how: How, out: &mut impl io::Write) -> io::Result<()> {
            match format {
                $(Format::$format => $name::write(document, how, out),)+
            }?;
            out.flush()
        }
    };
}

formats! {
    Table => table: "Columns for people, fitted to the terminal",
    Plain => plain: "One row a line, tab separated, with a header",
    Json => json: "One document",
    Jsonl => jsonl: "One object a line",
    Csv => csv: "Comma separated, the columns of plain",
}

impl Format {
    /// The format called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.name() == name)
    }
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

/// How and where a document stands.
#[derive(Debug, Clone, Copy)]
struct How {
    style: Style,
    /// Which one it is of several; none where it stands alone.
    turn: Option<Turn>,
}

/// Writes `document` to `out` as `format`; `style` concerns the table alone.
///
/// # Errors
///
/// Whatever `out` fails with; a broken pipe among it.
pub fn write(document: &impl Document, style: &Style, format: Format, out: &mut impl io::Write) -> io::Result<()> {
    let (style, turn) = (*style, None);
    dispatch(format, document, How { style, turn }, out)
}

/// Writes one of several documents to the same `out`: JSON as one line; plain and CSV with the header on the first turn
/// only and `generated_at` as a further column; tables with an empty line between.
///
/// # Errors
///
/// Whatever `out` fails with; a broken pipe among it.
pub fn write_turn(
    document: &impl Document,
    style: &Style,
    format: Format,
    turn: Turn,
    out: &mut impl io::Write,
) -> io::Result<()> {
    let (style, turn) = (*style, Some(turn));
    dispatch(format, document, How { style, turn }, out)
}

impl How {
    /// The header, where it is due, and the rows of `document`; of one of several documents also when it was made.
    fn records(self, document: &impl Document) -> io::Result<Records<'_>> {
        let grid = document.grid()?;
        let made = self.turn.map(|_| document.generated_at());
        let with = move |mut cells: Vec<String>, last: &str| {
            cells.extend(made.map(|_| last.to_owned()));
            cells
        };
        let header = (self.turn != Some(Turn::Later)).then(|| Ok(with(grid.header, "generated_at")));
        let rows = grid.rows.map(move |cells| Ok(with(cells?, made.unwrap_or_default())));
        Ok(Box::new(header.into_iter().chain(rows)))
    }
}
