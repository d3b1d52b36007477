//! `.env.tastytrade`: names and secrets in a file that nobody else may read. No error repeats any of its text.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Secret;
use crate::text::read as read_text;

/// Why the file is not used.
#[derive(Debug, Error)]
pub enum DotenvError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Group or others may read or change the file.
    #[error("{} is open to other users; run: chmod 600 {}", path.display(), shell(path))]
    Refused {
        /// The file.
        path: PathBuf,
    },
    /// A line that is no assignment.
    #[error("{}:{line}: {fault}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        fault: LineFault,
    },
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LineFault {
    /// No `=`, or no name before it.
    #[error("expected NAME=value")]
    Assignment,
    /// A quote that does not end.
    #[error("the quote is not closed on the same line")]
    Quote,
    /// Text after the closing quote.
    #[error("text after the closing quote")]
    Trailing,
}

/// The assignments of `.env.tastytrade` in `dir`; `None` when there is no such file.
///
/// # Errors
///
/// [`DotenvError`] when the file cannot be read, is open to others or has a line that is no assignment.
pub(super) fn read(dir: &Path) -> Result<Option<BTreeMap<String, Secret>>, DotenvError> {
    let path = dir.join(FILE_NAME);
    let unreadable = |source| DotenvError::Unreadable {
        path: path.clone(),
        source,
    };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(unreadable(error)),
    };
    if open_to_others(&file).map_err(unreadable)? {
        return Err(DotenvError::Refused { path });
    }
    let text = read_text(&file).map_err(unreadable)?;
    parse(&text)
        .map(Some)
        .map_err(|(line, fault)| DotenvError::Line { path, line, fault })
}

/// Reads assignments: `NAME=value`, with or without `export`, bare or in quotes. `#` begins a comment at the start of a line
/// or after a blank. A `$` is a character like others. Of two lines with the same name the later one counts.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, Secret>, (usize, LineFault)> {
    let mut values = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = assignment(line).map_err(|fault| (index + 1, fault))?;
        values.insert(name.to_owned(), Secret::from(value));
    }
    Ok(values)
}

fn assignment(line: &str) -> Result<(&str, String), LineFault> {
    let line = match line.strip_prefix("export") {
        Some(rest) if rest.starts_with(char::is_whitespace) => rest.trim_start(),
        Some(_) | None => line,
    };
    let (name, value) = line.split_once('=').ok_or(LineFault::Assignment)?;
    let name = name.trim_end();
    let named = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !named {
        return Err(LineFault::Assignment);
    }
    Ok((name, unquote(value.trim())?))
}

fn unquote(value: &str) -> Result<String, LineFault> {
    let (text, rest) = if let Some(quoted) = value.strip_prefix('\'') {
        let (text, rest) = quoted.split_once('\'').ok_or(LineFault::Quote)?;
        (text.to_owned(), rest)
    } else if let Some(quoted) = value.strip_prefix('"') {
        double_quoted(quoted).ok_or(LineFault::Quote)?
    } else {
        let end = value
            .char_indices()
            .zip(value.chars().skip(1))
            .find(|((_, c), next)| c.is_whitespace() && *next == '#');
        let bare = end.and_then(|((at, _), _)| value.get(..at)).unwrap_or(value);
        let bare = if bare.starts_with('#') { "" } else { bare };
        return Ok(bare.trim_end().to_owned());
    };
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        Ok(text)
    } else {
        Err(LineFault::Trailing)
    }
}

fn double_quoted(quoted: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return Some((text, chars.as_str())),
            '\\' => match chars.next()? {
                escaped @ ('"' | '\\' | '$' | '`') => text.push(escaped),
                other => text.extend(['\\', other]),
            },
            other => text.push(other),
        }
    }
}

#[cfg(unix)]
fn open_to_others(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn open_to_others(_file: &File) -> io::Result<bool> {
    Ok(false)
}

fn shell(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    if plain {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

const FILE_NAME: &str = ".env.tastytrade";
