//! `variance demo`

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;

use super::Surroundings;
use super::args::Demo;
use super::exit::{Failure, Kind};
use super::output::Output;
use super::progress::Stderr;
use super::runtime::interruptible;
use crate::demo::{Faults, Options, Venue, parse};

/// Serves the embedded venue until Ctrl-C and prints its URL.
pub(super) fn run(args: &Demo, around: &Surroundings, stderr: &Stderr) -> Result<(), Failure> {
    let faults = faults(args.fault.as_deref())?;
    let venue = start(args.seed, args.rtt, args.port, around.now, faults)?;
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

/// Starts the embedded venue on loopback; port 0 takes a free one.
pub(super) fn start(seed: u64, rtt_ms: u64, port: u16, now: Timestamp, faults: Faults) -> Result<Venue, Failure> {
    let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let options = Options {
        seed,
        rtt: Duration::from_millis(rtt_ms),
        now,
        bind,
        faults,
        ..Options::default()
    };
    Venue::start(options).map_err(|error| {
        Failure::new(
            Kind::Usage,
            format!("cannot serve the embedded venue on {bind}: {error}"),
        )
        .hint("Choose another --port, or leave it out for a free one.")
    })
}
