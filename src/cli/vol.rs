//! `variance vol`

use std::io::{self, IsTerminal, Read};
use std::path::Path;

use jiff::civil::Date;

use super::args::Vol;
use super::data::Job;
use super::exit::{Failure, Kind};
use super::flags::Global;
use super::output::Output;
use super::progress::Stderr;
use super::task::Task;
use super::{ProcessEnv, resolve};
use crate::instrument::Kind as Instruments;
use crate::render::{PanelDocument, Style};
use crate::time::{self, Calendar};
use crate::vol::bars::{Bar, clean};
use crate::vol::panel::Panel;

/// Gathers the symbol, or reads the bars, and prints what they say about volatility.
pub(super) fn run(args: &Vol, global: &Global, around: &ProcessEnv, stderr: &Stderr) -> Result<(), Failure> {
    match (&args.symbol, &args.bars) {
        (Some(symbol), _) => of_symbol(symbol, args, (global, around, stderr)),
        (None, Some(path)) => of_file(path, args, global, around),
        (None, None) => Err(Failure::new(Kind::Usage, "a symbol or --bars is wanted")),
    }
}

fn of_symbol(
    symbol: &str,
    args: &Vol,
    (global, around, stderr): (&Global, &ProcessEnv, &Stderr),
) -> Result<(), Failure> {
    let job = Job::new(&args.data, global, around, stderr)?;
    let instruments = resolve::symbols(&[symbol.to_owned()], job.now())?;
    let is_option = |kind| matches!(kind, Instruments::EquityOption | Instruments::FutureOption);
    if let Some(option) = instruments.iter().find(|instrument| is_option(instrument.kind())) {
        return Err(Failure::new(
            Kind::Usage,
            format!("{} is an option and has no daily bars", option.symbol()),
        )
        .hint("Name what it is on: SPY, SPX, /ES. `variance quote` has the option's own volatility."));
    }
    let task = Task::vol(args.picks.clone(), &job.config, job.now());
    job.run(instruments, &task)
}

/// Reads the bars, measures them and prints the panel.
fn of_file(path: &Path, args: &Vol, global: &Global, around: &ProcessEnv) -> Result<(), Failure> {
    let config = resolve::config(global, None, around)?;
    let show = &args.data.show;
    let output = Output::open(show.output.as_deref())?;
    let place = path.display().to_string();
    let text = read(path).map_err(|error| unreadable(&place, error))?;
    let bars = parse(&text).map_err(|error| unreadable(&place, error))?;
    if bars.is_empty() {
        return Err(unreadable(&place, "there is no line below the header"));
    }
    let panel = Panel::of(
        &clean(bars.into_iter()).over_sessions(|day| time::is_session(Calendar::UsEquities, day)),
        &args.picks.sorted(),
        f64::from(config.volatility.trading_days),
    )
    .ok_or_else(|| {
        unreadable(
            &place,
            "no bar counts: each lacks a price, has a zero, or its high and low do not enclose open and close",
        )
    })?;
    let to_terminal = matches!(output, Output::Stdout) && io::stdout().is_terminal();
    let asked = resolve::asked(show.json, show.format);
    let format = asked.unwrap_or_else(|| resolve::format(&config, to_terminal));
    let when = global.color.unwrap_or(config.output.color);
    let style = Style {
        width: resolve::width(around, to_terminal),
        color: around.color(when, to_terminal),
    };
    let document = PanelDocument {
        panel: &panel,
        file: &place,
        generated_at: around.now,
    };
    output.finish(|mut out| document.write(&style, format, &mut out))
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    if path.as_os_str() == "-" {
        io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(path)?;
    }
    Ok(text)
}

/// Bars from CSV with a header that names `date`, `open`, `high`, `low` and `close`, in any order and case, other columns
/// among them. A price that is blank, `-`, `null`, `N/A` or `NaN` is absent.
fn parse(text: &str) -> Result<Vec<Bar>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| error.to_string())?.clone();
    let place = |name: &str| {
        let mut places = headers
            .iter()
            .enumerate()
            .filter(|(_, header)| header.eq_ignore_ascii_case(name));
        match (places.next(), places.next()) {
            (Some((place, _)), None) => Ok(place),
            (None, _) => Err(format!("the header has no column {name}")),
            (Some(_), Some(_)) => Err(format!("the header has two columns {name}")),
        }
    };
    let (date, open, high, low, close) = (
        place("date")?,
        place("open")?,
        place("high")?,
        place("low")?,
        place("close")?,
    );
    let mut bars = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |place: usize| record.get(place).unwrap_or_default();
        let price = |place: usize| {
            let cell = cell(place);
            if ABSENT.iter().any(|word| cell.eq_ignore_ascii_case(word)) {
                return Ok(None);
            }
            let number: Result<f64, _> = cell.parse();
            number
                .map(Some)
                .map_err(|_| format!("line {line}: {cell:?} is not a price"))
        };
        bars.push(Bar {
            date: day(cell(date))
                .ok_or_else(|| format!("line {line}: {:?} is not a date such as 2026-11-20", cell(date)))?,
            open: price(open)?,
            high: price(high)?,
            low: price(low)?,
            close: price(close)?,
        });
    }
    Ok(bars)
}

/// A date, or the date a moment begins with: `2026-11-20`, `2026-11-20 00:00:00-05:00`, `2026-11-20T00:00:00Z`.
fn day(cell: &str) -> Option<Date> {
    let (date, rest) = cell.split_at_checked("2026-11-20".len())?;
    (rest.is_empty() || rest.starts_with(['T', ' ']))
        .then(|| date.parse().ok())
        .flatten()
}

fn unreadable(place: &str, error: impl std::fmt::Display) -> Failure {
    Failure::new(Kind::CannotRead, format!("cannot read bars from {place}: {error}"))
        .hint("Bars are CSV with a header: date,open,high,low,close, one session a line.")
}

const ABSENT: &[&str] = &["", "-", "null", "n/a", "nan"];
