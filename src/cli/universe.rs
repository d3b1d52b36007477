//! What is looked at: symbols that were typed, or a watchlist.

use std::collections::BTreeSet;
use std::path::Path;

use super::exit::{Failure, FailureKind};
use super::input;
use super::session::Session;
use crate::config::Config;
use crate::instrument::{DEFAULT_WATCHLIST, Instrument, parse_watchlist};

/// Symbols typed by the user, each once, in the order given.
pub(super) fn symbols(texts: &[String], session: &Session) -> Result<Vec<Instrument>, Failure> {
    let mut known = BTreeSet::new();
    let mut instruments = Vec::new();
    for text in texts
        .iter()
        .map(|text| text.as_str())
        .filter(|text| !text.trim().is_empty())
    {
        let instrument =
            Instrument::parse(text, session.today()).map_err(|error| Failure::from_error(FailureKind::Usage, error))?;
        if known.insert(instrument.symbol()) {
            instruments.push(instrument);
        }
    }
    if instruments.is_empty() {
        return Err(Failure::new(FailureKind::Usage, "no symbol is named").hint("Name symbols like SPY or /ES."));
    }
    Ok(instruments)
}

/// What is screened: the symbols named, else the watchlist named, else the configured one, else the built-in one.
pub(super) fn universe(
    config: &Config,
    named: &[String],
    watchlist: Option<&Path>,
    session: &Session,
) -> Result<Vec<Instrument>, Failure> {
    if !named.is_empty() {
        return symbols(named, session);
    }
    let configured = config.watchlist(&session.directory);
    let (place, text) = match watchlist.or(configured.as_deref()) {
        None => ("the built-in watchlist".to_owned(), DEFAULT_WATCHLIST.to_owned()),
        Some(path) => {
            let place = input::place(path);
            let text = input::read(path).map_err(|error| unreadable(&place, &error))?;
            (place, text)
        }
    };
    let instruments = parse_watchlist(&text, session.today()).map_err(|error| {
        let failure = Failure::from_error(FailureKind::CannotRead, error);
        let error = failure.error.context(place.clone());
        Failure { error, ..failure }.hint("A watchlist has one symbol a line.")
    })?;
    if instruments.is_empty() {
        return Err(
            Failure::new(FailureKind::CannotRead, format!("{place} names no symbol"))
                .hint("A watchlist has one symbol a line."),
        );
    }
    Ok(instruments)
}

fn unreadable(place: &str, error: &std::io::Error) -> Failure {
    Failure::new(
        FailureKind::CannotRead,
        format!("cannot read the watchlist {place}: {error}"),
    )
    .hint("Name another file with --watchlist, or symbols with --symbols.")
}
