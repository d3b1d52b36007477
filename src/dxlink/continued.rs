//! A series of daily bars that goes on from bars known before.
//!
//! Closed bars change for two reasons: the newest of them may be corrected after its close, and a split or another
//! adjustment revises all of them. So a series is asked for again from a few bars before the newest known one. If those
//! few come as they were known, the rest is taken to be what it was; if any differs, nothing of what was known is used.

use super::event::{Candle, Candles};

impl Candles {
    /// Where these closed bars must be asked for from, Unix milliseconds, so that what comes shows whether they still
    /// hold; `None` when there are too few of them. It is a bar further back than is compared: a snapshot may end with
    /// a row at the very moment it was asked from, which takes the bar of that moment away.
    pub fn continue_from(&self) -> Option<i64> {
        let first = self.bars.len().checked_sub(OVERLAP + 2)?;
        self.bars.get(first).map(|bar| bar.time)
    }

    /// These closed bars joined with the `fresh` ones of the same series, which reach back to [`Candles::continue_from`]
    /// or further. Of a day that both have, the fresh bar counts. `None` when the series was revised or `fresh` does not
    /// reach back far enough: at least five known bars before the newest must come again, on the same days and at the
    /// same prices; the newest may be corrected, but must be there.
    pub fn continued_by(&self, fresh: &Self) -> Option<Self> {
        let newest = self.bars.last()?.time;
        let begin = fresh.bars.first()?.time;
        let known = self.bars.iter().filter(|bar| begin <= bar.time && bar.time < newest);
        let again = fresh.bars.iter().filter(|bar| bar.time < newest);
        let compared = known.clone().count();
        let holds = compared >= OVERLAP
            && compared == again.clone().count()
            && known.zip(again).all(|(known, again)| is_same(known, again))
            && fresh.bars.iter().any(|bar| bar.time == newest);
        holds.then(|| {
            let older = self.bars.iter().filter(|bar| bar.time < begin);
            let reaches_back = self.bars.first().is_some_and(|bar| bar.time < begin);
            Self {
                symbol: fresh.symbol.clone(),
                bars: older.chain(&fresh.bars).copied().collect(),
                snipped: if reaches_back { self.snipped } else { fresh.snipped },
            }
        })
    }
}

fn is_same(one: &Candle, other: &Candle) -> bool {
    let prices = |bar: &Candle| [bar.open, bar.high, bar.low, bar.close];
    one.time == other.time
        && prices(one).into_iter().zip(prices(other)).all(|prices| match prices {
            (Some(one), Some(other)) => (one - other).abs() <= TOLERANCE * one.abs().max(other.abs()),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        })
}

/// Bars before the newest known one that must come again as they were.
const OVERLAP: usize = 5;
/// Of a price: less than any tick, more than the rounding of an adjustment that is computed anew.
const TOLERANCE: f64 = 1e-8;

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    /// Bars of the days from `first`, each with its close.
    fn series(first: i64, closes: &[f64]) -> Candles {
        let bars = (first..).zip(closes).map(|(day, close)| Candle {
            time: day * DAY,
            index: day,
            open: Some(close - 0.5),
            high: Some(close + 1.0),
            low: Some(close - 1.0),
            close: Some(*close),
            volume: Some(1e6),
        });
        Candles {
            symbol: "SPY{=d,tho=true}".into(),
            bars: bars.collect(),
            snipped: false,
        }
    }

    fn closes(candles: Option<Candles>) -> Option<Vec<f64>> {
        candles.map(|candles| candles.bars.iter().filter_map(|bar| bar.close).collect())
    }

    const KNOWN: [f64; 8] = [100.0, 101.0, 102.0, 103.0, 104.0, 105.0, 106.0, 107.0];

    #[test]
    fn a_series_is_asked_for_from_a_bar_before_those_that_are_compared() {
        assert_eq!(series(10, &KNOWN).continue_from(), Some(11 * DAY));
        assert_eq!(series(10, &KNOWN[..7]).continue_from(), Some(10 * DAY));
        assert_eq!(series(10, &KNOWN[..6]).continue_from(), None);
    }

    #[test]
    fn known_bars_are_joined_with_new_ones_and_no_day_comes_twice() {
        let fresh = series(12, &[102.0, 103.0, 104.0, 105.0, 106.0, 107.0, 108.0]);
        let joined = series(10, &KNOWN).continued_by(&fresh).unwrap();
        let days: Vec<i64> = joined.bars.iter().map(|bar| bar.time / DAY).collect();
        assert_eq!(days, [10, 11, 12, 13, 14, 15, 16, 17, 18]);
        assert_eq!(closes(Some(joined)).unwrap().last(), Some(&108.0));
    }

    #[test]
    fn the_newest_known_bar_may_have_been_corrected() {
        let fresh = series(12, &[102.0, 103.0, 104.0, 105.0, 106.0, 107.25]);
        let joined = closes(series(10, &KNOWN).continued_by(&fresh)).unwrap();
        assert_eq!(joined, [100.0, 101.0, 102.0, 103.0, 104.0, 105.0, 106.0, 107.25]);
    }

    #[test]
    fn a_revised_series_is_not_continued() {
        let split = series(12, &[51.0, 51.5, 52.0, 52.5, 53.0, 53.5, 54.0]);
        assert_eq!(series(10, &KNOWN).continued_by(&split), None);
        // A dividend of three in ten thousand, taken off everything before the newest bar.
        let dividend: Vec<f64> = KNOWN[2..7].iter().map(|close| close * 0.9997).chain([107.0]).collect();
        assert_eq!(series(10, &KNOWN).continued_by(&series(12, &dividend)), None);
        let mut corrected = series(12, &KNOWN[2..]);
        corrected.bars[1].low = Some(90.0);
        assert_eq!(series(10, &KNOWN).continued_by(&corrected), None, "not the newest");
        corrected.bars[1].low = None;
        assert_eq!(series(10, &KNOWN).continued_by(&corrected), None, "a price went");
    }

    #[test]
    fn what_does_not_reach_back_far_enough_or_lost_a_day_continues_nothing() {
        let known = series(10, &KNOWN);
        assert_eq!(known.continued_by(&series(13, &KNOWN[3..])), None, "four to compare");
        assert_eq!(known.continued_by(&series(18, &[108.0])), None);
        assert_eq!(known.continued_by(&series(10, &[])), None);
        assert_eq!(
            known.continued_by(&series(10, &KNOWN[..7])),
            None,
            "the newest is not there"
        );
        let mut lost = series(12, &KNOWN[2..]);
        lost.bars.remove(2);
        assert_eq!(known.continued_by(&lost), None);
        let mut more = series(10, &KNOWN);
        more.bars.remove(4);
        assert_eq!(more.continued_by(&series(10, &KNOWN)), None, "a day was unknown");
    }

    #[test]
    fn rounding_of_the_wire_is_no_revision() {
        let fresh: Vec<f64> = KNOWN.iter().map(|close| close * (1.0 + 1e-9)).collect();
        assert!(series(10, &KNOWN).continued_by(&series(10, &fresh)).is_some());
    }

    #[test]
    fn only_a_history_whose_beginning_was_cut_is_cut() {
        let mut known = series(10, &KNOWN);
        let mut fresh = series(12, &KNOWN[2..]);
        fresh.snipped = true;
        assert!(!known.continued_by(&fresh).unwrap().snipped);
        known.snipped = true;
        assert!(known.continued_by(&fresh).unwrap().snipped);
        fresh.snipped = false;
        fresh.bars = series(10, &KNOWN).bars;
        assert!(!known.continued_by(&fresh).unwrap().snipped);
    }
}
