//! How a run went: which sources answered, how long it took, why it stopped.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which venue the data is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// tastytrade's production.
    Live,
    /// tastytrade's sandbox.
    Sandbox,
    /// The embedded venue: invented data.
    Demo,
    /// A recorded run; what was recorded says which venue that was.
    Replay,
}

/// What ended the gathering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StoppedBy {
    /// Every symbol was answered or known to be silent.
    Complete,
    /// The listen window ended.
    Window,
    /// The deadline of the whole run ended.
    Deadline,
}

/// How a source did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceState {
    /// It answered everything it was asked.
    Ok,
    /// It answered in part, or only after trouble.
    Degraded,
    /// It gave nothing.
    Failed,
    /// It is switched off.
    Disabled,
    /// It was not needed.
    Unused,
}

/// How the feed did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FeedState {
    /// How it did as a whole.
    pub state: SourceState,
    /// WebSockets opened.
    pub connections: u64,
    /// Interruptions of the data.
    pub gaps: u64,
    /// Events received.
    pub events: u64,
    /// Events that could not be decoded or matched.
    pub dropped: u64,
    /// Why, where the state is not `ok`.
    pub reason: Option<String>,
}

/// How a request source did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RestState {
    /// How it did as a whole.
    pub state: SourceState,
    /// HTTP requests sent, retries included.
    pub requests: u64,
    /// Of these, repeated ones.
    pub retries: u64,
    /// Why, where the state is not `ok`.
    pub reason: Option<String>,
}

/// How the deprecated source did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LegacyState {
    /// How it did as a whole.
    pub state: SourceState,
    /// HTTP requests sent.
    pub requests: u64,
    /// Why, where the state is not `ok`.
    pub reason: Option<String>,
}

/// How the store of earlier runs did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StoreState {
    /// How it did as a whole.
    pub state: SourceState,
    /// Values of the rows that are from it.
    pub values: usize,
    /// Why, where the state is not `ok`.
    pub reason: Option<String>,
}

/// All sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sources {
    /// The DXLink feed.
    pub dxlink: FeedState,
    /// tastytrade's REST API.
    pub rest: RestState,
    /// The deprecated chart endpoint.
    pub legacy: LegacyState,
    /// What earlier runs kept.
    pub store: StoreState,
}

/// Milliseconds spent; `null` where the step was not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Timing {
    /// Until the quote token was there.
    pub token: Option<u64>,
    /// From dialing until the feed was ready.
    pub handshake: Option<u64>,
    /// From ready until the window closed.
    pub stream: Option<u64>,
    /// Until the last REST answer.
    pub rest: Option<u64>,
    /// The whole gathering.
    pub total: u64,
}

/// A source's complaint that is about the run, not about one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RunError {
    /// `dxlink`, `rest`, `legacy`, `store`.
    pub source: &'static str,
    /// A stable word for programs: `timeout`, `http_502`, `unauthorized`.
    pub code: String,
    /// A sentence for people, without secrets and control characters.
    pub message: String,
}

/// How the whole run went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Which venue the data is from.
    pub mode: Mode,
    /// Whether the feed's data is delayed.
    pub delayed: bool,
    /// Whether something was cut off by the deadline.
    pub partial: bool,
    /// What ended the gathering.
    pub stopped_by: StoppedBy,
    /// How each source did.
    pub sources: Sources,
    /// Where the time went.
    pub timing: Timing,
    /// Complaints about the run.
    pub errors: Vec<RunError>,
}
