//! What the README says holds: its rule table is the registry's, its configuration is read, its workflow is clean.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects")]

use std::fmt::Write;

use preflight::engine;
use preflight::knowledge::{self, FixAvailability, RulePage};
use preflight::repo::Repository;

mod support;

const BEGIN: &str = "(written by `UPDATE_README=1 cargo test --test readme`) -->\n";
const END: &str = "<!-- rules: end -->";

fn readme_path() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

fn readme() -> String {
    std::fs::read_to_string(readme_path()).unwrap()
}

/// Writes the README anew with `new` in the place of `old`; two tests do so at the same time.
fn update(old: &str, new: &str) {
    static WRITING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one_at_a_time = WRITING.lock().unwrap();
    std::fs::write(readme_path(), readme().replace(old, new)).unwrap();
}

/// Where a rule's page is, from the root of the repository.
fn page_path(page: &RulePage) -> String {
    let folders = std::fs::read_dir(readme_path().with_file_name("rules")).unwrap();
    let pages = folders.map(|folder| folder.unwrap().path().join(format!("{}.md", page.name)));
    let path = pages.into_iter().find(|path| path.is_file()).expect("every page has a file");
    let folder = path.parent().and_then(std::path::Path::file_name).unwrap().to_str().unwrap().to_owned();
    format!("rules/{folder}/{}.md", page.name)
}

/// The README's table of rules, from the pages.
fn table() -> String {
    let mut table = String::from("| rule | reports | severity | fix |\n|---|---|---|---|\n");
    for page in knowledge::pages() {
        let fix = match page.fix {
            FixAvailability::None => "",
            FixAvailability::Display => "by hand",
            FixAvailability::Unsafe => "unsafe",
            FixAvailability::Safe => "safe",
        };
        let RulePage { code, name, summary, severity, .. } = page;
        let link = page_path(page);
        writeln!(table, "| [{code}]({link}) {name} | {summary} | {severity} | {fix} |").unwrap();
    }
    table
}

#[test]
fn the_table_of_rules_is_that_of_the_registry() {
    let text = readme();
    let (_, rest) = text.split_once(BEGIN).expect("the README has the mark where the table begins");
    let (written, _) = rest.split_once(END).expect("the README has the mark where the table ends");
    if std::env::var_os("UPDATE_README").is_some() {
        return update(written, &table());
    }
    let expected = table();
    let missing: Vec<&str> = expected.lines().filter(|line| !written.lines().any(|known| known == *line)).collect();
    let stale: Vec<&str> = written.lines().filter(|line| !expected.lines().any(|known| known == *line)).collect();
    assert!(
        written == expected,
        "the rules changed: run `UPDATE_README=1 cargo test --test readme`\n+ {}\n- {}",
        missing.join("\n+ "),
        stale.join("\n- ")
    );
}

/// The fenced blocks of one language.
fn blocks(language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let text = readme();
    text.split(fence.as_str()).skip(1).filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())).collect()
}

#[test]
fn the_configuration_shown_is_read() {
    for block in blocks("toml") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("preflight.toml");
        std::fs::write(&path, &block).unwrap();
        let file = preflight::config::load(&path, folder.path()).unwrap_or_else(|error| panic!("{error}:\n{block}"));
        let overrides = preflight::config::Overrides::default();
        preflight::config::Settings::resolve(
            Some(&file),
            &overrides,
            &engine::known_rules(),
            &engine::known_platforms(),
        )
        .unwrap_or_else(|error| panic!("{error}:\n{block}"));
    }
}

#[test]
fn the_workflow_shown_is_clean() {
    let workflow = blocks("yaml").into_iter().find(|block| block.contains("jobs:")).expect("the README has a workflow");
    let files = [(".github/workflows/preflight.yml", workflow.as_bytes()), ("app.py", b"print()\n".as_slice())];
    let report = support::check(Repository::in_memory(files));
    let found: Vec<_> = report.diagnostics.iter().map(|found| support::line(&report.repository, found)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_report_shown_is_what_is_printed() {
    const COMMAND: &str = "$ preflight check . --select NET001,DEP002\n";
    let scene = readme_path().with_file_name("fixtures").join("transcription-container");
    // A copy, since what is around the scene in this repository is no part of it.
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(scene).unwrap().flatten() {
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_preflight"))
        .args(["check", ".", "--select", "NET001,DEP002"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let printed =
        format!("{COMMAND}{}{}", String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
    let shown =
        blocks("console").into_iter().find(|block| block.starts_with(COMMAND)).expect("the README shows a report");
    if std::env::var_os("UPDATE_README").is_some() {
        return update(&shown, &printed);
    }
    assert!(shown == printed, "the report changed: run `UPDATE_README=1 cargo test --test readme`\n{printed}");
}
