//! The shape of the house: which rooms there are, that no arrow runs up from the rooms that move bytes to those that ask for it
//! or show it, and that no files go round in a circle.
//!
//! What a file takes from others is read from its paths: `use` lines, and `crate::…` anywhere else. What it takes by way of a
//! re-export is taken from where it is defined.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The most that a reader finds on coming in.
const MOST_ENTRIES: usize = 14;

/// Rooms that move bytes, or hold what moves them, and are told nothing of what is above them.
const BELOW: [&str; 4] = ["engine", "endpoint", "transform", "account"];
const ABOVE: [&str; 3] = ["session", "show", "cli"];

/// A module by the names that lead to it from the root of the crate.
type Module = Vec<String>;

/// The files of the library.
struct House {
    files: BTreeMap<Module, File>,
}

struct File {
    path: String,
    uses: Vec<Use>,
    /// Its text, but for those, comments, literals and what is for tests alone.
    text: String,
    /// What others find here, and where it is defined.
    passed_on: BTreeMap<String, Module>,
}

impl House {
    fn read() -> Self {
        let (mut files, mut left_out) = (BTreeMap::new(), Vec::new());
        read_into(&mut files, &mut left_out, Path::new("src"), &Vec::new());
        files.retain(|module, _| !left_out.iter().any(|it| module.starts_with(it)));
        let mut house = Self { files };
        house.find_what_is_passed_on();
        house
    }

    fn find_what_is_passed_on(&mut self) {
        let modules: Vec<_> = self.files.keys().cloned().collect();
        for module in modules {
            let public = self.files[&module].uses.iter().filter(|it| it.is_public);
            let found = public.map(|it| (it.name().to_owned(), absolute(&module, &it.path)));
            let found = found.collect();
            self.files.get_mut(&module).unwrap().passed_on = found;
        }
    }

    /// The file where what this path leads to is defined.
    fn defined(&self, path: &[String]) -> Option<&Module> {
        let (module, file) = (0..=path.len()).rev().find_map(|n| {
            let module = path[..n].to_vec();
            self.files.get_key_value(&module)
        })?;
        let rest = &path[module.len()..];
        let passed_on = rest.first().and_then(|name| file.passed_on.get(name));
        match passed_on {
            Some(further) if further != path => {
                let further = [further, &rest[1..]].concat();
                self.defined(&further).or(Some(module))
            }
            _ => Some(module),
        }
    }

    /// What a file takes from others.
    fn taken(&self, module: &Module) -> BTreeSet<&Module> {
        let file = &self.files[module];
        let mut paths = Vec::new();
        for it in file
            .uses
            .iter()
            .filter(|it| !it.is_public || is_named(&file.text, it.name()))
        {
            let path = absolute(module, &it.path);
            if self.files.contains_key(&path) {
                // The module itself, of which something is taken further down.
                let members = members(&file.text, it.name());
                paths.extend(members.map(|member| [&path[..], &[member]].concat()));
            } else {
                paths.push(path);
            }
        }
        let inline = paths_from_the_root(&file.text);
        paths.extend(inline.map(|path| absolute(module, &path)));
        // Children are named without a `use` line.
        for child in self.files.keys().filter(|it| {
            it.split_last()
                .is_some_and(|(_, parent)| parent == &module[..])
        }) {
            let name = child.last().unwrap();
            paths.extend(members(&file.text, name).map(|member| [&child[..], &[member]].concat()));
        }
        let defined = paths.iter().filter_map(|path| self.defined(path));
        defined.filter(|it| *it != module).collect()
    }

    fn arrows(&self) -> BTreeMap<&Module, BTreeSet<&Module>> {
        self.files
            .keys()
            .map(|module| (module, self.taken(module)))
            .collect()
    }
}

/// Reads all files below a directory, which is this module, and notes which modules are for tests alone.
fn read_into(
    files: &mut BTreeMap<Module, File>,
    left_out: &mut Vec<Module>,
    directory: &Path,
    module: &Module,
) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            read_into(files, left_out, &path, &[&module[..], &[stem]].concat());
            continue;
        }
        // The program is made of the library.
        if path.extension().is_none_or(|it| it != "rs") || path == Path::new("src/main.rs") {
            continue;
        }
        let own = match &*stem {
            "mod" | "lib" => module.clone(),
            _ => [&module[..], &[stem]].concat(),
        };
        let source = fs::read_to_string(&path).unwrap();
        left_out.extend(for_tests(&source).map(|child| [&own[..], &[child]].concat()));
        let (uses, text) = uses(&bare(&source));
        let file = File {
            path: path.to_str().unwrap().to_owned(),
            uses,
            text,
            passed_on: BTreeMap::new(),
        };
        files.insert(own, file);
    }
}

/// A source file without its comments, its texts, and what is for tests alone.
fn bare(source: &str) -> String {
    let lines = without_tests(source).map(|line| match line.find("//") {
        Some(at) if !line[..at].contains('"') => &line[..at],
        _ => line,
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    // Every second piece stands in quotes; none of them matters if a few are taken wrongly.
    let pieces = text.split('"').step_by(2);
    pieces.collect::<Vec<_>>().join("\"\"")
}

/// The lines of a file up to its tests, which stand at the end; and less what is declared for tests alone.
fn without_tests(source: &str) -> impl Iterator<Item = &str> {
    let mut is_for_tests = false;
    let lines = source.lines().take_while({
        let mut was_for_tests = false;
        move |line| {
            let is_end = was_for_tests && line.starts_with("mod ") && line.ends_with('{');
            was_for_tests = *line == "#[cfg(test)]";
            !is_end
        }
    });
    lines.filter(move |line| {
        let is_left_out = is_for_tests;
        is_for_tests = *line == "#[cfg(test)]";
        !(is_left_out || is_for_tests)
    })
}

/// The modules that a file declares for tests alone.
fn for_tests(source: &str) -> impl Iterator<Item = String> + '_ {
    let declared = source.lines().zip(source.lines().skip(1));
    let declared = declared.filter(|(before, _)| *before == "#[cfg(test)]");
    declared.filter_map(|(_, line)| Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned()))
}

/// One name of a `use` line.
struct Use {
    path: Vec<String>,
    alias: Option<String>,
    is_public: bool,
}

impl Use {
    fn name(&self) -> &str {
        let name = self.alias.as_ref().or(self.path.last());
        name.map_or("", |name| name)
    }
}

/// The `use` lines, and the text without them.
fn uses(text: &str) -> (Vec<Use>, String) {
    let (mut all, mut others, mut tree) = (Vec::new(), String::new(), String::new());
    for line in text.lines() {
        let is_start = line
            .trim_start()
            .trim_start_matches("pub(crate) ")
            .trim_start_matches("pub(super) ");
        let is_start = is_start.trim_start_matches("pub ").starts_with("use ");
        let is_child = line.trim_start().ends_with(';') && line.contains("mod ");
        if tree.is_empty() && is_child {
            continue;
        }
        if tree.is_empty() && !is_start {
            others.push_str(line);
            others.push('\n');
            continue;
        }
        tree.push_str(line.trim());
        tree.push(' ');
        if let Some(whole) = tree.trim_end().strip_suffix(';') {
            let is_public = whole.starts_with("pub");
            let (_, paths) = whole.split_once("use ").unwrap();
            let paths = flattened(paths).into_iter();
            all.extend(paths.map(|(path, alias)| Use {
                path,
                alias,
                is_public,
            }));
            tree.clear();
        }
    }
    (all, others)
}

/// The paths of a tree as in `a::{b, c::{self, D as E}}`.
fn flattened(tree: &str) -> Vec<(Vec<String>, Option<String>)> {
    let tree = tree.trim();
    if let Some(open) = tree.find('{') {
        let before: Vec<_> = segments(tree[..open].trim_end_matches("::"));
        let inner = &tree[open + 1..tree.rfind('}').unwrap()];
        let parts = split_at_the_top(inner);
        let parts = parts.iter().filter(|part| !part.trim().is_empty());
        return parts
            .flat_map(|part| flattened(part))
            .map(|(path, alias)| {
                let is_self = path == ["self"];
                let path = if is_self {
                    before.clone()
                } else {
                    [&before[..], &path].concat()
                };
                (path, alias)
            })
            .collect();
    }
    match tree.split_once(" as ") {
        Some((path, alias)) => vec![(segments(path), Some(alias.to_owned()))],
        None => vec![(segments(tree), None)],
    }
}

fn segments(path: &str) -> Vec<String> {
    let parts = path.split("::").map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn split_at_the_top(list: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&list[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[from..]);
    parts
}

/// From the root of the crate. What is no path of the crate leads nowhere.
fn absolute(module: &Module, path: &[String]) -> Module {
    let mut base = module.clone();
    let mut rest = path;
    match path.first().map(String::as_str) {
        Some("crate") => {
            base.clear();
            rest = &path[1..];
        }
        Some("self") => rest = &path[1..],
        Some("super") => {
            while let Some((first, further)) = rest.split_first()
                && first == "super"
            {
                base.pop();
                rest = further;
            }
        }
        // A child, or a crate of others, which is not found.
        _ => {}
    }
    // The door to the system is one of two files.
    let rest = rest
        .iter()
        .map(|name| if name == "imp" { "linux" } else { name });
    base.into_iter().chain(rest.map(str::to_owned)).collect()
}

/// Whether the word stands somewhere in the text.
fn is_named(text: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let (before, behind) = (&text[..at], &text[at + name.len()..]);
        !before.ends_with(is_word) && !behind.starts_with(is_word)
    })
}

/// What is taken of a module by `name::…`.
fn members<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let called = text.match_indices(name).filter(move |(at, _)| {
        let before = text[..*at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == ':'))
    });
    called.filter_map(move |(at, _)| {
        let rest = text[at + name.len()..].strip_prefix("::")?;
        Some(identifier(rest).to_owned()).filter(|it| !it.is_empty())
    })
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    &text[..end.unwrap_or(text.len())]
}

/// Paths that stand in the midst of code.
fn paths_from_the_root(text: &str) -> impl Iterator<Item = Vec<String>> + '_ {
    // Who may see an item is no arrow.
    let all = text.match_indices("crate::");
    let all = all.filter(|(at, _)| !text[..*at].ends_with("(in "));
    all.map(|(at, _)| {
        let end = text[at..].find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        segments(&text[at..end.map_or(text.len(), |end| at + end)])
    })
}

#[test]
fn who_comes_in_finds_few_rooms() {
    let entries = fs::read_dir("src").unwrap().count();
    assert!(entries <= MOST_ENTRIES, "{entries} entries in src");
}

#[test]
fn no_two_types_of_one_room_have_one_name() {
    let house = House::read();
    let mut seen = BTreeMap::new();
    // The other systems' platform has the names of Linux's.
    for (module, file) in house
        .files
        .iter()
        .filter(|(it, _)| !it.ends_with(&["other".to_owned()]))
    {
        let Some(room) = module.first() else { continue };
        for name in types(&file.text) {
            let other = seen.insert((room, name), &file.path);
            assert!(
                other.is_none(),
                "{name}: {} and {}",
                file.path,
                other.unwrap()
            );
        }
    }
    assert!(seen.len() > 300, "only {} types were found", seen.len());
}

/// The names of the types and traits that are declared in a file.
fn types(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let declared = match line.trim_start().strip_prefix("pub") {
            Some(rest) => rest.split_once(' ')?.1,
            None => line.trim_start(),
        };
        let (kind, name) = declared.split_once(' ')?;
        // In an impl block `type` declares none.
        let is_type = ["struct", "enum", "trait", "union"].contains(&kind)
            || kind == "type" && !line.starts_with(' ');
        is_type.then(|| identifier(name))
    })
}

#[test]
fn no_arrow_runs_up() {
    let house = House::read();
    let mut up = Vec::new();
    for (from, taken) in house.arrows() {
        let of = |module: &Module, rooms: &[&str]| {
            module.first().is_some_and(|room| rooms.contains(&&**room))
        };
        if of(from, &BELOW) {
            let above = taken.into_iter().filter(|to| of(to, &ABOVE));
            up.extend(
                above.map(|to| format!("{} -> {}", house.files[from].path, house.files[to].path)),
            );
        }
    }
    assert!(up.is_empty(), "arrows that run up:\n{}", up.join("\n"));
}

/// What can be reached from a file.
fn reached<'a>(
    arrows: &BTreeMap<&'a Module, BTreeSet<&'a Module>>,
    from: &'a Module,
) -> BTreeSet<&'a Module> {
    let (mut reached, mut new) = (BTreeSet::new(), vec![from]);
    while let Some(next) = new.pop() {
        for to in &arrows[next] {
            if reached.insert(*to) {
                new.push(to);
            }
        }
    }
    reached
}

/// Files that plan, which ask nothing of the system but by the `World` that they are given: all of `plan` but for those that find
/// facts out, hold files or explain, and what turns an argument into the plan of an end or of a transform.
fn plans(module: &[String]) -> bool {
    let names: Vec<_> = module.iter().map(String::as_str).collect();
    match names[..] {
        ["plan", file, ..] => !["facts", "held", "explain"].contains(&file),
        ["plan"] => true,
        ["endpoint", file] => [
            "table", "kind", "kinds", "uri", "options", "network", "least", "context",
        ]
        .contains(&file),
        ["endpoint", "proxy", file] => ["url", "environment"].contains(&file),
        ["transform", file] => ["spec", "settings", "kind", "kinds"].contains(&file),
        _ => false,
    }
}

#[test]
fn planning_asks_the_system_only_by_what_it_is_given() {
    const SYSTEM: [&str; 11] = [
        "crate::platform",
        "crate::sys",
        "libc",
        "rustix",
        "socket2",
        "std::env",
        "std::fs",
        "std::io",
        "std::process",
        "std::thread",
        "tokio",
    ];
    const CALLS: [&str; 9] = [
        ".metadata()",
        ".symlink_metadata()",
        ".exists()",
        ".is_file()",
        ".is_symlink()",
        ".read_link()",
        ".canonicalize()",
        ".to_socket_addrs()",
        "is_terminal()",
    ];
    let house = House::read();
    let planning = house.files.iter().filter(|(module, _)| plans(module));
    let (mut asked, mut count) = (String::new(), 0);
    for (_, file) in planning {
        count += 1;
        let used = file.uses.iter().map(|it| it.path.join("::"));
        let used = used.filter(|path| SYSTEM.iter().any(|system| is_below(path, system)));
        let named = SYSTEM.iter().map(|system| format!("{system}::"));
        let called = named.chain(CALLS.map(str::to_owned));
        let called = called.filter(|call| file.text.contains(call));
        for what in used.chain(called) {
            writeln!(asked, "{}: {what}", file.path).unwrap();
        }
    }
    assert!(count > 10, "only {count} files plan");
    assert!(asked.is_empty(), "planning asks the system:\n{asked}");
}

/// Whether a path leads to a module or into it.
fn is_below(path: &str, module: &str) -> bool {
    let rest = path.strip_prefix(module);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn no_files_go_round_in_a_circle() {
    let house = House::read();
    let arrows = house.arrows();
    let reached: BTreeMap<_, _> = arrows
        .keys()
        .map(|from| (*from, reached(&arrows, from)))
        .collect();
    let mut circles = String::new();
    for (from, taken) in &arrows {
        let back = taken.iter().filter(|to| reached[*to].contains(from));
        for to in back {
            let (from, to) = (&house.files[*from].path, &house.files[*to].path);
            writeln!(circles, "{from} -> {to}").unwrap();
        }
    }
    assert!(
        circles.is_empty(),
        "arrows that are part of a circle:\n{circles}"
    );
}
