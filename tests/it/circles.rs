//! No files of a room know each other in a circle, so that a room can be read from its lowest file up.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::sources;

/// The rooms that are free of circles.
const ROOMS: &[&str] = &["market", "gather", "screen", "render", "cli"];

/// One file: its module, what it imports and which qualified paths it names.
struct File {
    is_front: bool,
    imports: Vec<Import>,
    named: Vec<String>,
}

struct Import {
    path: String,
    name: String,
    public: bool,
}

type Modules = BTreeMap<Vec<String>, File>;

#[test]
fn no_files_of_a_room_know_each_other_in_a_circle() {
    let modules: Modules = sources()
        .into_iter()
        .map(|source| {
            let path = source.path.with_extension("");
            let mut module: Vec<String> = path.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            let is_front = module.pop_if(|last| last == "mod" || last == "lib").is_some();
            let (imports, named) = (imports(&source.code), named(&source.code));
            let file = File {
                is_front,
                imports,
                named,
            };
            (module, file)
        })
        .collect();
    let mut known: BTreeMap<_, BTreeSet<_>> = modules
        .iter()
        .filter(|(module, _)| module.first().is_some_and(|room| ROOMS.contains(&room.as_str())))
        .map(|(module, file)| (module.clone(), others(module, file, &modules)))
        .collect();
    assert!(known.len() > 5 * ROOMS.len());
    assert!(known.values().map(BTreeSet::len).sum::<usize>() > 2 * known.len());
    // Whoever knows nobody who is left is in no circle, nor is whom nobody knows who is left.
    loop {
        let left: BTreeSet<_> = known.keys().cloned().collect();
        let sought: BTreeSet<_> = known.values().flatten().cloned().collect();
        known.retain(|module, others| {
            others.retain(|other| left.contains(other));
            !others.is_empty() && sought.contains(module)
        });
        if known.len() == left.len() {
            break;
        }
    }
    let told = known
        .iter()
        .map(|(module, others)| format!("{} -> {others:?}", module.join("::")));
    assert!(known.is_empty(), "{}", told.collect::<Vec<_>>().join("\n"));
}

/// The modules that `file` knows, re-exports resolved.
fn others(module: &[String], file: &File, modules: &Modules) -> BTreeSet<Vec<String>> {
    let imported = file.imports.iter().filter(|import| !(import.public && file.is_front));
    imported
        .map(|import| &import.path)
        .chain(&file.named)
        .filter_map(|path| home(&absolute(module, path, modules)?, modules, 0))
        .filter(|other| other != module)
        .collect()
}

/// `path` from the root of the crate on; `None` where it leads out of it.
fn absolute(module: &[String], path: &str, modules: &Modules) -> Option<Vec<String>> {
    let mut parts: Vec<String> = path.split("::").map(str::to_owned).collect();
    parts.pop_if(|last| last == "self");
    let ups = parts.iter().take_while(|part| *part == "super").count();
    let base = match parts.first()?.as_str() {
        "crate" => return Some(parts.split_off(1)),
        "self" => [module, &parts[1..]].concat(),
        _ => [module.get(..module.len().checked_sub(ups)?)?, &parts[ups..]].concat(),
    };
    let of_here = ups > 0 || parts[0] == "self" || modules.contains_key(&base[..=module.len()]);
    of_here.then_some(base)
}

/// The module that defines what `path` names.
fn home(path: &[String], modules: &Modules, depth: usize) -> Option<Vec<String>> {
    let (module, file) = (1..=path.len())
        .rev()
        .find_map(|end| modules.get_key_value(&path[..end]))?;
    let reexport = path.get(module.len()).and_then(|name| {
        let passed_on = file
            .imports
            .iter()
            .find(|import| import.public && import.name == *name)?;
        absolute(module, &passed_on.path, modules).filter(|other| depth < 6 && other != path)
    });
    let further = reexport.and_then(|other| home(&other, modules, depth + 1));
    Some(further.unwrap_or_else(|| module.clone()))
}

fn imports(code: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for statement in code.split(';') {
        let lines: Vec<&str> = statement.lines().map(str::trim).collect();
        let starts = |line: &&str| {
            line.starts_with("use ")
                || (line.starts_with("pub") && line.contains(" use "))
                || line.starts_with("pub use ")
        };
        let Some(first) = lines.iter().rposition(starts) else {
            continue;
        };
        let text = lines[first..].concat();
        let (before, tree) = text.split_once("use ").unwrap();
        let of_paths = |letter: char| letter.is_alphanumeric() || "_:{},* ".contains(letter);
        if !tree.chars().all(of_paths) {
            continue;
        }
        let mut leaves = Vec::new();
        expand("", tree, &mut leaves);
        for leaf in leaves {
            let (path, name) = leaf
                .split_once(" as ")
                .unwrap_or((&leaf, leaf.rsplit("::").next().unwrap()));
            let (path, name, public) = (path.to_owned(), name.to_owned(), !before.is_empty());
            found.push(Import { path, name, public });
        }
    }
    found
}

/// The paths of a tree of imports: `a::{b, c::{d}}` is `a::b` and `a::c::d`.
fn expand(prefix: &str, tree: &str, leaves: &mut Vec<String>) {
    let Some((head, inner)) = tree.trim().split_once('{') else {
        leaves.extend((!tree.trim().is_empty()).then(|| format!("{prefix}{}", tree.trim())));
        return;
    };
    let prefix = format!("{prefix}{head}");
    let mut depth = 0;
    let inner = inner.trim_end().strip_suffix('}').unwrap();
    for part in inner.split(|letter| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        letter == ',' && depth == 0
    }) {
        expand(&prefix, part, leaves);
    }
}

/// The paths that the code names in full, from `crate` or `super` on.
fn named(code: &str) -> Vec<String> {
    let of_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    // Who may see an item is no path that is taken.
    let code = code.replace("pub(in crate::", "pub(");
    let words = code
        .split(|letter| !of_path(letter))
        .map(|word| word.trim_end_matches(':'));
    let full = |word: &&str| word.starts_with("crate::") || word.starts_with("super::");
    words
        .filter(full)
        .filter(|word| word.rsplit("::").next() != Some("super"))
        .map(str::to_owned)
        .collect()
}
