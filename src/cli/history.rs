//! `variance history`

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::path::Path;

use jiff::civil::Date;

use super::args::{History, HistoryCommand, Import, Series, Written};
use super::exit::{Failure, Kind};
use super::flags::Global;
use super::output::Output;
use super::progress::Stderr;
use super::run_store::open;
use super::{ProcessEnv, resolve};
use crate::config::Config;
use crate::instrument::{Instrument, Symbol};
use crate::market::PastDay;
use crate::render::{self, Format, Style};
use crate::store::{self, Error, ImportError};
use crate::time;

/// Prints, seeds or writes out what was kept between runs.
pub(super) fn run(args: &History, global: &Global, around: &ProcessEnv, stderr: &Stderr) -> Result<(), Failure> {
    let config = resolve::config(global, None, around)?;
    match &args.command {
        None => {
            let format = resolve::asked(args.json, args.format);
            print(&args.series, format.map(Written::As), &config, global, around, stderr)
        }
        Some(HistoryCommand::Export(export)) => {
            let written = if export.json {
                Written::As(Format::Json)
            } else {
                export.format
            };
            print(&export.series, Some(written), &config, global, around, stderr)
        }
        Some(HistoryCommand::Import(import)) => enter(import, &config, around, stderr),
    }
}

fn print(
    args: &Series,
    written: Option<Written>,
    config: &Config,
    global: &Global,
    around: &ProcessEnv,
    stderr: &Stderr,
) -> Result<(), Failure> {
    let output = Output::open(args.output.as_deref())?;
    let to_terminal = matches!(output, Output::Stdout) && io::stdout().is_terminal();
    if written == Some(Written::Parquet) && to_terminal {
        return Err(
            Failure::new(Kind::Usage, "a Parquet file is binary and not for a terminal")
                .hint("Name a file with -o FILE, or send it into a pipe."),
        );
    }
    let (store, mode) = open(config, args.whose.invented(), around, stderr)?;
    let first = args.from.unwrap_or(Date::MIN);
    let last = args.to.unwrap_or(Date::MAX);
    let mut days: Vec<PastDay> = Vec::new();
    if args.symbols.is_empty() {
        days = store.days(None, first, last).map_err(unreadable)?;
    } else {
        for instrument in resolve::symbols(&args.symbols, around.now)? {
            let symbol = instrument.symbol();
            let found = store.days(Some(&symbol), first, last).map_err(unreadable)?;
            if found.is_empty() {
                stderr.remark(&format!("variance: nothing is kept of {symbol}"));
            }
            days.extend(found);
        }
    }
    if days.is_empty() {
        return Err(Failure::new(Kind::Unavailable, "nothing is kept that was asked for")
            .hint("Each screen or quote keeps its session; `variance history import` seeds a past."));
    }
    let history = render::History::new(&days, mode, around.now);
    let format = match written {
        Some(Written::Parquet) => return output.finish(|mut out| history.parquet(&mut out)),
        Some(Written::As(format)) => format,
        None => resolve::format(config, to_terminal),
    };
    let when = global.color.unwrap_or(config.output.color);
    let style = Style {
        width: resolve::width(around, to_terminal),
        color: around.color(when, to_terminal),
    };
    output.finish(|out| history.write(&style, format, out))
}

fn enter(args: &Import, config: &Config, around: &ProcessEnv, stderr: &Stderr) -> Result<(), Failure> {
    let today = time::new_york_date(around.now);
    let whom = args.symbol.as_deref().map(|symbol| Instrument::parse(symbol, today));
    let whom = whom
        .transpose()
        .map_err(|error| Failure::from_error(Kind::Usage, error))?;
    let text = read(&args.file)?;
    let (mut store, mode) = open(config, args.whose.invented(), around, stderr)?;
    let import = store::Import {
        whom: whom.as_ref(),
        now: around.now,
        iv_method: &args.iv_method,
        mode,
    };
    let entries = import.read(&text).map_err(|error| {
        let (kind, hint) = match &error {
            ImportError::Nobody => (
                Kind::Usage,
                "Name the symbol with --symbol, or add a column `symbol` for many at once.",
            ),
            ImportError::Csv(_) | ImportError::Heading(_) | ImportError::Line { .. } | ImportError::Empty => {
                (Kind::CannotRead, "Nothing was entered; mend the line and import again.")
            }
        };
        let failure = Failure::from_error(kind, error);
        let error = failure.error.context(args.file.display().to_string());
        Failure { error, ..failure }.hint(hint)
    })?;
    let intake = store
        .enter(&entries)
        .map_err(|error| Failure::from_error(Kind::CannotWrite, error))?;
    let symbols: BTreeSet<&Symbol> = entries.iter().map(|entry| &entry.symbol).collect();
    let whose = match (symbols.len(), symbols.first()) {
        (1, Some(symbol)) => symbol.to_string(),
        (many, _) => format!("{many} symbols"),
    };
    let entered = intake.new + intake.replaced;
    let mut told = format!(
        "variance: {entered} {} of {whose} entered into {}",
        if entered == 1 { "value" } else { "values" },
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
    stderr.remark(&told);
    Ok(())
}

fn read(path: &Path) -> Result<String, Failure> {
    let text = if path.as_os_str() == "-" {
        io::read_to_string(io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    text.map_err(|error| Failure::new(Kind::CannotRead, format!("cannot read {}: {error}", path.display())))
}

fn unreadable(error: Error) -> Failure {
    Failure::from_error(Kind::CannotRead, error)
}
