//! AIO004 dangling-task: a task whose only reference is dropped.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use crate::deployment::Project;
use crate::deployment::call_graph::{CallGraph, Edge, EdgeKind, FunctionAt};
use crate::diagnostic::{Fix, Label, Location, RepoPath, RuleId, Span};
use crate::formats::python::{Assignment, Call, Callee, Module, QualifiedName, Runner, Usage, ValueKind};
use crate::knowledge::event_loops;
use crate::repo::Source;
use crate::rules::program::{has_program, is_vendored, program_modules};
use crate::rules::{Reporter, Rule};

use super::context::{Contexts, contexts, watchers};
use super::decided::is_decided;
use super::loop_touched_from_watcher::{self, touched_from_threads};
use super::task_without_loop::LoopQuestion;

/// AIO004 dangling-task.
pub struct DanglingTask;

const LITERALS: &[&str] = &["create_task", "ensure_future"];

/// Discord's library and what has grown out of it: their clients have the loop that they run on.
const DISCORD: &[&str] = &["discord", "nextcord", "disnake", "interactions"];

/// Where the fix keeps the tasks.
const KEPT: &str = "_background_tasks";

/// So many in one file are reported one by one; more are one finding.
const MAX_SINGLE: usize = 3;

/// Coroutines that wait for one another, followed for one task.
const MAX_WAITS: usize = 3;

impl Rule for DanglingTask {
    fn id(&self) -> RuleId {
        RuleId { code: "AIO004", name: "dangling-task" }
    }

    fn literals(&self) -> &'static [&'static str] {
        // It asks what that rule finds.
        loop_touched_from_watcher::LITERALS
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let documents = project.documents();
        let graph = CallGraph::new(documents);
        let question = LoopQuestion::new(project);
        // That the task is never made is what AIO003 says, and AIO006.
        let fails = |path, module, call: &Call| {
            has_program(project) && call.is("asyncio.create_task") && question.why_none(path, module, call).is_some()
        };
        let touched = LazyCell::new(|| touched_from_threads(project));
        for (path, module) in program_modules(documents, LITERALS) {
            let mut dropped = BTreeMap::<Loss, Vec<&Call>>::new();
            for call in module.live_calls().filter(|call| makes_task(module, call) && is_dropped(call)) {
                let source = documents.repository().source(path);
                if source.is_some_and(|source| is_decided(source, module, call, &["RUF006"])) {
                    continue;
                }
                let in_coroutine = module.is_inside_async(call);
                if !in_coroutine
                    && (is_callback(&graph, path, module, call)
                        || fails(path, module, call)
                        || touched.contains(&Location::new(path, call.span)))
                {
                    continue;
                }
                let loss = match in_coroutine {
                    _ if is_held_by_what_it_waits_for(&graph, path, module, call) => Loss::Exception,
                    true if !is_vendored(path) => Loss::Task,
                    _ => Loss::TaskPerhaps,
                };
                dropped.entry(loss).or_default().push(call);
            }
            let source = documents.repository().source(path);
            for (loss, calls) in dropped {
                // The same habit all over a file is one cause.
                let size = if calls.len() > MAX_SINGLE { calls.len() } else { 1 };
                for calls in calls.chunks(size) {
                    report_loss(loss, calls, path, source.and_then(|source| keep(source, module, calls)), report);
                }
            }
        }
    }
}

/// What dropping the reference to a task loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Loss {
    /// The task, in a coroutine.
    Task,
    /// The task, in a plain function, of which it is not known that the loop runs on; or in code of others.
    TaskPerhaps,
    /// Only what the task raises: what it waits for keeps it.
    Exception,
}

/// Reports calls that lose the same, at the first of them.
fn report_loss(loss: Loss, calls: &[&Call], path: &RepoPath, fix: Option<Fix>, report: &mut Reporter) {
    let Some((first, others)) = calls.split_first() else { return };
    let location = Location::new(path, first.span);
    let many = if others.is_empty() { String::new() } else { format!(", nor to {} more below", others.len()) };
    let vanishes = format!("the task may vanish before it is done: nothing keeps a reference to it{many}");
    let finding = match loss {
        Loss::Task => report.warning(location, vanishes),
        Loss::TaskPerhaps => report.advice(location, vanishes),
        Loss::Exception => {
            report.advice(location, format!("what the task raises is lost: nothing keeps a reference to it{many}"))
        }
    };
    finding.labels(others.iter().map(|call| Label {
        location: Location::new(path, call.span),
        message: "nothing keeps this one either".to_owned(),
    }));
    if loss == Loss::Exception {
        finding.help("await it; or keep the task, and look at its result when it is done");
    } else {
        finding
            .remark("the event loop itself keeps only a weak reference, and what the task raises is lost")
            .help("keep the task until it is done, in a set for example, and look at its result; or await it")
            .fix(fix);
    }
}

/// Whether all that the task waits for are sleeps and threads: the loop's timer or the executor keeps it until it is done.
fn is_held_by_what_it_waits_for<'d>(
    graph: &CallGraph<'d>,
    path: &'d RepoPath,
    module: &'d Module,
    call: &Call,
) -> bool {
    let Some(coroutine) = call.argument("coro", 0).or_else(|| call.keyword("coro_or_future")) else { return false };
    module.calls.iter().any(|inner| {
        !inner.deferred
            && inner.span.end == coroutine.span.end
            && coroutine.span.covers(inner.span)
            && is_held(graph, path, module, inner, MAX_WAITS)
    })
}

/// Whether the loop's timer or a thread holds what waits for the call.
fn is_held<'d>(graph: &CallGraph<'d>, path: &'d RepoPath, module: &'d Module, call: &Call, steps: usize) -> bool {
    // What `submit` gives is known for an executor alone, and that is not awaited.
    let in_thread = call.runner() == Runner::Thread && call.callee.last_name() != Some("submit");
    if call.is("asyncio.sleep") || in_thread {
        return true;
    }
    if call.is("asyncio.wait_for") {
        return call.argument("timeout", 1).is_some_and(|timeout| timeout.value.kind != ValueKind::None);
    }
    let callees = if steps == 0 { vec![] } else { graph.callees(path, module, call) };
    !callees.is_empty() && callees.into_iter().all(|function| waits_for_held(graph, function, steps - 1))
}

/// Whether a coroutine waits, and only for what holds it.
fn waits_for_held(graph: &CallGraph<'_>, function: FunctionAt<'_>, steps: usize) -> bool {
    let (row, module) = (function.row(), function.module);
    let awaited = module.calls.iter().filter(|call| call.usage == Usage::Awaited && call.function == Some(function.id));
    row.is_async
        && !row.is_generator
        && row.decorators.is_empty()
        && row.waits > 0
        && awaited.filter(|call| is_held(graph, function.path, module, call, steps)).count() == row.waits as usize
}

fn makes_task(module: &Module, call: &Call) -> bool {
    let known = call.qualified().is_some_and(|name| {
        matches!(
            name.as_str(),
            "asyncio.create_task" | "asyncio.ensure_future" | "asyncio.AbstractEventLoop.create_task"
        )
    });
    known || (is_on_loop_of_bot(module, call) && module.is_inside_async(call))
}

/// Whether it is `create_task` of the loop that a bot of Discord has: `ctx.bot.loop.create_task(…)`.
fn is_on_loop_of_bot(module: &Module, call: &Call) -> bool {
    let is_discord = |name: &QualifiedName| DISCORD.iter().any(|package| name.is_within(package));
    match &call.callee {
        Callee::Method(name) | Callee::Qualified(name) => name.ends_with(".loop.create_task") && is_discord(name),
        Callee::UnknownMethod { receiver, method } if &**method == "create_task" => {
            let is_bot = |owner: &str| matches!(owner.rsplit('.').next(), Some("bot" | "client" | "_bot" | "_client"));
            receiver.strip_suffix(".loop").is_some_and(is_bot)
                && module.imports.iter().any(|import| is_discord(&import.qualified()))
        }
        _ => false,
    }
}

fn is_dropped(call: &Call) -> bool {
    match &call.usage {
        Usage::Statement => true,
        Usage::Assigned(target) => &**target == "_",
        _ => false,
    }
}

/// Whether the loop itself calls the function around, for a signal for example: the program is about to end then; or a
/// library's thread, of which AIO006 tells.
///
/// A callback of a toolkit for windows is another such place: no loop of asyncio runs where it calls.
fn is_callback(graph: &CallGraph<'_>, path: &RepoPath, module: &Module, call: &Call) -> bool {
    let (Some(id), Some(entry)) = (call.function, graph.documents().repository().entry(path)) else { return false };
    let Some(module) = graph.documents().python(entry.path()).filter(|_| !module.functions.is_empty()) else {
        return false;
    };
    let function = FunctionAt { path: entry.path(), module, id };
    if watchers::caller(graph, function).is_some() {
        return true;
    }
    let called_back = |edge: &Edge<'_>| match edge.kind {
        EdgeKind::HandOff(Runner::Loop | Runner::Interpreter) => true,
        EdgeKind::HandOff(_) => is_of_window(graph, edge),
        EdgeKind::Call => false,
    };
    let edges = graph.callers(function);
    let through_lambda = edges.iter().filter_map(Edge::function).filter(|caller| caller.row().is_lambda());
    let above: Vec<Edge<'_>> = through_lambda.flat_map(|lambda| graph.callers(lambda)).collect();
    if edges.iter().chain(&above).any(called_back) {
        return true;
    }
    // A thread or a view that hands its task to a loop elsewhere is told by AIO006.
    let given = call.keyword("loop").is_some() || call.is("asyncio.AbstractEventLoop.create_task");
    given
        && matches!(contexts(graph, function), Contexts { on_loop: None, at_start: None, thread, view, .. } if thread.is_some() || view.is_some())
}

/// Whether a toolkit for windows is handed the function, and nothing joins its loop with that of asyncio.
fn is_of_window(graph: &CallGraph<'_>, edge: &Edge<'_>) -> bool {
    let imports = |root: &String| edge.module.imports.iter().any(|import| import.qualified().root() == root);
    let takes = |methods: &[String]| {
        edge.call.and_then(|call| call.callee.last_name()).is_some_and(|name| methods.iter().any(|it| it == name))
    };
    event_loops().toolkits.iter().any(|row| {
        row.modules.iter().any(imports)
            && takes(&row.methods)
            && row.unless.iter().all(|joined| graph.documents().python_naming(joined).is_empty())
    })
}

/// Stores the tasks in a set of the module until they are done; `None` where one of them can't be.
fn keep(source: &Source, module: &Module, calls: &[&Call]) -> Option<Fix> {
    if module.notebook {
        return None;
    }
    let text = source.text();
    let is_set = |row: &Assignment| row.function.is_none() && row.target.starts_with(KEPT);
    let known = module.assignments.iter().any(is_set);
    if !known && text.contains(KEPT) {
        return None;
    }
    let what = if calls.len() == 1 {
        "Keep the task in a set until it is done"
    } else {
        "Keep the tasks in a set until they are done"
    };
    let mut fix = Fix::safe(what);
    for call in calls {
        fix = keep_one(fix, source, call)?;
    }
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
        let newline = source.newline();
        fix = fix.insert(source.path(), line, format!("{newline}{newline}{KEPT} = set()"));
    }
    Some(fix)
}

/// Adds the edits around one call to the fix.
fn keep_one(fix: Fix, source: &Source, call: &Call) -> Option<Fix> {
    if call.usage != Usage::Statement {
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
    let newline = source.newline();
    let end = source.line_at(call.span.end).end;
    Some(fix.insert(source.path(), call.span.start, format!("{name} = ")).insert(
        source.path(),
        end,
        format!("{newline}{indent}{KEPT}.add({name}){newline}{indent}{name}.add_done_callback({KEPT}.discard)"),
    ))
}
