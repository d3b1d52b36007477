//! `variance demo`

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::Args;

use crate::cli::exit::Failure;
use crate::cli::output::Output;
use crate::cli::question::Command;
use crate::cli::runtime::interruptible;
use crate::cli::session::Session;
use crate::cli::venue;
use crate::demo::{Options, Pace};

/// Serve the embedded venue (REST and DXLink on loopback) until Ctrl-C
#[derive(Debug, Args)]
pub(in crate::cli) struct Demo {
    /// Seed the invented market
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Delay every answer by this round trip
    #[arg(long, value_name = "MS", default_value_t = 0)]
    rtt: u64,
    /// Misbehave by a script such as 'feed after 3 data: drop rst once'; see docs/fault-scripts.md
    #[arg(long, value_name = "SCRIPT|@FILE")]
    fault: Option<String>,
    /// Move every price so often
    #[arg(long, value_name = "MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(10..=3_600_000))]
    pace: u64,
    /// Listen on this port of loopback; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
}

impl Command for Demo {
    fn run(&self, session: &Session) -> Result<(), Failure> {
        let faults = venue::faults(self.fault.as_deref())?;
        let venue = venue::serve(Options {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)),
            pace: pace(self.pace),
            ..venue::options(self.seed, self.rtt, session.now, faults)
        })?;
        let url = venue.base_url();
        Output::Stdout.finish(|out| writeln!(out, "{url}"))?;
        session.stderr.remark(&format!(
            "variance: invented data on {url} until Ctrl-C; use it with\n  \
             API_BASE_URL={url} TT_CLIENT_SECRET=demo TT_REFRESH_TOKEN=demo variance screen"
        ));
        interruptible(|_stop| std::future::pending::<Result<(), Failure>>())
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
