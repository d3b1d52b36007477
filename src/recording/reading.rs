//! Reading: line by line, within bounds, naming the line that is wrong.

use std::io::{self, BufRead, Read};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Header, VERSION};

/// The longest line that is read: a frame of the largest size, every character of it escaped.
const LONGEST_LINE: u64 = 128 << 20;

/// A year, in milliseconds: clocks that are set by a recording must not run over.
const LONGEST_RUN: u64 = 366 * 24 * 60 * 60 * 1_000;

/// What was read.
#[derive(Debug)]
pub struct Recording {
    /// What was run.
    pub header: Header,
    /// Whether the last line broke off, as a crash leaves it.
    pub torn: bool,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    number: usize,
    at: u64,
    channel: String,
    what: Box<RawValue>,
}

/// Why a file is no recording.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It does not begin like a recording.
    #[error("it does not begin like a recording of variance")]
    NoRecording,
    /// It is of a version this program does not know.
    #[error("it is of version {found}, and this program reads version {VERSION}")]
    Version {
        /// The version.
        found: u64,
    },
    /// A line is too long.
    #[error("line {line} is longer than {LONGEST_LINE} bytes")]
    TooLong {
        /// Its number, from 1.
        line: usize,
    },
    /// A line happened later than any run lasts.
    #[error("line {line} happened more than a year after the start")]
    TooLate {
        /// Its number, from 1.
        line: usize,
    },
    /// A line is not what the format says.
    #[error("line {line}: {source}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read(mut from: impl BufRead) -> Result<Self, ReadError> {
        let (first, mut torn) = read_line(&mut from, 1)?.ok_or(ReadError::NoRecording)?;
        let header = header(&first)?;
        let mut lines = Vec::new();
        while let Some((text, whole)) = read_line(&mut from, lines.len() + 2)? {
            torn = whole;
            let number = lines.len() + 2;
            match line(&text, number) {
                Ok(line) => lines.push(line),
                Err(_torn) if torn => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Self { header, torn, lines })
    }

    /// The moment of the last line, in milliseconds since the start; 0 where nothing happened.
    pub fn last_moment(&self) -> u64 {
        self.lines.iter().map(|line| line.at).max().unwrap_or(0)
    }

    /// What was written to a channel, with its moment in milliseconds since the start. What later versions of the
    /// program may have added there is left to `T`.
    ///
    /// # Errors
    /// [`ReadError::Line`] for what is no `T`.
    pub fn channel<T: DeserializeOwned>(&self, channel: &str) -> Result<Vec<(u64, T)>, ReadError> {
        let lines = self.lines.iter().filter(|line| line.channel == channel);
        lines
            .map(|line| {
                let what = serde_json::from_str(line.what.get());
                let what = what.map_err(|source| ReadError::Line {
                    line: line.number,
                    source,
                })?;
                Ok((line.at, what))
            })
            .collect()
    }
}

/// The next line and whether it lacks its end, `None` behind the last one.
fn read_line(from: &mut impl BufRead, number: usize) -> Result<Option<(Vec<u8>, bool)>, ReadError> {
    let mut text = Vec::new();
    from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut text)?;
    if text.is_empty() {
        return Ok(None);
    }
    let whole = text.last() == Some(&b'\n');
    if !whole && text.len() as u64 >= LONGEST_LINE {
        return Err(ReadError::TooLong { line: number });
    }
    Ok(Some((text, !whole)))
}

fn header(text: &[u8]) -> Result<Header, ReadError> {
    let value: Value = serde_json::from_slice(text).map_err(|_| ReadError::NoRecording)?;
    match value.get("variance_recording").and_then(Value::as_u64) {
        None => Err(ReadError::NoRecording),
        Some(found) if found != u64::from(VERSION) => Err(ReadError::Version { found }),
        Some(_) => serde_json::from_value(value).map_err(|source| ReadError::Line { line: 1, source }),
    }
}

/// A line: its moment, and the one other key. Keys of later programs beside them are passed over.
fn line(text: &[u8], number: usize) -> Result<Line, ReadError> {
    #[derive(Deserialize)]
    struct Moment {
        at: u64,
    }
    let wrong = |source| ReadError::Line { line: number, source };
    let Moment { at } = serde_json::from_slice(text).map_err(wrong)?;
    if at > LONGEST_RUN {
        return Err(ReadError::TooLate { line: number });
    }
    let keys: std::collections::BTreeMap<String, Box<RawValue>> = serde_json::from_slice(text).map_err(wrong)?;
    let (channel, what) = keys
        .into_iter()
        .find(|(key, _)| key != "at")
        .ok_or_else(|| wrong(serde::de::Error::custom("nothing happened")))?;
    Ok(Line {
        number,
        at,
        channel,
        what,
    })
}
