//! Tests of reading lock files.

use proptest::prelude::*;

use super::*;

fn read(format: LockFormat, text: &str) -> (Vec<String>, LockFile) {
    let lock = LockFile::parse(format, text);
    let words = lock.packages.iter().map(|package| {
        let marks = [(package.is_local, " local"), (package.is_conda, " conda")];
        let marks: String = marks.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
        format!("{} {}{marks}", package.name.span.of(text), package.span.of(text))
    });
    (words.collect(), lock)
}

#[test]
fn toml_locks_are_read_with_places() {
    let text = "version = 1\r\nrequires-python = \">=3.11\"\r\n\r\n[[package]]\r\nname = \"gradio\"\r\nversion = \"5.0.0\"\r\nsource = { registry = \"https://x\" }\r\ndependencies = [\r\n    { name = \"x\" },\r\n]\r\n\r\n[package.metadata]\r\nversion = \"9\"\r\n\r\n[[package]]\r\nname = \"me\"\r\nsource = { virtual = \".\" }\r\n";
    let (packages, lock) = read(LockFormat::Uv, text);
    assert_eq!(packages, ["gradio 5.0.0", "me me local"]);
    assert_eq!(lock.requires_python.unwrap().span.of(text), ">=3.11");
    let text = "[[package]]\nname = \"a\"\nversion = \"1.0\"\ndescription = \"\"\"\nname = \"no\"\n\"\"\"\n[package.source]\ntype = \"git\"\n\n[metadata]\npython-versions = \"^3.9\"\n";
    let (packages, lock) = read(LockFormat::Poetry, text);
    assert_eq!(packages, ["a 1.0"]);
    assert_eq!(lock.requires_python.unwrap().value.to_string(), ">=3.9,<4");
    let text = "[metadata]\n[[metadata.targets]]\nrequires_python = \"==3.12.*\"\n[[package]]\nname = \"a\"\nversion = \"1.0\"\nrequires_python = \">=3\"\n";
    assert_eq!(read(LockFormat::Pdm, text).1.requires_python.unwrap().span.of(text), "==3.12.*");
    let text = "lock-version = \"1.0\"\nrequires-python = \">=3.10\"\n[[packages]]\nname = \"a\"\nversion = \"1.0\"\n[[packages.wheels]]\nname = \"a-1.0.whl\"\n";
    assert_eq!(read(LockFormat::Pylock, text).0, ["a 1.0"]);
}

#[test]
fn json_and_yaml_locks_are_read_with_places() {
    let text = r#"{"_meta": {"requires": {"python_version": "3.11"}, "sources": [{"name": "pypi"}]},
        "default": {"flask": {"hashes": ["sha256:a"], "version": "==3.0.0"}, "git": {"ref": "abc"}}, "develop": {}}"#;
    let (packages, lock) = read(LockFormat::Pipfile, text);
    assert_eq!(packages, ["flask ==3.0.0"]);
    assert_eq!(lock.packages[0].version, Some("3.0.0".parse().unwrap()));
    assert_eq!(lock.requires_python.unwrap().value.to_string(), "==3.11.*");
    let text = "metadata:\n  content: x\npackage:\n- name: numpy\n  version: 1.26.4\n  manager: conda\n  dependencies:\n    python: '>=3'\n- name: flask\n  version: '3.0'\n  manager: pip\n";
    assert_eq!(read(LockFormat::CondaLock, text).0, ["numpy 1.26.4 conda", "flask 3.0"]);
    let text = "version: 6\nenvironments:\n  default:\npackages:\n- conda: https://x/linux-64/numpy-1.26.4-py311_0.conda\n  sha256: a\n- pypi: https://x/flask-3.0.whl\n  name: flask\n  version: 3.0.0\n  requires_python: '>=3'\n";
    assert_eq!(read(LockFormat::Pixi, text).0, ["numpy 1.26.4 conda", "flask 3.0.0"]);
}

proptest! {
    #[test]
    fn any_text_is_read_with_valid_spans(
        text in "(\\PC{0,8}|\\[\\[package\\]\\]\\n|name = \"[aé]?\"\\n|version = \"\"?\"?1\"?\\n|- name: é?\\n|  version: '1\\n|packages:\\n|- conda: /a-1-b.conda\\n|[{}\",:\\[\\]\\\\a]{0,9}){0,9}"
    ) {
        for format in [LockFormat::Uv, LockFormat::Poetry, LockFormat::Pipfile, LockFormat::CondaLock, LockFormat::Pixi] {
            for package in LockFile::parse(format, &text).packages {
                prop_assert!(text.get(package.span.start..package.span.end).is_some());
                prop_assert!(text.get(package.name.span.start..package.name.span.end).is_some());
            }
        }
    }
}
