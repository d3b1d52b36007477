//! `variance demo`

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;

use super::Surroundings;
use super::args::Demo;
use super::exit::{Failure, Kind};
use super::output::Output;
use super::progress::Stderr;
use super::runtime::interruptible;
use crate::demo::{Options, Venue};

/// Serves the embedded venue until Ctrl-C and prints its URL.
pub(super) fn run(args: &Demo, around: &Surroundings, stderr: &Stderr) -> Result<(), Failure> {
    let venue = start(args.seed, args.rtt, args.port, around.now)?;
    let url = venue.base_url().to_owned();
    Output::Stdout.finish(|out| writeln!(out, "{url}"))?;
    stderr.remark(&format!(
        "variance: invented data on {url} until Ctrl-C; use it with\n  \
         API_BASE_URL={url} TT_CLIENT_SECRET=demo TT_REFRESH_TOKEN=demo variance screen"
    ));
    interruptible(|_stop| std::future::pending::<Result<(), Failure>>())
}

/// Starts the embedded venue on loopback; port 0 takes a free one.
pub(super) fn start(seed: u64, rtt_ms: u64, port: u16, now: Timestamp) -> Result<Venue, Failure> {
    let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let options = Options {
        seed,
        rtt: Duration::from_millis(rtt_ms),
        now,
        bind,
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
