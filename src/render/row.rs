//! One row of the document: a record flattened to the contract's names.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::text::millis;
use crate::instrument::{Kind, StreamerSymbol, Symbol};
use crate::market::{Attempt, Field, Record, Source, Sourced};
use crate::screen::{Assessment, Environment, FieldValue, Flag, Screened, Signal, Vote, field_value};

/// One symbol with everything known about it. Every key is always there; what is unknown, or does not concern the
/// command, is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Row {
    /// Place by score among the candidates, from 1; `null` when rejected or not screened.
    pub rank: Option<usize>,
    /// As asked for, canonical.
    pub symbol: Symbol,
    /// For futures the contract behind the symbol.
    pub contract: Option<Symbol>,
    /// Days from today to the last day of that contract.
    pub days_to_expiration: Option<i32>,
    /// Of a futures root the change of its contract, if it was seen in the last fortnight or is due in the next.
    pub roll: Option<String>,
    /// What the feed calls it.
    pub streamer_symbol: Option<StreamerSymbol>,
    /// What it is.
    pub kind: Kind,
    /// `Equity`, `Index`, `Commodity`, … by the configured table.
    pub asset_class: String,
    /// Mark, in the instrument's own quotation, as all prices.
    pub price: Option<f64>,
    /// Best bid.
    pub bid: Option<f64>,
    /// Best ask.
    pub ask: Option<f64>,
    /// Last trade.
    pub last: Option<f64>,
    /// Close of the session before.
    pub prev_close: Option<f64>,
    /// First price of the day.
    pub open: Option<f64>,
    /// Highest price of the day.
    pub high: Option<f64>,
    /// Lowest price of the day.
    pub low: Option<f64>,
    /// Volume of the day.
    pub volume: Option<f64>,
    /// 30-day implied volatility index, annualized fraction.
    pub iv: Option<f64>,
    /// Place of `iv` in its 52-week range, 0 to 100.
    pub iv_rank: Option<f64>,
    /// Share of days of the past year with a lower `iv`, 0 to 100.
    pub iv_percentile: Option<f64>,
    /// Change of `iv` in five days, fraction.
    pub iv_change_5d: Option<f64>,
    /// Realized volatility of 30 sessions, annualized fraction.
    pub hv30: Option<f64>,
    /// Realized volatility of 90 sessions, annualized fraction.
    pub hv90: Option<f64>,
    /// Stars of liquidity, 0 to 5.
    pub liquidity_rating: Option<i64>,
    /// Beta against the S&P 500.
    pub beta: Option<f64>,
    /// Correlation with SPY over three months, -1 to 1.
    pub corr_spy: Option<f64>,
    /// Next earnings, `YYYY-MM-DD`, New York.
    pub earnings_date: Option<String>,
    /// `iv / max(hv90, hv_floor)`.
    pub vrp_structural: Option<f64>,
    /// `iv / max(hv30, hv_floor)`.
    pub vrp_tactical: Option<f64>,
    /// `hv30 / hv90`.
    pub vtr: Option<f64>,
    /// `(ask - bid) / mid` of the worse leg of the straddle nearest to 45 days, fraction; `null` where nobody was asked.
    pub slippage: Option<f64>,
    /// What that straddle pays in 30 days, a fraction of a fifth of the price; `null` where nobody was asked.
    pub r#yield: Option<f64>,
    /// Options: change of value per unit of the underlying.
    pub delta: Option<f64>,
    /// Options: change of delta per unit of the underlying.
    pub gamma: Option<f64>,
    /// Options: change of value per day.
    pub theta: Option<f64>,
    /// Options: change of value per volatility point.
    pub vega: Option<f64>,
    /// Options: change of value per rate point.
    pub rho: Option<f64>,
    /// Options: implied volatility, annualized fraction.
    pub option_iv: Option<f64>,
    /// Futures and options: open contracts.
    pub open_interest: Option<f64>,
    /// 0 to 100, one decimal.
    pub score: Option<f64>,
    /// What the volatility is doing.
    pub signal: Option<Signal>,
    /// Which kind of strategy that calls for.
    pub environment: Option<Environment>,
    /// What the rules would do.
    pub vote: Option<Vote>,
    /// Whether it is in the portfolio; `null` when not screened.
    pub held: Option<bool>,
    /// Remarks of the rules, sorted.
    pub flags: Vec<Flag>,
    /// Why it was rejected; `null` when it passed or was not screened.
    pub rejected: Option<String>,
    /// Remarks on the data: `stale`, `before_gap`, `hv_spans_rolls`, `earnings_estimated`, `iv_proxy`, `iv_rank_tw`, `rolled`,
    /// `roll_ahead`.
    pub notes: Vec<String>,
    /// Of a stale row the age in seconds of what makes it so: values an earlier run kept, or the price; else `null`.
    pub stale_seconds: Option<i64>,
    /// Where each value came from.
    pub provenance: BTreeMap<Field, Provenance>,
    /// What is missing of the fields this kind of instrument can have, with what was tried, in order.
    pub missing: BTreeMap<Field, Vec<Attempt>>,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Provenance {
    /// Who gave it, or gave what it was computed from.
    pub source: Source,
    /// The moment it describes, RFC 3339 UTC with milliseconds.
    pub as_of: String,
    /// How it was made, in a few words.
    pub method: String,
    /// The better sources that had none, with their reasons, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Attempt>,
}

/// The keys of a row in their order: the columns of `plain` and `csv`.
pub const ROW_COLUMNS: [&str; 50] = [
    "rank",
    "symbol",
    "contract",
    "days_to_expiration",
    "roll",
    "streamer_symbol",
    "kind",
    "asset_class",
    "price",
    "bid",
    "ask",
    "last",
    "prev_close",
    "open",
    "high",
    "low",
    "volume",
    "iv",
    "iv_rank",
    "iv_percentile",
    "iv_change_5d",
    "hv30",
    "hv90",
    "liquidity_rating",
    "beta",
    "corr_spy",
    "earnings_date",
    "vrp_structural",
    "vrp_tactical",
    "vtr",
    "slippage",
    "yield",
    "delta",
    "gamma",
    "theta",
    "vega",
    "rho",
    "option_iv",
    "open_interest",
    "score",
    "signal",
    "environment",
    "vote",
    "held",
    "flags",
    "rejected",
    "notes",
    "stale_seconds",
    "provenance",
    "missing",
];

impl Row {
    /// A record that was not screened.
    pub(super) fn quoted(record: &Record) -> Self {
        Self::assessed(record, None)
    }

    /// A record with what the rules made of it.
    pub(super) fn screened(screened: &Screened<'_>) -> Self {
        Self {
            rank: screened.rank,
            rejected: screened.rejection.as_ref().map(|gate| gate.text.clone()),
            ..Self::assessed(screened.record, Some(&screened.assessment))
        }
    }

    fn assessed(record: &Record, assessment: Option<&Assessment>) -> Self {
        let number = |field| match field_value(record, field)?.value {
            FieldValue::Number(value) => Some(value + 0.0),
            FieldValue::Day(_) => None,
        };
        Self {
            rank: None,
            symbol: record.symbol.clone(),
            contract: record.contract.clone(),
            days_to_expiration: record.days_to_expiration,
            roll: record.roll.as_ref().map(ToString::to_string),
            streamer_symbol: record.streamer_symbol.clone(),
            kind: record.kind,
            asset_class: record.asset_class.to_string(),
            price: number(Field::Price),
            bid: number(Field::Bid),
            ask: number(Field::Ask),
            last: number(Field::Last),
            prev_close: number(Field::PrevClose),
            open: number(Field::Open),
            high: number(Field::High),
            low: number(Field::Low),
            volume: number(Field::Volume),
            iv: number(Field::Iv),
            iv_rank: number(Field::IvRank),
            iv_percentile: number(Field::IvPercentile),
            iv_change_5d: number(Field::IvChange5d),
            hv30: number(Field::Hv30),
            hv90: number(Field::Hv90),
            liquidity_rating: record.liquidity_rating.as_ref().map(|rating| rating.value),
            beta: number(Field::Beta),
            corr_spy: number(Field::CorrSpy),
            earnings_date: record.earnings_date.as_ref().map(|date| date.value.to_string()),
            vrp_structural: number(Field::VrpStructural),
            vrp_tactical: number(Field::VrpTactical),
            vtr: number(Field::Vtr),
            slippage: number(Field::Slippage),
            r#yield: number(Field::Yield),
            delta: number(Field::Delta),
            gamma: number(Field::Gamma),
            theta: number(Field::Theta),
            vega: number(Field::Vega),
            rho: number(Field::Rho),
            option_iv: number(Field::OptionIv),
            open_interest: number(Field::OpenInterest),
            score: assessment.and_then(|assessment| assessment.score),
            signal: assessment.and_then(|assessment| assessment.signal),
            environment: assessment.and_then(|assessment| assessment.environment),
            vote: assessment.and_then(|assessment| assessment.vote),
            held: assessment.map(|assessment| assessment.held),
            flags: assessment
                .map(|assessment| assessment.flags.clone())
                .unwrap_or_default(),
            rejected: None,
            notes: record.notes.iter().map(|note| (*note).to_owned()).collect(),
            stale_seconds: record.stale_seconds,
            provenance: provenance(record),
            missing: record
                .missing
                .iter()
                .map(|missing| (missing.field, missing.tried.clone()))
                .collect(),
        }
    }
}

/// Where a value came from that nothing better was tried for.
pub(super) fn origin<T>(value: &Sourced<T>) -> Provenance {
    Provenance {
        source: value.source,
        as_of: millis(value.as_of),
        method: value.method.to_string(),
        tried: Vec::new(),
    }
}

pub(super) fn provenance(record: &Record) -> BTreeMap<Field, Provenance> {
    Field::ALL
        .into_iter()
        .filter_map(|field| {
            let sourced = field_value(record, field)?;
            let tried = record.tried_before.iter().find(|passed| passed.field == field);
            Some((
                field,
                Provenance {
                    tried: tried.map(|passed| passed.tried.clone()).unwrap_or_default(),
                    ..origin(&sourced)
                },
            ))
        })
        .collect()
}
