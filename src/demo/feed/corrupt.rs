//! Data that is wrong on purpose: snapshots as events, messages as text.

use super::candle::{CandleEvent, DAY_MS, REMOVE_EVENT, SNAPSHOT_BEGIN, SNAPSHOT_END};
use crate::{fault::SnapshotFault, market::Bar};

const TX_PENDING: i64 = 1;
const SNAPSHOT_SNIP: i64 = 16;
/// Every so manieth bar is bad.
const BAD_BAR_STEP: usize = 5;
const FIRST_BAD_BAR: usize = 2;

/// Puts `fault` into the snapshot `events`: newest first, closed by a row without data.
pub(super) fn snapshot(events: &mut Vec<CandleEvent>, fault: SnapshotFault) {
    match fault {
        SnapshotFault::NeverEnds => events.retain(|event| event.flags & SNAPSHOT_END == 0),
        SnapshotFault::NeverBegins => {
            for event in events {
                event.flags &= !SNAPSHOT_BEGIN;
            }
        }
        SnapshotFault::TxPending => {
            let pending = events.len().saturating_sub(1);
            for event in events.iter_mut().take(pending) {
                event.flags |= TX_PENDING;
            }
        }
        SnapshotFault::Ascending => {
            events.sort_by_key(|event| (event.bar.is_none(), event.time));
            for event in events.iter_mut() {
                event.flags &= !SNAPSHOT_BEGIN;
            }
            if let Some(first) = events.first_mut() {
                first.flags |= SNAPSHOT_BEGIN;
            }
        }
        SnapshotFault::Empty => {
            events.retain(|event| event.bar.is_none());
            for event in events {
                event.flags = SNAPSHOT_BEGIN | SNAPSHOT_END | REMOVE_EVENT;
            }
        }
        SnapshotFault::Snip => {
            let bars = events.iter().filter(|event| event.bar.is_some()).count();
            let mut place = 0;
            events.retain(|event| {
                place += 1;
                event.bar.is_none() || place <= bars.div_ceil(2)
            });
            for event in events.iter_mut().filter(|event| event.flags & SNAPSHOT_END != 0) {
                event.flags = event.flags & !SNAPSHOT_END | SNAPSHOT_SNIP;
            }
        }
        SnapshotFault::NanBars => replace_bars(events, f64::NAN),
        SnapshotFault::ZeroBars => replace_bars(events, 0.0),
        SnapshotFault::Duplicates => {
            *events = std::mem::take(events)
                .into_iter()
                .flat_map(|event| {
                    let again = event.bar.is_some().then(|| CandleEvent {
                        flags: event.flags & !SNAPSHOT_BEGIN,
                        ..event.clone()
                    });
                    std::iter::once(event).chain(again)
                })
                .collect();
        }
        SnapshotFault::OldEvents => events.extend(old_events(events)),
    }
}

/// The newest bar as it was when its session had begun, and a bar of the day before the history begins.
fn old_events(events: &[CandleEvent]) -> Vec<CandleEvent> {
    let bars = || events.iter().filter_map(|event| event.bar);
    let newest = bars().max_by_key(|bar| bar.day_ms).map(|bar| Bar {
        high: bar.open,
        low: bar.open,
        close: bar.open,
        volume: (bar.volume * 0.02).floor(),
        ..bar
    });
    let begin = events.iter().map(|event| event.time).min();
    let before = bars().min_by_key(|bar| bar.day_ms).zip(begin).map(|(bar, begin)| Bar {
        day_ms: begin.saturating_sub(DAY_MS),
        ..bar
    });
    let event = |bar: Bar| CandleEvent {
        flags: 0,
        time: bar.day_ms,
        bar: Some(bar),
    };
    newest.into_iter().chain(before).map(event).collect()
}

fn replace_bars(events: &mut [CandleEvent], value: f64) {
    let bars = events.iter_mut().filter_map(|event| event.bar.as_mut());
    for bar in bars.skip(FIRST_BAD_BAR).step_by(BAD_BAR_STEP) {
        *bar = Bar {
            day_ms: bar.day_ms,
            open: value,
            high: value,
            low: value,
            close: value,
            volume: value,
        };
    }
}

/// The COMPACT data message `text` with the last row short of its last column; any other text as it is.
pub(super) fn short(text: &str) -> String {
    let shortened = text.strip_suffix("]]}").and_then(|open| {
        let (mut quoted, mut escaped, mut comma) = (false, false, None);
        for (at, character) in open.char_indices() {
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => quoted = !quoted,
                ',' if !quoted => comma = Some(at),
                _ => {}
            }
        }
        Some(format!("{}]]}}", open.get(..comma?)?))
    });
    shortened.unwrap_or_else(|| text.to_owned())
}

/// The data message `text` with an event of an unknown type ahead of its own.
pub(super) fn with_unknown_type(text: &str) -> String {
    match text.split_once(DATA) {
        Some((head, data)) if data.starts_with('{') => {
            format!(r#"{head}{DATA}{{"eventType":"Foo","eventSymbol":"SPY"}},{data}"#)
        }
        Some((head, data)) => format!(r#"{head}{DATA}"Foo",["Foo","SPY",1.0],{data}"#),
        None => text.to_owned(),
    }
}

/// Data messages of one channel as one message.
pub(super) fn joined(texts: &[String]) -> String {
    let data: Vec<&str> = texts
        .iter()
        .filter_map(|text| text.strip_suffix(END)?.split_once(DATA))
        .map(|(_, data)| data)
        .collect();
    let head = texts
        .first()
        .and_then(|text| text.split_once(DATA))
        .map_or("", |(head, _)| head);
    format!("{head}{DATA}{}{END}", data.join(","))
}

/// The text that names the type at the start of the data message `text`.
pub(super) fn leading_type(text: &str) -> Option<&str> {
    let (_, data) = text.split_once(DATA)?;
    data.split(',').next()
}

/// A well-formed message of an unknown type with `bytes` of text in it.
pub(super) fn huge(bytes: usize) -> String {
    format!(r#"{{"type":"NOTICE","channel":0,"text":"{}"}}"#, "x".repeat(bytes))
}

/// A message that breaks off before it is JSON.
pub(super) const GARBAGE: &str = r#"{"type":"FEED_DATA","channel":1,"data":["Quote",[NaN,,"#;
const DATA: &str = r#""data":["#;
const END: &str = "]}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_row_lacks_its_last_column_even_where_symbols_hold_commas() {
        assert_eq!(
            short(r#"{"type":"FEED_DATA","channel":1,"data":["Candle",["SPY{=d,tho=true}",1.0,"a\",b"]]}"#),
            r#"{"type":"FEED_DATA","channel":1,"data":["Candle",["SPY{=d,tho=true}",1.0]]}"#
        );
        assert_eq!(short(r#"{"type":"KEEPALIVE"}"#), r#"{"type":"KEEPALIVE"}"#);
    }

    #[test]
    fn messages_are_joined_type_by_type() {
        let texts = [
            r#"{"channel":1,"data":["Quote",[1]]}"#,
            r#"{"channel":1,"data":["Trade",[2]]}"#,
        ]
        .map(str::to_owned);
        assert_eq!(joined(&texts), r#"{"channel":1,"data":["Quote",[1],"Trade",[2]]}"#);
    }

    #[test]
    fn an_ascending_snapshot_keeps_its_frame() {
        assert_eq!(
            spoiled(SnapshotFault::Ascending),
            [(4, 1), (0, 2), (0, 3), (0, 4), (10, 0)]
        );
    }

    #[test]
    fn begin_end_and_pending_are_set_or_missing_as_told() {
        assert_eq!(spoiled(SnapshotFault::NeverEnds), [(4, 4), (0, 3), (0, 2), (0, 1)]);
        assert_eq!(
            spoiled(SnapshotFault::NeverBegins),
            [(0, 4), (0, 3), (0, 2), (0, 1), (10, 0)]
        );
        assert_eq!(
            spoiled(SnapshotFault::TxPending),
            [(5, 4), (1, 3), (1, 2), (1, 1), (10, 0)]
        );
    }

    #[test]
    fn a_snapshot_is_empty_cut_or_doubled() {
        assert_eq!(spoiled(SnapshotFault::Empty), [(14, 0)]);
        assert_eq!(spoiled(SnapshotFault::Snip), [(4, 4), (0, 3), (18, 0)]);
        assert_eq!(
            spoiled(SnapshotFault::Duplicates),
            [(4, 4), (0, 4), (0, 3), (0, 3), (0, 2), (0, 2), (0, 1), (0, 1), (10, 0)]
        );
    }

    #[test]
    fn behind_the_end_come_the_newest_bar_as_it_was_and_one_from_before_the_beginning() {
        let mut events = four_bars();
        if let Some(bar) = &mut events[0].bar {
            bar.close = 9.0;
        }
        snapshot(&mut events, SnapshotFault::OldEvents);
        let [.., newest, before] = events.as_slice() else {
            panic!()
        };
        assert_eq!(
            (events.len(), newest.flags, newest.time, before.time),
            (7, 0, 4, -DAY_MS)
        );
        assert_eq!(newest.bar.map(|bar| bar.close), Some(5.0));
    }

    #[test]
    fn every_fifth_bar_is_bad() {
        let mut events = four_bars();
        snapshot(&mut events, SnapshotFault::ZeroBars);
        let closes: Vec<_> = events
            .iter()
            .filter_map(|event| Some(event.bar.as_ref()?.close))
            .collect();
        assert_eq!(closes, [5.0, 5.0, 0.0, 5.0]);
        snapshot(&mut events, SnapshotFault::NanBars);
        assert!(events[2].bar.as_ref().is_some_and(|bar| bar.close.is_nan()));
    }

    fn spoiled(fault: SnapshotFault) -> Vec<(i64, i64)> {
        let mut events = four_bars();
        snapshot(&mut events, fault);
        events.iter().map(|event| (event.flags, event.time)).collect()
    }

    fn four_bars() -> Vec<CandleEvent> {
        let event = |(flags, time): (i64, i64)| CandleEvent {
            flags,
            time,
            bar: (time > 0).then_some(Bar {
                day_ms: time,
                open: 5.0,
                high: 5.0,
                low: 5.0,
                close: 5.0,
                volume: 5.0,
            }),
        };
        [(4, 4), (0, 3), (0, 2), (0, 1), (10, 0)].map(event).into()
    }
}
