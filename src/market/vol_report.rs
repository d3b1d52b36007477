//! Everything that is known about the volatility of one symbol, made of its record and its study: realized volatility by
//! estimator, window and source, implied volatility by expiration, the premium between the two, and the expected move.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};

use super::bars::ClosedBars;
use super::evidence::VolRules;
use super::field::Field;
use super::method::Method;
use super::price::market_of;
use super::reason::Reason;
use super::record::{Attempt, Record, Source, Sourced};
use super::vol_inputs::VolInputs;
use crate::tastytrade::{ExpirationIv, Settlement};
use crate::time::{self, Calendar};
use crate::units::Vol;
use crate::vol::expected_move::ExpectedMove;
use crate::vol::panel::Panel;
use crate::vol::premium::Premium;

mod forecast;
mod measured;

pub use forecast::{Forecast, OverForecast};
pub use measured::Measured;

/// The volatility of one symbol from every side.
#[derive(Debug, Clone, PartialEq)]
pub struct VolReport {
    /// Every estimator over each window, and the cones; or who was asked for bars.
    pub measured: Result<Measured, Vec<Attempt>>,
    /// Realized volatility by window and source.
    pub realized: Vec<Compared>,
    /// Implied over realized volatility, over 30 and 90 days.
    pub premiums: Vec<Premiums>,
    /// What models expect of the next month of sessions, and implied volatility over that.
    pub forecasts: Vec<Forecast>,
    /// One standard deviation over a day, a week, 30 days and to the next monthly expiration.
    pub moves: Vec<Expected>,
    /// Implied volatility by expiration, those that are not over; or why the venue has none.
    pub terms: Result<Sourced<Vec<Term>>, Reason>,
}

/// The realized volatility of one source beside that of REST.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Trading days it looks back.
    pub days: usize,
    /// The source.
    pub source: Source,
    /// What it says, or why it says nothing.
    pub said: Result<Sourced<Vol>, Reason>,
    /// This one less that of REST, a fraction: 0.01 is a point. `None` for REST itself and where one of the two is missing.
    pub less_rest: Option<f64>,
}

/// The premium over the realized volatility of so many days, as the record has the two.
#[derive(Debug, Clone, PartialEq)]
pub struct Premiums {
    /// Trading days the realized volatility looks back.
    pub days: usize,
    /// The lesser source and the older time of the two; or what is missing.
    pub premium: Result<Sourced<Premium>, Reason>,
}

/// An expected move.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// Over which time.
    pub horizon: Horizon,
    /// Calendar days of it; `None` when no monthly expiration is known.
    pub days: Option<u32>,
    /// The volatility and the move, with the lesser source and the older time of price and volatility; or what is missing.
    pub said: Result<Sourced<(Vol, ExpectedMove)>, Reason>,
}

/// A time that a move is expected over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Horizon {
    /// One calendar day.
    Day,
    /// Seven calendar days.
    Week,
    /// Thirty calendar days.
    ThirtyDays,
    /// To the next monthly expiration, if one is known.
    Monthly(Option<Date>),
}

/// The implied volatility of one expiration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// Its last day.
    pub expiration: Date,
    /// Calendar days to it.
    pub days: u32,
    /// When it settles, where the venue says.
    pub settlement: Option<Settlement>,
    /// Whether the terms are the usual ones; `None` where the venue does not say.
    pub standard: Option<bool>,
    /// The volatility; `None` when the venue has none.
    pub iv: Option<Vol>,
}

impl VolReport {
    /// What `record` and `vol_inputs` say at `now`, measured over windows of so many `days`.
    pub fn of(record: &Record, vol_inputs: &VolInputs, days: &[usize], rules: &VolRules, now: Timestamp) -> Self {
        let today = time::new_york_date(now);
        let terms = vol_inputs.terms.clone().map(|terms| Sourced {
            value: terms
                .value
                .iter()
                .filter_map(|term| still_open(term, today, now))
                .collect(),
            source: terms.source,
            as_of: terms.as_of,
            method: terms.method,
        });
        let bars = vol_inputs.bars.as_ref().map_err(Clone::clone);
        let measured = bars.and_then(|bars| measured(bars, days, rules));
        let iv = record.iv();
        let iv = iv.ok_or_else(|| why_no(record, Field::Iv));
        Self {
            forecasts: forecast::forecasts(&measured, &iv),
            measured,
            realized: vol_inputs
                .witnesses
                .iter()
                .map(|witness| Compared {
                    days: witness.days,
                    source: witness.source,
                    said: witness.said.clone(),
                    less_rest: less_rest(vol_inputs, witness.days, witness.source),
                })
                .collect(),
            premiums: [(30, Field::VrpTactical), (90, Field::VrpStructural)]
                .map(|(days, field)| Premiums {
                    days,
                    premium: premium(record, field, rules),
                })
                .into(),
            moves: moves(record, &iv, &terms),
            terms,
        }
    }
}

fn measured(bars: &ClosedBars, days: &[usize], rules: &VolRules) -> Result<Measured, Vec<Attempt>> {
    let panel = Panel::of(&bars.cleaned, days, rules.trading_days).ok_or_else(|| {
        vec![Attempt {
            source: bars.source,
            reason: Reason::No("closed bars"),
        }]
    })?;
    Ok(Measured {
        panel,
        source: bars.source,
        as_of: bars.as_of,
        cut: bars.cut,
    })
}

fn less_rest(vol_inputs: &VolInputs, days: usize, source: Source) -> Option<f64> {
    let of = |wanted: Source| {
        let mut witnesses = vol_inputs.witnesses.iter();
        let witness = witnesses.find(|witness| witness.days == days && witness.source == wanted)?;
        witness.said.as_ref().ok().map(|vol| vol.value.get())
    };
    let rest = of(Source::Rest).filter(|_| source != Source::Rest)?;
    Some(of(source)? - rest)
}

/// The premium over what `ratio`, a field made of the same two volatilities, divides by.
fn premium(record: &Record, ratio: Field, rules: &VolRules) -> Result<Sourced<Premium>, Reason> {
    let (hv, ratio_of, against) = if ratio == Field::VrpTactical {
        (record.hv30(), record.vrp_tactical(), Field::Hv30)
    } else {
        (record.hv90(), record.vrp_structural(), Field::Hv90)
    };
    let (Some(iv), Some(hv), Some(made)) = (record.iv(), hv, ratio_of) else {
        return Err(why_missing(record, ratio));
    };
    let floor = Vol::new(rules.hv_floor).ok_or(Reason::Floor)?;
    let value = Premium::of(iv.value, hv.value, floor)?;
    Ok(Sourced {
        value,
        source: made.source,
        as_of: made.as_of,
        method: Method::IvAgainst(against),
    })
}

fn moves(
    record: &Record,
    iv: &Result<Sourced<Vol>, Reason>,
    terms: &Result<Sourced<Vec<Term>>, Reason>,
) -> Vec<Expected> {
    let fixed = [(Horizon::Day, 1), (Horizon::Week, 7), (Horizon::ThirtyDays, 30)];
    let mut moves: Vec<Expected> = fixed
        .into_iter()
        .map(|(horizon, days)| Expected {
            horizon,
            days: Some(days),
            said: iv.clone().and_then(|iv| one_sigma(record, &iv, days)),
        })
        .collect();
    moves.push(to_monthly(record, terms));
    moves
}

/// To the next monthly expiration, at its own volatility.
fn to_monthly(record: &Record, terms: &Result<Sourced<Vec<Term>>, Reason>) -> Expected {
    let unknown = |reason: Reason| Expected {
        horizon: Horizon::Monthly(None),
        days: None,
        said: Err(reason),
    };
    let terms = match terms {
        Ok(terms) => terms,
        Err(reason) => return unknown(Reason::NoExpirations(Box::new(reason.clone()))),
    };
    let market = market_of(record.kind);
    let usual: Vec<&Term> = terms.value.iter().filter(|term| term.standard != Some(false)).collect();
    let listed = |day: Date| usual.iter().any(|term| term.expiration == day);
    let mut monthly = usual
        .iter()
        .filter(|term| term.days > 0 && is_monthly(market, term.expiration, listed));
    let Some(first) = monthly.clone().next() else {
        return unknown(Reason::NoMonthly);
    };
    // Of an index the monthly options settle in the morning; others that end in the evening share the date.
    let on_that_day = |term: &&&Term| term.expiration == first.expiration && term.iv.is_some();
    let in_the_morning = |term: &&&Term| on_that_day(term) && term.settlement == Some(Settlement::Morning);
    let best = monthly
        .clone()
        .find(in_the_morning)
        .or_else(|| monthly.find(on_that_day));
    let iv = best.and_then(|term| term.iv);
    let iv = iv.map(|value| Sourced {
        value,
        source: terms.source,
        as_of: terms.as_of,
        method: terms.method.clone(),
    });
    let iv = iv.ok_or(Reason::NoVolatilityOf);
    Expected {
        horizon: Horizon::Monthly(Some(first.expiration)),
        days: Some(first.days),
        said: iv.and_then(|iv| one_sigma(record, &iv, first.days)),
    }
}

fn one_sigma(record: &Record, iv: &Sourced<Vol>, days: u32) -> Result<Sourced<(Vol, ExpectedMove)>, Reason> {
    let price = record.price();
    let price = price.ok_or_else(|| why_no(record, Field::Price))?;
    let value = ExpectedMove::of(price.value, iv.value, days)?;
    Ok(Sourced {
        value: (iv.value, value),
        source: price.source.max(iv.source),
        as_of: price.as_of.min(iv.as_of),
        method: Method::OneSigma {
            days,
            iv: Box::new(iv.method.clone()),
        },
    })
}

/// Why there is no `field`, with its name.
fn why_no(record: &Record, field: Field) -> Reason {
    Reason::about(field.name(), why_missing(record, field))
}

fn why_missing(record: &Record, field: Field) -> Reason {
    let tried = record.gap(field).into_iter().flat_map(|gap| &gap.tried);
    let reasons = tried.map(|attempt| Reason::about(attempt.source.name(), attempt.reason.clone()));
    let all = reasons.reduce(|before, reason| Reason::Both(Box::new(before), Box::new(reason)));
    all.unwrap_or(Reason::Nobody)
}

/// What is not over: options end with the session of shares, those that settle in the morning with its opening.
fn still_open(term: &ExpirationIv, today: Date, now: Timestamp) -> Option<Term> {
    let end = match term.settlement {
        Some(Settlement::Morning) => time::session_open(Calendar::UsEquities, term.expiration),
        Some(Settlement::Afternoon) | None => time::session_close(Calendar::UsEquities, term.expiration),
    };
    if end.is_some_and(|end| end <= now) {
        return None;
    }
    let days = today.until(term.expiration).ok()?.get_days();
    Some(Term {
        expiration: term.expiration,
        days: u32::try_from(days).ok()?,
        settlement: term.settlement,
        standard: term.standard,
        iv: term.iv,
    })
}

/// Whether the monthly options of shares, funds and indices end on `day`: the third Friday, or the session before when
/// nothing is `listed` on it.
fn is_monthly(market: Calendar, day: Date, listed: impl Fn(Date) -> bool) -> bool {
    let Ok(third) = day.nth_weekday_of_month(3, Weekday::Friday) else {
        return false;
    };
    day == third || !listed(third) && day == time::previous_session(market, third)
}

#[cfg(test)]
mod tests;
