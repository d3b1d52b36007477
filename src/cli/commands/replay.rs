//! `variance replay`

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueHint};
use tokio::time::Instant;

use super::REPLAYS;
use crate::cli::access::Access;
use crate::cli::exit::{Failure, FailureKind};
use crate::cli::flags::numbers::speed;
use crate::cli::flags::{Picks, Show};
use crate::cli::job::{MEMORY, gather};
use crate::cli::output::{Output, Printer};
use crate::cli::plan::plan;
use crate::cli::question::{Answer, Command, Question, Recorded, unreadable};
use crate::cli::runtime::simulated;
use crate::cli::session::Session;
use crate::cli::universe::symbols;
use crate::cli::verdict;
use crate::config::Config;
use crate::gather::{Clock, Gathering, Notice, StopSignal};
use crate::instrument::{Instrument, Symbol};
use crate::market::Mode;
use crate::recording::{Header, Milestone, ReadError, Recording};
use crate::render;
use crate::store::StoreSnapshot;

/// Run a recorded command again, without a network
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub(in crate::cli) struct Replay {
    /// Read what --record wrote
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Run N times as fast as it happened [default: as fast as possible]
    #[arg(long, value_name = "N", value_parser = speed)]
    speed: Option<f64>,
    /// Print only these of the recorded symbols
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    symbols: Vec<String>,
    /// What of a screen is wanted, in place of what was recorded.
    #[command(flatten)]
    picks: Picks,
    /// How it is shown.
    #[command(flatten)]
    show: Show,
}

impl Command for Replay {
    /// Runs the recorded command over its recording, on the time of then and without a network.
    fn run(&self, session: &Session) -> Result<(), Failure> {
        let recording = read(&self.file)?;
        let wrong = |error| unreadable(&self.file, &error);
        let header = &recording.header;
        let then = session.at(header.started_at);
        let config = self.config(header, &then)?;
        let question = self.question(header, &config, &then)?;
        let instruments = symbols(&header.symbols, &then)?;
        let only = self.only(&instruments, &then)?;
        let milestones = recording.milestones().map_err(wrong)?;
        let memory: Vec<(u64, StoreSnapshot)> = recording.channel(MEMORY).map_err(wrong)?;
        let memory = memory.into_iter().next().map(|(_, memory)| memory).unwrap_or_default();
        let output = Output::open(self.show.output.as_deref())?;
        let printed = milestones.iter().find_map(|(_, one)| match one {
            Milestone::Printed { generated_at } => Some(*generated_at),
            Milestone::WindowEnded => None,
        });
        if recording.torn || printed.is_none() {
            let remark = "variance: the recording breaks off before the end of the run";
            session.stderr.remark(remark);
        }
        let mut plan = plan(&config, instruments, Mode::Replay, &*question);
        if let Some(listen) = &mut plan.listen {
            let ended = milestones.iter().find(|(_, one)| *one == Milestone::WindowEnded);
            // To the end of that millisecond: what came in it was heard.
            listen.recorded_end = ended.map(|(at, _)| Duration::from_millis(at.saturating_add(1)));
        }
        fastrand::seed(header.seed);
        let (mut gathered, ended) = simulated(self.speed, |stop| async {
            let epoch = Instant::now();
            let clock = Clock {
                wall: then.now,
                epoch,
                stands: header.stands,
            };
            let deadline = header
                .deadline_seconds
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            let deadline = deadline.and_then(|deadline| epoch.checked_add(deadline));
            let access = Access::playback(&config, &recording, epoch).map_err(wrong)?;
            let run = Gathering {
                plan: &plan,
                venues: &access.venues(&memory),
                stop: &StopSignal::new(deadline, stop),
                clock,
                notify: &|notice: Notice| session.stderr.tell(&notice, &config),
            };
            Ok((gather(run, &*question).await?, clock.now()))
        })?;
        if question.chain().is_none() {
            gathered.records.retain(|record| only.contains(&record.symbol));
        }
        let recorded = render::Recorded::new(self.mode(header)?, header.started_at);
        let answer = Answer {
            gathered: &gathered,
            generated_at: printed.unwrap_or(ended),
            recorded: Some(&recorded),
        };
        let printer = Printer::new(&then, &config, self.show.form.asked(), output);
        verdict::print(&*question, &answer, printer, self.show.require_complete)
    }
}

impl Replay {
    /// The configuration of then, or the one named now.
    fn config(&self, header: &Header, then: &Session) -> Result<Config, Failure> {
        if then.global.config.is_some() {
            return then.config(None);
        }
        then.recorded_config(header.config.to_string(), &self.file)
    }

    /// The recorded command's question, with what was typed now in place of what was recorded.
    fn question(&self, header: &Header, config: &Config, then: &Session) -> Result<Box<dyn Question>, Failure> {
        let command = header.command.as_str();
        let known = REPLAYS.iter().find(|(name, _)| *name == command);
        let Some(replay) = known.and_then(|(_, replay)| *replay) else {
            let file = self.file.display();
            let message = format!("cannot replay {file}: this program has no command `{command}`");
            return Err(Failure::new(FailureKind::CannotRead, message));
        };
        replay(&Recorded {
            file: &self.file,
            command,
            options: &header.options,
            typed: &self.picks,
            config,
            session: then,
        })
    }

    /// The symbols to show: those named, else all that were recorded.
    fn only(&self, recorded: &[Instrument], then: &Session) -> Result<BTreeSet<Symbol>, Failure> {
        let all: BTreeSet<Symbol> = recorded.iter().map(Instrument::symbol).collect();
        if self.symbols.is_empty() {
            return Ok(all);
        }
        let named = symbols(&self.symbols, then)?;
        let named: BTreeSet<Symbol> = named.iter().map(Instrument::symbol).collect();
        match named.iter().find(|symbol| !all.contains(symbol)) {
            None => Ok(named),
            Some(stranger) => Err(
                Failure::new(FailureKind::Usage, format!("{stranger} is not in the recording"))
                    .hint("Leave --symbols out to see all that is."),
            ),
        }
    }

    /// The venue of then.
    fn mode(&self, header: &Header) -> Result<Mode, Failure> {
        let mode = serde_json::from_value(header.mode.clone().into());
        let mode = mode.and_then(|mode| match mode {
            Mode::Replay => Err(serde::de::Error::custom("a replay is no venue to record")),
            Mode::Live | Mode::Sandbox | Mode::Demo => Ok(mode),
        });
        mode.map_err(|source| unreadable(&self.file, &ReadError::Line { line: 1, source }))
    }
}

fn read(path: &Path) -> Result<Recording, Failure> {
    let file = File::open(path).map_err(|error| unreadable(path, &error.into()))?;
    Recording::read(BufReader::new(file)).map_err(|error| unreadable(path, &error))
}
