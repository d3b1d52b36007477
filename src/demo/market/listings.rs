//! Who is listed at the venue and what each listing is like. Prices and volatilities are invented, of the right magnitude.

use smol_str::{SmolStr, format_smolstr};

use super::future::{Terms, contracts_of, root};
use super::rng::Rng;

/// What kind of thing is listed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Class {
    /// A share of a company.
    Share,
    /// An exchange-traded fund or note.
    Fund,
    /// A cash index: traded values without a quote.
    Index,
    /// One futures contract.
    Future(Terms),
    /// A cryptocurrency pair.
    Crypto,
}

/// One instrument of the venue.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    /// What REST calls it: `SPY`, `/ESZ6`, `BTC/USD`.
    pub(crate) symbol: SmolStr,
    /// What the feed calls it.
    pub(crate) streamer: SmolStr,
    /// What it is.
    pub(crate) class: Class,
    /// Name that fixes its random walk; instruments on the same thing share one.
    pub(crate) family: SmolStr,
    /// Usual price, for a futures contract on its last day.
    pub(crate) level: f64,
    /// Usual volatility, annualized fraction.
    pub(crate) vol: f64,
    /// Correlation with the market as a whole.
    pub(crate) tie: f64,
    /// Price steps in one unit.
    pub(crate) grain: f64,
    /// Whether it is one of the well-known, heavily traded ones.
    pub(crate) popular: bool,
}

impl Listing {
    /// What market metrics call it: futures contracts by their root.
    pub(crate) fn metrics_symbol(&self) -> &str {
        match &self.class {
            Class::Future(terms) => terms.root.symbol,
            Class::Share | Class::Fund | Class::Index | Class::Crypto => &self.symbol,
        }
    }

    /// Whether it follows the S&P 500. Such listings are calm and pay the premium index options usually pay, so that a
    /// first look at the venue finds something to rank.
    pub(crate) fn is_benchmark(&self) -> bool {
        self.family == BENCHMARK
    }

    /// Whether options are listed on it.
    pub(crate) fn optionable(&self) -> bool {
        match &self.class {
            Class::Future(_) => true,
            Class::Crypto => false,
            Class::Share | Class::Fund | Class::Index => !NO_OPTIONS.contains(&self.symbol.as_str()),
        }
    }

    /// A name to show.
    pub(crate) fn description(&self) -> String {
        match &self.class {
            Class::Share => format!("{} Incorporated (demo)", self.symbol),
            Class::Fund => format!("{} Exchange Traded Fund (demo)", self.symbol),
            Class::Index => format!("{} Index (demo)", self.symbol),
            Class::Future(terms) => format!("{} {}{} (demo)", terms.root.description, terms.month, terms.year),
            Class::Crypto => format!("{} (demo)", self.symbol),
        }
    }

    /// Sensitivity to the market as a whole; futures have none.
    pub(crate) fn beta(&self) -> Option<f64> {
        match self.class {
            Class::Future(_) | Class::Crypto => None,
            Class::Share | Class::Fund | Class::Index => Some(self.tie * self.vol / 0.145),
        }
    }

    /// `price` on the grid of tradeable prices.
    pub(crate) fn rounded(&self, price: f64) -> f64 {
        (price * self.grain).round() / self.grain
    }
}

/// The instruments of the default watchlist followed by the lookalikes and other traps, futures by root.
pub(crate) fn symbols() -> impl Iterator<Item = &'static str> {
    let watched = include_str!("../../../config/watchlists/default.csv")
        .lines()
        .skip(1)
        .map(str::trim);
    watched
        .filter(|symbol| !symbol.is_empty())
        .chain(TRAPS.iter().copied().filter(|trap| !watched_by_default(trap)))
}

/// The listings behind one of [`symbols`], for a futures root its contracts on `day`.
pub(crate) fn listings_of(symbol: &str, day: jiff::civil::Date) -> Vec<Listing> {
    if let Some(root) = root(symbol) {
        return contracts_of(root, day).into_iter().map(listing_of).collect();
    }
    let known = KNOWN.iter().find(|known| known.0 == symbol);
    let mut rng = Rng::new(0, symbol);
    let (price, vol) = known.map_or_else(
        || {
            (
                (rng.between(3.0_f64.ln(), 160.0_f64.ln())).exp(),
                rng.between(0.24, 0.85),
            )
        },
        |known| (known.1, known.2),
    );
    let class = match symbol {
        "BTC/USD" | "ETH/USD" => Class::Crypto,
        "SPX" | "NDX" | "RUT" | "VIX" | "VXN" => Class::Index,
        _ if FUNDS.contains(&symbol) => Class::Fund,
        _ => Class::Share,
    };
    let tie = match (symbol, &class) {
        ("VIX" | "VXN" | "UVXY" | "UVIX" | "VXX", _) => -0.78,
        ("SPX" | "SPY", _) => 0.97,
        ("TLT" | "IEF" | "LQD" | "MUB" | "SOXS", _) => -0.15,
        (_, Class::Fund | Class::Index) => 0.8,
        (_, Class::Share | Class::Crypto | Class::Future(_)) => rng.between(0.15, 0.75),
    };
    let streamer = match class {
        Class::Crypto => format_smolstr!("{symbol}:CXTALP"),
        Class::Share | Class::Fund | Class::Index | Class::Future(_) => symbol.into(),
    };
    vec![Listing {
        symbol: symbol.into(),
        streamer,
        class,
        family: family(symbol),
        level: price,
        vol,
        tie,
        grain: 100.0,
        popular: known.is_some(),
    }]
}

/// The listing of one futures contract.
pub(crate) fn listing_of(terms: Terms) -> Listing {
    let root = terms.root;
    Listing {
        symbol: terms.symbol.clone(),
        streamer: terms.streamer.clone(),
        family: family(root.symbol),
        level: root.price,
        vol: root.vol,
        tie: root.tie,
        grain: root.grain,
        popular: true,
        class: Class::Future(terms),
    }
}

fn watched_by_default(symbol: &str) -> bool {
    include_str!("../../../config/watchlists/default.csv")
        .lines()
        .any(|line| line.trim() == symbol)
}

const BENCHMARK: &str = "S&P 500";

fn family(symbol: &str) -> SmolStr {
    let shared = match symbol {
        "SPX" | "SPY" | "/ES" => BENCHMARK,
        "NDX" | "QQQ" | "TQQQ" | "/NQ" => "Nasdaq 100",
        "RUT" | "IWM" | "/RTY" => "Russell 2000",
        "DIA" | "/YM" => "Dow Jones",
        "GLD" | "/GC" => "Gold",
        "SLV" | "/SI" => "Silver",
        "CPER" | "/HG" => "Copper",
        "USO" | "/CL" => "Crude oil",
        "UNG" | "/NG" => "Natural gas",
        "TLT" | "/ZB" => "Bonds",
        "IBIT" | "BTC/USD" | "/MBT" => "Bitcoin",
        "ETHA" | "ETH/USD" => "Ether",
        alone => alone,
    };
    shared.into()
}

/// Shares that carry the letters of a futures root, share classes, pairs, a share without options, and a future whose
/// contracts are young.
const TRAPS: [&str; 13] = [
    "ES", "CL", "GC", "NG", "SI", "ZN", "HE", "LE", "BF/B", "BTC/USD", "ETH/USD", "LLYVK", "/MBT",
];

const NO_OPTIONS: [&str; 2] = ["LLYVK", "VXN"];

const FUNDS: [&str; 41] = [
    "ASHR", "CPER", "DIA", "EEM", "ETHA", "EWZ", "FXI", "GDX", "GLD", "HYG", "IBB", "IBIT", "IEF", "IWM", "JDST",
    "KRE", "KWEB", "LQD", "MSOS", "MUB", "QQQ", "SILJ", "SLV", "SMH", "SOXS", "SPY", "TLT", "TQQQ", "UNG", "USO",
    "UVIX", "UVXY", "VXX", "XBI", "XLE", "XLF", "XLP", "XLU", "XLV", "XME", "XOP",
];

const KNOWN: [(&str, f64, f64); 128] = [
    ("SPX", 6_690.0, 0.145),
    ("NDX", 24_650.0, 0.19),
    ("RUT", 2_395.0, 0.21),
    ("VIX", 17.4, 1.05),
    ("VXN", 21.8, 0.95),
    ("SPY", 668.0, 0.145),
    ("QQQ", 600.0, 0.19),
    ("IWM", 238.0, 0.21),
    ("DIA", 463.0, 0.14),
    ("EEM", 54.0, 0.19),
    ("EWZ", 31.5, 0.24),
    ("FXI", 38.8, 0.28),
    ("GLD", 372.0, 0.18),
    ("SLV", 45.5, 0.33),
    ("GDX", 77.0, 0.38),
    ("TLT", 89.6, 0.13),
    ("IEF", 97.2, 0.065),
    ("HYG", 80.6, 0.055),
    ("LQD", 111.2, 0.07),
    ("MUB", 107.3, 0.04),
    ("USO", 71.0, 0.34),
    ("UNG", 13.1, 0.58),
    ("XLE", 90.3, 0.22),
    ("XLF", 52.4, 0.17),
    ("XLP", 78.6, 0.12),
    ("XLU", 88.7, 0.16),
    ("XLV", 149.0, 0.15),
    ("XME", 98.0, 0.34),
    ("XOP", 131.0, 0.29),
    ("XBI", 112.0, 0.3),
    ("SMH", 341.0, 0.33),
    ("KRE", 61.0, 0.28),
    ("TQQQ", 105.0, 0.57),
    ("UVXY", 11.9, 1.1),
    ("VXX", 35.2, 0.75),
    ("IBIT", 53.7, 0.5),
    ("ETHA", 23.4, 0.72),
    ("AAPL", 265.0, 0.25),
    ("MSFT", 472.0, 0.22),
    ("NVDA", 179.0, 0.42),
    ("AMZN", 221.0, 0.31),
    ("GOOGL", 299.0, 0.31),
    ("GOOG", 300.4, 0.31),
    ("META", 594.0, 0.36),
    ("TSLA", 391.0, 0.55),
    ("AMD", 204.0, 0.55),
    ("AVGO", 340.0, 0.47),
    ("NFLX", 104.3, 0.33),
    ("ORCL", 199.0, 0.5),
    ("CRM", 227.0, 0.32),
    ("INTC", 34.5, 0.52),
    ("MU", 207.0, 0.58),
    ("QCOM", 163.0, 0.36),
    ("SMCI", 32.2, 0.75),
    ("PLTR", 155.0, 0.62),
    ("COST", 899.0, 0.2),
    ("HD", 343.0, 0.22),
    ("LOW", 229.0, 0.25),
    ("MCD", 309.0, 0.17),
    ("NKE", 62.8, 0.36),
    ("SBUX", 85.0, 0.29),
    ("TGT", 87.5, 0.35),
    ("WMT", 105.2, 0.21),
    ("DIS", 104.3, 0.27),
    ("CMG", 31.0, 0.41),
    ("BA", 179.2, 0.31),
    ("CAT", 552.0, 0.33),
    ("DE", 476.0, 0.28),
    ("GE", 291.0, 0.29),
    ("GM", 69.5, 0.33),
    ("F", 12.9, 0.34),
    ("GS", 774.0, 0.27),
    ("JPM", 298.0, 0.22),
    ("MS", 160.5, 0.26),
    ("C", 99.0, 0.28),
    ("BAC", 51.6, 0.23),
    ("WFC", 83.5, 0.26),
    ("V", 328.0, 0.19),
    ("PYPL", 60.4, 0.38),
    ("COF", 204.0, 0.31),
    ("BRK/B", 504.0, 0.16),
    ("UNH", 319.0, 0.39),
    ("PFE", 25.0, 0.24),
    ("MRK", 97.6, 0.26),
    ("ABBV", 236.0, 0.24),
    ("REGN", 742.0, 0.33),
    ("NVO", 47.7, 0.46),
    ("XOM", 117.0, 0.22),
    ("CVX", 149.6, 0.21),
    ("COP", 87.9, 0.29),
    ("OXY", 41.4, 0.31),
    ("FCX", 40.2, 0.42),
    ("NUE", 148.0, 0.36),
    ("CLF", 11.9, 0.71),
    ("AA", 36.6, 0.52),
    ("KO", 72.9, 0.15),
    ("PG", 150.6, 0.17),
    ("KHC", 25.2, 0.22),
    ("GIS", 48.0, 0.21),
    ("T", 25.5, 0.2),
    ("VZ", 41.1, 0.2),
    ("CMCSA", 27.0, 0.3),
    ("UPS", 94.6, 0.3),
    ("UBER", 83.9, 0.35),
    ("HOOD", 107.0, 0.68),
    ("IBM", 297.0, 0.28),
    ("CSCO", 76.1, 0.22),
    ("SNOW", 242.0, 0.44),
    ("CRWD", 490.0, 0.41),
    ("PANW", 182.0, 0.36),
    ("SHOP", 145.0, 0.5),
    ("BABA", 153.0, 0.44),
    ("ASML", 965.0, 0.38),
    ("BIDU", 113.0, 0.46),
    ("MARA", 10.2, 0.95),
    ("RIOT", 12.7, 0.88),
    ("LLYVK", 92.4, 0.27),
    ("ES", 66.1, 0.2),
    ("CL", 112.4, 0.18),
    ("GC", 14.2, 0.4),
    ("NG", 1.93, 0.62),
    ("SI", 24.1, 0.55),
    ("ZN", 9.7, 0.68),
    ("HE", 11.8, 0.43),
    ("LE", 7.35, 0.66),
    ("BTC/USD", 94_486.0, 0.48),
    ("ETH/USD", 3_110.0, 0.7),
    ("BF/B", 28.1, 0.29),
];
