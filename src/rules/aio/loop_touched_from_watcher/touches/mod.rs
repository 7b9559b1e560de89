//! What a call does to an event loop when it is made outside of it.

use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::formats::python::{Call, Callee};

/// What a call does to a loop from another thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Touch {
    /// It needs a loop in its own thread, and raises.
    Raises,
    /// It changes what belongs to the loop without waking it.
    Unsafe,
}

/// Attributes and variables that hold a loop by their name.
const LOOP_NAMES: &[&str] = &["loop", "_loop", "event_loop", "_event_loop", "main_loop", "_main_loop"];
/// Methods of a loop that are for its own thread only.
const LOOP_METHODS: &[&str] = &["call_soon", "call_later", "call_at", "create_task"];

/// Methods that may be for the loop's own thread only.
pub(in super::super) const UNSAFE_METHODS: &[&str] =
    &["call_soon", "call_later", "call_at", "create_task", "put_nowait", "set", "set_result", "set_exception"];

/// What a call does to a loop, if anything.
pub(in super::super) fn touch(graph: &CallGraph<'_>, function: FunctionAt<'_>, call: &Call) -> Option<Touch> {
    if call.deferred {
        return None;
    }
    if let Callee::UnknownMethod { receiver, method } = &call.callee {
        let is_loop = receiver.rsplit('.').next().is_some_and(|name| LOOP_NAMES.contains(&name));
        if is_loop && LOOP_METHODS.contains(&&**method) {
            return Some(Touch::Unsafe);
        }
        // Only these can be anything that changes a queue, an event or a future.
        let perhaps = matches!(&**method, "put_nowait" | "set" | "set_result" | "set_exception");
        let class = perhaps.then(|| graph.class_given(function.path, function.module, call))??;
        return is_unsafe(&class.member(method)).then_some(Touch::Unsafe);
    }
    let name = call.qualified()?.as_str();
    match name {
        "asyncio.create_task" | "asyncio.get_running_loop" => Some(Touch::Raises),
        // With a loop it makes the task there; of a future it makes nothing.
        "asyncio.ensure_future" if call.keyword("loop").is_some() => Some(Touch::Unsafe),
        "asyncio.ensure_future" => Some(Touch::Raises),
        // Asking for the loop raises already, which is said there.
        _ if call.receiver.is_some_and(|maker| {
            let maker = function.module.call(maker);
            maker.function == call.function
                && (maker.is("asyncio.get_event_loop") || maker.is("asyncio.get_running_loop"))
        }) =>
        {
            None
        }
        _ => is_unsafe(name).then_some(Touch::Unsafe),
    }
}

fn is_unsafe(name: &str) -> bool {
    match name.rsplit_once('.') {
        Some(("asyncio.AbstractEventLoop", method)) => LOOP_METHODS.contains(&method),
        Some(("asyncio.Queue" | "asyncio.PriorityQueue" | "asyncio.LifoQueue", method)) => method == "put_nowait",
        Some(("asyncio.Event", method)) => method == "set",
        Some(("asyncio.Future", method)) => matches!(method, "set_result" | "set_exception"),
        _ => false,
    }
}
