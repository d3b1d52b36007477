//! What is screened, by which rules, in which order.

use serde_json::Value;

use crate::run::{Run, row, symbols};

#[test]
fn the_contract_the_mode_and_the_sources_stand_in_every_format() {
    let run = |format: &str| {
        let run = Run::demo("screen --symbols /ES,SPY --all --sort symbol --format");
        run.arg(format).answer().done()
    };
    let document = run("json").document();
    assert_eq!(symbols(&document), ["/ES", "SPY"]);
    assert_eq!(document["mode"], "demo");
    assert_eq!(row(&document, "/ES")["contract"], "/ESZ6");

    let plain = run("plain");
    assert_eq!(plain.column("symbol"), ["/ES", "SPY"]);
    assert_eq!(plain.column("contract"), ["/ESZ6", ""]);
    assert_eq!(plain.column("mode"), ["demo", "demo"]);
    assert!(plain.column("provenance")[0].contains("hv30=dxlink-candles"));

    let csv = run("csv").stdout;
    let records: Vec<Vec<String>> = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(csv.as_bytes())
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect();
    let cells: Vec<Vec<&str>> = plain.stdout.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(records, cells, "csv and plain differ");

    let jsonl = run("jsonl").stdout;
    let lines: Vec<Value> = jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!((kinds[0], kinds[1], kinds[2]), ("meta", "row", "row"));
    assert_eq!(kinds.last(), Some(&"summary"));
    assert_eq!(lines[0]["mode"], "demo");
    assert_eq!(lines[1]["contract"], "/ESZ6");

    let table = run("table").stdout;
    assert!(table.contains("/ESZ6") && table.contains("DEMO DATA"), "{table}");
}

#[test]
fn every_symbol_is_either_a_row_or_rejected_with_its_gate() {
    let document = Run::demo("screen --symbols SPY,/ES,XOM,SHOP,AA,NOSUCH").document();
    let mut seen = symbols(&document);
    for rejected in document["rejected"].as_array().unwrap() {
        let text = rejected["text"].as_str().unwrap();
        assert!(text.contains(": "), "{text}");
        assert!(rejected["gate"].is_string());
        seen.push(rejected["symbol"].as_str().unwrap());
    }
    seen.sort_unstable();
    assert_eq!(seen, ["/ES", "AA", "NOSUCH", "SHOP", "SPY", "XOM"]);
    let ranks: Vec<u64> = document["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["rank"].as_u64().unwrap())
        .collect();
    assert!(ranks.iter().copied().eq(1..=ranks.len() as u64), "{ranks:?}");
    assert_eq!(document["thresholds"]["min_vrp_structural"], 1.1);
}

#[test]
fn watchlists_come_from_a_file_from_stdin_and_from_the_configuration() {
    let list = "\u{feff}symbol\r\n# mine\r\n/ES\r\n\r\nSPY\r\nSPY\r\n";
    let from_file = Run::demo("screen --all --sort symbol --watchlist list.csv").file("list.csv", list);
    assert_eq!(symbols(&from_file.document()), ["/ES", "SPY"]);
    let utf16: Vec<u8> = list.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let from_excel = Run::demo("screen --all --sort symbol --watchlist list.csv").file("list.csv", &utf16);
    assert_eq!(symbols(&from_excel.document()), ["/ES", "SPY"]);
    let from_stdin = Run::demo("screen --all --sort symbol --watchlist -").stdin(list);
    assert_eq!(symbols(&from_stdin.document()), ["/ES", "SPY"]);
    let configured = Run::demo("screen --all --sort symbol").file("list.csv", list).file(
        "config/runtime_config.json",
        r#"{ "universe": { "watchlist": "../list.csv" } }"#,
    );
    assert_eq!(symbols(&configured.document()), ["/ES", "SPY"]);
}

#[test]
fn a_watchlist_that_cannot_be_used_is_named_with_its_line() {
    Run::demo("screen --watchlist none.csv")
        .answer()
        .ended(74)
        .saying(&["none.csv"]);
    let bad = Run::demo("screen --watchlist bad.csv").file("bad.csv", "SPY\nSPY;X\n");
    bad.answer().ended(74).saying(&["bad.csv", "line 2", "SPY;X"]);
    let empty = Run::demo("screen --watchlist empty.csv").file("empty.csv", "symbol\n");
    empty.answer().ended(74).saying(&["empty.csv", "no symbol"]);
    Run::demo("screen --watchlist .").answer().ended(74);
}

#[test]
fn a_profile_brings_its_thresholds_and_a_flag_goes_before_them() {
    let document = Run::demo("screen --symbols SPY --profile broad").document();
    assert_eq!(document["profile"], "broad");
    assert_eq!(document["thresholds"]["min_vrp_structural"], 1.0);
    assert_eq!(document["thresholds"]["min_iv_percentile"], 30.0);
    assert_eq!(document["thresholds"]["allow_illiquid"], true);
    let document =
        Run::demo("screen --symbols SPY --profile High_Quality --min-vrp 0.5 --min-iv-percentile 0").document();
    assert_eq!(document["profile"], "high_quality");
    assert_eq!(document["thresholds"]["min_vrp_structural"], 0.5);
    assert_eq!(document["thresholds"]["min_iv_percentile"], 0.0);
    assert_eq!(document["thresholds"]["min_liquidity_rating"], 4);
    let answer = Run::demo("screen --profile nosuch").answer().ended(2);
    answer.saying(&["nosuch", "balanced", "broad"]);
}

#[test]
fn rows_come_in_the_order_asked_for_and_no_more_than_asked_for() {
    let some = "screen --all --symbols SPY,/ES,AA,XLF,BTC/USD";
    let ranks = |sort: &str| -> Vec<Option<f64>> {
        let document = Run::demo(some).args(["--sort", sort]).document();
        let rows = document["rows"].as_array().unwrap();
        rows.iter().map(|row| row["iv_rank"].as_f64()).collect()
    };
    let down = ranks("iv_rank");
    assert_eq!(down, ranks("iv_rank:desc"));
    assert_eq!(down.last(), Some(&None), "what is missing comes last");
    assert!(down[..4].is_sorted_by(|a, b| a > b), "{down:?}");
    let up = ranks("iv_rank:asc");
    assert_eq!(up.last(), Some(&None));
    assert!(up[..4].is_sorted(), "{up:?}");

    let limited = Run::demo(some).args(["--sort", "symbol", "--limit", "2"]).document();
    assert_eq!(symbols(&limited), ["/ES", "AA"]);
    assert_eq!(
        limited["coverage"]["requested"], 5,
        "a limit is about rows, not about symbols"
    );
    Run::demo("screen --symbols SPY --sort nosuch")
        .answer()
        .ended(2)
        .saying(&["nosuch"]);
    Run::demo("screen --symbols SPY --sort price:up")
        .answer()
        .ended(2)
        .saying(&["asc"]);
    let near = Run::demo("screen --symbols SPY --sort scor").answer().ended(2);
    near.saying(&["score"]);
}

#[test]
fn excluded_symbols_are_rejected_and_held_ones_flagged() {
    let document = Run::demo("screen --all --symbols /ES,SPY,AA --exclude-symbols spy --held-symbols /ESZ6").document();
    assert_eq!(row(&document, "SPY")["rejected"], "Excluded Symbol: SPY");
    let held = row(&document, "/ES");
    assert_eq!(held["held"], true);
    assert!(held["flags"].as_array().unwrap().contains(&"held".into()), "{held}");
    assert_eq!(row(&document, "AA")["held"], false);
}

#[test]
fn asset_classes_are_chosen_and_left_out() {
    let some = "screen --all --symbols /ES,/CL,AA,/6E";
    let rejected = |flag: &str, classes: &str| -> Vec<String> {
        let document = Run::demo(some).args([flag, classes]).document();
        let rejected = document["rejected"].as_array().unwrap();
        let by_class = rejected
            .iter()
            .filter(|one| one["gate"].as_str().unwrap().starts_with("asset_class"));
        by_class.map(|one| one["symbol"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(rejected("--include-asset-classes", "Index,fx"), ["/CL", "AA"]);
    assert_eq!(rejected("--exclude-asset-classes", "commodity,FX"), ["/6E", "/CL"]);
}

#[test]
fn explain_shows_every_gate_and_what_was_tried() {
    let document = Run::demo("explain /ES BTC/USD").document();
    let explained = document["explained"].as_array().unwrap();
    assert_eq!(explained.len(), 2);
    for one in explained {
        let gates: Vec<&str> = one["gates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|gate| gate["gate"].as_str().unwrap())
            .collect();
        assert_eq!(
            gates,
            [
                "kind",
                "data",
                "excluded_symbol",
                "asset_class_include",
                "asset_class_exclude",
                "vrp_structural",
                "volatility_momentum",
                "retail_price",
                "slippage",
                "iv_percentile",
                "yield",
                "liquidity",
                "vrp_tactical"
            ]
        );
    }
    let table = Run::demo("explain /ES BTC/USD --format table").answer().done().stdout;
    for part in ["vrp_structural", "dxlink-candles", "BTC/USD", "not in the answer"] {
        assert!(table.contains(part), "{part:?} is not in\n{table}");
    }
}

#[test]
fn symbols_and_a_watchlist_exclude_each_other() {
    Run::demo("screen --symbols SPY --watchlist x.csv").answer().ended(2);
    Run::demo("screen --symbols ,").answer().ended(2);
}

#[test]
fn each_symbol_is_merged_once_and_again_only_for_news_of_it() {
    let answer = Run::demo("screen --all --limit 400 --json -v").answer().done();
    let document = answer.document();
    let rows = document["rows"].as_array().unwrap();
    let news: usize = rows.iter().map(news).sum();
    assert!(news > 0, "nobody was asked after the others");
    let expected = format!("merged records={} merges={}", rows.len(), rows.len() + news);
    let told = answer.stderr.lines().find(|line| line.contains(" merged ")).unwrap();
    assert!(told.ends_with(&expected), "{told}, {expected}");
}

/// How many sources had something to say of a row after it could first be merged.
fn news(row: &Value) -> usize {
    let text = row.to_string();
    let told = |source: &&str| text.contains(&format!(r#""source":"{source}""#));
    let straddle = !row["missing"]["slippage"].is_null() || !row["slippage"].is_null();
    ["legacy", "model", "proxy"].into_iter().filter(told).count() + usize::from(straddle)
}
