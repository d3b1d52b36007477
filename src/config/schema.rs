//! The JSON Schema of the configuration file, from the types and the ranges.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::Config;
use super::check::ranges;

/// The JSON Schema (draft 2020-12) of the configuration file. Every key is optional, none beyond them is accepted.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator();
    let mut schema = generator.into_root_schema_for::<Config>().to_value();
    for range in ranges() {
        if let Some(key) = find(&mut schema, range.key) {
            key.insert("minimum".to_owned(), range.low.into());
            key.insert("maximum".to_owned(), range.high.into());
        }
    }
    // Documents print the weights too, and there a later version may add some.
    if let Some(weights) = find(&mut schema, "screener.weights") {
        weights.insert("additionalProperties".to_owned(), false.into());
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
