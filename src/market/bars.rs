//! Closed daily bars of one symbol and the realized volatilities they give.
//!
//! Today's bar never counts before its session has ended, and bars that end long ago give nothing; neither does a window
//! in which a session has no sound bar, for a return over two sessions is no daily return.

use jiff::Timestamp;
use jiff::civil::Date;

use super::evidence::{Predecessor, VolRules};
use super::field::Field;
use super::method::{Method, Seam, Series};
use super::reason::Reason;
use super::record::{Offer, Source, Sourced};
use super::stored::bars_of;
use crate::dxlink::Candles;
use crate::legacy::ChartHistory;
use crate::time::{self, Calendar};
use crate::units::Vol;
use crate::vol::bars::{Bar, CleanBar, Cleaned, clean};
use crate::vol::realized::{self, Estimator, HvError};
use crate::vol::roll;

/// How far a realized volatility looks back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HvWindow {
    /// 30 returns.
    Hv30,
    /// 60 returns.
    Hv60,
    /// 90 returns.
    Hv90,
}

/// Daily bars of sessions that had closed when they came.
#[derive(Debug, Clone, PartialEq)]
pub struct ClosedBars {
    /// Who gave them.
    pub source: Source,
    /// The close of the last one.
    pub as_of: Timestamp,
    /// Whether older ones exist that the feed did not send.
    pub cut: bool,
    /// The bars; those after a session without a sound bar are marked.
    pub cleaned: Cleaned,
}

/// The closed bars of one source.
#[derive(Debug, Clone)]
pub(super) struct DailyBars {
    source: Source,
    market: Calendar,
    now: Timestamp,
    /// Older bars exist that the feed did not send.
    cut: bool,
    cleaned: Cleaned,
    /// Of bars of two contracts, which and where they are joined.
    seam: Option<Seam>,
}

impl DailyBars {
    /// Bars of `source` as the feed sends them, `received` then: a day that had not closed by that time has no final bar
    /// among them.
    pub(super) fn of_candles(
        candles: &Candles,
        source: Source,
        market: Calendar,
        received: Timestamp,
        now: Timestamp,
    ) -> Self {
        let closed = closed_bars(bars_of(candles), market, received.min(now));
        Self::of(source, closed, candles.snipped, market, now)
    }

    /// Bars of the deprecated source, `received` then, by their closes alone: those are adjusted, the other prices need
    /// not be.
    pub(super) fn of_history(history: &ChartHistory, market: Calendar, received: Timestamp, now: Timestamp) -> Self {
        let bars = history.bars.iter().map(|bar| {
            let close = Some(bar.close);
            Bar {
                date: bar.date,
                open: close,
                high: close,
                low: close,
                close,
            }
        });
        let closed = Cleaned {
            closes_alone: true,
            ..closed_bars(bars, market, received.min(now))
        };
        Self::of(Source::Legacy, closed, false, market, now)
    }

    /// The bars themselves, as of the close of the last one.
    pub(super) fn closed(&self) -> Result<ClosedBars, Reason> {
        Ok(ClosedBars {
            source: self.source,
            as_of: self.as_of()?,
            cut: self.cut,
            cleaned: self.cleaned.clone(),
        })
    }

    /// Whether the bars are those of one front month after the other, unadjusted: a return may span two contracts.
    pub(super) fn spans_rolls(&self) -> bool {
        self.source == Source::Legacy && self.market == Calendar::UsFutures
    }

    /// The realized volatility over `window`, as of the close of the last bar.
    pub(super) fn realized(&self, window: HvWindow, rules: &VolRules) -> Offer<Vol> {
        let as_of = self.as_of()?;
        let value = self
            .measured(window, rules)
            .map_err(|error| self.remark(error.into()))?;
        Ok(Sourced {
            value,
            source: self.source,
            as_of,
            method: self.method(window),
        })
    }

    /// The same where the contract's own bars are enough; where they are too few, of returns within the contract before
    /// it and then within this one. Bars that the feed cut do not tell whether the contract is young: nothing is joined to
    /// them.
    pub(super) fn realized_after(
        &self,
        predecessor: Option<&Predecessor>,
        window: HvWindow,
        rules: &VolRules,
    ) -> Offer<Vol> {
        let own = self.realized(window, rules);
        let is_too_short = || matches!(self.measured(window, rules), Err(HvError::InsufficientBars { .. }));
        let is_young = || !self.cut && !self.cleaned.bars.is_empty() && is_too_short();
        match (own, predecessor) {
            (Err(reason), Some(before)) if is_young() => {
                let joined = self.joined(before).and_then(|bars| bars.realized(window, rules));
                joined.map_err(|joined| Reason::WithPredecessor {
                    own: Box::new(reason),
                    contract: before.contract.clone(),
                    joined: Box::new(joined),
                })
            }
            (own, _) => own,
        }
    }

    fn measured(&self, window: HvWindow, rules: &VolRules) -> Result<Vol, HvError> {
        let span = realized::ReturnWindow {
            days: window.returns(),
            trading_days: rules.trading_days,
        };
        Estimator::CloseToClose.measure(&self.cleaned.bars, span)
    }

    /// These bars, since the contract trades in every session, after those of the contract before it. They are no better
    /// than the lesser of the two sources.
    fn joined(&self, before: &Predecessor) -> Result<Self, Reason> {
        let (source, kept) = before.bars.as_ref().map_err(Clone::clone)?;
        let older = Self::of_candles(&kept.candles, *source, self.market, kept.at, self.now);
        let run = self.unbroken();
        let bars = roll::join(&older.cleaned.bars, run)?;
        let on = run.first().map(|bar| bar.date).ok_or(Reason::No("closed bars"))?;
        Ok(Self {
            source: self.source.max(*source),
            cut: older.cut,
            cleaned: Cleaned {
                bars,
                ..Cleaned::default()
            },
            seam: Some(Seam {
                older: before.contract.clone(),
                younger: before.followed_by.clone(),
                on,
            }),
            ..self.clone()
        })
    }

    /// The last bars between which no session is without one: a contract that has just begun to trade in earnest has a
    /// bar now and then before.
    fn unbroken(&self) -> &[CleanBar] {
        let bars = &self.cleaned.bars;
        let broken = |pair: &[CleanBar]| match pair {
            [one, other] => other.after_hole || time::previous_session(self.market, other.date) > one.date,
            _ => false,
        };
        let start = bars.windows(2).rposition(broken).map_or(0, |place| place + 1);
        bars.get(start..).unwrap_or_default()
    }

    fn of(source: Source, cleaned: Cleaned, cut: bool, market: Calendar, now: Timestamp) -> Self {
        Self {
            source,
            market,
            now,
            cut,
            cleaned,
            seam: None,
        }
    }

    fn method(&self, window: HvWindow) -> Method {
        let of = match &self.seam {
            Some(seam) => Series::Joined(Box::new(seam.clone())),
            None if self.spans_rolls() => Series::RollsNotAdjusted,
            None => Series::One,
        };
        Method::CloseToClose {
            returns: window.returns(),
            of,
        }
    }

    /// The close of the last bar, if there is one and it is not too long ago.
    fn as_of(&self) -> Result<Timestamp, Reason> {
        let Some(last) = self.cleaned.bars.last() else {
            return Err(self.remark(Reason::No("closed bars")));
        };
        if is_stale(last.date, self.now) {
            return Err(Reason::BarsEnd(last.date));
        }
        let close = time::session_close(self.market, last.date);
        Ok(close.unwrap_or(self.now).min(self.now))
    }

    fn remark(&self, reason: Reason) -> Reason {
        match (self.cleaned.dropped.total(), self.cut) {
            (0, false) => reason,
            (dropped, cut) => Reason::Bars {
                of: Box::new(reason),
                dropped,
                cut,
            },
        }
    }
}

impl HvWindow {
    pub(super) const ALL: [Self; 3] = [Self::Hv30, Self::Hv60, Self::Hv90];

    /// The field that holds the volatility over it.
    pub(super) fn field(self) -> Option<Field> {
        match self {
            Self::Hv30 => Some(Field::Hv30),
            Self::Hv60 => None,
            Self::Hv90 => Some(Field::Hv90),
        }
    }

    pub(super) fn returns(self) -> usize {
        match self {
            Self::Hv30 => 30,
            Self::Hv60 => 60,
            Self::Hv90 => 90,
        }
    }
}

/// The bars of days that had closed by `then`, cleaned.
fn closed_bars(bars: impl Iterator<Item = Bar>, market: Calendar, then: Timestamp) -> Cleaned {
    clean(bars.filter(|bar| time::is_closed(market, bar.date, then))).over_sessions(|day| time::is_session(market, day))
}

fn is_stale(last: Date, now: Timestamp) -> bool {
    last.until(time::new_york_date(now))
        .map_or(true, |age| age.get_days() > OLDEST_LAST_BAR_DAYS)
}

/// Longer than any closing of the exchanges.
const OLDEST_LAST_BAR_DAYS: i32 = 7;

#[cfg(test)]
mod tests;
