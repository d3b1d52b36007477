//! `variance history`

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use jiff::civil::Date;

use crate::cli::exit::{Failure, FailureKind};
use crate::cli::flags::{Form, World, named};
use crate::cli::input;
use crate::cli::output::{Output, Printer};
use crate::cli::progress::plural;
use crate::cli::question::Command;
use crate::cli::run_store::open;
use crate::cli::session::Session;
use crate::cli::universe::symbols;
use crate::config::Config;
use crate::instrument::{Instrument, Symbol};
use crate::market::PastDay;
use crate::render::{self, Format};
use crate::store::{self, Error, ImportError};

/// Print, import or export what was kept, session by session
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct History {
    /// What to do instead of printing.
    #[command(subcommand)]
    command: Option<HistoryCommand>,
    /// As what.
    #[command(flatten)]
    form: Form,
    /// Which series
    #[command(flatten)]
    series: Series,
}

/// What to do with the history.
#[derive(Debug, Subcommand)]
enum HistoryCommand {
    /// Enter a CSV file of `history export`, or with the columns date, iv and, if known, symbol, hv30, hv90
    Import(Import),
    /// Write out every series, or those of some symbols
    Export(Export),
}

/// `variance history export`
#[derive(Debug, Args)]
struct Export {
    /// Write this format; parquet is binary, for data frames and databases
    #[arg(long, value_name = "FORMAT", default_value = "csv", value_parser = named(&EXPORTS, Written::name))]
    format: Written,
    /// Print as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Which series
    #[command(flatten)]
    series: Series,
}

/// How a history is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// As text.
    As(Format),
    /// As an Apache Parquet file.
    Parquet,
}

impl Written {
    fn name(self) -> &'static str {
        match self {
            Self::As(format) => format.name(),
            Self::Parquet => "parquet",
        }
    }
}

const EXPORTS: [Written; 5] = [
    Written::As(Format::Csv),
    Written::Parquet,
    Written::As(Format::Json),
    Written::As(Format::Jsonl),
    Written::As(Format::Plain),
];

/// Which series, and where to.
#[derive(Debug, Args)]
struct Series {
    /// Name symbols [default: every one]
    #[arg(value_name = "SYMBOL")]
    symbols: Vec<String>,
    /// Begin with this session
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// End with this session
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// Write to FILE atomically
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// Whose history
    #[command(flatten)]
    whose: World,
}

/// `variance history import`
#[derive(Debug, Args)]
struct Import {
    /// Read FILE; `-` reads stdin
    #[arg(value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Name the symbol it is of; a column `symbol` says it line by line
    #[arg(long, value_name = "SYMBOL")]
    symbol: Option<String>,
    /// Say how its implied volatilities were made, where no column `iv_method` does; only those of one method are ranked together
    #[arg(long, value_name = "WORDS", default_value = "venue's 30-day index")]
    iv_method: String,
    /// Whose history
    #[command(flatten)]
    whose: World,
}

impl Command for History {
    fn run(&self, session: &Session) -> Result<(), Failure> {
        let config = session.config(None)?;
        match &self.command {
            None => print(&self.series, self.form.asked().map(Written::As), &config, session),
            Some(HistoryCommand::Export(export)) => {
                let json = export.json.then_some(Written::As(Format::Json));
                print(&export.series, json.or(Some(export.format)), &config, session)
            }
            Some(HistoryCommand::Import(import)) => enter(import, &config, session),
        }
    }
}

fn print(args: &Series, written: Option<Written>, config: &Config, session: &Session) -> Result<(), Failure> {
    let output = Output::open(args.output.as_deref())?;
    if written == Some(Written::Parquet) && output.is_terminal() {
        return Err(
            Failure::new(FailureKind::Usage, "a Parquet file is binary and not for a terminal")
                .hint("Name a file with -o FILE, or send it into a pipe."),
        );
    }
    let (store, mode) = open(config, args.whose.invented(), session)?;
    let first = args.from.unwrap_or(Date::MIN);
    let last = args.to.unwrap_or(Date::MAX);
    let mut days: Vec<PastDay> = Vec::new();
    if args.symbols.is_empty() {
        days = store.days(None, first, last).map_err(unreadable)?;
    } else {
        for instrument in symbols(&args.symbols, session)? {
            let symbol = instrument.symbol();
            let found = store.days(Some(&symbol), first, last).map_err(unreadable)?;
            if found.is_empty() {
                session.stderr.remark(&format!("variance: nothing is kept of {symbol}"));
            }
            days.extend(found);
        }
    }
    if days.is_empty() {
        return Err(
            Failure::new(FailureKind::Unavailable, "nothing is kept that was asked for")
                .hint("Each screen or quote keeps its session; `variance history import` seeds a past."),
        );
    }
    let history = render::History::new(&days, mode, session.now);
    let asked = match written {
        Some(Written::Parquet) => return output.finish(|mut out| history.parquet(&mut out)),
        Some(Written::As(format)) => Some(format),
        None => None,
    };
    Printer::new(session, config, asked, output).write(&history)
}

fn enter(args: &Import, config: &Config, session: &Session) -> Result<(), Failure> {
    let symbol = args.symbol.as_deref();
    let whom = symbol.map(|symbol| Instrument::parse(symbol, session.today()));
    let whom = whom
        .transpose()
        .map_err(|error| Failure::from_error(FailureKind::Usage, error))?;
    let text = input::read(&args.file).map_err(|error| {
        let file = args.file.display();
        Failure::new(FailureKind::CannotRead, format!("cannot read {file}: {error}"))
    })?;
    let (mut store, mode) = open(config, args.whose.invented(), session)?;
    let import = store::Import {
        whom: whom.as_ref(),
        now: session.now,
        iv_method: &args.iv_method,
        mode,
    };
    let entries = import.read(&text).map_err(|error| {
        let (kind, hint) = match &error {
            ImportError::Nobody => (
                FailureKind::Usage,
                "Name the symbol with --symbol, or add a column `symbol` for many at once.",
            ),
            ImportError::Csv(_) | ImportError::Heading(_) | ImportError::Line { .. } | ImportError::Empty => (
                FailureKind::CannotRead,
                "Nothing was entered; mend the line and import again.",
            ),
        };
        let failure = Failure::from_error(kind, error);
        let error = failure.error.context(args.file.display().to_string());
        Failure { error, ..failure }.hint(hint)
    })?;
    let intake = store
        .enter(&entries)
        .map_err(|error| Failure::from_error(FailureKind::CannotWrite, error))?;
    let symbols: BTreeSet<&Symbol> = entries.iter().map(|entry| &entry.symbol).collect();
    let whose = match (symbols.len(), symbols.first()) {
        (1, Some(symbol)) => symbol.to_string(),
        (many, _) => format!("{many} symbols"),
    };
    let entered = intake.new + intake.replaced;
    let mut told = format!(
        "variance: {entered} value{} of {whose} entered into {}",
        plural(entered),
        store.path().display()
    );
    for (count, what) in [
        (intake.replaced, "of them in place of values imported before"),
        (intake.same, "there already"),
        (intake.refused, "left as a run had kept them"),
    ] {
        if count > 0 {
            told.push_str(&format!(", {count} {what}"));
        }
    }
    session.stderr.remark(&told);
    Ok(())
}

fn unreadable(error: Error) -> Failure {
    Failure::from_error(FailureKind::CannotRead, error)
}
