//! What it costs to trade the options at the money, and what they pay: slippage and yield of the straddle a premium seller
//! would look at first.

use jiff::Timestamp;
use jiff::civil::Date;

use super::method::{Method, StraddleFigure, StraddleMethod};
use super::reason::Reason;
use super::record::{Offer, Source, Sourced};
use crate::instrument::Symbol;
use crate::units::Price;

/// A bid and an ask of the same moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoSided {
    /// Best bid.
    pub bid: Price,
    /// Best ask.
    pub ask: Price,
}

/// The quotes of the call and the put at the strike nearest to the price.
#[derive(Debug, Clone, PartialEq)]
pub struct StraddleQuote {
    /// Their expiration.
    pub expiration: Date,
    /// Days from today to it, at least 1.
    pub days: i32,
    /// Their strike.
    pub strike: Price,
    /// Of a straddle on another contract than the record's: that contract and its price.
    pub underlying: Option<(Symbol, Price)>,
    /// The call, or why it has no quote.
    pub call: Result<TwoSided, Reason>,
    /// The put, or why it has no quote.
    pub put: Result<TwoSided, Reason>,
    /// Who gave the quotes; of two the one that is asked later.
    pub source: Source,
    /// The older of the two moments.
    pub as_of: Timestamp,
}

impl TwoSided {
    fn mid(self) -> Result<f64, Reason> {
        let (bid, ask) = (self.bid.get(), self.ask.get());
        let mid = f64::midpoint(bid, ask);
        if bid < 0.0 || ask < bid {
            Err(Reason::Crossed { bid, ask })
        } else if mid > 0.0 {
            Ok(mid)
        } else {
            Err(Reason::ZeroQuote)
        }
    }

    /// `(ask - bid) / mid`, 0 to 2.
    fn slippage(self) -> Result<f64, Reason> {
        let mid = self.mid()?;
        Ok((self.ask.get() - self.bid.get()) / mid)
    }
}

impl StraddleQuote {
    /// The worse of the legs' `(ask - bid) / mid`, a fraction of 0 to 2; of one leg alone where the other has no quote.
    ///
    /// # Errors
    /// Neither leg has a sound quote, and why.
    pub(super) fn slippage(&self) -> Offer<f64> {
        let leg = |leg: &Result<TwoSided, Reason>| leg.clone().and_then(TwoSided::slippage);
        let (value, legs) = match (leg(&self.call), leg(&self.put)) {
            (Ok(call), Ok(put)) => (call.max(put), StraddleFigure::WorseLeg),
            (Ok(call), Err(_)) => (call, StraddleFigure::CallAlone),
            (Err(_), Ok(put)) => (put, StraddleFigure::PutAlone),
            (Err(call), Err(put)) => return Err(both(call, put)),
        };
        Ok(self.sourced(value, legs))
    }

    /// Middle of the straddle over a fifth of `price` or of the contract it is on, times `30 / days`: what 30 days pay for about the margin of a short
    /// straddle, a fraction.
    ///
    /// # Errors
    /// A leg has no sound quote, or the price is not above 0.
    pub(super) fn yield_on(&self, price: Option<&Sourced<Price>>) -> Offer<f64> {
        let elsewhere = self.underlying.as_ref().map(|(_, price)| *price);
        let price = elsewhere.or_else(|| price.map(|price| price.value));
        let price = price.map(Price::get).filter(|price| *price > 0.0);
        let price = price.ok_or(Reason::No("price above 0"))?;
        let leg = |leg: &Result<TwoSided, Reason>| leg.clone().and_then(TwoSided::mid);
        let straddle = match (leg(&self.call), leg(&self.put)) {
            (Ok(call), Ok(put)) => call + put,
            (Err(call), Err(put)) => return Err(both(call, put)),
            (Err(call), Ok(_)) => return Err(Reason::about("the call", call)),
            (Ok(_), Err(put)) => return Err(Reason::about("the put", put)),
        };
        let value = straddle / (MARGIN * price) * (MONTH / f64::from(self.days.max(1)));
        Ok(self.sourced(value, StraddleFigure::Yield))
    }

    fn sourced(&self, value: f64, of: StraddleFigure) -> Sourced<f64> {
        Sourced {
            value,
            source: self.source,
            as_of: self.as_of,
            method: Method::Straddle(Box::new(StraddleMethod {
                of,
                strike: self.strike,
                on: self.underlying.as_ref().map(|(contract, _)| contract.clone()),
                expiration: self.expiration,
                days: self.days,
            })),
        }
    }
}

fn both(call: Reason, put: Reason) -> Reason {
    if call == put {
        Reason::about("both options", call)
    } else {
        let each = (Reason::about("the call", call), Reason::about("the put", put));
        Reason::Both(Box::new(each.0), Box::new(each.1))
    }
}

/// The share of the price that stands for the margin of a short straddle.
const MARGIN: f64 = 0.20;

/// Days of a month, to which the yield is scaled.
const MONTH: f64 = 30.0;

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::fixtures::{now, price};
    use super::*;

    fn side(bid: f64, ask: f64) -> Result<TwoSided, Reason> {
        Ok(TwoSided {
            bid: price(bid),
            ask: price(ask),
        })
    }

    fn straddle(call: Result<TwoSided, Reason>, put: Result<TwoSided, Reason>, days: i32) -> StraddleQuote {
        StraddleQuote {
            expiration: date(2026, 8, 21),
            days,
            strike: price(100.0),
            underlying: None,
            call,
            put,
            source: Source::Dxlink,
            as_of: now(),
        }
    }

    fn at(value: f64) -> Sourced<Price> {
        Sourced {
            value: price(value),
            source: Source::Dxlink,
            as_of: now(),
            method: Method::QuoteMid,
        }
    }

    #[test]
    fn slippage_is_that_of_the_worse_leg() {
        // (3.1 - 2.9) / 3 against (2.04 - 1.96) / 2.
        let found = straddle(side(2.9, 3.1), side(1.96, 2.04), 37).slippage().unwrap();
        assert!((found.value - 0.2 / 3.0).abs() < 1e-12);
        assert_eq!(
            found.method.to_string(),
            "(ask - bid) / mid, worse leg, 100 straddle of 2026-08-21, 37 days"
        );
    }

    #[test]
    fn a_leg_without_a_sound_quote_is_not_measured() {
        let one = straddle(side(1.0, 0.9), side(1.9, 2.1), 37).slippage().unwrap();
        assert!((one.value - 0.1).abs() < 1e-12);
        assert!(one.method.to_string().contains("put alone"));
        let none = straddle(side(0.0, 0.0), Err(Reason::NoEvent), 37)
            .slippage()
            .unwrap_err();
        assert_eq!(none.to_string(), "the call: its quote is 0; the put: no event came");
    }

    #[test]
    fn the_yield_is_scaled_from_the_actual_days_to_thirty() {
        // 5 over 20 % of 100 is a quarter; 30 of 37 days of it.
        let found = straddle(side(2.9, 3.1), side(1.96, 2.04), 37)
            .yield_on(Some(&at(100.0)))
            .unwrap();
        assert!((found.value - 0.25 * 30.0 / 37.0).abs() < 1e-12);
    }

    #[test]
    fn a_straddle_on_another_contract_is_measured_against_that_contract() {
        let elsewhere = StraddleQuote {
            underlying: Some((Symbol("/CLG7".into()), price(50.0))),
            ..straddle(side(2.9, 3.1), side(1.96, 2.04), 30)
        };
        let found = elsewhere.yield_on(Some(&at(100.0))).unwrap();
        assert!((found.value - 0.5).abs() < 1e-12);
        assert!(
            found.method.to_string().contains("100 straddle on /CLG7 of"),
            "{}",
            found.method
        );
    }

    #[test]
    fn half_a_straddle_and_a_price_of_nothing_have_no_yield() {
        let half = straddle(side(2.9, 3.1), Err(Reason::NoEvent), 37);
        assert_eq!(
            half.yield_on(Some(&at(100.0))),
            Err(Reason::about("the put", Reason::NoEvent))
        );
        let whole = straddle(side(2.9, 3.1), side(1.96, 2.04), 37);
        assert_eq!(whole.yield_on(None), Err(Reason::No("price above 0")));
        assert_eq!(whole.yield_on(Some(&at(-1.0))), Err(Reason::No("price above 0")));
    }
}
