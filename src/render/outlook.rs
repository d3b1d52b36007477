//! The document of `vol SYMBOL`: the panel of the symbol's bars, realized volatility by source, the premium, the expected
//! move and implied volatility by expiration, around the document of its record.

use std::io;

use serde_json::{Map, Value};

use super::document::Document;
use super::layout::{Column, fit, lines};
use super::number::{UNKNOWN, fixed, percent, price};
use super::panel::{cells, columns, tables, tagged};
use super::text::{clean, millis, wrapped};
use super::vol::{
    ClosedBars, ExpectedMove, NO_TERM, OfSymbol, Premium, TermStructure, Weighted, Window, Witness, settlement, splits,
};
use super::{Format, Row, Style, flat, footer};
use crate::market::{
    Attempt, Compared, Expected, Field, Horizon, Measured, Premiums, Reason, Source, Sourced, Term, VolReport,
};
use crate::units::Vol;
use crate::vol::expected_move::ExpectedMove as Move;

/// What is known about the volatility of one symbol, and how it was gathered.
#[derive(Debug, Clone, Copy)]
pub struct OutlookDocument<'a> {
    /// The numbers.
    pub outlook: &'a VolReport,
    /// The windows asked for, in trading days.
    pub windows: &'a [usize],
    /// The record and the run: a document of `vol`, whose one row is the symbol.
    pub document: &'a Document,
}

impl OutlookDocument<'_> {
    /// Writes it to `out` as `format`; `style` concerns the table alone.
    ///
    /// # Errors
    ///
    /// Whatever `out` fails with; a broken pipe among it.
    pub fn write(&self, style: &Style, format: Format, out: &mut impl io::Write) -> io::Result<()> {
        match format {
            Format::Table => self.table(style, out),
            Format::Plain => self.rows(b'\t', out),
            Format::Csv => self.rows(b',', out),
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, &self.machine())?;
                writeln!(out)
            }
            Format::Jsonl => self.jsonl(out),
        }?;
        out.flush()
    }

    fn table(&self, style: &Style, out: &mut impl io::Write) -> io::Result<()> {
        for row in &self.document.rows {
            writeln!(out, "{}", wrapped(&headline(row), style.width))?;
        }
        let VolReport {
            measured,
            realized,
            premiums,
            moves,
            terms,
        } = self.outlook;
        writeln!(out, "{}\n", wrapped(&bars(measured), style.width))?;
        if let Ok(measured) = measured {
            tables(&measured.panel, style, out)?;
            writeln!(out)?;
        }
        let mut block = |columns: Vec<Column>, legend: Option<String>, notes: Vec<String>| {
            let mut below = notes;
            if columns.iter().any(|column| !column.cells.is_empty()) {
                for line in lines(&fit(columns, style.width), style, |_| false) {
                    writeln!(out, "{line}")?;
                }
                below.splice(0..0, legend);
            }
            for note in below {
                writeln!(out, "{}", wrapped(&note, style.width))?;
            }
            writeln!(out)
        };
        block(by_source(realized), Some(LESS_REST.to_owned()), unheard(realized))?;
        block(premium(premiums), Some(FORMS.to_owned()), refused(premiums))?;
        block(expected(moves), Some(ONE_SIGMA.to_owned()), unexpected(moves))?;
        block(term_structure(terms), legend_of_terms(terms), no_terms(terms))?;
        footer::write(self.document, style, out)
    }

    fn rows(&self, delimiter: u8, out: &mut impl io::Write) -> io::Result<()> {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
        let measured = self.outlook.measured.as_ref().ok();
        let header = columns().chain(["symbol", "source", "as_of"]).chain(flat::RUN_COLUMNS);
        writer.write_record(header)?;
        let symbol = self.symbol();
        let source = measured.map(|measured| measured.source.name()).unwrap_or_default();
        let as_of = measured.map(|measured| millis(measured.as_of)).unwrap_or_default();
        let run = flat::run_cells(self.document)?;
        for (place, days) in self.windows.iter().enumerate() {
            let line = measured.and_then(|measured| measured.panel.lines.get(place));
            let tail = [symbol.clone(), source.to_owned(), as_of.clone()];
            writer.write_record(cells(*days, line).chain(tail).chain(run.iter().cloned()))?;
        }
        writer.flush()
    }

    fn jsonl(&self, out: &mut impl io::Write) -> io::Result<()> {
        let mut meta = flat::object(&self.machine())?;
        let rows = meta.remove("rows");
        let summary = ["partial", "stopped_by", "coverage", "sources", "timing_ms", "errors"];
        let summary: Map<String, Value> = summary
            .into_iter()
            .filter_map(|key| Some((key.to_owned(), meta.remove(key)?)))
            .collect();
        tagged("meta", meta, out)?;
        for row in rows.iter().filter_map(Value::as_array).flatten() {
            tagged("row", flat::object(row)?, out)?;
        }
        tagged("summary", summary, out)
    }

    fn machine(&self) -> OfSymbol<'_> {
        let VolReport {
            measured,
            realized,
            premiums,
            moves,
            terms,
        } = self.outlook;
        let document = self.document;
        let panel = measured.as_ref().ok().map(|measured| &measured.panel);
        let row = document.rows.first();
        OfSymbol {
            schema_version: document.schema_version,
            command: "vol",
            generated_at: &document.generated_at,
            mode: document.mode,
            recorded: document.recorded.as_ref(),
            delayed: document.delayed,
            partial: document.partial,
            symbol: row.map(|row| &row.symbol),
            record: row,
            source: measured.as_ref().ok().map(|measured| measured.source),
            first: panel.map(|panel| panel.first.to_string()),
            last: panel.map(|panel| panel.last.to_string()),
            bars: measured.as_ref().ok().map(ClosedBars::of),
            no_bars: measured.as_ref().err().map(Vec::as_slice),
            trading_days: panel.map(|panel| panel.trading_days),
            ewma: panel.map(Weighted::of),
            split_alarms: panel.map(splits).unwrap_or_default(),
            rows: match measured {
                Ok(measured) => measured.panel.lines.iter().map(Window::of).collect(),
                Err(tried) => {
                    let reason = no_bars(tried);
                    let windows = self.windows.iter();
                    windows.map(|days| Window::without(*days, &reason)).collect()
                }
            },
            hv_by_source: realized.iter().map(Witness::of).collect(),
            premium: premiums.iter().map(Premium::of).collect(),
            expected_move: moves.iter().map(ExpectedMove::of).collect(),
            term_structure: TermStructure::of(terms),
            coverage: &document.coverage,
            sources: &document.sources,
            timing_ms: document.timing_ms,
            stopped_by: document.stopped_by,
            errors: &document.errors,
        }
    }

    fn symbol(&self) -> String {
        let row = self.document.rows.first();
        row.map(|row| row.symbol.to_string()).unwrap_or_default()
    }
}

fn headline(row: &Row) -> String {
    let mut words = vec![row.symbol.to_string()];
    let contract = row.contract.as_ref().filter(|contract| **contract != row.symbol);
    words.extend(contract.map(ToString::to_string));
    words.extend(row.days_to_expiration.map(|days| format!("{days} days")));
    words.push(price(row.number(Field::Price)));
    words.push(format!("IV {}", percent(row.number(Field::Iv))));
    words.push(format!("IVR {}", fixed(row.number(Field::IvRank), 0)));
    words.push(format!("IVP {}", fixed(row.number(Field::IvPercentile), 0)));
    words.push(format!("HV30 {}", percent(row.number(Field::Hv30))));
    words.push(format!("HV90 {}", percent(row.number(Field::Hv90))));
    words.join("  ")
}

fn bars(measured: &Result<Measured, Vec<Attempt>>) -> String {
    match measured {
        Ok(Measured { panel, source, cut, .. }) => {
            let cut = if *cut { ", older ones were not sent" } else { "" };
            let (bars, first, last) = (panel.bars, panel.first, panel.last);
            format!("bars: {bars} from {}, {first} to {last}{cut}", source.name())
        }
        Err(tried) => no_bars(tried),
    }
}

fn no_bars(tried: &[Attempt]) -> String {
    let words = tried
        .iter()
        .map(|attempt| format!("{}: {}", attempt.source.name(), attempt.reason));
    format!("no bars ({})", words.collect::<Vec<_>>().join("; "))
}

/// Columns of numbers of `lines`.
struct Block<'a, T>(Vec<&'a T>);

impl<T> Block<'_, T> {
    fn number(&self, header: &'static str, keep: u8, cell: impl Fn(&T) -> String) -> Column {
        Column {
            header,
            right: true,
            keep,
            elastic: false,
            cells: self.0.iter().map(|line| cell(line)).collect(),
        }
    }

    fn words(&self, header: &'static str, keep: u8, cell: impl Fn(&T) -> String) -> Column {
        Column {
            right: false,
            ..self.number(header, keep, cell)
        }
    }
}

fn by_source(realized: &[Compared]) -> Vec<Column> {
    let block = Block(realized.iter().filter(|one| one.said.is_ok()).collect());
    vec![
        block.number("Days", 0, |one| one.days.to_string()),
        block.words("HV from", 1, |one| one.source.name().to_owned()),
        block.number("HV", 0, |one| {
            percent(one.said.as_ref().ok().map(|said| said.value.get()))
        }),
        block.number("- REST", 2, |one| points(one.less_rest)),
        block.words("As of", 3, |one| moment(&one.said)),
        Column {
            elastic: true,
            ..block.words("Method", 4, |one| method(&one.said))
        },
    ]
}

/// Why the sources that are asked first say nothing.
fn unheard(realized: &[Compared]) -> Vec<String> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    let asked = |one: &&Compared| matches!(one.source, Source::Rest | Source::DxlinkCandles);
    for one in realized.iter().filter(asked) {
        let Err(reason) = &one.said else { continue };
        let text = format!("{}: {}", one.source.name(), clean(&reason.to_string()));
        match reasons.iter_mut().find(|(known, _)| *known == text) {
            Some((_, days)) => days.push(one.days.to_string()),
            None => reasons.push((text, vec![one.days.to_string()])),
        }
    }
    let words = |(text, days): (String, Vec<String>)| format!("{} days from {text}", days.join(", "));
    reasons.into_iter().map(words).collect()
}

fn premium(premiums: &[Premiums]) -> Vec<Column> {
    let block = Block(premiums.iter().filter(|one| one.premium.is_ok()).collect());
    let read = |one: &Premiums| one.premium.as_ref().ok().map(|premium| premium.value);
    vec![
        block.words("IV over", 0, |one| format!("HV{}", one.days)),
        block.number("Ratio", 1, move |one| {
            fixed(read(one).and_then(|premium| premium.ratio), 2)
        }),
        block.number("Points", 2, move |one| {
            points(read(one).map(|premium| premium.difference))
        }),
        block.number("Variance", 3, move |one| {
            fixed(read(one).map(|premium| premium.variance), 4)
        }),
        block.number("Floored", 4, move |one| {
            fixed(read(one).map(|premium| premium.floored_ratio), 2)
        }),
        block.words("From", 5, |one| source(&one.premium)),
        block.words("As of", 6, |one| moment(&one.premium)),
    ]
}

fn refused(premiums: &[Premiums]) -> Vec<String> {
    let reasons = premiums.iter().filter_map(|one| {
        let reason = one.premium.as_ref().err()?;
        Some(format!(
            "no premium over HV{}: {}",
            one.days,
            clean(&reason.to_string())
        ))
    });
    reasons.collect()
}

fn expected(moves: &[Expected]) -> Vec<Column> {
    let block = Block(moves.iter().filter(|one| one.said.is_ok()).collect());
    let read = |one: &Expected| one.said.as_ref().ok().map(|said| said.value);
    vec![
        block.words("Expected over", 0, over),
        block.number("Days", 4, |one| {
            one.days.map_or_else(|| UNKNOWN.to_owned(), |days| days.to_string())
        }),
        block.number("IV", 3, move |one| percent(read(one).map(|(iv, _)| iv.get()))),
        block.number("Move", 1, move |one| priced(read(one), |expected| expected.size)),
        block.number("Share", 2, move |one| {
            percent(read(one).map(|(_, expected)| expected.share))
        }),
        block.number("Low", 5, move |one| priced(read(one), |expected| expected.low)),
        block.number("High", 5, move |one| priced(read(one), |expected| expected.high)),
    ]
}

fn unexpected(moves: &[Expected]) -> Vec<String> {
    let mut reasons: Vec<(&Reason, Vec<String>)> = Vec::new();
    for one in moves {
        let Err(reason) = &one.said else { continue };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, horizons)) => horizons.push(over(one)),
            None => reasons.push((reason, vec![over(one)])),
        }
    }
    let words = |(reason, over): (&Reason, Vec<String>)| {
        format!("no move over {}: {}", over.join(", "), clean(&reason.to_string()))
    };
    reasons.into_iter().map(words).collect()
}

fn over(one: &Expected) -> String {
    match one.horizon {
        Horizon::Day => "a day".to_owned(),
        Horizon::Week => "a week".to_owned(),
        Horizon::ThirtyDays => "30 days".to_owned(),
        Horizon::Monthly(Some(day)) => format!("to {day}"),
        Horizon::Monthly(None) => "the time to the next monthly expiration".to_owned(),
    }
}

fn term_structure(terms: &Result<Sourced<Vec<Term>>, Reason>) -> Vec<Column> {
    let terms: &[Term] = terms.as_ref().map(|terms| terms.value.as_slice()).unwrap_or_default();
    let iv = |term: &Term| term.iv.map(|iv| iv.get());
    let top = terms.iter().filter_map(iv).fold(0.0, f64::max);
    let block = Block(terms.iter().collect());
    let kind = |term: &Term| match (settlement(term), term.standard) {
        (settles, Some(false)) => format!("{} adjusted", settles.unwrap_or(UNKNOWN)),
        (settles, Some(true) | None) => settles.unwrap_or(UNKNOWN).to_owned(),
    };
    vec![
        block.words("Expiration", 0, |term| term.expiration.to_string()),
        block.number("Days", 1, |term| term.days.to_string()),
        block.words("Settles", 3, kind),
        block.number("IV", 0, move |term| percent(iv(term))),
        block.words("Term structure", 2, move |term| bar(iv(term), top)),
    ]
}

fn legend_of_terms(terms: &Result<Sourced<Vec<Term>>, Reason>) -> Option<String> {
    let terms = terms.as_ref().ok()?;
    let (source, method, as_of) = (terms.source.name(), &terms.method, terms.as_of);
    let hole = terms.value.iter().any(|term| term.iv.is_none());
    let hole = if hole {
        format!("; {UNKNOWN}: {NO_TERM}")
    } else {
        String::new()
    };
    Some(format!("bars from 0; {source}: {method}, {as_of:.0}{hole}"))
}

fn no_terms(terms: &Result<Sourced<Vec<Term>>, Reason>) -> Vec<String> {
    match terms {
        Ok(terms) if terms.value.is_empty() => vec!["no term structure: every expiration is over".to_owned()],
        Ok(_) => Vec::new(),
        Err(reason) => vec![format!("no term structure: {}", clean(&reason.to_string()))],
    }
}

/// A bar from nothing to `top`.
fn bar(value: Option<f64>, top: f64) -> String {
    let Some(value) = value else { return UNKNOWN.to_owned() };
    let width = f64::from(BAR_WIDTH);
    let filled = |cell: &u32| (f64::from(*cell) + 0.5) / width * top <= value;
    (0..BAR_WIDTH).filter(filled).map(|_| BAR).collect()
}

/// A difference of volatilities in points, with its sign.
fn points(value: Option<f64>) -> String {
    let text = fixed(value.map(|value| value * 100.0), 1);
    if value.is_some_and(|value| value > 0.0) && text != "0.0" {
        format!("+{text}")
    } else {
        text
    }
}

fn priced(said: Option<(Vol, Move)>, read: fn(&Move) -> f64) -> String {
    said.map_or_else(
        || UNKNOWN.to_owned(),
        |(_, expected)| size(read(&expected), expected.high),
    )
}

/// A number in the quotation of a price about as high as `high`, in as many places as people read.
fn size(value: f64, high: f64) -> String {
    let places = match high.abs() {
        high if high < 1.0 => 5,
        high if high < 10.0 => 3,
        _ => 2,
    };
    fixed(Some(value), places)
}

fn moment<T>(said: &Result<Sourced<T>, Reason>) -> String {
    said.as_ref()
        .map_or_else(|_| UNKNOWN.to_owned(), |said| format!("{:.0}", said.as_of))
}

fn source<T>(said: &Result<Sourced<T>, Reason>) -> String {
    said.as_ref().map_or(UNKNOWN, |said| said.source.name()).to_owned()
}

fn method<T>(said: &Result<Sourced<T>, Reason>) -> String {
    said.as_ref()
        .map_or_else(|_| UNKNOWN.to_owned(), |said| clean(&said.method.to_string()))
}

const LESS_REST: &str = "- REST: points above tastytrade's own figure, whose method is not published";
const FORMS: &str = "Ratio: iv / hv; Points: iv - hv; Variance: iv² - hv²; Floored: as in a screen";
const ONE_SIGMA: &str = "one standard deviation, price x iv x sqrt(days / 365); to an expiration at its own iv";
const BAR: char = '█';
const BAR_WIDTH: u32 = 32;
