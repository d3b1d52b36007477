//! The name of a format in the configuration, of which `auto` is none.

use std::iter;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

use crate::render::Format;

pub(super) fn serialize<S: Serializer>(format: &Option<Format>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(format.map_or(AUTO, Format::name))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Format>, D::Error> {
    let name = String::deserialize(deserializer)?;
    let format = Format::named(&name);
    if format.is_some() || name == AUTO {
        return Ok(format);
    }
    let known: Vec<String> = names().map(|known| format!("`{known}`")).collect();
    let known = known.join(", ");
    Err(D::Error::custom(format_args!(
        "unknown variant `{name}`, expected one of {known}"
    )))
}

pub(super) fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": names().collect::<Vec<_>>() })
}

fn names() -> impl Iterator<Item = &'static str> {
    iter::once(AUTO).chain(Format::ALL.iter().map(|format| format.name()))
}

const AUTO: &str = "auto";
