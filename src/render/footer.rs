//! What stands below a table: whether the numbers can be trusted, and why not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::block::{Block, texts};
use super::chain::ChainBlock;
use super::row::Row;
use super::run::{Command, RunDocument};
use super::text::{cut, tried};
use crate::market::{
    FeedState, Field, LegacyState, MissingField, Mode, RestState, RunError, Source, SourceState, StoppedBy, StoreState,
    first_source,
};
use crate::screen::Gate;

/// Every line that `document` deserves, alarms last, nearest to the prompt.
pub(super) fn blocks(document: &RunDocument) -> Vec<Block> {
    let calm = [
        marks(document),
        notes(document),
        rolls(document),
        changes(document),
        rejected(document),
        Some(coverage(document)),
        Some(sources(document)),
        Some(time(document)),
    ];
    let alarms = errors(&document.errors).into_iter().chain(banners(document));
    texts(calm.into_iter().flatten())
        .chain(alarms.map(Block::Alarm))
        .collect()
}

/// What neither a column nor, while it was gathered, a line on stderr says.
pub(super) fn remarks(document: &RunDocument) -> Vec<String> {
    let untold = |error: &&RunError| matches!(error.source, "rest" | "legacy");
    let errors = document.errors.iter().filter(untold).cloned();
    let errors = self::errors(&errors.collect::<Vec<_>>());
    let changes = changes(document).into_iter();
    changes.chain(errors).chain(past(document)).collect()
}

/// The legend of `*`: which fields are not from their first source, and from which instead.
fn marks(document: &RunDocument) -> Option<String> {
    let mut fields: BTreeMap<Source, BTreeSet<Field>> = BTreeMap::new();
    let of_options = document.chain.iter().flat_map(ChainBlock::options);
    let shown = if document.chain.is_some() || document.command == Command::Vol {
        &[]
    } else {
        document.rows.as_slice()
    };
    let origins = shown.iter().map(|row| &row.provenance);
    for provenance in origins.chain(of_options.map(|(.., option)| &option.provenance)) {
        for (field, origin) in provenance
            .iter()
            .filter(|(field, at)| at.source != first_source(**field))
        {
            fields.entry(origin.source).or_default().insert(*field);
        }
    }
    let words = |(source, fields): (Source, BTreeSet<Field>)| {
        let names: Vec<&str> = fields.into_iter().map(Field::name).collect();
        format!("{} from {}", names.join(", "), source.name())
    };
    let words: Vec<String> = fields.into_iter().map(words).collect();
    (!words.is_empty()).then(|| format!("* not from the first source: {}", words.join("; ")))
}

/// Which contracts change, and when.
fn rolls(document: &RunDocument) -> Option<String> {
    let roll = |row: &Row| Some(format!("{} {}", row.symbol, row.roll.as_deref()?));
    let rolls: Vec<String> = document.rows.iter().filter_map(roll).collect();
    (!rolls.is_empty()).then(|| rolls.join("; "))
}

/// The data's notes with the symbols they are about.
fn notes(document: &RunDocument) -> Option<String> {
    let mut noted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let of_options = document.chain.iter().flat_map(ChainBlock::options);
    let of_options = of_options.map(|(.., option)| (&option.notes, &option.symbol));
    let of_rows = document.rows.iter().map(|row| (&row.notes, &row.symbol));
    for (notes, symbol) in of_rows.chain(of_options) {
        for note in notes {
            noted.entry(note).or_default().push(symbol.as_str());
        }
    }
    let words = |(note, symbols): (&str, Vec<&str>)| format!("{note}: {}", few(&symbols));
    let words: Vec<String> = noted.into_iter().map(words).collect();
    (!words.is_empty()).then(|| format!("notes: {}", words.join("; ")))
}

/// What changed since the screen compared with.
fn changes(document: &RunDocument) -> Option<String> {
    let diff = document.diff.as_ref()?;
    let entered: Vec<&str> = diff.entered.iter().map(|symbol| symbol.as_str()).collect();
    let left: Vec<&str> = diff.left.iter().map(|left| left.symbol.as_str()).collect();
    let moved = diff.moved.iter();
    let moved: Vec<String> = moved
        .map(|moved| format!("{} {} to {}", moved.symbol, moved.from_rank, moved.to_rank))
        .collect();
    let moved: Vec<&str> = moved.iter().map(String::as_str).collect();
    let parts = [("entered", entered), ("left", left), ("moved", moved)];
    let words = parts.map(|(word, symbols)| match symbols.len() {
        0 => format!("{word} 0"),
        count => format!("{word} {count} ({})", few(&symbols)),
    });
    Some(format!("against {}: {}", diff.against, words.join("; ")))
}

fn rejected(document: &RunDocument) -> Option<String> {
    let rejected = document.rejected.as_ref().filter(|rejected| !rejected.is_empty())?;
    let mut counts: BTreeMap<Gate, usize> = BTreeMap::new();
    for rejected in rejected {
        *counts.entry(rejected.gate).or_default() += 1;
    }
    let words = counts
        .into_iter()
        .map(|(gate, count)| format!("{} {count}", gate.name()));
    Some(format!(
        "rejected: {} ({})",
        rejected.len(),
        words.collect::<Vec<_>>().join(", ")
    ))
}

/// Completeness, and the holes: fields that the same symbols lack for the same reason stand together, required ones first.
fn coverage(document: &RunDocument) -> String {
    let coverage = &document.coverage;
    let mut symbols: BTreeMap<((bool, Field), String), Vec<&str>> = BTreeMap::new();
    for MissingField {
        symbol,
        field,
        tried: attempts,
    } in &coverage.missing
    {
        let key = (importance(*field), tried(attempts));
        symbols.entry(key).or_default().push(symbol.as_str());
    }
    let mut groups: Vec<Holes<'_>> = Vec::new();
    for (((_, field), reason), mut symbols) in symbols {
        symbols.sort_unstable();
        match groups
            .iter_mut()
            .find(|group| group.reason == reason && group.symbols == symbols)
        {
            Some(group) => group.fields.push(field.name()),
            None => groups.push(Holes {
                fields: vec![field.name()],
                symbols,
                reason,
            }),
        }
    }
    let mut text = format!("coverage: {} of {} complete", coverage.complete, coverage.requested);
    for group in groups.iter().take(HOLES_SHOWN) {
        text.push_str(&format!("; {group}"));
    }
    let more: usize = groups.iter().skip(HOLES_SHOWN).map(Holes::count).sum();
    if more > 0 {
        text.push_str(&format!("; and {more} more (--json has all)"));
    }
    let unjudged: Vec<&str> = coverage.unjudged.iter().map(|symbol| symbol.as_str()).collect();
    if !unjudged.is_empty() {
        text.push_str(&format!(
            "; not judged by options ({}): {}",
            unjudged.len(),
            few(&unjudged)
        ));
    }
    text
}

/// Fields that the same symbols lack for the same reason.
struct Holes<'a> {
    fields: Vec<&'static str>,
    symbols: Vec<&'a str>,
    reason: String,
}

impl Holes<'_> {
    fn count(&self) -> usize {
        self.fields.len() * self.symbols.len()
    }
}

impl fmt::Display for Holes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.fields.join(", ");
        let count = self.symbols.len();
        let reason = cut(&self.reason, REASON_LENGTH);
        write!(f, "{fields} missing ({count}): {} ({reason})", few(&self.symbols))
    }
}

/// The first of `symbols`, and how many more there are.
fn few(symbols: &[&str]) -> String {
    let shown: Vec<String> = symbols
        .iter()
        .take(SYMBOLS_SHOWN)
        .map(|symbol| cut(symbol, 40))
        .collect();
    let more = symbols.len().saturating_sub(SYMBOLS_SHOWN);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{more}", shown.join(", "))
}

/// Fields that make a record complete come first.
fn importance(field: Field) -> (bool, Field) {
    (!field.spec().required, field)
}

fn sources(document: &RunDocument) -> String {
    let FeedState {
        state,
        connections,
        gaps,
        events,
        dropped,
        reason,
    } = &document.sources.dxlink;
    let mut parts = vec![plural(*connections, "connection"), plural(*events, "event")];
    parts.extend((*gaps > 0).then(|| plural(*gaps, "gap")));
    parts.extend((*dropped > 0).then(|| format!("{dropped} dropped")));
    let dxlink = source("dxlink", *state, parts, reason.as_deref());
    let RestState {
        state,
        requests,
        retries,
        reason,
    } = &document.sources.rest;
    let mut parts = vec![plural(*requests, "request")];
    parts.extend((*retries > 0).then(|| format!("{retries} retried")));
    let rest = source("rest", *state, parts, reason.as_deref());
    let LegacyState {
        state,
        requests,
        reason,
    } = &document.sources.legacy;
    let legacy = source("legacy", *state, vec![plural(*requests, "request")], reason.as_deref());
    let StoreState { state, values, reason } = &document.sources.store;
    let values = plural(u64::try_from(*values).unwrap_or(u64::MAX), "value");
    let store = source("store", *state, vec![values], reason.as_deref());
    format!("sources: {dxlink}; {rest}; {legacy}; {store}")
}

fn source(name: &str, state: SourceState, mut parts: Vec<String>, reason: Option<&str>) -> String {
    let word = match state {
        SourceState::Ok => "ok",
        SourceState::Degraded => "degraded",
        SourceState::Failed => "failed",
        SourceState::Disabled => "disabled",
        SourceState::Unused => "unused",
    };
    match state {
        SourceState::Disabled | SourceState::Unused => parts.clear(),
        SourceState::Ok | SourceState::Degraded | SourceState::Failed => {}
    }
    parts.extend(reason.map(|reason| cut(reason, REASON_LENGTH)));
    if parts.is_empty() {
        format!("{name} {word}")
    } else {
        format!("{name} {word} ({})", parts.join(", "))
    }
}

fn time(document: &RunDocument) -> String {
    let timing = &document.timing_ms;
    let steps = [
        ("token", timing.token),
        ("handshake", timing.handshake),
        ("stream", timing.stream),
        ("rest", timing.rest),
    ];
    let steps: Vec<String> = steps
        .into_iter()
        .filter_map(|(name, spent)| Some(format!("{name} {}", seconds(spent?))))
        .collect();
    let steps = if steps.is_empty() {
        String::new()
    } else {
        format!(" ({})", steps.join(", "))
    };
    let stopped = match document.stopped_by {
        StoppedBy::Complete => "nothing more was awaited",
        StoppedBy::Window => "the listen window ended",
        StoppedBy::Deadline => "the deadline ended",
    };
    format!(
        "time: {}{steps}, {stopped}, {}",
        seconds(timing.total),
        document.generated_at
    )
}

fn errors(errors: &[RunError]) -> Vec<String> {
    let mut lines: Vec<String> = errors
        .iter()
        .take(ERRORS_SHOWN)
        .map(|error| {
            format!(
                "! {} {}: {}",
                error.source,
                cut(&error.code, 40),
                cut(&error.message, MESSAGE_LENGTH)
            )
        })
        .collect();
    let more = errors.len().saturating_sub(ERRORS_SHOWN);
    lines.extend((more > 0).then(|| format!("! and {more} more (--json has all)")));
    lines
}

fn banners(document: &RunDocument) -> Vec<String> {
    let replay = document
        .recorded
        .as_ref()
        .map(|recorded| format!("REPLAY: recorded at {}, not now", recorded.started_at));
    let recorded = document.recorded.as_ref().map(|recorded| recorded.mode);
    let venue = venue(recorded.unwrap_or(document.mode));
    let delayed = document.delayed.then_some("DELAYED: the feed's data is delayed");
    let partial = document
        .partial
        .then_some("PARTIAL: the deadline ended the run before everything was there");
    let words = [partial, delayed].into_iter().flatten().map(str::to_owned);
    let words = words.chain(replay).chain(venue.map(str::to_owned));
    stale(document).into_iter().chain(past(document)).chain(words).collect()
}

/// What must be said of a venue that is not the market.
pub(super) fn venue(mode: Mode) -> Option<&'static str> {
    match mode {
        Mode::Live | Mode::Replay => None,
        Mode::Sandbox => Some("SANDBOX: prices of the venue's sandbox, not of the market"),
        Mode::Demo => Some("DEMO DATA: invented by the embedded venue, no market stands behind it"),
    }
}

fn past(document: &RunDocument) -> Option<String> {
    let day = document.as_of.as_ref()?;
    Some(format!("PAST: the session of {day}, from the store"))
}

/// Rows that lean on what earlier runs kept, with the age of the oldest of it.
fn stale(document: &RunDocument) -> Option<String> {
    let is_kept = |row: &&Row| row.provenance.values().any(|origin| origin.source == Source::Store);
    let ages = document.rows.iter().filter(is_kept).filter_map(|row| row.stale_seconds);
    let (count, oldest) = ages.fold((0_usize, 0), |(count, oldest), age| (count + 1, oldest.max(age)));
    (count > 0).then(|| {
        format!(
            "STALE: {count} of {} rows hold values of an earlier run, up to {} old",
            document.rows.len(),
            age(oldest)
        )
    })
}

/// An age in its two largest units: `3 h 12 min`.
pub(super) fn age(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

fn plural(count: u64, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

fn seconds(millis: u64) -> String {
    format!("{}.{:02} s", millis / 1000, millis % 1000 / 10)
}

const HOLES_SHOWN: usize = 4;
const SYMBOLS_SHOWN: usize = 8;
const ERRORS_SHOWN: usize = 3;
const REASON_LENGTH: usize = 120;
const MESSAGE_LENGTH: usize = 160;
