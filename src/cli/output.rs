//! Where the data goes: stdout, or a file that appears whole or not at all.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::exit::{Failure, Kind};

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
    /// [`Kind::CannotWrite`].
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

    /// Writes everything through `write` and puts it in place.
    ///
    /// # Errors
    /// [`Kind::CannotWrite`]. A reader that has gone away is no error.
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
    Failure::new(Kind::CannotWrite, format!("cannot write to stdout: {error}"))
        .hint("Free space or choose another destination.")
}

fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Kind::CannotWrite, format!("cannot write {}: {error}", path.display()))
        .hint("Choose another file with -o, or leave -o out to write to stdout.")
}
