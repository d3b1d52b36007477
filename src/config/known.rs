//! Which keys exist: those of the defaults, and any name in the maps that users may extend.

use serde_json::Value;

use crate::screen::Profile;

/// Whether the object at `path` takes names of the user's own.
pub(super) fn is_open(path: &[String]) -> bool {
    is(path, PROFILES) || is_by_symbol(path)
}

/// `name` as it is kept in the object at `path`: profiles in lower case, symbols in upper case.
pub(super) fn canonical(path: &[String], name: &str) -> String {
    if is(path, PROFILES) {
        name.trim().to_lowercase()
    } else if is_by_symbol(path) {
        name.trim().to_uppercase()
    } else {
        name.to_owned()
    }
}

/// What a new name in the open object at `path` starts from.
pub(super) fn template(path: &[String]) -> Value {
    if is(path, PROFILES) {
        serde_json::to_value(Profile::default()).unwrap_or(Value::Null)
    } else {
        Value::String(String::new())
    }
}

/// What is wrong with a user's own `name` in the open object at `path`, if anything.
pub(super) fn bad_name(path: &[String], name: &str) -> Option<&'static str> {
    let profile = is(path, PROFILES);
    let sound = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if profile && (name.is_empty() || !name.chars().all(sound)) {
        return Some("a profile is named with letters, digits, `_` and `-`");
    }
    let sound = |c: char| c.is_ascii_alphanumeric() || c == '/';
    if !profile && (name.is_empty() || !name.chars().all(sound)) {
        return Some("not a symbol; futures go by their root, /ES");
    }
    None
}

/// The known key most like the unknown one at `path`, written as a path.
pub(super) fn nearest(defaults: &Value, path: &[String]) -> Option<String> {
    let mut candidates = Vec::new();
    keys(defaults, &mut Vec::new(), &mut candidates);
    if let Some((_, parent)) = path.split_last()
        && let Some((_, grandparent)) = parent.split_last()
        && is(grandparent, PROFILES)
    {
        keys(&template(grandparent), &mut parent.to_vec(), &mut candidates);
    }
    let wanted = path.join(".");
    let score = |candidate: &[String]| {
        if candidate.last() == path.last() {
            1.0
        } else {
            strsim::normalized_damerau_levenshtein(&candidate.join("."), &wanted)
        }
    };
    let scored = candidates.iter().map(|candidate| (score(candidate), candidate));
    let (score, best) = scored.max_by(|(a, x), (b, y)| a.total_cmp(b).then_with(|| y.cmp(x)))?;
    (score >= LIKE).then(|| best.join("."))
}

/// Whether `path` is the dotted `pattern`, in which `*` stands for any one name.
pub(super) fn matches(path: &[String], pattern: &str) -> bool {
    let mut names = path.iter();
    pattern
        .split('.')
        .all(|part| names.next().is_some_and(|name| part == "*" || part == name))
        && names.next().is_none()
}

fn keys(value: &Value, path: &mut Vec<String>, out: &mut Vec<Vec<String>>) {
    let Value::Object(object) = value else { return };
    if is_by_symbol(path) {
        return;
    }
    for (name, value) in object {
        path.push(name.clone());
        out.push(path.clone());
        keys(value, path, out);
        path.pop();
    }
}

fn is_by_symbol(path: &[String]) -> bool {
    BY_SYMBOL.iter().any(|map| is(path, map))
}

fn is(path: &[String], dotted: &str) -> bool {
    matches(path, dotted)
}

const PROFILES: &str = "screener.profiles";
const BY_SYMBOL: [&str; 2] = ["universe.asset_classes", "universe.proxies"];
const LIKE: f64 = 0.6;
