//! Snapshots and updates of one series of bars.

use std::cmp::Ordering;
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

    fn ends(&self) -> bool {
        self.has(SNAPSHOT_END) || self.has(SNAPSHOT_SNIP)
    }

    /// Whether the row takes its bar away: a removal, or a terminator. Any other bar without a price stays, for it says
    /// that nothing is known of a day which is there.
    fn removes(&self) -> bool {
        let Candle {
            open, high, low, close, ..
        } = self.candle;
        self.has(REMOVE_EVENT) || self.ends() && [open, high, low, close].iter().all(Option::is_none)
    }
}

/// The bars of one symbol, changed only by whole transactions.
#[derive(Debug, Default)]
pub(super) struct Series {
    bars: BTreeMap<i64, Candle>,
    extent: Extent,
    /// Where the snapshot began: what is older was not asked for, or is not whole.
    floor: i64,
    pending: Vec<Bar>,
    batch: Batch,
}

/// What a row has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// The transaction goes on, or the history is not known yet.
    Waiting,
    /// It closed a transaction of a series whose snapshot is complete.
    Changed,
    /// It was one row more than a transaction may hold: what came is forgotten until a snapshot begins anew.
    Overflowed,
}

impl Series {
    /// Takes one row.
    pub(super) fn take(&mut self, bar: Bar) -> Taken {
        if bar.has(SNAPSHOT_BEGIN) {
            self.pending.clear();
            self.batch = Batch::Replaying;
        }
        if self.batch == Batch::Broken {
            return Taken::Waiting;
        }
        if self.pending.len() >= MOST_BARS {
            self.pending = Vec::new();
            self.batch = Batch::Broken;
            return Taken::Overflowed;
        }
        self.pending.push(bar);
        if bar.ends() && self.batch == Batch::Replaying {
            let snipped = bar.has(SNAPSHOT_SNIP);
            let kept = self.pending.iter().filter(|bar| !snipped || !bar.removes());
            self.batch = Batch::Replayed {
                snipped,
                floor: kept.map(|bar| bar.candle.index).min().unwrap_or(bar.candle.index),
            };
        }
        if bar.has(TX_PENDING) || self.batch == Batch::Replaying {
            return Taken::Waiting;
        }
        self.commit();
        if self.extent == Extent::Unknown {
            Taken::Waiting
        } else {
            Taken::Changed
        }
    }

    /// Rows were lost, perhaps of this series: a transaction under way cannot become whole any more.
    pub(super) fn lose_rows(&mut self) {
        if self.batch != Batch::Updates || !self.pending.is_empty() {
            self.pending = Vec::new();
            self.batch = Batch::Broken;
        }
    }

    /// The bars of the last transaction, oldest first.
    pub(super) fn bars(&self) -> Vec<Candle> {
        self.bars.values().copied().collect()
    }

    /// Whether older bars exist: the server cut the history, or more came than are kept.
    pub(super) fn snipped(&self) -> bool {
        self.extent == Extent::Snipped
    }

    fn commit(&mut self) {
        if let Batch::Replayed { snipped, floor } = std::mem::take(&mut self.batch) {
            self.bars.clear();
            self.floor = floor;
            self.extent = if snipped { Extent::Snipped } else { Extent::Whole };
        }
        for bar in self.pending.drain(..) {
            let known = self.bars.get(&bar.candle.index);
            if bar.removes() {
                self.bars.remove(&bar.candle.index);
            } else if bar.candle.index >= self.floor && !known.is_some_and(|known| is_earlier(&bar.candle, known)) {
                self.bars.insert(bar.candle.index, bar.candle);
            }
        }
        while self.bars.len() > MOST_BARS {
            self.bars.pop_first();
            self.extent = self.extent.cut();
        }
    }
}

/// Whether `candle` is an earlier state of `known`, the same bar: its volume and its range only ever grow. Where they
/// contradict each other it is a correction.
fn is_earlier(candle: &Candle, known: &Candle) -> bool {
    let growth = |from: Option<f64>, to: Option<f64>| from.zip(to).and_then(|(from, to)| to.partial_cmp(&from));
    let growths = [
        growth(known.volume, candle.volume),
        growth(known.high, candle.high),
        growth(candle.low, known.low),
    ];
    growths.contains(&Some(Ordering::Less)) && !growths.contains(&Some(Ordering::Greater))
}

/// How much of the history is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Extent {
    #[default]
    Unknown,
    Whole,
    Snipped,
}

impl Extent {
    fn cut(self) -> Self {
        match self {
            Self::Unknown => Self::Unknown,
            Self::Whole | Self::Snipped => Self::Snipped,
        }
    }
}

/// What the pending rows are part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Batch {
    #[default]
    Updates,
    Replaying,
    Replayed {
        snipped: bool,
        floor: i64,
    },
    /// Nothing that can be used before a snapshot begins.
    Broken,
}

/// Rows of one transaction, and bars kept of one series: eighty years of days. Ninety series are alive at once, and
/// the server decides how long they are.
pub(super) const MOST_BARS: usize = 20_000;

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
        assert_eq!(series.take(bar(4, 3, 30.0)), Taken::Waiting);
        assert_eq!(series.take(bar(0, 2, 20.0)), Taken::Waiting);
        assert!(series.bars().is_empty());
        assert_eq!(series.take(bar(8, 1, 10.0)), Taken::Changed);
        assert_eq!(closes(&series), [10.0, 20.0, 30.0]);
    }

    #[test]
    fn an_ascending_snapshot_is_sorted_all_the_same() {
        let mut series = Series::default();
        series.take(bar(4, 1, 10.0));
        series.take(bar(0, 2, 20.0));
        assert_eq!(series.take(bar(8, 3, 30.0)), Taken::Changed);
        assert_eq!(closes(&series), [10.0, 20.0, 30.0]);
    }

    #[test]
    fn a_terminator_row_never_becomes_a_bar() {
        let mut series = Series::default();
        series.take(bar(4, 2, 20.0));
        assert_eq!(series.take(empty(10, 0)), Taken::Changed);
        assert_eq!(closes(&series), [20.0]);
        series.take(bar(4, 2, 20.0));
        assert_eq!(series.take(empty(8, 1)), Taken::Changed);
        assert_eq!(closes(&series), [20.0]);
    }

    #[test]
    fn an_empty_snapshot_is_complete() {
        let mut series = Series::default();
        assert_eq!(series.take(empty(14, 0)), Taken::Changed);
        assert!(series.bars().is_empty());
        assert!(!series.snipped());
    }

    #[test]
    fn a_snipped_snapshot_is_complete_and_says_so() {
        let mut series = Series::default();
        series.take(bar(4, 2, 20.0));
        assert_eq!(series.take(bar(0x10, 1, 10.0)), Taken::Changed);
        assert!(series.snipped());
        assert_eq!(series.take(bar(12, 5, 50.0)), Taken::Changed);
        assert!(!series.snipped());
        assert_eq!(closes(&series), [50.0]);
    }

    #[test]
    fn pending_parts_are_held_until_the_closing_part() {
        let mut series = Series::default();
        assert_eq!(series.take(bar(5, 2, 20.0)), Taken::Waiting);
        assert_eq!(series.take(bar(9, 1, 10.0)), Taken::Waiting);
        assert!(series.bars().is_empty());
        assert_eq!(series.take(bar(0, 3, 30.0)), Taken::Changed);
        assert_eq!(closes(&series), [10.0, 20.0, 30.0]);
    }

    #[test]
    fn a_snapshot_without_bounds_is_no_history_and_takes_no_memory() {
        let mut series = Series::default();
        series.take(bar(4, 0, 10.0));
        for index in 1..=60_000 {
            assert_ne!(series.take(bar(0, index, 10.0)), Taken::Changed);
            assert!(series.pending.len() <= MOST_BARS);
        }
        let end = series.take(bar(8, 60_001, 10.0));
        assert_eq!(end, Taken::Waiting, "cut in the middle, it has no end");
        assert!(series.bars().is_empty());
        series.take(bar(4, 2, 20.0));
        assert_eq!(
            series.take(bar(8, 1, 10.0)),
            Taken::Changed,
            "the next snapshot counts again"
        );
        for index in 3..=60_000 {
            series.take(bar(0, index, 10.0));
        }
        assert_eq!(series.bars().len(), MOST_BARS);
    }

    #[test]
    fn a_new_beginning_restarts_the_snapshot() {
        let mut series = Series::default();
        series.take(bar(4, 9, 90.0));
        series.take(bar(4, 2, 20.0));
        assert_eq!(series.take(bar(8, 1, 10.0)), Taken::Changed);
        assert_eq!(closes(&series), [10.0, 20.0]);
    }

    #[test]
    fn the_old_bars_stay_until_the_new_snapshot_is_complete() {
        let mut series = Series::default();
        series.take(bar(12, 1, 10.0));
        assert_eq!(series.take(bar(4, 5, 50.0)), Taken::Waiting);
        assert_eq!(closes(&series), [10.0]);
    }

    #[test]
    fn updates_change_and_remove_bars_after_the_snapshot() {
        let mut series = Series::default();
        series.take(bar(4, 2, 20.0));
        series.take(bar(8, 1, 10.0));
        assert_eq!(series.take(bar(0, 2, 21.0)), Taken::Changed);
        assert_eq!(series.take(bar(0, 3, 30.0)), Taken::Changed);
        assert_eq!(closes(&series), [10.0, 21.0, 30.0]);
        assert_eq!(series.take(bar(2, 1, 10.0)), Taken::Changed);
        assert_eq!(series.take(bar(2, 77, 1.0)), Taken::Changed);
        assert_eq!(closes(&series), [21.0, 30.0]);
    }

    #[test]
    fn a_bar_without_prices_is_a_day_nothing_is_known_of() {
        let mut series = Series::default();
        series.take(bar(4, 3, 30.0));
        series.take(empty(0, 2));
        series.take(bar(0, 1, 10.0));
        series.take(empty(10, 0));
        let bars: Vec<_> = series.bars().iter().map(|bar| (bar.index, bar.close)).collect();
        assert_eq!(bars, [(1, Some(10.0)), (2, None), (3, Some(30.0))]);
    }

    #[test]
    fn a_bar_never_goes_back_to_what_it_was_before() {
        let state = |volume: f64, high: f64, close: f64| {
            let mut bar = bar(0, 2, close);
            bar.candle.volume = Some(volume);
            bar.candle.high = Some(high);
            bar.candle.low = Some(5.0);
            bar
        };
        let mut series = Series::default();
        series.take(Bar {
            flags: 4,
            ..state(900.0, 23.0, 21.0)
        });
        series.take(bar(8, 1, 10.0));
        series.take(state(100.0, 20.0, 20.0));
        assert_eq!(closes(&series), [10.0, 21.0], "less volume, less range");
        series.take(state(900.0, 22.0, 20.0));
        assert_eq!(closes(&series), [10.0, 21.0], "less range");
        series.take(state(950.0, 23.0, 22.0));
        assert_eq!(closes(&series), [10.0, 22.0], "it goes on");
        series.take(state(940.0, 24.0, 23.0));
        assert_eq!(closes(&series), [10.0, 23.0], "a correction");
    }

    #[test]
    fn what_is_older_than_the_snapshot_is_no_part_of_the_history() {
        let mut series = Series::default();
        series.take(bar(4, 9, 90.0));
        series.take(bar(0, 8, 80.0));
        series.take(empty(10, 7));
        series.take(bar(0, 6, 60.0));
        series.take(bar(0, 7, 70.0));
        assert_eq!(closes(&series), [70.0, 80.0, 90.0]);
        series.take(bar(4, 9, 90.0));
        series.take(empty(0x12, 1));
        series.take(bar(0, 5, 50.0));
        assert_eq!(closes(&series), [90.0], "a cut history does not go on further back");
    }

    #[test]
    fn updates_without_a_snapshot_are_no_history() {
        let mut series = Series::default();
        assert_eq!(series.take(bar(0, 1, 10.0)), Taken::Waiting);
        assert_eq!(series.take(bar(8, 2, 20.0)), Taken::Waiting);
    }

    #[test]
    fn a_snapshot_without_end_is_forgotten_and_the_next_one_counts() {
        let mut series = Series::default();
        series.take(bar(4, 0, 1.0));
        let rows = 1..2 * MOST_BARS as i64;
        let overflows = rows.filter(|index| series.take(bar(0, *index, 1.0)) == Taken::Overflowed);
        assert_eq!(overflows.count(), 1);
        assert_eq!(
            (series.pending.len(), series.take(bar(8, 3, 30.0))),
            (0, Taken::Waiting)
        );
        assert_eq!(series.take(bar(12, 1, 10.0)), Taken::Changed);
        assert_eq!(closes(&series), [10.0]);
    }

    #[test]
    fn a_series_that_grows_for_ever_keeps_its_newest_bars_and_says_that_it_is_cut() {
        let mut series = Series::default();
        series.take(bar(12, 0, 0.0));
        for index in 1..=MOST_BARS as i64 {
            series.take(bar(0, index, 1.0));
        }
        assert_eq!((series.bars.len(), series.snipped()), (MOST_BARS, true));
        assert_eq!(series.bars().first().unwrap().index, 1);
    }

    #[test]
    fn a_snapshot_that_lost_rows_never_passes_for_whole() {
        let mut series = Series::default();
        series.take(bar(4, 3, 30.0));
        series.lose_rows();
        assert_eq!(series.take(bar(8, 1, 10.0)), Taken::Waiting);
        assert!(series.bars().is_empty());
        series.take(bar(12, 2, 20.0));
        series.lose_rows();
        assert_eq!(series.take(bar(0, 4, 40.0)), Taken::Changed, "nothing was under way");
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
