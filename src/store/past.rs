//! The past of one symbol, or of everybody on one day.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, TransactionBehavior, params};

use super::error::Error;
use super::file::Store;
use super::keep::{Entered, Names, put_value};
use super::recall::moment;
use crate::instrument::Symbol;
use crate::market::{Field, KeptValue, PastDay};
use crate::time::{date_of_day_id, day_id};

/// A value that is entered from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Whose value it is.
    pub symbol: Symbol,
    /// The session it belongs to.
    pub session: Date,
    /// The field.
    pub field: Field,
    /// The value, in the program's units.
    pub value: f64,
    /// How it was made.
    pub method: String,
    /// The moment it describes.
    pub as_of: Timestamp,
}

impl Store {
    /// Every session from `first` to `last` of `symbol`, or of all symbols, in the order of symbols and sessions.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn days(&self, symbol: Option<&Symbol>, first: Date, last: Date) -> Result<Vec<PastDay>, Error> {
        days(&self.connection, symbol, first, last).map_err(|error| self.error(error))
    }

    /// The sessions anything is kept of, oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn sessions(&self) -> Result<Vec<Date>, Error> {
        let read = || -> rusqlite::Result<Vec<Date>> {
            let mut statement = self
                .connection
                .prepare_cached("SELECT DISTINCT session FROM daily ORDER BY session")?;
            let mut rows = statement.query([])?;
            let mut sessions = Vec::new();
            while let Some(row) = rows.next()? {
                sessions.extend(date_of_day_id(row.get(0)?));
            }
            Ok(sessions)
        };
        read().map_err(|error| self.error(error))
    }

    /// Enters values from outside, all or none. A value that a run kept for the same session stays. Returns how many
    /// were entered.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn enter(&mut self, entries: &[Entry], source: &str) -> Result<usize, Error> {
        let path = self.path.clone();
        let mut write = || -> rusqlite::Result<usize> {
            let transaction = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut names = Names::default();
            let mut entered = 0;
            for entry in entries {
                if is_of_a_run(&transaction, entry, source)? {
                    continue;
                }
                put_value(
                    &transaction,
                    &mut names,
                    entry.symbol.as_str(),
                    day_id(entry.session),
                    &Entered {
                        field: entry.field,
                        value: entry.value,
                        source,
                        method: &entry.method,
                        as_of: entry.as_of,
                    },
                )?;
                entered += 1;
            }
            transaction.commit()?;
            Ok(entered)
        };
        write().map_err(|source| Error::Sqlite { path, source })
    }
}

/// Whether the value is there already and was not entered by `source`.
fn is_of_a_run(connection: &Connection, entry: &Entry, source: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM daily JOIN name symbol ON symbol.id = daily.symbol JOIN name field ON field.id = daily.field
             JOIN name source ON source.id = daily.source
             WHERE symbol.text = ?1 AND session = ?2 AND field.text = ?3 AND source.text <> ?4",
        )?
        .exists(params![
            entry.symbol.as_str(),
            day_id(entry.session),
            entry.field.name(),
            source
        ])
}

fn days(connection: &Connection, symbol: Option<&Symbol>, first: Date, last: Date) -> rusqlite::Result<Vec<PastDay>> {
    let mut statement = connection.prepare_cached(
        "SELECT symbol.text, session, field.text, value, source.text, method.text, as_of FROM daily
         JOIN name symbol ON symbol.id = daily.symbol JOIN name field ON field.id = daily.field
         JOIN name source ON source.id = daily.source JOIN name method ON method.id = daily.method
         WHERE session BETWEEN ?2 AND ?3 AND (?1 IS NULL OR daily.symbol = (SELECT id FROM name WHERE text = ?1))
         ORDER BY symbol.text, session",
    )?;
    let mut rows = statement.query(params![symbol.map(Symbol::as_str), day_id(first), day_id(last)])?;
    let mut days: Vec<PastDay> = Vec::new();
    while let Some(row) = rows.next()? {
        let name = row.get_ref(2)?.as_str()?;
        let field = Field::ALL.into_iter().find(|field| field.name() == name);
        let (Some(field), Some(session)) = (field, date_of_day_id(row.get(1)?)) else {
            continue;
        };
        let value = KeptValue {
            value: row.get(3)?,
            source: row.get(4)?,
            method: row.get(5)?,
            as_of: moment(row.get(6)?),
        };
        let symbol = Symbol(row.get_ref(0)?.as_str()?.into());
        match days.last_mut() {
            Some(day) if day.symbol == symbol && day.session == session => drop(day.values.insert(field, value)),
            Some(_) | None => days.push(PastDay {
                symbol,
                session,
                values: BTreeMap::from([(field, value)]),
            }),
        }
    }
    Ok(days)
}
