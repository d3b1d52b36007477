use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use proptest::prelude::*;

use super::{Class, Market};

fn sunday() -> Timestamp {
    "2026-11-22T20:00:00Z".parse().unwrap()
}

fn watchlist() -> Vec<&'static str> {
    include_str!("../../../config/watchlists/default.csv")
        .lines()
        .skip(1)
        .collect()
}

#[test]
fn the_same_seed_on_the_same_trading_day_is_the_same_market() {
    let one = Market::new(7, sunday());
    let later = Market::new(7, "2026-11-23T05:00:00Z".parse().unwrap());
    let other = Market::new(8, sunday());
    for streamer in ["SPY", "/ESZ26:XCME", "BTC/USD:CXTALP", ".SPY261218C600", "BRK/B"] {
        for tick in [0, 1, 2, 500] {
            let text = |market: &Market| format!("{:?}", market.last(streamer, tick).unwrap());
            assert_eq!(text(&one), text(&later));
            assert_ne!(text(&one), text(&other));
        }
        assert_eq!(one.bars(streamer), later.bars(streamer));
    }
    assert_eq!(one.metrics("AAPL"), later.metrics("AAPL"));
}

#[test]
fn yesterday_reads_the_same_from_today() {
    let friday = Market::new(7, sunday());
    let monday = Market::new(7, "2026-11-23T22:30:00Z".parse().unwrap());
    for streamer in ["SPY", "/GCZ26:XCEC"] {
        let (before, after) = (friday.bars(streamer).unwrap(), monday.bars(streamer).unwrap());
        assert_eq!(after.len(), before.len() + 1);
        assert!(after.starts_with(&before));
    }
}

#[test]
fn the_anchor_is_the_last_opening_or_close() {
    for (now, anchor) in [
        ("2026-11-22T20:00:00Z", "2026-11-20T21:00:00Z"),
        ("2026-11-23T14:29:59Z", "2026-11-20T21:00:00Z"),
        ("2026-11-23T14:30:00Z", "2026-11-23T14:30:00Z"),
        ("2026-11-27T18:30:00Z", "2026-11-27T18:00:00Z"),
        ("2026-07-06T20:00:00Z", "2026-07-06T20:00:00Z"),
    ] {
        assert_eq!(
            Market::new(1, now.parse().unwrap()).anchor(),
            anchor.parse().unwrap(),
            "{now}"
        );
    }
}

#[test]
fn everything_watched_has_a_price_and_but_for_a_young_contract_more_than_a_year_of_sound_bars() {
    for now in ["2026-11-22T20:00:00Z", "2026-11-23T16:00:00Z", "2027-01-04T15:00:00Z"] {
        let market = Market::new(3, now.parse().unwrap());
        for symbol in market.universe() {
            let listing = market.listing(symbol).unwrap_or_else(|| panic!("{symbol}"));
            let bars = market.bars(&listing.streamer).unwrap();
            let least = if symbol == "/MBT" { 30 } else { 253 };
            assert!(bars.len() >= least, "{symbol} has {} bars", bars.len());
            assert!(bars.is_sorted_by(|one, next| one.day_ms < next.day_ms));
            assert!(bars.iter().all(|bar| bar.low > 0.0
                && bar.low <= bar.open.min(bar.close)
                && bar.high >= bar.open.max(bar.close)
                && bar.volume > 0.0));
            let last = market.last(&listing.streamer, 0).unwrap();
            let (trade, summary) = (last.trade.unwrap(), last.summary.unwrap());
            let [.., yesterday, today] = bars.as_slice() else {
                panic!("{symbol}")
            };
            assert!(trade.price.total_cmp(&today.close).is_eq(), "{symbol}");
            assert!(summary.prev_close.total_cmp(&yesterday.close).is_eq(), "{symbol}");
            assert!(summary.prev_day_id < summary.day_id);
            assert_eq!(last.quote.is_none(), listing.class == Class::Index);
        }
    }
}

#[test]
fn quotes_stand_on_both_sides_of_a_price_that_stays_within_the_day() {
    for now in ["2026-11-22T20:00:00Z", "2026-11-23T16:00:00Z"] {
        let market = Market::new(11, now.parse().unwrap());
        for listing in market.listings() {
            let mut prices = std::collections::BTreeSet::new();
            for tick in [0, 1, 2, 7, 60, 3_600, 86_400] {
                let last = market.last(&listing.streamer, tick).unwrap();
                let (trade, day) = (last.trade.unwrap(), last.summary.unwrap());
                if let Some(quote) = last.quote {
                    assert!(
                        quote.bid < trade.price && trade.price < quote.ask,
                        "{listing:?} {quote:?} {trade:?}"
                    );
                    assert!(quote.bid > 0.0);
                }
                assert!(
                    day.low <= trade.price && trade.price <= day.high,
                    "{listing:?} {day:?} {trade:?}"
                );
                prices.insert(trade.price.to_bits());
            }
            assert!(prices.len() > 1 || !listing.popular, "{} never moves", listing.symbol);
        }
    }
}

#[test]
fn a_future_never_shares_its_price_with_the_share_of_the_same_letters() {
    for seed in 0..20 {
        let market = Market::new(seed, sunday());
        for share in ["ES", "CL", "GC", "NG", "SI", "ZN", "HE", "LE"] {
            let price = |symbol: &str| {
                market
                    .last(&market.listing(symbol).unwrap().streamer, 0)
                    .unwrap()
                    .trade
                    .unwrap()
                    .price
            };
            let ratio = price(&format!("/{share}")) / price(share);
            assert!(!(0.9..=1.1).contains(&ratio), "{share} with seed {seed}: ratio {ratio}");
        }
    }
}

#[test]
fn futures_are_quoted_by_contract_alone() {
    let market = Market::new(1, sunday());
    assert!(market.last("/ES", 0).is_none());
    assert!(market.last("/ES:XCME", 0).is_none());
    assert!(market.bars("/ESZ26").is_none());
    for (root, contract) in [
        ("/ES", "/ESZ6"),
        ("/CL", "/CLF7"),
        ("/6E", "/6EZ6"),
        ("/ZC", "/ZCH7"),
        ("/LE", "/LEZ6"),
    ] {
        assert_eq!(market.listing(root).unwrap().symbol, contract);
    }
    for root in super::future::ROOTS {
        let places: Vec<i8> = market.contracts(root.symbol).iter().map(|terms| terms.place).collect();
        let listed: &[i8] = if root.symbol == "/MBT" { &[0, 1] } else { &[0, 1, 2] };
        assert!(places.ends_with(listed), "{} {places:?}", root.symbol);
    }
}

#[test]
fn hv_is_missing_for_every_future_and_about_15_percent_of_the_rest() {
    for seed in [0, 1, 42] {
        let market = Market::new(seed, sunday());
        let all: BTreeMap<_, _> = watchlist()
            .into_iter()
            .map(|symbol| (symbol, market.metrics(symbol).unwrap()))
            .collect();
        let (futures, rest): (Vec<_>, Vec<_>) = all.iter().partition(|(symbol, _)| symbol.starts_with('/'));
        assert!(futures.iter().all(|(_, metrics)| metrics.realized.is_none()));
        let missing = rest.iter().filter(|(_, metrics)| metrics.realized.is_none()).count();
        assert!((35..=55).contains(&missing), "{missing} of {}", rest.len());
        assert_eq!(
            all.iter()
                .filter(|(_, metrics)| metrics.implied.is_none())
                .map(|(symbol, _)| *symbol)
                .collect::<Vec<_>>(),
            ["VXN"]
        );
        let implied: Vec<_> = all.values().filter_map(|metrics| metrics.implied.as_ref()).collect();
        let no_rank = implied.iter().filter(|implied| implied.rank.is_none()).count();
        let no_percentile = implied.iter().filter(|implied| implied.percentile.is_none()).count();
        assert!((5..=12).contains(&no_rank), "{no_rank}");
        assert!((3..=9).contains(&no_percentile), "{no_percentile}");
        for (symbol, metrics) in &all {
            if let (Some(implied), Some([hv30, _, hv90])) = (&metrics.implied, metrics.realized) {
                let premium = implied.index / (0.6 * hv90 + 0.4 * hv30);
                assert!((0.68..=1.82).contains(&premium), "{symbol} {premium}");
            }
        }
    }
}

#[test]
fn implied_volatility_is_dear_for_some_and_cheap_for_others() {
    let market = Market::new(42, sunday());
    let ratio = |symbol: &&str| Some(market.metrics(symbol)?.implied?.index / market.metrics(symbol)?.realized?[2]);
    let premiums: Vec<f64> = watchlist().iter().filter_map(ratio).collect();
    let dear = premiums.iter().filter(|premium| **premium > 1.1).count();
    assert!(
        dear * 4 > premiums.len() && dear * 4 < premiums.len() * 3,
        "{dear} of {}",
        premiums.len()
    );
}

#[test]
fn options_of_the_chain_are_quoted_with_greeks_and_others_are_silent() {
    let market = Market::new(42, sunday());
    let call = market.last(".SPY261218C600", 0).unwrap();
    let (quote, greeks) = (call.quote.unwrap(), call.greeks.unwrap());
    assert!(quote.bid < greeks.price && greeks.price < quote.ask);
    assert!(greeks.delta > 0.7 && greeks.theta < 0.0 && greeks.vega > 0.0 && greeks.volatility > 0.05);
    let put = market.last(".SPY261218P600", 0).unwrap().greeks.unwrap();
    let spot = market.last("SPY", 0).unwrap().trade.unwrap().price;
    assert!(
        (greeks.price - put.price - (spot - 600.0)).abs() < 1e-9,
        "parity with rate and yield at zero"
    );
    assert!(market.last("./EW3Z26C6000:XCME", 0).unwrap().greeks.unwrap().delta > 0.6);
    for unknown in [
        ".SPY261218C601",
        ".SPY261219C600",
        ".SPY261218C60000",
        ".NOBODY261218C600",
        ".LLYVK261218C95",
        ".",
        "./",
        ".C",
        "./EW3Z26C6000",
        ".ES261218C6000",
    ] {
        assert!(market.last(unknown, 0).is_none(), "{unknown}");
    }
}

#[test]
fn every_listed_option_answers_by_its_streamer_symbol() {
    let market = Market::new(5, "2026-11-23T16:00:00Z".parse().unwrap());
    for symbol in ["SPX", "BRK/B", "VIX", "BAC", "/ES", "/6J", "/ZT", "/NG"] {
        let listing = market.listing(symbol).unwrap();
        let series = market.series(listing);
        assert!(!series.is_empty(), "{symbol}");
        let mut untraded = 0;
        for series in series {
            let strikes = market.strikes(listing, &series);
            assert!(strikes.len() > 4, "{symbol} {strikes:?}");
            for strike in strikes {
                let spelled = series.spell(strike).unwrap();
                for streamer in [spelled.call_streamer, spelled.put_streamer] {
                    let last = market.last(&streamer, 1).unwrap_or_else(|| panic!("{streamer}"));
                    let quote = last.quote.unwrap();
                    assert!(quote.bid < quote.ask && quote.bid >= 0.0, "{streamer} {quote:?}");
                    untraded += usize::from(last.trade.unwrap().price.is_nan());
                }
            }
        }
        assert!(untraded > 0 || ["/6J", "/ZT"].contains(&symbol), "{symbol}");
    }
}

proptest! {
    #[test]
    fn no_symbol_breaks_the_market(text in "\\PC{0,24}", option in "\\.\\/?[A-Z0-9]{0,8}[CP][0-9.]{0,6}(:[A-Z]{0,4})?") {
        static MARKET: LazyLock<Market> = LazyLock::new(|| Market::new(1, sunday()));
        let _ = MARKET.last(&text, 3);
        let _ = MARKET.last(&option, 3);
        let _ = MARKET.bars(&text);
    }
}
