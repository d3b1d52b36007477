//! Credentials: from the environment, from files it names, from `.env.tastytrade`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;

use secrecy::ExposeSecret;
use thiserror::Error;

use super::dotenv::{self, DotenvError};
use super::secret::Secret;
use crate::text;

/// What opens a tastytrade account to this program.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// `TT_CLIENT_ID`; the venue does not ask for it when a token is refreshed.
    pub client_id: Option<Secret>,
    /// `TT_CLIENT_SECRET`.
    pub client_secret: Secret,
    /// `TT_REFRESH_TOKEN`.
    pub refresh_token: Secret,
}

/// Why there are no credentials. Never repeats a value.
#[derive(Debug, Error)]
pub enum CredentialsError {
    /// Nobody named them.
    #[error("missing {}", names.join(" and "))]
    Missing {
        /// The variables that are missing.
        names: Vec<&'static str>,
    },
    /// The `.env.tastytrade` file cannot be used.
    #[error(transparent)]
    Dotenv(#[from] DotenvError),
    /// The file named by `TT_..._FILE` cannot be read.
    #[error("{name} names {}, which cannot be read", path.display())]
    File {
        /// The variable.
        name: String,
        /// The file it names.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file named by `TT_..._FILE` is empty.
    #[error("{name} names {}, which is empty", path.display())]
    EmptyFile {
        /// The variable.
        name: String,
        /// The file it names.
        path: PathBuf,
    },
}

/// The credentials of `environment`, completed from the first `.env.tastytrade` found in `dirs`. Each value is given as
/// `TT_X` or, as the content of a file, by `TT_X_FILE`; the environment goes before the file, `TT_X` before `TT_X_FILE`.
/// An empty value counts as none. A relative path in `.env.tastytrade` starts from its directory.
///
/// # Errors
///
/// [`CredentialsError`]: what is missing, or which file cannot be used. A `.env.tastytrade` that others may read is an error
/// even when the environment is complete, because it may also name the address that secrets are sent to.
pub fn credentials(environment: &BTreeMap<String, String>, dirs: &[PathBuf]) -> Result<Credentials, CredentialsError> {
    let mut sources = vec![Source {
        values: secrets(environment),
        dir: None,
    }];
    for dir in dirs {
        if let Some(values) = dotenv::read(dir)? {
            sources.push(Source {
                values,
                dir: Some(dir.clone()),
            });
            break;
        }
    }
    let client_id = find("TT_CLIENT_ID", &sources)?;
    match (find(CLIENT_SECRET, &sources)?, find(REFRESH_TOKEN, &sources)?) {
        (Some(client_secret), Some(refresh_token)) => Ok(Credentials {
            client_id,
            client_secret,
            refresh_token,
        }),
        (secret, token) => {
            let missing = [(CLIENT_SECRET, secret.is_none()), (REFRESH_TOKEN, token.is_none())];
            let names = missing
                .into_iter()
                .filter_map(|(name, missing)| missing.then_some(name))
                .collect();
            Err(CredentialsError::Missing { names })
        }
    }
}

struct Source {
    values: BTreeMap<String, Secret>,
    dir: Option<PathBuf>,
}

fn secrets(environment: &BTreeMap<String, String>) -> BTreeMap<String, Secret> {
    let ours = environment.iter().filter(|(name, _)| name.starts_with("TT_"));
    ours.map(|(name, value)| (name.clone(), Secret::from(value.clone())))
        .collect()
}

fn find(name: &str, sources: &[Source]) -> Result<Option<Secret>, CredentialsError> {
    let file_name = format!("{name}_FILE");
    for source in sources {
        if let Some(value) = source.values.get(name).and_then(trimmed) {
            return Ok(Some(value));
        }
        let Some(named) = source.values.get(&file_name).and_then(trimmed) else {
            continue;
        };
        let named = PathBuf::from(named.expose_secret());
        let path = source
            .dir
            .as_ref()
            .map_or_else(|| named.clone(), |dir| dir.join(&named));
        let text = match File::open(&path).and_then(text::read) {
            Ok(text) => Secret::from(text),
            Err(source) => {
                return Err(CredentialsError::File {
                    name: file_name,
                    path,
                    source,
                });
            }
        };
        return trimmed(&text)
            .map(Some)
            .ok_or(CredentialsError::EmptyFile { name: file_name, path });
    }
    Ok(None)
}

fn trimmed(secret: &Secret) -> Option<Secret> {
    let text = secret.expose_secret().trim();
    (!text.is_empty()).then(|| Secret::from(text.to_owned()))
}

const CLIENT_SECRET: &str = "TT_CLIENT_SECRET";
const REFRESH_TOKEN: &str = "TT_REFRESH_TOKEN";
