//! The compact format: the values of one type, row after row in one flat list.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::event::EventType;
use super::frame::{ColumnMismatch, Decoding};
use super::layout::Column;
use super::row::Row;
use super::value::Cell;

/// The values of one type, by the columns of its layout.
pub(super) struct ValuesSeed<'s, 'a> {
    pub(super) event_type: EventType,
    pub(super) decoding: &'s mut Decoding<'a>,
}

impl<'de> DeserializeSeed<'de> for ValuesSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ValuesSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { event_type, decoding } = self;
        let (columns, assumed) = match decoding.layouts.negotiated(event_type) {
            Some(columns) => (columns, false),
            None => (decoding.layouts.requested(event_type), true),
        };
        let rows_before = decoding.findings.readings.len();
        let unmatched_before = decoding.findings.unmatched;
        let mut rows = Rows {
            columns: &columns,
            at: 0,
            values: 0,
            ragged: false,
            nameless: false,
        };
        while let Some(()) = seq.next_element_seed(ElementSeed {
            event_type,
            rows: &mut rows,
            decoding,
        })? {}

        let ragged = rows.ragged || rows.at != 0;
        if !(ragged || assumed && rows.nameless) {
            decoding.findings.sound.insert(event_type);
            return Ok(());
        }
        decoding.findings.readings.truncate(rows_before);
        decoding.findings.unmatched = unmatched_before;
        if assumed {
            decoding.findings.undecided.insert(event_type);
        } else {
            let ragged = ColumnMismatch {
                columns: columns.len(),
                values: rows.values,
            };
            decoding.findings.ragged.insert(event_type, ragged);
        }
        Ok(())
    }
}

/// Where in the rows the decoder is.
struct Rows<'c> {
    columns: &'c [Column],
    at: usize,
    values: usize,
    ragged: bool,
    nameless: bool,
}

/// One element of the list: a scalar, or by tolerance a whole row in a list of its own.
struct ElementSeed<'s, 'c, 'a> {
    event_type: EventType,
    rows: &'s mut Rows<'c>,
    decoding: &'s mut Decoding<'a>,
}

impl ElementSeed<'_, '_, '_> {
    fn put(self, put: impl FnOnce(Column, &mut Row)) {
        let Self {
            event_type,
            rows,
            decoding,
        } = self;
        rows.values += 1;
        let Some(column) = rows.columns.get(rows.at) else {
            rows.ragged = true;
            return;
        };
        if rows.at == 0 {
            decoding.row.clear();
        }
        put(*column, decoding.row);
        rows.at += 1;
        if rows.at == rows.columns.len() {
            rows.at = 0;
            rows.nameless |= decoding.row.symbol().is_empty();
            if !rows.ragged {
                decoding.take_row(event_type);
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for ElementSeed<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ElementSeed<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
        self.put(|column, row| row.put(column, Cell::Flag(flag)));
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.put(|column, row| row.put(column, Cell::Whole(number)));
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.put(|column, row| row.put(column, Cell::unsigned(number)));
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.put(|column, row| row.put(column, Cell::real(number)));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.put(|column, row| row.put_text(column, text));
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.put(|column, row| row.put(column, Cell::Absent));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self {
            event_type,
            rows,
            decoding,
        } = self;
        if rows.at != 0 {
            rows.ragged = true;
        }
        let mut nested = Rows {
            columns: rows.columns,
            at: 0,
            values: 0,
            ragged: rows.ragged,
            nameless: false,
        };
        while let Some(()) = seq.next_element_seed(ElementSeed {
            event_type,
            rows: &mut nested,
            decoding,
        })? {}
        rows.values += nested.values;
        rows.nameless |= nested.nameless;
        rows.ragged |= nested.ragged || nested.values != rows.columns.len();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.rows.ragged = true;
        Ok(())
    }
}
