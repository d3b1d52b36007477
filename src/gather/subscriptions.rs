//! What is wanted of the feed for an instrument, by its kind. Pure.

use jiff::{SignedDuration, Timestamp};

use crate::dxlink::{EventType, Subscription};
use crate::instrument::{Earlier, Instrument, Kind, StreamerSymbol, candle_symbol};
use crate::market::{StoredBars, market_of};
use crate::stream::{Known, Request, Shortfall};

/// Which daily bars are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarHistory {
    /// Where a realized volatility has to be computed, as many as that takes: 170 calendar days are 91 closed sessions
    /// with holidays, and a month to spare.
    WhereNeeded,
    /// Of everybody who has any, so many calendar days back.
    Days(u32),
}

impl BarHistory {
    /// Where it begins at `now`: at the beginning of a day, so that the request is the same all day.
    pub fn start(self, now: Timestamp) -> Timestamp {
        let days = match self {
            Self::WhereNeeded => NEEDED_DAYS,
            Self::Days(days) => days,
        };
        let day = now.as_second().div_euclid(86_400) * 86_400;
        let day = Timestamp::from_second(day).unwrap_or(now);
        day.checked_sub(SignedDuration::from_hours(24 * i64::from(days)))
            .unwrap_or(Timestamp::MIN)
    }
}

const NEEDED_DAYS: u32 = 170;
/// Closed bars of ninety returns, and the running one.
const NEEDED_BARS: usize = 92;

/// The last values wanted for an instrument. Indices have no two-sided quote and options trade rarely, so nobody waits
/// for those; extended-hours trades matter only where there is no quote.
pub fn last_values(kind: Kind, streamer: &StreamerSymbol) -> Vec<Request> {
    use EventType::{Greeks, Quote, Summary, Trade, TradeEth};
    let wanted: &[(EventType, bool)] = match kind {
        Kind::Equity => &[(Quote, true), (Trade, true), (TradeEth, false), (Summary, true)],
        Kind::Index => &[(Quote, false), (Trade, true), (Summary, true)],
        Kind::Future | Kind::Crypto => &[(Quote, true), (Trade, true), (Summary, true)],
        Kind::EquityOption | Kind::FutureOption => &[(Quote, true), (Trade, false), (Summary, false), (Greeks, true)],
    };
    wanted
        .iter()
        .map(|&(event_type, required)| Request {
            entry: Subscription {
                event_type,
                symbol: streamer.0.clone(),
                from_time: None,
            },
            required,
            shortfall: None,
            known: None,
        })
        .collect()
}

/// The daily bars of an instrument since `from`.
pub fn daily_bars(instrument: &Instrument, streamer: &StreamerSymbol, from: Timestamp) -> Request {
    Request {
        entry: Subscription {
            event_type: EventType::Candle,
            symbol: candle_symbol(instrument, streamer),
            from_time: Some(from.as_millisecond()),
        },
        required: true,
        shortfall: None,
        known: None,
    }
}

/// The daily bars of the contract `before` that of a futures root, for the case that its own are too few to compute
/// realized volatilities from; `kept` are those of them that are known. Where these were cut or one is unsound, it is as
/// if none were.
pub fn bars_before(root: &Instrument, before: &Earlier, from: Timestamp, kept: Option<&StoredBars>) -> Shortfall {
    let kept = kept.filter(|kept| kept.reach_back(from) && kept.are_sound());
    Shortfall {
        least: NEEDED_BARS,
        known_until: kept.and_then(|kept| kept.candles.bars.iter().map(|bar| bar.time).max()),
        market: market_of(root.kind()),
        entry: daily_bars(root, &before.streamer, from).entry,
    }
}

/// `want`, a history since `from`, as what the `kept` bars lack of it; the whole where there are too few of these.
pub fn continued(want: Request, kept: &StoredBars, from: Timestamp) -> Request {
    let first = kept.candles.bars.first().map(|bar| bar.time);
    let Some((first, resumed)) = first.zip(kept.candles.continue_from()) else {
        return want;
    };
    let since = kept.since.map_or(first, Timestamp::as_millisecond);
    Request {
        entry: Subscription {
            from_time: Some(resumed),
            ..want.entry
        },
        known: Some(Known {
            candles: kept.candles.clone(),
            since: since.min(from.as_millisecond()),
        }),
        ..want
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::dxlink::{Candle, Candles};
    use crate::instrument::Symbol;

    #[test]
    fn nobody_waits_for_events_a_kind_of_instrument_does_not_have() {
        let required = |kind| {
            let subscriptions = last_values(kind, &StreamerSymbol("X".into()));
            subscriptions
                .into_iter()
                .filter(|want| want.required)
                .map(|want| want.entry.event_type)
                .collect::<Vec<_>>()
        };
        use EventType::{Greeks, Quote, Summary, Trade};
        assert_eq!(
            required(Kind::Index),
            [Trade, Summary],
            "indices have no two-sided quote"
        );
        assert_eq!(
            required(Kind::EquityOption),
            [Quote, Greeks],
            "options may never have traded"
        );
        assert_eq!(
            required(Kind::Equity),
            [Quote, Trade, Summary],
            "extended hours are a bonus"
        );
    }

    #[test]
    fn bars_of_the_contract_before_that_were_cut_or_are_unsound_are_not_known() {
        let root = Instrument::parse("/ES", date(2026, 11, 20)).unwrap();
        let before = Earlier {
            contract: Symbol("/ESU6".into()),
            streamer: StreamerSymbol("/ESU26:XCME".into()),
        };
        let from: Timestamp = "2026-06-03T00:00:00Z".parse().unwrap();
        let last = 1_789_689_600_000;
        let known_until = |close: f64, snipped: bool| {
            let bar = Candle {
                time: last,
                open: Some(100.0),
                high: Some(101.0),
                low: Some(99.0),
                close: Some(close),
                ..Candle::default()
            };
            let kept = StoredBars {
                candles: Candles {
                    symbol: "/ESU26:XCME{=d}".into(),
                    bars: vec![bar],
                    snipped,
                },
                at: from,
                since: Some(from),
            };
            bars_before(&root, &before, from, Some(&kept)).known_until
        };
        assert_eq!(known_until(100.0, false), Some(last));
        assert_eq!(known_until(100.0, true), None);
        assert_eq!(known_until(0.0, false), None);
    }

    #[test]
    fn daily_bars_reach_back_far_enough_for_ninety_returns() {
        let spy = Instrument::parse("SPY", date(2026, 11, 20)).unwrap();
        let now: Timestamp = "2026-11-20T21:30:00Z".parse().unwrap();
        let want = daily_bars(&spy, &StreamerSymbol("SPY".into()), BarHistory::WhereNeeded.start(now));
        assert_eq!(want.entry.symbol, "SPY{=d,tho=true}");
        let from = Timestamp::from_millisecond(want.entry.from_time.unwrap()).unwrap();
        assert_eq!(
            from.to_string(),
            "2026-06-03T00:00:00Z",
            "whole days, so that the request is the same all day"
        );
        let sessions = crate::time::sessions_back(crate::time::Calendar::UsEquities, date(2026, 11, 20), 92);
        assert!(sessions[0] > date(2026, 6, 3), "{}", sessions[0]);
        let start = |days| BarHistory::Days(days).start(now).to_string();
        assert_eq!(start(365), "2025-11-20T00:00:00Z");
        assert_eq!(
            start(u32::MAX),
            Timestamp::MIN.to_string(),
            "as far back as there are days"
        );
    }
}
