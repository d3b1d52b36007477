//! The document of `vol SYMBOL`: the panel of the symbol's bars, realized volatility by source, the premium, the forecasts,
//! the expected move and implied volatility by expiration, around the document of its record.

use std::io;

use serde::Serialize;

use super::block::{Block, texts};
use super::cell::object;
use super::document::{Document, Grid, Lines};
use super::layout::Column;
use super::number::{UNKNOWN, fixed, or_unknown, percent, points, price};
use super::row::Row;
use super::run::RunDocument;
use super::run_document::RUN_COLUMNS;
use super::text::{clean, millis, together};
use super::vol::{
    ClosedBars, ExpectedMove, NO_TERM, OfSymbol, Premium, TermStructure, Weighted, Window, Witness, settlement, splits,
};
use super::vol_forecast::SymbolForecast;
use super::vol_windows::{cells, columns, lines};
use super::{footer, vol_forecast, vol_windows};
use crate::market::{
    Attempt, Compared, Expected, Field, Horizon, Measured, Premiums, Reason, Source, Sourced, Term, VolReport,
};
use crate::units::Vol;
use crate::vol::expected_move::ExpectedMove as Move;

/// What is known about the volatility of one symbol, and how it was gathered.
#[derive(Debug, Clone, Copy)]
pub struct VolSymbol<'a> {
    /// The numbers.
    pub report: &'a VolReport,
    /// The windows asked for, in trading days.
    pub windows: &'a [usize],
    /// The record and the run: a document of `vol`, whose one row is the symbol.
    pub run: &'a RunDocument,
}

impl Document for VolSymbol<'_> {
    fn generated_at(&self) -> &str {
        &self.run.generated_at
    }

    fn value(&self) -> impl Serialize {
        self.machine()
    }

    fn lines(&self) -> io::Result<Lines<'_>> {
        let mut meta = object(&self.machine())?;
        let summary = ["partial", "stopped_by", "coverage", "sources", "timing_ms", "errors"];
        let summary = summary
            .into_iter()
            .filter_map(|key| Some((key.to_owned(), meta.remove(key)?)));
        let summary = summary.collect();
        Ok(lines(meta, summary))
    }

    fn grid(&self) -> io::Result<Grid<'_>> {
        let measured = self.report.measured.as_ref().ok();
        let source = measured.map(|measured| measured.source.name().to_owned());
        let as_of = measured.map(|measured| millis(measured.as_of));
        let mut tail = vec![self.symbol(), source.unwrap_or_default(), as_of.unwrap_or_default()];
        tail.extend(self.run.run_cells()?);
        let rows = self.windows.iter().enumerate().map(move |(place, days)| {
            let line = measured.and_then(|measured| measured.panel.lines.get(place));
            Ok(cells(*days, line).chain(tail.iter().cloned()).collect())
        });
        let header = columns().chain(["symbol", "source", "as_of"]).chain(RUN_COLUMNS);
        Ok(Grid {
            header: header.map(str::to_owned).collect(),
            rows: Box::new(rows),
        })
    }

    fn blocks(&self) -> Vec<Block> {
        let VolReport {
            measured,
            realized,
            premiums,
            moves,
            terms,
            ..
        } = self.report;
        let mut blocks: Vec<Block> = self.run.rows.iter().map(headline).map(Block::Text).collect();
        blocks.push(Block::Text(bars(measured)));
        blocks.push(Block::Gap);
        if let Ok(measured) = measured {
            blocks.extend(vol_windows::blocks(&measured.panel));
            blocks.push(Block::Gap);
        }
        let mut part = |columns: Vec<Column>, legend: Option<String>, notes: Vec<String>| {
            if columns.iter().any(|column| !column.cells.is_empty()) {
                blocks.push(Block::columns(columns));
                blocks.extend(legend.map(Block::Text));
            }
            blocks.extend(texts(notes));
            blocks.push(Block::Gap);
        };
        part(by_source(realized), Some(LESS_REST.to_owned()), unheard(realized));
        part(premium(premiums), Some(FORMS.to_owned()), refused(premiums));
        let (columns, legend, notes) = vol_forecast::beside_iv(self.report);
        part(columns, legend, notes);
        part(expected(moves), Some(ONE_SIGMA.to_owned()), unexpected(moves));
        part(term_structure(terms), legend_of_terms(terms), no_terms(terms));
        blocks.extend(footer::blocks(self.run));
        blocks
    }

    fn remarks(&self) -> Vec<String> {
        let VolReport {
            measured,
            realized,
            premiums,
            moves,
            terms,
            ..
        } = self.report;
        let of_bars = match measured {
            Ok(measured) => {
                let cut = measured.cut.then(|| bars(&self.report.measured));
                cut.into_iter().chain(vol_windows::remarks(&measured.panel)).collect()
            }
            Err(tried) => vec![no_bars(tried)],
        };
        let parts = [
            of_bars,
            unheard(realized)
                .into_iter()
                .map(|line| format!("no realized volatility over {line}"))
                .collect(),
            refused(premiums),
            vol_forecast::missing(self.report),
            unexpected(moves),
            no_terms(terms),
            self.run.remarks(),
        ];
        parts.into_iter().flatten().collect()
    }
}

impl VolSymbol<'_> {
    fn machine(&self) -> OfSymbol<'_> {
        let VolReport {
            measured,
            realized,
            premiums,
            moves,
            terms,
            ..
        } = self.report;
        let document = self.run;
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
            forecast: SymbolForecast::of(self.report),
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
        let row = self.run.rows.first();
        row.map(|row| row.symbol.to_string()).unwrap_or_default()
    }
}

fn headline(row: &Row) -> String {
    let mut words = vec![row.symbol.to_string()];
    let contract = row.contract.as_ref().filter(|contract| **contract != row.symbol);
    words.extend(contract.map(ToString::to_string));
    words.extend(row.days_to_expiration.map(|days| format!("{days} days")));
    words.push(price(row.values.number(Field::Price)));
    words.push(format!("IV {}", percent(row.values.number(Field::Iv))));
    words.push(format!("IVR {}", fixed(row.values.number(Field::IvRank), 0)));
    words.push(format!("IVP {}", fixed(row.values.number(Field::IvPercentile), 0)));
    words.push(format!("HV30 {}", percent(row.values.number(Field::Hv30))));
    words.push(format!("HV90 {}", percent(row.values.number(Field::Hv90))));
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

fn by_source(realized: &[Compared]) -> Vec<Column> {
    let heard: Vec<&Compared> = realized.iter().filter(|one| one.said.is_ok()).collect();
    vec![
        Column::numbers("Days", 0, &heard, |one| one.days.to_string()),
        Column::words("HV from", 1, &heard, |one| one.source.name().to_owned()),
        Column::numbers("HV", 0, &heard, |one| {
            percent(one.said.as_ref().ok().map(|said| said.value.get()))
        }),
        Column::numbers("- REST", 2, &heard, |one| points(one.less_rest)),
        Column::words("As of", 3, &heard, |one| moment(&one.said)),
        Column::words("Method", 4, &heard, |one| method(&one.said)).elastic(),
    ]
}

/// Why the sources that are asked first say nothing.
fn unheard(realized: &[Compared]) -> Vec<String> {
    let asked = |one: &&Compared| matches!(one.source, Source::Rest | Source::DxlinkCandles);
    let reasons = realized.iter().filter(asked).filter_map(|one| {
        let reason = one.said.as_ref().err()?;
        Some((
            format!("{}: {}", one.source.name(), clean(&reason.to_string())),
            one.days.to_string(),
        ))
    });
    let words = |(text, days): (String, Vec<String>)| format!("{} days from {text}", days.join(", "));
    together(reasons).into_iter().map(words).collect()
}

fn premium(premiums: &[Premiums]) -> Vec<Column> {
    let known: Vec<&Premiums> = premiums.iter().filter(|one| one.premium.is_ok()).collect();
    let read = |one: &Premiums| one.premium.as_ref().ok().map(|premium| premium.value);
    vec![
        Column::words("IV over", 0, &known, |one| format!("HV{}", one.days)),
        Column::numbers("Ratio", 1, &known, |one| {
            fixed(read(one).and_then(|premium| premium.ratio), 2)
        }),
        Column::numbers("Points", 2, &known, |one| {
            points(read(one).map(|premium| premium.difference))
        }),
        Column::numbers("Variance", 3, &known, |one| {
            fixed(read(one).map(|premium| premium.variance), 4)
        }),
        Column::numbers("Floored", 4, &known, |one| {
            fixed(read(one).map(|premium| premium.floored_ratio), 2)
        }),
        Column::words("From", 5, &known, |one| source(&one.premium)),
        Column::words("As of", 6, &known, |one| moment(&one.premium)),
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
    let known: Vec<&Expected> = moves.iter().filter(|one| one.said.is_ok()).collect();
    let read = |one: &Expected| one.said.as_ref().ok().map(|said| said.value);
    vec![
        Column::words("Expected over", 0, &known, |one| over(one)),
        Column::numbers("Days", 4, &known, |one| or_unknown(one.days)),
        Column::numbers("IV", 3, &known, |one| percent(read(one).map(|(iv, _)| iv.get()))),
        Column::numbers("Move", 1, &known, |one| priced(read(one), |expected| expected.size)),
        Column::numbers("Share", 2, &known, |one| {
            percent(read(one).map(|(_, expected)| expected.share))
        }),
        Column::numbers("Low", 5, &known, |one| priced(read(one), |expected| expected.low)),
        Column::numbers("High", 5, &known, |one| priced(read(one), |expected| expected.high)),
    ]
}

fn unexpected(moves: &[Expected]) -> Vec<String> {
    let reasons = moves
        .iter()
        .filter_map(|one| Some((clean(&one.said.as_ref().err()?.to_string()), over(one))));
    let words = |(reason, over): (String, Vec<String>)| format!("no move over {}: {reason}", over.join(", "));
    together(reasons).into_iter().map(words).collect()
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
    let kind = |term: &Term| match (settlement(term), term.standard) {
        (settles, Some(false)) => format!("{} adjusted", settles.unwrap_or(UNKNOWN)),
        (settles, Some(true) | None) => settles.unwrap_or(UNKNOWN).to_owned(),
    };
    vec![
        Column::words("Expiration", 0, terms, |term| term.expiration.to_string()),
        Column::numbers("Days", 1, terms, |term| term.days.to_string()),
        Column::words("Settles", 3, terms, kind),
        Column::numbers("IV", 0, terms, |term| percent(iv(term))),
        Column::words("Term structure", 2, terms, |term| bar(iv(term), top)),
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
