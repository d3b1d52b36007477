//! Daily bars: who needs them, since when, and what of them is kept already. No IO.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::dxlink::{Candles, EventType, Subscription};
use crate::instrument::{Earlier, Instrument, Kind, Listed, StreamerSymbol, Symbol, Universe, candle_symbol};
use crate::market::{StoredBars, market_of, needs_hv};
use crate::store::StoreSnapshot;
use crate::stream::{Known, Received, Request, Shortfall};
use crate::tastytrade::{Metrics, metrics_symbol};
use crate::time;

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

/// Whether `kind` has daily bars at all.
pub(super) fn has_bars(kind: Kind) -> bool {
    !kind.is_option()
}

/// Whether realized volatility has to be computed from bars: always for futures, whose contracts the venue's figure does
/// not name, and for others where the venue has none.
pub(super) fn needs_bars(instrument: &Instrument, metrics: &BTreeMap<Symbol, Metrics>) -> bool {
    needs_hv(metrics.get(&instrument.symbol()), instrument.kind())
}

/// The bars since `from` of everybody in `universe` who needs them, whatever is kept.
pub(super) fn needed(universe: &Universe, metrics: &BTreeMap<Symbol, Metrics>, from: Timestamp) -> Vec<Request> {
    let needed = universe.listed().filter(|listed| {
        let instrument = &listed.instrument;
        metrics_symbol(instrument).is_some() && (instrument.kind() == Kind::Future || needs_bars(instrument, metrics))
    });
    needed
        .filter_map(|listed| {
            Some(daily_bars(
                &listed.instrument,
                &listed.resolved.as_ref()?.streamer,
                from,
            ))
        })
        .collect()
}

/// What of the `history` of an instrument the feed is asked for; nothing where it has no name for it or could send
/// none that are not kept in `memory`.
pub(super) fn request(
    listed: &Listed,
    memory: &StoreSnapshot,
    history: BarHistory,
    today: Timestamp,
) -> Option<Request> {
    let Listed { instrument, resolved } = listed;
    let resolved = resolved.as_ref()?;
    let from = history.start(today);
    let request = daily_bars(instrument, &resolved.streamer, from);
    let shortfall = resolved.before.as_ref().map(|before| {
        let name = candle_symbol(instrument, &before.streamer);
        bars_before(instrument, before, from, memory.bars.get(&name))
    });
    let market = market_of(instrument.kind());
    let suffice = |bars: &StoredBars| bars.are_final(market, today) && bars.reach_back(from) && bars.are_sound();
    match memory.bars.get(&request.entry.symbol) {
        Some(kept) if suffice(kept) => {
            let short = shortfall.filter(|shortfall| shortfall.applies_to(&kept.candles))?;
            Some(Request {
                entry: short.entry,
                ..request
            })
        }
        kept => {
            let request = Request { shortfall, ..request };
            Some(match kept.filter(|kept| kept.can_go_on(from, market)) {
                Some(kept) => continued(request, kept, from),
                None => request,
            })
        }
    }
}

/// The daily bars of an instrument since `from`.
fn daily_bars(instrument: &Instrument, streamer: &StreamerSymbol, from: Timestamp) -> Request {
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
fn bars_before(root: &Instrument, before: &Earlier, from: Timestamp, kept: Option<&StoredBars>) -> Shortfall {
    let kept = kept.filter(|kept| kept.reach_back(from) && kept.are_sound());
    Shortfall {
        least: NEEDED_BARS,
        known_until: kept.and_then(|kept| kept.candles.bars.iter().map(|bar| bar.time).max()),
        market: market_of(root.kind()),
        entry: daily_bars(root, &before.streamer, from).entry,
    }
}

/// `request`, a history since `from`, as what the `kept` bars lack of it; the whole where there are too few of these.
fn continued(request: Request, kept: &StoredBars, from: Timestamp) -> Request {
    let first = kept.candles.bars.first().map(|bar| bar.time);
    let Some((first, resumed)) = first.zip(kept.candles.continue_from()) else {
        return request;
    };
    let since = kept.since.map_or(first, Timestamp::as_millisecond);
    Request {
        entry: Subscription {
            from_time: Some(resumed),
            ..request.entry
        },
        known: Some(Known {
            candles: kept.candles.clone(),
            since: since.min(from.as_millisecond()),
        }),
        ..request
    }
}

/// The bars of `heard` that were closed when they came.
pub(super) fn closed(instrument: &Instrument, heard: &Received<Candles>, since: Option<Timestamp>) -> StoredBars {
    let market = market_of(instrument.kind());
    let is_closed = |ms| time::date_of_bar(ms).is_some_and(|day| time::is_closed(market, day, heard.at));
    let mut candles = heard.event.clone();
    candles.bars.retain(|bar| is_closed(bar.time));
    StoredBars {
        candles,
        at: heard.at,
        since,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::dxlink::Candle;
    use crate::instrument::Symbol;

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
        let sessions = time::sessions_back(time::Calendar::UsEquities, date(2026, 11, 20), 92);
        assert!(sessions[0] > date(2026, 6, 3), "{}", sessions[0]);
        let start = |days| BarHistory::Days(days).start(now).to_string();
        assert_eq!(start(365), "2025-11-20T00:00:00Z");
        assert_eq!(
            start(u32::MAX),
            Timestamp::MIN.to_string(),
            "as far back as there are days"
        );
    }

    #[test]
    fn bars_that_are_kept_and_final_are_not_asked_for() {
        let now: Timestamp = "2026-11-20T22:30:00Z".parse().unwrap();
        let spy = Instrument::parse("SPY", date(2026, 11, 20)).unwrap();
        let listed = Listed {
            resolved: Some(crate::instrument::Resolved {
                streamer: spy.streamer().unwrap(),
                contract: None,
                expiration: None,
                before: None,
            }),
            instrument: spy,
        };
        let from = BarHistory::WhereNeeded.start(now);
        let kept = |at: Timestamp| {
            let bar = Candle {
                time: from.as_millisecond(),
                open: Some(100.0),
                high: Some(101.0),
                low: Some(99.0),
                close: Some(100.0),
                ..Candle::default()
            };
            let kept = StoredBars {
                candles: Candles {
                    symbol: "SPY{=d,tho=true}".into(),
                    bars: vec![bar],
                    snipped: false,
                },
                at,
                since: Some(from),
            };
            StoreSnapshot {
                bars: [(kept.candles.symbol.clone(), kept)].into(),
                ..StoreSnapshot::default()
            }
        };
        let asked = |memory: &StoreSnapshot| request(&listed, memory, BarHistory::WhereNeeded, now);
        assert_eq!(asked(&kept(now)), None);
        let since = |request: Option<Request>| request.and_then(|request| request.entry.from_time);
        let yesterday = "2026-11-19T22:30:00Z".parse().unwrap();
        assert_eq!(
            since(asked(&kept(yesterday))),
            Some(from.as_millisecond()),
            "its last bar again"
        );
        assert_eq!(since(asked(&StoreSnapshot::default())), Some(from.as_millisecond()));
    }
}
