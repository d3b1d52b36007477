//! Options: the OCC spelling, the feed's spelling and the exact way between them. Strikes stay integers throughout.

use jiff::civil::Date;
use smol_str::{SmolStr, SmolStrBuilder, format_smolstr};

use super::futures::{is_exchange, month_of_code};
use super::parse::SymbolFault;
use super::{EquityOption, Instrument, Right, StreamerSymbol, Symbol};

impl EquityOption {
    /// The OCC spelling, 21 characters: `SPY   261218C00600000`.
    pub fn occ(&self) -> Symbol {
        let Self {
            root,
            strike_thousandths,
            ..
        } = self;
        Symbol(format_smolstr!(
            "{root:<6}{}{}{strike_thousandths:08}",
            self.yymmdd(),
            self.right.letter()
        ))
    }

    /// The feed's spelling: `.SPY261218C600`, the strike without trailing zeros.
    pub fn streamer(&self) -> StreamerSymbol {
        let strike = print_thousandths(self.strike_thousandths);
        StreamerSymbol(format_smolstr!(
            ".{}{}{}{strike}",
            self.root,
            self.yymmdd(),
            self.right.letter()
        ))
    }

    fn yymmdd(&self) -> SmolStr {
        let (year, month, day) = (
            self.expiry.year().rem_euclid(100),
            self.expiry.month(),
            self.expiry.day(),
        );
        format_smolstr!("{year:02}{month:02}{day:02}")
    }
}

impl Right {
    /// `C` or `P`.
    pub fn letter(self) -> char {
        match self {
            Self::Call => 'C',
            Self::Put => 'P',
        }
    }
}

/// Reads the OCC spelling with or without the padding after the root.
pub(super) fn parse_occ(text: &str) -> Result<Instrument, SymbolFault> {
    let (root, date, right, strike) = match text.split_once(char::is_whitespace) {
        Some((root, tail)) => {
            let (before, date, right, strike) = split_option(tail.trim_start()).ok_or(SymbolFault::Option)?;
            if !before.is_empty() {
                return Err(SymbolFault::Option);
            }
            (root, date, right, strike)
        }
        None => split_option(text).ok_or(SymbolFault::Option)?,
    };
    if strike.len() != 8 {
        return Err(SymbolFault::OccStrike);
    }
    let strike_thousandths = strike.parse().map_err(|_| SymbolFault::OccStrike)?;
    equity_option(root, date, right, strike_thousandths)
}

/// Reads the feed's spelling, `.SPY261218C600`.
pub(super) fn parse_streamer(text: &str) -> Result<Instrument, SymbolFault> {
    let body = text.strip_prefix('.').ok_or(SymbolFault::Option)?;
    let (root, date, right, strike) = split_option(body).ok_or(SymbolFault::Option)?;
    equity_option(root, date, right, thousandths(strike)?)
}

/// Reads an option on a future in the feed's spelling, `./EW3Z26C6000:XCME`.
pub(super) fn parse_future_option(text: &str) -> Result<Instrument, SymbolFault> {
    let (body, exchange) = text
        .strip_prefix("./")
        .and_then(|t| t.split_once(':'))
        .ok_or(SymbolFault::FutureOption)?;
    if !is_exchange(exchange) {
        return Err(SymbolFault::Exchange);
    }
    let (contract, letter, strike) = split_strike(body).ok_or(SymbolFault::FutureOption)?;
    let (stem, year) = split_last(contract, 2).ok_or(SymbolFault::FutureOption)?;
    let (root, month) = split_last(stem, 1).ok_or(SymbolFault::FutureOption)?;
    let sound = (1..=5).contains(&root.len())
        && root.bytes().all(|b| b.is_ascii_alphanumeric())
        && month.chars().next().and_then(month_of_code).is_some()
        && year.bytes().all(|b| b.is_ascii_digit());
    if !sound {
        return Err(SymbolFault::FutureOption);
    }
    let strike = print_thousandths(thousandths(strike)?);
    Ok(Instrument::FutureOption(format_smolstr!(
        "./{root}{month}{year}{}{strike}:{exchange}",
        letter.letter()
    )))
}

/// Whether `text` ends like an option: six digits, C or P, a strike.
pub(super) fn has_option_form(text: &str) -> bool {
    split_option(text).is_some()
}

fn equity_option(root: &str, date: &str, right: Right, strike_thousandths: u32) -> Result<Instrument, SymbolFault> {
    let named = (1..=6).contains(&root.len())
        && root.bytes().all(|b| b.is_ascii_alphanumeric())
        && root.bytes().any(|b| b.is_ascii_alphabetic());
    if !named {
        return Err(SymbolFault::OptionRoot);
    }
    if !(1..STRIKE_END).contains(&strike_thousandths) {
        return Err(SymbolFault::StrikeRange);
    }
    let expiry = expiry(date).ok_or(SymbolFault::Expiry)?;
    Ok(Instrument::EquityOption(EquityOption {
        root: SmolStr::new(root),
        expiry,
        right,
        strike_thousandths,
    }))
}

fn split_option(text: &str) -> Option<(&str, &str, Right, &str)> {
    let (head, right, strike) = split_strike(text)?;
    let (root, date) = split_last(head, 6)?;
    date.bytes()
        .all(|b| b.is_ascii_digit())
        .then_some((root, date, right, strike))
}

fn split_strike(text: &str) -> Option<(&str, Right, &str)> {
    let head = text.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let strike = text.strip_prefix(head)?;
    let (head, right) = match (head.strip_suffix('C'), head.strip_suffix('P')) {
        (Some(head), _) => (head, Right::Call),
        (None, Some(head)) => (head, Right::Put),
        (None, None) => return None,
    };
    (!strike.is_empty()).then_some((head, right, strike))
}

fn split_last(text: &str, count: usize) -> Option<(&str, &str)> {
    text.split_at_checked(text.len().checked_sub(count)?)
}

fn expiry(yymmdd: &str) -> Option<Date> {
    let (yy, mmdd) = yymmdd.split_at_checked(2)?;
    let (mm, dd) = mmdd.split_at_checked(2)?;
    Date::new(2000 + yy.parse::<i16>().ok()?, mm.parse().ok()?, dd.parse().ok()?).ok()
}

fn thousandths(strike: &str) -> Result<u32, SymbolFault> {
    let (whole, fraction) = match strike.split_once('.') {
        Some((_, "")) => return Err(SymbolFault::Option),
        Some(parts) => parts,
        None => (strike, ""),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(SymbolFault::Option);
    }
    if fraction.len() > 3 {
        return Err(SymbolFault::StrikeDecimals);
    }
    let whole: u32 = whole.parse().map_err(|_| SymbolFault::StrikeRange)?;
    let fraction: u32 = format_smolstr!("{fraction:0<3}")
        .parse()
        .map_err(|_| SymbolFault::Option)?;
    let strike = whole.checked_mul(1000).and_then(|w| w.checked_add(fraction));
    strike
        .filter(|strike| (1..STRIKE_END).contains(strike))
        .ok_or(SymbolFault::StrikeRange)
}

fn print_thousandths(strike: u32) -> SmolStr {
    let (whole, fraction) = (strike / 1000, strike % 1000);
    let mut text = SmolStrBuilder::new();
    text.push_str(&format_smolstr!("{whole}"));
    if fraction != 0 {
        text.push('.');
        text.push_str(format_smolstr!("{fraction:03}").trim_end_matches('0'));
    }
    text.finish()
}

const STRIKE_END: u32 = 100_000_000;
