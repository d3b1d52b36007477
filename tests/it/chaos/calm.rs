//! The truth itself: runs in which nothing goes wrong but that a better source is dark print it value by value, and no
//! value beside it passes.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use variance_demo::market::Market;
use variance_demo::{self as demo, Options, Pace};

use super::promise::Findings;
use super::script::{SYMBOLS, VENUES, Venue};
use super::truth;
use crate::run::Run;
use crate::schema::sourced_fields;

/// Who is asked in which way.
struct Calm {
    command: &'static str,
    /// What goes wrong on purpose: a better source is dark.
    dark: &'static str,
    dxlink: bool,
    legacy: bool,
    chains: u32,
    wanted: fn(&str) -> bool,
}

/// The best sources, then a run for each that stands behind a better one.
const CALM: [Calm; 8] = [
    BEST,
    Calm {
        dark: "rest /market-metrics: status 404",
        wanted: is_listed,
        ..BEST
    },
    Calm {
        dark: "metrics: drop iv-rank",
        wanted: is_listed,
        ..BEST
    },
    Calm { dxlink: false, ..BEST },
    Calm {
        dark: "rest /market-metrics: status 404; rest /market-data: status 404",
        dxlink: false,
        legacy: true,
        ..BEST
    },
    // Without an index of their own futures have that of their stand-ins, and everybody the volatility of its options.
    Calm {
        dark: "metrics at 1st request: drop iv",
        chains: 0,
        wanted: |symbol| symbol.starts_with('/'),
        ..BEST
    },
    Calm {
        command: "explain",
        dark: "metrics: drop iv",
        chains: 500,
        wanted: |symbol| is_listed(symbol) && !is_option(symbol),
        ..BEST
    },
    // Nobody says which contract a root means, but its options do.
    Calm {
        command: "explain",
        dark: "metrics: drop iv; rest /instruments/futures: status 404",
        dxlink: false,
        legacy: true,
        chains: 500,
        wanted: |symbol| symbol.starts_with('/'),
    },
];

const BEST: Calm = Calm {
    command: "quote",
    dark: "",
    dxlink: true,
    legacy: false,
    chains: 40,
    wanted: |_| true,
};

/// Whether nobody has to wait for a feed that knows nothing of it.
fn is_listed(symbol: &str) -> bool {
    symbol != "NOSUCH"
}

fn is_option(symbol: &str) -> bool {
    symbol.starts_with('.') || symbol.contains(' ')
}

impl Calm {
    fn document(&self, venue: &Venue) -> Value {
        let symbols: BTreeSet<&str> = SYMBOLS.iter().flat_map(|set| set.iter().copied()).collect();
        let start = format!(
            "--now {} {} --demo --seed {} --fault",
            venue.now, self.command, venue.seed
        );
        let config = json!({
            "dxlink": { "enabled": self.dxlink },
            "legacy": { "enabled": self.legacy, "requests_per_second": 10, "max_requests": 1000 },
            "screener": { "max_chains": self.chains },
        });
        let run = Run::new(&start).arg(self.dark).config(config);
        let symbols = symbols.into_iter().filter(|symbol| (self.wanted)(symbol));
        symbols.fold(run, Run::arg).document()
    }
}

/// What was printed at each venue.
fn documents() -> &'static [(&'static Venue, Value)] {
    static DOCUMENTS: OnceLock<Vec<(&Venue, Value)>> = OnceLock::new();
    DOCUMENTS.get_or_init(|| {
        thread::scope(|scope| {
            let of_venue = |venue: &'static Venue| {
                let documents = CALM.iter().map(move |calm| (venue, calm.document(venue)));
                documents.collect::<Vec<_>>()
            };
            let venues: Vec<_> = VENUES
                .iter()
                .map(|venue| scope.spawn(move || of_venue(venue)))
                .collect();
            venues.into_iter().flat_map(|venue| venue.join().unwrap()).collect()
        })
    })
}

#[test]
fn each_source_is_printed_as_the_venue_serves_it() {
    let mut findings = Findings::default();
    for (venue, document) in documents() {
        findings.of_rows(document, truth::of(venue));
    }
    let Findings { broken, compared } = findings;
    assert!(broken.is_empty(), "{} values\n{}", broken.len(), broken.join("\n"));
    let times = |is_meant: &dyn Fn(&str, &str) -> bool| -> usize {
        let meant = compared.iter().filter(|((field, source), _)| is_meant(field, source));
        meant.map(|(_, times)| times).sum()
    };
    assert!(times(&|_, _| true) > 8_000, "{compared:?}");
    for wanted in sourced_fields() {
        assert!(times(&|field, _| field == wanted) >= 20, "{wanted}: {compared:?}");
    }
    for wanted in ["dxlink", "dxlink-candles", "rest", "legacy", "model", "proxy"] {
        assert!(times(&|_, source| source == wanted) >= 40, "{wanted}: {compared:?}");
    }
}

#[test]
fn prices_that_move_are_those_of_the_moment_they_name() {
    let mut moved = 0;
    for venue in &VENUES {
        let often = Duration::from_millis(50);
        let lively = Options {
            seed: venue.seed,
            now: venue.now.parse().unwrap(),
            pace: Pace {
                lead: Duration::ZERO,
                tick: often,
            },
            ..Options::default()
        };
        let anchor = Market::new(lively.seed, lively.now).anchor();
        let lively = demo::Venue::start(lively).unwrap();
        // The feed waits for what it does not know, and meanwhile the others move.
        let asked = "quote SPY /ES AA SPX BTC/USD ./EW3Z26C6000:XCME NOSUCH --listen 1 --json";
        let run = Run::new(&format!("--now {} {asked}", venue.now)).config(json!({ "legacy": { "enabled": false } }));
        let document = run.env("API_BASE_URL", lively.base_url());
        let document = document.env("TT_CLIENT_SECRET", "x").env("TT_REFRESH_TOKEN", "x");
        let document = document.answer().done().document();
        let mut findings = Findings::default();
        findings.of_rows(&document, truth::of(venue));
        assert!(findings.broken.is_empty(), "{}", findings.broken.join("\n"));
        let rows = document["rows"].as_array().unwrap().iter();
        let moments = rows.filter_map(|row| row["provenance"]["price"]["as_of"].as_str());
        moved += moments.filter(|at| at.parse::<Timestamp>().unwrap() > anchor).count();
    }
    assert!(moved > 4, "{moved} prices have moved");
}

#[test]
fn a_value_that_is_off_by_a_millionth_is_objected_to() {
    let [.., last] = &VENUES;
    let mut changed = 0;
    for (venue, document) in documents().iter().filter(|(venue, _)| venue.seed == last.seed) {
        for row in document["rows"].as_array().unwrap() {
            for field in sourced_fields().filter(|field| !row[*field].is_null()) {
                let mut lie = row.clone();
                lie[field] = match row[field].as_f64() {
                    Some(value) => (value * (1.0 + 1e-6) + 1e-9).into(),
                    None => "2027-02-28".into(),
                };
                let objection = truth::of(venue).objection(&lie, field);
                assert!(
                    objection.is_some(),
                    "{} {field}: {} passes for {}",
                    row["symbol"],
                    lie[field],
                    row[field]
                );
                changed += 1;
            }
        }
    }
    assert!(changed > 4_000, "{changed}");
}
