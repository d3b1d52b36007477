//! How answers are spelled: envelopes, decimals as text, time stamps, names out of paths and queries.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::RestAnswer;

/// A JSON answer.
pub(super) fn answer(status: u16, body: &Value) -> RestAnswer {
    RestAnswer {
        status,
        content_type: "application/json",
        body: body.to_string().into_bytes(),
    }
}

/// A success in the envelope.
pub(super) fn data(data: Value, context: &str) -> RestAnswer {
    let envelope = [("data".to_owned(), data), ("context".to_owned(), context.into())];
    answer(200, &Value::Object(Map::from_iter(envelope)))
}

/// A list in the envelope.
pub(super) fn items(items: Vec<Value>, context: &str) -> RestAnswer {
    data(
        Value::Object(Map::from_iter([("items".to_owned(), Value::Array(items))])),
        context,
    )
}

/// A failure in the envelope.
pub(super) fn failure(status: u16, code: &str, message: &str) -> RestAnswer {
    answer(status, &json!({ "error": { "code": code, "message": message } }))
}

/// A query parameter that is wrong.
pub(super) fn invalid(domain: &str, reason: &str) -> RestAnswer {
    let errors = json!([{ "domain": domain, "reason": reason }]);
    let error = json!({ "code": "validation_error", "message": "Request validation failed", "errors": errors });
    answer(400, &json!({ "error": error }))
}

/// Nothing of that name.
pub(super) fn not_found() -> RestAnswer {
    failure(404, "record_not_found", "Couldn't find record")
}

/// A number as decimal text with at least one decimal: `6701.25`, `50.0`, `0.0000005`.
pub(super) fn decimal(value: f64) -> String {
    let text = format!("{value}");
    if text.contains('.') { text } else { text + ".0" }
}

/// A number as text with nine decimals, the way fractions are published.
pub(super) fn fraction(value: f64) -> String {
    format!("{value:.9}")
}

/// `2026-11-20T20:59:58.412Z`.
pub(super) fn zulu(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// `2026-11-20T20:59:58.412+00:00`.
pub(super) fn offset(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string()
}

/// A path segment with its percent escapes undone; `+`, `=` and `&` stand for themselves.
pub(super) fn unescaped(segment: &str) -> String {
    let literal = segment.replace('+', "%2B").replace('=', "%3D").replace('&', "%26");
    url::form_urlencoded::parse(literal.as_bytes())
        .map(|(name, _)| name.into_owned())
        .collect()
}

/// The values of the parameter `name`, lists taken apart at commas.
pub(super) fn values(query: &str, name: &str) -> Vec<String> {
    let pairs = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
    let listed = pairs.flat_map(|(_, list)| list.split(',').map(str::to_owned).collect::<Vec<_>>());
    listed.filter(|value| !value.is_empty()).collect()
}
