use std::collections::BTreeMap;

use super::super::fixtures::{greeks, heard, merged, metrics, nothing, now, quote, streamed, subject, vol_inputs};
use super::{Gap, gaps, needs_hv, needs_price};
use crate::dxlink::Greeks;
use crate::instrument::Kind;
use crate::stream::LastEvents;
use crate::units::Vol;

#[test]
fn a_quote_by_rest_is_wanted_only_without_a_streamed_price() {
    assert!(needs_price(None, Kind::Equity));
    assert!(needs_price(Some(&LastEvents::default()), Kind::Equity));
    assert!(!needs_price(Some(&streamed()), Kind::Equity));
}

#[test]
fn an_option_wants_a_quote_by_rest_for_its_greeks_too() {
    let priced = LastEvents {
        quote: heard(quote(1.0, 1.1)),
        ..LastEvents::default()
    };
    assert!(needs_price(Some(&priced), Kind::EquityOption));
    let partial = LastEvents {
        greeks: heard(Greeks { rho: None, ..greeks() }),
        ..priced.clone()
    };
    assert!(needs_price(Some(&partial), Kind::EquityOption));
    assert!(!needs_price(
        Some(&LastEvents {
            greeks: heard(greeks()),
            ..priced
        }),
        Kind::EquityOption
    ));
}

#[test]
fn bars_are_wanted_for_futures_always_for_options_never_and_else_for_holes() {
    let full = metrics("SPY");
    let mut half = full.clone();
    half.hv90 = None;
    let mut zero = full.clone();
    zero.hv30 = Vol::new(0.0);
    assert!(needs_hv(Some(&full), Kind::Future));
    assert!(!needs_hv(None, Kind::EquityOption));
    assert!(!needs_hv(None, Kind::FutureOption));
    assert!(!needs_hv(Some(&full), Kind::Equity));
    assert!(needs_hv(Some(&half), Kind::Equity));
    assert!(needs_hv(Some(&zero), Kind::Index));
    assert!(needs_hv(None, Kind::Crypto));
}

#[test]
fn the_deprecated_source_is_asked_only_for_what_feed_and_rest_left_open() {
    let (full, bare, option) = (
        subject("SPY", Kind::Equity),
        subject("XYZ", Kind::Equity),
        subject(".SPY261218C600", Kind::EquityOption),
    );
    let (events, answer) = (streamed(), metrics("SPY"));
    let mut filled = nothing(&full);
    filled.streamed = Ok(events.clone());
    filled.metrics = Ok(answer.clone());
    let mut priced = nothing(&bare);
    priced.streamed = Ok(events.clone());
    let records = [merged(&filled), merged(&priced), merged(&nothing(&option))];
    let expected = Gap {
        symbol: bare.symbol.clone(),
        kind: Kind::Equity,
        price: false,
        hv: true,
    };
    assert_eq!(gaps(&records, &BTreeMap::new(), now()), [expected]);
}

#[test]
fn a_share_whose_bars_are_wanted_and_missing_is_a_hole_and_a_future_is_none() {
    let (events, answer) = (streamed(), metrics("SPY"));
    for (kind, is_hole) in [(Kind::Equity, true), (Kind::Future, false)] {
        let subject = subject("SPY", kind);
        let mut evidence = nothing(&subject);
        evidence.streamed = Ok(events.clone());
        evidence.metrics = Ok(answer.clone());
        let vol_inputs_by_symbol = BTreeMap::from([(subject.symbol.clone(), vol_inputs(&evidence))]);
        let found = gaps(&[merged(&evidence)], &vol_inputs_by_symbol, now());
        assert_eq!(found.iter().any(|gap| gap.hv), is_hole, "{kind:?}");
    }
}
