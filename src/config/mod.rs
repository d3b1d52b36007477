//! What to do: the effective configuration, who gave each value, what is wrong with it, and the credentials.
//!
//! Values come from the built-in defaults, one file, the environment and flags, in that order. Nothing here reads the
//! process environment or speaks to a server; [`resolve`] reads files and nothing else.

mod asset_classes;
mod base_url;
mod check;
mod credentials;
mod dotenv;
mod error;
mod format;
mod known;
mod layer;
mod locate;
mod proxies;
mod schema;
mod secret;
mod settings;
mod sources;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use base_url::BaseUrl;
pub use credentials::{CredentialsError, credentials};
pub use error::Error;
pub use layer::Origin;
pub use schema::schema;
pub use secret::Secret;
pub use settings::{Color, Dxlink, Legacy, Output, Screener, Store, Tastytrade, Universe, Volatility};
pub use sources::{FlagValue, Sources, resolve, search_places};

/// The effective configuration.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "variance configuration")]
pub struct Config {
    /// tastytrade's REST API.
    pub tastytrade: Tastytrade,
    /// The DXLink feed.
    pub dxlink: Dxlink,
    /// The deprecated chart endpoint.
    pub legacy: Legacy,
    /// What is screened when no symbols are named.
    pub universe: Universe,
    /// How volatilities are computed and compared.
    pub volatility: Volatility,
    /// What is kept between runs.
    pub store: Store,
    /// Which symbols pass, and how those are ranked.
    pub screener: Screener,
    /// How results are shown.
    pub output: Output,
    /// The file used; `None` when nothing but the built-in defaults was found.
    #[serde(skip)]
    pub path: Option<PathBuf>,
    /// Remarks for the user, in a sentence each: keys without effect, files passed over.
    #[serde(skip)]
    pub notes: Vec<String>,
    #[serde(skip)]
    origins: BTreeMap<String, Origin>,
}

/// One effective value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Path of the key: `dxlink.enabled`.
    pub key: String,
    /// The value as JSON.
    pub value: Value,
    /// Who gave it.
    pub origin: Origin,
}

impl Config {
    /// Who gave the value at `key`, a path such as `dxlink.enabled`. A key nobody gave is a default.
    pub fn origin(&self, key: &str) -> &Origin {
        self.origins.get(key).unwrap_or(&Origin::Default)
    }

    /// Every effective value with its origin, in the order of the keys. Lists are one value.
    pub fn entries(&self) -> Vec<Entry> {
        let tree = serde_json::to_value(self).unwrap_or(Value::Null);
        let leaves = layer::flatten(&tree).into_iter().map(|(path, value)| {
            let key = path.join(".");
            let origin = self.origin(&key).clone();
            Entry {
                key,
                value: value.clone(),
                origin,
            }
        });
        let mut entries: Vec<Entry> = leaves.collect();
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        entries
    }

    /// The configured watchlist; a relative path in the file starts from the file's directory, one given by a flag from
    /// `working_directory`.
    pub fn watchlist(&self, working_directory: &Path) -> Option<PathBuf> {
        let named = self.universe.watchlist.as_ref()?;
        Some(self.beside_origin("universe.watchlist", named, working_directory))
    }

    /// The directory of the store: the configured one, else `variance` in `$XDG_STATE_HOME`, which is
    /// `~/.local/state` unless set (on Windows `%LOCALAPPDATA%`). `None` when there is no place for it.
    pub fn store_directory(&self, environment: &BTreeMap<String, String>, working_directory: &Path) -> Option<PathBuf> {
        match &self.store.path {
            Some(named) => Some(self.beside_origin("store.path", named, working_directory)),
            None => sources::state_home(environment).map(|home| home.join("variance")),
        }
    }

    fn beside_origin(&self, key: &str, named: &Path, working_directory: &Path) -> PathBuf {
        let from = match self.origin(key) {
            Origin::File(_) => self.path.as_deref().and_then(Path::parent).unwrap_or(working_directory),
            Origin::Default | Origin::Env(_) | Origin::Flag(_) => working_directory,
        };
        from.join(named)
    }

    /// Where `.env.tastytrade` is looked for, in this order: beside the configuration file, in `working_directory`.
    pub fn env_dirs(&self, working_directory: &Path) -> Vec<PathBuf> {
        sources::env_dirs(self.path.as_deref(), working_directory)
    }
}

#[cfg(test)]
mod tests;
