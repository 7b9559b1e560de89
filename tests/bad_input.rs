//! Input that is broken, hostile or missing: each is met with a clear word, and everything else is still checked.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use preflight::repo::Repository;
use tempfile::TempDir;

const DOCKERFILE: &str =
    "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nEXPOSE 8000\nHEALTHCHECK CMD true\nCMD [\"python\", \"app.py\"]\n";
const APP: &str = "import uvicorn\n\nuvicorn.run(app, host='127.0.0.1', port=8000)\n";

/// A repository with one error of its own, to see that it is still found.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "Dockerfile", DOCKERFILE);
    write(folder.path(), "app.py", APP);
    folder
}

fn write(folder: &Path, path: &str, content: impl AsRef<[u8]>) {
    let file = folder.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
}

/// Checks the folder with the binary; gives the exit code, the findings a line each, and standard error.
fn check(folder: &Path) -> (i32, Vec<String>, String) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("preflight"));
    let output = command
        .args(["check", ".", "--isolated", "--advice", "--format", "concise"])
        .current_dir(folder)
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    (output.status.code().unwrap(), lines, String::from_utf8(output.stderr).unwrap())
}

/// Checks that the repository's own error is found, and something that begins with `expected`.
fn assert_told(folder: &TempDir, expected: &str) {
    let (code, lines, stderr) = check(folder.path());
    assert_eq!(code, 1, "{lines:?} {stderr}");
    assert!(lines.iter().any(|line| line.starts_with("app.py:3:1: error NET001")), "the rest is checked: {lines:?}");
    assert!(lines.iter().any(|line| line.starts_with(expected)), "{expected} is not in {lines:#?}");
    assert!(!stderr.contains("panicked") && !stderr.contains("failed in itself"), "{stderr}");
}

/// Checks that the repository's own error is the only finding.
fn assert_unimpressed(folder: &TempDir) {
    let (code, lines, stderr) = check(folder.path());
    assert_eq!((code, lines.len()), (1, 1), "{lines:?} {stderr}");
    assert!(!stderr.contains("panicked") && !stderr.contains("failed in itself"), "{stderr}");
}

#[test]
fn a_readme_that_is_not_read_may_have_a_card() {
    let folder = tempfile::tempdir().unwrap();
    let push = "on: push\njobs:\n  sync:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n      \
                - run: git push --force https://me:${{ secrets.HF_TOKEN }}@huggingface.co/spaces/me/demo main\n";
    write(folder.path(), ".github/workflows/sync.yml", push);
    write(folder.path(), "README.md", "---\ntitle: Demo\nsdk: static\n---\n\0a\0b\0");
    let (_, lines, _) = check(folder.path());
    assert!(lines.iter().any(|line| line.contains("SYS001")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("HF007")), "{lines:?}");
}

#[test]
fn files_that_are_no_text_are_named() {
    for (path, content, expected) in [
        (
            "binary.py",
            b"\x7fELF\x00\x01".as_slice(),
            "binary.py:1:1: warning SYS001 this file is named as Python and is binary",
        ),
        (
            "latin.py",
            b"x = '\xe9'\n",
            "latin.py:1:1: warning SYS001 Python can't read this file: byte 5 is not valid UTF-8",
        ),
        ("requirements.txt", b"flask\xff\n", "requirements.txt:1:1: warning SYS001 this file was not checked"),
        ("tests/data.py", b"\x00", "tests/data.py:1:1: advice SYS001"),
    ] {
        let folder = repository();
        write(folder.path(), path, content);
        assert_told(&folder, expected);
    }
    let folder = repository();
    write(folder.path(), "declared.py", b"# -*- coding: latin-1 -*-\nx = '\xe9'\n");
    assert_unimpressed(&folder);
}

#[test]
fn a_huge_file_is_left_out_with_a_word() {
    let folder = repository();
    write(folder.path(), "data.py", vec![b'#'; (8 << 20) + 1]);
    assert_told(&folder, "data.py:1:1: advice SYS001 this file was not checked: it has 8388609 bytes");
}

#[cfg(unix)]
#[test]
fn what_the_system_does_not_let_us_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = repository();
    write(folder.path(), "closed/inside.py", "x = 1\n");
    write(folder.path(), "closed.py", "x = 1\n");
    for (path, mode) in [("closed", 0o000), ("closed.py", 0o000)] {
        fs::set_permissions(folder.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    // A superuser reads everything all the same.
    if fs::read(folder.path().join("closed.py")).is_err() {
        assert_told(&folder, "closed.py:1:1: warning SYS001 this file can't be read: Permission denied");
        assert_told(&folder, "closed:1:1: warning SYS001 this folder can't be listed: Permission denied");
    }
    fs::set_permissions(folder.path().join("closed"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    use std::os::unix::fs::symlink;
    let folder = repository();
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "secret.py", b"\x00");
    symlink(".", folder.path().join("loop")).unwrap();
    symlink("../..", folder.path().join("up")).unwrap();
    symlink("nowhere", folder.path().join("dangling.py")).unwrap();
    symlink(outside.path().join("secret.py"), folder.path().join("outside.py")).unwrap();
    symlink(outside.path(), folder.path().join("requirements.txt")).unwrap();
    assert_unimpressed(&folder);
}

#[test]
fn a_folder_with_the_name_of_a_file_is_a_folder() {
    let folder = repository();
    for name in ["requirements.txt", "README.md", "pyproject.toml", "docker-compose.yml", "Procfile", "preflight.py"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    assert_unimpressed(&folder);
    write(folder.path(), "requirements.txt/base.txt", "flask==3.1.2\n");
    assert_unimpressed(&folder);
}

#[test]
fn nothing_there_is_no_failure_and_nowhere_is() {
    let empty = tempfile::tempdir().unwrap();
    let (code, lines, stderr) = check(empty.path());
    assert_eq!((code, lines.len()), (0, 0));
    assert!(
        stderr.contains("Checked 0 files, and no deployment is known (`preflight target` says why): nothing found."),
        "{stderr}"
    );
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("preflight"));
    let output = command.args(["check", "gone"]).current_dir(empty.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "error: can't check gone: there is no such file or folder\n");
}

#[test]
fn yaml_that_grows_without_bound_is_refused() {
    let folder = repository();
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (before, name) in "abcdefghi".chars().zip("bcdefghij".chars()) {
        let items = vec![format!("*{before}"); 9].join(", ");
        bomb.push_str(&format!("{name}: &{name} [{items}]\n"));
    }
    write(folder.path(), "compose.yaml", &bomb);
    write(folder.path(), "values.yaml", &bomb);
    write(folder.path(), ".github/workflows/bomb.yml", &bomb);
    write(folder.path(), "README.md", format!("---\nsdk: gradio\n{bomb}---\n"));
    assert_told(&folder, "compose.yaml:5:");
}

#[test]
fn no_input_takes_a_rule_down() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(2_000), close.repeat(2_000));
    let nested = "d/".repeat(150) + "deep.py";
    let card = "---\ntitle: x\nsdk: gradio\nemoji: 🚀\n";
    let files: Vec<(String, String)> = [
        ("Dockerfile", "FROM python:3.12\nCOPY . .\nRUN ((((((((((`'\"\nCMD python app.py\n".to_owned()),
        ("app.py", format!("import nested, broken\nx = {}\nif x:\n", deep("(", ")"))),
        ("nested.py", deep("[", "")),
        ("broken.py", "def f(:\n  \u{feff}'''\u{202e}".to_owned()),
        ("README.md", card.to_owned()),
        ("readme.md", "---\n---\n---".to_owned()),
        ("requirements.txt", format!("-r requirements.txt\n-c {}\n{}\n==1\n;;;\n", "x".repeat(9000), deep("[", "]"))),
        ("constraints.txt", "-r requirements.txt\n".to_owned()),
        ("pyproject.toml", format!("[project]\nname = 'x'\ndependencies = {}\n", deep("[", "]"))),
        ("uv.lock", deep("[[", "")),
        ("compose.yaml", deep("[", "")),
        (".github/workflows/w.yml", format!("on: {}\n", deep("{a: ", "}"))),
        ("k8s.yaml", format!("apiVersion: v1\nkind: {}\n", deep("- ", ""))),
        ("fly.toml", deep("a.", "")),
        ("railway.json", deep("[", "")),
        ("book.ipynb", deep("{\"cells\":[", "")),
        ("main.rs", format!("fn main() {{ let x = {}; }}", deep("(", ")"))),
        ("start.sh", format!("{}\n. ./start.sh\n", deep("$(", ")"))),
        ("Procfile", "web: sh start.sh\n: :\nweb\n".to_owned()),
        (".env", "=\n==\nA\n'\n".to_owned()),
        (nested.as_str(), "import asyncio\n".to_owned()),
    ]
    .map(|(path, text)| (path.to_owned(), text))
    .to_vec();
    // All together, and each on its own beside a program that is in order.
    support::check(Repository::in_memory(files.iter().map(|(path, text)| (path.as_str(), text.as_bytes()))));
    for (path, text) in &files {
        let around =
            [("Dockerfile", DOCKERFILE.as_bytes()), ("app.py", APP.as_bytes()), (path.as_str(), text.as_bytes())];
        support::check(Repository::in_memory(around));
    }
}
