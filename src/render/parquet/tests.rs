use std::collections::BTreeMap;

use super::*;
use crate::instrument::Symbol;
use crate::market::{Field, Mode, PastDay, StoredValue};
use crate::render::{Format, History, Style};

fn texts(cells: &[Option<&str>]) -> Cells {
    Cells::Texts(cells.iter().map(|cell| cell.map(str::to_owned)).collect())
}

fn file(columns: &[Column], rows: usize) -> Vec<u8> {
    let mut file = Vec::new();
    write(columns, rows, "me", &mut file).unwrap();
    file
}

#[test]
fn a_small_file_is_pinned_to_the_byte() {
    let columns = [
        Column {
            name: "s",
            cells: texts(&[Some("/ES"), None, Some("é")]),
        },
        Column {
            name: "d",
            cells: Cells::Days(vec![Some(date(2026, 11, 20)), Some(date(1969, 12, 31)), None]),
        },
        Column {
            name: "x",
            cells: Cells::Numbers(vec![None, None, Some(0.5)]),
        },
    ];
    assert_eq!(file(&columns, 3), PINNED.concat());
}

#[test]
fn what_is_written_is_read_by_the_letter_of_the_format() {
    let rows = GROUP + 3;
    let number = |row: usize| (!row.is_multiple_of(3)).then(|| f64::from(u32::try_from(row).unwrap()) / 8.0 - 1.0);
    let text = |row: usize| (row % 1000 < 500).then(|| format!("row {row}"));
    let columns: Vec<Column> = (0..17)
        .map(|column| Column {
            name: NAMES[column],
            cells: match column {
                0 => Cells::Texts((0..rows).map(text).collect()),
                1 => Cells::Days(vec![None; rows]),
                _ => Cells::Numbers((0..rows).map(number).collect()),
            },
        })
        .collect();
    let read = Reader::read(&file(&columns, rows));
    assert_eq!(read.len(), 17);
    let expected = |of: &dyn Fn(usize) -> Option<Vec<u8>>| (0..rows).map(of).collect::<Vec<_>>();
    assert_eq!(read["a"], expected(&|row| text(row).map(String::into_bytes)));
    assert_eq!(read["b"], vec![None; rows]);
    let bytes = |row| number(row).map(|number| number.to_le_bytes().to_vec());
    assert_eq!(read["q"], expected(&bytes));
    assert!(Reader::read(&file(&[], 0)).is_empty());
}

#[test]
fn a_history_has_the_cells_of_its_csv() {
    let kept = |value: f64, source: &str, method: &str| StoredValue {
        value,
        source: source.to_owned(),
        method: method.into(),
        as_of: "2026-11-20T20:58:00Z".parse().unwrap(),
    };
    let day = |symbol: &str, session, values: &[(Field, StoredValue)]| PastDay {
        symbol: Symbol(symbol.into()),
        session,
        values: values.iter().cloned().collect(),
    };
    let days = [
        day(
            "/ES",
            date(2026, 11, 19),
            &[(Field::Price, kept(-37.63, "dxlink", "quote mid"))],
        ),
        day(
            "SPY",
            date(2026, 11, 20),
            &[
                (Field::Iv, kept(0.1834, "rest", "venue's 30-day index")),
                (Field::EarningsDate, kept(20_850.0, "rest", "expected report")),
            ],
        ),
    ];
    let history = History::new(&days, Mode::Live, "2026-11-20T21:30:00Z".parse().unwrap());
    let (mut file, mut text) = (Vec::new(), Vec::new());
    history.parquet(&mut file).unwrap();
    crate::render::write(&history, &Style::default(), Format::Csv, &mut text).unwrap();
    let mut csv = csv::Reader::from_reader(text.as_slice());
    let header = csv.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = csv.records().collect::<Result<_, _>>().unwrap();
    let read = Reader::read(&file);
    assert_eq!(read.len(), header.len());
    for (place, name) in header.iter().enumerate() {
        let bytes = |row: &csv::StringRecord| match row[place].to_owned() {
            cell if cell.is_empty() => None,
            cell if cell.parse::<f64>().is_ok() => Some(cell.parse::<f64>().unwrap().to_le_bytes().to_vec()),
            cell => Some(match cell.parse::<Date>() {
                Ok(day) => i32::try_from(EPOCH.duration_until(day).as_hours() / 24)
                    .unwrap()
                    .to_le_bytes()
                    .into(),
                Err(_) => cell.into_bytes(),
            }),
        };
        let none_is_empty = |cell: &Option<Vec<u8>>| cell.clone().filter(|cell| !cell.is_empty());
        let cells: Vec<_> = read[name].iter().map(none_is_empty).collect();
        assert_eq!(cells, rows.iter().map(bytes).collect::<Vec<_>>(), "{name}");
    }
    assert_eq!(read["earnings_date"][1], Some(20_850_i32.to_le_bytes().to_vec()));
}

const NAMES: [&str; 17] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q",
];

/// A value of the compact protocol; fields of a struct by their number.
#[derive(Debug)]
enum Thrift {
    Int(i64),
    Bytes(Vec<u8>),
    List(Vec<Self>),
    Struct(BTreeMap<u8, Self>),
}

impl Thrift {
    fn at(&self, id: u8) -> &Self {
        let Self::Struct(fields) = self else {
            panic!("{self:?} is no struct")
        };
        &fields[&id]
    }

    fn int(&self, id: u8) -> i64 {
        let Self::Int(int) = self.at(id) else {
            panic!("{self:?} has no integer {id}")
        };
        *int
    }

    fn size(&self, id: u8) -> usize {
        self.int(id).try_into().unwrap()
    }

    fn list(&self, id: u8) -> &[Self] {
        let Self::List(list) = self.at(id) else {
            panic!("{self:?} has no list {id}")
        };
        list
    }
}

/// A reader that knows the format and not the writer.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The cells of each column as bytes.
    fn read(file: &[u8]) -> BTreeMap<String, Vec<Option<Vec<u8>>>> {
        assert_eq!((&file[..4], &file[file.len() - 4..]), (&b"PAR1"[..], &b"PAR1"[..]));
        let end = file.len() - 8;
        let footer = Reader(&file[end..]).length();
        let mut reader = Reader(&file[end - footer..end]);
        let footer = reader.thrift(12);
        assert!(reader.0.is_empty(), "the footer is as long as it says");
        let mut columns: BTreeMap<String, Vec<Option<Vec<u8>>>> = BTreeMap::new();
        assert_eq!(footer.list(2)[0].size(5), footer.list(2).len() - 1);
        for group in footer.list(4) {
            for (chunk, element) in group.list(1).iter().zip(&footer.list(2)[1..]) {
                let meta = chunk.at(3);
                let Thrift::Bytes(name) = element.at(4) else { panic!() };
                let cells = columns.entry(String::from_utf8(name.clone()).unwrap()).or_default();
                let before = cells.len();
                let at = meta.size(9);
                let page = &file[at..at + meta.size(7)];
                assert_eq!(meta.int(1), element.int(1));
                Reader(page).page(meta.int(1), cells);
                assert_eq!(cells.len() - before, meta.size(5));
                assert_eq!(meta.int(5), group.int(3));
            }
        }
        assert!(columns.values().all(|cells| cells.len() == footer.size(3)));
        columns
    }

    fn page(&mut self, physical: i64, cells: &mut Vec<Option<Vec<u8>>>) {
        let header = self.thrift(12);
        assert_eq!(header.size(3), self.0.len(), "the page is as long as it says");
        let levels = self.length();
        let mut levels = Reader(self.take(levels));
        let mut left = header.at(5).size(1);
        while left > 0 {
            let run = levels.long();
            assert_eq!(run & 1, 0, "a run");
            let there = levels.take(1)[0];
            for _ in 0..run >> 1 {
                let length = match physical {
                    _ if there == 0 => 0,
                    1 => 4,
                    5 => 8,
                    _ => self.length(),
                };
                cells.push((there == 1).then(|| self.take(length).to_vec()));
            }
            left -= run >> 1;
        }
        assert!(self.0.is_empty() && levels.0.is_empty() && left == 0);
    }

    fn thrift(&mut self, kind: u8) -> Thrift {
        match kind {
            5 | 6 => {
                let zigzag = self.varint();
                Thrift::Int((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
            }
            8 => {
                let length = self.long();
                Thrift::Bytes(self.take(length).to_vec())
            }
            9 => {
                let header = self.take(1)[0];
                let size = match header >> 4 {
                    15 => self.long(),
                    short => usize::from(short),
                };
                Thrift::List((0..size).map(|_| self.thrift(header & 15)).collect())
            }
            12 => {
                let mut fields = BTreeMap::new();
                let mut id = 0;
                loop {
                    let header = self.take(1)[0];
                    if header == 0 {
                        return Thrift::Struct(fields);
                    }
                    id += header >> 4;
                    fields.insert(id, self.thrift(header & 15));
                }
            }
            other => panic!("type {other}"),
        }
    }

    fn varint(&mut self) -> u64 {
        let mut value = 0;
        for place in 0.. {
            let byte = self.take(1)[0];
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                break;
            }
        }
        value
    }

    fn long(&mut self) -> usize {
        self.varint().try_into().unwrap()
    }

    fn length(&mut self) -> usize {
        u32::from_le_bytes(self.take(4).try_into().unwrap()).try_into().unwrap()
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }
}

/// Spelled out by hand from `parquet.thrift`.
const PINNED: [&[u8]; 18] = [
    b"PAR1",
    b"\x15\x00\x15\x2e\x15\x2e\x2c\x15\x06\x15\x00\x15\x06\x15\x06\x00\x00", // data page of 23 bytes, three values, plain
    b"\x06\x00\x00\x00\x02\x01\x02\x00\x02\x01\x03\x00\x00\x00/ES\x02\x00\x00\x00\xc3\xa9", // there, absent, there
    b"\x15\x00\x15\x20\x15\x20\x2c\x15\x06\x15\x00\x15\x06\x15\x06\x00\x00", // data page of 16 bytes
    b"\x04\x00\x00\x00\x04\x01\x02\x00\x29\x51\x00\x00\xff\xff\xff\xff",     // two there, one absent; 20777 and -1 days
    b"\x15\x00\x15\x20\x15\x20\x2c\x15\x06\x15\x00\x15\x06\x15\x06\x00\x00",
    b"\x04\x00\x00\x00\x04\x00\x02\x01\x00\x00\x00\x00\x00\x00\xe0\x3f", // two absent, one there; 0.5
    b"\x15\x02\x19\x4c\x48\x06schema\x15\x06\x00", // version 1, four elements, the root with three children
    b"\x15\x0c\x25\x02\x18\x01s\x25\x00\x4c\x1c\x00\x00\x00", // BYTE_ARRAY, OPTIONAL, s, UTF8, STRING
    b"\x15\x02\x25\x02\x18\x01d\x25\x0c\x4c\x6c\x00\x00\x00", // INT32, OPTIONAL, d, DATE, DATE
    b"\x15\x0a\x25\x02\x18\x01x\x00",              // DOUBLE, OPTIONAL, x
    b"\x16\x06\x19\x1c\x19\x3c",                   // three rows, one group of three chunks
    b"\x26\x00\x1c\x15\x0c\x19\x25\x00\x06\x19\x18\x01s\x15\x00\x16\x06\x16\x50\x16\x50\x26\x08\x00\x00", // 40 bytes at 4
    b"\x26\x00\x1c\x15\x02\x19\x25\x00\x06\x19\x18\x01d\x15\x00\x16\x06\x16\x42\x16\x42\x26\x58\x00\x00", // 33 bytes at 44
    b"\x26\x00\x1c\x15\x0a\x19\x25\x00\x06\x19\x18\x01x\x15\x00\x16\x06\x16\x42\x16\x42\x26\x9a\x01\x00\x00", // 33 bytes at 77
    b"\x16\xd4\x01\x16\x06\x00\x28\x02me\x00", // 106 bytes, three rows; by me
    b"\x90\x00\x00\x00",                       // the footer has 144 bytes
    b"PAR1",
];
