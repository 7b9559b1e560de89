//! Tests of reading `pyproject.toml`.

use proptest::prelude::*;

use super::*;
use crate::formats::package::{RequirementSource, Target};
use crate::knowledge::python_version::PythonVersion;

fn names(requirements: &[Requirement]) -> Vec<String> {
    requirements.iter().map(|read| format!("{} {}", read.name.value, read.allowed())).collect()
}

#[test]
fn a_standard_project_is_read_with_places() {
    let text = r#"# 日本 🚀
[build-system]
requires = ["hatchling>=1.20"]
build-backend = "hatchling.build"
[project]
name = "app"
requires-python = ">=3.10,<3.13"
dependencies = [
    "gradio[oauth]>=4.0, <5", # why
    'torch==2.1; sys_platform == "linux"',
    "fl\u0061sk~=2.0",
    "broken=1",
    "./here",
]
dynamic = ["version"]
classifiers = ["Private :: Do Not Upload"]
[project.optional-dependencies]
dev = ["pytest"]
[project.scripts]
app = "app.cli:main"
[dependency-groups]
test = ["pytest>=8", {include-group = "Lint_All"}]
lint-all = ["ruff", {include-group = "test"}]
[tool.uv]
constraint-dependencies = ["numpy<2"]
[tool.uv.sources]
torch = { git = "https://github.com/pytorch/pytorch", tag = "v2.1.0" }
[tool.setuptools.dynamic]
dependencies = { file = ["requirements.txt"] }
"#;
    let read = Pyproject::parse(text);
    assert_eq!(names(&read.dependencies), ["gradio >=4.0,<5", "torch ==2.1", "flask >=2.0,<3"]);
    assert_eq!(read.dependencies[0].specifier_span.unwrap().of(text), ">=4.0, <5");
    assert_eq!(read.dependencies[0].span.of(text), "gradio[oauth]>=4.0, <5");
    assert_eq!(read.dependencies[2].name.span.of(text), "fl\\u0061sk");
    assert!(matches!(&read.dependencies[1].source.as_ref().unwrap().value, RequirementSource::Vcs { .. }));
    assert_eq!(read.errors.len(), 2, "{:?}", read.errors);
    assert_eq!(read.errors[0].span.of(text), "=1");
    let python = read.requires_python.as_ref().unwrap();
    assert_eq!(python.span.of(text), ">=3.10,<3.13");
    assert!(!python.value.allows(PythonVersion::new(3, 13)));
    assert_eq!(read.group("test").len(), 2);
    assert_eq!(read.kind, ProjectKind::Application);
    assert_eq!(read.scripts[0].target.span.of(text), "app.cli:main");
    assert_eq!(names(&read.constraints), ["numpy <2"]);
    assert_eq!(read.dependency_files[0].value, "requirements.txt");
    assert_eq!(read.build_requires.len(), 1);
}

#[test]
fn a_poetry_project_is_read_with_places() {
    let text = r#"
[tool.poetry]
name = "old"
package-mode = false
[tool.poetry.dependencies]
python = "^3.9"
gradio = "^4.1"
torch = { version = "2.1.0", extras = ["opt"], markers = "sys_platform == 'linux'" }
lib = { git = "https://github.com/o/lib.git", rev = "0123abc" }
local = { path = "../local", develop = true }
many = [{ version = "1.0", python = "<3.11" }, { version = "2.0", python = ">=3.11" }]
anything = "*"
cuda = { version = "^1", optional = true }
wrong = "latest"
[tool.poetry.extras]
gpu = ["cuda"]
[tool.poetry.group.dev.dependencies]
pytest = ">=8"
[tool.poetry.dependencies.spacy]
version = "~3.7"
"#;
    let read = Pyproject::parse(text);
    assert_eq!(
        names(&read.dependencies),
        [
            "gradio >=4.1,<5",
            "torch ==2.1.0",
            "lib any version",
            "local any version",
            "many ==1.0",
            "many ==2.0",
            "anything any version",
            "wrong any version",
            "spacy >=3.7,<3.8",
        ]
    );
    assert_eq!(read.dependencies[0].specifier_span.unwrap().of(text), "^4.1");
    assert_eq!(read.dependencies[0].span.of(text), "gradio = \"^4.1\"");
    assert!(read.dependencies[2].is_pinned());
    assert_eq!(names(&read.group("gpu").into_iter().cloned().collect::<Vec<_>>()), ["cuda >=1,<2"]);
    let on = |minor| Target::linux(PythonVersion::new(3, minor));
    let applies: Vec<bool> = read.dependencies.iter().map(|read| read.applies_to(&on(11))).collect();
    assert_eq!(applies[4..6], [false, true]);
    assert_eq!(read.errors[0].span.of(text), "latest");
    assert_eq!(read.requires_python.as_ref().unwrap().value.to_string(), ">=3.9,<4");
    assert_eq!(read.kind, ProjectKind::Application);
    assert_eq!(read.group("dev").len(), 1);
}

#[test]
fn a_broken_file_says_where() {
    let text = "[project]\nname = \"a\ndependencies = []\n";
    let read = Pyproject::parse(text);
    assert_eq!(read.errors.len(), 1);
    assert!(read.errors[0].span.start >= 10);
    assert!(!read.is_manifest);
    assert_eq!(Pyproject::parse(&format!("a = {}", "[".repeat(100_000))).errors.len(), 1);
}

proptest! {
    #[test]
    fn any_text_is_read_with_valid_spans(
        text in "(\\PC{0,8}|\\[project\\]\\n|\\[tool.poetry.dependencies\\]\\n|dependencies = \\[\"[a=>\\\\u61 ;é]{0,12}\"\\]\\n|[a-c] = \"[\\^~>=1.|é]{0,6}\"\\n|\\[dependency-groups\\]\\n){0,8}"
    ) {
        let read = Pyproject::parse(&text);
        let groups = read.groups.iter().flat_map(|group| &group.requirements);
        let spans = read.dependencies.iter().chain(groups).flat_map(|requirement| {
            [requirement.span, requirement.name.span, requirement.specifier_span.unwrap_or_default()]
        });
        for span in spans.chain(read.errors.iter().map(|error| error.span)) {
            prop_assert!(text.get(span.start..span.end).is_some(), "{span:?}");
        }
    }
}
