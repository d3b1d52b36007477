//! The seeded market behind the venue: standing values and daily bars of three instruments.

use jiff::Timestamp;

const DAY_MS: i64 = 86_400_000;
const BARS: i64 = 300;

/// A market of three instruments.
#[derive(Debug)]
pub struct Market {
    anchor: Timestamp,
}

/// What the feed would answer for one streamer symbol; `None` is a type that is never answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Last {
    /// Both sides of the book.
    pub quote: Option<Quote>,
    /// The last trade.
    pub trade: Option<Trade>,
    /// The day's summary.
    pub summary: Option<Summary>,
    /// The description.
    pub profile: Option<Profile>,
    /// The option's sensitivities.
    pub greeks: Option<Greeks>,
}

/// Both sides of the book; times in Unix milliseconds.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the names of the feed's columns")]
pub struct Quote {
    pub bid_time: i64,
    pub bid: f64,
    pub bid_size: f64,
    pub ask_time: i64,
    pub ask: f64,
    pub ask_size: f64,
}

/// The last trade; time in Unix milliseconds, 0 with NaN prices when there was none.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the names of the feed's columns")]
pub struct Trade {
    pub time: i64,
    pub price: f64,
    pub size: f64,
    pub change: f64,
    pub day_id: i32,
    pub day_volume: f64,
    pub extended: bool,
}

/// The day's summary; `close` is absent while the session runs.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the names of the feed's columns")]
pub struct Summary {
    pub day_id: i32,
    pub open: f64,
    pub high: f64,
    pub low: f64,
    pub close: Option<f64>,
    pub prev_day_id: i32,
    pub prev_close: f64,
    pub open_interest: i64,
}

/// The description.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the names of the feed's columns")]
pub struct Profile {
    pub description: String,
    pub trading_status: &'static str,
    pub high_52: f64,
    pub low_52: f64,
    pub beta: f64,
}

/// The option's sensitivities in the feed's units.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the names of the feed's columns")]
pub struct Greeks {
    pub time: i64,
    pub price: f64,
    pub volatility: f64,
    pub delta: f64,
    pub gamma: f64,
    pub theta: f64,
    pub rho: f64,
    pub vega: f64,
}

/// One daily bar, stamped 00:00 UTC of its session.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the names of the feed's columns")]
pub struct Bar {
    pub day_ms: i64,
    pub open: f64,
    pub high: f64,
    pub low: f64,
    pub close: f64,
    pub volume: f64,
}

impl Market {
    /// The market of `seed` as it stands at `now`.
    pub fn new(_seed: u64, now: Timestamp) -> Self {
        Self { anchor: now }
    }

    /// Market time of tick 0.
    pub fn anchor(&self) -> Timestamp {
        self.anchor
    }

    /// The values of `streamer` at `tick`; `None` for an unknown symbol.
    pub fn last(&self, streamer: &str, tick: u64) -> Option<Last> {
        let base = price(streamer)?;
        let moved = base + f64::from(u32::try_from(tick % 1000).ok()?) * 0.25;
        let time = self.anchor.as_millisecond();
        let day_id = i32::try_from(time.div_euclid(DAY_MS)).ok()?;
        Some(Last {
            quote: Some(Quote {
                bid_time: time,
                bid: moved - 0.25,
                bid_size: 100.0,
                ask_time: time,
                ask: moved + 0.25,
                ask_size: 200.0,
            }),
            trade: Some(Trade {
                time,
                price: moved,
                size: 10.0,
                change: 1.0,
                day_id,
                day_volume: 13_743_299.0,
                extended: false,
            }),
            summary: Some(Summary {
                day_id,
                open: base,
                high: base + 1.0,
                low: base - 1.0,
                close: Some(base),
                prev_day_id: day_id - 1,
                prev_close: base - 1.0,
                open_interest: 0,
            }),
            profile: None,
            greeks: None,
        })
    }

    /// Daily bars of `base_streamer`, oldest first.
    pub fn bars(&self, base_streamer: &str) -> Option<Vec<Bar>> {
        let base = price(base_streamer)?;
        let today = self.anchor.as_millisecond().div_euclid(DAY_MS);
        let bar = |day: i64| Bar {
            day_ms: day * DAY_MS,
            open: base,
            high: base + 2.0,
            low: base - 2.0,
            close: if day % 2 == 0 { base - 1.0 } else { base + 1.0 },
            volume: 1000.0,
        };
        Some((today - BARS..today).map(bar).collect())
    }

    /// The symbols a user may type.
    pub fn universe(&self) -> impl Iterator<Item = &str> {
        ["SPY", "QQQ", "/ES"].into_iter()
    }
}

fn price(streamer: &str) -> Option<f64> {
    match streamer {
        "SPY" => Some(600.0),
        "QQQ" => Some(500.0),
        "/ESZ26:XCME" => Some(6000.0),
        _ => None,
    }
}
