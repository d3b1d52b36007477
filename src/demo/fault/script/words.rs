//! A fault script as words, each with its place, and what single words mean.

use std::{ops::RangeInclusive, str::FromStr, time::Duration};

use super::ScriptError;

/// One word, or one text in quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    /// The text, without quotes.
    pub(super) text: &'a str,
    line: usize,
    column: usize,
    quoted: bool,
}

/// The words of one rule, read from the left.
#[derive(Debug)]
pub(super) struct Clause<'a> {
    words: Vec<Word<'a>>,
    next: usize,
    end: Word<'a>,
}

impl Word<'_> {
    /// The error that this word is.
    pub(super) fn wrong(&self, what: String) -> ScriptError {
        ScriptError {
            line: self.line,
            column: self.column,
            what,
        }
    }

    /// What the parts of this word stand for, which commas separate.
    pub(super) fn one_of_each<T: Copy>(&self, what: &str, known: &[(&str, T)]) -> Result<Vec<T>, ScriptError> {
        let mut meanings = Vec::new();
        let mut column = self.column;
        for part in self.text.split(',') {
            let word = Word {
                text: part,
                column,
                ..*self
            };
            let mut alone = Clause {
                words: vec![word],
                next: 0,
                end: word,
            };
            meanings.push(alone.one_of(what, known)?);
            column += part.chars().count() + 1;
        }
        Ok(meanings)
    }
}

impl<'a> Clause<'a> {
    /// The next word, or the end of the rule.
    pub(super) fn here(&self) -> Word<'a> {
        self.words.get(self.next).copied().unwrap_or(self.end)
    }

    pub(super) fn is_over(&self) -> bool {
        self.next >= self.words.len()
    }

    /// Whether the next word is `text`; then it is taken.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let taken = self
            .words
            .get(self.next)
            .is_some_and(|word| !word.quoted && word.text == text);
        self.next += usize::from(taken);
        taken
    }

    /// The next text if it is in quotes.
    pub(super) fn quoted(&mut self) -> Option<Word<'a>> {
        let word = self.words.get(self.next).copied().filter(|word| word.quoted)?;
        self.next += 1;
        Some(word)
    }

    /// The next word, whatever it is.
    pub(super) fn word(&mut self, wanted: &str) -> Result<Word<'a>, ScriptError> {
        let word = self
            .words
            .get(self.next)
            .copied()
            .filter(|word| word.quoted || word.text != ":");
        let word = word.ok_or_else(|| self.here().wrong(format!("{wanted} is missing")))?;
        self.next += 1;
        Ok(word)
    }

    /// What the next words stand for, the longest known phrase first.
    pub(super) fn one_of<T: Copy>(&mut self, what: &str, known: &[(&str, T)]) -> Result<T, ScriptError> {
        let rest = self.words.get(self.next..).unwrap_or_default();
        let length = |phrase: &str| phrase.split(' ').count();
        let begins_with = |phrase: &str| {
            rest.len() >= length(phrase)
                && phrase
                    .split(' ')
                    .zip(rest)
                    .all(|(part, word)| !word.quoted && word.text == part)
        };
        let found = known
            .iter()
            .filter(|(phrase, _)| begins_with(phrase))
            .max_by_key(|(phrase, _)| length(phrase));
        if let Some((phrase, meaning)) = found {
            self.next += length(phrase);
            return Ok(*meaning);
        }
        let written = |words: usize| {
            let words: Vec<&str> = rest.iter().take(words).map(|word| word.text).collect();
            shortened(&words.join(" "))
        };
        let nearest = known
            .iter()
            .map(|(phrase, _)| {
                let near = strsim::normalized_damerau_levenshtein(&written(length(phrase)), phrase);
                (near, *phrase)
            })
            .min_by(|one, other| other.0.total_cmp(&one.0));
        let here = self.here();
        Err(here.wrong(match nearest {
            Some((near, phrase)) if near >= NEAR => {
                format!("unknown {what} {:?}, did you mean {phrase:?}?", written(length(phrase)))
            }
            Some(_) | None => {
                let phrases: Vec<&str> = known.iter().map(|(phrase, _)| *phrase).collect();
                let found = if rest.is_empty() {
                    "the end".to_owned()
                } else {
                    format!("{:?}", written(1))
                };
                format!("unknown {what}: {found} is none of {}", phrases.join(", "))
            }
        }))
    }

    /// Nothing may follow.
    pub(super) fn end(&self) -> Result<(), ScriptError> {
        if self.is_over() {
            return Ok(());
        }
        let here = self.here();
        Err(here.wrong(format!("the rule should end before {:?}", shortened(here.text))))
    }
}

/// The rules of `script` as words; comments and empty lines are no rules.
pub(super) fn clauses(script: &str) -> Result<Vec<Clause<'_>>, ScriptError> {
    let mut clauses = Vec::new();
    for (line, text) in (1..).zip(script.lines()) {
        let mut words = Vec::new();
        let mut column = 0;
        let mut characters = text.char_indices().peekable();
        let at = |column, text| Word {
            text,
            line,
            column,
            quoted: false,
        };
        while let Some((start, character)) = characters.next() {
            column += 1;
            let first_column = column;
            match character {
                '#' => break,
                ';' => clauses.extend(clause(&mut words, at(column, ""))),
                ':' => words.push(at(column, ":")),
                '"' => {
                    let end = characters
                        .by_ref()
                        .inspect(|_| column += 1)
                        .find(|(_, character)| *character == '"');
                    let inside = end.and_then(|(end, _)| text.get(start + 1..end));
                    let Some(inside) = inside else {
                        return Err(at(first_column, "").wrong("these quotes are never closed".to_owned()));
                    };
                    words.push(Word {
                        quoted: true,
                        ..at(first_column, inside)
                    });
                }
                space if space.is_whitespace() => {}
                _ => {
                    let mut end = start + character.len_utf8();
                    while let Some((place, more)) = characters.next_if(|(_, next)| !ends_word(*next)) {
                        column += 1;
                        end = place + more.len_utf8();
                    }
                    words.push(at(first_column, text.get(start..end).unwrap_or_default()));
                }
            }
        }
        clauses.extend(clause(&mut words, at(column + 1, "")));
    }
    Ok(clauses)
}

fn ends_word(character: char) -> bool {
    character.is_whitespace() || matches!(character, ';' | ':' | '"')
}

fn clause<'a>(words: &mut Vec<Word<'a>>, end: Word<'a>) -> Option<Clause<'a>> {
    (!words.is_empty()).then(|| Clause {
        words: std::mem::take(words),
        next: 0,
        end,
    })
}

/// A whole number from 1.
pub(super) fn positive(word: Word<'_>) -> Result<u64, ScriptError> {
    within(word, "a number", 1..=1_000_000)
}

/// A whole number in `range`.
pub(super) fn within<T>(word: Word<'_>, what: &str, range: RangeInclusive<T>) -> Result<T, ScriptError>
where
    T: FromStr + PartialOrd + std::fmt::Display,
{
    let number = word.text.parse::<T>().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let (text, from, to) = (shortened(word.text), range.start(), range.end());
        word.wrong(format!("{text:?} is not {what} from {from} to {to}"))
    })
}

/// `1st`, `2nd`, `3rd`, `11th`.
pub(super) fn ordinal(word: Word<'_>) -> Result<u64, ScriptError> {
    let digits = word.text.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
    let ending = word.text.get(digits.len()..).unwrap_or_default();
    let number = digits
        .parse::<u64>()
        .ok()
        .filter(|number| (1..=1_000_000).contains(number));
    number
        .filter(|_| matches!(ending, "st" | "nd" | "rd" | "th"))
        .ok_or_else(|| word.wrong(format!("{:?} is not an ordinal such as 2nd", shortened(word.text))))
}

/// `300ms` or `2s`, at most a day.
pub(super) fn duration(word: Word<'_>) -> Result<Duration, ScriptError> {
    let text = word.text;
    let milliseconds = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => number.parse::<u64>().ok(),
        (None, Some(number)) => number.parse::<u64>().ok().and_then(|seconds| seconds.checked_mul(1000)),
        (None, None) => None,
    };
    milliseconds
        .filter(|milliseconds| *milliseconds <= 86_400_000)
        .map(Duration::from_millis)
        .ok_or_else(|| word.wrong(format!("{:?} is not a time such as 300ms or 2s", shortened(text))))
}

/// `512KB` or `2MB`, at most 64 MB.
pub(super) fn size(word: Word<'_>) -> Result<usize, ScriptError> {
    let text = word.text;
    let bytes = match (text.strip_suffix("KB"), text.strip_suffix("MB")) {
        (Some(number), _) => number.parse::<usize>().ok().and_then(|number| number.checked_mul(1024)),
        (None, Some(number)) => number
            .parse::<usize>()
            .ok()
            .and_then(|number| number.checked_mul(1024 * 1024)),
        (None, None) => None,
    };
    bytes
        .filter(|bytes| (1..=64 * 1024 * 1024).contains(bytes))
        .ok_or_else(|| {
            word.wrong(format!(
                "{:?} is not a size such as 512KB or 2MB, at most 64MB",
                shortened(text)
            ))
        })
}

/// `20%`, from 1 to 100.
pub(super) fn percent(word: Word<'_>) -> Result<u8, ScriptError> {
    let number = word.text.strip_suffix('%').and_then(|number| number.parse().ok());
    number
        .filter(|percent| (1..=100).contains(percent))
        .ok_or_else(|| word.wrong(format!("{:?} is not a share from 1% to 100%", shortened(word.text))))
}

/// `10/s`, bytes a second.
pub(super) fn rate(word: Word<'_>) -> Result<u32, ScriptError> {
    let number = word
        .text
        .strip_suffix("/s")
        .and_then(|number| number.parse::<u32>().ok());
    number
        .filter(|number| *number > 0)
        .ok_or_else(|| word.wrong(format!("{:?} is not a rate such as 10/s", shortened(word.text))))
}

/// The start of a text, for a message.
fn shortened(text: &str) -> String {
    text.chars().take(SHOWN_CHARACTERS).collect()
}

/// How alike a word must be to a known one to be taken for it, 0 to 1.
const NEAR: f64 = 0.5;
const SHOWN_CHARACTERS: usize = 40;
