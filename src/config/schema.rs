//! The JSON Schema of the configuration file, from the types and the ranges.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::Config;
use super::check::RANGES;

/// The JSON Schema (draft 2020-12) of the configuration file. Every key is optional, none beyond them is accepted.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator();
    let mut schema = generator.into_root_schema_for::<Config>().to_value();
    for (pattern, low, high) in RANGES {
        if let Some(key) = find(&mut schema, pattern) {
            key.insert("minimum".to_owned(), low.into());
            key.insert("maximum".to_owned(), high.into());
        }
    }
    schema
}

fn find<'a>(schema: &'a mut Value, pattern: &str) -> Option<&'a mut Map<String, Value>> {
    let mut at = schema;
    for part in pattern.split('.') {
        at = match part {
            "*" => at.get_mut("additionalProperties")?,
            name => at.get_mut("properties")?.get_mut(name)?,
        };
    }
    at.as_object_mut()
}
