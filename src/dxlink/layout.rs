//! Which column stands where: what was asked for, and what the server answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::EventType;
use super::row::Field;

/// One column of a data row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// The symbol.
    Symbol,
    /// A value this client reads.
    Value(Field),
    /// Anything else, the type's own name included.
    Skipped,
}

impl Column {
    /// The column called `name` on the wire.
    pub(super) fn from_name(name: &str) -> Self {
        match name {
            SYMBOL => Self::Symbol,
            other => Field::from_name(other).map_or(Self::Skipped, Self::Value),
        }
    }
}

/// The layouts of one channel.
#[derive(Debug)]
pub(super) struct Layouts {
    requested: BTreeMap<EventType, Arc<[Column]>>,
    negotiated: BTreeMap<EventType, Arc<[Column]>>,
}

impl Layouts {
    /// The layouts of a channel on which the server has said nothing yet.
    pub(super) fn new() -> Self {
        let requested = EventType::ALL
            .into_iter()
            .map(|event_type| (event_type, columns(requested(event_type))));
        Self {
            requested: requested.collect(),
            negotiated: BTreeMap::new(),
        }
    }

    /// Takes the server's column list of one type. An empty list says nothing and keeps the old one. Returns the name
    /// of a column without which the type cannot be read.
    pub(super) fn adopt<'a>(
        &mut self,
        event_type: EventType,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'static str> {
        let columns = columns(names);
        if columns.is_empty() {
            return None;
        }
        let missing = missing(event_type, &columns);
        self.negotiated.insert(event_type, columns);
        missing
    }

    /// The columns the server said; `None` as long as it has not.
    pub(super) fn negotiated(&self, event_type: EventType) -> Option<Arc<[Column]>> {
        self.negotiated.get(&event_type).cloned()
    }

    /// The columns asked for.
    pub(super) fn requested(&self, event_type: EventType) -> Arc<[Column]> {
        self.requested.get(&event_type).cloned().unwrap_or_default()
    }
}

/// The columns to ask for, by their names on the wire.
pub(super) fn requested(event_type: EventType) -> impl Iterator<Item = &'static str> {
    let values: &[Field] = match event_type {
        EventType::Quote => &[
            Field::BidTime,
            Field::BidPrice,
            Field::BidSize,
            Field::AskTime,
            Field::AskPrice,
            Field::AskSize,
        ],
        EventType::Trade | EventType::TradeEth => &[
            Field::Time,
            Field::Price,
            Field::Size,
            Field::Change,
            Field::DayId,
            Field::DayVolume,
            Field::ExtendedTradingHours,
        ],
        EventType::Summary => &[
            Field::DayId,
            Field::DayOpenPrice,
            Field::DayHighPrice,
            Field::DayLowPrice,
            Field::DayClosePrice,
            Field::PrevDayId,
            Field::PrevDayClosePrice,
            Field::OpenInterest,
        ],
        EventType::Profile => &[
            Field::Description,
            Field::TradingStatus,
            Field::High52WeekPrice,
            Field::Low52WeekPrice,
            Field::Beta,
        ],
        EventType::Greeks => &[
            Field::Time,
            Field::Price,
            Field::Volatility,
            Field::Delta,
            Field::Gamma,
            Field::Theta,
            Field::Rho,
            Field::Vega,
        ],
        EventType::Candle => &[
            Field::EventFlags,
            Field::Index,
            Field::Time,
            Field::Sequence,
            Field::Open,
            Field::High,
            Field::Low,
            Field::Close,
            Field::Volume,
        ],
    };
    std::iter::once(SYMBOL).chain(values.iter().map(|field| field.name()))
}

fn columns<'a>(names: impl IntoIterator<Item = &'a str>) -> Arc<[Column]> {
    names.into_iter().map(Column::from_name).collect()
}

fn missing(event_type: EventType, columns: &[Column]) -> Option<&'static str> {
    if !columns.contains(&Column::Symbol) {
        return Some(SYMBOL);
    }
    let needed = match event_type {
        EventType::Candle => Field::EventFlags,
        EventType::Quote
        | EventType::Trade
        | EventType::TradeEth
        | EventType::Summary
        | EventType::Profile
        | EventType::Greeks => return None,
    };
    (!columns.contains(&Column::Value(needed))).then(|| needed.name())
}

const SYMBOL: &str = "eventSymbol";
