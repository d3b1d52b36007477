//! The log for `-v` and `-vv`, on stderr. Only this program's own lines: libraries may print what must stay secret.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log at the level that was asked for; nothing without `-v`.
pub(super) fn start(verbose: u8, color: bool) {
    let level = match verbose {
        0 => return,
        1 => LevelFilter::DEBUG,
        2.. => LevelFilter::TRACE,
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(color);
    let started = tracing_subscriber::registry()
        .with(lines)
        .with(Targets::new().with_target("variance", level))
        .try_init();
    if let Err(error) = started {
        tracing::debug!(%error, "the log was started twice");
    }
}
