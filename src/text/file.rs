//! Files of the user, whichever program wrote them.

use std::io::{self, Read};

/// Why bytes are no text. Bytes count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// They have no byte order mark of UTF-16 and are not UTF-8.
    #[error("it is not UTF-8 text, from byte {0} on")]
    Utf8(usize),
    /// They have a byte order mark of UTF-16 and are not UTF-16.
    #[error("it is not UTF-16 text, from byte {0} on")]
    Utf16(usize),
}

/// What `source` says to its end, as [`decode`] reads it.
///
/// # Errors
///
/// That of the source; of the kind `InvalidData` with a [`TextError`] where it holds no text.
pub fn read(mut source: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes)?;
    decode(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The text of `bytes`: UTF-8 with or without a byte order mark, or UTF-16 with one. The mark is left out and every line
/// end, also that of Windows and of the old Macintosh, is a line feed.
///
/// # Errors
///
/// [`TextError`] names the first byte that is none of a text.
pub fn decode(bytes: &[u8]) -> Result<String, TextError> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        _ => std::str::from_utf8(bytes)
            .map_err(|error| TextError::Utf8(error.valid_up_to()))?
            .to_owned(),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// The text behind a byte order mark of two bytes.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, TextError> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = String::new();
    let mut at = MARK;
    for letter in char::decode_utf16(pairs.iter().copied().map(unit)) {
        let letter = letter.map_err(|_| TextError::Utf16(at))?;
        at += 2 * letter.len_utf16();
        text.push(letter);
    }
    if odd.is_empty() {
        Ok(text)
    } else {
        Err(TextError::Utf16(at))
    }
}

/// Bytes of the mark.
const MARK: usize = 2;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utf16_of(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        "\u{feff}"
            .encode_utf16()
            .chain(text.encode_utf16())
            .flat_map(bytes)
            .collect()
    }

    #[test]
    fn bytes_that_are_no_text_are_named() {
        assert_eq!(decode(b"SPY\xe9\n"), Err(TextError::Utf8(3)));
        assert_eq!(decode(b"\xff\xfeA\0B"), Err(TextError::Utf16(4)));
        assert_eq!(decode(b"\xfe\xff\0A\xd8\0\0B"), Err(TextError::Utf16(4)));
        let error = read(&b"A\xff"[..]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(error.to_string(), "it is not UTF-8 text, from byte 1 on");
    }

    #[test]
    fn every_line_end_is_a_line_feed() {
        assert_eq!(decode(b"a\r\nb\rc\n\r\n").unwrap(), "a\nb\nc\n\n");
        assert_eq!(decode(b"").unwrap(), "");
    }

    proptest! {
        #[test]
        fn a_text_is_the_same_in_every_encoding(text in "[^\r\u{feff}]*") {
            for bytes in [
                text.clone().into_bytes(),
                format!("\u{feff}{text}").into_bytes(),
                utf16_of(&text, u16::to_le_bytes),
                utf16_of(&text, u16::to_be_bytes),
            ] {
                prop_assert_eq!(decode(&bytes), Ok(text.clone()));
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic_and_errors_lie_within(bytes in any::<Vec<u8>>()) {
            if let Err(TextError::Utf8(at) | TextError::Utf16(at)) = decode(&bytes) {
                prop_assert!(at < bytes.len());
            }
        }
    }
}
