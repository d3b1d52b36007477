//! What every run keeps, whatever goes wrong.

use serde_json::Value;

use super::Ended;
use super::script::Plan;
use super::truth::{self, FIELDS, Truth};

/// Everything in which `ended` breaks a promise.
pub(super) fn broken(plan: &Plan, ended: &Ended) -> Vec<String> {
    let mut broken = Vec::new();
    let Ended::Done { code, stdout, stderr } = ended else {
        return vec![format!("it did not end within {:?}", plan.bound())];
    };
    if stderr.contains("panicked") {
        broken.push("it panicked".to_owned());
    }
    if *code != 0 && stderr.trim().is_empty() {
        broken.push("it failed without a word".to_owned());
    }
    match code {
        0 | 65 | 69 | 75 => match serde_json::from_str(stdout) {
            Ok(document) => of_document(plan, *code, &document, &mut broken),
            Err(error) => broken.push(format!("the document cannot be read: {error}")),
        },
        77 if !stdout.is_empty() => broken.push("refused credentials, and yet a document".to_owned()),
        77 if !may_refuse(plan) => broken.push("nobody refused the credentials".to_owned()),
        77 => {}
        other => broken.push(format!("the exit code is {other}")),
    }
    broken
}

/// Whether the script lets the venue turn credentials down.
fn may_refuse(plan: &Plan) -> bool {
    let refusals = [" 400", " 401", " 403"];
    plan.rules
        .iter()
        .any(|rule| rule.starts_with("rest") && refusals.iter().any(|status| rule.contains(status)))
}

fn of_document(plan: &Plan, code: i32, document: &Value, broken: &mut Vec<String>) {
    let rows = document["rows"].as_array().unwrap();
    let mut printed: Vec<&str> = rows.iter().filter_map(|row| row["symbol"].as_str()).collect();
    let mut asked = plan.symbols.to_vec();
    printed.sort_unstable();
    asked.sort_unstable();
    if printed != asked {
        broken.push(format!("asked for {asked:?}, printed {printed:?}"));
    }
    let truth = truth::of(plan.venue);
    for row in rows {
        of_row(row, truth, document, broken);
    }
    let complete = rows
        .iter()
        .filter(|row| required(row).iter().all(|field| !row[*field].is_null()));
    let (complete, counted) = (complete.count(), &document["coverage"]["complete"]);
    if *counted != complete {
        broken.push(format!("{complete} rows are complete, counted are {counted}"));
    }
    let anything = rows.iter().any(|row| FIELDS.iter().any(|field| !row[*field].is_null()));
    if anything && matches!(code, 69 | 75) {
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

fn of_row(row: &Value, truth: &Truth, document: &Value, broken: &mut Vec<String>) {
    let symbol = row["symbol"].as_str().unwrap();
    let (holes, now) = (&document["coverage"]["missing"], document["generated_at"].as_str());
    for field in FIELDS {
        if !row[*field].is_null() {
            broken.extend(truth.objection(row, field));
            let as_of = row["provenance"][*field]["as_of"].as_str();
            if as_of.is_none() || as_of > now {
                broken.push(format!("{symbol} {field} is as of {as_of:?}, now is {now:?}"));
            }
            continue;
        }
        let required = required(row).contains(field);
        let tried = &row["missing"][*field];
        if (required || truth.serves(symbol, field)) && !is_told(tried) {
            broken.push(format!("{symbol} {field} is missing without a reason: {tried}"));
        }
        let hole = |hole: &&Value| hole["symbol"] == symbol && hole["field"] == *field;
        let counted = holes.as_array().unwrap().iter().find(hole);
        if required && counted.is_none_or(|counted| counted["tried"] != *tried) {
            broken.push(format!("{symbol} {field} is not in coverage.missing as in the row"));
        }
    }
    for (ratio, over, under) in [
        ("vrp_structural", "iv", "hv90"),
        ("vrp_tactical", "iv", "hv30"),
        ("vtr", "hv30", "hv90"),
    ] {
        let Some(value) = row[ratio].as_f64() else { continue };
        let floor = if ratio == "vtr" { 0.0 } else { HV_FLOOR };
        let parts = row[over].as_f64().zip(row[under].as_f64());
        let right = parts.is_some_and(|(over, under)| (over / under.max(floor) - value).abs() <= 1e-9 * value.abs());
        if !right {
            broken.push(format!("{symbol} {ratio} is {value}, of {parts:?}"));
        }
    }
    for what in ["contract", "streamer_symbol"] {
        if !row[what].is_null() && row[what] != *truth.name(symbol, what) {
            broken.push(format!("{symbol} {what} is {}", row[what]));
        }
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

const HV_FLOOR: f64 = 0.05;
