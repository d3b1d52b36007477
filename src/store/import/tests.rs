use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn parse(text: &str, whom: Option<&str>) -> Result<Vec<Entry>, ImportError> {
    let whom = whom.map(|symbol| Instrument::parse(symbol, date(2026, 11, 20)).unwrap());
    let import = Import {
        whom: whom.as_ref(),
        now: "2026-11-20T21:30:00Z".parse().unwrap(),
        iv_method: "index",
        mode: Mode::Live,
    };
    import.read(text)
}

fn read(text: &str) -> Result<Vec<Entry>, ImportError> {
    parse(text, Some("SPY"))
}

#[test]
fn a_history_is_read_with_its_units_and_its_moments() {
    let entries = read("Date,IV,hv90,hv30\r\n2026-11-19,0.183,,0.12\r\n2026-11-20, 0.19 ,0.2,0.13\r\n").unwrap();
    let seen: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                entry.session.day(),
                entry.field.name(),
                entry.value,
                entry.method.to_string(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (19, "iv", 0.183, "index".to_owned()),
            (19, "hv30", 0.12, "imported".to_owned()),
            (20, "iv", 0.19, "index".to_owned()),
            (20, "hv30", 0.13, "imported".to_owned()),
            (20, "hv90", 0.2, "imported".to_owned()),
        ]
    );
    assert_eq!(entries[0].session, date(2026, 11, 19));
    assert_eq!(entries[0].as_of.to_string(), "2026-11-19T21:00:00Z");
}

#[test]
fn every_fault_names_its_line() {
    for (text, told) in [
        ("date,iv\n2026-11-19,18.3\n", "line 2: iv 18.3 is not above 0"),
        ("date,iv\n2026-11-18,0.2\n2026-11-19,\n", "line 3: there is no value"),
        ("date,iv\n2026-11-19,nan\n", "line 2: iv \"nan\" is no number"),
        ("date,iv\n2026-11-19,x\n", "line 2: iv \"x\" is no number"),
        (
            "date,iv\n2026-11-21,0.2\n",
            "line 2: the market was closed on 2026-11-21",
        ),
        (
            "date,iv\n2026-11-23,0.2\n",
            "line 2: the session of 2026-11-23 has not opened yet",
        ),
        ("date,iv\n19.11.2026,0.2\n", "line 2: \"19.11.2026\" is no day"),
        (
            "date,iv\n2026-11-19,0.2\n2026-11-19,0.2\n",
            "line 3: 2026-11-19 comes twice, first on line 2",
        ),
        (
            "day,iv\n",
            "line 1: the column \"day\" is none of symbol, date, iv, hv30, hv90, and",
        ),
        ("date,hv30\n", "line 1: there is no column \"iv\""),
        ("date,iv,iv\n", "line 1: the column \"iv\" comes twice"),
        ("date,iv\n", "the history has no lines"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.starts_with(told), "{text:?}: {error}");
    }
    assert!(matches!(read("date,iv\n2026-11-19,0.2,7\n"), Err(ImportError::Csv(_))));
}

#[test]
fn one_file_holds_many_symbols_each_with_the_sessions_of_its_own_market() {
    let text = "symbol,date,iv\nSPY,2026-11-19,0.18\n/es,2026-11-19,0.19\nBTC/USD,2026-11-14,0.5\n";
    let entries = parse(text, None).unwrap();
    let seen: Vec<_> = entries
        .iter()
        .map(|entry| (entry.symbol.as_str(), entry.as_of.to_string()))
        .collect();
    assert_eq!(seen[0], ("SPY", "2026-11-19T21:00:00Z".to_owned()));
    assert_eq!(seen[1], ("/ES", "2026-11-19T22:00:00Z".to_owned()));
    assert_eq!(seen[2].0, "BTC/USD", "a Saturday is a session of what trades every day");
    for (whom, text, told) in [
        (
            None,
            "date,iv\n2026-11-19,0.2\n",
            "line 1: there is no column \"symbol\"",
        ),
        (
            None,
            "symbol,date,iv\n,2026-11-19,0.2\n",
            "line 2: the symbol is missing",
        ),
        (
            None,
            "symbol,date,iv\nSPY,2026-11-14,0.2\n",
            "line 2: the market was closed",
        ),
        (
            None,
            "symbol,date,iv\nSPY,2026-11-19,0.2\nQQQ,2026-11-19,0.2\nSPY,2026-11-19,0.3\n",
            "line 4: 2026-11-19 comes twice, first on line 2",
        ),
        (
            Some("SPY"),
            "symbol,date,iv\nSPY,2026-11-19,0.2\nQQQ,2026-11-19,0.2\n",
            "line 3: this is of QQQ, not of SPY",
        ),
    ] {
        let error = parse(text, whom).unwrap_err().to_string();
        assert!(error.starts_with(told), "{text:?}: {error}");
    }
}

#[test]
fn what_an_export_says_of_a_value_is_kept_with_it() {
    let text = "symbol,date,price,iv,iv_rank,hv30,earnings_date,iv_method,provenance,as_of,method,mode\n\
                SPY,2026-11-20,653.36,0.18,52.7,0.11,2027-02-01,'=mine,\
                earnings_date=rest hv30=legacy iv=rest iv_rank=rest price=dxlink,\
                hv30=2026-11-19T21:00:00.000Z iv=2026-11-20T20:58:00.000Z,\
                \"hv30=close-to-close, 30 returns; iv_rank=one; two; price=quote mid\",live\n\
                QQQ,2026-11-20,,,,0.2,,,,,,\n";
    let entries = parse(text, None).unwrap();
    let seen: Vec<String> = entries
        .iter()
        .map(|entry| {
            let (field, at) = (entry.field.name(), entry.as_of);
            format!("{field} {} {} {} {at}", entry.value, entry.source, entry.method)
        })
        .collect();
    assert_eq!(
        seen,
        [
            "price 653.36 dxlink quote mid 2026-11-20T21:00:00Z",
            "iv 0.18 rest =mine 2026-11-20T20:58:00Z",
            "iv_rank 52.7 rest one; two 2026-11-20T21:00:00Z",
            "hv30 0.11 legacy close-to-close, 30 returns 2026-11-19T21:00:00Z",
            "earnings_date 20850 rest imported 2026-11-20T21:00:00Z",
            "hv30 0.2 import imported 2026-11-20T21:00:00Z",
        ]
    );
    for (columns, line, told) in [
        (
            "iv,iv_rank",
            "0.2,50",
            "iv_rank has no source in the column \"provenance\"",
        ),
        (
            "iv,provenance",
            "0.2,iv=store",
            "provenance: iv has no source \"store\"",
        ),
        ("iv,provenance", "0.2,iv=", "provenance: iv has no source \"\""),
        ("iv,provenance", "0.2,iv", "provenance: \"iv\" is not field=text"),
        ("iv,provenance", "-0.2,iv=rest", "iv -0.2 is not above 0"),
        (
            "iv,as_of",
            "0.2,iv=2026-11-20T22:00:00Z",
            "as_of: 2026-11-20T22:00:00Z of iv is yet",
        ),
        ("iv,as_of", "0.2,iv=today", "as_of: \"today\" of iv is no moment"),
        ("iv,method", "0.2,guessed", "method: \"guessed\" is not field=method"),
        ("iv,mode", "0.2,demo", "mode \"demo\" is of another venue"),
        ("iv,mode", "0.2,elsewhere", "mode \"elsewhere\" is of another venue"),
    ] {
        let error = read(&format!("date,{columns}\n2026-11-20,{line}\n")).unwrap_err();
        assert!(error.to_string().starts_with(&format!("line 2: {told}")), "{error}");
    }
}

#[test]
fn a_session_still_open_takes_values_whose_moment_is_named_and_no_others() {
    let future = |rest: &str| parse(&format!("date,iv,as_of\n2026-11-20,0.2,{rest}\n"), Some("/ES"));
    let error = future("").unwrap_err().to_string();
    assert_eq!(error, "line 2: the session of 2026-11-20 has not closed yet");
    assert_eq!(future("iv=2026-11-20T21:00:00Z").unwrap().len(), 1);
}

#[test]
fn a_session_yet_to_open_is_refused_whatever_its_values_say_of_their_moment() {
    for (symbol, day) in [("SPY", "2027-06-01"), ("SPY", "2026-11-23"), ("BTC/USD", "2026-11-21")] {
        let text = format!(
            "symbol,date,iv,provenance,as_of\nSPY,2026-11-19,0.2,,\n{symbol},{day},0.4,iv=rest,iv=2026-11-20T15:00:00Z\n"
        );
        let error = parse(&text, None).unwrap_err().to_string();
        assert_eq!(error, format!("line 3: the session of {day} has not opened yet"));
    }
}

#[test]
fn a_file_exported_during_a_session_is_imported_in_the_same_session() {
    let at = |now: &str| {
        let import = Import {
            whom: None,
            now: now.parse().unwrap(),
            iv_method: "index",
            mode: Mode::Live,
        };
        import.read("symbol,date,iv,provenance,as_of\nSPY,2026-11-20,0.2,iv=rest,iv=2026-11-20T14:31:00Z\n")
    };
    let entries = at("2026-11-20T15:00:00Z").unwrap();
    assert_eq!(entries[0].as_of.to_string(), "2026-11-20T14:31:00Z");
    let early = at("2026-11-20T14:30:30Z").unwrap_err().to_string();
    assert!(early.ends_with("of iv is yet to come"), "{early}");
}

#[test]
fn a_source_and_a_moment_do_not_excuse_a_value_that_its_field_cannot_have() {
    for (symbol, field, text, told) in [
        (
            "SPY",
            "iv",
            "18.3",
            "is not above 0 and at most 5: volatilities are fractions",
        ),
        ("SPY", "iv", "0", "is not above 0"),
        ("SPY", "iv", "1e308", "is not above 0 and at most 5"),
        ("SPY", "hv30", "-0.1", "is not above 0"),
        ("SPY", "hv90", "5.01", "is not above 0 and at most 5"),
        ("SPY", "iv_rank", "7000", "is not on the scale of 0 to 100"),
        ("SPY", "iv_percentile", "-11", "is not on the scale of 0 to 100"),
        ("SPY", "price", "-5", "is none that such an instrument can have"),
        ("SPY", "price", "0", "is none that such an instrument can have"),
        (
            ".SPY261218C600",
            "price",
            "-0.01",
            "is none that such an instrument can have",
        ),
        ("SPY", "liquidity_rating", "99", "is not a whole number from 0 to 5"),
        ("SPY", "liquidity_rating", "3.5", "is not a whole number from 0 to 5"),
        ("SPY", "slippage", "-3", "is not from 0 to 2"),
        ("SPY", "yield", "-0.01", "is not 0 or above"),
        ("SPY", "corr_spy", "1.01", "is not from -1 to 1"),
        ("SPY", "beta", "inf", "is no number"),
        ("SPY", "earnings_date", "20850", "is no day"),
    ] {
        let error = parse(&labeled(symbol, field, text), None).unwrap_err().to_string();
        assert!(error.starts_with(&format!("line 2: {field}")), "{error}");
        assert!(error.contains(text) && error.contains(told), "{field} {text}: {error}");
    }
}

#[test]
fn a_value_at_the_edge_of_what_its_field_can_have_is_taken() {
    for (symbol, field, text) in [
        ("SPY", "iv", "5"),
        ("SPY", "iv_rank", "100.4"),
        ("SPY", "iv_rank", "-0.2"),
        ("/CL", "price", "-37.63"),
        (".SPY261218C600", "price", "0"),
        ("SPY", "liquidity_rating", "5"),
        ("SPY", "slippage", "2"),
        ("SPY", "yield", "0"),
        ("SPY", "corr_spy", "-1"),
        ("SPY", "beta", "-3.2"),
        ("SPY", "iv_change_5d", "-0.4"),
    ] {
        let entries = parse(&labeled(symbol, field, text), None).unwrap();
        assert_eq!(entries[0].value.to_string(), text, "{symbol} {field}");
    }
}

/// An export of one value with all its labels.
fn labeled(symbol: &str, field: &str, text: &str) -> String {
    let (column, cell) = if field == "iv" { ("", "") } else { (",iv", ",") };
    format!(
        "symbol,date,{field}{column},provenance,as_of\n\
         {symbol},2026-11-20,{text}{cell},{field}=rest,{field}=2026-11-20T20:58:00Z\n"
    )
}

proptest! {
    #[test]
    fn arbitrary_text_is_a_history_or_an_error(text: String, lines in "date,iv\n([0-9., \n-]{0,60})") {
        let _ = (read(&text), parse(&text, None), read(&lines));
    }
}
