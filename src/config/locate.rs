//! From the text of a file to values with their places: each leaf of the JSON tree with path, line and column.

use std::collections::BTreeSet;
use std::path::Path;

use jsonc_parser::ast::{Object, ObjectPropName, Value as Node};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Value;

use super::error::{Place, Problem};
use super::known;

/// One value given for one key.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) path: Vec<String>,
    pub(super) value: Value,
    pub(super) place: Place,
}

/// Every leaf of `text`, and everything wrong with its form: syntax, keys that come twice, keys that `defaults` does not
/// know, sections that are no objects. Comments and trailing commas are refused, because other programs read the file.
pub(super) fn leaves(file: &Path, text: &str, defaults: &Value) -> (Vec<Leaf>, Vec<Problem>) {
    let mut reader = Reader {
        file,
        text,
        defaults,
        leaves: Vec::new(),
        problems: Vec::new(),
    };
    if let Err(error) = serde_json::from_str::<Value>(text) {
        reader.refuse_syntax(&error);
        return (Vec::new(), reader.problems);
    }
    match parse_to_ast(text, &CollectOptions::default(), &strict()) {
        Ok(parsed) => match parsed.value {
            Some(Node::Object(object)) => reader.read(&object, defaults, &[]),
            Some(_) | None => reader.refuse(0, &[], "the configuration is one JSON object".to_owned()),
        },
        Err(error) => reader.refuse(error.range().start, &[], error.kind().to_string()),
    }
    (reader.leaves, reader.problems)
}

struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
    defaults: &'a Value,
    leaves: Vec<Leaf>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn read(&mut self, object: &Object<'_>, known: &Value, path: &[String]) {
        let open = known::is_open(path);
        let mut seen = BTreeSet::new();
        for property in &object.properties {
            let name = match &property.name {
                ObjectPropName::String(name) => known::canonical(path, &name.value),
                ObjectPropName::Word(name) => known::canonical(path, name.value),
            };
            let here: Vec<String> = path.iter().chain([&name]).cloned().collect();
            let start = property.name.range().start;
            if !seen.insert(name.clone()) {
                self.refuse(start, &here, "the key comes twice".to_owned());
                continue;
            }
            let template = known
                .get(&name)
                .cloned()
                .or_else(|| open.then(|| known::template(path)));
            let Some(template) = template else {
                let what = known::nearest(self.defaults, &here).map_or_else(
                    || "unknown key".to_owned(),
                    |nearest| format!("unknown key, did you mean {nearest}?"),
                );
                self.refuse(start, &here, what);
                continue;
            };
            if open && let Some(what) = known::bad_name(path, &name) {
                self.refuse(start, &here, what.to_owned());
                continue;
            }
            self.read_value(&property.value, &template, here);
        }
    }

    fn read_value(&mut self, node: &Node<'_>, template: &Value, path: Vec<String>) {
        let range = node.range();
        match (node, template) {
            (Node::Object(object), Value::Object(_)) => {
                if path.split_last().is_some_and(|(_, parent)| known::is_open(parent)) {
                    self.push(range.start, path.clone(), template.clone());
                }
                self.read(object, template, &path);
            }
            (_, Value::Object(_)) => self.refuse(range.start, &path, "expected an object".to_owned()),
            _ => match self.text.get(range.start..range.end).map(serde_json::from_str) {
                Some(Ok(value)) => self.push(range.start, path, value),
                Some(Err(_)) | None => self.refuse(range.start, &path, "unreadable value".to_owned()),
            },
        }
    }

    fn push(&mut self, start: usize, path: Vec<String>, value: Value) {
        let place = self.place(start);
        self.leaves.push(Leaf { path, value, place });
    }

    fn refuse(&mut self, start: usize, path: &[String], what: String) {
        let place = self.place(start);
        self.problems.push(Problem {
            place,
            key: path.join("."),
            what,
        });
    }

    fn refuse_syntax(&mut self, error: &serde_json::Error) {
        let lenient = ParseOptions {
            allow_comments: true,
            allow_trailing_commas: true,
            ..strict()
        };
        let refused = parse_to_ast(self.text, &CollectOptions::default(), &strict()).err();
        let extras = parse_to_ast(self.text, &CollectOptions::default(), &lenient).is_ok();
        if let (Some(refused), true) = (refused, extras) {
            let what = "comments and trailing commas are not accepted, because other programs read the file".to_owned();
            return self.refuse(refused.range().start, &[], what);
        }
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or(&text).to_owned();
        let place = Place::File {
            path: self.file.to_owned(),
            line: error.line().max(1),
            column: error.column().max(1),
        };
        self.problems.push(Problem {
            place,
            key: String::new(),
            what,
        });
    }

    fn place(&self, byte: usize) -> Place {
        let before = self.text.get(..byte).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        Place::File {
            path: self.file.to_owned(),
            line,
            column,
        }
    }
}

fn strict() -> ParseOptions {
    ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}
