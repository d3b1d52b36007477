//! What daily bars offer, of whichever source: realized volatility, and the bars themselves.

use jiff::Timestamp;

use super::super::bars::{ClosedBars, DailyBars, HvWindow};
use super::super::evidence::Evidence;
use super::super::field::Field;
use super::super::price::market_of;
use super::super::reason::Reason;
use super::super::record::{Attempt, Offer, Source};
use super::{Offers, kept, rest};
use crate::legacy::ChartHistory;
use crate::tastytrade::ExpirationIv;
use crate::units::Vol;

/// The bars of the feed, of the deprecated source and of the store. Kept bars that are still the last closed ones are what the
/// feed would send again.
pub(super) fn of(
    evidence: &Evidence,
    now: Timestamp,
) -> (Result<DailyBars, Reason>, Result<DailyBars, Reason>, Option<DailyBars>) {
    let market = market_of(evidence.subject.kind);
    let streamed = evidence.streamed.as_ref().map_err(Clone::clone);
    let candles = streamed.and_then(|streamed| match &streamed.candles {
        None => Err(Reason::NotAsked),
        Some(Err(reason)) => Err(Reason::told(reason)),
        Some(Ok(heard)) => Ok(DailyBars::of_candles(
            &heard.event,
            Source::DxlinkCandles,
            market,
            heard.at,
            now,
        )),
    });
    let bars = evidence.kept.bars.as_ref();
    let kept = bars.map(|kept| DailyBars::of_candles(&kept.candles, Source::Store, market, kept.at, now));
    let current = bars.is_some_and(|kept| kept.are_final(market, now));
    let candles = candles.or_else(|reason| kept.clone().filter(|_| current).ok_or(reason));
    let history = history(evidence).map(|(history, at)| DailyBars::of_history(history, market, *at, now));
    (candles, history, kept)
}

pub(super) fn history(evidence: &Evidence) -> Result<&(ChartHistory, Timestamp), Reason> {
    let history = evidence.legacy.as_ref().ok_or(Reason::NotAsked)?;
    history.as_ref().map_err(Clone::clone)
}

impl Offers<'_> {
    pub(super) fn realized_field(&self, source: Source, field: Field) -> Offer<Vol> {
        let mut windows = HvWindow::ALL.into_iter();
        let window = windows.find(|window| window.field() == Some(field));
        self.realized(source, window.ok_or(Reason::Lacks("realised volatility"))?)
    }

    fn realized(&self, source: Source, window: HvWindow) -> Offer<Vol> {
        let (before, rules) = (self.evidence.predecessor.as_ref(), self.rules.vol);
        match source {
            Source::Rest => rest::realized(self.evidence, window, self.rules.now),
            Source::DxlinkCandles => {
                let own = self.candles.as_ref().map_err(Clone::clone)?;
                own.realized_after(before, window, rules)
            }
            Source::Legacy => self.history.as_ref().map_err(Clone::clone)?.realized(window, rules),
            Source::Dxlink | Source::Model | Source::Proxy => Err(Reason::Lacks("realised volatility")),
            Source::Store => {
                let bars = self.kept_bars.as_ref();
                let computed = bars.map(|bars| bars.realized_after(before, window, rules));
                match (computed, self.kept_vol(window)) {
                    (Some(Ok(computed)), _) => Ok(computed),
                    (_, Ok(kept)) => Ok(kept),
                    (Some(Err(reason)), Err(_)) | (None, Err(reason)) => Err(reason),
                }
            }
        }
    }

    fn kept_vol(&self, window: HvWindow) -> Offer<Vol> {
        let field = window.field().ok_or(Reason::NothingKept)?;
        let kept = kept::value(&self.evidence.kept, field)?;
        let vol = kept.value.number().and_then(Vol::new);
        vol.map(|vol| kept.with(vol)).ok_or(Reason::NothingKept)
    }

    /// The closed bars of the best source that has any, or who was asked for them. Bars that join contracts are none.
    pub(in crate::market) fn bars(&self) -> Result<ClosedBars, Vec<Attempt>> {
        let closed = |bars: &Result<DailyBars, Reason>| match bars {
            Ok(bars) if bars.spans_rolls() => Err(Reason::JoinedBars),
            Ok(bars) => bars.closed(),
            Err(reason) => Err(reason.clone()),
        };
        let offers = [
            (Source::DxlinkCandles, Some(closed(&self.candles))),
            (Source::Legacy, Some(closed(&self.history))),
            (Source::Store, self.kept_bars.as_ref().map(DailyBars::closed)),
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
    pub(in crate::market) fn terms(&self) -> Offer<Vec<ExpirationIv>> {
        rest::terms(self.evidence, self.rules.now)
    }

    /// What `source` itself says the realized volatility over `window` is: the feed's bars only if the feed sent them in
    /// this run.
    pub(in crate::market) fn witness(&self, source: Source, window: HvWindow) -> Offer<Vol> {
        let offer = self.realized(source, window);
        match offer {
            Ok(vol) if vol.source != source => Err(self.unsent()),
            offer => offer,
        }
    }

    /// Why the feed sent no bars.
    fn unsent(&self) -> Reason {
        match self.evidence.streamed.as_ref().map(|streamed| &streamed.candles) {
            Ok(Some(Err(reason))) => Reason::told(reason),
            Ok(Some(Ok(_)) | None) => Reason::BarsAreCurrent,
            Err(reason) => reason.clone(),
        }
    }
}
