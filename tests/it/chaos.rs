//! The built program against random fault scripts. Each seed is one run, and every run keeps four promises: it ends in
//! time, it never panics and its exit code fits, every printed value is what the venue served, and every value that is
//! missing has a reason.
//!
//! `VARIANCE_CHAOS_SEED=n cargo test --test it chaos` runs one seed, `VARIANCE_CHAOS_RUNS=300` that many, from
//! `VARIANCE_CHAOS_FROM` on.

mod calm;
mod promise;
mod script;
mod truth;

use std::io::Read;
use std::process::Child;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use self::script::Plan;
use crate::run::Run;

/// Seeds of a test run that asks for nothing else.
const RUNS: u64 = 24;
/// Values that a run prints at least, on average over many, to be compared with what the venue serves.
const LEAST_COMPARED: u64 = 40;
/// Runs at once: they wait more than they compute.
const AT_ONCE: usize = 6;
/// What a busy machine may add to a bound.
const MARGIN: Duration = Duration::from_secs(10);
/// What all REST and legacy requests may take when there is no deadline, by their timeouts and pauses.
const REQUESTS: Duration = Duration::from_secs(60);

/// How a run ended.
#[derive(Debug)]
enum Ended {
    Done { code: i32, stdout: String, stderr: String },
    TooLate,
}

#[test]
fn no_script_makes_a_run_hang_panic_lie_or_hide_a_hole() {
    let (first, count) = match variable("VARIANCE_CHAOS_SEED") {
        Some(seed) => (seed, 1),
        None => (
            variable("VARIANCE_CHAOS_FROM").unwrap_or(1),
            variable("VARIANCE_CHAOS_RUNS").unwrap_or(RUNS),
        ),
    };
    let next = AtomicU64::new(first);
    let compared = AtomicUsize::new(0);
    let failures: Vec<String> = thread::scope(|scope| {
        let work = || {
            let seeds = std::iter::from_fn(|| {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                (seed < first + count).then_some(seed)
            });
            seeds
                .filter_map(|seed| failure(seed, &compared))
                .collect::<Vec<String>>()
        };
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(
        failures.is_empty(),
        "{} of {count} seeds from {first} failed\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    let compared = u64::try_from(compared.into_inner()).unwrap();
    assert!(
        count < RUNS || compared > LEAST_COMPARED * count,
        "{compared} values in {count} runs"
    );
}

/// What went wrong with a seed, with the smallest script that still fails.
#[expect(clippy::print_stdout, reason = "the seeds of a run are printed")]
fn failure(seed: u64, compared: &AtomicUsize) -> Option<String> {
    let plan = Plan::of(seed);
    println!("seed {seed}: {}", plan.command_line());
    let mut ended = plan.run();
    let found = promise::findings(&plan, &ended);
    compared.fetch_add(found.compared.values().sum(), Ordering::Relaxed);
    let mut broken = found.broken;
    if broken.is_empty() {
        return None;
    }
    let mut least = plan.clone();
    let mut place = 0;
    while place < least.rules.len() && least.rules.len() > 1 {
        let mut fewer = least.clone();
        fewer.rules.remove(place);
        let end = fewer.run();
        let still = promise::findings(&fewer, &end).broken;
        if still.is_empty() {
            place += 1;
        } else {
            (least, ended, broken) = (fewer, end, still);
        }
    }
    Some(format!(
        "seed {seed}: {}\n  {}\nscript {}\nleast  {}\nto see it: {}\nagain: VARIANCE_CHAOS_SEED={seed} cargo test --test it chaos\n{}",
        broken.len(),
        broken.iter().take(12).cloned().collect::<Vec<_>>().join("\n  "),
        plan.script(),
        least.script(),
        least.command_line(),
        match &ended {
            Ended::Done { code, stderr, .. } => format!("exit {code}, stderr:\n{stderr}"),
            Ended::TooLate => String::new(),
        }
    ))
}

impl Plan {
    fn arguments(&self) -> Vec<String> {
        let mut words = vec!["--now".to_owned(), self.venue.now.to_owned()];
        if self.screen {
            words.extend(["screen".to_owned(), "--all".to_owned()]);
            words.extend(["--symbols".to_owned(), self.symbols.join(",")]);
        } else {
            words.push("quote".to_owned());
            words.extend(self.symbols.iter().map(|symbol| (*symbol).to_owned()));
        }
        words.extend(["--demo", "--json", "--seed"].map(str::to_owned));
        words.push(self.venue.seed.to_string());
        words.extend(["--listen".to_owned(), self.listen.to_string()]);
        if let Some(deadline) = self.deadline {
            words.extend(["--deadline".to_owned(), deadline.to_string()]);
        }
        if let Some(required) = self.require_complete {
            words.extend(["--require-complete".to_owned(), required.to_string()]);
        }
        words.extend(["--fault".to_owned(), self.script()]);
        words
    }

    /// Short timeouts, so that a run without a deadline ends soon.
    fn config(&self) -> String {
        format!(
            concat!(
                r#"{{"tastytrade":{{"timeout_seconds":1,"requests_per_second":50}},"#,
                r#""dxlink":{{"enabled":{}}},"legacy":{{"enabled":{},"requests_per_second":10}}}}"#
            ),
            self.dxlink, self.legacy
        )
    }

    /// One line for a shell of bash.
    fn command_line(&self) -> String {
        let quoted: Vec<String> = self.arguments().iter().map(|word| format!("'{word}'")).collect();
        format!("variance --config <(echo '{}') {}", self.config(), quoted.join(" "))
    }

    /// When the run must have ended.
    fn bound(&self) -> Duration {
        let without = || Duration::from_secs(self.listen) + REQUESTS;
        MARGIN + self.deadline.map_or_else(without, Duration::from_secs_f64)
    }

    fn run(&self) -> Ended {
        let run = Run::new("").file("config/runtime_config.json", self.config());
        let (child, _desk) = self.arguments().iter().fold(run, Run::arg).start();
        ended(child, self.bound())
    }
}

fn ended(mut child: Child, bound: Duration) -> Ended {
    let started = Instant::now();
    let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let all = |mut pipe: Box<dyn Read + Send>| {
        thread::spawn(move || {
            let mut text = String::new();
            pipe.read_to_string(&mut text).unwrap();
            text
        })
    };
    let (stdout, stderr) = (all(Box::new(stdout)), all(Box::new(stderr)));
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Ended::Done {
                code: status.code().unwrap_or(-1),
                stdout: stdout.join().unwrap(),
                stderr: stderr.join().unwrap(),
            };
        }
        if started.elapsed() > bound {
            child.kill().unwrap();
            child.wait().unwrap();
            return Ended::TooLate;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}
