use jiff::civil::date;

use super::super::fixtures::{
    RULES, TODAY, candles, heard, merged, metrics, nothing, now, streamed, subject, vol_inputs,
};
use super::*;
use crate::instrument::Kind;
use crate::stream::LastEvents;
use crate::tastytrade::Metrics;
use crate::vol::forecast::Model;

fn term(day: Date, iv: f64) -> ExpirationIv {
    ExpirationIv {
        expiration: day,
        settlement: Some(Settlement::Afternoon),
        standard: Some(true),
        iv: Vol::new(iv).filter(|iv| iv.get() > 0.0),
    }
}

fn outlook(answer: Option<&Metrics>) -> VolReport {
    let spy = subject("SPY", Kind::Equity);
    let events = LastEvents {
        candles: heard(candles(100)).map(Ok),
        ..streamed()
    };
    let mut evidence = nothing(&spy);
    evidence.streamed = Ok(events.clone());
    if let Some(answer) = answer {
        evidence.metrics = Ok(answer.clone());
    }
    VolReport::of(&merged(&evidence), &vol_inputs(&evidence), &[20, 252], &RULES, now())
}

#[test]
fn realized_volatility_stands_beside_that_of_rest() {
    let outlook = outlook(Some(&metrics("SPY")));
    let mut compared = outlook.realized.iter();
    let own = compared
        .find(|one| one.days == 30 && one.source == Source::DxlinkCandles)
        .unwrap();
    let hv = own.said.as_ref().unwrap().value.get();
    assert!((own.less_rest.unwrap() - (hv - 0.2)).abs() < 1e-15);
    assert!(
        outlook
            .realized
            .iter()
            .all(|one| one.source != Source::Rest || one.less_rest.is_none())
    );
    let measured = outlook.measured.unwrap();
    assert_eq!(
        (measured.source, measured.panel.lines.len()),
        (Source::DxlinkCandles, 2)
    );
    assert!(measured.panel.lines[1].cone.is_err(), "a hundred bars are no year");
}

#[test]
fn implied_volatility_stands_beside_each_forecast() {
    let spy = subject("SPY", Kind::Equity);
    let of = |count: usize, answer: Option<&Metrics>| {
        let mut bars = candles(count);
        for (place, bar) in (0_u32..).zip(&mut bars.bars) {
            bar.high = bar
                .high
                .map(|high| high * (1.0 + 0.001 * f64::from(place * 7_919 % 13)));
        }
        let mut evidence = nothing(&spy);
        evidence.streamed = Ok(LastEvents {
            candles: heard(bars).map(Ok),
            ..streamed()
        });
        if let Some(answer) = answer {
            evidence.metrics = Ok(answer.clone());
        }
        VolReport::of(&merged(&evidence), &vol_inputs(&evidence), &[20], &RULES, now()).forecasts
    };
    let answer = metrics("SPY");
    let [har, garch] = of(300, Some(&answer)).try_into().unwrap();
    let (said, over) = (har.said.unwrap(), har.over.unwrap());
    assert_eq!((said.source, over.source), (Source::DxlinkCandles, Source::Rest));
    assert!((over.value.difference - (0.3 - said.value.get())).abs() < 1e-12);
    assert!((over.value.ratio.unwrap() - 0.3 / said.value.get()).abs() < 1e-12);
    assert!(
        said.method
            .to_string()
            .starts_with("HAR (Corsi 2009) on 300 bars since "),
        "{}",
        said.method
    );
    assert_eq!(garch.model, Model::Garch);
    let without_iv = of(300, None);
    assert!(without_iv[0].said.is_ok() && without_iv[0].over.is_err());
    let short = of(100, Some(&answer));
    assert!(
        short
            .iter()
            .all(|one| one.said.as_ref().is_err_and(|reason| *reason == "100 bars, 250 needed"))
    );
}

#[test]
fn the_premium_is_that_of_the_record_in_all_its_forms() {
    let outlook = outlook(Some(&metrics("SPY")));
    let [tactical, structural] = [0, 1].map(|at| outlook.premiums[at].premium.as_ref().unwrap());
    assert!((tactical.value.ratio.unwrap() - 0.3 / 0.2).abs() < 1e-12);
    assert!((structural.value.difference - 0.05).abs() < 1e-12);
    assert!((structural.value.variance - (0.09 - 0.0625)).abs() < 1e-12);
    assert_eq!((tactical.source, structural.source), (Source::Rest, Source::Rest));
}

#[test]
fn the_move_to_the_next_monthly_expiration_takes_its_own_volatility() {
    let (weekly, monthly, adjusted) = (date(2026, 7, 24), date(2026, 8, 21), date(2026, 7, 17));
    let mut answer = metrics("SPY");
    answer.terms = vec![
        term(date(2026, 7, 14), 0.9),
        ExpirationIv {
            standard: Some(false),
            ..term(adjusted, 0.8)
        },
        term(weekly, 0.7),
        term(monthly, 0.0),
        term(monthly, 0.4),
    ];
    let outlook = outlook(Some(&answer));
    let terms = &outlook.terms.as_ref().unwrap().value;
    assert_eq!(terms.len(), 4, "yesterday's is over");
    let last = outlook.moves.last().unwrap();
    assert_eq!((last.horizon, last.days), (Horizon::Monthly(Some(monthly)), Some(37)));
    let said = last.said.as_ref().unwrap();
    let (vol, expected) = said.value;
    assert_eq!(Some(vol), Vol::new(0.4));
    assert!((expected.size - 102.25 * 0.4 * (37.0_f64 / 365.0).sqrt()).abs() < 1e-9);
    let days: Vec<_> = outlook.moves.iter().map(|one| one.days).collect();
    assert_eq!(days, [Some(1), Some(7), Some(30), Some(37)]);
    assert!(TODAY < weekly);
}

#[test]
fn what_is_missing_says_what_was_tried() {
    let outlook = outlook(None);
    for premium in &outlook.premiums {
        assert_eq!(premium.premium.as_ref().unwrap_err(), "rest: iv missing: http 502");
    }
    assert_eq!(outlook.terms, Err("http 502".into()));
    let reasons: Vec<&Reason> = outlook.moves.iter().map(|one| one.said.as_ref().unwrap_err()).collect();
    assert_eq!(*reasons[0], "iv: rest: http 502");
    assert_eq!(*reasons[3], "no expiration is known: http 502");
    assert!(outlook.measured.is_ok());
}

#[test]
fn a_monthly_expiration_is_that_of_thursday_where_none_is_listed_on_the_third_friday() {
    let is = |day, listed: &[Date]| is_monthly(Calendar::UsEquities, day, |day| listed.contains(&day));
    let november = [13, 19, 20].map(|day| date(2026, 11, day));
    assert_eq!(november.map(|day| is(day, &november)), [false, false, true]);
    for (thursday, before) in [
        (date(2025, 4, 17), "Good Friday"),
        (date(2026, 6, 18), "Juneteenth"),
        (date(2041, 4, 18), "Good Friday of a year no calendar covers"),
    ] {
        let listed = [thursday.yesterday().unwrap(), thursday];
        assert_eq!(listed.map(|day| is(day, &listed)), [false, true], "{before}");
    }
}

#[test]
fn an_expiration_of_today_is_over_with_its_own_end() {
    let settles = |settlement| ExpirationIv {
        settlement: Some(settlement),
        ..term(TODAY, 0.4)
    };
    let [morning, evening] = [Settlement::Morning, Settlement::Afternoon].map(settles);
    let open = |term: &ExpirationIv, at: &str| still_open(term, TODAY, at.parse().unwrap()).is_some();
    assert!(open(&morning, "2026-07-15T13:29:00Z") && !open(&morning, "2026-07-15T13:30:00Z"));
    assert!(open(&evening, "2026-07-15T19:59:00Z") && !open(&evening, "2026-07-15T20:00:00Z"));
}

#[test]
fn the_monthly_options_of_an_index_are_those_that_settle_in_the_morning() {
    let monthly = date(2026, 8, 21);
    let settles = |settlement, iv| ExpirationIv {
        settlement: Some(settlement),
        ..term(monthly, iv)
    };
    for (morning, expected) in [(0.3, 0.3), (0.0, 0.4)] {
        let mut answer = metrics("SPY");
        answer.terms = vec![
            settles(Settlement::Afternoon, 0.4),
            settles(Settlement::Morning, morning),
        ];
        let outlook = outlook(Some(&answer));
        let (vol, _) = outlook.moves.last().unwrap().said.as_ref().unwrap().value;
        assert_eq!(Some(vol), Vol::new(expected));
    }
}
