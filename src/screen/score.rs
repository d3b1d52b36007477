//! The score, 0 to 100: how dear implied volatility is, and how well it can be traded.

use super::Rules;
use super::field::{value, was_asked};
use crate::instrument::Kind;
use crate::market::{Field, Note, Record};

/// The weighted mean of the components, 0 to 100, rounded to one decimal; `None` when neither `vrp_structural` nor
/// `vrp_tactical` is known, because then nothing says what volatility is worth.
///
/// | component | 0 to 100 | missing |
/// |---|---|---|
/// | structural_vrp | `(vrp_structural - 1) * multiplier`, never for a ratio below 1 | 0 |
/// | tactical_vrp | the same of `vrp_tactical` | as structural |
/// | volatility_momentum | linear from the gate's limit to the ceiling | 50 |
/// | iv_percentile | linear from the gate's limit to the ceiling; 50 when the gate is off | 0 |
/// | yield | linear from the gate's limit to the ceiling; 50 when the gate is off | 0; left out where nobody was asked |
/// | retail_efficiency | mean of the price, linear from the gate's limit to the ceiling, and of the slippage, linear from the gate's limit to 0; futures 50 | price 0, slippage 50 |
/// | liquidity | linear from the gate's limit to the ceiling, without a rating that of the slippage; 50 when illiquid symbols are allowed | left out |
///
/// Where `iv` is that of a stand-in the mean is multiplied with `proxy_iv_score_haircut`.
pub fn score(record: &Record, rules: &Rules) -> Option<f64> {
    let structural = value(record, Field::VrpStructural);
    let tactical = value(record, Field::VrpTactical);
    if structural.is_none() && tactical.is_none() {
        return None;
    }
    let weights = &rules.score.weights;
    let structural = structural.map_or(0.0, |ratio| richness(ratio, rules));
    let components = [
        (weights.structural_vrp, Some(structural)),
        (
            weights.tactical_vrp,
            Some(tactical.map_or(structural, |ratio| richness(ratio, rules))),
        ),
        (weights.volatility_momentum, Some(momentum(record, rules))),
        (weights.iv_percentile, Some(iv_percentile(record, rules))),
        (weights.r#yield, straddle_yield(record, rules)),
        (weights.retail_efficiency, Some(retail_efficiency(record, rules))),
        (weights.liquidity, liquidity(record, rules)),
    ];
    let (mut sum, mut weight_sum) = (0.0, 0.0);
    for (weight, points) in components {
        let Some(points) = points else { continue };
        sum += weight.max(0.0) * points;
        weight_sum += weight.max(0.0);
    }
    if weight_sum <= 0.0 {
        return None;
    }
    let by_proxy = record.notes.contains(&Note::IvProxy);
    let haircut = if by_proxy {
        rules.score.proxy_iv_score_haircut
    } else {
        1.0
    };
    Some(((sum / weight_sum * haircut).clamp(0.0, 100.0) * 10.0).round() / 10.0)
}

fn richness(ratio: f64, rules: &Rules) -> f64 {
    ((ratio - 1.0) * rules.score.dislocation_multiplier).clamp(0.0, 100.0)
}

fn momentum(record: &Record, rules: &Rules) -> f64 {
    let floor = rules.volatility_momentum_min_ratio;
    value(record, Field::Vtr).map_or(MIDDLE, |ratio| linear(ratio, floor, rules.score.momentum_ceiling))
}

fn iv_percentile(record: &Record, rules: &Rules) -> f64 {
    if rules.min_iv_percentile <= 0.0 {
        return MIDDLE;
    }
    let ceiling = rules.score.iv_percentile_ceiling;
    value(record, Field::IvPercentile).map_or(0.0, |percentile| linear(percentile, rules.min_iv_percentile, ceiling))
}

fn retail_efficiency(record: &Record, rules: &Rules) -> f64 {
    if record.kind == Kind::Future {
        return MIDDLE;
    }
    let price = value(record, Field::Price).map_or(0.0, |price| {
        linear(price, rules.retail_min_price, rules.score.retail_price_ceiling)
    });
    f64::midpoint(price, tightness(record, rules).unwrap_or(MIDDLE))
}

fn straddle_yield(record: &Record, rules: &Rules) -> Option<f64> {
    if rules.min_yield <= 0.0 {
        return Some(MIDDLE);
    }
    match value(record, Field::Yield) {
        Some(found) => Some(linear(found, rules.min_yield, rules.score.yield_ceiling)),
        None => was_asked(record, Field::Yield).then_some(0.0),
    }
}

/// 100 without any slippage, 0 at the gate's limit.
fn tightness(record: &Record, rules: &Rules) -> Option<f64> {
    let slippage = value(record, Field::Slippage)?;
    let limit = rules.retail_max_slippage;
    Some(linear(limit - slippage, 0.0, limit))
}

fn liquidity(record: &Record, rules: &Rules) -> Option<f64> {
    if rules.allow_illiquid {
        return Some(MIDDLE);
    }
    let floor = crate::market::rating(rules.min_liquidity_rating);
    let rating = value(record, Field::LiquidityRating);
    let points = rating.map(|rating| linear(rating, floor, rules.score.liquidity_ceiling));
    points.or_else(|| tightness(record, rules))
}

/// 0 at `low`, 100 at `high`, straight between; 0 when there is nothing between.
fn linear(value: f64, low: f64, high: f64) -> f64 {
    if high > low {
        ((value - low) / (high - low) * 100.0).clamp(0.0, 100.0)
    } else {
        0.0
    }
}

const MIDDLE: f64 = 50.0;
