//! The table form of `chain`: the strikes of one expiration, calls on the left and puts on the right, or a line for each
//! of several expirations.

use std::collections::BTreeMap;

use super::block::{Block, Columns, texts};
use super::chain::{ChainBlock, ExpirationBlock, OptionBlock, StrikeBlock};
use super::layout::Column;
use super::number::{fixed, or_unknown, percent, price};
use super::row::{Provenance, Row};
use super::text::{clean, together};
use crate::market::{Field, Group, first_source};

/// The chain of the underlyings in `rows`.
pub(super) fn blocks(chain: &ChainBlock, rows: &[Row]) -> Vec<Block> {
    let mut blocks: Vec<Block> = rows.iter().map(underlying).map(Block::Text).collect();
    blocks.push(Block::Gap);
    if is_of_one_day(chain) {
        for (place, expiration) in chain.expirations.iter().enumerate() {
            blocks.extend((place > 0).then_some(Block::Gap));
            blocks.push(Block::Text(headline(expiration)));
            blocks.push(Block::Columns(Columns {
                columns: strikes(expiration),
                paired: true,
                ..Columns::default()
            }));
            blocks.push(Block::Gap);
            blocks.extend(texts(numbers(expiration)));
            blocks.extend(texts(missing(&expiration.missing)));
        }
    } else {
        blocks.push(Block::columns(summary(&chain.expirations)));
        blocks.push(Block::Gap);
        blocks.extend(around_thirty_days(chain).map(Block::Text));
        blocks.extend(texts(missing_around_thirty_days(chain)));
        blocks.extend(texts(missing_of(&chain.expirations)));
        let hint = "the strikes of one expiration: --expiry DATE or --dte DAYS";
        blocks.push(Block::Text(hint.to_owned()));
    }
    blocks.extend(texts(left_out(chain)));
    blocks
}

/// What is missing, and what was left out.
pub(super) fn remarks(chain: &ChainBlock) -> Vec<String> {
    let around = missing_around_thirty_days(chain);
    let around = if is_of_one_day(chain) { Vec::new() } else { around };
    let missing = missing_of(&chain.expirations);
    around.into_iter().chain(missing).chain(left_out(chain)).collect()
}

fn is_of_one_day(chain: &ChainBlock) -> bool {
    let mut days = chain.expirations.iter().map(|one| &one.expiration);
    let first = days.next();
    days.all(|day| Some(day) == first)
}

fn left_out(chain: &ChainBlock) -> Vec<String> {
    let ChainBlock {
        entries_limit, unfed, ..
    } = chain;
    let cut = format!("the outermost strikes are left out: the budget is {entries_limit} subscriptions");
    let unknown = format!("unknown to the feed: {unfed} options");
    [(chain.cut, cut), (*unfed > 0, unknown)]
        .into_iter()
        .filter_map(|(so, text)| so.then_some(text))
        .collect()
}

fn underlying(row: &Row) -> String {
    let mut words = vec![row.symbol.to_string()];
    words.extend(
        row.contract
            .as_ref()
            .filter(|contract| **contract != row.symbol)
            .map(ToString::to_string),
    );
    words.extend(row.days_to_expiration.map(|days| format!("{days} days")));
    words.push(price(row.values.number(Field::Price)));
    words.extend(
        row.values
            .number(Field::Iv)
            .map(|iv| format!("IV index {}", percent(Some(iv)))),
    );
    words.extend(
        row.values
            .number(Field::IvRank)
            .map(|rank| format!("IVR {}", fixed(Some(rank), 0))),
    );
    words.join("  ")
}

fn headline(expiration: &ExpirationBlock) -> String {
    let mut words = vec![
        expiration.root.clone(),
        expiration.expiration.clone(),
        format!("{} days", expiration.days_to_expiration),
    ];
    words.extend(expiration.settlement.map(str::to_owned));
    words.extend(expiration.expiration_type.as_deref().map(clean));
    words.extend(
        expiration
            .multiplier
            .map(|multiplier| format!("x {}", price(Some(multiplier)).trim_end_matches(".00"))),
    );
    if let Some(days) = expiration.underlying_days_to_expiration {
        words.push(format!("on {}, {days} days", expiration.underlying));
    }
    words.extend(expiration.as_of.as_ref().map(|as_of| format!("as of {as_of}")));
    words.join("  ")
}

/// A column of the calls and one of the puts.
struct Sides {
    call: &'static str,
    put: &'static str,
    keep: u8,
    field: Field,
}

/// From the strike outwards.
const SIDES: [Sides; 9] = [
    sides("C Bid", "P Bid", 2, Field::Bid),
    sides("C Ask", "P Ask", 2, Field::Ask),
    sides("C IV", "P IV", 3, Field::OptionIv),
    sides("C Delta", "P Delta", 4, Field::Delta),
    sides("C Theta", "P Theta", 7, Field::Theta),
    sides("C Vega", "P Vega", 8, Field::Vega),
    sides("C Gamma", "P Gamma", 9, Field::Gamma),
    sides("C OI", "P OI", 5, Field::OpenInterest),
    sides("C Vol", "P Vol", 6, Field::Volume),
];

const fn sides(call: &'static str, put: &'static str, keep: u8, field: Field) -> Sides {
    Sides { call, put, keep, field }
}

/// Calls, the strike and puts, with the same columns on both sides.
fn strikes(expiration: &ExpirationBlock) -> Vec<Column> {
    let strikes = &expiration.strikes;
    let column = |sides: &Sides, header, option: fn(&StrikeBlock) -> Option<&OptionBlock>| {
        Column::numbers(header, sides.keep, strikes, |strike| {
            or_unknown(option(strike).map(|option| cell(option, sides.field)))
        })
    };
    let nearest = expiration.forward.and_then(|forward| {
        let strikes = strikes.iter().map(|strike| strike.strike);
        strikes.min_by(|one, other| (one - forward).abs().total_cmp(&(other - forward).abs()))
    });
    let middle = Column::numbers("Strike", 0, strikes, |strike| {
        let here = nearest.is_some_and(|nearest| nearest.total_cmp(&strike.strike).is_eq());
        format!("{}{}", if here { "> " } else { "" }, price(Some(strike.strike)))
    });
    let calls = SIDES.iter().rev();
    let calls = calls.map(|sides| column(sides, sides.call, |strike| strike.call.as_ref()));
    let puts = SIDES.iter();
    let puts = puts.map(|sides| column(sides, sides.put, |strike| strike.put.as_ref()));
    calls.chain([middle]).chain(puts).collect()
}

/// The numbers of one expiration, a line for each kind.
fn numbers(expiration: &ExpirationBlock) -> Vec<String> {
    let moved =
        |value: Option<f64>, name: &str| value.map(|value| format!("{} ({name})", expiration.near(Some(value))));
    let moves = [
        moved(expiration.expected_move, "one standard deviation"),
        moved(expiration.expected_move_straddle, "0.85 straddle"),
        moved(expiration.expected_move_blend, "60/30/10"),
    ];
    let moves: Vec<String> = moves.into_iter().flatten().collect();
    let told = |origin: &Option<Provenance>| origin.as_ref().map_or(String::new(), |at| format!(" ({})", at.method));
    let mut lines = vec![
        format!(
            "forward {} by parity at {}, rate {}{}",
            expiration.near(expiration.forward),
            price(expiration.forward_strike),
            percent(expiration.rate),
            told(&expiration.rate_origin)
        ),
        format!(
            "ATM IV {}, 25-delta put {}, call {}, risk reversal {}, butterfly {}",
            percent(expiration.atm_iv),
            percent(expiration.put_25d_iv),
            percent(expiration.call_25d_iv),
            percent(expiration.risk_reversal),
            percent(expiration.butterfly)
        ),
        format!(
            "straddle {} at {}",
            expiration.near(expiration.straddle),
            price(expiration.straddle_strike)
        ),
    ];
    if !moves.is_empty() {
        lines.push(format!("expected move {}", moves.join(", ")));
    }
    if let Some(strikes) = expiration.variance_strikes {
        let vol = percent(expiration.variance_iv);
        lines.push(format!("model-free volatility {vol} over {strikes} strikes"));
    }
    if let Some(check) = &expiration.check {
        let verdict = if check.worst_difference <= AGREED {
            format!("agree within {AGREED:.0e}")
        } else {
            format!("differ by up to {:.1e}", check.worst_difference)
        };
        let options = check.options;
        lines.push(format!(
            "the feed's Greeks and our own at its volatility {verdict} over {options} options"
        ));
    }
    lines
}

fn summary(expirations: &[ExpirationBlock]) -> Vec<Column> {
    let words = |header, keep, cell: fn(&ExpirationBlock) -> String| Column::words(header, keep, expirations, cell);
    let numbers = |header, keep, cell: fn(&ExpirationBlock) -> String| Column::numbers(header, keep, expirations, cell);
    let of_futures = expirations
        .iter()
        .any(|one| one.underlying_days_to_expiration.is_some());
    let on = of_futures.then(|| words("On", 8, |one| one.underlying.to_string()));
    let mut columns = vec![
        words("Expiration", 0, |one| one.expiration.clone()),
        numbers("DTE", 1, |one| one.days_to_expiration.to_string()),
        words("Root", 3, |one| one.root.clone()),
    ];
    columns.extend(on);
    columns.extend([
        words("Settled", 11, |one| or_unknown(one.settlement)),
        words("Type", 12, |one| or_unknown(one.expiration_type.as_deref().map(clean))),
        numbers("Forward", 7, |one| one.near(one.forward)),
        numbers("ATM IV", 2, |one| percent(one.atm_iv)),
        numbers("RR 25", 5, |one| percent(one.risk_reversal)),
        numbers("BF 25", 6, |one| percent(one.butterfly)),
        numbers("Straddle", 9, |one| one.near(one.straddle)),
        numbers("Move", 4, |one| one.near(one.expected_move)),
        numbers("Free IV", 10, |one| percent(one.variance_iv)),
    ]);
    columns
}

fn around_thirty_days(chain: &ChainBlock) -> Option<String> {
    let around = &chain.thirty_day;
    let part = |value: Option<f64>, before: &str, after: &str| {
        value.map(|value| format!("{before} {}{after}", percent(Some(value))))
    };
    let parts = [
        part(around.atm_iv, "ATM IV", ""),
        part(around.term_slope, "term slope", " per 30 days"),
        part(around.variance_iv, "model-free volatility", ""),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("30 days: {}", parts.join(", ")))
}

fn missing_around_thirty_days(chain: &ChainBlock) -> Vec<String> {
    let missing = missing(&chain.thirty_day.missing).into_iter();
    missing.map(|line| format!("30 days: {line}")).collect()
}

impl ExpirationBlock {
    /// A computed price with as many decimals as the underlying's own shows.
    fn near(&self, value: Option<f64>) -> String {
        let own = price(self.underlying_price);
        match own.split_once('.') {
            Some((_, decimals)) => fixed(value, decimals.len()),
            None => price(value),
        }
    }
}

/// What several expirations lack for the same reason in one line.
fn missing_of(expirations: &[ExpirationBlock]) -> Vec<String> {
    let lacking = expirations.iter().flat_map(|expiration| {
        let name = format!("{} {}", expiration.root, expiration.expiration);
        let lines = missing(&expiration.missing).into_iter();
        lines.map(move |line| (line, name.clone()))
    });
    let words = |(line, names): (String, Vec<String>)| format!("{}: {line}", names.join(", "));
    together(lacking).into_iter().map(words).collect()
}

/// What is missing for the same reason in one line.
fn missing(reasons: &BTreeMap<&'static str, String>) -> Vec<String> {
    let reasons = reasons.iter().map(|(name, reason)| (clean(reason), spoken(name)));
    let words = |(reason, names): (String, Vec<&str>)| format!("{} missing: {reason}", names.join(", "));
    together(reasons).into_iter().map(words).collect()
}

/// What people call a number of the document; numbers that are only missing together have one name.
fn spoken(name: &str) -> &str {
    match name {
        "atm_iv" => "ATM IV",
        "call_25d_iv" | "put_25d_iv" | "risk_reversal" | "butterfly" => "skew",
        "straddle_strike" | "expected_move_straddle" => "straddle",
        "expected_move" => "expected move",
        "expected_move_blend" => "60/30/10 move",
        "variance" | "variance_iv" | "variance_strikes" => "model-free volatility",
        "term_slope" => "term slope",
        plain => plain,
    }
}

/// A value of an option. Greeks have more decimals where the unit of the underlying is small, and with the volatility a
/// mark where they are not from the source that is asked first.
fn cell(option: &OptionBlock, field: Field) -> String {
    let number = option.values.number(field);
    let size = number.map_or(0.0, f64::abs);
    let text = if matches!(field, Field::Theta | Field::Vega) && size < 0.01 {
        price(number)
    } else if field == Field::Gamma && size >= 1.0 {
        fixed(number, 2)
    } else {
        option.values.shown(field)
    };
    let origin = option.provenance.get(&field);
    let first = origin.is_none_or(|origin| origin.source == first_source(field));
    let mark = if first || field.spec().group != Group::Greeks {
        ""
    } else {
        "*"
    };
    format!("{text}{mark}")
}

/// Greeks that differ by no more agree.
const AGREED: f64 = 1e-6;
