//! The rules of a screen: what was typed of them, and what they are over the configuration.

use std::collections::BTreeSet;

use clap::Args;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::exit::{Failure, Kind};
use super::flags::numbers::percent;
use crate::config::Config;
use crate::instrument::{Instrument, Symbol};
use crate::screen::{ScoreRules, SignalBands, VoteBands, Weights};
use crate::units::Vol;
use crate::{screen, time};

/// Rules that replace those of the profile.
#[derive(Debug, Clone, PartialEq, Default, Args, Serialize, Deserialize)]
#[serde(default)]
#[command(next_help_heading = "Rules")]
pub(super) struct Rules {
    /// Profile of thresholds [default: screener.default_profile]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Only these asset classes
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    pub include_asset_classes: Vec<String>,
    /// Not these asset classes
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    pub exclude_asset_classes: Vec<String>,
    /// Not these symbols
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    pub exclude_symbols: Vec<String>,
    /// Symbols held already: flagged, not dropped
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    pub held_symbols: Vec<String>,
    /// Do not ask for liquidity
    #[arg(long)]
    pub allow_illiquid: bool,
    /// Least structural VRP, iv / hv90, a ratio
    #[arg(long, value_name = "RATIO", value_parser = ratio)]
    pub min_vrp: Option<f64>,
    /// Least IV percentile, 0 to 100; 0 switches the gate off
    #[arg(long, value_name = "0..100", value_parser = percent)]
    pub min_iv_percentile: Option<f64>,
    /// Least price of anything but futures
    #[arg(long, value_name = "PRICE", value_parser = price)]
    pub min_price: Option<f64>,
    /// Greatest slippage of the straddle, (ask - bid) / mid of its worse leg, a fraction; 2 switches the gate off
    #[arg(long, value_name = "FRACTION", value_parser = slippage)]
    pub max_slippage: Option<f64>,
    /// Least yield of the straddle in 30 days, a fraction; 0 switches the gate off
    #[arg(long, value_name = "FRACTION", value_parser = fraction)]
    pub min_yield: Option<f64>,
    /// Least liquidity rating, 0 to 5
    #[arg(long, value_name = "0..5", value_parser = clap::value_parser!(i64).range(0..=5))]
    pub min_liquidity: Option<i64>,
}

impl Rules {
    /// These, and for what they leave open those of `recorded`.
    pub(super) fn over(self, recorded: Self) -> Self {
        let list = |typed: Vec<String>, recorded| if typed.is_empty() { recorded } else { typed };
        Self {
            profile: self.profile.or(recorded.profile),
            include_asset_classes: list(self.include_asset_classes, recorded.include_asset_classes),
            exclude_asset_classes: list(self.exclude_asset_classes, recorded.exclude_asset_classes),
            exclude_symbols: list(self.exclude_symbols, recorded.exclude_symbols),
            held_symbols: list(self.held_symbols, recorded.held_symbols),
            allow_illiquid: self.allow_illiquid || recorded.allow_illiquid,
            min_vrp: self.min_vrp.or(recorded.min_vrp),
            min_iv_percentile: self.min_iv_percentile.or(recorded.min_iv_percentile),
            min_price: self.min_price.or(recorded.min_price),
            max_slippage: self.max_slippage.or(recorded.max_slippage),
            min_yield: self.min_yield.or(recorded.min_yield),
            min_liquidity: self.min_liquidity.or(recorded.min_liquidity),
        }
    }

    /// Those of a profile, nothing replaced.
    pub(super) fn of_profile(name: &str) -> Self {
        Self {
            profile: Some(name.to_owned()),
            ..Self::default()
        }
    }
}

/// The rules of a screen: the profile's, with the flags in front.
pub(super) fn resolve(config: &Config, args: &Rules, now: Timestamp) -> Result<screen::Rules, Failure> {
    let screener = &config.screener;
    let name = args
        .profile
        .as_deref()
        .unwrap_or(&screener.default_profile)
        .to_lowercase();
    let profile = screener.profile(&name).ok_or_else(|| {
        let known: Vec<&str> = screener.profiles.keys().map(String::as_str).collect();
        Failure::new(Kind::Usage, format!("there is no profile `{name}`"))
            .hint(format!("Known profiles: {}.", known.join(", ")))
    })?;
    for class in args.include_asset_classes.iter().chain(&args.exclude_asset_classes) {
        asset_class(config, class)?;
    }
    let rules = &screener.rules;
    let or = |typed: &[String], configured: &[String]| -> BTreeSet<String> {
        (if typed.is_empty() { configured } else { typed })
            .iter()
            .map(|text| text.trim().to_owned())
            .collect()
    };
    Ok(screen::Rules {
        min_vrp_structural: args.min_vrp.unwrap_or(profile.min_vrp_structural),
        vrp_tactical_threshold: rules.vrp_tactical_threshold,
        volatility_momentum_min_ratio: rules.volatility_momentum_min_ratio,
        retail_min_price: args
            .min_price
            .or(profile.retail_min_price)
            .unwrap_or(rules.retail_min_price),
        retail_max_slippage: args.max_slippage.unwrap_or(rules.retail_max_slippage),
        min_yield: args.min_yield.unwrap_or(rules.min_yield),
        liquidity_max_slippage: rules.liquidity_max_slippage,
        min_iv_percentile: args.min_iv_percentile.unwrap_or(profile.min_iv_percentile),
        min_liquidity_rating: args
            .min_liquidity
            .or(profile.min_liquidity_rating)
            .unwrap_or(rules.min_liquidity_rating),
        allow_illiquid: args.allow_illiquid || profile.allow_illiquid,
        include_asset_classes: or(&args.include_asset_classes, &profile.include_asset_classes),
        exclude_asset_classes: or(&args.exclude_asset_classes, &profile.exclude_asset_classes),
        exclude_symbols: canonical(&args.exclude_symbols, &profile.exclude_symbols, now)?,
        held_symbols: canonical(&args.held_symbols, &profile.held_symbols, now)?,
        hv_floor: Vol::new(config.volatility.hv_floor)
            .ok_or_else(|| Failure::new(Kind::Config, "volatility.hv_floor is no volatility"))?,
        earnings_days: i32::try_from(rules.earnings_days)
            .map_err(|error| Failure::new(Kind::Config, format!("screener.rules.earnings_days: {error}")))?,
        signal: SignalBands {
            rich_vrp: rules.vrp_structural_rich,
            fair_vrp: rules.vrp_structural_fair,
            rich_markup: rules.markup_rich,
            cheap_markup: rules.markup_cheap,
            rich_iv_percentile: rules.iv_percentile_rich,
            coiled: rules.vtr_coiled,
            coiled_severe: rules.vtr_coiled_severe,
            expanding: rules.vtr_expanding,
            expanding_severe: rules.vtr_expanding_severe,
        },
        vote: VoteBands {
            scalable_markup: rules.vrp_scalable_threshold,
            scalable_divergence: rules.scalable_divergence_threshold,
            ..VoteBands::default()
        },
        score: ScoreRules {
            weights: Weights {
                structural_vrp: screener.weights.structural_vrp,
                tactical_vrp: screener.weights.tactical_vrp,
                volatility_momentum: screener.weights.volatility_momentum,
                iv_percentile: screener.weights.iv_percentile,
                r#yield: screener.weights.r#yield,
                retail_efficiency: screener.weights.retail_efficiency,
                liquidity: screener.weights.liquidity,
            },
            dislocation_multiplier: rules.dislocation_multiplier,
            momentum_ceiling: rules.momentum_ceiling,
            iv_percentile_ceiling: rules.iv_percentile_ceiling,
            proxy_iv_score_haircut: rules.proxy_iv_score_haircut,
            yield_ceiling: rules.yield_ceiling,
            retail_price_ceiling: rules.retail_price_ceiling,
            ..ScoreRules::default()
        },
        profile: name,
    })
}

/// The symbols typed, else those of the profile; a bad one is told as the fault of whoever wrote it.
fn canonical(typed: &[String], configured: &[String], now: Timestamp) -> Result<BTreeSet<Symbol>, Failure> {
    let today = time::new_york_date(now);
    let (texts, kind) = if typed.is_empty() {
        (configured, Kind::Config)
    } else {
        (typed, Kind::Usage)
    };
    let parsed = texts
        .iter()
        .map(|text| Instrument::parse(text, today).map(|instrument| instrument.symbol()));
    parsed
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::from_error(kind, error))
}

/// A class that no symbol has would select nothing without a word.
fn asset_class(config: &Config, class: &str) -> Result<(), Failure> {
    let classes = config.universe.asset_classes.values().map(String::as_str);
    let known: BTreeSet<&str> = classes.chain([config.universe.default_asset_class.as_str()]).collect();
    if known.iter().any(|known| known.eq_ignore_ascii_case(class.trim())) {
        return Ok(());
    }
    let known: Vec<&str> = known.into_iter().collect();
    Err(Failure::new(Kind::Usage, format!("there is no asset class {class:?}"))
        .hint(format!("Known asset classes: {}.", known.join(", "))))
}

/// A ratio of volatilities.
fn ratio(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(ratio) if (0.0..=10.0).contains(&ratio) => Ok(ratio),
        Ok(_) | Err(_) => Err("a ratio from 0 to 10 is wanted".to_owned()),
    }
}

/// A price in dollars.
fn price(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(price) if price.is_finite() && price >= 0.0 => Ok(price),
        Ok(_) | Err(_) => Err("a price of 0 or more is wanted".to_owned()),
    }
}

/// A slippage: a fraction, or 2 for any.
fn slippage(text: &str) -> Result<f64, String> {
    if matches!(text, "2" | "2.0") {
        return Ok(2.0);
    }
    fraction(text).map_err(|told| format!("{told}; 2 switches the gate off"))
}

/// A fraction; `0.03` and `3%` are the same.
fn fraction(text: &str) -> Result<f64, String> {
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse(),
    };
    match number {
        Ok(fraction) if (0.0..=1.0).contains(&fraction) => Ok(fraction),
        Ok(_) | Err(_) => Err("a fraction from 0 to 1 such as 0.03, or 3%, is wanted".to_owned()),
    }
}
