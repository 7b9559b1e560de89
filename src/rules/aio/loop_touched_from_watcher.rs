//! AIO006 loop-touched-from-watcher: callbacks of another thread that reach into the event loop.

use crate::deployment::Project;
use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::diagnostic::{Label, Location, RuleId};
use crate::formats::python::{Call, Callee, FunctionId, Module};
use crate::rules::program::{has_program, program_modules};
use crate::rules::{Reporter, Rule};

use super::context::{asks_for_a_loop, contexts, watchers};

/// AIO006 loop-touched-from-watcher.
pub struct LoopTouchedFromWatcher;

const LITERALS: &[&str] = &[
    "watchdog",
    "paho",
    "put_nowait",
    "call_soon",
    // A handler whose base class stands in another file.
    "def on_any_event",
    "def on_created",
    "def on_modified",
    "def on_moved",
    "def on_deleted",
];

/// Calls between the callback and the place.
const MAX_HELPERS: usize = 20;

impl Rule for LoopTouchedFromWatcher {
    fn id(&self) -> RuleId {
        RuleId { code: "AIO006", name: "loop-touched-from-watcher" }
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
            for (id, _) in module.function_ids() {
                let callback = FunctionAt { path, module, id };
                let Some(library) = watchers::caller(&graph, callback) else { continue };
                if callback.row().is_async && !watchers::has_own_dispatch(&graph, callback) {
                    report_never_awaited(callback, library, report);
                    continue;
                }
                let message = format!("{library} calls it in a thread of its own");
                check_callback(callback, &Label { location: callback.location(), message }, true, report);
            }
            for call in module.calls.iter().filter(|call| touch(call) == Some(Touch::Unsafe)) {
                let Some(id) = call.function.filter(|id| !module.function(*id).is_async) else { continue };
                let function = FunctionAt { path, module, id };
                let found = contexts(&graph, function);
                if let (Some(thread), None, None) =
                    (found.thread.filter(|place| !place.is_callback), found.on_loop, found.at_start)
                    && let Some(label) = thread.labels.into_iter().next()
                {
                    check_callback(function, &label, false, report);
                }
            }
        }
    }
}

/// Reports a callback that is a coroutine: the library calls it and drops what it gives.
fn report_never_awaited(callback: FunctionAt<'_>, library: &str, report: &mut Reporter) {
    report
        .error(
            callback.location(),
            format!(
                "{library} calls `{}` as a plain function: the coroutine is never awaited, and nothing of it runs",
                callback.row().qualified
            ),
        )
        .help("make it a plain method that sends a coroutine to the loop: asyncio.run_coroutine_threadsafe(coroutine, loop)");
}

/// What a call does to a loop from another thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Touch {
    /// It needs a loop in its own thread, and raises.
    Raises,
    /// It changes what belongs to the loop without waking it.
    Unsafe,
}

fn touch(call: &Call) -> Option<Touch> {
    if call.deferred {
        return None;
    }
    if let Callee::UnknownMethod { receiver, method } = &call.callee {
        let is_loop = matches!(receiver.rsplit('.').next(), Some("loop" | "_loop" | "event_loop" | "_event_loop"));
        let soon = matches!(&**method, "call_soon" | "call_later" | "call_at" | "create_task");
        return (is_loop && soon).then_some(Touch::Unsafe);
    }
    match call.qualified()?.as_str() {
        "asyncio.create_task" | "asyncio.get_running_loop" => Some(Touch::Raises),
        "asyncio.AbstractEventLoop.call_soon"
        | "asyncio.AbstractEventLoop.call_later"
        | "asyncio.AbstractEventLoop.call_at"
        | "asyncio.AbstractEventLoop.create_task"
        | "asyncio.Queue.put_nowait"
        | "asyncio.PriorityQueue.put_nowait"
        | "asyncio.LifoQueue.put_nowait"
        | "asyncio.Event.set"
        | "asyncio.Future.set_result"
        | "asyncio.Future.set_exception" => Some(Touch::Unsafe),
        _ => None,
    }
}

/// Reports what a callback, and the plain helpers of its class that it calls, do to the loop.
fn check_callback(callback: FunctionAt<'_>, label: &Label, helpers: bool, report: &mut Reporter) {
    let module = callback.module;
    let mut reached: Vec<FunctionId> = vec![callback.id];
    let mut at = 0;
    while let Some(id) = reached.get(at).copied() {
        at += 1;
        if module.function(id).is_async || asks_first(callback, id) || makes_a_loop(module, id) {
            continue;
        }
        for call in module.calls.iter().filter(|call| call.function == Some(id)) {
            if let Some(next) = call
                .local_function()
                .filter(|next| helpers && !call.deferred && reached.len() < MAX_HELPERS && !reached.contains(next))
            {
                reached.push(next);
            }
            let Some(touch) = touch(call) else { continue };
            let name = &module.function(id).qualified;
            let location = Location::new(callback.path, call.span);
            let what = call.callee.last_name().unwrap_or("the call");
            let finding = match touch {
                Touch::Raises if module.is_caught_by_name(call.block, "RuntimeError") => continue,
                Touch::Raises => report.error(
                    location,
                    format!("{what}() raises RuntimeError in `{name}`, which runs in a thread without an event loop"),
                ),
                Touch::Unsafe => report.warning(
                    location,
                    format!(
                        "`{name}` runs in another thread, and {what}() there neither wakes the event loop nor is safe beside it"
                    ),
                ),
            };
            finding.labels([label.clone()]).help(
                "cross over with loop.call_soon_threadsafe(…), or asyncio.run_coroutine_threadsafe(coroutine, loop) for a coroutine",
            );
        }
    }
}

/// Whether the function makes a loop of its own, which it may touch.
fn makes_a_loop(module: &Module, id: FunctionId) -> bool {
    module.calls.iter().any(|call| {
        call.function == Some(id)
            && matches!(
                call.callee.last_name(),
                Some("new_event_loop" | "set_event_loop" | "run_forever" | "run_until_complete")
            )
    })
}

fn asks_first(callback: FunctionAt<'_>, id: FunctionId) -> bool {
    let function = FunctionAt { id, ..callback };
    let own = |call: &Call| call.function == Some(id) && call.is("asyncio.get_running_loop");
    asks_for_a_loop(function) && !callback.module.calls.iter().any(own)
        || callback.module.calls.iter().any(|call| own(call) && callback.module.is_caught(call.block, "RuntimeError"))
}
