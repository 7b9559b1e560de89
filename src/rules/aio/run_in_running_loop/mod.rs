//! AIO002 run-in-running-loop: running an event loop in a thread where one runs already.

use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::deployment::{Documents, Project};
use crate::diagnostic::{Diagnostic, Location, RepoPath, RuleId};
use crate::formats::python::{Call, Callee, FunctionId, Module};
use crate::formats::rust::RustContext;
use crate::knowledge::{LoopRunner, event_loops, fits_any};
use crate::rules::program::{has_program, is_program, program_modules};
use crate::rules::{Reporter, Rule};

use super::context::asks_for_a_loop;
use super::greenlets;

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
    "nest_asyncio",
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
        let mut plain = Vec::new();
        for (path, module) in program_modules(documents, LITERALS) {
            let mut seen: Vec<FunctionId> = Vec::new();
            for call in module.calls.iter().filter(|call| !call.deferred) {
                let Some(runner) = runner(module, call) else { continue };
                let Some(id) = call.function.filter(|_| !module.in_type_checking(call.block)) else { continue };
                let function = FunctionAt { path, module, id };
                if (runner.nestable && nested)
                    || asks_for_a_loop(function)
                    || module.is_caught_by_name(call.block, "RuntimeError")
                    || asks_for_a_coroutine(documents, path, module, call)
                    || seen.contains(&id)
                {
                    continue;
                }
                let found = if module.function(id).is_async {
                    report_direct(function, call, runner, report);
                    true
                } else {
                    let found = report_chain(&graph, function, call, runner, report);
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
        greenlets::check(&graph, &plain, report);
        check_rust(documents, report);
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
    function: FunctionAt<'_>,
    call: &Call,
    runner: &LoopRunner,
    report: &mut Reporter,
) -> bool {
    let cut = |found: FunctionAt<'_>| asks_for_a_loop(found);
    let Some(chain) = graph.loop_above(function, &cut) else { return false };
    let inferred = chain.is_inferred();
    let message = format!(
        "{} in `{}` {} under the event loop that runs `{}`",
        spelled(call),
        function.row().qualified,
        if inferred { "fails where it is called" } else { "is called" },
        chain.root_name()
    );
    let location = Location::new(function.path, call.span);
    let hidden = function.module.is_caught(call.block, "RuntimeError");
    let finding = if inferred && !hidden {
        report.warning(location, message)
    } else {
        report_by_handler(report, hidden, location, message)
    };
    finding
        .remark("here the loop would have to run inside itself")
        .labels(chain.labels())
        .help(help(runner, hidden, "make the functions between coroutines and await them, or call the first of them with `await asyncio.to_thread(…)`"));
    true
}

fn help(runner: &LoopRunner, hidden: bool, what: &str) -> String {
    let mut help = format!("it raises RuntimeError ({}): {what}", runner.raises);
    if hidden {
        help.push_str("; the handler around it only hides that");
    }
    help
}

/// `block_on` in an asynchronous function of Rust.
fn check_rust(documents: &Documents, report: &mut Reporter) {
    for (path, file) in documents.rust_mentioning(&["block_on"]) {
        if crate::deployment::reach::is_aside(path, &RepoPath::root()) {
            continue;
        }
        for call in file.calls.iter().filter(|call| call.context == RustContext::Async && !call.in_test) {
            let runtime = match (call.path(), call.method()) {
                (Some("tokio::runtime::Handle::block_on" | "tokio::runtime::Runtime::block_on"), _) => {
                    "a Tokio runtime"
                }
                (None, Some("block_on")) if file.calls.iter().any(|other| is_tokio(other.path())) => "a Tokio runtime",
                _ => continue,
            };
            report
                .error(
                    Location::new(path, call.name_span()),
                    "block_on in an async function panics: a runtime already runs in this thread",
                )
                .help(format!(
                    "{runtime} refuses to start within another (Cannot start a runtime from within a runtime): `.await` the future, or move the call into `tokio::task::spawn_blocking`"
                ));
        }
    }
}

fn is_tokio(path: Option<&str>) -> bool {
    path.is_some_and(|path| path.starts_with("tokio::runtime::"))
}
