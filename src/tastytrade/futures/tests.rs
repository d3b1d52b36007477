use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const SAMPLE: &[u8] = include_bytes!("../../../tests/data/rest/instruments-futures.json");

fn sample() -> Vec<FutureListing> {
    let parsed = parse_futures(SAMPLE).expect("a list");
    assert_eq!((parsed.items.len(), parsed.damaged, parsed.more), (3, 0, false));
    parsed.items
}

fn chosen(listings: &[FutureListing], now: &str) -> Option<String> {
    let now = now.parse().expect("a time");
    active_contract(listings, &Symbol("/ES".into()), now).map(|listing| listing.contract.to_string())
}

#[test]
fn a_listing_carries_the_feeds_own_symbol_and_its_flags() {
    let listings = sample();
    let december = listings
        .iter()
        .find(|listing| listing.contract.as_str() == "/ESZ6")
        .expect("in the sample");
    assert_eq!(december.root.as_str(), "/ES");
    assert_eq!(december.streamer.as_str(), "/ESZ26:XCME");
    assert!(december.active && december.active_month && !december.next_active_month && !december.closing_only);
    assert_eq!(december.expiration, date(2026, 12, 18));
    assert_eq!(
        december.expires_at,
        Some("2026-12-18T14:30:00Z".parse().expect("a time"))
    );
}

#[test]
fn the_active_month_wins_over_the_order_and_over_the_nearest_expiry() {
    let mut listings = sample();
    assert_eq!(chosen(&listings, "2026-11-20T21:00:00Z").as_deref(), Some("/ESZ6"));
    for listing in &mut listings {
        listing.active_month = listing.contract.as_str() == "/ESM7";
    }
    assert_eq!(chosen(&listings, "2026-11-20T21:00:00Z").as_deref(), Some("/ESM7"));
}

#[test]
fn without_an_active_month_the_next_one_and_then_the_first_to_expire_is_taken() {
    let mut listings = sample();
    listings.iter_mut().for_each(|listing| listing.active_month = false);
    assert_eq!(chosen(&listings, "2026-11-20T21:00:00Z").as_deref(), Some("/ESH7"));
    listings
        .iter_mut()
        .for_each(|listing| listing.next_active_month = false);
    assert_eq!(chosen(&listings, "2026-11-20T21:00:00Z").as_deref(), Some("/ESZ6"));
}

#[test]
fn contracts_that_are_over_or_closing_are_never_chosen() {
    let mut listings = sample();
    assert_eq!(chosen(&listings, "2026-12-18T14:30:00Z").as_deref(), Some("/ESH7"));
    listings[2].closing_only = true;
    listings[0].active = false;
    assert_eq!(chosen(&listings, "2026-12-18T14:30:00Z"), None);
}

#[test]
fn a_contract_of_unknown_end_lives_through_its_last_day() {
    let mut listings = sample();
    listings.iter_mut().for_each(|listing| listing.expires_at = None);
    assert_eq!(chosen(&listings, "2026-12-18T22:00:00Z").as_deref(), Some("/ESZ6"));
    assert_eq!(chosen(&listings, "2026-12-19T00:00:00Z").as_deref(), Some("/ESH7"));
}

#[test]
fn another_root_of_the_same_beginning_is_another_root() {
    let root = Symbol("/E".into());
    assert_eq!(
        active_contract(&sample(), &root, "2026-11-20T21:00:00Z".parse().expect("a time")),
        None
    );
}

#[test]
fn the_query_names_products_without_their_slash() {
    let roots = ["/ES", "/6E"].map(|root| Symbol(root.into()));
    assert_eq!(query(Wanted::Roots(&roots), 0), "product-code[]=ES&product-code[]=6E");
    let contracts = [Symbol("/ESZ6".into())];
    assert_eq!(query(Wanted::Contracts(&contracts), 2), "symbol[]=ESZ6&page-offset=2");
}

#[test]
fn further_pages_are_noticed() {
    let page = |offset| format!(r#"{{"data":{{"items":[]}},"pagination":{{"page-offset":{offset},"total-pages":2}}}}"#);
    assert!(parse_futures(page(0).as_bytes()).expect("a list").more);
    assert!(!parse_futures(page(1).as_bytes()).expect("a list").more);
    assert!(
        !parse_futures(br#"{"data":{"items":[]},"pagination":null}"#)
            .expect("a list")
            .more
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_an_answer_or_an_error(body in any::<Vec<u8>>(), at in 0..SAMPLE.len()) {
        let _ = parse_futures(&body);
        let mut torn = SAMPLE.to_vec();
        torn[at] = body.first().copied().unwrap_or(b'"');
        let _ = parse_futures(&torn);
    }
}

#[test]
fn the_contract_before_follows_from_the_months_the_product_is_traded_in() {
    let now = "2026-11-20T21:00:00Z".parse().expect("a time");
    let before = |contract: &str| {
        let listings = sample();
        let listing = listings.iter().find(|listing| listing.contract.as_str() == contract)?;
        let earlier = contract_before(listing, now)?;
        Some((earlier.contract.to_string(), earlier.streamer.to_string()))
    };
    let named = |contract: &str, streamer: &str| Some((contract.to_owned(), streamer.to_owned()));
    assert_eq!(before("/ESZ6"), named("/ESU6", "/ESU26:XCME"));
    assert_eq!(before("/ESH7"), named("/ESZ6", "/ESZ26:XCME"), "the year before");
}

#[test]
fn months_that_cannot_be_read_cost_the_contract_before_and_not_the_listing() {
    for product in [
        "null",
        "7",
        "{}",
        r#"{"active-months":"HMUZ"}"#,
        r#"{"active-months":[1,"Y","December",null]}"#,
    ] {
        let body = format!(
            r#"{{"data":{{"items":[{{"symbol":"/ESZ6","product-code":"ES","streamer-symbol":"/ESZ26:XCME",
            "expiration-date":"2026-12-18","future-product":{product}}}]}}}}"#
        );
        let parsed = parse_futures(body.as_bytes()).expect("a list");
        assert_eq!((parsed.items.len(), parsed.damaged), (1, 0), "{product}");
        assert_eq!(parsed.items[0].months, "", "{product}");
        assert_eq!(contract_before(&parsed.items[0], Timestamp::UNIX_EPOCH), None);
    }
}
