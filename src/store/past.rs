//! The past of one symbol, or of everybody on one day.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::error::Error;
use super::file::Store;
use super::import::IMPORT;
use super::keep::{Entered, Names, put_value};
use super::recall::moment;
use crate::instrument::Symbol;
use crate::market::{Field, Method, PastDay, StoredValue};
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
    /// The value, in the program's units; of a day its number since 1970.
    pub value: f64,
    /// Who gave it.
    pub source: String,
    /// How it was made.
    pub method: Method,
    /// The moment it describes.
    pub as_of: Timestamp,
}

/// What became of entries, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Intake {
    /// Entered where nothing was.
    pub new: usize,
    /// Entered in place of what an earlier file had said without a source.
    pub replaced: usize,
    /// There already, with all their labels.
    pub same: usize,
    /// Not entered, because something else is there that a run kept.
    pub refused: usize,
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

    /// Enters values from outside, all or none. What a run kept for the same session stays.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn enter(&mut self, entries: &[Entry]) -> Result<Intake, Error> {
        let path = self.path.clone();
        let mut write = || -> rusqlite::Result<Intake> {
            let transaction = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut names = Names::default();
            let mut intake = Intake::default();
            for entry in entries {
                match kept(&transaction, entry)? {
                    None => intake.new += 1,
                    Some(kept) if is_same(&kept, entry) => {
                        intake.same += 1;
                        continue;
                    }
                    Some(kept) if kept.source == IMPORT => {
                        remove(&transaction, entry)?;
                        intake.replaced += 1;
                    }
                    Some(_) => {
                        intake.refused += 1;
                        continue;
                    }
                }
                put_value(
                    &transaction,
                    &mut names,
                    entry.symbol.as_str(),
                    day_id(entry.session),
                    &Entered {
                        field: entry.field,
                        value: entry.value,
                        source: &entry.source,
                        method: &entry.method.to_string(),
                        as_of: entry.as_of,
                    },
                )?;
            }
            transaction.commit()?;
            Ok(intake)
        };
        write().map_err(|source| Error::Sqlite { path, source })
    }
}

/// What is there in the place of `entry`.
fn kept(connection: &Connection, entry: &Entry) -> rusqlite::Result<Option<StoredValue>> {
    connection
        .prepare_cached(
            "SELECT value, source.text, method.text, as_of FROM daily
             JOIN name symbol ON symbol.id = daily.symbol JOIN name field ON field.id = daily.field
             JOIN name source ON source.id = daily.source JOIN name method ON method.id = daily.method
             WHERE symbol.text = ?1 AND session = ?2 AND field.text = ?3",
        )?
        .query_row(place(entry), |row| {
            Ok(StoredValue {
                value: row.get(0)?,
                source: row.get(1)?,
                method: Method::parse(row.get_ref(2)?.as_str()?),
                as_of: moment(row.get(3)?),
            })
        })
        .optional()
}

fn is_same(kept: &StoredValue, entry: &Entry) -> bool {
    kept.value.total_cmp(&entry.value).is_eq()
        && kept.source == entry.source
        && kept.method == entry.method
        && kept.as_of.as_millisecond() == entry.as_of.as_millisecond()
}

fn remove(connection: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM daily WHERE symbol = (SELECT id FROM name WHERE text = ?1) AND session = ?2
             AND field = (SELECT id FROM name WHERE text = ?3)",
        )?
        .execute(place(entry))?;
    Ok(())
}

fn place(entry: &Entry) -> (&str, i32, &'static str) {
    (entry.symbol.as_str(), day_id(entry.session), entry.field.name())
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
        let field = Field::from_name(name);
        let (Some(field), Some(session)) = (field, date_of_day_id(row.get(1)?)) else {
            continue;
        };
        let value = StoredValue {
            value: row.get(3)?,
            source: row.get(4)?,
            method: Method::parse(row.get_ref(5)?.as_str()?),
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
