//! Where things run: blocks, usages, coroutines, threads, imports.

use super::{describe, parse};
use crate::formats::python::{AsyncContext, Call, Module, Runner, TestKind, Usage};

fn call<'m>(module: &'m Module, name: &str) -> &'m Call {
    module.calls.iter().find(|call| call.callee.last_name() == Some(name)).unwrap()
}

#[test]
fn what_becomes_of_a_result() {
    let text = "async def m():\n    await a()\n    b()\n    x = c()\n    self.t = d()\n    async with e() as y: pass\n    g(h())\n    for i in j(): pass\n    if k(): return l()\n    n().o()\n    yield p()\n    u = [v()]\n    z = q() or r()\n@s()\ndef w(): ...\n";
    let module = parse(text);
    let usage = |name| call(&module, name).usage.clone();
    let assigned = |target: &str| Usage::Assigned(target.into());
    assert_eq!(usage("a"), Usage::Awaited);
    assert_eq!(usage("b"), Usage::Statement);
    assert_eq!((usage("c"), usage("d")), (assigned("x"), assigned("self.t")));
    assert_eq!(usage("e"), Usage::ContextManager);
    let outer = module.call_ids().find(|(_, call)| call.callee.last_name() == Some("g")).unwrap().0;
    assert_eq!(usage("h"), Usage::Argument(outer));
    assert_eq!((usage("j"), usage("k"), usage("l")), (Usage::Other, Usage::Condition, Usage::Returned));
    assert_eq!((usage("n"), usage("p"), usage("v")), (Usage::Receiver, Usage::Yielded, Usage::Element));
    assert_eq!((usage("r"), usage("s")), (assigned("z"), Usage::Decorator));
}

#[test]
fn blocks_tell_conditions_loops_and_handlers() {
    let text = r#"
import asyncio, os
try:
    asyncio.get_running_loop()
except RuntimeError:
    asyncio.run(main())
if __name__ == "__main__":
    guarded()
else:
    imported()
if os.getenv("SPACE_ID"):
    on_space()
while True:
    looped()
def f():
    try:
        loads()
    except (ValueError, KeyError):
        pass
    finally:
        closing()
    [inner() for x in y]
"#;
    let module = parse(text);
    let block = |name| call(&module, name).block;
    assert!(module.is_caught(block("get_running_loop"), "RuntimeError"));
    assert!(!module.is_caught(block("run"), "RuntimeError"));
    assert!(module.in_main_guard(block("guarded")) && !module.in_main_guard(block("imported")));
    assert!(module.runs_at_import(block("imported")) && !module.runs_at_import(block("guarded")));
    let (test, kind, negated) = module.conditions(block("on_space")).next().unwrap();
    assert_eq!((test.of(text), kind, negated), ("os.getenv(\"SPACE_ID\")", TestKind::Environment, false));
    assert!(module.in_loop(block("looped")) && module.in_loop(block("inner")) && !module.in_loop(block("loads")));
    assert!(module.is_caught(block("loads"), "JSONDecodeError") && !module.is_caught(block("loads"), "OSError"));
    assert!(!module.is_caught(block("closing"), "ValueError"));
}

#[test]
fn what_runs_on_other_systems_alone_is_not_live() {
    let module = parse(
        r#"
import os, platform, sys
def f():
    if sys.platform.startswith("win"):
        dead()
    elif platform.system() == "Linux" or debug:
        live()
    else:
        dead()
    if IS_WINDOWS and not quick: dead()
    if not is_windows() or debug: live()
    else: dead()
    if os.name == "nt" or debug: live()
    for x in y:
        if os.name != "nt":
            continue
        dead()
    if sys.platform != "win32":
        return live()
    dead()
"#,
    );
    let named = |name: &str| {
        let calls = module.calls.iter().filter(|call| call.callee.last_name() == Some(name));
        calls.map(|call| module.is_live(call)).collect::<Vec<_>>()
    };
    assert_eq!((named("dead"), named("live")), (vec![false; 6], vec![true; 4]));
}

#[test]
fn coroutines_are_seen_through_what_stands_between() {
    let module = parse(
        "async def m():\n    direct()\n    def inner():\n        between()\n    lambda: lam()\nclass A:\n    def plain(self):\n        none()",
    );
    let context = |name| module.async_context(call(&module, name).block);
    assert!(matches!(context("direct"), AsyncContext::Direct(_)) && module.is_inside_async(call(&module, "direct")));
    assert!(matches!(context("between"), AsyncContext::Through { between, .. } if between.len() == 1));
    assert!(matches!(context("lam"), AsyncContext::Through { .. }));
    assert_eq!(context("none"), AsyncContext::None);
}

#[test]
fn callers_and_hand_offs_of_a_function() {
    let text = r#"
import threading, asyncio
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor()
class W:
    def __init__(self):
        threading.Thread(target=self.work, daemon=True).start()
    def work(self): ...
    def again(self):
        self.work()
def f(): ...
async def m():
    await asyncio.to_thread(f)
    pool.submit(f)
    asyncio.get_running_loop().run_in_executor(None, f)
    task.add_done_callback(f)
    f()
W()
"#;
    let module = parse(text);
    let function = |name: &str| module.function_ids().find(|(_, row)| &*row.qualified == name).unwrap().0;
    let runners = |name| module.hand_offs(function(name)).map(|hand_off| hand_off.runner).collect::<Vec<_>>();
    assert_eq!(runners("f"), [Runner::Thread, Runner::Thread, Runner::Thread, Runner::Loop]);
    assert_eq!(runners("W.work"), [Runner::Thread]);
    assert!(module.is_thread_target(function("W.work")));
    let callers = |name| module.callers(function(name)).map(|(_, call)| describe(&module, call)).collect::<Vec<_>>();
    assert_eq!(callers("W.work"), ["on W.work -> W.work"]);
    assert_eq!(callers("f"), ["def f"]);
    assert_eq!(callers("W.__init__"), ["class W"]);
}

#[test]
fn imports_know_when_they_run() {
    let text = "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\ntry:\n    import b\nexcept ModuleNotFoundError:\n    import c\ndef f():\n    from ..d import e as g\nif __name__ == '__main__':\n    import h\nimport i.j, k as l\nfrom m import *\ntry:\n    import n\nexcept ValueError: ...";
    let module = parse(text);
    let of = |name: &str| module.imports.iter().find(|import| import.qualified() == name).unwrap();
    assert!(of("a").type_checking && !of("b").type_checking);
    assert!(of("b").guarded && of("c").guarded && !of("n").guarded && !of("i.j").guarded);
    assert!(of("..d.e").lazy && of("..d.e").span.of(text) == "e as g");
    assert!(of("h").main_guard && !of("k").main_guard);
    assert_eq!((of("i.j").bound_name(), of("k").bound_name(), of("m.*").bound_name()), (Some("i"), Some("l"), None));
}

#[test]
fn classes_gather_bases_methods_and_attributes() {
    let text = "import x\nclass A(x.B[int], metaclass=M):\n    limit: int = 3\n    def __init__(self):\n        self.last = None\n        self.a, self.b = 1, 2\n    @property\n    def p(self): return x.C()\n    def q(self):\n        return self.p.run()";
    let module = parse(text);
    let class = &module.classes[0];
    assert_eq!(class.bases[0].name.as_ref().unwrap(), &"x.B");
    let names: Vec<_> = class.attributes.iter().map(|attribute| &*attribute.name).collect();
    assert_eq!(names, ["limit", "last", "a", "b"]);
    assert!(class.attributes[1].value.is_none() && class.attributes[1].method.is_some());
    assert_eq!(class.attributes[3].value.as_int(), Some(2));
    assert_eq!(class.methods.len(), 3);
    assert_eq!(describe(&module, call(&module, "run")), "method x.C.run");
}

#[test]
fn where_a_coroutine_may_wait() {
    let text = "async def m(q):\n    await q\n    async with q: pass\n    async for x in q: pass\n    [y async for y in q]\n    async def inner(): await q\n    lambda: q\n";
    let module = parse(text);
    let waits: Vec<u32> = module.functions.iter().map(|function| function.waits).collect();
    assert_eq!(waits, [4, 1, 0]);
}
