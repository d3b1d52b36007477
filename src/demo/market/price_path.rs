//! What the feed last said about a listing: standing values at tick 0, small moves from tick 1 on.

use jiff::{SignedDuration, Timestamp};

use super::listings::{Class, Listing};
use super::rng::Rng;
use super::walk::Bar;

/// The last known events of one streamer symbol; `None` where its kind never has such an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Last {
    /// Both sides of the book.
    pub quote: Option<Quote>,
    /// The last trade.
    pub trade: Option<Trade>,
    /// The day so far.
    pub summary: Option<Summary>,
    /// What it is.
    pub profile: Option<Profile>,
    /// Model values of an option.
    pub greeks: Option<Greeks>,
}

/// Both sides of the book.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quote {
    /// When the bid changed, epoch milliseconds.
    pub bid_time: i64,
    /// Best bid.
    pub bid: f64,
    /// Units bid for.
    pub bid_size: f64,
    /// When the ask changed, epoch milliseconds.
    pub ask_time: i64,
    /// Best ask.
    pub ask: f64,
    /// Units offered.
    pub ask_size: f64,
}

/// The last trade. An option that never traded has NaN numbers and time 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trade {
    /// Epoch milliseconds, 0 for never.
    pub time: i64,
    /// Price.
    pub price: f64,
    /// Units; NaN for an index.
    pub size: f64,
    /// Difference to the close before.
    pub change: f64,
    /// Day of the trade.
    pub day_id: i32,
    /// Units traded this day.
    pub day_volume: f64,
    /// Whether it happened outside regular hours.
    pub extended: bool,
}

/// The day so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// The day.
    pub day_id: i32,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Close, once the session has ended.
    pub close: Option<f64>,
    /// The session before.
    pub prev_day_id: i32,
    /// Its close.
    pub prev_close: f64,
    /// Open contracts, 0 for anything but futures and options.
    pub open_interest: i64,
}

/// What an instrument is.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Name.
    pub description: String,
    /// `ACTIVE`.
    pub trading_status: &'static str,
    /// Highest price of 52 weeks.
    pub high_52: f64,
    /// Lowest price of 52 weeks.
    pub low_52: f64,
    /// Sensitivity to the market; NaN where it makes no sense.
    pub beta: f64,
}

/// Model values of an option, per unit of the underlying, in the feed's units (theta a day, vega and rho a point).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Greeks {
    /// When they were computed, epoch milliseconds.
    pub time: i64,
    /// Model value.
    pub price: f64,
    /// Annualized fraction.
    pub volatility: f64,
    /// Per unit of the underlying.
    pub delta: f64,
    /// Delta per unit of the underlying.
    pub gamma: f64,
    /// Per calendar day.
    pub theta: f64,
    /// Per rate point.
    pub rho: f64,
    /// Per volatility point.
    pub vega: f64,
}

/// A listing's day as the tape tells it.
pub(super) struct PricePath<'a> {
    pub(super) listing: &'a Listing,
    /// All bars, the last one the whole of the anchor's day.
    pub(super) bars: &'a [Bar],
    pub(super) seed: u64,
    pub(super) anchor: Timestamp,
    /// The anchor is the session's beginning, its bar lies ahead.
    pub(super) opening: bool,
}

impl PricePath<'_> {
    /// Price at `tick`, within the day's range known by then.
    pub(super) fn price(&self, tick: u64) -> Option<f64> {
        let day = self.bars.last()?;
        let start = if self.opening { day.open } else { day.close };
        if tick == 0 {
            return Some(start);
        }
        let (low, high) = self.range(day, tick);
        let reach = 0.35 * self.listing.vol / 252.0_f64.sqrt();
        let moved = start * (reach * (self.wave(tick) - self.wave(0))).exp();
        Some(self.listing.rounded(moved.clamp(low, high)))
    }

    /// Close of the session before the anchor's.
    pub(super) fn previous_close(&self) -> Option<f64> {
        Some(self.bars.iter().rev().nth(1)?.close)
    }

    /// Everything the feed says at `tick`.
    pub(super) fn last(&self, tick: u64) -> Option<Last> {
        let day = self.bars.last()?;
        let before = self.bars.iter().rev().nth(1)?;
        let price = self.price(tick)?;
        let time = market_time(self.anchor, tick).as_millisecond();
        let index = matches!(self.listing.class, Class::Index);
        let mut rng = Rng::new(self.seed, &self.listing.streamer).at(tick ^ (1 << 40));
        let step = 1.0 / self.listing.grain;
        let wide = if self.listing.popular {
            0.0
        } else {
            price * rng.between(0.0002, 0.0015)
        };
        let quote = (!index).then(|| Quote {
            bid_time: time,
            bid: self.listing.rounded((price - wide - step).max(step)),
            bid_size: f64::from(rng.whole(1, 40)),
            ask_time: time,
            ask: self.listing.rounded(price + wide + step),
            ask_size: f64::from(rng.whole(1, 40)),
        });
        let (low, high) = self.range(day, tick);
        let ticks = u32::try_from(tick).map_or(f64::from(u32::MAX), f64::from);
        let traded = if self.opening {
            (day.volume * 0.02).round()
        } else {
            day.volume
        };
        let year = || self.bars.iter().rev().take(252);
        let contracts = match self.listing.class {
            Class::Future(_) => i64::from(Rng::new(self.seed, &self.listing.streamer).whole(20_000, 900_000)),
            Class::Share | Class::Fund | Class::Index | Class::Crypto => 0,
        };
        Some(Last {
            quote,
            trade: Some(Trade {
                time,
                price,
                size: if index { f64::NAN } else { f64::from(rng.whole(1, 300)) },
                change: self.listing.rounded(price - before.close),
                day_id: day_id(day),
                day_volume: traded + 25.0 * ticks,
                extended: false,
            }),
            summary: Some(Summary {
                day_id: day_id(day),
                open: day.open,
                high,
                low,
                close: (!self.opening).then_some(day.close),
                prev_day_id: day_id(before),
                prev_close: before.close,
                open_interest: contracts,
            }),
            profile: Some(Profile {
                description: self.listing.description(),
                trading_status: "ACTIVE",
                high_52: year().map(|bar| bar.high).fold(f64::MIN, f64::max),
                low_52: year().map(|bar| bar.low).fold(f64::MAX, f64::min),
                beta: self
                    .listing
                    .beta()
                    .map_or(f64::NAN, |beta| (beta * 100.0).round() / 100.0),
            }),
            greeks: None,
        })
    }

    fn range(&self, day: &Bar, tick: u64) -> (f64, f64) {
        if !self.opening {
            return (day.low, day.high);
        }
        let seen = 1.0 - (-u32::try_from(tick).map_or(f64::MAX, f64::from) / 30.0).exp();
        let rounded = |edge: f64| self.listing.rounded(day.open + (edge - day.open) * seen);
        (rounded(day.low), rounded(day.high))
    }

    fn wave(&self, tick: u64) -> f64 {
        let rng = Rng::new(self.seed, &self.listing.streamer);
        let knot = |number: u64| rng.at(number ^ (1 << 41)).between(-1.0, 1.0);
        let (from, part) = (tick / 8, u8::try_from(tick % 8).map_or(0.0, f64::from) / 8.0);
        knot(from) * (1.0 - part) + knot(from + 1) * part + 0.12 * rng.at(tick ^ (1 << 42)).between(-1.0, 1.0)
    }
}

/// Market time of `tick`, one second each.
pub(super) fn market_time(anchor: Timestamp, tick: u64) -> Timestamp {
    let seconds = i64::try_from(tick).unwrap_or(i64::MAX);
    anchor.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(anchor)
}

/// The feed's day number of a bar.
pub(super) fn day_id(bar: &Bar) -> i32 {
    i32::try_from(bar.day_ms.div_euclid(86_400_000)).unwrap_or(i32::MAX)
}
