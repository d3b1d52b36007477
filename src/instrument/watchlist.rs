//! Watchlists: CSV text to instruments.

use std::collections::BTreeSet;

use csv::{Position, ReaderBuilder, StringRecord, Trim};
use jiff::civil::Date;
use thiserror::Error;

use super::parse::SymbolError;
use super::{Instrument, Symbol};

/// The watchlist used when none is named: one column headed `symbol`.
pub const DEFAULT_WATCHLIST: &str = include_str!("../../config/watchlists/default.csv");

/// Why a text is no watchlist. Lines count from 1.
#[derive(Debug, Error)]
pub enum WatchlistError {
    /// The text is not CSV.
    #[error("the watchlist cannot be read")]
    Csv(#[from] csv::Error),
    /// Several columns, none of them headed `symbol`.
    #[error("line {line}: {columns} columns, and no heading calls one of them `symbol`; put one symbol on a line")]
    Columns {
        /// Line of the record.
        line: u64,
        /// Columns of the record.
        columns: usize,
    },
    /// A symbol that is none.
    #[error("line {line}")]
    Symbol {
        /// Line of the record.
        line: u64,
        /// What is wrong with it.
        source: SymbolError,
    },
    /// Nothing but headings, comments and blank lines.
    #[error("the watchlist has no symbols")]
    Empty,
}

/// Reads a watchlist: one symbol a line, or CSV with a column headed `symbol`. Blank lines, lines that begin with `#`, what follows ` #` in a line, and headings are passed over; a symbol that comes again counts once, at its first place.
///
/// # Errors
///
/// [`WatchlistError`] names the line.
pub fn parse_watchlist(text: &str, today: Date) -> Result<Vec<Instrument>, WatchlistError> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let mut column = None;
    let mut seen: BTreeSet<Symbol> = BTreeSet::new();
    let mut instruments = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = line_of(text, record.position());
        if let Some(heading) = record.iter().position(|cell| cell.eq_ignore_ascii_case(HEADING)) {
            column = column.or(Some(heading));
            continue;
        }
        let Some(cell) = symbol_cell(&record, column, line)? else {
            continue;
        };
        let cell = cell.split_once(" #").map_or(cell, |(symbol, _comment)| symbol);
        let instrument = Instrument::parse(cell, today).map_err(|source| WatchlistError::Symbol { line, source })?;
        if seen.insert(instrument.symbol()) {
            instruments.push(instrument);
        }
    }
    if instruments.is_empty() {
        Err(WatchlistError::Empty)
    } else {
        Ok(instruments)
    }
}

fn symbol_cell(record: &StringRecord, column: Option<usize>, line: u64) -> Result<Option<&str>, WatchlistError> {
    let first = record.get(0).unwrap_or_default();
    if first.starts_with('#') || record.iter().all(str::is_empty) {
        return Ok(None);
    }
    match column {
        Some(column) => Ok(Some(record.get(column).unwrap_or_default())),
        None if record.iter().skip(1).all(str::is_empty) => Ok(Some(first)),
        None => Err(WatchlistError::Columns {
            line,
            columns: record.len(),
        }),
    }
}

/// The reader's position of a record is the end of the one before it; blank lines and comments may lie between.
fn line_of(text: &str, position: Option<&Position>) -> u64 {
    let start = position
        .and_then(|position| usize::try_from(position.byte()).ok())
        .unwrap_or_default();
    let (before, after) = text.split_at_checked(start).unwrap_or((text, ""));
    let skipped = after
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with('#'))
        .count();
    let ended = before.bytes().filter(|&b| b == b'\n').count();
    u64::try_from(ended + skipped + 1).unwrap_or(u64::MAX)
}

const HEADING: &str = "symbol";
