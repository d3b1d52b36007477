//! The built-in table of asset classes.

use std::collections::BTreeMap;

/// The class of everything that is not listed.
pub(super) const EQUITY: &str = "Equity";

/// Symbol and class of every listed symbol.
pub(super) fn defaults() -> BTreeMap<String, String> {
    let classes = CLASSES.iter();
    classes
        .flat_map(|(class, symbols)| symbols.iter().map(|&s| (s.to_owned(), (*class).to_owned())))
        .collect()
}

const CLASSES: [(&str, &[&str]); 5] = [
    (
        "Index",
        &[
            "/ES", "/NQ", "/RTY", "/YM", "/MES", "/MNQ", "/M2K", "/MYM", "/VX", "/VXM", "ASHR", "DIA", "DJX", "EEM",
            "EFA", "EWZ", "FXI", "IWM", "KWEB", "MRUT", "NDX", "OEX", "QQQ", "RUT", "SPX", "SPY", "TQQQ", "UVIX",
            "UVXY", "VIX", "VXN", "VXX", "XSP",
        ],
    ),
    (
        "Commodity",
        &[
            "/CL", "/MCL", "/NG", "/RB", "/HO", "/BZ", "/GC", "/MGC", "/SI", "/SIL", "/HG", "/PL", "/PA", "/ZC", "/ZS",
            "/ZW", "/ZL", "/ZM", "/LE", "/HE", "/GF", "CPER", "GLD", "IAU", "PPLT", "SLV", "UNG", "USO",
        ],
    ),
    (
        "Fixed Income",
        &[
            "/ZN", "/ZB", "/ZF", "/ZT", "/TN", "/UB", "/SR3", "AGG", "BND", "HYG", "IEF", "JNK", "LQD", "MUB", "SHY",
            "TBT", "TLT",
        ],
    ),
    (
        "FX",
        &[
            "/6A", "/6B", "/6C", "/6E", "/6J", "/6M", "/6N", "/6S", "/M6A", "/M6E", "FXA", "FXB", "FXC", "FXE", "FXY",
            "UUP",
        ],
    ),
    (
        "Crypto",
        &[
            "/BTC", "/ETH", "/MBT", "/MET", "BITO", "BTC/USD", "ETH/USD", "ETHA", "FBTC", "GBTC", "IBIT",
        ],
    ),
];
