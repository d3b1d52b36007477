//! tastytrade's REST API: tokens, market metrics, quotes by type, futures, option chains. Each answer has a type of its own whose
//! units are fixed per field; nothing is guessed from the size of a number. It decides nothing about records or ranks.
//!
//! A [`Client`] sends; the `parse_*` functions turn bodies into answers and know no network.

mod chains;
mod client;
mod envelope;
mod error;
mod fetch;
mod futures;
mod metrics;
mod oauth;
mod quotes;
mod route;
mod token;
mod types;

#[cfg(test)]
mod samples;

pub use crate::http::error_chain;
#[cfg(test)]
pub use chains::ChainFuture;
pub use chains::{Chain, ListedExpiration, ListedOption, ListedStrike, Settlement};
pub use client::{BatchAnswer, Client, Credentials, Settings, Traffic};
pub use error::Error;
pub use futures::{active_contract, contract_before};
pub use metrics::metrics_symbol;
pub use route::Route;
pub use types::{Earnings, ExpirationIv, FutureListing, MarketQuote, Metrics, QuoteToken, RankVariant};
