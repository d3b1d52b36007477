//! Whether a document is what a JSON Schema says: as much of it as the generated schemas use.

use std::sync::OnceLock;

use serde_json::Value;

use crate::run::Run;

/// The schema of printed documents, as the program prints it.
pub(crate) fn of_output() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| Run::new("config schema --output").answer().done().document())
}

/// The fields of a row that have a source, as the schema names them.
pub(crate) fn sourced_fields() -> impl Iterator<Item = &'static str> {
    let row = &of_output()["$defs"]["Row"]["properties"];
    let fields = row["provenance"]["properties"].as_object().unwrap();
    assert!(fields.keys().all(|field| row[field].is_object()), "a source of nothing");
    fields.keys().map(String::as_str)
}

/// Every key of `value` must be one of `schema`, of the right type, and no required one may be absent.
pub(crate) fn assert_fits(schema: &Value, value: &Value) {
    if let Err(error) = fits(schema, schema, value) {
        panic!("{error}");
    }
}

fn fits(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        fits(root, target.ok_or_else(|| format!("no {reference}"))?, value)?;
    }
    for alternatives in ["anyOf", "oneOf"] {
        if let Some(options) = schema[alternatives].as_array() {
            let tried: Vec<Result<(), String>> = options.iter().map(|option| fits(root, option, value)).collect();
            if !tried.iter().any(Result::is_ok) {
                return Err(format!("{value} is none of: {tried:?}"));
            }
        }
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return Err(format!("{value} is none of {words:?}"));
    }
    if !schema["const"].is_null() && schema["const"] != *value {
        return Err(format!("{value} is not {}", schema["const"]));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|name| is(name, value)) {
        return Err(format!("{value} is not of type {types:?}"));
    }
    if let Some(items) = value.as_array() {
        for item in items.iter().filter(|_| schema["items"].is_object()) {
            fits(root, &schema["items"], item)?;
        }
    }
    if let Some(object) = value.as_object().filter(|_| types.contains(&"object")) {
        for required in schema["required"].as_array().into_iter().flatten() {
            if !object.contains_key(required.as_str().unwrap_or_default()) {
                return Err(format!("{required} is absent"));
            }
        }
        for (key, value) in object {
            let known = &schema["properties"][key];
            let other = &schema["additionalProperties"];
            let own = if known.is_null() { other } else { known };
            let own_name = schema["patternProperties"].is_object() || schema["propertyNames"].is_object();
            if own.is_null() && !own_name || own == &Value::Bool(false) {
                return Err(format!("{key} is not in the schema"));
            }
            fits(root, own, value).map_err(|error| format!("{key}: {error}"))?;
        }
    }
    Ok(())
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}
