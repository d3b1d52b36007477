//! Text on its way out (URLs) and on its way in (messages).

use url::Url;

use crate::text::is_unprintable;

/// `text` of a server as one line for a terminal: without tags, control and direction characters, blanks collapsed, at
/// most 200 characters.
pub fn clean(text: &str) -> String {
    let mut line = String::new();
    let mut kept = 0;
    let mut blank = false;
    let mut tag = false;
    for letter in text.chars() {
        if letter == '<' || tag {
            tag = letter != '>';
            blank = true;
        } else if letter.is_whitespace() || letter.is_control() {
            blank = true;
        } else if !is_unprintable(letter) {
            if kept + usize::from(blank && kept > 0) >= LONGEST {
                line.push('…');
                break;
            }
            if blank && kept > 0 {
                line.push(' ');
                kept += 1;
            }
            blank = false;
            line.push(letter);
            kept += 1;
        }
    }
    line
}

/// `base` with `segments` added to its path, each encoded once, and `query` as it is.
pub fn endpoint(base: &Url, segments: &[&str], query: &str) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url.set_query((!query.is_empty()).then_some(query));
    url
}

/// `value` for a query or a path, percent-encoded once: `/ES` becomes `%2FES`, a blank `%20`.
pub fn encode(value: &str) -> String {
    value
        .bytes()
        .fold(String::with_capacity(value.len()), |mut encoded, byte| {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                encoded.push(char::from(byte));
            } else {
                encoded.push('%');
                for digit in [byte >> 4, byte & 15] {
                    encoded.extend(char::from_digit(u32::from(digit), 16).map(|digit| digit.to_ascii_uppercase()));
                }
            }
            encoded
        })
}

const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_html_page_becomes_its_words() {
        let page = "<html>\n<head><title>502 Bad Gateway</title></head>\n<hr><center>nginx</center>\n</html>";
        assert_eq!(clean(page), "502 Bad Gateway nginx");
    }

    #[test]
    fn a_blank_at_the_cut_makes_the_line_no_longer() {
        for words in [199, 200, 201] {
            let line = clean(&format!("{} x", "y".repeat(words)));
            assert!(line.chars().count() <= LONGEST + 1, "{words}");
        }
    }

    #[test]
    fn escape_sequences_and_direction_marks_do_not_survive() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c\r\nd"), "a [31mbc d");
    }

    #[test]
    fn values_are_encoded_once_and_paths_keep_their_base() {
        assert_eq!(encode("/ES"), "%2FES");
        assert_eq!(encode("SPY   261218C00670000"), "SPY%20%20%20261218C00670000");
        let base = Url::parse("http://127.0.0.1:9/prefix/").expect("a URL");
        let url = endpoint(&base, &["v8", "^VIX"], "symbols=AAPL,%2FES");
        assert_eq!(url.as_str(), "http://127.0.0.1:9/prefix/v8/^VIX?symbols=AAPL,%2FES");
    }

    proptest! {
        #[test]
        fn cleaned_text_is_short_and_printable(text in any::<String>()) {
            let line = clean(&text);
            prop_assert!(line.chars().count() <= LONGEST + 1);
            prop_assert!(!line.chars().any(is_unprintable));
        }
    }
}
