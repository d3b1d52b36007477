//! Chains and option records made by hand for the tests of this room.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::instrument::{StreamerSymbol, Symbol};
use crate::tastytrade::{ListedExpiration, ListedOption, ListedStrike, Settlement};
use crate::units::Price;

pub(super) const NOW: &str = "2026-11-20T21:00:00Z";

pub(super) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub(super) fn symbol(name: &str) -> Symbol {
    Symbol(name.into())
}

/// An expiration of `root` on `underlying` with strikes one apart from `lowest` on, all known to the feed.
pub(super) fn expiration(underlying: &str, root: &str, date: &str, lowest: u32, count: u32) -> ListedExpiration {
    let date: Date = date.parse().unwrap();
    let option = |right: &str, strike: u32| ListedOption {
        symbol: Symbol(format!("{root}{date}{right}{strike}").into()),
        streamer: Some(StreamerSymbol(format!(".{root}{date}{right}{strike}").into())),
    };
    ListedExpiration {
        underlying: symbol(underlying),
        root: root.into(),
        date,
        expires_at: None,
        settlement: Some(Settlement::Afternoon),
        kind: Some("Weekly".into()),
        standard: true,
        multiplier: Some(100.0),
        strikes: (lowest..lowest + count)
            .map(|strike| ListedStrike {
                strike: Price::new(f64::from(strike)).unwrap(),
                call: Some(option("C", strike)),
                put: Some(option("P", strike)),
            })
            .collect(),
    }
}
