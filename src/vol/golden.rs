//! Every golden set through production code, held to its tolerance and to the figures of `docs/golden.md`.

mod chains;
pub(super) mod estimators;
mod options;
mod positions;

use std::collections::BTreeMap;

const PAGE: &str = include_str!("../../docs/golden.md");

/// A row of a set: the cells by the names of the header, blank ones among them.
type Row = BTreeMap<String, String>;

fn rows(csv: &str) -> Vec<Row> {
    csv::Reader::from_reader(csv.as_bytes())
        .deserialize()
        .map(Result::unwrap)
        .collect()
}

/// The number in a cell; `None` when it is blank.
fn number(row: &Row, column: &str) -> Option<f64> {
    let cell = &row[column];
    (!cell.is_empty()).then(|| cell.parse().unwrap())
}

fn present(row: &Row, column: &str) -> f64 {
    number(row, column).unwrap_or_else(|| panic!("no {column} in {row:?}"))
}

/// The error relative to `wanted`, absolute where that is zero.
fn relative(found: f64, wanted: f64) -> f64 {
    let scale = if wanted.abs() > 0.0 { wanted.abs() } else { 1.0 };
    (found - wanted).abs() / scale
}

/// What was compared of one set, against its line in the page.
struct Tally {
    line: &'static str,
    rows: usize,
    worst: f64,
    at: String,
}

impl Tally {
    /// `line` is how the line of the table in the page begins.
    fn of(line: &'static str) -> Self {
        Self {
            line,
            rows: 0,
            worst: 0.0,
            at: String::new(),
        }
    }

    fn row(&mut self) {
        self.rows += 1;
    }

    fn error(&mut self, error: f64, at: impl FnOnce() -> String) {
        assert!(error.is_finite(), "{}: no number at {}", self.line, at());
        if error > self.worst {
            (self.worst, self.at) = (error, at());
        }
    }

    /// Holds the rows to be as many as the page says, and the worst error within what it says was seen and the tolerance.
    fn hold(self, rows: usize, tolerance: f64) {
        let Self { line, worst, at, .. } = self;
        let cells: Vec<&str> = PAGE
            .lines()
            .find(|text| text.starts_with(line))
            .unwrap_or_else(|| panic!("no line {line} in the page"))
            .trim_matches('|')
            .split('|')
            .map(str::trim)
            .collect();
        let first = |cell: usize| -> f64 { cells[cell].split(' ').next().unwrap().replace(',', "").parse().unwrap() };
        assert_eq!(self.rows, rows, "{line}: rows");
        assert_eq!(first(2).to_string(), rows.to_string(), "{line}: rows of the page");
        assert_eq!(first(3).to_bits(), tolerance.to_bits(), "{line}: tolerance of the page");
        assert!(worst <= tolerance, "{line}: {worst:e} at {at}");
        assert!(
            worst <= first(4),
            "{line}: {worst:e} seen at {at}, the page says {:e}",
            first(4)
        );
        assert!(
            first(4) <= tolerance,
            "{line}: the page names an error above the tolerance"
        );
    }
}

#[test]
fn every_line_of_the_page_is_held_by_a_test() {
    let tests = [
        include_str!("golden/chains.rs"),
        include_str!("golden/estimators.rs"),
        include_str!("golden/options.rs"),
        include_str!("golden/positions.rs"),
    ]
    .concat();
    let lines: Vec<&str> = PAGE.lines().filter(|line| line.starts_with("| `")).collect();
    assert!(!lines.is_empty());
    for line in lines {
        let start: String = line.split_inclusive('|').take(3).collect();
        assert!(
            tests.contains(&format!("Tally::of(\"{}", start.trim_end())),
            "no test holds {line}"
        );
    }
}
