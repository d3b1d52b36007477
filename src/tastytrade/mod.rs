//! tastytrade's REST API: tokens, market metrics, quotes by type, futures. Each answer has a type of its own whose
//! units are fixed per field; nothing is guessed from the size of a number.

mod types;

pub use types::{Earnings, FutureListing, MarketQuote, Metrics, QuoteToken, RankVariant};
