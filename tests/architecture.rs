//! The order of the house: which part may use which, that nothing goes round in a circle, that rules ask the model and
//! leave the disk alone, and that every rule has its page.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use syn::visit::Visit;

/// The parts, and what each may use besides itself. Lower parts stand first; nothing uses what stands below it in this
/// list. `docs/architecture.md` shows the same as a picture.
const MAY_USE: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("knowledge", &[]),
    ("repo", &["diagnostic"]),
    ("formats", &["repo", "diagnostic", "knowledge"]),
    ("deployment", &["formats", "repo", "diagnostic", "knowledge"]),
    ("rules", &["deployment", "formats", "repo", "diagnostic", "knowledge"]),
    ("config", &["repo", "diagnostic", "knowledge"]),
    ("fix", &["repo", "diagnostic"]),
    ("engine", &["config", "fix", "rules", "deployment", "formats", "repo", "diagnostic", "knowledge"]),
    ("examples", &["engine", "config", "fix", "repo", "diagnostic", "knowledge"]),
    ("resolve", &["deployment", "formats", "repo", "diagnostic", "knowledge"]),
    ("output", &["deployment", "repo", "diagnostic", "knowledge"]),
    (
        "cli",
        &[
            "examples",
            "resolve",
            "engine",
            "output",
            "config",
            "fix",
            "rules",
            "deployment",
            "formats",
            "repo",
            "diagnostic",
            "knowledge",
        ],
    ),
];

/// What a rule must not mention: it asks the model instead.
const NOT_FOR_RULES: &[&[&str]] = &[
    &["std", "fs"],
    &["std", "path"],
    &["std", "process"],
    &["std", "net"],
    &["std", "env"],
    &["std", "io"],
    &["walkdir"],
    &["ignore"],
    &["syn"],
    &["toml"],
    &["toml_edit"],
    &["serde_yaml"],
    &["serde_json"],
    &["saphyr_parser"],
    &["ruff_python_parser"],
    &["parse_dockerfile"],
];

const MAX_LINES: usize = 800;

/// One source file.
struct File {
    /// Its path below `src/`.
    path: String,
    text: String,
    /// The module that it is: `["rules", "net", "loopback_bind"]`.
    module: Vec<String>,
    /// Every path that it mentions outside tests, as full as it can be made: `crate::…` for our own, `std::…` for others.
    used: BTreeSet<Vec<String>>,
}

fn files() -> &'static [File] {
    static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
        let mut paths = Vec::new();
        collect(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path(), &mut paths);
        paths.sort();
        paths.iter().map(|path| read(path)).collect()
    });
    &FILES
}

fn collect(folder: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn read(path: &Path) -> File {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let below = path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
    file(below, fs::read_to_string(path).unwrap())
}

fn file(path: String, text: String) -> File {
    let mut module: Vec<String> = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut collector = Collector { module: module.clone(), used: BTreeSet::new() };
    collector.visit_file(&parsed);
    File { path, text, module, used: collector.used }
}

/// Collects the paths that a file mentions, outside of what is compiled for tests only.
struct Collector {
    module: Vec<String>,
    used: BTreeSet<Vec<String>>,
}

impl Collector {
    /// Turns `super::x` and `self::x` into `crate::…`.
    fn note(&mut self, segments: &[String]) {
        let mut full: Vec<String> = Vec::new();
        let mut rest = segments;
        match segments.first().map(String::as_str) {
            Some("super" | "self") => {
                let mut module = self.module.clone();
                while let Some((first, after)) = rest.split_first() {
                    match first.as_str() {
                        "super" => drop(module.pop()),
                        "self" => {}
                        _ => break,
                    }
                    rest = after;
                }
                full.push("crate".to_owned());
                full.extend(module);
            }
            Some("preflight") => {
                full.push("crate".to_owned());
                rest = &segments[1..];
            }
            _ => {}
        }
        full.extend(rest.iter().cloned());
        self.used.insert(full);
    }

    fn tree(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |name: &syn::Ident| before.iter().cloned().chain([name.to_string()]).collect::<Vec<_>>();
        match tree {
            syn::UseTree::Path(path) => self.tree(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.note(&with(&name.ident)),
            syn::UseTree::Rename(rename) => self.note(&with(&rename.ident)),
            syn::UseTree::Glob(_) => self.note(before),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(before, item)),
        }
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test")))
    })
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if is_for_tests(&item.attrs) {
            return;
        }
        self.module.push(item.ident.to_string());
        syn::visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.tree(&[], &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.note(&segments);
        }
        syn::visit::visit_path(self, path);
    }
}

fn starts_with(path: &[String], beginning: &[&str]) -> bool {
    path.len() >= beginning.len() && path.iter().zip(beginning).all(|(a, b)| a == b)
}

/// Whether a file is compiled for tests only, by its name.
fn is_test_file(file: &File) -> bool {
    file.module.iter().any(|part| part == "tests" || part.ends_with("_tests"))
}

fn assert_none(problems: Vec<String>, why: &str) {
    assert!(problems.is_empty(), "{why}\n  {}\n", problems.join("\n  "));
}

#[test]
fn no_part_reaches_up() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut problems = Vec::new();
    for file in files().iter().filter(|file| !is_test_file(file)) {
        // `lib.rs` names all parts and `main.rs` the topmost.
        let Some(part) = file.module.first() else { continue };
        let Some(may_use) = allowed.get(part.as_str()) else {
            problems.push(format!("src/{}: say in tests/architecture.rs what `{part}` may use", file.path));
            continue;
        };
        for used in file.used.iter().filter(|used| starts_with(used, &["crate"])) {
            let Some(other) = used.get(1).map(String::as_str) else { continue };
            if other != part && allowed.contains_key(other) && !may_use.contains(&other) {
                problems.push(format!("src/{}: `{part}` must not use `{}`", file.path, used.join("::")));
            }
        }
    }
    assert_none(problems, "imports run one way: see docs/architecture.md");
}

#[test]
fn the_order_of_the_parts_has_no_circle() {
    let order: Vec<&str> = MAY_USE.iter().map(|(part, _)| *part).collect();
    for (index, (part, may_use)) in MAY_USE.iter().enumerate() {
        for used in *may_use {
            let place = order.iter().position(|other| other == used).expect("every part is listed");
            assert!(place < index, "{part} may use {used}, which must stand above it in the list");
        }
    }
}

#[test]
fn no_two_modules_of_different_folders_use_each_other() {
    let files = files();
    let modules: BTreeSet<Vec<String>> = files.iter().map(|file| file.module.clone()).collect();
    // Folder to folder: what a folder's own files do among themselves is one job in several files.
    let folder = |module: &[String]| -> Vec<String> {
        let is_folder = modules.iter().any(|other| other.len() > module.len() && other.starts_with(module));
        let end = if is_folder { module.len() } else { module.len().saturating_sub(1) };
        module[..end].to_vec()
    };
    let mut uses: BTreeMap<(Vec<String>, Vec<String>), String> = BTreeMap::new();
    for file in files.iter().filter(|file| !is_test_file(file)) {
        for used in file.used.iter().filter(|used| starts_with(used, &["crate"])) {
            let path = &used[1..];
            let known = (1..=path.len()).rev().map(|end| path[..end].to_vec()).find(|module| modules.contains(module));
            let Some(module) = known else { continue };
            let (from, to) = (folder(&file.module), folder(&module));
            // A folder may use what the folder around it offers, and the other way round.
            let nested = from.starts_with(&to) || to.starts_with(&from);
            if !nested {
                uses.entry((from, to)).or_insert_with(|| format!("src/{} uses {}", file.path, used.join("::")));
            }
        }
    }
    let both: Vec<String> = uses
        .iter()
        .filter(|((from, to), _)| from < to)
        .filter_map(|((from, to), one)| Some(format!("{one}, and {}", uses.get(&(to.clone(), from.clone()))?)))
        .collect();
    assert_none(both, "two folders use each other; move what both need below them:");
}

#[test]
fn rules_ask_the_model_and_leave_disk_and_text_alone() {
    let mut problems = Vec::new();
    for file in files().iter().filter(|file| file.module.first().is_some_and(|part| part == "rules")) {
        for used in &file.used {
            let own = used.first().is_some_and(|first| first == "crate");
            if !own && NOT_FOR_RULES.iter().any(|beginning| starts_with(used, beginning)) {
                problems.push(format!("src/{} uses {}", file.path, used.join("::")));
            }
            let parses = starts_with(used, &["crate", "formats"])
                && used.last().is_some_and(|last| last == "parse" || last.starts_with("parse_document"));
            if parses {
                problems.push(format!("src/{} parses text: {}", file.path, used.join("::")));
            }
        }
    }
    assert_none(problems, "a rule asks the project and its deployments; put what it needs into src/deployment:");
}

#[test]
fn the_source_of_a_rule_and_its_page_are_found_from_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let exists = |path: &str| root.join(path).is_file();
    let mut problems = Vec::new();
    for page in preflight::knowledge::pages() {
        let family = page.code.trim_end_matches(|c: char| c.is_ascii_digit()).to_lowercase();
        for path in [
            format!("src/rules/{family}/{}.rs", page.name.replace('-', "_")),
            format!("rules/{family}/{}.md", page.name),
        ] {
            if !exists(&path) {
                problems.push(format!("{} {}: {path} is missing", page.code, page.name));
            }
        }
    }
    for rule in preflight::engine::known_rules() {
        if preflight::knowledge::page(rule.code).is_none_or(|page| page.name != rule.name) {
            problems.push(format!("{} {} has no page of its name", rule.code, rule.name));
        }
    }
    let known: BTreeSet<&str> = preflight::engine::known_rules().iter().map(|rule| rule.code).collect();
    for page in preflight::knowledge::pages().iter().filter(|page| !known.contains(page.code.as_str())) {
        problems.push(format!("{} {} is a page without a rule in the registry", page.code, page.name));
    }
    // Beside the rules stand folders with what they share.
    for file in files() {
        let Some((family, name)) = file.path.strip_prefix("src/rules/").and_then(|rest| rest.split_once('/')) else {
            continue;
        };
        let Some(name) = name.strip_suffix(".rs").filter(|name| !name.contains('/') && *name != "mod") else {
            continue;
        };
        if !exists(&format!("rules/{family}/{}.md", name.replace('_', "-"))) {
            problems.push(format!("{} is no rule: make it {name}/mod.rs", file.path));
        }
    }
    assert_none(problems, "src/rules/net/loopback_bind.rs has its page at rules/net/loopback-bind.md:");
}

#[test]
fn every_file_says_what_it_is_for_and_stays_small() {
    let mut problems = Vec::new();
    for file in files() {
        if !file.text.starts_with("//!") {
            problems.push(format!("src/{}: no `//!` at its head", file.path));
        }
        let lines = file.text.lines().count();
        if lines > MAX_LINES {
            problems.push(format!("src/{}: {lines} lines, and {MAX_LINES} are the limit", file.path));
        }
    }
    assert_none(problems, "one file, one job, said in its first lines:");
}

#[test]
fn what_a_file_mentions_is_read_in_full() {
    let text = "use std::{fs, path::Path};\nuse super::super::engine as e;\nuse self::inner::*;\n\
                fn f() { let _ = std::env::args(); crate::repo::MAX; }\n\
                #[cfg(test)]\nmod tests { use walkdir::WalkDir; }\n";
    let file = file("rules/net/x.rs".to_owned(), text.to_owned());
    let used: Vec<String> = file.used.iter().map(|path| path.join("::")).collect();
    assert_eq!(
        used,
        [
            "crate::repo::MAX",
            "crate::rules::engine",
            "crate::rules::net::x::inner",
            "std::env::args",
            "std::fs",
            "std::path::Path"
        ]
    );
}
