//! AIO006 loop-touched-from-watcher: callbacks of another thread that reach into the event loop.

use crate::deployment::Project;
use crate::deployment::call_graph::{CallGraph, ClassAt, FunctionAt};
use crate::diagnostic::{Label, Location, RuleId};
use crate::formats::python::{Call, Callee, FunctionId, Module};
use crate::rules::program::{has_program, program_modules};
use crate::rules::{Reporter, Rule};

use super::context::{asks_for_a_loop, contexts};

/// AIO006 loop-touched-from-watcher.
pub struct LoopTouchedFromWatcher;

const LITERALS: &[&str] = &["watchdog", "paho", "put_nowait", "call_soon"];

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
            for (id, _) in module.class_ids() {
                let class = ClassAt { path, module, id };
                if !is_watcher(&graph, class) {
                    continue;
                }
                let methods = class.row().methods.iter().copied();
                for method in methods.filter(|id| is_event_method(&module.function(*id).name)) {
                    let callback = FunctionAt { path, module, id: method };
                    let label = Label {
                        location: callback.location(),
                        message: "watchdog calls it in a thread of its own".to_owned(),
                    };
                    check_callback(callback, &label, true, report);
                }
            }
            for callback in paho_callbacks(module) {
                let callback = FunctionAt { path, module, id: callback };
                let message = "the MQTT client calls it in a thread of its own".to_owned();
                check_callback(callback, &Label { location: callback.location(), message }, true, report);
            }
            for call in module.calls.iter().filter(|call| touch(call) == Some(Touch::Unsafe)) {
                let Some(id) = call.function.filter(|id| !module.function(*id).is_async) else { continue };
                let function = FunctionAt { path, module, id };
                let found = contexts(&graph, function);
                if let (Some(thread), None, None) = (found.thread, found.on_loop, found.at_start)
                    && let Some(label) = thread.labels.into_iter().next()
                {
                    check_callback(function, &label, false, report);
                }
            }
        }
    }
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
        if module.function(id).is_async || asks_first(callback, id) {
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

fn asks_first(callback: FunctionAt<'_>, id: FunctionId) -> bool {
    let function = FunctionAt { id, ..callback };
    let own = |call: &Call| call.function == Some(id) && call.is("asyncio.get_running_loop");
    asks_for_a_loop(function) && !callback.module.calls.iter().any(own)
        || callback.module.calls.iter().any(|call| own(call) && callback.module.is_caught(call.block, "RuntimeError"))
}

fn is_watcher(graph: &CallGraph<'_>, class: ClassAt<'_>) -> bool {
    let lineage = class.module.class(class.id).bases.iter().filter_map(|base| base.name.as_ref());
    lineage.clone().any(|name| is_event_handler(name))
        || graph.documents().python(class.path).is_some_and(|module| {
            class.module.class(class.id).bases.iter().filter_map(|base| base.class).any(|base| {
                module.class(base).bases.iter().filter_map(|base| base.name.as_ref()).any(|name| is_event_handler(name))
            })
        })
}

fn is_event_handler(name: &str) -> bool {
    name.starts_with("watchdog.events.") && name.ends_with("EventHandler")
}

fn is_event_method(name: &str) -> bool {
    matches!(
        name,
        "dispatch"
            | "on_any_event"
            | "on_created"
            | "on_modified"
            | "on_deleted"
            | "on_moved"
            | "on_closed"
            | "on_opened"
    )
}

/// The functions that are set as callbacks of a paho MQTT client.
fn paho_callbacks(module: &Module) -> Vec<FunctionId> {
    if !module.imports.iter().any(|import| import.qualified().is_within("paho.mqtt")) {
        return vec![];
    }
    let callbacks = module.assignments.iter().filter(|row| {
        row.target
            .rsplit_once('.')
            .is_some_and(|(_, name)| matches!(name, "on_message" | "on_connect" | "on_disconnect" | "on_publish"))
    });
    callbacks.filter_map(|row| row.value.as_function()).collect()
}
