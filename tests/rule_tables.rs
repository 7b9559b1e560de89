//! The tables of changes, ours and a team's: their examples hold, the published schema takes what we take and refuses what
//! we refuse, and the commands show and test them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use preflight::config::Settings;
use preflight::examples;
use preflight::knowledge::{Library, parse_api_table, tables_in};

const TEAM: &str = include_str!("tables/acme.toml");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn settings() -> Settings {
    support::settings()
}

/// Each library's table as the test reads it, with its examples.
fn tables() -> Vec<(&'static str, Library)> {
    let read = |(path, text)| (path, parse_api_table(text).unwrap_or_else(|error| panic!("rules/{path}: {error}")));
    tables_in("api").map(read).collect()
}

#[test]
fn the_examples_of_every_table_hold() {
    let settings = settings();
    let mut problems = Vec::new();
    for (path, table) in tables() {
        let found = examples::table_problems(&table, &settings);
        problems.extend(found.into_iter().map(|problem| format!("rules/{path}: {problem}")));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_table_shows_both_sides_of_a_boundary() {
    let mut missing = Vec::new();
    for (path, table) in tables() {
        let sides = |wanted: bool| {
            table
                .examples
                .iter()
                .flat_map(|example| &example.scenes)
                .any(|scene| scene.files.iter().any(|file| file.side == preflight::knowledge::Side::Bad) == wanted)
        };
        // Rows whose condition no rule can test yet have nothing to show.
        let testable = table.changes.iter().any(|change| change.condition.is_none() || change.when.is_some());
        if testable && (!sides(true) || !sides(false)) {
            missing.push(format!("rules/{path}"));
        }
    }
    assert!(missing.is_empty(), "without an example on each side: {missing:?}");
}

fn validator() -> jsonschema::Validator {
    let schema = fs::read_to_string(root().join("docs/rules.schema.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap()
}

/// What the schema says against a text.
fn complaints(validator: &jsonschema::Validator, text: &str) -> Vec<String> {
    let value: toml::Value = toml::from_str(text).unwrap();
    let value = serde_json::to_value(value).unwrap();
    validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_schema_takes_every_table_that_we_take() {
    let validator = validator();
    for (path, text) in tables_in("api").chain([("tests/tables/acme.toml", TEAM)]) {
        let complaints = complaints(&validator, text);
        assert!(complaints.is_empty(), "{path}: {complaints:#?}");
    }
}

/// Ways to break the team's table: a text in it, and what to put there.
const BREAKS: &[(&str, &str)] = &[
    ("library = \"acme-sdk\"", "libary = \"acme-sdk\""),
    ("modules = [\"acme\"]\n", ""),
    ("kind = \"method\"", "kind = \"methd\""),
    ("kind = \"method\"", "kind = \"parameter\""),
    ("breaks = \">=2\"", "breaks = \"two\""),
    ("breaks = \">=2\"", "breaks = 2"),
    ("breaks = \">=2\"", "brakes = \">=2\""),
    ("symbols = [\"acme.Client.fetch\"]", "symbols = []"),
    ("symbols = [\"acme.Client.fetch\"]", "symbols = [\"a b\"]"),
    ("applicability = \"safe\"\n", ""),
    ("applicability = \"safe\"", "applicability = \"sure\""),
    ("{ rename-attribute = \"get\" }", "{ rename-attribute = \"os.system('x')\" }"),
    ("{ rename-attribute = \"get\" }", "{ rename = \"get\" }"),
    ("severity = \"error\"", "severity = \"fatal\""),
    ("code = \"ACME001\"", "code = \"API001\""),
    ("code = \"ACME001\"", "code = \"acme\""),
    ("name = \"old-acme-client\"", "name = \"Old client\""),
    ("bad = \"2.1.0\"\ngood = \"1.9.0\"\n", ""),
    ("bad = \"2.1.0\"", "bad = \"two\""),
    ("help = \"ask the platform team for a certificate\"\n", ""),
];

#[test]
fn the_schema_and_the_command_refuse_the_same() {
    let validator = validator();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(".preflight/rules")).unwrap();
    for (text, broken) in BREAKS {
        assert!(TEAM.contains(text), "{text}");
        let table = TEAM.replacen(text, broken, 1);
        assert!(!complaints(&validator, &table).is_empty(), "the schema takes {broken:?} for {text:?}");
        fs::write(folder.path().join(".preflight/rules/acme.toml"), &table).unwrap();
        let (code, _, err) = run(folder.path(), &["check"]);
        assert_eq!(code, 2, "{broken:?} for {text:?}: {err}");
        assert!(err.contains("acme.toml:"), "{broken:?} for {text:?} is told without its place: {err}");
        assert_eq!(run(folder.path(), &["check", "--isolated"]).0, 0, "--isolated leaves them out");
    }
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("preflight"));
    let output = command.current_dir(folder).env_remove("CLICOLOR_FORCE").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_mistake_names_the_nearest_known_key_and_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let table = TEAM.replacen("breaks = ", "braks = ", 1);
    fs::write(folder.path().join("acme.toml"), table).unwrap();
    let (code, _, err) = run(folder.path(), &["rules", "test", "."]);
    let line = TEAM.lines().position(|line| line.starts_with("breaks = ")).unwrap() + 1;
    assert_eq!(code, 2);
    for expected in [&*format!("acme.toml:{line}:1"), "unknown key `braks`", "did you mean `breaks`?"] {
        assert!(err.contains(expected), "{expected} in:\n{err}");
    }
}

/// The table of the manual, in a repository that breaks both of its rows.
#[test]
fn the_manuals_table_is_checked_listed_explained_and_tested() {
    let manual = fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let table = manual.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(table, TEAM, "docs/rules.md shows tests/tables/acme.toml");
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(".preflight/rules/acme.toml", table);
    write("requirements.txt", "acme-sdk==2.0.1\n");
    write("app.py", "import acme\n\nclient = acme.connect(\"eu\", insecure=True)\nclient.fetch(\"orders\")\n");
    let (code, out, _) = run(folder.path(), &["check", "--select", "ACME", "--format", "concise"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("app.py:3:29: error ACME001 `insecure=` switches off the check of certificates"), "{out}");
    assert!(out.contains("app.py:4:1: error ACME001 `acme.Client.fetch` fails with acme-sdk 2.0.1"), "{out}");

    let (code, out, err) = run(folder.path(), &["rules", "test"]);
    assert_eq!(code, 0, "{out}{err}");
    let (_, out, _) = run(folder.path(), &["rules"]);
    assert!(out.contains("ACME001  old-acme-client"), "{out}");
    let (code, out, _) = run(folder.path(), &["explain", "old-acme-client"]);
    assert!(code == 0 && out.contains("acme-sdk >=2") && out.contains("wiki.acme.example"), "{out}");
    assert_eq!(run(folder.path(), &["explain", "ACME001", "--isolated"]).0, 2);
    let (_, out, _) = run(folder.path(), &["check", "--select", "ACME001", "--format", "sarif"]);
    assert!(out.contains("What the second Acme SDK no longer has"), "{out}");

    let suppressed =
        "import acme\n\nclient = acme.connect(\"eu\")\nclient.fetch(\"x\")  # preflight: ignore[ACME001] until May\n";
    write("app.py", suppressed);
    let (code, out, _) = run(folder.path(), &["check", "--select", "ACME,SYS002"]);
    assert_eq!(code, 0, "{out}");

    // From elsewhere, and without a rule of its own: then ours report what it says.
    let rule = table.find("[rule]").unwrap()..table.find("[results]").unwrap();
    let plain = table.replace(&table[rule], "");
    let plain = plain.split("[[change]]\nsymbols = [\"acme.connect\"]").next().unwrap();
    write("elsewhere/plain.toml", plain);
    write("app.py", "import acme\n\nclient = acme.connect(\"eu\")\nclient.fetch(\"orders\")\n");
    let arguments = ["check", "app.py", "--isolated", "--rules", "elsewhere", "--select", "API", "--format", "concise"];
    let (code, out, err) = run(folder.path(), &arguments);
    assert!(code == 1 && out.contains("error API001 `acme.Client.fetch` fails with acme-sdk 2.0.1"), "{out}{err}");
}

#[test]
fn an_example_that_does_not_hold_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("acme.toml"), TEAM.replacen("good = \"1.9.0\"", "good = \"2.0.0\"", 1)).unwrap();
    let (code, out, _) = run(folder.path(), &["rules", "test", "."]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("fetch() became get(), acme-sdk 2.0.0: the good side is reported"), "{out}");
}
