//! The routes this client knows.

use std::fmt;

/// A route of the API, shown as its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Access tokens.
    AccessToken,
    /// What opens the feed.
    QuoteToken,
    /// Volatility metrics.
    Metrics,
    /// Snapshots of quotes.
    Quotes,
    /// Futures contracts.
    Futures,
    /// The options of a share, fund or index.
    OptionChain,
    /// The options of a futures product.
    FuturesOptionChain,
    /// What the venue publishes about its margin rules, the risk-free rate among it.
    PublicConfiguration,
}

impl Route {
    /// All routes, in order.
    pub(super) const ALL: [Self; 8] = [
        Self::AccessToken,
        Self::QuoteToken,
        Self::Metrics,
        Self::Quotes,
        Self::Futures,
        Self::OptionChain,
        Self::FuturesOptionChain,
        Self::PublicConfiguration,
    ];

    /// Its path, up to the symbol where it ends in one.
    pub fn path(self) -> &'static str {
        match self {
            Self::AccessToken => "/oauth/token",
            Self::QuoteToken => "/api-quote-tokens",
            Self::Metrics => "/market-metrics",
            Self::Quotes => "/market-data/by-type",
            Self::Futures => "/instruments/futures",
            Self::OptionChain => "/option-chains",
            Self::FuturesOptionChain => "/futures-option-chains",
            Self::PublicConfiguration => "/margin-requirements-public-configuration",
        }
    }

    /// Whether its answer holds a token.
    pub(super) fn is_confidential(self) -> bool {
        match self {
            Self::AccessToken | Self::QuoteToken => true,
            Self::Metrics
            | Self::Quotes
            | Self::Futures
            | Self::OptionChain
            | Self::FuturesOptionChain
            | Self::PublicConfiguration => false,
        }
    }

    /// Whether the sandbox has no service behind it and answers 502 for good.
    pub(super) fn missing_in_sandbox(self) -> bool {
        match self {
            Self::Metrics | Self::Quotes => true,
            Self::AccessToken
            | Self::QuoteToken
            | Self::Futures
            | Self::OptionChain
            | Self::FuturesOptionChain
            | Self::PublicConfiguration => false,
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.path())
    }
}
