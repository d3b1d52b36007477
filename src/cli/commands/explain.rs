//! `variance explain`

use std::sync::Arc;

use clap::Args;
use jiff::civil::Date;

use crate::cli::exit::Failure;
use crate::cli::flags::{Data, Picks};
use crate::cli::job::Job;
use crate::cli::output::Printer;
use crate::cli::question::{Answer, Command, Question, Recorded, Replay};
use crate::cli::rules;
use crate::cli::session::Session;
use crate::cli::universe::symbols;
use crate::config::Config;
use crate::gather::Priority;
use crate::market::Coverage;
use crate::render::RunDocument;
use crate::screen::{self, Overrides};

/// Show every gate with value and limit, every number with its source
#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    /// Explain these
    #[arg(required = true, value_name = "SYMBOL")]
    symbols: Vec<String>,
    /// Rules of choice.
    #[command(flatten)]
    rules: Overrides,
    /// How and from where.
    #[command(flatten)]
    data: Data,
}

impl Command for Explain {
    const REPLAY: Option<Replay> = Some(|recorded: &Recorded<'_>| {
        recorded.takes_only(&Picks::of_rules(recorded.typed.rules.clone()))?;
        let picks = recorded.typed.clone().over(recorded.options()?);
        let question = Explanation::new(picks.rules, recorded.config, recorded.session)?;
        Ok(Box::new(question))
    });

    fn run(&self, session: &Session) -> Result<(), Failure> {
        let job = Job::new(&self.data, session)?;
        let question = Explanation::new(self.rules.clone(), &job.config, session)?;
        job.run(symbols(&self.symbols, session)?, &question)
    }
}

/// What is to be explained, and on which day.
#[derive(Debug)]
struct Explanation {
    typed: Overrides,
    rules: screen::Rules,
    today: Date,
}

impl Explanation {
    fn new(typed: Overrides, config: &Config, session: &Session) -> Result<Self, Failure> {
        Ok(Self {
            rules: rules::resolve(config, &typed, session.now)?,
            typed,
            today: session.today(),
        })
    }
}

impl Question for Explanation {
    fn command(&self) -> &'static str {
        "explain"
    }

    fn recorded(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(Picks::of_rules(self.typed.clone()))
    }

    /// Of everybody.
    fn straddles(&self) -> Option<Arc<Priority>> {
        Some(Arc::new(|_| Some(0.0)))
    }

    fn print(&self, answer: &Answer<'_>, printer: Printer<'_>) -> Result<Coverage, Failure> {
        let coverage = answer.coverage();
        let records = &answer.gathered.records;
        printer.write(&RunDocument::explain(
            records,
            &self.rules,
            self.today,
            answer.meta(&coverage),
        ))?;
        Ok(coverage)
    }
}
