//! AIO009 prewarm-in-thread: a thread that starts work which the end of the program cuts off.

use crate::deployment::Project;
use crate::deployment::call_graph::FunctionAt;
use crate::diagnostic::{Label, Location, RepoPath, RuleId};
use crate::formats::python::{Call, FunctionId, Module};
use crate::rules::program::{has_program, program_modules};
use crate::rules::{Reporter, Rule};

/// AIO009 prewarm-in-thread.
pub struct PrewarmInThread;

const LITERALS: &[&str] = &["Thread("];

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
        for (path, module) in program_modules(project.documents(), LITERALS) {
            for call in module.calls.iter().filter(|call| call.is("threading.Thread")) {
                if !starts_program(project, path, module, call) || !main_thread_ends(module, call) {
                    continue;
                }
                let Some(target) = call.keyword("target").and_then(|argument| argument.value.as_function()) else {
                    continue;
                };
                let Some((work, what)) = needs_interpreter(module, target) else { continue };
                let target = FunctionAt { path, module, id: target };
                report
                    .warning(
                        Location::new(path, call.span),
                        format!(
                            "the program may end while `{}` still {what} in this thread: nothing waits for it",
                            target.row().name
                        ),
                    )
                    .labels([Label {
                        location: Location::new(path, work.span),
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
        _ => false,
    }) && !module.calls.iter().any(|call| call.callee.last_name() == Some("join") && call.arguments.is_empty())
}

/// The call in a function that needs the interpreter to go on, and what it does.
fn needs_interpreter(module: &Module, function: FunctionId) -> Option<(&Call, &'static str)> {
    module.calls.iter().filter(|call| call.function == Some(function)).find_map(|call| {
        let name = call.qualified().map_or("", |name| name.as_str());
        let what = match (name, call.callee.last_name()) {
            ("asyncio.run", _) => "runs an event loop",
            (_, Some("run_until_complete")) => "runs an event loop",
            (_, Some("from_pretrained" | "snapshot_download")) => "loads a model",
            ("transformers.pipeline", _) => "loads a model",
            (name, Some("submit" | "map")) if name.starts_with("concurrent.futures.") => "hands work to a pool",
            _ => return None,
        };
        Some((call, what))
    })
}
