//! The envelope around every answer but the access token's: `{"data": …, "pagination": …}` or `{"error": …}`.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use smol_str::SmolStr;

use super::{Error, Route};
use crate::http::{Lenient, clean};

/// The items of a list, read one by one so that a bad one costs only itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parsed<T> {
    /// What could be read, in the order of the answer.
    pub(super) items: Vec<T>,
    /// How many items could not be read at all, or were more than a page may hold.
    pub(super) damaged: usize,
    /// Whether the server has further pages.
    pub(super) more: bool,
}

/// Reads a list answer; `convert` turns one item into an answer or refuses it.
pub(super) fn parse_list<W, T>(route: Route, body: &[u8], convert: impl Fn(W) -> Option<T>) -> Result<Parsed<T>, Error>
where
    W: DeserializeOwned,
{
    let (data, pagination) = open(route, body)?;
    let List { items } = serde_json::from_str(data).map_err(|error| unreadable(route, &error))?;
    let all = items.len();
    let read = |item: &&RawValue| serde_json::from_str(item.get()).ok().and_then(&convert);
    let items: Vec<T> = items.iter().take(MOST_ITEMS).filter_map(read).collect();
    let damaged = all - items.len();
    if damaged > 0 {
        tracing::warn!(%route, damaged, "items of the answer could not be read");
    }
    Ok(Parsed {
        items,
        damaged,
        more: pagination.is_some_and(Pagination::more),
    })
}

/// Reads an answer whose `data` is one object.
pub(super) fn parse_object<W: DeserializeOwned>(route: Route, body: &[u8]) -> Result<W, Error> {
    serde_json::from_str(open(route, body)?.0).map_err(|error| unreadable(route, &error))
}

/// What an error body says, cleaned, and its code. Any body will do: the envelope, or text and HTML with the tags gone.
pub(super) fn complaint(body: &[u8]) -> Complaint {
    let Ok(Failure {
        error: Wrong { code, message, errors },
    }) = serde_json::from_slice(body)
    else {
        let text = String::from_utf8_lossy(body.get(..2_000).unwrap_or(body));
        return Complaint {
            code: None,
            what: clean(&text),
        };
    };
    let details: Vec<String> = errors.into_iter().filter_map(Detail::text).collect();
    let code = match code {
        Some(Code::Word(word)) => Some(word),
        Some(Code::Number(number)) => Some(number.to_string().into()),
        None => None,
    };
    let what = if details.is_empty() {
        message.ok().or_else(|| code.clone())
    } else {
        Some(details.join("; ").into())
    };
    Complaint {
        what: clean(what.as_deref().unwrap_or_default()),
        code,
    }
}

/// An error body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    /// `error.code`, where there is one.
    pub(super) code: Option<SmolStr>,
    /// What to tell people; may be empty.
    pub(super) what: String,
}

/// Items of one page that are read; the longest real one has a few hundred.
const MOST_ITEMS: usize = 10_000;

fn open(route: Route, body: &[u8]) -> Result<(&str, Option<Pagination>), Error> {
    let envelope: Envelope<'_> = serde_json::from_slice(body).map_err(|error| unreadable(route, &error))?;
    let data = envelope.data.ok_or_else(|| Error::Unreadable {
        route,
        what: "no data in it".to_owned(),
    })?;
    Ok((data.get(), envelope.pagination))
}

/// A value of the wrong type is not quoted: it may be a token.
fn unreadable(route: Route, error: &serde_json::Error) -> Error {
    let what = if error.is_data() {
        "not of the promised shape".to_owned()
    } else {
        clean(&error.to_string())
    };
    Error::Unreadable { route, what }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    pagination: Option<Pagination>,
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Pagination {
    #[serde(default)]
    page_offset: Lenient<i64>,
    #[serde(default)]
    total_pages: Lenient<i64>,
}

impl Pagination {
    fn more(self) -> bool {
        matches!((self.page_offset, self.total_pages), (Lenient::Is(page), Lenient::Is(pages)) if page.saturating_add(1) < pages)
    }
}

#[derive(Deserialize)]
struct Failure {
    error: Wrong,
}

#[derive(Deserialize)]
struct Wrong {
    #[serde(default)]
    code: Option<Code>,
    #[serde(default)]
    message: Lenient<SmolStr>,
    #[serde(default)]
    errors: Vec<Detail>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Code {
    Word(SmolStr),
    Number(i64),
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    message: Lenient<SmolStr>,
    #[serde(default)]
    domain: Lenient<SmolStr>,
    #[serde(default)]
    reason: Lenient<SmolStr>,
}

impl Detail {
    fn text(self) -> Option<String> {
        if let Lenient::Is(message) = self.message {
            return Some(message.into());
        }
        match (self.domain.ok(), self.reason.ok()) {
            (Some(domain), Some(reason)) => Some(format!("{domain} {reason}")),
            (None, Some(only)) | (Some(only), None) => Some(only.into()),
            (None, None) => None,
        }
    }
}
