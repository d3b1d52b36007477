//! What goes wrong with HTTP answers.

use std::time::Duration;

use super::Times;

/// What happens to requests whose path starts with `path_prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestRule {
    /// Start of the path, with its leading slash.
    pub path_prefix: String,
    /// Not before the venue is this old.
    pub after: Option<Duration>,
    /// What is answered instead.
    pub effect: RestEffect,
    /// Which of the requests it meets.
    pub times: Times,
}

/// What stands in for an HTTP answer, or is done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestEffect {
    /// No answer ever comes; the connection stays open.
    Hang,
    /// This answer comes.
    Status(Refusal),
    /// The right answer breaks off in the middle of its body.
    Truncate,
    /// The body of the right answer comes in pieces of this many bytes, one a second.
    Drip(u32),
    /// The right answer of `/market-metrics` with this done to it.
    Metrics(MetricsFault),
}

/// A ready-made HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status, 100 to 999.
    pub status: u16,
    /// The body as text.
    pub body: String,
    /// The content type.
    pub content_type: &'static str,
    /// The `Retry-After` header as sent: seconds or a date.
    pub retry_after: Option<String>,
}

/// What is done to the items of `/market-metrics`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetricsFault {
    /// The member of this key is left out of every item.
    Drop(String),
    /// The member of this key is a boolean in every item that has it.
    WrongType(String),
    /// Every second item of an answer is left out, the second one first.
    HalfMissing,
    /// The members of these keys are null in so many of a hundred items, spread over each answer. The order of an answer
    /// is that of the seed, so the same seed and question meet the same items.
    Null {
        /// Of a hundred items, 1 to 100.
        percent: u8,
        /// The keys.
        keys: Vec<String>,
    },
}

impl MetricsFault {
    /// `body` with the fault in it; a body that is no list of items stays as it is.
    pub(crate) fn corrupt(&self, body: Vec<u8>) -> Vec<u8> {
        let Ok(mut answer) = serde_json::from_slice::<serde_json::Value>(&body) else {
            return body;
        };
        let Some(items) = answer.pointer_mut("/data/items").and_then(|items| items.as_array_mut()) else {
            return body;
        };
        match self {
            Self::Drop(key) => {
                for item in items.iter_mut().filter_map(|item| item.as_object_mut()) {
                    item.remove(key);
                }
            }
            Self::WrongType(key) => {
                for value in items.iter_mut().filter_map(|item| item.get_mut(key)) {
                    *value = true.into();
                }
            }
            Self::HalfMissing => {
                let mut place = 0_usize;
                items.retain(|_| {
                    place += 1;
                    !place.is_multiple_of(2)
                });
            }
            Self::Null { percent, keys } => {
                let nulls_before = |place: usize| place * usize::from(*percent) / 100;
                let items = items.iter_mut().filter_map(|item| item.as_object_mut()).enumerate();
                for (_, item) in items.filter(|(place, _)| nulls_before(place + 1) > nulls_before(*place)) {
                    for key in keys {
                        item.insert(key.clone(), serde_json::Value::Null);
                    }
                }
            }
        }
        answer.to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoiled(fault: &MetricsFault) -> String {
        let body = r#"{"context":"/market-metrics","data":{"items":[{"beta":"1.1","symbol":"A"},{"symbol":"B"},{"beta":"0.9","symbol":"C"}]}}"#;
        String::from_utf8(fault.corrupt(body.into())).unwrap()
    }

    #[test]
    fn a_field_is_missing_or_of_the_wrong_type_in_every_item() {
        assert_eq!(
            spoiled(&MetricsFault::Drop("beta".to_owned())),
            r#"{"context":"/market-metrics","data":{"items":[{"symbol":"A"},{"symbol":"B"},{"symbol":"C"}]}}"#
        );
        assert_eq!(
            spoiled(&MetricsFault::WrongType("beta".to_owned())),
            r#"{"context":"/market-metrics","data":{"items":[{"beta":true,"symbol":"A"},{"symbol":"B"},{"beta":true,"symbol":"C"}]}}"#
        );
    }

    #[test]
    fn half_of_a_batch_is_missing() {
        assert_eq!(
            spoiled(&MetricsFault::HalfMissing),
            r#"{"context":"/market-metrics","data":{"items":[{"beta":"1.1","symbol":"A"},{"beta":"0.9","symbol":"C"}]}}"#
        );
    }

    #[test]
    fn a_share_of_the_items_has_nulls() {
        let nulls = |percent| MetricsFault::Null {
            percent,
            keys: vec!["beta".to_owned()],
        };
        assert_eq!(
            spoiled(&nulls(34)),
            r#"{"context":"/market-metrics","data":{"items":[{"beta":"1.1","symbol":"A"},{"symbol":"B"},{"beta":null,"symbol":"C"}]}}"#
        );
        assert_eq!(spoiled(&nulls(100)).matches("null").count(), 3);
        assert_eq!(spoiled(&nulls(1)).matches("null").count(), 0);
    }

    #[test]
    fn what_is_no_list_stays_as_it_is() {
        for body in ["", "<html>", r#"{"error":{}}"#] {
            assert_eq!(MetricsFault::HalfMissing.corrupt(body.into()), body.as_bytes());
        }
    }
}
