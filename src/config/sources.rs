//! Finding the file, and laying file, environment and flags over the defaults.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use serde_json::Value;

use super::error::{Error, Place};
use super::layer::Stack;
use super::locate::{self, Leaf};
use super::{Config, dotenv};

/// Everything a configuration is made of besides the defaults.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// `--config`: a file that must exist.
    pub config_file: Option<PathBuf>,
    /// A text that stands in place of any file, and what to call it.
    pub text: Option<(PathBuf, String)>,
    /// The environment variables.
    pub environment: BTreeMap<String, String>,
    /// The directory relative paths start from.
    pub working_directory: PathBuf,
    /// Values given by flags; the later one wins.
    pub flags: Vec<FlagValue>,
}

/// A value given by a flag.
#[derive(Debug, Clone)]
pub struct FlagValue {
    /// Path of the key: `dxlink.listen_duration_seconds`.
    pub key: String,
    /// The value.
    pub value: Value,
    /// The flag as it is typed: `--listen`.
    pub flag: String,
}

/// The effective configuration. The file is `--config`, `$VARIANCE_CONFIG`, `config/runtime_config.json` in the working
/// directory, or `variance/runtime_config.json` in the user's configuration directory, the first that is named or exists.
/// A flag goes before the environment, that before the file, that before the defaults. `API_BASE_URL` is also taken from
/// `.env.tastytrade`, `NO_COLOR` sets `output.color`.
///
/// # Errors
///
/// [`Error::Read`] when a file that is named or exists cannot be read, [`Error::Problems`] with everything that is wrong.
pub fn resolve(sources: Sources) -> Result<Config, Error> {
    let Sources {
        config_file,
        text,
        environment,
        working_directory,
        flags,
    } = sources;
    let defaults = Config::default();
    let tree = serde_json::to_value(&defaults).unwrap_or(Value::Null);
    let mut stack = Stack::new(defaults, tree.clone());
    let mut problems = Vec::new();
    let mut notes = Vec::new();

    let file = match text {
        Some(text) => Some(text),
        None => find_file(config_file, &environment, &working_directory)?,
    };
    let path = file.as_ref().map(|(path, _)| path.clone());
    if let Some((path, text)) = &file {
        let shown = path.strip_prefix(&working_directory).unwrap_or(path);
        let (leaves, misplaced) = locate::leaves(shown, text, &tree);
        problems.extend(misplaced);
        problems.extend(stack.lay(&leaves));
        problems.extend(stack.faults());
        problems.sort_by(|a, b| a.place.cmp(&b.place));
    }

    let dirs = env_dirs(path.as_deref(), &working_directory);
    let above: [Vec<Leaf>; 2] = [
        environment_leaves(&environment, &dirs, &mut notes),
        flags.into_iter().map(flag_leaf).collect(),
    ];
    for leaves in above {
        problems.extend(stack.lay(&leaves));
        for fault in stack.faults() {
            if !problems.contains(&fault) {
                problems.push(fault);
            }
        }
    }
    if !problems.is_empty() {
        return Err(Error::Problems(problems));
    }
    let origins = stack.origins();
    Ok(Config {
        path,
        notes,
        origins,
        ..stack.config
    })
}

/// Where `.env.tastytrade` is looked for: beside the configuration file, then in the working directory.
pub(super) fn env_dirs(config_file: Option<&Path>, working_directory: &Path) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = config_file
        .and_then(Path::parent)
        .map(Path::to_owned)
        .into_iter()
        .collect();
    if !dirs.iter().any(|dir| dir == working_directory) {
        dirs.push(working_directory.to_owned());
    }
    dirs
}

fn find_file(
    flag: Option<PathBuf>,
    environment: &BTreeMap<String, String>,
    working_directory: &Path,
) -> Result<Option<(PathBuf, String)>, Error> {
    let named = flag.or_else(|| set(environment, "VARIANCE_CONFIG").map(PathBuf::from));
    if let Some(named) = named {
        let path = working_directory.join(named);
        let text = File::open(&path)
            .and_then(crate::text::read)
            .map_err(|source| Error::Read {
                path: path.clone(),
                source,
            })?;
        return Ok(Some((path, text)));
    }
    for path in search_places(environment, working_directory) {
        match File::open(&path).and_then(crate::text::read) {
            Ok(text) => return Ok(Some((path, text))),
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(source) => return Err(Error::Read { path, source }),
        }
    }
    Ok(None)
}

/// Where a configuration file is looked for when none is named.
pub fn search_places(environment: &BTreeMap<String, String>, working_directory: &Path) -> Vec<PathBuf> {
    let local = working_directory.join("config").join(FILE_NAME);
    let personal = config_home(environment).map(|home| home.join("variance").join(FILE_NAME));
    [Some(local), personal].into_iter().flatten().collect()
}

fn config_home(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    home(environment, "XDG_CONFIG_HOME", "APPDATA", &[".config"])
}

/// Where programs keep what they would miss but could do without.
pub(super) fn state_home(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    home(environment, "XDG_STATE_HOME", "LOCALAPPDATA", &[".local", "state"])
}

fn home(environment: &BTreeMap<String, String>, xdg: &str, windows: &str, below: &[&str]) -> Option<PathBuf> {
    let absolute = |name: &str| {
        set(environment, name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    if cfg!(windows) {
        return absolute(xdg).or_else(|| absolute(windows));
    }
    absolute(xdg).or_else(|| absolute("HOME").map(|home| home.join(below.iter().collect::<PathBuf>())))
}

fn environment_leaves(environment: &BTreeMap<String, String>, dirs: &[PathBuf], notes: &mut Vec<String>) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    let address = set(environment, ADDRESS)
        .map(str::to_owned)
        .or_else(|| address_of_dotenv(dirs, notes));
    if let Some(address) = address {
        let address = if address.contains("://") {
            address
        } else {
            format!("https://{address}")
        };
        leaves.push(leaf(
            "tastytrade.api_base_url",
            Value::String(address),
            Place::Env(ADDRESS.to_owned()),
        ));
    }
    if set(environment, "NO_COLOR").is_some() {
        leaves.push(leaf(
            "output.color",
            Value::String("never".to_owned()),
            Place::Env("NO_COLOR".to_owned()),
        ));
    }
    leaves
}

fn address_of_dotenv(dirs: &[PathBuf], notes: &mut Vec<String>) -> Option<String> {
    for dir in dirs {
        match dotenv::read(dir) {
            Ok(Some(values)) => {
                let address = values.get(ADDRESS)?.expose_secret().trim();
                return (!address.is_empty()).then(|| address.to_owned());
            }
            Ok(None) => {}
            Err(error) => {
                notes.push(format!("{error}; until then {ADDRESS} is not taken from it"));
                return None;
            }
        }
    }
    None
}

fn flag_leaf(given: FlagValue) -> Leaf {
    leaf(&given.key, given.value, Place::Flag(given.flag))
}

fn leaf(key: &str, value: Value, place: Place) -> Leaf {
    Leaf {
        path: key.split('.').map(str::to_owned).collect(),
        value,
        place,
    }
}

fn set<'a>(environment: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    environment
        .get(name)
        .map(String::as_str)
        .filter(|value| !value.trim().is_empty())
}

const FILE_NAME: &str = "runtime_config.json";
const ADDRESS: &str = "API_BASE_URL";
