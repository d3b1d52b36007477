//! Values of fields by name, for machines and for people.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use serde_json::{Map, json};

use super::number::{count, fixed, or_unknown, percent, price};
use crate::market::{Field, FieldMap, FieldType, FieldValue};

/// Which fields stand in a document, and in which order.
pub trait Fields {
    /// The fields.
    fn fields() -> impl Iterator<Item = Field>;

    /// Whether a rating is a whole number in it.
    const WHOLE_RATINGS: bool = true;
}

/// Every field.
#[derive(Debug)]
pub enum Every {}

/// Those that the store keeps of each session.
#[derive(Debug)]
pub enum Kept {}

/// Those of an option in a chain.
#[derive(Debug)]
pub enum OfOption {}

/// The values of some fields, `null` where there is none.
pub struct Values<F> {
    values: FieldMap<FieldValue>,
    fields: PhantomData<F>,
}

impl Fields for Every {
    fn fields() -> impl Iterator<Item = Field> {
        Field::ALL.into_iter()
    }
}

impl Fields for Kept {
    fn fields() -> impl Iterator<Item = Field> {
        Field::kept()
    }

    const WHOLE_RATINGS: bool = false;
}

impl Fields for OfOption {
    fn fields() -> impl Iterator<Item = Field> {
        OF_OPTION.into_iter()
    }
}

impl<F: Fields> Values<F> {
    /// Those of `values` that are of its fields.
    pub(super) fn new(values: FieldMap<FieldValue>) -> Self {
        let fields = PhantomData;
        Self { values, fields }
    }

    /// What `field` holds.
    pub fn get(&self, field: Field) -> Option<FieldValue> {
        self.values.get(field).copied()
    }

    /// The number that `field` holds.
    pub fn number(&self, field: Field) -> Option<f64> {
        self.get(field)?.number()
    }

    /// The value of `field` as people read it.
    pub(super) fn shown(&self, field: Field) -> String {
        let number = self.number(field);
        match field.holds() {
            FieldType::Price => price(number),
            FieldType::Vol | FieldType::Fraction => percent(number),
            FieldType::Rank | FieldType::Rating => fixed(number, 0),
            FieldType::Number(decimals) => fixed(number, decimals),
            FieldType::Count => count(number),
            FieldType::Day => or_unknown(self.get(field).and_then(FieldValue::day)),
        }
    }
}

impl<F> Clone for Values<F> {
    fn clone(&self) -> Self {
        let (values, fields) = (self.values.clone(), PhantomData);
        Self { values, fields }
    }
}

impl<F> PartialEq for Values<F> {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl<F> fmt::Debug for Values<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.values.iter()).finish()
    }
}

impl<F: Fields> Serialize for Values<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(F::fields().map(|field| (field.name(), self.values.get(field))))
    }
}

impl<F: Fields> JsonSchema for Values<F> {
    fn schema_name() -> Cow<'static, str> {
        "Values".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let property = |field: Field| {
            let about = field.description();
            let schema = match field.holds() {
                FieldType::Rating if F::WHOLE_RATINGS => {
                    json!({"description": about, "type": ["integer", "null"], "format": "int64"})
                }
                FieldType::Day => json!({"description": about, "type": ["string", "null"]}),
                FieldType::Price
                | FieldType::Vol
                | FieldType::Rank
                | FieldType::Rating
                | FieldType::Number(_)
                | FieldType::Fraction
                | FieldType::Count => json!({"description": about, "type": ["number", "null"], "format": "double"}),
            };
            (field.name().to_owned(), schema)
        };
        json_schema!({
            "type": "object",
            "properties": F::fields().map(property).collect::<Map<_, _>>(),
            "required": F::fields().map(Field::name).collect::<Vec<_>>(),
        })
    }
}

const OF_OPTION: [Field; 12] = [
    Field::Price,
    Field::Bid,
    Field::Ask,
    Field::Last,
    Field::Volume,
    Field::OpenInterest,
    Field::OptionIv,
    Field::Delta,
    Field::Gamma,
    Field::Theta,
    Field::Vega,
    Field::Rho,
];
