//! The feed's part of a gathering: token, dial, listen, goodbye; what it said of an instrument, and how it did.

use std::future::Future;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::clock::{Clock, millis};
use super::contracts::Contracts;
use super::failures::{Failures, Trouble, record_error};
use super::stop::StopReason;
use super::tokens::TokenProvider;
use super::{Gathering, Notice, Venues};
use crate::dxlink::{Candles, EventType, Settings};
use crate::instrument::{Instrument, Kind, StreamerSymbol, candle_symbol};
use crate::market::{FeedState, Reason, RunError, SourceState};
use crate::recording::Milestone;
use crate::stream::{self, AnswerState, End, Feed, LastEvents, ListenWindow, Received, Request, Snapshot, Stats};
use crate::tastytrade::{Error, QuoteToken};

/// What came of listening.
#[derive(Debug)]
pub(super) struct Listening {
    /// What was heard, or why nothing was to anybody.
    pub(super) heard: Result<Snapshot, Reason>,
    pub(super) delayed: bool,
    pub(super) stats: Stats,
    pub(super) token_ms: Option<u64>,
    pub(super) handshake_ms: Option<u64>,
    pub(super) stream_ms: Option<u64>,
    pub(super) failures: Failures,
    pub(super) cut: Option<StopReason>,
}

impl Listening {
    /// Whether the feed had a value or a history for anybody.
    pub(super) fn heard_somebody(&self) -> bool {
        self.heard
            .as_ref()
            .is_ok_and(|heard| !heard.streamed.is_empty() || !heard.candles.is_empty())
    }

    /// What the feed said about `instrument`, and why where it said nothing.
    pub(super) fn of(&self, instrument: &Instrument, contracts: &Contracts) -> Result<LastEvents, Reason> {
        let listened = self.heard.as_ref().map_err(Clone::clone)?;
        let Some(resolved) = contracts.resolved(&instrument.symbol()) else {
            return Ok(LastEvents {
                silence: Some(unresolved(instrument.kind(), contracts.unresolved.as_ref()).to_string()),
                ..LastEvents::default()
            });
        };
        let values = listened.streamed.get(resolved.streamer.as_str()).cloned();
        let silence = match &listened.end {
            End::GaveUp { reason, .. } => Reason::told(reason),
            End::Complete => Reason::SilentFeed,
            End::Window => Reason::WindowClosed,
        };
        Ok(LastEvents {
            candles: self
                .bars(instrument, &resolved.streamer, &silence)
                .map(|bars| bars.map_err(|reason| reason.to_string())),
            silence: Some(silence.to_string()),
            ..values.unwrap_or_default()
        })
    }

    /// The daily bars of what the feed calls `streamer`, or why there are none; `None` when they were not wanted.
    pub(super) fn bars(
        &self,
        instrument: &Instrument,
        streamer: &StreamerSymbol,
        silence: &Reason,
    ) -> Option<Result<Received<Candles>, Reason>> {
        let listened = self.heard.as_ref().ok()?;
        let symbol = candle_symbol(instrument, streamer);
        let answer = listened.answer(EventType::Candle, &symbol)?;
        let absence = || match answer {
            AnswerState::Answered => silence.clone(),
            AnswerState::Silent => Reason::NoBars,
            AnswerState::Pending => Reason::NoHistory(Box::new(silence.clone())),
        };
        // A history that is being fetched again stands until the new one is there.
        Some(listened.candles.get(&symbol).cloned().ok_or_else(absence))
    }

    /// How the feed did, where anybody was asked for.
    pub(super) fn state(&self, anybody: bool) -> FeedState {
        let (state, reason) = match &self.heard {
            Err(Reason::SwitchedOff(key)) => (SourceState::Disabled, Some(Reason::IsFalse(key).to_string())),
            Err(reason) => (SourceState::Failed, Some(reason.to_string())),
            Ok(listened) => {
                let trouble = listened.troubles.last().map(ToString::to_string);
                let gave_up = match &listened.end {
                    End::GaveUp { reason, .. } => Some(reason.clone()),
                    End::Complete | End::Window => None,
                };
                let all_silent = listened.ready.is_some() && listened.end == End::Complete;
                let failed = listened.streamed.is_empty() && !all_silent && anybody;
                match (failed, gave_up.or(trouble)) {
                    (true, reason) => (
                        SourceState::Failed,
                        Some(reason.unwrap_or_else(|| Reason::NoEvent.to_string())),
                    ),
                    (false, Some(reason)) => (SourceState::Degraded, Some(reason)),
                    (false, None) => (SourceState::Ok, None),
                }
            }
        };
        FeedState {
            state,
            connections: self.stats.connections,
            gaps: self.stats.gaps,
            events: self.stats.events,
            dropped: self.stats.dropped,
            reason,
        }
    }

    fn nothing(reason: Reason) -> Self {
        Self {
            heard: Err(reason),
            delayed: false,
            stats: Stats::default(),
            token_ms: None,
            handshake_ms: None,
            stream_ms: None,
            failures: Failures::default(),
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
    run: Gathering<'_, 'v>,
    more: mpsc::UnboundedReceiver<Request>,
) -> (Listening, Option<OpenFeed<'v>>) {
    let Gathering {
        venues,
        stop,
        clock,
        notify,
        ..
    } = run;
    let Some(how) = run.plan.listen else {
        return (Listening::nothing(Reason::SwitchedOff("dxlink.enabled")), None);
    };
    notify(Notice::Connecting);
    let token = match stop.run(venues.rest.quote_token()).await {
        Ok(Ok(token)) => token,
        Ok(Err(error)) => return (no_token(&error), None),
        Err(cut) => {
            let late = Listening {
                cut: Some(cut),
                ..Listening::nothing(Reason::TokenLate)
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
            ..Listening::nothing(Reason::Interrupted)
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
        ..Listening::nothing(Reason::NoEvent)
    };
    if matches!(heard.end, End::GaveUp { .. }) {
        listening.failures.trouble.push(Trouble::Lasting);
    }
    listening.failures.errors = recorded_errors(&heard);
    listening.heard = Ok(heard);
    (listening, Some(feed))
}

/// What becomes of the feed when its window has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Afterwards {
    /// It is closed at once.
    HangUp,
    /// It stays open and is heard on.
    Stay,
}

/// The feed after its window.
#[derive(Debug)]
pub(super) enum Line<'v> {
    /// There is none any more.
    Gone,
    /// It takes leave of the server.
    Closing(Box<OpenFeed<'v>>),
    /// It is heard on, from what it had said in the window.
    Open(Box<(OpenFeed<'v>, Snapshot)>),
}

impl<'v> Line<'v> {
    pub(super) fn new(feed: Option<OpenFeed<'v>>, listening: &Listening, afterwards: Afterwards) -> Self {
        match (feed, afterwards, &listening.heard) {
            (Some(feed), Afterwards::Stay, Ok(heard)) => Self::Open(Box::new((feed, heard.clone()))),
            (Some(feed), Afterwards::Stay | Afterwards::HangUp, _) => Self::Closing(Box::new(feed)),
            (None, ..) => Self::Gone,
        }
    }

    /// Runs `work` while the feed is heard on, or takes leave.
    ///
    /// Not cancel safe: the feed is lost.
    pub(super) async fn beside<T>(&mut self, run: Gathering<'_, 'v>, work: impl Future<Output = T>) -> T {
        match std::mem::replace(self, Self::Gone) {
            Self::Gone => work.await,
            Self::Closing(feed) => tokio::join!(work, hang_up(*feed, run)).0,
            Self::Open(mut open) => {
                let (feed, heard) = &mut *open;
                let on_trouble = |trouble: &stream::Trouble| (run.notify)(Notice::Feed(trouble.to_string()));
                tokio::pin!(work);
                let done = tokio::select! {
                    biased;
                    done = &mut work => done,
                    // The feed remembers, and says so again when it is asked next.
                    _gave_up = heard.keep_listening(feed, run.clock.stamps(), &on_trouble) => work.await,
                };
                *self = Self::Open(open);
                done
            }
        }
    }

    /// Takes leave of the server if there is time.
    pub(super) async fn close(self, run: Gathering<'_, 'v>) {
        match self {
            Self::Gone => {}
            Self::Closing(feed) => hang_up(*feed, run).await,
            Self::Open(open) => hang_up(open.0, run).await,
        }
    }
}

/// Takes leave of the server if there is time.
async fn hang_up(feed: OpenFeed<'_>, run: Gathering<'_, '_>) {
    if run.stop.run(feed.close()).await.is_err() {
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

fn no_token(error: &Error) -> Listening {
    let mut failures = Failures::default();
    let reason = failures.record(error);
    Listening {
        failures,
        ..Listening::nothing(Reason::NoToken(Box::new(reason)))
    }
}

fn unresolved(kind: Kind, reason: Option<&Reason>) -> Reason {
    match (kind, reason) {
        (Kind::Future, Some(reason)) => Reason::NoContractSince(Box::new(reason.clone())),
        (Kind::Future, None) => Reason::NoFuture,
        (Kind::Equity | Kind::Index | Kind::EquityOption | Kind::FutureOption | Kind::Crypto, _) => {
            Reason::NoStreamerSymbol
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::instrument;
    use super::*;
    use crate::tastytrade::Route;

    #[test]
    fn a_feed_without_a_token_failed_and_one_switched_off_did_not() {
        let off = Listening::nothing(Reason::SwitchedOff("dxlink.enabled"));
        let state = off.state(true);
        assert_eq!(state.state, SourceState::Disabled);
        assert_eq!(state.reason.as_deref(), Some("dxlink.enabled is false"));
        let spy = off.of(&instrument("SPY"), &Contracts::default());
        assert_eq!(spy, Err(Reason::SwitchedOff("dxlink.enabled")));
        let none = no_token(&Error::Unauthorized {
            route: Route::QuoteToken,
            what: String::new(),
        });
        let state = none.state(true);
        assert_eq!(state.state, SourceState::Failed);
        assert!(
            state
                .reason
                .is_some_and(|reason| reason.starts_with("no quote token: "))
        );
        assert!(none.failures.refused.is_some());
    }
}
