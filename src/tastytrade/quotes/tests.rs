use proptest::prelude::*;

use super::*;

const SAMPLE: &[u8] = include_bytes!("../../../tests/data/rest/market-data-by-type.json");

fn sample(symbol: &str) -> MarketQuote {
    let parsed = parse_quotes(SAMPLE).expect("a list");
    assert_eq!((parsed.items.len(), parsed.damaged), (6, 0));
    parsed
        .items
        .into_iter()
        .find(|item| item.symbol.as_str() == symbol)
        .expect("in the sample")
}

fn price(value: f64) -> Option<Price> {
    Price::new(value)
}

#[test]
fn a_share_is_read_from_kebab_case_text() {
    let share = sample("AAPL");
    assert_eq!(
        (share.bid, share.ask, share.mark),
        (price(264.93), price(264.97), price(264.95))
    );
    assert_eq!(
        (share.last, share.open, share.prev_close),
        (price(264.95), price(263.1), price(263.44))
    );
    assert_eq!((share.high, share.low), (price(266.02), price(262.41)));
    assert_eq!(share.volume, Some(41_220_118.0));
    assert_eq!(
        share.updated_at,
        Some("2026-11-20T20:59:58.412Z".parse().expect("a time"))
    );
    assert_eq!((share.option_iv, share.delta), (None, None));
}

#[test]
fn an_index_has_no_sides_and_is_read_all_the_same() {
    let index = sample("SPX");
    assert_eq!((index.bid, index.ask), (None, None));
    assert_eq!((index.mark, index.prev_close), (price(6689.12), price(6674.3)));
}

#[test]
fn options_carry_greeks_and_a_fraction_of_volatility() {
    let option = sample("SPY   261218C00670000");
    assert_eq!(option.option_iv, Vol::new(0.144902118));
    assert_eq!((option.delta, option.theta), (Some(0.508114027), Some(-0.192087415)));
    assert_eq!(sample("./ESZ6 EW4X6 261127P6600").gamma, Some(0.00171132));
}

#[test]
fn futures_and_pairs_keep_their_slashes() {
    assert_eq!(sample("/ESZ6").bid, price(6701.25));
    assert_eq!(sample("BTC/USD").ask, price(94966.14));
}

#[test]
fn what_the_venue_left_out_is_not_there() {
    let body = include_bytes!("../../../tests/data/rest/market-data-by-type.partial.json");
    let items = parse_quotes(body).expect("a list").items;
    assert_eq!(
        items.iter().map(|item| item.symbol.as_str()).collect::<Vec<_>>(),
        ["AAPL"]
    );
}

#[test]
fn each_kind_has_its_key_and_blanks_are_no_plus() {
    let wanted = [
        (Kind::Future, "/ESZ6"),
        (Kind::Equity, "SPY"),
        (Kind::Index, "VIX"),
        (Kind::Equity, "BRK/B"),
        (Kind::EquityOption, "SPY   261218C00670000"),
        (Kind::FutureOption, "./ESZ6 EW4X6 261127P6600"),
        (Kind::Crypto, "BTC/USD"),
    ]
    .map(|(kind, symbol)| (kind, Symbol(symbol.into())));
    let query = query(&wanted);
    let parts: Vec<&str> = query.split('&').collect();
    assert_eq!(
        parts,
        [
            "equity=SPY,BRK%2FB",
            "index=VIX",
            "future=%2FESZ6",
            "equity-option=SPY%20%20%20261218C00670000",
            "future-option=.%2FESZ6%20EW4X6%20261127P6600",
            "cryptocurrency=BTC%2FUSD",
        ]
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_an_answer_or_an_error(body in any::<Vec<u8>>(), at in 0..SAMPLE.len()) {
        let _ = parse_quotes(&body);
        let mut torn = SAMPLE.to_vec();
        torn[at] = body.first().copied().unwrap_or(b'"');
        let _ = parse_quotes(&torn);
    }
}
