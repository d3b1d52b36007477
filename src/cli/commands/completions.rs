//! `variance completions`

use clap::Args;
use clap_complete::Shell;

use crate::cli::exit::Failure;
use crate::cli::output::Output;
use crate::cli::question::Command;
use crate::cli::session::Session;

/// Print a completion script
#[derive(Debug, Args)]
pub(in crate::cli) struct Completions {
    /// Name the shell
    shell: Shell,
}

impl Command for Completions {
    fn run(&self, session: &Session) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut (session.command_line)(), "variance", &mut script);
        Output::Stdout.finish(|out| out.write_all(&script))
    }
}
