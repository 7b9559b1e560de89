//! `preflight target`: every fact with the place that says so, for people and as JSON.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects")]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in [
        ("README.md", "---\ntitle: Demo\nsdk: gradio\nsdk_version: 5.49.1\n---\n"),
        ("app.py", "import gradio as gr\n\nfrom lib import greet\n\ngr.Interface(greet, 'text', 'text').launch()\n"),
        ("lib.py", "def greet(name):\n    return name\n"),
        ("requirements.txt", "numpy==2.2.6\n"),
        (
            "api/Dockerfile",
            "FROM python:3.12-slim\nWORKDIR /srv\nENV API_KEY=sk-secret DEBUG=0\nCOPY . .\nEXPOSE 8000\n\
             CMD [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\"]\n",
        ),
        ("api/main.py", "app = None\n"),
    ] {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    folder
}

fn target(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("preflight"));
    let output = command.arg("target").args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn people_see_each_fact_and_who_says_so() {
    let folder = repository();
    let (code, out, err) = target(folder.path(), &[]);
    assert_eq!(code, 0, "{err}");
    let has = |what: &str, value: &str, by: &str| {
        let found = out.lines().any(|line| {
            line.contains(value) && line.contains(by) && (what.is_empty() || line.trim_start().starts_with(what))
        });
        assert!(found, "{what} {value} {by} is not in\n{out}");
    };
    has("platform", "Hugging Face Space (gradio)", "README.md:3");
    has("packages", "gradio 5.49.1", "README.md:4");
    has("", "numpy 2.2.6", "requirements.txt:1");
    has("runs", "app.py, lib.py", "");
    has("starts", "uvicorn main:app --host 0.0.0.0  → api/main.py", "api/Dockerfile:6");
    has("Python", "3.12", "api/Dockerfile:1");
    has("ports", "8000 declared", "api/Dockerfile:5");
    has("environment", "API_KEY=••••••", "api/Dockerfile:3");
    has("", "2 deployments in 6 files", "");
    assert!(!out.contains("sk-secret"));
}

#[test]
fn machines_get_one_document_with_a_version() {
    let folder = repository();
    let (code, out, _) = target(folder.path(), &["--format", "json"]);
    assert_eq!(code, 0);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["version"], 1);
    let deployments = json["deployments"].as_array().unwrap();
    assert_eq!(deployments.len(), 2);
    let space = &deployments[0];
    assert_eq!(space["platform"]["name"], "space-gradio");
    assert_eq!(space["platform"]["because"]["kind"], "stated");
    assert_eq!(space["python"]["because"]["kind"], "default");
    assert_eq!(space["files"]["python"], serde_json::json!(["app.py", "lib.py"]));
    assert_eq!(deployments[1]["environment"][0]["value"], "••••••");
}

#[test]
fn the_configuration_states_what_files_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, _) = target(folder.path(), &[]);
    assert_eq!(code, 0);
    assert!(out.contains("says what is deployed"), "{out}");

    fs::write(folder.path().join("web.py"), "x = 1\n").unwrap();
    fs::write(folder.path().join("requirements.txt"), "flask\n").unwrap();
    let config = |text: &str| fs::write(folder.path().join("preflight.toml"), text).unwrap();
    config("[deployment.web]\nplatform = 'container'\npython = '3.12'\nentry = 'web.py'\nport = 80\n");
    let (code, out, err) = target(folder.path(), &[]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("\nweb\n") && out.contains("stated in preflight's configuration"), "{out}");

    for (text, place, help) in [
        ("[deployment.web]\nplatform = 'containr'\n", "preflight.toml:2:12", "did you mean `container`?"),
        ("[deployment.web]\nplatform = 'mainframe'\n", "no platform is called `mainframe`", "known: space-gradio"),
        ("[deployment.web]\nplatfrom = 'fly'\n", "unknown key `platfrom`", "did you mean `platform`?"),
        ("[deployment.web]\nentry = '../x.py'\n", "preflight.toml:2:9", "must lie below its root"),
        ("[deployment.web]\npython = '3'\n", "preflight.toml:2:10", "a Python version is two or three numbers"),
        ("[deployment.web]\nroot = 'api'\n", "[deployment.web]", "there is no folder api"),
        ("[deployment.web]\nentry = 'wbe.py'\n", "[deployment.web]", "there is no wbe.py to start"),
        ("[deployment.api]\nport = 80\n", "[deployment.api] fits no deployment", "there is \"program\""),
    ] {
        config(text);
        let (code, _, err) = target(folder.path(), &[]);
        assert_eq!(code, 2, "{text}");
        assert!(err.contains(place) && err.contains(help), "{text}{err}");
    }
}
