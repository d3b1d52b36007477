//! Texts from outside, of a server, a file, the command line: what may be printed of them, and how a file is read.
//!
//! It does not shorten, fold blanks or take markup out; who prints a text does that.

mod file;
mod words;

pub use file::{TextError, decode, read};

/// Whether `letter` could steer a terminal, hide, or turn the direction of writing.
pub fn is_unprintable(letter: char) -> bool {
    let steers = matches!(
        letter,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    letter.is_control() || steers
}

/// The letters of `text` that can be printed.
pub fn printable(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|letter| !is_unprintable(*letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_hides_or_turns_is_left() {
        let text = "a\u{1b}[31mb\r\nc\t\u{202e}d\u{feff}e\u{200b}f\u{2066}g\u{61c}h\u{2028}i";
        assert_eq!(printable(text).collect::<String>(), "a[31mbcdefghi");
    }

    #[test]
    fn letters_of_every_script_stay() {
        let text = "Crédit 日経 עברית ½ — …";
        assert_eq!(printable(text).collect::<String>(), text);
    }
}
