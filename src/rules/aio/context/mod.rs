//! In what a plain function runs: on an event loop, in a thread that has none, or where the program starts.

pub(super) mod watchers;

use crate::deployment::call_graph::{CallGraph, ClassAt, Definition, Edge, EdgeKind, FunctionAt};
use crate::deployment::{Deployment, Role};
use crate::diagnostic::{Label, Location, RepoPath, Span};
use crate::formats::python::{BlockId, BlockKind, Call, Callee, Decorator, FunctionId, Module, Parameter, Runner};
use crate::knowledge::{ThreadHandler, event_loops, fits_any};
use crate::repo::FileKind;

/// Functions looked at for one question.
const MAX_FUNCTIONS: usize = 60;

/// A thread that has no event loop, and how a place comes to run in it.
#[derive(Debug, Clone)]
pub(in crate::rules) struct ThreadPlace {
    /// Who runs it there: "FastAPI runs plain handlers in worker threads".
    pub why: String,
    /// The places that show it.
    pub labels: Vec<Label>,
    /// Whether it is a callback of a library's own thread.
    pub is_callback: bool,
}

/// A handler that a framework runs without an event loop, in whatever thread its server or worker has.
#[derive(Debug, Clone)]
pub(in crate::rules) struct View {
    /// The place that makes it one.
    pub place: Location,
    /// What it is: "Flask view".
    pub what: String,
    /// What the place shows: "this makes it a Flask view".
    pub why: String,
}

impl View {
    fn of(handler: &ThreadHandler, place: Location) -> Option<Self> {
        let what = format!("{} {}", handler.framework, handler.requests.as_ref()?);
        Some(Self { place, why: format!("this makes it a {what}"), what })
    }
}

/// Everything that is known to run a function.
#[derive(Debug, Default)]
pub(in crate::rules) struct Contexts {
    /// A thread without a loop.
    pub thread: Option<ThreadPlace>,
    /// A view of Flask, a task of Celery or the like, in whatever thread.
    pub view: Option<View>,
    /// A coroutine or a callback of the loop.
    pub on_loop: Option<Location>,
    /// The start of the program or the import of a module.
    pub at_start: Option<Location>,
    /// Something that has set a loop for its thread.
    pub with_own_loop: bool,
    /// Something else, or nobody that can be seen.
    pub unknown: bool,
}

impl Contexts {
    fn note_view(&mut self, view: Option<View>) {
        self.view = self.view.take().or(view);
    }
}

/// Whether the function, or one around it, asks whether a loop runs: itself, or through a function of its file that
/// answers that.
pub(super) fn asks_for_a_loop(graph: &CallGraph<'_>, function: FunctionAt<'_>) -> bool {
    any_asks(graph, function, &function.with_parents().collect::<Vec<_>>())
}

/// Whether the function, or a plain one around it, asks whether a loop runs: a coroutine around knows that one does.
pub(super) fn asks_in_plain_code(graph: &CallGraph<'_>, function: FunctionAt<'_>) -> bool {
    let module = function.module;
    any_asks(
        graph,
        function,
        &function.with_parents().take_while(|id| !module.function(*id).is_async).collect::<Vec<_>>(),
    )
}

fn any_asks(graph: &CallGraph<'_>, function: FunctionAt<'_>, around: &[FunctionId]) -> bool {
    let calls = function.module.calls.iter().filter(|call| call.function.is_some_and(|at| around.contains(&at)));
    calls.into_iter().any(|call| is_question(call) || answers_about_loops(graph, function, call))
}

/// Whether a call tells whether a loop runs.
fn is_question(call: &Call) -> bool {
    call.qualified().is_some_and(|name| {
        matches!(
            name.as_str(),
            "asyncio.get_running_loop"
                | "asyncio._get_running_loop"
                | "asyncio.current_task"
                | "sniffio.current_async_library"
                | "nest_asyncio.apply"
        )
    }) || matches!(call.callee.last_name(), Some("is_running" | "get_running_loop"))
}

/// Whether a call is of a plain function that asks, and takes "no" for an answer: `try: return get_running_loop()`.
fn answers_about_loops<'d>(graph: &CallGraph<'d>, at: FunctionAt<'d>, call: &Call) -> bool {
    let callee = match &call.callee {
        Callee::Function(id) | Callee::LocalMethod { function: Some(id), .. } => Some(FunctionAt { id: *id, ..at }),
        // Of another file by what it is called, as the way there is long: `loops.has_running_loop()`.
        callee if callee.last_name().is_some_and(|name| name.to_ascii_lowercase().contains("loop")) => {
            match graph.callee(at.path, at.module, call) {
                Some(Definition::Function(found)) => Some(found),
                _ => None,
            }
        }
        _ => None,
    };
    callee.filter(|callee| !callee.row().is_async).is_some_and(|callee| {
        let mut questions =
            callee.module.calls.iter().filter(|inner| inner.function == Some(callee.id) && is_question(inner));
        questions.any(|inner| callee.module.is_caught(inner.block, "RuntimeError"))
    })
}

/// Whether a place runs only if a switch that the function's callers set says so: under `if use_async:`, or after
/// `if sync: … return`, of a parameter that is true or false. Who calls the function then does not tell whether it runs.
pub(super) fn hangs_on_a_switch(graph: &CallGraph<'_>, function: FunctionAt<'_>, place: Span, block: BlockId) -> bool {
    let is_switch = |parameter: &&Parameter| {
        let is_bool = parameter.annotation.as_ref().is_some_and(|name| *name == "builtins.bool");
        is_bool || parameter.default.as_ref().is_some_and(|default| default.as_bool().is_some())
    };
    let switches: Vec<&str> = function.row().parameters.iter().filter(is_switch).map(|row| &*row.name).collect();
    let Some(source) = graph.documents().repository().source(function.path).filter(|_| !switches.is_empty()) else {
        return false;
    };
    let module = function.module;
    let asks = |test: Span| {
        let mut words = test.of(source.text()).split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| switches.contains(&word))
    };
    let around: Vec<BlockId> = module.enclosing_in_function(block).map(|(id, _)| id).collect();
    module.conditions(block).any(|(test, _, _)| asks(test))
        || module.blocks.iter().any(|other| {
            let BlockKind::Branch { test, .. } = &other.kind else { return false };
            other.leaves
                && other.span.end <= place.start
                && other.parent.is_some_and(|parent| parent == function.row().body || around.contains(&parent))
                && asks(*test)
        })
}

/// Whether the function gives its thread a loop of its own before a place, itself or through a function of its file.
pub(in crate::rules) fn sets_a_loop(module: &Module, function: Option<FunctionId>, before: usize) -> bool {
    let earlier = |call: &&Call| call.function == function && call.span.start < before;
    module.calls.iter().filter(earlier).any(|call| {
        gives_a_loop(call)
            || call.local_function().is_some_and(|helper| {
                module.calls.iter().any(|inner| inner.function == Some(helper) && gives_a_loop(inner))
            })
    })
}

/// Whether a call sets a loop for its thread, rather than taking it away.
pub(super) fn gives_a_loop(call: &Call) -> bool {
    call.is("asyncio.set_event_loop") && call.argument("loop", 0).is_none_or(|given| !given.value.is_none())
}

/// Everything that runs the function, found by going up over its callers.
pub(in crate::rules) fn contexts(graph: &CallGraph<'_>, start: FunctionAt<'_>) -> Contexts {
    let mut contexts = Contexts::default();
    let mut seen: Vec<(FunctionAt<'_>, Vec<Label>)> = vec![(start, vec![])];
    let mut at = 0;
    while let Some((function, labels)) = seen.get(at).cloned() {
        at += 1;
        let hook = hook(graph, function);
        let decorated = classify_decorators(function, &labels, &mut contexts) || hook.is_some();
        contexts.note_view(hook);
        let called_back = watchers::caller(graph, function);
        if let Some(library) = called_back {
            thread(
                &mut contexts,
                &labels,
                function.location(),
                format!("{library} calls it in a thread of its own"),
                true,
            );
        }
        let edges = graph.callers(function);
        if edges.is_empty() && !decorated && called_back.is_none() {
            contexts.unknown = true;
        }
        for edge in edges {
            if edge.module.is_caught(edge.block, "RuntimeError") && edge.kind == EdgeKind::Call {
                // What is raised there is handled, or hidden; nothing certain can be said but that a coroutine runs it.
                match edge.function().filter(|caller| caller.row().is_async && !edge.inferred) {
                    Some(_) => drop(contexts.on_loop.get_or_insert(edge.location())),
                    None => contexts.unknown = true,
                }
                continue;
            }
            if edge.function().is_some_and(|caller| hangs_on_a_switch(graph, caller, edge.span, edge.block)) {
                contexts.unknown = true;
                continue;
            }
            if let Some(caller) = classify_edge(edge, &labels, &mut contexts)
                && seen.len() < MAX_FUNCTIONS
                && !seen.iter().any(|(known, _)| *known == caller)
            {
                let mut labels = labels.clone();
                labels.insert(
                    0,
                    Label {
                        location: edge.location(),
                        message: format!("`{}` calls `{}`", caller.row().qualified, function.row().qualified),
                    },
                );
                seen.push((caller, labels));
            }
        }
    }
    contexts
}

/// Notes what an edge says; gives the caller where the question goes on with it.
fn classify_edge<'d>(edge: Edge<'d>, labels: &[Label], contexts: &mut Contexts) -> Option<FunctionAt<'d>> {
    let location = edge.location();
    match edge.kind {
        EdgeKind::HandOff(Runner::Loop) => drop(contexts.on_loop.get_or_insert(location)),
        EdgeKind::HandOff(Runner::Thread) => {
            let how = edge.call.and_then(|call| call.callee.last_name()).unwrap_or("a thread").to_owned();
            thread(contexts, labels, location, format!("`{how}` runs it in a thread"), false);
        }
        EdgeKind::HandOff(_) => match edge.call.and_then(taker) {
            Some(handler) if handler.requests.is_some() => contexts.note_view(View::of(handler, location)),
            Some(ThreadHandler { framework, .. }) => {
                thread(contexts, labels, location, format!("{framework} runs plain handlers in worker threads"), false);
            }
            None => contexts.unknown = true,
        },
        EdgeKind::Call if edge.inferred => contexts.unknown = true,
        EdgeKind::Call => match edge.function() {
            None if sets_a_loop(edge.module, None, edge.span.start) => {
                contexts.with_own_loop = true;
                contexts.unknown = true;
            }
            None if FileKind::of(edge.path) == FileKind::Python => drop(contexts.at_start.get_or_insert(location)),
            None => contexts.unknown = true,
            Some(caller) if caller.row().is_async => drop(contexts.on_loop.get_or_insert(location)),
            Some(caller) if sets_a_loop(caller.module, Some(caller.id), edge.span.start) => {
                contexts.with_own_loop = true;
                contexts.unknown = true;
            }
            Some(caller) => return Some(caller),
        },
    }
    None
}

fn thread(contexts: &mut Contexts, labels: &[Label], place: Location, why: String, is_callback: bool) {
    if contexts.thread.is_none() {
        let mut labels = labels.to_vec();
        labels.insert(0, Label { location: place, message: why.clone() });
        contexts.thread = Some(ThreadPlace { why, labels, is_callback });
    }
}

/// The framework that a call gives its functions to.
fn taker(call: &Call) -> Option<&'static ThreadHandler> {
    let name = call.qualified()?;
    event_loops().handlers.iter().find(|handler| fits_any(name, &handler.takers))
}

/// Notes what the decorators of a function say about who runs it; gives whether anything runs it.
fn classify_decorators(function: FunctionAt<'_>, labels: &[Label], contexts: &mut Contexts) -> bool {
    let mut runs = false;
    for decorator in &function.row().decorators {
        let place = Location::new(function.path, decorator.span);
        let Some(handler) = decorator_framework(function.module, decorator) else {
            contexts.unknown |= !crate::deployment::call_graph::keeps_nature(decorator);
            continue;
        };
        let ThreadHandler { framework, requests, threads_with, .. } = handler;
        runs = true;
        let calls = |starter: &String| function.module.calls.iter().any(|call| call.is(starter));
        if requests.is_some() {
            contexts.note_view(View::of(handler, place.clone()));
            if threads_with.as_ref().is_some_and(calls) {
                thread(contexts, labels, place, format!("{framework}'s own server runs views in threads"), false);
            }
        } else {
            thread(contexts, labels, place, format!("{framework} runs plain handlers in worker threads"), false);
        }
    }
    runs
}

/// The method of a framework's class that the framework itself calls.
fn hook(graph: &CallGraph<'_>, function: FunctionAt<'_>) -> Option<View> {
    let row = function.row();
    let class = ClassAt { path: function.path, module: function.module, id: row.class? };
    let mut handlers =
        event_loops().handlers.iter().filter(|handler| handler.methods.iter().any(|it| **it == *row.name));
    let handler = handlers.find(|handler| {
        let bases = graph.lineage(class).into_iter().flat_map(|class| &class.row().bases);
        bases.into_iter().any(|base| base.name.as_ref().is_some_and(|name| fits_any(name, &handler.bases)))
    })?;
    let why = format!("{} calls it in a worker", handler.framework);
    Some(View { why, ..View::of(handler, function.location())? })
}

/// The framework whose handler a decorator makes.
fn decorator_framework(module: &Module, decorator: &Decorator) -> Option<&'static ThreadHandler> {
    let imports = |root: &str| module.imports.iter().any(|import| import.qualified().root() == root);
    event_loops().handlers.iter().find(|handler| {
        let resolved = decorator.name.as_ref().is_some_and(|name| fits_any(name, &handler.decorators));
        // `@app.get` of an `app` from another file of the repository.
        let method = decorator.text.rsplit_once('.').map(|(_, method)| method);
        let spelled = method.is_some_and(|method| {
            handler.decorators.iter().any(|known| known.ends_with(&format!(".{method}")))
                && imports(&handler.framework.to_ascii_lowercase().replace('-', "_"))
                && decorator.call.is_some()
                && decorator.name.as_ref().is_none_or(|name| !name.contains("()"))
        });
        resolved || spelled
    })
}

/// Whether `earlier` has always run when `later` does: both in one function, one after the other, and `later` in the block
/// of `earlier` or inside it.
pub(in crate::rules) fn runs_before(module: &Module, earlier: &Call, later: &Call) -> bool {
    earlier.function == later.function
        && earlier.span.end <= later.span.start
        && !earlier.deferred
        && enclosing(module, later.block).any(|block| block == earlier.block)
}

fn enclosing(module: &Module, block: BlockId) -> impl Iterator<Item = BlockId> {
    module.enclosing(block).map(|(id, _)| id)
}

/// Whether a server imports the file while its loop runs already.
pub(super) fn is_imported_by_server(deployment: &Deployment<'_>, path: &RepoPath) -> bool {
    let served = deployment.starts().iter().filter_map(|start| start.invocation.as_ref()).any(|invocation| {
        let name = invocation.name();
        matches!(name, "uvicorn" | "hypercorn" | "fastapi" | "daphne" | "granian" | "gunicorn" | "chainlit")
    });
    served && deployment.reach().get(path).is_some_and(|reached| reached.role == Role::Imported)
}
