//! A history written by others: CSV with `date`, `iv` and, if known, `symbol`, `hv30` and `hv90`.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord, Trim};
use jiff::Timestamp;
use jiff::civil::Date;

use super::past::Entry;
use crate::instrument::{Instrument, Symbol};
use crate::market::{Field, market_of};
use crate::time::{self, Market};

/// Why a text is no history. Nothing of it is taken then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The text is not CSV, or a line has another number of cells than the heading.
    #[error("the history cannot be read")]
    Csv(#[from] csv::Error),
    /// The heading is not one of a history.
    #[error("line 1: {0}")]
    Heading(String),
    /// A line is wrong. Lines count from 1.
    #[error("line {line}: {what}")]
    Line {
        /// The line.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// Neither the heading nor the caller says whose history it is.
    #[error("line 1: there is no column \"symbol\", and no symbol was named")]
    Nobody,
    /// There is a heading and nothing else.
    #[error("the history has no lines")]
    Empty,
}

/// Reads a history: of `whom`, or of the symbols that the column `symbol` names, or of both where they agree.
/// Volatilities are annualised fractions, days are sessions of the symbol's market that have closed by `now`, each at most
/// once for a symbol. The implied volatilities count as made by `method`.
///
/// # Errors
/// The first line that is not right.
pub fn parse_history(
    text: &str,
    whom: Option<&Instrument>,
    now: Timestamp,
    method: &str,
) -> Result<Vec<Entry>, ImportError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text.as_bytes());
    let columns = columns(reader.headers()?)?;
    if whom.is_none() && columns.symbol.is_none() {
        return Err(ImportError::Nobody);
    }
    let today = time::new_york_date(now);
    let mut known: BTreeMap<(Symbol, Date), u64> = BTreeMap::new();
    let mut entries = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let wrong = |what: String| ImportError::Line { line, what };
        let cell = |column: Option<usize>| column.and_then(|column| record.get(column)).unwrap_or("");
        let named = columns.symbol.map(|column| cell(Some(column)));
        let (symbol, market) = subject(named, whom, today).map_err(wrong)?;
        let session = session(cell(Some(columns.date)), market, now).map_err(wrong)?;
        if let Some(first) = known.insert((symbol.clone(), session), line) {
            return Err(wrong(format!("{session} comes twice, first on line {first}")));
        }
        let as_of = time::session_close(market, session).unwrap_or(now);
        let values = [
            (Field::Iv, Some(columns.iv), method),
            (Field::Hv30, columns.hv30, IMPORTED),
            (Field::Hv90, columns.hv90, IMPORTED),
        ];
        for (field, column, method) in values {
            let text = cell(column);
            if text.is_empty() && field != Field::Iv {
                continue;
            }
            entries.push(Entry {
                symbol: symbol.clone(),
                session,
                field,
                value: fraction(field, text).map_err(wrong)?,
                method: method.to_owned(),
                as_of,
            });
        }
    }
    if entries.is_empty() {
        return Err(ImportError::Empty);
    }
    Ok(entries)
}

/// Whose line it is, by the cell of the symbol and by what the caller says, which must agree.
fn subject(named: Option<&str>, whom: Option<&Instrument>, today: Date) -> Result<(Symbol, Market), String> {
    let of = |instrument: &Instrument| (instrument.symbol(), market_of(instrument.kind()));
    let Some(named) = named else {
        return whom.map(of).ok_or_else(|| "the symbol is missing".to_owned());
    };
    if named.is_empty() {
        return Err("the symbol is missing".to_owned());
    }
    let found = Instrument::parse(named, today).map_err(|error| error.to_string())?;
    match whom.map(Instrument::symbol) {
        Some(symbol) if symbol != found.symbol() => Err(format!("this is of {}, not of {symbol}", found.symbol())),
        Some(_) | None => Ok(of(&found)),
    }
}

struct Columns {
    symbol: Option<usize>,
    date: usize,
    iv: usize,
    hv30: Option<usize>,
    hv90: Option<usize>,
}

fn columns(heading: &StringRecord) -> Result<Columns, ImportError> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (place, name) in heading.iter().enumerate() {
        let name = name.to_lowercase();
        if !["symbol", "date", "iv", "hv30", "hv90"].contains(&name.as_str()) {
            return Err(ImportError::Heading(format!(
                "the column {name:?} is none of symbol, date, iv, hv30, hv90"
            )));
        }
        if places.insert(name.clone(), place).is_some() {
            return Err(ImportError::Heading(format!("the column {name:?} comes twice")));
        }
    }
    let required = |name: &str| {
        let place = places.get(name).copied();
        place.ok_or_else(|| ImportError::Heading(format!("there is no column {name:?}")))
    };
    Ok(Columns {
        symbol: places.get("symbol").copied(),
        date: required("date")?,
        iv: required("iv")?,
        hv30: places.get("hv30").copied(),
        hv90: places.get("hv90").copied(),
    })
}

fn session(text: &str, market: Market, now: Timestamp) -> Result<Date, String> {
    let day: Date = text
        .parse()
        .map_err(|_| format!("{text:?} is no day; write it as 2026-11-20"))?;
    if text.len() != DAY_LENGTH {
        return Err(format!("{text:?} is no day; write it as 2026-11-20"));
    }
    match time::session_close(market, day) {
        None => Err(format!("the market was closed on {day}")),
        Some(close) if close > now => Err(format!("the session of {day} has not closed yet")),
        Some(_) => Ok(day),
    }
}

fn fraction(field: Field, text: &str) -> Result<f64, String> {
    let name = field.name();
    let value: f64 = text.parse().map_err(|_| match text {
        "" => format!("{name} is missing"),
        _ => format!("{name} {text:?} is no number"),
    })?;
    if value > 0.0 && value <= HIGHEST {
        Ok(value)
    } else {
        Err(format!(
            "{name} {text} is not above 0 and at most {HIGHEST}: volatilities are fractions, 0.183 is 18.3 %"
        ))
    }
}

const IMPORTED: &str = "imported";
const DAY_LENGTH: usize = 10;
/// No annualised volatility of a year's history was higher: 500 %.
const HIGHEST: f64 = 5.0;

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str, whom: Option<&str>) -> Result<Vec<Entry>, ImportError> {
        let whom = whom.map(|symbol| Instrument::parse(symbol, date(2026, 11, 20)).unwrap());
        let now = "2026-11-20T21:30:00Z".parse().unwrap();
        parse_history(text, whom.as_ref(), now, "index")
    }

    fn read(text: &str) -> Result<Vec<Entry>, ImportError> {
        parse(text, Some("SPY"))
    }

    #[test]
    fn a_history_is_read_with_its_units_and_its_moments() {
        let entries =
            read("\u{feff}Date,IV,hv90,hv30\r\n2026-11-19,0.183,,0.12\r\n2026-11-20, 0.19 ,0.2,0.13\r\n").unwrap();
        let seen: Vec<_> = entries
            .iter()
            .map(|entry| {
                (
                    entry.session.day(),
                    entry.field.name(),
                    entry.value,
                    entry.method.as_str(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (19, "iv", 0.183, "index"),
                (19, "hv30", 0.12, "imported"),
                (20, "iv", 0.19, "index"),
                (20, "hv30", 0.13, "imported"),
                (20, "hv90", 0.2, "imported"),
            ]
        );
        assert_eq!(entries[0].session, date(2026, 11, 19));
        assert_eq!(entries[0].as_of.to_string(), "2026-11-19T21:00:00Z");
    }

    #[test]
    fn every_fault_names_its_line() {
        for (text, told) in [
            ("date,iv\n2026-11-19,18.3\n", "line 2: iv 18.3 is not above 0"),
            ("date,iv\n2026-11-18,0.2\n2026-11-19,\n", "line 3: iv is missing"),
            ("date,iv\n2026-11-19,nan\n", "line 2: iv nan is not above 0"),
            ("date,iv\n2026-11-19,x\n", "line 2: iv \"x\" is no number"),
            (
                "date,iv\n2026-11-21,0.2\n",
                "line 2: the market was closed on 2026-11-21",
            ),
            (
                "date,iv\n2026-11-23,0.2\n",
                "line 2: the session of 2026-11-23 has not closed yet",
            ),
            ("date,iv\n19.11.2026,0.2\n", "line 2: \"19.11.2026\" is no day"),
            (
                "date,iv\n2026-11-19,0.2\n2026-11-19,0.2\n",
                "line 3: 2026-11-19 comes twice, first on line 2",
            ),
            (
                "day,iv\n",
                "line 1: the column \"day\" is none of symbol, date, iv, hv30, hv90",
            ),
            ("date,hv30\n", "line 1: there is no column \"iv\""),
            ("date,iv,iv\n", "line 1: the column \"iv\" comes twice"),
            ("date,iv\n", "the history has no lines"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with(told), "{text:?}: {error}");
        }
        assert!(matches!(read("date,iv\n2026-11-19,0.2,7\n"), Err(ImportError::Csv(_))));
    }

    #[test]
    fn one_file_holds_many_symbols_each_with_the_sessions_of_its_own_market() {
        let text = "symbol,date,iv\nSPY,2026-11-19,0.18\n/es,2026-11-19,0.19\nBTC/USD,2026-11-14,0.5\n";
        let entries = parse(text, None).unwrap();
        let seen: Vec<_> = entries
            .iter()
            .map(|entry| (entry.symbol.as_str(), entry.as_of.to_string()))
            .collect();
        assert_eq!(seen[0], ("SPY", "2026-11-19T21:00:00Z".to_owned()));
        assert_eq!(seen[1], ("/ES", "2026-11-19T22:00:00Z".to_owned()));
        assert_eq!(seen[2].0, "BTC/USD", "a Saturday is a session of what trades every day");
        for (whom, text, told) in [
            (
                None,
                "date,iv\n2026-11-19,0.2\n",
                "line 1: there is no column \"symbol\"",
            ),
            (
                None,
                "symbol,date,iv\n,2026-11-19,0.2\n",
                "line 2: the symbol is missing",
            ),
            (
                None,
                "symbol,date,iv\nSPY,2026-11-14,0.2\n",
                "line 2: the market was closed",
            ),
            (
                None,
                "symbol,date,iv\nSPY,2026-11-19,0.2\nQQQ,2026-11-19,0.2\nSPY,2026-11-19,0.3\n",
                "line 4: 2026-11-19 comes twice, first on line 2",
            ),
            (
                Some("SPY"),
                "symbol,date,iv\nSPY,2026-11-19,0.2\nQQQ,2026-11-19,0.2\n",
                "line 3: this is of QQQ, not of SPY",
            ),
        ] {
            let error = parse(text, whom).unwrap_err().to_string();
            assert!(error.starts_with(told), "{text:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_a_history_or_an_error(text: String, lines in "date,iv\n([0-9., \n-]{0,60})") {
            let _ = (read(&text), parse(&text, None), read(&lines));
        }
    }
}
