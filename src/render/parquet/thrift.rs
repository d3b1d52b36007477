//! Thrift's compact protocol, as much of it as a Parquet footer needs: structs of integers, texts, lists and structs, whose
//! fields come in ascending order.

/// The fields of one struct on their way into bytes.
pub(super) struct Fields<'a> {
    out: &'a mut Vec<u8>,
    last: u8,
}

/// Appends a struct with what `write` puts into it.
pub(super) fn put_struct(out: &mut Vec<u8>, write: impl FnOnce(&mut Fields<'_>)) {
    let mut fields = Fields { out, last: 0 };
    write(&mut fields);
    out.push(STOP);
}

impl Fields<'_> {
    /// A 32-bit integer or the number of an enum's word.
    pub(super) fn int(&mut self, id: u8, value: i32) {
        self.begin(id, I32);
        put_zigzag(self.out, value.into());
    }

    /// A 64-bit integer.
    pub(super) fn long(&mut self, id: u8, value: i64) {
        self.begin(id, I64);
        put_zigzag(self.out, value);
    }

    /// A text.
    pub(super) fn text(&mut self, id: u8, text: &str) {
        self.begin(id, BINARY);
        put_text(self.out, text);
    }

    /// A struct.
    pub(super) fn nested(&mut self, id: u8, write: impl FnOnce(&mut Fields<'_>)) {
        self.begin(id, STRUCT);
        put_struct(self.out, write);
    }

    /// A list of numbers of an enum's words.
    pub(super) fn ints(&mut self, id: u8, values: &[i32]) {
        self.list(id, I32, values.len());
        values.iter().for_each(|value| put_zigzag(self.out, (*value).into()));
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, id: u8, texts: &[&str]) {
        self.list(id, BINARY, texts.len());
        texts.iter().for_each(|text| put_text(self.out, text));
    }

    /// A list of structs, each with what `write` puts into it.
    pub(super) fn structs<T>(&mut self, id: u8, items: &[T], write: impl Fn(&mut Fields<'_>, &T)) {
        self.list(id, STRUCT, items.len());
        for item in items {
            put_struct(self.out, |fields| write(fields, item));
        }
    }

    fn list(&mut self, id: u8, of: u8, len: usize) {
        self.begin(id, LIST);
        match u8::try_from(len) {
            Ok(short @ 0..15) => self.out.push(short << 4 | of),
            Ok(_) | Err(_) => {
                self.out.push(0xf0 | of);
                put_varint(self.out, len as u64);
            }
        }
    }

    /// No struct of a footer leaves out more than 15 fields in a row, so the step always fits.
    fn begin(&mut self, id: u8, kind: u8) {
        self.out.push((id - self.last) << 4 | kind);
        self.last = id;
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_varint(out, text.len() as u64);
    out.extend(text.as_bytes());
}

fn put_zigzag(out: &mut Vec<u8>, value: i64) {
    put_varint(out, (value << 1 ^ value >> 63).cast_unsigned());
}

/// Seven bits a byte, the lowest first.
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

const STOP: u8 = 0;
const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;
