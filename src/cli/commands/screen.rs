//! `variance screen`

mod past;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueHint};
use jiff::civil::Date;

use crate::cli::exit::{Failure, FailureKind};
use crate::cli::flags::numbers::{Wanted, day};
use crate::cli::flags::{Data, Picks};
use crate::cli::job::Job;
use crate::cli::output::Printer;
use crate::cli::plan::plan;
use crate::cli::question::{Answer, Command, Question, Recorded, Replay};
use crate::cli::session::Session;
use crate::cli::universe::universe;
use crate::cli::{rules, run_store};
use crate::config::Config;
use crate::gather::{Plan, Priority};
use crate::instrument::Instrument;
use crate::market::{Coverage, Record};
use crate::render::RunDocument;
use crate::screen::{self, Rules, Sort, SortKey, View};
use crate::store::Store;
use crate::time;

/// Rank a watchlist by how rich its implied volatility is
#[derive(Debug, Args)]
#[command(
    allow_negative_numbers = true,
    after_long_help = "Examples:\n  \
        variance screen --demo                       Screen invented data, without an account\n  \
        variance screen --symbols /ES,SPY --all      Rank two, rejected or not\n  \
        variance screen --watchlist mine.txt --json  Print everything about your own list\n  \
        variance screen --diff last                  Say what changed since the session before\n  \
        variance screen --as-of 2026-11-20           Screen that session as it was kept"
)]
pub(in crate::cli) struct Screen {
    /// Screen these: SPY, BRK/B, /ES, /ESZ6, BTC/USD
    #[arg(long, value_name = "A,B,...", value_delimiter = ',', conflicts_with = "watchlist")]
    symbols: Vec<String>,
    /// Screen the symbols of FILE, one a line; `-` reads stdin [default: universe.watchlist]
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    watchlist: Option<PathBuf>,
    /// Screen the session of that day as it was kept; ask nobody
    #[arg(long, value_name = "DATE", conflicts_with = "record", value_parser = day)]
    as_of: Option<Date>,
    /// Say what entered, left and moved since that session
    #[arg(long, value_name = "last|DATE", conflicts_with = "record", value_parser = against)]
    diff: Option<Against>,
    /// What of it is wanted.
    #[command(flatten)]
    picks: Picks,
    /// How and from where.
    #[command(flatten)]
    data: Data,
}

/// What a screen is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Against {
    /// The last session before this one.
    Last,
    /// The session of a day.
    Day(Date),
}

fn against(text: &str) -> Result<Against, Wanted> {
    match text {
        "last" => Ok(Against::Last),
        text => day(text)
            .map(Against::Day)
            .map_err(|_| Wanted("`last` or a day such as 2026-11-20")),
    }
}

impl Command for Screen {
    const REPLAY: Option<Replay> = Some(|recorded: &Recorded<'_>| {
        let picks = recorded.typed.clone().over(recorded.options()?);
        let session = recorded.session;
        Ok(Box::new(Screening::new(picks, recorded.config, session)?))
    });

    fn run(&self, session: &Session) -> Result<(), Failure> {
        let job = Job::new(&self.data, session)?;
        let mut question = Screening::new(self.picks.clone(), &job.config, session)?;
        let instruments = universe(&job.config, &self.symbols, self.watchlist.as_deref(), session)?;
        if self.as_of.is_none() && self.diff.is_none() {
            return job.run(instruments, &question);
        }
        let (store, plan) = stored(&job, instruments.clone(), &question)?;
        question.stored = self.as_of;
        question.before = match self.diff {
            Some(against) => question.baseline(against, &store, &plan, session)?,
            None => None,
        };
        let Some(day) = self.as_of else {
            drop(store);
            return job.run(instruments, &question);
        };
        let gathered = past::gathered(&plan, past::records(&store, &plan, day)?);
        let generated_at = session.generated_at();
        job.print(&gathered, &question, generated_at)
    }
}

/// The store, for a look at the past of `instruments`.
fn stored(job: &Job<'_>, instruments: Vec<Instrument>, question: &Screening) -> Result<(Store, Plan), Failure> {
    let (store, mode) = run_store::open(&job.config, job.source.venue.world.invented(), job.session)?;
    Ok((store, plan(&job.config, instruments, mode, question)))
}

/// What a screen asks.
#[derive(Debug)]
struct Screening {
    picks: Picks,
    rules: Rules,
    view: View,
    today: Date,
    /// The stored session screened; none where it is now.
    stored: Option<Date>,
    /// A stored session to compare with, and its records.
    before: Option<(Date, Vec<Record>)>,
}

impl Screening {
    fn new(picks: Picks, config: &Config, session: &Session) -> Result<Self, Failure> {
        let view = View {
            sort: sort(picks.sort.as_deref())?,
            limit: picks.limit,
            all: picks.all,
            ..View::default()
        };
        Ok(Self {
            rules: rules::resolve(config, &picks.rules, session.now)?,
            picks,
            view,
            today: session.today(),
            stored: None,
            before: None,
        })
    }

    /// The session to compare with and its records; nothing, and a word about it, when none was kept yet.
    fn baseline(
        &self,
        against: Against,
        store: &Store,
        plan: &Plan,
        session: &Session,
    ) -> Result<Option<(Date, Vec<Record>)>, Failure> {
        let day = match against {
            Against::Day(day) => Some(day),
            Against::Last => {
                let current = || time::session_of(time::Calendar::UsEquities, session.now);
                past::last_session(store, self.stored.unwrap_or_else(current))?
            }
        };
        let Some(day) = day else {
            let remark = "variance: no earlier session is kept yet to compare with";
            session.stderr.remark(remark);
            return Ok(None);
        };
        Ok(Some((day, past::records(store, plan, day)?)))
    }
}

impl Question for Screening {
    fn command(&self) -> &'static str {
        "screen"
    }

    fn recorded(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(&self.picks)
    }

    /// Of everybody who passes what is known without them.
    fn straddles(&self) -> Option<Arc<Priority>> {
        let rules = self.rules.clone();
        Some(Arc::new(move |record| {
            let wanted = screen::wants_straddle(record, &rules);
            wanted.then(|| screen::score(record, &rules).unwrap_or_default())
        }))
    }

    fn print(&self, answer: &Answer<'_>, printer: Printer<'_>) -> Result<Coverage, Failure> {
        let view = View {
            unjudged: answer.gathered.run.partial,
            ..self.view
        };
        let report = screen::run(&answer.gathered.records, &self.rules, self.stored.unwrap_or(self.today));
        let diff = self.before.as_ref().map(|(day, records)| {
            let before = screen::run(records, &self.rules, *day);
            screen::diff(&before, &report, day.to_string())
        });
        let coverage = answer.coverage();
        printer.write(&RunDocument {
            as_of: self.stored.map(|day| day.to_string()),
            diff,
            ..RunDocument::screen(&report, &view, answer.meta(&coverage))
        })?;
        Ok(coverage)
    }
}

/// The order asked for.
fn sort(text: Option<&str>) -> Result<Sort, Failure> {
    let Some(text) = text else { return Ok(Sort::default()) };
    text.parse().map_err(|error| {
        let keys: Vec<String> = SortKey::all().map(|key| key.name().to_string()).collect();
        Failure::from_error(FailureKind::Usage, error).hint(format!("The keys are {}.", keys.join(", ")))
    })
}
