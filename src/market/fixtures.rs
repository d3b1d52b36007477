//! One symbol and what the sources say about it, for the tests of this room. It is Wednesday afternoon in New York.

use jiff::civil::{Date, Weekday, date};
use jiff::{Timestamp, ToSpan};

use super::evidence::{Evidence, Rules, VolRules};
use super::field::Field;
use super::merge::merge;
use super::method::Method;
use super::note::Note;
use super::precedence::Precedence;
use super::reason::Reason;
use super::record::Record;
use super::subject::Subject;
use super::vol_inputs::VolInputs;
use crate::dxlink::{Candle, Candles, Greeks, Quote, Summary, Trade};
use crate::instrument::{Kind, StreamerSymbol, Symbol};
use crate::legacy::{ChartHistory, DailyBar};
use crate::stream::{LastEvents, Received};
use crate::tastytrade::{Earnings, MarketQuote, Metrics, RankVariant};
use crate::units::{Price, Rank, Vol};

pub(super) const RULES: VolRules = VolRules {
    hv_floor: 0.05,
    trading_days: 252.0,
    min_history: 60,
};
pub(super) const TODAY: Date = date(2026, 7, 15);
/// The day id of [`TODAY`].
pub(super) const TODAY_ID: i32 = 20_649;

pub(super) fn now() -> Timestamp {
    "2026-07-15T18:00:00Z".parse().unwrap()
}

pub(super) fn ms(time: &str) -> Option<i64> {
    Some(time.parse::<Timestamp>().unwrap().as_millisecond())
}

pub(super) fn subject(symbol: &str, kind: Kind) -> Subject {
    Subject {
        symbol: Symbol(symbol.into()),
        kind,
        contract: None,
        expiration: None,
        roll: None,
        streamer: Some(StreamerSymbol(symbol.into())),
        asset_class: "Equity".into(),
    }
}

pub(super) fn heard<T>(event: T) -> Option<Received<T>> {
    Some(Received {
        event,
        at: now(),
        before_gap: false,
    })
}

pub(super) fn quote(bid: f64, ask: f64) -> Quote {
    let time = ms("2026-07-15T17:59:58Z");
    Quote {
        bid: Some(bid),
        ask: Some(ask),
        bid_time: time,
        ..Quote::default()
    }
}

pub(super) fn trade(price: f64) -> Trade {
    Trade {
        price: Some(price),
        time: ms("2026-07-15T17:59:00Z"),
        day_id: Some(TODAY_ID),
        day_volume: Some(1.3743299E7),
        ..Trade::default()
    }
}

pub(super) fn summary() -> Summary {
    Summary {
        day_id: Some(TODAY_ID),
        open: Some(101.0),
        high: Some(105.0),
        low: Some(99.0),
        close: None,
        prev_day_id: Some(TODAY_ID - 1),
        prev_close: Some(100.0),
        ..Summary::default()
    }
}

pub(super) fn greeks() -> Greeks {
    Greeks {
        volatility: Some(0.3188),
        delta: Some(0.51),
        gamma: Some(0.02),
        theta: Some(-0.11),
        rho: Some(0.07),
        vega: Some(0.23),
        ..Greeks::default()
    }
}

/// Everything a share's feed can say.
pub(super) fn streamed() -> LastEvents {
    LastEvents {
        quote: heard(quote(102.0, 102.5)),
        trade: heard(trade(102.2)),
        summary: heard(summary()),
        ..LastEvents::default()
    }
}

/// `count` weekdays before today with closes of 100 and 101 in turn, and today's unfinished bar at 150.
pub(super) fn candles(count: usize) -> Candles {
    let mut bars: Vec<Candle> = closes(count)
        .into_iter()
        .map(|(day, close)| candle(day, close))
        .collect();
    bars.push(candle(TODAY, 150.0));
    Candles {
        bars,
        ..Candles::default()
    }
}

pub(super) fn candle(day: Date, close: f64) -> Candle {
    let time = day
        .at(0, 0, 0, 0)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .unwrap()
        .timestamp()
        .as_millisecond();
    let price = Some(close);
    Candle {
        time,
        open: price,
        high: price,
        low: price,
        close: price,
        ..Candle::default()
    }
}

pub(super) fn history(count: usize) -> ChartHistory {
    let bar = |(date, close)| DailyBar {
        date,
        open: None,
        high: None,
        low: None,
        close,
    };
    ChartHistory {
        last: Some((price(102.7), now())),
        prev_close: Some(price(100.5)),
        bars: closes(count).into_iter().map(bar).collect(),
    }
}

fn closes(count: usize) -> Vec<(Date, f64)> {
    let mut days = Vec::new();
    let mut day = TODAY;
    while days.len() < count {
        day = day.checked_sub(1.day()).unwrap();
        if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            days.push(day);
        }
    }
    days.into_iter()
        .rev()
        .enumerate()
        .map(|(at, day)| (day, if at % 2 == 0 { 100.0 } else { 101.0 }))
        .collect()
}

pub(super) fn metrics(symbol: &str) -> Metrics {
    Metrics {
        symbol: Symbol(symbol.into()),
        iv: Vol::new(0.3),
        iv_change_5d: Some(-0.0182),
        iv_rank: Rank::new(33.0).map(|rank| (rank, RankVariant::Tos)),
        iv_percentile: Rank::new(61.0),
        hv30: Vol::new(0.2),
        hv60: Vol::new(0.24),
        hv90: Vol::new(0.25),
        terms: Vec::new(),
        liquidity_rating: Some(4),
        beta: Some(1.1),
        corr_spy: Some(0.8),
        earnings: Some(Earnings {
            date: date(2026, 8, 1),
            estimated: true,
        }),
        iv_updated_at: Some("2026-07-15T17:00:00Z".parse().unwrap()),
        updated_at: Some("2026-07-15T17:30:00Z".parse().unwrap()),
        unreadable: Vec::new(),
    }
}

pub(super) fn rest_quote(symbol: &str) -> MarketQuote {
    MarketQuote {
        symbol: Symbol(symbol.into()),
        bid: Some(price(103.0)),
        ask: Some(price(103.5)),
        mark: Some(price(103.25)),
        last: Some(price(103.1)),
        open: Some(price(101.5)),
        high: Some(price(105.5)),
        low: Some(price(99.5)),
        prev_close: Some(price(100.1)),
        volume: Some(5.0),
        open_interest: Some(900.0),
        option_iv: Vol::new(0.4),
        delta: Some(0.6),
        gamma: Some(0.03),
        theta: Some(-0.2),
        vega: Some(0.3),
        rho: Some(0.1),
        updated_at: Some("2026-07-15T17:45:00Z".parse().unwrap()),
    }
}

pub(super) fn price(value: f64) -> Price {
    Price::new(value).unwrap()
}

/// Nothing from anybody.
pub(super) fn nothing(subject: &Subject) -> Evidence {
    Evidence {
        streamed: Err("disabled".into()),
        ..Evidence::nothing(subject.clone(), &"http 502".into())
    }
}

pub(super) fn merged(evidence: &Evidence) -> Record {
    merge(evidence, &rules(&Precedence::default()))
}

/// What the sources by themselves say.
pub(super) fn vol_inputs(evidence: &Evidence) -> VolInputs {
    VolInputs::of(evidence, &rules(&Precedence::default()))
}

/// The rules of these tests with another precedence.
pub(super) fn rules(precedence: &Precedence) -> Rules<'_> {
    Rules {
        precedence,
        vol: &RULES,
        now: now(),
    }
}

/// What was tried for a hole, as `source: reason` pairs.
pub(super) fn tried(record: &Record, field: Field) -> Vec<String> {
    let gap = record.missing.iter().find(|gap| gap.field == field).unwrap();
    gap.tried
        .iter()
        .map(|attempt| format!("{:?}: {}", attempt.source, attempt.reason))
        .collect()
}

/// Words in place of what prints them.
macro_rules! in_words {
    ($($type:ty = $made:expr),*) => {$(
        impl PartialEq<str> for $type {
            fn eq(&self, words: &str) -> bool {
                format!("{self}") == words
            }
        }

        impl PartialEq<&str> for $type {
            fn eq(&self, words: &&str) -> bool {
                *self == **words
            }
        }

        impl From<&str> for $type {
            fn from(words: &str) -> Self {
                $made(words)
            }
        }
    )*};
}

in_words!(Method = Method::parse, Reason = Reason::told);

impl PartialEq<&str> for Note {
    fn eq(&self, words: &&str) -> bool {
        self.name() == *words
    }
}
