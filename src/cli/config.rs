//! `variance config`

use super::args::{Config, ConfigCommand};
use super::exit::{Failure, Kind};
use super::flags::Global;
use super::output::Output;
use super::progress::Stderr;
use super::rules::{self, Rules};
use super::{ProcessEnv, resolve};
use crate::{config, render};

/// Shows, checks or describes the configuration.
pub(super) fn run(args: &Config, global: &Global, around: &ProcessEnv, stderr: &Stderr) -> Result<(), Failure> {
    match &args.command {
        ConfigCommand::Show { json } => show(&resolve::config(global, None, around)?, *json),
        ConfigCommand::Check => {
            let config = resolve::config(global, None, around)?;
            for name in config.screener.profiles.keys() {
                rules::resolve(&config, &Rules::of_profile(name), around.now)?;
            }
            let place = config
                .path
                .as_ref()
                .map_or("embedded defaults".to_owned(), |path| path.display().to_string());
            for note in &config.notes {
                stderr.remark(&format!("variance: note: {note}"));
            }
            Output::Stdout.finish(|out| writeln!(out, "{place}: ok"))
        }
        ConfigCommand::Schema { output } => {
            let schema = if *output {
                render::schema().to_value()
            } else {
                config::schema()
            };
            let text =
                serde_json::to_string_pretty(&schema).map_err(|error| Failure::from_error(Kind::Internal, error))?;
            Output::Stdout.finish(|out| writeln!(out, "{text}"))
        }
        ConfigCommand::Path => path(global, around),
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

fn path(global: &Global, around: &ProcessEnv) -> Result<(), Failure> {
    let config = resolve::config(global, None, around)?;
    let searched = config::search_places(&around.environment, &around.directory);
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
