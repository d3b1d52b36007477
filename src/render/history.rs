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
use super::number::{fixed, percent, price};
use super::parquet::{self, Cells};
use super::run::SCHEMA_VERSION;
use super::text::{clean, millis};
use crate::instrument::Symbol;
use crate::market::{Field, Mode, PastDay, StoredValue};

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
#[expect(missing_docs, reason = "the names and units are those of a row")]
pub struct Session {
    pub symbol: Symbol,
    /// The session, `YYYY-MM-DD`.
    #[schemars(with = "String")]
    pub date: Date,
    pub price: Option<f64>,
    pub iv: Option<f64>,
    pub iv_rank: Option<f64>,
    pub iv_percentile: Option<f64>,
    pub iv_change_5d: Option<f64>,
    pub hv30: Option<f64>,
    pub hv90: Option<f64>,
    pub liquidity_rating: Option<f64>,
    pub beta: Option<f64>,
    pub corr_spy: Option<f64>,
    /// `YYYY-MM-DD`.
    #[schemars(with = "Option<String>")]
    pub earnings_date: Option<Date>,
    pub slippage: Option<f64>,
    pub r#yield: Option<f64>,
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
const COLUMNS: [&str; 20] = [
    "symbol",
    "date",
    "price",
    "iv",
    "iv_rank",
    "iv_percentile",
    "iv_change_5d",
    "hv30",
    "hv90",
    "liquidity_rating",
    "beta",
    "corr_spy",
    "earnings_date",
    "slippage",
    "yield",
    "iv_method",
    "provenance",
    "as_of",
    "method",
    "mode",
];

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
        let days = |of: &dyn Fn(&Session) -> Option<Date>| Cells::Days(self.rows.iter().map(of).collect());
        let numbers = |of: &dyn Fn(&Session) -> Option<f64>| Cells::Numbers(self.rows.iter().map(of).collect());
        let cells = [
            texts(&|row| Some(row.symbol.to_string())),
            days(&|row| Some(row.date)),
            numbers(&|row| row.price),
            numbers(&|row| row.iv),
            numbers(&|row| row.iv_rank),
            numbers(&|row| row.iv_percentile),
            numbers(&|row| row.iv_change_5d),
            numbers(&|row| row.hv30),
            numbers(&|row| row.hv90),
            numbers(&|row| row.liquidity_rating),
            numbers(&|row| row.beta),
            numbers(&|row| row.corr_spy),
            days(&|row| row.earnings_date),
            numbers(&|row| row.slippage),
            numbers(&|row| row.r#yield),
            texts(&|row| row.iv_method.clone()),
            texts(&|row| Some(row.sources())),
            texts(&|row| Some(row.moments())),
            texts(&|row| Some(row.methods())),
            texts(&|_| mode.as_str().map(str::to_owned)),
        ];
        let named = COLUMNS.into_iter().zip(cells);
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
        let rows = self.rows.iter().map(move |row| {
            let object = object(row)?;
            let cell = |column: &&str| match *column {
                "mode" => mode.clone(),
                "provenance" => row.sources(),
                "as_of" => row.moments(),
                "method" => row.methods(),
                column => object.get(column).map_or_else(String::new, text),
            };
            Ok(COLUMNS.iter().map(cell).collect())
        });
        Ok(Grid {
            header: COLUMNS.map(str::to_owned).to_vec(),
            rows: Box::new(rows),
        })
    }

    fn blocks(&self) -> Vec<Block> {
        let rows = &self.rows;
        let columns = vec![
            Column::words("Symbol", 0, rows, |row| row.symbol.to_string()),
            Column::words("Date", 1, rows, |row| row.date.to_string()),
            Column::numbers("Price", 5, rows, |row| price(row.price)),
            Column::numbers("IV", 2, rows, |row| percent(row.iv)),
            Column::numbers("IVR", 6, rows, |row| fixed(row.iv_rank, 0)),
            Column::numbers("IVP", 7, rows, |row| fixed(row.iv_percentile, 0)),
            Column::numbers("HV30", 3, rows, |row| percent(row.hv30)),
            Column::numbers("HV90", 4, rows, |row| percent(row.hv90)),
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
        let number = |field| day.values.get(&field).map(|kept: &StoredValue| kept.value);
        let origin = |kept: &StoredValue| Origin {
            source: kept.source.clone(),
            as_of: millis(kept.as_of),
            method: kept.method.to_string(),
        };
        Self {
            symbol: day.symbol.clone(),
            date: day.session,
            price: number(Field::Price),
            iv: number(Field::Iv),
            iv_rank: number(Field::IvRank),
            iv_percentile: number(Field::IvPercentile),
            iv_change_5d: number(Field::IvChange5d),
            hv30: number(Field::Hv30),
            hv90: number(Field::Hv90),
            liquidity_rating: number(Field::LiquidityRating),
            beta: number(Field::Beta),
            corr_spy: number(Field::CorrSpy),
            earnings_date: day.values.get(&Field::EarningsDate).and_then(StoredValue::day),
            slippage: number(Field::Slippage),
            r#yield: number(Field::Yield),
            iv_method: day.values.get(&Field::Iv).map(|kept| kept.method.to_string()),
            provenance: day.values.iter().map(|(field, kept)| (*field, origin(kept))).collect(),
        }
    }
}

/// As readers of Parquet take it apart.
const CREATED_BY: &str = concat!("variance version ", env!("CARGO_PKG_VERSION"));
