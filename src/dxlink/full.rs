//! The full format: one object per event, unset fields left out, the type anywhere among the keys.

use serde::de::MapAccess;

use super::event::EventType;
use super::frame::Decoding;
use super::layout::Column;
use super::value::Loose;

/// Reads one event object. Types this client does not read are skipped.
pub(super) fn read_object<'de, A: MapAccess<'de>>(mut map: A, decoding: &mut Decoding<'_>) -> Result<(), A::Error> {
    let mut event_type = None;
    decoding.row.clear();
    while let Some((key, value)) = map.next_entry::<String, Loose>()? {
        if key == "eventType" {
            event_type = EventType::from_name(value.text());
            continue;
        }
        let column = Column::from_name(&key);
        match value {
            Loose::Scalar(cell) => decoding.row.put(column, cell),
            Loose::Text(text) => decoding.row.put_text(column, &text),
            Loose::Composite => decoding.row.mark_odd(column),
        }
    }
    if let Some(event_type) = event_type
        && decoding.chooses(event_type)
    {
        decoding.take_row(event_type);
    }
    Ok(())
}
