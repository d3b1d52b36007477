//! `variance doctor`

use std::io::Write;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use smol_str::SmolStr;
use tokio::time::Instant;

use crate::cli::access::{self, Access};
use crate::cli::exit::{Failure, FailureKind};
use crate::cli::output::Output;
use crate::cli::progress::plural;
use crate::cli::question::Command;
use crate::cli::runtime::interruptible;
use crate::cli::session::Session;
use crate::cli::verdict::refused;
use crate::cli::{run_store, venue};
use crate::config::Config;
use crate::demo::Faults;
use crate::dxlink::{Event, EventType, Subscription};
use crate::gather::{Clock, TokenProvider, feed_settings};
use crate::instrument::Symbol;
use crate::stream::{Feed, Item, Policy};
use crate::tastytrade::{self, QuoteToken};

/// Check configuration, credentials, store, feed and clock, step by step
#[derive(Debug, Args)]
pub(in crate::cli) struct Doctor {
    /// Check against the embedded venue
    #[arg(long)]
    demo: bool,
    /// Print one JSON document instead of lines
    #[arg(long)]
    json: bool,
}

/// The symbol every account can see.
const PROBE: &str = "SPY";
const PATIENCE: Duration = Duration::from_secs(10);
/// A token or an `as_of` is no longer judged rightly beyond this.
const SKEW: i64 = 5;

/// One step of the examination.
#[derive(Debug, Serialize)]
struct Step {
    step: &'static str,
    ok: bool,
    ms: Option<u64>,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
    #[serde(skip)]
    kind: Option<FailureKind>,
}

impl Step {
    fn ok(step: &'static str, since: Instant, detail: impl Into<String>) -> Self {
        let ms = u64::try_from(since.elapsed().as_millis()).ok();
        Self {
            step,
            ok: true,
            ms,
            detail: detail.into(),
            advice: None,
            kind: None,
        }
    }

    fn failed(step: &'static str, since: Instant, failure: &Failure) -> Self {
        let advice = (!failure.hints.is_empty()).then(|| failure.hints.join(" "));
        let mut detail = failure.details.join("; ");
        if !detail.is_empty() {
            detail.push_str(": ");
        }
        detail.push_str(&failure.message());
        Self {
            ok: false,
            detail,
            advice,
            kind: Some(failure.kind),
            ..Self::ok(step, since, "")
        }
    }
}

impl Command for Doctor {
    /// Examines every step from the configuration to the first quote and says what to do about what fails.
    fn run(&self, session: &Session) -> Result<(), Failure> {
        let steps = interruptible(|_stop| async {
            let mut steps = Vec::new();
            self.examine(session, &mut steps).await;
            Ok(steps)
        })?;
        session.stderr.clear();
        Output::Stdout.finish(|out| print(&steps, self.json, out))?;
        let Some(step) = steps.iter().find(|step| !step.ok) else {
            return Ok(());
        };
        let kind = step.kind.unwrap_or(FailureKind::Unavailable);
        let failure = Failure::new(kind, format!("{}: {}", step.step, step.detail));
        Err(step
            .advice
            .iter()
            .fold(failure, |failure, advice| failure.hint(advice.clone())))
    }
}

impl Doctor {
    /// Adds the steps, to the end or to the first without which no other makes sense.
    async fn examine(&self, session: &Session, steps: &mut Vec<Step>) -> Option<()> {
        let stderr = &session.stderr;
        let start = Instant::now();
        let config = keep(steps, "configuration", start, session.config(None), |config| {
            let path = config.path.as_ref();
            path.map_or("the embedded defaults".to_owned(), |path| path.display().to_string())
        })?;
        let start = Instant::now();
        let access = if self.demo {
            let venue =
                venue::start(1, 0, session.now, Faults::default()).and_then(|venue| Access::demo(&config, venue, None));
            keep(steps, "venue", start, venue, |_| {
                "the embedded venue: invented data".to_owned()
            })?
        } else {
            let credentials = access::credentials(&config, session);
            let access = credentials.and_then(|credentials| Access::at(&config, credentials, None, None));
            keep(steps, "credentials", start, access, |_| {
                "present; whether they are accepted shows the next step".to_owned()
            })?
        };
        steps.push(store_step(self.demo, &config, session));
        let clock = Clock::starting_at(session.now);
        stderr.status("asking for a token".to_owned());
        let start = Instant::now();
        let token = access.rest.quote_token().await.map_err(|error| about(&error));
        let token = keep(steps, "token", start, token, |token| {
            let delay = if token.delayed() {
                "delayed data"
            } else {
                "real-time data"
            };
            format!(
                "level {} ({delay}), valid until {}",
                token.level,
                token.expires_at.strftime("%F %T UTC")
            )
        });
        // Without a token every further step would only repeat why.
        let token = token?;
        clock_step(&access, steps);
        stderr.status("connecting to the feed".to_owned());
        feed_steps(&access, &config, clock, token, steps).await;
        stderr.status("asking for market metrics".to_owned());
        let start = Instant::now();
        steps.push(metrics_step(&access, start).await);
        Some(())
    }
}

fn keep<T>(
    steps: &mut Vec<Step>,
    step: &'static str,
    since: Instant,
    outcome: Result<T, Failure>,
    detail: impl FnOnce(&T) -> String,
) -> Option<T> {
    match outcome {
        Ok(value) => {
            steps.push(Step::ok(step, since, detail(&value)));
            Some(value)
        }
        Err(failure) => {
            steps.push(Step::failed(step, since, &failure));
            None
        }
    }
}

/// The store is opened and asked for what it holds; a run goes on without it.
fn store_step(demo: bool, config: &Config, session: &Session) -> Step {
    let start = Instant::now();
    if !config.store.enabled {
        return Step::ok("store", start, "skipped: store.enabled is false");
    }
    let opened = run_store::open(config, demo.then_some(1), session);
    let looked = opened.and_then(|(store, _mode)| {
        let sessions = store
            .sessions()
            .map_err(|error| Failure::from_error(FailureKind::CannotRead, error))?;
        let sessions = match (sessions.first(), sessions.last()) {
            (Some(first), Some(last)) => format!(
                "{} session{} from {first} to {last}",
                sessions.len(),
                plural(sessions.len())
            ),
            (None, _) | (_, None) => "nothing kept yet".to_owned(),
        };
        Ok(format!("{}: {sessions}", store.path().display()))
    });
    match looked {
        Ok(detail) => Step::ok("store", start, detail),
        Err(failure) => {
            let failure = failure.hint("Runs go on without it; mend its place, or set store.path or store.enabled.");
            Step::failed("store", start, &failure)
        }
    }
}

fn clock_step(access: &Access, steps: &mut Vec<Step>) {
    let start = Instant::now();
    let Some(ahead) = access.rest.clock_ahead() else {
        steps.push(Step::ok("clock", start, "the venue does not say what time it is"));
        return;
    };
    steps.push(if ahead.abs() <= SKEW {
        Step::ok("clock", start, format!("within {SKEW} s of the venue's"))
    } else {
        let failure = Failure::new(
            FailureKind::Config,
            format!("this machine's clock is {} s off the venue's", ahead.abs()),
        )
        .hint("Set the clock (NTP): ages, sessions and token lifetimes are judged by it.");
        Step::failed("clock", start, &failure)
    });
}

async fn feed_steps(access: &Access, config: &Config, clock: Clock, token: QuoteToken, steps: &mut Vec<Step>) {
    if !config.dxlink.enabled {
        steps.push(Step::ok(
            "handshake",
            Instant::now(),
            "skipped: dxlink.enabled is false",
        ));
        return;
    }
    let start = Instant::now();
    let policy = Policy {
        reconnect: false,
        max_attempts: 0,
        ceiling: Duration::ZERO,
    };
    let desk = TokenProvider::new(&access.rest, clock, token);
    let mut feed = Feed::new(access.connector.clone(), desk, policy, feed_settings());
    feed.want(Subscription {
        event_type: EventType::Quote,
        symbol: SmolStr::new_static(PROBE),
        from_time: None,
    });
    let mut ready = None;
    let heard = async {
        loop {
            match feed.next().await {
                Ok(Item::Ready) => ready = Some(Step::ok("handshake", start, "the feed accepted the token")),
                Ok(Item::Event {
                    event: Event::Quote(quote),
                    ..
                }) => return Ok(quote),
                Ok(Item::Event { .. } | Item::Lost { .. }) => {}
                Ok(Item::Refused { message } | Item::Misunderstood { message }) => return Err(message),
                Err(gave_up) => return Err(gave_up.reason),
            }
        }
    };
    let heard = tokio::time::timeout(PATIENCE, heard).await;
    let connected = ready.is_some();
    steps.extend(ready);
    let step = if connected { "first quote" } else { "handshake" };
    let advice = "REST alone can serve until the feed is back: set dxlink.enabled to false, or just wait.";
    steps.push(match heard {
        Ok(Ok(quote)) => {
            let sides = [quote.bid, quote.ask].map(|side| side.map_or("-".to_owned(), |price| price.to_string()));
            Step::ok(step, start, format!("{PROBE} {}", sides.join(" / ")))
        }
        Ok(Err(reason)) => Step::failed(
            step,
            start,
            &Failure::new(FailureKind::Unavailable, reason).hint(advice),
        ),
        Err(_elapsed) => {
            let failure = Failure::new(
                FailureKind::TryLater,
                format!("nothing within {} s", PATIENCE.as_secs()),
            )
            .hint(advice);
            Step::failed(step, start, &failure)
        }
    });
    feed.close().await;
}

async fn metrics_step(access: &Access, start: Instant) -> Step {
    let probe = Symbol(SmolStr::new_static(PROBE));
    let answer = access.rest.metrics(std::slice::from_ref(&probe)).await;
    if let Some((_, error)) = answer.unanswered.into_iter().next() {
        return Step::failed("metrics", start, &about(&error));
    }
    match answer.items.get(&probe).and_then(|metrics| metrics.iv) {
        Some(iv) => Step::ok("metrics", start, format!("{PROBE} iv {:.1} %", iv.get() * 100.0)),
        None => {
            let failure = Failure::new(
                FailureKind::Unavailable,
                format!("no implied volatility of {PROBE} in the answer"),
            )
            .hint("The venue's volatility service may be down; try again later.");
            Step::failed("metrics", start, &failure)
        }
    }
}

fn about(error: &tastytrade::Error) -> Failure {
    if error.is_refusal() {
        return refused(error);
    }
    let kind = if error.is_passing() {
        FailureKind::TryLater
    } else {
        FailureKind::Unavailable
    };
    Failure::from_error(kind, error.clone()).hint("Check the network, the proxy variables and tastytrade.api_base_url.")
}

fn print(steps: &[Step], json: bool, out: &mut dyn Write) -> std::io::Result<()> {
    if json {
        serde_json::to_writer_pretty(&mut *out, &serde_json::json!({ "schema_version": 1, "steps": steps }))?;
        return writeln!(out);
    }
    for step in steps {
        let mark = if step.ok { "ok  " } else { "FAIL" };
        let ms = step.ms.map_or_else(String::new, |ms| format!("{ms} ms"));
        writeln!(out, "{mark}  {:<13}  {ms:>8}  {}", step.step, step.detail)?;
        if let Some(advice) = &step.advice {
            writeln!(out, "      {advice}")?;
        }
    }
    Ok(())
}
