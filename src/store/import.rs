//! A history from a file: CSV of others with `date`, `iv` and, if known, `symbol`, `hv30` and `hv90`, or what
//! `history export` wrote, whose further columns say where each value came from.

mod bounds;
mod fault;
mod labels;

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord, Trim};
use jiff::Timestamp;
use jiff::civil::Date;

pub use fault::{EntryFault, HeadingFault};
use labels::Labels;

use super::past::Entry;
use crate::instrument::{Instrument, Kind, Symbol};
use crate::market::{Field, FieldType, Group, Method, Mode, market_of};
use crate::time::{self, Calendar};

/// Why a text is no history. Nothing of it is taken then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The text is not CSV, or a line has another number of cells than the heading.
    #[error("the history cannot be read")]
    Csv(#[from] csv::Error),
    /// The heading is not one of a history.
    #[error("line 1: {0}")]
    Heading(HeadingFault),
    /// A line is wrong. Lines count from 1.
    #[error("line {line}: {what}")]
    Line {
        /// The line.
        line: u64,
        /// What is wrong with it.
        what: EntryFault,
    },
    /// Neither the heading nor the caller says whose history it is.
    #[error("line 1: there is no column \"symbol\", and no symbol was named")]
    Nobody,
    /// There is a heading and nothing else.
    #[error("the history has no lines")]
    Empty,
}

/// What the caller says about a history.
#[derive(Debug, Clone, Copy)]
pub struct Import<'a> {
    /// Whose it is, if only one symbol's.
    pub whom: Option<&'a Instrument>,
    /// The moment it is read.
    pub now: Timestamp,
    /// How its implied volatilities were made, where a line does not say.
    pub iv_method: &'a str,
    /// The venue whose history it is to be part of.
    pub mode: Mode,
}

impl Import<'_> {
    /// Reads a history: of one symbol, or of the symbols that the column `symbol` names, or of both where they agree.
    /// Days are sessions of the symbol's market that have opened, each at most once for a symbol. Volatilities are
    /// annualized fractions.
    ///
    /// A value keeps the source, the moment and the method that an export names. A volatility without a source counts as
    /// imported, any other value needs one. A value without a moment is as of the close of its session, which must be
    /// past. Whoever gave it, a value is one that its field can have.
    ///
    /// # Errors
    /// The first line that is not right.
    pub fn read(&self, text: &str) -> Result<Vec<Entry>, ImportError> {
        let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text.as_bytes());
        let columns = columns(reader.headers()?)?;
        if self.whom.is_none() && !columns.contains_key(SYMBOL) {
            return Err(ImportError::Nobody);
        }
        let mut known: BTreeMap<(Symbol, Date), u64> = BTreeMap::new();
        let mut entries = Vec::new();
        for record in reader.records() {
            let record = record?;
            let line = record.position().map_or(0, csv::Position::line);
            let wrong = |what: EntryFault| ImportError::Line { line, what };
            let cells = Cells {
                columns: &columns,
                record: &record,
            };
            let (symbol, kind) = self.subject(&cells).map_err(wrong)?;
            let market = market_of(kind);
            let session = self.session(cells.of(DATE), market).map_err(wrong)?;
            if let Some(first) = known.insert((symbol.clone(), session), line) {
                return Err(wrong(EntryFault::Twice(session, first)));
            }
            let close = time::session_close(market, session).filter(|close| *close <= self.now);
            for value in self.values(&cells, kind).map_err(wrong)? {
                let as_of = value.as_of.or(close);
                entries.push(Entry {
                    symbol: symbol.clone(),
                    session,
                    field: value.field,
                    value: value.value,
                    source: value.source,
                    method: value.method,
                    as_of: as_of.ok_or_else(|| wrong(EntryFault::NotClosed(session)))?,
                });
            }
        }
        if entries.is_empty() {
            return Err(ImportError::Empty);
        }
        Ok(entries)
    }

    /// Whose line it is, by the cell of the symbol and by what the caller says, which must agree.
    fn subject(&self, cells: &Cells<'_>) -> Result<(Symbol, Kind), EntryFault> {
        let of = |instrument: &Instrument| (instrument.symbol(), instrument.kind());
        let named = cells.of(SYMBOL);
        if named.is_empty() {
            let whom = self.whom.filter(|_| !cells.columns.contains_key(SYMBOL));
            return whom.map(of).ok_or(EntryFault::NoSymbol);
        }
        let found = Instrument::parse(named, time::new_york_date(self.now))?;
        match self.whom.map(Instrument::symbol) {
            Some(symbol) if symbol != found.symbol() => Err(EntryFault::Other(found.symbol(), symbol)),
            Some(_) | None => Ok(of(&found)),
        }
    }

    /// The session that `text` names, at the latest the present one.
    fn session(&self, text: &str, market: Calendar) -> Result<Date, EntryFault> {
        let day = day(text).ok_or_else(|| EntryFault::Day(text.to_owned()))?;
        if !time::is_session(market, day) {
            Err(EntryFault::Closed(day))
        } else if day > time::session_of(market, self.now) {
            Err(EntryFault::NotOpen(day))
        } else {
            Ok(day)
        }
    }

    /// The values of one line, of an instrument of this kind.
    fn values(&self, cells: &Cells<'_>, kind: Kind) -> Result<Vec<Value>, EntryFault> {
        let mode = cells.of(MODE);
        let same = |mode: &str| serde_json::from_value(mode.into()).is_ok_and(|mode: Mode| mode == self.mode);
        if !mode.is_empty() && !same(mode) {
            return Err(EntryFault::Mode(mode.to_owned()));
        }
        let mut labels = Labels::read(cells.of(PROVENANCE), cells.of(AS_OF), cells.of(METHOD), self.now)?;
        let mut values = Vec::new();
        for field in Field::kept() {
            let text = cells.of(field.name());
            if text.is_empty() {
                continue;
            }
            let source = labels.sources.remove(&field);
            if source.is_none() && !is_volatility(field) {
                return Err(EntryFault::NoSource(field));
            }
            let method = if field == Field::Iv {
                let named = unguarded(cells.of(IV_METHOD));
                Method::parse(if named.is_empty() { self.iv_method } else { named })
            } else {
                labels
                    .methods
                    .remove(&field)
                    .map_or(Method::Imported, |words| Method::parse(&words))
            };
            values.push(Value {
                field,
                value: value(field, kind, text)?,
                source: source.unwrap_or_else(|| IMPORT.to_owned()),
                method,
                as_of: labels.moments.remove(&field),
            });
        }
        if values.is_empty() {
            return Err(EntryFault::Nothing);
        }
        Ok(values)
    }
}

/// A value on its line.
struct Value {
    field: Field,
    value: f64,
    source: String,
    method: Method,
    as_of: Option<Timestamp>,
}

/// One line, cell by cell.
struct Cells<'a> {
    columns: &'a BTreeMap<String, usize>,
    record: &'a StringRecord,
}

impl<'a> Cells<'a> {
    /// The cell of `column`, empty where there is none.
    fn of(&self, column: &str) -> &'a str {
        let place = self.columns.get(column);
        place.and_then(|place| self.record.get(*place)).unwrap_or_default()
    }
}

/// Where each column stands.
fn columns(heading: &StringRecord) -> Result<BTreeMap<String, usize>, ImportError> {
    let mut places = BTreeMap::new();
    for (place, name) in heading.iter().enumerate() {
        let name = name.to_lowercase();
        let mut known = LABELS.into_iter().chain(Field::kept().map(Field::name));
        if !known.any(|column| column == name) {
            return Err(ImportError::Heading(HeadingFault::Unknown(name)));
        }
        if places.insert(name.clone(), place).is_some() {
            return Err(ImportError::Heading(HeadingFault::Twice(name)));
        }
    }
    for required in [DATE, Field::Iv.name()] {
        if !places.contains_key(required) {
            return Err(ImportError::Heading(HeadingFault::Missing(required)));
        }
    }
    Ok(places)
}

fn day(text: &str) -> Option<Date> {
    text.parse().ok().filter(|_| text.len() == DAY_LENGTH)
}

/// A value in the program's units, a day as its number since 1970.
fn value(field: Field, kind: Kind, text: &str) -> Result<f64, EntryFault> {
    if field.holds() == FieldType::Day {
        let day = day(text).ok_or_else(|| EntryFault::DayOf(field, text.to_owned()))?;
        Ok(f64::from(time::day_id(day)))
    } else {
        bounds::number(field, kind, text)
    }
}

/// Of a source that is not named only these are taken.
fn is_volatility(field: Field) -> bool {
    matches!(field.spec().group, Group::Iv | Group::Realized)
}

/// The text that an export has marked, lest a spreadsheet take it for a formula.
fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'')
        .filter(|rest| rest.starts_with(['=', '+', '-', '@']))
        .unwrap_or(text)
}

const SYMBOL: &str = "symbol";
const DATE: &str = "date";
const IV_METHOD: &str = "iv_method";
const PROVENANCE: &str = "provenance";
const AS_OF: &str = "as_of";
const METHOD: &str = "method";
const MODE: &str = "mode";

/// The columns beside those of values.
const LABELS: [&str; 7] = [SYMBOL, DATE, IV_METHOD, PROVENANCE, AS_OF, METHOD, MODE];

/// The source of a value that was entered from a file which does not say it.
pub(super) const IMPORT: &str = "import";
const DAY_LENGTH: usize = 10;

#[cfg(test)]
mod tests;
