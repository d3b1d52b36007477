use super::super::fixtures::{candles, heard, history, metrics, nothing, now, streamed, subject, vol_inputs};
use super::super::stored::StoredBars;
use super::*;
use crate::instrument::Kind;
use crate::stream::LastEvents;

fn said(vol_inputs: &VolInputs, days: usize, source: Source) -> &Result<Sourced<Vol>, Reason> {
    let mut witnesses = vol_inputs.witnesses.iter();
    &witnesses
        .find(|one| one.days == days && one.source == source)
        .unwrap()
        .said
}

#[test]
fn each_source_is_heard_for_itself_and_the_feeds_bars_are_the_best() {
    let spy = subject("SPY", Kind::Equity);
    let (answer, bars) = (metrics("SPY"), history(120));
    let events = LastEvents {
        candles: heard(candles(100)).map(Ok),
        ..streamed()
    };
    let mut evidence = nothing(&spy);
    evidence.streamed = Ok(events.clone());
    evidence.metrics = Ok(answer.clone());
    evidence.legacy = Some(Ok((bars.clone(), now())));
    let vol_inputs = vol_inputs(&evidence);
    let closed = vol_inputs.bars.as_ref().unwrap();
    assert_eq!((closed.source, closed.cleaned.bars.len()), (Source::DxlinkCandles, 100));
    assert_eq!(
        closed.as_of.to_string(),
        "2026-07-14T20:00:00Z",
        "today's bar does not count"
    );
    for days in [30, 60, 90] {
        let venue = said(&vol_inputs, days, Source::Rest).as_ref().unwrap();
        assert_eq!(venue.method.to_string(), format!("venue's {days}-day volatility"));
        for source in [Source::DxlinkCandles, Source::Legacy] {
            assert_eq!(said(&vol_inputs, days, source).as_ref().unwrap().source, source);
        }
        assert!(said(&vol_inputs, days, Source::Store).is_err());
    }
    assert_eq!(vol_inputs.terms, Err(Reason::Null));
}

#[test]
fn kept_bars_stand_in_and_are_never_called_the_feeds() {
    let spy = subject("SPY", Kind::Equity);
    let kept = StoredBars {
        candles: candles(100),
        at: "2026-07-14T21:00:00Z".parse().unwrap(),
        since: None,
    };
    let events = streamed();
    let mut evidence = nothing(&spy);
    evidence.streamed = Ok(events.clone());
    evidence.kept.bars = Some(kept.clone());
    let vol_inputs = vol_inputs(&evidence);
    assert_eq!(vol_inputs.bars.as_ref().unwrap().source, Source::Store);
    assert!(said(&vol_inputs, 30, Source::Store).is_ok());
    let reason = said(&vol_inputs, 30, Source::DxlinkCandles).as_ref().unwrap_err();
    assert!(reason.to_string().contains("kept"), "{reason}");
}

#[test]
fn closes_alone_are_bars_of_a_share_and_none_of_a_future_whose_contracts_they_join() {
    let bars = history(120);
    for (symbol, kind, used) in [("SPY", Kind::Equity, true), ("/ES", Kind::Future, false)] {
        let subject = subject(symbol, kind);
        let mut evidence = nothing(&subject);
        evidence.legacy = Some(Ok((bars.clone(), now())));
        let vol_inputs = vol_inputs(&evidence);
        match vol_inputs.bars {
            Ok(bars) => assert!(used && bars.cleaned.closes_alone && bars.source == Source::Legacy),
            Err(tried) => {
                let reasons: Vec<String> = tried.iter().map(|attempt| attempt.reason.to_string()).collect();
                assert!(
                    !used && reasons == ["disabled", "its bars join one contract to the next"],
                    "{reasons:?}"
                );
            }
        }
    }
    assert!(now() > "2026-07-15T17:00:00Z".parse().unwrap());
}
