//! Ratios of volatilities. A ratio is never better than its worst input: it carries the source that stands further
//! down the precedence and the older of the two moments.

use jiff::Timestamp;

use super::evidence::VolRules;
use super::field::Field;
use super::method::Method;
use super::precedence::Precedence;
use super::reason::Reason;
use super::record::{Attempt, Record, Source, Sourced};
use crate::units::Vol;

/// What a ratio is made of.
#[derive(Debug)]
struct Input<'a> {
    field: Field,
    value: Option<Sourced<Vol>>,
    order: &'a [Source],
}

/// The volatilities of a record that ratios are made of.
#[derive(Debug)]
pub(super) struct Volatilities<'a> {
    iv: Input<'a>,
    hv30: Input<'a>,
    hv90: Input<'a>,
}

impl<'a> Volatilities<'a> {
    pub(super) fn new(record: &Record, precedence: &'a Precedence) -> Self {
        let input = |field: Field, value| Input {
            field,
            value,
            order: precedence.of(field.spec().group),
        };
        Self {
            iv: input(Field::Iv, record.iv()),
            hv30: input(Field::Hv30, record.hv30()),
            hv90: input(Field::Hv90, record.hv90()),
        }
    }

    /// `iv / max(hv90, floor)`.
    pub(super) fn vrp_structural(&self, rules: &VolRules, record: &Record) -> Result<Sourced<f64>, Vec<Attempt>> {
        ratio(&self.iv, &self.hv90, rules.hv_floor, Method::OverHv90, record)
    }

    /// `iv / max(hv30, floor)`.
    pub(super) fn vrp_tactical(&self, rules: &VolRules, record: &Record) -> Result<Sourced<f64>, Vec<Attempt>> {
        ratio(&self.iv, &self.hv30, rules.hv_floor, Method::OverHv30, record)
    }

    /// `hv30 / hv90`.
    pub(super) fn vtr(&self, record: &Record) -> Result<Sourced<f64>, Vec<Attempt>> {
        ratio(&self.hv30, &self.hv90, 0.0, Method::Hv30OverHv90, record)
    }
}

fn ratio(
    over: &Input<'_>,
    under: &Input<'_>,
    floor: f64,
    method: Method,
    record: &Record,
) -> Result<Sourced<f64>, Vec<Attempt>> {
    let (Some(top), Some(bottom)) = (&over.value, &under.value) else {
        return Err([over, under]
            .into_iter()
            .flat_map(|input| input.attempts(record))
            .collect());
    };
    let value = top.value.get() / bottom.value.get().max(floor);
    if !value.is_finite() {
        return Err(vec![Attempt {
            source: bottom.source,
            reason: Reason::Zero(under.field),
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
        method,
    })
}

impl Input<'_> {
    fn place(&self, sourced: &Sourced<Vol>) -> usize {
        self.order
            .iter()
            .position(|source| *source == sourced.source)
            .unwrap_or(self.order.len())
    }

    fn attempts(&self, record: &Record) -> Vec<Attempt> {
        let gap = record.gap(self.field).filter(|_| self.value.is_none());
        let named = |attempt: &Attempt| Attempt {
            source: attempt.source,
            reason: Reason::Input {
                field: self.field,
                of: Box::new(attempt.reason.clone()),
            },
        };
        gap.map(|gap| gap.tried.iter().map(named).collect()).unwrap_or_default()
    }
}
