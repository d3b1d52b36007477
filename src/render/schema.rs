//! The JSON Schema of what is printed.

use schemars::generate::SchemaSettings;

use super::history::History;
use super::run::RunDocument;
use super::vol::{OfFile, OfSymbol};

/// The JSON Schema of every document: that of a run, those of `vol` and that of `history`.
pub fn schema() -> schemars::Schema {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let documents = [
        generator.subschema_for::<RunDocument>(),
        generator.subschema_for::<OfSymbol<'_>>(),
        generator.subschema_for::<OfFile<'_>>(),
        generator.subschema_for::<History>(),
    ];
    schemars::json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "variance output",
        "anyOf": documents,
        "$defs": generator.take_definitions(true),
    })
}
