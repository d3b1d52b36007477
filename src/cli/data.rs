//! What every data command does: configuration, venue, credentials, gathering, output, verdict.

use std::io::{self, IsTerminal};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::watch;
use tokio::time::Instant;

use super::args::{Data, Global};
use super::exit::{Failure, Kind};
use super::output::Output;
use super::progress::Stderr;
use super::runtime::interruptible;
use super::shelf::{self, Shelf};
use super::{Surroundings, past, resolve};
use crate::config::Config;
use crate::demo::Venue;
use crate::gather::{Bound, Clock, Gathered, Interrupted, Notice, Plan, Venues, Verdict, gather};
use crate::instrument::Instrument;
use crate::market::{Coverage, Field, Mode, Record};
use crate::render::{self, Document, Format, Meta, Style};
use crate::store::{Memory, Store};
use crate::stream::Network;
use crate::{http, legacy, tastytrade};

/// Unknown symbols that are named.
const NAMED: usize = 8;

/// A data command that is ready to gather.
pub(super) struct Job<'a> {
    pub(super) config: Config,
    data: &'a Data,
    global: &'a Global,
    surroundings: &'a Surroundings,
    stderr: &'a Stderr,
    output: Output,
    started: std::time::Instant,
}

/// Where a run's data comes from.
pub(super) struct Access {
    pub(super) rest: tastytrade::Client,
    pub(super) legacy: Option<legacy::Client>,
    pub(super) network: Network,
    pub(super) mode: Mode,
    /// Lives as long as it is asked.
    _venue: Option<Venue>,
}

impl<'a> Job<'a> {
    /// Reads the configuration and opens the output, so that what is wrong with them is told at once.
    pub(super) fn new(
        data: &'a Data,
        global: &'a Global,
        surroundings: &'a Surroundings,
        stderr: &'a Stderr,
    ) -> Result<Self, Failure> {
        let started = std::time::Instant::now();
        let config = resolve::config(global, data.listen, surroundings)?;
        let output = Output::open(data.output.as_deref())?;
        Ok(Self {
            config,
            data,
            global,
            surroundings,
            stderr,
            output,
            started,
        })
    }

    /// The wall clock of the run.
    pub(super) fn now(&self) -> Timestamp {
        self.surroundings.now
    }

    /// Gathers `instruments`, makes a document of them with `compose`, prints it and says how the run ended.
    pub(super) fn run(
        self,
        instruments: Vec<Instrument>,
        compose: impl FnOnce(&Gathered, Meta<'_>) -> Document,
    ) -> Result<(), Failure> {
        let access = Access::open(&self.config, self.data, self.surroundings)?;
        let plan = resolve::plan(&self.config, instruments, access.mode);
        let world = resolve::world(&self.config, access.mode, self.data.demo.then_some(self.data.seed));
        let mut shelf = Shelf::open(&self.config, world, self.surroundings, self.data.deadline, self.stderr);
        let memory = shelf.recall(&plan.instruments);
        let mut gathered = interruptible(|stop| self.gather(&plan, &access, &memory, stop))??;
        self.stderr.clear();
        shelf.keep(&mut gathered);
        self.print(&gathered, compose)
    }

    /// Takes the session of `day` from the store instead of gathering, and goes on as [`Job::run`].
    pub(super) fn run_past(
        self,
        instruments: Vec<Instrument>,
        day: Date,
        compose: impl FnOnce(&Gathered, Meta<'_>) -> Document,
    ) -> Result<(), Failure> {
        let (store, plan) = self.past(instruments)?;
        let gathered = past::gathered(&plan, past::records(&store, &plan, day)?);
        self.print(&gathered, compose)
    }

    /// The store, for a look at the past of `instruments`.
    pub(super) fn past(&self, instruments: Vec<Instrument>) -> Result<(Store, Plan), Failure> {
        let seed = self.data.demo.then_some(self.data.seed);
        let (store, mode) = shelf::open(&self.config, seed, self.surroundings, self.stderr)?;
        Ok((store, resolve::plan(&self.config, instruments, mode)))
    }

    fn print(self, gathered: &Gathered, compose: impl FnOnce(&Gathered, Meta<'_>) -> Document) -> Result<(), Failure> {
        if let Verdict::Refused(error) = &gathered.verdict {
            return Err(refused(error));
        }
        self.name_unknown(gathered);
        let coverage = Coverage::of(&gathered.records);
        let generated_at = if self.global.instant().is_some() {
            self.now()
        } else {
            crate::time::now()
        };
        let meta = Meta {
            coverage: &coverage,
            run: &gathered.run,
            generated_at,
        };
        let document = compose(gathered, meta);
        let (format, style) = self.format();
        self.output
            .finish(|mut out| render::write(&document, &style, format, &mut out))?;
        verdict(gathered, &coverage, self.data.require_complete)
    }

    /// Names the symbols that nobody had anything to say about: they may be misspelt.
    fn name_unknown(&self, gathered: &Gathered) {
        let nothing = |record: &&Record| Field::ALL.iter().all(|field| !record.has(*field));
        let unknown: Vec<&str> = gathered
            .records
            .iter()
            .filter(nothing)
            .map(|record| record.symbol.as_str())
            .collect();
        let answered = matches!(gathered.verdict, Verdict::Answered) && !gathered.run.partial;
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

    async fn gather(
        &self,
        plan: &Plan,
        access: &Access,
        memory: &Memory,
        stop: watch::Receiver<bool>,
    ) -> Result<Result<Gathered, Interrupted>, Failure> {
        let deadline = self.data.deadline.map(Duration::from_secs_f64);
        let deadline = deadline.map(|deadline| Instant::from_std(self.started) + deadline);
        let venues = Venues {
            rest: &access.rest,
            legacy: access.legacy.as_ref(),
            network: access.network.clone(),
            memory,
        };
        let notify = |notice| self.tell(&notice);
        let bound = Bound::new(deadline, stop);
        // The wall clock was read when the run started; a watchlist on stdin may have taken its time since.
        let clock = Clock {
            wall: self.now(),
            epoch: Instant::from_std(self.started),
            stands: self.global.instant().is_some(),
        };
        Ok(gather(plan, &venues, &bound, clock, &notify).await)
    }

    fn tell(&self, notice: &Notice) {
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
            Notice::Filling { symbols } => {
                self.stderr
                    .status(format!("asking REST for quotes still missing ({symbols})"));
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

    fn format(&self) -> (Format, Style) {
        let to_terminal = matches!(self.output, Output::Stdout) && io::stdout().is_terminal();
        let format = match (self.data.json, self.data.format) {
            (true, _) => Format::Json,
            (false, Some(format)) => format.into(),
            (false, None) => resolve::format(&self.config, to_terminal),
        };
        let when = self.global.color.unwrap_or_else(|| resolve::colour(&self.config));
        let color = self.surroundings.colour(when, to_terminal);
        (
            format,
            Style {
                width: self.width(to_terminal),
                color,
            },
        )
    }

    /// Columns of the table: `COLUMNS`, else the terminal's, else unbounded.
    fn width(&self, to_terminal: bool) -> Option<usize> {
        let columns = self
            .surroundings
            .variable("COLUMNS")
            .and_then(|columns| columns.parse().ok());
        columns.or_else(|| to_terminal.then(resolve::terminal_width).flatten())
    }
}

impl Access {
    /// Starts the embedded venue or takes the configured one, with credentials.
    pub(super) fn open(config: &Config, data: &Data, surroundings: &Surroundings) -> Result<Self, Failure> {
        if data.demo {
            let faults = super::demo::faults(data.fault.as_deref())?;
            let venue = super::demo::start(data.seed, data.rtt, 0, surroundings.now, faults)?;
            return Self::demo(config, venue);
        }
        let credentials = resolve::credentials(config, surroundings)?;
        Self::at(config, credentials, None)
    }

    /// Uses an embedded venue.
    pub(super) fn demo(config: &Config, venue: Venue) -> Result<Self, Failure> {
        let config = resolve::at_venue(config, &venue)?;
        Self::at(&config, resolve::demo_credentials(), Some(venue))
    }

    /// Uses the configured venue.
    pub(super) fn at(
        config: &Config,
        credentials: tastytrade::Credentials,
        venue: Option<Venue>,
    ) -> Result<Self, Failure> {
        let rest = tastytrade::Client::new(resolve::rest_settings(config), credentials).map_err(setup)?;
        let legacy = config
            .legacy
            .enabled
            .then(|| legacy::Client::new(resolve::legacy_settings(config)));
        let legacy = legacy.transpose().map_err(setup)?;
        let network = Network::new(http::tls_config().map_err(setup)?);
        Ok(Self {
            mode: resolve::mode(config),
            rest,
            legacy,
            network,
            _venue: venue,
        })
    }
}

impl From<Interrupted> for Failure {
    fn from(interrupted: Interrupted) -> Self {
        Self::from_error(Kind::Interrupted, interrupted)
    }
}

fn setup(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::from_error(Kind::Config, error)
}

/// Credentials that the venue does not accept.
pub(super) fn refused(error: &tastytrade::Error) -> Failure {
    Failure::from_error(Kind::Credentials, error.clone())
        .hint("Make a new grant on the tastytrade web site (Manage, My Profile, API, OAuth Applications).")
        .hint(
            "Repeated failures block your address for hours: mend the credentials before the next try, or use --demo.",
        )
}

fn verdict(gathered: &Gathered, coverage: &Coverage, required: Option<f64>) -> Result<(), Failure> {
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
    let failed = match &gathered.verdict {
        Verdict::Answered => None,
        Verdict::Refused(error) => Some(refused(error)),
        Verdict::TryLater => Some(
            Failure::new(Kind::TryLater, "no source answered in time")
                .hint("Try again in a few minutes; `variance doctor` shows which step fails."),
        ),
        Verdict::Nothing => Some(
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
    let complete = coverage.ratio * 100.0;
    if complete + f64::EPSILON >= required {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Incomplete,
        format!(
            "{} of {} symbols are complete ({complete:.1} %), {required} % are required",
            coverage.complete, coverage.requested
        ),
    )
    .hint("The output names what is missing and what was tried; `variance explain SYMBOL` says more."))
}
