//! What a chain says: each option with its sources, the numbers of each expiration, and those across expirations.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use smol_str::SmolStr;

use super::choice::{Choice, Chosen, day_count};
use super::model::{self, Ground, sourced};
use crate::instrument::{Instrument, Kind, Symbol};
use crate::market::{Field, Method, Reason, Record, Source, Sourced};
use crate::tastytrade::{ListedOption, Settlement};
use crate::time;
use crate::units::{Price, Vol};
use crate::vol::black::{Greeks, Right};
use crate::vol::chain::{Exercise, Expiration, Forward, OptionQuote, Strike};
use crate::vol::smile::{Skew, Smile};
use crate::vol::straddle::Straddle;
use crate::vol::term::{Term, ThirtyDays};
use crate::vol::vix_variance::{Between, ModelFree, Strip};

/// A whole chain. Where a number cannot be had, its reason stands in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The symbol asked for.
    pub symbol: Symbol,
    /// What was chosen of the chain.
    pub choice: Choice,
    /// By the instant they end.
    pub expirations: Vec<ExpirationReport>,
    /// The numbers across expirations.
    pub thirty_day: ThirtyDay,
}

/// The numbers around 30 days.
#[derive(Debug, Clone, PartialEq)]
pub struct ThirtyDay {
    /// Volatility at the money at 30 days, linear in total variance between the expirations around them.
    pub iv: Result<Sourced<Vol>, Reason>,
    /// The later of these less the earlier one, for each 30 days between them; negative is backwardation. A fraction.
    pub slope: Result<f64, Reason>,
    /// Volatility without a model at 30 days, by the method of Cboe's VIX.
    pub model_free: Result<Vol, Reason>,
}

/// One expiration.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpirationReport {
    /// What the options are on: the symbol asked for, or a futures contract.
    pub underlying: Symbol,
    /// Price of it.
    pub underlying_price: Option<Sourced<Price>>,
    /// Of a future the days to its last day.
    pub underlying_days: Option<i32>,
    /// The option root.
    pub root: SmolStr,
    /// Last day.
    pub date: Date,
    /// Calendar days to it.
    pub days: i64,
    /// The instant the options end.
    pub expires_at: Timestamp,
    /// Settled on the opening or the close, where the venue says.
    pub settlement: Option<Settlement>,
    /// `Regular`, `Weekly`, …, where the venue says.
    pub kind: Option<SmolStr>,
    /// Dollars for one unit of price.
    pub multiplier: Option<f64>,
    /// Strikes listed.
    pub listed: usize,
    /// The moment of the newest quote: all numbers below are of that moment.
    pub as_of: Option<Timestamp>,
    /// The rate that discounts, continuously compounded, a fraction a year.
    pub rate: Result<Sourced<f64>, Reason>,
    /// The forward by put-call parity.
    pub forward: Result<Forward, Reason>,
    /// Volatility at the money.
    pub atm_iv: Result<Sourced<Vol>, Reason>,
    /// Skew at 25 delta.
    pub skew: Result<Skew, Reason>,
    /// The straddle nearest to the forward.
    pub straddle: Result<Straddle, Reason>,
    /// One standard deviation until expiry, in the underlying's quotation.
    pub expected_move: Result<f64, Reason>,
    /// Variance without a model.
    pub strip: Result<Strip, Reason>,
    /// How far the feed's Greeks are from our own at the feed's volatility.
    pub check: Option<Check>,
    /// The strikes chosen, ascending.
    pub strikes: Vec<StrikeLine>,
}

/// The feed's Greeks against our own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Check {
    /// Options compared.
    pub options: usize,
    /// The greatest difference of any Greek, in its own unit.
    pub worst: f64,
}

/// One strike.
#[derive(Debug, Clone, PartialEq)]
pub struct StrikeLine {
    /// The strike.
    pub strike: Price,
    /// Our own volatility, from the option out of the money.
    pub model_iv: Result<Vol, Reason>,
    /// The call, if the feed knows it.
    pub call: Option<OptionLine>,
    /// The put, if the feed knows it.
    pub put: Option<OptionLine>,
}

/// One option.
#[derive(Debug, Clone, PartialEq)]
pub struct OptionLine {
    /// What REST calls it.
    pub listed: Symbol,
    /// Everything known about it.
    pub record: Record,
    /// Our own Greeks at the volatility, the moment and with the conventions of the feed; `None` where it gave none.
    pub check: Option<Greeks>,
}

/// A listed option as an instrument; `None` when the feed does not know it.
pub fn instrument(option: &ListedOption, today: Date) -> Option<Instrument> {
    let streamer = option.streamer.as_ref()?;
    if streamer.as_str().starts_with("./") {
        return Some(Instrument::FutureOption(streamer.0.clone()));
    }
    let parsed = Instrument::parse(streamer.as_str(), today).ok();
    parsed.filter(|option| matches!(option, Instrument::EquityOption(_)))
}

impl Report {
    /// The report of `choice` out of `records`, those of its underlyings and options among them, at `now`. `published` is
    /// the rate the venue works with, or why there is none.
    pub fn of(
        symbol: Symbol,
        choice: Choice,
        published: &Result<Sourced<f64>, Reason>,
        records: &[Record],
        now: Timestamp,
    ) -> Self {
        let by_symbol: BTreeMap<&Symbol, &Record> = records.iter().map(|record| (&record.symbol, record)).collect();
        let known = Known {
            by_symbol,
            published,
            today: time::new_york_date(now),
        };
        let valued: Vec<Valued> = choice.expirations.iter().map(|chosen| known.valued(chosen)).collect();
        let thirty_day = thirty_day(&valued);
        Self {
            symbol,
            choice,
            expirations: valued.into_iter().map(|valued| valued.report).collect(),
            thirty_day,
        }
    }

    /// The records of all options, the model's values in them.
    pub fn records(&self) -> Vec<Record> {
        let lines = self.expirations.iter().flat_map(|expiration| &expiration.strikes);
        let options = lines.flat_map(|line| [&line.call, &line.put]).flatten();
        options.map(|option| option.record.clone()).collect()
    }
}

/// Volatility at the money at 30 days out of the chain of an underlying, for where nobody publishes one. It is no index of
/// a venue and belongs in no rank with one.
///
/// # Errors
/// Why there is none.
pub fn thirty_day_iv(report: &Report) -> Result<Sourced<Vol>, Reason> {
    report.thirty_day.iv.clone()
}

/// What is known when an expiration is valued.
struct Known<'a> {
    by_symbol: BTreeMap<&'a Symbol, &'a Record>,
    published: &'a Result<Sourced<f64>, Reason>,
    today: Date,
}

/// An expiration and what the numbers across expirations are made of.
struct Valued {
    report: ExpirationReport,
    minutes: Option<f64>,
    /// The quotes, where the strip of them is whole.
    whole: Result<Expiration, Reason>,
}

impl Known<'_> {
    fn valued(&self, chosen: &Chosen) -> Valued {
        let listed = &chosen.listed;
        let underlying = self.underlying(&listed.underlying);
        let mut strikes: Vec<StrikeLine> = listed
            .strikes
            .iter()
            .map(|at| StrikeLine {
                strike: at.strike,
                model_iv: Err(Reason::NoOptionQuote),
                call: at.call.as_ref().and_then(|option| self.line(option)),
                put: at.put.as_ref().and_then(|option| self.line(option)),
            })
            .collect();
        let options = strikes.iter().flat_map(|line| [&line.call, &line.put]).flatten();
        let as_of = options.filter_map(|option| moment(&option.record)).max();
        let quotes: Vec<Strike> = strikes
            .iter()
            .map(|line| Strike {
                strike: line.strike.get(),
                call: quote(line.call.as_ref()),
                put: quote(line.put.as_ref()),
            })
            .collect();
        let minutes = as_of.map(|as_of| chosen.expires_at.duration_since(as_of).as_secs_f64() / 60.0);
        let rate = self.rate(&quotes, minutes, as_of);
        let is_future = listed.underlying.as_str().starts_with('/');
        let spot = underlying.and_then(|record| record.price());

        // Options on indices are European, and those on futures count as that.
        let exercise = match underlying {
            Some(record) if record.kind == Kind::Equity => Exercise::American {
                spot: spot.as_ref().map(|spot| spot.value.get()),
            },
            Some(_) | None => Exercise::European,
        };
        let expiration = match (minutes, &rate) {
            (None, _) => Err(Reason::NoOptionQuote),
            (Some(_), Err(reason)) => Err(Reason::NoRate(Box::new(reason.clone()))),
            (Some(minutes), Ok(rate)) => {
                let european = Expiration::new(minutes, rate.value, quotes.clone()).map_err(Reason::from);
                european.map(|european| european.exercised(exercise))
            }
        };
        let smile = each(&expiration, Smile::of);
        let forward = smile.as_ref().map(Smile::forward).map_err(Clone::clone);
        for (line, quotes) in strikes.iter_mut().zip(&quotes) {
            line.model_iv = match (&expiration, &forward) {
                (Ok(expiration), Ok(forward)) => model::implied(expiration, quotes, *forward),
                (_, Err(reason)) | (Err(reason), _) => Err(reason.clone()),
            };
        }
        let ground = match (&expiration, &forward) {
            (Ok(expiration), Ok(forward)) => {
                let no_price = || Reason::NoPriceOf(listed.underlying.clone());
                let spot = spot.as_ref().map(|spot| spot.value.get()).ok_or_else(no_price);
                Ground::of_parity(*forward, spot, is_future, expiration)
            }
            (_, Err(reason)) | (Err(reason), _) => Err(reason.clone()),
        };
        for line in &mut strikes {
            let (strike, vol) = (line.strike.get(), &line.model_iv);
            for (right, option) in [(Right::Call, &mut line.call), (Right::Put, &mut line.put)] {
                let Some(option) = option else { continue };
                complete(option, (right, strike), vol, &ground, as_of);
                let feed = Feed {
                    spot: spot.as_ref().map(|spot| spot.value.get()),
                    is_future,
                    rate: rate.as_ref().ok().map(|rate| rate.value),
                    expires_at: chosen.expires_at,
                };
                option.check = feed.greeks(&option.record, right, strike);
            }
        }
        let strip = each(&expiration, Strip::of);
        let strip = strip.and_then(|strip| whole(strip, chosen));
        let atm = each(&smile, Smile::at_the_money);
        let report = ExpirationReport {
            underlying: listed.underlying.clone(),
            underlying_price: spot,
            underlying_days: underlying.and_then(|record| record.days_to_expiration),
            root: listed.root.clone(),
            date: listed.date,
            days: day_count(self.today, listed.date),
            expires_at: chosen.expires_at,
            settlement: listed.settlement,
            kind: listed.kind.clone(),
            multiplier: listed.multiplier,
            listed: chosen.of,
            as_of,
            rate,
            forward,
            atm_iv: atm.and_then(|vol| {
                let as_of = as_of.ok_or(Reason::NoOptionQuote)?;
                Ok(sourced(vol, as_of, model::at_the_money_method(exercise)))
            }),
            skew: smile
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|smile| smile.skew().ok_or(Reason::NoSkew)),
            straddle: each(&expiration, Straddle::of),
            expected_move: each(&smile, Smile::expected_move),
            strip: strip.clone(),
            check: check(&strikes),
            strikes,
        };
        Valued {
            report,
            minutes,
            whole: strip.and(expiration),
        }
    }

    fn line(&self, option: &ListedOption) -> Option<OptionLine> {
        let instrument = instrument(option, self.today)?;
        let record = self.by_symbol.get(&instrument.symbol())?;
        Some(OptionLine {
            listed: option.symbol.clone(),
            record: (*record).clone(),
            check: None,
        })
    }

    /// The record of what options are on: of a futures root that of its contract.
    fn underlying(&self, symbol: &Symbol) -> Option<&Record> {
        let of_root = || {
            let mut records = self.by_symbol.values();
            records.find(|record| record.contract.as_ref() == Some(symbol))
        };
        self.by_symbol.get(symbol).or_else(of_root).copied()
    }

    /// The published rate, else that of put-call parity.
    fn rate(&self, quotes: &[Strike], minutes: Option<f64>, as_of: Option<Timestamp>) -> Result<Sourced<f64>, Reason> {
        let published = match self.published {
            Ok(rate) => return Ok(rate.clone()),
            Err(reason) => reason,
        };
        let (Some(minutes), Some(as_of)) = (minutes, as_of) else {
            return Err(published.clone());
        };
        let years = minutes / 525_600.0;
        match model::parity_rate(quotes, years) {
            Ok(rate) => Ok(sourced(rate, as_of, Method::ParitySlope)),
            Err(reason) => Err(Reason::Both(Box::new(published.clone()), Box::new(reason))),
        }
    }
}

/// What the feed values its options with.
struct Feed {
    spot: Option<f64>,
    is_future: bool,
    rate: Option<f64>,
    expires_at: Timestamp,
}

impl Feed {
    /// Our own Greeks at the volatility and the moment of the feed's.
    fn greeks(&self, record: &Record, right: Right, strike: f64) -> Option<Greeks> {
        let vol = record.option_iv().filter(|vol| is_live(vol.source))?;
        let years = self.expires_at.duration_since(vol.as_of).as_secs_f64() / SECONDS_OF_A_YEAR;
        let rate = if self.is_future { self.rate? } else { 0.0 };
        Ground::of_the_feed(self.spot?, self.is_future, years, rate).greeks(right, strike, vol.value)
    }
}

/// Fills what the feed and REST left open, or says why the model cannot either.
fn complete(
    option: &mut OptionLine,
    (right, strike): (Right, f64),
    vol: &Result<Vol, Reason>,
    ground: &Result<Ground, Reason>,
    as_of: Option<Timestamp>,
) {
    if model::is_whole(&option.record) {
        return;
    }
    let valued = || {
        let (vol, ground) = (vol.clone()?, ground.clone()?);
        let as_of = as_of.ok_or(Reason::NoOptionQuote)?;
        let greeks = ground.greeks(right, strike, vol).ok_or(Reason::OutOfRange)?;
        Ok((vol, greeks, ground.exercise, as_of))
    };
    match valued() {
        Ok((vol, greeks, exercise, as_of)) => model::fill(&mut option.record, (vol, &greeks), exercise, as_of),
        Err(reason) => {
            model::refuse(&mut option.record, &reason);
        }
    }
}

/// `read` of what is there, or why not.
fn each<A, B, E: Into<Reason>>(input: &Result<A, Reason>, read: impl Fn(&A) -> Result<B, E>) -> Result<B, Reason> {
    input
        .as_ref()
        .map_err(Clone::clone)
        .and_then(|input| read(input).map_err(Into::into))
}

/// The strip, if it ends where the market ends and not where the choice of strikes does: past two strikes without a quote,
/// or at the last strike listed.
fn whole(strip: Strip, chosen: &Chosen) -> Result<Strip, Reason> {
    let strikes = || chosen.listed.strikes.iter().map(|at| at.strike.get());
    let below = strikes().filter(|strike| *strike < strip.lowest).count();
    let above = strikes().filter(|strike| *strike > strip.highest).count();
    if (chosen.to_lowest || below >= 2) && (chosen.to_highest || above >= 2) {
        return Ok(strip);
    }
    Err(Reason::CutStrip)
}

fn thirty_day(valued: &[Valued]) -> ThirtyDay {
    let terms: Vec<(Term, Timestamp)> = valued
        .iter()
        .filter_map(|valued| {
            let vol = valued.report.atm_iv.as_ref().ok()?;
            let minutes = valued.minutes?;
            Some((
                Term {
                    minutes,
                    vol: vol.value,
                },
                vol.as_of,
            ))
        })
        .collect();
    let only: Vec<Term> = terms.iter().map(|(term, _)| *term).collect();
    let around = ThirtyDays::of(&only).map_err(|_| Reason::NotBetween);
    let oldest = terms.iter().map(|(_, as_of)| *as_of).min();
    let iv = around.as_ref().map_err(Clone::clone).and_then(|around| {
        let as_of = oldest.ok_or(Reason::NoOptionQuote)?;
        Ok(sourced(around.vol, as_of, Method::OwnChain))
    });
    let slope = around.and_then(|around| around.slope.ok_or(Reason::NoLater));
    let whole: Vec<Expiration> = valued.iter().filter_map(|valued| valued.whole.clone().ok()).collect();
    let model_free = match ModelFree::of(&whole) {
        Ok(ModelFree {
            between: Between::OneSide(_),
            ..
        })
        | Err(_) => {
            let cut = valued.iter().find_map(|valued| valued.whole.as_ref().err());
            Err(cut.cloned().unwrap_or(Reason::NotBetweenStrips))
        }
        Ok(found) => Ok(found.vol),
    };
    ThirtyDay { iv, slope, model_free }
}

/// Whether a source gives Greeks of this run that the venue computed.
fn is_live(source: Source) -> bool {
    matches!(source, Source::Dxlink | Source::Rest)
}

fn quote(option: Option<&OptionLine>) -> OptionQuote {
    let side = |field| option.and_then(|option| option.record.number(field)).unwrap_or(0.0);
    OptionQuote {
        bid: side(Field::Bid),
        ask: side(Field::Ask),
    }
}

fn moment(record: &Record) -> Option<Timestamp> {
    let sides = [Field::Bid, Field::Ask].into_iter().filter_map(|side| record.get(side));
    sides.map(|side| side.as_of).max()
}

fn check(strikes: &[StrikeLine]) -> Option<Check> {
    let options = strikes.iter().flat_map(|line| [&line.call, &line.put]).flatten();
    let differences: Vec<f64> = options.filter_map(difference).collect();
    Some(Check {
        options: differences.len(),
        worst: differences.into_iter().max_by(f64::total_cmp)?,
    })
}

/// The greatest difference between the Greeks of the feed and our own.
fn difference(option: &OptionLine) -> Option<f64> {
    let (own, record) = (option.check.as_ref()?, &option.record);
    let pairs = [
        (own.delta, Field::Delta),
        (own.gamma, Field::Gamma),
        (own.theta, Field::Theta),
        (own.vega, Field::Vega),
        (own.rho, Field::Rho),
    ];
    let differences = pairs.into_iter().filter_map(|(own, field)| {
        let feed = record.get(field).filter(|feed| is_live(feed.source))?;
        Some((own - feed.value.number()?).abs())
    });
    differences.max_by(f64::total_cmp)
}

const SECONDS_OF_A_YEAR: f64 = 365.0 * 86_400.0;

#[cfg(test)]
mod tests;
