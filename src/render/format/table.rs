//! The format for people at a terminal; the only one with percent signs.

use std::io;

use super::{Document, How, Style, Turn};
use crate::render::block::Block;
use crate::render::layout::{fit, lines};
use crate::render::text::wrapped;

pub(super) const HOLDS_REMARKS: bool = true;

pub(super) fn write(document: &impl Document, how: How, out: &mut impl io::Write) -> io::Result<()> {
    let Style { width, color } = how.style;
    if how.turn == Some(Turn::Later) {
        writeln!(out)?;
    }
    let mut shown = Vec::new();
    for block in document.blocks() {
        match block {
            Block::Columns(columns) => {
                let fitted = fit(columns.columns, columns.paired, width);
                for line in lines(&fitted, color, &columns.dimmed) {
                    writeln!(out, "{line}")?;
                }
                shown = fitted.iter().map(|column| column.header).collect();
            }
            Block::Legend { header, text } if shown.contains(&header) => writeln!(out, "{}", wrapped(&text, width))?,
            Block::Legend { .. } => {}
            Block::Text(text) => writeln!(out, "{}", wrapped(&text, width))?,
            Block::Alarm(text) if color => {
                let alarm = anstyle::Style::new().bold();
                let alarm = alarm.fg_color(Some(anstyle::AnsiColor::Yellow.into()));
                writeln!(out, "{alarm}{}{alarm:#}", wrapped(&text, width))?;
            }
            Block::Alarm(text) => writeln!(out, "{}", wrapped(&text, width))?,
            Block::Gap => writeln!(out)?,
        }
    }
    Ok(())
}
