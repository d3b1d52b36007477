//! The file: where it is, how it is opened by several processes at once, and what becomes of a damaged one.

use std::fmt;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::{Error, Newer, is_corruption};
use super::schema::{APPLICATION_ID, STEPS};

/// Which data a file holds. Each world has a file of its own, which says so itself: invented data never mixes with real.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum World {
    /// tastytrade's production.
    Live,
    /// tastytrade's sandbox.
    Sandbox,
    /// The venue embedded in this program, by its seed.
    Demo {
        /// The seed.
        seed: u64,
    },
    /// An invented venue on loopback, by its port.
    Loopback {
        /// The port.
        port: u16,
    },
}

/// A file and what it must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The directory.
    pub directory: PathBuf,
    /// What the file holds.
    pub world: World,
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
}

/// An open store, and what the user must hear about its opening.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Where a damaged file was moved to, if there was one.
    pub set_aside: Option<PathBuf>,
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Live => f.write_str("live"),
            Self::Sandbox => f.write_str("sandbox"),
            Self::Demo { seed } => write!(f, "demo-{seed}"),
            Self::Loopback { port } => write!(f, "loopback-{port}"),
        }
    }
}

impl Place {
    /// The path of the file.
    pub fn file(&self) -> PathBuf {
        self.directory.join(format!("{}.db", self.world))
    }
}

impl Store {
    /// Opens the file of `place`, and makes it where there is none. A damaged file is renamed by `now` and replaced by a
    /// new one. Other processes that open it wait for each other, each for at most `patience`; so does every later write.
    ///
    /// # Errors
    /// The directory cannot be written, the file is locked, of a newer version, of another world, or SQLite fails.
    pub fn open(place: &Place, now: Timestamp, patience: Duration) -> Result<Opened, Error> {
        make_directory(&place.directory)?;
        let path = place.file();
        let _lock = lock(&path, patience)?;
        match Self::prepare(&path, &place.world, patience) {
            Err(error) if error.is_corrupt() => {
                let aside = set_aside(&path, now)?;
                let store = Self::prepare(&path, &place.world, patience)?;
                Ok(Opened {
                    store,
                    set_aside: Some(aside),
                })
            }
            prepared => prepared.map(|store| Opened { store, set_aside: None }),
        }
    }

    /// Gives up a store that has turned out to be damaged inside, and opens a new file in its place. If the file is
    /// sound after all, because another process has replaced it meanwhile, that one is opened.
    ///
    /// # Errors
    /// As of [`Store::open`].
    pub fn replace(self, place: &Place, now: Timestamp, patience: Duration) -> Result<Opened, Error> {
        let path = self.path.clone();
        drop(self.connection);
        let lock = lock(&path, patience)?;
        let aside = match Self::prepare(&path, &place.world, patience) {
            Ok(store) if store.is_sound()? => None,
            Ok(_) => Some(set_aside(&path, now)?),
            Err(error) if error.is_corrupt() => Some(set_aside(&path, now)?),
            Err(error) => return Err(error),
        };
        drop(lock);
        let opened = Self::open(place, now, patience)?;
        Ok(Opened {
            set_aside: opened.set_aside.or(aside),
            ..opened
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn prepare(path: &Path, world: &World, patience: Duration) -> Result<Self, Error> {
        let sqlite = |source| Error::Sqlite {
            path: path.to_owned(),
            source,
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
        connection.busy_timeout(patience).map_err(sqlite)?;
        let found = pragma(&connection, "user_version").map_err(sqlite)?;
        let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
        if found > known {
            return Err(Error::Newer(Newer {
                path: path.to_owned(),
                found,
                known,
            }));
        }
        // A file system that cannot share memory (a network's) answers with another mode, which is as safe and slower.
        let _mode: String = connection
            .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
            .map_err(sqlite)?;
        connection
            .execute_batch("PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;")
            .map_err(sqlite)?;
        // A file that is up to date is opened without a lock that a writer might hold.
        if usize::try_from(found).ok() != Some(STEPS.len()) {
            migrate(&mut connection, world).map_err(sqlite)?;
        }
        let holds: String = connection
            .query_row("SELECT value FROM meta WHERE key = 'world'", [], |row| row.get(0))
            .map_err(sqlite)?;
        if holds != world.to_string() {
            return Err(Error::OtherWorld {
                path: path.to_owned(),
                found: holds,
                wanted: world.to_string(),
            });
        }
        Ok(Self {
            connection,
            path: path.to_owned(),
        })
    }

    pub(super) fn error(&self, source: rusqlite::Error) -> Error {
        Error::Sqlite {
            path: self.path.clone(),
            source,
        }
    }

    fn is_sound(&self) -> Result<bool, Error> {
        let answer = self
            .connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
        match answer {
            Ok(answer) => Ok(answer == "ok"),
            Err(error) if is_corruption(&error) => Ok(false),
            Err(error) => Err(self.error(error)),
        }
    }
}

fn migrate(connection: &mut Connection, world: &World) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = usize::try_from(pragma(&transaction, "user_version")?).unwrap_or(0);
    for step in STEPS.iter().skip(version) {
        transaction.execute_batch(step)?;
    }
    if version == 0 {
        transaction.execute("INSERT INTO meta VALUES ('world', ?1)", [world.to_string()])?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    if version < STEPS.len() {
        transaction.pragma_update(None, "user_version", i64::try_from(STEPS.len()).unwrap_or(i64::MAX))?;
    }
    transaction.commit()
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

fn make_directory(directory: &Path) -> Result<(), Error> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|source| Error::Place {
        path: directory.to_owned(),
        source,
    })
}

/// The lock beside the file: SQLite's own locks do not cover the first switch to a write-ahead log, nor a renaming. It
/// ends with the value returned, and with the process.
fn lock(path: &Path, patience: Duration) -> Result<File, Error> {
    let path = path.with_extension("lock");
    let place = |source| Error::Place {
        path: path.clone(),
        source,
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(place)?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if started.elapsed() < patience => std::thread::sleep(RETRY),
            Err(TryLockError::WouldBlock) => return Err(Error::Held { path }),
            // Where there are no locks at all, SQLite's own must do.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(place(error)),
        }
    }
}

/// Renames a damaged file and its companions by the moment, and says how it is called now.
fn set_aside(path: &Path, now: Timestamp) -> Result<PathBuf, Error> {
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let free = (1..)
        .map(|number| match number {
            1 => path.with_file_name(format!("{name}.corrupt-{stamp}")),
            _ => path.with_file_name(format!("{name}.corrupt-{stamp}-{number}")),
        })
        .find(|aside| !aside.exists());
    let aside = free.unwrap_or_else(|| path.with_file_name(format!("{name}.corrupt")));
    for companion in ["", "-wal", "-shm"] {
        let suffixed = |path: &Path| PathBuf::from(format!("{}{companion}", path.display()));
        match fs::rename(suffixed(path), suffixed(&aside)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => {
                return Err(Error::Place {
                    path: suffixed(path),
                    source,
                });
            }
        }
    }
    Ok(aside)
}

/// Pause between two tries for the lock.
const RETRY: Duration = Duration::from_millis(5);
