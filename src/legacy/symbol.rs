//! What the chart endpoint calls an instrument.

use crate::instrument::{Kind, Symbol};

/// The chart endpoint's name of `symbol`; `None` where it has none, or none with the same quotation. Futures are asked
/// for by their root and mean the front month there.
pub fn legacy_symbol(symbol: &Symbol, kind: Kind) -> Option<String> {
    let symbol = symbol.as_str();
    match kind {
        Kind::Equity => ticker(symbol),
        Kind::Index => index(symbol).map(str::to_owned),
        Kind::Future => {
            let root = symbol.strip_prefix('/')?;
            FUTURES.contains(&root).then(|| format!("{root}=F"))
        }
        Kind::Crypto => PAIRS.contains(&symbol).then(|| symbol.replace('/', "-")),
        Kind::EquityOption | Kind::FutureOption => None,
    }
}

/// Share classes have a dash there.
fn ticker(symbol: &str) -> Option<String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '/';
    (symbol.starts_with(|first: char| first.is_ascii_alphabetic()) && symbol.chars().all(plain))
        .then(|| symbol.replace('/', "-"))
}

/// `DJX` is left out: the index behind `^DJI` is a hundred times larger.
fn index(symbol: &str) -> Option<&'static str> {
    match symbol {
        "SPX" => Some("^GSPC"),
        "VIX" => Some("^VIX"),
        "NDX" => Some("^NDX"),
        "RUT" => Some("^RUT"),
        _ => None,
    }
}

const FUTURES: [&str; 27] = [
    "ES", "MES", "NQ", "MNQ", "RTY", "M2K", "YM", "CL", "MCL", "NG", "GC", "MGC", "SI", "HG", "ZB", "ZN", "ZF", "ZT",
    "ZC", "ZS", "HE", "LE", "6A", "6B", "6C", "6E", "6J",
];
const PAIRS: [&str; 2] = ["BTC/USD", "ETH/USD"];

#[cfg(test)]
mod tests {
    use super::*;

    fn name(symbol: &str, kind: Kind) -> Option<String> {
        legacy_symbol(&Symbol(symbol.into()), kind)
    }

    #[test]
    fn each_kind_is_spelled_the_endpoints_way() {
        assert_eq!(name("SPY", Kind::Equity).as_deref(), Some("SPY"));
        assert_eq!(name("BRK/B", Kind::Equity).as_deref(), Some("BRK-B"));
        assert_eq!(name("SPX", Kind::Index).as_deref(), Some("^GSPC"));
        assert_eq!(name("/ES", Kind::Future).as_deref(), Some("ES=F"));
        assert_eq!(name("/6E", Kind::Future).as_deref(), Some("6E=F"));
        assert_eq!(name("BTC/USD", Kind::Crypto).as_deref(), Some("BTC-USD"));
    }

    #[test]
    fn a_future_never_becomes_the_share_of_the_same_letters() {
        assert_eq!(name("ES", Kind::Equity).as_deref(), Some("ES"));
        assert_eq!(name("/ES", Kind::Equity), None);
        assert_eq!(name("ES", Kind::Future), None);
    }

    #[test]
    fn what_has_no_equal_there_has_no_name() {
        for (symbol, kind) in [
            ("DJX", Kind::Index),
            ("/ESZ6", Kind::Future),
            ("/VX", Kind::Future),
            ("SPY   261218C00600000", Kind::EquityOption),
            ("./EW3Z26C6000:XCME", Kind::FutureOption),
            ("A?range=max", Kind::Equity),
            ("", Kind::Equity),
        ] {
            assert_eq!(name(symbol, kind), None, "{symbol}");
        }
    }
}
