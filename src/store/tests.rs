use std::path::Path;
use std::time::Duration;

use jiff::civil::date;
use rusqlite::Connection;
use tempfile::TempDir;

use super::past::Entry;
use super::*;
use crate::dxlink::{Candle, Candles, Greeks, Quote, Summary, Trade};
use crate::market::{Record, Source, Sourced};
use crate::stream::Received;
use crate::tastytrade::{ChainFuture, ListedExpiration, ListedOption, ListedStrike, Settlement};
use crate::units::{Price, Vol};

const PATIENCE: Duration = Duration::from_secs(2);

fn now() -> Timestamp {
    "2026-11-20T21:30:00Z".parse().unwrap()
}

fn place(directory: &TempDir) -> Place {
    Place {
        directory: directory.path().join("kept"),
        world: World::Demo { seed: 7 },
    }
}

fn open(directory: &TempDir) -> Store {
    Store::open(&place(directory), now(), PATIENCE).unwrap().store
}

fn number(values: &BTreeMap<Field, StoredValue>, field: Field) -> Option<f64> {
    values.get(&field).map(|kept| kept.value)
}

fn everything() -> Reach {
    Reach {
        oldest: Timestamp::UNIX_EPOCH,
        events: true,
        chains: true,
    }
}

fn recall(store: &Store, symbol: &str) -> StoreSnapshot {
    let symbol = Symbol(symbol.into());
    store
        .recall(
            std::slice::from_ref(&symbol),
            std::slice::from_ref(&symbol),
            now(),
            everything(),
        )
        .unwrap()
}

fn sourced<T>(value: T, source: Source, as_of: &str) -> Option<Sourced<T>> {
    Some(Sourced {
        value,
        source,
        as_of: as_of.parse().unwrap(),
        method: "as said".into(),
    })
}

fn record(symbol: &str) -> Record {
    crate::screen::fixture::share(symbol)
        .with(
            Field::Price,
            sourced(Price::new(650.25).unwrap(), Source::Dxlink, "2026-11-20T20:59:59.5Z"),
        )
        .with(
            Field::Iv,
            sourced(Vol::new(0.1834).unwrap(), Source::Rest, "2026-11-20T20:58:00Z"),
        )
        .with(
            Field::Hv30,
            sourced(Vol::new(0.12).unwrap(), Source::Store, "2026-11-19T21:00:00Z"),
        )
        .with(
            Field::EarningsDate,
            sourced(date(2027, 2, 2), Source::Rest, "2026-11-20T20:58:00Z"),
        )
}

fn chain() -> Chain {
    Chain {
        futures: vec![ChainFuture {
            contract: Symbol("/ESZ6".into()),
            expiration: date(2026, 12, 18),
            expires_at: Some(now()),
            active_month: true,
            next_active_month: false,
        }],
        expirations: vec![ListedExpiration {
            underlying: Symbol("/ESZ6".into()),
            root: "EW4".into(),
            date: date(2026, 11, 27),
            expires_at: None,
            settlement: Some(Settlement::Morning),
            kind: Some("Weekly".into()),
            standard: true,
            multiplier: Some(50.0),
            strikes: vec![ListedStrike {
                strike: Price::new(6612.5).unwrap(),
                call: Some(ListedOption {
                    symbol: Symbol("./ESZ6 EW4X6 261127C6612.5".into()),
                    streamer: Some(StreamerSymbol("./EW4X26C6612.5:XCME".into())),
                }),
                put: None,
            }],
        }],
        damaged: 0,
    }
}

#[test]
fn what_is_kept_is_recalled_to_the_digit_and_what_came_from_the_store_is_not_kept_again() {
    let directory = TempDir::new().unwrap();
    open(&directory)
        .keep(&[record("SPY")], &StoreUpdate::default(), now())
        .unwrap();
    let memory = recall(&open(&directory), "SPY");
    let values = &memory.values[&Symbol("SPY".into())];
    let price = &values[&Field::Price];
    assert_eq!(
        (price.value, price.source.as_str(), price.method.to_string().as_str()),
        (650.25, "dxlink", "as said")
    );
    assert_eq!(price.as_of.to_string(), "2026-11-20T20:59:59.5Z");
    assert_eq!(number(values, Field::Iv), Some(0.1834));
    assert_eq!(
        number(values, Field::EarningsDate),
        Some(f64::from(crate::time::day_id(date(2027, 2, 2))))
    );
    assert!(!values.contains_key(&Field::Hv30));
    assert_eq!(memory.ivs[&Symbol("SPY".into())].len(), 1);
    assert!(recall(&open(&directory), "QQQ").values.is_empty());
}

#[test]
fn of_two_runs_in_a_session_the_later_values_stay_whoever_writes_last() {
    let directory = TempDir::new().unwrap();
    let mut store = open(&directory);
    let newer = record("SPY");
    let older = record("SPY")
        .with(
            Field::Price,
            sourced(Price::new(1.0).unwrap(), Source::Rest, "2026-11-20T15:00:00Z"),
        )
        .without(&[Field::Iv]);
    store.keep(&[newer], &StoreUpdate::default(), now()).unwrap();
    store.keep(&[older], &StoreUpdate::default(), now()).unwrap();
    let days = store.days(None, date(2026, 1, 1), date(2026, 12, 31)).unwrap();
    assert_eq!(days.len(), 1, "one record per symbol and session");
    assert_eq!(days[0].session, date(2026, 11, 20));
    assert_eq!(number(&days[0].values, Field::Price), Some(650.25));
    assert_eq!(
        number(&days[0].values, Field::Iv),
        Some(0.1834),
        "a hole erases nothing"
    );
}

#[test]
fn events_bars_and_contracts_come_back_as_they_were() {
    let directory = TempDir::new().unwrap();
    let mut store = open(&directory);
    let at: Timestamp = "2026-11-20T21:29:59.123Z".parse().unwrap();
    fn heard<T>(event: T, at: Timestamp) -> Option<Received<T>> {
        Some(Received {
            event,
            at,
            before_gap: false,
        })
    }
    let streamed = LastEvents {
        quote: heard(
            Quote {
                symbol: "/ESZ26:XCME".into(),
                bid: Some(6544.75),
                ask_time: Some(1_795_000_000_000),
                ..Quote::default()
            },
            at,
        ),
        trade: heard(
            Trade {
                price: Some(6545.0),
                day_id: Some(20_777),
                extended: Some(false),
                ..Trade::default()
            },
            at,
        ),
        summary: heard(
            Summary {
                prev_close: Some(6499.5),
                ..Summary::default()
            },
            at,
        ),
        greeks: heard(
            Greeks {
                delta: Some(-0.25),
                ..Greeks::default()
            },
            at,
        ),
        ..LastEvents::default()
    };
    let bar = Candle {
        time: 1_795_564_800_000,
        index: 1_795_564_800 << 32,
        close: Some(6545.0),
        volume: Some(1e6),
        ..Candle::default()
    };
    let bars = StoredBars {
        candles: Candles {
            symbol: "/ESZ26:XCME{=d}".into(),
            bars: vec![bar],
            snipped: true,
        },
        at,
        since: None,
    };
    let listing = FutureListing {
        contract: Symbol("/ESZ6".into()),
        root: Symbol("/ES".into()),
        streamer: StreamerSymbol("/ESZ26:XCME".into()),
        active: true,
        active_month: true,
        next_active_month: false,
        closing_only: false,
        expiration: date(2026, 12, 18),
        expires_at: Some("2026-12-18T14:30:00Z".parse().unwrap()),
        months: "HMUZ".into(),
    };
    let es = || Symbol("/ES".into());
    let learned = StoreUpdate {
        events: vec![(es(), StreamerSymbol("/ESZ26:XCME".into()), streamed.clone())],
        bars: BTreeMap::from([("/ESZ26:XCME{=d}".into(), (es(), bars.clone()))]),
        listings: vec![listing.clone()],
        listed: BTreeSet::from([es()]),
        stands_for: BTreeMap::from([(es(), Symbol("/ESZ6".into()))]),
        chains: BTreeMap::from([(es(), chain())]),
    };
    store.keep(&[], &learned, now()).unwrap();
    let memory = recall(&store, "/ES");
    assert_eq!(memory.events[&StreamerSymbol("/ESZ26:XCME".into())], streamed);
    assert_eq!(memory.bars["/ESZ26:XCME{=d}"], bars);
    assert_eq!(memory.listings, [listing]);
    assert!(memory.listed_today.contains(&es()));
    assert_eq!(memory.chains, BTreeMap::from([(es(), chain())]));
    let tomorrow = "2026-11-21T21:30:00Z".parse().unwrap();
    let later = store.recall(&[es()], &[es()], tomorrow, everything()).unwrap();
    assert!(later.listed_today.is_empty(), "a contract may roll over night");
    assert!(later.chains.is_empty(), "options may be listed over night");
    assert_eq!(later.listings.len(), 1);
    let today = date(2026, 11, 20);
    let active_span = ActiveSpan {
        contract: Symbol("/ESZ6".into()),
        first: today,
        last: today,
    };
    assert_eq!(later.stood_for[&es()], [active_span]);
}

#[test]
fn what_a_root_and_its_contract_share_is_recalled_for_both_whoever_asked_last() {
    let directory = TempDir::new().unwrap();
    let mut store = open(&directory);
    let [es, contract] = ["/ES", "/ESZ6"].map(|symbol| Symbol(symbol.into()));
    let streamer = StreamerSymbol("/ESZ26:XCME".into());
    let at: Timestamp = "2026-11-20T21:00:00Z".parse().unwrap();
    for asker in [&contract, &es, &contract] {
        let streamed = LastEvents {
            quote: Some(Received {
                event: Quote::default(),
                at,
                before_gap: false,
            }),
            ..LastEvents::default()
        };
        let bars = StoredBars {
            candles: Candles::default(),
            at,
            since: None,
        };
        let learned = StoreUpdate {
            events: vec![(asker.clone(), streamer.clone(), streamed)],
            bars: BTreeMap::from([("/ESZ26:XCME{=d}".into(), (asker.clone(), bars))]),
            ..StoreUpdate::default()
        };
        store.keep(&[], &learned, now()).unwrap();
        let found = |symbol: &Symbol, root: &str| {
            let root = Symbol(root.into());
            let memory = store
                .recall(std::slice::from_ref(symbol), &[root], now(), everything())
                .unwrap();
            (memory.events.len(), memory.bars.len())
        };
        assert_eq!(found(&es, "/ES"), (1, 1), "kept by {asker}");
        assert_eq!(found(&contract, "/ES"), (1, 1), "kept by {asker}");
        assert_eq!(found(&Symbol("/MES".into()), "/MES"), (0, 0));
    }
}

#[test]
fn a_history_gives_way_to_a_later_one_unless_that_continues_it() {
    let directory = TempDir::new().unwrap();
    let mut store = open(&directory);
    const DAY: i64 = 86_400_000;
    let history = |days: std::ops::Range<i64>, factor: f64| {
        let bar = |day: i64| Candle {
            time: day * DAY,
            index: (day * 86_400) << 32,
            close: Some((100.0 + f64::from(i32::try_from(day).unwrap())) * factor),
            ..Candle::default()
        };
        days.map(bar).collect::<Vec<Candle>>()
    };
    let mut keep = |at: &str, since: i64, bars: Vec<Candle>| {
        let kept = StoredBars {
            candles: Candles {
                symbol: "SPY{=d,tho=true}".into(),
                bars,
                snipped: false,
            },
            at: at.parse().unwrap(),
            since: Timestamp::from_second(since * 86_400).ok(),
        };
        let learned = StoreUpdate {
            bars: BTreeMap::from([("SPY{=d,tho=true}".into(), (Symbol("SPY".into()), kept))]),
            ..StoreUpdate::default()
        };
        store.keep(&[], &learned, now()).unwrap();
        let kept = recall(&store, "SPY").bars.remove("SPY{=d,tho=true}").unwrap();
        let days = |bar: Option<&Candle>| bar.map(|bar| bar.time / DAY).unwrap();
        let since = kept.since.map(|since| since.as_second() / 86_400).unwrap();
        let bars = &kept.candles.bars;
        assert!(bars.windows(2).all(|pair| pair[0].time < pair[1].time));
        (days(bars.first()), days(bars.last()), bars.len(), since)
    };
    assert_eq!(keep("2026-11-20T12:00:00Z", 10, history(15..40, 1.0)), (15, 39, 25, 10));
    let continued = keep("2026-11-20T13:00:00Z", 30, history(30..42, 1.0));
    assert_eq!(continued, (15, 41, 27, 10), "the older bars stay");
    let earlier = keep("2026-11-20T12:30:00Z", 5, history(5..39, 1.0));
    assert_eq!(earlier, continued, "an earlier one replaces nothing");
    let none = keep("2026-11-20T14:00:00Z", 5, Vec::new());
    assert_eq!(none, continued, "neither does one without a bar");
    let split = keep("2026-11-20T15:00:00Z", 30, history(31..43, 0.5));
    assert_eq!(split, (31, 42, 12, 30), "a split changes all of them");
    let longer = keep("2026-11-20T16:00:00Z", 2, history(3..43, 0.5));
    assert_eq!(longer, (3, 42, 40, 2));
}

#[test]
fn a_newly_listed_root_forgets_contracts_that_are_not_listed_any_more() {
    let directory = TempDir::new().unwrap();
    let mut store = open(&directory);
    for contract in ["/ESU6", "/ESZ6"] {
        let listing = FutureListing {
            contract: Symbol(contract.into()),
            root: Symbol("/ES".into()),
            streamer: StreamerSymbol(contract.into()),
            active: true,
            active_month: true,
            next_active_month: false,
            closing_only: false,
            expiration: date(2026, 12, 18),
            expires_at: None,
            months: "HMUZ".into(),
        };
        let learned = StoreUpdate {
            listings: vec![listing],
            listed: BTreeSet::from([Symbol("/ES".into())]),
            ..StoreUpdate::default()
        };
        store.keep(&[], &learned, now()).unwrap();
    }
    let listings = recall(&store, "/ES").listings;
    assert_eq!(listings.len(), 1);
    assert_eq!(listings[0].contract.as_str(), "/ESZ6");
}

#[test]
fn entered_history_never_replaces_what_a_run_kept() {
    let directory = TempDir::new().unwrap();
    let mut store = open(&directory);
    store.keep(&[record("SPY")], &StoreUpdate::default(), now()).unwrap();
    let entry = |day, value| Entry {
        symbol: Symbol("SPY".into()),
        session: date(2026, 11, day),
        field: Field::Iv,
        value,
        source: "import".to_owned(),
        method: "as said".into(),
        as_of: now(),
    };
    let spy = Symbol("SPY".into());
    let first = store.enter(&[entry(19, 0.2), entry(20, 0.9)]).unwrap();
    assert_eq!((first.new, first.refused), (1, 1));
    let same = store.enter(&[entry(19, 0.2)]).unwrap();
    assert_eq!((same.new, same.same), (0, 1));
    let earlier = Entry {
        as_of: Timestamp::UNIX_EPOCH,
        ..entry(19, 0.25)
    };
    let second = store.enter(&[earlier]).unwrap();
    assert_eq!(second.replaced, 1, "what was entered may be entered anew");
    let ivs: Vec<f64> = recall(&store, "SPY").ivs[&spy]
        .iter()
        .map(|past| past.iv.get())
        .collect();
    assert_eq!(ivs, [0.25, 0.1834]);
    assert_eq!(store.sessions().unwrap(), [date(2026, 11, 19), date(2026, 11, 20)]);
}

#[test]
fn ten_openers_at_once_of_a_file_that_does_not_exist_all_get_it() {
    let directory = TempDir::new().unwrap();
    std::thread::scope(|scope| {
        let openers: Vec<_> = (0..10)
            .map(|_| {
                scope.spawn(|| {
                    let mut store = open(&directory);
                    store.keep(&[record("SPY")], &StoreUpdate::default(), now()).unwrap();
                })
            })
            .collect();
        openers.into_iter().for_each(|opener| opener.join().unwrap());
    });
    assert_eq!(recall(&open(&directory), "SPY").values.len(), 1);
}

#[test]
fn damage_found_while_reading_costs_the_file_and_not_the_run() {
    let directory = TempDir::new().unwrap();
    let place = place(&directory);
    let mut store = open(&directory);
    store.keep(&[record("SPY")], &StoreUpdate::default(), now()).unwrap();
    drop(store);
    let sound = std::fs::read(place.file()).unwrap();
    let store = open(&directory);
    // Sound after all, because somebody has replaced it: nothing is set aside.
    let opened = store.replace(&place, now(), PATIENCE).unwrap();
    assert_eq!(opened.set_aside, None);
    drop(opened);
    let mut spoiled = sound;
    for page in spoiled.chunks_mut(4096).skip(1) {
        page.fill(0x5a);
    }
    std::fs::write(place.file(), spoiled).unwrap();
    let opened = Store::open(&place, now(), PATIENCE).unwrap();
    let aside = opened.set_aside.unwrap();
    assert!(aside.ends_with("demo-7.db.corrupt-20261120T213000Z") && aside.exists());
    assert!(recall(&opened.store, "SPY").values.is_empty());
}

#[test]
fn another_holder_of_the_lock_is_waited_for_and_named() {
    let directory = TempDir::new().unwrap();
    let place = place(&directory);
    drop(open(&directory));
    let lock = std::fs::File::open(place.file().with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let error = Store::open(&place, now(), Duration::from_millis(20)).unwrap_err();
    assert_eq!(error.code(), "held");
    lock.unlock().unwrap();
    assert!(Store::open(&place, now(), Duration::from_millis(20)).is_ok());
}

#[test]
fn a_newer_version_is_refused_and_the_first_version_is_marked_as_ours() {
    let directory = TempDir::new().unwrap();
    let place = place(&directory);
    drop(open(&directory));
    let pragma = |path: &Path, name: &str| -> i64 {
        let connection = Connection::open(path).unwrap();
        connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
    };
    assert_eq!(pragma(&place.file(), "user_version"), 3);
    assert_eq!(pragma(&place.file(), "application_id"), 0x7661_7269);
    let connection = Connection::open(place.file()).unwrap();
    connection.pragma_update(None, "user_version", 4).unwrap();
    let error = Store::open(&place, now(), PATIENCE).unwrap_err();
    assert!(
        matches!(&error, Error::Newer(newer) if (newer.found, newer.known) == (4, 3)),
        "{error}"
    );
}

#[test]
fn a_file_of_the_first_version_is_brought_up_to_date_with_what_it_holds() {
    let directory = TempDir::new().unwrap();
    let place = place(&directory);
    std::fs::create_dir(&place.directory).unwrap();
    let connection = Connection::open(place.file()).unwrap();
    connection.execute_batch(schema::STEPS[0]).unwrap();
    let old = "INSERT INTO meta VALUES ('world', 'demo-7');
        INSERT INTO listing VALUES ('/ESZ6', '/ES', '/ESZ26:XCME', 1, 1, 0, 0, 20805, NULL);
        PRAGMA user_version = 1;";
    connection.execute_batch(old).unwrap();
    drop(connection);
    let store = Store::open(&place, now(), PATIENCE).unwrap().store;
    let memory = recall(&store, "/ES");
    assert_eq!(memory.listings[0].contract.as_str(), "/ESZ6");
    assert_eq!(memory.listings[0].months, "", "not known of it");
    assert!(memory.stood_for.is_empty());
}
