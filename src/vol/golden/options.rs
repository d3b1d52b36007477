//! Single options: value and Greeks, implied volatility, early exercise.

use variance_units::Vol;

use super::{Row, Tally, number, present, relative, rows};
use crate::black::{European, Greeks, Right, Underlying};
use crate::implied::{ImpliedError, Quoted};

#[test]
fn greeks() {
    let mut tally = Tally::of("| `greeks` | value, five Greeks, both rhos |");
    for row in rows(include_str!("../../../tests/data/golden/greeks.csv")) {
        let option = european(&row, underlying(&row));
        let found = option.greeks().unwrap();
        let spot = present(&row, "underlying");
        let as_spot = match option.underlying {
            Underlying::Spot { .. } => option,
            Underlying::Future { price } => {
                let dividend_yield = option.rate;
                european(&row, Underlying::Spot { price, dividend_yield })
            }
        };
        let spot_rho = as_spot.greeks().unwrap().rho;
        let gamma_digits = if row["kind"] == "near_expiry" { 1e-8 } else { 1e-9 };
        for (column, found, digits, scale) in [
            ("price", found.price, 1e-9, spot),
            ("delta", found.delta, 1e-9, 1.0),
            ("gamma", found.gamma, gamma_digits, 1.0 / spot),
            ("theta_per_day", found.theta, 1e-9, spot / 365.0),
            ("vega_per_point", found.vega, 1e-9, spot / 100.0),
            ("rho_per_point", found.rho, 1e-9, spot / 100.0),
            ("rho_bsm_per_point", spot_rho, 1e-9, spot / 100.0),
        ] {
            let wanted = present(&row, column);
            let allowed = digits * wanted.abs() + 1e-11 * scale;
            tally.error((found - wanted).abs() / allowed, || {
                format!("{column} of {}", row["id"])
            });
        }
        tally.row();
    }
    tally.hold(920, 1.0);
}

#[test]
fn records_of_the_feed() {
    let mut tally = Tally::of("| `dxfeed_samples` | value and Greeks of two real records |");
    for row in rows(include_str!("../../../tests/data/golden/dxfeed_samples.csv")) {
        let found = European {
            right: right(&row),
            underlying: Underlying::Spot {
                price: present(&row, "spot_fitted"),
                dividend_yield: present(&row, "yield_fitted"),
            },
            strike: present(&row, "strike"),
            years: present(&row, "t_years_fitted"),
            rate: present(&row, "rate_fitted"),
            vol: Vol::new(present(&row, "volatility")).unwrap(),
        }
        .greeks()
        .unwrap();
        for (column, found) in [
            ("price", found.price),
            ("delta", found.delta),
            ("gamma", found.gamma),
            ("theta", found.theta),
            ("vega", found.vega),
            ("rho", found.rho),
            ("theta_model", found.theta),
            ("vega_model", found.vega),
            ("rho_model", found.rho),
        ] {
            if let Some(wanted) = number(&row, column) {
                tally.error(relative(found, wanted), || format!("{column} of {}", row["source"]));
            }
        }
        tally.row();
    }
    tally.hold(2, 1e-5);
}

#[test]
fn implied_volatility() {
    let mut tally = Tally::of("| `implied_vol` | volatility, or why there is none |");
    for row in rows(include_str!("../../../tests/data/golden/implied_vol.csv")) {
        let found = quoted(&row, present(&row, "price")).implied();
        let status = match found {
            Ok(_) => "ok",
            Err(ImpliedError::BelowIntrinsic) => "below_intrinsic",
            Err(ImpliedError::AboveMaximum) => "above_max",
            Err(ImpliedError::ZeroPrice) => "zero_price",
            Err(ImpliedError::BadInput) => "bad_input",
            Err(ImpliedError::AtIntrinsic | ImpliedError::NotFound) => "other",
        };
        assert_eq!(status, row["status"], "{row:?}");
        if let Ok(vol) = found {
            let error = (vol.get() - present(&row, "iv")).abs() / present(&row, "iv_tol");
            tally.error(error, || format!("{row:?}"));
        }
        tally.row();
    }
    tally.hold(2_958, 1.0);
}

#[test]
fn early_exercise() {
    let mut value = Tally::of("| `american` | value |");
    let mut delta = Tally::of("| `american` | delta |");
    let mut european = Tally::of("| `american` | European value |");
    let mut inverted = Tally::of("| `american` | European implied volatility of the true value |");
    let mut implied = Tally::of("| `american` | American implied volatility of the true value |");
    for row in rows(include_str!("../../../tests/data/golden/american.csv")) {
        let option = self::european(&row, underlying(&row));
        let at = || format!("{row:?}");
        european.error(relative(option.greeks().unwrap().price, present(&row, "european")), at);
        european.row();
        let found = option.american().unwrap();
        exercised(&found, &row, &mut value, &mut delta);
        let quoted = quoted(&row, present(&row, "american_ref"));
        match (quoted.implied(), number(&row, "iv_european_of_american")) {
            (Ok(vol), Some(wanted)) => inverted.error((vol.get() - wanted).abs(), at),
            (Err(_), None) => {}
            (found, wanted) => panic!("{found:?} for {wanted:?} at {row:?}"),
        }
        inverted.row();
        if let Some(vol) = carried(&found, &quoted) {
            implied.error((vol - present(&row, "sigma")).abs(), at);
            implied.row();
        }
    }
    value.hold(445, 1e-5);
    delta.hold(445, 1e-3);
    european.hold(445, 1e-6);
    inverted.hold(445, 1e-6);
    implied.hold(406, 1e-4);
}

#[test]
fn early_exercise_over_the_grid_of_a_chain() {
    let mut value = Tally::of("| `american_grid` | value |");
    let mut delta = Tally::of("| `american_grid` | delta |");
    let mut implied = Tally::of("| `american_grid` | American implied volatility of the true value |");
    for row in rows(include_str!("../../../tests/data/golden/american_grid.csv")) {
        let found = european(&row, underlying(&row)).american().unwrap();
        exercised(&found, &row, &mut value, &mut delta);
        if let Some(vol) = carried(&found, &quoted(&row, present(&row, "american_ref"))) {
            implied.error((vol - present(&row, "sigma")).abs(), || format!("{row:?}"));
            implied.row();
        }
    }
    value.hold(500, 4e-6);
    delta.hold(500, 1e-3);
    implied.hold(354, 1e-4);
}

/// Value, as a share of the underlying, and delta against the true ones.
fn exercised(found: &Greeks, row: &Row, value: &mut Tally, delta: &mut Tally) {
    let at = || format!("{row:?}");
    value.error(
        (found.price - present(row, "american_ref")).abs() / present(row, "underlying"),
        at,
    );
    value.row();
    delta.error((found.delta - present(row, "american_delta")).abs(), at);
    delta.row();
}

/// The volatility that the true value implies; `None` where it carries none, because a point of volatility is worth less
/// than half a cent on a strike of a hundred.
fn carried(found: &Greeks, quoted: &Quoted) -> Option<f64> {
    let carries = found.vega > 5e-5 * quoted.strike;
    carries.then(|| quoted.implied_american().unwrap().get())
}

fn european(row: &Row, underlying: Underlying) -> European {
    European {
        right: right(row),
        underlying,
        strike: present(row, "strike"),
        years: years(row),
        rate: present(row, "rate"),
        vol: Vol::new(present(row, "sigma")).unwrap(),
    }
}

fn quoted(row: &Row, price: f64) -> Quoted {
    Quoted {
        right: right(row),
        underlying: underlying(row),
        strike: present(row, "strike"),
        years: years(row),
        rate: present(row, "rate"),
        price,
    }
}

fn years(row: &Row) -> f64 {
    if row.contains_key("t_years") {
        present(row, "t_years")
    } else {
        present(row, "days") / 365.0
    }
}

/// The column `model` or, in the American set, the kind says what the option is written on.
fn underlying(row: &Row) -> Underlying {
    let price = present(row, "underlying");
    if row.get("model").is_some_and(|model| model == "black76") {
        return Underlying::Future { price };
    }
    Underlying::Spot {
        price,
        dividend_yield: present(row, "div_yield"),
    }
}

fn right(row: &Row) -> Right {
    match row["type"].as_str() {
        "C" => Right::Call,
        "P" => Right::Put,
        other => panic!("{other} is no right"),
    }
}
