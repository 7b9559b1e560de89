//! AIO004 dangling-task: a task whose only reference is dropped.

use crate::deployment::Project;
use crate::deployment::call_graph::{CallGraph, EdgeKind, FunctionAt};
use crate::diagnostic::{Fix, Location, RepoPath, RuleId, Span};
use crate::formats::python::{Call, Module, Runner, Usage};
use crate::repo::Source;
use crate::rules::program::program_modules;
use crate::rules::{Reporter, Rule};

use super::task_without_loop::no_loop;

/// AIO004 dangling-task.
pub struct DanglingTask;

const LITERALS: &[&str] = &["create_task", "ensure_future"];

/// Where the fix keeps the tasks.
const KEPT: &str = "_background_tasks";

impl Rule for DanglingTask {
    fn id(&self) -> RuleId {
        RuleId { code: "AIO004", name: "dangling-task" }
    }

    fn literals(&self) -> &'static [&'static str] {
        LITERALS
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let documents = project.documents();
        let graph = CallGraph::new(documents);
        for (path, module) in program_modules(documents, LITERALS) {
            for call in module.calls.iter().filter(|call| !call.deferred && makes_task(call) && is_dropped(call)) {
                let in_coroutine = module.is_inside_async(call);
                if !in_coroutine
                    && (is_callback(&graph, path, module, call) || fails_anyway(&graph, path, module, call))
                {
                    continue;
                }
                let fix = documents.repository().source(path).and_then(|source| keep(source, module, call));
                let location = Location::new(path, call.span);
                let message = "the task may vanish before it is done: nothing keeps a reference to it";
                let finding =
                    if in_coroutine { report.warning(location, message) } else { report.advice(location, message) };
                finding
                    .remark("the event loop itself keeps only a weak reference, and what the task raises is lost")
                    .help("keep the task until it is done, in a set for example, and look at its result; or await it")
                    .fix(fix);
            }
        }
    }
}

fn makes_task(call: &Call) -> bool {
    call.qualified().is_some_and(|name| {
        matches!(
            name.as_str(),
            "asyncio.create_task" | "asyncio.ensure_future" | "asyncio.AbstractEventLoop.create_task"
        )
    })
}

fn is_dropped(call: &Call) -> bool {
    match &call.usage {
        Usage::Statement => true,
        Usage::Assigned(target) => &**target == "_",
        _ => false,
    }
}

/// Whether the loop itself calls the function around, for a signal for example: the program is about to end then.
fn is_callback(graph: &CallGraph<'_>, path: &RepoPath, module: &Module, call: &Call) -> bool {
    let (Some(id), Some(entry)) = (call.function, graph.documents().repository().entry(path)) else { return false };
    let Some(module) = graph.documents().python(entry.path()).filter(|_| !module.functions.is_empty()) else {
        return false;
    };
    let function = FunctionAt { path: entry.path(), module, id };
    graph
        .callers(function)
        .iter()
        .any(|edge| matches!(edge.kind, EdgeKind::HandOff(Runner::Loop | Runner::Interpreter)))
}

/// Whether AIO003 says already that the task is never made.
fn fails_anyway(graph: &CallGraph<'_>, path: &RepoPath, module: &Module, call: &Call) -> bool {
    call.is("asyncio.create_task") && no_loop(graph, path, module, call).is_some()
}

/// Stores the task in a set of the module until it is done.
fn keep(source: &Source, module: &Module, call: &Call) -> Option<Fix> {
    if call.usage != Usage::Statement || module.notebook {
        return None;
    }
    let text = source.text();
    // The statement must have its lines to itself.
    let first = source.line_at(call.span.start);
    let indent = Span::new(first.start, call.span.start).of(text);
    let after = Span::new(call.span.end, source.line_at(call.span.end).end).of(text).trim_start();
    if !indent.chars().all(char::is_whitespace) || !(after.is_empty() || after.starts_with('#')) {
        return None;
    }
    let name = "background_task";
    let is_set = |row: &crate::formats::python::Assignment| row.function.is_none() && row.target.starts_with(KEPT);
    let known = module.assignments.iter().any(is_set);
    if !known && text.contains(KEPT) {
        return None;
    }
    let newline = source.newline();
    let end = source.line_at(call.span.end).end;
    let mut fix = Fix::safe("Keep the task in a set until it is done")
        .insert(source.path(), call.span.start, format!("{name} = "))
        .insert(
            source.path(),
            end,
            format!("{newline}{indent}{KEPT}.add({name}){newline}{indent}{name}.add_done_callback({KEPT}.discard)"),
        );
    if !known {
        // After the imports at the top, where the set is there before anything runs.
        let last = module
            .imports
            .iter()
            .filter(|import| !import.lazy && module.block(import.block).parent.is_none())
            .take_while(|import| {
                module.functions.first().is_none_or(|function| import.span.start < function.span.start)
            })
            .filter(|import| module.classes.first().is_none_or(|class| import.span.start < class.span.start))
            .last()?;
        let line = source.line_at(last.statement.end).end;
        fix = fix.insert(source.path(), line, format!("{newline}{newline}{KEPT} = set()"));
    }
    Some(fix)
}
