//! `--record`: the file a run is written to.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use super::exit::{Failure, FailureKind};

/// Creates the file of a recording. One that has something in it already is left alone: it may be evidence.
pub(super) fn create(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path).map_err(|error| unwritable(path, &error))?;
    let held = file.metadata().map_err(|error| unwritable(path, &error))?.len();
    if held > 0 {
        return Err(Failure::new(
            FailureKind::CannotWrite,
            format!("{} exists already and is not empty", path.display()),
        )
        .hint("Name a new file with --record."));
    }
    Ok(file)
}

/// The recording could not be written.
pub(super) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        FailureKind::CannotWrite,
        format!("cannot write the recording {}: {error}", path.display()),
    )
    .hint("Name another file with --record, or leave it out.")
}
