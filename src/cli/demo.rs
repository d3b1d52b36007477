//! `variance demo`

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;

use super::ProcessEnv;
use super::args::Demo;
use super::exit::{Failure, Kind};
use super::output::Output;
use super::progress::Stderr;
use super::runtime::interruptible;
use crate::demo::{Faults, Options, Pace, Venue, parse};

/// Serves the embedded venue until Ctrl-C and prints its URL.
pub(super) fn run(args: &Demo, around: &ProcessEnv, stderr: &Stderr) -> Result<(), Failure> {
    let faults = faults(args.fault.as_deref())?;
    let venue = serve(Options {
        bind: SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)),
        pace: pace(args.pace),
        ..options(args.seed, args.rtt, around.now, faults)
    })?;
    let url = venue.base_url().to_owned();
    Output::Stdout.finish(|out| writeln!(out, "{url}"))?;
    stderr.remark(&format!(
        "variance: invented data on {url} until Ctrl-C; use it with\n  \
         API_BASE_URL={url} TT_CLIENT_SECRET=demo TT_REFRESH_TOKEN=demo variance screen"
    ));
    interruptible(|_stop| std::future::pending::<Result<(), Failure>>())
}

/// What `--fault` asks for: a script, or `@` and the file that holds it.
pub(super) fn faults(script: Option<&str>) -> Result<Faults, Failure> {
    let Some(script) = script else {
        return Ok(Faults::default());
    };
    let (text, place) = match script.strip_prefix('@') {
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|error| {
                Failure::new(
                    Kind::CannotRead,
                    format!("cannot read the fault script {path}: {error}"),
                )
            })?;
            (text, path)
        }
        None => (script.to_owned(), "--fault"),
    };
    parse(&text).map_err(|error| {
        Failure::new(Kind::Usage, format!("the fault script is wrong: {place}, {error}"))
            .hint("docs/fault-scripts.md lists what can go wrong.")
    })
}

/// Starts the embedded venue on a free port of loopback.
pub(super) fn start(seed: u64, rtt_ms: u64, now: Timestamp, faults: Faults) -> Result<Venue, Failure> {
    serve(options(seed, rtt_ms, now, faults))
}

fn options(seed: u64, rtt_ms: u64, now: Timestamp, faults: Faults) -> Options {
    Options {
        seed,
        rtt: Duration::from_millis(rtt_ms),
        now,
        faults,
        ..Options::default()
    }
}

/// A move so often, and never a longer rest after a subscription than usual.
fn pace(ms: u64) -> Pace {
    let tick = Duration::from_millis(ms);
    Pace {
        lead: Pace::default().lead.min(tick * 5),
        tick,
    }
}

fn serve(options: Options) -> Result<Venue, Failure> {
    let bind = options.bind;
    Venue::start(options).map_err(|error| {
        Failure::new(
            Kind::Usage,
            format!("cannot serve the embedded venue on {bind}: {error}"),
        )
        .hint("Choose another --port, or leave it out for a free one.")
    })
}
