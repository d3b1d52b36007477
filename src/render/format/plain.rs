//! A header and one row a line, tab separated.

use std::io;

use super::{Document, How};

pub(super) const HOLDS_REMARKS: bool = false;

pub(super) fn write(document: &impl Document, how: How, out: &mut impl io::Write) -> io::Result<()> {
    let mut records = how.records(document)?;
    records.try_for_each(|cells| writeln!(out, "{}", cells?.join("\t")))
}
