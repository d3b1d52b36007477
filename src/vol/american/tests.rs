use variance_units::Vol;

use super::*;
use crate::black::Underlying;

#[test]
fn a_call_without_dividends_is_never_exercised_early() {
    let option = option(Right::Call, 120.0);
    assert_eq!(option.american(), option.greeks());
}

#[test]
fn a_put_is_worth_at_least_its_exercise_and_a_european_one() {
    let deep = option(Right::Put, 50.0).american().unwrap();
    assert!((deep.price - 50.0).abs() < 1e-12 && (deep.delta + 1.0).abs() < 1e-12);
    for spot in [60.0, 80.0, 85.0, 95.0, 100.0, 140.0] {
        let option = option(Right::Put, spot);
        let price = option.american().unwrap().price;
        let least = option.greeks().unwrap().price.max(100.0 - spot);
        assert!(price >= least - 1e-9, "{spot}: {price} under {least}");
    }
}

#[test]
fn greeks_are_the_slopes_of_the_price() {
    let value = |option: European| option.american_price().unwrap();
    for right in [Right::Put, Right::Call] {
        for spot in [92.0, 100.0, 112.0] {
            let at = |price: f64| European {
                underlying: Underlying::Spot {
                    price,
                    dividend_yield: 0.03,
                },
                ..option(right, price)
            };
            let middle = at(spot);
            let greeks = middle.american().unwrap();
            let slope = (value(at(spot + 0.01)) - value(at(spot - 0.01))) / 0.02;
            assert!((greeks.delta - slope).abs() < 1e-7, "{right:?} {spot}: delta");
            let bend = (value(at(spot + 0.1)) - 2.0 * value(middle) + value(at(spot - 0.1))) / 0.01;
            assert!((greeks.gamma - bend).abs() < 1e-6, "{right:?} {spot}: gamma");
            let tomorrow = European {
                years: middle.years - 1.0 / 365.0,
                ..middle
            };
            let decay = value(tomorrow) - value(middle);
            assert!((greeks.theta - decay).abs() < 2e-4, "{right:?} {spot}: theta");
            let vol = |vol: f64| European {
                vol: Vol::new(vol).unwrap(),
                ..middle
            };
            let point = value(vol(0.255)) - value(vol(0.245));
            assert!((greeks.vega - point).abs() < 1e-4, "{right:?} {spot}: vega");
            let rate = |rate: f64| European { rate, ..middle };
            let point = value(rate(0.055)) - value(rate(0.045));
            assert!((greeks.rho - point).abs() < 1e-3, "{right:?} {spot}: rho");
        }
    }
}

#[test]
fn a_call_is_a_put_with_rate_and_yield_exchanged() {
    let (spot, strike) = (107.0, 95.0);
    let of = |right, price, strike, rate, dividend_yield| European {
        underlying: Underlying::Spot { price, dividend_yield },
        strike,
        rate,
        ..option(right, price)
    };
    let call = of(Right::Call, spot, strike, 0.02, 0.06).american().unwrap();
    let put = of(Right::Put, strike, spot, 0.06, 0.02).american().unwrap();
    assert!((call.price - put.price).abs() < 1e-12);
}

#[test]
fn without_time_or_volatility_it_is_worth_the_better_of_exercise_and_waiting() {
    let expired = European {
        years: 0.0,
        ..option(Right::Put, 90.0)
    };
    assert!((expired.american().unwrap().price - 10.0).abs() < 1e-12);
    let certain = European {
        vol: Vol::new(0.0).unwrap(),
        ..option(Right::Put, 90.0)
    };
    assert!((certain.american().unwrap().price - 10.0).abs() < 1e-12);
    assert!(certain.greeks().unwrap().price < 10.0);
}

fn option(right: Right, price: f64) -> European {
    European {
        right,
        underlying: Underlying::Spot {
            price,
            dividend_yield: 0.0,
        },
        strike: 100.0,
        years: 0.5,
        rate: 0.05,
        vol: Vol::new(0.25).unwrap(),
    }
}
