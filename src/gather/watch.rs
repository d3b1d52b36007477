//! A gathering that goes on: one socket, a fresh merge as often as wanted, metrics and bars asked for again when they age.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::backfill::Later;
use super::clock::{Clock, millis};
use super::listening::{self, Listening, OpenFeed, recorded_errors};
use super::requests::{self, Trouble, batches, metrics_symbol};
use super::schedule::Schedule;
use super::stop::{StopReason, StopSignal};
use super::{Gathered, Gathering, Interrupted, Notice, Plan, Subscriptions, Venues, needs_bars, subscriptions};
use crate::instrument::{Kind, Symbol};
use crate::market::market_of;
use crate::stream::{self, End, GaveUp, Snapshot};
use crate::tastytrade::{BatchAnswer, Client, MarketQuote, Metrics};
use crate::time;

/// A gathering that goes on after its first document.
pub struct Watch<'a, 'v> {
    gathering: Gathering<'a, 'v>,
    line: OpenFeed<'v>,
    schedule: Schedule,
    refreshing: Option<Refreshing<'v>>,
}

/// What a watch has to say.
#[derive(Debug)]
pub enum Step {
    /// It is time for another document.
    Document(Gathered),
    /// The feed will not come back: the last document, and why.
    Lost(Gathered, Lost),
}

/// The feed is lost for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Why, without secrets.
    pub reason: String,
    /// Whether it would be the same later.
    pub lasting: bool,
}

/// Requests that are repeated in the middle of a watch.
type Refreshing<'v> = Pin<Box<dyn Future<Output = Refreshed> + 'v>>;

struct Refreshed {
    metrics: Vec<(Vec<Symbol>, BatchAnswer<Metrics>)>,
    quotes: Option<BatchAnswer<MarketQuote>>,
}

enum Happened {
    Due,
    Refreshed(Refreshed),
    GaveUp(GaveUp),
}

impl fmt::Debug for Watch<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("line", &self.line)
            .field("schedule", &self.schedule)
            .finish_non_exhaustive()
    }
}

impl<'a, 'v> Watch<'a, 'v> {
    /// Gathers once, as [`super::gather`] does, and keeps the feed open for a document `every` so often. Where there is
    /// no feed, the first document is the only one.
    ///
    /// # Errors
    /// The user interrupted it; sockets have been closed.
    ///
    /// # Cancel safety
    /// Not safe: what was gathered is lost with the future. End it through `stop`.
    pub async fn start(
        plan: &'a Plan,
        venues: &'a Venues<'v>,
        stop: &'a StopSignal,
        clock: Clock,
        every: Duration,
        notify: &'a dyn Fn(Notice),
    ) -> Result<(Gathered, Result<Self, Lost>), Interrupted> {
        let (want, more) = mpsc::unbounded_channel();
        let asking = requests::ask(
            plan,
            venues.rest,
            stop,
            clock,
            Subscriptions::new(want, venues.memory, (plan.history, clock.wall)),
        );
        tokio::pin!(asking);
        let (asked, (mut listening, mut line)) = {
            let listening = listening::listen(plan, venues, stop, clock, more, notify);
            tokio::pin!(listening);
            tokio::select! {
                asked = &mut asking => (Some(asked), listening.await),
                listened = &mut listening => (None, listened),
            }
        };
        let asked = match (asked, &mut listening.heard, &mut line) {
            (Some(asked), _, _) => asked,
            (None, Ok(heard), Some(line)) => meanwhile(heard, line, clock, notify, asking).await,
            (None, _, _) => asking.await,
        };
        let interrupted = [asked.cut, listening.cut].contains(&Some(StopReason::Interrupted));
        let lost = lost(&listening);
        let live = listening.heard.as_ref().ok().cloned();
        let mut gathering = Gathering {
            plan,
            venues,
            stop,
            clock,
            notify,
            asked,
            listening,
            later: Later::default(),
        };
        let (first, live) = match (live, &mut line) {
            _ if interrupted => (Err(Interrupted), None),
            (Some(mut live), Some(line)) => {
                let first = meanwhile(&mut live, line, clock, notify, gathering.finish()).await;
                (first, Some(live))
            }
            (_, _) => (gathering.finish().await, None),
        };
        let (first, live, line) = match (first, lost, live, line) {
            (Ok(first), None, Some(live), Some(line)) => (first, live, line),
            (first, lost, _, line) => {
                listening::hang_up(line, stop).await;
                let lost = lost.unwrap_or_else(|| Lost {
                    reason: "there is no feed".to_owned(),
                    lasting: true,
                });
                return first.map(|first| (first, Err(lost)));
            }
        };
        gathering.listening.heard = Ok(live);
        let markets = plan.instruments.iter().map(|instrument| market_of(instrument.kind()));
        let schedule = Schedule::new(every, markets, Instant::now(), clock.now());
        let mut watch = Self {
            gathering,
            line,
            schedule,
            refreshing: None,
        };
        watch.forgive();
        Ok((first, Ok(watch)))
    }

    /// The next document, when it is due, from what the feed has said until then.
    ///
    /// # Errors
    /// The deadline or the user ended the watch; [`Watch::close`] takes leave.
    ///
    /// # Cancel safety
    /// Safe: all progress is kept in the watch.
    pub async fn next(&mut self) -> Result<Step, StopReason> {
        loop {
            self.gathering.clock.set(time::now());
            match self.happening().await? {
                Happened::Due => {}
                Happened::Refreshed(refreshed) => self.take(refreshed),
                Happened::GaveUp(GaveUp { reason, lasting }) => {
                    let lost = Lost {
                        reason: reason.clone(),
                        lasting,
                    };
                    return Ok(Step::Lost(self.document(Some(End::GaveUp { reason, lasting })), lost));
                }
            }
            let now = Instant::now();
            if self.schedule.take_refresh(now) {
                self.refreshing = Some(self.refresh());
            }
            if self.schedule.take_close(self.gathering.clock.now()) {
                self.want_bars(true);
            }
            if self.schedule.take_document(now) {
                return Ok(Step::Document(self.document(None)));
            }
        }
    }

    /// Takes leave of the server.
    pub async fn close(self) {
        self.line.close().await;
    }

    async fn happening(&mut self) -> Result<Happened, StopReason> {
        let Gathering {
            stop,
            clock,
            notify,
            listening,
            ..
        } = &mut self.gathering;
        let heard = match &mut listening.heard {
            Ok(heard) => heard,
            Err(reason) => {
                let reason = reason.clone();
                return Ok(Happened::GaveUp(GaveUp { reason, lasting: true }));
            }
        };
        let (due, refreshing, line) = (self.schedule.due(), &mut self.refreshing, &mut self.line);
        let on_trouble = |trouble: &stream::Trouble| notify(Notice::Feed(trouble.to_string()));
        let happened = async {
            tokio::select! {
                biased;
                refreshed = refreshed(refreshing) => Happened::Refreshed(refreshed),
                () = tokio::time::sleep_until(due) => Happened::Due,
                gave_up = heard.keep_listening(line, clock.stamps(), &on_trouble) => Happened::GaveUp(gave_up),
            }
        };
        stop.run(happened).await
    }

    /// Asks again for the metrics and for the quotes that the feed did not have at the start.
    fn refresh(&self) -> Refreshing<'v> {
        let rest: &'v Client = self.gathering.venues.rest;
        let batches = batches(self.gathering.plan);
        let wanted = self.gathering.later.quote_requests();
        Box::pin(async move {
            let metrics = batches.into_iter().map(|batch| async move {
                let answer = rest.metrics(&batch).await;
                (batch, answer)
            });
            let quotes = async {
                match wanted.as_slice() {
                    [] => None,
                    wanted => Some(rest.quotes(wanted).await),
                }
            };
            let (metrics, quotes) = tokio::join!(join_all(metrics), quotes);
            Refreshed { metrics, quotes }
        })
    }

    fn take(&mut self, refreshed: Refreshed) {
        let Gathering {
            asked,
            later,
            clock,
            notify,
            ..
        } = &mut self.gathering;
        asked.metrics_errors.clear();
        asked.trouble.clear();
        for (batch, answer) in refreshed.metrics {
            asked.take_metrics(&batch, answer, clock.now());
        }
        if let Some(answer) = refreshed.quotes {
            later.take_quotes(answer, clock.now());
        }
        if let Some(error) = asked.metrics_errors.first() {
            notify(Notice::Unrefreshed(error.message.clone()));
        }
        // Who was refused does not ask again: repeated refusals block an address for hours.
        if asked.refused.is_none() {
            self.schedule.refreshed(Instant::now());
        }
        self.want_bars(false);
    }

    /// Wants the daily bars of everybody who needs them; `anew` those that are there as well.
    fn want_bars(&mut self, anew: bool) {
        let Gathering {
            plan,
            asked,
            listening,
            clock,
            ..
        } = &mut self.gathering;
        let Ok(heard) = &mut listening.heard else { return };
        if anew {
            heard.tracker.forget_histories();
        }
        let needed = asked.universe.listed().filter(|listed| {
            let instrument = &listed.instrument;
            metrics_symbol(instrument).is_some()
                && (instrument.kind() == Kind::Future || needs_bars(instrument, &asked.metrics))
        });
        let from = plan.history.start(clock.now());
        for listed in needed {
            if let Some(resolved) = &listed.resolved {
                let want = subscriptions::daily_bars(&listed.instrument, &resolved.streamer, from);
                heard.want(&mut self.line, want);
            }
        }
    }

    fn document(&mut self, end: Option<End>) -> Gathered {
        let listening = &mut self.gathering.listening;
        listening.stats = self.line.stats();
        if let Ok(heard) = &mut listening.heard {
            let settled = heard.streaming && heard.tracker.is_settled();
            heard.end = end.unwrap_or(if settled { End::Complete } else { End::Window });
            listening.stream_ms = heard.ready.map(|ready| millis(ready.elapsed()));
            listening.errors = recorded_errors(heard);
        }
        let gathered = self.gathering.again();
        self.forgive();
        gathered
    }

    /// Forgets the troubles that were told in a document, but for a loss that is not mended.
    fn forgive(&mut self) {
        if let Ok(heard) = &mut self.gathering.listening.heard {
            let last = heard.troubles.pop().filter(|_| !heard.streaming);
            heard.troubles = last.into_iter().collect();
        }
    }
}

/// Runs `work` while the feed is heard on.
async fn meanwhile<T>(
    heard: &mut Snapshot,
    line: &mut OpenFeed<'_>,
    clock: Clock,
    notify: &dyn Fn(Notice),
    work: impl Future<Output = T>,
) -> T {
    let on_trouble = |trouble: &stream::Trouble| notify(Notice::Feed(trouble.to_string()));
    tokio::pin!(work);
    tokio::select! {
        biased;
        done = &mut work => done,
        // The feed remembers, and says so again when it is asked next.
        _gave_up = heard.keep_listening(line, clock.stamps(), &on_trouble) => work.await,
    }
}

async fn refreshed(refreshing: &mut Option<Refreshing<'_>>) -> Refreshed {
    let Some(under_way) = refreshing else {
        return std::future::pending().await;
    };
    let refreshed = under_way.await;
    *refreshing = None;
    refreshed
}

/// Why there is no feed to watch.
fn lost(listening: &Listening) -> Option<Lost> {
    match &listening.heard {
        Err(reason) => Some(Lost {
            reason: reason.clone(),
            lasting: listening.trouble.contains(&Trouble::Lasting),
        }),
        Ok(heard) => match &heard.end {
            End::GaveUp { reason, lasting } => Some(Lost {
                reason: reason.clone(),
                lasting: *lasting,
            }),
            End::Complete | End::Window => None,
        },
    }
}
