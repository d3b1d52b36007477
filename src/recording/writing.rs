//! Writing: one line at a time, whole, without secrets.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};

use super::Header;
use super::redact::{Secrets, confide};

/// Writes a recording. Clones write to the same one.
#[derive(Clone)]
pub struct Recorder {
    inner: Rc<RefCell<Inner>>,
    epoch: Instant,
}

struct Inner {
    out: Box<dyn Write>,
    secrets: Secrets,
    calls: u64,
    failure: Option<io::Error>,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl Recorder {
    /// Begins a recording of the run that started at `epoch`.
    pub fn begin(out: Box<dyn Write>, epoch: Instant, header: &Header) -> Self {
        let recorder = Self {
            inner: Rc::new(RefCell::new(Inner {
                out,
                secrets: Secrets::default(),
                calls: 0,
                failure: None,
            })),
            epoch,
        };
        let line = serde_json::to_string(header);
        recorder.inner.borrow_mut().write(line);
        recorder
    }

    /// Makes a secret known: from here on it is never written.
    pub fn hide(&self, secret: &str) {
        self.inner.borrow_mut().secrets.learn(secret);
    }

    /// Masks what a token service says: `body` without tokens and secrets, which are known from here on. What cannot be
    /// read that way is not to be written.
    pub fn confided(&self, body: &str) -> Option<String> {
        let mut value: Value = serde_json::from_str(body).ok()?;
        for secret in confide(&mut value) {
            self.hide(&secret);
        }
        serde_json::to_string(&value).ok()
    }

    /// A number that no call of this recording has yet.
    pub fn next_call(&self) -> u64 {
        let mut inner = self.inner.borrow_mut();
        inner.calls += 1;
        inner.calls
    }

    /// Writes what happened at `at`, to the whole millisecond.
    pub fn note(&self, channel: &str, at: Instant, what: &impl Serialize) {
        let mut inner = self.inner.borrow_mut();
        let line = serde_json::to_value(what).and_then(|mut what| {
            inner.secrets.mask(&mut what);
            serde_json::to_string(&json!({ "at": self.millis(at), channel: what }))
        });
        inner.write(line);
    }

    /// How far into the run `at` is, to the whole millisecond.
    pub fn millis(&self, at: Instant) -> u64 {
        let since: Duration = at.saturating_duration_since(self.epoch);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether everything has been written.
    ///
    /// # Errors
    /// The first line that could not be written; none was written after it.
    pub fn finish(&self) -> io::Result<()> {
        let mut inner = self.inner.borrow_mut();
        match inner.failure.take() {
            Some(failure) => Err(failure),
            None => inner.out.flush(),
        }
    }
}

impl Inner {
    /// Writes a line in one go, so that a crash leaves whole lines and at most one torn end.
    fn write(&mut self, line: serde_json::Result<String>) {
        if self.failure.is_some() {
            return;
        }
        let written = line.map_err(io::Error::from).and_then(|mut line| {
            line.push('\n');
            self.out.write_all(line.as_bytes())
        });
        self.failure = written.err();
    }
}
