//! `/instruments/futures`: contracts with their flags, and which of them a root stands for.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use smol_str::SmolStr;

use super::envelope::{Parsed, parse_list};
use super::{Error, FutureListing, Route};
use crate::http::{Wire, encode};
use crate::instrument::{StreamerSymbol, Symbol};

/// The contract `root` stands for: of those that can still be opened the active month, else the one after it, else the
/// first to expire. A contract that does not say when it ends is over with its last day in UTC.
pub fn active_contract<'a>(listings: &'a [FutureListing], root: &Symbol, now: Timestamp) -> Option<&'a FutureListing> {
    let today = TimeZone::UTC.to_datetime(now).date();
    listings
        .iter()
        .filter(|listing| listing.root == *root && listing.active && !listing.closing_only)
        .filter(|listing| listing.expires_at.map_or(listing.expiration >= today, |end| end > now))
        .min_by_key(|listing| {
            (
                !listing.active_month,
                !listing.next_active_month,
                listing.expiration,
                listing.contract.clone(),
            )
        })
}

/// Which futures to list.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// All active contracts of these roots.
    Roots(&'a [Symbol]),
    /// These contracts.
    Contracts(&'a [Symbol]),
}

impl Wanted<'_> {
    /// Whether there is nothing to ask.
    pub(super) fn is_empty(self) -> bool {
        match self {
            Self::Roots(symbols) | Self::Contracts(symbols) => symbols.is_empty(),
        }
    }
}

/// The query for `wanted`, page `page` counted from 0.
pub(super) fn query(wanted: Wanted<'_>, page: u32) -> String {
    let (key, symbols) = match wanted {
        Wanted::Roots(roots) => ("product-code[]", roots),
        Wanted::Contracts(contracts) => ("symbol[]", contracts),
    };
    let bare = |symbol: &Symbol| encode(symbol.as_str().trim_start_matches('/'));
    let mut query: Vec<String> = symbols.iter().map(|symbol| format!("{key}={}", bare(symbol))).collect();
    if page > 0 {
        query.push(format!("page-offset={page}"));
    }
    query.join("&")
}

/// Reads the answer. A listing without symbol, feed symbol, root or expiration is of no use and counts as damaged. The
/// flags are false where the venue leaves them out, except `active`: the route lists active contracts.
///
/// # Errors
/// [`Error::Unreadable`] when the body is not a list in the envelope.
pub(super) fn parse_futures(body: &[u8]) -> Result<Parsed<FutureListing>, Error> {
    parse_list(Route::Futures, body, Item::listing)
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Item {
    symbol: Wire<SmolStr>,
    product_code: Wire<SmolStr>,
    streamer_symbol: Wire<SmolStr>,
    active: Wire<bool>,
    active_month: Wire<bool>,
    next_active_month: Wire<bool>,
    is_closing_only: Wire<bool>,
    expiration_date: Wire<Date>,
    expires_at: Wire<Timestamp>,
}

impl Item {
    fn listing(self) -> Option<FutureListing> {
        let code = name(self.product_code)?;
        Some(FutureListing {
            contract: Symbol(name(self.symbol)?),
            root: Symbol(format!("/{}", code.trim_start_matches('/')).into()),
            streamer: StreamerSymbol(name(self.streamer_symbol)?),
            active: self.active != Wire::Is(false),
            active_month: self.active_month == Wire::Is(true),
            next_active_month: self.next_active_month == Wire::Is(true),
            closing_only: self.is_closing_only == Wire::Is(true),
            expiration: self.expiration_date.ok()?,
            expires_at: self.expires_at.ok(),
        })
    }
}

/// A name that goes into requests and onto terminals: short and of visible ASCII, or none.
pub(super) fn name(wire: Wire<SmolStr>) -> Option<SmolStr> {
    let fit = |name: &SmolStr| name.len() <= LONGEST_NAME && name.bytes().all(|letter| letter.is_ascii_graphic());
    wire.ok().filter(fit)
}

const LONGEST_NAME: usize = 64;

#[cfg(test)]
mod tests;
