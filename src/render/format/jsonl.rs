//! One object a line.

use std::io;

use super::{Document, How};

pub(super) const HOLDS_REMARKS: bool = true;

pub(super) fn write(document: &impl Document, _: How, out: &mut impl io::Write) -> io::Result<()> {
    document.lines()?.try_for_each(|line| writeln!(out, "{}", line?))
}
