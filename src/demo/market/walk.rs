//! Daily bars of a listing: a geometric random walk that returns to the listing's usual price at every quarter's start,
//! so that a day's bar is the same on whichever later day it is asked for.

use std::f64::consts::TAU;

use jiff::civil::Date;

use super::dice::Dice;
use super::roster::{Class, Listing};
use crate::time;

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

/// The bars of `listing` on `sessions`, which begin and end with whole quarters, up to `today`.
pub(super) fn bars(listing: &Listing, seed: u64, sessions: &[Date], today: Date) -> Vec<Bar> {
    let path = Path::new(listing, seed);
    let mut bars = Vec::new();
    for quarter in sessions.chunk_by(|one, other| quarter_of(*one) == quarter_of(*other)) {
        let Some(first) = quarter.first() else { continue };
        let start = path.level(quarter_of(*first));
        let wanted = (path.level(quarter_of(*first) + 1) / start).ln();
        let raw: Vec<f64> = quarter.iter().map(|day| path.log_return(*day)).collect();
        let sessions = u32::try_from(raw.len()).map_or(1.0, f64::from);
        let pull = (wanted - raw.iter().sum::<f64>()) / sessions;
        let mut before = start;
        for (day, log_return) in quarter.iter().zip(raw).take_while(|(day, _)| **day <= today) {
            let close = before * (log_return + pull).exp();
            bars.push(path.bar(*day, before, close));
            before = close;
        }
    }
    bars
}

struct Path<'a> {
    listing: &'a Listing,
    family: Dice,
    market: Dice,
    own: Dice,
    swing: f64,
    period: f64,
    phase: f64,
}

impl<'a> Path<'a> {
    fn new(listing: &'a Listing, seed: u64) -> Self {
        let family = Dice::new(seed, &listing.family);
        let mut shape = family.at(u64::MAX);
        Self {
            listing,
            market: Dice::new(seed, "the market as a whole"),
            own: Dice::new(seed, &listing.streamer),
            swing: shape.between(0.05, 0.4),
            period: shape.between(70.0, 220.0),
            phase: shape.between(0.0, TAU),
            family,
        }
    }

    fn level(&self, quarter: i32) -> f64 {
        let mut dice = self.family.at(u64::from(quarter.unsigned_abs()) << 32);
        self.listing.level * (0.3 * self.listing.vol * dice.normal()).exp()
    }

    fn daily_vol(&self, day: Date) -> f64 {
        let turn = TAU * f64::from(time::day_id(day)) / self.period + self.phase;
        self.listing.vol / 252.0_f64.sqrt() * (self.swing * turn.sin()).exp()
    }

    fn log_return(&self, day: Date) -> f64 {
        let number = u64::from(time::day_id(day).unsigned_abs());
        let tie = self.listing.tie;
        let shock = tie * self.market.at(number).normal() + (1.0 - tie * tie).sqrt() * self.family.at(number).normal();
        self.daily_vol(day) * shock
    }

    fn bar(&self, day: Date, before: f64, close: f64) -> Bar {
        let number = time::day_id(day);
        let mut dice = self.own.at(u64::from(number.unsigned_abs()));
        let vol = self.daily_vol(day);
        let carry = match &self.listing.class {
            Class::Future(terms) => (terms.root.carry * terms.years_from(day)).exp(),
            Class::Share | Class::Fund | Class::Index | Class::Crypto => 1.0,
        };
        let round = |price: f64| self.listing.rounded(price * carry).max(1.0 / self.listing.grain);
        let open = round(before * (0.35 * vol * dice.normal()).exp());
        let close = round(close);
        let high = self
            .listing
            .rounded(open.max(close) * (0.4 * vol * dice.normal().abs()).exp());
        let low = self
            .listing
            .rounded(open.min(close) * (-0.4 * vol * dice.normal().abs()).exp());
        let usual = if self.listing.popular { 8e6 } else { 6e5 };
        let volume = (usual * (0.4 * dice.normal()).exp()).round();
        Bar {
            day_ms: i64::from(number) * 86_400_000,
            open,
            high: high.max(open).max(close),
            low: low.max(1.0 / self.listing.grain),
            close,
            volume,
        }
    }
}

fn quarter_of(day: Date) -> i32 {
    i32::from(day.year()) * 4 + i32::from(day.month() - 1) / 3
}
