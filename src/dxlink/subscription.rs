//! What is asked of the feed.

use smol_str::SmolStr;

use super::event::EventType;

/// What one subscription asks for. Type and symbol name the entry; asking again with another `from_time` replaces it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subscription {
    /// The event type.
    pub event_type: EventType,
    /// The feed's symbol; for bars a candle symbol, `SPY{=d,tho=true}`.
    pub symbol: SmolStr,
    /// For bars the oldest start wanted, Unix milliseconds, inclusive. Without it the feed sends no history, and no
    /// series is ever published.
    pub from_time: Option<i64>,
}
