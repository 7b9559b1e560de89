//! Hostile, broken and unusual files.

use proptest::prelude::*;

use super::parse;
use crate::diagnostic::{RepoPath, Span};
use crate::formats::python::Module;
use crate::repo::Source;

/// Every span of the module, for checks that hold for all of them.
fn spans(module: &Module) -> Vec<Span> {
    let mut spans: Vec<Span> = module.comments.clone();
    spans.extend(module.syntax_errors.iter().map(|error| error.span));
    spans.extend(module.imports.iter().flat_map(|row| [row.span, row.statement]));
    spans.extend(module.functions.iter().flat_map(|row| [row.span, row.name_span, row.body_span]));
    spans.extend(module.functions.iter().flat_map(|row| row.parameters.iter().map(|parameter| parameter.span)));
    spans.extend(module.classes.iter().flat_map(|row| [row.span, row.name_span]));
    spans.extend(
        module.assignments.iter().flat_map(|row| [row.span, row.target_span, row.value.span, row.value.origin()]),
    );
    spans.extend(module.references.iter().map(|row| row.span));
    spans.extend(module.strings.iter().map(|row| row.span));
    spans.extend(module.environment.iter().map(|row| row.span));
    spans.extend(module.list_changes.iter().map(|row| row.span));
    spans.extend(module.handed_back.iter().flat_map(|row| row.items.iter().map(|(_, span)| *span)));
    spans.extend(module.blocks.iter().map(|row| row.span));
    for call in &module.calls {
        spans.extend([call.span, call.callee_span, call.arguments_span]);
        spans.extend(
            call.arguments.iter().flat_map(|argument| [argument.span, argument.value.span, argument.value.origin()]),
        );
    }
    spans
}

fn assert_spans_fit(module: &Module, text: &str) {
    for span in spans(module) {
        assert!(text.get(span.start..span.end).is_some(), "{span:?} in {text:?}");
    }
}

const SNIPPET: &str = "\u{feff}# é 日本\nimport asyncio as aio, os\r\nfrom .x import *\nclass Ä(B, metaclass=M):\n    y: 'int' = f\"{aio.run(1):{w}} {{\"\n    async def f(self, a=1, /, *b, c: int = 2, **k):\n        async with self.l as z, g():\n            await z(**{'q': 1}, *b)\n        match a:\n            case {'x': [1, *r], **m} if r: pass\n            case P(x=1) | None as n: pass\n        try:\n            yield (u := [i for i in r if i])\n        except* (E, F) as e:\n            raise e from None\n        else: pass\n        finally: del k['a'].b\nk = {'a': 1}; k['b'] = '🦀'\nt = lambda *x, y=1: (x, y)\n@os.environ['A']\ndef h[T: int = 3](x: T) -> 'h': global t; return -1 if x else not t\nif __name__ == '__main__': h(x=os.getenv('P') or 3)(**k).z[1:2](t'{x}')\n";

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_edit_breaks_the_reader(edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, "[(){}\\[\\]:,.=*@'\"\\\\# \n\ta-z日🦀]{0,4}"), 1..8)) {
        let mut chars: Vec<char> = SNIPPET.chars().collect();
        for (at, removed, inserted) in edits {
            let at = at.index(chars.len().max(1)).min(chars.len());
            let end = (at + removed).min(chars.len());
            chars.splice(at..end, inserted.chars());
        }
        let text: String = chars.into_iter().collect();
        assert_spans_fit(&parse(&text), &text);
    }
}

#[test]
fn the_whole_snippet_is_read() {
    let module = parse(SNIPPET);
    assert_spans_fit(&module, SNIPPET);
    assert_eq!(module.comments[0].of(SNIPPET), "# é 日本");
    assert!(module.calls.iter().any(|call| call.is("asyncio.run")));
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    let deep = |open: &str, middle: &str, close: &str, times: usize| {
        format!("import asyncio\nasyncio.run(0)\nx = {}{middle}{}\n", open.repeat(times), close.repeat(times))
    };
    let texts = [
        deep("1 + ", "asyncio.run(1)", "", 100_000),
        deep("", "1", " + 1", 100_000),
        deep("(", "1", ")", 20_000),
        deep("[", "1", "]", 20_000),
        deep("not ", "1", "", 50_000),
        deep("f(", "1", ")", 10_000),
        deep("", "a", ".b()", 30_000),
        deep("", "a", ".b", 30_000),
        deep("", "a", "[0]", 30_000),
        deep("lambda: ", "1", "", 20_000),
        deep("lambda a, b: ", "1", "", 20_000),
        deep("1 if 2 else ", "3", "", 20_000),
        deep("2 ** ", "3", "", 20_000),
        deep("{1: ", "3", "}", 10_000),
        deep("await ", "f()", "", 20_000),
        deep("", "1", " < 1", 50_000),
        deep("", "x", " = x", 50_000),
        (0..90).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect::<String>()
            + &" ".repeat(90)
            + "asyncio.run()",
        format!(
            "import asyncio\nasyncio.run()\n{}",
            (0..20_000).map(|n| format!("a{n} = a{}\n", n + 1)).collect::<String>()
        ),
        format!(
            "import asyncio\nasyncio.run()\n{}",
            (0..40).map(|n| format!("a{n} = [a{m}, a{m}, a{m}]\n", m = n + 1)).collect::<String>()
        ),
        format!(
            "import asyncio\nasyncio.run()\n{}",
            (0..60).map(|n| format!("a{n} = a{m} if x else a{m}\na{n} = a{m}\n", m = n + 1)).collect::<String>()
        ),
    ];
    // The threads of a pool have two megabytes.
    let reader = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        for text in &texts {
            let module = parse(text);
            assert!(!module.calls.is_empty(), "{}", &text[..60]);
            assert_spans_fit(&module, text);
        }
    });
    reader.unwrap().join().unwrap();
}

#[test]
fn data_that_many_calls_name_is_not_copied_for_each() {
    let keys: String = (0..100).map(|n| format!("'k{n}': [1, 2, 3],")).collect();
    let module = parse(&format!("k = {{{keys}}}\n{}", "f(k, **k)\n".repeat(20_000)));
    let arguments: usize = module.calls.iter().map(|call| call.arguments.len()).sum();
    assert!(arguments < 60_000, "{arguments}");
    assert_eq!(module.calls[0].arguments.len(), 101);
    assert!(module.calls[19_999].unknown_keywords);
}

#[test]
fn notebooks_point_into_their_json() {
    let text = r##"{
 "cells": [
  {"cell_type": "markdown", "source": ["# import nothing\n"]},
  {"cell_type": "code", "metadata": {}, "source": ["%pip install gradio\n", "import gradio as gr  # \u00fcber\n", "demo = gr.Interface(f, theme=\"soft\")\n"]},
  {"cell_type": "code", "source": ["%%bash\n", "echo demo.launch()"]},
  {"cell_type": "code", "source": "!ls\ndemo.launch(server_name=\"127.0.0.1\")"}
 ],
 "nbformat": 4
}"##;
    let module = Module::parse_notebook(&Source::new(RepoPath::new("a.ipynb"), text));
    assert!(module.notebook && module.syntax_errors.is_empty(), "{:?}", module.syntax_errors);
    assert_spans_fit(&module, text);
    let launch = module.calls.iter().find(|call| call.is("gradio.Interface.launch")).unwrap();
    assert_eq!(launch.span.of(text), r#"demo.launch(server_name=\"127.0.0.1\")"#);
    assert_eq!(launch.arguments[0].value.span.of(text), r#"\"127.0.0.1\""#);
    assert_eq!(module.comments[0].of(text), r"# \u00fcber");
    assert_eq!(module.calls.len(), 2);
    assert_eq!(&*module.shell_lines[0].value, "pip install gradio");
    assert_eq!(module.shell_lines[0].span.of(text), "%pip install gradio");
    let broken = Module::parse_notebook(&Source::new(RepoPath::new("a.ipynb"), "{\"cells\": [é"));
    assert_eq!(broken.syntax_errors.len(), 1);
}

#[test]
fn a_module_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Module>();
}
