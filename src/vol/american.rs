//! Options that may be exercised early, by the integral equation of their exercise boundary: Andersen, Lake & Offengenden,
//! "High Performance American Option Pricing" (2016), fixed point B.
//!
//! From 5 to 365 days, at volatilities of 10 to 100 %, rates of 0 to 8 % and yields of 0 to 5 % a value is within 4e-6 of
//! the underlying's price of the true one and a delta within 1e-4. Dividends are a yield: a single one near its ex-date is not in it.

use std::f64::consts::{FRAC_PI_2, TAU};

use implied_vol::{DefaultSpecialFn, SpecialFn};

use super::black::{European, Greeks, Right};
use super::stats::count;
use variance_units::Vol;

/// What the right to exercise early adds to a European option that is better held.
#[derive(Debug, Clone, Copy, Default)]
struct Premium {
    value: f64,
    delta: f64,
    gamma: f64,
}

/// An option, as far as early exercise goes.
enum Early {
    Never,
    Now,
    Later(Premium),
}

impl European {
    /// Value and Greeks of this option with the right to exercise early; `None` when a price or strike is not above zero or
    /// an input is not finite. The value is at least the European and the intrinsic one; of an option that is better exercised
    /// now delta is 1 or -1 and nothing else moves it.
    ///
    /// Vega and rho are slopes over a tenth of a point. A rate below zero with a yield below the rate has no
    /// single boundary: the option then counts as European, and so does the other side of that (a call whose yield is below
    /// zero and whose rate is below the yield).
    ///
    /// ```
    /// use variance_units::Vol;
    /// use variance_vol::black::{European, Right, Underlying};
    ///
    /// // Geske & Johnson (1984), table I: spot 40, strike 45, seven months, 4.88 %, volatility 30 %.
    /// let put = European {
    ///     right: Right::Put,
    ///     underlying: Underlying::Spot { price: 40.0, dividend_yield: 0.0 },
    ///     strike: 45.0,
    ///     years: 0.5833,
    ///     rate: 0.0488,
    ///     vol: Vol::new(0.3).ok_or("a volatility")?,
    /// };
    /// let american = put.american().ok_or("priced")?;
    /// assert!((american.price - 6.244).abs() < 0.001);
    /// # Ok::<(), &str>(())
    /// ```
    pub fn american(&self) -> Option<Greeks> {
        let held = self.greeks()?;
        let (spot, carry) = self.underlying.spot_and_yield(self.rate);
        let sign = self.right.sign();
        let premium = match self.early() {
            Early::Never => return Some(held),
            Early::Now => {
                return Some(Greeks {
                    price: sign * (spot - self.strike),
                    delta: sign,
                    gamma: 0.0,
                    theta: 0.0,
                    vega: 0.0,
                    rho: 0.0,
                });
            }
            Early::Later(premium) => premium,
        };
        let (price, delta, gamma) = (
            (held.price + premium.value).max(sign * (spot - self.strike)),
            held.delta + premium.delta,
            held.gamma + premium.gamma,
        );
        // An option that is held obeys the equation of Black and Scholes, whenever it may be exercised.
        let decay = 0.5 * (self.vol.get() * spot).powi(2) * gamma;
        let theta = self.rate * price - (self.rate - carry) * spot * delta - decay;
        let slope = |change: &dyn Fn(f64) -> Option<Self>| {
            let value = |by: f64| change(by).as_ref().and_then(Self::american_price);
            Some((value(BUMP)? - value(-BUMP)?) / (2.0 * BUMP))
        };
        let vega = slope(&|by| {
            Some(Self {
                vol: Vol::new(self.vol.get() + by)?,
                ..*self
            })
        });
        let rho = slope(&|by| {
            Some(Self {
                rate: self.rate + by,
                ..*self
            })
        });
        Some(Greeks {
            price,
            delta,
            gamma,
            theta: theta / 365.0,
            vega: vega.map_or(held.vega, |vega| vega / 100.0),
            rho: rho? / 100.0,
        })
    }

    /// The value alone, at a fifth of the price.
    pub(super) fn american_price(&self) -> Option<f64> {
        let held = self.greeks()?.price;
        let (spot, _) = self.underlying.spot_and_yield(self.rate);
        let exercised = self.right.sign() * (spot - self.strike);
        Some(match self.early() {
            Early::Never => held,
            Early::Now => exercised,
            Early::Later(premium) => (held + premium.value).max(exercised),
        })
    }

    fn early(&self) -> Early {
        let (spot, carry) = self.underlying.spot_and_yield(self.rate);
        let sign = self.right.sign();
        if self.years <= 0.0 || self.vol.get() <= 0.0 {
            let held = self.greeks().map_or(0.0, |held| held.price);
            return if sign * (spot - self.strike) > held {
                Early::Now
            } else {
                Early::Never
            };
        }
        if !exercise_may_pay(self.right, self.rate, carry) {
            return Early::Never;
        }
        // A call is a put on the strike with rate and yield exchanged (McDonald & Schroder 1998).
        let (rate, yielded) = match self.right {
            Right::Put => (self.rate, carry),
            Right::Call => (carry, self.rate),
        };
        let boundary = Boundary::of_put(rate, yielded, self.vol.get(), self.years);
        let critical = |left: f64| self.strike * (sign * boundary.below_strike(left)).exp();
        let exercise_at = critical(self.years);
        if sign * (spot - exercise_at) >= 0.0 {
            return Early::Now;
        }
        let mut premium = Premium::default();
        for Share { passed, left, weight } in shares(VALUE_PANELS) {
            let (time, weight) = (self.years * passed, self.years * weight);
            let total = self.vol.get() * time.sqrt();
            let up = ((spot / critical(self.years * left)).ln() + (self.rate - carry) * time) / total + total / 2.0;
            let down = up - total;
            let stock = carry * (-carry * time).exp() * weight;
            let bond = self.rate * self.strike / spot * (-self.rate * time).exp() * weight;
            let (likely, odds) = (
                sign * stock * DefaultSpecialFn::norm_cdf(sign * up),
                sign * bond * DefaultSpecialFn::norm_cdf(sign * down),
            );
            premium.value += spot * (likely - odds);
            premium.delta += likely + (stock * density(up) - bond * density(down)) / total;
            premium.gamma += (bond * density(down) * up - stock * density(up) * down) / (spot * total * total);
        }
        Early::Later(premium)
    }
}

/// Whether exercise before the end can pay at all: a put earns the rate on its strike for the yield of the underlying, a
/// call the other way round.
pub(super) fn exercise_may_pay(right: Right, rate: f64, carry: f64) -> bool {
    match right {
        Right::Call => carry > 0.0,
        Right::Put => rate > 0.0,
    }
}

/// The prices below which a put is better exercised, by the time left: how far below the strike, in logarithms.
struct Boundary {
    years: f64,
    /// At the very end.
    at_end: f64,
    /// The square of what it is further below, in Chebyshev polynomials of the root of the time left.
    squares: [f64; POINTS],
}

impl Boundary {
    fn of_put(rate: f64, carry: f64, vol: f64, years: f64) -> Self {
        let at_end = if carry > rate { (carry / rate).ln() } else { 0.0 };
        let mut boundary = Self {
            years,
            at_end,
            squares: [0.0; POINTS],
        };
        let inner: Vec<Share> = shares(BOUNDARY_PANELS).collect();
        let mut further = [0.0; POINTS];
        for _ in 0..MOST_ROUNDS {
            let improved = NODES.map(|place| {
                let left = years * ((1.0 + place) / 2.0).powi(2);
                (boundary.improved((rate, carry, vol), left, &inner) - at_end).max(0.0)
            });
            let moved = improved.iter().zip(further).map(|(one, other)| (one - other).abs());
            let rests = moved.fold(0.0, f64::max) <= AT_REST * vol * years.sqrt();
            further = improved;
            boundary.squares = chebyshev(further.map(|further| further * further));
            if rests {
                break;
            }
        }
        boundary
    }

    /// How far below the strike it lies with so much time `left`.
    fn below_strike(&self, left: f64) -> f64 {
        let place = 2.0 * (left / self.years).sqrt() - 1.0;
        let (next, after) = self
            .squares
            .iter()
            .skip(1)
            .rev()
            .fold((0.0, 0.0), |(next, after), coefficient| {
                (2.0 * place * next - after + coefficient, next)
            });
        let square: f64 = place * next - after + self.squares.first().copied().unwrap_or_default();
        self.at_end + square.max(0.0).sqrt()
    }

    /// One step of the fixed point with so much time `left`: the boundary that the present one implies.
    fn improved(&self, (rate, carry, vol): (f64, f64, f64), left: f64, inner: &[Share]) -> f64 {
        let here = self.below_strike(left);
        if left <= 0.0 {
            return self.at_end;
        }
        let odds = |below: f64, time: f64| {
            let total = vol * time.sqrt();
            let up = (below + (rate - carry) * time) / total + total / 2.0;
            (DefaultSpecialFn::norm_cdf(up), DefaultSpecialFn::norm_cdf(up - total))
        };
        let (mut stock, mut bond) = odds(-here, left);
        for share in inner {
            let (time, until) = (left * share.passed, left * share.left);
            let weight = left * share.weight;
            let (up, down) = odds(self.below_strike(until) - here, time);
            stock += carry * weight * (carry * until).exp() * up;
            bond += rate * weight * (rate * until).exp() * down;
        }
        let below = (rate - carry) * left - (bond / stock).ln();
        if below.is_finite() { below } else { here }
    }
}

/// A point in time between now and the end, as shares of what is between them, and its weight in an integral.
struct Share {
    passed: f64,
    left: f64,
    weight: f64,
}

/// Gauss-Legendre points in so many panels. The square of a sine takes the roots of time passed and left out of what is integrated.
fn shares(panels: u8) -> impl Iterator<Item = Share> {
    let width = FRAC_PI_2 / f64::from(panels);
    (0..panels).flat_map(move |panel| {
        LEGENDRE.into_iter().flat_map(move |(place, weight)| {
            [-place, place].map(|place| {
                let (sine, cosine) = (width * (f64::from(panel) + (1.0 + place) / 2.0)).sin_cos();
                Share {
                    passed: sine * sine,
                    left: cosine * cosine,
                    weight: weight * width * sine * cosine,
                }
            })
        })
    })
}

/// The coefficients of the polynomial with these `values` at [`NODES`].
fn chebyshev(values: [f64; POINTS]) -> [f64; POINTS] {
    let half = |place: usize| if place == 0 || place + 1 == POINTS { 0.5 } else { 1.0 };
    std::array::from_fn(|degree| {
        let sum: f64 = NODES
            .into_iter()
            .zip(values)
            .enumerate()
            .map(|(at, (node, value))| half(at) * value * (count(degree) * node.acos()).cos())
            .sum();
        half(degree) * 2.0 * sum / count(POINTS - 1)
    })
}

fn density(deviation: f64) -> f64 {
    (-deviation * deviation / 2.0).exp() / TAU.sqrt()
}

const POINTS: usize = 7;

/// The extremes of a Chebyshev polynomial, from the whole time to none.
const NODES: [f64; POINTS] = [1.0, HALF_ROOT_OF_3, 0.5, 0.0, -0.5, -HALF_ROOT_OF_3, -1.0];
const HALF_ROOT_OF_3: f64 = 0.866_025_403_784_438_6;

/// Steps of the fixed point, and by how many standard deviations the last one may still move the boundary.
const MOST_ROUNDS: usize = 16;
const AT_REST: f64 = 1e-5;
const BOUNDARY_PANELS: u8 = 1;
const VALUE_PANELS: u8 = 2;

/// The positive half of the points of Gauss and Legendre of order 8, with their weights (Abramowitz & Stegun 25.4).
const LEGENDRE: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_5),
    (0.960_289_856_497_536_2, 0.101_228_536_290_376_3),
];

/// By how much volatility and rate are moved for their slopes: a tenth of a point.
const BUMP: f64 = 1e-3;

#[cfg(test)]
mod tests;
