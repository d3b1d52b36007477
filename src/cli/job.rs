//! What every data command does: configuration, venue, store, gathering, recording, output.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::access::{self, Access};
use super::exit::{Failure, FailureKind};
use super::flags::{Data, Show, Source};
use super::output::{Output, Printer};
use super::plan::plan;
use super::question::{Answer, Question};
use super::run_store::RunStore;
use super::runtime::interruptible;
use super::session::Session;
use super::{record, verdict};
use crate::config::{self, Config};
use crate::gather::{self, Clock, Gathered, Gathering, Interrupted, Notice, StopSignal, gather_chain};
use crate::instrument::Instrument;
use crate::market::Mode;
use crate::recording::{self, Header, Milestone, Recorder};

/// The channel of a recording that holds what earlier runs left.
pub(super) const MEMORY: &str = "store";

/// A data command that is ready to gather.
pub(super) struct Job<'s> {
    pub(super) session: &'s Session,
    pub(super) config: Config,
    pub(super) source: &'s Source,
    pub(super) show: &'s Show,
    pub(super) output: Output,
    recording: Option<(&'s Path, File)>,
    started: std::time::Instant,
}

impl<'s> Job<'s> {
    /// Reads the configuration and opens the output, so that what is wrong with them is told at once.
    pub(super) fn new(data: &'s Data, session: &'s Session) -> Result<Self, Failure> {
        let started = std::time::Instant::now();
        let (source, show) = (&data.source, &data.show);
        let config = session.config(source.listen)?;
        let output = Output::open(show.output.as_deref())?;
        let recording = match source.record.as_deref() {
            Some(path) => Some((path, record::create(path)?)),
            None => None,
        };
        Ok(Self {
            session,
            config,
            source,
            show,
            output,
            recording,
            started,
        })
    }

    /// Gathers `instruments`, prints the answer to `question` and says how the run ended.
    pub(super) fn run(mut self, instruments: Vec<Instrument>, question: &dyn Question) -> Result<(), Failure> {
        let recording = match self.recording.take() {
            Some((path, file)) => Some((path, self.recorder(file, &instruments, question)?)),
            None => None,
        };
        let recorder = recording.as_ref().map(|(_, recorder)| recorder.clone());
        let access = Access::open(&self.config, self.source, self.session, recorder)?;
        let plan = plan(&self.config, instruments, access.mode, question);
        let mut store = self.store(access.mode);
        let chains = plan.options.is_some() || question.chain().is_some();
        let memory = store.recall(&plan.instruments, chains);
        if let Some((_, recorder)) = &recording {
            recorder.note(MEMORY, self.started, &memory);
        }
        let mut gathered = interruptible(|stop| async {
            let run = Gathering {
                plan: &plan,
                venues: &access.venues(&memory),
                stop: &StopSignal::new(self.deadline(), stop),
                clock: self.clock(),
                notify: &|notice: Notice| self.session.stderr.tell(&notice, &self.config),
            };
            Ok(gather(run, question).await?)
        })?;
        store.keep(&mut gathered);
        let generated_at = self.session.generated_at();
        let Some((path, recorder)) = recording else {
            return self.print(&gathered, question, generated_at);
        };
        recorder.milestone(std::time::Instant::now(), Milestone::Printed { generated_at });
        let printed = self.print(&gathered, question, generated_at);
        recorder.finish().map_err(|error| record::unwritable(path, &error))?;
        printed
    }

    /// Prints the answer to `question` and says how the run ended.
    pub(super) fn print(
        self,
        gathered: &Gathered,
        question: &dyn Question,
        generated_at: Timestamp,
    ) -> Result<(), Failure> {
        let answer = Answer {
            gathered,
            generated_at,
            recorded: None,
        };
        let printer = Printer::new(self.session, &self.config, self.show.form.asked(), self.output);
        verdict::print(question, &answer, printer, self.show.require_complete)
    }

    /// The store of the venue of `mode`.
    pub(super) fn store(&self, mode: Mode) -> RunStore<'s> {
        let world = access::world(&self.config, mode, self.source.venue.world.invented());
        RunStore::open(&self.config, world, self.session, self.source.deadline)
    }

    /// The time of the run. The wall was read when it started; a watchlist on stdin may have taken its time since.
    pub(super) fn clock(&self) -> Clock {
        Clock {
            wall: self.session.now,
            epoch: Instant::from_std(self.started),
            stands: self.session.stands,
        }
    }

    /// When the run ends at the latest.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let seconds = self.source.deadline?;
        Some(Instant::from_std(self.started) + Duration::from_secs_f64(seconds))
    }

    /// Begins the recording.
    fn recorder(&self, file: File, instruments: &[Instrument], question: &dyn Question) -> Result<Recorder, Failure> {
        let internal = |error| Failure::from_error(FailureKind::Internal, error);
        let mode = if self.source.venue.world.demo {
            Mode::Demo
        } else {
            access::mode(&self.config)
        };
        let mode = serde_json::to_value(mode).map_err(internal)?;
        let seed = fastrand::u64(..);
        // How and where the user reads is nobody else's business.
        let mut config = self.config.clone();
        config.output = config::Output::default();
        config.universe.watchlist = None;
        config.store.path = config::Store::default().path;
        let header = Header {
            variance_recording: recording::VERSION,
            program: concat!("variance ", env!("CARGO_PKG_VERSION")).to_owned(),
            command: question.command().to_owned(),
            mode: mode.as_str().unwrap_or_default().to_owned(),
            started_at: self.session.now,
            stands: self.session.stands,
            seed,
            symbols: instruments.iter().map(|one| one.symbol().to_string()).collect(),
            deadline_seconds: self.source.deadline,
            options: question.recorded().map_err(internal)?,
            config: serde_json::to_value(config).map_err(internal)?,
        };
        fastrand::seed(seed);
        Ok(Recorder::begin(Box::new(file), self.started, &header))
    }
}

/// Gathers what `run` plans, by way of an option chain if `question` wants one.
pub(super) async fn gather(run: Gathering<'_, '_>, question: &dyn Question) -> Result<Gathered, Interrupted> {
    match question.chain().zip(run.plan.instruments.first()) {
        Some((query, underlying)) => gather_chain(run, underlying, query).await,
        None => gather::gather(run).await,
    }
}

impl From<Interrupted> for Failure {
    fn from(interrupted: Interrupted) -> Self {
        Self::from_error(FailureKind::Interrupted, interrupted)
    }
}
