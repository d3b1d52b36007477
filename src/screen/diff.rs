//! What changed from one screen to the next.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::report::Report;
use super::screened::Screened;
use crate::instrument::Symbol;

/// The candidates of one screen against those of an earlier one.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Diff {
    /// The session compared with, `YYYY-MM-DD`.
    pub against: String,
    /// Candidates that were none then, by rank.
    pub entered: Vec<Symbol>,
    /// Candidates of then that are none now, by their rank of then.
    pub left: Vec<Left>,
    /// Candidates of both whose rank is another, by rank.
    pub moved: Vec<Moved>,
}

/// A candidate that is none any more.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Left {
    /// The symbol.
    pub symbol: Symbol,
    /// Why: the text of the gate that stopped it now; `null` when it was not screened now.
    pub rejected: Option<String>,
}

/// A candidate whose rank is another.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Moved {
    /// The symbol.
    pub symbol: Symbol,
    /// Its rank then.
    pub from_rank: usize,
    /// Its rank now.
    pub to_rank: usize,
    /// Its score then.
    pub from_score: Option<f64>,
    /// Its score now.
    pub to_score: Option<f64>,
}

/// What entered, left and moved from `before` to `after`, `before` being the screen of `against`.
pub fn diff(before: &Report<'_>, after: &Report<'_>, against: String) -> Diff {
    let then = candidates(before);
    let now = candidates(after);
    let known: BTreeMap<&Symbol, &Screened<'_>> = then.iter().map(|one| (&one.record.symbol, *one)).collect();
    let still: BTreeMap<&Symbol, &Screened<'_>> = now.iter().map(|one| (&one.record.symbol, *one)).collect();
    let left = then.iter().filter(|one| !still.contains_key(&one.record.symbol));
    Diff {
        against,
        entered: now
            .iter()
            .filter(|one| !known.contains_key(&one.record.symbol))
            .map(|one| one.record.symbol.clone())
            .collect(),
        left: left
            .map(|one| Left {
                symbol: one.record.symbol.clone(),
                rejected: after
                    .rejected()
                    .find(|(record, _)| record.symbol == one.record.symbol)
                    .map(|(_, gate)| gate.text.clone()),
            })
            .collect(),
        moved: now
            .iter()
            .filter_map(|one| {
                let before = known.get(&one.record.symbol)?;
                let (from_rank, to_rank) = (before.rank?, one.rank?);
                (from_rank != to_rank).then(|| Moved {
                    symbol: one.record.symbol.clone(),
                    from_rank,
                    to_rank,
                    from_score: before.assessment.score,
                    to_score: one.assessment.score,
                })
            })
            .collect(),
    }
}

fn candidates<'r, 'a>(report: &'r Report<'a>) -> Vec<&'r Screened<'a>> {
    report.screened.iter().filter(|one| one.rank.is_some()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{TODAY, rules, share, volatility};
    use super::*;
    use crate::screen::run;

    #[test]
    fn who_entered_who_left_and_why_and_who_moved() {
        let before = [
            share("AA"),
            volatility(share("BB"), 0.15, 0.15),
            share("GONE"),
            share("CC"),
        ];
        let after = [
            volatility(share("AA"), 0.14, 0.14),
            volatility(share("BB"), 0.15, 0.15),
            volatility(share("CC"), 0.4, 0.4),
            share("DD"),
        ];
        let diff = diff(
            &run(&before, &rules(), TODAY),
            &run(&after, &rules(), TODAY),
            "2026-11-19".to_owned(),
        );
        assert_eq!(diff.entered, [Symbol("DD".into())]);
        let left: Vec<_> = diff
            .left
            .iter()
            .map(|left| (left.symbol.as_str(), left.rejected.as_deref()))
            .collect();
        assert_eq!(left, [("CC", Some("VRP Structural: 0.75 <= 1.10")), ("GONE", None)]);
        let moved: Vec<_> = diff
            .moved
            .iter()
            .map(|moved| (moved.symbol.as_str(), moved.from_rank, moved.to_rank))
            .collect();
        assert_eq!(moved, [("AA", 2, 1), ("BB", 1, 2)]);
    }
}
