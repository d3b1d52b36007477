//! `variance help`

use clap::Args;

use crate::cli::exit::{self, Failure, FailureKind};
use crate::cli::layout::whole;
use crate::cli::output::Output;
use crate::cli::question::Command;
use crate::cli::session::Session;

/// Print help for a command or for the topic exit-codes
#[derive(Debug, Args)]
pub(in crate::cli) struct Help {
    /// Name a command, or `exit-codes`
    topic: Vec<String>,
}

impl Command for Help {
    fn run(&self, session: &Session) -> Result<(), Failure> {
        let text = if self.topic == ["exit-codes"] {
            exit::table()
        } else {
            self.of_command(whole((session.command_line)()))?
        };
        Output::Stdout.finish(|out| out.write_all(text.as_bytes()))
    }
}

impl Help {
    fn of_command(&self, mut command: clap::Command) -> Result<String, Failure> {
        command.build();
        for name in &self.topic {
            let Some(found) = command.find_subcommand(name) else {
                let message = format!("there is no help about `{}`", self.topic.join(" "));
                return Err(Failure::new(FailureKind::Usage, message)
                    .hint("`variance --help` lists the commands; `exit-codes` is a topic too."));
            };
            command = found.clone();
        }
        Ok(command.render_help().to_string())
    }
}
