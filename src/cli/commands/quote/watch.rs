//! `--watch`: one document after the other, while the feed stays open.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::time::Duration;

use tokio::sync::watch;

use super::Quotes;
use super::turns::{Turns, Written};
use crate::cli::access::Access;
use crate::cli::exit::{Failure, FailureKind};
use crate::cli::job::Job;
use crate::cli::output::Output;
use crate::cli::plan::plan;
use crate::cli::progress::Told;
use crate::cli::runtime::interruptible;
use crate::cli::verdict;
use crate::gather::{Gathered, Gathering, Lost, Notice, Plan, RunOutcome, Step, StopReason, StopSignal, Venues, Watch};
use crate::instrument::Instrument;
use crate::market::Coverage;

/// Remarks that wait for the next table.
const MOST_REMARKS: usize = 32;

/// Prints a quote of `instruments` `every` so often, until the user, the deadline or the reader ends it, or the feed is
/// lost for good.
pub(super) fn run(mut job: Job<'_>, instruments: Vec<Instrument>, every: Duration) -> Result<(), Failure> {
    if !job.config.dxlink.enabled {
        let message = "--watch needs the feed, and dxlink.enabled is false";
        return Err(Failure::new(FailureKind::Config, message)
            .hint("Switch the feed on, or run `variance quote` without --watch as often as you like."));
    }
    let access = Access::open(&job.config, job.source, job.session, None)?;
    // A stand-in's volatility is of the start, and would be shown for hours; nobody's options are asked for again.
    let plan = Plan {
        proxies: BTreeMap::new(),
        options: None,
        ..plan(&job.config, instruments, access.mode, &Quotes)
    };
    let memory = job.store(access.mode).recall(&plan.instruments, false);
    let first = std::mem::replace(&mut job.output, Output::Stdout);
    let turns = Turns::new(&job, first);
    let venues = access.venues(&memory);
    interruptible(|stop| watched(&job, (&plan, &venues), turns, every, stop))
}

async fn watched(
    job: &Job<'_>,
    (plan, venues): (&Plan, &Venues<'_>),
    mut turns: Turns<'_, '_>,
    every: Duration,
    stop: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let stderr = &job.session.stderr;
    let remarks = RefCell::new(Vec::new());
    let drawn = Cell::new(false);
    let together = turns.are_drawn() && io::stderr().is_terminal();
    let notify = |notice: Notice| match Told::of(&notice, &job.config) {
        Told::Remark(text) if drawn.get() && together => {
            let mut remarks = remarks.borrow_mut();
            if !job.session.global.quiet && remarks.len() < MOST_REMARKS {
                remarks.push(text);
            }
        }
        Told::Remark(_) | Told::Status(_) => stderr.tell(&notice, &job.config),
    };
    let run = Gathering {
        plan,
        venues,
        stop: &StopSignal::new(job.deadline(), stop),
        clock: job.clock(),
        notify: &notify,
    };
    let (first, watch) = Watch::start(run, every).await?;
    stderr.clear();
    if let RunOutcome::Refused(error) = &first.outcome {
        return Err(verdict::refused(error));
    }
    verdict::name_unknown(&first, stderr);
    if let Err(failure) = turns.begin(&first, &[]) {
        if let Ok(watch) = watch {
            watch.close().await;
        }
        return Err(failure);
    }
    drawn.set(true);
    let ended = |lost: &Lost| match venues.rest.refusal() {
        Some(error) => verdict::refused(&error),
        None => failure_of(lost),
    };
    let outcome = |gathered: &Gathered| {
        let coverage = Coverage::of(&gathered.records).leaving(&gathered.unjudged);
        verdict::outcome(gathered, &coverage, job.show.require_complete)
    };
    let mut last = first;
    let mut watch = match watch {
        Ok(watch) => watch,
        Err(lost) => {
            turns.finish().await?;
            outcome(&last)?;
            return if last.run.partial { Ok(()) } else { Err(ended(&lost)) };
        }
    };
    let end = loop {
        tokio::select! {
            biased;
            written = turns.written() => match written {
                Ok(Written::Yes) => {}
                Ok(Written::Unread) => break Ok(()),
                Err(failure) => break Err(failure),
            },
            step = watch.next() => match step {
                Ok(Step::Document(gathered)) => {
                    last = gathered;
                    if let Err(failure) = turns.begin(&last, &remarks.take()) {
                        break Err(failure);
                    }
                }
                Ok(Step::Lost(gathered, lost)) => {
                    let printed = async {
                        turns.finish().await?;
                        turns.begin(&gathered, &remarks.take())?;
                        turns.finish().await
                    };
                    break printed.await.and(Err(ended(&lost)));
                }
                Err(StopReason::Deadline) => break turns.finish().await.and_then(|()| outcome(&last)),
                Err(StopReason::Interrupted) => break Err(Failure::new(FailureKind::Interrupted, "interrupted")),
            },
        }
    };
    watch.close().await;
    end
}

/// The end of a watch without a feed.
fn failure_of(lost: &Lost) -> Failure {
    let kind = if lost.lasting {
        FailureKind::Unavailable
    } else {
        FailureKind::TryLater
    };
    Failure::new(
        kind,
        format!("nothing to watch any more, the feed is lost: {}", lost.reason),
    )
    .hint("`variance doctor` shows which step fails.")
}
