//! `/option-chains/SPY/nested` and `/futures-option-chains/ES/nested`: which options are listed, and what each is called.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use smol_str::SmolStr;

use super::envelope::{parse_list, parse_object};
use super::futures::name;
use super::{Error, Route};
use crate::http::Lenient;
use crate::instrument::{StreamerSymbol, Symbol};
use crate::units::Price;

/// The options of one share, fund or index, or of all contracts of one futures product.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Chain {
    /// Of a futures product its contracts, by last day; else none.
    pub futures: Vec<ChainFuture>,
    /// By date, then by root.
    pub expirations: Vec<ListedExpiration>,
    /// Roots, expirations and strikes that came and could not be read.
    pub damaged: usize,
}

/// A futures contract with options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainFuture {
    /// The contract, `/ESZ6`.
    pub contract: Symbol,
    /// Its last day.
    pub expiration: Date,
    /// The instant it ends.
    pub expires_at: Option<Timestamp>,
    /// Whether it is the month that trades most.
    pub active_month: bool,
    /// Whether it follows the active month.
    pub next_active_month: bool,
}

/// The options of one root that expire together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListedExpiration {
    /// What they are on: the symbol asked for, or the futures contract they settle into.
    pub underlying: Symbol,
    /// The option root: `SPY`, `SPXW`, `EW4`.
    pub root: SmolStr,
    /// Last day.
    pub date: Date,
    /// The instant they end, where the venue says.
    pub expires_at: Option<Timestamp>,
    /// Settled on the opening or on the close; `None` where the venue does not say.
    pub settlement: Option<Settlement>,
    /// `Regular`, `Weekly`, `Quarterly`, `End-Of-Month`; `None` where the venue does not say.
    pub kind: Option<SmolStr>,
    /// Whether each option is on the usual number of units; false after a corporate action.
    pub standard: bool,
    /// Dollars for one unit of an option's price: shares a contract, for futures `notional-value / display-factor`.
    pub multiplier: Option<f64>,
    /// By strike, each once.
    pub strikes: Vec<ListedStrike>,
}

/// When an option settles on its last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Settlement {
    /// On the opening.
    Morning,
    /// On the close.
    Afternoon,
}

/// The call and the put of one strike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListedStrike {
    /// The strike, above zero.
    pub strike: Price,
    /// The call.
    pub call: Option<ListedOption>,
    /// The put.
    pub put: Option<ListedOption>,
}

/// One option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedOption {
    /// What REST calls it: `SPY   261218C00670000`, `./ESZ6 EW4X6 261127P6600`.
    pub symbol: Symbol,
    /// What the feed calls it; of some options it knows nothing.
    pub streamer: Option<StreamerSymbol>,
}

/// Reads the chain of a share, fund or index.
///
/// # Errors
/// [`Error::Unreadable`] when the body is not a list in the envelope.
pub(super) fn parse_chain(body: &[u8]) -> Result<Chain, Error> {
    let roots = parse_list(Route::OptionChain, body, |item: Root| Some(item))?;
    let mut chain = Chain {
        damaged: roots.damaged,
        ..Chain::default()
    };
    for root in roots.items {
        let standard = root.option_chain_type.ok().is_none_or(|kind| kind == STANDARD);
        let terms = name(root.underlying_symbol).zip(name(root.root_symbol));
        let Some((underlying, name)) = terms else {
            chain.damaged += 1;
            continue;
        };
        let multiplier = root.shares_per_contract.ok().filter(|shares| *shares > 0.0);
        for expiration in chain.read::<Expiration>(&root.expirations, MOST_EXPIRATIONS) {
            let listed = expiration.listed(&mut chain, Symbol(underlying.clone()), name.clone());
            chain.add(listed.map(|listed| ListedExpiration {
                standard,
                multiplier,
                ..listed
            }));
        }
    }
    Ok(chain.sorted())
}

/// Reads the chain of a futures product.
///
/// # Errors
/// [`Error::Unreadable`] when the body is not an object in the envelope.
pub(super) fn parse_futures_chain(body: &[u8]) -> Result<Chain, Error> {
    let product: Product = parse_object(Route::FuturesOptionChain, body)?;
    let mut chain = Chain::default();
    for future in chain.read::<Future>(&product.futures, MOST_EXPIRATIONS) {
        match future.contract() {
            Some(contract) => chain.futures.push(contract),
            None => chain.damaged += 1,
        }
    }
    for root in chain.read::<Root>(&product.option_chains, MOST_EXPIRATIONS) {
        for expiration in chain.read::<Expiration>(&root.expirations, MOST_EXPIRATIONS) {
            let multiplier = expiration.multiplier();
            let terms = name(expiration.underlying_symbol.clone()).zip(name(expiration.option_root_symbol.clone()));
            let Some((underlying, name)) = terms else {
                chain.damaged += 1;
                continue;
            };
            let listed = expiration.listed(&mut chain, Symbol(underlying), name);
            chain.add(listed.map(|listed| ListedExpiration { multiplier, ..listed }));
        }
    }
    chain
        .futures
        .sort_by(|one, other| (one.expiration, &one.contract).cmp(&(other.expiration, &other.contract)));
    Ok(chain.sorted())
}

/// Reads the risk-free rate.
///
/// # Errors
/// [`Error::Unreadable`] when there is none in the body.
pub(super) fn parse_rate(body: &[u8]) -> Result<f64, Error> {
    let published: Published = parse_object(Route::PublicConfiguration, body)?;
    published.risk_free_rate.ok().ok_or_else(|| Error::Unreadable {
        route: Route::PublicConfiguration,
        what: "no risk-free rate in it".to_owned(),
    })
}

impl Chain {
    /// What of `texts` can be read, up to `most`; the rest is counted.
    fn read<T: DeserializeOwned>(&mut self, texts: &[Box<RawValue>], most: usize) -> Vec<T> {
        let read = texts.iter().take(most);
        let read: Vec<T> = read.filter_map(|text| serde_json::from_str(text.get()).ok()).collect();
        self.damaged += texts.len() - read.len();
        read
    }

    fn add(&mut self, expiration: Option<ListedExpiration>) {
        match expiration {
            Some(expiration) => self.expirations.push(expiration),
            None => self.damaged += 1,
        }
    }

    fn sorted(mut self) -> Self {
        self.expirations
            .sort_by(|one, other| (one.date, &one.root).cmp(&(other.date, &other.root)));
        if self.damaged > 0 {
            tracing::warn!(damaged = self.damaged, "parts of the option chain could not be read");
        }
        self
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Root {
    underlying_symbol: Lenient<SmolStr>,
    root_symbol: Lenient<SmolStr>,
    option_chain_type: Lenient<SmolStr>,
    shares_per_contract: Lenient<f64>,
    expirations: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Product {
    #[serde(default)]
    futures: Vec<Box<RawValue>>,
    option_chains: Vec<Box<RawValue>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Future {
    symbol: Lenient<SmolStr>,
    expiration_date: Lenient<Date>,
    expires_at: Lenient<Timestamp>,
    active_month: Lenient<bool>,
    next_active_month: Lenient<bool>,
}

impl Future {
    fn contract(self) -> Option<ChainFuture> {
        Some(ChainFuture {
            contract: Symbol(name(self.symbol)?),
            expiration: self.expiration_date.ok()?,
            expires_at: self.expires_at.ok(),
            active_month: self.active_month == Lenient::Is(true),
            next_active_month: self.next_active_month == Lenient::Is(true),
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Expiration {
    underlying_symbol: Lenient<SmolStr>,
    option_root_symbol: Lenient<SmolStr>,
    expiration_date: Lenient<Date>,
    expires_at: Lenient<Timestamp>,
    expiration_type: Lenient<SmolStr>,
    settlement_type: Lenient<SmolStr>,
    notional_value: Lenient<f64>,
    display_factor: Lenient<f64>,
    strikes: Vec<Box<RawValue>>,
}

impl Expiration {
    /// Dollars for one unit of price of an option on a future.
    fn multiplier(&self) -> Option<f64> {
        let (Lenient::Is(notional), Lenient::Is(factor)) = (&self.notional_value, &self.display_factor) else {
            return None;
        };
        let multiplier = crate::units::decimal(notional / factor);
        (multiplier.is_finite() && multiplier > 0.0).then_some(multiplier)
    }

    fn listed(self, chain: &mut Chain, underlying: Symbol, root: SmolStr) -> Option<ListedExpiration> {
        let date = self.expiration_date.ok()?;
        let mut strikes: Vec<ListedStrike> = Vec::new();
        for strike in chain.read::<Strike>(&self.strikes, MOST_STRIKES) {
            match strike.listed() {
                Some(strike) => strikes.push(strike),
                None => chain.damaged += 1,
            }
        }
        strikes.sort_by(|one, other| one.strike.get().total_cmp(&other.strike.get()));
        let all = strikes.len();
        strikes.dedup_by(|later, first| later.strike.get().total_cmp(&first.strike.get()).is_eq());
        chain.damaged += all - strikes.len();
        Some(ListedExpiration {
            underlying,
            root,
            date,
            expires_at: self.expires_at.ok(),
            settlement: match self.settlement_type.ok().as_deref() {
                Some("AM") => Some(Settlement::Morning),
                Some("PM") => Some(Settlement::Afternoon),
                Some(_) | None => None,
            },
            kind: name(self.expiration_type),
            standard: true,
            multiplier: None,
            strikes,
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Strike {
    strike_price: Lenient<f64>,
    call: Lenient<SmolStr>,
    call_streamer_symbol: Lenient<SmolStr>,
    put: Lenient<SmolStr>,
    put_streamer_symbol: Lenient<SmolStr>,
}

impl Strike {
    fn listed(self) -> Option<ListedStrike> {
        let strike = self.strike_price.ok().filter(|strike| *strike > 0.0)?;
        let option = |symbol: Lenient<SmolStr>, streamer| {
            let symbol = symbol.ok().filter(is_option_name)?;
            Some(ListedOption {
                symbol: Symbol(symbol),
                streamer: name(streamer).map(StreamerSymbol),
            })
        };
        Some(ListedStrike {
            strike: Price::new(strike)?,
            call: option(self.call, self.call_streamer_symbol),
            put: option(self.put, self.put_streamer_symbol),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Published {
    #[serde(default)]
    risk_free_rate: Lenient<f64>,
}

/// Like other names, but padded with blanks inside.
fn is_option_name(name: &SmolStr) -> bool {
    name.len() <= LONGEST_NAME && name.bytes().all(|letter| letter.is_ascii_graphic() || letter == b' ')
}

const STANDARD: &str = "Standard";
const LONGEST_NAME: usize = 64;
/// Expirations of one root; the longest real list has about sixty.
const MOST_EXPIRATIONS: usize = 500;
/// Strikes of one expiration; the longest real list has about five hundred.
const MOST_STRIKES: usize = 2_000;

#[cfg(test)]
mod tests;
