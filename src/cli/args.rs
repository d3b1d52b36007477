//! What was typed: the command line as clap reads it. No environment, no files, no defaults but clap's own.

mod numbers;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use self::numbers::{interval, percent, seconds, speed, window};
use super::rules::Rules;
use crate::chain::MOST_STRIKES;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Where is implied volatility dear against what the market has really done, and can the numbers be trusted?
///
/// Streams a whole watchlist over one DXLink WebSocket, adds tastytrade's REST volatility metrics, fills each hole
/// from the next best source, and says for every number where it came from and how old it is.
#[derive(Debug, Parser)]
#[command(
    name = "variance",
    version,
    styles = STYLES,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Examples:\n  \
        variance screen --demo                        the default watchlist on the embedded venue, no account needed\n  \
        variance screen --symbols /ES,SPY             the active month of /ES and SPY, ranked\n  \
        variance quote AAPL --json                    one record with its sources\n  \
        variance quote AAPL /ES --watch               the same as prices move, until Ctrl-C\n  \
        variance explain /ES                          every gate, every number, what was tried\n  \
        variance chain SPY --dte 30                   the options that expire nearest to 30 days\n  \
        variance vol SPY                              its volatility from every side\n  \
        variance doctor                               what works and what to do about what does not\n\n\
        Exit codes: variance help exit-codes"
)]
pub(super) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// Configuration file instead of the ones found by the search order
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Color in tables and messages
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<When>,
    /// No progress and no remarks on stderr, only errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// More on stderr; twice for the conversation with the feed, without secrets
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// A session for `screen` to take from the store; or an instant that any command takes for now
    #[arg(long, global = true, hide = true, value_name = "DATE|TIMESTAMP")]
    pub as_of: Option<AsOf>,
}

/// What `--as-of` names: a day is a stored session, an instant stands for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AsOf {
    /// A stored session.
    Day(Date),
    /// What to take for now.
    Instant(Timestamp),
}

impl std::str::FromStr for AsOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.len() {
            DAY_LENGTH => text.parse().map(Self::Day),
            _ => text.parse().map(Self::Instant),
        }
        .map_err(|_| "a day such as 2026-11-20 is wanted".to_owned())
    }
}

impl Global {
    /// The stored session asked for.
    pub(super) fn day(&self) -> Option<Date> {
        match self.as_of {
            Some(AsOf::Day(day)) => Some(day),
            Some(AsOf::Instant(_)) | None => None,
        }
    }

    /// What to take for now.
    pub(super) fn instant(&self) -> Option<Timestamp> {
        match self.as_of {
            Some(AsOf::Instant(instant)) => Some(instant),
            Some(AsOf::Day(_)) | None => None,
        }
    }
}

/// When to use color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// When the stream is a terminal and `NO_COLOR` is not set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Gather the universe, filter, score, rank and print it
    Screen(Box<Screen>),
    /// One record per symbol: quote, trade, day, volatility metrics; for options the Greeks
    Quote(Box<Quote>),
    /// Every gate with value, limit and verdict; where each number came from and what was tried before it
    Explain(Box<Explain>),
    /// The options of a symbol: quotes, Greeks, volatilities, skew, straddle, expected move
    Chain(Box<Chain>),
    /// Run a recorded screen, quote, explain, chain or vol again, without a network
    Replay(Box<Replay>),
    /// The volatility of a symbol from every side, or of your own daily bars: estimators, cone, sources, premium, move, term structure
    Vol(Box<Vol>),
    /// What was kept of symbols, session by session; seed it from a file, write it out
    History(Box<History>),
    /// Check configuration, credentials, store, token, feed, metrics and clock, step by step
    Doctor(Doctor),
    /// Serve the embedded venue (REST and DXLink on loopback) until Ctrl-C
    Demo(Demo),
    /// Show, check or describe the configuration
    Config(Config),
    /// Print a completion script
    Completions {
        /// The shell it is for
        shell: Shell,
    },
    /// Print the manual page, or write all pages into a directory
    Man {
        /// Write one page per command into this directory
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
    /// Print help for a command or a topic (exit-codes)
    Help {
        /// A command, or `exit-codes`
        topic: Vec<String>,
    },
}

/// Options of every command that gathers data.
#[derive(Debug, Args)]
pub(super) struct Data {
    /// Where the data comes from.
    #[command(flatten)]
    pub source: Source,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// Where the data comes from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data and output")]
pub(super) struct Source {
    /// Use the embedded venue: invented data, no account, no network
    #[arg(long)]
    pub demo: bool,
    /// Seed of the embedded venue
    #[arg(long, value_name = "N", requires = "demo", default_value_t = 1)]
    pub seed: u64,
    /// Delay every answer of the embedded venue by this round trip
    #[arg(long, value_name = "MS", requires = "demo", default_value_t = 0)]
    pub rtt: u64,
    /// What the embedded venue does wrong, such as 'feed after 3 data: drop rst once'; see docs/fault-scripts.md
    #[arg(long, value_name = "SCRIPT|@FILE", requires = "demo")]
    pub fault: Option<String>,
    /// Listen to the feed for at most this long [default: dxlink.listen_duration_seconds]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub listen: Option<f64>,
    /// Bound on the whole run: what is there by then is printed and marked partial
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub deadline: Option<f64>,
    /// Write every frame and answer to this new file, without secrets, for `variance replay`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub record: Option<PathBuf>,
}

/// How data is shown, and when there is too little of it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data and output")]
pub(super) struct Show {
    /// Output format [default: table on a terminal, plain otherwise]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Write to this file instead of stdout, whole or not at all
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Exit with code 65 when fewer symbols than this are complete
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub require_complete: Option<f64>,
}

/// Output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Columns for people, fitted to the terminal
    Table,
    /// One row a line, tab separated, with a header
    Plain,
    /// One document
    Json,
    /// One object a line
    Jsonl,
    /// Comma separated, the columns of plain
    Csv,
}

impl From<Format> for crate::render::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Table => Self::Table,
            Format::Plain => Self::Plain,
            Format::Json => Self::Json,
            Format::Jsonl => Self::Jsonl,
            Format::Csv => Self::Csv,
        }
    }
}

/// `variance screen`
#[derive(Debug, Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "--as-of DATE screens the session of that day from what was kept, and asks nobody."
)]
pub(super) struct Screen {
    /// Symbols, comma separated: SPY, BRK/B, /ES, /ESZ6, BTC/USD
    #[arg(long, value_name = "A,B,...", value_delimiter = ',', conflicts_with = "watchlist")]
    pub symbols: Vec<String>,
    /// Watchlist file, one symbol a line; `-` reads stdin [default: universe.watchlist]
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    pub watchlist: Option<PathBuf>,
    /// Say what entered, left and moved since the last session kept, or since that of a day
    #[arg(long, value_name = "last|DATE", conflicts_with = "record")]
    pub diff: Option<Against>,
    /// What of it is wanted.
    #[command(flatten)]
    pub picks: Picks,
    /// How and from where
    #[command(flatten)]
    pub data: Data,
}

/// What of a screen is wanted.
#[derive(Debug, Clone, PartialEq, Default, Args, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Picks {
    /// Print at most this many rows
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Order of the rows, a column name
    #[arg(long, value_name = "KEY[:asc|desc]")]
    pub sort: Option<String>,
    /// Print every symbol, rejected ones marked
    #[arg(long)]
    pub all: bool,
    /// Rules of choice
    #[command(flatten)]
    pub rules: Rules,
}

/// What a screen is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Against {
    /// The last session before this one.
    Last,
    /// The session of a day.
    Day(Date),
}

impl std::str::FromStr for Against {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "last" => Ok(Self::Last),
            day => day
                .parse()
                .map(Self::Day)
                .map_err(|_| "`last` or a day such as 2026-11-20 is wanted".to_owned()),
        }
    }
}

impl Picks {
    /// These, and for what they leave open those of `recorded`.
    pub(super) fn over(self, recorded: Self) -> Self {
        Self {
            limit: self.limit.or(recorded.limit),
            sort: self.sort.or(recorded.sort),
            all: self.all || recorded.all,
            rules: self.rules.over(recorded.rules),
        }
    }
}

/// `variance quote`
#[derive(Debug, Args)]
pub(super) struct Quote {
    /// Symbols in any spelling: SPY, /ES, /ESZ26:XCME, .SPY261218C600, "SPY   261218C00600000"
    #[arg(required = true, value_name = "SYMBOL")]
    pub symbols: Vec<String>,
    /// Keep the feed open and print a fresh document this often, until Ctrl-C or --deadline; jsonl unless stdout is a
    /// terminal
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = interval,
        num_args = 0..=1,
        default_missing_value = "2",
        conflicts_with = "record"
    )]
    pub watch: Option<f64>,
    /// How and from where
    #[command(flatten)]
    pub data: Data,
}

/// `variance explain`
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// Symbols
    #[arg(required = true, value_name = "SYMBOL")]
    pub symbols: Vec<String>,
    /// Rules of choice
    #[command(flatten)]
    pub rules: Rules,
    /// How and from where
    #[command(flatten)]
    pub data: Data,
}

/// `variance chain`
#[derive(Debug, Args)]
pub(super) struct Chain {
    /// A share, fund, index, futures root or contract: SPY, SPX, /ES, /ESZ6
    #[arg(value_name = "SYMBOL")]
    pub symbol: String,
    /// What of the chain is wanted.
    #[command(flatten)]
    pub wish: ChainPicks,
    /// How and from where
    #[command(flatten)]
    pub data: Data,
}

/// What of a chain is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Args, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ChainPicks {
    /// The expiration nearest to so many days from today [default: the first one and those around 30 days]
    #[arg(long, value_name = "DAYS", conflicts_with = "expiry", value_parser = clap::value_parser!(u16).range(0..=3650))]
    pub dte: Option<u16>,
    /// The expiration of this date, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub expiry: Option<Date>,
    /// Strikes on each side of the price, 1 to 250, as far as 2,000 subscriptions reach [default: 10; without --dte and
    /// --expiry also all within 8 % of the price at 30 days]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_STRIKES)))]
    pub strikes: Option<u16>,
}

/// `variance replay`
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct Replay {
    /// What --record wrote
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// So many times as fast as it happened; 1 is the speed of then [default: as fast as possible]
    #[arg(long, value_name = "N", value_parser = speed)]
    pub speed: Option<f64>,
    /// Only these of the recorded symbols
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    pub symbols: Vec<String>,
    /// What of a screen is wanted, in place of what was recorded
    #[command(flatten)]
    pub picks: Picks,
    /// How it is shown
    #[command(flatten)]
    pub show: Show,
}

/// `variance vol`
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("whose").required(true).args(["symbol", "bars"])),
    after_help = "Of a SYMBOL it takes about three years of daily bars, or twice the longest window, as far as the feed has them.\n\
                  plain and csv hold the windows alone: estimators and cone. json and jsonl hold everything."
)]
pub(super) struct Vol {
    /// A share, fund, index, futures root or contract, or a pair: SPY, SPX, /ES, /ESZ6, BTC/USD
    #[arg(value_name = "SYMBOL")]
    pub symbol: Option<String>,
    /// Instead of a symbol your own daily bars, as CSV with the columns date, open, high, low, close; `-` reads stdin
    #[arg(
        long,
        value_name = "FILE|-",
        value_hint = ValueHint::FilePath,
        conflicts_with_all = ["demo", "listen", "deadline", "record", "require_complete"]
    )]
    pub bars: Option<PathBuf>,
    /// What of it is wanted.
    #[command(flatten)]
    pub picks: VolPicks,
    /// How and from where
    #[command(flatten)]
    pub data: Data,
}

/// What of a panel is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Args, Serialize, Deserialize)]
pub(super) struct VolPicks {
    /// Lengths of the windows in trading days, 2 to 2520
    #[arg(long, value_name = "N,N,...", value_delimiter = ',', value_parser = window, default_value = "10,20,30,60,90,252")]
    pub windows: Vec<usize>,
}

impl VolPicks {
    /// The windows by length, each once.
    pub(super) fn sorted(&self) -> Vec<usize> {
        let mut windows = self.windows.clone();
        windows.sort_unstable();
        windows.dedup();
        windows
    }
}

/// `variance history`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct History {
    /// What to do instead of printing
    #[command(subcommand)]
    pub command: Option<HistoryCommand>,
    /// Which series
    #[command(flatten)]
    pub series: Series,
    /// Output format [default: table on a terminal, plain otherwise]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

/// What to do with the history.
#[derive(Debug, Subcommand)]
pub(super) enum HistoryCommand {
    /// Seed the history from a CSV file: of `history export`, or with the columns date, iv and, if known, symbol, hv30, hv90
    Import(Import),
    /// Write out every series, or those of some symbols
    Export(Export),
}

/// `variance history export`
#[derive(Debug, Args)]
pub(super) struct Export {
    /// Which series
    #[command(flatten)]
    pub series: Series,
    /// File format
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: ExportFormat,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

/// Formats of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// Comma separated; `history import` takes it again
    Csv,
    /// The columns of csv with their types, for data frames and databases; binary
    Parquet,
    /// One document
    Json,
    /// One object a line
    Jsonl,
    /// One row a line, tab separated, with a header
    Plain,
}

/// Which series, and where to.
#[derive(Debug, Args)]
pub(super) struct Series {
    /// Symbols; every one when none is named
    #[arg(value_name = "SYMBOL")]
    pub symbols: Vec<String>,
    /// First session
    #[arg(long, value_name = "DATE")]
    pub from: Option<Date>,
    /// Last session
    #[arg(long, value_name = "DATE")]
    pub to: Option<Date>,
    /// Write to this file instead of stdout, whole or not at all
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Whose history
    #[command(flatten)]
    pub whose: World,
}

/// `variance history import`
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The file; `-` reads stdin
    #[arg(value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The symbol it is the history of; a column `symbol` says it line by line
    #[arg(long, value_name = "SYMBOL")]
    pub symbol: Option<String>,
    /// How its implied volatilities were made, where no column `iv_method` says; only those of one method are ranked together
    #[arg(long, value_name = "WORDS", default_value = "venue's 30-day index")]
    pub iv_method: String,
    /// Whose history
    #[command(flatten)]
    pub whose: World,
}

/// Whose history.
#[derive(Debug, Args)]
pub(super) struct World {
    /// That of the embedded venue
    #[arg(long)]
    pub demo: bool,
    /// Seed of the embedded venue
    #[arg(long, value_name = "N", requires = "demo", default_value_t = 1)]
    pub seed: u64,
}

/// `variance doctor`
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Check against the embedded venue
    #[arg(long)]
    pub demo: bool,
    /// One JSON document instead of lines
    #[arg(long)]
    pub json: bool,
}

/// `variance demo`
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Seed of the market
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Delay every answer by this round trip
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub rtt: u64,
    /// What it does wrong, such as 'feed after 3 data: drop rst once'; see docs/fault-scripts.md
    #[arg(long, value_name = "SCRIPT|@FILE")]
    pub fault: Option<String>,
    /// Time between two moves of every price
    #[arg(long, value_name = "MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(10..=3_600_000))]
    pub pace: u64,
    /// Port on loopback; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
}

/// `variance config`
#[derive(Debug, Args)]
pub(super) struct Config {
    /// What to do with it
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// The effective configuration, each value with its origin
    Show {
        /// One JSON document instead of lines
        #[arg(long)]
        json: bool,
    },
    /// Validate the configuration and say where it is wrong
    Check,
    /// JSON Schema of the configuration file, or of the output document
    Schema {
        /// The schema of the output document
        #[arg(long)]
        output: bool,
    },
    /// The file in use, or the places searched
    Path,
}

/// Of `2026-11-20`: a longer text has a time of day, which a day would lose.
const DAY_LENGTH: usize = 10;

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_threshold_that_rejects_everything_silently_is_no_number() {
        for flag in [
            "--min-vrp=nan",
            "--min-price=inf",
            "--min-iv-percentile=nan",
            "--max-slippage=nan",
            "--min-yield=inf",
            "--listen=nan",
        ] {
            assert!(Cli::try_parse_from(["variance", "screen", flag]).is_err(), "{flag}");
        }
    }
}
