//! What a value can be, by its field, whoever gave it.

use std::ops::RangeInclusive;

use crate::instrument::Kind;
use crate::market::{Field, tradable};

/// `text` as a value of `field`, in the program's units, of an instrument of this kind.
pub(super) fn number(field: Field, kind: Kind, text: &str) -> Result<f64, String> {
    let name = field.name();
    let value: Option<f64> = text.parse().ok().filter(|value: &f64| value.is_finite());
    let value = value.ok_or_else(|| format!("{name} {text:?} is no number"))?;
    if field == Field::Price && tradable(kind, Some(value), name).is_err() {
        return Err(format!("price {text} is none that such an instrument can have"));
    }
    match BOUNDS.iter().find(|bounds| bounds.field == field) {
        Some(bounds) if !bounds.hold(value) => Err(format!("{name} {text} is not {}", bounds.told)),
        Some(_) | None => Ok(value),
    }
}

/// Between what a field lies, and that in words.
struct Bounds {
    field: Field,
    range: RangeInclusive<f64>,
    told: &'static str,
}

impl Bounds {
    const fn new(field: Field, range: RangeInclusive<f64>, told: &'static str) -> Self {
        Self { field, range, told }
    }

    fn hold(&self, value: f64) -> bool {
        let is_fit = self.field != Field::LiquidityRating || value.fract() == 0.0;
        is_fit && self.range.contains(&value)
    }
}

/// Of all other fields any finite number may be.
const BOUNDS: [Bounds; 9] = [
    Bounds::new(Field::Iv, VOLATILITY, VOLATILITY_TOLD),
    Bounds::new(Field::Hv30, VOLATILITY, VOLATILITY_TOLD),
    Bounds::new(Field::Hv90, VOLATILITY, VOLATILITY_TOLD),
    Bounds::new(Field::IvRank, RANK, RANK_TOLD),
    Bounds::new(Field::IvPercentile, RANK, RANK_TOLD),
    Bounds::new(Field::LiquidityRating, 0.0..=5.0, "a whole number from 0 to 5"),
    Bounds::new(Field::CorrSpy, -1.0..=1.0, "from -1 to 1"),
    Bounds::new(Field::Slippage, 0.0..=2.0, "from 0 to 2, (ask - bid) / mid"),
    Bounds::new(Field::Yield, 0.0..=f64::MAX, "0 or above"),
];

/// No annualized volatility of a year's history was higher: 500 %.
const VOLATILITY: RangeInclusive<f64> = f64::MIN_POSITIVE..=5.0;
const VOLATILITY_TOLD: &str = "above 0 and at most 5: volatilities are fractions, 0.183 is 18.3 %";

/// As [`Rank`](crate::units::Rank) has it, those of the venue may lie slightly outside 0 to 100.
const RANK: RangeInclusive<f64> = -10.0..=110.0;
const RANK_TOLD: &str = "on the scale of 0 to 100, nor within 10 of it";
