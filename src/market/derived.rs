//! Ratios of volatilities. A ratio is never better than its worst input: it carries the source that stands further
//! down the precedence and the older of the two moments.

use jiff::Timestamp;

use super::evidence::VolRules;
use super::precedence::Precedence;
use super::record::{Attempt, Field, Missing, Source, Sourced};
use crate::units::Vol;

/// What a ratio is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input<'a> {
    field: Field,
    name: &'static str,
    value: Option<&'a Sourced<Vol>>,
    order: &'a [Source],
}

/// The volatilities of a record that ratios are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Volatilities<'a> {
    iv: Input<'a>,
    hv30: Input<'a>,
    hv90: Input<'a>,
}

impl<'a> Volatilities<'a> {
    pub(super) fn new(
        iv: Option<&'a Sourced<Vol>>,
        hv30: Option<&'a Sourced<Vol>>,
        hv90: Option<&'a Sourced<Vol>>,
        precedence: &'a Precedence,
    ) -> Self {
        let realized = |field, name, value| Input {
            field,
            name,
            value,
            order: &precedence.realized,
        };
        Self {
            iv: Input {
                field: Field::Iv,
                name: "iv",
                value: iv,
                order: &precedence.iv,
            },
            hv30: realized(Field::Hv30, "hv30", hv30),
            hv90: realized(Field::Hv90, "hv90", hv90),
        }
    }

    /// `iv / max(hv90, floor)`.
    pub(super) fn vrp_structural(&self, rules: &VolRules, gaps: &[Missing]) -> Result<Sourced<f64>, Vec<Attempt>> {
        ratio(self.iv, self.hv90, rules.hv_floor, "iv / max(hv90, floor)", gaps)
    }

    /// `iv / max(hv30, floor)`.
    pub(super) fn vrp_tactical(&self, rules: &VolRules, gaps: &[Missing]) -> Result<Sourced<f64>, Vec<Attempt>> {
        ratio(self.iv, self.hv30, rules.hv_floor, "iv / max(hv30, floor)", gaps)
    }

    /// `hv30 / hv90`.
    pub(super) fn vtr(&self, gaps: &[Missing]) -> Result<Sourced<f64>, Vec<Attempt>> {
        ratio(self.hv30, self.hv90, 0.0, "hv30 / hv90", gaps)
    }
}

fn ratio(
    over: Input<'_>,
    under: Input<'_>,
    floor: f64,
    method: &'static str,
    gaps: &[Missing],
) -> Result<Sourced<f64>, Vec<Attempt>> {
    let (Some(top), Some(bottom)) = (over.value, under.value) else {
        return Err([over, under]
            .into_iter()
            .flat_map(|input| input.attempts(gaps))
            .collect());
    };
    let value = top.value.get() / bottom.value.get().max(floor);
    if !value.is_finite() {
        return Err(vec![Attempt {
            source: bottom.source,
            reason: format!("{} is 0", under.name),
        }]);
    }
    let source = if under.place(bottom) > over.place(top) {
        bottom.source
    } else {
        top.source
    };
    let as_of: Timestamp = top.as_of.min(bottom.as_of);
    Ok(Sourced {
        value,
        source,
        as_of,
        method: method.into(),
    })
}

impl Input<'_> {
    fn place(&self, sourced: &Sourced<Vol>) -> usize {
        self.order
            .iter()
            .position(|source| *source == sourced.source)
            .unwrap_or(self.order.len())
    }

    fn attempts(&self, gaps: &[Missing]) -> Vec<Attempt> {
        let gap = gaps.iter().find(|gap| self.value.is_none() && gap.field == self.field);
        let named = |attempt: &Attempt| Attempt {
            source: attempt.source,
            reason: format!("{} missing: {}", self.name, attempt.reason),
        };
        gap.map(|gap| gap.tried.iter().map(named).collect()).unwrap_or_default()
    }
}
