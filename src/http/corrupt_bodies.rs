//! Bodies of a server that means no good, for the tests of whoever reads bodies.

use proptest::prelude::*;
use proptest::sample::Index;

/// What takes the place of a piece of a sound body.
const POISON: &[&str] = &[
    "",
    "null",
    "true",
    "-1",
    "1e400",
    "1e-400",
    "-1e308",
    "9223372036854775807",
    "18446744073709551616",
    "\"9223372036854775807\"",
    "\"-9223372036854775808\"",
    "\"-9999-01-02T01:59:59Z\"",
    "\"9999-12-30T22:00:00Z\"",
    "\"9999-12-31\"",
    "\"\\u001b[2J\\u202e\"",
    "\"\\ud800\"",
    "[",
    "]",
    "{",
    "}",
    "{\"a\":[[[[]]]]}",
    ",",
    ":",
    "\u{0}",
    "ü",
];

/// One of `samples` with up to five pieces cut out and others put in: whole values between two marks, so that what
/// comes out is often JSON, or bytes anywhere.
pub(crate) fn corrupt_bodies(samples: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let wounds = proptest::collection::vec((any::<Index>(), any::<bool>(), 0usize..30, 0..POISON.len()), 0..6);
    (prop::sample::select(samples), wounds).prop_map(|(sample, wounds)| {
        wounds
            .into_iter()
            .fold(sample, |mut body, (at, value, length, poison)| {
                let at = at.index(body.len() + 1);
                let cut = if value {
                    value_near(&body, at)
                } else {
                    at..(at + length).min(body.len())
                };
                body.splice(cut, POISON[poison].bytes());
                body
            })
    })
}

/// Where the value of the next key after `at` stands.
fn value_near(body: &[u8], at: usize) -> std::ops::Range<usize> {
    let colon = body[at..].windows(2).position(|pair| pair == b"\":");
    let start = colon.map_or(body.len(), |colon| at + colon + 2);
    let length = body[start..]
        .iter()
        .position(|byte| matches!(byte, b',' | b'}' | b']' | b'\n'));
    start..length.map_or(body.len(), |length| start + length)
}
