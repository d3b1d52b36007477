//! The checks of the gates that do more than hold one number against one limit.

use std::collections::BTreeSet;

use super::ask::{Answer, Ask, GateVerdict, Measure, Must, Shown, names};
use crate::instrument::Kind;
use crate::market::Field;

pub(super) fn kind(ask: &Ask<'_>) -> Answer {
    if ask.record.kind.is_option() {
        ask.fail("Kind: options are not screened")
    } else {
        ask.pass("Kind: underlying")
    }
}

pub(super) fn data(ask: &Ask<'_>) -> Answer {
    match ask.number(Field::Price) {
        Some(_) => ask.pass("Data: price present"),
        None => ask.fail("Data: missing price").noting("price missing"),
    }
}

pub(super) fn excluded_symbol(ask: &Ask<'_>) -> Answer {
    let excluded = &ask.rules.choices.exclude_symbols;
    let symbol = &ask.record.symbol;
    if names(excluded, ask.record) {
        ask.fail(format!("Excluded Symbol: {symbol}"))
    } else if excluded.is_empty() {
        ask.skip("Excluded Symbol: none given", "no symbols are excluded")
    } else {
        ask.pass(format!("Excluded Symbol: {symbol} not excluded"))
    }
}

pub(super) fn asset_class_include(ask: &Ask<'_>) -> Answer {
    let included = &ask.rules.choices.include_asset_classes;
    let class = &ask.record.asset_class;
    if included.is_empty() {
        ask.skip("Asset Class: no include list", "every asset class is included")
    } else if lists(included, class) {
        ask.pass(format!("Asset Class: {class} in include list"))
    } else {
        ask.fail(format!("Asset Class: {class} not in include list"))
    }
}

pub(super) fn asset_class_exclude(ask: &Ask<'_>) -> Answer {
    let excluded = &ask.rules.choices.exclude_asset_classes;
    let class = &ask.record.asset_class;
    if lists(excluded, class) {
        ask.fail(format!("Asset Class: {class} excluded"))
    } else if excluded.is_empty() {
        ask.skip("Asset Class: no exclude list", "no asset class is excluded")
    } else {
        ask.pass(format!("Asset Class: {class} not excluded"))
    }
}

pub(super) fn retail_price(ask: &Ask<'_>) -> Answer {
    let limit = ask.rules.limits.retail_min_price;
    if ask.record.kind == Kind::Future {
        return ask
            .skip("Retail Efficiency: futures pass", "futures have no price floor")
            .about(ask.number(Field::Price), limit);
    }
    ask.measure(&Measure {
        label: "Retail Efficiency: price",
        field: Field::Price,
        made_of: &[],
        must: Must::Reach(limit),
        shown: Shown::decimals(2),
    })
}

pub(super) fn slippage(ask: &Ask<'_>) -> Answer {
    let limit = ask.rules.limits.retail_max_slippage;
    if !ask.rules.judge_slippage() {
        return ask
            .skip("Slippage: off", "no slippage is above the maximum")
            .about(ask.number(Field::Slippage), limit);
    }
    let result = ask.measure_known(&tightness("Slippage:", limit));
    match result.value {
        Some(_) => result,
        None => result.noting(not_quoted(ask, Field::Slippage)),
    }
}

pub(super) fn iv_percentile(ask: &Ask<'_>) -> Answer {
    let limit = ask.rules.limits.min_iv_percentile;
    if limit <= 0.0 {
        return ask
            .skip("IV Percentile: off", "the minimum is 0")
            .about(ask.number(Field::IvPercentile), limit);
    }
    ask.measure(&Measure {
        label: "IV Percentile:",
        field: Field::IvPercentile,
        made_of: &[],
        must: Must::Reach(limit),
        shown: Shown::decimals(1),
    })
}

pub(super) fn straddle_yield(ask: &Ask<'_>) -> Answer {
    let limit = ask.rules.limits.min_yield;
    if limit <= 0.0 {
        return ask
            .skip("Yield: off", "the minimum is 0")
            .about(ask.number(Field::Yield), limit);
    }
    let measure = Measure {
        label: "Yield:",
        field: Field::Yield,
        made_of: &[],
        must: Must::Reach(limit),
        shown: Shown::PERCENT,
    };
    ask.judge(&measure).unwrap_or_else(|| {
        let note = not_quoted(ask, Field::Yield);
        let result = if !ask.record.was_asked(Field::Yield) {
            ask.skip("Yield: not asked", note)
        } else if ask.record.has(Field::Slippage) {
            ask.fail("Yield: insufficient pricing data").noting(note)
        } else {
            ask.fail("Yield: no option pricing available").noting(note)
        };
        result.about(None, limit)
    })
}

/// The rating, unless slippage belies it; without a rating slippage alone.
pub(super) fn liquidity(ask: &Ask<'_>) -> Answer {
    let limits = &ask.rules.limits;
    let rating = Measure {
        label: "Liquidity: TT rating",
        field: Field::LiquidityRating,
        made_of: &[],
        must: Must::Reach(crate::market::rating(limits.min_liquidity_rating)),
        shown: Shown::decimals(0),
    };
    let limit = rating.must.limit();
    let rated = ask.number(Field::LiquidityRating);
    if ask.rules.choices.allow_illiquid {
        return ask
            .skip("Liquidity: illiquid allowed", "illiquid symbols are allowed")
            .about(rated, limit);
    }
    let most = match rated {
        Some(_) => limits.liquidity_max_slippage,
        None => limits.retail_max_slippage,
    };
    let slippage = ask.judge(&tightness("Liquidity: slippage", most));
    let belied = |slippage: &Answer| rated.is_none() || slippage.verdict == GateVerdict::Fail;
    if let Some(slippage) = slippage.filter(belied) {
        return slippage;
    }
    match ask.judge(&rating) {
        Some(result) => result,
        None if ask.record.kind == Kind::Future => ask
            .skip("Liquidity: missing, futures pass", "futures without a rating pass")
            .about(None, limit),
        None => ask
            .fail("Liquidity: missing")
            .about(None, limit)
            .noting(ask.absent(&rating)),
    }
}

pub(super) fn vrp_tactical(ask: &Ask<'_>) -> Answer {
    let measure = Measure {
        label: "VRP Tactical:",
        field: Field::VrpTactical,
        made_of: &[Field::Iv, Field::Hv30],
        must: Must::Exceed(ask.rules.limits.vrp_tactical_threshold),
        shown: Shown::decimals(2),
    };
    ask.judge(&measure)
        .unwrap_or_else(|| ask.lacks(&measure).saying("VRP Tactical: missing IV/HV30"))
}

/// Slippage that must not be above `limit`.
fn tightness(label: &str, limit: f64) -> Measure<'_> {
    Measure {
        label,
        field: Field::Slippage,
        made_of: &[],
        must: Must::NotExceed(limit),
        shown: Shown::PERCENT,
    }
}

/// Why a field of the straddle is missing.
fn not_quoted(ask: &Ask<'_>, field: Field) -> String {
    let Some(missing) = ask.record.gap(field) else {
        return "its options were not asked for".to_owned();
    };
    let first = missing.tried.first().map(|attempt| attempt.reason.to_string());
    first.unwrap_or_else(|| format!("{} missing", field.name()))
}

fn lists(classes: &BTreeSet<String>, class: &str) -> bool {
    classes.iter().any(|listed| listed.eq_ignore_ascii_case(class))
}
