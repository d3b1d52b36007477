//! Takes secrets out of what is about to be written.

use serde_json::Value;

/// What stands in place of a secret.
pub(super) const MASK: &str = "[secret]";

/// A text this short is no secret but a word of a rehearsal, and may stand anywhere.
const SHORTEST: usize = 8;

/// A part of a secret that is a secret by itself.
const LONG_RUN: usize = 16;

/// The secrets that are known so far, each in every spelling a wire may give it, the longest first.
#[derive(Debug, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Adds a secret.
    pub(super) fn learn(&mut self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let quoted = serde_json::to_string(secret).unwrap_or_default();
        let spellings = [
            secret.to_owned(),
            quoted.trim_matches('"').to_owned(),
            secret.replace('/', "\\/"),
            url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        ];
        // No wire spells these otherwise, whatever it does with the rest.
        let runs = secret.split(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')));
        let runs = runs.filter(|run| run.len() >= LONG_RUN).map(str::to_owned);
        for spelling in spellings.into_iter().chain(runs) {
            if !self.0.contains(&spelling) {
                self.0.push(spelling);
            }
        }
        self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// `text` without any known secret.
    pub(super) fn masked(&self, text: &str) -> String {
        let known = self.0.iter().filter(|secret| text.contains(secret.as_str()));
        known.fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
    }

    /// Masks every text in `value`.
    pub(super) fn mask(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.masked(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask(item)),
            Value::Object(entries) => entries.values_mut().for_each(|entry| self.mask(entry)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Masks the values of all keys in `value` that speak of a token or a secret, and gives back what they were.
pub(super) fn confide(value: &mut Value) -> Vec<String> {
    let mut found = Vec::new();
    match value {
        Value::Object(entries) => {
            for (key, entry) in entries {
                let key = key.to_ascii_lowercase();
                match entry {
                    Value::String(text) if key.contains("token") || key.contains("secret") => {
                        found.push(std::mem::replace(text, MASK.to_owned()));
                    }
                    Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
                    Value::Array(_) | Value::Object(_) => found.extend(confide(entry)),
                }
            }
        }
        Value::Array(items) => found.extend(items.iter_mut().flat_map(confide)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found
}
