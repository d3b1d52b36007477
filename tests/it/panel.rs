//! `variance vol --bars`: anyone's own bars, measured offline.

use serde_json::Value;

use crate::run::Run;

const OHLC: &str = include_str!("../data/golden/ohlc.csv");
const ESTIMATORS: &str = include_str!("../data/golden/hv_estimators.csv");
const FORECASTS: &str = include_str!("../data/golden/forecast.csv");
const CONES: &str = include_str!("../data/golden/vol_cone.csv");

#[test]
fn the_document_holds_the_golden_values_of_every_estimator_and_the_cone() {
    let document = vol("mix_02", "--windows 30,60,30").document();
    assert_eq!(document["command"], "vol");
    assert_eq!(document["source"], "file");
    let rows = document["rows"].as_array().unwrap();
    assert_eq!(
        rows.iter().map(|row| row["days"].as_u64().unwrap()).collect::<Vec<_>>(),
        [30, 60]
    );
    let last = document["last"].as_str().unwrap();
    for row in rows {
        let days = row["days"].to_string();
        let golden = golden(ESTIMATORS, |cells| {
            cells[0] == "mix_02" && cells[1] == days && cells[2] == last
        });
        for (key, column) in [
            ("close_to_close", 6),
            ("close_to_close_zero_mean", 7),
            ("parkinson", 8),
            ("garman_klass", 9),
            ("garman_klass_gap", 10),
            ("rogers_satchell", 11),
            ("yang_zhang", 12),
        ] {
            near(&row[key], &golden[column]);
        }
        let golden = golden_cone(&days);
        for (key, column) in [
            ("windows", 2),
            ("min", 3),
            ("p25", 5),
            ("p50", 6),
            ("max", 9),
            ("today", 10),
        ] {
            near(&row["cone"][key], &golden[column]);
        }
        let below: f64 = golden[11].parse().unwrap();
        near(&row["cone"]["percentile"], &(below * 100.0).to_string());
        assert_eq!(row["missing"], serde_json::json!({}));
    }
    assert_eq!(document["ewma"]["lambda"], 0.94);
}

#[test]
fn the_forecast_of_garch_is_that_of_the_golden_fit() {
    let forecast = &vol("garch_a", "").document()["forecast"];
    let golden = golden(FORECASTS, |cells| cells[0] == "garch_a");
    let number = |column: usize| -> f64 { golden[column].parse().unwrap() };
    let (omega, persistence, tomorrow) = (number(9), number(10) + number(11), number(13));
    let long_run = omega / (1.0 - persistence);
    let ahead = (0..21).map(|day| long_run + (tomorrow.powi(2) / 252.0 * 1e4 - long_run) * persistence.powi(day));
    let wanted = (ahead.sum::<f64>() / 21.0 * 252.0 / 1e4).sqrt();
    let garch = &forecast["models"][1];
    assert_eq!((&forecast["sessions"], &garch["model"]), (&21.into(), &"garch".into()));
    let found = garch["vol"].as_f64().unwrap();
    assert!((found / wanted - 1.0).abs() < 0.01, "{found} for {wanted}");
}

#[test]
fn a_model_that_cannot_be_fitted_is_told_in_every_format() {
    let few = "no forecast by HAR (Corsi 2009), GARCH(1,1) (Bollerslev 1986): 30 bars, 250 needed";
    let models = &vol("short_030", "").document()["forecast"]["models"];
    for model in models.as_array().unwrap() {
        assert_eq!(
            (&model["vol"], &model["reason"]),
            (&Value::Null, &"30 bars, 250 needed".into())
        );
    }
    let table = vol("short_030", "--format table").env("COLUMNS", "100").answer().done();
    assert!(table.stdout.contains(few), "{}", table.stdout);
    vol("short_030", "--format csv").answer().done().saying(&[few]);
}

#[test]
fn a_window_longer_than_the_history_is_null_with_its_reason() {
    let row = &vol("short_030", "--windows 30").document()["rows"][0];
    assert!(row["close_to_close"].is_null() && row["cone"].is_null());
    assert!(row["parkinson"].is_f64());
    assert_eq!(row["missing"]["close_to_close"], "30 bars, 31 needed");
    let table = vol("short_030", "--format table --windows 30").answer().done().stdout;
    assert!(table.contains("30 days: 30 bars, 31 needed"), "{table}");
}

#[test]
fn an_unadjusted_split_is_said_in_the_table_and_in_the_document() {
    let table = vol("split_4to1_raw", "--format table").answer().done().stdout;
    assert!(table.contains("SPLIT?") && table.contains("4:1"), "{table}");
    let document = vol("split_4to1_raw", "").document();
    assert_eq!(document["split_alarms"][0]["new"], 4);
    assert_eq!(vol("gbm_mid", "").document()["split_alarms"], serde_json::json!([]));
}

#[test]
fn bad_bars_are_dropped_and_counted() {
    let document = vol("nan_bars", "--windows 20").document();
    let dropped = &document["bars"]["dropped"];
    let total: u64 = ["absent", "zero", "not_enclosing"]
        .iter()
        .map(|key| dropped[key].as_u64().unwrap())
        .sum();
    assert_eq!((document["bars"]["used"].as_u64(), total), (Some(275), 25));
    let table = vol("nan_bars", "--format table").answer().done().stdout;
    assert!(table.contains("dropped: 25 bars"), "{table}");
}

#[test]
fn every_remark_stands_in_the_document_or_on_stderr() {
    let said = [
        ("split_4to1_raw", "SPLIT?"),
        ("nan_bars", "dropped: 25 bars"),
        ("short_030", "30 bars, 31 needed"),
    ];
    for (series, remark) in said {
        let answer = |format: &str| vol(series, &format!("--format {format} --windows 30")).answer().done();
        let table = answer("table");
        assert!(table.stdout.contains(remark), "{}", table.stdout);
        for format in ["table", "json", "jsonl"] {
            assert_eq!(answer(format).stderr, "", "{series} {format}");
        }
        for format in ["plain", "csv"] {
            let grid = answer(format);
            assert!(!grid.stdout.contains(remark), "{}", grid.stdout);
            let told = grid.stderr.lines().filter(|line| line.contains(remark));
            assert_eq!(told.count(), 1, "{}", grid.stderr);
            assert!(
                grid.stderr.lines().all(|line| line.starts_with("variance: ")),
                "{}",
                grid.stderr
            );
        }
        assert_eq!(vol(series, "--format csv --quiet").answer().done().stderr, "");
    }
}

#[test]
fn the_table_shows_a_chart_with_today_on_it_and_fits_the_terminal() {
    let table = vol("gbm_mid", "--format table").answer().done().stdout;
    assert!(table.contains('◆') && table.contains('█'), "{table}");
    assert!(table.contains("Yang-Zhang") && table.contains("Median"), "{table}");
    for width in ["40", "80", "100"] {
        let narrow = vol("gbm_mid", "--format table")
            .env("COLUMNS", width)
            .answer()
            .done()
            .stdout;
        let most: usize = width.parse().unwrap();
        assert!(narrow.lines().all(|line| line.chars().count() <= most), "{narrow}");
        assert!(narrow.contains("Today"), "{narrow}");
        assert_eq!(narrow.contains('◆'), most >= 80, "{narrow}");
    }
}

#[test]
fn plain_csv_and_json_lines_hold_the_same_rows() {
    let plain = vol("gbm_mid", "--windows 20,60").answer().done();
    let header = plain.stdout.lines().next().unwrap();
    assert!(
        header.starts_with("days\tclose_to_close\t") && header.ends_with("\tcone_percentile"),
        "{header}"
    );
    assert_eq!(plain.column("days"), ["20", "60"]);
    let csv = vol("gbm_mid", "--windows 20,60 --format csv").answer().done().stdout;
    assert_eq!(csv.replace(',', "\t"), plain.stdout);
    let lines = vol("gbm_mid", "--windows 20,60 --format jsonl").answer().done().stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines
            .iter()
            .map(|line| line["type"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["meta", "row", "row", "summary"]
    );
    assert_eq!(lines[2]["days"], 60);
}

#[test]
fn bars_may_come_from_stdin_with_other_columns_and_moments_for_dates() {
    let bars = "Date,Open,High,Low,Close,Adj Close,Volume\n\
        2025-11-25 00:00:00-05:00,10,11,9,10,5,1\n\
        2025-11-26T00:00:00Z,10,11,9,10.5,5,1\n\
        2025-11-27,null,11,9,10,5,1\n\
        2025-11-28,10,11,9,10,5,1\n";
    let document = Run::new("vol --bars - --windows 2").stdin(bars).document();
    assert_eq!(document["bars"]["used"], 3);
    assert_eq!(document["bars"]["dropped"]["absent"], 1);
    assert_eq!(document["last"], "2025-11-28");
    let hv = document["rows"][0]["close_to_close"].as_f64();
    assert!(hv.unwrap() > 0.5, "Thanksgiving leaves no hole");
}

#[test]
fn a_window_over_a_session_without_a_sound_bar_has_a_reason_and_no_number() {
    let bars = "date,open,high,low,close\n\
        2026-11-13,10,11,9,10\n\
        2026-11-16,10,11,9,10.5\n\
        2026-11-17,10,11,9,null\n\
        2026-11-18,10,11,9,10\n\
        2026-11-19,10,11,9,10.5\n\
        2026-11-20,10,11,9,10\n";
    let run = || Run::new("vol --bars mine.csv --windows 2,4").file("mine.csv", bars);
    let document = run().document();
    let [sound, broken] = [0, 1].map(|at| document["rows"][at].as_object().unwrap());
    let reason = "a session of the window has no sound bar";
    for estimator in [
        "close_to_close",
        "parkinson",
        "garman_klass",
        "rogers_satchell",
        "yang_zhang",
    ] {
        assert!(sound[estimator].is_f64(), "{estimator}");
        assert!(broken[estimator].is_null(), "{estimator}");
        assert_eq!(broken["missing"][estimator], reason);
    }
    assert!(broken["cone"].is_null());
    let table = run().arg("--format=table").answer().done().stdout;
    assert!(table.contains(&format!("4 days: {reason}")), "{table}");
    let ewma = &document["ewma"];
    assert_eq!((&ewma["left_out"], &ewma["reason"]), (&1.into(), &Value::Null));
    let [first, third, fourth] =
        [(10.5_f64, 10.0), (10.5, 10.0), (10.0, 10.5)].map(|(to, from): (f64, f64)| (to / from).ln().powi(2));
    let variance = 0.94 * (0.94 * first + 0.06 * third) + 0.06 * fourth;
    assert!(
        (ewma["vol"].as_f64().unwrap() - (variance * 252.0).sqrt()).abs() < 1e-12,
        "{ewma}"
    );
    assert!(
        table.contains("without 1 return over a session that has no sound bar"),
        "{table}"
    );
}

#[test]
fn what_is_no_history_says_where() {
    let told = |bars: &str, parts: &[&str]| {
        Run::new("vol --bars mine.csv")
            .file("mine.csv", bars)
            .answer()
            .ended(74)
            .saying(parts);
    };
    told("date,open,high,low\n", &["mine.csv", "no column close"]);
    told("date,open,high,low,close,close\n", &["two columns close"]);
    told("date,open,high,low,close\n", &["no line below the header"]);
    told("date,open,high,low,close\n2026-11-20,0,1,0,1\n", &["no bar counts"]);
    told(
        "date,open,high,low,close\n2026-11-20,1,1,1,x1\n",
        &["line 2", "x1", "not a price"],
    );
    told(
        "date,open,high,low,close\n11/20/2026,1,1,1,1\n",
        &["line 2", "not a date"],
    );
    told("date,open,high,low,close\n2026-11-20,1,1\n", &["line: 2"]);
    Run::new("vol --bars nosuch.csv")
        .answer()
        .ended(74)
        .saying(&["nosuch.csv"]);
    Run::new("vol").answer().ended(2).saying(&["--bars"]);
    Run::new("vol --bars x.csv --windows 1")
        .answer()
        .ended(2)
        .saying(&["2 to 2520"]);
}

fn vol(series: &str, options: &str) -> Run {
    let rows = OHLC.lines().filter_map(|line| line.strip_prefix(&format!("{series},")));
    let bars: String = rows
        .filter_map(|row| Some(format!("{}\n", row.split_once(',')?.1)))
        .collect();
    Run::new(&format!("vol --bars mine.csv {options}")).file("mine.csv", format!("date,open,high,low,close\n{bars}"))
}

fn golden_cone(days: &str) -> Vec<String> {
    golden(CONES, |cells| cells[0] == "mix_02" && cells[1] == days)
}

fn golden(table: &str, wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
    let rows = table
        .lines()
        .map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    rows.into_iter().find(|cells| wanted(cells)).unwrap()
}

fn near(found: &Value, wanted: &str) {
    let (found, wanted): (f64, f64) = (found.as_f64().unwrap(), wanted.parse().unwrap());
    assert!((found - wanted).abs() <= 1e-9 * wanted.abs(), "{found} for {wanted}");
}
