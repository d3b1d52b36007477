//! What an option is worth and what the feed says about it: the Black-Scholes value under a mild smile, a quote around it.

use jiff::{Timestamp, Unit};
use variance_units::Vol;
use variance_vol::black::{European, Right, Underlying};

use super::listings::{Class, Listing};
use super::options::Series;
use super::price_path::{self, Greeks, Last, Quote, Summary, Trade};
use super::rng::Rng;
use super::walk::Bar;

/// An option found by its streamer symbol.
pub(super) struct Found<'a> {
    pub(super) series: Series,
    pub(super) right: Right,
    pub(super) strike: f64,
    pub(super) streamer: &'a str,
}

/// The market an option is valued in.
pub(super) struct Model<'a> {
    pub(super) seed: u64,
    pub(super) listing: &'a Listing,
    /// 30-day volatility of the underlying.
    pub(super) vol: f64,
    pub(super) rate: f64,
    pub(super) bars: &'a [Bar],
}

impl Model<'_> {
    /// Volatility of `strike` with `years` to go while the underlying is at `spot`: a mild skew and term slope.
    pub(super) fn vol_of(&self, spot: f64, strike: f64, years: f64) -> Option<Vol> {
        let slope = Rng::new(self.seed, &self.listing.family).at(7).between(-0.06, 0.05);
        let term = self.vol * (1.0 + slope * (years * 365.0 / 30.0).ln().clamp(-2.0, 2.0));
        let far = ((strike / spot).ln() / (term * years.sqrt())).clamp(-5.0, 5.0);
        Vol::new(term * (1.0 - 0.05 * far + 0.012 * far * far))
    }

    /// The option's value and Greeks at market time `at` with the underlying at `spot`.
    pub(super) fn greeks(&self, option: &Found<'_>, spot: f64, at: Timestamp) -> Option<Greeks> {
        let left = option
            .series
            .end()?
            .since(at)
            .ok()?
            .total(Unit::Second)
            .ok()?
            .max(1800.0);
        let years = left / (365.0 * 86_400.0);
        let vol = self.vol_of(spot, option.strike, years)?;
        let rate = if option.series.future.is_some() { self.rate } else { 0.0 };
        let underlying = Underlying::Spot {
            price: spot,
            dividend_yield: rate,
        };
        let found = European {
            right: option.right,
            underlying,
            strike: option.strike,
            years,
            rate,
            vol,
        }
        .greeks()?;
        Some(Greeks {
            time: at.as_millisecond(),
            price: found.price,
            volatility: vol.get(),
            delta: found.delta,
            gamma: found.gamma,
            theta: found.theta,
            rho: found.rho,
            vega: found.vega,
        })
    }

    /// Everything the feed says about `option` with the underlying at `spot` after it `opened` the day.
    pub(super) fn last(&self, option: &Found<'_>, spot: f64, opened: f64, at: Timestamp) -> Option<Last> {
        let greeks = self.greeks(option, spot, at)?;
        let grain = match self.listing.class {
            Class::Future(_) => self.listing.grain.max(20.0),
            Class::Share | Class::Fund | Class::Index | Class::Crypto => 100.0,
        };
        let round = |price: f64| (price * grain).round() / grain;
        let half = (greeks.price * if self.listing.popular { 0.008 } else { 0.03 }).max(0.5 / grain);
        let bid = ((greeks.price - half) * grain).floor().max(0.0) / grain;
        let ask = ((greeks.price + half) * grain).ceil().max(1.0) / grain;
        let mut rng = Rng::new(self.seed, option.streamer);
        let idle = (option.strike / spot).ln().abs() > 0.1 && rng.whole(0, 2) == 0;
        let [.., before, today] = self.bars else { return None };
        let earlier = |spot| Some(round(self.greeks(option, spot, at)?.price));
        let (previous, open) = (earlier(before.close)?, earlier(opened)?);
        let price = round(greeks.price).clamp(bid, ask);
        let day_id = price_path::day_id(today);
        let interest = i64::from(rng.whole(5, 24_000));
        let trade = Trade {
            time: at.as_millisecond(),
            price,
            size: f64::from(rng.whole(1, 60)),
            change: round(price - previous),
            day_id,
            day_volume: f64::from(rng.whole(10, 6_000)),
            extended: false,
        };
        let never = Trade {
            time: 0,
            price: f64::NAN,
            size: f64::NAN,
            change: f64::NAN,
            day_volume: f64::NAN,
            ..trade
        };
        Some(Last {
            quote: Some(Quote {
                bid_time: at.as_millisecond(),
                bid,
                bid_size: f64::from(rng.whole(1, 200)),
                ask_time: at.as_millisecond(),
                ask,
                ask_size: f64::from(rng.whole(1, 200)),
            }),
            trade: Some(if idle { never } else { trade }),
            summary: Some(Summary {
                day_id,
                open: if idle { f64::NAN } else { open },
                high: if idle { f64::NAN } else { open.max(price) },
                low: if idle { f64::NAN } else { open.min(price) },
                close: None,
                prev_day_id: price_path::day_id(before),
                prev_close: previous,
                open_interest: interest,
            }),
            profile: None,
            greeks: Some(greeks),
        })
    }
}
