//! The feed's part of a gathering: token, dial, listen, goodbye.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::clock::{Clock, millis};
use super::requests::{Trouble, error_chain, record_error};
use super::stop::{StopReason, StopSignal};
use super::tokens::TokenProvider;
use super::{Notice, Plan, Venues};
use crate::dxlink::Settings;
use crate::market::RunError;
use crate::recording::Milestone;
use crate::stream::{self, End, Feed, ListenWindow, Request, Snapshot, Stats};
use crate::tastytrade::{Error, QuoteToken};

/// What came of listening.
#[derive(Debug)]
pub(super) struct Listening {
    /// What was heard, or why nothing was to anybody.
    pub(super) heard: Result<Snapshot, String>,
    /// The feed is switched off.
    pub(super) disabled: bool,
    pub(super) delayed: bool,
    pub(super) stats: Stats,
    pub(super) token_ms: Option<u64>,
    pub(super) handshake_ms: Option<u64>,
    pub(super) stream_ms: Option<u64>,
    pub(super) refused: Option<Error>,
    pub(super) errors: Vec<RunError>,
    pub(super) trouble: Vec<Trouble>,
    pub(super) cut: Option<StopReason>,
}

impl Listening {
    /// Whether the feed had a value or a history for anybody.
    pub(super) fn heard_somebody(&self) -> bool {
        self.heard
            .as_ref()
            .is_ok_and(|heard| !heard.streamed.is_empty() || !heard.candles.is_empty())
    }

    fn nothing(reason: impl Into<String>) -> Self {
        Self {
            heard: Err(reason.into()),
            disabled: false,
            delayed: false,
            stats: Stats::default(),
            token_ms: None,
            handshake_ms: None,
            stream_ms: None,
            refused: None,
            errors: Vec::new(),
            trouble: Vec::new(),
            cut: None,
        }
    }
}

/// What this side announces to the feed: half a minute's keepalive within the minute everyone allows, and values as
/// soon as they are there.
pub fn feed_settings() -> Settings {
    Settings {
        version: concat!("0.1-variance/", env!("CARGO_PKG_VERSION")).to_owned(),
        keepalive: Duration::from_secs(60),
        step_timeout: Duration::from_secs(10),
        aggregation_seconds: 0.1,
    }
}

/// A feed that may still be open.
pub(super) type OpenFeed<'v> = Feed<'v, stream::Connector, TokenProvider<'v>>;

/// Listens until every want is answered, silent, or the window ends. The feed stays open where there is one.
pub(super) async fn listen<'v>(
    plan: &Plan,
    venues: &Venues<'v>,
    stop: &StopSignal,
    clock: Clock,
    more: mpsc::UnboundedReceiver<Request>,
    notify: &dyn Fn(Notice),
) -> (Listening, Option<OpenFeed<'v>>) {
    let Some(how) = plan.listen else {
        let off = Listening {
            disabled: true,
            ..Listening::nothing("switched off by dxlink.enabled")
        };
        return (off, None);
    };
    notify(Notice::Connecting);
    let token = match stop.run(venues.rest.quote_token()).await {
        Ok(Ok(token)) => token,
        Ok(Err(error)) => return (no_token(error), None),
        Err(cut) => {
            let late = Listening {
                cut: Some(cut),
                ..Listening::nothing("no quote token before the deadline")
            };
            return (late, None);
        }
    };
    let token_ms = clock.millis();
    let dialed = Instant::now();
    let until = how.recorded_end.map_or(dialed + how.window, |end| clock.epoch + end);
    let (wall, epoch) = clock.stamps();
    let window = ListenWindow {
        until: stop.deadline().map_or(until, |deadline| deadline.min(until)),
        wall,
        epoch,
        more,
    };
    let until = window.until;
    let delayed = token.delayed();
    let mut feed = feed(venues, clock, token, how.policy);
    let on_progress = |progress| notify(Notice::Streaming(progress));
    let on_trouble = |trouble: &stream::Trouble| notify(Notice::Feed(trouble.to_string()));
    let heard = tokio::select! {
        heard = stream::listen(&mut feed, window, &on_progress, &on_trouble) => Some(heard),
        () = stop.stopped() => None,
    };
    let stats = feed.stats();
    let Some(heard) = heard else {
        feed.close().await;
        let interrupted = Listening {
            cut: Some(StopReason::Interrupted),
            ..Listening::nothing("interrupted")
        };
        return (interrupted, None);
    };
    let ended = Instant::now();
    if let Some(recorder) = &venues.recorder
        && heard.end == End::Window
    {
        recorder.milestone(ended.into_std(), Milestone::WindowEnded);
    }
    let cut_by_deadline = heard.end == End::Window && stop.deadline().is_some_and(|deadline| deadline <= until);
    let mut listening = Listening {
        delayed,
        stats,
        token_ms: Some(token_ms),
        handshake_ms: heard.ready.map(|ready| millis(ready.saturating_duration_since(dialed))),
        stream_ms: heard.ready.map(|ready| millis(ended.saturating_duration_since(ready))),
        cut: cut_by_deadline.then_some(StopReason::Deadline),
        ..Listening::nothing("")
    };
    if matches!(heard.end, End::GaveUp { .. }) {
        listening.trouble.push(Trouble::Lasting);
    }
    listening.errors = recorded_errors(&heard);
    listening.heard = Ok(heard);
    (listening, Some(feed))
}

/// Takes leave of the server if there is time.
pub(super) async fn hang_up(line: Option<OpenFeed<'_>>, stop: &StopSignal) {
    if let Some(line) = line
        && stop.run(line.close()).await.is_err()
    {
        tracing::debug!("no time left for the goodbye");
    }
}

/// What went wrong with the feed, for the document.
pub(super) fn recorded_errors(heard: &Snapshot) -> Vec<RunError> {
    let mut errors = Vec::new();
    for trouble in &heard.troubles {
        record_error(&mut errors, "dxlink", trouble.code(), trouble.to_string());
    }
    if let End::GaveUp { reason, .. } = &heard.end {
        record_error(&mut errors, "dxlink", "gave_up", reason.clone());
    }
    errors
}

fn feed<'v>(venues: &Venues<'v>, clock: Clock, token: QuoteToken, policy: stream::Policy) -> OpenFeed<'v> {
    Feed::new(
        venues.connector.clone(),
        TokenProvider::new(venues.rest, clock, token),
        policy,
        feed_settings(),
    )
    .recorded(venues.recorder.clone())
}

fn no_token(error: Error) -> Listening {
    let mut listening = Listening::nothing(format!("no quote token: {}", error_chain(&error)));
    listening.trouble.push(Trouble::of(&error));
    record_error(&mut listening.errors, "rest", error.code(), error_chain(&error));
    if error.is_refusal() {
        listening.refused = Some(error);
    }
    listening
}
