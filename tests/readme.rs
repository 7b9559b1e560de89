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
            FixAvailability::Display => "shown",
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
    let (before, rest) = text.split_once(BEGIN).expect("the README has the mark where the table begins");
    let (written, after) = rest.split_once(END).expect("the README has the mark where the table ends");
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(readme_path(), format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
        return;
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
