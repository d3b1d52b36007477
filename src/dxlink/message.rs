//! Control messages: what the server says beside data, and the exact text of what this side says.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::event::EventType;
use super::layout;
use super::value::Loose;

/// A message of the server other than data.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Control {
    /// The server's promise to speak, in seconds, and its version.
    Setup { keepalive_seconds: Option<f64> },
    /// Whether the session is logged in; an unknown state counts as not.
    AuthState(AuthState),
    /// A sign of life.
    Keepalive,
    /// A channel is open.
    ChannelOpened { channel: u64 },
    /// A channel is closed.
    ChannelClosed { channel: u64 },
    /// Columns of some types of a channel, unknown types left out.
    FeedConfig {
        channel: u64,
        columns: BTreeMap<EventType, Vec<String>>,
    },
    /// An error, which by itself ends nothing.
    Error {
        channel: u64,
        kind: String,
        message: String,
    },
    /// A type this client does not know.
    Unknown { kind: String },
}

/// The login state the server reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AuthState {
    /// Logged in.
    Authorized,
    /// A token is wanted, or refused.
    Unauthorized,
}

impl Control {
    /// Reads a message whose envelope is known to be sound.
    ///
    /// # Errors
    /// A key has a shape that cannot be read.
    pub(super) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let wire: Wire = serde_json::from_str(text)?;
        let channel = wire.channel.channel().unwrap_or_default();
        Ok(match wire.kind.as_str() {
            "SETUP" => Self::Setup {
                keepalive_seconds: wire.keepalive_timeout.number(),
            },
            "AUTH_STATE" if wire.state.text() == "AUTHORIZED" => Self::AuthState(AuthState::Authorized),
            "AUTH_STATE" => Self::AuthState(AuthState::Unauthorized),
            "KEEPALIVE" => Self::Keepalive,
            "CHANNEL_OPENED" => Self::ChannelOpened { channel },
            "CHANNEL_CLOSED" => Self::ChannelClosed { channel },
            "FEED_CONFIG" => Self::FeedConfig {
                channel,
                columns: known_types(wire.event_fields),
            },
            "ERROR" => Self::Error {
                channel,
                kind: wire.error.text().to_owned(),
                message: wire.message.text().to_owned(),
            },
            _ => Self::Unknown { kind: wire.kind },
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    channel: Loose,
    #[serde(default)]
    keepalive_timeout: Loose,
    #[serde(default)]
    state: Loose,
    #[serde(default)]
    error: Loose,
    #[serde(default)]
    message: Loose,
    event_fields: Option<BTreeMap<String, Option<Vec<Loose>>>>,
}

fn known_types(fields: Option<BTreeMap<String, Option<Vec<Loose>>>>) -> BTreeMap<EventType, Vec<String>> {
    let typed = fields.unwrap_or_default().into_iter().filter_map(|(name, columns)| {
        let columns = columns?.iter().map(|column| column.text().to_owned()).collect();
        Some((EventType::from_name(&name)?, columns))
    });
    typed.collect()
}

/// SETUP: what this side speaks, promises and allows.
pub(super) fn setup(version: &str, keepalive: Duration) -> String {
    let seconds = number(keepalive.as_secs_f64());
    format!(
        r#"{{"type":"SETUP","channel":0,"version":{},"keepaliveTimeout":{seconds},"acceptKeepaliveTimeout":{seconds}}}"#,
        quoted(version)
    )
}

/// AUTH: the token.
pub(super) fn auth(token: &str) -> String {
    format!(r#"{{"type":"AUTH","channel":0,"token":{}}}"#, quoted(token))
}

/// KEEPALIVE.
pub(super) fn keepalive() -> String {
    r#"{"type":"KEEPALIVE","channel":0}"#.to_owned()
}

/// CHANNEL_REQUEST for a feed on which the server picks the contract of each entry.
pub(super) fn channel_request(channel: u64) -> String {
    format!(r#"{{"type":"CHANNEL_REQUEST","channel":{channel},"service":"FEED","parameters":{{"contract":"AUTO"}}}}"#)
}

/// CHANNEL_CANCEL.
pub(super) fn channel_cancel(channel: u64) -> String {
    format!(r#"{{"type":"CHANNEL_CANCEL","channel":{channel}}}"#)
}

/// FEED_SETUP: the compact format and the columns of `types`.
pub(super) fn feed_setup(channel: u64, aggregation_seconds: f64, types: impl IntoIterator<Item = EventType>) -> String {
    let fields: Vec<String> = types
        .into_iter()
        .map(|event_type| {
            let columns: Vec<String> = layout::requested(event_type).map(quoted).collect();
            format!("{}:[{}]", quoted(event_type.name()), columns.join(","))
        })
        .collect();
    let fields = if fields.is_empty() {
        String::new()
    } else {
        format!(r#","acceptEventFields":{{{}}}"#, fields.join(","))
    };
    let period = number(aggregation_seconds);
    format!(
        r#"{{"type":"FEED_SETUP","channel":{channel},"acceptAggregationPeriod":{period},"acceptDataFormat":"COMPACT"{fields}}}"#
    )
}

/// One entry of FEED_SUBSCRIPTION.
pub(super) fn entry(event_type: EventType, symbol: &str, from_time: Option<i64>) -> String {
    let from_time = from_time
        .map(|millis| format!(r#","fromTime":{millis}"#))
        .unwrap_or_default();
    format!(
        r#"{{"type":"{}","symbol":{}{from_time}}}"#,
        event_type.name(),
        quoted(symbol)
    )
}

/// FEED_SUBSCRIPTION of entries made by [`entry`], applied by the server in the order reset, remove, add.
pub(super) fn feed_subscription(channel: u64, reset: bool, remove: &[String], add: &[String]) -> String {
    let mut text = format!(r#"{{"type":"FEED_SUBSCRIPTION","channel":{channel}"#);
    if reset {
        text.push_str(r#","reset":true"#);
    }
    for (key, entries) in [("remove", remove), ("add", add)] {
        if !entries.is_empty() {
            text.push_str(&format!(r#","{key}":[{}]"#, entries.join(",")));
        }
    }
    text.push('}');
    text
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A number as the wire writes it: without a fraction when it has none, `"NaN"` for "as the server likes".
fn number(number: f64) -> String {
    if number.is_finite() {
        number.to_string()
    } else {
        quoted("NaN")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_keys_do_not_cost_a_control_message() {
        let error = Control::parse(r#"{"channel":3.0,"type":"ERROR","error":7,"message":{"x":[1]},"extra":null}"#);
        let expected = Control::Error {
            channel: 3,
            kind: String::new(),
            message: String::new(),
        };
        assert_eq!(error.unwrap(), expected);
        let setup = Control::parse(r#"{"type":"SETUP","channel":0,"keepaliveTimeout":60.0,"agent":{}}"#);
        assert_eq!(
            setup.unwrap(),
            Control::Setup {
                keepalive_seconds: Some(60.0)
            }
        );
        let config = Control::parse(r#"{"type":"FEED_CONFIG","channel":1,"eventFields":{"Foo":["a"],"Quote":null}}"#);
        assert_eq!(
            config.unwrap(),
            Control::FeedConfig {
                channel: 1,
                columns: BTreeMap::new()
            }
        );
    }

    #[test]
    fn an_unknown_login_state_counts_as_not_logged_in() {
        let state = Control::parse(r#"{"type":"AUTH_STATE","channel":0,"state":"PERHAPS"}"#);
        assert_eq!(state.unwrap(), Control::AuthState(AuthState::Unauthorized));
    }

    #[test]
    fn texts_of_ours_are_escaped() {
        assert_eq!(auth("a\"b\\"), r#"{"type":"AUTH","channel":0,"token":"a\"b\\"}"#);
    }

    #[test]
    fn the_aggregation_period_is_written_as_the_feed_reads_it() {
        for (period, text) in [(1.0, "1"), (0.1, "0.1"), (0.0, "0"), (f64::NAN, "\"NaN\"")] {
            let expected = format!(
                r#"{{"type":"FEED_SETUP","channel":1,"acceptAggregationPeriod":{text},"acceptDataFormat":"COMPACT"}}"#
            );
            assert_eq!(feed_setup(1, period, []), expected);
        }
    }
}
