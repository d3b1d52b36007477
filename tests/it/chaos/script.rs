//! Random fault scripts over the whole language, and random command lines around them. The same seed gives the same.

use std::sync::OnceLock;

use fastrand::Rng;

use super::truth::Truth;
use crate::run::NOW;

/// One run, fixed by its seed.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) venue: &'static Venue,
    /// `screen --all` or `quote`.
    pub(super) screen: bool,
    pub(super) symbols: &'static [&'static str],
    pub(super) listen: u64,
    pub(super) deadline: Option<f64>,
    pub(super) require_complete: Option<u64>,
    pub(super) dxlink: bool,
    pub(super) legacy: bool,
    pub(super) rules: Vec<String>,
}

/// Symbols of every kind, with and without holes in the venue's metrics, known and unknown.
pub(super) const SYMBOLS: &[&[&str]] = &[
    &["SPY", "/ES", "AA", "FXI", "QQQ"],
    &["SPX", "VXN", "LLYVK", "BTC/USD", "BRK/B"],
    &["/ES", "/CL", "/GC", "/ZN", "ES"],
    &["/ESZ6", "/ESH7", "AAPL", "NOSUCH"],
    &[
        "AA",
        "/ES",
        "SPY   261218C00600000",
        "SPY   261218P00600000",
        "./EW3Z26C6000:XCME",
    ],
    &[
        "AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META", "TSLA", "AMD", "JPM", "BAC", "XOM", "KO", "DIS", "GLD", "TLT",
        "IWM", "SLV", "USO", "EEM", "VIX", "/NQ", "/RTY", "/SI", "/NG", "/6E", "/ZC", "SPY", "QQQ", "AA", "FXI",
    ],
];

/// A market and the moment it is met at.
#[derive(Debug)]
pub(super) struct Venue {
    pub(super) seed: u64,
    pub(super) now: &'static str,
    pub(super) truth: OnceLock<Truth>,
}

/// After the close of a Friday, and on the Monday after it, while the day's bar still runs.
pub(super) static VENUES: [Venue; 2] = [
    Venue {
        seed: 1,
        now: NOW,
        truth: OnceLock::new(),
    },
    Venue {
        seed: 42,
        now: "2026-11-23T16:00:00Z",
        truth: OnceLock::new(),
    },
];

impl Plan {
    pub(super) fn of(seed: u64) -> Self {
        let mut chance = Rng::with_seed(seed);
        let venue = &VENUES[chance.usize(..VENUES.len())];
        let symbols = one_of(&mut chance, SYMBOLS);
        // A screen ranks underlyings.
        let options = symbols.iter().any(|symbol| symbol.starts_with("./"));
        let screen = !options && chance.u8(..3) > 0;
        let dxlink = chance.u8(..10) > 0;
        let legacy = chance.u8(..4) > 0;
        let deadline = (chance.u8(..3) > 0).then(|| one_of(&mut chance, &[0.4, 1.0, 2.5, 4.0]));
        let require_complete = (chance.u8(..2) > 0).then(|| one_of(&mut chance, &[1, 50, 98, 100]));
        Self {
            venue,
            screen,
            symbols,
            listen: chance.u64(1..=3),
            deadline,
            require_complete,
            dxlink,
            legacy,
            rules: (0..one_of(&mut chance, &[1, 1, 2, 2, 3, 4]))
                .map(|_| rule(&mut chance))
                .collect(),
        }
    }

    pub(super) fn script(&self) -> String {
        self.rules.join("; ")
    }
}

/// One rule. Nine effects of the data and the snapshots fall to one that ends the handshake: what never streams shows
/// little.
pub(super) fn rule(chance: &mut Rng) -> String {
    match chance.u8(..20) {
        0..=6 => feed(chance, DATA, true),
        7..=9 => feed(chance, CONNECTION, true),
        10 => feed(chance, HANDSHAKE, false),
        11..=14 => snapshot(chance),
        15..=17 => rest(chance),
        _ => metrics(chance),
    }
}

fn feed(chance: &mut Rng, effects: &[&str], data: bool) -> String {
    let effect = filled(chance, effects);
    let place = feed_place(chance, "time", data);
    format!("feed{place}: {effect}{}", ending(chance, &place))
}

fn snapshot(chance: &mut Rng) -> String {
    let effect = one_of(chance, SNAPSHOTS);
    let place = feed_place(chance, "snapshot", true);
    format!("snapshot{place}: {effect}{}", ending(chance, &place))
}

fn rest(chance: &mut Rng) -> String {
    let path = one_of(chance, PATHS);
    let effect = filled(chance, REST);
    let place = rest_place(chance);
    format!("rest {path}{place}: {effect}{}", ending(chance, &place))
}

fn metrics(chance: &mut Rng) -> String {
    let effect = filled(chance, METRICS);
    let place = rest_place(chance);
    format!("metrics{place}: {effect}{}", ending(chance, &place))
}

fn feed_place(chance: &mut Rng, counted: &str, data: bool) -> String {
    let mut place = String::new();
    if chance.u8(..8) == 0 {
        place += &format!(" on socket {}", chance.u8(1..=3));
    }
    if chance.u8(..8) == 0 {
        place += &format!(" after {}", one_of(chance, &["5ms", "60ms", "300ms", "1s"]));
    }
    let number = chance.u64(1..=6);
    place += &match chance.u8(..16) {
        0 if data => format!(" at {} data", ordinal(number)),
        1 if data => format!(" after {number} data"),
        2 => format!(" at {} message", ordinal(number + 1)),
        3 => format!(" after {number} messages"),
        4 => format!(" at {} {counted}", ordinal(number)),
        5 => format!(" after {number} {counted}s"),
        _ => String::new(),
    };
    place
}

fn rest_place(chance: &mut Rng) -> String {
    let number = chance.u64(1..=3);
    match chance.u8(..8) {
        0 => format!(" at {} request", ordinal(number)),
        1 => format!(" after {number} requests"),
        2 => format!(" after {}", one_of(chance, &["20ms", "200ms", "1s"])),
        _ => String::new(),
    }
}

fn ending(chance: &mut Rng, place: &str) -> &'static str {
    // "At the second time, always" is refused: it contradicts itself.
    let numbered = [" time", " snapshot", " request"]
        .iter()
        .any(|counted| place.contains(" at ") && place.ends_with(counted));
    match chance.u8(..3) {
        0 if !numbered => " always",
        1 => " once",
        _ => "",
    }
}

fn filled(chance: &mut Rng, effects: &[&str]) -> String {
    let effect = one_of(chance, effects);
    let (word, choices) = match effect.split_once('<') {
        None => return effect.to_owned(),
        Some((word, "time>")) => (word, &["5ms", "50ms", "700ms"][..]),
        Some((word, "column>")) => (word, COLUMNS),
        Some((word, "type>")) => (word, TYPES),
        Some((word, "close>")) => (word, CLOSES),
        Some((word, "size>")) => (word, &["1KB", "200KB", "2MB", "17MB"][..]),
        Some((word, "field>")) => (word, FIELDS),
        Some((word, "share>")) => (word, SHARES),
        Some((word, "rate>")) => (word, &["10/s", "2000/s", "100000/s"][..]),
        Some((word, "status>")) => (word, STATUSES),
        Some((word, "page>")) => (word, &["200", "401", "403", "502"][..]),
        Some((_, other)) => panic!("nothing is known about <{other}"),
    };
    format!("{word}{}", one_of(chance, choices))
}

fn one_of<T: Copy>(chance: &mut Rng, choices: &[T]) -> T {
    choices[chance.usize(..choices.len())]
}

fn ordinal(number: u64) -> String {
    let ending = match number {
        1 => "st",
        2 => "nd",
        3 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

const HANDSHAKE: &[&str] = &[
    "no setup",
    "no auth_state",
    "late auth_state <time>",
    "no auth",
    "refuse token",
    "session not found",
    "no channel",
];

const CONNECTION: &[&str] = &[
    "drop rst",
    "close <close>",
    "mute",
    "channel_closed",
    "unauthorized",
    "garbage frame",
    "huge frame <size>",
    "rate error",
    "size error",
];

const DATA: &[&str] = &[
    "no config",
    "late config <time>",
    "reorder columns <type>",
    "drop column <column>",
    "flip full",
    "flip full silently",
    "mixed types",
    "short rows",
    "unknown types",
    "duplicates",
    "old events",
];

const SNAPSHOTS: &[&str] = &[
    "never ends",
    "never begins",
    "tx_pending",
    "ascending",
    "empty",
    "snip",
    "nan bars",
    "zero bars",
    "duplicates",
    "old events",
];

const REST: &[&str] = &["status <status>", "html <page>", "hang", "truncate", "drip <rate>"];

const METRICS: &[&str] = &["drop <field>", "wrong type <field>", "half missing", "null <share>"];

const PATHS: &[&str] = &[
    "/",
    "/oauth/token",
    "/api-quote-tokens",
    "/market-metrics",
    "/market-data",
    "/instruments/futures",
    "/dxlink",
    "/v8",
];

const COLUMNS: &[&str] = &[
    "eventSymbol",
    "eventFlags",
    "index",
    "time",
    "sequence",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "vwap",
    "bidPrice",
    "askPrice",
    "bidTime",
    "price",
    "dayId",
    "dayVolume",
    "extendedTradingHours",
    "dayOpenPrice",
    "dayClosePrice",
    "prevDayId",
    "prevDayClosePrice",
    "delta",
    "volatility",
];

const TYPES: &[&str] = &["Quote", "Trade", "TradeETH", "Summary", "Profile", "Greeks", "Candle"];

const CLOSES: &[&str] = &[
    "1000 \"Bye\"",
    "1000",
    "1001",
    "1009",
    "1011",
    "1012 \"Reconnection is required\"",
    "4999",
];

const FIELDS: &[&str] = &[
    "iv",
    "iv-rank",
    "tos-iv-rank",
    "tw-iv-rank",
    "iv-percentile",
    "hv30",
    "hv60",
    "hv90",
    "liquidity",
    "correlation",
    "beta",
    "market-cap",
    "earnings",
    "updated-at",
];

const SHARES: &[&str] = &[
    "1% beta",
    "20% iv,iv-rank,iv-percentile,hv30,hv90",
    "50% hv30",
    "100% iv",
];

const STATUSES: &[&str] = &[
    "200 \"[]\"",
    "204 \"\"",
    "400",
    "401",
    "403",
    "404",
    "429 retry-after 1",
    "429 retry-after 0 \"slow down\"",
    "429",
    "500",
    "502",
    "503",
    "504",
];

#[test]
fn every_script_is_understood_and_no_effect_is_left_out() {
    let mut chance = Rng::with_seed(0);
    let rules: Vec<String> = (0..4000).map(|_| rule(&mut chance)).collect();
    for rule in &rules {
        variance_demo::parse(rule).unwrap_or_else(|error| panic!("{rule}: {error}"));
    }
    let guide = include_str!("../../../docs/fault-scripts.md");
    let examples = guide
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(example, _)| example);
    for example in examples {
        let (place, effect) = example.split_once(": ").unwrap();
        let target = place.split(' ').next().unwrap();
        let is_word = |word: &&str| word.chars().all(|letter| letter == '_' || letter.is_ascii_lowercase());
        let words: Vec<&str> = effect.split(' ').take_while(is_word).collect();
        let words = words.join(" ");
        let words = words.trim_end_matches(" once");
        let named = |rule: &String| {
            let (place, effect) = rule.split_once(": ").unwrap();
            place.starts_with(target) && effect.starts_with(words)
        };
        assert!(rules.iter().any(named), "{example} is never tried");
    }
}
