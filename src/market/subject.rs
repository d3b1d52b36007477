//! Whom a record is about.

use jiff::civil::Date;
use smol_str::SmolStr;

use super::roll::Roll;
use crate::instrument::{Kind, StreamerSymbol, Symbol};

/// The symbol a record is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// As asked for, canonical.
    pub symbol: Symbol,
    /// What it is.
    pub kind: Kind,
    /// For futures the contract behind the symbol, for options on them what REST calls them where that is known.
    pub contract: Option<Symbol>,
    /// The last day of that contract.
    pub expiration: Option<Date>,
    /// Of a futures root the change of its contract, if one is near.
    pub roll: Option<Roll>,
    /// What the feed calls it.
    pub streamer: Option<StreamerSymbol>,
    /// Its class by the configured table.
    pub asset_class: SmolStr,
}
