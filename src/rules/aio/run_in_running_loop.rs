//! AIO002 run-in-running-loop: running an event loop in a thread where one runs already.

mod greenlets;
mod rust;

use crate::deployment::call_graph::{CallGraph, FunctionAt, Root};
use crate::deployment::{Documents, Project};
use crate::diagnostic::{Diagnostic, Label, Location, RepoPath, RuleId};
use crate::formats::python::{BlockId, BlockKind, Call, Callee, FunctionId, Module};
use crate::knowledge::{LoopRunner, event_loops, fits_any};
use crate::rules::program::{has_program, is_program, program_modules};
use crate::rules::{Reporter, Rule};

use super::context::asks_for_a_loop;
use super::served::Served;

/// AIO002 run-in-running-loop.
pub struct RunInRunningLoop;

const LITERALS: &[&str] = &[
    "asyncio",
    "uvloop",
    "anyio",
    "run_until_complete",
    "FastMCP",
    "uvicorn",
    "aiohttp",
    "telegram",
    "discord",
    "eventlet",
    "gevent",
    "block_on",
    "async fn",
    "gunicorn",
    "nest_asyncio",
    "trio",
    "worker_class",
];

impl Rule for RunInRunningLoop {
    fn id(&self) -> RuleId {
        RuleId { code: "AIO002", name: "run-in-running-loop" }
    }

    fn literals(&self) -> &'static [&'static str] {
        LITERALS
    }

    fn concerns(&self, project: &Project<'_>) -> bool {
        has_program(project)
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let documents = project.documents();
        let graph = CallGraph::new(documents);
        let nested = is_nested(documents);
        let served = Served::new(project, &graph);
        let mut plain = Vec::new();
        for (path, module) in program_modules(documents, LITERALS) {
            let mut seen: Vec<FunctionId> = Vec::new();
            for call in module.live_calls() {
                let Some(runner) = runner(module, call) else { continue };
                let Some(id) = call.function else {
                    if !(runner.nestable && nested) {
                        report_import(&served, path, module, call, runner, report);
                    }
                    continue;
                };
                let function = FunctionAt { path, module, id };
                if (runner.nestable && nested)
                    || module.in_type_checking(call.block)
                    || asks_for_a_loop(&graph, function)
                    || module.is_caught_by_name(call.block, "RuntimeError")
                    || asks_for_a_coroutine(documents, path, module, call)
                    || seen.contains(&id)
                {
                    continue;
                }
                let found = if module.function(id).is_async {
                    if is_of_library(module, runner) {
                        report_direct(function, call, runner, report);
                    }
                    true
                } else {
                    let found = report_chain(&graph, &served, function, call, runner, report);
                    if !found {
                        plain.push((function, call.span));
                    }
                    found
                };
                if found {
                    seen.push(id);
                }
            }
        }
        greenlets::check(project, &graph, &plain, report);
        rust::check(documents, report);
    }
}

/// The row that says that a call runs a loop.
fn runner(module: &Module, call: &Call) -> Option<&'static LoopRunner> {
    let imports = |root: &str| module.imports.iter().any(|import| import.qualified().root() == root);
    event_loops().runners.iter().find(|row| match &call.callee {
        Callee::UnknownMethod { method, .. } => {
            row.methods.iter().any(|known| **known == **method) && row.module.as_deref().is_none_or(imports)
        }
        callee => callee.qualified().is_some_and(|name| {
            fits_any(name, &row.calls)
                || (name.contains("()")
                    && row.methods.iter().any(|known| *known == *name.last())
                    && row.module.as_deref().is_none_or(imports))
        }),
    })
}

/// Whether the call stands in a branch that runs only for a coroutine: what made it chose the way with no loop.
fn asks_for_a_coroutine(documents: &Documents, path: &RepoPath, module: &Module, call: &Call) -> bool {
    let Some(source) = documents.repository().source(path) else { return false };
    module.conditions(call.block).any(|(test, _, _)| {
        let test = test.of(source.text());
        test.contains("isawaitable") || test.contains("iscoroutine")
    })
}

/// Whether coroutines of the file can run on a loop that the runner refuses to nest in: Trio and asyncio do not know of each
/// other.
fn is_of_library(module: &Module, runner: &LoopRunner) -> bool {
    let imports = |root: &str| module.imports.iter().any(|import| import.qualified().root() == root);
    match runner.library.as_deref() {
        Some(library) => imports(library) && !imports("asyncio"),
        None => !imports("trio"),
    }
}

/// Reports a call at the top level of a file that a server imports under its loop.
fn report_import(
    served: &Served<'_>,
    path: &RepoPath,
    module: &Module,
    call: &Call,
    runner: &LoopRunner,
    report: &mut Reporter,
) {
    let Some(start) = served.under_loop(path).filter(|_| module.runs_at_import(call.block)) else { return };
    if runner.library.is_some() || module.is_caught_by_name(call.block, "RuntimeError") {
        return;
    }
    let hidden = module.is_caught(call.block, "RuntimeError");
    let message = format!("{} runs when uvicorn imports this file, which it does under its event loop", spelled(call));
    report_by_handler(report, hidden, Location::new(path, call.span), message)
        .label(start.clone(), "uvicorn starts here")
        .help(help(runner, hidden, "await the coroutine in the application's lifespan, or before uvicorn starts"));
}

/// Whether the program lets loops nest.
fn is_nested(documents: &Documents) -> bool {
    documents
        .modules_mentioning(&["nest_asyncio"])
        .any(|(path, module)| is_program(path) && module.calls.iter().any(|call| call.is("nest_asyncio.apply")))
}

fn spelled(call: &Call) -> String {
    match &call.callee {
        Callee::UnknownMethod { receiver, method } if receiver.len() < 30 => format!("{receiver}.{method}()"),
        callee => match (callee.qualified(), callee.last_name()) {
            (Some(name), _) if !name.contains("AbstractEventLoop") && !name.contains("()") => format!("{name}()"),
            (_, Some(name)) => format!("{name}()"),
            (_, None) => "the call".to_owned(),
        },
    }
}

fn report_direct(function: FunctionAt<'_>, call: &Call, runner: &LoopRunner, report: &mut Reporter) {
    let name = &function.row().qualified;
    let hidden = function.module.is_caught(call.block, "RuntimeError");
    let message =
        format!("{} is called inside the coroutine `{name}`, where an event loop already runs", spelled(call));
    let location = Location::new(function.path, call.span);
    report_by_handler(report, hidden, location, message)
        .label(function.location(), "this coroutine runs on an event loop")
        .help(help(runner, hidden, "await the coroutine instead of running it"));
}

/// An error; a warning that says so where a handler hides the failure, as the program goes on without the result.
fn report_by_handler(report: &mut Reporter, hidden: bool, location: Location, message: String) -> &mut Diagnostic {
    if hidden {
        report.warning(location, format!("{message}; the `except` around it hides the failure"))
    } else {
        report.error(location, message)
    }
}

/// Reports the way from a coroutine down to the call, if there is one.
fn report_chain(
    graph: &CallGraph<'_>,
    served: &Served<'_>,
    function: FunctionAt<'_>,
    call: &Call,
    runner: &LoopRunner,
    report: &mut Reporter,
) -> bool {
    let cut = |found: FunctionAt<'_>| asks_for_a_loop(graph, found);
    let Some(chain) =
        graph.loop_above(function, call.block, &cut, &|path| served.under_loop(path).is_some(), &|_| false)
    else {
        return false;
    };
    let of_library = match chain.root {
        Root::Coroutine(root) | Root::Callback(root) => is_of_library(root.module, runner),
        Root::Import(_) => runner.library.is_none(),
    };
    if !of_library {
        return false;
    }
    // The loop of a page in the browser runs always, and its asyncio.run is made for that.
    if chain.hops.first().is_some_and(|hop| hop.edge.path.as_str().contains("pyodide")) {
        return true;
    }
    let inferred = chain.is_inferred()
        || is_last_resort(graph, function.path, function.module, call.block)
        || chain.hops.iter().any(|hop| is_last_resort(graph, hop.edge.path, hop.edge.module, hop.edge.block));
    let message = format!(
        "{} in `{}` {} under the event loop that {} `{}`",
        spelled(call),
        function.row().qualified,
        if inferred { "may be called" } else { "is called" },
        if matches!(chain.root, Root::Import(_)) { "imports" } else { "runs" },
        chain.root_name()
    );
    let location = Location::new(function.path, call.span);
    let hidden = function.module.is_caught(call.block, "RuntimeError") || chain.is_hidden("RuntimeError");
    let server = match chain.root {
        Root::Import(path) => served.under_loop(path),
        _ => None,
    };
    let finding = if inferred && !hidden {
        report.warning(location, message)
    } else {
        report_by_handler(report, hidden, location, message)
    };
    finding
        .remark("here the loop would have to run inside itself")
        .labels(server.map(|start| Label { location: start.clone(), message: "uvicorn starts here".to_owned() }))
        .labels(chain.labels())
        .help(help(runner, hidden, "make the functions between coroutines and await them, or call the first of them with `await asyncio.to_thread(…)`"));
    true
}

/// Whether a place runs only where something failed, or was not there yet: `except …:`, `if config is None:`.
fn is_last_resort(graph: &CallGraph<'_>, path: &RepoPath, module: &Module, block: BlockId) -> bool {
    let Some(source) = graph.documents().repository().source(path) else { return false };
    module.enclosing_in_function(block).any(|(_, block)| match &block.kind {
        BlockKind::Handler(_) => true,
        BlockKind::Branch { test, negated: false, .. } => test.of(source.text()).ends_with(" is None"),
        _ => false,
    })
}

fn help(runner: &LoopRunner, hidden: bool, what: &str) -> String {
    let mut help = format!("it raises RuntimeError ({}): {what}", runner.raises);
    if hidden {
        help.push_str("; the handler around it only hides that");
    }
    help
}
