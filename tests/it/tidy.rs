//! The house rules that a compiler cannot keep: who may know whom, where the clock is read, how long a file may be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// For each room the rooms it may know. `main` and `lib` are the front door. Of a room that is a member of the workspace
/// Cargo keeps the row, and a test keeps Cargo to it.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("chain", &["instrument", "market", "tastytrade", "time", "units", "vol"]),
    (
        "cli",
        &[
            "chain",
            "config",
            "demo",
            "dxlink",
            "gather",
            "http",
            "instrument",
            "legacy",
            "market",
            "recording",
            "render",
            "screen",
            "store",
            "stream",
            "tastytrade",
            "text",
            "time",
            "units",
            "vol",
        ],
    ),
    ("config", &["instrument", "render", "screen", "text", "units"]),
    ("demo", &["time", "units", "vol"]),
    ("dxlink", &["text"]),
    (
        "gather",
        &[
            "chain",
            "dxlink",
            "instrument",
            "legacy",
            "market",
            "recording",
            "store",
            "stream",
            "tastytrade",
            "time",
            "units",
        ],
    ),
    ("http", &["recording", "text"]),
    ("instrument", &["text"]),
    ("legacy", &["http", "instrument", "time", "units"]),
    (
        "market",
        &[
            "dxlink",
            "instrument",
            "legacy",
            "stream",
            "tastytrade",
            "time",
            "units",
            "vol",
        ],
    ),
    ("recording", &[]),
    (
        "render",
        &[
            "chain",
            "instrument",
            "market",
            "screen",
            "tastytrade",
            "text",
            "units",
            "vol",
        ],
    ),
    ("screen", &["instrument", "market", "text", "time", "units", "vol"]),
    (
        "store",
        &[
            "dxlink",
            "instrument",
            "market",
            "stream",
            "tastytrade",
            "time",
            "units",
        ],
    ),
    ("stream", &["dxlink", "recording", "time"]),
    ("tastytrade", &["http", "instrument", "time", "units"]),
    ("text", &[]),
    ("time", &[]),
    ("units", &[]),
    ("vol", &["units"]),
];

/// Crates that only some rooms may use.
const CRATES: &[(&str, &[&str])] = &[
    ("anyhow", &["cli", "main"]),
    ("clap", &["cli", "main"]),
    ("indicatif", &["cli"]),
    ("comfy_table", &["render"]),
    ("chrono", &["time"]),
    ("exchange_hours", &["time"]),
    (
        "tokio",
        &["cli", "demo", "gather", "http", "legacy", "stream", "tastytrade"],
    ),
    ("rusqlite", &["store"]),
    ("reqwest", &["http"]),
];

/// How the library of a member is called, before the name of its room.
const MEMBER_PREFIX: &str = "variance_";

pub(crate) struct Source {
    pub(crate) path: PathBuf,
    room: String,
    /// Whether the room is a crate of its own, whose `crate::` names no rooms.
    member: bool,
    /// The text without tests and comments.
    pub(crate) code: String,
    lines: usize,
}

#[test]
fn rooms_know_only_the_rooms_they_may_know() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> = MAY_KNOW
        .iter()
        .map(|(room, others)| (*room, others.iter().copied().collect()))
        .collect();
    let mut forbidden = Vec::new();
    for source in sources() {
        let Some(may) = allowed.get(source.room.as_str()) else {
            assert!(
                ["lib", "main"].contains(&source.room.as_str()),
                "{} is in no known room",
                source.path.display()
            );
            continue;
        };
        let mut others = mentioned(&source.code, MEMBER_PREFIX);
        if !source.member {
            others.extend(mentioned(&source.code, "crate::"));
        }
        for other in others {
            let is_room = allowed.contains_key(other.as_str());
            if is_room && other != source.room && !may.contains(other.as_str()) {
                forbidden.push(format!(
                    "{}: {} must not know {other}",
                    source.path.display(),
                    source.room
                ));
            }
        }
    }
    assert!(forbidden.is_empty(), "{}", forbidden.join("\n"));
}

#[test]
fn manifests_of_members_name_the_rooms_they_know() {
    let mut members = 0;
    for (room, may_know) in MAY_KNOW {
        let Some(manifest) = manifest(room) else { continue };
        members += 1;
        let (_, dependencies) = manifest.split_once("[dependencies]\n").unwrap();
        let named: BTreeSet<&str> = dependencies
            .lines()
            .take_while(|line| !line.starts_with('['))
            .filter_map(|line| line.strip_prefix("variance-")?.strip_suffix(".workspace = true"))
            .collect();
        let known: BTreeSet<&str> = may_know.iter().copied().collect();
        assert_eq!(named, known, "{room}");
        let front = fs::read_to_string(root().join("src/lib.rs")).unwrap();
        assert!(
            front.contains(&format!("use {MEMBER_PREFIX}{room} as {room};")),
            "{room}"
        );
    }
    assert!(members >= 8, "only {members} members were found");
}

#[test]
fn crates_stay_in_the_rooms_they_were_let_into() {
    let mut strays = Vec::new();
    for source in sources() {
        for (name, rooms) in CRATES {
            let used = source.code.contains(&format!("{name}::"));
            if used && !rooms.contains(&source.room.as_str()) {
                strays.push(format!("{}: {name} is not for {}", source.path.display(), source.room));
            }
        }
    }
    assert!(strays.is_empty(), "{}", strays.join("\n"));
}

#[test]
fn the_wall_clock_is_read_in_one_place() {
    for source in sources() {
        if source.room == "time" {
            continue;
        }
        for reading in ["Timestamp::now(", "SystemTime::now(", "Zoned::now(", "Utc::now("] {
            assert!(
                !source.code.contains(reading),
                "{} reads the wall clock",
                source.path.display()
            );
        }
        let pure = [
            "chain",
            "config",
            "dxlink",
            "instrument",
            "market",
            "render",
            "screen",
            "units",
            "vol",
        ];
        if pure.contains(&source.room.as_str()) {
            assert!(
                !source.code.contains("Instant::now("),
                "{} reads the monotonic clock",
                source.path.display()
            );
        }
    }
}

#[test]
fn nothing_prints_but_the_edge() {
    for source in sources() {
        for macro_name in ["println!", "eprintln!", "print!(", "eprint!("] {
            assert!(
                !source.code.contains(macro_name),
                "{} prints by itself",
                source.path.display()
            );
        }
    }
}

#[test]
fn files_stay_short_and_finished() {
    for source in sources() {
        assert!(
            source.lines <= 800,
            "{} has {} lines",
            source.path.display(),
            source.lines
        );
        for left in ["todo!(", "unimplemented!(", "TODO", "FIXME"] {
            assert!(!source.code.contains(left), "{} holds {left}", source.path.display());
        }
    }
}

#[test]
fn every_configuration_key_is_in_the_guide() {
    let shipped = fs::read_to_string(root().join("config/runtime_config.json")).unwrap();
    let guide = fs::read_to_string(root().join("docs/user-guide/config-guide.md")).unwrap();
    let shipped: serde_json::Value = serde_json::from_str(&shipped).unwrap();
    for (section, keys) in shipped.as_object().unwrap() {
        for key in keys.as_object().unwrap().keys() {
            assert!(
                guide.contains(&format!("`{section}.{key}`")),
                "{section}.{key} is not in the guide"
            );
        }
    }
}

#[test]
fn no_room_is_empty() {
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let lines: usize = rust_files(&path)
                .iter()
                .map(|file| fs::read_to_string(file).unwrap().lines().count())
                .sum();
            assert!(lines > 20, "{} is an empty room", path.display());
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The manifest of a room that is a member of the workspace.
fn manifest(room: &str) -> Option<String> {
    fs::read_to_string(root().join("src").join(room).join("Cargo.toml")).ok()
}

pub(crate) fn sources() -> Vec<Source> {
    let src = root().join("src");
    let files = rust_files(&src);
    let for_tests: BTreeSet<PathBuf> = files.iter().flat_map(|file| test_modules(file)).collect();
    files
        .into_iter()
        .filter(|path| !is_test(path) && !for_tests.contains(path))
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let inside = path.strip_prefix(&src).unwrap();
            let room = inside
                .components()
                .next()
                .unwrap()
                .as_os_str()
                .to_str()
                .unwrap()
                .trim_end_matches(".rs")
                .to_owned();
            let lines = text.lines().count();
            Source {
                member: manifest(&room).is_some(),
                room,
                code: production(&text),
                lines,
                path: inside.to_owned(),
            }
        })
        .collect()
}

fn is_test(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "tests.rs") || path.components().any(|part| part.as_os_str() == "tests")
}

/// The files of the modules that `file` declares for tests only.
fn test_modules(file: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(file).unwrap();
    let stem = file.file_stem().unwrap();
    let directory = if stem == "mod" || stem == "lib" {
        file.with_file_name("")
    } else {
        file.with_extension("")
    };
    let declared = text.split("#[cfg(test)]\n").skip(1);
    let names = declared.filter_map(|rest| rest.lines().next()?.strip_suffix(';')?.rsplit_once("mod "));
    names.map(|(_, name)| directory.join(format!("{name}.rs"))).collect()
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A file without its test module and its comment lines.
fn production(text: &str) -> String {
    let code: Vec<&str> = text.split("#[cfg(test)]\nmod ").take(1).collect();
    code.concat()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The names that follow `prefix`, those of a braced list among them.
fn mentioned(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (start, _) in code.match_indices(prefix) {
        let rest = &code[start + prefix.len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let list = list.split('}').next().unwrap_or_default();
            names.extend(list.split(',').map(|item| leading_name(item.trim())));
        } else {
            names.insert(leading_name(rest));
        }
    }
    names
}

fn leading_name(text: &str) -> String {
    text.chars()
        .take_while(|character| character.is_alphanumeric() || *character == '_')
        .collect()
}
