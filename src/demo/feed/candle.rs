//! Daily candles: the symbol in its canonical form and the rows of a snapshot.

use std::collections::BTreeMap;

use super::{PricePath, write::Cell};
use crate::market::Bar;

pub(super) const DAY_MS: i64 = 86_400_000;
pub(super) const SNAPSHOT_BEGIN: i64 = 4;
pub(super) const SNAPSHOT_END: i64 = 8;
pub(super) const REMOVE_EVENT: i64 = 2;

/// A candle symbol, `BASE{=[n]TYPE[,key=value...]}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CandleSymbol {
    /// The instrument's streamer symbol.
    pub(super) base: String,
    /// The symbol with sorted keys and without defaults, as the feed echoes it.
    pub(super) canonical: String,
    /// Whether the bars are days of last or mark prices, the only ones served.
    pub(super) served: bool,
}

impl CandleSymbol {
    /// `symbol` taken apart. Text without braces is a tick candle.
    pub(super) fn parse(symbol: &str) -> Self {
        let (base, inside) = symbol
            .strip_suffix('}')
            .and_then(|open| open.split_once('{'))
            .unwrap_or((symbol, ""));
        let mut attributes: BTreeMap<&str, &str> = inside
            .split(',')
            .filter_map(|attribute| attribute.split_once('='))
            .collect();
        if let Some(period) = attributes.get_mut("") {
            *period = period
                .strip_prefix('1')
                .filter(|kind| kind.starts_with(|first: char| first.is_ascii_alphabetic()))
                .unwrap_or(period);
        }
        for (key, default) in [("", "t"), ("a", "m"), ("price", "last"), ("tho", "false")] {
            if attributes.get(key) == Some(&default) {
                attributes.remove(key);
            }
        }
        let price = attributes.get("price").copied();
        let served = attributes.get("") == Some(&"d") && matches!(price, None | Some("mark"));
        let inside: Vec<String> = attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let canonical = if inside.is_empty() {
            base.to_owned()
        } else {
            format!("{base}{{{}}}", inside.join(","))
        };
        Self {
            base: base.to_owned(),
            canonical,
            served,
        }
    }
}

/// One event of a candle subscription: a bar, or a flag without data.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CandleEvent {
    pub(super) flags: i64,
    /// Start of the day in Unix milliseconds.
    pub(super) time: i64,
    pub(super) bar: Option<Bar>,
}

impl CandleEvent {
    /// The feed's index of the event: seconds, milliseconds and a zero sequence packed.
    pub(super) fn index(&self) -> i64 {
        let seconds = self.time.div_euclid(1000);
        let milliseconds = self.time.rem_euclid(1000);
        seconds.wrapping_shl(32) | (milliseconds << 22)
    }

    pub(super) fn value(&self, read: impl Fn(&Bar) -> f64) -> Cell {
        self.bar.as_ref().map_or(Cell::UNSET, |bar| Cell::Real(read(bar)))
    }
}

/// The snapshot of `base` since `from_time` (Unix milliseconds, inclusive): newest first, closed by a row without data.
/// `None` for an instrument without bars.
pub(super) fn snapshot(tape: &impl PricePath, base: &str, from_time: i64, tick: u64) -> Option<Vec<CandleEvent>> {
    let mut bars = tape.bars(base)?;
    bars.retain(|bar| bar.day_ms >= from_time);
    move_running_bar(tape, base, tick, bars.last_mut());
    let mut events: Vec<CandleEvent> = bars
        .into_iter()
        .rev()
        .map(|bar| CandleEvent {
            flags: 0,
            time: bar.day_ms,
            bar: Some(bar),
        })
        .collect();
    let end = SNAPSHOT_END | REMOVE_EVENT;
    let flags = if let Some(first) = events.first_mut() {
        first.flags = SNAPSHOT_BEGIN;
        end
    } else {
        SNAPSHOT_BEGIN | end
    };
    events.push(CandleEvent {
        flags,
        time: from_time,
        bar: None,
    });
    Some(events)
}

/// The newest bar of `base` as it stands at `tick`.
pub(super) fn newest(tape: &impl PricePath, base: &str, tick: u64) -> Option<CandleEvent> {
    let mut bar = tape.bars(base)?.pop()?;
    move_running_bar(tape, base, tick, Some(&mut bar));
    Some(CandleEvent {
        flags: 0,
        time: bar.day_ms,
        bar: Some(bar),
    })
}

/// Lets the bar of a session that still runs follow the last trade.
fn move_running_bar(tape: &impl PricePath, base: &str, tick: u64, bar: Option<&mut Bar>) {
    let Some((bar, last)) = bar.zip(tape.last(base, tick)) else {
        return;
    };
    let running = last
        .summary
        .is_some_and(|day| day.close.is_none() && i64::from(day.day_id) * DAY_MS == bar.day_ms);
    if let Some(trade) = last.trade.filter(|trade| running && trade.price.is_finite()) {
        bar.close = trade.price;
        bar.high = bar.high.max(trade.price);
        bar.low = bar.low.min(trade.price);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_echoed_in_canonical_form() {
        for (asked, echoed) in [
            ("AAPL{=1d,tho=false}", "AAPL{=d}"),
            ("SPY{=1d,tho=true}", "SPY{=d,tho=true}"),
            ("SPY{tho=true,=d}", "SPY{=d,tho=true}"),
            ("SPY{=d,price=last,a=m}", "SPY{=d}"),
            ("SPY{=d,tho=true,a=s}", "SPY{=d,a=s,tho=true}"),
            ("SPY{=15m}", "SPY{=15m}"),
            ("/ESU26:XCME{=1d}", "/ESU26:XCME{=d}"),
            ("SPY{=1t}", "SPY"),
            ("SPY", "SPY"),
        ] {
            assert_eq!(CandleSymbol::parse(asked).canonical, echoed);
        }
    }

    #[test]
    fn only_days_are_served() {
        let served = |symbol| CandleSymbol::parse(symbol).served;
        assert!(served("SPY{=d}") && served("SPY{=1d,tho=true}") && served("BTC/USD:CXTALP{=d,price=mark}"));
        assert!(!served("SPY") && !served("SPY{=5m}") && !served("SPY{=2d}") && !served("SPY{=d,price=bid}"));
    }

    #[test]
    fn the_index_packs_seconds_and_milliseconds() {
        let at = |time| {
            CandleEvent {
                flags: 0,
                time,
                bar: None,
            }
            .index()
        };
        assert_eq!(at(1_750_032_000_000), 7_516_330_206_953_472_000);
        assert_eq!(at(1_684_559_855_338), 7_235_129_486_797_176_832);
    }
}
