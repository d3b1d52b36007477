//! Snapshots and updates of one series of bars.

use std::collections::BTreeMap;

use super::event::Candle;

/// One row of a series as it arrives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bar {
    /// The event flags of the feed.
    pub(super) flags: i64,
    /// The bar.
    pub(super) candle: Candle,
}

impl Bar {
    fn has(&self, flag: i64) -> bool {
        self.flags & flag != 0
    }

    /// Whether the row takes its bar away: a removal, a terminator, a bar without any price.
    fn removes(&self) -> bool {
        let Candle {
            open, high, low, close, ..
        } = self.candle;
        self.has(REMOVE_EVENT) || [open, high, low, close].iter().all(Option::is_none)
    }
}

/// The bars of one symbol, changed only by whole transactions.
#[derive(Debug, Default)]
pub(super) struct Series {
    bars: BTreeMap<i64, Candle>,
    extent: Extent,
    pending: Vec<Bar>,
    batch: Batch,
}

impl Series {
    /// Takes one row. True when it closed a transaction of a series whose snapshot is complete.
    pub(super) fn take(&mut self, bar: Bar) -> bool {
        if bar.has(SNAPSHOT_BEGIN) {
            self.pending.clear();
            self.batch = Batch::Replaying;
        }
        if self.batch == Batch::Overrun {
            return false;
        }
        if self.pending.len() >= MOST_ROWS {
            self.pending = Vec::new();
            self.batch = Batch::Overrun;
            return false;
        }
        self.pending.push(bar);
        let ends = bar.has(SNAPSHOT_END) || bar.has(SNAPSHOT_SNIP);
        if ends && self.batch == Batch::Replaying {
            self.batch = Batch::Replayed {
                snipped: bar.has(SNAPSHOT_SNIP),
            };
        }
        if bar.has(TX_PENDING) || self.batch == Batch::Replaying {
            return false;
        }
        self.commit();
        self.extent != Extent::Unknown
    }

    /// The bars of the last transaction, oldest first.
    pub(super) fn bars(&self) -> Vec<Candle> {
        self.bars.values().copied().collect()
    }

    /// Whether the server cut the history.
    pub(super) fn snipped(&self) -> bool {
        self.extent == Extent::Snipped
    }

    fn commit(&mut self) {
        if let Batch::Replayed { snipped } = std::mem::take(&mut self.batch) {
            self.bars.clear();
            self.extent = if snipped { Extent::Snipped } else { Extent::Whole };
        }
        for bar in self.pending.drain(..) {
            if bar.removes() {
                self.bars.remove(&bar.candle.index);
            } else {
                self.bars.insert(bar.candle.index, bar.candle);
            }
        }
        while self.bars.len() > MOST_ROWS {
            self.bars.pop_first();
        }
    }
}

/// How much of the history is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Extent {
    #[default]
    Unknown,
    Whole,
    Snipped,
}

/// What the pending rows are part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Batch {
    #[default]
    Updates,
    Replaying,
    Replayed {
        snipped: bool,
    },
    /// Of more rows than anybody asked for: nothing counts before the next snapshot.
    Overrun,
}

/// Rows held at most, many times what is ever asked for.
const MOST_ROWS: usize = 50_000;

const TX_PENDING: i64 = 0x01;
const REMOVE_EVENT: i64 = 0x02;
const SNAPSHOT_BEGIN: i64 = 0x04;
const SNAPSHOT_END: i64 = 0x08;
const SNAPSHOT_SNIP: i64 = 0x10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_shows_only_when_it_has_ended_and_oldest_first() {
        let mut series = Series::default();
        assert!(!series.take(bar(4, 3, 30.0)));
        assert!(!series.take(bar(0, 2, 20.0)));
        assert!(series.bars().is_empty());
        assert!(series.take(bar(8, 1, 10.0)));
        assert_eq!(closes(&series), [10.0, 20.0, 30.0]);
    }

    #[test]
    fn an_ascending_snapshot_is_sorted_all_the_same() {
        let mut series = Series::default();
        series.take(bar(4, 1, 10.0));
        series.take(bar(0, 2, 20.0));
        assert!(series.take(bar(8, 3, 30.0)));
        assert_eq!(closes(&series), [10.0, 20.0, 30.0]);
    }

    #[test]
    fn a_terminator_row_never_becomes_a_bar() {
        let mut series = Series::default();
        series.take(bar(4, 2, 20.0));
        assert!(series.take(empty(10, 0)));
        assert_eq!(closes(&series), [20.0]);
        series.take(bar(4, 2, 20.0));
        assert!(series.take(empty(8, 1)));
        assert_eq!(closes(&series), [20.0]);
    }

    #[test]
    fn an_empty_snapshot_is_complete() {
        let mut series = Series::default();
        assert!(series.take(empty(14, 0)));
        assert!(series.bars().is_empty());
        assert!(!series.snipped());
    }

    #[test]
    fn a_snipped_snapshot_is_complete_and_says_so() {
        let mut series = Series::default();
        series.take(bar(4, 2, 20.0));
        assert!(series.take(bar(0x10, 1, 10.0)));
        assert!(series.snipped());
        assert!(series.take(bar(12, 5, 50.0)));
        assert!(!series.snipped());
        assert_eq!(closes(&series), [50.0]);
    }

    #[test]
    fn pending_parts_are_held_until_the_closing_part() {
        let mut series = Series::default();
        assert!(!series.take(bar(5, 2, 20.0)));
        assert!(!series.take(bar(9, 1, 10.0)));
        assert!(series.bars().is_empty());
        assert!(series.take(bar(0, 3, 30.0)));
        assert_eq!(closes(&series), [10.0, 20.0, 30.0]);
    }

    #[test]
    fn a_snapshot_without_bounds_is_no_history_and_takes_no_memory() {
        let mut series = Series::default();
        series.take(bar(4, 0, 10.0));
        for index in 1..=60_000 {
            assert!(!series.take(bar(0, index, 10.0)));
            assert!(series.pending.len() <= MOST_ROWS);
        }
        assert!(!series.take(bar(8, 60_001, 10.0)), "cut in the middle, it has no end");
        assert!(series.bars().is_empty());
        series.take(bar(4, 2, 20.0));
        assert!(series.take(bar(8, 1, 10.0)), "the next snapshot counts again");
        for index in 3..=60_000 {
            series.take(bar(0, index, 10.0));
        }
        assert_eq!(series.bars().len(), MOST_ROWS);
    }

    #[test]
    fn a_new_beginning_restarts_the_snapshot() {
        let mut series = Series::default();
        series.take(bar(4, 9, 90.0));
        series.take(bar(4, 2, 20.0));
        assert!(series.take(bar(8, 1, 10.0)));
        assert_eq!(closes(&series), [10.0, 20.0]);
    }

    #[test]
    fn the_old_bars_stay_until_the_new_snapshot_is_complete() {
        let mut series = Series::default();
        series.take(bar(12, 1, 10.0));
        assert!(!series.take(bar(4, 5, 50.0)));
        assert_eq!(closes(&series), [10.0]);
    }

    #[test]
    fn updates_change_and_remove_bars_after_the_snapshot() {
        let mut series = Series::default();
        series.take(bar(4, 2, 20.0));
        series.take(bar(8, 1, 10.0));
        assert!(series.take(bar(0, 2, 21.0)));
        assert!(series.take(bar(0, 3, 30.0)));
        assert_eq!(closes(&series), [10.0, 21.0, 30.0]);
        assert!(series.take(bar(2, 1, 10.0)));
        assert!(series.take(bar(2, 77, 1.0)));
        assert_eq!(closes(&series), [21.0, 30.0]);
    }

    #[test]
    fn updates_without_a_snapshot_are_no_history() {
        let mut series = Series::default();
        assert!(!series.take(bar(0, 1, 10.0)));
        assert!(!series.take(bar(8, 2, 20.0)));
    }

    fn bar(flags: i64, index: i64, close: f64) -> Bar {
        Bar {
            flags,
            candle: Candle {
                time: index,
                index,
                close: Some(close),
                ..Candle::default()
            },
        }
    }

    fn empty(flags: i64, index: i64) -> Bar {
        Bar {
            flags,
            candle: Candle {
                index,
                ..Candle::default()
            },
        }
    }

    fn closes(series: &Series) -> Vec<f64> {
        series.bars().iter().filter_map(|candle| candle.close).collect()
    }
}
