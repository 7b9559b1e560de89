//! The command line as a user meets it: formats, exit codes, errors, terminals and pipes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects")]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const DOCKERFILE: &str = "FROM python:3.12-slim\nCOPY . .\nEXPOSE 8000\nCMD [\"python\", \"app.py\"]\n";
const APP: &str = "import uvicorn\n\nuvicorn.run(app, host='127.0.0.1', port=8000)\n";

/// A repository whose container starts a server that nothing can reach, and a file that no rule looks at.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), ".git/HEAD", "ref: refs/heads/main\n");
    container(folder.path(), "");
    write(folder.path(), "notes.md", "hello\n");
    folder
}

/// Adds a container that starts a server that nothing can reach: one error, and only that.
fn container(folder: &Path, below: &str) {
    write(folder, &format!("{below}Dockerfile"), DOCKERFILE);
    write(folder, &format!("{below}app.py"), APP);
}

fn write(folder: &Path, path: &str, content: &str) {
    let file = folder.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
}

fn preflight(folder: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("preflight"));
    command.current_dir(folder);
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(variable);
    }
    command
}

/// Runs in `folder`; gives the exit code, standard output and standard error.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    told(preflight(folder).args(arguments).output().unwrap())
}

fn told(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_exit_code_says_what_came_of_it() {
    let folder = repository();
    let code = |arguments: &[&str]| run(folder.path(), arguments).0;
    assert_eq!(code(&["check"]), 1, "the default level is warning");
    assert_eq!(code(&["check", "--fail-on", "never"]), 0);
    assert_eq!(code(&["check", "--select", "NET001", "--fail-on", "error"]), 1);
    assert_eq!(code(&["check", "--select", "NET", "--ignore", "loopback-bind"]), 0);
    assert_eq!(code(&["check", "--nonsense"]), 2);
    assert_eq!(code(&["explain", "no-such-rule"]), 2);
    assert_eq!(code(&["rules"]), 0);
    assert_eq!(code(&["completions", "bash"]), 0);
    assert_eq!(code(&["--help"]), 0);
}

#[test]
fn each_path_is_checked_though_another_one_is_missing() {
    let folder = repository();
    let (code, out, err) =
        run(folder.path(), &["check", "gone", "app.py", "notes.md", "--select", "NET", "--format", "concise"]);
    assert_eq!(code, 2);
    assert!(err.contains("error: can't check gone: there is no such file or folder"), "{err}");
    assert!(err.contains("note: notes.md: no rule looks at this kind of file"), "{err}");
    assert!(out.starts_with("app.py:3:1: error NET001 "), "{out}");
    assert_eq!(out.lines().count(), 1, "{out}");

    let (code, out, _) = run(folder.path(), &["check", "notes.md", "--quiet"]);
    assert_eq!((code, out.as_str()), (0, ""), "only what concerns the file");
    let (code, _, _) = run(folder.path(), &["check", "Dockerfile", "--select", "NET001"]);
    assert_eq!(code, 1, "the Dockerfile holds a label of the finding");

    // Seen from where the user stands.
    container(folder.path(), "sub/");
    let arguments = ["check", "app.py", "--select", "NET001", "--format", "concise"];
    let (_, out, _) = run(&folder.path().join("sub"), &arguments);
    assert!(out.starts_with("app.py:3:1: ") && out.lines().count() == 1, "{out}");
}

#[test]
fn several_roots_keep_their_names_apart() {
    let folder = tempfile::tempdir().unwrap();
    container(folder.path(), "a/");
    container(folder.path(), "b/");
    let paths = |arguments: &[&str]| {
        let (_, out, _) = run(folder.path(), arguments);
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(json["version"], 1);
        let found = json["diagnostics"].as_array().unwrap();
        found.iter().map(|found| found["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(paths(&["check", "--select", "NET", "--format", "json", "a", "b"]), ["a/app.py", "b/app.py"]);
    assert_eq!(paths(&["check", "--select", "NET", "--format", "json", "a"]), ["app.py"], "one root: as seen from it");
}

#[test]
fn a_mistake_in_the_configuration_is_shown_where_it_is() {
    let folder = repository();
    for (file, content, expected) in [
        ("preflight.toml", "\nselct = []\n", ["preflight.toml:2:1", "unknown key `selct`", "did you mean `select`?"]),
        (
            "preflight.toml",
            "ignore = ['NET01']",
            ["preflight.toml:1:11", "no rule is called `NET01`", "did you mean `NET001`?"],
        ),
        (
            ".preflight.toml",
            "advice = 'yes'",
            [".preflight.toml:1:10", "invalid type: string \"yes\"", "expected a boolean"],
        ),
        (
            "pyproject.toml",
            "[tool.preflight]\nexclude = ['a[']",
            ["pyproject.toml:2:12", "a path pattern is malformed", "here"],
        ),
        (
            "preflight.toml",
            "[deployment.a]\npyton = '3.12'",
            ["preflight.toml:2:1", "unknown key `pyton`", "did you mean `python`?"],
        ),
        (
            "preflight.toml",
            "[deployment.a]\npython = 3.10",
            ["preflight.toml:2:10", "floating point", "put it in quotes"],
        ),
        ("preflight.toml", "select = ['ALL'", ["preflight.toml:1:", "×", "array"]),
    ] {
        write(folder.path(), file, content);
        let (code, out, err) = run(folder.path(), &["check"]);
        assert_eq!((code, out.as_str()), (2, ""), "{content}");
        for expected in expected {
            assert!(err.contains(expected), "{expected} in:\n{err}");
        }
        assert_eq!(run(folder.path(), &["check", "--select", "NET", "--isolated"]).0, 1, "--isolated looks at no file");
        fs::remove_file(folder.path().join(file)).unwrap();
    }
}

#[test]
fn configuration_is_found_above_and_flags_win_over_it() {
    let folder = repository();
    write(
        folder.path(),
        "preflight.toml",
        "select = ['NET']\nexclude = ['sub/old']\n[per-file-ignores]\n'sub/*.py' = ['NET001']\n",
    );
    container(folder.path(), "sub/");
    container(folder.path(), "sub/old/");
    let sub = folder.path().join("sub");
    assert_eq!(run(&sub, &["check"]).0, 0, "patterns are relative to the file that holds them");
    assert_eq!(run(folder.path(), &["check", "--select", "NET001"]).0, 1);
    let (_, out, _) = run(&sub, &["check", "--show-settings"]);
    assert!(out.contains("preflight.toml") && out.contains("sub/old") && !out.contains("SYS"), "{out}");
    let (_, out, _) = run(folder.path(), &["check", "--show-settings", "--no-config"]);
    assert!(out.contains("# no configuration file") && !out.contains("sub/old"), "{out}");
    write(folder.path(), "other.toml", "fail-on = 'never'");
    assert_eq!(run(folder.path(), &["check", "--config", "other.toml"]).0, 0);
    assert_eq!(run(folder.path(), &["check", "--config", "missing.toml"]).0, 2);
}

#[test]
fn fixes_are_shown_then_made_then_done() {
    let folder = repository();
    let app = folder.path().join("app.py");
    let (code, diff, _) = run(folder.path(), &["check", "--select", "NET001", "--diff", "--unsafe-fixes"]);
    assert_eq!(code, 1);
    assert!(diff.starts_with("diff --git a/app.py b/app.py\n--- a/app.py\n+++ b/app.py\n@@ "), "{diff}");
    assert!(diff.contains("\n+uvicorn.run(app, host="), "{diff}");
    assert_eq!(run(folder.path(), &["check", "--select", "NET001", "--fix"]).0, 1, "the fix needs a look");
    assert_eq!(fs::read_to_string(&app).unwrap(), APP, "--diff writes nothing, --fix only what is safe");

    let (code, out, _) = run(folder.path(), &["check", "--select", "NET001", "--unsafe-fixes"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("Fixed 1 finding in 1 file."), "{out}");
    assert!(fs::read_to_string(&app).unwrap().contains("0.0.0.0"));
    let (_, diff, _) = run(folder.path(), &["check", "--select", "NET001", "--diff", "--unsafe-fixes"]);
    assert_eq!(diff, "");
}

#[test]
fn a_patch_that_is_looked_at_shows_no_secret() {
    let folder = repository();
    let secret = format!("hf_{}", "aZbYcXdWeVfUgThSiRjQkPlOmNnMoLpKqJ");
    write(folder.path(), "app.py", &APP.replace("\n\n", &format!("\nTOKEN = '{secret}'\n")));
    let arguments = ["check", "--select", "NET001,ENV002", "--diff", "--unsafe-fixes"];
    let (_, shown, _) = run(folder.path(), &arguments);
    assert!(shown.contains("\n TOKEN = 'hf_****") && !shown.contains(&secret), "{shown}");
    run(folder.path(), &[&arguments[..], &["--output-file", "fixes.patch"]].concat());
    let patch = fs::read_to_string(folder.path().join("fixes.patch")).unwrap();
    assert!(patch.contains(&secret), "git apply needs the line as it is: {patch}");
}

#[test]
fn colour_is_a_matter_of_flag_environment_and_terminal() {
    let folder = repository();
    let coloured = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = preflight(folder.path()).args(arguments).envs(variables.iter().copied()).output().unwrap();
        told(output).1.contains("\u{1b}[")
    };
    assert!(!coloured(&["check"], &[]), "a pipe is no terminal");
    assert!(coloured(&["check"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["check"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(coloured(&["check", "--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never", "check"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["check", "--format", "json"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..900 {
        container(folder.path(), &format!("{index}/"));
    }
    let mut child = preflight(folder.path())
        .args(["check", "--select", "NET001", "--format", "concise", "--quiet"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The pipe holds less than what is written, so the program still writes when its reader goes.
    child.stdout.take().unwrap().read_exact(&mut [0; 10]).unwrap();
    let (code, _, err) = told(child.wait_with_output().unwrap());
    assert_eq!((code, err.as_str()), (1, ""), "the code as earned, and no complaint");
}

#[cfg(unix)]
#[test]
fn names_from_the_repository_do_not_steer_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    container(folder.path(), "a\u{1b}[31m\n::error::b/");
    write(folder.path(), "preflight.toml", "# \u{1b}]0;owned\u{7}\nselct = '\u{1b}[31m'");
    for format in ["full", "concise", "json", "sarif", "github"] {
        let (_, out, err) = run(folder.path(), &["check", "--format", format, "--isolated"]);
        assert!(out.contains("NET001"), "{format}: {out}");
        assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "{format}: {out}{err}");
        assert!(!out.lines().any(|line| line.starts_with("::error::")), "{format}: {out}");
    }
    let (code, _, err) = run(folder.path(), &["check"]);
    assert!(code == 2 && !err.contains(['\u{1b}', '\u{7}']), "{err}");
}

#[test]
fn an_empty_repository_and_an_output_file_are_fine() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, _) = run(folder.path(), &["check"]);
    assert_eq!(
        (code, out.as_str()),
        (0, "Checked 0 files, and no deployment is known (`preflight target` says why): nothing found.\n")
    );
    let (code, out, _) = run(folder.path(), &["check", "--format", "json", "--output-file", "out.json", "-q"]);
    assert_eq!((code, out.as_str()), (0, ""));
    let json = fs::read_to_string(folder.path().join("out.json")).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["summary"]["errors"], 0);
}

/// Puts a `uv` before the others on the path that gives a recorded answer and notes that it was asked.
#[cfg(unix)]
fn with_uv(folder: &Path, cache: &Path, status: i32, answer: &str, arguments: &[&str]) -> (i32, String, String) {
    use std::os::unix::fs::PermissionsExt;
    let bin = cache.join("bin");
    write(&bin, "answer", answer);
    let script = "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'uv 0.0.1'; exit 0; fi\nhere=$(dirname \"$0\")\n\
                  echo \"$*\" >> \"$here/asked\"; cat requirements.in >> \"$here/asked\"\n"
        .to_owned()
        + &format!("cat \"$here/answer\"{}\nexit {status}\n", if status == 0 { "" } else { " >&2" });
    write(&bin, "uv", &script);
    fs::set_permissions(bin.join("uv"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut command = preflight(folder);
    told(command.args(arguments).env("PATH", path).env("XDG_CACHE_HOME", cache).output().unwrap())
}

#[cfg(unix)]
#[test]
fn a_resolver_is_asked_when_told_to_and_once_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let dockerfile =
        "FROM python:3.12-slim\nCOPY . .\nRUN pip install -r requirements.txt\nCMD [\"python\", \"app.py\"]\n";
    write(folder.path(), "Dockerfile", dockerfile);
    write(folder.path(), "requirements.txt", "langchain-openai\nhttpx<1\n-e git+https://example.org/x.git#egg=x\n");
    write(folder.path(), "app.py", "import httpx\n\nclient = httpx.Client(proxies='http://proxy:8080')\n");
    let check = |more: &[&str], status: i32, answer: &str| {
        let arguments = [&["check", "--select", "API,DEP008", "--format", "concise", "--quiet"], more].concat();
        with_uv(folder.path(), cache.path(), status, answer, &arguments)
    };
    let asked = || fs::read_to_string(cache.path().join("bin/asked")).unwrap_or_default();

    let (_, out, _) = check(&[], 0, "");
    assert!(asked().is_empty(), "nobody asked for the network");
    assert!(out.contains("which the next build installs"), "{out}");
    let old = "httpx==0.27.2\nlangchain-openai==0.1.0\nopenai==1.2.0\n";
    let (code, out, err) = check(&["--resolve"], 0, old);
    assert_eq!(code, 1, "{out}{err}");
    assert!(
        out.contains(
            "warning API002 `proxies=` of httpx.Client is deprecated in httpx 0.27.2, which uv 0.0.1 chooses today"
        ),
        "{out}"
    );
    assert!(asked().contains("--python-version 3.12") && asked().contains("--no-build"), "{}", asked());
    assert!(asked().ends_with("httpx<1\nlangchain-openai\n"), "names and versions only: {}", asked());
    let before = asked();
    let (_, again, _) = check(&["--resolve"], 1, "not asked again");
    assert_eq!((asked(), again), (before, out), "the same question on the same day");

    write(folder.path(), "requirements.txt", "gradio==4.44.1\nnumpy<1\n");
    let no = "error: No solution found when resolving dependencies\n  cause: Because gradio==4.44.1 depends on numpy>=1.0 and you require numpy<1, no.\n";
    let (code, out, _) = check(&["--resolve"], 1, no);
    assert_eq!(code, 1);
    assert!(out.contains("requirements.txt:1:1: error DEP008 these requirements can't be installed together on Python 3.12, says uv 0.0.1"), "{out}");

    write(folder.path(), "requirements.txt", "flask\n");
    write(folder.path(), "app.py", "import click\nimport flask\nimport requests\n");
    let chosen = "click==8.3.1\nflask==3.1.2\n";
    let arguments = ["check", "--select", "DEP004", "--resolve", "--format", "concise", "--quiet"];
    let (code, out, _) = with_uv(folder.path(), cache.path(), 0, chosen, &arguments);
    assert_eq!(code, 1);
    assert_eq!(out.lines().count(), 1, "{out}");
    assert!(out.contains("requests is not among the 2 packages that uv 0.0.1 chooses"), "{out}");
    let (_, out, _) = with_uv(folder.path(), cache.path(), 0, chosen, &["target", "--resolve"]);
    assert!(out.contains("brought in  click 8.3.1") && out.contains("uv 0.0.1 chooses it"), "{out}");

    write(folder.path(), "requirements.txt", "gradio==4.44.0\n");
    let arguments = ["check", "--select", "DEP008", "--resolve"];
    let (code, out, err) =
        with_uv(folder.path(), cache.path(), 2, "error: Failed to fetch: `https://index.example/gradio`", &arguments);
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("note: ") && err.contains("Failed to fetch"), "{err}");
}
