//! The series that were kept of symbols, a line for each session.

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::block::Block;
use super::cell::{object, text};
use super::document::{Document, Grid, Lines};
use super::footer;
use super::layout::Column;
use super::parquet::{self, Cells};
use super::run::SCHEMA_VERSION;
use super::text::{clean, millis};
use super::values::{Fields, Kept, Values};
use crate::instrument::Symbol;
use crate::market::{Field, FieldMap, FieldType, FieldValue, Mode, PastDay, StoredValue};

/// What `variance history` prints.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct History {
    /// Version of this document; within a version keys are only added.
    pub schema_version: u32,
    /// `history`.
    #[schemars(extend("const" = "history"))]
    pub command: &'static str,
    /// When it was made, RFC 3339 UTC with milliseconds.
    pub generated_at: String,
    /// Which venue the data is from.
    pub mode: Mode,
    /// One for each symbol and session, in that order.
    pub rows: Vec<Session>,
}

/// What was kept of one symbol and session; `null` is what was not.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Session {
    pub symbol: Symbol,
    /// The session, `YYYY-MM-DD`.
    #[schemars(with = "String")]
    pub date: Date,
    /// The values of its fields.
    #[serde(flatten)]
    pub values: Values<Kept>,
    /// How `iv` was made: only volatilities of one method are ranked together.
    pub iv_method: Option<String>,
    /// Where each value came from.
    pub provenance: BTreeMap<Field, Origin>,
}

/// Where a kept value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Origin {
    /// Who gave it then; `import` for what was entered from a file.
    pub source: String,
    /// The moment it describes, RFC 3339 UTC with milliseconds.
    pub as_of: String,
    /// How it was made.
    pub method: String,
}

/// The columns of `plain` and `csv`. `as_of` and `method` hold those of every value in `provenance`, except that `iv_method`
/// is a column of its own.
fn columns() -> Vec<&'static str> {
    let fields = Kept::fields().map(Field::name);
    let after = ["iv_method", "provenance", "as_of", "method", "mode"];
    ["symbol", "date"].into_iter().chain(fields).chain(after).collect()
}

impl History {
    /// The document of `days`.
    pub fn new(days: &[PastDay], mode: Mode, generated_at: Timestamp) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            command: "history",
            generated_at: millis(generated_at),
            mode,
            rows: days.iter().map(Session::of).collect(),
        }
    }

    /// Writes it to `out` as a Parquet file: the columns of `csv`, numbers as `DOUBLE`, days as `DATE`, all else as text.
    ///
    /// # Errors
    /// Whatever `out` fails with; a column of more than 2 GiB.
    pub fn parquet(&self, out: &mut impl io::Write) -> io::Result<()> {
        parquet::write(&self.columns()?, self.rows.len(), CREATED_BY, out)?;
        out.flush()
    }

    fn columns(&self) -> io::Result<Vec<parquet::Column>> {
        let mode = serde_json::to_value(self.mode)?;
        let texts = |of: &dyn Fn(&Session) -> Option<String>| Cells::Texts(self.rows.iter().map(of).collect());
        let values = Kept::fields().map(|field| {
            let values = self.rows.iter().map(|row| row.values.get(field));
            if field.holds() == FieldType::Day {
                Cells::Days(values.map(|value| value?.day()).collect())
            } else {
                Cells::Numbers(values.map(|value| value?.number()).collect())
            }
        });
        let before = [
            texts(&|row| Some(row.symbol.to_string())),
            Cells::Days(self.rows.iter().map(|row| Some(row.date)).collect()),
        ];
        let after = [
            texts(&|row| row.iv_method.clone()),
            texts(&|row| Some(row.sources())),
            texts(&|row| Some(row.moments())),
            texts(&|row| Some(row.methods())),
            texts(&|_| mode.as_str().map(str::to_owned)),
        ];
        let cells = before.into_iter().chain(values).chain(after);
        let named = columns().into_iter().zip(cells);
        Ok(named.map(|(name, cells)| parquet::Column { name, cells }).collect())
    }
}

impl Document for History {
    fn generated_at(&self) -> &str {
        &self.generated_at
    }

    fn value(&self) -> impl Serialize {
        self
    }

    fn lines(&self) -> io::Result<Lines<'_>> {
        let rows = self.rows.iter();
        Ok(Box::new(rows.map(|row| Ok(serde_json::to_string(row)?))))
    }

    fn grid(&self) -> io::Result<Grid<'_>> {
        let mode = text(&serde_json::to_value(self.mode)?);
        let columns = columns();
        let header = columns.iter().map(|column| (*column).to_owned()).collect();
        let rows = self.rows.iter().map(move |row| {
            let object = object(row)?;
            let cell = |column: &&str| match *column {
                "mode" => mode.clone(),
                "provenance" => row.sources(),
                "as_of" => row.moments(),
                "method" => row.methods(),
                column => object.get(column).map_or_else(String::new, text),
            };
            Ok(columns.iter().map(cell).collect())
        });
        Ok(Grid {
            header,
            rows: Box::new(rows),
        })
    }

    fn blocks(&self) -> Vec<Block> {
        let rows = &self.rows;
        let value =
            |field: Field, keep| Column::numbers(field.spec().header, keep, rows, |row| row.values.shown(field));
        let columns = vec![
            Column::words("Symbol", 0, rows, |row| row.symbol.to_string()),
            Column::words("Date", 1, rows, |row| row.date.to_string()),
            value(Field::Price, 5),
            value(Field::Iv, 2),
            value(Field::IvRank, 6),
            value(Field::IvPercentile, 7),
            value(Field::Hv30, 3),
            value(Field::Hv90, 4),
            Column::words("IV by", 8, rows, |row| row.iv_method.clone().unwrap_or_default()).elastic(),
        ];
        let mut blocks = vec![Block::columns(columns)];
        if let Some(venue) = footer::venue(self.mode) {
            blocks.extend([Block::Gap, Block::Text(venue.to_owned())]);
        }
        blocks
    }

    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Session {
    fn sources(&self) -> String {
        self.words(" ", |_, origin| Some(origin.source.clone()))
    }

    fn moments(&self) -> String {
        self.words(" ", |_, origin| Some(origin.as_of.clone()))
    }

    fn methods(&self) -> String {
        self.words("; ", |field, origin| {
            (*field != Field::Iv).then(|| origin.method.clone())
        })
    }

    /// `field=text` for each value of which `of` has a text, joined by `between`.
    fn words(&self, between: &str, of: impl Fn(&Field, &Origin) -> Option<String>) -> String {
        let words = self.provenance.iter().filter_map(|(field, origin)| {
            let text = of(field, origin)?;
            Some(format!("{}={}", field.name(), clean(&text)))
        });
        words.collect::<Vec<_>>().join(between)
    }

    fn of(day: &PastDay) -> Self {
        let mut values = FieldMap::<FieldValue>::default();
        for (field, kept) in &day.values {
            let day = (field.holds() == FieldType::Day).then(|| kept.day());
            values.set(*field, day.map_or(Some(kept.value.into()), |day| day.map(Into::into)));
        }
        let origin = |kept: &StoredValue| Origin {
            source: kept.source.clone(),
            as_of: millis(kept.as_of),
            method: kept.method.to_string(),
        };
        Self {
            symbol: day.symbol.clone(),
            date: day.session,
            values: Values::new(values),
            iv_method: day.values.get(&Field::Iv).map(|kept| kept.method.to_string()),
            provenance: day.values.iter().map(|(field, kept)| (*field, origin(kept))).collect(),
        }
    }
}

/// As readers of Parquet take it apart.
const CREATED_BY: &str = concat!("variance version ", env!("CARGO_PKG_VERSION"));
