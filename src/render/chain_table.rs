//! The table form of `chain`: the strikes of one expiration, calls on the left and puts on the right, or a line for each
//! of several expirations.

use std::collections::BTreeMap;
use std::io;

use super::chain::{ChainBlock, ExpirationBlock, OptionBlock, StrikeBlock};
use super::layout::{Column, fit, lines};
use super::number::{UNKNOWN, count, fixed, percent, price};
use super::text::{clean, wrapped};
use super::{Row, Style};
use crate::market::{Field, first_source};

pub(super) fn write(chain: &ChainBlock, rows: &[Row], style: &Style, out: &mut impl io::Write) -> io::Result<()> {
    let say = |text: &str, out: &mut dyn io::Write| writeln!(out, "{}", wrapped(text, style.width));
    for row in rows {
        say(&underlying(row), out)?;
    }
    writeln!(out)?;
    let one_day = chain.expirations.iter().all(|one| {
        let first = chain.expirations.first();
        first.is_some_and(|first| first.expiration == one.expiration)
    });
    if one_day {
        for (place, expiration) in chain.expirations.iter().enumerate() {
            if place > 0 {
                writeln!(out)?;
            }
            say(&headline(expiration), out)?;
            print(both_sides(expiration, style), style, out)?;
            writeln!(out)?;
            for line in numbers(expiration) {
                say(&line, out)?;
            }
        }
    } else {
        print(summary(&chain.expirations), style, out)?;
        writeln!(out)?;
        for line in around_thirty_days(chain) {
            say(&line, out)?;
        }
        for line in missing_of(&chain.expirations) {
            say(&line, out)?;
        }
        say("the strikes of one expiration: --expiry DATE or --dte DAYS", out)?;
    }
    if chain.cut {
        let most = chain.entries_limit;
        say(
            &format!("the outermost strikes are left out: the budget is {most} subscriptions"),
            out,
        )?;
    }
    if chain.unfed > 0 {
        say(&format!("unknown to the feed: {} options", chain.unfed), out)?;
    }
    Ok(())
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
    words.push(price(row.number(Field::Price)));
    words.extend(
        row.number(Field::Iv)
            .map(|iv| format!("IV index {}", percent(Some(iv)))),
    );
    words.extend(
        row.number(Field::IvRank)
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

struct Spec {
    call: &'static str,
    put: &'static str,
    keep: u8,
    cell: fn(&OptionBlock) -> String,
}

/// From the strike outwards.
const SIDES: [Spec; 9] = [
    side("C Bid", "P Bid", 2, |option| price(option.bid)),
    side("C Ask", "P Ask", 2, |option| price(option.ask)),
    side("C IV", "P IV", 3, |option| {
        marked(option, Field::OptionIv, percent(option.option_iv))
    }),
    side("C Delta", "P Delta", 4, |option| {
        marked(option, Field::Delta, fixed(option.delta, 3))
    }),
    side("C Theta", "P Theta", 7, |option| {
        marked(option, Field::Theta, greek(option.theta))
    }),
    side("C Vega", "P Vega", 8, |option| {
        marked(option, Field::Vega, greek(option.vega))
    }),
    side("C Gamma", "P Gamma", 9, |option| {
        marked(option, Field::Gamma, gamma(option.gamma))
    }),
    side("C OI", "P OI", 5, |option| count(option.open_interest)),
    side("C Vol", "P Vol", 6, |option| count(option.volume)),
];

const fn side(call: &'static str, put: &'static str, keep: u8, cell: fn(&OptionBlock) -> String) -> Spec {
    Spec { call, put, keep, cell }
}

/// The strikes with as many columns as fit, always the same ones of calls and puts.
fn both_sides(expiration: &ExpirationBlock, style: &Style) -> Vec<Column> {
    let mut columns = strikes(expiration);
    while fit(columns.clone(), style.width).len() < columns.len() {
        let last = columns.iter().map(|column| column.keep).max().unwrap_or(0);
        if last == 0 {
            break;
        }
        columns.retain(|column| column.keep < last);
    }
    columns
}

fn strikes(expiration: &ExpirationBlock) -> Vec<Column> {
    let column = |spec: &Spec, header, option: fn(&StrikeBlock) -> Option<&OptionBlock>| Column {
        header,
        right: true,
        keep: spec.keep,
        elastic: false,
        cells: expiration
            .strikes
            .iter()
            .map(|strike| option(strike).map_or_else(|| UNKNOWN.to_owned(), spec.cell))
            .collect(),
    };
    let nearest = expiration.forward.and_then(|forward| {
        let strikes = expiration.strikes.iter().map(|strike| strike.strike);
        strikes.min_by(|one, other| (one - forward).abs().total_cmp(&(other - forward).abs()))
    });
    let strike = |strike: &StrikeBlock| {
        let here = nearest.is_some_and(|nearest| nearest.total_cmp(&strike.strike).is_eq());
        format!("{}{}", if here { "> " } else { "" }, price(Some(strike.strike)))
    };
    let middle = Column {
        header: "Strike",
        right: true,
        keep: 0,
        elastic: false,
        cells: expiration.strikes.iter().map(strike).collect(),
    };
    let calls = SIDES.iter().rev();
    let calls = calls.map(|spec| column(spec, spec.call, |strike| strike.call.as_ref()));
    let puts = SIDES
        .iter()
        .map(|spec| column(spec, spec.put, |strike| strike.put.as_ref()));
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
    let told =
        |origin: &Option<super::Provenance>| origin.as_ref().map_or(String::new(), |at| format!(" ({})", at.method));
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
    lines.extend(missing(&expiration.missing));
    lines
}

fn summary(expirations: &[ExpirationBlock]) -> Vec<Column> {
    let column = |header, right, keep, cell: fn(&ExpirationBlock) -> String| Column {
        header,
        right,
        keep,
        elastic: false,
        cells: expirations.iter().map(cell).collect(),
    };
    let on = column("On", false, 8, |one| one.underlying.to_string());
    let of_futures = expirations
        .iter()
        .any(|one| one.underlying_days_to_expiration.is_some());
    let mut columns = vec![
        column("Expiration", false, 0, |one| one.expiration.clone()),
        column("DTE", true, 1, |one| one.days_to_expiration.to_string()),
        column("Root", false, 3, |one| one.root.clone()),
        column("Settled", false, 11, |one| one.settlement.unwrap_or(UNKNOWN).to_owned()),
        column("Type", false, 12, |one| {
            one.expiration_type.as_deref().map_or_else(|| UNKNOWN.to_owned(), clean)
        }),
        column("Forward", true, 7, |one| one.near(one.forward)),
        column("ATM IV", true, 2, |one| percent(one.atm_iv)),
        column("RR 25", true, 5, |one| percent(one.risk_reversal)),
        column("BF 25", true, 6, |one| percent(one.butterfly)),
        column("Straddle", true, 9, |one| one.near(one.straddle)),
        column("Move", true, 4, |one| one.near(one.expected_move)),
        column("Free IV", true, 10, |one| percent(one.variance_iv)),
    ];
    if of_futures {
        columns.insert(3, on);
    }
    columns
}

fn around_thirty_days(chain: &ChainBlock) -> Vec<String> {
    let around = &chain.thirty_day;
    let mut parts = Vec::new();
    parts.extend(around.atm_iv.map(|iv| format!("ATM IV {}", percent(Some(iv)))));
    parts.extend(
        around
            .term_slope
            .map(|slope| format!("term slope {} per 30 days", percent(Some(slope)))),
    );
    parts.extend(
        around
            .variance_iv
            .map(|iv| format!("model-free volatility {}", percent(Some(iv)))),
    );
    let mut lines = Vec::new();
    if !parts.is_empty() {
        lines.push(format!("30 days: {}", parts.join(", ")));
    }
    lines.extend(
        missing(&around.missing)
            .into_iter()
            .map(|line| format!("30 days: {line}")),
    );
    lines
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
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for expiration in expirations {
        let name = format!("{} {}", expiration.root, expiration.expiration);
        for line in missing(&expiration.missing) {
            match told.iter_mut().find(|(known, _)| *known == line) {
                Some((_, names)) => names.push(name.clone()),
                None => told.push((line, vec![name.clone()])),
            }
        }
    }
    told.into_iter()
        .map(|(line, names)| format!("{}: {line}", names.join(", ")))
        .collect()
}

/// What is missing for the same reason in one line.
fn missing(reasons: &BTreeMap<&'static str, String>) -> Vec<String> {
    let mut told: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, reason) in reasons {
        let name = spoken(name);
        match told.iter_mut().find(|(known, _)| *known == reason.as_str()) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => told.push((reason, vec![name])),
        }
    }
    told.into_iter()
        .map(|(reason, names)| format!("{} missing: {}", names.join(", "), clean(reason)))
        .collect()
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

/// Three decimals, more where the unit of the underlying is small.
fn greek(value: Option<f64>) -> String {
    match value {
        Some(small) if small.abs() < 0.01 => price(value),
        Some(_) | None => fixed(value, 3),
    }
}

fn gamma(value: Option<f64>) -> String {
    let decimals = if value.is_some_and(|value| value.abs() >= 1.0) {
        2
    } else {
        5
    };
    fixed(value, decimals)
}

/// Greeks that differ by no more agree.
const AGREED: f64 = 1e-6;

/// `text`, with a mark where the value is not from the source that is asked first.
fn marked(option: &OptionBlock, field: Field, text: String) -> String {
    let origin = option.provenance.get(&field);
    if origin.is_some_and(|origin| origin.source != first_source(field)) {
        format!("{text}*")
    } else {
        text
    }
}

fn print(columns: Vec<Column>, style: &Style, out: &mut impl io::Write) -> io::Result<()> {
    lines(&fit(columns, style.width), style, |_| false)
        .iter()
        .try_for_each(|line| writeln!(out, "{line}"))
}
