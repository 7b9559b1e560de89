//! AIO003 task-without-loop: asyncio.create_task in plain code under which no event loop runs.

use crate::deployment::Project;
use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::diagnostic::{Label, Location, RepoPath, RuleId};
use crate::formats::python::{AsyncContext, BlockKind, Call, Module};
use crate::rules::program::{has_program, program_modules};
use crate::rules::{Reporter, Rule};

use super::context::{Contexts, asks_for_a_loop, contexts, hangs_on_a_switch, is_imported_by_server};

/// AIO003 task-without-loop.
pub struct TaskWithoutLoop;

const LITERALS: &[&str] = &["create_task"];

impl Rule for TaskWithoutLoop {
    fn id(&self) -> RuleId {
        RuleId { code: "AIO003", name: "task-without-loop" }
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
        for (path, module) in program_modules(documents, LITERALS) {
            for call in module.calls.iter().filter(|call| !call.deferred && call.is("asyncio.create_task")) {
                let Some(why) = no_loop(&graph, path, module, call).filter(|why| !why.is_callback) else { continue };
                if call.function.is_none()
                    && project.deployments().iter().any(|deployment| is_imported_by_server(deployment, path))
                {
                    continue;
                }
                let location = Location::new(path, call.span);
                let raises = "asyncio.create_task() raises RuntimeError";
                let finding = if in_handler(module, call) {
                    report.warning(location, format!("{raises} when this handler runs: {}", why.reason))
                } else {
                    report.error(location, format!("{raises} here: {}", why.reason))
                };
                finding
                    .labels(why.labels)
                    .help(
                        "create the task inside a coroutine that the loop runs; from another thread, use \
                         asyncio.run_coroutine_threadsafe(coroutine, loop); to run one coroutine to its end, asyncio.run(…)",
                    );
            }
        }
    }
}

/// Whether the call runs only after something else failed.
fn in_handler(module: &Module, call: &Call) -> bool {
    module.enclosing_in_function(call.block).any(|(_, block)| matches!(block.kind, BlockKind::Handler(_)))
}

/// Why no loop runs at a place.
pub(super) struct Reason {
    reason: String,
    labels: Vec<Label>,
    /// Whether it is a callback of a library's own thread, which AIO006 reports.
    is_callback: bool,
}

/// Why no loop runs where a call that needs one stands; `None` where one may.
pub(super) fn no_loop(graph: &CallGraph<'_>, path: &RepoPath, module: &Module, call: &Call) -> Option<Reason> {
    if matches!(module.async_context(call.block), AsyncContext::Direct(_))
        || module.in_type_checking(call.block)
        || module.is_caught(call.block, "RuntimeError")
    {
        return None;
    }
    let Some(id) = call.function else {
        let reason = if module.in_main_guard(call.block) { "the program starts" } else { "the file is imported" };
        return Some(Reason {
            reason: format!("no event loop runs while {reason}"),
            labels: vec![],
            is_callback: false,
        });
    };
    let (path, module) = {
        let path = graph.documents().repository().entry(path)?.path();
        (path, graph.documents().python(path)?)
    };
    let function = FunctionAt { path, module, id };
    if asks_for_a_loop(function) || hangs_on_a_switch(graph, function, call.span, call.block) {
        return None;
    }
    let name = &function.row().qualified;
    match contexts(graph, function) {
        Contexts { thread: Some(place), on_loop: None, .. } => Some(Reason {
            reason: format!("`{name}` runs in a thread without an event loop"),
            labels: place.labels,
            is_callback: place.is_callback,
        }),
        Contexts { view: Some(view), on_loop: None, .. } => Some(Reason {
            reason: format!("no event loop runs in the Flask view `{name}`"),
            labels: vec![Label { location: view, message: "Flask calls it for a request".to_owned() }],
            is_callback: false,
        }),
        Contexts { at_start: Some(start), on_loop: None, unknown: false, .. } => Some(Reason {
            reason: format!("`{name}` is called before an event loop runs"),
            labels: vec![Label { location: start, message: "here, where the program starts".to_owned() }],
            is_callback: false,
        }),
        _ => None,
    }
}
