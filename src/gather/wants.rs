//! What is wanted of the feed for an instrument, by its kind. Pure.

use jiff::Timestamp;
use jiff::ToSpan;

use crate::dxlink::{EventType, Subscription};
use crate::instrument::{Instrument, Kind, StreamerSymbol, candle_symbol};
use crate::stream::Want;

/// Calendar days of bars asked for: 91 closed sessions with holidays, and a month to spare.
const HISTORY_DAYS: i64 = 170;

/// The last values wanted for an instrument. Indices have no two-sided quote and options trade rarely, so nobody waits
/// for those; extended-hours trades matter only where there is no quote.
pub fn last_values(kind: Kind, streamer: &StreamerSymbol) -> Vec<Want> {
    use EventType::{Greeks, Quote, Summary, Trade, TradeEth};
    let wanted: &[(EventType, bool)] = match kind {
        Kind::Equity => &[(Quote, true), (Trade, true), (TradeEth, false), (Summary, true)],
        Kind::Index => &[(Quote, false), (Trade, true), (Summary, true)],
        Kind::Future | Kind::Crypto => &[(Quote, true), (Trade, true), (Summary, true)],
        Kind::EquityOption | Kind::FutureOption => &[(Quote, true), (Trade, false), (Summary, false), (Greeks, true)],
    };
    wanted
        .iter()
        .map(|&(event_type, required)| Want {
            entry: Subscription {
                event_type,
                symbol: streamer.0.clone(),
                from_time: None,
            },
            required,
        })
        .collect()
}

/// The daily bars wanted for an instrument whose realised volatility must be computed.
pub fn daily_bars(instrument: &Instrument, streamer: &StreamerSymbol, now: Timestamp) -> Want {
    let day = now.as_second().div_euclid(86_400) * 86_400;
    let from = Timestamp::from_second(day)
        .unwrap_or(now)
        .saturating_sub((HISTORY_DAYS * 24).hours());
    Want {
        entry: Subscription {
            event_type: EventType::Candle,
            symbol: candle_symbol(instrument, streamer),
            from_time: from.ok().map(Timestamp::as_millisecond),
        },
        required: true,
    }
}
