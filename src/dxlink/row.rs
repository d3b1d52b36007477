//! One data row on its way from wire columns to a typed event.

use smol_str::SmolStr;

use super::event::{Candle, Event, EventType, Greeks, Profile, Quote, Summary, Trade};
use super::layout::Column;
use super::series::Bar;
use super::value::{Cell, clean};

macro_rules! fields {
    ($($field:ident = $name:literal,)*) => {
        /// A column this client reads.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Field { $($field,)* }

        impl Field {
            const COUNT: usize = [$(Self::$field,)*].len();

            /// The column's name on the wire.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$field => $name,)* }
            }

            /// The column called `name` on the wire; `None` for columns this client does not read.
            pub(super) fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$field),)* _ => None }
            }
        }
    };
}

fields! {
    AskPrice = "askPrice",
    AskSize = "askSize",
    AskTime = "askTime",
    Beta = "beta",
    BidPrice = "bidPrice",
    BidSize = "bidSize",
    BidTime = "bidTime",
    Change = "change",
    Close = "close",
    DayClosePrice = "dayClosePrice",
    DayHighPrice = "dayHighPrice",
    DayId = "dayId",
    DayLowPrice = "dayLowPrice",
    DayOpenPrice = "dayOpenPrice",
    DayVolume = "dayVolume",
    Delta = "delta",
    Description = "description",
    EventFlags = "eventFlags",
    ExtendedTradingHours = "extendedTradingHours",
    Gamma = "gamma",
    High = "high",
    High52WeekPrice = "high52WeekPrice",
    Index = "index",
    Low = "low",
    Low52WeekPrice = "low52WeekPrice",
    Open = "open",
    OpenInterest = "openInterest",
    PrevDayClosePrice = "prevDayClosePrice",
    PrevDayId = "prevDayId",
    Price = "price",
    Rho = "rho",
    Sequence = "sequence",
    Size = "size",
    Theta = "theta",
    Time = "time",
    TradingStatus = "tradingStatus",
    Vega = "vega",
    Volatility = "volatility",
    Volume = "volume",
}

/// A row being filled, used again for the next one.
#[derive(Debug)]
pub(super) struct Row {
    symbol: String,
    description: String,
    trading_status: String,
    cells: [Cell; Field::COUNT],
    invalid: Vec<Field>,
}

impl Row {
    /// An empty row.
    pub(super) fn new() -> Self {
        Self {
            symbol: String::new(),
            description: String::new(),
            trading_status: String::new(),
            cells: [Cell::Absent; Field::COUNT],
            invalid: Vec::new(),
        }
    }

    /// Forgets the values of the row before.
    pub(super) fn clear(&mut self) {
        self.symbol.clear();
        self.description.clear();
        self.trading_status.clear();
        self.cells.fill(Cell::Absent);
    }

    /// The row's symbol; empty when its column held no text.
    pub(super) fn symbol(&self) -> &str {
        &self.symbol
    }

    /// Takes a number, a truth value or an absence.
    pub(super) fn put(&mut self, column: Column, cell: Cell) {
        match column {
            Column::Value(field) => self.fill(field, cell),
            Column::Symbol | Column::Skipped => {}
        }
    }

    /// Takes a text: the symbol, the value of a text column, or a number sent as text.
    pub(super) fn put_text(&mut self, column: Column, text: &str) {
        let field = match column {
            Column::Symbol => return replace(&mut self.symbol, text),
            Column::Value(Field::Description) => return replace(&mut self.description, text),
            Column::Value(Field::TradingStatus) => return replace(&mut self.trading_status, text),
            Column::Value(field) => field,
            Column::Skipped => return,
        };
        match Cell::from_text(text) {
            Some(cell) => self.fill(field, cell),
            None => self.mark_odd(column),
        }
    }

    /// Remembers that a column held a value that cannot be one of its own.
    pub(super) fn mark_odd(&mut self, column: Column) {
        match column {
            Column::Value(field) if !self.invalid.contains(&field) => self.invalid.push(field),
            Column::Value(_) | Column::Symbol | Column::Skipped => {}
        }
    }

    /// The columns with odd values since the last call.
    pub(super) fn take_odd(&mut self) -> Vec<Field> {
        std::mem::take(&mut self.invalid)
    }

    /// The row as an event of `event_type` for `symbol`; `None` for a bar, which is read by [`Self::bar`].
    pub(super) fn event(&self, event_type: EventType, symbol: SmolStr) -> Option<Event> {
        match event_type {
            EventType::Quote => Some(Event::Quote(self.quote(symbol))),
            EventType::Trade => Some(Event::Trade(self.trade(symbol))),
            EventType::TradeEth => Some(Event::TradeEth(self.trade(symbol))),
            EventType::Summary => Some(Event::Summary(self.summary(symbol))),
            EventType::Profile => Some(Event::Profile(self.profile(symbol))),
            EventType::Greeks => Some(Event::Greeks(self.greeks(symbol))),
            EventType::Candle => None,
        }
    }

    /// The row as a bar; `None` when nothing says which bar it is.
    pub(super) fn bar(&self) -> Option<Bar> {
        let time = self.long(Field::Time);
        let sequence = self
            .long(Field::Sequence)
            .filter(|sequence| (0..1 << 22).contains(sequence))
            .unwrap_or_default();
        let index = match (self.long(Field::Index), time) {
            (Some(index), _) => index,
            (None, Some(time)) => index_of(time, sequence)?,
            (None, None) => return None,
        };
        Some(Bar {
            flags: self.long(Field::EventFlags).unwrap_or_default(),
            candle: Candle {
                time: time.filter(|time| *time != 0).unwrap_or_else(|| time_of(index)),
                index,
                open: self.number(Field::Open),
                high: self.number(Field::High),
                low: self.number(Field::Low),
                close: self.number(Field::Close),
                volume: self.number(Field::Volume),
            },
        })
    }

    fn quote(&self, symbol: SmolStr) -> Quote {
        Quote {
            symbol,
            bid_time: self.time(Field::BidTime),
            bid: self.number(Field::BidPrice),
            bid_size: self.number(Field::BidSize),
            ask_time: self.time(Field::AskTime),
            ask: self.number(Field::AskPrice),
            ask_size: self.number(Field::AskSize),
        }
    }

    fn trade(&self, symbol: SmolStr) -> Trade {
        Trade {
            symbol,
            time: self.time(Field::Time),
            price: self.number(Field::Price),
            size: self.number(Field::Size),
            change: self.number(Field::Change),
            day_id: self.day_id(Field::DayId),
            day_volume: self.number(Field::DayVolume),
            extended: self.cell(Field::ExtendedTradingHours).flag(),
        }
    }

    fn summary(&self, symbol: SmolStr) -> Summary {
        Summary {
            symbol,
            day_id: self.day_id(Field::DayId),
            open: self.number(Field::DayOpenPrice),
            high: self.number(Field::DayHighPrice),
            low: self.number(Field::DayLowPrice),
            close: self.number(Field::DayClosePrice),
            prev_day_id: self.day_id(Field::PrevDayId),
            prev_close: self.number(Field::PrevDayClosePrice),
            open_interest: self.number(Field::OpenInterest),
        }
    }

    fn profile(&self, symbol: SmolStr) -> Profile {
        Profile {
            symbol,
            description: text(&self.description),
            trading_status: text(&self.trading_status),
            high_52_week: self.number(Field::High52WeekPrice),
            low_52_week: self.number(Field::Low52WeekPrice),
            beta: self.number(Field::Beta),
        }
    }

    fn greeks(&self, symbol: SmolStr) -> Greeks {
        Greeks {
            symbol,
            time: self.time(Field::Time),
            price: self.number(Field::Price),
            volatility: self.number(Field::Volatility),
            delta: self.number(Field::Delta),
            gamma: self.number(Field::Gamma),
            theta: self.number(Field::Theta),
            rho: self.number(Field::Rho),
            vega: self.number(Field::Vega),
        }
    }

    fn fill(&mut self, field: Field, cell: Cell) {
        if let Some(slot) = self.cells.get_mut(field as usize) {
            *slot = cell;
        }
    }

    fn cell(&self, field: Field) -> Cell {
        self.cells.get(field as usize).copied().unwrap_or_default()
    }

    fn number(&self, field: Field) -> Option<f64> {
        self.cell(field).number()
    }

    fn long(&self, field: Field) -> Option<i64> {
        self.cell(field).long()
    }

    fn time(&self, field: Field) -> Option<i64> {
        self.long(field).filter(|time| *time != 0)
    }

    fn day_id(&self, field: Field) -> Option<i32> {
        self.time(field).and_then(|day| i32::try_from(day).ok())
    }
}

fn replace(kept: &mut String, text: &str) {
    kept.clear();
    kept.push_str(text);
}

/// The text cleaned for a terminal, `None` when nothing is left of it.
fn text(raw: &str) -> Option<String> {
    Some(clean(raw)).filter(|text| !text.is_empty())
}

/// The key of a bar: seconds, milliseconds and sequence packed.
fn index_of(time: i64, sequence: i64) -> Option<i64> {
    let seconds = i32::try_from(time.div_euclid(1000)).ok()?;
    Some(i64::from(seconds) << 32 | time.rem_euclid(1000) << 22 | sequence)
}

/// The time in a bar's key, Unix milliseconds.
fn time_of(index: i64) -> i64 {
    (index >> 32) * 1000 + ((index >> 22) & 0x3ff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_bar_holds_its_time() {
        assert_eq!(time_of(7_235_129_486_797_176_832), 1_684_559_855_338);
        assert_eq!(index_of(1_750_032_000_000, 0), Some(7_516_330_206_953_472_000));
        assert_eq!(index_of(1_684_559_855_338, 0), Some(7_235_129_486_797_176_832));
        assert_eq!(time_of(index_of(-1, 0).unwrap()), -1);
        assert_eq!(index_of(i64::MAX, 0), None);
    }
}
