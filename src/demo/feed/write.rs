//! The wire text of the server side, written the way the live servers' Java writes it.
//!
//! Deliberately independent of the client's message types, so that a misreading cannot hide on both ends.

use std::fmt::Write;

use super::message::DataFormat;

/// Longest text of one data message in bytes.
const MESSAGE_BYTES: usize = 65_536;

/// One value of an event.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Whole(i64),
    Real(f64),
    Flag(bool),
}

impl Cell {
    /// A value nobody knows; written `"NaN"` in rows and left out of objects.
    pub(super) const UNSET: Self = Self::Real(f64::NAN);

    fn is_unset(&self) -> bool {
        match self {
            Self::Real(value) => value.is_nan(),
            Self::Text(_) | Self::Whole(_) | Self::Flag(_) => false,
        }
    }

    fn json(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Whole(value) => value.to_string(),
            Self::Real(value) => double(*value),
            Self::Flag(value) => value.to_string(),
        }
    }
}

/// `value` as Java's `Double.toString` writes it, the three specials as JSON strings.
pub(super) fn double(value: f64) -> String {
    if value.is_nan() {
        return r#""NaN""#.to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { r#""Infinity""# } else { r#""-Infinity""# }.to_owned();
    }
    let size = value.abs();
    if size > 0.0 && !(1e-3..1e7).contains(&size) {
        let text = format!("{value:E}");
        match text.split_once('E') {
            Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
            Some(_) | None => text,
        }
    } else {
        format!("{value:?}")
    }
}

/// Seconds as SETUP carries them: whole ones without a fraction.
pub(super) fn seconds(value: f64) -> String {
    format!("{value}")
}

/// `text` as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            control if control < ' ' => {
                let _ = write!(json, "\\u{:04x}", u32::from(control));
            }
            plain => json.push(plain),
        }
    }
    json.push('"');
    json
}

/// An ERROR of `kind` on `channel`.
pub(super) fn error(channel: u64, kind: &str, message: &str) -> String {
    format!(
        r#"{{"type":"ERROR","channel":{channel},"error":"{kind}","message":{}}}"#,
        quoted(message)
    )
}

/// A FEED_CONFIG: without `fields` the first stage, with them the stage of one event type.
pub(super) fn config(channel: u64, format: DataFormat, period: f64, fields: Option<(&str, &[&str])>) -> String {
    let fields = fields.map_or_else(String::new, |(kind, names)| {
        let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        format!(r#","eventFields":{{"{kind}":[{}]}}"#, names.join(","))
    });
    format!(
        r#"{{"type":"FEED_CONFIG","channel":{channel},"dataFormat":"{}","aggregationPeriod":{}{fields}}}"#,
        format.name(),
        double(period)
    )
}

/// One event of `kind` as it stands in the data of a message: its cells, or an object without the unset ones.
pub(super) fn row(kind: &str, format: DataFormat, cells: &[(&str, Cell)]) -> String {
    match format {
        DataFormat::Compact => cells.iter().map(|(_, cell)| cell.json()).collect::<Vec<_>>().join(","),
        DataFormat::Full => {
            let members: String = cells
                .iter()
                .filter(|(name, cell)| *name != "eventType" && !cell.is_unset())
                .map(|(name, cell)| format!(r#","{name}":{}"#, cell.json()))
                .collect();
            format!(r#"{{"eventType":"{kind}"{members}}}"#)
        }
    }
}

/// `rows` of one `kind` packed into as few FEED_DATA as their greatest length allows.
pub(super) fn data(channel: u64, kind: &str, format: DataFormat, rows: &[String]) -> Vec<String> {
    let (head, tail) = match format {
        DataFormat::Compact => (
            format!(r#"{{"type":"FEED_DATA","channel":{channel},"data":["{kind}",["#),
            "]]}",
        ),
        DataFormat::Full => (format!(r#"{{"type":"FEED_DATA","channel":{channel},"data":["#), "]}"),
    };
    let mut messages = Vec::new();
    let mut message = String::new();
    for row in rows {
        if !message.is_empty() && message.len() + 1 + row.len() + tail.len() > MESSAGE_BYTES {
            message.push_str(tail);
            messages.push(std::mem::take(&mut message));
        }
        message.push_str(if message.is_empty() { &head } else { "," });
        message.push_str(row);
    }
    if !message.is_empty() {
        message.push_str(tail);
        messages.push(message);
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_look_like_javas() {
        let written: Vec<String> = [
            13_743_299.0,
            100.0,
            559.36,
            0.0,
            0.001,
            0.000_12,
            -1e7,
            9_999_999.5,
            1e-5,
        ]
        .into_iter()
        .map(double)
        .collect();
        assert_eq!(
            written,
            [
                "1.3743299E7",
                "100.0",
                "559.36",
                "0.0",
                "0.001",
                "1.2E-4",
                "-1.0E7",
                "9999999.5",
                "1.0E-5"
            ]
        );
    }

    #[test]
    fn numbers_json_cannot_hold_are_strings() {
        assert_eq!(double(f64::NAN), r#""NaN""#);
        assert_eq!(double(f64::NEG_INFINITY), r#""-Infinity""#);
    }

    #[test]
    fn long_data_is_split_between_events_and_stays_below_64_kib() {
        let rows: Vec<String> = (0..5000).map(|n| format!(r#""SPY{n}",1.0,2.0"#)).collect();
        let messages = data(3, "Quote", DataFormat::Compact, &rows);
        assert!(messages.len() > 1);
        assert!(messages.iter().all(|message| message.len() <= MESSAGE_BYTES));
        let events: usize = messages.iter().map(|message| message.matches("SPY").count()).sum();
        assert_eq!(events, 5000);
        for message in &messages {
            let parsed: serde_json::Value = serde_json::from_str(message).unwrap();
            assert_eq!(parsed["data"][1].as_array().unwrap().len() % 3, 0);
        }
    }

    #[test]
    fn objects_begin_with_their_type_and_leave_unset_values_out() {
        let cells = [
            ("eventSymbol", Cell::Text("SPY".to_owned())),
            ("price", Cell::Real(559.36)),
            ("change", Cell::UNSET),
        ];
        assert_eq!(
            row("Trade", DataFormat::Full, &cells),
            r#"{"eventType":"Trade","eventSymbol":"SPY","price":559.36}"#
        );
    }
}
