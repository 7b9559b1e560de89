//! Suppressions in place: where they count, in which kinds of files, and which of them do nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects")]

mod support;

use preflight::config::{Overrides, Settings};
use preflight::engine;
use preflight::repo::Repository;

const DOCKERFILE: &str = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD [\"python\", \"app.py\"]\n";

/// What is found in a container that runs `app.py`, as `path:line CODE`, of the two rules that matter here.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let report = support::check(Repository::in_memory(files.iter().map(|(path, text)| (*path, text.as_bytes()))));
    let line = |found: &preflight::diagnostic::Diagnostic| {
        let source = report.repository.source(&found.location.path).unwrap();
        let line = source.position(found.location.span.start).line;
        format!("{}:{line} {}", found.location.path, found.rule.code)
    };
    let of_interest = |found: &&preflight::diagnostic::Diagnostic| matches!(found.rule.code, "NET001" | "SYS002");
    report.diagnostics.iter().filter(of_interest).map(line).collect()
}

fn app(text: &str) -> Vec<String> {
    found(&[("Dockerfile", DOCKERFILE), ("app.py", &format!("import uvicorn\n{text}\n"))])
}

#[test]
fn a_comment_counts_on_its_line_or_alone_above() {
    let call = "uvicorn.run(app, host='127.0.0.1')";
    for (text, expected) in [
        (call.to_owned(), vec!["app.py:2 NET001"]),
        (format!("{call}  # preflight: ignore[NET001] a sidecar forwards"), vec![]),
        (format!("{call}  #preflight: ignore[loopback-bind]"), vec![]),
        (format!("{call}  # preflight: ignore[API001, net001]"), vec![]),
        (format!("# preflight: ignore[NET001]\n{call}"), vec![]),
        (format!("# preflight: ignore[NET001]\n# and why\n\n{call}"), vec![]),
        ("uvicorn.run(  # preflight: ignore[NET001]\n    app,\n    host='127.0.0.1',\n)".to_owned(), vec![]),
        (format!("{call}  # noqa: S104  # preflight:ignore [NET001]"), vec![]),
        // Written otherwise, and therefore without effect.
        (format!("{call}  # preflight: disable=NET001"), vec!["app.py:2 NET001", "app.py:2 SYS002"]),
        (format!("{call}  # preflight ignore[NET001]"), vec!["app.py:2 NET001", "app.py:2 SYS002"]),
        (format!("{call}  # preflight: skip this when offline"), vec!["app.py:2 NET001"]),
        // Too far away, and therefore without effect.
        (format!("# preflight: ignore[NET001]\nx = 1\n{call}"), vec!["app.py:2 SYS002", "app.py:4 NET001"]),
        (format!("x = 1  # preflight: ignore[NET001]\n{call}"), vec!["app.py:2 SYS002", "app.py:3 NET001"]),
        // Of all rules, of none, of one that does not exist, of another one.
        (format!("{call}  # preflight: ignore"), vec!["app.py:2 NET001", "app.py:2 SYS002"]),
        (format!("{call}  # preflight: ignore[]"), vec!["app.py:2 NET001", "app.py:2 SYS002"]),
        (format!("{call}  # preflight: ignore[NET01]"), vec!["app.py:2 NET001", "app.py:2 SYS002"]),
        (format!("{call}  # preflight: ignore[API001]"), vec!["app.py:2 NET001", "app.py:2 SYS002"]),
        // Text is no comment.
        (format!("x = '# preflight: ignore[NET001]'\n{call}"), vec!["app.py:3 NET001"]),
        (format!("x = '''\n# preflight: ignore[NET001]\n'''; {call}"), vec!["app.py:4 NET001"]),
    ] {
        assert_eq!(app(&text), expected, "{text}");
    }
}

#[test]
fn every_kind_of_file_has_its_comments() {
    let server = "async def app(scope, receive, send):\n    pass\n";
    let start = "CMD [\"uvicorn\", \"main:app\"]\n";
    let dockerfile = |before: &str| format!("FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n{before}{start}");
    let compose = "services:\n  web:\n    build: .\n    ports: [\"8000:8000\"]\n";
    for (files, expected) in [
        (vec![("Dockerfile", dockerfile("")), ("main.py", server.to_owned())], vec!["Dockerfile:4 NET001"]),
        (vec![("Dockerfile", dockerfile("# preflight: ignore[NET001] why\n")), ("main.py", server.to_owned())], vec![]),
        (
            vec![
                ("Dockerfile", "FROM python:3.12\nCOPY . .\n".to_owned()),
                (
                    "compose.yaml",
                    format!("{compose}    # preflight: ignore[NET001] why\n    command: uvicorn main:app\n"),
                ),
                ("main.py", server.to_owned()),
            ],
            vec![],
        ),
        // In Markdown only what a reader does not see, and not what stands in a block of code.
        (
            vec![("notes/README.md", "<!-- preflight: ignore[NET001] -->\ntext\n".to_owned())],
            vec!["notes/README.md:1 SYS002"],
        ),
        (vec![("README.md", "```python\nf()  # preflight: ignore[NET001]\n```\n".to_owned())], vec![]),
        (vec![("README.md", "```\n<!-- preflight: ignore[NET001] -->\n```\n".to_owned())], vec![]),
        (vec![("README.md", "Write `<!-- preflight: ignore[NET001] -->` there.\n".to_owned())], vec![]),
        (
            vec![("README.md", "---\nsdk: static  # preflight: ignore[NET001]\n---\n".to_owned())],
            vec!["README.md:2 SYS002"],
        ),
        (vec![("src/main.rs", "fn main() {} // preflight: ignore[NET001]\n".to_owned())], vec!["src/main.rs:1 SYS002"]),
        (vec![("src/main.rs", "fn f() { g(\" // preflight: ignore[NET001]\"); }\n".to_owned())], vec![]),
        (vec![("a.yml", "a: \"x # preflight: ignore[NET001]\"\n".to_owned())], vec![]),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        assert_eq!(found(&files), expected, "{files:?}");
    }
}

#[test]
fn a_suppression_of_a_rule_that_did_not_run_is_left_alone() {
    let files = [("app.py", b"x = 1  # preflight: ignore[NET001]\ny = 2  # preflight: ignore[SYS001]\n".as_slice())];
    let select = Overrides { select: Some(vec!["SYS".to_owned()]), ..Overrides::default() };
    let settings = Settings::resolve(None, &select, &engine::known_rules(), &engine::known_platforms()).unwrap();
    let report = engine::check_repository(Repository::in_memory(files), &settings);
    let lines: Vec<_> = report.diagnostics.iter().map(|found| found.location.span.start > 30).collect();
    assert_eq!(lines, [true], "only the one of SYS001, which ran: {:?}", report.diagnostics);

    let select = Overrides { select: Some(vec!["NET".to_owned()]), ..Overrides::default() };
    let settings = Settings::resolve(None, &select, &engine::known_rules(), &engine::known_platforms()).unwrap();
    assert!(engine::check_repository(Repository::in_memory(files), &settings).diagnostics.is_empty());
}
