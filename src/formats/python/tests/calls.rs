//! Names of callees and mentions.

use crate::formats::python::Callee;

use super::{describe, last_callee, parse};

#[test]
fn callees_resolve_through_imports_scopes_and_types() {
    for (text, expected) in [
        ("import asyncio as aio\naio.get_event_loop()", "asyncio.get_event_loop"),
        ("from transformers import pipeline as p\np('x')", "transformers.pipeline"),
        ("import a.b.c\na.b.c.f()", "a.b.c.f"),
        ("import os.path\nos.getcwd()", "os.getcwd"),
        ("from .helpers import build\nbuild()", ".helpers.build"),
        ("from . import helpers\nhelpers.build()", ".helpers.build"),
        ("from .. import helpers as h\nh.build()", "..helpers.build"),
        ("open('x')", "builtins.open"),
        ("def open(p): ...\nopen('x')", "def open"),
        // Shadowing.
        ("import asyncio\ndef f(asyncio):\n    asyncio.run(1)", "? asyncio . run"),
        ("import asyncio\ndef f():\n    asyncio = get()\n    asyncio.run(1)", "? asyncio . run"),
        ("import asyncio\ndef f():\n    asyncio.run(1)\n    asyncio = 3", "? asyncio . run"),
        ("import json\nfor json in x:\n    json.loads(1)", "? json . loads"),
        ("import json\n[json.loads() for json in x]", "? json . loads"),
        ("import json\n[1 for json in x]\njson.loads()", "json.loads"),
        ("import json\nclass A:\n    json = 1\n    def f(self):\n        json.loads()", "json.loads"),
        ("import json\nclass A:\n    json = get()\n    json.loads()", "? json . loads"),
        ("import json\nif (json := get()):\n    json.loads()", "? json . loads"),
        ("import json\ntry:\n    pass\nexcept E as json:\n    json.loads()", "? json . loads"),
        ("import json\nmatch x:\n    case {'a': json}:\n        json.loads()", "? json . loads"),
        ("import json\nmatch x:\n    case 1:\n        json.loads()", "json.loads"),
        ("import json\nlambda json: json.loads()", "? json . loads"),
        ("import json\ndef f():\n    global json\n    json = g()\njson.loads()", "? json . loads"),
        (
            "def f():\n    import json\n    def g():\n        nonlocal json\n        json = 1\n    json.loads()",
            "? json . loads",
        ),
        // Alternatives.
        ("try:\n    import ujson as json\nexcept ImportError:\n    import json\njson.loads()", "ujson.loads"),
        ("try:\n    import torch\nexcept ImportError:\n    torch = None\ntorch.load()", "torch.load"),
        ("from transformers import *\npipeline('x')", "transformers.pipeline"),
        ("from a import *\nfrom b import *\npipeline('x')", "? pipeline"),
        ("from a import *\nprint('x')", "builtins.print"),
        // Instances.
        ("from fastapi import FastAPI\napp = FastAPI()\napp.run()", "method fastapi.FastAPI.run"),
        ("import gradio as gr\nwith gr.Blocks() as demo:\n    pass\ndemo.launch()", "method gradio.Blocks.launch"),
        (
            "import gradio as gr\nasync def m():\n    async with gr.Blocks() as d:\n        d.launch()",
            "method gradio.Blocks.launch",
        ),
        ("import gradio as gr\ndemo = gr.Blocks()\ndef main():\n    demo.launch()", "method gradio.Blocks.launch"),
        (
            "import gradio as gr\ndef main(demo: gr.Blocks | None = None):\n    demo.launch()",
            "method gradio.Blocks.launch",
        ),
        (
            "import gradio as gr\nfrom typing import Optional\ndef main(demo: 'Optional[gr.Blocks]'):\n    demo.launch()",
            "method gradio.Blocks.launch",
        ),
        ("import gradio as gr\ndef main(demo: 'gr.Blocks'):\n    demo.launch()", "method gradio.Blocks.launch"),
        (
            "import gradio as gr\ndef build():\n    with gr.Blocks() as d:\n        pass\n    return d\nbuild().launch()",
            "method gradio.Blocks.launch",
        ),
        (
            "import flask\ndef create():\n    app = flask.Flask('x')\n    return app\napp = create()\napp.run()",
            "method flask.Flask.run",
        ),
        (
            "import asyncio\nloop = asyncio.get_event_loop()\nloop.run_until_complete(1)",
            "method asyncio.AbstractEventLoop.run_until_complete",
        ),
        (
            "import asyncio\ntry:\n    loop = asyncio.get_running_loop()\nexcept RuntimeError:\n    loop = asyncio.new_event_loop()\nloop.stop()",
            "method asyncio.AbstractEventLoop.stop",
        ),
        ("from app.ui import build\nbuild().launch", "app.ui.build"),
        ("from app.ui import build\ndemo = build()\ndemo.launch()", "method app.ui.build().launch"),
        (
            "app = None\ndef f():\n    global app\n    from fastapi import FastAPI\n    app = FastAPI()\napp.get()",
            "method fastapi.FastAPI.get",
        ),
        ("app = A() if x else B()\napp.get()", "? app . get"),
        ("''.format(1)", "method builtins.str.format"),
        // Classes.
        ("class A:\n    def f(self): ...\n    def g(self):\n        self.f()", "on A.f -> A.f"),
        ("class A:\n    def f(self): ...\nclass B(A):\n    def g(self):\n        self.f()", "on B.f -> A.f"),
        ("class A:\n    def f(self): ...\nclass B(A):\n    def f(self):\n        super().f()", "super B.f -> A.f"),
        (
            "import x\nclass B(x.Base):\n    def f(self):\n        return super().generate()",
            "super B.generate -> x.Base.generate",
        ),
        (
            "import gradio as gr\nclass App(gr.Blocks): ...\napp = App()\napp.launch()",
            "on App.launch -> gradio.Blocks.launch",
        ),
        (
            "import q\nclass A:\n    def __init__(self):\n        self.x = q.Queue()\n    def g(self):\n        self.x.put(1)",
            "method q.Queue.put",
        ),
        ("import q\nclass A:\n    x: q.Queue\n    def g(self):\n        self.x.put(1)", "method q.Queue.put"),
        (
            "import q\nclass A:\n    def __init__(self, x: q.Queue):\n        self.x = x\n    def g(self):\n        self.x.put(1)",
            "method q.Queue.put",
        ),
        ("class A:\n    def f(self):\n        self.unknown()", "on A.unknown -> ?"),
        ("class A:\n    @classmethod\n    def make(cls):\n        cls()", "class A"),
        ("class A:\n    @staticmethod\n    def f(self):\n        self.run()", "? self . run"),
        ("class A:\n    def f(self):\n        def g():\n            self.f()", "on A.f -> A.f"),
        ("class A(A):\n    def f(self):\n        self.g()", "on A.g -> ?"),
        ("class A:\n    def run(self): ...\ndef f(a: A):\n    a.run()", "on A.run -> A.run"),
        // Partials.
        ("import functools\ndef f(a): ...\ng = functools.partial(f, a=1)\ng()", "def f"),
        // Odd places and text.
        ("import asyncio\nx = f\"{asyncio.run(1)!r:>{width}}\"", "asyncio.run"),
        ("import asyncio\r\ndef f():\r\n    asyncio.run(1)\r\n", "asyncio.run"),
        ("import módulo as naïve\nnaïve.función()", "módulo.función"),
        ("def broken(:\n    x = = 3\nimport asyncio\nasyncio.get_event_loop()", "asyncio.get_event_loop"),
        ("import asyncio\nprint 'x'\nfoo(\nasyncio.run(1)", "asyncio.run"),
        ("a[0]()", "?"),
    ] {
        let found = last_callee(text);
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn chained_calls_keep_class_and_maker() {
    let module = parse("import gradio as gr\ngr.Interface(f, theme='x').queue().launch(share=True)");
    let described: Vec<_> = module.calls.iter().map(|call| describe(&module, call)).collect();
    assert_eq!(described, ["method gradio.Interface.launch", "method gradio.Interface.queue", "gradio.Interface"]);
    let maker = module.calls[0].receiver.and_then(|queue| module.call(queue).receiver).unwrap();
    assert!(module.call(maker).is("gradio.Interface"));
}

#[test]
fn mentions_are_those_of_things_from_outside() {
    let text = "import numpy as np, asyncio\nx: np.float = 1\n@asyncio.coroutine\ndef f(np):\n    return np.int\ny = np.bool(1), print";
    let module = parse(text);
    let names: Vec<_> = module.references.iter().map(|reference| reference.name.as_str()).collect();
    assert_eq!(names, ["numpy.float", "asyncio.coroutine"]);
    assert_eq!(module.references[0].span.of(text), "np.float");
    assert_eq!(module.functions[0].decorators[0].name.as_ref().unwrap(), &"asyncio.coroutine");
}

#[test]
fn decorators_resolve_to_methods_of_instances() {
    let module = parse("from fastapi import FastAPI\napp = FastAPI()\n@app.get('/x')\nasync def view(): yield 1");
    let view = &module.functions[0];
    assert!(view.is_async && view.is_generator && view.has_decorator("fastapi.FastAPI.get"));
    let call = module.call(view.decorators[0].call.unwrap());
    assert_eq!(call.positional(0).unwrap().value.as_str(), Some("/x"));
}

#[test]
fn elements_are_known_by_their_container() {
    let module = parse(
        r#"
import asyncio
class A:
    def a(self): ...
def f(many: list[A], named: dict[str, A], pair: tuple[A, int], other: "list[A] | None" = None):
    for x in many: x.a()
    for _, x2 in named.items(): x2.a()
    for at, x3 in enumerate(many): x3.a()
    named["k"].a()
    [x4.a() for x4 in reversed(many)]
    for x5 in [A(), A()]: x5.a()
    for no in named: no.a()
    for no2 in pair: no2.a()
    for no3 in [A(), 1]: no3.a()
    for lock in [asyncio.Lock()]: lock.acquire()
"#,
    );
    let own = module.calls.iter().filter(|call| matches!(call.callee, Callee::LocalMethod { function: Some(_), .. }));
    assert_eq!(own.count(), 6);
    assert!(module.calls.iter().any(|call| call.is("asyncio.Lock.acquire")));
}
