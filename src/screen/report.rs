//! One screen from records to an ordered report.

use std::cmp::Ordering;

use jiff::civil::Date;

use super::gate::{GateResult, first_failure, gates};
use super::rules::Rules;
use super::screened::{Explained, Screened};
use super::signal::assess;
use super::sort::Sort;
use crate::market::{Field, Record};

/// A screened universe: the candidates by rank, then the rejected by symbol.
#[derive(Debug, Clone, PartialEq)]
pub struct Report<'a> {
    /// The rules in force.
    pub rules: Rules,
    /// Every record, candidates first.
    pub screened: Vec<Screened<'a>>,
}

/// Which rows of a report are wanted, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct View {
    /// Their order; by rank unless said otherwise.
    pub sort: Sort,
    /// At most so many; all when `None`.
    pub limit: Option<usize>,
    /// Whether the rejected are wanted too.
    pub all: bool,
    /// Whether those rejected for a missing input are wanted: a run that was cut off has not judged them.
    pub unjudged: bool,
}

impl<'a> Report<'a> {
    /// The rows of `view`, in its order.
    pub fn rows(&self, view: &View) -> Vec<&Screened<'a>> {
        let mut rows: Vec<_> = self
            .screened
            .iter()
            .filter(|screened| {
                screened
                    .rejection
                    .as_ref()
                    .is_none_or(|rejection| view.all || (view.unjudged && rejection.lacks_input()))
            })
            .collect();
        rows.sort_by(|a, b| view.sort.compare(a, b));
        rows.truncate(view.limit.unwrap_or(usize::MAX));
        rows
    }

    /// The rejected with the gate that stopped each, by symbol.
    pub fn rejected(&self) -> impl Iterator<Item = (&'a Record, &GateResult)> {
        self.screened
            .iter()
            .filter_map(|screened| Some((screened.record, screened.rejection.as_ref()?)))
    }
}

/// Screens `records` by `rules`: the first gate that fails rejects, the rest are ranked by score, then by
/// `vrp_structural`, both descending, then by symbol. Each symbol occurs once in `records`.
pub fn run<'a>(records: &'a [Record], rules: &Rules, today: Date) -> Report<'a> {
    let mut screened: Vec<_> = records.iter().map(|record| screen(record, rules, today)).collect();
    screened.sort_by(order);
    for (screened, rank) in screened
        .iter_mut()
        .filter(|screened| screened.rejection.is_none())
        .zip(1..)
    {
        screened.rank = Some(rank);
    }
    Report {
        rules: rules.clone(),
        screened,
    }
}

/// Asks every gate about every record, in the order of `records`.
pub fn explain<'a>(records: &'a [Record], rules: &Rules, today: Date) -> Vec<Explained<'a>> {
    records
        .iter()
        .map(|record| Explained {
            screened: screen(record, rules, today),
            gates: gates(record, rules),
        })
        .collect()
}

fn screen<'a>(record: &'a Record, rules: &Rules, today: Date) -> Screened<'a> {
    let rejection = first_failure(record, rules);
    let mut assessment = assess(record, rules, today);
    if rejection.is_some() && !assessment.held {
        assessment.vote = None;
    }
    Screened {
        record,
        rank: None,
        assessment,
        rejection,
    }
}

fn order(a: &Screened<'_>, b: &Screened<'_>) -> Ordering {
    let by_gate = a.rejection.is_some().cmp(&b.rejection.is_some());
    let by_merit = if a.rejection.is_none() {
        descending(a.assessment.score, b.assessment.score).then_with(|| {
            descending(
                a.record.number(Field::VrpStructural),
                b.record.number(Field::VrpStructural),
            )
        })
    } else {
        Ordering::Equal
    };
    by_gate
        .then(by_merit)
        .then_with(|| a.record.symbol.cmp(&b.record.symbol))
}

fn descending(a: Option<f64>, b: Option<f64>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}
