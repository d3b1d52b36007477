//! Where a document goes and as what: stdout, or a file that appears whole or not at all.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::exit::{Failure, FailureKind};
use super::session::Session;
use crate::config::Config;
use crate::render::{self, Document, Format, Style};

/// An open destination, and how a document is written to it.
#[derive(Debug)]
pub(super) struct Printer<'s> {
    pub(super) session: &'s Session,
    /// Whether what the format has no room for is said on stderr.
    pub(super) remarks: bool,
    output: Output,
    format: Format,
    style: Style,
}

impl<'s> Printer<'s> {
    /// Prints to `output` in the format `asked` for, else the configured one.
    pub(super) fn new(session: &'s Session, config: &Config, asked: Option<Format>, output: Output) -> Self {
        let to_terminal = output.is_terminal();
        Self {
            session,
            remarks: true,
            output,
            format: format(config, asked, to_terminal),
            style: style(session, config, to_terminal),
        }
    }

    /// Writes the document.
    ///
    /// # Errors
    /// [`FailureKind::CannotWrite`].
    pub(super) fn write(self, document: &impl Document) -> Result<(), Failure> {
        if self.remarks {
            self.session.stderr.remarks(document, self.format);
        }
        self.output
            .finish(|mut out| render::write(document, &self.style, self.format, &mut out))
    }
}

/// The format asked for, else the configured one, else the table on a terminal and plain elsewhere.
pub(super) fn format(config: &Config, asked: Option<Format>, to_terminal: bool) -> Format {
    let auto = if to_terminal { Format::Table } else { Format::Plain };
    asked.or(config.output.format).unwrap_or(auto)
}

/// Columns, which are those of `COLUMNS`, else the terminal's, else unbounded; and colors.
pub(super) fn style(session: &Session, config: &Config, to_terminal: bool) -> Style {
    let columns = session.variable("COLUMNS").and_then(|columns| columns.parse().ok());
    let of_terminal = || terminal().filter(|_| to_terminal).map(|size| size.width);
    Style {
        width: columns.or_else(of_terminal),
        color: session.color(config.output.color, to_terminal),
    }
}

/// Columns and lines of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) width: usize,
    pub(super) height: usize,
}

/// Columns and lines of the terminal on stdout.
pub(super) fn terminal() -> Option<Size> {
    let (width, height) = terminal_size::terminal_size()?;
    let size = Size {
        width: usize::from(width.0),
        height: usize::from(height.0),
    };
    Some(size).filter(|size| size.width > 0 && size.height > 0)
}

/// An open destination. A file is created beside its final place and moved there by [`Output::finish`].
#[derive(Debug)]
pub(super) enum Output {
    /// Standard output.
    Stdout,
    /// A regular file, written aside.
    File {
        /// Its final place.
        path: PathBuf,
        /// The file being written.
        aside: NamedTempFile,
    },
    /// Something that exists and is no regular file, such as a pipe: written directly.
    Device(PathBuf),
}

impl Output {
    /// Opens the destination before any work is done, so that an unwritable one is reported at once.
    ///
    /// # Errors
    /// [`FailureKind::CannotWrite`].
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            return Ok(Self::Stdout);
        };
        if path.exists() && !path.is_file() {
            if path.is_dir() {
                return Err(unwritable(path, &io::Error::from(io::ErrorKind::IsADirectory)));
            }
            return Ok(Self::Device(path.to_owned()));
        }
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            Some(_) | None => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".variance-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let aside = builder.tempfile_in(parent).map_err(|error| {
            // The error's own text names the file written aside, which the user never asked for.
            if error.kind() == io::ErrorKind::NotFound {
                unwritable(path, &"there is no such directory")
            } else {
                unwritable(path, &error.kind())
            }
        })?;
        Ok(Self::File {
            path: path.to_owned(),
            aside,
        })
    }

    /// Whether somebody looks at it.
    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Self::Stdout) && io::stdout().is_terminal()
    }

    /// Writes everything through `write` and puts it in place.
    ///
    /// # Errors
    /// [`FailureKind::CannotWrite`]. A reader that has gone away is no error.
    pub(super) fn finish(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        match self {
            Self::Stdout => {
                let mut out = BufWriter::new(io::stdout().lock());
                match write(&mut out).and_then(|()| out.flush()) {
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                        // What is still buffered would be flushed into the closed pipe on drop.
                        drop(out.into_parts());
                        Ok(())
                    }
                    Err(error) => Err(unwritten(&error)),
                    Ok(()) => Ok(()),
                }
            }
            Self::Device(path) => {
                let written = OpenOptions::new().write(true).open(&path).and_then(|file| {
                    let mut out = BufWriter::new(file);
                    write(&mut out)?;
                    out.flush()
                });
                written.map_err(|error| unwritable(&path, &error))
            }
            Self::File { path, aside } => {
                let mut out = BufWriter::new(aside);
                write(&mut out)
                    .and_then(|()| out.flush())
                    .map_err(|error| unwritable(&path, &error))?;
                let aside = out.into_inner().map_err(|error| unwritable(&path, error.error()))?;
                aside.as_file().sync_all().map_err(|error| unwritable(&path, &error))?;
                aside.persist(&path).map_err(|error| unwritable(&path, &error.error))?;
                Ok(())
            }
        }
    }
}

/// Stdout cannot be written to.
pub(super) fn unwritten(error: &io::Error) -> Failure {
    Failure::new(FailureKind::CannotWrite, format!("cannot write to stdout: {error}"))
        .hint("Free space or choose another destination.")
}

fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        FailureKind::CannotWrite,
        format!("cannot write {}: {error}", path.display()),
    )
    .hint("Choose another file with -o, or leave -o out to write to stdout.")
}
