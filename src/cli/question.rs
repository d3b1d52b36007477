//! What a data command asks, and what it makes of the answer: the same in a live run, out of the store and in a replay.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::exit::{Failure, FailureKind};
use super::flags::Picks;
use super::output::Printer;
use super::session::Session;
use crate::chain::ChainQuery;
use crate::config::Config;
use crate::gather::{BarHistory, Gathered, Priority};
use crate::market::Coverage;
use crate::recording::ReadError;
use crate::render::{self, Meta};

/// A command, as clap reads it.
pub(super) trait Command {
    /// How its question is asked again of a recording; none where it records nothing.
    const REPLAY: Option<Replay> = None;

    /// Runs it.
    ///
    /// # Errors
    /// It did not do what it was asked.
    fn run(&self, session: &Session) -> Result<(), Failure>;
}

/// Makes the question of a recorded command.
pub(super) type Replay = fn(&Recorded<'_>) -> Result<Box<dyn Question>, Failure>;

/// A data command with everything it needs to print what was gathered for it.
pub(super) trait Question {
    /// The command's name.
    fn command(&self) -> &'static str;

    /// What was typed, for a recording.
    ///
    /// # Errors
    /// It is no JSON.
    fn recorded(&self) -> serde_json::Result<Value> {
        serde_json::to_value(Picks::default())
    }

    /// Which daily bars it takes.
    fn history(&self) -> BarHistory {
        BarHistory::WhereNeeded
    }

    /// Whose options are asked for beside those of symbols without an implied volatility, the most promising first; none
    /// where nobody's are.
    fn straddles(&self) -> Option<Arc<Priority>> {
        Some(Arc::new(|_| None))
    }

    /// What is wanted of an option chain, if one is.
    fn chain(&self) -> Option<ChainQuery> {
        None
    }

    /// Prints the answer and says how complete it is.
    ///
    /// # Errors
    /// What was asked for does not exist, or cannot be written.
    fn print(&self, answer: &Answer<'_>, printer: Printer<'_>) -> Result<Coverage, Failure>;
}

/// What was gathered for a question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer<'a> {
    /// Records, and how the run went.
    pub(super) gathered: &'a Gathered,
    /// When the document is made.
    pub(super) generated_at: Timestamp,
    /// What was replayed, if anything.
    pub(super) recorded: Option<&'a render::Recorded>,
}

impl<'a> Answer<'a> {
    /// How much of it is there.
    pub(super) fn coverage(&self) -> Coverage {
        Coverage::of(&self.gathered.records).leaving(&self.gathered.unjudged)
    }

    /// What a document says beside its rows.
    pub(super) fn meta(&self, coverage: &'a Coverage) -> Meta<'a> {
        Meta {
            coverage,
            run: &self.gathered.run,
            generated_at: self.generated_at,
            recorded: self.recorded,
        }
    }
}

/// What a recording says was asked, and what was typed to replay it.
#[derive(Debug)]
pub(super) struct Recorded<'a> {
    /// The file.
    pub(super) file: &'a Path,
    /// The command's name.
    pub(super) command: &'a str,
    /// What was typed then.
    pub(super) options: &'a Value,
    /// What of a screen was typed now.
    pub(super) typed: &'a Picks,
    /// The configuration in force.
    pub(super) config: &'a Config,
    /// The session of then.
    pub(super) session: &'a Session,
}

impl Recorded<'_> {
    /// What was typed then.
    ///
    /// # Errors
    /// It is not what such a command records.
    pub(super) fn options<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let read = serde_json::from_value(self.options.clone());
        read.map_err(|source| unreadable(self.file, &ReadError::Line { line: 1, source }))
    }

    /// Refuses options of a screen beside `taken`.
    ///
    /// # Errors
    /// Others were typed.
    pub(super) fn takes_only(&self, taken: &Picks) -> Result<(), Failure> {
        if self.typed == taken {
            return Ok(());
        }
        let text = format!("the recorded run is a {}, which takes no such options", self.command);
        Err(Failure::new(FailureKind::Usage, text).hint("Options of a screen go with the recording of a screen."))
    }
}

/// The recording at `path` is none.
pub(super) fn unreadable(path: &Path, error: &ReadError) -> Failure {
    let message = format!("cannot replay {}: {error}", path.display());
    Failure::new(FailureKind::CannotRead, message).hint("Record a run with --record FILE.")
}
