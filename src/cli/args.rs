//! What was typed: the command line as clap reads it. No environment, no files, no defaults but clap's own.

use std::path::PathBuf;

use clap::builder::Resettable::Reset;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgGroup, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::flags::numbers::{Wanted, day, interval, speed, window};
use super::flags::{Data, FORMATS, Global, Show, World, named};
use super::rules::Rules;
use crate::chain::MOST_STRIKES;
use crate::render::Format;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Screens a watchlist for rich implied volatility and gives the source and age of every number
///
/// It streams the whole watchlist over one DXLink WebSocket, adds tastytrade's REST volatility metrics and fills each gap
/// from the next best source. Implied volatility is rich where it stands well above what the market has realized.
#[derive(Debug, Parser)]
#[command(
    name = "variance",
    version,
    styles = STYLES,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Examples:\n  \
        variance screen --demo                  Screen invented data, without an account\n  \
        variance screen --symbols /ES,SPY       Rank the active month of /ES and SPY\n  \
        variance quote AAPL --json              Print one record with its sources\n  \
        variance quote AAPL /ES --watch         Print it anew as prices move, until Ctrl-C\n  \
        variance explain /ES                    Show every gate, every number, what was tried\n  \
        variance chain SPY --dte 30             Print the options that expire nearest to 30 days\n  \
        variance vol SPY                        Measure its volatility from every side\n  \
        variance doctor                         Find out what works and mend what does not\n\n\
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

impl Cli {
    /// Reads the arguments of this process.
    ///
    /// # Errors
    /// What clap has to say: what is wrong with them, or the help or version that was asked for.
    pub(super) fn read() -> Result<Self, clap::Error> {
        let command = if std::env::args_os().any(|word| word == "--help") {
            whole(Self::command())
        } else {
            Self::command()
        };
        Self::from_arg_matches(&command.try_get_matches()?)
    }
}

/// `command` with its long help in the layout of the short one: clap's own takes three lines for each option.
pub(super) fn whole(command: clap::Command) -> clap::Command {
    let about = command.get_long_about().cloned();
    let after = command.get_after_long_help().cloned();
    let command = match about {
        Some(about) => command.about(about).long_about(Reset),
        None => command,
    };
    let command = match after {
        Some(after) => command.after_help(after).after_long_help(Reset),
        None => command,
    };
    let whole_arg = |arg: clap::Arg| {
        let arg = arg.hide_short_help(false);
        match arg.get_long_help().cloned() {
            Some(help) => arg.help(help.to_string().replace("\n\n", "\n")).long_help(Reset),
            None => arg,
        }
    };
    command.mut_args(whole_arg).mut_subcommands(whole)
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Rank a watchlist by how rich its implied volatility is
    Screen(Box<Screen>),
    /// Print one record per symbol: prices, volatility metrics, Greeks of options
    Quote(Box<Quote>),
    /// Show every gate with value and limit, every number with its source
    Explain(Box<Explain>),
    /// Print the options of a symbol: quotes, Greeks, skew, expected move
    Chain(Box<Chain>),
    /// Run a recorded command again, without a network
    Replay(Box<Replay>),
    /// Measure the volatility of a symbol, or of your own daily bars
    Vol(Box<Vol>),
    /// Print, import or export what was kept, session by session
    History(Box<History>),
    /// Check configuration, credentials, store, feed and clock, step by step
    Doctor(Doctor),
    /// Serve the embedded venue (REST and DXLink on loopback) until Ctrl-C
    Demo(Demo),
    /// Show, check or describe the configuration
    Config(Config),
    /// Print a completion script
    Completions {
        /// Name the shell
        shell: Shell,
    },
    /// Print the manual page, or write every page into a directory
    Man {
        /// Write one page per command into DIR
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
    /// Print help for a command or for the topic exit-codes
    Help {
        /// Name a command, or `exit-codes`
        topic: Vec<String>,
    },
}

/// `variance screen`
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
pub(super) struct Screen {
    /// Screen these: SPY, BRK/B, /ES, /ESZ6, BTC/USD
    #[arg(long, value_name = "A,B,...", value_delimiter = ',', conflicts_with = "watchlist")]
    pub symbols: Vec<String>,
    /// Screen the symbols of FILE, one a line; `-` reads stdin [default: universe.watchlist]
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    pub watchlist: Option<PathBuf>,
    /// Screen the session of that day as it was kept; ask nobody
    #[arg(long, value_name = "DATE", conflicts_with = "record", value_parser = day)]
    pub as_of: Option<Date>,
    /// Say what entered, left and moved since that session
    #[arg(long, value_name = "last|DATE", conflicts_with = "record", value_parser = against)]
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
    /// Print at most N rows
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Order rows by this column [default: score]
    #[arg(long, value_name = "KEY[:asc|desc]")]
    pub sort: Option<String>,
    /// Print rejected symbols too, marked
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

fn against(text: &str) -> Result<Against, Wanted> {
    match text {
        "last" => Ok(Against::Last),
        text => day(text)
            .map(Against::Day)
            .map_err(|_| Wanted("`last` or a day such as 2026-11-20")),
    }
}

/// `variance quote`
#[derive(Debug, Args)]
pub(super) struct Quote {
    /// Print these, in any spelling: SPY, /ES, /ESZ26:XCME, .SPY261218C600, "SPY   261218C00600000"
    #[arg(required = true, value_name = "SYMBOL")]
    pub symbols: Vec<String>,
    /// Print afresh so often until Ctrl-C or --deadline, as jsonl unless stdout is a terminal [2 without a value]
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
    /// Explain these
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
    /// Name a share, fund, index, futures root or contract: SPY, SPX, /ES, /ESZ6
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
    /// Print the expiration nearest to so many days from today [default: the first one and those around 30 days]
    #[arg(long, value_name = "DAYS", conflicts_with = "expiry", value_parser = clap::value_parser!(u16).range(0..=3650))]
    pub dte: Option<u16>,
    /// Print the expiration of this date, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub expiry: Option<Date>,
    /// Print N strikes on each side of the price, 1 to 250, as far as 2,000 subscriptions reach [default: 10; without
    /// --dte and --expiry also all within 8 % of the price at 30 days]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_STRIKES)))]
    pub strikes: Option<u16>,
}

/// `variance replay`
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct Replay {
    /// Read what --record wrote
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Run N times as fast as it happened [default: as fast as possible]
    #[arg(long, value_name = "N", value_parser = speed)]
    pub speed: Option<f64>,
    /// Print only these of the recorded symbols
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
    /// Name a share, fund, index, futures root or contract, or a pair: SPY, SPX, /ES, /ESZ6, BTC/USD
    #[arg(value_name = "SYMBOL")]
    pub symbol: Option<String>,
    /// Measure daily bars of your own, CSV with the columns date, open, high, low, close; `-` reads stdin
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
    /// Measure windows of these lengths in trading days, 2 to 2520
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
    /// What to do instead of printing.
    #[command(subcommand)]
    pub command: Option<HistoryCommand>,
    /// Print as this format [default: table on a terminal, else plain]
    #[arg(long, value_name = "FORMAT", value_parser = named(&FORMATS))]
    pub format: Option<Format>,
    /// Print as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Which series
    #[command(flatten)]
    pub series: Series,
}

/// What to do with the history.
#[derive(Debug, Subcommand)]
pub(super) enum HistoryCommand {
    /// Enter a CSV file of `history export`, or with the columns date, iv and, if known, symbol, hv30, hv90
    Import(Import),
    /// Write out every series, or those of some symbols
    Export(Export),
}

/// `variance history export`
#[derive(Debug, Args)]
pub(super) struct Export {
    /// Write this format; parquet is binary, for data frames and databases
    #[arg(long, value_name = "FORMAT", default_value = "csv", value_parser = named(&EXPORTS))]
    pub format: Written,
    /// Print as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Which series
    #[command(flatten)]
    pub series: Series,
}

/// How a history is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// As text.
    As(Format),
    /// As an Apache Parquet file.
    Parquet,
}

const EXPORTS: [(&str, Written); 5] = [
    ("csv", Written::As(Format::Csv)),
    ("parquet", Written::Parquet),
    ("json", Written::As(Format::Json)),
    ("jsonl", Written::As(Format::Jsonl)),
    ("plain", Written::As(Format::Plain)),
];

/// Which series, and where to.
#[derive(Debug, Args)]
pub(super) struct Series {
    /// Name symbols [default: every one]
    #[arg(value_name = "SYMBOL")]
    pub symbols: Vec<String>,
    /// Begin with this session
    #[arg(long, value_name = "DATE")]
    pub from: Option<Date>,
    /// End with this session
    #[arg(long, value_name = "DATE")]
    pub to: Option<Date>,
    /// Write to FILE atomically
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Whose history
    #[command(flatten)]
    pub whose: World,
}

/// `variance history import`
#[derive(Debug, Args)]
pub(super) struct Import {
    /// Read FILE; `-` reads stdin
    #[arg(value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Name the symbol it is of; a column `symbol` says it line by line
    #[arg(long, value_name = "SYMBOL")]
    pub symbol: Option<String>,
    /// Say how its implied volatilities were made, where no column `iv_method` does; only those of one method are ranked together
    #[arg(long, value_name = "WORDS", default_value = "venue's 30-day index")]
    pub iv_method: String,
    /// Whose history
    #[command(flatten)]
    pub whose: World,
}

/// `variance doctor`
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Check against the embedded venue
    #[arg(long)]
    pub demo: bool,
    /// Print one JSON document instead of lines
    #[arg(long)]
    pub json: bool,
}

/// `variance demo`
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Seed the invented market
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Delay every answer by this round trip
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub rtt: u64,
    /// Misbehave by a script such as 'feed after 3 data: drop rst once'; docs/fault-scripts.md has them all
    #[arg(long, value_name = "SCRIPT|@FILE")]
    pub fault: Option<String>,
    /// Move every price so often
    #[arg(long, value_name = "MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(10..=3_600_000))]
    pub pace: u64,
    /// Listen on this port of loopback; 0 takes a free one
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
    /// Print the effective configuration, each value with its origin
    Show {
        /// Print one JSON document instead of lines
        #[arg(long)]
        json: bool,
    },
    /// Validate the configuration and say where it is wrong
    Check,
    /// Print the JSON Schema of the configuration file, or of the output document
    Schema {
        /// Print the schema of the output document
        #[arg(long)]
        output: bool,
    },
    /// Print the file in use, or the places searched
    Path,
}

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
