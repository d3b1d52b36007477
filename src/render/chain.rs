//! The chain of a document: its numbers under the contract's names.

use std::collections::BTreeMap;
use std::io;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::cell::object;
use super::row::{Provenance, origin, provenance};
use super::text::millis;
use super::values::{Fields, OfOption, Values};
use crate::chain::{self, ExpirationReport, MOST_ENTRIES, OptionLine, Report, StrikeLine, ThirtyDay};
use crate::instrument::{StreamerSymbol, Symbol};
use crate::market::{Attempt, Field, Note, Reason};
use crate::tastytrade::Settlement;

/// An option chain. Every number of an expiration is of one moment, its `as_of`; what cannot be had is `null`, and `missing`
/// has the reason under the same name.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChainBlock {
    /// The symbol asked for.
    pub symbol: Symbol,
    /// Whether the budget of subscriptions took away the outermost strikes.
    pub cut: bool,
    /// Subscriptions to the feed that the options took.
    pub entries: usize,
    /// The budget of these.
    pub entries_limit: usize,
    /// Options among the strikes that the feed does not know.
    pub unfed: usize,
    /// The numbers around 30 days.
    pub thirty_day: ThirtyDayBlock,
    /// By the instant they end.
    pub expirations: Vec<ExpirationBlock>,
}

/// The numbers around 30 days.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ThirtyDayBlock {
    /// Volatility at the money at 30 days, linear in total variance, annualized fraction.
    pub atm_iv: Option<f64>,
    /// Where it came from.
    pub atm_iv_origin: Option<Provenance>,
    /// The later expiration's volatility at the money less the earlier one's, for each 30 days between them, a fraction.
    pub term_slope: Option<f64>,
    /// Volatility without a model at 30 days by the method of Cboe's VIX, annualized fraction. Never comparable with `atm_iv`.
    pub variance_iv: Option<f64>,
    /// Why what is `null` is missing.
    pub missing: BTreeMap<&'static str, String>,
}

/// One expiration.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ExpirationBlock {
    /// What the options are on: the symbol asked for, or a futures contract.
    pub underlying: Symbol,
    /// Its price; the row of the underlying says where it came from.
    pub underlying_price: Option<f64>,
    /// Of a futures contract the days to its last day.
    pub underlying_days_to_expiration: Option<i32>,
    /// The option root.
    pub root: String,
    /// Last day, `YYYY-MM-DD`.
    pub expiration: String,
    /// Calendar days to it.
    pub days_to_expiration: i64,
    /// The instant the options end, RFC 3339 UTC.
    pub expires_at: String,
    /// `AM` or `PM`.
    pub settlement: Option<&'static str>,
    /// `Regular`, `Weekly`, `Quarterly`, `End-Of-Month`.
    pub expiration_type: Option<String>,
    /// Dollars for one unit of an option's price.
    pub multiplier: Option<f64>,
    /// Strikes listed.
    pub strikes_listed: usize,
    /// The moment of the newest quote.
    pub as_of: Option<String>,
    /// The rate that discounts, continuously compounded, a fraction a year.
    pub rate: Option<f64>,
    /// Where it came from.
    pub rate_origin: Option<Provenance>,
    /// The forward by put-call parity.
    pub forward: Option<f64>,
    /// The strike it was read at.
    pub forward_strike: Option<f64>,
    /// Volatility at the money, annualized fraction.
    pub atm_iv: Option<f64>,
    /// Where it came from.
    pub atm_iv_origin: Option<Provenance>,
    /// Volatility of the call with a forward delta of 25 %.
    pub call_25d_iv: Option<f64>,
    /// Volatility of the put with a forward delta of -25 %.
    pub put_25d_iv: Option<f64>,
    /// Call less put at 25 delta, a fraction.
    pub risk_reversal: Option<f64>,
    /// Their mean less the volatility at the money, a fraction.
    pub butterfly: Option<f64>,
    /// Strike of the straddle nearest to the forward.
    pub straddle_strike: Option<f64>,
    /// Its price, middle of call and put together.
    pub straddle: Option<f64>,
    /// The move of one standard deviation until expiry.
    pub expected_move: Option<f64>,
    /// 0.85 of the straddle, about 68 % of one standard deviation.
    pub expected_move_straddle: Option<f64>,
    /// 60 % of the straddle, 30 % and 10 % of the next two strangles.
    pub expected_move_blend: Option<f64>,
    /// Annualized variance without a model.
    pub variance: Option<f64>,
    /// Its square root.
    pub variance_iv: Option<f64>,
    /// Strikes it was made of.
    pub variance_strikes: Option<usize>,
    /// The feed's Greeks against our own at the feed's volatility; `null` when there is nothing to compare.
    pub check: Option<CheckBlock>,
    /// Why what is `null` is missing.
    pub missing: BTreeMap<&'static str, String>,
    /// The strikes taken, ascending.
    pub strikes: Vec<StrikeBlock>,
}

/// The feed's Greeks against our own.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CheckBlock {
    /// Options compared.
    pub options: usize,
    /// The greatest difference of any Greek, in its own unit.
    pub worst_difference: f64,
}

/// One strike.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StrikeBlock {
    /// The strike.
    pub strike: f64,
    /// Our own volatility on the parity forward, from the option out of the money.
    pub model_iv: Option<f64>,
    /// Why there is none.
    pub model_iv_missing: Option<String>,
    /// The call; `null` when the feed does not know it.
    pub call: Option<OptionBlock>,
    /// The put; `null` when the feed does not know it.
    pub put: Option<OptionBlock>,
}

/// One option, the numbers as in a row.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OptionBlock {
    /// What REST calls it.
    pub symbol: Symbol,
    /// What the feed calls it.
    pub streamer_symbol: Option<StreamerSymbol>,
    /// The values of its fields.
    #[serde(flatten)]
    pub values: Values<OfOption>,
    /// Our own Greeks at the volatility and the moment of the feed's, with its conventions; `null` where it gave none.
    pub check: Option<GreeksBlock>,
    /// Remarks on the data, as in a row.
    pub notes: Vec<String>,
    /// Where each value came from.
    pub provenance: BTreeMap<Field, Provenance>,
    /// What is missing, with what was tried, in order.
    pub missing: BTreeMap<Field, Vec<Attempt>>,
}

/// Our own Greeks, in the feed's units.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct GreeksBlock {
    pub delta: f64,
    pub gamma: f64,
    pub theta: f64,
    pub vega: f64,
    pub rho: f64,
}

/// The keys of an option's line in `plain` and `csv`.
pub(super) fn option_columns() -> Vec<&'static str> {
    let before = [
        "underlying",
        "root",
        "expiration",
        "days_to_expiration",
        "strike",
        "right",
        "symbol",
        "streamer_symbol",
    ];
    let after = ["model_iv", "multiplier", "notes", "provenance", "missing"];
    let fields = OfOption::fields().map(Field::name);
    before.into_iter().chain(fields).chain(after).collect()
}

impl ChainBlock {
    pub(super) fn of(report: &Report) -> Self {
        let choice = &report.choice;
        Self {
            symbol: report.symbol.clone(),
            cut: choice.cut,
            entries: choice.entries,
            entries_limit: MOST_ENTRIES,
            unfed: choice.unfed,
            thirty_day: ThirtyDayBlock::of(&report.thirty_day),
            expirations: report.expirations.iter().map(ExpirationBlock::of).collect(),
        }
    }

    /// Each option with what its expiration and strike say about it.
    pub(super) fn option_objects(&self) -> impl Iterator<Item = io::Result<Map<String, Value>>> {
        self.options().map(|(expiration, strike, right, option)| {
            let mut said = object(option)?;
            let about = json!({
                "underlying": expiration.underlying, "root": expiration.root, "expiration": expiration.expiration,
                "days_to_expiration": expiration.days_to_expiration, "multiplier": expiration.multiplier,
                "strike": strike.strike, "right": right, "model_iv": strike.model_iv,
            });
            said.extend(object(&about)?);
            Ok(said)
        })
    }

    /// Every option with its expiration and strike, `call` or `put` beside it.
    pub(super) fn options(&self) -> impl Iterator<Item = (&ExpirationBlock, &StrikeBlock, &'static str, &OptionBlock)> {
        self.expirations.iter().flat_map(|expiration| {
            expiration.strikes.iter().flat_map(move |strike| {
                let sides = [("call", strike.call.as_ref()), ("put", strike.put.as_ref())];
                let there = sides.into_iter().filter_map(|(right, option)| Some((right, option?)));
                there.map(move |(right, option)| (expiration, strike, right, option))
            })
        })
    }
}

/// Takes results apart into values and reasons.
#[derive(Default)]
struct Reasons(BTreeMap<&'static str, String>);

impl Reasons {
    fn take<'a, T>(&mut self, names: &[&'static str], result: &'a Result<T, Reason>) -> Option<&'a T> {
        if let Err(reason) = result {
            self.0.extend(names.iter().map(|name| (*name, reason.to_string())));
        }
        result.as_ref().ok()
    }
}

impl ThirtyDayBlock {
    fn of(thirty_day: &ThirtyDay) -> Self {
        let mut reasons = Reasons::default();
        let iv = reasons.take(&["atm_iv"], &thirty_day.iv);
        let slope = reasons.take(&["term_slope"], &thirty_day.slope);
        let model_free = reasons.take(&["variance_iv"], &thirty_day.model_free);
        Self {
            atm_iv: iv.map(|iv| iv.value.get()),
            atm_iv_origin: iv.map(origin),
            term_slope: slope.copied(),
            variance_iv: model_free.map(|vol| vol.get()),
            missing: reasons.0,
        }
    }
}

impl ExpirationBlock {
    fn of(report: &ExpirationReport) -> Self {
        let mut reasons = Reasons::default();
        let rate = reasons.take(&["rate"], &report.rate);
        let forward = reasons.take(&["forward"], &report.forward);
        let atm_iv = reasons.take(&["atm_iv"], &report.atm_iv);
        let skew = reasons.take(
            &["call_25d_iv", "put_25d_iv", "risk_reversal", "butterfly"],
            &report.skew,
        );
        let straddle = reasons.take(
            &[
                "straddle_strike",
                "straddle",
                "expected_move_straddle",
                "expected_move_blend",
            ],
            &report.straddle,
        );
        if straddle.is_some_and(|straddle| straddle.blended.is_none()) {
            let reason = "a strangle beside the straddle has no two-sided quotes";
            reasons.0.insert("expected_move_blend", reason.to_owned());
        }
        let expected_move = reasons.take(&["expected_move"], &report.expected_move);
        let strip = reasons.take(&["variance", "variance_iv", "variance_strikes"], &report.strip);
        Self {
            underlying: report.underlying.clone(),
            underlying_price: report.underlying_price.as_ref().map(|price| price.value.get()),
            underlying_days_to_expiration: report.underlying_days,
            root: report.root.to_string(),
            expiration: report.date.to_string(),
            days_to_expiration: report.days,
            expires_at: millis(report.expires_at),
            settlement: report.settlement.map(|settlement| match settlement {
                Settlement::Morning => "AM",
                Settlement::Afternoon => "PM",
            }),
            expiration_type: report.kind.as_ref().map(ToString::to_string),
            multiplier: report.multiplier,
            strikes_listed: report.listed,
            as_of: report.as_of.map(millis),
            rate: rate.map(|rate| rate.value + 0.0),
            rate_origin: rate.map(origin),
            forward: forward.map(|forward| forward.price),
            forward_strike: forward.map(|forward| forward.strike),
            atm_iv: atm_iv.map(|vol| vol.value.get()),
            atm_iv_origin: atm_iv.map(origin),
            call_25d_iv: skew.map(|skew| skew.call.get()),
            put_25d_iv: skew.map(|skew| skew.put.get()),
            risk_reversal: skew.map(|skew| skew.risk_reversal),
            butterfly: skew.map(|skew| skew.butterfly),
            straddle_strike: straddle.map(|straddle| straddle.strike),
            straddle: straddle.map(|straddle| straddle.price),
            expected_move: expected_move.copied(),
            expected_move_straddle: straddle.map(|straddle| straddle.reduced),
            expected_move_blend: straddle.and_then(|straddle| straddle.blended),
            variance: strip.map(|strip| strip.variance),
            variance_iv: strip.map(|strip| strip.variance.sqrt()),
            variance_strikes: strip.map(|strip| strip.strikes),
            check: report.check.map(|check: chain::Check| CheckBlock {
                options: check.options,
                worst_difference: check.worst,
            }),
            missing: reasons.0,
            strikes: report.strikes.iter().map(StrikeBlock::of).collect(),
        }
    }
}

impl StrikeBlock {
    fn of(line: &StrikeLine) -> Self {
        Self {
            strike: line.strike.get(),
            model_iv: line.model_iv.as_ref().ok().map(|vol| vol.get()),
            model_iv_missing: line.model_iv.as_ref().err().map(Reason::to_string),
            call: line.call.as_ref().map(OptionBlock::of),
            put: line.put.as_ref().map(OptionBlock::of),
        }
    }
}

impl OptionBlock {
    fn of(option: &OptionLine) -> Self {
        let record = &option.record;
        let is_shown = |field: Field| OfOption::fields().any(|shown| shown == field);
        Self {
            symbol: option.listed.clone(),
            streamer_symbol: record.streamer_symbol.clone(),
            values: Values::new(record.values().map(|sourced| sourced.value)),
            check: option.check.map(|greeks| GreeksBlock {
                delta: greeks.delta,
                gamma: greeks.gamma,
                theta: greeks.theta,
                vega: greeks.vega,
                rho: greeks.rho,
            }),
            notes: record.notes.iter().map(Note::to_string).collect(),
            provenance: provenance(record)
                .into_iter()
                .filter(|(field, _)| is_shown(*field))
                .collect(),
            missing: record
                .missing
                .iter()
                .filter(|missing| is_shown(missing.field))
                .map(|missing| (missing.field, missing.tried.clone()))
                .collect(),
        }
    }
}
