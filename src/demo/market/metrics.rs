//! The volatility metrics the venue publishes: implied volatility as a premium on what the bars really did, its own past
//! year, and the holes a real venue has.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use smol_str::SmolStr;

use super::listings::{Class, Listing};
use super::rng::Rng;
use super::walk::Bar;

/// What market metrics say about one symbol. Volatilities, ranks and changes are fractions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Metrics {
    /// 30-day implied volatility; `None` without options.
    pub(crate) implied: Option<Implied>,
    /// Realized volatility of the last 30, 60 and 90 closed returns, rounded to a hundredth of a percent.
    pub(crate) realized: Option<[f64; 3]>,
    /// 1 to 5.
    pub(crate) liquidity_rating: Option<u8>,
    /// Sensitivity to the market.
    pub(crate) beta: Option<f64>,
    /// Correlation with SPY.
    pub(crate) correlation: f64,
    /// Next report.
    pub(crate) earnings: Option<Earnings>,
    /// Dollars.
    pub(crate) market_cap: u64,
}

/// Implied volatility and its place in the past year.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Implied {
    /// Annualized fraction.
    pub(crate) index: f64,
    /// Difference to five sessions before.
    pub(crate) change_5d: f64,
    /// Position between lowest and highest.
    pub(crate) rank: Option<f64>,
    /// Share of days below.
    pub(crate) percentile: Option<f64>,
}

/// A company's next report.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Earnings {
    /// The day.
    pub(crate) date: Date,
    /// Not confirmed.
    pub(crate) estimated: bool,
    /// `AMC` or `BTO`.
    pub(crate) time_of_day: &'static str,
}

/// Which symbols lack what.
#[derive(Debug, Clone, Default)]
pub(super) struct Gaps {
    pub(super) realized: BTreeSet<SmolStr>,
    pub(super) rank: BTreeSet<SmolStr>,
    pub(super) percentile: BTreeSet<SmolStr>,
}

impl Gaps {
    /// Realized volatility is missing for every future and 15 % of the others, rank for 3 %, percentile for 2 %.
    pub(super) fn choose(seed: u64, symbols: &[SmolStr]) -> Self {
        let (futures, others): (Vec<SmolStr>, Vec<SmolStr>) =
            symbols.iter().cloned().partition(|symbol| symbol.starts_with('/'));
        let pick = |purpose: &str, from: &[SmolStr], percent: usize| -> BTreeSet<SmolStr> {
            let rng = Rng::new(seed, purpose);
            let mut drawn: Vec<(u64, &SmolStr)> = from
                .iter()
                .map(|symbol| (Rng::new(rng.clone().next(), symbol).next(), symbol))
                .collect();
            drawn.sort_unstable();
            drawn
                .into_iter()
                .take((from.len() * percent).div_ceil(100))
                .map(|(_, symbol)| symbol.clone())
                .collect()
        };
        let mut realized = pick("no realised volatility", &others, 15);
        realized.extend(futures);
        Self {
            realized,
            rank: pick("no rank", symbols, 3),
            percentile: pick("no percentile", symbols, 2),
        }
    }
}

/// 30-day implied volatility of `listing`, whose last closed bars are `closed`.
pub(super) fn implied_vol(listing: &Listing, seed: u64, closed: &[Bar]) -> f64 {
    let realized = |returns| realized(closed, returns).unwrap_or(listing.vol);
    let mut rng = Rng::new(seed, listing.metrics_symbol()).at(11);
    let least = if listing.is_benchmark() { 1.32 } else { 0.7 };
    let premium = (1.14 * (0.24 * rng.normal()).exp()).clamp(least, 1.8);
    premium * (0.6 * realized(90) + 0.4 * realized(30))
}

/// Everything market metrics say about `listing` on `today`.
pub(super) fn metrics(listing: &Listing, seed: u64, closed: &[Bar], gaps: &Gaps, today: Date) -> Metrics {
    let symbol = listing.metrics_symbol();
    let rng = Rng::new(seed, symbol);
    let implied = listing.optionable().then(|| {
        let index = implied_vol(listing, seed, closed);
        let past = Past::walk(rng.at(12), index, listing.is_benchmark());
        Implied {
            index,
            change_5d: index - past.five_days_ago,
            rank: (!gaps.rank.contains(symbol)).then_some(past.rank),
            percentile: (!gaps.percentile.contains(symbol)).then_some(past.percentile),
        }
    });
    let hundredth = |vol: f64| (vol * 10_000.0).round() / 10_000.0;
    let windows = || Some([realized(closed, 30)?, realized(closed, 60)?, realized(closed, 90)?].map(hundredth));
    let realized = if gaps.realized.contains(symbol) || ["LLYVK", "/MBT"].contains(&symbol) {
        None
    } else {
        windows()
    };
    let mut rng = rng.at(13);
    let rating = match (&listing.class, listing.popular, rng.whole(0, 9)) {
        _ if listing.is_benchmark() => Some(5),
        (Class::Future(_), _, 0) => None,
        (_, true, 0..=1) => Some(3),
        (_, true, 2..=4) => Some(5),
        (_, true, _) => Some(4),
        (_, false, 0..=2) => Some(1),
        (_, false, 3..=5) => Some(2),
        (_, false, 6..=7) => Some(3),
        (_, false, _) => Some(4),
    };
    let share = matches!(listing.class, Class::Share);
    let report = i32::try_from(rng.whole(1, 88)).unwrap_or(1);
    let billions = u64::from(rng.whole(1, if listing.popular { 3_000 } else { 40 }));
    Metrics {
        liquidity_rating: rating.filter(|_| implied.is_some()),
        implied,
        realized,
        beta: listing.beta().map(|beta| (beta * 100.0).round() / 100.0),
        correlation: if symbol == "SPY" {
            1.0
        } else {
            (listing.tie * 100.0).round() / 100.0
        },
        earnings: share
            .then(|| today.checked_add(report.days()).ok())
            .flatten()
            .map(|date| Earnings {
                date,
                estimated: report > 30,
                time_of_day: if rng.whole(0, 1) == 0 { "AMC" } else { "BTO" },
            }),
        market_cap: if share { billions * 1_000_000_000 } else { 0 },
    }
}

/// Sample standard deviation (n - 1) of the last `returns` daily log returns, times the root of 252.
fn realized(closed: &[Bar], returns: u32) -> Option<f64> {
    let wanted = usize::try_from(returns).ok()?;
    let tail = closed.get(closed.len().checked_sub(wanted + 1)?..)?;
    let logs: Vec<f64> = tail
        .iter()
        .zip(tail.iter().skip(1))
        .map(|(one, next)| (next.close / one.close).ln())
        .collect();
    let mean = logs.iter().sum::<f64>() / f64::from(returns);
    let squares: f64 = logs.iter().map(|log| (log - mean) * (log - mean)).sum();
    Some((squares / f64::from(returns - 1) * 252.0).sqrt())
}

/// A year of implied volatility before today, a mean-reverting walk backwards from it.
struct Past {
    rank: f64,
    percentile: f64,
    five_days_ago: f64,
}

impl Past {
    /// The past of an index at `index` today; a benchmark's was mostly lower.
    fn walk(mut rng: Rng, index: f64, benchmark: bool) -> Self {
        let drawn = 0.24 * rng.normal();
        let mut offset = if benchmark { 0.2 + drawn.abs() } else { drawn };
        let usual = index / offset.exp();
        let (mut lowest, mut highest, mut below, mut five_days_ago) = (index, index, 0_u32, index);
        for back in 1..=252_u32 {
            offset = 0.965 * offset + 0.063 * rng.normal();
            let then = usual * offset.exp();
            lowest = lowest.min(then);
            highest = highest.max(then);
            below += u32::from(then < index);
            if back == 5 {
                five_days_ago = then;
            }
        }
        Self {
            rank: (index - lowest) / (highest - lowest),
            percentile: f64::from(below) / 252.0,
            five_days_ago,
        }
    }
}
