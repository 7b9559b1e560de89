//! The repositories under `fixtures/`: each re-enacts a failure, or is in order and must be silent. What is found in each
//! is kept as a snapshot; a folder named `X-fixed` is the corrected twin of `X`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use preflight::diagnostic::{Applicability, Severity};
use preflight::repo::Repository;

/// What the name of an empty file ends in that stands for a large one, which nobody wants to clone.
const HEAVY: &str = ".of-11-MiB";

/// The folders under `fixtures/`, by name.
fn fixtures() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found: Vec<_> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .collect();
    found.sort();
    found
}

/// The fixture as a tree in memory, so that nothing around it on the disk counts and fixes change nothing.
fn tree(folder: &Path) -> Repository {
    let mut files = Vec::new();
    collect(folder, folder, &mut files);
    Repository::in_memory(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))
}

fn collect(root: &Path, folder: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, into);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            into.push(match name.strip_suffix(HEAVY) {
                Some(name) => (name.to_owned(), vec![0; 11 << 20]),
                None => (name, fs::read(&path).unwrap()),
            });
        }
    }
}

/// What is found, a line each, with the labels below.
fn findings(folder: &Path) -> String {
    let report = support::check(tree(folder));
    let mut lines = Vec::new();
    for diagnostic in &report.diagnostics {
        lines.push(support::line(&report.repository, diagnostic));
        for label in &diagnostic.labels {
            let position = report.repository.source(&label.location.path);
            let line = position.map_or(1, |source| source.position(label.location.span.start).line);
            lines.push(format!("    {}:{line} {}", label.location.path, label.message));
        }
        if let Some(fix) = &diagnostic.fix {
            lines.push(format!("    fix ({:?}): {}", fix.applicability, fix.message));
        }
    }
    if lines.is_empty() { "nothing found".to_owned() } else { lines.join("\n") }
}

/// The codes of findings that fail a run.
fn failing_codes(folder: &Path) -> BTreeSet<&'static str> {
    let report = support::check(tree(folder));
    let failing = report.diagnostics.iter().filter(|diagnostic| diagnostic.severity >= Severity::Warning);
    failing.map(|diagnostic| diagnostic.rule.code).collect()
}

#[test]
fn what_is_found_in_each_fixture_is_known() {
    for (name, folder) in fixtures() {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name.as_str(), findings(&folder));
        });
    }
}

#[test]
fn a_corrected_twin_no_longer_shows_what_the_broken_one_does() {
    let all = fixtures();
    for (name, folder) in &all {
        let Some(broken) = name.strip_suffix("-fixed") else { continue };
        let (_, broken) =
            all.iter().find(|(other, _)| other == broken).unwrap_or_else(|| panic!("{name} has no broken twin"));
        let codes = failing_codes(broken);
        assert!(!codes.is_empty(), "{name}: nothing is found in its broken twin");
        let left: Vec<_> = codes.intersection(&failing_codes(folder)).copied().collect();
        assert!(left.is_empty(), "{name} still shows {left:?}:\n{}", findings(folder));
    }
}

#[test]
fn fixtures_in_order_are_silent() {
    for (name, folder) in fixtures().iter().filter(|(name, _)| name.starts_with("clean-")) {
        assert!(failing_codes(folder).is_empty(), "{name}:\n{}", findings(folder));
    }
}

#[test]
fn fixes_hold_what_every_fix_must_hold() {
    for (name, folder) in fixtures() {
        for least in [Applicability::Safe, Applicability::Unsafe] {
            support::assert_fixes(&name, tree(&folder), least);
        }
    }
}
