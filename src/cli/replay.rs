//! `variance replay`

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::access::Access;
use super::args::{Picks, Replay};
use super::data::{Job, MEMORY, Times};
use super::exit::{Failure, Kind};
use super::flags::Global;
use super::progress::Stderr;
use super::runtime::simulated;
use super::task::Task;
use super::{ProcessEnv, resolve};
use crate::config::Config;
use crate::gather::{Clock, Plan};
use crate::instrument::{Instrument, Symbol};
use crate::market::Mode;
use crate::recording::{Milestone, ReadError, Recording};
use crate::render::Recorded;
use crate::store::StoreSnapshot;

/// Runs the recorded command over its recording, on the time of then and without a network.
pub(super) fn run(args: &Replay, global: &Global, around: &ProcessEnv, stderr: &Stderr) -> Result<(), Failure> {
    let recording = read(&args.file)?;
    let wrong = |error| unreadable(&args.file, &error);
    let header = &recording.header;
    let then = ProcessEnv {
        now: header.started_at,
        ..around.clone()
    };
    let config = config(args, &recording, global, &then)?;
    let task = task(args, &recording, &config)?;
    let instruments = resolve::symbols(&header.symbols, then.now)?;
    let only = only(args, &instruments, then.now)?;
    let milestones = recording.milestones().map_err(wrong)?;
    let memory: Vec<(u64, StoreSnapshot)> = recording.channel(MEMORY).map_err(wrong)?;
    let memory = memory
        .into_iter()
        .next()
        .map_or_else(StoreSnapshot::default, |(_, memory)| memory);
    let job = Job::printing(config, &args.show, global, &then, stderr)?;
    if recording.torn
        || !milestones
            .iter()
            .any(|(_, one)| matches!(one, Milestone::Printed { .. }))
    {
        stderr.remark("variance: the recording breaks off before the end of the run");
    }
    let mut plan = Plan {
        history: task.history(),
        options: task.asks_options(job.config.screener.max_chains),
        ..resolve::plan(&job.config, instruments, Mode::Replay)
    };
    if let Some(listen) = &mut plan.listen {
        let ended = milestones.iter().find(|(_, one)| *one == Milestone::WindowEnded);
        // To the end of that millisecond: what came in it was heard.
        listen.recorded_end = ended.map(|(at, _)| Duration::from_millis(at.saturating_add(1)));
    }
    fastrand::seed(header.seed);
    let (mut gathered, ended) = simulated(args.speed, |stop| async {
        let epoch = Instant::now();
        let clock = Clock {
            wall: then.now,
            epoch,
            stands: header.stands,
        };
        let deadline = header
            .deadline_seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let access = Access::playback(&job.config, &recording, epoch).map_err(wrong)?;
        let times = Times {
            clock,
            deadline: deadline.and_then(|deadline| epoch.checked_add(deadline)),
        };
        let gathered = job.gather(&plan, &task, &access, &memory, times, stop).await?;
        Ok((gathered, clock.now()))
    })?;
    if task.wish().is_none() {
        gathered.records.retain(|record| only.contains(&record.symbol));
    }
    let printed = milestones.iter().find_map(|(_, one)| match one {
        Milestone::Printed { generated_at } => Some(*generated_at),
        Milestone::WindowEnded => None,
    });
    let mode: Mode = serde_json::from_value(header.mode.clone().into())
        .map_err(|source| unreadable(&args.file, &ReadError::Line { line: 1, source }))?;
    if mode == Mode::Replay {
        let source = serde::de::Error::custom("a replay is no venue to record");
        return Err(unreadable(&args.file, &ReadError::Line { line: 1, source }));
    }
    let recorded = Recorded::new(mode, header.started_at);
    job.print(&gathered, &task, printed.unwrap_or(ended), Some(&recorded))
}

/// The symbols to show: those named, else all that were recorded.
fn only(args: &Replay, recorded: &[Instrument], now: Timestamp) -> Result<BTreeSet<Symbol>, Failure> {
    let all: BTreeSet<Symbol> = recorded.iter().map(Instrument::symbol).collect();
    if args.symbols.is_empty() {
        return Ok(all);
    }
    let named = resolve::symbols(&args.symbols, now)?;
    let named: BTreeSet<Symbol> = named.iter().map(Instrument::symbol).collect();
    match named.iter().find(|symbol| !all.contains(symbol)) {
        None => Ok(named),
        Some(stranger) => Err(Failure::new(Kind::Usage, format!("{stranger} is not in the recording"))
            .hint("Leave --symbols out to see all that is.")),
    }
}

fn read(path: &Path) -> Result<Recording, Failure> {
    let file = File::open(path).map_err(|error| unreadable(path, &error.into()))?;
    Recording::read(BufReader::new(file)).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &ReadError) -> Failure {
    Failure::new(Kind::CannotRead, format!("cannot replay {}: {error}", path.display()))
        .hint("Record a run with --record FILE.")
}

/// The configuration of then, or the one named now.
fn config(args: &Replay, recording: &Recording, global: &Global, then: &ProcessEnv) -> Result<Config, Failure> {
    if global.config.is_some() {
        return resolve::config(global, None, then);
    }
    resolve::recorded_config(recording.header.config.to_string(), &args.file, then)
}

/// The recorded command, with what was typed now in place of what was recorded.
fn task(args: &Replay, recording: &Recording, config: &Config) -> Result<Task, Failure> {
    let header = &recording.header;
    let wrong = |source| unreadable(&args.file, &ReadError::Line { line: 1, source });
    let options = || header.options.clone();
    let typed = args.picks.clone();
    let rules_alone = Picks {
        rules: typed.rules.clone(),
        ..Picks::default()
    };
    let takes = |which: bool| {
        if which {
            Ok(())
        } else {
            let text = format!("the recorded run is a {}, which takes no such options", header.command);
            Err(Failure::new(Kind::Usage, text).hint("Options of a screen go with the recording of a screen."))
        }
    };
    if header.command == "chain" {
        takes(typed == Picks::default())?;
        let picks = serde_json::from_value(options()).map_err(wrong)?;
        return Ok(Task::chain(picks, header.started_at));
    }
    if header.command == "vol" {
        takes(typed == Picks::default())?;
        let picks = serde_json::from_value(options()).map_err(wrong)?;
        return Ok(Task::vol(picks, config, header.started_at));
    }
    let recorded: Picks = serde_json::from_value(options()).map_err(wrong)?;
    match header.command.as_str() {
        "screen" => Task::screen(typed.over(recorded), config, header.started_at),
        "explain" => {
            takes(typed == rules_alone)?;
            Task::explain(typed.over(recorded).rules, config, header.started_at)
        }
        "quote" => {
            takes(typed == Picks::default())?;
            Ok(Task::quote(header.started_at))
        }
        other => Err(Failure::new(
            Kind::CannotRead,
            format!(
                "cannot replay {}: this program has no command `{other}`",
                args.file.display()
            ),
        )),
    }
}
