//! Completions, manual pages and help, all from the one definition of the command line.

use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use super::args::{self, Cli};
use super::exit::{self, Failure, Kind};
use super::output::Output;

/// Prints the completion script of `shell`.
pub(super) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "variance", &mut script);
    print(&script)
}

/// Prints the manual page, or writes one page per command into `directory`.
pub(super) fn man(directory: Option<&Path>) -> Result<(), Failure> {
    let command = Cli::command();
    let Some(directory) = directory else {
        let mut page = Vec::new();
        Man::new(command)
            .render(&mut page)
            .map_err(|error| unwritable(&error))?;
        return print(&page);
    };
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(command, directory))
        .map_err(|error| unwritable(&error).hint(format!("Is {} a writable directory?", directory.display())))
}

/// Prints the help of a command or a topic.
pub(super) fn help(topic: &[String]) -> Result<(), Failure> {
    if topic == ["exit-codes"] {
        return print(exit::table().as_bytes());
    }
    let mut command = args::whole(Cli::command());
    command.build();
    for name in topic {
        let Some(found) = command.find_subcommand(name) else {
            return Err(
                Failure::new(Kind::Usage, format!("there is no help about `{}`", topic.join(" ")))
                    .hint("`variance --help` lists the commands; `exit-codes` is a topic too."),
            );
        };
        command = found.clone();
    }
    print(command.render_help().to_string().as_bytes())
}

fn print(text: &[u8]) -> Result<(), Failure> {
    Output::Stdout.finish(|out| out.write_all(text))
}

fn unwritable(error: &io::Error) -> Failure {
    Failure::new(Kind::CannotWrite, format!("cannot write the manual: {error}"))
}
