//! The alarm for a split or reverse split that a history was not adjusted for.
//!
//! Such a jump makes a close-to-close volatility absurd, while estimators from the range of a day do not see it. It is told
//! from a crash by three things: the price changes by a ratio in which shares are split, exactly but for one ordinary
//! day's move; it does so between two sessions; and the session after it is as calm as those before.

use jiff::civil::Date;

use super::bars::CleanBar;
use super::stats::count;

/// A return that looks like a split nobody adjusted for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitAlarm {
    /// The first session at the new price.
    pub date: Date,
    /// New shares for [`old`](Self::old) ones: 4 in a 4:1 split.
    pub new: u32,
    /// Old shares: 10 in a 1:10 reverse split.
    pub old: u32,
    /// The close of that session over the close before.
    pub change: f64,
}

/// The sessions of `bars`, oldest first, that look like the first after a split. The first 20 can raise none: there is
/// nothing to compare them with. Bars without a range (closes alone) raise none either.
pub fn alarms(bars: &[CleanBar]) -> Vec<SplitAlarm> {
    bars.windows(CALM_DAYS + 1).filter_map(alarm).collect()
}

/// Sessions before a jump that say what is ordinary.
const CALM_DAYS: usize = 20;

fn alarm(bars: &[CleanBar]) -> Option<SplitAlarm> {
    let (last, before) = bars.split_last()?;
    if !bars.iter().all(CleanBar::is_positive) {
        return None;
    }
    let close = before.last()?.close;
    let ordinary = (before.iter().map(|bar| bar.range().powi(2)).sum::<f64>() / count(before.len())).sqrt();
    let (gap, change) = ((last.open / close).ln(), last.close / close);
    if last.range() > CALM * ordinary {
        return None;
    }
    RATIOS
        .iter()
        .flat_map(|&(new, old)| [(new, old), (old, new)])
        .map(|(new, old)| (new, old, (f64::from(old) / f64::from(new)).ln()))
        .filter(|(_, _, jump)| jump.abs() > CALM * ordinary)
        .map(|(new, old, jump)| (new, old, (gap - jump).abs().max((change.ln() - jump).abs())))
        .filter(|(_, _, miss)| *miss <= ordinary.min(WIDEST_MISS))
        .min_by(|one, other| one.2.total_cmp(&other.2))
        .map(|(new, old, _)| SplitAlarm {
            date: last.date,
            new,
            old,
            change,
        })
}

/// Ratios in which shares are split, and the other way round combined.
const RATIOS: &[(u32, u32)] = &[
    (3, 2),
    (2, 1),
    (3, 1),
    (4, 1),
    (5, 1),
    (6, 1),
    (7, 1),
    (8, 1),
    (10, 1),
    (15, 1),
    (20, 1),
    (25, 1),
    (30, 1),
    (40, 1),
    (50, 1),
    (100, 1),
];

/// How many ordinary ranges the range of the day after a split may be, and the jump must exceed.
const CALM: f64 = 3.0;

/// The logarithm by which a jump may miss the ratio, however wild the days are: half the way from 4:1 to 5:1.
const WIDEST_MISS: f64 = 0.11;

#[cfg(test)]
mod tests;
