use variance_units::Vol;

use super::{ChainError, Expiration, OptionQuote, Side, Strike};
use crate::black::{European, Right, Underlying};
use crate::smile::Smile;
use crate::straddle::Straddle;
use crate::vix_variance::{Between, ModelFree, Strip};

#[test]
fn a_chain_that_cannot_be_is_refused() {
    let strikes = flat_strikes(1.0);
    let of = |minutes, rate, strikes: &[Strike]| Expiration::new(minutes, rate, strikes.to_vec());
    assert_eq!(of(0.0, 0.04, &strikes).unwrap_err(), ChainError::Expired(0.0));
    assert!(of(f64::NAN, 0.04, &strikes).is_err());
    assert_eq!(of(9.0, f64::INFINITY, &strikes).unwrap_err(), ChainError::Rate);
    let twice = [&strikes[..], &strikes[3..4]].concat();
    assert_eq!(
        of(9.0, 0.0, &twice).unwrap_err(),
        ChainError::DuplicateStrike(strikes[3].strike)
    );
    let mut bad = strikes;
    bad[0].strike = -1.0;
    assert_eq!(of(9.0, 0.0, &bad).unwrap_err(), ChainError::BadStrike(-1.0));
}

#[test]
fn a_crossed_or_one_sided_market_has_no_middle() {
    let mid = |bid, ask| OptionQuote { bid, ask }.mid();
    assert_eq!(mid(1.0, 1.5), Some(1.25));
    for (bid, ask) in [(0.0, 1.0), (1.5, 1.0), (f64::NAN, 1.0), (1.0, f64::INFINITY)] {
        assert_eq!(mid(bid, ask), None);
    }
}

#[test]
fn without_quotes_each_number_says_what_it_lacks() {
    let silent = |change: fn(&mut Strike)| {
        let mut strikes = flat_strikes(1.0);
        strikes.iter_mut().for_each(change);
        Expiration::new(MINUTES, RATE, strikes).unwrap()
    };
    let nobody = silent(|at| at.call.bid = 0.0);
    assert_eq!(nobody.forward(), Err(ChainError::NoPair));
    assert_eq!(Straddle::of(&nobody).unwrap_err(), ChainError::NoPair);
    let no_puts = silent(|at| {
        if at.strike < 100.0 {
            at.put.bid = 0.0;
        }
    });
    let vix_variance = Strip::of(&no_puts);
    assert_eq!(vix_variance.unwrap_err(), ChainError::EmptySide(Side::Put));
    assert_eq!(ModelFree::of(&[no_puts]).unwrap_err(), ChainError::NoTerm);
}

#[test]
fn on_a_flat_smile_every_reading_is_near_the_one_volatility() {
    let chain = flat(1.0);
    let smile = Smile::of(&chain).unwrap();
    assert!((smile.at_the_money().unwrap().get() - SIGMA).abs() < 1e-9);
    let skew = smile.skew().unwrap();
    assert!(skew.risk_reversal.abs() < 1e-9 && skew.butterfly.abs() < 1e-9);
    let index = ModelFree::of(std::slice::from_ref(&chain)).unwrap();
    assert!(matches!(index.between, Between::OneSide(_)));
    assert!((index.vol.get() - SIGMA).abs() < 2e-3, "{index:?}");
    let straddle = Straddle::of(&chain).unwrap();
    assert!((straddle.vol.get() - SIGMA).abs() < 2e-3);
}

#[test]
fn the_scale_of_the_prices_changes_no_volatility() {
    let (one, other) = (flat(1.0), flat(37.0));
    let near = |one: f64, other: f64| assert!((one - other).abs() < 1e-10, "{one} {other}");
    let index = |chain: &Expiration| Strip::of(chain).unwrap().variance;
    near(index(&one), index(&other));
    let money = |chain: &Expiration| Smile::of(chain).unwrap().at_the_money().unwrap().get();
    near(money(&one), money(&other));
}

fn flat(scale: f64) -> Expiration {
    Expiration::new(MINUTES, RATE, flat_strikes(scale)).unwrap()
}

/// Options on a future at 100.2 of one volatility, strikes a point apart, scaled.
fn flat_strikes(scale: f64) -> Vec<Strike> {
    let quote = |right, strike| {
        let option = European {
            right,
            underlying: Underlying::Future { price: 100.2 },
            strike,
            years: MINUTES / 525_600.0,
            rate: RATE,
            vol: Vol::new(SIGMA).unwrap(),
        };
        let price = option.greeks().unwrap().price * scale;
        OptionQuote { bid: price, ask: price }
    };
    (60..160)
        .map(f64::from)
        .map(|strike| Strike {
            strike: strike * scale,
            call: quote(Right::Call, strike),
            put: quote(Right::Put, strike),
        })
        .collect()
}

const MINUTES: f64 = 28.0 * 1_440.0;
const RATE: f64 = 0.04;
const SIGMA: f64 = 0.3;
