//! `variance vol`

mod bars;

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, ValueHint};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::bars::{BarsError, parse};
use crate::cli::exit::{Failure, FailureKind};
use crate::cli::flags::numbers::window;
use crate::cli::flags::{Data, Picks};
use crate::cli::input;
use crate::cli::job::Job;
use crate::cli::output::{Output, Printer};
use crate::cli::plan::vol_rules;
use crate::cli::question::{Answer, Command, Question, Recorded, Replay};
use crate::cli::session::Session;
use crate::cli::universe::symbols;
use crate::config::Config;
use crate::gather::BarHistory;
use crate::market::{Coverage, VolReport, VolRules};
use crate::render::{RunDocument, VolFile, VolSymbol};
use crate::time::{self, Calendar};
use crate::vol::bars::clean;
use crate::vol::panel::Panel;

/// Measure the volatility of a symbol, or of your own daily bars
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("whose").required(true).args(["symbol", "bars"])),
    after_help = "Of a SYMBOL it takes about three years of daily bars, or twice the longest window, as far as the feed has them.\n\
                  plain and csv hold the windows alone: estimators and cone. json and jsonl hold everything."
)]
pub(in crate::cli) struct Vol {
    /// Name a share, fund, index, futures root or contract, or a pair: SPY, SPX, /ES, /ESZ6, BTC/USD
    #[arg(value_name = "SYMBOL")]
    symbol: Option<String>,
    /// Measure daily bars of your own, CSV with the columns date, open, high, low, close; `-` reads stdin
    #[arg(
        long,
        value_name = "FILE|-",
        value_hint = ValueHint::FilePath,
        conflicts_with_all = ["demo", "listen", "deadline", "record", "require_complete"]
    )]
    bars: Option<PathBuf>,
    /// What of it is wanted.
    #[command(flatten)]
    picks: VolPicks,
    /// How and from where.
    #[command(flatten)]
    data: Data,
}

/// What of a panel is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Args, Serialize, Deserialize)]
struct VolPicks {
    /// Measure windows of these lengths in trading days, 2 to 2520
    #[arg(long, value_name = "N,N,...", value_delimiter = ',', value_parser = window, default_value = "10,20,30,60,90,252")]
    windows: Vec<usize>,
}

impl VolPicks {
    /// The windows by length, each once.
    fn sorted(&self) -> Vec<usize> {
        let mut windows = self.windows.clone();
        windows.sort_unstable();
        windows.dedup();
        windows
    }
}

impl Command for Vol {
    const REPLAY: Option<Replay> = Some(|recorded: &Recorded<'_>| {
        recorded.takes_only(&Picks::default())?;
        let picks = recorded.options()?;
        Ok(Box::new(Volatility::new(picks, recorded.config, recorded.session)))
    });

    fn run(&self, session: &Session) -> Result<(), Failure> {
        match (&self.symbol, &self.bars) {
            (Some(symbol), _) => self.of_symbol(symbol, session),
            (None, Some(path)) => self.of_file(path, session),
            (None, None) => Err(Failure::new(FailureKind::Usage, "a symbol or --bars is wanted")),
        }
    }
}

impl Vol {
    fn of_symbol(&self, symbol: &str, session: &Session) -> Result<(), Failure> {
        let job = Job::new(&self.data, session)?;
        let instruments = symbols(&[symbol.to_owned()], session)?;
        if let Some(option) = instruments.iter().find(|instrument| instrument.kind().is_option()) {
            let message = format!("{} is an option and has no daily bars", option.symbol());
            return Err(Failure::new(FailureKind::Usage, message)
                .hint("Name what it is on: SPY, SPX, /ES. `variance quote` has the option's own volatility."));
        }
        let question = Volatility::new(self.picks.clone(), &job.config, session);
        job.run(instruments, &question)
    }

    /// Reads the bars, measures them and prints the panel.
    fn of_file(&self, path: &Path, session: &Session) -> Result<(), Failure> {
        let config = session.config(None)?;
        let show = &self.data.show;
        let output = Output::open(show.output.as_deref())?;
        let place = path.display().to_string();
        let text = input::read(path).map_err(|error| unreadable(&place, &error))?;
        let trading_days = f64::from(config.volatility.trading_days);
        let panel = panel(&text, &self.picks.sorted(), trading_days).map_err(|error| unreadable(&place, &error))?;
        let printer = Printer::new(session, &config, show.form.asked(), output);
        printer.write(&VolFile::new(&panel, &place, session.now))
    }
}

fn panel(text: &str, windows: &[usize], trading_days: f64) -> Result<Panel, BarsError> {
    let bars = parse(text)?;
    if bars.is_empty() {
        return Err(BarsError::Empty);
    }
    let bars = clean(bars.into_iter()).over_sessions(|day| time::is_session(Calendar::UsEquities, day));
    Panel::of(&bars, windows, trading_days).ok_or(BarsError::NoneCounts)
}

fn unreadable(place: &str, error: &dyn std::error::Error) -> Failure {
    Failure::new(
        FailureKind::CannotRead,
        format!("cannot read bars from {place}: {error}"),
    )
    .hint("Bars are CSV with a header: date,open,high,low,close, one session a line.")
}

/// What is asked about volatility.
#[derive(Debug)]
struct Volatility {
    picks: VolPicks,
    rules: VolRules,
    now: Timestamp,
}

impl Volatility {
    fn new(picks: VolPicks, config: &Config, session: &Session) -> Self {
        Self {
            picks,
            rules: vol_rules(config),
            now: session.now,
        }
    }
}

impl Question for Volatility {
    fn command(&self) -> &'static str {
        "vol"
    }

    fn recorded(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(&self.picks)
    }

    /// For a cone three years, or twice its longest window.
    fn history(&self) -> BarHistory {
        let longest = self.picks.windows.iter().max().copied().unwrap_or_default();
        let longest = u32::try_from(longest).unwrap_or(u32::MAX);
        // A year of 365 days has 250 sessions at least.
        let days = longest.saturating_mul(2 * 365) / 250;
        BarHistory::Days(days.saturating_add(MONTH).max(THREE_YEARS))
    }

    fn print(&self, answer: &Answer<'_>, printer: Printer<'_>) -> Result<Coverage, Failure> {
        let gathered = answer.gathered;
        let coverage = answer.coverage();
        let run = RunDocument::vol(&gathered.records, answer.meta(&coverage));
        let windows = self.picks.sorted();
        let report = gathered.records.first().and_then(|record| {
            let inputs = gathered.vol_inputs_by_symbol.get(&record.symbol)?;
            Some(VolReport::of(record, inputs, &windows, &self.rules, self.now))
        });
        match &report {
            Some(report) => printer.write(&VolSymbol {
                report,
                windows: &windows,
                run: &run,
            }),
            None => printer.write(&run),
        }?;
        Ok(coverage)
    }
}

const MONTH: u32 = 31;
const THREE_YEARS: u32 = 3 * 365 + MONTH;
