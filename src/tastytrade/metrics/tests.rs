use proptest::prelude::*;

use super::*;
use crate::units::Vol;

const SAMPLE: &[u8] = include_bytes!("../../../tests/data/rest/market-metrics.json");

fn sample(symbol: &str) -> Metrics {
    let parsed = parse_metrics(SAMPLE).expect("a list");
    assert_eq!((parsed.items.len(), parsed.damaged, parsed.more), (6, 0, false));
    parsed
        .items
        .into_iter()
        .find(|item| item.symbol.as_str() == symbol)
        .expect("in the sample")
}

fn one(item: &str) -> Metrics {
    let body = format!(r#"{{"data":{{"items":[{item}]}}}}"#);
    let mut parsed = parse_metrics(body.as_bytes()).expect("a list");
    parsed.items.pop().expect("an item")
}

fn vol(fraction: f64) -> Option<Vol> {
    Vol::new(fraction)
}

#[test]
fn every_field_has_its_own_unit() {
    let apple = sample("AAPL");
    assert_eq!(apple.iv, vol(0.271604418));
    assert_eq!(apple.iv_change_5d, Some(0.003801774));
    assert_eq!(
        apple.iv_rank,
        Rank::from_fraction(0.326618705).map(|rank| (rank, RankVariant::Tos))
    );
    assert_eq!(apple.iv_percentile.map(|rank| rank.get().round()), Some(64.0));
    assert_eq!(apple.hv30, Vol::from_percent(11.21));
    assert_eq!(apple.hv60, Vol::from_percent(18.64));
    assert_eq!(apple.hv90, Vol::from_percent(21.07));
    assert_eq!(apple.liquidity_rating, Some(4));
    assert_eq!((apple.beta, apple.corr_spy), (Some(1.24), Some(0.68)));
    assert_eq!(
        apple.earnings,
        Some(Earnings {
            date: jiff::civil::date(2027, 1, 28),
            estimated: true
        })
    );
    assert_eq!(
        apple.iv_updated_at,
        Some("2026-11-20T20:35:12.655Z".parse().expect("a time"))
    );
    assert_eq!(
        apple.updated_at,
        Some("2026-11-20T20:35:14.402Z".parse().expect("a time"))
    );
    assert_eq!(apple.unreadable, Vec::<String>::new());
}

#[test]
fn a_true_historical_volatility_below_two_percent_stays_one() {
    let notes = sample("/ZT");
    assert_eq!(notes.hv30.map(Vol::get), Vol::from_percent(1.43).map(Vol::get));
    assert!(notes.hv30.is_some_and(|hv| hv.get() < 0.015));
    assert!(notes.iv.is_some_and(|iv| iv.get() < 0.019));
}

#[test]
fn volatilities_by_expiration_are_fractions_and_one_without_is_a_hole() {
    let spy = sample("SPY").terms;
    let dates: Vec<String> = spy.iter().map(|term| term.expiration.to_string()).collect();
    assert_eq!(dates, ["2026-11-23", "2026-12-18", "2027-01-15", "2027-03-19"]);
    let ivs: Vec<Option<Vol>> = spy.iter().map(|term| term.iv).collect();
    assert_eq!(ivs, [vol(0.118204617), vol(0.144902118), vol(0.151288604), None]);
    assert!(
        spy.iter()
            .all(|term| term.settlement == Some(Settlement::Afternoon) && term.standard == Some(true))
    );
    assert_eq!(sample("/ES").terms.len(), 2);
    assert_eq!(sample("LLYVK").terms, []);
}

#[test]
fn two_roots_on_one_date_stand_in_the_order_they_settle_and_a_bad_one_costs_only_itself() {
    let term = |fields: &str| format!(r#"{{"expiration-date":"2026-12-18T00:00:00Z",{fields}}}"#);
    let [evening, morning] =
        ["PM", "AM"].map(|at| term(&format!(r#""settlement-type":"{at}","implied-volatility":0.2"#)));
    let adjusted = term(r#""option-chain-type":"Non-standard","implied-volatility":"0""#);
    let wild = term(r#""implied-volatility":"-0.2""#);
    let item = one(&format!(
        r#"{{"symbol":"SPX","option-expiration-implied-volatilities":[7,{{}},{evening},{morning},{adjusted},{wild}]}}"#
    ));
    let read: Vec<_> = item
        .terms
        .iter()
        .map(|term| (term.settlement, term.standard, term.iv))
        .collect();
    assert_eq!(
        read,
        [
            (Some(Settlement::Morning), None, vol(0.2)),
            (Some(Settlement::Afternoon), None, vol(0.2)),
            (None, Some(false), None),
            (None, None, None),
        ]
    );
    assert_eq!(item.unreadable, ["option-expiration-implied-volatilities"; 3]);
    let item = one(r#"{"symbol":"X","option-expiration-implied-volatilities":"many"}"#);
    assert_eq!((item.terms.len(), item.unreadable.len()), (0, 1));
}

#[test]
fn the_future_and_the_share_of_the_same_letters_are_two() {
    assert_eq!(sample("/ES").iv, vol(0.152981106));
    assert_eq!(sample("ES").iv, vol(0.228816201));
}

#[test]
fn a_future_without_realized_volatility_has_holes_and_not_zeros() {
    let future = sample("/ES");
    assert_eq!(
        (future.hv30, future.hv90, future.beta, future.earnings),
        (None, None, None, None)
    );
    assert_eq!(future.iv_change_5d, Some(-0.009911027));
    assert_eq!(future.iv_rank.map(|(_, variant)| variant), Some(RankVariant::Tw));
    assert_eq!(future.unreadable, Vec::<String>::new());
}

#[test]
fn a_share_without_options_keeps_what_it_has() {
    let share = sample("LLYVK");
    assert_eq!(
        (share.iv, share.iv_rank, share.hv30, share.liquidity_rating),
        (None, None, None, None)
    );
    assert_eq!((share.beta, share.corr_spy), (Some(1.08), Some(0.44)));
    assert_eq!(share.earnings, None);
}

#[test]
fn the_rank_falls_back_to_its_variants_and_says_which() {
    let rank = |fields: &str| one(&format!(r#"{{"symbol":"X",{fields}}}"#)).iv_rank;
    let tos = r#""tos-implied-volatility-index-rank":"0.5""#;
    let tw = r#""tw-implied-volatility-index-rank":"0.25""#;
    assert_eq!(
        rank(&format!("{tos},{tw}")),
        Rank::new(50.0).map(|rank| (rank, RankVariant::Tos))
    );
    assert_eq!(rank(tw), Rank::new(25.0).map(|rank| (rank, RankVariant::Tw)));
    let plain = r#""implied-volatility-index-rank":"1.02""#;
    assert_eq!(
        rank(&format!("{plain},{tos}")),
        Rank::new(102.0).map(|rank| (rank, RankVariant::Unnamed))
    );
}

#[test]
fn a_wrong_type_costs_its_field_and_is_named() {
    let item = one(
        r#"{"symbol":"X","implied-volatility-index":{"a":1},"beta":"high","historical-volatility-30-day":-3,
           "historical-volatility-90-day":"20.5","corr-spy-3month":7,"earnings":5,"updated-at":"today"}"#,
    );
    assert_eq!(item.hv90, Vol::from_percent(20.5));
    assert_eq!((item.iv, item.beta, item.hv30, item.corr_spy), (None, None, None, None));
    let named = [
        "implied-volatility-index",
        "historical-volatility-30-day",
        "beta",
        "corr-spy-3month",
        "earnings",
        "updated-at",
    ];
    assert_eq!(item.unreadable, named);
}

#[test]
fn a_bad_item_costs_only_itself() {
    let body = br#"{"data":{"items":[7,{"no":"symbol"},{"symbol":"SPY","beta":1}]}}"#;
    let parsed = parse_metrics(body).expect("a list");
    assert_eq!((parsed.items.len(), parsed.damaged), (1, 2));
}

#[test]
fn nothing_known_is_an_answer_and_no_data_is_an_error() {
    let empty = include_bytes!("../../../tests/data/rest/market-metrics.empty.json");
    assert_eq!(parse_metrics(empty).expect("a list").items, Vec::new());
    for body in ["{}", r#"{"data":null}"#, r#"{"data":[]}"#, "<html>", ""] {
        assert!(
            matches!(parse_metrics(body.as_bytes()), Err(Error::Unreadable { .. })),
            "{body}"
        );
    }
}

#[test]
fn hidden_earnings_are_not_shown() {
    let report = |fields: &str| one(&format!(r#"{{"symbol":"X","earnings":{{{fields}}}}}"#)).earnings;
    let date = r#""expected-report-date":"2027-01-28""#;
    assert_eq!(report(&format!(r#""visible":false,{date}"#)), None);
    assert_eq!(
        report(&format!(r#""estimated":false,{date}"#)).map(|report| report.estimated),
        Some(false)
    );
    assert_eq!(report(date).map(|report| report.estimated), Some(true));
}

#[test]
fn the_query_is_one_comma_list_encoded_once() {
    let symbols = ["AAPL", "/ES", "BRK/B"].map(|symbol| Symbol(symbol.into()));
    assert_eq!(query(&symbols), "symbols=AAPL,%2FES,BRK%2FB");
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_an_answer_or_an_error(body in any::<Vec<u8>>(), cut in 0..SAMPLE.trim_ascii_end().len()) {
        let _ = parse_metrics(&body);
        prop_assert!(parse_metrics(&SAMPLE[..cut]).is_err());
        let mut torn = SAMPLE.to_vec();
        torn[cut] = body.first().copied().unwrap_or(b'"');
        let _ = parse_metrics(&torn);
    }
}
