//! AIO009 prewarm-in-thread: a thread that starts work which the end of the program cuts off.

use crate::deployment::Project;
use crate::deployment::call_graph::{CallGraph, Definition, FunctionAt};
use crate::diagnostic::{Label, Location, RepoPath, RuleId};
use crate::formats::python::{Call, Module, Usage};
use crate::rules::program::{has_program, program_modules};
use crate::rules::{Reporter, Rule};

/// AIO009 prewarm-in-thread.
pub struct PrewarmInThread;

const LITERALS: &[&str] = &["Thread("];

/// Functions looked at below the thread's target.
const MAX_FUNCTIONS: usize = 20;

impl Rule for PrewarmInThread {
    fn id(&self) -> RuleId {
        RuleId { code: "AIO009", name: "prewarm-in-thread" }
    }

    fn literals(&self) -> &'static [&'static str] {
        LITERALS
    }

    fn concerns(&self, project: &Project<'_>) -> bool {
        has_program(project)
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let graph = CallGraph::new(project.documents());
        for (path, module) in program_modules(project.documents(), LITERALS) {
            for call in module.calls.iter().filter(|call| call.is("threading.Thread")) {
                if !starts_program(project, path, module, call) || !main_thread_ends(module, call) {
                    continue;
                }
                let Some(target) = call.keyword("target").and_then(|argument| argument.value.as_function()) else {
                    continue;
                };
                let target = FunctionAt { path, module, id: target };
                let Some((work, what)) = needs_interpreter(&graph, target) else { continue };
                report
                    .warning(
                        Location::new(path, call.span),
                        format!(
                            "the program may end while `{}` still {what} in this thread: nothing waits for it",
                            target.row().name
                        ),
                    )
                    .labels([Label {
                        location: work,
                        message: "this can't begin once the interpreter shuts down".to_owned(),
                    }])
                    .help("join the thread before the program ends, or do the work before the server starts; a daemon flag changes nothing about it");
            }
        }
    }
}

/// Whether the thread is made where the program itself starts.
fn starts_program(project: &Project<'_>, path: &RepoPath, module: &Module, call: &Call) -> bool {
    let is_entry = || {
        project.deployments().iter().any(|deployment| {
            deployment.starts().iter().any(|start| {
                start.file.as_ref().is_some_and(|(file, role)| file == path && *role == crate::deployment::Role::Script)
            })
        })
    };
    call.function.is_none() && (module.in_main_guard(call.block) || is_entry())
}

/// Whether nothing that could take long comes after the thread in the main thread.
fn main_thread_ends(module: &Module, thread: &Call) -> bool {
    let after = module.calls.iter().filter(|call| call.function.is_none() && call.span.start > thread.span.end);
    after.into_iter().all(|call| match call.callee.last_name() {
        Some("start" | "print" | "info" | "debug" | "warning" | "queue") => true,
        // Gradio's launch returns at once only when it is told to.
        Some("launch") => {
            call.keyword("prevent_thread_lock").is_some_and(|argument| argument.value.as_bool() == Some(true))
        }
        // `launch(theme=gr.themes.Soft())`: what is only made there takes no time.
        _ => matches!(call.usage, Usage::Argument(_)) && call.qualified().is_some_and(|name| name.looks_like_class()),
    }) && !module.calls.iter().any(|call| call.callee.last_name() == Some("join") && call.arguments.is_empty())
}

/// The call in a function, or in one that it calls, that needs the interpreter to go on, and what it does.
fn needs_interpreter(graph: &CallGraph<'_>, target: FunctionAt<'_>) -> Option<(Location, &'static str)> {
    let mut open = vec![target];
    let mut at = 0;
    while let Some(function) = open.get(at).copied() {
        at += 1;
        for call in function.module.calls.iter().filter(|call| call.function == Some(function.id) && !call.deferred) {
            if let Some(what) = work(call) {
                return Some((Location::new(function.path, call.span), what));
            }
            if let Some(Definition::Function(next)) = graph.callee(function.path, function.module, call)
                && open.len() < MAX_FUNCTIONS
                && !open.contains(&next)
            {
                open.push(next);
            }
        }
    }
    None
}

/// What a call does that can't begin once the interpreter shuts down.
fn work(call: &Call) -> Option<&'static str> {
    let name = call.qualified().map_or("", |name| name.as_str());
    match (name, call.callee.last_name()) {
        ("asyncio.run", _) | (_, Some("run_until_complete")) => Some("runs an event loop"),
        ("transformers.pipeline", _) | (_, Some("from_pretrained" | "snapshot_download")) => Some("loads a model"),
        (name, Some("submit" | "map")) if name.starts_with("concurrent.futures.") => Some("hands work to a pool"),
        _ => None,
    }
}
