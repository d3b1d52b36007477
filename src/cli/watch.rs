//! `--watch`: one document after the other, on a terminal each in the place of the one before.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::io::{self, IsTerminal};
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, Stdout};
use tokio::sync::watch;

use super::access::{Access, refused};
use super::data::{Job, outcome};
use super::exit::{Failure, Kind};
use super::output::{Output, unwritten};
use super::resolve;
use super::run_store::RunStore;
use super::runtime::interruptible;
use super::terminal::Screen;
use crate::config;
use crate::gather::{Gathered, Gathering, Lost, Notice, Plan, RunOutcome, Step, StopReason, StopSignal, Venues, Watch};
use crate::instrument::Instrument;
use crate::market::Coverage;
use crate::render::{self, Document, Format, Meta, Style, Turn};

/// Remarks that wait for the next table.
const MOST_REMARKS: usize = 32;

/// Where documents go, one after the other.
struct Printer<'j, 'a> {
    job: &'j Job<'a>,
    /// A file, opened before anything was asked, for the first document.
    file: Option<Output>,
    to_stdout: bool,
    turn: Turn,
    screen: Option<Screen>,
    /// Stdout, while nothing is being written to it.
    stdout: Option<Stdout>,
    writing: Option<Writing>,
}

/// A document on its way to stdout, whose reader may be slow. The feed is heard on meanwhile.
type Writing = Pin<Box<dyn Future<Output = io::Result<Stdout>>>>;

/// What a document was written for.
enum Written {
    /// The reader wants more.
    Yes,
    /// The reader has gone away.
    Unread,
}

impl Job<'_> {
    /// Prints a quote of `instruments` `every` so often, until the user, the deadline or the reader ends it, or the feed
    /// is lost for good.
    pub(super) fn watch(mut self, instruments: Vec<Instrument>, every: Duration) -> Result<(), Failure> {
        if !self.config.dxlink.enabled {
            return Err(
                Failure::new(Kind::Config, "--watch needs the feed, and dxlink.enabled is false")
                    .hint("Switch the feed on, or run `variance quote` without --watch as often as you like."),
            );
        }
        let Some(source) = self.source else {
            return Err(Failure::new(Kind::Internal, "there is no source to watch"));
        };
        let access = Access::open(&self.config, source, self.surroundings, None)?;
        // A stand-in's volatility is of the start, and would be shown for hours.
        let plan = Plan {
            proxies: BTreeMap::new(),
            ..resolve::plan(&self.config, instruments, access.mode)
        };
        let world = resolve::world(&self.config, access.mode, source.venue.world.invented());
        let mut run_store = RunStore::open(&self.config, world, self.surroundings, source.deadline, self.stderr);
        let memory = run_store.recall(&plan.instruments, false);
        let first = std::mem::replace(&mut self.output, Output::Stdout);
        let printer = Printer::new(&self, first);
        let venues = access.venues(&memory);
        interruptible(|stop| self.watched(&plan, &venues, printer, every, stop))
    }

    async fn watched(
        &self,
        plan: &Plan,
        venues: &Venues<'_>,
        mut printer: Printer<'_, '_>,
        every: Duration,
        stop: watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        let remarks = RefCell::new(Vec::new());
        let drawn = Cell::new(false);
        let apart = !(printer.screen.is_some() && io::stderr().is_terminal());
        let notify = |notice: Notice| match remark(&notice) {
            Some(text) if drawn.get() && !apart => {
                let mut remarks = remarks.borrow_mut();
                if !self.global.quiet && remarks.len() < MOST_REMARKS {
                    remarks.push(text);
                }
            }
            Some(_) | None => self.tell(&notice),
        };
        let times = self.times();
        let stop = StopSignal::new(times.deadline, stop);
        let run = Gathering {
            plan,
            venues,
            stop: &stop,
            clock: times.clock,
            notify: &notify,
        };
        let (first, watch) = Watch::start(run, every).await?;
        self.stderr.clear();
        if let RunOutcome::Refused(error) = &first.outcome {
            return Err(refused(error));
        }
        self.name_unknown(&first);
        if let Err(failure) = printer.begin(&first, &[]) {
            if let Ok(watch) = watch {
                watch.close().await;
            }
            return Err(failure);
        }
        drawn.set(true);
        let ended = |lost: &Lost| match venues.rest.refusal() {
            Some(error) => refused(&error),
            None => failure_of(lost),
        };
        let mut last = first;
        let mut watch = match watch {
            Ok(watch) => watch,
            Err(lost) => {
                printer.finish().await?;
                self.outcome(&last)?;
                return if last.run.partial { Ok(()) } else { Err(ended(&lost)) };
            }
        };
        let end = loop {
            tokio::select! {
                biased;
                written = printer.written() => match written {
                    Ok(Written::Yes) => {}
                    Ok(Written::Unread) => break Ok(()),
                    Err(failure) => break Err(failure),
                },
                step = watch.next() => match step {
                    Ok(Step::Document(gathered)) => {
                        last = gathered;
                        if let Err(failure) = printer.begin(&last, &remarks.take()) {
                            break Err(failure);
                        }
                    }
                    Ok(Step::Lost(gathered, lost)) => {
                        let printed = async {
                            printer.finish().await?;
                            printer.begin(&gathered, &remarks.take())?;
                            printer.finish().await
                        };
                        break printed.await.and(Err(ended(&lost)));
                    }
                    Err(StopReason::Deadline) => break printer.finish().await.and_then(|()| self.outcome(&last)),
                    Err(StopReason::Interrupted) => break Err(Failure::new(Kind::Interrupted, "interrupted")),
                },
            }
        };
        watch.close().await;
        end
    }

    fn outcome(&self, gathered: &Gathered) -> Result<(), Failure> {
        let coverage = Coverage::of(&gathered.records).leaving(&gathered.unjudged);
        outcome(gathered, &coverage, self.show.require_complete)
    }

    fn document(&self, gathered: &Gathered) -> Document {
        let coverage = Coverage::of(&gathered.records).leaving(&gathered.unjudged);
        let meta = Meta {
            coverage: &coverage,
            run: &gathered.run,
            generated_at: self.generated_at(),
            recorded: None,
        };
        Document::quote(&gathered.records, meta)
    }

    /// The format of a stream of documents: lines of JSON where nothing was chosen and nobody looks on.
    fn format_of_many(&self) -> (Format, Style) {
        let (format, style) = self.format();
        let unchosen = self.show.format.is_none() && self.config.output.format == config::Format::Auto;
        match format {
            Format::Plain if unchosen => (Format::Jsonl, style),
            Format::Table | Format::Plain | Format::Json | Format::Jsonl | Format::Csv => (format, style),
        }
    }
}

impl<'j, 'a> Printer<'j, 'a> {
    fn new(job: &'j Job<'a>, first: Output) -> Self {
        let to_terminal = matches!(first, Output::Stdout) && io::stdout().is_terminal();
        let dumb = job.surroundings.variable("TERM").is_none_or(|term| term == "dumb");
        let (format, _) = job.format_of_many();
        Self {
            job,
            to_stdout: matches!(first, Output::Stdout),
            stdout: Some(tokio::io::stdout()),
            file: Some(first),
            turn: Turn::First,
            // Lines of a log would fall between tables that are drawn over each other.
            screen: (to_terminal && !dumb && job.global.verbose == 0 && format == Format::Table).then(Screen::default),
            writing: None,
        }
    }

    /// Begins to write the document of `gathered`. It is left out while the one before is still on its way.
    fn begin(&mut self, gathered: &Gathered, remarks: &[String]) -> Result<(), Failure> {
        let (format, style) = self.job.format_of_many();
        if !self.to_stdout {
            let output = match self.file.take() {
                Some(output) => output,
                None => Output::open(self.job.show.output.as_deref())?,
            };
            let document = self.job.document(gathered);
            return output.finish(|mut out| render::write(&document, &style, format, &mut out));
        }
        let Some(mut stdout) = self.stdout.take() else {
            tracing::debug!("a document is left out: the one before has not been read yet");
            return Ok(());
        };
        let document = self.job.document(gathered);
        let mut text = Vec::new();
        match &mut self.screen {
            Some(screen) => {
                render::write(&document, &style, format, &mut text).map_err(|error| unwritten(&error))?;
                let table = String::from_utf8_lossy(&text);
                text = screen.frame(&table, remarks, resolve::terminal()).into_bytes();
            }
            None => render::write_turn(&document, &style, format, self.turn, &mut text)
                .map_err(|error| unwritten(&error))?,
        }
        self.turn = Turn::Later;
        self.writing = Some(Box::pin(async move {
            stdout.write_all(&text).await?;
            stdout.flush().await?;
            Ok(stdout)
        }));
        Ok(())
    }

    /// Waits until what is being written has been taken; for ever when nothing is. Cancel safe.
    async fn written(&mut self) -> Result<Written, Failure> {
        let Some(writing) = &mut self.writing else {
            return std::future::pending().await;
        };
        let written = writing.await;
        self.writing = None;
        match written {
            Ok(stdout) => {
                self.stdout = Some(stdout);
                Ok(Written::Yes)
            }
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Written::Unread),
            Err(error) => Err(unwritten(&error)),
        }
    }

    /// Waits until everything has been taken.
    async fn finish(&mut self) -> Result<(), Failure> {
        match &self.writing {
            Some(_) => self.written().await.map(|_| ()),
            None => Ok(()),
        }
    }
}

/// What a notice says that should stay in sight.
fn remark(notice: &Notice) -> Option<String> {
    match notice {
        Notice::Feed(trouble) => Some(format!("variance: DXLink: {trouble}")),
        Notice::Unrefreshed(reason) => Some(format!("variance: metrics stay as they were: {reason}")),
        Notice::Connecting
        | Notice::Streaming(_)
        | Notice::Filling { .. }
        | Notice::Options { .. }
        | Notice::Unjudged { .. }
        | Notice::Legacy { .. } => None,
    }
}

/// The end of a watch without a feed.
fn failure_of(lost: &Lost) -> Failure {
    let kind = if lost.lasting {
        Kind::Unavailable
    } else {
        Kind::TryLater
    };
    Failure::new(
        kind,
        format!("nothing to watch any more, the feed is lost: {}", lost.reason),
    )
    .hint("`variance doctor` shows which step fails.")
}
