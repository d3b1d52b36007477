//! What earlier runs left for a symbol, and what this run leaves for later ones. No IO.

use super::Gathering;
use super::bars::closed;
use super::contracts::Contracts;
use super::feed::Listening;
use super::findings::Findings;
use crate::instrument::{Instrument, candle_symbol};
use crate::market::{Predecessor, Reason, Record, Source, SourceState, StoreState, Stored, stored_values};
use crate::store::StoreUpdate;

/// What earlier runs left for `instrument`; events and bars only of the very contract it means now.
pub(super) fn kept(run: Gathering<'_, '_>, contracts: &Contracts, instrument: &Instrument) -> Stored {
    let memory = run.venues.memory;
    let symbol = instrument.symbol();
    let resolved = contracts.resolved(&symbol);
    let streamer = resolved.map(|resolved| &resolved.streamer);
    let contract = resolved.and_then(|resolved| resolved.contract.as_ref());
    let active_spans = memory.stood_for.get(&symbol).into_iter().flatten();
    let others = active_spans.filter(|active_span| contract.is_some_and(|contract| *contract != active_span.contract));
    let before = others.max_by_key(|active_span| active_span.last);
    let bars = streamer.and_then(|streamer| memory.bars.get(&candle_symbol(instrument, streamer)));
    Stored {
        stood_for: before.map(|active_span| (active_span.contract.clone(), active_span.last)),
        values: memory.values.get(&symbol).cloned().unwrap_or_default(),
        ivs: memory.ivs.get(&symbol).cloned().unwrap_or_default(),
        events: streamer.and_then(|streamer| memory.events.get(streamer)).cloned(),
        bars: bars.cloned(),
    }
}

/// Of a futures root the contract before the one it stands for, with its bars if they were wanted or are kept.
pub(super) fn predecessor(
    run: Gathering<'_, '_>,
    contracts: &Contracts,
    feed: &Listening,
    instrument: &Instrument,
) -> Option<Predecessor> {
    let resolved = contracts.resolved(&instrument.symbol())?;
    let before = resolved.before.as_ref()?;
    let heard = feed.bars(instrument, &before.streamer, &Reason::told("the feed was silent"));
    let name = candle_symbol(instrument, &before.streamer);
    let since = feed.heard.as_ref().ok().and_then(|heard| heard.since(&name));
    let bars = match (heard, run.venues.memory.bars.get(&name)) {
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

impl Findings<'_, '_> {
    /// What live sources said beside the records.
    pub(super) fn learned(&self) -> StoreUpdate {
        let mut learned = StoreUpdate {
            listings: self.contracts.listings.clone(),
            listed: self.contracts.listed.clone(),
            stands_for: self.contracts.stands_for.clone(),
            chains: self.options.to_keep.clone(),
            ..StoreUpdate::default()
        };
        let Ok(listened) = &self.feed.heard else {
            return learned;
        };
        for instrument in &self.run.plan.instruments {
            let symbol = instrument.symbol();
            let Some(resolved) = self.contracts.resolved(&symbol) else {
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
}

/// How far the rows lean on earlier runs. Whether the file itself is in order knows who opened it.
pub(super) fn state(records: &[Record]) -> StoreState {
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
