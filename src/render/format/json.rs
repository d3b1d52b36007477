//! One object, indented; of several documents one a line.

use std::io;

use super::{Document, How};

pub(super) const HOLDS_REMARKS: bool = true;

pub(super) fn write(document: &impl Document, how: How, out: &mut impl io::Write) -> io::Result<()> {
    match how.turn {
        None => serde_json::to_writer_pretty(&mut *out, &document.value()),
        Some(_) => serde_json::to_writer(&mut *out, &document.value()),
    }?;
    out.write_all(b"\n")
}
