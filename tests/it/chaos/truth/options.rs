//! What the options of a symbol say about it: a volatility at 30 days, and the straddle near 45, from the chains and quotes
//! that the venue serves.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use variance_instrument::{Instrument, Kind};
use variance_vol::black::{Right, Underlying};
use variance_vol::chain::{Exercise, Expiration, OptionQuote, Strike as Quotes};
use variance_vol::implied::Quoted;
use variance_vol::smile::Smile;

use super::feed::expiry;
use super::rest::{Name, Rest, number};

/// One expiration of a chain.
struct Listed {
    ends: Timestamp,
    date: Date,
    regular: bool,
    /// For options on futures the contract.
    underlying: Option<String>,
    /// By strike, ascending.
    strikes: Vec<Strike>,
}

struct Strike {
    strike: f64,
    call: String,
    put: String,
}

/// Volatility at the money of one expiration.
struct Term {
    minutes: f64,
    vol: f64,
}

/// The moment a chain is looked at, and that of its quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct When {
    pub(super) now: Timestamp,
    pub(super) quoted: Timestamp,
}

/// The price in a row, and for futures the contract it is known to be of.
#[derive(Debug)]
pub(super) struct Spot {
    pub(super) price: f64,
    pub(super) of: Option<String>,
}

/// The volatility at the money at 30 days around `spot`: with the published rate, and with that of put-call parity, which
/// stands in where the published one does not come.
pub(super) fn iv_at_30_days(rest: &Rest, name: &Name, spot: &Spot, when: When) -> Vec<f64> {
    let chain = chain(rest, name, when.now);
    let is_own = |listed: &&Listed| listed.underlying == name.contract;
    let is_late = |listed: &&Listed| minutes(listed, when.now) > MONTH;
    let near = chain.iter().filter(is_own).rfind(|listed| !is_late(listed));
    let own = chain.iter().filter(is_own).find(is_late);
    // A root goes on to its later contracts, a contract by its own name does not.
    let later = chain.iter().find(is_late).filter(|_| name.charted.is_some());
    let (Some(near), Some(next)) = (near, own.or(later)) else {
        return Vec::new();
    };
    let today = day_in_new_york(when.now);
    let kind = |name: &String| Instrument::parse(name, today).unwrap().kind();
    let exercised_early = name.metrics.as_ref().map(kind) == Some(Kind::Equity);
    let term = |listed: &Listed, rate| {
        let minutes = minutes(listed, when.quoted);
        let early = exercised_early.then_some(spot.price);
        let vol = at_the_money(rest, listed, around(rest, listed, spot)?, minutes, (rate, early))?;
        Some(Term { minutes, vol })
    };
    let rates = [Some(rest.risk_free_rate()), None];
    rates
        .into_iter()
        .filter_map(|rate| Some(between(&term(near, rate)?, &term(next, rate)?)))
        .collect()
}

/// Linear in total variance.
fn between(near: &Term, next: &Term) -> f64 {
    let total = |term: &Term| term.vol.powi(2) * term.minutes;
    let share = (MONTH - near.minutes) / (next.minutes - near.minutes);
    ((total(near) + share * (total(next) - total(near))) / MONTH).sqrt()
}

/// The volatility on the parity forward, of the five strikes around `price`, linear in the strike between the nearest
/// options out of the money. Of options that may be exercised `early`, on a share of that price, it is that of `vol`.
fn at_the_money(
    rest: &Rest,
    listed: &Listed,
    price: f64,
    minutes: f64,
    (rate, early): (Option<f64>, Option<f64>),
) -> Option<f64> {
    let middle = nearest(&listed.strikes, price)?;
    let strikes = &listed.strikes[middle.saturating_sub(2)..listed.strikes.len().min(middle + 3)];
    let kind = option_kind(listed);
    let mid = |option: &str| {
        let (bid, ask) = sides(&rest.quote(kind, option))?;
        (bid > 0.0 && bid <= ask).then_some((bid + ask) / 2.0)
    };
    let quoted: Vec<(f64, Option<f64>, Option<f64>)> = strikes
        .iter()
        .map(|at| (at.strike, mid(&at.call), mid(&at.put)))
        .collect();
    let pairs = quoted
        .iter()
        .filter_map(|(strike, call, put)| Some((*strike, (*call)? - (*put)?)));
    let pairs: Vec<(f64, f64)> = pairs.collect();
    let years = minutes / YEAR;
    let rate = rate.or_else(|| parity_rate(&pairs, years))?;
    if let Some(spot) = early {
        let side = |option: &str| {
            let (bid, ask) = sides(&rest.quote(kind, option)).unwrap_or_default();
            OptionQuote { bid, ask }
        };
        let quotes = strikes.iter().map(|at| Quotes {
            strike: at.strike,
            call: side(&at.call),
            put: side(&at.put),
        });
        let exercise = Exercise::American { spot: Some(spot) };
        let expiration = Expiration::new(minutes, rate, quotes.collect())
            .ok()?
            .exercised(exercise);
        return Some(Smile::of(&expiration).ok()?.at_the_money().ok()?.get());
    }
    let apart = |pair: &(f64, f64)| (pair.1.abs() * 1e10).round();
    let (strike, difference) = pairs.iter().min_by(|one, other| apart(one).total_cmp(&apart(other)))?;
    let forward = strike + (rate * years).exp() * difference;
    let vol = |right, strike: f64, price: Option<f64>| {
        let option = Quoted {
            right,
            underlying: Underlying::Future { price: forward },
            strike,
            years,
            rate,
            price: price?,
        };
        Some((strike, option.implied().ok()?.get()))
    };
    let puts = quoted.iter().filter(|(strike, ..)| *strike < forward);
    let below = puts
        .filter_map(|(strike, _, put)| vol(Right::Put, *strike, *put))
        .next_back();
    let calls = quoted.iter().filter(|(strike, ..)| *strike >= forward);
    let above = calls
        .filter_map(|(strike, call, _)| vol(Right::Call, *strike, *call))
        .next();
    let ((low, put), (high, call)) = (below?, above?);
    Some(put + (forward - low) / (high - low) * (call - put))
}

/// Call less put falls by e^(-rT) with each unit of strike, by least squares.
fn parity_rate(pairs: &[(f64, f64)], years: f64) -> Option<f64> {
    let count = pairs.len() as f64;
    let middle = pairs.iter().map(|pair| pair.0).sum::<f64>() / count;
    let height = pairs.iter().map(|pair| pair.1).sum::<f64>() / count;
    let spread: f64 = pairs.iter().map(|pair| (pair.0 - middle).powi(2)).sum();
    let fall: f64 = pairs.iter().map(|pair| (pair.0 - middle) * (pair.1 - height)).sum();
    (pairs.len() > 2).then(|| -(-fall / spread).ln() / years)
}

/// What the straddle near 45 days offers for `slippage` or `yield` of an underlying at `spot`, by method.
pub(super) fn straddle(
    rest: &Rest,
    symbol: &str,
    name: &Name,
    field: &str,
    spot: &Spot,
    when: When,
) -> Vec<(String, f64)> {
    let today = day_in_new_york(when.now);
    let root = name.contract.as_ref().and(name.metrics.as_deref()).unwrap_or(symbol);
    let weeklies = ["SPY", "QQQ", "SPX", "DIA", "IWM", "/ES", "/NQ"].contains(&root);
    let days = |listed: &Listed| i64::from((listed.date - today).get_days());
    let chain = chain(rest, name, when.now);
    let standard = chain.iter().filter(|listed| {
        let reachable = name.charted.is_some() || listed.underlying == name.contract;
        reachable && (listed.regular || weeklies) && (25..=70).contains(&days(listed))
    });
    let Some(listed) = standard.min_by_key(|listed| ((days(listed) - 45).abs(), listed.date)) else {
        return Vec::new();
    };
    let (Some(price), days) = (around(rest, listed, spot), days(listed)) else {
        return Vec::new();
    };
    let Some(at) = nearest(&listed.strikes, price).map(|place| &listed.strikes[place]) else {
        return Vec::new();
    };
    let elsewhere = listed.underlying.as_ref().filter(|_| listed.underlying != spot.of);
    let on = elsewhere.map_or_else(String::new, |contract| format!(" on {contract}"));
    let said = |how: &str, value: f64| {
        let terms = format!("{} straddle{on} of {}, {days} days", at.strike, listed.date);
        (format!("{how}, {terms}"), value)
    };
    let leg = |option: &str| sides(&rest.quote(option_kind(listed), option));
    let (Some(call), Some(put)) = (leg(&at.call), leg(&at.put)) else {
        return Vec::new();
    };
    let mid = |(bid, ask): (f64, f64)| (bid + ask) / 2.0;
    let cost = |(bid, ask)| (ask - bid) / mid((bid, ask));
    if field == "yield" {
        let monthly = (mid(call) + mid(put)) / (0.2 * price) * (30.0 / days as f64);
        return vec![said("mid / (price / 5) x 30 / days", monthly)];
    }
    vec![
        said("(ask - bid) / mid, worse leg", cost(call).max(cost(put))),
        said("(ask - bid) / mid, call alone", cost(call)),
        said("(ask - bid) / mid, put alone", cost(put)),
    ]
}

/// The expirations that have not ended at `now`, by the instant they end.
fn chain(rest: &Rest, name: &Name, now: Timestamp) -> Vec<Listed> {
    let Some(path) = &name.chain else { return Vec::new() };
    let answer = rest.get(path, "");
    let of_shares = answer["data"]["items"].as_array().into_iter().flatten();
    let of_futures = answer["data"]["option-chains"].as_array().into_iter().flatten();
    let expirations = of_shares
        .chain(of_futures)
        .flat_map(|item| item["expirations"].as_array().unwrap());
    let mut chain: Vec<Listed> = expirations.map(listed).filter(|listed| listed.ends > now).collect();
    chain.sort_by_key(|listed| listed.ends);
    chain
}

fn listed(expiration: &Value) -> Listed {
    let date: Date = expiration["expiration-date"].as_str().unwrap().parse().unwrap();
    let told = expiration["expires-at"].as_str().map(|at| at.parse().unwrap());
    let option = |strike: &Value, right: &str| strike[right].as_str().unwrap().to_owned();
    let strikes = expiration["strikes"].as_array().unwrap().iter().map(|strike| Strike {
        strike: number(&strike["strike-price"]).unwrap(),
        call: option(strike, "call"),
        put: option(strike, "put"),
    });
    Listed {
        ends: told.unwrap_or_else(|| expiry(date, expiration["settlement-type"] == "AM")),
        date,
        regular: expiration["expiration-type"] == "Regular",
        underlying: expiration["underlying-symbol"].as_str().map(str::to_owned),
        strikes: strikes.collect(),
    }
}

/// The price around which strikes are looked for: of another contract than that of `spot` the middle of its quote.
fn around(rest: &Rest, listed: &Listed, spot: &Spot) -> Option<f64> {
    match &listed.underlying {
        Some(other) if listed.underlying != spot.of => {
            let (bid, ask) = sides(&rest.quote("future", other))?;
            Some((bid + ask) / 2.0)
        }
        _ => Some(spot.price),
    }
}

/// The place of the strike nearest to `price`, the lower of two.
fn nearest(strikes: &[Strike], price: f64) -> Option<usize> {
    let distance = |at: &Strike| (at.strike - price).abs();
    let places = strikes.iter().enumerate();
    let nearest = places.min_by(|(_, one), (_, other)| distance(one).total_cmp(&distance(other)));
    nearest.map(|(place, _)| place)
}

fn option_kind(listed: &Listed) -> &'static str {
    match listed.underlying {
        Some(_) => "future-option",
        None => "equity-option",
    }
}

fn sides(quote: &Value) -> Option<(f64, f64)> {
    number(&quote["bid"]).zip(number(&quote["ask"]))
}

fn minutes(listed: &Listed, since: Timestamp) -> f64 {
    listed.ends.duration_since(since).as_secs_f64() / 60.0
}

fn day_in_new_york(now: Timestamp) -> Date {
    now.to_zoned(jiff::tz::TimeZone::get("America/New_York").unwrap())
        .date()
}

/// Minutes of 30 days, and of 365.
const MONTH: f64 = 43_200.0;
const YEAR: f64 = 525_600.0;
