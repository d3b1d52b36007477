//! The table form of `screen` and `quote`: columns in a fixed order, dropped in a fixed order where the terminal is narrow.

use super::block::{Block, Columns};
use super::footer;
use super::layout::Column;
use super::number::{UNKNOWN, count, fixed, or_unknown, percent, price};
use super::row::Row;
use super::text::clean;
use crate::instrument::Kind;
use crate::market::{Field, FieldType, FieldValue, first_source};
use crate::screen::Flag;

/// Rows of a screen.
pub(super) fn screened(rows: &[Row]) -> Vec<Block> {
    vec![table(&rows.iter().collect::<Vec<_>>(), &SCREEN)]
}

/// Rows that were not screened. Options and underlyings have different columns, so each kind has its own block.
pub(super) fn quoted(rows: &[Row]) -> Vec<Block> {
    let (options, underlyings): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| is_option(row.kind));
    let gap = !options.is_empty() && !underlyings.is_empty();
    let underlyings = (!underlyings.is_empty()).then(|| table(&underlyings, &QUOTE));
    let options = (!options.is_empty()).then(|| table(&options, &OPTION_QUOTE));
    let blocks = [underlyings, gap.then_some(Block::Gap), options];
    blocks.into_iter().flatten().collect()
}

/// Whether a value is not from the source that is asked first.
pub(super) fn second_hand(row: &Row, field: Field) -> bool {
    row.provenance
        .get(&field)
        .is_some_and(|provenance| provenance.source != first_source(field))
}

/// A field's value as people read it, without a mark.
pub(super) fn shown(row: &Row, field: Field) -> String {
    let number = row.number(field);
    match field.holds() {
        FieldType::Price => price(number),
        FieldType::Vol | FieldType::Fraction => percent(number),
        FieldType::Rank | FieldType::Rating => fixed(number, 0),
        FieldType::Number(decimals) => fixed(number, decimals),
        FieldType::Count => count(number),
        FieldType::Day => or_unknown(row.get(field).and_then(FieldValue::day)),
    }
}

/// A column of rows, not yet filled.
struct Spec {
    header: &'static str,
    keep: u8,
    content: Content,
}

enum Content {
    Value(Field),
    Number(fn(&Row) -> String),
    Words(fn(&Row) -> String),
}

fn table(rows: &[&Row], specs: &[Spec]) -> Block {
    let columns = specs.iter().map(|spec| spec.column(rows));
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

impl Spec {
    fn column(&self, rows: &[&Row]) -> Column {
        let Self { header, keep, .. } = *self;
        match self.content {
            Content::Value(field) => Column::new(header, true, keep, marked(rows, field)),
            Content::Number(cell) => Column::numbers(header, keep, rows, |row| cell(row)),
            Content::Words(cell) => Column::words(header, keep, rows, |row| clean(&cell(row))),
        }
    }
}

/// The values of a column, `*` after those not from the first source, the others aligned with them.
fn marked(rows: &[&Row], field: Field) -> Vec<String> {
    let any = rows.iter().any(|row| second_hand(row, field));
    let mark = |row: &Row| match (any, second_hand(row, field)) {
        (_, true) => "*",
        (true, false) => " ",
        (false, false) => "",
    };
    rows.iter()
        .map(|row| format!("{}{}", shown(row, field), mark(row)))
        .collect()
}

fn is_option(kind: Kind) -> bool {
    match kind {
        Kind::EquityOption | Kind::FutureOption => true,
        Kind::Equity | Kind::Index | Kind::Future | Kind::Crypto => false,
    }
}

fn rank(row: &Row) -> String {
    or_unknown(row.rank)
}

fn symbol(row: &Row) -> String {
    row.symbol.to_string()
}

fn contract(row: &Row) -> String {
    or_unknown(row.contract.as_ref())
}

fn days_to_expiration(row: &Row) -> String {
    or_unknown(row.days_to_expiration)
}

fn score(row: &Row) -> String {
    fixed(row.score, 1)
}

fn signal(row: &Row) -> String {
    or_unknown(row.signal.map(|signal| signal.name()))
}

fn vote(row: &Row) -> String {
    or_unknown(row.vote.map(|vote| vote.name()))
}

fn rejected(row: &Row) -> String {
    row.rejected.clone().unwrap_or_default()
}

/// How old what makes the row stale is.
fn stale(row: &Row) -> String {
    row.stale_seconds.map(footer::age).unwrap_or_default()
}

fn asset_class(row: &Row) -> String {
    row.asset_class.clone()
}

/// The rules' flags, without what the signal says already.
fn flags(row: &Row) -> String {
    let flags = row.flags.iter().filter_map(|flag| match flag {
        Flag::Cheap | Flag::EarningsSoon | Flag::Held | Flag::Scalable => Some(flag.name()),
        Flag::Fair | Flag::Rich => None,
    });
    flags.collect::<Vec<_>>().join(" ")
}

const fn value(keep: u8, field: Field) -> Spec {
    Spec {
        header: field.spec().header,
        keep,
        content: Content::Value(field),
    }
}

const fn digits(header: &'static str, keep: u8, cell: fn(&Row) -> String) -> Spec {
    Spec {
        header,
        keep,
        content: Content::Number(cell),
    }
}

const fn words(header: &'static str, keep: u8, cell: fn(&Row) -> String) -> Spec {
    Spec {
        header,
        keep,
        content: Content::Words(cell),
    }
}

const SCREEN: [Spec; 24] = [
    digits("#", 10, rank),
    words("Symbol", 0, symbol),
    words("Contract", 17, contract),
    digits("DTE", 20, days_to_expiration),
    words("Class", 16, asset_class),
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
    digits("Score", 1, score),
    words("Signal", 6, signal),
    words("Vote", 9, vote),
    words("Flags", 15, flags),
    words("Stale", 4, stale),
    words("Rejected", 5, rejected),
];

const QUOTE: [Spec; 21] = [
    words("Symbol", 0, symbol),
    words("Contract", 11, contract),
    digits("DTE", 19, days_to_expiration),
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
    words("Stale", 2, stale),
];

const OPTION_QUOTE: [Spec; 13] = [
    words("Symbol", 0, symbol),
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
    words("Stale", 2, stale),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_order_of_dropping_is_the_order_of_dropping() {
        let documented = include_str!("../../docs/output-format.md");
        for specs in [SCREEN.as_slice(), &QUOTE, &OPTION_QUOTE] {
            let mut dropped: Vec<&Spec> = specs.iter().filter(|spec| spec.keep > 0).collect();
            dropped.sort_by_key(|spec| std::cmp::Reverse(spec.keep));
            let order = dropped.iter().map(|spec| spec.header).collect::<Vec<_>>().join(", ");
            assert!(documented.contains(&format!(": {order}\n")), "{order}");
        }
    }
}
