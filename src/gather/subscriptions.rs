//! What is wanted of the feed, told to it as it becomes known: last values by kind of instrument, and daily bars.

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::bars;
use super::{BarHistory, Gathering};
use crate::dxlink::{EventType, Subscription};
use crate::instrument::{Kind, Listed, StreamerSymbol, Universe};
use crate::store::StoreSnapshot;
use crate::stream::Request;

/// Tells the feed what is wanted, as it becomes known.
#[derive(Debug)]
pub(super) struct Subscriptions<'a> {
    sender: mpsc::UnboundedSender<Request>,
    memory: &'a StoreSnapshot,
    history: BarHistory,
    today: Timestamp,
}

impl<'a> Subscriptions<'a> {
    pub(super) fn new(sender: mpsc::UnboundedSender<Request>, run: Gathering<'a, '_>) -> Self {
        Self {
            sender,
            memory: run.venues.memory,
            history: run.plan.history,
            today: run.clock.wall,
        }
    }

    /// Last values of every streamer symbol in `universe`, once for all who share it.
    pub(super) fn last_values(&self, universe: &Universe) {
        of_universe(universe).into_iter().for_each(|request| self.send(request));
    }

    /// Daily bars of an instrument, if the feed has a name for it and could send any that are not kept already.
    pub(super) fn daily_bars(&self, listed: &Listed) {
        if let Some(request) = bars::request(listed, self.memory, self.history, self.today) {
            self.send(request);
        }
    }

    fn send(&self, request: Request) {
        if self.sender.send(request).is_err() {
            tracing::debug!("the window has closed: a want came too late");
        }
    }
}

fn of_universe(universe: &Universe) -> Vec<Request> {
    let kind = |streamer| {
        universe
            .find(universe.symbols_of(streamer).first()?)
            .map(|listed| listed.instrument.kind())
    };
    let streamers = universe
        .streamer_symbols()
        .filter_map(|streamer| Some((kind(streamer)?, streamer)));
    let mut requests: Vec<Request> = streamers
        .flat_map(|(kind, streamer)| last_values(kind, streamer))
        .collect();
    // By type, then by symbol: the feed then answers everybody's quote before anybody's second event.
    requests.sort_by(|one, other| one.entry.cmp(&other.entry));
    requests
}

/// The last values wanted for an instrument. Indices have no two-sided quote and options trade rarely, so nobody waits
/// for those; extended-hours trades matter only where there is no quote.
pub(super) fn last_values(kind: Kind, streamer: &StreamerSymbol) -> Vec<Request> {
    use EventType::{Greeks, Quote, Summary, Trade, TradeEth};
    let wanted: &[(EventType, bool)] = match kind {
        Kind::Equity => &[(Quote, true), (Trade, true), (TradeEth, false), (Summary, true)],
        Kind::Index => &[(Quote, false), (Trade, true), (Summary, true)],
        Kind::Future | Kind::Crypto => &[(Quote, true), (Trade, true), (Summary, true)],
        Kind::EquityOption | Kind::FutureOption => &[(Quote, true), (Trade, false), (Summary, false), (Greeks, true)],
    };
    wanted
        .iter()
        .map(|&(event_type, required)| Request {
            entry: Subscription {
                event_type,
                symbol: streamer.0.clone(),
                from_time: None,
            },
            required,
            shortfall: None,
            known: None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_events_a_kind_of_instrument_does_not_have() {
        let required = |kind| {
            let subscriptions = last_values(kind, &StreamerSymbol("X".into()));
            subscriptions
                .into_iter()
                .filter(|want| want.required)
                .map(|want| want.entry.event_type)
                .collect::<Vec<_>>()
        };
        use EventType::{Greeks, Quote, Summary, Trade};
        assert_eq!(
            required(Kind::Index),
            [Trade, Summary],
            "indices have no two-sided quote"
        );
        assert_eq!(
            required(Kind::EquityOption),
            [Quote, Greeks],
            "options may never have traded"
        );
        assert_eq!(
            required(Kind::Equity),
            [Quote, Trade, Summary],
            "extended hours are a bonus"
        );
    }
}
