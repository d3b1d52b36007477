//! `/api-quote-tokens`: what opens the feed.

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::Deserialize;
use smol_str::SmolStr;
use url::Url;

use super::envelope::parse_object;
use super::{Error, QuoteToken, Route};
use crate::http::{Lenient, clean, is_loopback};

/// Reads the answer, received at `now`. The feed's address must be encrypted or on loopback.
///
/// # Errors
/// [`Error::Unreadable`] when the body is not in the envelope, or token or address are missing or unfit.
pub(super) fn parse_quote_token(body: &[u8], now: Timestamp) -> Result<QuoteToken, Error> {
    let wire: WireToken = parse_object(Route::QuoteToken, body)?;
    let unreadable = |what: &str| Error::Unreadable {
        route: Route::QuoteToken,
        what: what.to_owned(),
    };
    let token = wire.token.ok().ok_or_else(|| unreadable("no token in it"))?;
    let url = wire.dxlink_url.ok().and_then(|url| Url::parse(&url).ok());
    let url = url.ok_or_else(|| unreadable("no dxlink-url in it"))?;
    if url.scheme() != "wss" && !(url.scheme() == "ws" && is_loopback(&url)) {
        return Err(unreadable("dxlink-url is not encrypted"));
    }
    let lapse = |issued: Timestamp| {
        issued
            .checked_add(SignedDuration::from_hours(24))
            .unwrap_or(Timestamp::MAX)
    };
    let expires_at = wire
        .expires_at
        .ok()
        .unwrap_or_else(|| lapse(wire.issued_at.ok().unwrap_or(now)));
    Ok(QuoteToken {
        token: SecretString::from(token.as_str()),
        url,
        level: wire
            .level
            .ok()
            .map_or_else(|| "unstated".to_owned(), |level| clean(&level)),
        expires_at,
    })
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct WireToken {
    token: Lenient<SmolStr>,
    dxlink_url: Lenient<SmolStr>,
    level: Lenient<SmolStr>,
    issued_at: Lenient<Timestamp>,
    expires_at: Lenient<Timestamp>,
}

#[cfg(test)]
mod tests;
