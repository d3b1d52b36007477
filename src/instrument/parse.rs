//! From what a trader types to an [`Instrument`].

use jiff::civil::Date;
use smol_str::{SmolStr, format_smolstr};
use thiserror::Error;
use variance_text::printable;

use super::{Instrument, futures, option};

/// A text that is no symbol.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not a symbol: {fault}; accepted are {ACCEPTED}")]
pub struct SymbolError {
    /// What was typed, without control characters, cut to 40 characters.
    pub text: String,
    /// What is wrong with it.
    pub fault: SymbolFault,
}

/// Why a text is no symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SymbolFault {
    /// Nothing but blanks.
    #[error("it is empty")]
    Empty,
    /// A character no symbol has.
    #[error("it holds a character that no symbol has")]
    Character,
    /// A ticker that is too long or does not begin with a letter.
    #[error("a ticker has 1 to 6 letters or digits and begins with a letter")]
    Ticker,
    /// `BRK.B`, `BRK-B`.
    #[error("share classes are written with a slash")]
    ShareClass,
    /// A slash with something on its right that is neither a share class nor a quote currency.
    #[error("after the slash stands a share class of 1 to 3 letters or the currency of a crypto pair")]
    Pair,
    /// Two state currencies.
    #[error("currency pairs are not supported")]
    CurrencyPair,
    /// A `$` before something that is not a known cash index.
    #[error("`$` stands only before a known cash index")]
    NotAnIndex,
    /// Neither a root nor a contract.
    #[error(
        "after `/` stands a futures root of 1 to 4 characters, or a root, a month letter and a year of 1 or 2 digits"
    )]
    Future,
    /// `/ES:XCME`.
    #[error("only a contract carries an exchange; write the root alone to follow its active month")]
    RootWithExchange,
    /// An exchange suffix of another form than `XCME`.
    #[error("the exchange after `:` is not one the feed uses")]
    Exchange,
    /// A year that one digit cannot name.
    #[error("the year {year} is outside {first} to {last}, the years that a contract can be named for")]
    YearOutOfReach {
        /// The year typed.
        year: i16,
        /// First year that can be named.
        first: i16,
        /// Last year that can be named.
        last: i16,
    },
    /// Not the form of an option.
    #[error("an option has a root, a date as yymmdd, C or P, and a strike")]
    Option,
    /// A root no option series has.
    #[error("an option root has 1 to 6 letters or digits")]
    OptionRoot,
    /// A date that does not exist.
    #[error("the expiration is not a date")]
    Expiry,
    /// An OCC strike of another width.
    #[error("a strike without a leading `.` before the root has eight digits, thousandths of a dollar")]
    OccStrike,
    /// A strike finer than a thousandth.
    #[error("a strike has at most three decimals")]
    StrikeDecimals,
    /// A strike that OCC cannot write.
    #[error("a strike is above 0 and below 100000")]
    StrikeRange,
    /// Not the form of an option on a future.
    #[error("an option on a future is written as the feed does, with its option root and exchange")]
    FutureOption,
}

impl Instrument {
    /// Reads a symbol as a trader types it; case and outer blanks do not matter. `today` settles which decade a futures
    /// year belongs to: `/ESZ6` is the first December of a year ending in 6 from last year on.
    ///
    /// `A/B` is a crypto pair when `B` is a currency crypto is quoted in (`BTC/USD`), else a share class (`BRK/B`). A known
    /// cash index may carry a leading `$`.
    ///
    /// # Errors
    ///
    /// [`SymbolError`] says what is wrong and shows the accepted spellings.
    pub fn parse(text: &str, today: Date) -> Result<Self, SymbolError> {
        parse_upper(&text.trim().to_ascii_uppercase(), today).map_err(|fault| SymbolError {
            text: shown(text),
            fault,
        })
    }
}

fn parse_upper(text: &str, today: Date) -> Result<Instrument, SymbolFault> {
    if text.is_empty() {
        return Err(SymbolFault::Empty);
    }
    if !text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b" \t/.:$-".contains(&b))
    {
        return Err(SymbolFault::Character);
    }
    if text.starts_with("./") {
        option::parse_future_option(text)
    } else if text.starts_with('.') {
        option::parse_streamer(text)
    } else if text.starts_with('/') {
        futures::parse_future(text, today)
    } else if let Some(index) = text.strip_prefix('$') {
        if is_index(index) {
            Ok(Instrument::Index(SmolStr::new(index)))
        } else {
            Err(SymbolFault::NotAnIndex)
        }
    } else if text.contains(char::is_whitespace) || option::has_option_form(text) {
        option::parse_occ(text)
    } else if let Some((base, quote)) = text.split_once('/') {
        parse_slashed(base, quote)
    } else {
        parse_ticker(text)
    }
}

fn parse_slashed(base: &str, quote: &str) -> Result<Instrument, SymbolFault> {
    let (quote, exchange) = match quote.split_once(':') {
        Some((quote, exchange)) => (quote, Some(exchange)),
        None => (quote, None),
    };
    if QUOTE_CURRENCIES.contains(&quote) {
        if STATE_CURRENCIES.contains(&base) {
            return Err(SymbolFault::CurrencyPair);
        }
        if !(2..=8).contains(&base.len()) || !base.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(SymbolFault::Pair);
        }
        return match exchange {
            None | Some(CRYPTO_EXCHANGE) => Ok(Instrument::Crypto(format_smolstr!("{base}/{quote}"))),
            Some(_) => Err(SymbolFault::Exchange),
        };
    }
    if exchange.is_some() {
        return Err(SymbolFault::Exchange);
    }
    if !(1..=3).contains(&quote.len()) || !quote.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(SymbolFault::Pair);
    }
    if !is_ticker(base) {
        return Err(SymbolFault::Ticker);
    }
    Ok(Instrument::Equity(format_smolstr!("{base}/{quote}")))
}

fn parse_ticker(text: &str) -> Result<Instrument, SymbolFault> {
    if text.contains(['.', '-']) {
        return Err(SymbolFault::ShareClass);
    }
    if text.contains([':', '$']) {
        return Err(SymbolFault::Character);
    }
    if is_index(text) {
        return Ok(Instrument::Index(SmolStr::new(text)));
    }
    if is_ticker(text) {
        Ok(Instrument::Equity(SmolStr::new(text)))
    } else {
        Err(SymbolFault::Ticker)
    }
}

fn is_ticker(text: &str) -> bool {
    (1..=6).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_index(text: &str) -> bool {
    INDICES.contains(&text)
}

fn shown(text: &str) -> String {
    printable(text.trim()).take(40).collect()
}

/// The exchange suffix under which the feed quotes cryptocurrencies.
pub(super) const CRYPTO_EXCHANGE: &str = "CXTALP";

const ACCEPTED: &str = "SPY, BRK/B, SPX, /ES, /ESZ6, /ESZ26:XCME, BTC/USD, `SPY   261218C00600000`, .SPY261218C600, \
                        ./EW3Z26C6000:XCME";

/// Cash indices with listed options or futures in the US, and the volatility indices on them.
const INDICES: [&str; 22] = [
    "DJI", "DJX", "GVZ", "MRUT", "NDX", "OEX", "OVX", "RUT", "RVX", "SOX", "SPX", "TNX", "VIX", "VIX1D", "VIX3M",
    "VIX6M", "VIX9D", "VVIX", "VXN", "XEO", "XND", "XSP",
];

const QUOTE_CURRENCIES: [&str; 7] = ["USD", "USDT", "USDC", "EUR", "GBP", "BTC", "ETH"];
const STATE_CURRENCIES: [&str; 10] = ["USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD", "MXN", "CNH"];
