//! Every sample body through every parser: each is read by the parser of its own route and mistaken by no other.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::envelope::complaint;
use super::futures::parse_futures;
use super::metrics::parse_metrics;
use super::oauth::parse_grant;
use super::quotes::parse_quotes;
use super::token::parse_quote_token;
use super::{MarketQuote, Metrics};

/// Items with values that the parsers of metrics, quotes and futures find in a body, and whether it is a quote token or a
/// grant. An item that has a symbol and nothing else says nothing.
fn reading(body: &[u8]) -> [usize; 5] {
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
    ]
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
    let own: BTreeMap<&str, [usize; 5]> = [
        ("market-metrics.json", [5, 0, 0, 0, 0]),
        ("market-data-by-type.json", [0, 6, 0, 0, 0]),
        ("market-data-by-type.partial.json", [0, 1, 0, 0, 0]),
        ("instruments-futures.json", [0, 0, 3, 0, 0]),
        ("api-quote-tokens.ok.json", [0, 0, 0, 1, 0]),
        ("api-quote-tokens.minimal.json", [0, 0, 0, 1, 0]),
        ("api-quote-tokens.demo.json", [0, 0, 0, 1, 0]),
        ("oauth-token.ok.json", [0, 0, 0, 0, 1]),
        ("oauth-token.ok-rotated.json", [0, 0, 0, 0, 1]),
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
