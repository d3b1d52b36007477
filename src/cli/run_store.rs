//! The store around a run: opened and recalled before it, kept after it, its troubles told once.
//!
//! The store's calls block. They are made while no socket is open and no future is pending, so nothing waits for them but
//! the user.

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::access;
use super::exit::{Failure, FailureKind};
use super::progress::Stderr;
use super::session::Session;
use crate::config::Config;
use crate::gather::Gathered;
use crate::instrument::{Instrument, Symbol};
use crate::market::{Mode, Record, RunError, SourceState};
use crate::store::{Error, Opened, Place, Reach, Store, StoreSnapshot, World};

/// The store of one run, or why there is none.
pub(super) struct RunStore<'a> {
    stderr: &'a Stderr,
    now: Timestamp,
    patience: Duration,
    reach: Reach,
    place: Option<Place>,
    store: Option<Store>,
    disabled: bool,
    troubles: Vec<RunError>,
}

impl<'a> RunStore<'a> {
    /// Opens the file of `world`. A store that cannot be used is told and does without.
    pub(super) fn open(config: &Config, world: World, session: &'a Session, deadline: Option<f64>) -> Self {
        let mut run_store = Self {
            stderr: &session.stderr,
            now: session.now,
            patience: patience(deadline),
            reach: reach(config, session.now),
            place: None,
            store: None,
            disabled: !config.store.enabled,
            troubles: Vec::new(),
        };
        match place(config, world, session) {
            Ok(place) => {
                let opened = Store::open(&place, run_store.now, run_store.patience);
                run_store.place = Some(place);
                run_store.take(opened);
            }
            Err(NoPlace::Disabled) => {}
            Err(error @ NoPlace::Nowhere) => {
                let message = format!("{error}: set XDG_STATE_HOME, HOME or store.path");
                run_store.trouble("no_place", message);
            }
        }
        run_store
    }

    /// What earlier runs left for `instruments`, with the lists of options on them if `chains` are wanted.
    pub(super) fn recall(&mut self, instruments: &[Instrument], chains: bool) -> StoreSnapshot {
        let Some(store) = &self.store else {
            return StoreSnapshot::default();
        };
        let symbols: Vec<Symbol> = instruments.iter().map(Instrument::symbol).collect();
        let mut roots: Vec<Symbol> = instruments
            .iter()
            .filter_map(|instrument| instrument.root().map(|root| Symbol(root.into())))
            .collect();
        roots.sort();
        roots.dedup();
        let reach = Reach { chains, ..self.reach };
        match store.recall(&symbols, &roots, self.now, reach) {
            Ok(memory) => memory,
            Err(error) => {
                self.give_up(&error);
                StoreSnapshot::default()
            }
        }
    }

    /// Keeps what was gathered, and puts into it how the store did.
    pub(super) fn keep(mut self, gathered: &mut Gathered) {
        if !self.reach.events {
            gathered.learned.events.clear();
        }
        if let Some(Err(error)) = self.write(gathered) {
            let damaged = error.is_corrupt();
            self.give_up(&error);
            if damaged && let Some(Err(error)) = self.write(gathered) {
                self.give_up(&error);
            }
        }
        let state = &mut gathered.run.sources.store;
        if self.disabled {
            state.state = SourceState::Disabled;
        } else if let Some(trouble) = self.troubles.first() {
            state.state = if self.store.is_some() {
                SourceState::Degraded
            } else {
                SourceState::Failed
            };
            state.reason = Some(trouble.message.clone());
        }
        gathered.run.errors.append(&mut self.troubles);
    }

    fn write(&mut self, gathered: &Gathered) -> Option<Result<(), Error>> {
        let store = self.store.as_mut()?;
        if gathered.chain.is_none() {
            return Some(store.keep(&gathered.records, &gathered.learned, self.now));
        }
        let records = gathered.records.iter().filter(|record| !record.kind.is_option());
        let records: Vec<Record> = records.cloned().collect();
        Some(store.keep(&records, &gathered.learned, self.now))
    }

    fn take(&mut self, opened: Result<Opened, Error>) {
        match opened {
            Ok(Opened { store, set_aside }) => {
                if let Some(aside) = set_aside {
                    self.trouble("corrupt", damaged(&aside));
                }
                self.store = Some(store);
            }
            Err(error) => self.trouble(error.code(), format!("nothing is kept: {error}")),
        }
    }

    /// Does without the store from here on, except that a damaged one is replaced.
    fn give_up(&mut self, error: &Error) {
        match (self.store.take(), &self.place) {
            (Some(store), Some(place)) if error.is_corrupt() => {
                let opened = store.replace(place, self.now, self.patience);
                self.take(opened);
            }
            (Some(_) | None, _) => self.trouble(error.code(), format!("the store fails: {error}")),
        }
    }

    fn trouble(&mut self, code: &str, message: String) {
        self.stderr.remark(&format!("variance: {message}"));
        self.troubles.push(RunError {
            source: "store",
            code: code.to_owned(),
            message,
        });
    }
}

/// Opens the store for a look at the past: that of the embedded venue with `seed`, else of the configured venue.
pub(super) fn open(config: &Config, seed: Option<u64>, session: &Session) -> Result<(Store, Mode), Failure> {
    let mode = seed.map_or_else(|| access::mode(config), |_| Mode::Demo);
    let place = place(config, access::world(config, mode, seed), session).map_err(|error| {
        let failure = Failure::from_error(FailureKind::Config, error);
        match error {
            NoPlace::Disabled => failure,
            NoPlace::Nowhere => failure.hint("Set XDG_STATE_HOME, HOME or store.path."),
        }
    })?;
    let opened = Store::open(&place, session.now, PATIENCE).map_err(|error| {
        let kind = match &error {
            Error::Place { .. } => FailureKind::CannotWrite,
            Error::Held { .. } => FailureKind::TryLater,
            Error::Newer(_) | Error::OtherWorld { .. } | Error::Sqlite { .. } => FailureKind::CannotRead,
        };
        Failure::from_error(kind, error)
    })?;
    if let Some(aside) = opened.set_aside {
        session.stderr.error(&format!("variance: {}", damaged(&aside)));
    }
    Ok((opened.store, mode))
}

/// Why there is no store.
#[derive(Debug, Clone, Copy, thiserror::Error)]
enum NoPlace {
    /// It is switched off.
    #[error("store.enabled is false: nothing is kept")]
    Disabled,
    /// No directory is known.
    #[error("there is no place for the store")]
    Nowhere,
}

/// Where the store of `world` is.
fn place(config: &Config, world: World, session: &Session) -> Result<Place, NoPlace> {
    if !config.store.enabled {
        return Err(NoPlace::Disabled);
    }
    let directory = config.store_directory(&session.environment, &session.directory);
    let directory = directory.ok_or(NoPlace::Nowhere)?;
    Ok(Place { directory, world })
}

fn damaged(aside: &Path) -> String {
    format!(
        "the store was damaged: it is now {}, a new one was begun",
        aside.display()
    )
}

/// How long to wait for other processes: a fraction of the deadline, since their writes take milliseconds.
fn patience(deadline: Option<f64>) -> Duration {
    let share = deadline.map_or(PATIENCE, |deadline| Duration::from_secs_f64(deadline / 4.0));
    share.min(PATIENCE)
}

fn reach(config: &Config, now: Timestamp) -> Reach {
    let age = SignedDuration::from_hours(24 * i64::from(config.store.max_age_days));
    Reach {
        oldest: now.checked_sub(age).unwrap_or(Timestamp::MIN),
        events: config.dxlink.cache_events,
        chains: false,
    }
}

/// The longest wait for another process.
const PATIENCE: Duration = Duration::from_secs(10);
