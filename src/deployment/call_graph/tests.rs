//! The call graph on small repositories: chains over files, threads between, and what ends a chain.

use crate::deployment::Documents;
use crate::diagnostic::RepoPath;
use crate::repo::Repository;

use super::{CallGraph, FunctionAt};

/// The chain above the function `start` (`file:qualified name`), as the names of its functions from the root down.
fn above(files: &[(&str, &str)], start: &str) -> Option<Vec<String>> {
    let documents = Documents::new(Repository::in_memory(files.iter().map(|(path, text)| (*path, text.as_bytes()))));
    let graph = CallGraph::new(&documents);
    let (file, name) = start.split_once(':').unwrap();
    let (path, module) = graph.file(&RepoPath::new(file)).unwrap();
    let (id, _) = module.function_ids().find(|(_, function)| &*function.qualified == name)?;
    let chain =
        graph.loop_above(FunctionAt { path, module, id }, module.function(id).body, &|_| false, &|_| false, &|_| {
            false
        })?;
    let mut names = vec![chain.root_name().to_owned()];
    names.extend(
        chain
            .hops
            .iter()
            .map(|hop| format!("{}{}", hop.callee.row().qualified, if hop.edge.inferred { "?" } else { "" })),
    );
    Some(names)
}

#[test]
fn chains_lead_over_files_through_imports_classes_and_attributes() {
    let files = [
        ("pkg/__init__.py", "from .agent import SafeAgent\n"),
        (
            "pkg/agent.py",
            "class Agent:\n    async def generate(self): ...\n\nclass SafeAgent(Agent):\n    def generate(self):\n        return run(super().generate())\n",
        ),
        (
            "pkg/service.py",
            "from pkg import SafeAgent\n\nclass Service:\n    def __init__(self):\n        self.agent = SafeAgent()\n\n    def answer(self):\n        return self.agent.generate()\n",
        ),
        (
            "server.py",
            "from pkg.service import Service\nservice = Service()\n\nasync def Handle(request):\n    return reply(request)\n\ndef reply(request):\n    return service.answer()\n",
        ),
    ];
    let chain = above(&files, "pkg/agent.py:SafeAgent.generate").unwrap();
    assert_eq!(chain, ["Handle", "reply", "Service.answer", "SafeAgent.generate"]);
}

#[test]
fn threads_generators_and_tests_end_a_chain() {
    for caller in [
        "import asyncio\nasync def go():\n    await asyncio.to_thread(work)\ndef work(): ...\n",
        "import asyncio\nasync def go(loop):\n    await loop.run_in_executor(None, lambda: work())\ndef work(): ...\n",
        "import threading\nasync def go():\n    threading.Thread(target=work).start()\ndef work(): ...\n",
        "async def go(app):\n    app.add(work)\ndef work(): ...\n",
        "async def go():\n    return work()\ndef work():\n    yield 1\n",
        "async def go():\n    return work()\n@in_a_thread\ndef work(): ...\n",
    ] {
        assert_eq!(above(&[("a.py", caller)], "a.py:work"), None, "{caller}");
    }
    let test = [("a.py", "def work(): ...\n"), ("tests/test_a.py", "from a import work\nasync def test(): work()\n")];
    assert_eq!(above(&test, "a.py:work"), None);
}

#[test]
fn callbacks_of_the_loop_and_distinctive_names_lead_on() {
    let soon = "async def go(loop):\n    loop.call_soon(work)\ndef work(): ...\n";
    assert_eq!(above(&[("a.py", soon)], "a.py:work").unwrap(), ["work", "work"]);
    let files = [
        ("a.py", "class Client:\n    def refresh_all_tokens(self): ...\n    def go(self): ...\n"),
        ("b.py", "async def go(client):\n    client.refresh_all_tokens()\n    client.go()\n"),
    ];
    assert_eq!(above(&files, "a.py:Client.refresh_all_tokens").unwrap(), ["go", "Client.refresh_all_tokens?"]);
    assert_eq!(above(&files, "a.py:Client.go"), None);
}

#[test]
fn cycles_end() {
    let attributes = "class A:\n    def __init__(self):\n        self.x = self.y.make()\n        self.y = self.x.make()\n    async def go(self):\n        self.x.work()\ndef work(): ...\nclass B(A):\n    def work(self): ...\n";
    assert_eq!(above(&[("a.py", attributes)], "a.py:B.work"), None);
    let files = [
        (
            "a.py",
            "from b import B\nclass A(B):\n    async def go(self):\n        self.x.work()\n    def work(self): ...\n",
        ),
        (
            "b.py",
            "class B:\n    def __init__(self, a):\n        self.x = self.y.make()\n        self.y = self.x.make()\n",
        ),
    ];
    assert_eq!(above(&files, "a.py:A.work"), None);
    let text = "def a(): b()\ndef b(): a()\n";
    assert_eq!(above(&[("a.py", text)], "a.py:a"), None);
}

#[test]
fn properties_entries_and_partials_lead_on() {
    let class = "class Client:\n    @property\n    def token(self): ...\n    def __enter__(self): ...\n    def use(self):\n        return self.token\n";
    let caller = "from client import Client\nclient = Client()\n";
    let chain =
        |rest: &str, start: &str| above(&[("client.py", class), ("main.py", &format!("{caller}{rest}"))], start);
    assert_eq!(chain("async def go():\n    client.token\n", "client.py:Client.token").unwrap(), ["go", "Client.token"]);
    let through = chain("async def go():\n    client.use()\n", "client.py:Client.token").unwrap();
    assert_eq!(through, ["go", "Client.use", "Client.token"]);
    let entered = chain("async def go():\n    with Client() as one: ...\n", "client.py:Client.__enter__").unwrap();
    assert_eq!(entered, ["go", "Client.__enter__"]);
    assert_eq!(chain("async def go():\n    client.tokens\n", "client.py:Client.token"), None);
    let later =
        "from functools import partial\nasync def go(loop):\n    loop.call_soon(partial(work, 1))\ndef work(n): ...\n";
    assert_eq!(above(&[("a.py", later)], "a.py:work").unwrap(), ["work", "work"]);
}

#[test]
fn what_is_passed_decorated_inherited_or_inferred_leads_on() {
    let client =
        "class Client:\n    def __init__(self): ...\n    def work(self): ...\ndef make():\n    return Client()\n";
    for (main, start, expected) in [
        // A function of the repository that calls what it is given.
        (
            "def retry(f):\n    return f()\nasync def go():\n    retry(lambda: work())\ndef work(): ...\n",
            "main.py:work",
            2,
        ),
        ("def retry(f):\n    return f()\nasync def go():\n    retry(work)\ndef work(): ...\n", "main.py:work", 1),
        // A decorator of the repository whose wrapper calls the function.
        (
            "import functools\ndef logged(f):\n    @functools.wraps(f)\n    def inner(*a):\n        return f(*a)\n    return inner\n@logged\ndef work(): ...\nasync def go():\n    work()\n",
            "main.py:work",
            1,
        ),
        (
            "from client import Client\nclass Sub(Client): ...\nasync def go():\n    Sub()\n",
            "client.py:Client.__init__",
            1,
        ),
        ("from client import make\nasync def go():\n    make().work()\n", "client.py:Client.work", 1),
        (
            "from client import *\nfrom other import *\nasync def go():\n    Client().work()\n",
            "client.py:Client.work",
            0,
        ),
        ("from client import *\nfrom other import *\nasync def go():\n    make()\n", "client.py:make", 1),
        (
            "from client import Client\nclass App:\n    def __init__(self, client=None):\n        self.client = client or Client()\n    async def go(self):\n        self.client.work()\n",
            "client.py:Client.work",
            1,
        ),
        (
            "from client import Client\nasync def go(client: 'Client | None'):\n    client.work()\n",
            "client.py:Client.work",
            1,
        ),
        (
            "from base import Base\nclass App(Base):\n    async def go(self):\n        self.client.work()\n",
            "client.py:Client.work",
            1,
        ),
        (
            "from dataclasses import dataclass, field\nfrom client import Client\n@dataclass\nclass App:\n    client: Client = field(default_factory=Client)\n    async def go(self):\n        self.client.work()\n",
            "client.py:Client.work",
            1,
        ),
        // `with` runs the body of a context manager, a plain call does not.
        (
            "from contextlib import contextmanager\n@contextmanager\ndef opened():\n    work()\n    yield\ndef work(): ...\nasync def go():\n    with opened(): ...\n",
            "main.py:work",
            2,
        ),
        (
            "from contextlib import contextmanager\n@contextmanager\ndef opened():\n    work()\n    yield\ndef work(): ...\nasync def go():\n    return opened()\n",
            "main.py:work",
            0,
        ),
        ("async def go():\n    from client import make\n    make().work()\n", "client.py:Client.work", 1),
        // A name under which a package gives the function to others.
        ("import pkg\nasync def go():\n    pkg.build()\n", "client.py:make", 1),
        ("from pkg import build\nasync def go():\n    build()\n", "client.py:make", 1),
        // What is handed on, or kept, need not run on the loop.
        ("def later(f):\n    pool.submit(f)\nasync def go():\n    later(work)\ndef work(): ...\n", "main.py:work", 0),
        (
            "def threaded(f):\n    def inner():\n        pool.submit(f)\n    return inner\n@threaded\ndef work(): ...\nasync def go():\n    work()\n",
            "main.py:work",
            0,
        ),
    ] {
        let base = "from client import Client\nclass Base:\n    def __init__(self):\n        self.client = Client()\n";
        let package = "from client import make as build\n";
        let files = [
            ("client.py", client),
            ("pkg/__init__.py", package),
            ("base.py", base),
            ("other.py", "x = 1\n"),
            ("main.py", main),
        ];
        assert_eq!(above(&files, start).map_or(0, |chain| chain.len() - 1), expected, "{main}");
    }
}

#[test]
fn damaged_and_large_files_take_no_long_time() {
    let start = std::time::Instant::now();
    let nested = format!("async def go():\n    {}work()\ndef work(): ...\n", "(".repeat(50_000));
    above(&[("a.py", &nested)], "a.py:work");
    let chained = format!("async def go():\n    x{}\ndef work(): ...\n", ".work()".repeat(50_000));
    above(&[("a.py", &chained)], "a.py:work");
    let many: String = (0..10_000).map(|n| format!("def f{n}():\n    f{}()\n", n + 1)).collect();
    assert_eq!(above(&[("a.py", &format!("{many}def f10000(): ...\n"))], "a.py:f10000"), None);
    assert!(start.elapsed().as_secs() < 60, "it took {:?}", start.elapsed());
}
