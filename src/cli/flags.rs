//! Flags that several commands share.

pub(super) mod numbers;

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::numbers::{Wanted, percent, seconds};
use crate::config::Color;
use crate::render::Format;
use crate::screen::Overrides;

/// Flags of every command.
#[derive(Debug, Clone, Args)]
pub(super) struct Global {
    /// Read this configuration file instead of searching for one
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Color tables and messages
    #[arg(long, global = true, value_name = "WHEN", value_parser = named(&[Color::Auto, Color::Always, Color::Never], color_name))]
    pub color: Option<Color>,
    /// Print errors alone to stderr, no progress and no remarks
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Log to stderr; -vv logs the conversation with the feed, without secrets
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// Take this instant for now
    #[arg(long, global = true, hide = true, value_name = "TIMESTAMP")]
    pub now: Option<Timestamp>,
}

/// Flags of a command that gathers data.
#[derive(Debug, Args)]
pub(super) struct Data {
    /// Where the data comes from.
    #[command(flatten)]
    pub source: Source,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// Where data comes from.
#[derive(Debug, Args)]
#[command(next_help_heading = DATA)]
pub(super) struct Source {
    /// Listen to the feed for at most so long [default: dxlink.listen_duration_seconds]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub listen: Option<f64>,
    /// End the whole run by then: print what is there, marked partial
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub deadline: Option<f64>,
    /// Record every frame and answer in a new FILE, without secrets, for `variance replay`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub record: Option<PathBuf>,
    /// The embedded venue instead of the configured one.
    #[command(flatten)]
    pub venue: Venue,
}

/// How data is shown, and when there is too little of it.
#[derive(Debug, Args)]
#[command(next_help_heading = DATA)]
pub(super) struct Show {
    /// As what.
    #[command(flatten)]
    pub form: Form,
    /// Write to FILE atomically
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Exit with code 65 when fewer symbols are complete
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub require_complete: Option<f64>,
}

/// As what a document is printed.
#[derive(Debug, Args)]
pub(super) struct Form {
    /// Print as this format [default: table on a terminal, else plain]
    ///
    /// table is for people; plain (tabs) and csv hold rows; json and jsonl hold everything
    #[arg(long, value_name = "FORMAT", value_parser = named(Format::ALL, Format::name))]
    format: Option<Format>,
    /// Print as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl Form {
    /// The format asked for, if one is.
    pub(super) fn asked(&self) -> Option<Format> {
        if self.json { Some(Format::Json) } else { self.format }
    }
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
    pub rules: Overrides,
}

impl Picks {
    /// Rules alone.
    pub(super) fn of_rules(rules: Overrides) -> Self {
        Self {
            rules,
            ..Self::default()
        }
    }

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

/// Which world data is of.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = VENUE)]
pub(super) struct World {
    /// Use invented data of the embedded venue: no account, no network
    #[arg(long)]
    pub demo: bool,
    /// Seed the invented market
    #[arg(long, value_name = "N", requires = "demo", default_value_t = 1)]
    pub seed: u64,
}

impl World {
    /// The seed of the embedded venue, where that is used.
    pub(super) fn invented(self) -> Option<u64> {
        self.demo.then_some(self.seed)
    }
}

/// The embedded venue and what it does wrong.
#[derive(Debug, Args)]
#[command(next_help_heading = VENUE)]
pub(super) struct Venue {
    /// Which market it invents.
    #[command(flatten)]
    pub world: World,
    /// Delay every answer by this round trip
    #[arg(
        long,
        value_name = "MS",
        requires = "demo",
        default_value_t = 0,
        hide_short_help = true
    )]
    pub rtt: u64,
    /// Misbehave by a script; see docs/fault-scripts.md
    ///
    /// Such as 'feed after 3 data: drop rst once'
    #[arg(long, value_name = "SCRIPT|@FILE", requires = "demo", hide_short_help = true)]
    pub fault: Option<String>,
}

/// One of `values` by its name; help, completions and errors list them.
pub(super) fn named<T>(values: &'static [T], name: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let words = values.iter().map(|value| name(*value));
    PossibleValuesParser::new(words).try_map(move |word| {
        let mut values = values.iter().copied();
        values
            .find(|value| name(*value) == word)
            .ok_or(Wanted("one of these words"))
    })
}

fn color_name(color: Color) -> &'static str {
    match color {
        Color::Auto => "auto",
        Color::Always => "always",
        Color::Never => "never",
    }
}

const DATA: &str = "Data and output";
const VENUE: &str = "Embedded venue";
