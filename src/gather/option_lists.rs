//! Lists of options as REST gives them, and what goes with them: whose options are meant, and at what rate and price they
//! are looked at.

use std::borrow::Cow;

use jiff::Timestamp;

use super::Venues;
use super::failures::{Failures, record_error};
use crate::chain::Underlyings;
use crate::instrument::{Instrument, Kind, Symbol};
use crate::market::{Method, Reason, Source, Sourced};
use crate::tastytrade::{Chain, Error, MarketQuote};
use crate::time;

/// The options on `underlying`: the list of this trading day where an earlier run has kept it, which is borrowed, else as
/// REST gives it now; `None` where none are listed. Cancel safe.
pub(super) async fn list<'v>(venues: &Venues<'v>, underlying: &Instrument) -> Result<Option<Cow<'v, Chain>>, Error> {
    let Some(name) = list_name(underlying) else {
        return Ok(None);
    };
    if let Some(kept) = venues.memory.chains.get(&name) {
        return Ok(Some(Cow::Borrowed(kept)));
    }
    let fresh = if underlying.kind() == Kind::Future {
        venues.rest.futures_chain(&name).await?
    } else {
        venues.rest.chain(&name).await?
    };
    Ok(fresh.map(Cow::Owned))
}

/// What of the `list` of `underlying` is left to later runs of the day: one that was asked for now and came whole.
pub(super) fn to_keep(underlying: &Instrument, list: Cow<'_, Chain>) -> Option<(Symbol, Chain)> {
    match list {
        Cow::Owned(list) if list.damaged == 0 && !list.expirations.is_empty() => Some((list_name(underlying)?, list)),
        Cow::Owned(_) | Cow::Borrowed(_) => None,
    }
}

/// What the list of options on `underlying` is asked for by: of futures there is one for the whole product.
fn list_name(underlying: &Instrument) -> Option<Symbol> {
    match underlying {
        Instrument::Root(root) => Some(Symbol(root.clone())),
        Instrument::Contract(contract) => Some(Symbol(contract.root.clone())),
        Instrument::Equity(_) | Instrument::Index(_) => Some(underlying.symbol()),
        Instrument::Crypto(_) | Instrument::EquityOption(_) | Instrument::FutureOption(_) => None,
    }
}

/// Complains of what could not be read of a list of options.
pub(super) fn record_damage(listed: &Chain, failures: &mut Failures) {
    if listed.damaged > 0 {
        let message = format!("{} parts of an option chain could not be read", listed.damaged);
        record_error(&mut failures.errors, "rest", "damaged_chain", message);
    }
}

/// The rate the venue works with, as it answered at `now`.
///
/// # Errors
/// Why there is none.
pub(super) fn published(
    rate: Result<f64, Error>,
    now: Timestamp,
    failures: &mut Failures,
) -> Result<Sourced<f64>, Reason> {
    let value = rate.map_err(|error| failures.record(&error))?;
    Ok(Sourced {
        value,
        source: Source::Rest,
        as_of: now,
        method: Method::RiskFreeRate,
    })
}

/// Whose options are meant: of a root those of its active month, else of the next one, else of the first to end.
pub(super) fn whose(underlying: &Instrument, listed: &Chain, now: Timestamp) -> Option<Underlyings> {
    match underlying {
        Instrument::Root(_) => {
            let today = time::new_york_date(now);
            let futures = listed.futures.iter();
            let alive = futures.filter(|future| future.expires_at.map_or(future.expiration >= today, |end| end > now));
            let first = alive.min_by_key(|future| (!future.active_month, !future.next_active_month, future.expiration));
            first.map(|future| Underlyings::From(future.contract.clone()))
        }
        Instrument::Contract(_) => Some(Underlyings::Contract(underlying.symbol())),
        Instrument::Equity(_) | Instrument::Index(_) => Some(Underlyings::All),
        Instrument::Crypto(_) | Instrument::EquityOption(_) | Instrument::FutureOption(_) => None,
    }
}

/// A price to look for strikes around.
pub(super) fn near(quote: &MarketQuote) -> Option<f64> {
    let middle = quote.bid.zip(quote.ask).map(|(bid, ask)| (bid.get() + ask.get()) / 2.0);
    let others = [quote.mark, quote.last, quote.prev_close];
    let others = others.into_iter().flatten().map(|price| price.get());
    middle.into_iter().chain(others).find(|price| *price > 0.0)
}
