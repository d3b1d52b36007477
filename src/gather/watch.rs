//! A gathering that goes on: one socket, a fresh document as often as wanted, metrics and bars asked for again when they
//! age.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::clock::millis;
use super::failures::Trouble;
use super::feed::{Afterwards, Line, Listening, OpenFeed, recorded_errors};
use super::findings::Findings;
use super::metrics::batches;
use super::schedule::Schedule;
use super::stop::StopReason;
use super::{Gathered, Gathering, Interrupted, Notice, bars};
use crate::instrument::Symbol;
use crate::market::{Reason, market_of};
use crate::stream::{self, End, GaveUp};
use crate::tastytrade::{BatchAnswer, MarketQuote, Metrics};
use crate::time;

/// A gathering that goes on after its first document.
pub struct Watch<'a, 'v> {
    found: Findings<'a, 'v>,
    feed: OpenFeed<'v>,
    schedule: Schedule,
    refreshing: Option<Refreshing<'v>>,
}

/// What a watch has to say.
#[derive(Debug)]
pub enum Step {
    /// It is time for another document.
    Document(Gathered),
    /// The feed will not come back: the last document, and why.
    Lost(Gathered, GaveUp),
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
            .field("feed", &self.feed)
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
    /// Not safe: what was gathered is lost with the future. End it through the stop signal.
    pub async fn start(
        run: Gathering<'a, 'v>,
        every: Duration,
    ) -> Result<(Gathered, Result<Self, GaveUp>), Interrupted> {
        let (mut found, mut line) = Findings::beside_the_feed(run, Afterwards::Stay).await;
        let lost = lost(&found.feed);
        let first = found.fill(&mut line).await;
        let (first, open) = match (first, lost, line) {
            (Ok(first), None, Line::Open(open)) => (first, open),
            (first, lost, line) => {
                line.close(run).await;
                let lost = lost.unwrap_or_else(|| GaveUp {
                    reason: Reason::NoFeed.to_string(),
                    lasting: true,
                });
                return first.map(|first| (first, Err(lost)));
            }
        };
        let (feed, live) = *open;
        found.feed.heard = Ok(live);
        let markets = run.plan.instruments.iter();
        let markets = markets.map(|instrument| market_of(instrument.kind()));
        let mut watch = Self {
            found,
            feed,
            schedule: Schedule::new(every, markets, Instant::now(), run.clock.now()),
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
            self.found.run.clock.set(time::now());
            match self.happening().await? {
                Happened::Due => {}
                Happened::Refreshed(refreshed) => self.take(refreshed),
                Happened::GaveUp(lost) => {
                    let GaveUp { reason, lasting } = lost.clone();
                    return Ok(Step::Lost(self.document(Some(End::GaveUp { reason, lasting })), lost));
                }
            }
            let now = Instant::now();
            if self.schedule.take_refresh(now) {
                self.refreshing = Some(self.refresh());
            }
            if self.schedule.take_close(self.found.run.clock.now()) {
                self.want_bars(true);
            }
            if self.schedule.take_document(now) {
                return Ok(Step::Document(self.document(None)));
            }
        }
    }

    /// Takes leave of the server.
    pub async fn close(self) {
        self.feed.close().await;
    }

    async fn happening(&mut self) -> Result<Happened, StopReason> {
        let Gathering {
            stop, clock, notify, ..
        } = self.found.run;
        let heard = match &mut self.found.feed.heard {
            Ok(heard) => heard,
            Err(reason) => {
                let reason = reason.to_string();
                return Ok(Happened::GaveUp(GaveUp { reason, lasting: true }));
            }
        };
        let (due, refreshing, feed) = (self.schedule.due(), &mut self.refreshing, &mut self.feed);
        let on_trouble = |trouble: &stream::Trouble| notify(Notice::Feed(trouble.to_string()));
        let happened = async {
            tokio::select! {
                biased;
                refreshed = refreshed(refreshing) => Happened::Refreshed(refreshed),
                () = tokio::time::sleep_until(due) => Happened::Due,
                gave_up = heard.keep_listening(feed, clock.stamps(), &on_trouble) => Happened::GaveUp(gave_up),
            }
        };
        stop.run(happened).await
    }

    /// Asks again for the metrics and for the quotes that the feed did not have at the start.
    fn refresh(&self) -> Refreshing<'v> {
        let rest = self.found.run.venues.rest;
        let batches = batches(self.found.run.plan);
        let wanted = self.found.quotes.requests();
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
        let now = self.found.run.clock.now();
        let metrics = &mut self.found.metrics;
        metrics.failures.begin_anew();
        for (batch, answer) in refreshed.metrics {
            metrics.take(&batch, answer, now);
        }
        if let Some(error) = metrics.failures.errors.first() {
            (self.found.run.notify)(Notice::Unrefreshed(error.message.clone()));
        }
        // Who was refused does not ask again: repeated refusals block an address for hours.
        if metrics.failures.refused.is_none() {
            self.schedule.refreshed(Instant::now());
        }
        self.found.take_metrics();
        if let Some(answer) = refreshed.quotes {
            self.found.quotes.take(&answer, now, &mut self.found.known);
        }
        self.want_bars(false);
    }

    /// Wants the daily bars of everybody who needs them; `anew` those that are there as well.
    fn want_bars(&mut self, anew: bool) {
        let Findings {
            run,
            contracts,
            metrics,
            feed,
            ..
        } = &mut self.found;
        let Ok(heard) = &mut feed.heard else { return };
        if anew {
            heard.tracker.forget_histories();
        }
        let from = run.plan.history.start(run.clock.now());
        for request in bars::needed(&contracts.universe, &metrics.by_symbol, from) {
            heard.want(&mut self.feed, request);
        }
    }

    fn document(&mut self, end: Option<End>) -> Gathered {
        let feed = &mut self.found.feed;
        feed.stats = self.feed.stats();
        if let Ok(heard) = &mut feed.heard {
            let settled = heard.streaming && heard.tracker.is_settled();
            heard.end = end.unwrap_or(if settled { End::Complete } else { End::Window });
            feed.stream_ms = heard.ready.map(|ready| millis(ready.elapsed()));
            feed.failures.errors = recorded_errors(heard);
        }
        self.found.now = self.found.run.clock.now();
        self.found.hear();
        let gathered = self.found.conclude(None, &[Trouble::Passing]);
        self.forgive();
        gathered
    }

    /// Forgets the troubles that were told in a document, but for a loss that is not mended.
    fn forgive(&mut self) {
        if let Ok(heard) = &mut self.found.feed.heard {
            let last = heard.troubles.pop().filter(|_| !heard.streaming);
            heard.troubles = last.into_iter().collect();
        }
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
fn lost(feed: &Listening) -> Option<GaveUp> {
    match &feed.heard {
        Err(reason) => Some(GaveUp {
            reason: reason.to_string(),
            lasting: feed.failures.trouble.contains(&Trouble::Lasting),
        }),
        Ok(heard) => match &heard.end {
            End::GaveUp { reason, lasting } => Some(GaveUp {
                reason: reason.clone(),
                lasting: *lasting,
            }),
            End::Complete | End::Window => None,
        },
    }
}
