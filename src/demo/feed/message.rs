//! What clients say, as the protocol's specification has it, unknown keys ignored.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};

/// One message of a client.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Message {
    Setup(Setup),
    Auth { token: String },
    Keepalive {},
    Error {},
    ChannelRequest(ChannelRequest),
    ChannelCancel { channel: u64 },
    FeedSetup(FeedSetup),
    FeedSubscription(Subscription),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Setup {
    #[serde(rename = "version")]
    pub(super) _version: String,
    pub(super) keepalive_timeout: Option<f64>,
    pub(super) accept_keepalive_timeout: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ChannelRequest {
    pub(super) channel: u64,
    pub(super) service: String,
    #[serde(default)]
    pub(super) parameters: ChannelParameters,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ChannelParameters {
    pub(super) contract: Option<Contract>,
}

/// How a channel chooses between last values, history and a plain stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Contract {
    Auto,
    Ticker,
    History,
    Stream,
}

impl Contract {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Auto => "AUTO",
            Self::Ticker => "TICKER",
            Self::History => "HISTORY",
            Self::Stream => "STREAM",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FeedSetup {
    pub(super) channel: u64,
    pub(super) accept_aggregation_period: Option<Period>,
    pub(super) accept_data_format: Option<DataFormat>,
    #[serde(default)]
    pub(super) accept_event_fields: BTreeMap<String, Vec<String>>,
}

/// An aggregation period in seconds, or anything else, such as `"NaN"`, for the server's own choice.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Period {
    Seconds(f64),
    Other(IgnoredAny),
}

/// How events stand in FEED_DATA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum DataFormat {
    Compact,
    Full,
}

impl DataFormat {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Compact => "COMPACT",
            Self::Full => "FULL",
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Subscription {
    pub(super) channel: u64,
    #[serde(default)]
    pub(super) reset: bool,
    #[serde(default)]
    pub(super) remove: Vec<Entry>,
    #[serde(default)]
    pub(super) add: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) symbol: String,
    /// Unix milliseconds.
    pub(super) from_time: Option<i64>,
}

/// The message in `text`; `Err` carries the channel to complain on.
pub(super) fn parse(text: &str) -> Result<Message, u64> {
    #[derive(Deserialize)]
    struct Envelope {
        channel: u64,
    }
    serde_json::from_str(text)
        .map_err(|_| serde_json::from_str::<Envelope>(text).map_or(0, |envelope| envelope.channel))
}
