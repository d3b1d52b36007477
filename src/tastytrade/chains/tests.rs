use jiff::civil::date;

use super::*;

const SPY: &[u8] = include_bytes!("../../../tests/data/rest/option-chain-nested.json");
const SPX: &[u8] = include_bytes!("../../../tests/data/rest/option-chain-nested.two-roots.json");
const ES: &[u8] = include_bytes!("../../../tests/data/rest/futures-option-chain-nested.json");
const RATE: &[u8] = include_bytes!("../../../tests/data/rest/margin-requirements-public-configuration.json");

#[test]
fn a_chain_of_a_fund_names_each_option_for_rest_and_for_the_feed() {
    let chain = parse_chain(SPY).unwrap();
    assert_eq!((chain.expirations.len(), chain.damaged), (2, 0));
    let monthly = &chain.expirations[1];
    assert_eq!((monthly.underlying.as_str(), monthly.root.as_str()), ("SPY", "SPY"));
    assert_eq!((monthly.date, monthly.multiplier), (date(2026, 12, 18), Some(100.0)));
    assert_eq!(monthly.settlement, Some(Settlement::Afternoon));
    assert_eq!(monthly.kind.as_deref(), Some("Regular"));
    assert!(monthly.standard);
    let second = &monthly.strikes[1];
    assert_eq!(second.strike.get().to_string(), "672.5");
    let call = second.call.as_ref().unwrap();
    assert_eq!(call.symbol.as_str(), "SPY   261218C00672500");
    assert_eq!(call.streamer.as_ref().unwrap().as_str(), ".SPY261218C672.5");
}

#[test]
fn several_roots_of_one_index_stand_side_by_side_by_date() {
    let chain = parse_chain(SPX).unwrap();
    let told: Vec<_> = chain
        .expirations
        .iter()
        .map(|expiration| (expiration.date, expiration.root.as_str(), expiration.settlement))
        .collect();
    assert_eq!(
        told,
        [
            (date(2026, 11, 23), "SPXW", Some(Settlement::Afternoon)),
            (date(2026, 12, 18), "SPX", Some(Settlement::Morning)),
        ]
    );
}

#[test]
fn options_on_futures_have_their_own_roots_their_contract_and_its_multiplier() {
    let chain = parse_futures_chain(ES).unwrap();
    let contracts: Vec<&str> = chain.futures.iter().map(|future| future.contract.as_str()).collect();
    assert_eq!(contracts, ["/ESZ6", "/ESH7"]);
    assert!(chain.futures[0].active_month && chain.futures[1].next_active_month);
    let weekly = &chain.expirations[0];
    assert_eq!((weekly.root.as_str(), weekly.underlying.as_str()), ("EW4", "/ESZ6"));
    assert_eq!(weekly.multiplier, Some(50.0), "0.5 / 0.01");
    assert_eq!(weekly.expires_at, Some("2026-11-27T18:00:00Z".parse().unwrap()));
    let put = weekly.strikes[1].put.as_ref().unwrap();
    assert_eq!(put.symbol.as_str(), "./ESZ6 EW4X6 261127P6600");
    assert_eq!(put.streamer.as_ref().unwrap().as_str(), "./EW4X26P6600:XCME");
    assert_eq!(
        chain.expirations.last().unwrap().date,
        date(2027, 3, 19),
        "the answer has no order"
    );
}

#[test]
fn a_strike_the_feed_does_not_know_has_no_streamer_symbol() {
    let chain = parse_futures_chain(ES).unwrap();
    let unfed = &chain.expirations[0].strikes[0];
    assert_eq!(unfed.strike.get().to_string(), "4300");
    assert_eq!(unfed.call.as_ref().unwrap().streamer, None);
}

#[test]
fn what_cannot_be_read_costs_itself_and_is_counted() {
    let body = br#"{"data":{"items":[
        {"underlying-symbol":"X","root-symbol":"X1","option-chain-type":"Non-standard","shares-per-contract":0,"expirations":[
            {"expiration-date":"2026-12-18","strikes":[{"strike-price":"5.0","call":"X"},{"strike-price":5,"put":"Y"},
                {"strike-price":"-1"},7,{"strike-price":"6.0","call":"\u001b[2J","call-streamer-symbol":"a b"}]},
            {"expiration-date":"soon","strikes":[]},
            []]},
        {"expirations":[]}, 3]}}"#;
    let chain = parse_chain(body).unwrap();
    let only = &chain.expirations[0];
    assert!(!only.standard && only.multiplier.is_none() && only.settlement.is_none());
    let strikes: Vec<f64> = only.strikes.iter().map(|strike| strike.strike.get()).collect();
    assert_eq!(strikes, [5.0, 6.0]);
    assert_eq!(only.strikes[1].call, None, "a name that steers a terminal is none");
    assert_eq!(chain.damaged, 7);
}

#[test]
fn the_published_rate_is_a_fraction_or_an_error() {
    assert_eq!(parse_rate(RATE).unwrap().to_string(), "0.0382");
    assert!(parse_rate(br#"{"data":{}}"#).is_err());
}
