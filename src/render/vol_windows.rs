//! Windows of realized volatility: for machines a line each, for people the estimators and the cone with today's place.

use std::iter;

use serde_json::{Map, Value};

use super::block::{Block, texts};
use super::document::Lines;
use super::layout::Column;
use super::number::{UNKNOWN, fixed, or_unknown, percent};
use super::text::together;
use crate::units::Vol;
use crate::vol::cone::Cone;
use crate::vol::panel::{Line, Panel};
use crate::vol::realized::Estimator;

/// A document of windows line by line: `meta` without its rows, these, and `summary`.
pub(super) fn lines(mut meta: Map<String, Value>, summary: Map<String, Value>) -> Lines<'static> {
    let rows = meta.remove("rows");
    let rows = rows.iter().filter_map(Value::as_array).flatten();
    let rows = rows.filter_map(Value::as_object).cloned();
    let rows: Vec<_> = rows.map(|row| ("row", row)).collect();
    let lines = iter::once(("meta", meta)).chain(rows).chain([("summary", summary)]);
    Box::new(lines.map(|(kind, mut object)| {
        object.insert("type".to_owned(), kind.into());
        Ok(Value::Object(object).to_string())
    }))
}

/// The estimators by window, the cone, and what a reader must know about them.
pub(super) fn blocks(panel: &Panel) -> Vec<Block> {
    let top = panel.lines.iter().filter_map(|line| line.cone.as_ref().ok());
    let top = top.map(|cone| cone.max.get()).fold(0.0, f64::max);
    let about = "cone: close-to-close over all windows of the length; Below: share of them under today's";
    let mut blocks = vec![
        Block::columns(estimators(&panel.lines)),
        Block::Text(ewma(panel)),
        Block::Gap,
        Block::columns(cone(&panel.lines, top)),
        Block::Text(about.to_owned()),
        Block::Legend {
            header: CHART,
            text: format!(
                "chart: from 0 to {}; {WHOLE} all, {TENTHS} 10 to 90 %, {QUARTILES} quartiles, {TODAY} today",
                percent(Some(top))
            ),
        },
    ];
    blocks.extend(texts(remarks(panel)));
    blocks
}

/// Why a window lacks something, and what a reader must know about the bars.
pub(super) fn remarks(panel: &Panel) -> Vec<String> {
    let answers = panel.lines.iter().flat_map(|line| {
        let answers = line.measured.iter().map(|(_, answer)| answer.as_ref());
        answers.filter_map(|answer| Some((answer.err()?.to_string(), line.days.to_string())))
    });
    let words = |(reason, days): (String, Vec<String>)| format!("{} days: {reason}", days.join(", "));
    let reasons = together(answers).into_iter().map(words);
    reasons.chain(about_bars(panel)).collect()
}

fn ewma(panel: &Panel) -> String {
    let ewma = match &panel.ewma {
        Ok(ewma) => percent(Some(ewma.vol.get())),
        Err(reason) => format!("{UNKNOWN} ({reason})"),
    };
    let left_out = match panel.ewma.as_ref().map_or(0, |ewma| ewma.left_out) {
        0 => String::new(),
        1 => ", without 1 return over a session that has no sound bar".to_owned(),
        many => format!(", without {many} returns over sessions that have no sound bar"),
    };
    format!("EWMA ({} a day, all bars{left_out}): {ewma}", panel.lambda)
}

fn about_bars(panel: &Panel) -> Vec<String> {
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

fn estimators(lines: &[Line]) -> Vec<Column> {
    let column = |estimator| {
        Column::numbers(heading(estimator), keep(estimator), lines, |line| {
            percent(measured(line, estimator))
        })
    };
    let days = Column::numbers("Days", 0, lines, |line| line.days.to_string());
    [days].into_iter().chain(Estimator::ALL.map(column)).collect()
}

fn cone(lines: &[Line], top: f64) -> Vec<Column> {
    let quantile = |header, keep, of: fn(&Cone) -> Vol| {
        Column::numbers(header, keep, lines, |line| {
            percent(line.cone.as_ref().ok().map(|cone| of(cone).get()))
        })
    };
    vec![
        Column::numbers("Days", 0, lines, |line| line.days.to_string()),
        quantile("Min", 5, |cone| cone.min),
        quantile("10%", 7, |cone| cone.p10),
        quantile("25%", 6, |cone| cone.p25),
        quantile("Median", 4, |cone| cone.p50),
        quantile("75%", 6, |cone| cone.p75),
        quantile("90%", 7, |cone| cone.p90),
        quantile("Max", 5, |cone| cone.max),
        quantile("Today", 1, |cone| cone.today),
        Column::numbers("Below", 2, lines, |line| {
            fixed(line.cone.as_ref().ok().map(|cone| cone.below * 100.0), 0)
        }),
        Column::words(CHART, 3, lines, |line| {
            or_unknown(line.cone.as_ref().ok().map(|cone| chart(cone, top)))
        }),
    ]
}

fn measured(line: &Line, wanted: Estimator) -> Option<f64> {
    let mut measured = line.measured.iter();
    let (_, answer) = measured.find(|(estimator, _)| *estimator == wanted)?;
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
