//! The document of `vol --bars`: what a file's bars say about volatility.

use std::io;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Map;

use super::block::Block;
use super::cell::object;
use super::document::{Document, Grid, Lines};
use super::run::SCHEMA_VERSION;
use super::text::{clean, millis};
use super::vol::{Bars, OfFile, Weighted, Window, splits};
use super::vol_forecast::{self, FileForecast};
use super::vol_windows::{blocks, cells, columns, lines, remarks};
use crate::vol::panel::Panel;

/// What is known of bars, and where they are from.
#[derive(Debug, Clone)]
pub struct VolFile<'a> {
    panel: &'a Panel,
    file: String,
    generated_at: String,
}

impl<'a> VolFile<'a> {
    /// The document of `panel`, made at `generated_at` from the bars of `file`, as the user named it.
    pub fn new(panel: &'a Panel, file: &str, generated_at: Timestamp) -> Self {
        Self {
            panel,
            file: clean(file),
            generated_at: millis(generated_at),
        }
    }

    fn machine(&self) -> OfFile<'_> {
        OfFile {
            schema_version: SCHEMA_VERSION,
            command: "vol",
            generated_at: &self.generated_at,
            source: "file",
            file: &self.file,
            first: self.panel.first.to_string(),
            last: self.panel.last.to_string(),
            bars: Bars::of(self.panel),
            trading_days: self.panel.trading_days,
            ewma: Weighted::of(self.panel),
            split_alarms: splits(self.panel),
            forecast: FileForecast::of(&self.panel.forecasts),
            rows: self.panel.lines.iter().map(Window::of).collect(),
        }
    }
}

impl Document for VolFile<'_> {
    fn generated_at(&self) -> &str {
        &self.generated_at
    }

    fn value(&self) -> impl Serialize {
        self.machine()
    }

    fn lines(&self) -> io::Result<Lines<'_>> {
        let summary = Map::from_iter([("rows".to_owned(), self.panel.lines.len().into())]);
        Ok(lines(object(&self.machine())?, summary))
    }

    fn grid(&self) -> io::Result<Grid<'_>> {
        let rows = self.panel.lines.iter();
        Ok(Grid {
            header: columns().map(str::to_owned).collect(),
            rows: Box::new(rows.map(|line| Ok(cells(line.days, Some(line)).collect()))),
        })
    }

    fn blocks(&self) -> Vec<Block> {
        let Panel { bars, first, last, .. } = self.panel;
        let headline = format!("{}: {bars} bars, {first} to {last}", self.file);
        let mut all = vec![Block::Text(headline), Block::Gap];
        all.extend(blocks(self.panel));
        all.push(Block::Gap);
        all.extend(vol_forecast::blocks(&self.panel.forecasts));
        all
    }

    fn remarks(&self) -> Vec<String> {
        let mut remarks = remarks(self.panel);
        remarks.extend(vol_forecast::refused(&self.panel.forecasts));
        remarks
    }
}
