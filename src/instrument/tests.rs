use std::error::Error as _;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn today() -> Date {
    date(2026, 11, 22)
}

fn parse(text: &str) -> Instrument {
    Instrument::parse(text, today()).unwrap_or_else(|e| panic!("{e}"))
}

fn fault(text: &str) -> SymbolFault {
    Instrument::parse(text, today()).expect_err(text).fault
}

fn contract(root: &str, month: i8, year: i16, exchange: Option<&str>) -> Instrument {
    Instrument::Contract(Contract {
        root: root.into(),
        month,
        year,
        exchange: exchange.map(Into::into),
    })
}

#[test]
fn every_spelling_of_a_trader_is_read() {
    assert_eq!(parse("spy"), Instrument::Equity("SPY".into()));
    assert_eq!(parse(" BRK/B "), Instrument::Equity("BRK/B".into()));
    assert_eq!(parse("BF/B"), Instrument::Equity("BF/B".into()));
    assert_eq!(parse("AAM/U"), Instrument::Equity("AAM/U".into()));
    assert_eq!(parse("SPX"), Instrument::Index("SPX".into()));
    assert_eq!(parse("$SPX"), Instrument::Index("SPX".into()));
    assert_eq!(parse("/es"), Instrument::Root("/ES".into()));
    assert_eq!(parse("/ZN"), Instrument::Root("/ZN".into()));
    assert_eq!(parse("/6E"), Instrument::Root("/6E".into()));
    assert_eq!(parse("/M2K"), Instrument::Root("/M2K".into()));
    assert_eq!(parse("/J7"), Instrument::Root("/J7".into()));
    assert_eq!(parse("/ESZ6"), contract("/ES", 12, 2026, None));
    assert_eq!(parse("/ESZ26"), contract("/ES", 12, 2026, None));
    assert_eq!(parse("/6EH27:XCME"), contract("/6E", 3, 2027, Some("XCME")));
    assert_eq!(parse("/M2KZ6"), contract("/M2K", 12, 2026, None));
    assert_eq!(parse("BTC/USD"), Instrument::Crypto("BTC/USD".into()));
    assert_eq!(parse("btc/usd:cxtalp"), Instrument::Crypto("BTC/USD".into()));
    assert_eq!(
        parse("./EW3Z26C6000:XCME"),
        Instrument::FutureOption("./EW3Z26C6000:XCME".into())
    );
    assert_eq!(
        parse("./E2DQ26C7975:XCME"),
        Instrument::FutureOption("./E2DQ26C7975:XCME".into())
    );
    assert_eq!(
        parse("./OZBN25C142.50:XCBT"),
        Instrument::FutureOption("./OZBN25C142.5:XCBT".into())
    );
}

#[test]
fn one_option_has_one_symbol_however_it_is_typed() {
    for text in [
        ".SPY261218C600",
        "SPY   261218C00600000",
        "SPY 261218C00600000",
        "SPY261218C00600000",
        ".spy261218c600.0",
    ] {
        assert_eq!(parse(text).symbol().as_str(), "SPY   261218C00600000", "{text}");
    }
}

#[test]
fn occ_and_streamer_spellings_name_the_same_option_both_ways() {
    for (streamer, occ) in [
        (".SPY261218C600", "SPY   261218C00600000"),
        (".IRBT260116C22.5", "IRBT  260116C00022500"),
        (".F250620C2.02", "F     250620C00002020"),
        (".F250620P2.17", "F     250620P00002170"),
        (".BRKB250620C200", "BRKB  250620C00200000"),
        (".TSLA1250117C100", "TSLA1 250117C00100000"),
        (".SPXW250718C3500", "SPXW  250718C03500000"),
        (".X250718P0.5", "X     250718P00000500"),
        (".NDX261218C99999.999", "NDX   261218C99999999"),
    ] {
        assert_eq!(parse(streamer).symbol().as_str(), occ);
        assert_eq!(parse(occ).streamer().unwrap().as_str(), streamer);
        assert_eq!(parse(occ), parse(streamer));
    }
}

#[test]
fn a_strike_is_refused_rather_than_cut() {
    assert_eq!(fault(".F250620C2.0205"), SymbolFault::StrikeDecimals);
    assert_eq!(fault(".F250620C100000"), SymbolFault::StrikeRange);
    assert_eq!(fault(".F250620C0"), SymbolFault::StrikeRange);
    assert_eq!(fault("F250620C2.02"), SymbolFault::OccStrike);
    assert_eq!(fault("F 250620C000020200"), SymbolFault::OccStrike);
    assert_eq!(fault(".F250631C2"), SymbolFault::Expiry);
    assert_eq!(fault(".TOOLONG250630C2"), SymbolFault::OptionRoot);
    assert_eq!(fault(".F250620C2."), SymbolFault::Option);
}

#[test]
fn a_future_and_the_share_of_the_same_letters_stay_apart() {
    for name in ["ES", "CL", "GC", "NG", "SI", "ZN", "HE", "LE"] {
        let (future, share) = (parse(&format!("/{name}")), parse(name));
        assert_eq!(future.symbol().as_str(), format!("/{name}"));
        assert_eq!(future.kind(), Kind::Future);
        assert_eq!(future.streamer(), None);
        assert_eq!(share.kind(), Kind::Equity);
        assert_eq!(share.streamer().unwrap().as_str(), name);
    }
}

#[test]
fn a_one_digit_year_reaches_from_last_year_nine_years_ahead() {
    assert_eq!(parse("/ESZ5"), contract("/ES", 12, 2025, None));
    assert_eq!(parse("/ESZ4"), contract("/ES", 12, 2034, None));
    assert_eq!(parse("/CLZ34"), contract("/CL", 12, 2034, None));
    assert_eq!(
        fault("/CLZ35"),
        SymbolFault::YearOutOfReach {
            year: 2035,
            first: 2025,
            last: 2034
        }
    );
    let in_2030 = Instrument::parse("/ESH9", date(2030, 1, 2)).unwrap();
    assert_eq!(in_2030, contract("/ES", 3, 2029, None));
}

#[test]
fn a_contract_has_the_names_of_rest_and_of_the_feed() {
    let contract = parse("/ESZ26:XCME");
    assert_eq!(contract.symbol().as_str(), "/ESZ6");
    assert_eq!(contract.streamer().unwrap().as_str(), "/ESZ26:XCME");
    assert_eq!(contract.root(), Some("/ES"));
    assert_eq!(parse("/ESZ6").streamer(), None);
    assert_eq!(
        (month_code(1), month_code(12), month_code(13), month_code(0)),
        (Some('F'), Some('Z'), None, None)
    );
    assert_eq!(
        (month_of_code('F'), month_of_code('Z'), month_of_code('A')),
        (Some(1), Some(12), None)
    );
}

#[test]
fn candles_of_shares_keep_to_regular_hours_and_those_of_futures_do_not() {
    let candle = |text: &str| {
        let instrument = parse(text);
        candle_symbol(&instrument, &instrument.streamer().unwrap()).to_string()
    };
    assert_eq!(candle("SPY"), "SPY{=d,tho=true}");
    assert_eq!(candle("SPX"), "SPX{=d,tho=true}");
    assert_eq!(candle("/ESZ26:XCME"), "/ESZ26:XCME{=d}");
    assert_eq!(candle("BTC/USD"), "BTC/USD:CXTALP{=d}");
}

#[test]
fn a_bad_symbol_says_what_is_wrong_and_what_is_accepted() {
    assert_eq!(fault(" "), SymbolFault::Empty);
    assert_eq!(fault("BRK.B"), SymbolFault::ShareClass);
    assert_eq!(fault("$AAPL"), SymbolFault::NotAnIndex);
    assert_eq!(fault("EUR/USD"), SymbolFault::CurrencyPair);
    assert_eq!(fault("/ES:XCME"), SymbolFault::RootWithExchange);
    assert_eq!(fault("/"), SymbolFault::Future);
    assert_eq!(fault("/ESZ266"), SymbolFault::Future);
    assert_eq!(fault("./ESZ6 EW4X6 261127P6600"), SymbolFault::FutureOption);
    assert_eq!(fault("SPY\u{e9}"), SymbolFault::Character);
    assert_eq!(fault("TOOLONGNAME"), SymbolFault::Ticker);
    let shown = Instrument::parse("BRK.B\u{1b}[31m", today()).unwrap_err().to_string();
    assert!(
        !shown.contains('\u{1b}') && shown.contains("BRK/B, SPX, /ES"),
        "{shown}"
    );
}

#[test]
fn the_default_watchlist_is_read_whole() {
    let instruments = parse_watchlist(DEFAULT_WATCHLIST, today()).unwrap();
    assert_eq!(
        instruments.len(),
        DEFAULT_WATCHLIST.lines().filter(|line| !line.is_empty()).count() - 1
    );
    assert!(instruments.contains(&Instrument::Root("/ES".into())));
    assert!(instruments.contains(&Instrument::Index("VIX".into())));
    assert!(instruments.contains(&Instrument::Equity("BRK/B".into())));
}

#[test]
fn a_watchlist_may_come_from_windows_with_comments_blanks_and_repetitions() {
    let text =
        "\u{feff}# mine\r\nSymbol\r\nSPY\r\n\r\n /ES # the active month\r\n  # later\r\nspy,\r\nSymbol\r\n$VIX\r\n";
    let symbols: Vec<_> = parse_watchlist(&variance_text::decode(text.as_bytes()).unwrap(), today())
        .unwrap()
        .iter()
        .map(Instrument::symbol)
        .collect();
    assert_eq!(
        symbols.iter().map(Symbol::as_str).collect::<Vec<_>>(),
        ["SPY", "/ES", "VIX"]
    );
}

#[test]
fn a_watchlist_of_several_columns_is_read_by_its_heading() {
    let text = "name,SYMBOL\nS&P fund,SPY\n\"Gold, fund\",GLD\n";
    let symbols: Vec<_> = parse_watchlist(text, today())
        .unwrap()
        .iter()
        .map(Instrument::symbol)
        .collect();
    assert_eq!(symbols.iter().map(Symbol::as_str).collect::<Vec<_>>(), ["SPY", "GLD"]);
    let error = parse_watchlist("SPY\nQQQ,IWM\n", today()).unwrap_err();
    assert!(error.to_string().starts_with("line 2: 2 columns"), "{error}");
}

#[test]
fn a_watchlist_error_names_the_line_and_the_fault() {
    let error = parse_watchlist("symbol\nSPY\n\n# x\nBRK.B\n", today()).unwrap_err();
    assert_eq!(error.to_string(), "line 5");
    assert!(
        error
            .source()
            .unwrap()
            .to_string()
            .contains("share classes are written with a slash")
    );
    assert!(matches!(
        parse_watchlist("symbol\n", today()),
        Err(WatchlistError::Empty)
    ));
    assert!(matches!(
        parse_watchlist("name,symbol\nx\n", today()),
        Err(WatchlistError::Symbol { line: 2, .. })
    ));
}

#[test]
fn two_symbols_may_share_a_streamer_symbol_and_keep_their_own_entries() {
    let listed = |text: &str, streamer: Option<&str>| Listed {
        instrument: parse(text),
        resolved: streamer.map(|s| Resolved {
            streamer: StreamerSymbol(s.into()),
            contract: None,
            expiration: None,
            before: None,
        }),
    };
    let mut universe = Universe::new(vec![
        listed("SPY", Some("SPY")),
        listed("/ESZ6", Some("/ESZ26:XCME")),
        listed("/ES", Some("/ESZ26:XCME")),
        listed("/NQ", None),
    ]);
    let streamer = StreamerSymbol("/ESZ26:XCME".into());
    assert_eq!(universe.len(), 4);
    assert_eq!(
        universe.symbols_of(&streamer),
        [Symbol("/ES".into()), Symbol("/ESZ6".into())]
    );
    assert_eq!(
        universe
            .streamer_symbols()
            .map(StreamerSymbol::as_str)
            .collect::<Vec<_>>(),
        ["/ESZ26:XCME", "SPY"]
    );
    assert_eq!(universe.symbols_of(&StreamerSymbol("ES".into())), []);

    universe.insert(listed("/ES", Some("/ESH27:XCME")));
    universe.insert(listed("/ESZ6", None));
    assert_eq!(universe.len(), 4);
    assert_eq!(universe.symbols_of(&streamer), []);
    let order: Vec<_> = universe.listed().map(|one| one.instrument.symbol()).collect();
    assert!(order.is_sorted());
}

fn any_instrument() -> impl Strategy<Value = Instrument> {
    let option = (
        "[A-Z][A-Z0-9]{0,5}",
        2000i16..2100,
        1i8..=12,
        1i8..=28,
        any::<bool>(),
        1u32..100_000_000,
    )
        .prop_map(|(root, year, month, day, call, strike_thousandths)| {
            let right = if call { Right::Call } else { Right::Put };
            Instrument::EquityOption(EquityOption {
                root: root.into(),
                expiry: date(year, month, day),
                right,
                strike_thousandths,
            })
        });
    let future = ("/[A-Z0-9]{0,3}[A-Z]", 1i8..=12, 2025i16..=2034)
        .prop_map(|(root, month, year)| contract(&root, month, year, None));
    let other = prop_oneof![
        Just("SPY"),
        Just("BRK/B"),
        Just("VIX"),
        Just("/ES"),
        Just("/J7"),
        Just("ETH/USDT"),
        Just("./EW3Z26C6000:XCME")
    ];
    prop_oneof![option, future, other.prop_map(parse)]
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_as_the_same_instrument(instrument in any_instrument()) {
        prop_assert_eq!(parse(instrument.symbol().as_str()), instrument.clone());
        if let Some(streamer) = instrument.streamer() {
            prop_assert_eq!(parse(streamer.as_str()), instrument);
        }
    }

    #[test]
    fn a_contract_with_its_exchange_reads_back_from_the_feed(root in "/[A-Z0-9]{0,3}[A-Z]", month in 1i8..=12, year in 2025i16..=2034) {
        let full = contract(&root, month, year, Some("XNYM"));
        prop_assert_eq!(parse(full.streamer().unwrap().as_str()), full);
    }

    #[test]
    fn what_is_read_prints_a_symbol_that_reads_the_same(text in "[./$]{0,2}[A-Z0-9]{1,6}[ /:.]{0,3}[A-Z0-9.:]{0,16}") {
        if let Ok(instrument) = Instrument::parse(&text, today()) {
            let symbol = instrument.symbol();
            let again = Instrument::parse(symbol.as_str(), today()).map(|i| i.symbol());
            prop_assert_eq!(again, Ok(symbol));
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>(), more in "[./$A-Z0-9: -]{0,24}") {
        for text in [&text, &more] {
            if let Err(error) = Instrument::parse(text, today()) {
                prop_assert!(!error.to_string().chars().any(char::is_control));
            }
            let _ = parse_watchlist(text, today());
        }
    }
}
