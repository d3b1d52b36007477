//! What can be wrong with a history.

use jiff::civil::Date;

use crate::instrument::{Symbol, SymbolError};
use crate::market::Field;

/// What is wrong with a heading.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadingFault {
    /// No history has such a column.
    #[error("the column {0:?} is none of symbol, date, iv, hv30, hv90, and none of an export")]
    Unknown(String),
    /// Two columns have the same name.
    #[error("the column {0:?} comes twice")]
    Twice(String),
    /// Every history has this column.
    #[error("there is no column {0:?}")]
    Missing(&'static str),
}

/// What is wrong with a line of values.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EntryFault {
    /// The symbol has had a line for the session.
    #[error("{0} comes twice, first on line {1}")]
    Twice(Date, u64),
    /// A value of a session that is not over says no moment.
    #[error("the session of {0} has not closed yet")]
    NotClosed(Date),
    /// Nobody opens that early.
    #[error("the session of {0} has not opened yet")]
    NotOpen(Date),
    /// There was no session.
    #[error("the market was closed on {0}")]
    Closed(Date),
    /// A cell that is no day.
    #[error("{0:?} is no day; write it as 2026-11-20")]
    Day(String),
    /// The same in the column of a field.
    #[error("{field}: {text:?} is no day; write it as 2026-11-20", field = .0.name(), text = .1)]
    DayOf(Field, String),
    /// Nobody says whose line it is.
    #[error("the symbol is missing")]
    NoSymbol,
    /// The symbol is none.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// The line and the caller name different symbols.
    #[error("this is of {0}, not of {1}")]
    Other(Symbol, Symbol),
    /// Another venue made the line.
    #[error("mode {0:?} is of another venue than the history it is for")]
    Mode(String),
    /// There is a symbol and a day, and nothing else.
    #[error("there is no value")]
    Nothing,
    /// Only volatilities may come without a source.
    #[error("{} has no source in the column \"provenance\"", .0.name())]
    NoSource(Field),
    /// No source has such a name.
    #[error("provenance: {field} has no source {text:?}", field = .0.name(), text = .1)]
    Source(Field, String),
    /// A cell that is no number.
    #[error("{field} {text:?} is no number", field = .0.name(), text = .1)]
    Number(Field, String),
    /// A price that instruments of this kind do not have.
    #[error("{field} {text} is none that such an instrument can have", field = .0.name(), text = .1)]
    Price(Field, String),
    /// A number outside the bounds of its field.
    #[error("{field} {text} is not {told}", field = .0.name(), text = .1, told = .2)]
    Bounds(Field, String, &'static str),
    /// A cell that is no moment.
    #[error("as_of: {moment:?} of {field} is no moment; write it as 2026-11-20T21:00:00Z", moment = .1, field = .0.name())]
    Moment(Field, String),
    /// A moment that is not over.
    #[error("as_of: {moment} of {field} is yet to come", moment = .1, field = .0.name())]
    Future(Field, String),
    /// A word without its field.
    #[error("{0}: {1:?} is not field=text")]
    Word(&'static str, String),
    /// A method without its field.
    #[error("method: {0:?} is not field=method")]
    Method(String),
}
