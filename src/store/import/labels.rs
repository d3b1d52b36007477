//! What an export says about its values beside the values: who gave each, when, and how it was made.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::fault::EntryFault;
use crate::market::{Field, Source};

/// The labels of the values of one line, by field.
#[derive(Debug, Default)]
pub(super) struct Labels {
    /// Who gave it.
    pub(super) sources: BTreeMap<Field, String>,
    /// The moment it describes.
    pub(super) moments: BTreeMap<Field, Timestamp>,
    /// How it was made.
    pub(super) methods: BTreeMap<Field, String>,
}

impl Labels {
    /// The labels in the cells `provenance`, `as_of` and `method` of an export, read at `now`.
    pub(super) fn read(sources: &str, moments: &str, methods: &str, now: Timestamp) -> Result<Self, EntryFault> {
        let mut labels = Self::default();
        for (field, source) in words(sources, "provenance")? {
            if !is_source(source) {
                return Err(EntryFault::Source(field, source.to_owned()));
            }
            labels.sources.insert(field, source.to_owned());
        }
        for (field, moment) in words(moments, "as_of")? {
            let at: Timestamp = moment
                .parse()
                .map_err(|_| EntryFault::Moment(field, moment.to_owned()))?;
            if at > now {
                return Err(EntryFault::Future(field, moment.to_owned()));
            }
            labels.moments.insert(field, at);
        }
        let mut last: Option<Field> = None;
        for part in methods.split(BETWEEN).filter(|_| !methods.is_empty()) {
            match (named(part), last) {
                (Some((field, method)), _) => {
                    labels.methods.insert(field, method.to_owned());
                    last = Some(field);
                }
                // What stands between two methods may stand within one as well.
                (None, Some(field)) => labels.methods.entry(field).or_default().extend([BETWEEN, part]),
                (None, None) => return Err(EntryFault::Method(part.to_owned())),
            }
        }
        Ok(labels)
    }
}

/// The words of a cell, each `field=text`.
fn words<'a>(cell: &'a str, column: &'static str) -> Result<Vec<(Field, &'a str)>, EntryFault> {
    let word = |word: &'a str| named(word).ok_or_else(|| EntryFault::Word(column, word.to_owned()));
    cell.split_whitespace().map(word).collect()
}

fn named(part: &str) -> Option<(Field, &str)> {
    let (name, text) = part.split_once('=')?;
    let field = Field::from_name(name)?;
    Some((field, text))
}

/// Whether `word` may name who gave a value: any source of this or of a later version, but not the store, which gives nothing
/// anew.
fn is_source(word: &str) -> bool {
    let of_a_name = |letter: char| letter.is_ascii_lowercase() || letter == '-';
    !word.is_empty() && word.chars().all(of_a_name) && word != Source::Store.name()
}

/// Stands between two methods.
const BETWEEN: &str = "; ";
