//! What earlier runs left for a symbol, and what this run leaves for later ones. No IO.

use jiff::Timestamp;

use super::Gathering;
use crate::dxlink::Candles;
use crate::instrument::{Instrument, candle_symbol};
use crate::market::{
    Predecessor, Record, Source, SourceState, StoreState, Stored, StoredBars, market_of, stored_values,
};
use crate::store::StoreUpdate;
use crate::stream::Received;
use crate::time;

impl Gathering<'_, '_> {
    /// What earlier runs left for `instrument`; events and bars only of the very contract it means now.
    pub(super) fn kept(&self, instrument: &Instrument) -> Stored {
        let memory = self.venues.memory;
        let symbol = instrument.symbol();
        let streamer = self.resolved(&symbol).map(|resolved| &resolved.streamer);
        let contract = self.resolved(&symbol).and_then(|resolved| resolved.contract.as_ref());
        let active_spans = memory.stood_for.get(&symbol).into_iter().flatten();
        let others =
            active_spans.filter(|active_span| contract.is_some_and(|contract| *contract != active_span.contract));
        let before = others.max_by_key(|active_span| active_span.last);
        Stored {
            stood_for: before.map(|active_span| (active_span.contract.clone(), active_span.last)),
            values: memory.values.get(&symbol).cloned().unwrap_or_default(),
            ivs: memory.ivs.get(&symbol).cloned().unwrap_or_default(),
            events: streamer.and_then(|streamer| memory.events.get(streamer)).cloned(),
            bars: streamer
                .and_then(|streamer| memory.bars.get(&candle_symbol(instrument, streamer)))
                .cloned(),
        }
    }

    /// What live sources said beside the records.
    pub(super) fn learned(&self) -> StoreUpdate {
        let mut learned = StoreUpdate {
            listings: self.asked.listings.clone(),
            listed: self.asked.listed.clone(),
            stands_for: self.asked.stands_for.clone(),
            chains: self.later.from_options.to_keep.clone(),
            ..StoreUpdate::default()
        };
        let Ok(listened) = &self.listening.heard else {
            return learned;
        };
        for instrument in &self.plan.instruments {
            let symbol = instrument.symbol();
            let Some(resolved) = self.resolved(&symbol) else {
                continue;
            };
            if let Some(streamed) = listened.streamed.get(resolved.streamer.as_str()) {
                learned
                    .events
                    .push((symbol.clone(), resolved.streamer.clone(), streamed.clone()));
            }
            let before = resolved.before.as_ref().map(|before| &before.streamer);
            for streamer in before.into_iter().chain([&resolved.streamer]) {
                let name = candle_symbol(instrument, streamer);
                if let Some(heard) = listened.candles.get(&name) {
                    let bars = closed(instrument, heard, listened.since(&name));
                    learned.bars.insert(name, (symbol.clone(), bars));
                }
            }
        }
        learned
    }

    /// Of a futures root the contract before the one it stands for, with its bars if they were wanted or are kept.
    pub(super) fn predecessor(&self, instrument: &Instrument) -> Option<Predecessor> {
        let resolved = self.resolved(&instrument.symbol())?;
        let before = resolved.before.as_ref()?;
        let heard = self.bars_of(instrument, &before.streamer, "the feed was silent");
        let name = candle_symbol(instrument, &before.streamer);
        let since = self.listening.heard.as_ref().ok().and_then(|heard| heard.since(&name));
        let kept = self.venues.memory.bars.get(&name);
        let bars = match (heard, kept) {
            (Some(Ok(heard)), _) => Ok((Source::DxlinkCandles, closed(instrument, &heard, since))),
            (_, Some(kept)) => Ok((Source::Store, kept.clone())),
            (Some(Err(reason)), None) => Err(reason),
            (None, None) => return None,
        };
        Some(Predecessor {
            contract: before.contract.clone(),
            followed_by: resolved.contract.clone()?,
            bars,
        })
    }
}

/// The bars of `heard` that were closed when they came.
fn closed(instrument: &Instrument, heard: &Received<Candles>, since: Option<Timestamp>) -> StoredBars {
    let market = market_of(instrument.kind());
    let is_closed = |ms| time::date_of_bar(ms).is_some_and(|day| time::is_closed(market, day, heard.at));
    let mut candles = heard.event.clone();
    candles.bars.retain(|bar| is_closed(bar.time));
    StoredBars {
        candles,
        at: heard.at,
        since,
    }
}

/// How far the rows lean on earlier runs. Whether the file itself is in order knows who opened it.
pub(super) fn store_state(records: &[Record]) -> StoreState {
    let values = records.iter().map(stored_values).sum();
    StoreState {
        state: if values == 0 {
            SourceState::Unused
        } else {
            SourceState::Ok
        },
        values,
        reason: None,
    }
}
