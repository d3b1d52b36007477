//! What can be wrong with the store.

use std::io;
use std::path::PathBuf;

/// Why the store cannot be used, or not for this.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory or the lock beside the file cannot be made.
    #[error("{path}: {source}")]
    Place {
        /// What cannot be made.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process holds the lock of the file and does not let go.
    #[error("{path} is held by another process")]
    Held {
        /// The lock.
        path: PathBuf,
    },
    /// The file was written by a newer version of this program.
    #[error(transparent)]
    Newer(#[from] Newer),
    /// The file holds data of another world.
    #[error("{path} holds {found} data, not {wanted}")]
    OtherWorld {
        /// The file.
        path: PathBuf,
        /// What it says it holds.
        found: String,
        /// What was looked for.
        wanted: String,
    },
    /// SQLite could not do it.
    #[error("{path}: {source}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

/// The file was written by a newer version of this program and is left alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path} is of version {found}, this program knows {known}; it is left alone")]
pub struct Newer {
    /// The file.
    pub path: PathBuf,
    /// Its version.
    pub found: i64,
    /// The newest version this program knows.
    pub known: i64,
}

impl Error {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Place { .. } => "unwritable",
            Self::Held { .. } => "held",
            Self::Newer(_) => "newer",
            Self::OtherWorld { .. } => "other_world",
            Self::Sqlite { source, .. } => match source.sqlite_error_code() {
                Some(rusqlite::ErrorCode::DiskFull) => "disk_full",
                Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => "corrupt",
                Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => "held",
                Some(_) | None => "unwritable",
            },
        }
    }

    /// Whether the file is damaged: nothing can be read from it again.
    pub fn is_corrupt(&self) -> bool {
        matches!(self, Self::Sqlite { source, .. } if is_corruption(source))
    }
}

pub(super) fn is_corruption(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}
