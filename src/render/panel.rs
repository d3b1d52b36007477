//! The panel of realized volatility: estimators by window, and the cone with today's place. Of a file it is a document of
//! its own.

use std::io;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::flat::object;
use super::layout::{Column, fit, lines};
use super::number::{UNKNOWN, fixed, percent};
use super::text::{clean, millis, wrapped};
use super::vol::{Bars, OfFile, Weighted, Window, splits};
use super::{Format, SCHEMA_VERSION, Style};
use crate::units::Vol;
use crate::vol::cone::Cone;
use crate::vol::panel::{Line, Panel};
use crate::vol::realized::Estimator;

/// A panel and where its bars are from.
#[derive(Debug, Clone, Copy)]
pub struct PanelDocument<'a> {
    /// The numbers.
    pub panel: &'a Panel,
    /// The file, as the user named it.
    pub file: &'a str,
    /// When it is made.
    pub generated_at: Timestamp,
}

impl PanelDocument<'_> {
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
        let Panel { bars, first, last, .. } = self.panel;
        let headline = format!("{}: {bars} bars, {first} to {last}", clean(self.file));
        writeln!(out, "{}\n", wrapped(&headline, style.width))?;
        tables(self.panel, style, out)
    }

    fn rows(&self, delimiter: u8, out: &mut impl io::Write) -> io::Result<()> {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
        writer.write_record(columns())?;
        for line in &self.panel.lines {
            writer.write_record(cells(line.days, Some(line)))?;
        }
        writer.flush()
    }

    fn jsonl(&self, out: &mut impl io::Write) -> io::Result<()> {
        let mut meta = object(&self.machine())?;
        let rows = meta.remove("rows");
        tagged("meta", meta, out)?;
        for row in rows.as_ref().and_then(Value::as_array).into_iter().flatten() {
            tagged("row", object(row)?, out)?;
        }
        writeln!(out, "{}", json!({ "type": "summary", "rows": self.panel.lines.len() }))
    }

    fn machine(&self) -> OfFile {
        OfFile {
            schema_version: SCHEMA_VERSION,
            command: "vol",
            generated_at: millis(self.generated_at),
            source: "file",
            file: clean(self.file),
            first: self.panel.first.to_string(),
            last: self.panel.last.to_string(),
            bars: Bars::of(self.panel),
            trading_days: self.panel.trading_days,
            ewma: Weighted::of(self.panel),
            split_alarms: splits(self.panel),
            rows: self.panel.lines.iter().map(Window::of).collect(),
        }
    }
}

/// Writes `object` on one line, marked as `kind`.
pub(super) fn tagged(kind: &str, mut object: Map<String, Value>, out: &mut impl io::Write) -> io::Result<()> {
    object.insert("type".to_owned(), kind.into());
    writeln!(out, "{}", Value::Object(object))
}

/// The estimators by window, the cone, and what a reader must know about them.
pub(super) fn tables(panel: &Panel, style: &Style, out: &mut impl io::Write) -> io::Result<()> {
    for line in lines(&fit(estimators(panel), style.width), style, |_| false) {
        writeln!(out, "{line}")?;
    }
    let ewma = match &panel.ewma {
        Ok(ewma) => percent(Some(ewma.vol.get())),
        Err(reason) => format!("{UNKNOWN} ({reason})"),
    };
    let left_out = match panel.ewma.as_ref().map_or(0, |ewma| ewma.left_out) {
        0 => String::new(),
        1 => ", without 1 return over a session that has no sound bar".to_owned(),
        many => format!(", without {many} returns over sessions that have no sound bar"),
    };
    let ewma = format!("EWMA ({} a day, all bars{left_out}): {ewma}", panel.lambda);
    writeln!(out, "{}\n", wrapped(&ewma, style.width))?;
    let top = panel.lines.iter().filter_map(|line| line.cone.as_ref().ok());
    let top = top.map(|cone| cone.max.get()).fold(0.0, f64::max);
    let cone = fit(cone(panel, top), style.width);
    for line in lines(&cone, style, |_| false) {
        writeln!(out, "{line}")?;
    }
    let mut notes =
        vec!["cone: close-to-close over all windows of the length; Below: share of them under today's".to_owned()];
    if cone.iter().any(|column| column.header == CHART) {
        notes.push(format!(
            "chart: from 0 to {}; {WHOLE} all, {TENTHS} 10 to 90 %, {QUARTILES} quartiles, {TODAY} today",
            percent(Some(top))
        ));
    }
    notes.extend(reasons(panel));
    notes.extend(remarks(panel));
    notes
        .iter()
        .try_for_each(|note| writeln!(out, "{}", wrapped(note, style.width)))
}

/// What a reader must know about the bars.
fn remarks(panel: &Panel) -> Vec<String> {
    let (dropped, replaced) = (panel.dropped, panel.replaced);
    let mut notes = Vec::new();
    if dropped.total() > 0 {
        notes.push(format!(
            "dropped: {} bars ({} without a price, {} with a zero, {} whose high and low do not enclose open and close)",
            dropped.total(),
            dropped.absent,
            dropped.zero,
            dropped.not_enclosing
        ));
    }
    if replaced > 0 {
        notes.push(format!("replaced: {replaced} bars by a later one of the same date"));
    }
    for split in &panel.splits {
        notes.push(format!(
            "SPLIT? {}: the close is {} of the one before, as in a {}:{} split nobody adjusted for; what spans it is wrong",
            split.date,
            fixed(Some(split.change), 4),
            split.new,
            split.old
        ));
    }
    notes
}

/// The columns of a window in `plain` and `csv`.
pub(super) fn columns() -> impl Iterator<Item = &'static str> {
    let estimators = Estimator::ALL.map(Estimator::key);
    ["days"].into_iter().chain(estimators).chain(CONE.map(|(name, _)| name))
}

/// The cells of a window of `days`, empty where there is no number.
pub(super) fn cells(days: usize, line: Option<&Line>) -> impl Iterator<Item = String> {
    let numbers = Estimator::ALL.map(|estimator| measured(line?, estimator));
    let cone = CONE.map(|(_, of)| line?.cone.as_ref().ok().map(of));
    let numbers = numbers.into_iter().chain(cone);
    let cells = numbers.map(|cell| cell.map(|value| value.to_string()).unwrap_or_default());
    [days.to_string()].into_iter().chain(cells)
}

/// Each reason why a window lacks something, after the windows it is the reason of.
fn reasons(panel: &Panel) -> Vec<String> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for line in &panel.lines {
        for reason in line.measured.iter().filter_map(|(_, answer)| answer.as_ref().err()) {
            let (reason, days) = (reason.to_string(), line.days.to_string());
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, windows)) if windows.last() == Some(&days) => {}
                Some((_, windows)) => windows.push(days),
                None => reasons.push((reason, vec![days])),
            }
        }
    }
    let words = |(reason, days): (String, Vec<String>)| format!("{} days: {reason}", days.join(", "));
    reasons.into_iter().map(words).collect()
}

fn estimators(panel: &Panel) -> Vec<Column> {
    let column = |estimator| {
        number(panel, heading(estimator), keep(estimator), |line| {
            percent(measured(line, estimator))
        })
    };
    let days = number(panel, "Days", 0, |line| line.days.to_string());
    [days].into_iter().chain(Estimator::ALL.map(column)).collect()
}

fn cone(panel: &Panel, top: f64) -> Vec<Column> {
    let quantile = |header, keep, of: fn(&Cone) -> Vol| {
        number(panel, header, keep, |line| {
            percent(line.cone.as_ref().ok().map(|cone| of(cone).get()))
        })
    };
    let below = |line: &Line| fixed(line.cone.as_ref().ok().map(|cone| cone.below * 100.0), 0);
    let drawn = |line: &Line| {
        line.cone
            .as_ref()
            .map_or_else(|_| UNKNOWN.to_owned(), |cone| chart(cone, top))
    };
    vec![
        number(panel, "Days", 0, |line| line.days.to_string()),
        quantile("Min", 5, |cone| cone.min),
        quantile("10%", 7, |cone| cone.p10),
        quantile("25%", 6, |cone| cone.p25),
        quantile("Median", 4, |cone| cone.p50),
        quantile("75%", 6, |cone| cone.p75),
        quantile("90%", 7, |cone| cone.p90),
        quantile("Max", 5, |cone| cone.max),
        quantile("Today", 1, |cone| cone.today),
        number(panel, "Below", 2, below),
        Column {
            right: false,
            ..number(panel, CHART, 3, drawn)
        },
    ]
}

fn number(panel: &Panel, header: &'static str, keep: u8, cell: impl Fn(&Line) -> String) -> Column {
    Column {
        header,
        right: true,
        keep,
        elastic: false,
        cells: panel.lines.iter().map(cell).collect(),
    }
}

fn measured(line: &Line, estimator: Estimator) -> Option<f64> {
    answer(line, estimator).ok()
}

fn answer(line: &Line, wanted: Estimator) -> Result<f64, String> {
    let mut measured = line.measured.iter();
    let (_, answer) = measured
        .find(|(estimator, _)| *estimator == wanted)
        .ok_or_else(|| "not measured".to_owned())?;
    answer.as_ref().map(|vol| vol.get()).map_err(ToString::to_string)
}

fn heading(estimator: Estimator) -> &'static str {
    match estimator {
        Estimator::CloseToClose => "Close",
        Estimator::CloseToCloseZeroMean => "Zero mean",
        Estimator::Parkinson => "Parkinson",
        Estimator::GarmanKlass => "G-Klass",
        Estimator::GarmanKlassGap => "G-K gap",
        Estimator::RogersSatchell => "R-Satchell",
        Estimator::YangZhang => "Yang-Zhang",
    }
}

/// The column of the largest number goes first where the terminal is narrow.
fn keep(estimator: Estimator) -> u8 {
    match estimator {
        Estimator::CloseToClose => 1,
        Estimator::YangZhang => 2,
        Estimator::Parkinson => 3,
        Estimator::GarmanKlassGap => 4,
        Estimator::RogersSatchell => 5,
        Estimator::GarmanKlass => 6,
        Estimator::CloseToCloseZeroMean => 7,
    }
}

/// One line of the cone on a scale from nothing to `top`.
fn chart(cone: &Cone, top: f64) -> String {
    let width = f64::from(CHART_WIDTH);
    (0..CHART_WIDTH)
        .map(|cell| {
            let (from, to) = (f64::from(cell) / width * top, f64::from(cell + 1) / width * top);
            let last = cell + 1 == CHART_WIDTH;
            let holds = |vol: Vol| vol.get() >= from && (vol.get() < to || last);
            let spans = |low: Vol, high: Vol| low.get() < to && high.get() >= from;
            if holds(cone.today) {
                TODAY
            } else if spans(cone.p25, cone.p75) {
                QUARTILES
            } else if spans(cone.p10, cone.p90) {
                TENTHS
            } else if spans(cone.min, cone.max) {
                WHOLE
            } else {
                ' '
            }
        })
        .collect()
}

type Number = fn(&Cone) -> f64;

/// The numbers of a cone by their names in machine output; the last is a percentile, 0 to 100.
const CONE: [(&str, Number); 9] = [
    ("cone_min", |cone| cone.min.get()),
    ("cone_p10", |cone| cone.p10.get()),
    ("cone_p25", |cone| cone.p25.get()),
    ("cone_p50", |cone| cone.p50.get()),
    ("cone_p75", |cone| cone.p75.get()),
    ("cone_p90", |cone| cone.p90.get()),
    ("cone_max", |cone| cone.max.get()),
    ("cone_today", |cone| cone.today.get()),
    ("cone_percentile", |cone| cone.below * 100.0),
];

const CHART: &str = "Cone";
const CHART_WIDTH: u32 = 32;
const WHOLE: char = '·';
const TENTHS: char = '░';
const QUARTILES: char = '█';
const TODAY: char = '◆';
