//! `variance man`

use std::io;
use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::cli::exit::{Failure, FailureKind};
use crate::cli::output::Output;
use crate::cli::question::Command;
use crate::cli::session::Session;

/// Print the manual page, or write every page into a directory
#[derive(Debug, Args)]
pub(in crate::cli) struct Man {
    /// Write one page per command into DIR
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: Option<PathBuf>,
}

impl Command for Man {
    fn run(&self, session: &Session) -> Result<(), Failure> {
        let command = (session.command_line)();
        let Some(directory) = &self.out else {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(command).render(&mut page);
            rendered.map_err(|error| unwritable(&error))?;
            return Output::Stdout.finish(|out| out.write_all(&page));
        };
        std::fs::create_dir_all(directory)
            .and_then(|()| clap_mangen::generate_to(command, directory))
            .map_err(|error| unwritable(&error).hint(format!("Is {} a writable directory?", directory.display())))
    }
}

fn unwritable(error: &io::Error) -> Failure {
    Failure::new(FailureKind::CannotWrite, format!("cannot write the manual: {error}"))
}
