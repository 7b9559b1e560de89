//! Tests of reading requirements.

use proptest::prelude::*;

use super::*;
use crate::formats::package::Target;
use crate::knowledge::python_version::PythonVersion;

fn read(text: &str) -> Result<ParsedRequirement, Spanned<String>> {
    parse_requirement(text, &TextOrigin::verbatim(0, text.len()))
}

fn named(text: &str) -> Requirement {
    match read(text) {
        Ok(ParsedRequirement::Named(requirement)) => requirement,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn every_part_knows_its_place() {
    let text = "  Gradio[oauth, MCP_x] >= 4.0 , <5 ; python_version < '3.13'  ";
    let requirement = named(text);
    assert_eq!(requirement.name.value.as_str(), "gradio");
    assert_eq!(requirement.name.span.of(text), "Gradio");
    let extras: Vec<_> = requirement.extras.iter().map(|extra| (extra.value.as_str(), extra.span.of(text))).collect();
    assert_eq!(extras, [("oauth", "oauth"), ("mcp-x", "MCP_x")]);
    assert_eq!(requirement.specifier_span.unwrap().of(text), ">= 4.0 , <5");
    assert_eq!(&text[..requirement.insert_at], "  Gradio[oauth, MCP_x]");
    assert_eq!(requirement.marker.as_ref().unwrap().span.of(text), "python_version < '3.13'");
    assert_eq!(requirement.span.of(text), text.trim());
    assert!(requirement.has_upper_bound() && !requirement.is_pinned());
    assert!(!requirement.applies_to(&Target::linux(PythonVersion::new(3, 13))));
    assert_eq!(requirement.allowed().to_string(), ">=4.0,<5");
}

#[test]
fn pins_are_told_from_ranges() {
    for (text, pinned) in [
        ("a==1.0", true),
        ("a===1.0-weird_build", true),
        ("a==1.*", false),
        ("a~=1.0", false),
        ("a", false),
        ("a (==1.0)", true),
        ("a @ https://example.org/a-1.0-py3-none-any.whl", true),
        ("a@git+https://github.com/o/a@main", false),
        ("a @ git+https://github.com/o/a@0123abc", true),
        ("a @ git+ssh://git@github.com/o/a.git@v1.2.0 ; os_name == 'posix'", true),
        ("https://example.org/torch-2.1.0%2Bcu118-cp311-cp311-linux_x86_64.whl", true),
        ("git+https://github.com/o/a.git#egg=a", false),
    ] {
        assert_eq!(named(text).is_pinned(), pinned, "{text}");
    }
    assert_eq!(named("./wheels/torch-2.1.0+cpu-cp311-none-any.whl").allowed().to_string(), "==2.1.0+cpu");
    assert_eq!(named("a===1.0-weird_build").verbatim_version.as_deref(), Some("1.0-weird_build"));
    assert!(named("a==${VERSION}").has_variable);
}

#[test]
fn paths_and_urls_need_no_name() {
    for (text, suggested) in [
        ("git+https://github.com/huggingface/transformers.git@main", Some("transformers")),
        ("./local/package", None),
        (".[dev]", None),
        ("libs/common", None),
        ("https://example.org/archive/main.zip", None),
        ("file:///srv/a", None),
    ] {
        match read(text) {
            Ok(ParsedRequirement::Unnamed(unnamed)) => {
                assert_eq!(unnamed.suggested_name.as_ref().map(PackageName::as_str), suggested, "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    let Ok(ParsedRequirement::Unnamed(unnamed)) = read(".[dev] ; python_version > '3'") else { panic!() };
    assert_eq!(unnamed.extras[0].value, "dev");
    assert_eq!(unnamed.source.value, RequirementSource::Path(".".into()));
    assert!(unnamed.marker.is_some());
}

#[test]
fn what_pip_refuses_is_refused_with_a_reason() {
    for (text, reason) in [
        ("flask=2.0", "`=` is not an operator; `==2.0` is one exact version"),
        ("flask 2.0", "expected an operator before the version: `flask==2.0`"),
        ("pip install flask", "`install flask` after `pip` is neither versions nor a marker"),
        ("flask>=1.0 <2.0", "`1.0 <2.0` is not one version; specifiers are separated by commas"),
        ("flask>=1<2", "`1<2` is not one version; specifiers are separated by commas"),
        ("flask>=1.*", "`.*` goes with `==` and `!=` only, not with `>=`"),
        ("flask>=", "there is no version after `>=`"),
        ("flask=>1", "`=>` is not an operator"),
        ("flask==latest", "`latest` is not a version"),
        ("flask~=2", "`~=` needs at least two numbers, as in `~=1.4`"),
        ("flask[a", "the bracket of the extras is not closed"),
        ("==2.0", "`==2.0` has versions but no package"),
        ("flask; python_version < 3.8", "there is no such marker variable; a text has to be quoted"),
        ("flask @ ", "expected a URL or a path after `@`"),
        ("* flask", "`* flask` does not begin with the name of a package"),
    ] {
        assert_eq!(read(text).unwrap_err().value, reason, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_valid_spans(text in "\\PC{0,40}|[a-c@\\[\\];<>=!~'\"(). ${}#/:é-]{0,40}") {
        match read(&text) {
            Ok(ParsedRequirement::Named(requirement)) => {
                for span in [Some(requirement.span), Some(requirement.name.span), requirement.specifier_span]
                    .into_iter()
                    .flatten()
                {
                    prop_assert!(text.get(span.start..span.end).is_some());
                }
                prop_assert!(text.is_char_boundary(requirement.insert_at));
            }
            Ok(ParsedRequirement::Unnamed(unnamed)) => {
                prop_assert!(text.get(unnamed.span.start..unnamed.span.end).is_some());
            }
            Err(error) => prop_assert!(text.get(error.span.start..error.span.end).is_some()),
        }
    }
}
