//! Ratios of volatilities. A ratio is never better than its worst input: it carries the source that stands further
//! down the precedence and the older of the two moments.

use super::evidence::VolRules;
use super::field::Field;
use super::field_value::FieldValue;
use super::method::Method;
use super::precedence::Precedence;
use super::reason::Reason;
use super::record::{Attempt, Record, Sourced};

/// What a ratio is made of.
struct Ratio {
    field: Field,
    over: Field,
    under: Field,
    /// Whether the divisor is never less than the floor of the rules.
    floored: bool,
    method: Method,
}

const RATIOS: [Ratio; 3] = [
    Ratio {
        field: Field::VrpStructural,
        over: Field::Iv,
        under: Field::Hv90,
        floored: true,
        method: Method::OverHv90,
    },
    Ratio {
        field: Field::VrpTactical,
        over: Field::Iv,
        under: Field::Hv30,
        floored: true,
        method: Method::OverHv30,
    },
    Ratio {
        field: Field::Vtr,
        over: Field::Hv30,
        under: Field::Hv90,
        floored: false,
        method: Method::Hv30OverHv90,
    },
];

/// The ratio that `field` is, of the volatilities in `record`.
///
/// # Errors
/// What was tried for the volatilities that are missing.
pub(super) fn ratio(
    field: Field,
    record: &Record,
    rules: &VolRules,
    precedence: &Precedence,
) -> Result<Sourced<f64>, Vec<Attempt>> {
    let ratio = RATIOS.iter().find(|ratio| ratio.field == field);
    let Ratio {
        over,
        under,
        floored,
        method,
        ..
    } = ratio.ok_or_else(Vec::new)?;
    let (Some(top), Some(bottom)) = (record.get(*over), record.get(*under)) else {
        let inputs = [*over, *under].into_iter();
        return Err(inputs.flat_map(|input| attempts(input, record)).collect());
    };
    let floor = if *floored { rules.hv_floor } else { 0.0 };
    let number = |sourced: &Sourced<FieldValue>| sourced.value.number().unwrap_or(f64::NAN);
    let value = number(top) / number(bottom).max(floor);
    if !value.is_finite() {
        return Err(vec![Attempt {
            source: bottom.source,
            reason: Reason::Zero(*under),
        }]);
    }
    let place = |field: Field, source| {
        let order = precedence.of(field.spec().group);
        order.iter().position(|known| *known == source).unwrap_or(order.len())
    };
    let source = if place(*under, bottom.source) > place(*over, top.source) {
        bottom.source
    } else {
        top.source
    };
    Ok(Sourced {
        value,
        source,
        as_of: top.as_of.min(bottom.as_of),
        method: method.clone(),
    })
}

/// What was tried for an input that is missing.
fn attempts(input: Field, record: &Record) -> impl Iterator<Item = Attempt> {
    let tried = record.gap(input).into_iter().flat_map(|gap| &gap.tried);
    tried.map(move |attempt| Attempt {
        source: attempt.source,
        reason: Reason::Input {
            field: input,
            of: Box::new(attempt.reason.clone()),
        },
    })
}
