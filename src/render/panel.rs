//! The panel of realised volatility, in every format: estimators by window, and the cone with today's place.

use std::io;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::layout::{Column, fit, lines};
use super::number::{UNKNOWN, fixed, percent};
use super::text::{clean, millis, wrapped};
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
                serde_json::to_writer_pretty(&mut *out, &self.json())?;
                writeln!(out)
            }
            Format::Jsonl => self.jsonl(out),
        }?;
        out.flush()
    }

    fn table(&self, style: &Style, out: &mut impl io::Write) -> io::Result<()> {
        let panel = self.panel;
        let Panel { bars, first, last, .. } = panel;
        let headline = format!("{}: {bars} bars, {first} to {last}", clean(self.file));
        writeln!(out, "{}\n", wrapped(&headline, style.width))?;
        for line in lines(&fit(estimators(panel), style.width), style, |_| false) {
            writeln!(out, "{line}")?;
        }
        let ewma = percent(panel.ewma.as_ref().ok().map(|vol| vol.get()));
        writeln!(out, "EWMA ({} a day, all bars): {ewma}\n", panel.lambda)?;
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
        notes.extend(reasons(panel).map(|(days, reason)| format!("{days} days: {reason}")));
        notes.extend(self.notes());
        notes
            .iter()
            .try_for_each(|note| writeln!(out, "{}", wrapped(note, style.width)))
    }

    /// What a reader must know about the bars.
    fn notes(&self) -> Vec<String> {
        let panel = self.panel;
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

    fn rows(&self, delimiter: u8, out: &mut impl io::Write) -> io::Result<()> {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
        let estimators = Estimator::ALL.map(Estimator::key);
        let columns = ["days"].into_iter().chain(estimators).chain(CONE.map(|(name, _)| name));
        writer.write_record(columns)?;
        for line in &self.panel.lines {
            let numbers = Estimator::ALL.map(|estimator| measured(line, estimator));
            let cone = CONE.map(|(_, of)| line.cone.as_ref().ok().map(of));
            let cells = numbers.into_iter().chain(cone);
            let cells = cells.map(|cell| cell.map(|value| value.to_string()).unwrap_or_default());
            writer.write_record([line.days.to_string()].into_iter().chain(cells))?;
        }
        writer.flush()
    }

    fn jsonl(&self, out: &mut impl io::Write) -> io::Result<()> {
        let Value::Object(mut meta) = self.json() else {
            return Ok(());
        };
        meta.remove("rows");
        meta.insert("type".to_owned(), "meta".into());
        writeln!(out, "{}", Value::Object(meta))?;
        for line in &self.panel.lines {
            let mut row = row(line);
            row.insert("type".to_owned(), "row".into());
            writeln!(out, "{}", Value::Object(row))?;
        }
        writeln!(out, "{}", json!({ "type": "summary", "rows": self.panel.lines.len() }))
    }

    fn json(&self) -> Value {
        let panel = self.panel;
        let splits = panel.splits.iter().map(|split| {
            json!({ "date": split.date.to_string(), "new": split.new, "old": split.old, "change": split.change })
        });
        json!({
            "schema_version": SCHEMA_VERSION,
            "command": "vol",
            "generated_at": millis(self.generated_at),
            "source": "file",
            "file": clean(self.file),
            "first": panel.first.to_string(),
            "last": panel.last.to_string(),
            "bars": {
                "used": panel.bars,
                "replaced": panel.replaced,
                "dropped": {
                    "absent": panel.dropped.absent,
                    "zero": panel.dropped.zero,
                    "not_enclosing": panel.dropped.not_enclosing,
                },
            },
            "trading_days": panel.trading_days,
            "ewma": {
                "lambda": panel.lambda,
                "vol": panel.ewma.as_ref().ok().map(|vol| vol.get()),
                "reason": panel.ewma.as_ref().err().map(ToString::to_string),
            },
            "split_alarms": splits.collect::<Vec<_>>(),
            "rows": panel.lines.iter().map(row).collect::<Vec<_>>(),
        })
    }
}

fn row(line: &Line) -> Map<String, Value> {
    let mut row = Map::new();
    row.insert("days".to_owned(), line.days.into());
    let mut missing = Map::new();
    for (estimator, answer) in &line.measured {
        row.insert(
            estimator.key().to_owned(),
            json!(answer.as_ref().ok().map(|vol| vol.get())),
        );
        if let Err(reason) = answer {
            missing.insert(estimator.key().to_owned(), reason.to_string().into());
        }
    }
    let cone = line.cone.as_ref().map(|cone| {
        let numbers = CONE.map(|(name, of)| (name.trim_start_matches("cone_").to_owned(), json!(of(cone))));
        let mut object: Map<String, Value> = numbers.into_iter().collect();
        object.insert("windows".to_owned(), cone.windows.into());
        Value::Object(object)
    });
    if let Err(reason) = &cone {
        missing.insert("cone".to_owned(), reason.to_string().into());
    }
    row.insert("cone".to_owned(), cone.unwrap_or(Value::Null));
    row.insert("missing".to_owned(), Value::Object(missing));
    row
}

/// The windows that lack something, each with the first reason.
fn reasons(panel: &Panel) -> impl Iterator<Item = (usize, String)> {
    panel.lines.iter().filter_map(|line| {
        let reason = line.measured.iter().find_map(|(_, answer)| answer.as_ref().err())?;
        Some((line.days, reason.to_string()))
    })
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

fn measured(line: &Line, wanted: Estimator) -> Option<f64> {
    let (_, answer) = line.measured.iter().find(|(estimator, _)| *estimator == wanted)?;
    answer.as_ref().ok().map(|vol| vol.get())
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
