//! A record's fields as one table from [`Field`] to its value, so that coverage, sorting, provenance, output and store
//! agree.

use jiff::civil::Date;

use super::record::{Field, Record, Sourced};

/// What a field holds, in the program's units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldValue {
    /// A finite number: a price, an annualized fraction, a rank on 0 to 100, a ratio, a count.
    Number(f64),
    /// A calendar day, New York.
    Day(Date),
}

/// What `record` holds in `field`, with its provenance; `None` when it is missing or not a finite number.
pub fn field_value(record: &Record, field: Field) -> Option<Sourced<FieldValue>> {
    let found = match field {
        Field::Price => number(record.price.as_ref(), |v| v.get()),
        Field::Bid => number(record.bid.as_ref(), |v| v.get()),
        Field::Ask => number(record.ask.as_ref(), |v| v.get()),
        Field::Last => number(record.last.as_ref(), |v| v.get()),
        Field::PrevClose => number(record.prev_close.as_ref(), |v| v.get()),
        Field::Open => number(record.open.as_ref(), |v| v.get()),
        Field::High => number(record.high.as_ref(), |v| v.get()),
        Field::Low => number(record.low.as_ref(), |v| v.get()),
        Field::Volume => number(record.volume.as_ref(), |v| *v),
        Field::Iv => number(record.iv.as_ref(), |v| v.get()),
        Field::IvRank => number(record.iv_rank.as_ref(), |v| v.get()),
        Field::IvPercentile => number(record.iv_percentile.as_ref(), |v| v.get()),
        Field::IvChange5d => number(record.iv_change_5d.as_ref(), |v| *v),
        Field::Hv30 => number(record.hv30.as_ref(), |v| v.get()),
        Field::Hv90 => number(record.hv90.as_ref(), |v| v.get()),
        Field::LiquidityRating => number(record.liquidity_rating.as_ref(), |v| rating(*v)),
        Field::Beta => number(record.beta.as_ref(), |v| *v),
        Field::CorrSpy => number(record.corr_spy.as_ref(), |v| *v),
        Field::EarningsDate => with(record.earnings_date.as_ref(), |v| FieldValue::Day(*v)),
        Field::VrpStructural => number(record.vrp_structural.as_ref(), |v| *v),
        Field::VrpTactical => number(record.vrp_tactical.as_ref(), |v| *v),
        Field::Vtr => number(record.vtr.as_ref(), |v| *v),
        Field::Slippage => number(record.slippage.as_ref(), |v| *v),
        Field::Yield => number(record.straddle_yield.as_ref(), |v| *v),
        Field::Delta => number(record.delta.as_ref(), |v| *v),
        Field::Gamma => number(record.gamma.as_ref(), |v| *v),
        Field::Theta => number(record.theta.as_ref(), |v| *v),
        Field::Vega => number(record.vega.as_ref(), |v| *v),
        Field::Rho => number(record.rho.as_ref(), |v| *v),
        Field::OptionIv => number(record.option_iv.as_ref(), |v| v.get()),
        Field::OpenInterest => number(record.open_interest.as_ref(), |v| *v),
    };
    found.filter(|sourced| match sourced.value {
        FieldValue::Number(value) => value.is_finite(),
        FieldValue::Day(_) => true,
    })
}

/// A rating as a number; NaN, and so missing, when it is absurdly large.
pub fn rating(rating: i64) -> f64 {
    i32::try_from(rating).map_or(f64::NAN, f64::from)
}

fn number<T>(sourced: Option<&Sourced<T>>, get: impl Fn(&T) -> f64) -> Option<Sourced<FieldValue>> {
    with(sourced, |value| FieldValue::Number(get(value)))
}

fn with<T>(sourced: Option<&Sourced<T>>, read: impl Fn(&T) -> FieldValue) -> Option<Sourced<FieldValue>> {
    sourced.map(|sourced| Sourced {
        value: read(&sourced.value),
        source: sourced.source,
        as_of: sourced.as_of,
        method: sourced.method.clone(),
    })
}
