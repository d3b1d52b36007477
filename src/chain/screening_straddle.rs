//! The straddle a premium seller would look at first: the strike nearest to the price of the standard expiration nearest to
//! 45 days from today.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::choice::{Choice, Underlyings, alive, day_count};
use crate::instrument::Symbol;
use crate::market::{Reason, Source, StraddleQuote, TwoSided};
use crate::tastytrade::{Chain, ListedExpiration, ListedOption, MarketQuote};
use crate::time;
use crate::units::Price;

/// The expiration nearest to 45 days from today of those 25 to 70 days away, the earlier of two, with the instant it
/// ends. Weekly ones count of the few whose weeklies trade like the monthly ones.
///
/// # Errors
/// There is none, and why.
pub fn near_45_days(
    chain: &Chain,
    symbol: &Symbol,
    of: &Underlyings,
    now: Timestamp,
) -> Result<(Timestamp, ListedExpiration), Reason> {
    let today = time::new_york_date(now);
    let weeklies = WITH_WEEKLIES.contains(&symbol.as_str());
    let standard = |listed: &ListedExpiration| {
        let kind = listed.kind.as_ref();
        weeklies || kind.is_none_or(|kind| STANDARD.contains(&kind.as_str()))
    };
    let near = alive(chain, of, now).into_iter().filter(|(_, listed)| standard(listed));
    let near = near.filter_map(|(end, listed)| {
        let days = day_count(today, listed.date);
        (NEAREST..=FURTHEST)
            .contains(&days)
            .then(|| ((days - IDEAL).abs(), listed.date, end, listed))
    });
    let (.., end, listed) = near
        .min_by(|one, other| (one.0, one.1, one.2, &one.3.root).cmp(&(other.0, other.1, other.2, &other.3.root)))
        .ok_or(Reason::NoStandard {
            nearest: NEAREST,
            furthest: FURTHEST,
        })?;
    Ok((end, listed.clone()))
}

/// The quotes of the one strike in `choice`, of `symbol` or of another futures contract at one of `prices`.
///
/// # Errors
/// Nothing was chosen, or nobody quotes either option.
pub fn straddle_quote(
    choice: &Choice,
    (symbol, prices): (&Symbol, &BTreeMap<Symbol, f64>),
    quotes: &BTreeMap<Symbol, Result<MarketQuote, Reason>>,
    now: Timestamp,
) -> Result<StraddleQuote, Reason> {
    let listed = choice.expirations.first().map(|chosen| &chosen.listed);
    let listed = listed.ok_or(Reason::NoneChosen)?;
    let at = listed.strikes.first().ok_or(Reason::NoStrike)?;
    let mut moments = Vec::new();
    let mut side = |option: Option<&ListedOption>| {
        let option = option.ok_or(Reason::NotListed)?;
        let quote = quotes.get(&option.symbol).ok_or(Reason::WasNotAskedFor)?;
        let quote = quote.as_ref().map_err(Clone::clone)?;
        let (bid, ask) = quote.bid.zip(quote.ask).ok_or(Reason::NoSides)?;
        moments.push(quote.updated_at.unwrap_or(now));
        Ok(TwoSided { bid, ask })
    };
    let (call, put) = (side(at.call.as_ref()), side(at.put.as_ref()));
    let days = day_count(time::new_york_date(now), listed.date).max(1);
    let elsewhere = || {
        let price = prices.get(&listed.underlying).copied().and_then(Price::new)?;
        Some((listed.underlying.clone(), price))
    };
    Ok(StraddleQuote {
        expiration: listed.date,
        days: i32::try_from(days).map_err(|_| Reason::ExpirationRange)?,
        strike: at.strike,
        underlying: (listed.underlying != *symbol).then(elsewhere).flatten(),
        call,
        put,
        source: Source::Rest,
        as_of: moments.into_iter().min().unwrap_or(now),
    })
}

/// Whose weekly options trade like the monthly ones.
const WITH_WEEKLIES: [&str; 7] = ["SPY", "QQQ", "SPX", "DIA", "IWM", "/ES", "/NQ"];

/// What the venue calls expirations that everybody's options have.
const STANDARD: [&str; 2] = ["Regular", "Quarterly"];

const IDEAL: i64 = 45;
const NEAREST: i64 = 25;
const FURTHEST: i64 = 70;

#[cfg(test)]
mod tests {
    use super::super::choice::{Strikes, choose};
    use super::super::fixtures::{expiration, now, symbol};
    use super::*;

    /// Expirations of `kind` so many days after 2026-11-20.
    fn chain(listed: &[(i64, &str)]) -> Chain {
        let listed = listed.iter().map(|(days, kind)| {
            let date = jiff::civil::date(2026, 11, 20).saturating_add(jiff::Span::new().days(*days));
            ListedExpiration {
                kind: Some((*kind).into()),
                ..expiration("X", "X", &date.to_string(), 98, 5)
            }
        });
        Chain {
            expirations: listed.collect(),
            ..Chain::default()
        }
    }

    fn days(name: &str, listed: &[(i64, &str)]) -> Result<i64, Reason> {
        let (_, found) = near_45_days(&chain(listed), &symbol(name), &Underlyings::All, now())?;
        Ok(day_count(time::new_york_date(now()), found.date))
    }

    #[test]
    fn the_standard_expiration_nearest_to_45_days_is_taken_and_of_two_the_earlier() {
        assert_eq!(days("X", &[(28, "Regular"), (41, "Weekly"), (56, "Regular")]), Ok(56));
        assert_eq!(days("SPY", &[(28, "Regular"), (41, "Weekly"), (56, "Regular")]), Ok(41));
        assert_eq!(days("X", &[(40, "Quarterly"), (50, "Regular")]), Ok(40));
        assert_eq!(days("X", &[(24, "Regular"), (25, "Regular"), (71, "Regular")]), Ok(25));
        let none = days("X", &[(24, "Regular"), (45, "Weekly"), (71, "Regular")]);
        assert_eq!(none.unwrap_err(), "no standard expiration is 25 to 70 days away");
    }

    fn quote(symbol: &Symbol, bid: f64, ask: f64, at: &str) -> (Symbol, Result<MarketQuote, Reason>) {
        let quote = MarketQuote {
            symbol: symbol.clone(),
            bid: Price::new(bid),
            ask: Price::new(ask),
            mark: None,
            last: None,
            open: None,
            high: None,
            low: None,
            prev_close: None,
            volume: None,
            open_interest: None,
            option_iv: None,
            delta: None,
            gamma: None,
            theta: None,
            vega: None,
            rho: None,
            updated_at: at.parse().ok(),
        };
        (symbol.clone(), Ok(quote))
    }

    #[test]
    fn the_quotes_are_those_of_the_strike_nearest_to_the_price_and_as_old_as_the_older() {
        let chain = chain(&[(45, "Regular")]);
        let found = near_45_days(&chain, &symbol("X"), &Underlyings::All, now()).unwrap();
        let prices = BTreeMap::from([(symbol("X"), 100.5)]);
        let choice = choose(vec![found], &prices, Strikes::EachSide(0), now(), 1).unwrap();
        let at = &choice.expirations[0].listed.strikes[0];
        let (call, put) = (at.call.clone().unwrap().symbol, at.put.clone().unwrap().symbol);
        let mut quotes = BTreeMap::from([
            quote(&call, 2.9, 3.1, "2026-11-20T20:59:00Z"),
            quote(&put, 1.9, 2.1, "2026-11-20T20:58:00Z"),
        ]);
        let told = |quotes: &BTreeMap<_, _>| straddle_quote(&choice, (&symbol("X"), &prices), quotes, now()).unwrap();
        let straddle = told(&quotes);
        assert_eq!(straddle.strike, Price::new(100.0).unwrap(), "of two the lower");
        assert_eq!((straddle.days, straddle.underlying), (45, None));
        assert_eq!(straddle.as_of.to_string(), "2026-11-20T20:58:00Z");
        let sides = [straddle.call, straddle.put].map(|side| side.map(|side| (side.bid.get(), side.ask.get())));
        assert_eq!(sides, [Ok((2.9, 3.1)), Ok((1.9, 2.1))]);
        quotes.insert(put, Err(Reason::NotInAnswer));
        assert_eq!(told(&quotes).put, Err(Reason::NotInAnswer));
    }

    #[test]
    fn a_straddle_on_another_contract_names_it_with_its_price() {
        let found = near_45_days(&chain(&[(45, "Regular")]), &symbol("/CL"), &Underlyings::All, now()).unwrap();
        let prices = BTreeMap::from([(symbol("X"), 100.0), (symbol("/CLF7"), 90.0)]);
        let choice = choose(vec![found], &prices, Strikes::EachSide(0), now(), 1).unwrap();
        let straddle = straddle_quote(&choice, (&symbol("/CLF7"), &prices), &BTreeMap::new(), now()).unwrap();
        assert_eq!(straddle.underlying, Some((symbol("X"), Price::new(100.0).unwrap())));
        assert_eq!(straddle.call, Err(Reason::WasNotAskedFor));
    }
}
