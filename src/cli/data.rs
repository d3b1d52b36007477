//! What every data command does: configuration, venue, credentials, gathering, output, verdict.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::watch;
use tokio::time::Instant;

use super::access::{Access, refused};
use super::exit::{Failure, Kind};
use super::flags::{Data, Global, Show, Source};
use super::output::Output;
use super::progress::Stderr;
use super::run_store::{self, RunStore};
use super::runtime::interruptible;
use super::task::Task;
use super::{ProcessEnv, past, record, resolve};
use crate::config::{self, Config};
use crate::gather::{
    Clock, Gathered, Gathering, Interrupted, Notice, Plan, RunOutcome, StopSignal, gather, gather_chain,
};
use crate::instrument::{Instrument, Kind as Instruments, Symbol};
use crate::market::{Coverage, Field, Mode, Record};
use crate::recording::{self, Header, Milestone, Recorder};
use crate::render::{self, Format, Meta, OutlookDocument, Recorded, Style};
use crate::store::{Store, StoreSnapshot};

/// Unknown symbols that are named.
const NAMED: usize = 8;

/// The channel of a recording that holds what earlier runs left.
pub(super) const MEMORY: &str = "store";

/// A data command that is ready to gather.
pub(super) struct Job<'a> {
    pub(super) config: Config,
    pub(super) source: Option<&'a Source>,
    pub(super) show: &'a Show,
    pub(super) global: &'a Global,
    pub(super) surroundings: &'a ProcessEnv,
    pub(super) stderr: &'a Stderr,
    pub(super) output: Output,
    tape: Option<(&'a Path, File)>,
    started: std::time::Instant,
}

/// How a run is timed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// Its clock.
    pub(super) clock: Clock,
    /// Its deadline.
    pub(super) deadline: Option<Instant>,
}

impl<'a> Job<'a> {
    /// Reads the configuration and opens the output, so that what is wrong with them is told at once.
    pub(super) fn new(
        data: &'a Data,
        global: &'a Global,
        surroundings: &'a ProcessEnv,
        stderr: &'a Stderr,
    ) -> Result<Self, Failure> {
        let started = std::time::Instant::now();
        let source = &data.source;
        let config = resolve::config(global, source.listen, surroundings)?;
        let output = Output::open(data.show.output.as_deref())?;
        let tape = match source.record.as_deref() {
            Some(path) => Some((path, record::create(path)?)),
            None => None,
        };
        Ok(Self {
            config,
            source: Some(source),
            show: &data.show,
            global,
            surroundings,
            stderr,
            output,
            tape,
            started,
        })
    }

    /// A job that prints what was recorded under `config`.
    pub(super) fn printing(
        config: Config,
        show: &'a Show,
        global: &'a Global,
        surroundings: &'a ProcessEnv,
        stderr: &'a Stderr,
    ) -> Result<Self, Failure> {
        Ok(Self {
            config,
            source: None,
            show,
            global,
            surroundings,
            stderr,
            output: Output::open(show.output.as_deref())?,
            tape: None,
            started: std::time::Instant::now(),
        })
    }

    /// The wall clock of the run.
    pub(super) fn now(&self) -> Timestamp {
        self.surroundings.now
    }

    /// Gathers `instruments`, prints what `task` makes of them and says how the run ended.
    pub(super) fn run(mut self, instruments: Vec<Instrument>, task: &Task) -> Result<(), Failure> {
        let Some(source) = self.source else {
            return Err(Failure::new(Kind::Internal, "there is no source to gather from"));
        };
        let recorder = match self.tape.take() {
            Some((path, file)) => Some((path, self.recorder(file, source, &instruments, task)?)),
            None => None,
        };
        let written = recorder.as_ref().map(|(_, recorder)| recorder.clone());
        let access = Access::open(&self.config, source, self.surroundings, written)?;
        let plan = Plan {
            history: task.history(),
            options: task.asks_options(self.config.screener.max_chains),
            ..resolve::plan(&self.config, instruments, access.mode)
        };
        let world = resolve::world(&self.config, access.mode, source.venue.world.invented());
        let mut run_store = RunStore::open(&self.config, world, self.surroundings, source.deadline, self.stderr);
        let chains = plan.options.is_some() || task.wish().is_some();
        let memory = run_store.recall(&plan.instruments, chains);
        if let Some((_, recorder)) = &recorder {
            recorder.note(MEMORY, self.started, &memory);
        }
        let mut gathered =
            interruptible(|stop| async { Ok(self.gather(&plan, task, &access, &memory, self.times(), stop).await) })??;
        run_store.keep(&mut gathered);
        let generated_at = self.generated_at();
        let Some((path, recorder)) = recorder else {
            return self.print(&gathered, task, generated_at, None);
        };
        recorder.milestone(std::time::Instant::now(), Milestone::Printed { generated_at });
        let printed = self.print(&gathered, task, generated_at, None);
        recorder.finish().map_err(|error| record::unwritable(path, &error))?;
        printed
    }

    /// Takes the session of `day` from the store instead of gathering, and goes on as [`Job::run`].
    pub(super) fn run_past(self, instruments: Vec<Instrument>, day: Date, task: &Task) -> Result<(), Failure> {
        let (store, plan) = self.past(instruments)?;
        let gathered = past::gathered(&plan, past::records(&store, &plan, day)?);
        let generated_at = self.generated_at();
        self.print(&gathered, task, generated_at, None)
    }

    /// The store, for a look at the past of `instruments`.
    pub(super) fn past(&self, instruments: Vec<Instrument>) -> Result<(Store, Plan), Failure> {
        let seed = self.source.and_then(|source| source.venue.world.invented());
        let (store, mode) = run_store::open(&self.config, seed, self.surroundings, self.stderr)?;
        Ok((store, resolve::plan(&self.config, instruments, mode)))
    }

    /// Begins the recording.
    fn recorder(
        &self,
        file: File,
        source: &Source,
        instruments: &[Instrument],
        task: &Task,
    ) -> Result<Recorder, Failure> {
        let internal = |error| Failure::from_error(Kind::Internal, error);
        let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let mode = if source.venue.world.demo {
            Mode::Demo
        } else {
            resolve::mode(&self.config)
        };
        let seed = fastrand::u64(..);
        // How and where the user reads is nobody else's business.
        let mut config = self.config.clone();
        config.output = config::Output::default();
        config.universe.watchlist = None;
        config.store.path = config::Store::default().path;
        let header = Header {
            variance_recording: recording::VERSION,
            program: concat!("variance ", env!("CARGO_PKG_VERSION")).to_owned(),
            command: word(serde_json::to_value(task.command()).map_err(internal)?),
            mode: word(serde_json::to_value(mode).map_err(internal)?),
            started_at: self.now(),
            stands: self.global.now.is_some(),
            seed,
            symbols: instruments.iter().map(|one| one.symbol().to_string()).collect(),
            deadline_seconds: source.deadline,
            options: task.options().map_err(internal)?,
            config: serde_json::to_value(config).map_err(internal)?,
        };
        fastrand::seed(seed);
        Ok(Recorder::begin(Box::new(file), self.started, &header))
    }

    /// Prints what `task` makes of what was gathered, and says how the run ended. `recorded` says what was replayed.
    pub(super) fn print(
        self,
        gathered: &Gathered,
        task: &Task,
        generated_at: Timestamp,
        recorded: Option<&Recorded>,
    ) -> Result<(), Failure> {
        self.stderr.clear();
        if let RunOutcome::Refused(error) = &gathered.outcome {
            return Err(refused(error));
        }
        self.name_unknown(gathered);
        let chain = match task.report(gathered) {
            None => None,
            Some(Ok(report)) => Some(report),
            Some(Err(reason)) => {
                let symbol = gathered.records.first().map(|record| record.symbol.clone());
                let failure = super::chain::failure(reason, &symbol.unwrap_or_else(|| Symbol("".into())));
                return Err(failure);
            }
        };
        let coverage = match &chain {
            Some(report) => Coverage::of(&report.records()),
            None => Coverage::of(&gathered.records).leaving(&gathered.unjudged),
        };
        let meta = Meta {
            coverage: &coverage,
            run: &gathered.run,
            generated_at,
            recorded,
        };
        let document = task.document(gathered, chain.as_ref(), meta);
        let outlook = task.outlook(gathered);
        let (format, style) = self.format();
        if document.diff.is_some() && matches!(format, Format::Plain | Format::Csv) {
            self.stderr
                .remark("variance: plain and csv hold rows alone; table, json and jsonl say what changed");
        }
        let required = self.show.require_complete;
        self.output.finish(|mut out| match &outlook {
            Some((outlook, windows)) => OutlookDocument {
                outlook,
                windows,
                document: &document,
            }
            .write(&style, format, &mut out),
            None => render::write(&document, &style, format, &mut out),
        })?;
        outcome(gathered, &coverage, required)
    }

    /// When a document that is made now is made.
    pub(super) fn generated_at(&self) -> Timestamp {
        if self.global.now.is_some() {
            self.now()
        } else {
            crate::time::now()
        }
    }

    /// Names the symbols that nobody had anything to say about: they may be misspelt.
    pub(super) fn name_unknown(&self, gathered: &Gathered) {
        let is_option = |kind| matches!(kind, Instruments::EquityOption | Instruments::FutureOption);
        let nothing = |record: &&Record| {
            let of_chain = gathered.chain.is_some() && is_option(record.kind);
            !of_chain && Field::ALL.iter().all(|field| !record.has(*field))
        };
        let unknown: Vec<&str> = gathered
            .records
            .iter()
            .filter(nothing)
            .map(|record| record.symbol.as_str())
            .collect();
        let answered = matches!(gathered.outcome, RunOutcome::Answered) && !gathered.run.partial;
        if answered && !unknown.is_empty() {
            let more = unknown.len().saturating_sub(NAMED);
            let named = unknown.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            self.stderr.remark(&format!("variance: no source knows {named}{more}"));
        }
    }

    /// Gathers what `plan` wants, and tells the user how it goes.
    pub(super) async fn gather(
        &self,
        plan: &Plan,
        task: &Task,
        access: &Access,
        memory: &StoreSnapshot,
        times: Times,
        stop: watch::Receiver<bool>,
    ) -> Result<Gathered, Interrupted> {
        let notify = |notice| self.tell(&notice);
        let stop = StopSignal::new(times.deadline, stop);
        let venues = access.venues(memory);
        let run = Gathering {
            plan,
            venues: &venues,
            stop: &stop,
            clock: times.clock,
            notify: &notify,
        };
        if let Some((wish, underlying)) = task.wish().zip(plan.instruments.first()) {
            return gather_chain(run, underlying, wish).await;
        }
        gather(run).await
    }

    /// How the run is timed. The wall was read when it started; a watchlist on stdin may have taken its time since.
    pub(super) fn times(&self) -> Times {
        let epoch = Instant::from_std(self.started);
        let deadline = self.source.and_then(|source| source.deadline);
        Times {
            clock: Clock {
                wall: self.now(),
                epoch,
                stands: self.global.now.is_some(),
            },
            deadline: deadline.map(|seconds| epoch + Duration::from_secs_f64(seconds)),
        }
    }

    pub(super) fn tell(&self, notice: &Notice) {
        match notice {
            Notice::Connecting => self.stderr.status("connecting to the feed".to_owned()),
            Notice::Streaming(progress) if progress.streaming => {
                let mut status = format!("listening: {} of {} symbols", progress.settled, progress.wanted);
                if !progress.awaited.is_empty() {
                    status.push_str(&format!(", awaiting {}", progress.awaited.join(", ")));
                }
                self.stderr.status(status);
            }
            Notice::Streaming(_) => self.stderr.status("connecting to the feed".to_owned()),
            Notice::Feed(trouble) => self.stderr.remark(&format!("variance: DXLink: {trouble}")),
            Notice::Unrefreshed(reason) => {
                self.stderr
                    .remark(&format!("variance: metrics stay as they were: {reason}"));
            }
            Notice::Filling { symbols } => {
                self.stderr
                    .status(format!("asking REST for quotes still missing ({symbols})"));
            }
            Notice::Options { symbols } => {
                self.stderr
                    .status(format!("asking REST for the options of {symbols} symbols"));
            }
            Notice::Unjudged { symbols, why } => {
                let plural = if *symbols == 1 { "" } else { "s" };
                self.stderr.remark(&format!(
                    "variance: {symbols} symbol{plural} cannot be judged by options, and so cannot pass: {why}"
                ));
            }
            Notice::Legacy { symbols } => {
                let most = usize::try_from(self.config.legacy.max_requests).unwrap_or(usize::MAX);
                let about = if *symbols > most {
                    format!("{most} of {symbols}")
                } else {
                    symbols.to_string()
                };
                let plural = if *symbols == 1 { "" } else { "s" };
                self.stderr.remark(&format!(
                    "variance: the deprecated legacy source is asked about {about} symbol{plural} that neither DXLink nor \
                     tastytrade REST could fill (switch it off with legacy.enabled = false)"
                ));
            }
        }
    }

    pub(super) fn format(&self) -> (Format, Style) {
        let to_terminal = matches!(self.output, Output::Stdout) && io::stdout().is_terminal();
        let asked = resolve::asked(self.show.json, self.show.format);
        let format = asked.unwrap_or_else(|| resolve::format(&self.config, to_terminal));
        let when = self.global.color.unwrap_or(self.config.output.color);
        let color = self.surroundings.color(when, to_terminal);
        (
            format,
            Style {
                width: resolve::width(self.surroundings, to_terminal),
                color,
            },
        )
    }
}

impl From<Interrupted> for Failure {
    fn from(interrupted: Interrupted) -> Self {
        Self::from_error(Kind::Interrupted, interrupted)
    }
}

pub(super) fn outcome(gathered: &Gathered, coverage: &Coverage, required: Option<f64>) -> Result<(), Failure> {
    let why = || {
        let mut messages: Vec<String> = gathered
            .run
            .errors
            .iter()
            .map(|error| format!("  {}: {}", error.source, error.message))
            .collect();
        messages.dedup();
        if messages.is_empty() {
            messages.extend(
                gathered
                    .run
                    .sources
                    .dxlink
                    .reason
                    .iter()
                    .map(|reason| format!("  dxlink: {reason}")),
            );
        }
        messages
    };
    let failed = match &gathered.outcome {
        RunOutcome::Answered => None,
        RunOutcome::Refused(error) => Some(refused(error)),
        RunOutcome::TryLater => Some(
            Failure::new(Kind::TryLater, "no source answered in time")
                .hint("Try again in a few minutes; `variance doctor` shows which step fails."),
        ),
        RunOutcome::Garbled => Some(
            Failure::new(Kind::Protocol, "no source answered, and what came could not be understood").hint(
                "Something on the way may answer in the venue's place, such as a proxy or a login page; `variance doctor` \
                 shows which step fails.",
            ),
        ),
        RunOutcome::Nothing => Some(
            Failure::new(Kind::Unavailable, "no source answered for any symbol")
                .hint("`variance doctor` shows which step fails."),
        ),
    };
    if let Some(failure) = failed {
        return Err(Failure {
            details: why(),
            ..failure
        });
    }
    let Some(required) = required else { return Ok(()) };
    let unjudged = match coverage.unjudged.len() {
        0 => String::new(),
        some => format!(", less {some} without an answer about their options"),
    };
    let complete = coverage.judged_ratio() * 100.0;
    if complete + f64::EPSILON >= required {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Incomplete,
        format!(
            "{} of {} symbols are complete{unjudged} ({complete:.1} %), {required} % are required",
            coverage.complete, coverage.requested
        ),
    )
    .hint("The output names what is missing and what was tried; `variance explain SYMBOL` says more."))
}
