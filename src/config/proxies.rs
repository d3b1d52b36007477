//! The built-in table of stand-ins: for a future a fund on the same thing whose options trade.

use std::collections::BTreeMap;

/// Symbol and stand-in.
pub(super) fn defaults() -> BTreeMap<String, String> {
    let proxies = PROXIES.iter();
    proxies
        .map(|(symbol, proxy)| ((*symbol).to_owned(), (*proxy).to_owned()))
        .collect()
}

const PROXIES: [(&str, &str); 29] = [
    ("/6A", "FXA"),
    ("/6B", "FXB"),
    ("/6C", "FXC"),
    ("/6E", "FXE"),
    ("/6J", "FXY"),
    ("/BTC", "IBIT"),
    ("/CL", "USO"),
    ("/ES", "SPY"),
    ("/ETH", "ETHA"),
    ("/GC", "GLD"),
    ("/HG", "CPER"),
    ("/M2K", "IWM"),
    ("/MBT", "IBIT"),
    ("/MCL", "USO"),
    ("/MES", "SPY"),
    ("/MET", "ETHA"),
    ("/MGC", "GLD"),
    ("/MNQ", "QQQ"),
    ("/MYM", "DIA"),
    ("/NG", "UNG"),
    ("/NQ", "QQQ"),
    ("/PL", "PPLT"),
    ("/RTY", "IWM"),
    ("/SI", "SLV"),
    ("/SIL", "SLV"),
    ("/YM", "DIA"),
    ("/ZB", "TLT"),
    ("/ZN", "IEF"),
    ("/ZT", "SHY"),
];
