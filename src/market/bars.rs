//! Closed daily bars of one symbol and the realised volatilities they give.
//!
//! Today's bar never counts before its session has ended, and bars that end long ago give nothing; neither does a window
//! in which a session has no sound bar, for a return over two sessions is no daily return.

use jiff::Timestamp;
use jiff::civil::Date;

use super::gathered::VolRules;
use super::price::Offer;
use super::record::{Source, Sourced};
use super::study::ClosedBars;
use crate::dxlink::Candles;
use crate::legacy::History;
use crate::time::{self, Market};
use crate::units::Vol;
use crate::vol::bars::{Bar, Cleaned, clean};
use crate::vol::realized::{self, Estimator};

/// How far a realised volatility looks back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    /// 30 returns.
    Hv30,
    /// 60 returns.
    Hv60,
    /// 90 returns.
    Hv90,
}

/// The closed bars of one source.
#[derive(Debug, Clone)]
pub(super) struct DailyBars {
    source: Source,
    market: Market,
    now: Timestamp,
    /// Older bars exist that the feed did not send.
    cut: bool,
    cleaned: Cleaned,
}

impl DailyBars {
    /// Bars of `source` as the feed sends them, `received` then: a day that had not closed by that time has no final bar
    /// among them.
    pub(super) fn of_candles(
        candles: &Candles,
        source: Source,
        market: Market,
        received: Timestamp,
        now: Timestamp,
    ) -> Self {
        let closed = closed_bars(bars_of(candles), market, received.min(now));
        Self::of(source, closed, candles.snipped, market, now)
    }

    /// Bars of the deprecated source, `received` then, by their closes alone: those are adjusted, the other prices need
    /// not be.
    pub(super) fn of_history(history: &History, market: Market, received: Timestamp, now: Timestamp) -> Self {
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
    pub(super) fn closed(&self) -> Result<ClosedBars, String> {
        Ok(ClosedBars {
            source: self.source,
            as_of: self.as_of()?,
            cut: self.cut,
            cleaned: self.cleaned.clone(),
        })
    }

    /// Whether the bars are those of one front month after the other, unadjusted: a return may span two contracts.
    pub(super) fn spans_rolls(&self) -> bool {
        self.source == Source::Legacy && self.market == Market::UsFutures
    }

    /// The realised volatility over `window`, as of the close of the last bar.
    pub(super) fn realized(&self, window: Window, rules: &VolRules) -> Offer<Vol> {
        let as_of = self.as_of()?;
        let span = realized::Window {
            days: window.returns(),
            trading_days: rules.trading_days,
        };
        let value = Estimator::CloseToClose
            .measure(&self.cleaned.bars, span)
            .map_err(|error| self.remark(&error.to_string()))?;
        Ok(Sourced {
            value,
            source: self.source,
            as_of,
            method: window.method(self.spans_rolls()).into(),
        })
    }

    fn of(source: Source, cleaned: Cleaned, cut: bool, market: Market, now: Timestamp) -> Self {
        Self {
            source,
            market,
            now,
            cut,
            cleaned,
        }
    }

    /// The close of the last bar, if there is one and it is not too long ago.
    fn as_of(&self) -> Result<Timestamp, String> {
        let Some(last) = self.cleaned.bars.last() else {
            return Err(self.remark("no closed bars"));
        };
        if is_stale(last.date, self.now) {
            return Err(format!("the bars end on {}", last.date));
        }
        let close = time::session_close(self.market, last.date);
        Ok(close.unwrap_or(self.now).min(self.now))
    }

    fn remark(&self, reason: &str) -> String {
        let dropped = match self.cleaned.dropped.total() {
            0 => String::new(),
            count => format!(", {count} bad bars dropped"),
        };
        let cut = if self.cut { ", history cut by the feed" } else { "" };
        format!("{reason}{dropped}{cut}")
    }
}

impl Window {
    pub(super) const ALL: [Self; 3] = [Self::Hv30, Self::Hv60, Self::Hv90];

    pub(super) fn returns(self) -> usize {
        match self {
            Self::Hv30 => 30,
            Self::Hv60 => 60,
            Self::Hv90 => 90,
        }
    }

    fn method(self, spans_rolls: bool) -> &'static str {
        match (self, spans_rolls) {
            (Self::Hv30, false) => "close-to-close, 30 returns",
            (Self::Hv60, false) => "close-to-close, 60 returns",
            (Self::Hv90, false) => "close-to-close, 90 returns",
            (Self::Hv30, true) => "close-to-close, 30 returns, rolls not adjusted",
            (Self::Hv60, true) => "close-to-close, 60 returns, rolls not adjusted",
            (Self::Hv90, true) => "close-to-close, 90 returns, rolls not adjusted",
        }
    }
}

/// The bars of `candles` by their days.
pub(super) fn bars_of(candles: &Candles) -> impl Iterator<Item = Bar> {
    candles.bars.iter().filter_map(|candle| {
        let date = time::date_of_bar(candle.time)?;
        Some(Bar {
            date,
            open: candle.open,
            high: candle.high,
            low: candle.low,
            close: candle.close,
        })
    })
}

/// The bars of days that had closed by `then`, cleaned.
fn closed_bars(bars: impl Iterator<Item = Bar>, market: Market, then: Timestamp) -> Cleaned {
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
