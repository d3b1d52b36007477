//! Daily bars of the user, out of CSV.

use jiff::civil::Date;

use crate::vol::bars::Bar;

/// Why a text is no bars.
#[derive(Debug, thiserror::Error)]
pub(super) enum BarsError {
    #[error(transparent)]
    Csv(#[from] csv::Error),
    #[error("the header has no column {0}")]
    NoColumn(&'static str),
    #[error("the header has two columns {0}")]
    TwoColumns(&'static str),
    #[error("line {line}: {cell:?} is not a price")]
    Price { line: u64, cell: String },
    #[error("line {line}: {cell:?} is not a date such as 2026-11-20")]
    Date { line: u64, cell: String },
    #[error("there is no line below the header")]
    Empty,
    #[error("no bar counts: each lacks a price, has a zero, or its high and low do not enclose open and close")]
    NoneCounts,
}

/// Bars from CSV with a header that names `date`, `open`, `high`, `low` and `close`, in any order and case, other columns
/// among them. A price that is blank, `-`, `null`, `N/A` or `NaN` is absent.
pub(super) fn parse(text: &str) -> Result<Vec<Bar>, BarsError> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let headers = reader.headers()?.clone();
    let place = |name: &'static str| {
        let mut places = headers
            .iter()
            .enumerate()
            .filter(|(_, header)| header.eq_ignore_ascii_case(name));
        match (places.next(), places.next()) {
            (Some((place, _)), None) => Ok(place),
            (None, _) => Err(BarsError::NoColumn(name)),
            (Some(_), Some(_)) => Err(BarsError::TwoColumns(name)),
        }
    };
    let (date, open, high, low, close) = (
        place("date")?,
        place("open")?,
        place("high")?,
        place("low")?,
        place("close")?,
    );
    let mut bars = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |place: usize| record.get(place).unwrap_or_default();
        let price = |place: usize| {
            let cell = cell(place);
            if ABSENT.iter().any(|word| cell.eq_ignore_ascii_case(word)) {
                return Ok(None);
            }
            let cell = cell.to_owned();
            cell.parse().map(Some).map_err(|_| BarsError::Price { line, cell })
        };
        bars.push(Bar {
            date: day(cell(date)).ok_or_else(|| BarsError::Date {
                line,
                cell: cell(date).to_owned(),
            })?,
            open: price(open)?,
            high: price(high)?,
            low: price(low)?,
            close: price(close)?,
        });
    }
    Ok(bars)
}

/// A date, or the date a moment begins with: `2026-11-20`, `2026-11-20 00:00:00-05:00`, `2026-11-20T00:00:00Z`.
fn day(cell: &str) -> Option<Date> {
    let (date, rest) = cell.split_at_checked("2026-11-20".len())?;
    (rest.is_empty() || rest.starts_with(['T', ' ']))
        .then(|| date.parse().ok())
        .flatten()
}

const ABSENT: &[&str] = &["", "-", "null", "n/a", "nan"];
