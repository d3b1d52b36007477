//! The client: what can be asked of the API.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use secrecy::SecretString;
use url::Url;

use super::chains::{self, Chain, parse_chain, parse_futures_chain};
use super::envelope::Parsed;
use super::fetch::Venue;
use super::futures::{self, Wanted, parse_futures};
use super::metrics::{self, parse_metrics};
use super::oauth::Access;
use super::quotes::{self, parse_quotes};
use super::token::parse_quote_token;
use super::{Error, FutureListing, MarketQuote, Metrics, QuoteToken, Route};
use crate::http::Transport;
use crate::instrument::{Kind, Symbol};
use crate::time;

/// How to reach the API.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Production, sandbox or the embedded venue; https above loopback.
    pub base_url: Url,
    /// For one whole exchange.
    pub timeout: Duration,
    /// Symbols in one request, at least 1; quotes never carry more than 100.
    pub batch_size: usize,
    /// Requests a second after a burst of eight.
    pub requests_per_second: f64,
    /// `name/version`; without it the venue answers 401.
    pub user_agent: String,
}

/// An OAuth grant.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Sent when there is one; it must match the grant then.
    pub client_id: Option<SecretString>,
    /// The application's secret.
    pub client_secret: SecretString,
    /// The user's grant.
    pub refresh_token: SecretString,
}

/// What a question about many symbols brought.
#[derive(Debug, Clone)]
pub struct BatchAnswer<T> {
    /// What was answered, by the full symbol.
    pub items: BTreeMap<Symbol, T>,
    /// What was asked in vain, batch by batch, and why. A symbol that is in neither is unknown to the venue.
    pub unanswered: Vec<(Vec<Symbol>, Error)>,
    /// Items that came and could not be read at all.
    pub damaged: usize,
}

impl<T> BatchAnswer<T> {
    /// Whether the venue answered at all, even if it knows none of the symbols.
    pub fn has_come(&self) -> bool {
        !self.items.is_empty() || self.unanswered.is_empty()
    }
}

/// Requests sent, counted when they leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// All of them, failed ones and access tokens included.
    pub requests: u64,
    /// Of these, repetitions.
    pub retries: u64,
}

/// A client of tastytrade's REST API, to be shared by reference: it paces and counts the requests of all callers and
/// renews the access token for all of them.
#[derive(Debug)]
pub struct Client {
    venue: Venue,
    access: Access,
    batch_size: usize,
}

impl Client {
    #[cfg(test)]
    /// A client that has sent nothing yet.
    pub fn new(settings: Settings, credentials: Credentials) -> Result<Self, Error> {
        let transport = Transport::network(&settings.base_url, &settings.user_agent, settings.timeout)?;
        Ok(Self::over(transport, settings, credentials))
    }

    /// A client whose requests go through `transport`, whatever the settings say about reaching the API.
    pub fn over(transport: Transport, settings: Settings, credentials: Credentials) -> Self {
        Self {
            venue: Venue::new(transport, settings.base_url, settings.requests_per_second),
            access: Access::new(credentials),
            batch_size: settings.batch_size.max(1),
        }
    }

    /// What opens the feed. Cancel safe.
    ///
    /// # Errors
    /// [`Error::NoMarketData`] when the login may not stream; else any of [`Error`].
    pub async fn quote_token(&self) -> Result<QuoteToken, Error> {
        let body = self.venue.get(&self.access, Route::QuoteToken, "").await?;
        parse_quote_token(&body, time::now())
    }

    /// Volatility metrics of `symbols`, futures by their root, in batches of which two are under way at a time. A batch
    /// that fails does not lose the others. Cancel safe.
    pub async fn metrics(&self, symbols: &[Symbol]) -> BatchAnswer<Metrics> {
        let symbols: Vec<Symbol> = distinct(symbols);
        let batches = symbols
            .chunks(self.batch_size)
            .map(|batch| (batch.to_vec(), metrics::query(batch)));
        self.ask(Route::Metrics, batches.collect(), parse_metrics, |item| &item.symbol)
            .await
    }

    /// Snapshots of `wanted`, futures by their contract, indices as [`Kind::Index`]. Batches as for metrics, of at most
    /// 100 symbols. Cancel safe.
    pub async fn quotes(&self, wanted: &[(Kind, Symbol)]) -> BatchAnswer<MarketQuote> {
        let wanted = distinct(wanted);
        let symbols = |batch: &[(Kind, Symbol)]| batch.iter().map(|(_, symbol)| symbol.clone()).collect();
        let batches = wanted.chunks(self.batch_size.min(quotes::LARGEST));
        let batches = batches.map(|batch| (symbols(batch), quotes::query(batch)));
        self.ask(Route::Quotes, batches.collect(), parse_quotes, |item| &item.symbol)
            .await
    }

    /// The listed contracts of `roots` (`/ES`) together with `contracts` (`/ESZ6`), each once: one request for each of
    /// the two that is not empty, unless the venue splits the answer. Cancel safe.
    ///
    /// # Errors
    /// The first of [`Error`] that occurs; the roots' answer alone would miss what was asked for by contract.
    pub async fn futures(&self, roots: &[Symbol], contracts: &[Symbol]) -> Result<Vec<FutureListing>, Error> {
        let (roots, contracts) = (distinct(roots), distinct(contracts));
        let (by_root, by_contract) = tokio::try_join!(
            self.all_pages(Wanted::Roots(&roots)),
            self.all_pages(Wanted::Contracts(&contracts))
        )?;
        let listings = by_root.into_iter().chain(by_contract);
        let listings: BTreeMap<Symbol, FutureListing> =
            listings.map(|listing| (listing.contract.clone(), listing)).collect();
        Ok(listings.into_values().collect())
    }

    /// All options on `underlying`, a share, fund or index; `None` where none are listed or nobody knows it. One request.
    /// Cancel safe.
    ///
    /// # Errors
    /// Any of [`Error`].
    pub async fn chain(&self, underlying: &Symbol) -> Result<Option<Chain>, Error> {
        let below = [underlying.as_str(), "nested"];
        self.listed(Route::OptionChain, &below, parse_chain).await
    }

    /// All options on the contracts of the futures root `/ES`; `None` where none are listed or nobody knows it. One
    /// request. Cancel safe.
    ///
    /// # Errors
    /// Any of [`Error`].
    pub async fn futures_chain(&self, root: &Symbol) -> Result<Option<Chain>, Error> {
        let below = [root.as_str().trim_start_matches('/'), "nested"];
        self.listed(Route::FuturesOptionChain, &below, parse_futures_chain)
            .await
    }

    /// The risk-free rate the venue works with, continuously compounded, a fraction a year. Cancel safe.
    ///
    /// # Errors
    /// Any of [`Error`].
    pub async fn risk_free_rate(&self) -> Result<f64, Error> {
        let body = self.venue.get(&self.access, Route::PublicConfiguration, "").await?;
        chains::parse_rate(&body)
    }

    /// Seconds by which the venue's clock was ahead of this machine's at its last answer, to the second; `None` before
    /// the first answer, or where it does not say.
    pub fn clock_ahead(&self) -> Option<i64> {
        self.venue.ahead()
    }

    /// What the credentials were refused with, if they were; nothing is asked for with them after that.
    pub fn refusal(&self) -> Option<Error> {
        self.access.refusal()
    }

    /// What was sent so far.
    pub fn traffic(&self) -> Traffic {
        self.venue.traffic()
    }

    async fn listed(
        &self,
        route: Route,
        below: &[&str],
        parse: fn(&[u8]) -> Result<Chain, Error>,
    ) -> Result<Option<Chain>, Error> {
        match self.venue.get_below(&self.access, route, below, "").await {
            Ok(body) => parse(&body).map(Some),
            Err(Error::Status { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn ask<T>(
        &self,
        route: Route,
        batches: Vec<(Vec<Symbol>, String)>,
        parse: fn(&[u8]) -> Result<Parsed<T>, Error>,
        key: fn(&T) -> &Symbol,
    ) -> BatchAnswer<T> {
        let mut answer = BatchAnswer {
            items: BTreeMap::new(),
            unanswered: Vec::new(),
            damaged: 0,
        };
        let asked = stream::iter(batches).map(async |(symbols, query)| {
            let body = self.venue.get(&self.access, route, &query).await;
            (symbols, body.and_then(|body| parse(&body)))
        });
        let mut answers = std::pin::pin!(asked.buffered(BATCHES_UNDER_WAY));
        while let Some((symbols, parsed)) = answers.next().await {
            match parsed {
                Ok(Parsed {
                    items,
                    damaged,
                    more: _,
                }) => {
                    answer.damaged += damaged;
                    answer
                        .items
                        .extend(items.into_iter().map(|item| (key(&item).clone(), item)));
                }
                Err(error) => answer.unanswered.push((symbols, error)),
            }
        }
        answer
    }

    async fn all_pages(&self, wanted: Wanted<'_>) -> Result<Vec<FutureListing>, Error> {
        let mut listings = Vec::new();
        if wanted.is_empty() {
            return Ok(listings);
        }
        for page in 0..MOST_PAGES {
            let body = self
                .venue
                .get(&self.access, Route::Futures, &futures::query(wanted, page))
                .await?;
            let Parsed {
                items,
                damaged: _,
                more,
            } = parse_futures(&body)?;
            listings.extend(items);
            if !more {
                break;
            }
        }
        Ok(listings)
    }
}

fn distinct<T: Ord + Clone>(asked: &[T]) -> Vec<T> {
    asked.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

const BATCHES_UNDER_WAY: usize = 2;
const MOST_PAGES: u32 = 20;

#[cfg(test)]
mod tests;
