//! Columns of text fitted to a width: what does not fit is left out whole, no cell is ever wrapped.

use comfy_table::{Attribute, Cell, CellAlignment, Table, presets};

use super::text::cut;

/// A column with its cells.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// What stands above it.
    pub(super) header: &'static str,
    /// Whether it stands flush right, as numbers do.
    pub(super) right: bool,
    /// When it is left out: the column with the largest number goes first.
    pub(super) keep: u8,
    /// Whether its cells may be cut instead.
    pub(super) elastic: bool,
    /// One cell a line.
    pub(super) cells: Vec<String>,
}

impl Column {
    /// A column with a cell for each of `lines`: numbers, flush right.
    pub(super) fn numbers<T>(header: &'static str, keep: u8, lines: &[T], cell: impl Fn(&T) -> String) -> Self {
        Self {
            header,
            right: true,
            keep,
            elastic: false,
            cells: lines.iter().map(cell).collect(),
        }
    }

    /// A column with a cell for each of `lines`: words, flush left.
    pub(super) fn words<T>(header: &'static str, keep: u8, lines: &[T], cell: impl Fn(&T) -> String) -> Self {
        let right = false;
        let numbers = Self::numbers(header, keep, lines, cell);
        Self { right, ..numbers }
    }

    /// The column, whose cells may be cut before it is left out.
    pub(super) fn elastic(self) -> Self {
        let elastic = true;
        Self { elastic, ..self }
    }

    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| length(cell)).max().unwrap_or(0);
        cells.max(length(self.header))
    }

    fn least_width(&self) -> usize {
        if self.elastic {
            self.width().min(ELASTIC_LEAST)
        } else {
            self.width()
        }
    }
}

/// Those of `columns` that fit into `width`, in their order; at least one stays. Where they are `paired`, columns of the
/// same rank are only left out together.
pub(super) fn fit(mut columns: Vec<Column>, paired: bool, width: Option<usize>) -> Vec<Column> {
    let Some(width) = width else { return columns };
    while columns.len() > 1 && total(columns.iter().map(Column::least_width)) > width {
        let last = columns.iter().map(|column| column.keep).enumerate();
        let Some((last, keep)) = last.max_by_key(|(_, keep)| *keep) else {
            break;
        };
        if paired && keep > 0 {
            columns.retain(|column| column.keep < keep);
        } else {
            columns.remove(last);
        }
    }
    let excess = total(columns.iter().map(Column::width)).saturating_sub(width);
    for column in columns.iter_mut().filter(|column| column.elastic) {
        let longest = column.width().saturating_sub(excess).max(column.least_width());
        for cell in &mut column.cells {
            *cell = cut(cell, longest);
        }
    }
    columns
}

/// The columns as lines with a header; lines of which `dimmed` is true recede where there is `color`.
pub(super) fn lines(columns: &[Column], color: bool, dimmed: &[bool]) -> Vec<String> {
    let mut table = Table::new();
    table.force_no_tty().load_style(presets::NOTHING);
    if color {
        table.enforce_styling().style_text_only();
    }
    table.set_header(
        columns
            .iter()
            .map(|column| Cell::new(column.header).add_attribute(Attribute::Bold)),
    );
    let count = columns.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    for index in 0..count {
        table.add_row(columns.iter().map(|column| {
            let cell = Cell::new(column.cells.get(index).map_or("", String::as_str));
            if dimmed.get(index).is_some_and(|dimmed| *dimmed) {
                cell.add_attribute(Attribute::Dim)
            } else {
                cell
            }
        }));
    }
    for (shown, column) in table.column_iter_mut().zip(columns) {
        shown.set_padding((0, GAP_COLUMNS));
        shown.set_cell_alignment(if column.right {
            CellAlignment::Right
        } else {
            CellAlignment::Left
        });
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

fn total(widths: impl Iterator<Item = usize>) -> usize {
    widths
        .map(|width| width + usize::from(GAP_COLUMNS))
        .sum::<usize>()
        .saturating_sub(usize::from(GAP_COLUMNS))
}

fn length(text: &str) -> usize {
    text.chars().count()
}

const GAP_COLUMNS: u16 = 2;
const ELASTIC_LEAST: usize = 12;
