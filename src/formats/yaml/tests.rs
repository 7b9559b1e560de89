//! Tests of reading YAML.

use proptest::prelude::*;

use super::*;

fn one(text: &str) -> Document {
    parse(text, 0).unwrap().remove(0)
}

fn each<'a>(node: &'a Node, visit: &mut dyn FnMut(&'a Node)) {
    visit(node);
    node.items().iter().for_each(|item| each(item, visit));
    for (key, value) in node.entries() {
        each(key, visit);
        each(value, visit);
    }
}

#[test]
fn spans_are_bytes_whatever_the_characters() {
    for text in [
        "emoji: 🚀🚀\ntitle: 日本語 # c\nname: \"é\"\nlist: [a, 'ü', 3.10]\nlast: x",
        "emoji: 🚀🚀\r\ntitle: 日本語 # c\r\nname: \"é\"\r\nlist: [a, 'ü', 3.10]\r\nlast: x\r\n",
        "\u{feff}emoji: 🚀🚀\ntitle: 日本語\nname: \"é\"\nlist: [a, 'ü', 3.10]\nlast: x\n",
        "emoji: 🚀🚀\ntitle: 日本語 # c\nname: \"é\"\nlist:\n  - a\n  - 'ü'\n  - 3.10\nlast: x # é\n",
    ] {
        let root = one(text).root;
        assert_eq!(root.get("emoji").unwrap().raw(text), "🚀🚀", "{text:?}");
        assert_eq!(root.get("title").unwrap().raw(text), "日本語");
        assert_eq!(root.get("name").unwrap().raw(text), "\"é\"");
        assert_eq!(root.entry("name").unwrap().0.raw(text), "name");
        let list: Vec<_> = root.get("list").unwrap().items().iter().map(|item| item.raw(text)).collect();
        assert_eq!(list, ["a", "'ü'", "3.10"]);
        assert_eq!(root.get("list").unwrap().items()[2].scalar_text(), Some("3.10"));
        assert_eq!(root.get("last").unwrap().raw(text), "x");
        let flow = root.get("list").unwrap();
        if text.contains('[') {
            assert_eq!(flow.raw(text), "[a, 'ü', 3.10]");
        } else {
            assert_eq!(flow.raw(text), "- a\n  - 'ü'\n  - 3.10");
        }
    }
}

#[test]
fn a_comment_behind_quotes_is_no_part_of_the_text() {
    for text in [
        "é: 'it''s a'  # 'more'\nb: 1\n",
        "é: \"it\\\"s a\" # \"more\"\r\nb: 1\r\n",
        "- 'it''s a' # x",
        "é: ['it''s a', b] # x\n",
    ] {
        let parsed = parse(text, 5).unwrap();
        let root = &parsed[0].root;
        let value = root.get("é").unwrap_or(root);
        let node = &value.items_or_self()[0];
        let span = Span::new(node.span.start - 5, node.span.end - 5);
        assert!(matches!(span.of(text), "'it''s a'" | "\"it\\\"s a\""), "{text:?}: {:?}", span.of(text));
    }
}

#[test]
fn offsets_shift_every_span() {
    let whole = "# README\n---\na: [é, *x]\n";
    assert_eq!(parse("a: [é, b]", 13).unwrap()[0].root.get("a").unwrap().span, Span::new(16, 23));
    let error = parse(&whole[13..], 13).unwrap_err();
    assert!(error.span.start >= 13 && error.span.end <= whole.len(), "{error:?}");
}

#[test]
fn anchors_aliases_and_merge_keys() {
    let text = "base: &base {a: 1, b: 2}\nx:\n  <<: *base\n  b: 3\ny: *base\nz: {<<: [*base, {c: 4}]}\n";
    let root = one(text).root;
    assert_eq!(root.path(&["x", "a"]).unwrap().value, Value::Integer(1));
    assert_eq!(root.path(&["x", "b"]).unwrap().value, Value::Integer(3));
    assert_eq!(root.path(&["z", "c"]).unwrap().value, Value::Integer(4));
    let merged: Vec<_> = root.get("x").unwrap().merged_entries().iter().map(|(key, _)| key.as_str().unwrap()).collect();
    assert_eq!(merged, ["b", "a"]);
    let alias = root.get("y").unwrap();
    assert_eq!(alias.span.of(text), "*base");
    assert!(alias.raw(text).contains("a: 1"), "{:?}", alias.raw(text));
}

#[test]
fn bombs_and_deep_nesting_are_refused_quickly() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{},", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    assert!(parse(&bomb, 0).unwrap_err().message.contains("aliases"));
    assert!(parse("a: &a [*a]", 0).is_err());
    for deep in ["[".repeat(100_000), "- ".repeat(100_000), "a: {".repeat(50_000)] {
        assert!(parse(&deep, 0).is_err());
    }
}

#[test]
fn duplicates_are_kept_and_named() {
    let text = "a: 1\nb: {c: 1, c: 2}\na: 3\n";
    let document = one(text);
    assert_eq!(document.root.entries().len(), 3);
    let found: Vec<_> = document.duplicate_keys.iter().map(|key| (key.key.as_str(), key.second.start)).collect();
    assert_eq!(found, [("c", 15), ("a", 21)]);
}

#[test]
fn documents_tags_and_empty_values() {
    let documents = parse("---\na: !!str 3.10\nb: !custom x\nc:\nd: ''\n---\n- 1\n...\n---\n", 0).unwrap();
    assert_eq!(documents.len(), 3);
    let root = &documents[0].root;
    assert_eq!(root.get("a").unwrap().as_str(), Some("3.10"));
    assert_eq!(root.get("b").unwrap().as_str(), Some("x"));
    assert!(root.get("c").unwrap().is_null());
    assert_eq!(root.get("d").unwrap().as_str(), Some(""));
    assert!(documents[2].root.is_null());
    assert!(parse("", 0).unwrap().is_empty());
    assert!(parse("# only a comment\n", 0).unwrap().is_empty());
}

#[test]
fn text_maps_find_every_character_of_a_value() {
    // In each, `KEY` stands where the map must lead for the value's own `KEY`.
    for text in [
        "a: plain KEY here",
        "a: 'it''s KEY'",
        "a: \"tab\\t\\u00e9 \\\"KEY\"",
        "a: \"two\n  lines KEY\"",
        "a: one\n  two KEY",
        "a: |\n  é\n  b KEY\n  c\n",
        "a: |\r\n  é\r\n  b KEY\r\n  c\r\n",
        "a: |-  # comment\n\n    x\n      deeper\n    b KEY",
        "a: |2\n   one more KEY\n",
        "a: >\n  folded\n  text KEY\n\n  more\n",
        "a: >-\n  folded\n    kept KEY\n  more\n",
        "- run: |\n    if x; then\n      y\n    fi\n\n    KEY z\n  b: 1\n",
    ] {
        let mut found = false;
        let root = one(text).root;
        each(&root, &mut |node| {
            if let Some(at) = node.as_str().and_then(|value| value.find("KEY")) {
                let span = node.text_map(text).span(Span::new(at, at + 3));
                assert_eq!(span.of(text), "KEY", "{text:?}");
                found = true;
            }
        });
        assert!(found, "{text:?}");
    }
}

#[test]
fn a_closing_bracket_may_stand_where_its_key_does() {
    let text = "a:\n  b: [\n    é, # ü ]\n    x\n  ]\n  c: {\r\n    y: 1 # z\r\n  }\nd: 🚀\n";
    let root = one(text).root;
    assert_eq!(root.path(&["a", "b"]).unwrap().items().len(), 2);
    assert_eq!(root.path(&["a", "b"]).unwrap().raw(text), "[\n    é, # ü ]\n    x\n  ]");
    assert_eq!(root.path(&["a", "c", "y"]).unwrap().value, Value::Integer(1));
    assert_eq!(root.get("d").unwrap().raw(text), "🚀");
    assert!(parse("a: ]\n", 0).is_err());
}

#[test]
fn block_scalars_stand_from_their_indicator_to_their_last_line() {
    for (text, raw) in [
        ("a: |-  # c\n\n    x\n    b\n\n\nb: 1", "|-  # c\n\n    x\n    b"),
        ("a: &x !!str |\r\n  é\r\n", "|\r\n  é"),
        ("a:\n  >\n  | x |\n", ">\n  | x |"),
        ("|\n x", "|\n x"),
        ("a: |\n\n\n", "|"),
        ("a:\n - | \n  > x\n - 1", "| \n  > x"),
    ] {
        let mut found = Vec::new();
        let root = one(text).root;
        each(&root, &mut |node| {
            if matches!(node.style, Style::Literal | Style::Folded) {
                found.push(node.raw(text));
            }
        });
        assert_eq!(found, [raw], "{text:?}");
    }
}

fn check(text: &str) {
    let Ok(documents) = parse(text, 0) else { return };
    for document in &documents {
        each(&document.root, &mut |node| {
            for span in [node.span, node.content] {
                assert!(text.get(span.start..span.end).is_some(), "{span:?} in {text:?}");
            }
            if let Some(value) = node.as_str() {
                let map = node.text_map(text);
                for (at, _) in value.char_indices() {
                    assert!(text.is_char_boundary(map.offset(at)), "{text:?}");
                }
            }
        });
    }
}

proptest! {
    #[test]
    fn never_panics(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn never_panics_on_what_looks_like_yaml(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "a", ": ", "\n", "\r\n", "  ", "- ", "&x ", "*x", "[", "]", "{", "}", ",", "'", "\"", "|", ">-", "#", "é",
                "🚀", "\\", "---\n", "...", "<<: ", "? ", "!!str ", "\t", "%", "@",
            ]),
            0..60,
        ),
    ) {
        check(&parts.concat());
    }
}
