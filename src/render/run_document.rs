//! The document of a run: what `screen`, `quote`, `explain` and `chain` print, in every form.

use std::{io, iter};

use serde::Serialize;
use serde_json::{Map, Value};

use super::block::Block;
use super::cell::{object, text};
use super::chain::{ChainBlock, option_columns};
use super::document::{Document, Grid, Lines};
use super::row::{Row, row_columns};
use super::run::{Command, Explanation, Recorded, Rejected, RunDocument};
use super::{chain_table, explain, footer, screen_table};
use crate::market::{Coverage, Mode, RunError, Sources, StoppedBy, Timing};
use crate::screen::{Diff, Rules};

impl Document for RunDocument {
    fn generated_at(&self) -> &str {
        &self.generated_at
    }

    fn value(&self) -> impl Serialize {
        self
    }

    fn lines(&self) -> io::Result<Lines<'_>> {
        let meta = Line::Meta {
            schema_version: self.schema_version,
            command: self.command,
            generated_at: &self.generated_at,
            mode: self.mode,
            recorded: self.recorded.as_ref(),
            as_of: self.as_of.as_deref(),
            delayed: self.delayed,
            profile: self.profile.as_deref(),
            thresholds: self.thresholds.as_ref(),
        };
        let summary = Line::Summary {
            partial: self.partial,
            stopped_by: self.stopped_by,
            coverage: &self.coverage,
            sources: &self.sources,
            timing_ms: self.timing_ms,
            errors: &self.errors,
        };
        let lines = iter::once(meta)
            .chain(self.rows.iter().map(Line::Row))
            .chain(self.rejected.iter().flatten().map(Line::Rejected))
            .chain(self.diff.iter().map(Line::Diff))
            .chain(self.explained.iter().flatten().map(Line::Explained))
            .map(Ok)
            .chain(self.chain.iter().flat_map(chain_lines))
            .chain(iter::once(Ok(summary)));
        Ok(Box::new(lines.map(|line| Ok(serde_json::to_string(&line?)?))))
    }

    fn grid(&self) -> io::Result<Grid<'_>> {
        match (self.command, &self.explained) {
            (Command::Chain, _) => self.under(option_columns(), self.chain.iter().flat_map(ChainBlock::option_objects)),
            (_, Some(explained)) => self.under(GATE_COLUMNS.to_vec(), explained.iter().flat_map(Explanation::objects)),
            (_, None) => self.under(row_columns(), self.rows.iter().map(object)),
        }
    }

    fn blocks(&self) -> Vec<Block> {
        let mut blocks = match (self.command, &self.chain) {
            (Command::Explain, _) => explain::blocks(self),
            _ if self.rows.is_empty() => vec![Block::Text("no rows".to_owned())],
            (Command::Screen, _) => screen_table::screened(&self.rows),
            (Command::Chain, Some(chain)) => chain_table::blocks(chain, &self.rows),
            (Command::Quote | Command::Vol | Command::Chain, _) => screen_table::quoted(&self.rows),
        };
        blocks.push(Block::Gap);
        blocks.extend(footer::blocks(self));
        blocks
    }

    fn remarks(&self) -> Vec<String> {
        let of_chain = self.chain.iter().flat_map(chain_table::remarks);
        of_chain.chain(footer::remarks(self)).collect()
    }
}

impl RunDocument {
    /// The cells of [`RUN_COLUMNS`].
    pub(super) fn run_cells(&self) -> io::Result<Vec<String>> {
        let recorded = self.recorded.as_ref().map(|recorded| recorded.mode);
        Ok(vec![
            text(&serde_json::to_value(self.mode)?),
            text(&Value::Bool(self.delayed)),
            text(&Value::Bool(self.partial)),
            text(&serde_json::to_value(recorded)?),
        ])
    }

    /// What `objects` hold in `columns`, and what is said of the run beside each.
    fn under<'a>(
        &self,
        columns: Vec<&'static str>,
        objects: impl Iterator<Item = io::Result<Map<String, Value>>> + 'a,
    ) -> io::Result<Grid<'a>> {
        let run = self.run_cells()?;
        let header = columns.iter().copied().chain(RUN_COLUMNS).map(str::to_owned).collect();
        let rows = objects.map(move |object| {
            let object = object?;
            let cell = |column: &&str| object.get(*column).map_or_else(String::new, text);
            Ok(columns.iter().map(cell).chain(run.clone()).collect())
        });
        Ok(Grid {
            header,
            rows: Box::new(rows),
        })
    }
}

impl Explanation {
    /// The gates with the symbol they judged.
    fn objects(&self) -> impl Iterator<Item = io::Result<Map<String, Value>>> {
        self.gates.iter().map(|gate| {
            let mut object = object(gate)?;
            object.insert("symbol".to_owned(), serde_json::to_value(&self.symbol)?);
            Ok(object)
        })
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Meta {
        schema_version: u32,
        command: Command,
        generated_at: &'a str,
        mode: Mode,
        #[serde(skip_serializing_if = "Option::is_none")]
        recorded: Option<&'a Recorded>,
        #[serde(skip_serializing_if = "Option::is_none")]
        as_of: Option<&'a str>,
        delayed: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        profile: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        thresholds: Option<&'a Rules>,
    },
    Row(&'a Row),
    Rejected(&'a Rejected),
    Diff(&'a Diff),
    Explained(&'a Explanation),
    Chain(Map<String, Value>),
    Expiration(Map<String, Value>),
    Option(Map<String, Value>),
    Summary {
        partial: bool,
        stopped_by: StoppedBy,
        coverage: &'a Coverage,
        sources: &'a Sources,
        timing_ms: Timing,
        errors: &'a [RunError],
    },
}

/// The chain without its expirations, the expirations without their strikes, then the options.
fn chain_lines(chain: &ChainBlock) -> impl Iterator<Item = io::Result<Line<'_>>> {
    let alone = iter::once_with(|| Ok(Line::Chain(without("expirations", chain)?)));
    let expirations = chain.expirations.iter();
    alone
        .chain(expirations.map(|expiration| Ok(Line::Expiration(without("strikes", expiration)?))))
        .chain(chain.option_objects().map(|option| Ok(Line::Option(option?))))
}

/// `value` as an object without `key`.
fn without(key: &str, value: &impl Serialize) -> io::Result<Map<String, Value>> {
    let mut object = object(value)?;
    object.remove(key);
    Ok(object)
}

/// Columns of `explain` in `plain` and `csv`: one line for each gate of each symbol.
const GATE_COLUMNS: [&str; 7] = ["symbol", "gate", "verdict", "value", "limit", "text", "note"];

/// Columns that end every line of `plain` and `csv`, the same on all of them.
pub(super) const RUN_COLUMNS: [&str; 4] = ["mode", "delayed", "partial", "recorded"];
