//! What tastytrade's REST API offers: market metrics, quotes, and of options the Greeks beside the quote.

use jiff::Timestamp;

use super::super::bars::HvWindow;
use super::super::evidence::Evidence;
use super::super::field::Field;
use super::super::field_value::FieldValue;
use super::super::method::Method;
use super::super::price::{Prices, is_void, of, price_of, tradable};
use super::super::reason::Reason;
use super::super::record::{Offer, Source, Sourced};
use super::feed::greek_method;
use crate::instrument::Kind;
use crate::tastytrade::{ExpirationIv, MarketQuote, Metrics, RankVariant};
use crate::units::{Price, Vol};

/// How a value is found in the market metrics.
struct Metric {
    field: Field,
    /// What it is read from, to tell an absent value from an unreadable one.
    wire: &'static [&'static str],
    /// The moment it describes.
    as_of: fn(&Metrics) -> Option<Timestamp>,
    read: fn(&Metrics) -> Option<(FieldValue, Method)>,
}

const METRICS: &[Metric] = &[
    Metric {
        field: Field::Iv,
        wire: &["implied-volatility-index"],
        as_of: of_index,
        read: |metrics| Some((metrics.iv?.into(), Method::VenueIndex)),
    },
    Metric {
        field: Field::IvRank,
        wire: &[
            "implied-volatility-index-rank",
            "tos-implied-volatility-index-rank",
            "tw-implied-volatility-index-rank",
        ],
        as_of: of_index,
        read: |metrics| {
            let (rank, variant) = metrics.iv_rank?;
            let method = match variant {
                RankVariant::Tos => Method::RankTos,
                RankVariant::Tw => Method::RankTw,
                RankVariant::Unnamed => Method::RankUnnamed,
            };
            Some((rank.into(), method))
        },
    },
    Metric {
        field: Field::IvPercentile,
        wire: &["implied-volatility-percentile"],
        as_of: of_index,
        read: |metrics| Some((metrics.iv_percentile?.into(), Method::DaysBelow)),
    },
    Metric {
        field: Field::IvChange5d,
        wire: &["implied-volatility-index-5-day-change"],
        as_of: of_index,
        read: |metrics| Some((metrics.iv_change_5d?.into(), Method::IndexChange)),
    },
    Metric {
        field: Field::LiquidityRating,
        wire: &["liquidity-rating"],
        as_of: of_answer,
        read: |metrics| {
            let rating = i32::try_from(metrics.liquidity_rating?).ok()?;
            Some((rating.into(), Method::VenueRating))
        },
    },
    Metric {
        field: Field::Beta,
        wire: &["beta"],
        as_of: of_answer,
        read: |metrics| Some((metrics.beta?.into(), Method::VenueBeta)),
    },
    Metric {
        field: Field::CorrSpy,
        wire: &["corr-spy-3month"],
        as_of: of_answer,
        read: |metrics| Some((metrics.corr_spy?.into(), Method::ThreeMonths)),
    },
    Metric {
        field: Field::EarningsDate,
        wire: &["earnings"],
        as_of: of_answer,
        read: |metrics| {
            let earnings = metrics.earnings.as_ref()?;
            let method = if earnings.estimated {
                Method::EstimatedReport
            } else {
                Method::ExpectedReport
            };
            Some((earnings.date.into(), method))
        },
    },
];

/// What the metrics of `evidence` hold of `field`.
pub(super) fn metric(evidence: &Evidence, field: Field, now: Timestamp) -> Offer<FieldValue> {
    metric_of(metrics(evidence)?, field, now)
}

/// What `metrics` hold of `field`. A volatility of zero is none.
pub(super) fn metric_of(metrics: &Metrics, field: Field, now: Timestamp) -> Offer<FieldValue> {
    let found = METRICS.iter().find(|metric| metric.field == field);
    let metric = found.ok_or(Reason::Lacks("market metrics"))?;
    let (value, method) = (metric.read)(metrics).ok_or_else(|| absence(metrics, metric.wire))?;
    let value = Sourced {
        value,
        source: Source::Rest,
        as_of: (metric.as_of)(metrics).unwrap_or(now),
        method,
    };
    above_zero(value, field.name())
}

/// The venue's realized volatility over `window`.
pub(super) fn realized(evidence: &Evidence, window: HvWindow, now: Timestamp) -> Offer<Vol> {
    let metrics = metrics(evidence)?;
    let (wire, hv, method, name) = match window {
        HvWindow::Hv30 => ("historical-volatility-30-day", metrics.hv30, Method::VenueHv30, "hv30"),
        HvWindow::Hv60 => ("historical-volatility-60-day", metrics.hv60, Method::VenueHv60, "hv60"),
        HvWindow::Hv90 => ("historical-volatility-90-day", metrics.hv90, Method::VenueHv90, "hv90"),
    };
    let value = Sourced {
        value: hv.ok_or_else(|| absence(metrics, &[wire]))?,
        source: Source::Rest,
        as_of: of_answer(metrics).unwrap_or(now),
        method,
    };
    above_zero(value, name)
}

/// The implied volatilities by expiration.
pub(super) fn terms(evidence: &Evidence, now: Timestamp) -> Offer<Vec<ExpirationIv>> {
    let metrics = metrics(evidence)?;
    if metrics.terms.is_empty() {
        return Err(absence(metrics, &["option-expiration-implied-volatilities"]));
    }
    Ok(Sourced {
        value: metrics.terms.clone(),
        source: Source::Rest,
        as_of: of_index(metrics).unwrap_or(now),
        method: Method::VenueTerms,
    })
}

/// Of an option the Greek that `field` is, or the volatility its price implies.
pub(super) fn greek(evidence: &Evidence, field: Field, now: Timestamp) -> Offer<FieldValue> {
    let quote = quote(evidence)?;
    let value = GREEKS.iter().find(|(greek, _)| *greek == field);
    let value = value
        .and_then(|(_, read)| read(quote))
        .ok_or(Reason::AbsentIn("quote"))?;
    Ok(Sourced {
        value,
        source: Source::Rest,
        as_of: quote.updated_at.unwrap_or(now),
        method: greek_method(field),
    })
}

type ReadGreek = fn(&MarketQuote) -> Option<FieldValue>;

const GREEKS: [(Field, ReadGreek); 6] = [
    (Field::Delta, |quote| quote.delta.map(Into::into)),
    (Field::Gamma, |quote| quote.gamma.map(Into::into)),
    (Field::Theta, |quote| quote.theta.map(Into::into)),
    (Field::Vega, |quote| quote.vega.map(Into::into)),
    (Field::Rho, |quote| quote.rho.map(Into::into)),
    (Field::OptionIv, |quote| quote.option_iv.map(Into::into)),
];

/// What a quote by REST makes of it; `now` stands for the receipt where the answer has no time.
pub(super) fn prices(quote: &MarketQuote, kind: Kind, now: Timestamp) -> Prices {
    let as_of = quote.updated_at.unwrap_or(now);
    let sourced = |price: Option<Price>, method: Method, name: &'static str| -> Offer<Price> {
        let value = tradable(kind, price.map(Price::get), name)?;
        Ok(Sourced {
            value,
            source: Source::Rest,
            as_of,
            method,
        })
    };
    let (bid, ask) = match (quote.bid.map(Price::get), quote.ask.map(Price::get)) {
        sides if is_void(sides) => (Err(Reason::VoidQuote), Err(Reason::VoidQuote)),
        _ => (
            sourced(quote.bid, Method::Quote, "bid"),
            sourced(quote.ask, Method::Quote, "ask"),
        ),
    };
    let last = sourced(quote.last, Method::LastTrade, "last trade");
    let mark = sourced(quote.mark, Method::VenueMark, "mark");
    let prev_close = sourced(quote.prev_close, Method::PreviousClose, "previous close");
    let counted = |count: Option<f64>, method: Method, name: &'static str| match count {
        Some(value) if value.is_finite() && value >= 0.0 => Ok(Sourced {
            value,
            source: Source::Rest,
            as_of,
            method,
        }),
        Some(_) | None => Err(Reason::No(name)),
    };
    [
        of(
            Field::Price,
            price_of(kind, &bid, &ask, &last, Some(&mark), &prev_close),
        ),
        of(Field::Bid, bid),
        of(Field::Ask, ask),
        of(Field::Last, last),
        of(Field::PrevClose, prev_close),
        of(Field::Open, sourced(quote.open, Method::DaySummary, "open")),
        of(Field::High, sourced(quote.high, Method::DaySummary, "high")),
        of(Field::Low, sourced(quote.low, Method::DaySummary, "low")),
        of(Field::Volume, counted(quote.volume, Method::DayVolume, "volume")),
        of(
            Field::OpenInterest,
            counted(quote.open_interest, Method::OpenContracts, "open interest"),
        ),
    ]
    .into()
}

/// The quote, if it is of this very symbol or of the contract behind it.
pub(super) fn quote(evidence: &Evidence) -> Result<&MarketQuote, Reason> {
    let quote = evidence.rest_quote.as_ref().ok_or(Reason::NotAsked)?;
    let quote = quote.as_ref().map_err(Clone::clone)?;
    let subject = &evidence.subject;
    if quote.symbol == subject.symbol || Some(&quote.symbol) == subject.contract.as_ref() {
        Ok(quote)
    } else {
        Err(Reason::QuoteOf(quote.symbol.clone()))
    }
}

/// The metrics, if they are of this very symbol or, for a futures contract, of its root: `/ES` never answers for `ES`.
fn metrics(evidence: &Evidence) -> Result<&Metrics, Reason> {
    let metrics = evidence.metrics.as_ref().map_err(Clone::clone)?;
    let subject = &evidence.subject;
    let is_its_root =
        || subject.kind == Kind::Future && is_contract_of(subject.symbol.as_str(), metrics.symbol.as_str());
    if metrics.symbol == subject.symbol || is_its_root() {
        Ok(metrics)
    } else {
        Err(Reason::MetricsOf(metrics.symbol.clone()))
    }
}

/// Whether `contract` is `root`, a month letter and the digits of a year, perhaps with an exchange.
fn is_contract_of(contract: &str, root: &str) -> bool {
    let Some(month) = contract.strip_prefix(root) else {
        return false;
    };
    let month = month.split(':').next().unwrap_or(month);
    let mut letters = month.chars();
    let is_month = letters.next().is_some_and(|letter| "FGHJKMNQUVXZ".contains(letter));
    let year = letters.as_str();
    is_month && matches!(year.len(), 1 | 2) && year.bytes().all(|digit| digit.is_ascii_digit())
}

fn absence(metrics: &Metrics, wire: &[&str]) -> Reason {
    let unreadable = metrics
        .unreadable
        .iter()
        .any(|name| wire.iter().any(|field| is_part_of(name, field)));
    if unreadable { Reason::Unreadable } else { Reason::Null }
}

/// Whether `name` is the wire field itself or, as `earnings.…`, something inside it.
fn is_part_of(name: &str, field: &str) -> bool {
    name.strip_prefix(field)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn of_index(metrics: &Metrics) -> Option<Timestamp> {
    metrics.iv_updated_at.or(metrics.updated_at)
}

fn of_answer(metrics: &Metrics) -> Option<Timestamp> {
    metrics.updated_at
}

/// A value that is no volatility of zero.
pub(super) fn above_zero<T: Copy + Into<FieldValue>>(value: Sourced<T>, name: &'static str) -> Offer<T> {
    match value.value.into() {
        FieldValue::Vol(vol) if vol.get() <= 0.0 => Err(Reason::NoVolatility(name)),
        FieldValue::Price(_)
        | FieldValue::Vol(_)
        | FieldValue::Rank(_)
        | FieldValue::Number(_)
        | FieldValue::Rating(_)
        | FieldValue::Day(_) => Ok(value),
    }
}
