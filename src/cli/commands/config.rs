//! `variance config`

use clap::{Args, Subcommand};

use crate::cli::exit::{Failure, FailureKind};
use crate::cli::output::Output;
use crate::cli::question::Command;
use crate::cli::rules;
use crate::cli::session::Session;
use crate::screen::Overrides;
use crate::{config, render};

/// Show, check or describe the configuration
#[derive(Debug, Args)]
pub(in crate::cli) struct Config {
    /// What to do with it.
    #[command(subcommand)]
    command: ConfigCommand,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print the effective configuration, each value with its origin
    Show {
        /// Print one JSON document instead of lines
        #[arg(long)]
        json: bool,
    },
    /// Validate the configuration and say where it is wrong
    Check,
    /// Print the JSON Schema of the configuration file, or of the output document
    Schema {
        /// Print the schema of the output document
        #[arg(long)]
        output: bool,
    },
    /// Print the file in use, or the places searched
    Path,
}

impl Command for Config {
    fn run(&self, session: &Session) -> Result<(), Failure> {
        match &self.command {
            ConfigCommand::Show { json } => show(&session.config(None)?, *json),
            ConfigCommand::Check => check(session),
            ConfigCommand::Schema { output } => schema(*output),
            ConfigCommand::Path => path(session),
        }
    }
}

fn show(config: &config::Config, json: bool) -> Result<(), Failure> {
    let entries = config.entries();
    Output::Stdout.finish(|out| {
        if json {
            let values: serde_json::Map<String, serde_json::Value> = entries
                .iter()
                .map(|entry| {
                    let origin = entry.origin.to_string();
                    (
                        entry.key.clone(),
                        serde_json::json!({ "value": entry.value, "origin": origin }),
                    )
                })
                .collect();
            serde_json::to_writer_pretty(&mut *out, &values)?;
            return writeln!(out);
        }
        let width = entries.iter().map(|entry| entry.key.len()).max().unwrap_or(0);
        for entry in &entries {
            writeln!(out, "{:<width$}  {}  ({})", entry.key, entry.value, entry.origin)?;
        }
        Ok(())
    })
}

fn check(session: &Session) -> Result<(), Failure> {
    let config = session.config(None)?;
    for name in config.screener.profiles.keys() {
        rules::resolve(&config, &Overrides::of_profile(name), session.now)?;
    }
    let place = config
        .path
        .as_ref()
        .map_or("embedded defaults".to_owned(), |path| path.display().to_string());
    for note in &config.notes {
        session.stderr.remark(&format!("variance: note: {note}"));
    }
    Output::Stdout.finish(|out| writeln!(out, "{place}: ok"))
}

fn schema(of_output: bool) -> Result<(), Failure> {
    let schema = if of_output {
        render::schema().to_value()
    } else {
        config::schema()
    };
    let text = serde_json::to_string_pretty(&schema);
    let text = text.map_err(|error| Failure::from_error(FailureKind::Internal, error))?;
    Output::Stdout.finish(|out| writeln!(out, "{text}"))
}

fn path(session: &Session) -> Result<(), Failure> {
    let config = session.config(None)?;
    let searched = config::search_places(&session.environment, &session.directory);
    Output::Stdout.finish(|out| match &config.path {
        Some(path) => writeln!(out, "{}", path.display()),
        None => {
            writeln!(out, "embedded defaults; none of these exists:")?;
            searched
                .iter()
                .try_for_each(|place| writeln!(out, "  {}", place.display()))
        }
    })
}
