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
    let entries =
        read("\u{feff}Date,IV,hv90,hv30\r\n2026-11-19,0.183,,0.12\r\n2026-11-20, 0.19 ,0.2,0.13\r\n").unwrap();
    let seen: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                entry.session.day(),
                entry.field.name(),
                entry.value,
                entry.method.as_str(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (19, "iv", 0.183, "index"),
            (19, "hv30", 0.12, "imported"),
            (20, "iv", 0.19, "index"),
            (20, "hv30", 0.13, "imported"),
            (20, "hv90", 0.2, "imported"),
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
            "line 2: the session of 2026-11-23 has not closed yet",
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
                SPY,2026-11-20,653.36,0.18,52.7,0,2027-02-01,'=mine,\
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
            "hv30 0 legacy close-to-close, 30 returns 2026-11-19T21:00:00Z",
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
        ("iv,provenance", "-0.2,iv=rest", "iv -0.2 is below 0"),
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

proptest! {
    #[test]
    fn arbitrary_text_is_a_history_or_an_error(text: String, lines in "date,iv\n([0-9., \n-]{0,60})") {
        let _ = (read(&text), parse(&text, None), read(&lines));
    }
}
