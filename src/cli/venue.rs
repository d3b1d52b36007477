//! The embedded venue and the script of what it does wrong.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::exit::{Failure, FailureKind};
use super::input;
use crate::demo::{Faults, Options, Venue, parse};

/// What `--fault` asks for: a script, or `@` and the file that holds it.
pub(super) fn faults(script: Option<&str>) -> Result<Faults, Failure> {
    let Some(script) = script else {
        return Ok(Faults::default());
    };
    let (text, place) = match script.strip_prefix('@') {
        Some(path) => {
            let text = input::read(Path::new(path)).map_err(|error| {
                Failure::new(
                    FailureKind::CannotRead,
                    format!("cannot read the fault script {path}: {error}"),
                )
            })?;
            (text, path)
        }
        None => (script.to_owned(), "--fault"),
    };
    parse(&text).map_err(|error| {
        Failure::new(
            FailureKind::Usage,
            format!("the fault script is wrong: {place}, {error}"),
        )
        .hint("docs/fault-scripts.md lists what can go wrong.")
    })
}

/// Starts the embedded venue on a free port of loopback.
pub(super) fn start(seed: u64, rtt_ms: u64, now: Timestamp, faults: Faults) -> Result<Venue, Failure> {
    serve(options(seed, rtt_ms, now, faults))
}

/// A venue on a free port.
pub(super) fn options(seed: u64, rtt_ms: u64, now: Timestamp, faults: Faults) -> Options {
    Options {
        seed,
        rtt: Duration::from_millis(rtt_ms),
        now,
        faults,
        ..Options::default()
    }
}

/// Starts the venue.
pub(super) fn serve(options: Options) -> Result<Venue, Failure> {
    let bind = options.bind;
    Venue::start(options).map_err(|error| {
        Failure::new(
            FailureKind::Usage,
            format!("cannot serve the embedded venue on {bind}: {error}"),
        )
        .hint("Choose another --port, or leave it out for a free one.")
    })
}
