//! Which expirations and strikes of a chain are looked at, and how many subscriptions that takes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::instrument::Symbol;
use crate::tastytrade::{Chain, ListedExpiration, ListedStrike, Settlement};
use crate::time::{self, Calendar};
use crate::vol::chain::MINUTES_OF_30_DAYS;

/// Subscriptions to the feed that one chain may take. The feed allows 25,000 a session.
pub const MOST_ENTRIES: usize = 2_000;

/// Strikes that may be asked for on each side of the price.
pub const MOST_STRIKES: u16 = 250;

/// What of a chain is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainQuery {
    /// Which expirations.
    pub when: When,
    /// Which strikes.
    pub strikes: Strikes,
}

/// Which strikes are wanted, around the one nearest to the price of the underlying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strikes {
    /// So many on each side.
    EachSide(u16),
    /// Ten on each side, and what lies within 8 % of the price at 30 days, at other times as much more or less as the root
    /// of time says: there the skew ends for all but the wildest underlyings.
    Wings,
}

/// Which expirations are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The first one, the last within 30 days and the first after them.
    AroundThirtyDays,
    /// The one nearest to so many days from today, the earlier of two.
    Days(u16),
    /// The one of that date.
    On(Date),
}

/// Whose options are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Underlyings {
    /// All of the chain: a share, fund or index.
    All,
    /// Those of one futures contract.
    Contract(Symbol),
    /// Of a futures root those of its active month; of later contracts what lies beyond, where that is wanted.
    From(Symbol),
}

/// The options worth a subscription.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// By the instant they end.
    pub expirations: Vec<Chosen>,
    /// Whether the budget took away the outermost strikes.
    pub cut: bool,
    /// Subscriptions that it takes.
    pub entries: usize,
    /// Options among the strikes that the feed does not know.
    pub unfed: usize,
}

/// One expiration with the strikes chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The expiration; its strikes are the chosen ones alone.
    pub listed: ListedExpiration,
    /// The instant it ends.
    pub expires_at: Timestamp,
    /// How many strikes are listed.
    pub of: usize,
    /// Whether the lowest strike listed is among those chosen.
    pub to_lowest: bool,
    /// Whether the highest strike listed is among those chosen.
    pub to_highest: bool,
}

/// Why nothing can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// No option is alive.
    #[error("no options are listed on {0}")]
    NoOptions(Symbol),
    /// Nothing expires on that date.
    #[error("nothing expires on {date}; {}", near(.nearest))]
    NotListed {
        /// The date asked for.
        date: Date,
        /// The dates nearest to it, earlier one first.
        nearest: Vec<Date>,
    },
    /// Without the price of the underlying nobody can say which strikes matter.
    #[error("no source has a price of {0}, around which strikes could be chosen")]
    NoPrice(Symbol),
}

/// The expirations of `chain` that `when` asks for at `now`, by the instant they end; those of adjusted options are left
/// out. On a date with several roots, such as the morning and the evening of an index, all are taken.
///
/// # Errors
/// [`ChoiceError::NoOptions`] of `symbol`, [`ChoiceError::NotListed`].
pub fn expirations(
    chain: &Chain,
    symbol: &Symbol,
    of: &Underlyings,
    when: When,
    now: Timestamp,
) -> Result<Vec<(Timestamp, ListedExpiration)>, ChoiceError> {
    let alive = alive(chain, of, now);
    let dates: BTreeSet<Date> = match when {
        When::AroundThirtyDays => around_thirty_days(&alive, of, now),
        When::Days(days) => {
            let today = time::new_york_date(now);
            let distance = |date: &Date| (day_count(today, *date) - i64::from(days)).abs();
            let dates = alive.iter().map(|(_, listed)| listed.date);
            dates.min_by_key(|date| (distance(date), *date)).into_iter().collect()
        }
        When::On(date) => {
            let dates: BTreeSet<Date> = alive.iter().map(|(_, listed)| listed.date).collect();
            if !dates.is_empty() && !dates.contains(&date) {
                let nearest = [dates.range(..date).next_back(), dates.range(date..).next()];
                let nearest = nearest.into_iter().flatten().copied().collect();
                return Err(ChoiceError::NotListed { date, nearest });
            }
            [date].into()
        }
    };
    let chosen = alive.into_iter().filter(|(_, listed)| dates.contains(&listed.date));
    let chosen: Vec<_> = chosen.map(|(end, listed)| (end, listed.clone())).collect();
    if chosen.is_empty() {
        return Err(ChoiceError::NoOptions(symbol.clone()));
    }
    Ok(chosen)
}

/// The expirations of `chain` that have not ended at `now`, by the instant they end; without those of adjusted options.
pub(super) fn alive<'a>(chain: &'a Chain, of: &Underlyings, now: Timestamp) -> Vec<(Timestamp, &'a ListedExpiration)> {
    let alive = chain
        .expirations
        .iter()
        .filter(|listed| listed.standard && !listed.strikes.is_empty());
    let alive = alive.filter_map(|listed| Some((end(listed).filter(|end| *end > now)?, listed)));
    let mut alive: Vec<(Timestamp, &ListedExpiration)> = alive.filter(|(_, listed)| of.may_be(listed)).collect();
    alive.sort_by(|(one_end, one), (other_end, other)| (one_end, &one.root).cmp(&(other_end, &other.root)));
    alive
}

/// The `strikes` of `expirations` around the `prices` of their underlyings at `now`, fewer where that would take more than
/// [`MOST_ENTRIES`] subscriptions of `entries_each` for an option.
///
/// # Errors
/// [`ChoiceError::NoPrice`].
pub fn choose(
    expirations: Vec<(Timestamp, ListedExpiration)>,
    prices: &BTreeMap<Symbol, f64>,
    strikes: Strikes,
    now: Timestamp,
    entries_each: usize,
) -> Result<Choice, ChoiceError> {
    let mut centered = Vec::new();
    for (expires_at, listed) in expirations {
        let price = prices.get(&listed.underlying).copied();
        let price = price.ok_or_else(|| ChoiceError::NoPrice(listed.underlying.clone()))?;
        let days = expires_at.duration_since(now).as_secs_f64() / 86_400.0;
        centered.push(Centered {
            center: nearest(&listed.strikes, price),
            reach: price * REACH * (days.max(0.0) / 30.0).sqrt(),
            expires_at,
            listed,
        });
    }
    let entries = |breadth: &Breadth| -> usize {
        let fed = centered.iter().map(|one| fed(one.strikes(breadth)).0);
        fed.sum::<usize>() * entries_each
    };
    let widths = strikes.widths();
    let fits = widths.iter().position(|breadth| entries(breadth) <= MOST_ENTRIES);
    let breadth = fits
        .and_then(|place| widths.get(place))
        .copied()
        .unwrap_or(Breadth::NARROWEST);
    let entries = entries(&breadth);
    let mut unfed = 0;
    let expirations = centered
        .into_iter()
        .map(|one| {
            let strikes = one.strikes(&breadth).to_vec();
            let listed = one.listed;
            unfed += fed(&strikes).1;
            Chosen {
                expires_at: one.expires_at,
                of: listed.strikes.len(),
                to_lowest: strikes.first().map(|at| at.strike) == listed.strikes.first().map(|at| at.strike),
                to_highest: strikes.last().map(|at| at.strike) == listed.strikes.last().map(|at| at.strike),
                listed: ListedExpiration { strikes, ..listed },
            }
        })
        .collect();
    Ok(Choice {
        expirations,
        cut: fits != Some(0),
        entries,
        unfed,
    })
}

/// An expiration and where its strikes are looked for.
struct Centered {
    expires_at: Timestamp,
    listed: ListedExpiration,
    /// The place of the strike nearest to the price.
    center: usize,
    /// How far from it the wings reach.
    reach: f64,
}

/// How many strikes are taken of every expiration.
#[derive(Debug, Clone, Copy)]
struct Breadth {
    /// At least so many on each side.
    each_side: usize,
    /// And all within this share of the reach.
    share: f64,
}

impl Breadth {
    const NARROWEST: Self = Self {
        each_side: 0,
        share: 0.0,
    };
}

impl Strikes {
    /// From what is wanted to the least.
    fn widths(self) -> Vec<Breadth> {
        let (each_side, shares) = match self {
            Self::EachSide(each_side) => (usize::from(each_side), 0),
            Self::Wings => (LEAST_OF_WINGS, SHARES),
        };
        let shares = (1..=shares).rev().map(|share| Breadth {
            each_side,
            share: f64::from(share) / f64::from(SHARES),
        });
        let counts = (0..=each_side).rev().map(|each_side| Breadth { each_side, share: 0.0 });
        shares.chain(counts).collect()
    }
}

impl Centered {
    fn strikes(&self, breadth: &Breadth) -> &[ListedStrike] {
        let strikes = &self.listed.strikes;
        let middle = strikes.get(self.center).map_or(0.0, |at| at.strike.get());
        let reach = self.reach * breadth.share;
        let below = strikes.partition_point(|at| at.strike.get() < middle - reach);
        let above = strikes.partition_point(|at| at.strike.get() <= middle + reach);
        let start = below.min(self.center.saturating_sub(breadth.each_side));
        let end = above.max(self.center.saturating_add(breadth.each_side).saturating_add(1));
        strikes.get(start..end.min(strikes.len())).unwrap_or(strikes)
    }
}

impl Underlyings {
    fn may_be(&self, listed: &ListedExpiration) -> bool {
        match self {
            Self::All | Self::From(_) => true,
            Self::Contract(contract) => listed.underlying == *contract,
        }
    }

    fn is_first(&self, listed: &ListedExpiration) -> bool {
        match self {
            Self::All => true,
            Self::Contract(contract) | Self::From(contract) => listed.underlying == *contract,
        }
    }
}

/// The first date, the last within 30 days and the first after; the last of these on a later contract only where the first
/// contract has none.
fn around_thirty_days(alive: &[(Timestamp, &ListedExpiration)], of: &Underlyings, now: Timestamp) -> BTreeSet<Date> {
    let is_near = |end: Timestamp| end.duration_since(now).as_secs_f64() / 60.0 <= MINUTES_OF_30_DAYS;
    let first: Vec<_> = alive.iter().filter(|(_, listed)| of.is_first(listed)).collect();
    let before = first.iter().rev().find(|(end, _)| is_near(*end));
    let after = first.iter().find(|(end, _)| !is_near(*end)).copied();
    let after = after.or_else(|| alive.iter().find(|(end, _)| !is_near(*end)));
    let chosen = [first.first().copied(), before.copied(), after];
    chosen.into_iter().flatten().map(|(_, listed)| listed.date).collect()
}

/// The instant an expiration ends: where the venue does not say, the opening or the close of the share market on its date.
fn end(listed: &ListedExpiration) -> Option<Timestamp> {
    listed.expires_at.or_else(|| match listed.settlement {
        Some(Settlement::Morning) => time::session_open(Calendar::UsEquities, listed.date),
        Some(Settlement::Afternoon) | None => time::session_close(Calendar::UsEquities, listed.date),
    })
}

/// Calendar days from `today` to `date`.
pub(super) fn day_count(today: Date, date: Date) -> i64 {
    i64::from(time::day_id(date)) - i64::from(time::day_id(today))
}

/// The place of the strike nearest to `price`, the lower one of two.
fn nearest(strikes: &[ListedStrike], price: f64) -> usize {
    let distance = |at: &ListedStrike| (at.strike.get() - price).abs();
    let places = strikes.iter().enumerate();
    let nearest = places.min_by(|(_, one), (_, other)| distance(one).total_cmp(&distance(other)));
    nearest.map_or(0, |(place, _)| place)
}

/// Options that the feed knows, and those that it does not.
fn fed(strikes: &[ListedStrike]) -> (usize, usize) {
    let options = || strikes.iter().flat_map(|at| [&at.call, &at.put]).flatten();
    let fed = options().filter(|option| option.streamer.is_some()).count();
    (fed, options().count() - fed)
}

fn near(nearest: &[Date]) -> String {
    let dates: Vec<String> = nearest.iter().map(ToString::to_string).collect();
    format!("the nearest to it are {}", dates.join(" and "))
}

/// Share of the price that the wings reach at 30 days: a delta of a quarter at a volatility of 40 %.
const REACH: f64 = 0.08;
const LEAST_OF_WINGS: usize = 10;
/// Steps in which the wings are shortened to the budget.
const SHARES: u8 = 40;

#[cfg(test)]
mod tests;
