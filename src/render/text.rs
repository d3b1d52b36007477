//! Texts on their way to a terminal or a file.

use jiff::Timestamp;

use crate::market::Attempt;
use crate::text::printable;

/// What can be printed of `text`.
pub(super) fn clean(text: &str) -> String {
    printable(text).collect()
}

/// Every attempt in words: `rest: null; dxlink-candles: 12 bars`.
pub(super) fn tried(attempts: &[Attempt]) -> String {
    if attempts.is_empty() {
        return "nothing was tried".to_owned();
    }
    let words = |attempt: &Attempt| format!("{}: {}", attempt.source.name(), clean(&attempt.reason.to_string()));
    attempts.iter().map(words).collect::<Vec<_>>().join("; ")
}

/// RFC 3339 in UTC with milliseconds.
pub(super) fn millis(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// `text` in lines of at most `width` columns, broken at spaces, later lines indented by two; a longer word stands alone.
pub(super) fn wrapped(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    let mut lines = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used == 0 {
            used = length;
        } else if used + 1 + length <= width {
            lines.push(' ');
            used += 1 + length;
        } else {
            lines.push_str("\n  ");
            used = 2 + length;
        }
        lines.push_str(word);
    }
    lines
}

/// `text` cut to `longest` characters, with an ellipsis where something is lost.
pub(super) fn cut(text: &str, longest: usize) -> String {
    let text = clean(text);
    if text.chars().count() <= longest {
        return text;
    }
    text.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}

/// What is said by the same text, in the order of the first of it, each name once.
pub(super) fn together<T: PartialEq>(said: impl IntoIterator<Item = (String, T)>) -> Vec<(String, Vec<T>)> {
    let mut groups: Vec<(String, Vec<T>)> = Vec::new();
    for (text, name) in said {
        match groups.iter_mut().find(|(known, _)| *known == text) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => groups.push((text, vec![name])),
        }
    }
    groups
}
