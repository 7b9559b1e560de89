//! What arguments are worth and where they stand.

use super::parse;
use crate::formats::python::{ArgumentOrigin, EnvironmentAccessKind, Module, Value, ValueKind};

/// A value in one line.
fn show(value: &Value) -> String {
    let default = |default: &Option<Box<Value>>| {
        default.as_ref().map_or_else(String::new, |value| format!(" or {}", show(value)))
    };
    match &value.kind {
        ValueKind::Str(text) => format!("{text:?}"),
        ValueKind::Int(int) => int.to_string(),
        ValueKind::Bool(truth) => truth.to_string(),
        ValueKind::None => "None".to_owned(),
        ValueKind::Name(name) => name.to_string(),
        ValueKind::Env { variable, default: other, required } => {
            format!("env {variable}{}{}", if *required { "!" } else { "" }, default(other))
        }
        ValueKind::Flag { flag, default: other } => format!("flag {flag}{}", default(other)),
        ValueKind::Parameter { name, default: other, .. } => format!("parameter {name}{}", default(other)),
        ValueKind::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        ValueKind::Dict(items) => {
            let items = items.iter().map(|(key, value)| format!("{}: {}", show(key), show(value)));
            format!("{{{}}}", items.collect::<Vec<_>>().join(", "))
        }
        ValueKind::Call(_) => "call".to_owned(),
        ValueKind::FString => "fstring".to_owned(),
        ValueKind::Function(_) => "function".to_owned(),
        other => format!("{other:?}"),
    }
}

/// The first argument of the first call of `target`.
fn argument(text: &str) -> (Module, Value) {
    let module = parse(text);
    let call = module.calls.iter().find(|call| call.callee.last_name() == Some("target")).unwrap();
    let value = call.arguments[0].value.clone();
    (module, value)
}

#[test]
fn arguments_are_worth_what_plain_code_gives_them() {
    for (text, expected) in [
        ("target(host='127.' '0.0.1')", "\"127.0.0.1\""),
        ("target(-1)", "-1"),
        ("target(1 << 20)", "1048576"),
        ("HOST = '0'\ntarget(HOST)", "\"0\""),
        ("HOST = '0'\ndef f():\n    target(HOST)", "\"0\""),
        ("HOST = '0'\nHOST = '1'\ntarget(HOST)", "Unknown"),
        ("A = B\nB = A\ntarget(A)", "Unknown"),
        ("def f(host='x'):\n    target(host)", "parameter host or \"x\""),
        ("for x in y:\n    target(x)", "Unknown"),
        ("import torch\ntarget(torch.float16)", "torch.float16"),
        ("target(f'{x}')", "fstring"),
        ("target('a' + 'b')", "\"ab\""),
        ("target('a/' + b)", "fstring"),
        ("target({'a': [1, None]})", "{\"a\": [1, None]}"),
        ("target(g())", "call"),
        ("def g(): ...\ntarget(g)", "function"),
        ("target(lambda: 1)", "function"),
        ("import os\ntarget(os.getenv('PORT'))", "env PORT"),
        ("import os\ntarget(int(os.environ.get('PORT', 7860)))", "env PORT or 7860"),
        ("import os\ntarget(os.environ['PORT'])", "env PORT!"),
        ("from os import environ as e\ntarget(e.get('A') or e.get('B', 'x'))", "env A or env B or \"x\""),
        ("import os\nPORT = int(os.getenv('PORT', '80'))\ntarget(PORT)", "env PORT or \"80\""),
        ("import os\ntarget(os.getenv('D', '0').lower())", "env D or \"0\""),
        ("class C:\n    HOST = 'h'\ntarget(C.HOST)", "\"h\""),
        (
            "class C:\n    def __init__(self, h):\n        self.h = h\n    def f(self):\n        target(self.h)",
            "parameter h",
        ),
        (
            "import argparse\np = argparse.ArgumentParser()\np.add_argument('-H', '--bind-host', default='lo')\na = p.parse_args()\ntarget(a.bind_host)",
            "flag --bind-host or \"lo\"",
        ),
        (
            "from argparse import ArgumentParser\np = ArgumentParser()\np.add_argument('--x', dest='y', type=int)\na, _ = p.parse_known_args()\ntarget(a.y)",
            "flag --x",
        ),
        (
            "def main(args):\n    target(args.share)\np.add_argument('--share', action='store_true')",
            "flag --share or false",
        ),
        (
            "import click\n@click.option('--host', default='lo')\ndef main(host):\n    target(host)",
            "flag --host or \"lo\"",
        ),
        (
            "import typer\ndef main(bind_host: str = typer.Option('lo')):\n    target(bind_host)",
            "flag --bind-host or \"lo\"",
        ),
    ] {
        let (_, value) = argument(text);
        assert_eq!(show(&value), expected, "{text}");
    }
}

#[test]
fn a_followed_name_remembers_both_places() {
    let text = "HOST = '127.0.0.1'\ntarget(host=HOST)";
    let (module, value) = argument(text);
    assert_eq!((value.span.of(text), value.origin().of(text)), ("HOST", "'127.0.0.1'"));
    assert_eq!(module.calls[0].arguments[0].span.of(text), "host=HOST");
    assert_eq!(module.calls[0].keyword("host").unwrap().name_span.unwrap().of(text), "host");
}

#[test]
fn keyword_arguments_come_through_dictionaries_and_partials() {
    for (text, expected, known) in [
        ("k = {'a': 1, 'b': 2}\ntarget(**k)", &[("'a': 1", "a"), ("'b': 2", "b")][..], true),
        ("target(**{'a': 1})", &[("'a': 1", "a")], true),
        ("k = dict(a=1)\ntarget(x=0, **k)", &[("x=0", "x"), ("a=1", "a")], true),
        ("k = {}\nk['a'] = 1\ntarget(**k)", &[("'a'] = 1", "a")], true),
        ("k = {'a': 1, **more}\ntarget(**k)", &[("'a': 1", "a")], false),
        ("def f(**k):\n    k['a'] = 1\n    target(**k)", &[("'a'] = 1", "a")], false),
        ("k = get()\ntarget(**k)", &[], false),
    ] {
        let module = parse(text);
        let call = module.calls.iter().find(|call| call.callee.last_name() == Some("target")).unwrap();
        let found: Vec<_> =
            call.arguments.iter().map(|argument| (argument.span.of(text), argument.name.as_deref().unwrap())).collect();
        assert_eq!(found, expected, "{text}");
        assert_eq!(!call.unknown_keywords, known, "{text}");
    }
    let text = "from functools import partial\nimport m\ng = partial(m.f, 1, a=2)\ng(3, b=4)";
    let module = parse(text);
    let deferred = module.calls.iter().find(|call| call.deferred).unwrap();
    assert!(deferred.is("m.f"));
    assert_eq!(deferred.keyword("a").unwrap().span.of(text), "a=2");
    assert_eq!(deferred.positional(0).unwrap().value.as_int(), Some(1));
    let invoked = module.calls.iter().find(|call| call.is("m.f") && !call.deferred).unwrap();
    assert_eq!(invoked.positional(0).unwrap().value.as_int(), Some(1));
    assert_eq!(invoked.positional(1).unwrap().value.as_int(), Some(3));
    assert!(matches!(invoked.keyword("a").unwrap().origin, ArgumentOrigin::Partial(_)));
}

#[test]
fn the_environment_is_a_table() {
    let text = "import os\nos.environ['A']\nos.environ['B'] = '1'\nos.getenv('C', 'd')\n'D' in os.environ\nos.environ.setdefault('E', '')\nx['F']";
    let module = parse(text);
    let found: Vec<_> = module.environment.iter().map(|access| (&*access.variable, access.kind)).collect();
    use EnvironmentAccessKind::{Optional, Required, Test, Write};
    assert_eq!(found, [("A", Required), ("B", Write), ("C", Optional), ("D", Test), ("E", Write)]);
}
