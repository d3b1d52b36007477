//! Daily bars of a listing: a geometric random walk that returns to the listing's usual price at every quarter's start,
//! so that a day's bar is the same on whichever later day it is asked for.

use std::f64::consts::TAU;

use jiff::civil::Date;
use variance_time as time;

use super::listings::{Class, Listing};
use super::rng::Rng;

/// One daily bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Midnight UTC of the session's date, epoch milliseconds.
    pub day_ms: i64,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Units traded.
    pub volume: f64,
}

/// A session with the numbers its bar is made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct SimulatedSession {
    day: Date,
    id: i32,
    quarter: i32,
    /// What moved the market as a whole.
    shock: f64,
}

impl SimulatedSession {
    pub(super) fn on(day: Date, seed: u64) -> Self {
        let id = time::day_id(day);
        let shock = market_shock(Rng::new(seed, "the market as a whole").at(number(id)).normal());
        Self {
            day,
            id,
            quarter: i32::from(day.year()) * 4 + i32::from(day.month() - 1) / 3,
            shock,
        }
    }
}

/// A normal draw turned into a day of the market as a whole, of unit variance: no day is quite still and few are wild, so
/// that the benchmark's realized volatility does not leap from month to month.
fn market_shock(normal: f64) -> f64 {
    const VARIANCE: f64 = 1.088_73;
    (0.5 + 0.6 * normal.abs()) * normal.signum() / VARIANCE.sqrt()
}

/// The bars of `listing` on `sessions`, which begin and end with whole quarters, up to `today`.
pub(super) fn bars(listing: &Listing, seed: u64, sessions: &[SimulatedSession], today: Date) -> Vec<Bar> {
    let path = Path::new(listing, seed);
    let mut bars = Vec::new();
    for quarter in sessions.chunk_by(|one, other| one.quarter == other.quarter) {
        let Some(first) = quarter.first() else { continue };
        let start = path.level(first.quarter);
        let wanted = (path.level(first.quarter + 1) / start).ln();
        let raw: Vec<(f64, f64)> = quarter.iter().map(|session| path.log_return(*session)).collect();
        let sessions = u32::try_from(raw.len()).map_or(1.0, f64::from);
        let pull = (wanted - raw.iter().map(|(log_return, _)| log_return).sum::<f64>()) / sessions;
        let mut before = start;
        for (session, (log_return, vol)) in quarter.iter().zip(raw).take_while(|(session, _)| session.day <= today) {
            let close = before * (log_return + pull).exp();
            if path.is_traded(session.day) {
                bars.push(path.bar(*session, vol, before, close));
            }
            before = close;
        }
    }
    bars
}

struct Path<'a> {
    listing: &'a Listing,
    family: Rng,
    own: Rng,
    swing: f64,
    period: f64,
    phase: f64,
    /// Growth a year with the distance to the last day, and that day.
    carry: Option<(f64, i32)>,
}

impl<'a> Path<'a> {
    fn new(listing: &'a Listing, seed: u64) -> Self {
        let family = Rng::new(seed, &listing.family);
        let mut shape = family.at(u64::MAX);
        Self {
            listing,
            own: Rng::new(seed, &listing.streamer),
            swing: shape.between(0.05, 0.4) * if listing.is_benchmark() { 0.25 } else { 1.0 },
            period: shape.between(70.0, 220.0),
            phase: shape.between(0.0, TAU),
            family,
            carry: match &listing.class {
                Class::Future(terms) => Some((terms.root.carry, time::day_id(terms.expiration))),
                Class::Share | Class::Fund | Class::Index | Class::Crypto => None,
            },
        }
    }

    fn is_traded(&self, day: Date) -> bool {
        match &self.listing.class {
            Class::Future(terms) => terms.trades_on(day),
            Class::Share | Class::Fund | Class::Index | Class::Crypto => true,
        }
    }

    fn level(&self, quarter: i32) -> f64 {
        let mut rng = self.family.at(u64::from(quarter.unsigned_abs()) << 32);
        self.listing.level * (0.3 * self.listing.vol * rng.normal()).exp()
    }

    /// The day's log return and the volatility it was drawn from.
    fn log_return(&self, session: SimulatedSession) -> (f64, f64) {
        let turn = TAU * f64::from(session.id) / self.period + self.phase;
        let vol = self.listing.vol / 252.0_f64.sqrt() * (self.swing * turn.sin()).exp();
        let tie = self.listing.tie;
        let shock = tie * session.shock + (1.0 - tie * tie).sqrt() * self.family.at(number(session.id)).normal();
        (vol * shock, vol)
    }

    fn bar(&self, session: SimulatedSession, vol: f64, before: f64, close: f64) -> Bar {
        let mut rng = self.own.at(number(session.id));
        let (gap, crowd) = rng.normals();
        let (above, below) = rng.normals();
        let carry = self
            .carry
            .map_or(1.0, |(rate, end)| (rate * f64::from(end - session.id) / 365.0).exp());
        let round = |price: f64| self.listing.rounded(price * carry).max(1.0 / self.listing.grain);
        let open = round(before * (0.35 * vol * gap).exp());
        let close = round(close);
        let high = self.listing.rounded(open.max(close) * (0.4 * vol * above.abs()).exp());
        let low = self.listing.rounded(open.min(close) * (-0.4 * vol * below.abs()).exp());
        let usual = if self.listing.popular { 8e6 } else { 6e5 };
        let volume = (usual * (0.4 * crowd).exp()).round();
        Bar {
            day_ms: i64::from(session.id) * 86_400_000,
            open,
            high: high.max(open).max(close),
            low: low.max(1.0 / self.listing.grain),
            close,
            volume,
        }
    }
}

fn number(id: i32) -> u64 {
    u64::from(id.unsigned_abs())
}
