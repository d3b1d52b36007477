//! Cells of `plain` and `csv`. They are made of the JSON values, so that all formats agree to the last digit.

use std::io;

use serde::Serialize;
use serde_json::{Map, Value};

use super::text::clean;

pub(super) fn object(value: &impl Serialize) -> io::Result<Map<String, Value>> {
    match serde_json::to_value(value)? {
        Value::Object(object) => Ok(object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Ok(Map::new()),
    }
}

/// A cell: nothing for `null`, words of a list and keys of an object with spaces between, `key=source` where an object
/// names a source.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => guarded(&clean(text)),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| match value.get("source") {
                Some(source) => format!("{key}={}", text(source)),
                None => key.clone(),
            };
            entries.iter().map(entry).collect::<Vec<_>>().join(" ")
        }
    }
}

/// A spreadsheet takes a text that begins like this for a formula. No symbol does.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
