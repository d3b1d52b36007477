//! What each source offers for the fields outside the price group: metrics, realized volatilities, Greeks.

use jiff::Timestamp;
use jiff::civil::Date;

use super::bars::{DailyBars, HvWindow};
use super::evidence::{Evidence, Rules};
use super::field::Field;
use super::method::Method;
use super::price::{Offer, Prices, market_of, moment, of_history, of_kept, of_rest, of_stream, silence};
use super::reason::Reason;
use super::record::{Attempt, Source, Sourced};
use super::stored::{Place, own_place};
use super::straddle::StraddleQuote;
use super::vol_inputs::ClosedBars;
use crate::dxlink::Greeks;
use crate::instrument::Kind;
use crate::legacy::ChartHistory;
use crate::stream::LastEvents;
use crate::tastytrade::{ExpirationIv, MarketQuote, Metrics, RankVariant};
use crate::time;
use crate::units::{Price, Rank, Vol};

/// Everything the sources offer for one symbol.
#[derive(Debug)]
pub(super) struct Candidates<'a> {
    evidence: &'a Evidence,
    rules: &'a Rules<'a>,
    candles: Result<DailyBars, Reason>,
    history: Result<DailyBars, Reason>,
    kept: Option<DailyBars>,
}

impl<'a> Candidates<'a> {
    pub(super) fn new(evidence: &'a Evidence, rules: &'a Rules<'a>) -> Self {
        let market = market_of(evidence.subject.kind);
        let candles = streamed(evidence).and_then(|streamed| match &streamed.candles {
            None => Err(Reason::NotAsked),
            Some(Err(reason)) => Err(Reason::told(reason)),
            Some(Ok(heard)) => Ok(DailyBars::of_candles(
                &heard.event,
                Source::DxlinkCandles,
                market,
                heard.at,
                rules.now,
            )),
        });
        let bars = evidence.kept.bars.as_ref();
        let kept = bars.map(|kept| DailyBars::of_candles(&kept.candles, Source::Store, market, kept.at, rules.now));
        // Bars that are still the last closed ones are what the feed would send again.
        let current = bars.is_some_and(|kept| kept.are_final(market, rules.now));
        let candles = candles.or_else(|reason| kept.clone().filter(|_| current).ok_or(reason));
        let history = history(evidence).map(|(history, at)| DailyBars::of_history(history, market, *at, rules.now));
        Self {
            evidence,
            rules,
            candles,
            history,
            kept,
        }
    }

    /// The price group of `source`, or why it has none at all.
    pub(super) fn prices(&self, source: Source) -> Result<Prices, Reason> {
        let kind = self.evidence.subject.kind;
        match source {
            Source::Dxlink => streamed(self.evidence).map(|streamed| of_stream(streamed, kind)),
            Source::DxlinkCandles => Err(Reason::Lacks("prices")),
            Source::Rest => rest_quote(self.evidence).map(|quote| of_rest(quote, kind, self.rules.now)),
            Source::Legacy => history(self.evidence).map(|(history, _)| of_history(history, kind, self.rules.now)),
            Source::Model | Source::Proxy => Err(Reason::Lacks("prices")),
            Source::Store => Ok(of_kept(&self.evidence.kept, kind)),
        }
    }

    /// Implied volatility by `source`; `None` where it had no reason to be asked.
    pub(super) fn iv(&self, source: Source) -> Option<Offer<Vol>> {
        match source {
            Source::Store => return Some(self.kept(Field::Iv, Vol::new)),
            Source::Model => return Some(self.evidence.chain_iv.clone()?),
            Source::Proxy => return self.proxied(),
            Source::Rest | Source::Dxlink | Source::DxlinkCandles | Source::Legacy => {}
        }
        let read = |metrics: &Metrics| metrics.iv.map(|iv| (iv, Method::VenueIndex));
        let iv = self.metric(source, &["implied-volatility-index"], iv_moment, read);
        Some(iv.and_then(|iv| above_zero(iv, "iv")))
    }

    /// The index of the stand-in, if there is one.
    fn proxied(&self) -> Option<Offer<Vol>> {
        let (proxy, metrics) = self.evidence.proxy.as_ref()?;
        let iv = |metrics: &Metrics| {
            let value = metrics
                .iv
                .ok_or_else(|| absence(metrics, &["implied-volatility-index"]))?;
            let iv = Sourced {
                value,
                source: Source::Proxy,
                as_of: iv_moment(metrics).unwrap_or(self.rules.now),
                method: Method::IndexOf(proxy.clone()),
            };
            above_zero(iv, "iv")
        };
        Some(
            metrics
                .as_ref()
                .map_err(Clone::clone)
                .and_then(iv)
                .map_err(|reason| Reason::about(proxy.as_str(), reason)),
        )
    }

    /// What it costs to trade the straddle; nothing where nobody was asked for it.
    pub(super) fn slippage(&self) -> Vec<(Source, Offer<f64>)> {
        self.of_straddle(Field::Slippage, StraddleQuote::slippage)
    }

    /// What the straddle pays on an underlying at `price`; nothing where nobody was asked for it.
    pub(super) fn straddle_yield(&self, price: Option<&Sourced<Price>>) -> Vec<(Source, Offer<f64>)> {
        self.of_straddle(Field::Yield, |straddle| straddle.yield_on(price))
    }

    fn of_straddle(&self, field: Field, read: impl Fn(&StraddleQuote) -> Offer<f64>) -> Vec<(Source, Offer<f64>)> {
        let live = match &self.evidence.straddle {
            None => return Vec::new(),
            Some(Ok(straddle)) => (straddle.source, read(straddle).and_then(finite)),
            Some(Err(attempt)) => (attempt.source, Err(attempt.reason.clone())),
        };
        vec![live, (Source::Store, self.kept(field, Some))]
    }

    pub(super) fn iv_rank(&self, source: Source, iv: Option<&Sourced<Vol>>) -> Offer<Rank> {
        if source == Source::Store {
            return self.own(Field::IvRank, Place::Range, iv);
        }
        let wire = [
            "implied-volatility-index-rank",
            "tos-implied-volatility-index-rank",
            "tw-implied-volatility-index-rank",
        ];
        self.metric(source, &wire, iv_moment, |metrics| {
            metrics.iv_rank.map(|(rank, variant)| match variant {
                RankVariant::Tos => (rank, Method::RankTos),
                RankVariant::Tw => (rank, Method::RankTw),
                RankVariant::Unnamed => (rank, Method::RankUnnamed),
            })
        })
    }

    pub(super) fn iv_percentile(&self, source: Source, iv: Option<&Sourced<Vol>>) -> Offer<Rank> {
        if source == Source::Store {
            return self.own(Field::IvPercentile, Place::DaysBelow, iv);
        }
        self.metric(source, &["implied-volatility-percentile"], iv_moment, |metrics| {
            metrics.iv_percentile.map(|percentile| (percentile, Method::DaysBelow))
        })
    }

    pub(super) fn iv_change_5d(&self, source: Source) -> Offer<f64> {
        if source == Source::Store {
            return self.kept(Field::IvChange5d, Some);
        }
        self.metric(
            source,
            &["implied-volatility-index-5-day-change"],
            iv_moment,
            |metrics| metrics.iv_change_5d.map(|change| (change, Method::IndexChange)),
        )
        .and_then(finite)
    }

    pub(super) fn liquidity_rating(&self, source: Source) -> Offer<i32> {
        if source == Source::Store {
            return self.kept(Field::LiquidityRating, whole);
        }
        self.metric(source, &["liquidity-rating"], moment_of, |metrics| {
            let rating = metrics.liquidity_rating.and_then(|rating| i32::try_from(rating).ok());
            rating.map(|rating| (rating, Method::VenueRating))
        })
    }

    pub(super) fn beta(&self, source: Source) -> Offer<f64> {
        if source == Source::Store {
            return self.kept(Field::Beta, Some);
        }
        self.metric(source, &["beta"], moment_of, |metrics| {
            metrics.beta.map(|beta| (beta, Method::VenueBeta))
        })
        .and_then(finite)
    }

    pub(super) fn corr_spy(&self, source: Source) -> Offer<f64> {
        if source == Source::Store {
            return self.kept(Field::CorrSpy, Some);
        }
        self.metric(source, &["corr-spy-3month"], moment_of, |metrics| {
            metrics.corr_spy.map(|correlation| (correlation, Method::ThreeMonths))
        })
        .and_then(finite)
    }

    pub(super) fn earnings_date(&self, source: Source) -> Offer<Date> {
        if source == Source::Store {
            return self.kept(Field::EarningsDate, |day| time::date_of_day_id(whole(day)?));
        }
        self.metric(source, &["earnings"], moment_of, |metrics| {
            metrics.earnings.as_ref().map(|earnings| {
                let method = if earnings.estimated {
                    Method::EstimatedReport
                } else {
                    Method::ExpectedReport
                };
                (earnings.date, method)
            })
        })
    }

    pub(super) fn realized(&self, source: Source, window: HvWindow) -> Offer<Vol> {
        match source {
            Source::Rest => self.venue_hv(window),
            Source::DxlinkCandles => {
                let before = self.evidence.predecessor.as_ref();
                let own = self.candles.as_ref().map_err(Clone::clone)?;
                own.realized_after(before, window, self.rules.vol)
            }
            Source::Legacy => self
                .history
                .as_ref()
                .map_err(Clone::clone)?
                .realized(window, self.rules.vol),
            Source::Dxlink | Source::Model | Source::Proxy => Err(Reason::Lacks("realised volatility")),
            Source::Store => {
                let kept = match window {
                    HvWindow::Hv30 => self.kept(Field::Hv30, Vol::new),
                    HvWindow::Hv60 => Err(Reason::NothingKept),
                    HvWindow::Hv90 => self.kept(Field::Hv90, Vol::new),
                };
                let before = self.evidence.predecessor.as_ref();
                let computed = self
                    .kept
                    .as_ref()
                    .map(|bars| bars.realized_after(before, window, self.rules.vol));
                match (computed, kept) {
                    (Some(Ok(computed)), _) => Ok(computed),
                    (_, Ok(kept)) => Ok(kept),
                    (Some(Err(reason)), Err(_)) | (None, Err(reason)) => Err(reason),
                }
            }
        }
    }

    fn venue_hv(&self, window: HvWindow) -> Offer<Vol> {
        let (wire, method, name) = match window {
            HvWindow::Hv30 => ("historical-volatility-30-day", Method::VenueHv30, "hv30"),
            HvWindow::Hv60 => ("historical-volatility-60-day", Method::VenueHv60, "hv60"),
            HvWindow::Hv90 => ("historical-volatility-90-day", Method::VenueHv90, "hv90"),
        };
        let read = |metrics: &Metrics| {
            let hv = match window {
                HvWindow::Hv30 => metrics.hv30,
                HvWindow::Hv60 => metrics.hv60,
                HvWindow::Hv90 => metrics.hv90,
            };
            hv.map(|hv| (hv, method.clone()))
        };
        self.metric(Source::Rest, &[wire], moment_of, read)
            .and_then(|hv| above_zero(hv, name))
    }

    /// The closed bars of the best source that has any, or who was asked for them. Bars that join contracts are none.
    pub(super) fn bars(&self) -> Result<ClosedBars, Vec<Attempt>> {
        let closed = |bars: &Result<DailyBars, Reason>| match bars {
            Ok(bars) if bars.spans_rolls() => Err(Reason::JoinedBars),
            Ok(bars) => bars.closed(),
            Err(reason) => Err(reason.clone()),
        };
        let offers = [
            (Source::DxlinkCandles, Some(closed(&self.candles))),
            (Source::Legacy, Some(closed(&self.history))),
            (Source::Store, self.kept.as_ref().map(DailyBars::closed)),
        ];
        let mut tried = Vec::new();
        for (source, offer) in offers {
            match offer {
                Some(Ok(bars)) => return Ok(bars),
                Some(Err(reason)) => tried.push(Attempt { source, reason }),
                None => {}
            }
        }
        Err(tried)
    }

    /// The implied volatilities by expiration.
    pub(super) fn terms(&self) -> Offer<Vec<ExpirationIv>> {
        self.metric(
            Source::Rest,
            &["option-expiration-implied-volatilities"],
            iv_moment,
            |metrics| {
                let terms = (!metrics.terms.is_empty()).then(|| metrics.terms.clone());
                terms.map(|terms| (terms, Method::VenueTerms))
            },
        )
    }

    /// What `source` itself says the realized volatility over `window` is: the feed's bars only if the feed sent them in
    /// this run.
    pub(super) fn witness(&self, source: Source, window: HvWindow) -> Offer<Vol> {
        let offer = self.realized(source, window);
        match offer {
            Ok(vol) if vol.source != source => Err(self.unsent()),
            offer => offer,
        }
    }

    /// Why the feed sent no bars.
    fn unsent(&self) -> Reason {
        match streamed(self.evidence).map(|streamed| &streamed.candles) {
            Ok(Some(Err(reason))) => Reason::told(reason),
            Ok(Some(Ok(_)) | None) => Reason::BarsAreCurrent,
            Err(reason) => reason,
        }
    }

    pub(super) fn greek(
        &self,
        source: Source,
        streamed: fn(&Greeks) -> Option<f64>,
        quoted: fn(&MarketQuote) -> Option<f64>,
    ) -> Offer<f64> {
        finite(self.of_option(source, streamed, quoted, Method::VenueModel)?)
    }

    pub(super) fn option_iv(&self, source: Source) -> Offer<Vol> {
        let streamed = |greeks: &Greeks| greeks.volatility.and_then(Vol::new);
        above_zero(
            self.of_option(source, streamed, |quote| quote.option_iv, Method::ImpliedByPrice)?,
            "option_iv",
        )
    }

    fn of_option<T>(
        &self,
        source: Source,
        from_event: impl Fn(&Greeks) -> Option<T>,
        from_quote: impl Fn(&MarketQuote) -> Option<T>,
        method: Method,
    ) -> Offer<T> {
        match source {
            Source::Dxlink => {
                let streamed = streamed(self.evidence)?;
                let heard = streamed.greeks.as_ref().ok_or_else(|| silence(streamed, "greeks"))?;
                let value = from_event(&heard.event).ok_or(Reason::AbsentIn("greeks"))?;
                Ok(Sourced {
                    value,
                    source,
                    as_of: moment(heard.event.time, heard.at),
                    method: method.clone(),
                })
            }
            Source::Rest => {
                let quote = rest_quote(self.evidence)?;
                let value = from_quote(quote).ok_or(Reason::AbsentIn("quote"))?;
                Ok(Sourced {
                    value,
                    source,
                    as_of: quote.updated_at.unwrap_or(self.rules.now),
                    method: method.clone(),
                })
            }
            Source::Store => {
                let heard = self
                    .evidence
                    .kept
                    .events
                    .as_ref()
                    .and_then(|events| events.greeks.as_ref());
                let heard = heard.ok_or(Reason::NothingKept)?;
                let value = from_event(&heard.event).ok_or(Reason::NothingKept)?;
                Ok(Sourced {
                    value,
                    source,
                    as_of: moment(heard.event.time, heard.at),
                    method: method.clone(),
                })
            }
            Source::DxlinkCandles | Source::Legacy | Source::Model | Source::Proxy => Err(Reason::Lacks("greeks")),
        }
    }

    fn metric<T>(
        &self,
        source: Source,
        wire: &[&str],
        as_of: fn(&Metrics) -> Option<Timestamp>,
        read: impl Fn(&Metrics) -> Option<(T, Method)>,
    ) -> Offer<T> {
        match source {
            Source::Rest => {
                let metrics = metrics(self.evidence)?;
                let (value, method) = read(metrics).ok_or_else(|| absence(metrics, wire))?;
                Ok(Sourced {
                    value,
                    source,
                    as_of: as_of(metrics).unwrap_or(self.rules.now),
                    method: method.clone(),
                })
            }
            Source::Dxlink | Source::DxlinkCandles | Source::Legacy | Source::Store | Source::Model | Source::Proxy => {
                Err(Reason::Lacks("market metrics"))
            }
        }
    }

    /// The value an earlier run kept.
    fn kept<T>(&self, field: Field, read: impl Fn(f64) -> Option<T>) -> Offer<T> {
        let kept = self.evidence.kept.value(field)?;
        let value = read(kept.value).ok_or(Reason::Kept(kept.value))?;
        Ok(Sourced {
            value,
            source: Source::Store,
            as_of: kept.as_of,
            method: kept.method.clone(),
        })
    }

    /// The place of `iv` in its own history; of an `iv` that is itself kept, or without enough history, the place that
    /// was kept.
    fn own(&self, field: Field, place: Place, iv: Option<&Sourced<Vol>>) -> Offer<Rank> {
        let kept = self.kept(field, Rank::new);
        let Some(iv) = iv.filter(|_| !self.evidence.kept.ivs.is_empty()) else {
            return kept;
        };
        let own = own_place(iv, &self.evidence.kept.ivs, place, self.rules.vol.min_history);
        match (own, kept) {
            (own, Ok(kept)) if own.is_err() || iv.source == Source::Store => Ok(kept),
            (own, _) => own,
        }
    }
}

/// A whole number that was kept as a float.
fn whole(value: f64) -> Option<i32> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to be a whole number within bounds"
    )]
    let number = value.round() as i32;
    ((f64::from(number) - value).abs() < f64::EPSILON).then_some(number)
}

fn streamed(evidence: &Evidence) -> Result<&LastEvents, Reason> {
    evidence.streamed.as_ref().map_err(Clone::clone)
}

fn history(evidence: &Evidence) -> Result<&(ChartHistory, Timestamp), Reason> {
    let history = evidence.legacy.as_ref().ok_or_else(|| Reason::NotAsked)?;
    history.as_ref().map_err(Clone::clone)
}

fn rest_quote(evidence: &Evidence) -> Result<&MarketQuote, Reason> {
    let quote = evidence.rest_quote.as_ref().ok_or_else(|| Reason::NotAsked)?;
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

fn iv_moment(metrics: &Metrics) -> Option<Timestamp> {
    metrics.iv_updated_at.or(metrics.updated_at)
}

fn moment_of(metrics: &Metrics) -> Option<Timestamp> {
    metrics.updated_at
}

fn above_zero(vol: Sourced<Vol>, name: &'static str) -> Offer<Vol> {
    if vol.value.get() > 0.0 {
        Ok(vol)
    } else {
        Err(Reason::NoVolatility(name))
    }
}

fn finite(number: Sourced<f64>) -> Offer<f64> {
    if number.value.is_finite() {
        Ok(number)
    } else {
        Err(Reason::NotFinite)
    }
}
