//! Every sample body through every parser: each is read by the parser of its own route and mistaken by no other.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::chains::{Chain, parse_chain, parse_futures_chain};
use super::envelope::complaint;
use super::futures::parse_futures;
use super::metrics::parse_metrics;
use super::oauth::parse_grant;
use super::quotes::parse_quotes;
use super::token::parse_quote_token;
use super::{Error, MarketQuote, Metrics, active_contract};
use crate::http::corrupt_bodies::corrupt_bodies;

/// Items with values that the parsers of metrics, quotes and futures find in a body, whether it is a quote token or a
/// grant, and strikes that the parsers of chains find. An item that has a symbol and nothing else says nothing.
fn reading(body: &[u8]) -> [usize; 7] {
    let now = "2026-11-20T21:30:00Z".parse().unwrap();
    let tells = |item: &&Metrics| item.iv.is_some() || item.hv30.is_some() || item.iv_percentile.is_some();
    let quotes = |item: &&MarketQuote| item.last.is_some() || item.bid.is_some() || item.prev_close.is_some();
    [
        parse_metrics(body).map_or(0, |parsed| parsed.items.iter().filter(tells).count()),
        parse_quotes(body).map_or(0, |parsed| parsed.items.iter().filter(quotes).count()),
        parse_futures(body).map_or(0, |parsed| {
            parsed
                .items
                .iter()
                .filter(|item| item.contract.as_str().starts_with('/'))
                .count()
        }),
        usize::from(parse_quote_token(body, now).is_ok()),
        usize::from(parse_grant(body).is_ok()),
        parse_chain(body).map_or(0, |chain| strikes(&chain)),
        parse_futures_chain(body).map_or(0, |chain| strikes(&chain)),
    ]
}

fn strikes(chain: &Chain) -> usize {
    chain
        .expirations
        .iter()
        .map(|expiration| expiration.strikes.len())
        .sum()
}

fn samples() -> BTreeMap<String, Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/rest");
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect()
}

#[test]
fn every_sample_is_read_by_its_own_parser_and_by_no_other() {
    let own: BTreeMap<&str, [usize; 7]> = [
        ("market-metrics.json", [5, 0, 0, 0, 0, 0, 0]),
        ("market-data-by-type.json", [0, 6, 0, 0, 0, 0, 0]),
        ("market-data-by-type.partial.json", [0, 1, 0, 0, 0, 0, 0]),
        ("instruments-futures.json", [0, 0, 3, 0, 0, 0, 0]),
        ("api-quote-tokens.ok.json", [0, 0, 0, 1, 0, 0, 0]),
        ("api-quote-tokens.minimal.json", [0, 0, 0, 1, 0, 0, 0]),
        ("api-quote-tokens.demo.json", [0, 0, 0, 1, 0, 0, 0]),
        ("oauth-token.ok.json", [0, 0, 0, 0, 1, 0, 0]),
        ("oauth-token.ok-rotated.json", [0, 0, 0, 0, 1, 0, 0]),
        ("option-chain-nested.json", [0, 0, 0, 0, 0, 4, 0]),
        ("option-chain-nested.two-roots.json", [0, 0, 0, 0, 0, 2, 0]),
        ("futures-option-chain-nested.json", [0, 0, 0, 0, 0, 0, 4]),
    ]
    .into();
    let samples = samples();
    assert!(samples.len() > 60, "{} samples", samples.len());
    for (name, body) in &samples {
        let expected = own.get(name.as_str()).copied().unwrap_or_default();
        assert_eq!(reading(body), expected, "{name}");
    }
}

#[test]
fn every_error_body_names_its_cause_in_printable_text() {
    for (name, body) in samples().into_iter().filter(|(name, _)| name.contains("error")) {
        let what = complaint(&body).what;
        assert!(!what.trim().is_empty(), "{name}");
        assert!(
            what.chars().all(|character| !character.is_control()) && !what.contains('<'),
            "{name}: {what}"
        );
    }
}

fn is_fit_to_print(error: &Error) -> bool {
    let text = error.to_string();
    text.chars().count() < 400 && !text.chars().any(|letter| letter.is_control() || letter == '\u{202e}')
}

proptest! {
    #[test]
    fn a_mangled_body_is_an_answer_or_an_error_that_can_be_printed(body in corrupt_bodies(samples().into_values().collect())) {
        let now = "2026-11-20T21:30:00Z".parse().unwrap();
        let futures = parse_futures(&body);
        if let Ok(parsed) = &futures {
            for listing in &parsed.items {
                let visible = |name: &str| name.bytes().all(|letter| letter.is_ascii_graphic());
                prop_assert!(visible(listing.contract.as_str()) && visible(&listing.streamer.0));
                let _ = active_contract(&parsed.items, &listing.root, now);
            }
        }
        let errors = [
            parse_metrics(&body).err(),
            parse_quotes(&body).err(),
            futures.err(),
            parse_quote_token(&body, now).err(),
            parse_grant(&body).err(),
            parse_chain(&body).err(),
            parse_futures_chain(&body).err(),
        ];
        prop_assert!(errors.iter().flatten().all(is_fit_to_print));
        let what = complaint(&body).what;
        prop_assert!(!what.chars().any(char::is_control) && what.chars().count() <= 201);
    }
}

#[test]
fn a_page_number_at_the_end_of_all_numbers_is_the_last_page() {
    let body = br#"{"data":{"items":[]},"pagination":{"page-offset":"9223372036854775807","total-pages":2}}"#;
    assert!(!parse_futures(body).unwrap().more);
}

#[test]
fn a_page_without_end_is_read_up_to_its_bound() {
    let items = vec![r#"{"symbol":"SPY"}"#; 30_000].join(",");
    let parsed = parse_metrics(format!(r#"{{"data":{{"items":[{items}]}}}}"#).as_bytes()).unwrap();
    assert_eq!((parsed.items.len(), parsed.damaged), (10_000, 20_000));
}

#[test]
fn nesting_without_end_is_an_error_or_costs_its_item() {
    for open in ["[", r#"{"a":"#] {
        let deep = open.repeat(20_000);
        let closed = format!("{deep}1{}", if open == "[" { "]" } else { "}" }.repeat(20_000));
        for body in [
            deep.clone(),
            closed.clone(),
            format!(r#"{{"data":{{"items":[{closed}]}}}}"#),
            format!(r#"{{"data":{{"items":[{{"symbol":"SPY","earnings":{closed},"beta":{closed}}}]}}}}"#),
            format!(r#"{{"error":{closed}}}"#),
            format!(r#"{{"error":{{"code":{closed}}}}}"#),
        ] {
            reading(body.as_bytes());
            complaint(body.as_bytes());
        }
    }
}

#[test]
fn a_contract_whose_name_steers_a_terminal_is_damaged() {
    let sample = &samples()["instruments-futures.json"];
    let whole = parse_futures(sample).unwrap();
    let first = whole.items[0].contract.as_str();
    let text = String::from_utf8(sample.clone()).unwrap();
    let steered = text.replacen(&format!("\"{first}\""), &format!("\"{first}\\u001b[2J\""), 1);
    let parsed = parse_futures(steered.as_bytes()).unwrap();
    assert_eq!(
        (parsed.items.len(), parsed.damaged),
        (whole.items.len() - 1, whole.damaged + 1)
    );
}
