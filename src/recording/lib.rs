//! A run on paper: every frame and every answer with its moment, and nothing that opens an account.
//!
//! A recording is text, one JSON object a line, only ever appended to. The first line is the [`Header`]; each further
//! one is `{"at": MILLISECONDS, "CHANNEL": WHAT}`, where `at` counts from the start of the run and each channel belongs
//! to the room that writes and reads it. A last line without an end is what a crash leaves, and is passed over.
//! `docs/recordings.md` describes every line.

mod reading;
mod redact;
mod writing;

use std::time::Instant;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use reading::{ReadError, Recording};
pub use writing::Recorder;

/// Version of the format. Within a version keys and channels are only added.
pub const VERSION: u32 = 1;

/// The first line: what was run, and everything it was run with that no server said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the format.
    pub variance_recording: u32,
    /// Name and version of the program that wrote it.
    pub program: String,
    /// `screen`, `quote` or `explain`.
    pub command: String,
    /// Which venue the data is from: `live`, `sandbox` or `demo`.
    pub mode: String,
    /// Wall time at the start, whole milliseconds.
    pub started_at: Timestamp,
    /// Whether wall time stood still during the run.
    pub stands: bool,
    /// What chance started from, so that every pause comes out the same.
    pub seed: u64,
    /// The instruments, in their own spelling.
    pub symbols: Vec<String>,
    /// Bound on the whole run, in seconds.
    pub deadline_seconds: Option<f64>,
    /// Options of the command.
    pub options: serde_json::Value,
    /// The effective configuration.
    pub config: serde_json::Value,
}

/// What happened to the run itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    /// The listen window ended before everyone had answered.
    WindowEnded,
    /// The document was made.
    Printed {
        /// Its `generated_at`.
        generated_at: Timestamp,
    },
}

const RUN: &str = "run";

impl Recorder {
    /// Writes what happened to the run at `at`.
    pub fn milestone(&self, at: Instant, milestone: Milestone) {
        self.note(RUN, at, &milestone);
    }
}

impl Recording {
    /// What happened to the run, with its moment in milliseconds since the start.
    ///
    /// # Errors
    /// [`ReadError::Line`].
    pub fn milestones(&self) -> Result<Vec<(u64, Milestone)>, ReadError> {
        self.channel(RUN)
    }
}

#[cfg(test)]
mod tests;
