//! Futures: month codes, contracts and the years behind one-digit names.

use jiff::civil::Date;
use smol_str::{SmolStr, format_smolstr};

use super::parse::SymbolFault;
use super::{Contract, Instrument, StreamerSymbol, Symbol};

impl Contract {
    /// The contract as REST and the user call it, with a one-digit year: `/ESZ6`. The exchange is not part of it.
    pub fn symbol(&self) -> Symbol {
        Symbol(format_smolstr!(
            "{}{}{}",
            self.root,
            self.code(),
            self.year.rem_euclid(10)
        ))
    }

    /// The contract as the feed calls it, `/ESZ26:XCME`; `None` while the exchange is unknown. REST names the exchange, it
    /// cannot be derived.
    pub fn streamer(&self) -> Option<StreamerSymbol> {
        let exchange = self.exchange.as_ref()?;
        let year = self.year.rem_euclid(100);
        Some(StreamerSymbol(format_smolstr!(
            "{}{}{year:02}:{exchange}",
            self.root,
            self.code()
        )))
    }

    /// The contract before this one among those of `months`, letters such as `HMUZ`; `None` without a letter of a month.
    pub fn before(&self, months: &str) -> Option<Self> {
        let months = || months.chars().filter_map(month_of_code);
        let same_year = months().filter(|month| *month < self.month).max();
        let (month, year) = match same_year {
            Some(month) => (month, self.year),
            None => (months().max()?, self.year.checked_sub(1)?),
        };
        Some(Self {
            month,
            year,
            ..self.clone()
        })
    }

    fn code(&self) -> char {
        month_code(self.month).unwrap_or('?')
    }
}

/// The letter of a delivery month: 1 is `F`, 12 is `Z`; `None` outside 1 to 12.
pub fn month_code(month: i8) -> Option<char> {
    let index = usize::try_from(month).ok()?.checked_sub(1)?;
    MONTH_CODES.get(index).map(|&code| char::from(code))
}

/// The delivery month of a letter, 1 to 12; `None` for letters that name no month.
pub fn month_of_code(code: char) -> Option<i8> {
    let index = MONTH_CODES.iter().position(|&known| char::from(known) == code)?;
    i8::try_from(index + 1).ok()
}

/// Reads `/ES`, `/ESZ6`, `/ESZ26`, `/ESZ26:XCME`. A name that ends in a month letter and digits is a contract unless
/// nothing stands before the letter: `/J7` is the root of the small yen contract.
///
/// A one-digit year is the first year from last year on that ends in the digit, because contracts stay in watchlists and
/// positions for a while after they expire, while nothing with a one-digit name reaches further than nine years ahead.
/// Only those ten years can be told apart by one digit, so a two-digit year outside them is refused.
pub(super) fn parse_future(text: &str, today: Date) -> Result<Instrument, SymbolFault> {
    let (name, exchange) = match text.split_once(':') {
        Some((name, exchange)) => (name, Some(exchange)),
        None => (text, None),
    };
    let body = name.strip_prefix('/').unwrap_or(name);
    if body.is_empty() || !body.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(SymbolFault::Future);
    }
    let Some((root, month, digits)) = split_contract(body) else {
        if exchange.is_some() {
            return Err(SymbolFault::RootWithExchange);
        }
        let named = body.len() <= MAX_ROOT && body.bytes().any(|b| b.is_ascii_alphabetic());
        return if named {
            Ok(Instrument::Root(SmolStr::new(name)))
        } else {
            Err(SymbolFault::Future)
        };
    };
    if root.len() > MAX_ROOT {
        return Err(SymbolFault::Future);
    }
    let exchange = match exchange {
        Some(exchange) if is_exchange(exchange) => Some(SmolStr::new(exchange)),
        Some(_) => return Err(SymbolFault::Exchange),
        None => None,
    };
    let year = year_of_digits(digits, today)?;
    Ok(Instrument::Contract(Contract {
        root: format_smolstr!("/{root}"),
        month,
        year,
        exchange,
    }))
}

/// Whether `text` has the form of the feed's exchange suffixes: 2 to 6 capital letters or digits, a letter first.
pub(super) fn is_exchange(text: &str) -> bool {
    (2..=6).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && text.starts_with(|c: char| c.is_ascii_uppercase())
}

fn split_contract(body: &str) -> Option<(&str, i8, &str)> {
    let stem = body.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = body.strip_prefix(stem)?;
    if !(1..=2).contains(&digits.len()) {
        return None;
    }
    let code = stem.chars().next_back()?;
    let root = stem.strip_suffix(code)?;
    let month = month_of_code(code)?;
    (!root.is_empty()).then_some((root, month, digits))
}

fn year_of_digits(digits: &str, today: Date) -> Result<i16, SymbolFault> {
    let typed: i16 = digits.parse().map_err(|_| SymbolFault::Future)?;
    let first = today.year().saturating_sub(1);
    let last = first.saturating_add(9);
    if digits.len() == 1 {
        return Ok(first.saturating_add((typed - first).rem_euclid(10)));
    }
    let year = 2000 + typed;
    if (first..=last).contains(&year) {
        Ok(year)
    } else {
        Err(SymbolFault::YearOutOfReach { year, first, last })
    }
}

const MONTH_CODES: [u8; 12] = *b"FGHJKMNQUVXZ";
const MAX_ROOT: usize = 4;
