use super::super::field::Field;
use super::super::fixtures::{greeks, heard, merged, metrics, nothing, quote, streamed, subject};
use super::Coverage;
use crate::instrument::Kind;
use crate::stream::LastEvents;

#[test]
fn a_record_is_complete_with_price_implied_and_realized_volatility() {
    let (spy, xyz) = (subject("SPY", Kind::Equity), subject("XYZ", Kind::Equity));
    let (events, answer) = (streamed(), metrics("SPY"));
    let mut half = metrics("XYZ");
    half.hv90 = None;
    let mut first = nothing(&spy);
    (first.streamed, first.metrics) = (Ok(events.clone()), Ok(answer.clone()));
    let mut second = nothing(&xyz);
    (second.streamed, second.metrics) = (Ok(events.clone()), Ok(half.clone()));
    let coverage = Coverage::of(&[merged(&first), merged(&second)]);
    let json = serde_json::to_value(&coverage).unwrap();
    let expected = serde_json::json!({
        "requested": 2, "complete": 1, "ratio": 0.5,
        "fields": { "price": 1.0, "iv": 1.0, "iv_rank": 1.0, "iv_percentile": 1.0, "hv30": 1.0, "hv90": 0.5 },
        "unjudged": [],
        "missing": [{ "symbol": "XYZ", "field": "hv90", "tried": [
            { "source": "rest", "reason": "null in the answer" },
            { "source": "dxlink-candles", "reason": "not asked" },
            { "source": "legacy", "reason": "not asked" },
        ]}],
    });
    assert_eq!(json, expected);
    let both = [spy.symbol, xyz.symbol].into();
    let unjudged = coverage.leaving(&both);
    assert_eq!(
        (unjudged.complete, unjudged.judged_ratio()),
        (1, 0.0),
        "one is lost, and not twice"
    );
}

#[test]
fn an_option_is_complete_with_price_and_greeks() {
    let option = subject("SPY   261218C00600000", Kind::EquityOption);
    let events = LastEvents {
        quote: heard(quote(1.0, 1.1)),
        greeks: heard(greeks()),
        ..LastEvents::default()
    };
    let mut evidence = nothing(&option);
    evidence.streamed = Ok(events.clone());
    let coverage = Coverage::of(&[merged(&evidence)]);
    assert_eq!((coverage.complete, coverage.missing), (1, Vec::new()));
    assert!(!coverage.fields.contains_key(&Field::Iv));
}

#[test]
fn of_nothing_asked_nothing_is_missing() {
    let coverage = Coverage::of(&[]);
    assert_eq!(serde_json::to_value(&coverage).unwrap()["ratio"], 1.0);
    assert!(coverage.fields.is_empty());
}
