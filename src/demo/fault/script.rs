//! Fault scripts: the language of `--fault`, described in `docs/fault-scripts.md`.
//!
//! A rule a line or between semicolons: `TARGET PLACE... : EFFECT ARGUMENTS [once|always]`.

mod words;

use thiserror::Error;

use self::words::Clause;
use super::{
    Cut, Faults, FeedFault, FeedRule, Frames, Layout, MetricsFault, Refusal, RestEffect, RestRule, SnapshotFault,
    Times, Trigger,
};

/// Where a fault script is wrong, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {what}")]
pub struct ScriptError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
}

/// The rules of a script, in its order.
///
/// # Errors
///
/// The first place that is not understood, with the nearest known word.
pub fn parse(script: &str) -> Result<Faults, ScriptError> {
    let mut faults = Faults::default();
    for mut clause in words::clauses(script)? {
        rule(&mut clause, &mut faults)?;
        clause.end()?;
    }
    Ok(faults)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Feed,
    Snapshot,
    Rest,
    Metrics,
}

/// Where and how often, before the effect may narrow it.
#[derive(Debug, Clone, Copy, Default)]
struct Places {
    trigger: Trigger,
    times: Option<Times>,
}

fn rule(clause: &mut Clause<'_>, faults: &mut Faults) -> Result<(), ScriptError> {
    let start = clause.here();
    match clause.one_of("target", TARGETS)? {
        Target::Feed => {
            let places = places(clause, Target::Feed)?;
            let fault = feed_fault(clause)?;
            if places.trigger.data.is_some() && fault.precedes_data() {
                return Err(start.wrong("this comes before any data, it cannot wait for some".to_owned()));
            }
            feed_rule(clause, faults, places, fault)
        }
        Target::Snapshot => {
            let places = places(clause, Target::Snapshot)?;
            let fault = clause.one_of("effect", SNAPSHOTS)?;
            feed_rule(clause, faults, places, FeedFault::Snapshot(fault))
        }
        Target::Rest => {
            let path = clause.word("a path such as /market-metrics")?;
            if !path.text.starts_with('/') {
                return Err(path.wrong(format!("a path begins with a slash, {:?} does not", path.text)));
            }
            let places = places(clause, Target::Rest)?;
            let effect = rest_effect(clause)?;
            rest_rule(clause, faults, places, path.text, effect)
        }
        Target::Metrics => {
            let places = places(clause, Target::Metrics)?;
            let effect = RestEffect::Metrics(metrics_fault(clause)?);
            rest_rule(clause, faults, places, METRICS_PATH, effect)
        }
    }
}

fn feed_rule(
    clause: &mut Clause<'_>,
    faults: &mut Faults,
    places: Places,
    fault: FeedFault,
) -> Result<(), ScriptError> {
    let times = times(clause, places.times)?;
    faults.feed.push(FeedRule::Placed {
        trigger: places.trigger,
        fault,
        times,
    });
    Ok(())
}

fn rest_rule(
    clause: &mut Clause<'_>,
    faults: &mut Faults,
    places: Places,
    path: &str,
    effect: RestEffect,
) -> Result<(), ScriptError> {
    let times = times(clause, places.times)?;
    faults.rest.push(RestRule {
        path_prefix: path.to_owned(),
        after: places.trigger.after,
        effect,
        times,
    });
    Ok(())
}

/// What stands before the colon.
fn places(clause: &mut Clause<'_>, target: Target) -> Result<Places, ScriptError> {
    let mut places = Places::default();
    while !clause.take(":") {
        let on_feed = matches!(target, Target::Feed | Target::Snapshot);
        let known: &[(&str, Place)] = if on_feed {
            &[
                ("at", Place::At),
                ("after", Place::After),
                ("socket", Place::Socket),
                ("on socket", Place::Socket),
            ]
        } else {
            &[("at", Place::At), ("after", Place::After)]
        };
        match clause.one_of("place or a colon", known)? {
            Place::Socket => places.trigger.socket = Some(words::positive(clause.word("the number of a socket")?)?),
            Place::At => {
                let number = words::ordinal(clause.word("an ordinal such as 2nd")?)?;
                match unit(clause, target)? {
                    Unit::Data => places.trigger.data = Some(Frames::At(number)),
                    Unit::Messages => places.trigger.messages = Some(Frames::At(number)),
                    Unit::Times => places.times = Some(Times::Nth(number)),
                }
            }
            Place::After => {
                let amount = clause.word("a number or a time such as 300ms")?;
                if amount.text.ends_with('s') {
                    places.trigger.after = Some(words::duration(amount)?);
                } else {
                    let number = words::positive(amount)?;
                    match unit(clause, target)? {
                        Unit::Data => places.trigger.data = Some(Frames::After(number)),
                        Unit::Messages => places.trigger.messages = Some(Frames::After(number)),
                        Unit::Times => places.times = Some(Times::After(number)),
                    }
                }
            }
        }
    }
    Ok(places)
}

#[derive(Debug, Clone, Copy)]
enum Place {
    At,
    After,
    Socket,
}

/// What is counted.
#[derive(Debug, Clone, Copy)]
enum Unit {
    /// The data frames of a connection.
    Data,
    /// The messages of the client on a connection.
    Messages,
    /// The occasions of the rule.
    Times,
}

fn unit(clause: &mut Clause<'_>, target: Target) -> Result<Unit, ScriptError> {
    let known: &[(&str, Unit)] = match target {
        Target::Feed => &[
            ("data", Unit::Data),
            ("message", Unit::Messages),
            ("messages", Unit::Messages),
            ("time", Unit::Times),
            ("times", Unit::Times),
        ],
        Target::Snapshot => &[
            ("data", Unit::Data),
            ("message", Unit::Messages),
            ("messages", Unit::Messages),
            ("snapshot", Unit::Times),
            ("snapshots", Unit::Times),
        ],
        Target::Rest | Target::Metrics => &[("request", Unit::Times), ("requests", Unit::Times)],
    };
    clause.one_of("unit", known)
}

/// The word after the effect, joined with what the place says.
fn times(clause: &mut Clause<'_>, placed: Option<Times>) -> Result<Times, ScriptError> {
    let here = clause.here();
    let told = if clause.is_over() {
        None
    } else {
        Some(clause.one_of("ending", &[("once", Times::Once), ("always", Times::Always)])?)
    };
    match (placed, told) {
        (None, told) => Ok(told.unwrap_or(Times::Always)),
        (Some(Times::After(number)), Some(Times::Once)) => Ok(Times::Nth(number.saturating_add(1))),
        (Some(Times::Nth(_)), Some(Times::Always)) => {
            Err(here.wrong("once at a number cannot be always; say after".to_owned()))
        }
        (Some(placed), _) => Ok(placed),
    }
}

#[derive(Debug, Clone, Copy)]
enum FeedWord {
    Plain(fn() -> FeedFault),
    LateAuthState,
    LateConfig,
    Close,
    HugeFrame,
    DropColumn,
    ReverseColumns,
}

fn feed_fault(clause: &mut Clause<'_>) -> Result<FeedFault, ScriptError> {
    Ok(match clause.one_of("effect", FEED)? {
        FeedWord::Plain(fault) => fault(),
        FeedWord::LateAuthState => FeedFault::LateAuthState(words::duration(clause.word(A_TIME)?)?),
        FeedWord::LateConfig => FeedFault::LateConfig(words::duration(clause.word(A_TIME)?)?),
        FeedWord::HugeFrame => FeedFault::Huge(words::size(clause.word("a size such as 2MB")?)?),
        FeedWord::DropColumn => FeedFault::Layout(Layout::Drop(clause.word("a column")?.text.to_owned())),
        FeedWord::ReverseColumns => {
            let kind = clause.one_of("event type", EVENT_TYPES)?;
            FeedFault::Layout(Layout::Reverse(kind.to_owned()))
        }
        FeedWord::Close => {
            let word = clause.word("a close code such as 1012")?;
            let code = words::within(word, "a close code", 1000..=4999)?;
            if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                return Err(word.wrong(format!("the close code {code} cannot be sent")));
            }
            match clause.quoted() {
                None => FeedFault::Cut(Cut::Close(code)),
                Some(reason) if reason.text.len() <= MAX_REASON_BYTES => FeedFault::Cut(Cut::CloseSaying {
                    code,
                    reason: reason.text.to_owned(),
                }),
                Some(reason) => {
                    return Err(reason.wrong(format!("a close reason has at most {MAX_REASON_BYTES} bytes")));
                }
            }
        }
    })
}

#[derive(Debug, Clone, Copy)]
enum RestWord {
    Hang,
    Truncate,
    Drip,
    Status,
    Html,
}

fn rest_effect(clause: &mut Clause<'_>) -> Result<RestEffect, ScriptError> {
    let word = clause.one_of("effect", REST)?;
    let html = match word {
        RestWord::Hang => return Ok(RestEffect::Hang),
        RestWord::Truncate => return Ok(RestEffect::Truncate),
        RestWord::Drip => return Ok(RestEffect::Drip(words::rate(clause.word("a rate such as 10/s")?)?)),
        RestWord::Status => false,
        RestWord::Html => true,
    };
    let status: u16 = words::within(clause.word("an HTTP status such as 503")?, "an HTTP status", 200..=599)?;
    let retry_after = if clause.take("retry-after") {
        let seconds: u32 = words::within(clause.word("seconds")?, "a number of seconds", 0..=86_400)?;
        Some(seconds.to_string())
    } else {
        None
    };
    let body = match (clause.quoted(), html) {
        (Some(body), _) => body.text.to_owned(),
        (None, true) => format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n"),
        (None, false) => format!(r#"{{"error":{{"code":"fault_script","message":"answered {status} on purpose"}}}}"#),
    };
    Ok(RestEffect::Status(Refusal {
        status,
        body,
        content_type: if html { "text/html" } else { "application/json" },
        retry_after,
    }))
}

#[derive(Debug, Clone, Copy)]
enum MetricsWord {
    Drop,
    WrongType,
    HalfMissing,
    Null,
}

fn metrics_fault(clause: &mut Clause<'_>) -> Result<MetricsFault, ScriptError> {
    Ok(match clause.one_of("effect", METRICS)? {
        MetricsWord::Drop => MetricsFault::Drop(clause.one_of("field", FIELDS)?.to_owned()),
        MetricsWord::WrongType => MetricsFault::WrongType(clause.one_of("field", FIELDS)?.to_owned()),
        MetricsWord::HalfMissing => MetricsFault::HalfMissing,
        MetricsWord::Null => {
            let percent = words::percent(clause.word("a share such as 20%")?)?;
            let keys = clause.word("fields such as iv,hv30")?.one_of_each("field", FIELDS)?;
            MetricsFault::Null {
                percent,
                keys: keys.into_iter().map(str::to_owned).collect(),
            }
        }
    })
}

const TARGETS: &[(&str, Target)] = &[
    ("feed", Target::Feed),
    ("snapshot", Target::Snapshot),
    ("rest", Target::Rest),
    ("metrics", Target::Metrics),
];

const FEED: &[(&str, FeedWord)] = &[
    ("no setup", FeedWord::Plain(|| FeedFault::NoSetup)),
    ("no auth_state", FeedWord::Plain(|| FeedFault::NoAuthState)),
    ("late auth_state", FeedWord::LateAuthState),
    ("no auth", FeedWord::Plain(|| FeedFault::NoAuth)),
    ("refuse token", FeedWord::Plain(|| FeedFault::RefuseToken)),
    ("session not found", FeedWord::Plain(|| FeedFault::SessionNotFound)),
    ("unauthorized", FeedWord::Plain(|| FeedFault::Unauthorized)),
    ("no channel", FeedWord::Plain(|| FeedFault::NoChannel)),
    ("channel_closed", FeedWord::Plain(|| FeedFault::ChannelClosed)),
    ("no config", FeedWord::Plain(|| FeedFault::NoConfig)),
    ("late config", FeedWord::LateConfig),
    ("drop column", FeedWord::DropColumn),
    ("reorder columns", FeedWord::ReverseColumns),
    ("flip full", FeedWord::Plain(|| FeedFault::FlipFull { announced: true })),
    (
        "flip full silently",
        FeedWord::Plain(|| FeedFault::FlipFull { announced: false }),
    ),
    ("mixed types", FeedWord::Plain(|| FeedFault::MixedTypes)),
    ("short rows", FeedWord::Plain(|| FeedFault::ShortRows)),
    ("unknown types", FeedWord::Plain(|| FeedFault::UnknownTypes)),
    ("duplicates", FeedWord::Plain(|| FeedFault::Duplicates)),
    ("old events", FeedWord::Plain(|| FeedFault::OldEvents)),
    ("garbage frame", FeedWord::Plain(|| FeedFault::Garbage)),
    ("huge frame", FeedWord::HugeFrame),
    ("rate error", FeedWord::Plain(|| FeedFault::RateError)),
    ("size error", FeedWord::Plain(|| FeedFault::SizeError)),
    ("mute", FeedWord::Plain(|| FeedFault::Mute)),
    ("drop rst", FeedWord::Plain(|| FeedFault::Cut(Cut::Reset))),
    ("close", FeedWord::Close),
];

const EVENT_TYPES: &[(&str, &str)] = &[
    ("Quote", "Quote"),
    ("Trade", "Trade"),
    ("TradeETH", "TradeETH"),
    ("Summary", "Summary"),
    ("Profile", "Profile"),
    ("Greeks", "Greeks"),
    ("Candle", "Candle"),
];

const SNAPSHOTS: &[(&str, SnapshotFault)] = &[
    ("never ends", SnapshotFault::NeverEnds),
    ("never begins", SnapshotFault::NeverBegins),
    ("tx_pending", SnapshotFault::TxPending),
    ("ascending", SnapshotFault::Ascending),
    ("empty", SnapshotFault::Empty),
    ("snip", SnapshotFault::Snip),
    ("nan bars", SnapshotFault::NanBars),
    ("zero bars", SnapshotFault::ZeroBars),
    ("duplicates", SnapshotFault::Duplicates),
    ("old events", SnapshotFault::OldEvents),
];

const REST: &[(&str, RestWord)] = &[
    ("status", RestWord::Status),
    ("html", RestWord::Html),
    ("hang", RestWord::Hang),
    ("truncate", RestWord::Truncate),
    ("drip", RestWord::Drip),
];

const METRICS: &[(&str, MetricsWord)] = &[
    ("drop", MetricsWord::Drop),
    ("wrong type", MetricsWord::WrongType),
    ("half missing", MetricsWord::HalfMissing),
    ("null", MetricsWord::Null),
];

/// The fields of `/market-metrics` by short name.
const FIELDS: &[(&str, &str)] = &[
    ("iv", "implied-volatility-index"),
    ("iv-rank", "implied-volatility-index-rank"),
    ("tos-iv-rank", "tos-implied-volatility-index-rank"),
    ("tw-iv-rank", "tw-implied-volatility-index-rank"),
    ("iv-percentile", "implied-volatility-percentile"),
    ("hv30", "historical-volatility-30-day"),
    ("hv60", "historical-volatility-60-day"),
    ("hv90", "historical-volatility-90-day"),
    ("liquidity", "liquidity-rating"),
    ("correlation", "corr-spy-3month"),
    ("beta", "beta"),
    ("market-cap", "market-cap"),
    ("earnings", "earnings"),
    ("updated-at", "implied-volatility-updated-at"),
];

const METRICS_PATH: &str = "/market-metrics";
const A_TIME: &str = "a time such as 200ms";
/// What a close frame holds besides its code.
const MAX_REASON_BYTES: usize = 123;

#[cfg(test)]
mod tests;
