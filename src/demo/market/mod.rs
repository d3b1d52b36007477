//! The seeded market behind the venue: who is listed, what it costs, what it did before. Knows no wire.
//!
//! Everything is a function of the seed and the trading day; bars are made when they are first asked for.

pub(crate) mod future;
pub(crate) mod listings;
pub(crate) mod metrics;
mod model;
pub(crate) mod options;
mod price_path;
mod rng;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use smol_str::SmolStr;

use self::future::Terms;
use self::listings::{Class, Listing};
use self::metrics::{Gaps, Metrics};
use self::model::{Found, Model};
use self::options::Series;
pub use self::price_path::{Greeks, Last, Profile, Quote, Summary, Trade};
use self::price_path::{PricePath, market_time};
use self::rng::Rng;
pub use self::walk::Bar;
use self::walk::SimulatedSession;
use variance_time::{self as time, Calendar as Exchange};

/// The risk-free rate the venue publishes, a fraction a year.
pub(crate) const RISK_FREE_RATE: f64 = 0.0382;

/// A market that is the same for everyone who names the same seed on the same trading day.
#[derive(Debug)]
pub struct Market {
    seed: u64,
    anchor: Timestamp,
    day: Date,
    opening: bool,
    sessions: Sessions,
    listed: BTreeMap<SmolStr, Listed>,
    ended: BTreeMap<SmolStr, Listed>,
    streamers: BTreeMap<SmolStr, SmolStr>,
    gaps: Gaps,
}

#[derive(Debug)]
struct Sessions {
    shares: Vec<SimulatedSession>,
    futures: Vec<SimulatedSession>,
    crypto: Vec<SimulatedSession>,
}

#[derive(Debug)]
struct Listed {
    listing: Listing,
    bars: OnceLock<Vec<Bar>>,
}

impl Market {
    /// The market of `seed` as it stood at the last opening or close of the share market at or before `now`.
    pub fn new(seed: u64, now: Timestamp) -> Self {
        let (anchor, day, opening) = anchor(now);
        let mut listed = BTreeMap::new();
        let mut streamers = BTreeMap::new();
        let mut published: Vec<SmolStr> = Vec::new();
        for symbol in listings::symbols() {
            for listing in listings::listings_of(symbol, day) {
                if active(&listing) {
                    streamers.insert(SmolStr::from(symbol), listing.streamer.clone());
                }
                streamers.insert(listing.symbol.clone(), listing.streamer.clone());
                listed.insert(
                    listing.streamer.clone(),
                    Listed {
                        listing,
                        bars: OnceLock::new(),
                    },
                );
            }
            if !["LLYVK", "/MBT"].contains(&symbol) && !symbol.ends_with("/USD") {
                published.push(symbol.into());
            }
        }
        let ended = future::ROOTS.iter().filter_map(|root| future::ended_of(root, day));
        let ended = ended.map(|terms| {
            let listing = listings::listing_of(terms);
            let bars = OnceLock::new();
            (listing.streamer.clone(), Listed { listing, bars })
        });
        let ended = ended.collect();
        let sessions = Sessions {
            shares: quarters(Exchange::UsEquities, day, seed),
            futures: quarters(Exchange::UsFutures, day, seed),
            crypto: quarters(Exchange::Crypto, day, seed),
        };
        let gaps = Gaps::choose(seed, &published);
        Self {
            seed,
            anchor,
            day,
            opening,
            sessions,
            listed,
            ended,
            streamers,
            gaps,
        }
    }

    /// Market time of tick 0: the last 09:30 or close (16:00, on short days 13:00) in New York.
    pub fn anchor(&self) -> Timestamp {
        self.anchor
    }

    /// The last known events of `streamer` at `tick`, the standing values at tick 0 and small moves, one second each,
    /// after it; `None` for a symbol nobody lists.
    pub fn last(&self, streamer: &str, tick: u64) -> Option<Last> {
        match self.listed.get(streamer) {
            Some(listed) => self.tape(listed).last(tick),
            None => self.option(streamer, tick),
        }
    }

    /// Daily bars of a share, index, pair or futures contract, oldest first, more than a year of sessions, of a young
    /// product's contracts fewer. The futures contract of a root that ended last has its bars as well. While the
    /// anchor's session has only begun its bar is the opening price alone.
    pub fn bars(&self, base_streamer: &str) -> Option<Vec<Bar>> {
        let Some(listed) = self.listed.get(base_streamer) else {
            return self
                .ended
                .get(base_streamer)
                .map(|ended| self.whole_bars(ended).to_vec());
        };
        let mut bars = self.whole_bars(listed).to_vec();
        if let Some(today) = bars.last_mut().filter(|_| self.opening) {
            let (open, volume) = (today.open, (today.volume * 0.02).round());
            *today = Bar {
                high: open,
                low: open,
                close: open,
                volume,
                ..*today
            };
        }
        Some(bars)
    }

    /// The symbols a user may watch: futures by their root.
    pub fn universe(&self) -> impl Iterator<Item = &'static str> + use<> {
        listings::symbols()
    }

    /// The trading day of the anchor.
    pub(crate) fn day(&self) -> Date {
        self.day
    }

    /// A number by which names can be put into an order that means nothing and never changes.
    pub(crate) fn shuffled(&self, name: &str) -> u64 {
        Rng::new(self.seed, name).at(17).next()
    }

    /// What a REST symbol (`SPY`, `/ESZ6`, `/ES` for its active contract, `BTC/USD`) names.
    pub(crate) fn listing(&self, symbol: &str) -> Option<&Listing> {
        Some(&self.listed.get(self.streamers.get(symbol)?)?.listing)
    }

    /// Every listing, by streamer symbol.
    pub(crate) fn listings(&self) -> impl Iterator<Item = &Listing> {
        self.listed.values().map(|listed| &listed.listing)
    }

    /// Contracts of the root `/ES`, by last day.
    pub(crate) fn contracts(&self, root: &str) -> Vec<Terms> {
        future::root(root).map_or_else(Vec::new, |root| future::contracts_of(root, self.day))
    }

    /// The option series on a listing; on a futures contract those of its whole product.
    pub(crate) fn series(&self, listing: &Listing) -> Vec<Series> {
        match &listing.class {
            Class::Future(terms) => options::series_on_futures(&self.contracts(terms.root.symbol), self.anchor),
            Class::Share | Class::Fund | Class::Index | Class::Crypto => options::series_on(listing, self.anchor),
        }
    }

    /// The strikes of `series` on `listing`.
    pub(crate) fn strikes(&self, listing: &Listing, series: &Series) -> Vec<f64> {
        let streamer = series
            .future
            .as_ref()
            .map_or(&listing.streamer, |terms| &terms.streamer);
        let spot = self
            .listed
            .get(streamer)
            .and_then(|listed| self.tape(listed).previous_close());
        spot.map_or_else(Vec::new, |spot| options::strikes(spot, series.future.is_some()))
    }

    /// At-the-money volatility of `series` on `listing`.
    pub(crate) fn series_vol(&self, listing: &Listing, series: &Series) -> Option<f64> {
        let listed = self.listed.get(&listing.streamer)?;
        let seconds = series.end()?.duration_since(self.anchor).as_secs_f64().max(1800.0);
        let spot = self.tape(listed).price(0)?;
        self.model(listed)
            .vol_of(spot, spot, seconds / (365.0 * 86_400.0))
            .map(variance_units::Vol::get)
    }

    /// What market metrics say about a share, fund, index or futures root; `None` for anything else.
    pub(crate) fn metrics(&self, symbol: &str) -> Option<Metrics> {
        let listed = self.listed.get(self.streamers.get(symbol)?)?;
        if listed.listing.metrics_symbol() != symbol || listed.listing.class == Class::Crypto {
            return None;
        }
        Some(metrics::metrics(
            &listed.listing,
            self.seed,
            self.closed_bars(listed),
            &self.gaps,
            self.day,
        ))
    }

    fn option(&self, streamer: &str, tick: u64) -> Option<Last> {
        let pieces = options::pieces(streamer)?;
        let root = match pieces.root {
            "SPXW" => "SPX",
            "NDXP" => "NDX",
            "RUTW" => "RUT",
            "BRKB" => "BRK/B",
            "BFB" => "BF/B",
            plain => plain,
        };
        let underlying = if streamer.starts_with("./") {
            let standard = |root: &&future::Root| root.options == pieces.root;
            future::ROOTS.iter().find(standard).map_or_else(
                || pieces.root.starts_with("EW").then_some("/ES"),
                |root| Some(root.symbol),
            )?
        } else {
            root
        };
        let listing = self.listing(underlying)?;
        let spelled = |series: &Series| {
            let spelled = series.spell(pieces.strike)?;
            Some(spelled.call_streamer == streamer || spelled.put_streamer == streamer)
        };
        let series = self
            .series(listing)
            .into_iter()
            .find(|series| spelled(series) == Some(true))?;
        if !self
            .strikes(listing, &series)
            .iter()
            .any(|strike| strike.total_cmp(&pieces.strike).is_eq())
        {
            return None;
        }
        let delivered = series
            .future
            .as_ref()
            .map_or(&listing.streamer, |terms| &terms.streamer);
        let listed = self.listed.get(delivered)?;
        let tape = self.tape(listed);
        let found = Found {
            series,
            right: pieces.right,
            strike: pieces.strike,
            streamer,
        };
        self.model(listed).last(
            &found,
            tape.price(tick)?,
            tape.bars.last()?.open,
            market_time(self.anchor, tick),
        )
    }

    fn model<'a>(&'a self, listed: &'a Listed) -> Model<'a> {
        let listing = &listed.listing;
        let measured = self
            .listing(listing.metrics_symbol())
            .and_then(|active| self.listed.get(&active.streamer));
        let vol = metrics::implied_vol(listing, self.seed, self.closed_bars(measured.unwrap_or(listed)));
        Model {
            seed: self.seed,
            listing,
            vol,
            rate: RISK_FREE_RATE,
            bars: self.whole_bars(listed),
        }
    }

    fn tape<'a>(&'a self, listed: &'a Listed) -> PricePath<'a> {
        let bars = self.whole_bars(listed);
        PricePath {
            listing: &listed.listing,
            bars,
            seed: self.seed,
            anchor: self.anchor,
            opening: self.opening,
        }
    }

    fn whole_bars<'a>(&self, listed: &'a Listed) -> &'a [Bar] {
        listed.bars.get_or_init(|| {
            let sessions = match listed.listing.class {
                Class::Share | Class::Fund | Class::Index => &self.sessions.shares,
                Class::Future(_) => &self.sessions.futures,
                Class::Crypto => &self.sessions.crypto,
            };
            walk::bars(&listed.listing, self.seed, sessions, self.day)
        })
    }

    fn closed_bars<'a>(&self, listed: &'a Listed) -> &'a [Bar] {
        match self.whole_bars(listed) {
            [closed @ .., _] if self.opening => closed,
            whole => whole,
        }
    }
}

fn active(listing: &Listing) -> bool {
    match &listing.class {
        Class::Future(terms) => terms.place == 0,
        Class::Share | Class::Fund | Class::Index | Class::Crypto => true,
    }
}

/// The anchor at `now`, its trading day, and whether it is that day's beginning.
fn anchor(now: Timestamp) -> (Timestamp, Date, bool) {
    let mut day = time::new_york_date(now);
    loop {
        let open = time::session_open(Exchange::UsEquities, day);
        if let Some((open, close)) = open.zip(time::session_close(Exchange::UsEquities, day)) {
            if close <= now {
                return (close, day, false);
            }
            if open <= now {
                return (open, day, true);
            }
        }
        match day.yesterday() {
            Ok(before) => day = before,
            Err(_) => return (now, day, false),
        }
    }
}

/// The sessions of the quarter of `day` and of the five before it.
fn quarters(exchange: Exchange, day: Date, seed: u64) -> Vec<SimulatedSession> {
    let into_quarter = (day.month() - 1) % 3;
    let first = day
        .first_of_month()
        .saturating_sub((i32::from(into_quarter) + 15).months());
    let end = day
        .first_of_month()
        .saturating_add((3 - i32::from(into_quarter)).months());
    let days = first.series(1.day()).take_while(|date| *date < end);
    days.filter(|date| time::session_close(exchange, *date).is_some())
        .map(|date| SimulatedSession::on(date, seed))
        .collect()
}
