//! The score, 0 to 100: how dear implied volatility is, and how well it can be traded.

use super::rules::Rules;
use super::table::Weights;
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
    record
        .number(Field::VrpStructural)
        .or_else(|| record.number(Field::VrpTactical))?;
    let (mut sum, mut weight_sum) = (0.0_f64, 0.0);
    for (weight, points) in components(record, rules) {
        let Some(points) = points else { continue };
        sum += weight.max(0.0) * points;
        weight_sum += weight.max(0.0);
    }
    if weight_sum <= 0.0 {
        return None;
    }
    let by_proxy = record.notes.contains(&Note::IvProxy);
    let haircut = if by_proxy {
        rules.score.points.proxy_iv_score_haircut
    } else {
        1.0
    };
    Some(((sum / weight_sum * haircut).clamp(0.0, 100.0) * 10.0).round() / 10.0)
}

/// Every weight with the points of its component.
fn components(record: &Record, rules: &Rules) -> [(f64, Option<f64>); Weights::COUNT] {
    let weights = &rules.score.weights;
    [
        (weights.structural_vrp, structural_vrp(record, rules)),
        (weights.tactical_vrp, tactical_vrp(record, rules)),
        (weights.volatility_momentum, volatility_momentum(record, rules)),
        (weights.iv_percentile, iv_percentile(record, rules)),
        (weights.straddle_yield, straddle_yield(record, rules)),
        (weights.retail_efficiency, retail_efficiency(record, rules)),
        (weights.liquidity, liquidity(record, rules)),
    ]
}

fn richness(ratio: f64, rules: &Rules) -> f64 {
    ((ratio - 1.0) * rules.score.points.dislocation_multiplier).clamp(0.0, 100.0)
}

fn structural_vrp(record: &Record, rules: &Rules) -> Option<f64> {
    Some(
        record
            .number(Field::VrpStructural)
            .map_or(0.0, |ratio| richness(ratio, rules)),
    )
}

fn tactical_vrp(record: &Record, rules: &Rules) -> Option<f64> {
    let tactical = record.number(Field::VrpTactical).map(|ratio| richness(ratio, rules));
    tactical.or_else(|| structural_vrp(record, rules))
}

fn volatility_momentum(record: &Record, rules: &Rules) -> Option<f64> {
    let (floor, ceiling) = (
        rules.limits.volatility_momentum_min_ratio,
        rules.score.points.momentum_ceiling,
    );
    Some(
        record
            .number(Field::Vtr)
            .map_or(MIDDLE, |ratio| linear(ratio, floor, ceiling)),
    )
}

fn iv_percentile(record: &Record, rules: &Rules) -> Option<f64> {
    let (floor, ceiling) = (rules.limits.min_iv_percentile, rules.score.points.iv_percentile_ceiling);
    if floor <= 0.0 {
        return Some(MIDDLE);
    }
    Some(
        record
            .number(Field::IvPercentile)
            .map_or(0.0, |percentile| linear(percentile, floor, ceiling)),
    )
}

fn retail_efficiency(record: &Record, rules: &Rules) -> Option<f64> {
    if record.kind == Kind::Future {
        return Some(MIDDLE);
    }
    let (floor, ceiling) = (rules.limits.retail_min_price, rules.score.points.retail_price_ceiling);
    let price = record
        .number(Field::Price)
        .map_or(0.0, |price| linear(price, floor, ceiling));
    Some(f64::midpoint(price, tightness(record, rules).unwrap_or(MIDDLE)))
}

fn straddle_yield(record: &Record, rules: &Rules) -> Option<f64> {
    let (floor, ceiling) = (rules.limits.min_yield, rules.score.points.yield_ceiling);
    if floor <= 0.0 {
        return Some(MIDDLE);
    }
    match record.number(Field::Yield) {
        Some(found) => Some(linear(found, floor, ceiling)),
        None => record.was_asked(Field::Yield).then_some(0.0),
    }
}

/// 100 without any slippage, 0 at the gate's limit.
fn tightness(record: &Record, rules: &Rules) -> Option<f64> {
    let slippage = record.number(Field::Slippage)?;
    let limit = rules.limits.retail_max_slippage;
    Some(linear(limit - slippage, 0.0, limit))
}

fn liquidity(record: &Record, rules: &Rules) -> Option<f64> {
    if rules.choices.allow_illiquid {
        return Some(MIDDLE);
    }
    let floor = crate::market::rating(rules.limits.min_liquidity_rating);
    let rating = record.number(Field::LiquidityRating);
    let points = rating.map(|rating| linear(rating, floor, rules.score.points.liquidity_ceiling));
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
