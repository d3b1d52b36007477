//! From an [`Instrument`] to its spellings.

use smol_str::{SmolStr, format_smolstr};

use super::parse::CRYPTO_EXCHANGE;
use super::{Instrument, Kind, StreamerSymbol, Symbol};

impl Instrument {
    /// The canonical spelling results are keyed by. Reading it again gives the same instrument, except that a contract
    /// forgets its exchange.
    pub fn symbol(&self) -> Symbol {
        match self {
            Self::Equity(name)
            | Self::Index(name)
            | Self::Root(name)
            | Self::Crypto(name)
            | Self::FutureOption(name) => Symbol(name.clone()),
            Self::Contract(contract) => contract.symbol(),
            Self::EquityOption(option) => option.occ(),
        }
    }

    /// What kind of instrument it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Equity(_) => Kind::Equity,
            Self::Index(_) => Kind::Index,
            Self::Root(_) | Self::Contract(_) => Kind::Future,
            Self::Crypto(_) => Kind::Crypto,
            Self::EquityOption(_) => Kind::EquityOption,
            Self::FutureOption(_) => Kind::FutureOption,
        }
    }

    /// What the feed calls it, as far as the symbol alone tells: `None` for a root, which stands for a contract that only
    /// REST knows, and for a contract without its exchange.
    pub fn streamer(&self) -> Option<StreamerSymbol> {
        match self {
            Self::Equity(name) | Self::Index(name) | Self::FutureOption(name) => Some(StreamerSymbol(name.clone())),
            Self::Root(_) => None,
            Self::Contract(contract) => contract.streamer(),
            Self::Crypto(pair) => Some(StreamerSymbol(format_smolstr!("{pair}:{CRYPTO_EXCHANGE}"))),
            Self::EquityOption(option) => Some(option.streamer()),
        }
    }

    /// The futures root, `/ES` for `/ES` and `/ESZ6`; `None` for what is no future.
    pub fn root(&self) -> Option<&str> {
        match self {
            Self::Root(root) => Some(root),
            Self::Contract(contract) => Some(&contract.root),
            Self::Equity(_) | Self::Index(_) | Self::Crypto(_) | Self::EquityOption(_) | Self::FutureOption(_) => None,
        }
    }
}

/// The feed's symbol of the daily candles of `instrument`, streamed as `streamer`: regular trading hours only where the
/// instrument has such hours (`SPY{=d,tho=true}`), whole days for futures, their options and cryptocurrencies
/// (`/ESZ26:XCME{=d}`).
pub fn candle_symbol(instrument: &Instrument, streamer: &StreamerSymbol) -> SmolStr {
    match instrument.kind() {
        Kind::Equity | Kind::Index | Kind::EquityOption => format_smolstr!("{streamer}{{=d,tho=true}}"),
        Kind::Future | Kind::FutureOption | Kind::Crypto => format_smolstr!("{streamer}{{=d}}"),
    }
}
