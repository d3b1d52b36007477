//! A header and one row a line, comma separated.

use std::io;

use super::{Document, How};

pub(super) const HOLDS_REMARKS: bool = false;

pub(super) fn write(document: &impl Document, how: How, out: &mut impl io::Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    for cells in how.records(document)? {
        writer.write_record(cells?)?;
    }
    writer.flush()
}
