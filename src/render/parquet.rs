//! Parquet files: columns of texts, days and numbers, in which any cell may be empty.
//!
//! Plain encoding, no compression, one page for each column of a row group, as the Parquet format's own description
//! (`parquet.thrift`, version 2.9) has it. The official library would cost ten more crates and half a minute of building.

mod thrift;

use std::io;

use jiff::civil::{Date, date};

use thrift::{Fields, put_struct, put_varint};

/// A column and its cells.
pub(super) struct Column {
    /// Its name.
    pub(super) name: &'static str,
    /// What is in it.
    pub(super) cells: Cells,
}

/// The cells of a column from the first row to the last, `None` where there is nothing.
pub(super) enum Cells {
    /// `STRING`.
    Texts(Vec<Option<String>>),
    /// `DATE`.
    Days(Vec<Option<Date>>),
    /// `DOUBLE`.
    Numbers(Vec<Option<f64>>),
}

/// Writes a file of `columns`, which have a cell for each of `rows`, made by the program `created_by`.
///
/// # Errors
/// Whatever `out` fails with; a column of more than 2 GiB within 65,536 rows.
pub(super) fn write(columns: &[Column], rows: usize, created_by: &str, out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(MAGIC)?;
    let mut at = MAGIC.len();
    let mut groups = Vec::new();
    for first in (0..rows).step_by(GROUP) {
        let last = rows.min(first + GROUP);
        let mut chunks = Vec::new();
        for column in columns {
            let page = page(&column.cells, first, last)?;
            out.write_all(&page)?;
            chunks.push(Chunk {
                column,
                at: long(at)?,
                bytes: long(page.len())?,
                rows: long(last - first)?,
            });
            at += page.len();
        }
        groups.push(chunks);
    }
    let mut footer = Vec::new();
    let rows = long(rows)?;
    let children = int(columns.len())?;
    put_struct(&mut footer, |file| {
        file.int(1, VERSION);
        let root = None;
        let elements: Vec<Option<&Column>> = [root].into_iter().chain(columns.iter().map(Some)).collect();
        file.structs(2, &elements, |element, column| match column {
            None => {
                element.text(4, "schema");
                element.int(5, children);
            }
            Some(column) => describe(element, column),
        });
        file.long(3, rows);
        file.structs(4, &groups, |group, chunks| {
            group.structs(1, chunks, |chunk, of| {
                chunk.long(2, 0);
                chunk.nested(3, |meta| of.describe(meta));
            });
            group.long(2, chunks.iter().map(|chunk| chunk.bytes).sum());
            group.long(3, chunks.first().map_or(0, |chunk| chunk.rows));
        });
        file.text(6, created_by);
    });
    out.write_all(&footer)?;
    out.write_all(&int(footer.len())?.to_le_bytes())?;
    out.write_all(MAGIC)
}

/// A column within a row group.
struct Chunk<'a> {
    column: &'a Column,
    /// Where its page begins.
    at: i64,
    bytes: i64,
    rows: i64,
}

impl Chunk<'_> {
    fn describe(&self, meta: &mut Fields<'_>) {
        meta.int(1, self.column.cells.physical());
        meta.ints(2, &[PLAIN, RLE]);
        meta.texts(3, &[self.column.name]);
        meta.int(4, UNCOMPRESSED);
        meta.long(5, self.rows);
        meta.long(6, self.bytes);
        meta.long(7, self.bytes);
        meta.long(9, self.at);
    }
}

fn describe(element: &mut Fields<'_>, column: &Column) {
    element.int(1, column.cells.physical());
    element.int(3, OPTIONAL);
    element.text(4, column.name);
    // The type's meaning twice, for readers from before there were logical types.
    match column.cells {
        Cells::Texts(_) => {
            element.int(6, UTF8);
            element.nested(10, |logical| logical.nested(STRING, |_| ()));
        }
        Cells::Days(_) => {
            element.int(6, CONVERTED_DATE);
            element.nested(10, |logical| logical.nested(DATE, |_| ()));
        }
        Cells::Numbers(_) => {}
    }
}

impl Cells {
    fn physical(&self) -> i32 {
        match self {
            Self::Texts(_) => BYTE_ARRAY,
            Self::Days(_) => INT32,
            Self::Numbers(_) => DOUBLE,
        }
    }
}

/// The page of rows from `first` to before `last`: its header, which cells are there, and these.
fn page(cells: &Cells, first: usize, last: usize) -> io::Result<Vec<u8>> {
    let mut levels = Vec::new();
    let mut values = Vec::new();
    match cells {
        Cells::Texts(texts) => each(texts, first, last, &mut levels, |text| {
            values.extend(int(text.len())?.to_le_bytes());
            values.extend(text.as_bytes());
            Ok(())
        }),
        Cells::Days(days) => each(days, first, last, &mut levels, |day| {
            let since = EPOCH.duration_until(*day).as_hours() / 24;
            values.extend(i32::try_from(since).map_err(too_large)?.to_le_bytes());
            Ok(())
        }),
        Cells::Numbers(numbers) => each(numbers, first, last, &mut levels, |number| {
            values.extend(number.to_le_bytes());
            Ok(())
        }),
    }?;
    let rows = int(last - first)?;
    let size = int(LENGTH + levels.len() + values.len())?;
    let mut page = Vec::new();
    put_struct(&mut page, |header| {
        header.int(1, DATA_PAGE);
        header.int(2, size);
        header.int(3, size);
        header.nested(5, |data| {
            data.int(1, rows);
            data.int(2, PLAIN);
            data.int(3, RLE);
            data.int(4, RLE);
        });
    });
    page.extend(int(levels.len())?.to_le_bytes());
    page.extend(levels);
    page.extend(values);
    Ok(page)
}

/// Puts each cell that is there, and into `levels` the runs of those that are and are not.
fn each<T>(
    cells: &[Option<T>],
    first: usize,
    last: usize,
    levels: &mut Vec<u8>,
    mut put: impl FnMut(&T) -> io::Result<()>,
) -> io::Result<()> {
    let cells = cells.get(first..last).ok_or_else(|| too_large("a column is short"))?;
    for run in cells.chunk_by(|one, next| one.is_some() == next.is_some()) {
        put_varint(levels, (run.len() as u64) << 1);
        levels.push(u8::from(run.first().is_some_and(Option::is_some)));
        run.iter().flatten().try_for_each(&mut put)?;
    }
    Ok(())
}

fn int(len: usize) -> io::Result<i32> {
    i32::try_from(len).map_err(too_large)
}

fn long(len: usize) -> io::Result<i64> {
    i64::try_from(len).map_err(too_large)
}

fn too_large(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

const MAGIC: &[u8] = b"PAR1";
const VERSION: i32 = 1;
const EPOCH: Date = date(1970, 1, 1);
/// Rows of a group.
const GROUP: usize = 65_536;
/// Bytes of the length before the levels.
const LENGTH: usize = 4;

/// `Type`.
const INT32: i32 = 1;
const DOUBLE: i32 = 5;
const BYTE_ARRAY: i32 = 6;
/// `FieldRepetitionType`.
const OPTIONAL: i32 = 1;
/// `ConvertedType`.
const UTF8: i32 = 0;
const CONVERTED_DATE: i32 = 6;
/// Fields of `LogicalType`.
const STRING: u8 = 1;
const DATE: u8 = 6;
/// `Encoding`.
const PLAIN: i32 = 0;
const RLE: i32 = 3;
/// `CompressionCodec`.
const UNCOMPRESSED: i32 = 0;
/// `PageType`.
const DATA_PAGE: i32 = 0;

#[cfg(test)]
mod tests;
