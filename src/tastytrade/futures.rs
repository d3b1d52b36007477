//! `/instruments/futures`: contracts with their flags, and which of them a root stands for.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};
use smol_str::SmolStr;

use super::envelope::{Parsed, parse_list};
use super::{Error, FutureListing, Route};
use crate::http::{Lenient, encode};
use crate::instrument::{Earlier, Instrument, StreamerSymbol, Symbol, month_of_code};

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

/// The contract that was active before `listing`, by the months its product is traded in. The venue lists it only while it
/// is not over; the feed has its bars after that as well.
pub fn contract_before(listing: &FutureListing, now: Timestamp) -> Option<Earlier> {
    let today = TimeZone::UTC.to_datetime(now).date();
    let Ok(Instrument::Contract(contract)) = Instrument::parse(listing.streamer.as_str(), today) else {
        return None;
    };
    let before = contract.before(&listing.months)?;
    Some(Earlier {
        contract: before.symbol(),
        streamer: before.streamer()?,
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
    symbol: Lenient<SmolStr>,
    product_code: Lenient<SmolStr>,
    streamer_symbol: Lenient<SmolStr>,
    active: Lenient<bool>,
    active_month: Lenient<bool>,
    next_active_month: Lenient<bool>,
    is_closing_only: Lenient<bool>,
    expiration_date: Lenient<Date>,
    expires_at: Lenient<Timestamp>,
    #[serde(deserialize_with = "months")]
    future_product: SmolStr,
}

/// The active months of a product. What cannot be read costs the months, never the listing.
fn months<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SmolStr, D::Error> {
    let product = serde_json::Value::deserialize(deserializer)?;
    let months = product.get("active-months").and_then(serde_json::Value::as_array);
    let letters = months.into_iter().flatten().filter_map(|month| month.as_str());
    let codes = letters.filter(|letter| letter.chars().all(|code| month_of_code(code).is_some()));
    Ok(codes.take(12).collect())
}

impl Item {
    fn listing(self) -> Option<FutureListing> {
        let code = name(self.product_code)?;
        Some(FutureListing {
            contract: Symbol(name(self.symbol)?),
            root: Symbol(format!("/{}", code.trim_start_matches('/')).into()),
            streamer: StreamerSymbol(name(self.streamer_symbol)?),
            active: self.active != Lenient::Is(false),
            active_month: self.active_month == Lenient::Is(true),
            next_active_month: self.next_active_month == Lenient::Is(true),
            closing_only: self.is_closing_only == Lenient::Is(true),
            expiration: self.expiration_date.ok()?,
            expires_at: self.expires_at.ok(),
            months: self.future_product,
        })
    }
}

/// A name that goes into requests and onto terminals: short and of visible ASCII, or none.
pub(super) fn name(wire: Lenient<SmolStr>) -> Option<SmolStr> {
    let fit = |name: &SmolStr| name.len() <= LONGEST_NAME && name.bytes().all(|letter| letter.is_ascii_graphic());
    wire.ok().filter(fit)
}

const LONGEST_NAME: usize = 64;

#[cfg(test)]
mod tests;
