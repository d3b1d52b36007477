//! What every run keeps, whatever goes wrong.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Ended;
use super::script::Plan;
use super::truth::{self, Truth};
use crate::schema::sourced_fields;

/// What a run was seen to do.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Everything in which it breaks a promise.
    pub(super) broken: Vec<String>,
    /// How many values were compared with what the venue serves, by field and source.
    pub(super) compared: BTreeMap<(String, String), usize>,
}

/// What `ended` shows.
pub(super) fn findings(plan: &Plan, ended: &Ended) -> Findings {
    let mut findings = Findings::default();
    let broken = &mut findings.broken;
    let Ended::Done { code, stdout, stderr } = ended else {
        broken.push(format!("it did not end within {:?}", plan.bound()));
        return findings;
    };
    if stderr.contains("panicked") {
        broken.push("it panicked".to_owned());
    }
    if *code != 0 && stderr.trim().is_empty() {
        broken.push("it failed without a word".to_owned());
    }
    match code {
        76 if !may_garble(plan) => broken.push("nobody said what cannot be understood".to_owned()),
        0 | 65 | 69 | 75 | 76 => match serde_json::from_str(stdout) {
            Ok(document) => of_document(plan, *code, &document, &mut findings),
            Err(error) => broken.push(format!("the document cannot be read: {error}")),
        },
        77 if !stdout.is_empty() => broken.push("refused credentials, and yet a document".to_owned()),
        77 if !may_refuse(plan) => broken.push("nobody refused the credentials".to_owned()),
        77 => {}
        other => broken.push(format!("the exit code is {other}")),
    }
    findings
}

/// Whether the script lets the venue turn credentials down.
fn may_refuse(plan: &Plan) -> bool {
    let refusals = [" 400", " 401", " 403"];
    plan.rules
        .iter()
        .any(|rule| rule.starts_with("rest") && refusals.iter().any(|status| rule.contains(status)))
}

/// Whether the script lets the venue say what is no answer.
fn may_garble(plan: &Plan) -> bool {
    let garbled = [" html", " status 200", " status 204", " truncate"];
    plan.rules
        .iter()
        .any(|rule| rule.starts_with("rest") && garbled.iter().any(|effect| rule.contains(effect)))
}

fn of_document(plan: &Plan, code: i32, document: &Value, findings: &mut Findings) {
    findings.of_rows(document, truth::of(plan.venue));
    let broken = &mut findings.broken;
    let rows = document["rows"].as_array().unwrap();
    let mut printed: Vec<&str> = rows.iter().filter_map(|row| row["symbol"].as_str()).collect();
    let mut asked = plan.symbols.to_vec();
    printed.sort_unstable();
    asked.sort_unstable();
    if printed != asked {
        broken.push(format!("asked for {asked:?}, printed {printed:?}"));
    }
    let complete = rows
        .iter()
        .filter(|row| required(row).iter().all(|field| !row[*field].is_null()));
    let (complete, counted) = (complete.count(), &document["coverage"]["complete"]);
    if *counted != complete {
        broken.push(format!("{complete} rows are complete, counted are {counted}"));
    }
    let anything = rows
        .iter()
        .any(|row| sourced_fields().any(|field| !row[field].is_null()));
    if anything && matches!(code, 69 | 75 | 76) {
        broken.push(format!("{code} says that no source answered, but there are values"));
    }
    let complete = document["coverage"]["ratio"].as_f64().unwrap() * 100.0;
    // A complete symbol whose options did not come does not count.
    let unjudged = document["coverage"]["unjudged"].as_array().unwrap().iter();
    let is_complete = |symbol: &&Value| !holes_of(document).any(|hole| hole["symbol"] == **symbol);
    let lost = unjudged.filter(is_complete).count();
    let counted = complete - 100.0 * lost as f64 / rows.len().max(1) as f64;
    let enough = plan
        .require_complete
        .is_none_or(|required| counted + 1e-9 >= required as f64);
    if (code == 0 && !enough) || (code == 65 && enough) {
        broken.push(format!(
            "{code} at {counted} %, with {:?} required",
            plan.require_complete
        ));
    }
    if document["partial"] == true && plan.deadline.is_none() {
        broken.push("it was cut off, though there was no deadline".to_owned());
    }
    let dxlink = &document["sources"]["dxlink"];
    if (dxlink["state"] == "disabled") == plan.dxlink {
        broken.push(format!("the feed is {}", dxlink["state"]));
    }
    if dxlink["state"] == "failed" && dxlink["reason"].as_str().is_none_or(str::is_empty) {
        broken.push("the feed failed without a reason".to_owned());
    }
}

fn holes_of(document: &Value) -> impl Iterator<Item = &Value> {
    document["coverage"]["missing"].as_array().unwrap().iter()
}

impl Findings {
    /// Every value of `document` against what the venue serves, and every hole against its reasons.
    pub(super) fn of_rows(&mut self, document: &Value, truth: &Truth) {
        for row in document["rows"].as_array().unwrap() {
            self.of_row(row, document, truth);
        }
    }

    fn of_row(&mut self, row: &Value, document: &Value, truth: &Truth) {
        let symbol = row["symbol"].as_str().unwrap();
        let (holes, now) = (&document["coverage"]["missing"], document["generated_at"].as_str());
        for field in sourced_fields() {
            let (origin, tried) = (&row["provenance"][field], &row["missing"][field]);
            if !row[field].is_null() {
                let source = origin["source"].as_str().unwrap_or_default().to_owned();
                *self.compared.entry((field.to_owned(), source)).or_default() += 1;
                self.broken.extend(truth.objection(row, field));
                let as_of = origin["as_of"].as_str();
                if as_of.is_none() || as_of > now {
                    self.tell(row, field, &format!("is as of {as_of:?}, now is {now:?}"));
                }
                continue;
            }
            if !origin.is_null() {
                self.tell(row, field, &format!("is nothing, and yet it is from {origin}"));
            }
            let required = required(row).contains(&field);
            if (required || !tried.is_null() || truth.serves(symbol, field)) && !is_told(tried) {
                self.tell(row, field, &format!("is missing without a reason: {tried}"));
            }
            let hole = |hole: &&Value| hole["symbol"] == symbol && hole["field"] == field;
            let counted = holes.as_array().unwrap().iter().find(hole);
            if required && counted.is_none_or(|counted| counted["tried"] != *tried) {
                self.tell(row, field, "is not in coverage.missing as in the row");
            }
        }
        for what in ["contract", "streamer_symbol"] {
            if !row[what].is_null() && row[what] != truth.name(symbol, what) {
                self.tell(row, what, &format!("is {}", row[what]));
            }
        }
    }

    fn tell(&mut self, row: &Value, field: &str, what: &str) {
        self.broken.push(format!("{} {field} {what}", row["symbol"]));
    }
}

/// What the record is complete with.
fn required(row: &Value) -> &'static [&'static str] {
    if row["kind"].as_str().unwrap().contains("option") {
        &["price", "delta", "gamma", "theta", "vega", "rho", "option_iv"]
    } else {
        &["price", "iv", "iv_rank", "iv_percentile", "hv30", "hv90"]
    }
}

/// Whether there is at least one source, each with a reason.
fn is_told(tried: &Value) -> bool {
    let told = |attempt: &Value| {
        attempt["reason"]
            .as_str()
            .is_some_and(|reason| !reason.trim().is_empty())
    };
    tried
        .as_array()
        .is_some_and(|tried| !tried.is_empty() && tried.iter().all(told))
}
