//! Layers: values of the file, the environment and the flags over the defaults, each remembered with its place.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use super::error::{Place, Problem};
use super::locate::Leaf;
use super::{Config, check, known};

/// Where an effective value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// This configuration file.
    File(PathBuf),
    /// This environment variable.
    Env(String),
    /// This flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Env(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

impl From<&Place> for Origin {
    fn from(place: &Place) -> Self {
        match place {
            Place::File { path, .. } => Self::File(path.clone()),
            Place::Env(name) => Self::Env(name.clone()),
            Place::Flag(name) => Self::Flag(name.clone()),
        }
    }
}

/// The values so far, and who gave those that are not defaults.
#[derive(Debug)]
pub(super) struct Stack {
    tree: Value,
    pub(super) config: Config,
    places: BTreeMap<String, Place>,
}

impl Stack {
    /// Nothing but defaults. `tree` is `config` as JSON.
    pub(super) fn new(config: Config, tree: Value) -> Self {
        Self {
            tree,
            config,
            places: BTreeMap::new(),
        }
    }

    /// Lays `leaves` over what is there. What is wrong with a value is returned, and the value left out.
    pub(super) fn lay(&mut self, leaves: &[Leaf]) -> Vec<Problem> {
        if self.put(leaves).is_ok() {
            return Vec::new();
        }
        let one_by_one = leaves.iter().filter_map(|leaf| {
            let error = self.put(std::slice::from_ref(leaf)).err()?;
            Some(Problem {
                place: leaf.place.clone(),
                key: leaf.path.join("."),
                what: plain(&error.to_string()),
            })
        });
        one_by_one.collect()
    }

    fn put(&mut self, leaves: &[Leaf]) -> Result<(), serde_json::Error> {
        let mut tree = self.tree.clone();
        for leaf in leaves {
            set(&mut tree, &leaf.path, leaf.value.clone());
        }
        self.config = Config::deserialize(&tree)?;
        self.tree = tree;
        let given = leaves.iter().filter(|leaf| !leaf.value.is_object());
        self.places
            .extend(given.map(|leaf| (leaf.path.join("."), leaf.place.clone())));
        Ok(())
    }

    /// What is wrong with the values as a whole: ranges and values that contradict each other. A value that was given is
    /// blamed before one that is a default.
    pub(super) fn faults(&self) -> Vec<Problem> {
        let faults = check::faults(&self.config, &self.tree);
        let blamed = faults.into_iter().filter_map(|fault| {
            let (key, place) = fault
                .keys
                .iter()
                .find_map(|key| self.places.get(key).map(|place| (key, place)))?;
            Some(Problem {
                place: place.clone(),
                key: key.clone(),
                what: fault.what,
            })
        });
        blamed.collect()
    }

    /// Who gave each value that is not a default.
    pub(super) fn origins(&self) -> BTreeMap<String, Origin> {
        self.places
            .iter()
            .map(|(key, place)| (key.clone(), Origin::from(place)))
            .collect()
    }
}

/// Every leaf of `tree` with its path. Lists are leaves.
pub(super) fn flatten(tree: &Value) -> Vec<(Vec<String>, &Value)> {
    fn walk<'a>(value: &'a Value, path: &mut Vec<String>, out: &mut Vec<(Vec<String>, &'a Value)>) {
        match value {
            Value::Object(object) => {
                for (name, value) in object {
                    path.push(name.clone());
                    walk(value, path, out);
                    path.pop();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                out.push((path.clone(), value));
            }
        }
    }
    let mut out = Vec::new();
    walk(tree, &mut Vec::new(), &mut out);
    out
}

fn set(tree: &mut Value, path: &[String], value: Value) {
    let mut at = tree;
    for (depth, name) in path.iter().enumerate() {
        let Value::Object(object) = at else { return };
        let parent = path.get(..depth).unwrap_or_default();
        at = object.entry(name.clone()).or_insert_with(|| known::template(parent));
    }
    *at = value;
}

fn plain(error: &str) -> String {
    let words = [
        ("a boolean", "true or false"),
        ("f64", "a number"),
        ("u32", WHOLE),
        ("u16", WHOLE),
        ("usize", WHOLE),
    ];
    let (found, expected) = error.rsplit_once("expected ").unwrap_or((error, ""));
    if expected.is_empty() {
        return error.to_owned();
    }
    let expected = words
        .iter()
        .find(|(rust, _)| *rust == expected)
        .map_or(expected, |(_, word)| word);
    let expected = if expected == "i64" { "a whole number" } else { expected };
    format!("{found}expected {expected}")
}

const WHOLE: &str = "a whole number that is not negative";
