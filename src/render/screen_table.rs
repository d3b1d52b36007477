//! The table form of `screen` and `quote`: columns in a fixed order, dropped in a fixed order where the terminal is narrow.

use super::block::{Block, Columns};
use super::footer;
use super::layout::Column;
use super::number::{UNKNOWN, fixed, or_unknown};
use super::row::Row;
use super::text::clean;
use crate::market::Field;
use crate::screen::Flag;

/// Rows of a screen.
pub(super) fn screened(rows: &[Row]) -> Vec<Block> {
    let rows: Vec<&Row> = rows.iter().collect();
    vec![table(&rows, screen(&rows))]
}

/// Rows that were not screened. Options and underlyings have different columns, so each kind has its own block.
pub(super) fn quoted(rows: &[Row]) -> Vec<Block> {
    let (options, underlyings): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.kind.is_option());
    let gap = !options.is_empty() && !underlyings.is_empty();
    let underlyings = (!underlyings.is_empty()).then(|| table(&underlyings, quote(&underlyings)));
    let options = (!options.is_empty()).then(|| table(&options, option_quote(&options)));
    let blocks = [underlyings, gap.then_some(Block::Gap), options];
    blocks.into_iter().flatten().collect()
}

/// The columns without those that say nothing; rejected rows recede.
fn table(rows: &[&Row], columns: Vec<Column>) -> Block {
    let columns = columns.into_iter();
    Block::Columns(Columns {
        columns: columns.filter(|column| !optional(column)).collect(),
        dimmed: rows.iter().map(|row| row.rejected.is_some()).collect(),
        ..Columns::default()
    })
}

/// Whether a column says nothing on any line and nobody would miss it.
fn optional(column: &Column) -> bool {
    matches!(
        column.header,
        "Rejected" | "Contract" | "DTE" | "Flags" | "Slip" | "Yield" | "Stale"
    ) && column.cells.iter().all(|cell| cell == UNKNOWN || cell.is_empty())
}

/// The column of a field, `*` after the values not from the first source, the others aligned with them.
fn value(rows: &[&Row], keep: u8, field: Field) -> Column {
    let any = rows.iter().any(|row| row.is_second_hand(field));
    let mark = |row: &Row| match (any, row.is_second_hand(field)) {
        (_, true) => "*",
        (true, false) => " ",
        (false, false) => "",
    };
    Column::numbers(field.spec().header, keep, rows, |row| {
        format!("{}{}", row.values.shown(field), mark(row))
    })
}

/// The rules' flags, without what the signal says already.
fn flags(row: &Row) -> String {
    let flags = row.flags.iter().filter_map(|flag| match flag {
        Flag::Cheap | Flag::EarningsSoon | Flag::Held | Flag::Scalable => Some(flag.name()),
        Flag::Fair | Flag::Rich => None,
    });
    flags.collect::<Vec<_>>().join(" ")
}

fn words(rows: &[&Row], header: &'static str, keep: u8, cell: impl Fn(&Row) -> String) -> Column {
    Column::words(header, keep, rows, |row| clean(&cell(row)))
}

fn symbol(rows: &[&Row]) -> Column {
    words(rows, "Symbol", 0, |row| row.symbol.to_string())
}

fn contract(rows: &[&Row], keep: u8) -> Column {
    words(rows, "Contract", keep, |row| or_unknown(row.contract.as_ref()))
}

fn days_to_expiration(rows: &[&Row], keep: u8) -> Column {
    Column::numbers("DTE", keep, rows, |row| or_unknown(row.days_to_expiration))
}

/// How old what makes the row stale is.
fn stale(rows: &[&Row], keep: u8) -> Column {
    words(rows, "Stale", keep, |row| {
        row.stale_seconds.map(footer::age).unwrap_or_default()
    })
}

fn screen(rows: &[&Row]) -> Vec<Column> {
    let value = |keep, field| value(rows, keep, field);
    vec![
        Column::numbers("#", 10, rows, |row| or_unknown(row.rank)),
        symbol(rows),
        contract(rows, 17),
        days_to_expiration(rows, 20),
        words(rows, "Class", 16, |row| row.asset_class.clone()),
        value(8, Field::Price),
        value(12, Field::Iv),
        value(18, Field::IvRank),
        value(7, Field::IvPercentile),
        value(14, Field::Hv30),
        value(13, Field::Hv90),
        value(2, Field::VrpStructural),
        value(3, Field::VrpTactical),
        value(11, Field::Vtr),
        value(22, Field::Slippage),
        value(23, Field::Yield),
        value(21, Field::LiquidityRating),
        value(19, Field::EarningsDate),
        Column::numbers("Score", 1, rows, |row| fixed(row.score, 1)),
        words(rows, "Signal", 6, |row| {
            or_unknown(row.signal.map(|signal| signal.name()))
        }),
        words(rows, "Vote", 9, |row| or_unknown(row.vote.map(|vote| vote.name()))),
        words(rows, "Flags", 15, flags),
        stale(rows, 4),
        words(rows, "Rejected", 5, |row| row.rejected.clone().unwrap_or_default()),
    ]
}

fn quote(rows: &[&Row]) -> Vec<Column> {
    let value = |keep, field| value(rows, keep, field);
    vec![
        symbol(rows),
        contract(rows, 11),
        days_to_expiration(rows, 19),
        value(1, Field::Price),
        value(3, Field::Bid),
        value(4, Field::Ask),
        value(5, Field::Last),
        value(13, Field::PrevClose),
        value(16, Field::Open),
        value(14, Field::High),
        value(15, Field::Low),
        value(12, Field::Volume),
        value(6, Field::Iv),
        value(10, Field::IvRank),
        value(9, Field::IvPercentile),
        value(7, Field::Hv30),
        value(8, Field::Hv90),
        value(18, Field::Beta),
        value(20, Field::LiquidityRating),
        value(17, Field::EarningsDate),
        stale(rows, 2),
    ]
}

fn option_quote(rows: &[&Row]) -> Vec<Column> {
    let value = |keep, field| value(rows, keep, field);
    vec![
        symbol(rows),
        value(1, Field::Price),
        value(3, Field::Bid),
        value(4, Field::Ask),
        value(10, Field::Last),
        value(11, Field::Volume),
        value(5, Field::OptionIv),
        value(6, Field::Delta),
        value(8, Field::Gamma),
        value(7, Field::Theta),
        value(9, Field::Vega),
        value(12, Field::Rho),
        stale(rows, 2),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_order_of_dropping_is_the_order_of_dropping() {
        let documented = include_str!("../../docs/output-format.md");
        for mut dropped in [screen(&[]), quote(&[]), option_quote(&[])] {
            dropped.retain(|column| column.keep > 0);
            dropped.sort_by_key(|column| std::cmp::Reverse(column.keep));
            let order = dropped
                .iter()
                .map(|column| column.header)
                .collect::<Vec<_>>()
                .join(", ");
            assert!(documented.contains(&format!(": {order}\n")), "{order}");
        }
    }
}
