//! The columns the feed knows, event type by event type, and where the market holds their values.

use super::{candle::CandleEvent, write::Cell};
use crate::market::{Greeks, Last, Profile, Quote, Summary, Trade};

/// An event type the venue serves; every other type is answered with silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FieldKind {
    Quote,
    Trade,
    TradeEth,
    Summary,
    Profile,
    Greeks,
    Candle,
}

impl FieldKind {
    pub(super) const ALL: [Self; 7] = [
        Self::Quote,
        Self::Trade,
        Self::TradeEth,
        Self::Summary,
        Self::Profile,
        Self::Greeks,
        Self::Candle,
    ];

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Quote => "Quote",
            Self::Trade => "Trade",
            Self::TradeEth => "TradeETH",
            Self::Summary => "Summary",
            Self::Profile => "Profile",
            Self::Greeks => "Greeks",
            Self::Candle => "Candle",
        }
    }

    /// Every column of the type in the order served to a client that asks for none.
    pub(super) fn columns(self) -> Vec<&'static str> {
        let own = match self {
            Self::Quote => names(QUOTE),
            Self::Trade | Self::TradeEth => names(TRADE),
            Self::Summary => names(SUMMARY),
            Self::Profile => names(PROFILE),
            Self::Greeks => names(GREEKS),
            Self::Candle => names(CANDLE),
        };
        COMMON.into_iter().chain(own).collect()
    }

    /// The columns served for `wanted`: the known ones in the order asked, all of them when none is known.
    pub(super) fn choose(self, wanted: &[String]) -> Vec<&'static str> {
        let known = self.columns();
        let chosen: Vec<&'static str> = wanted
            .iter()
            .filter_map(|name| known.iter().copied().find(|column| column == name))
            .collect();
        if chosen.is_empty() { known } else { chosen }
    }
}

/// What one event is made of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'a> {
    Last(&'a Last),
    Candle(&'a CandleEvent),
}

/// The event of `kind` in `columns`; `None` when the instrument never answers this type.
pub(super) fn cells(
    kind: FieldKind,
    symbol: &str,
    source: Source<'_>,
    columns: &[&'static str],
) -> Option<Vec<(&'static str, Cell)>> {
    let own: Reader<'_> = match (kind, source) {
        (FieldKind::Quote, Source::Last(last)) => reader(QUOTE, last.quote.as_ref()?),
        (FieldKind::Trade | FieldKind::TradeEth, Source::Last(last)) => reader(TRADE, last.trade.as_ref()?),
        (FieldKind::Summary, Source::Last(last)) => reader(SUMMARY, last.summary.as_ref()?),
        (FieldKind::Profile, Source::Last(last)) => reader(PROFILE, last.profile.as_ref()?),
        (FieldKind::Greeks, Source::Last(last)) => reader(GREEKS, last.greeks.as_ref()?),
        (FieldKind::Candle, Source::Candle(event)) => reader(CANDLE, event),
        (FieldKind::Candle, Source::Last(_)) | (_, Source::Candle(_)) => return None,
    };
    columns
        .iter()
        .map(|&name| {
            let cell = match name {
                "eventType" => named(kind.name()),
                "eventSymbol" => named(symbol),
                "eventTime" => Cell::Whole(0),
                column => own(column)?,
            };
            Some((name, cell))
        })
        .collect()
}

/// Reads an event's column by name.
type Reader<'a> = Box<dyn Fn(&str) -> Option<Cell> + 'a>;

type Column<T> = (&'static str, fn(&T) -> Cell);

fn names<T>(columns: &[Column<T>]) -> Vec<&'static str> {
    columns.iter().map(|(name, _)| *name).collect()
}

fn reader<'a, T>(columns: &'static [Column<T>], event: &'a T) -> Reader<'a> {
    Box::new(move |name| {
        columns
            .iter()
            .find(|(column, _)| *column == name)
            .map(|(_, read)| read(event))
    })
}

fn nobody() -> Cell {
    Cell::Text(String::new())
}

fn named(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

const COMMON: [&str; 3] = ["eventType", "eventSymbol", "eventTime"];

const QUOTE: &[Column<Quote>] = &[
    ("sequence", |_| Cell::Whole(0)),
    ("timeNanoPart", |_| Cell::Whole(0)),
    ("bidTime", |quote| Cell::Whole(quote.bid_time)),
    ("bidExchangeCode", |_| nobody()),
    ("bidPrice", |quote| Cell::Real(quote.bid)),
    ("bidSize", |quote| Cell::Real(quote.bid_size)),
    ("askTime", |quote| Cell::Whole(quote.ask_time)),
    ("askExchangeCode", |_| nobody()),
    ("askPrice", |quote| Cell::Real(quote.ask)),
    ("askSize", |quote| Cell::Real(quote.ask_size)),
];

const TRADE: &[Column<Trade>] = &[
    ("time", |trade| Cell::Whole(trade.time)),
    ("timeNanoPart", |_| Cell::Whole(0)),
    ("sequence", |_| Cell::Whole(0)),
    ("exchangeCode", |_| nobody()),
    ("price", |trade| Cell::Real(trade.price)),
    ("change", |trade| Cell::Real(trade.change)),
    ("size", |trade| Cell::Real(trade.size)),
    ("dayId", |trade| Cell::Whole(i64::from(trade.day_id))),
    ("dayVolume", |trade| Cell::Real(trade.day_volume)),
    ("dayTurnover", |_| Cell::UNSET),
    ("tickDirection", |_| named("UNDEFINED")),
    ("extendedTradingHours", |trade| Cell::Flag(trade.extended)),
];

const SUMMARY: &[Column<Summary>] = &[
    ("dayId", |day| Cell::Whole(i64::from(day.day_id))),
    ("dayOpenPrice", |day| Cell::Real(day.open)),
    ("dayHighPrice", |day| Cell::Real(day.high)),
    ("dayLowPrice", |day| Cell::Real(day.low)),
    ("dayClosePrice", |day| day.close.map_or(Cell::UNSET, Cell::Real)),
    ("dayClosePriceType", |_| named("REGULAR")),
    ("prevDayId", |day| Cell::Whole(i64::from(day.prev_day_id))),
    ("prevDayClosePrice", |day| Cell::Real(day.prev_close)),
    ("prevDayClosePriceType", |_| named("REGULAR")),
    ("prevDayVolume", |_| Cell::UNSET),
    ("openInterest", |day| Cell::Whole(day.open_interest)),
];

const PROFILE: &[Column<Profile>] = &[
    ("description", |profile| named(&profile.description)),
    ("shortSaleRestriction", |_| named("UNDEFINED")),
    ("tradingStatus", |profile| named(profile.trading_status)),
    ("statusReason", |_| nobody()),
    ("haltStartTime", |_| Cell::Whole(0)),
    ("haltEndTime", |_| Cell::Whole(0)),
    ("highLimitPrice", |_| Cell::UNSET),
    ("lowLimitPrice", |_| Cell::UNSET),
    ("high52WeekPrice", |profile| Cell::Real(profile.high_52)),
    ("low52WeekPrice", |profile| Cell::Real(profile.low_52)),
    ("beta", |profile| Cell::Real(profile.beta)),
    ("earningsPerShare", |_| Cell::UNSET),
    ("dividendFrequency", |_| Cell::UNSET),
    ("exDividendAmount", |_| Cell::UNSET),
    ("exDividendDayId", |_| Cell::Whole(0)),
    ("shares", |_| Cell::UNSET),
    ("freeFloat", |_| Cell::UNSET),
];

const GREEKS: &[Column<Greeks>] = &[
    ("eventFlags", |_| Cell::Whole(0)),
    ("index", |greeks| {
        Cell::Whole(
            CandleEvent {
                flags: 0,
                time: greeks.time,
                bar: None,
            }
            .index(),
        )
    }),
    ("time", |greeks| Cell::Whole(greeks.time)),
    ("sequence", |_| Cell::Whole(0)),
    ("price", |greeks| Cell::Real(greeks.price)),
    ("volatility", |greeks| Cell::Real(greeks.volatility)),
    ("delta", |greeks| Cell::Real(greeks.delta)),
    ("gamma", |greeks| Cell::Real(greeks.gamma)),
    ("theta", |greeks| Cell::Real(greeks.theta)),
    ("rho", |greeks| Cell::Real(greeks.rho)),
    ("vega", |greeks| Cell::Real(greeks.vega)),
];

const CANDLE: &[Column<CandleEvent>] = &[
    ("eventFlags", |candle| Cell::Whole(candle.flags)),
    ("index", |candle| Cell::Whole(candle.index())),
    ("time", |candle| Cell::Whole(candle.time)),
    ("sequence", |_| Cell::Whole(0)),
    ("count", |_| Cell::Whole(0)),
    ("open", |candle| candle.value(|bar| bar.open)),
    ("high", |candle| candle.value(|bar| bar.high)),
    ("low", |candle| candle.value(|bar| bar.low)),
    ("close", |candle| candle.value(|bar| bar.close)),
    ("volume", |candle| candle.value(|bar| bar.volume)),
    ("vwap", |candle| {
        candle.value(|bar| (bar.high + bar.low + bar.close) / 3.0)
    }),
    ("bidVolume", |_| Cell::UNSET),
    ("askVolume", |_| Cell::UNSET),
    ("impVolatility", |_| Cell::UNSET),
    ("openInterest", |_| Cell::UNSET),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_are_dropped_and_the_order_is_kept() {
        let wanted = ["volume", "VWAP", "eventSymbol", "vwap", "lastPrice"].map(str::to_owned);
        assert_eq!(FieldKind::Candle.choose(&wanted), ["volume", "eventSymbol", "vwap"]);
    }

    #[test]
    fn a_client_that_names_no_column_gets_them_all() {
        assert_eq!(FieldKind::Quote.choose(&[]).len(), 13);
        assert_eq!(
            FieldKind::Trade.choose(&["nonsense".to_owned()]).first(),
            Some(&"eventType")
        );
    }
}
