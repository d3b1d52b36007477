//! Our own option model on the quotes of one expiration: what it gives where the feed gives nothing, and what it says at
//! the feed's own volatility.
//!
//! The volatility of a strike is that of its option out of the money, on the forward by put-call parity; call and put of a
//! strike share it. Options on shares and funds may be exercised early, those on indices and futures count as European.
//! Greeks are in the feed's units.

use jiff::Timestamp;

use crate::market::{Attempt, Field, Group, Method, Missing, Reason, Record, Source, Sourced};
use crate::units::Vol;
use crate::vol::black::{European, Greeks, Right, Underlying};
use crate::vol::chain::{Exercise, Expiration, Forward, Strike};

/// How the model came to a volatility.
pub(super) fn implied_method(exercise: Exercise) -> Method {
    match exercise {
        Exercise::European => Method::ImpliedOnParity,
        Exercise::American { .. } => Method::ImpliedAmerican,
    }
}

/// How the model came to a volatility at the money.
pub(super) fn at_the_money_method(exercise: Exercise) -> Method {
    match exercise {
        Exercise::European => Method::AtTheMoney,
        Exercise::American { .. } => Method::AtTheMoneyAmerican,
    }
}

fn greeks_method(exercise: Exercise) -> Method {
    match exercise {
        Exercise::European => Method::BlackScholesMerton,
        Exercise::American { .. } => Method::AmericanGreeks,
    }
}

/// What an option is valued on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ground {
    pub(super) exercise: Exercise,
    pub(super) underlying: Underlying,
    pub(super) years: f64,
    pub(super) rate: f64,
}

/// The volatility at one strike, from its option out of the money.
pub(super) fn implied(expiration: &Expiration, strike: &Strike, forward: Forward) -> Result<Vol, Reason> {
    let (right, name) = if strike.strike < forward.price {
        (Right::Put, "put")
    } else {
        (Right::Call, "call")
    };
    if strike.quote(right).mid().is_none() {
        return Err(Reason::OneSided(name));
    }
    let vol = expiration.implied(strike, right, forward);
    vol.map_err(|error| Reason::OfStrike(name, error))
}

impl Ground {
    /// The ground of the model: the parity forward, reached from the `spot` of a share or index by a yield of its own. A
    /// future is its own forward.
    pub(super) fn of_parity(
        forward: Forward,
        spot: Result<f64, Reason>,
        is_future: bool,
        expiration: &Expiration,
    ) -> Result<Self, Reason> {
        let (years, rate, exercise) = (expiration.years(), expiration.rate(), expiration.exercise());
        let underlying = if is_future {
            Underlying::Spot {
                price: forward.price,
                dividend_yield: rate,
            }
        } else {
            let price = spot?;
            match exercise {
                Exercise::European => Underlying::Spot {
                    price,
                    dividend_yield: rate - (forward.price / price).ln() / years,
                },
                Exercise::American { .. } => expiration.underlying(forward),
            }
        };
        Ok(Self {
            exercise,
            underlying,
            years,
            rate,
        })
    }

    /// The ground the feed works on: shares and indices without rate and yield, futures as a spot whose yield is the rate.
    pub(super) fn of_the_feed(spot: f64, is_future: bool, years: f64, rate: f64) -> Self {
        let rate = if is_future { rate } else { 0.0 };
        Self {
            // Without rate and yield early exercise is worth nothing.
            exercise: Exercise::European,
            underlying: Underlying::Spot {
                price: spot,
                dividend_yield: rate,
            },
            years,
            rate,
        }
    }

    /// Value and Greeks of one option.
    pub(super) fn greeks(&self, right: Right, strike: f64, vol: Vol) -> Option<Greeks> {
        let option = European {
            right,
            underlying: self.underlying,
            strike,
            years: self.years,
            rate: self.rate,
            vol,
        };
        match self.exercise {
            Exercise::European => option.greeks(),
            Exercise::American { .. } => option.american(),
        }
    }
}

/// The fields of which all or none are the model's.
fn group() -> impl Iterator<Item = Field> {
    Field::ALL
        .into_iter()
        .filter(|field| field.spec().group == Group::Greeks)
}

/// Whether every value of the group is there, from whomever.
pub(super) fn is_whole(record: &Record) -> bool {
    group().all(|field| record.has(field))
}

/// Puts the model's volatility and Greeks into `record`, all of them, and keeps who was tried before.
pub(super) fn fill(record: &mut Record, (vol, greeks): (Vol, &Greeks), exercise: Exercise, as_of: Timestamp) {
    for field in group() {
        let before = match (record.gap(field), record.source(field)) {
            (Some(missing), _) => missing.tried.clone(),
            (None, Some(source)) => vec![Attempt {
                source,
                reason: Reason::Incomplete,
            }],
            (None, None) => Vec::new(),
        };
        record.missing.retain(|missing| missing.field != field);
        record.tried_before.retain(|passed| passed.field != field);
        if !before.is_empty() {
            record.tried_before.push(Missing { field, tried: before });
        }
    }
    record.tried_before.sort_by_key(|passed| passed.field);
    let values = [
        (Field::Delta, greeks.delta),
        (Field::Gamma, greeks.gamma),
        (Field::Theta, greeks.theta),
        (Field::Vega, greeks.vega),
        (Field::Rho, greeks.rho),
    ];
    for (field, value) in values {
        record.set(field, Some(sourced(value, as_of, greeks_method(exercise))));
    }
    record.set(Field::OptionIv, Some(sourced(vol, as_of, implied_method(exercise))));
}

/// Adds to `record` why the model has no value either.
pub(super) fn refuse(record: &mut Record, reason: &Reason) {
    let lacking = record.missing.iter_mut();
    for missing in lacking.filter(|missing| missing.field.spec().group == Group::Greeks) {
        missing.tried.push(Attempt {
            source: Source::Model,
            reason: reason.clone(),
        });
    }
}

/// A value of the model.
pub(super) fn sourced<T>(value: T, as_of: Timestamp, method: Method) -> Sourced<T> {
    Sourced {
        value,
        source: Source::Model,
        as_of,
        method,
    }
}

/// The rate by put-call parity: call less put falls by e^(-rT) with each unit of strike, by least squares over all strikes
/// quoted on both sides. Early exercise of the options in the money bends it, so a published rate is the better one.
///
/// # Errors
/// Fewer than three such strikes, or a rate beyond 25 %.
pub(super) fn parity_rate(strikes: &[Strike], years: f64) -> Result<f64, Reason> {
    let pairs: Vec<(f64, f64)> = strikes
        .iter()
        .filter_map(|at| at.pair().map(|(call, put)| (at.strike, call - put)))
        .collect();
    if pairs.len() < LEAST_PAIRS {
        return Err(Reason::FewPairs);
    }
    let count: f64 = pairs.iter().map(|_| 1.0).sum();
    let mean = |part: fn(&(f64, f64)) -> f64| pairs.iter().map(part).sum::<f64>() / count;
    let (middle, height) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let spread: f64 = pairs.iter().map(|pair| (pair.0 - middle).powi(2)).sum();
    let fall: f64 = pairs.iter().map(|pair| (pair.0 - middle) * (pair.1 - height)).sum();
    let rate = -(-fall / spread).ln() / years;
    if rate.is_finite() && rate.abs() <= BELIEVABLE {
        Ok(rate)
    } else {
        Err(Reason::NoParityRate)
    }
}

const LEAST_PAIRS: usize = 3;
const BELIEVABLE: f64 = 0.25;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vol::chain::OptionQuote;

    #[test]
    fn parity_gives_back_the_rate_the_options_were_priced_with() {
        let (years, rate) = (0.5, 0.04);
        let ground = Ground::of_the_feed(6_700.0, true, years, rate);
        let vol = Vol::new(0.15).unwrap();
        let quote = |right, strike| {
            let price = ground.greeks(right, strike, vol).unwrap().price;
            OptionQuote {
                bid: price - 0.5,
                ask: price + 0.5,
            }
        };
        let strikes: Vec<Strike> = [6_500.0, 6_600.0, 6_700.0, 6_800.0]
            .into_iter()
            .map(|strike| Strike {
                strike,
                call: quote(Right::Call, strike),
                put: quote(Right::Put, strike),
            })
            .collect();
        assert!((parity_rate(&strikes, years).unwrap() - rate).abs() < 1e-9);
        assert!(parity_rate(&strikes[..2], years).is_err());
    }
}
