mod snapshots;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use serde_json::Value;

use super::row::row_columns;
use super::*;
use crate::instrument::{Kind, Symbol};
use crate::market::{
    Attempt, Coverage, FeedState, Field, LegacyState, Missing, MissingField, Mode, Record, RestState, Roll, RollTime,
    Run, RunError, Source, SourceState, Sources, StoppedBy, StoreState, Timing,
};
use crate::screen::fixture::{TODAY, dxlink, empty, future, rest, rules, share, volatility};
use crate::screen::{Report, Rules, View, run};
use crate::units::{Price, Rank, Vol};

#[test]
fn json_lines_say_what_they_are() {
    let text = text(&document(Mode::Demo), Format::Jsonl, None);
    let types: Vec<String> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["type"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(types, ["meta", "row", "row", "row", "rejected", "rejected", "summary"]);
    assert!(text.starts_with(r#"{"type":"meta","schema_version":1,"command":"screen","#));
}

#[test]
fn demo_data_is_marked_in_every_format() {
    for format in [Format::Table, Format::Plain, Format::Json, Format::Jsonl, Format::Csv] {
        let marked = text(&document(Mode::Demo), format, Some(80)).to_lowercase();
        assert!(marked.contains("demo"), "{format:?}");
        let live = text(&document(Mode::Live), format, Some(80)).to_lowercase();
        assert!(!live.contains("demo"), "{format:?}");
    }
}

#[test]
fn no_line_of_a_table_is_wider_than_the_terminal() {
    for document in [document(Mode::Demo), quoted(), explained()] {
        for width in [60, 72, 80, 90, 100, 120, 160] {
            for line in text(&document, Format::Table, Some(width)).lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }
}

#[test]
fn a_roll_stands_in_its_row_and_below_every_table() {
    let mut es = future("/ES", "/ESZ6", "/ESZ26:XCME");
    es.roll = Some(Roll {
        from: Symbol("/ESZ6".into()),
        to: Symbol("/ESH7".into()),
        when: RollTime::Ahead {
            by: date(2026, 12, 18),
            days: 8,
        },
    });
    let quoted = RunDocument::quote(&[es.clone()], meta(&gathered(), &coverage()));
    let explained = RunDocument::explain(&[es], &rules(), TODAY, meta(&gathered(), &coverage()));
    let words = "rolls from /ESZ6 to /ESH7 by 2026-12-18, in 8 days";
    let json: Value = serde_json::from_str(&text(&quoted, Format::Json, None)).unwrap();
    assert_eq!(json["rows"][0]["roll"], words);
    assert!(text(&quoted, Format::Plain, None).contains(&format!("\t{words}\t")));
    for document in [quoted, explained] {
        let table = text(&document, Format::Table, Some(80));
        assert!(table.contains(&format!("\n/ES {words}\n")), "{table}");
        assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    }
}

#[test]
fn holes_of_the_same_kind_stand_together_below_a_table() {
    let mut document = document(Mode::Live);
    let hole = |symbol: &str, field| MissingField {
        symbol: Symbol(symbol.into()),
        field,
        tried: attempts(),
    };
    let ranks = (0..10).map(|number| hole(&format!("S{number}"), Field::IvRank));
    document.coverage.missing = ranks
        .chain([
            hole("VXN", Field::Hv90),
            hole("VXN", Field::Iv),
            hole("VXN", Field::Price),
        ])
        .collect();
    let shown = text(&document, Format::Table, None);
    assert!(
        shown.contains(
            "price, iv, hv90 missing (1): VXN (rest: null; dxlink-candles: 12 bars, 91 needed); iv_rank missing (10): \
             S0, S1, S2, S3, S4, S5, S6, S7 and 2 more (rest: null;"
        ),
        "{shown}"
    );
}

#[test]
fn escape_codes_are_written_only_when_asked_for() {
    let shown = |color| {
        let mut out = Vec::new();
        write(
            &document(Mode::Demo),
            &Style { width: Some(80), color },
            Format::Table,
            &mut out,
        )
        .unwrap();
        String::from_utf8(out).unwrap()
    };
    assert!(!shown(false).contains('\u{1b}'));
    assert!(shown(true).contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&shown(true)).to_string(), shown(false));
}

#[test]
fn numbers_that_are_none_are_null_and_never_nan() {
    let mut record = share("X");
    record.set(Field::Beta, rest(f64::NAN, ""));
    record.set(Field::CorrSpy, rest(f64::INFINITY, ""));
    record.set(Field::IvChange5d, rest(-0.0, ""));
    let document = RunDocument::quote(&[record], meta(&gathered(), &coverage()));
    let row: Value = serde_json::from_str(&text(&document, Format::Json, None)).unwrap();
    assert_eq!(row["rows"][0]["beta"], Value::Null);
    assert_eq!(row["rows"][0]["corr_spy"], Value::Null);
    assert_eq!(row["rows"][0]["iv_change_5d"].to_string(), "0.0");
    for format in [Format::Table, Format::Plain, Format::Csv] {
        let text = text(&document, format, None).to_lowercase();
        let wrong = |cell: &str| ["nan", "inf", "-0", "-0.0", "-0.0%"].contains(&cell);
        assert!(!text.split([' ', '\t', ',', '\n']).any(wrong), "{text}");
    }
}

#[test]
fn the_columns_are_the_keys_of_a_row_in_their_order() {
    let row = serde_json::to_string(&document(Mode::Live).rows[0]).unwrap();
    let mut rest = row.as_str();
    for column in row_columns() {
        let key = format!("\"{column}\":");
        let at = rest
            .find(&key)
            .unwrap_or_else(|| panic!("{column} is not a key after the columns before it"));
        rest = &rest[at + key.len()..];
    }
    let keys = serde_json::from_str::<serde_json::Map<String, Value>>(&row).unwrap();
    assert_eq!(
        keys.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        row_columns().into_iter().collect()
    );
}

#[test]
fn the_schema_knows_every_key_of_every_document() {
    let schema = schema().to_value();
    for document in [document(Mode::Live), quoted(), explained()] {
        known(&serde_json::to_value(&document).unwrap(), &schema, &schema, "$");
    }
}

#[test]
fn a_quote_has_rows_and_no_rules() {
    let value = serde_json::to_value(quoted()).unwrap();
    for key in ["profile", "thresholds", "rejected", "explained"] {
        assert_eq!(value.get(key), None);
    }
    assert_eq!(value["rows"][0]["score"], Value::Null);
    assert_eq!(value["rows"][0]["held"], Value::Null);
}

#[test]
fn text_from_outside_cannot_steer_a_terminal_or_a_spreadsheet() {
    let mut run = gathered();
    run.errors = vec![RunError {
        source: "rest",
        code: "http_502".to_owned(),
        message: "bad\u{1b}[31m gate\u{202e}way\r\nnext".to_owned(),
    }];
    let mut record = share("X");
    record.asset_class = "=1+1\tX".into();
    let document = RunDocument::quote(&[record], meta(&run, &coverage()));
    let table = text(&document, Format::Table, Some(80));
    assert!(table.contains("! rest http_502: bad[31m gatewaynext"));
    assert!(!table.contains(['\u{1b}', '\u{202e}', '\r']));
    assert!(text(&document, Format::Csv, None).contains(",'=1+1X,"));
    assert_eq!(text(&document, Format::Plain, None).lines().count(), 2);
}

fn text(document: &RunDocument, format: Format, width: Option<usize>) -> String {
    let mut out = Vec::new();
    write(document, &Style { width, color: false }, format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn screened(width: Option<usize>, mode: Mode) -> String {
    text(&document(mode), Format::Table, width)
}

fn document(mode: Mode) -> RunDocument {
    let records = records();
    let report: Report<'_> = run(&records, &held(), TODAY);
    let run = Run { mode, ..gathered() };
    RunDocument::screen(&report, &View::default(), meta(&run, &coverage()))
}

fn quoted() -> RunDocument {
    let mut option = empty("SPY   261218C00600000", Kind::EquityOption, "Equity");
    option.set(Field::Price, dxlink(Price::new(12.345).unwrap(), "quote mid"));
    option.set(Field::Bid, dxlink(Price::new(12.33).unwrap(), "quote"));
    option.set(Field::Ask, dxlink(Price::new(12.36).unwrap(), "quote"));
    option.set(Field::Delta, dxlink(0.512, "Greeks"));
    option.set(Field::Gamma, dxlink(0.0123, "Greeks"));
    option.set(Field::Theta, dxlink(-0.211, "Greeks"));
    option.set(Field::Vega, dxlink(0.634, "Greeks"));
    option.set(Field::Rho, dxlink(0.222, "Greeks"));
    option.set(Field::OptionIv, dxlink(Vol::new(0.1712).unwrap(), "Greeks"));
    let mut records = records();
    records.push(option);
    RunDocument::quote(
        &records,
        meta(
            &Run {
                delayed: true,
                ..gathered()
            },
            &coverage(),
        ),
    )
}

fn explained() -> RunDocument {
    let records = records();
    RunDocument::explain(
        &records[3..],
        &held(),
        TODAY,
        meta(
            &Run {
                partial: true,
                ..gathered()
            },
            &coverage(),
        ),
    )
}

fn held() -> Rules {
    let mut rules = rules();
    rules.choices.held_symbols = BTreeSet::from([Symbol("GLD".into())]);
    rules
}

/// Two shares and a future that pass, one that is cheap and one with a hole.
fn records() -> Vec<Record> {
    let mut gld = volatility(share("GLD"), 0.22, 0.24);
    gld.set(Field::Price, dxlink(Price::new(371.255).unwrap(), "quote mid"));
    gld.set(Field::EarningsDate, rest(date(2026, 11, 25), "estimated"));
    gld.set(Field::Volume, dxlink(8_123_456.0, "trade"));
    gld.notes = vec![crate::market::Note::EarningsEstimated];
    let mut yen = volatility(future("/6J", "/6JZ6", "/6JZ26:XCME"), 0.24, 0.16);
    yen.set(Field::Price, dxlink(Price::new(0.006_821_5).unwrap(), "quote mid"));
    yen.set(
        Field::IvPercentile,
        rest(Rank::new(62.4).unwrap(), "share of days below"),
    );
    let es = future("/ES", "/ESZ6", "/ESZ26:XCME");
    yen.asset_class = "Currency".into();
    let cheap = volatility(share("TLT"), 0.33, 0.34);
    let mut hole = share("XYZ");
    hole = hole.without(&[Field::Hv90, Field::VrpStructural, Field::Vtr]);
    hole.missing = vec![Missing {
        field: Field::Hv90,
        tried: attempts(),
    }];
    vec![gld, yen, es, cheap, hole]
}

fn attempts() -> Vec<Attempt> {
    vec![
        Attempt {
            source: Source::Rest,
            reason: "null".into(),
        },
        Attempt {
            source: Source::DxlinkCandles,
            reason: "12 bars, 91 needed".into(),
        },
    ]
}

fn coverage() -> Coverage {
    Coverage {
        requested: 5,
        complete: 4,
        ratio: 0.8,
        fields: BTreeMap::from([(Field::Price, 1.0), (Field::IvChange5d, 0.0), (Field::Hv90, 0.8)]),
        unjudged: Vec::new(),
        missing: vec![
            MissingField {
                symbol: Symbol("/ES".into()),
                field: Field::LiquidityRating,
                tried: Vec::new(),
            },
            MissingField {
                symbol: Symbol("XYZ".into()),
                field: Field::Hv90,
                tried: attempts(),
            },
            MissingField {
                symbol: Symbol("/6J".into()),
                field: Field::LiquidityRating,
                tried: Vec::new(),
            },
            MissingField {
                symbol: Symbol("GLD".into()),
                field: Field::Beta,
                tried: Vec::new(),
            },
        ],
    }
}

fn gathered() -> Run {
    let state = SourceState::Ok;
    Run {
        mode: Mode::Live,
        delayed: false,
        partial: false,
        stopped_by: StoppedBy::Complete,
        sources: Sources {
            dxlink: FeedState {
                state,
                connections: 1,
                gaps: 0,
                events: 42,
                dropped: 0,
                reason: None,
            },
            rest: RestState {
                state: SourceState::Degraded,
                requests: 4,
                retries: 1,
                reason: Some("slow".to_owned()),
            },
            legacy: LegacyState {
                state: SourceState::Unused,
                requests: 0,
                reason: None,
            },
            store: StoreState {
                state: SourceState::Unused,
                values: 0,
                reason: None,
            },
        },
        timing: Timing {
            token: Some(210),
            handshake: Some(305),
            stream: Some(1100),
            rest: None,
            total: 1843,
        },
        errors: Vec::new(),
    }
}

fn meta<'a>(run: &'a Run, coverage: &'a Coverage) -> Meta<'a> {
    Meta {
        coverage,
        run,
        recorded: None,
        generated_at: "2026-11-20T15:30:02.5Z".parse().unwrap(),
    }
}

/// Panics at a key of `value` that `schema` does not name.
fn known(value: &Value, schema: &Value, root: &Value, path: &str) {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(name.trim_start_matches('#')).unwrap();
        return known(value, target, root, path);
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let choice = choices
            .iter()
            .find(|choice| choice.get("type") != Some(&Value::from("null")))
            .unwrap();
        if !value.is_null() {
            known(value, choice, root, path);
        }
        return;
    }
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let path = format!("{path}.{key}");
                let schema = schema["properties"]
                    .get(key)
                    .unwrap_or_else(|| panic!("{path} is not in the schema"));
                known(value, schema, root, &path);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| known(item, &schema["items"], root, path)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
