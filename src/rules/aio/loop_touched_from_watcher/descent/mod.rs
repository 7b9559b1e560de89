//! What runs below a callback: the functions that it calls, over the files of the repository, in the same thread.

use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::diagnostic::{Label, Location};
use crate::formats::python::{Call, FunctionId, Module};

use super::super::context::asks_in_plain_code;

/// Calls between the callback and the place.
const MAX_DEPTH: usize = 5;
/// Functions looked at below one callback.
const MAX_FUNCTIONS: usize = 40;

/// A function that runs in the callback's thread.
#[derive(Debug, Clone)]
pub(in super::super) struct Below<'d> {
    /// The function.
    pub function: FunctionAt<'d>,
    /// The calls that lead there, from the callback down.
    pub hops: Vec<Label>,
    /// Whether a call on the way is made ready for a `RuntimeError`.
    pub is_handled: bool,
}

/// The callback and the plain functions that it runs, without those that ask in which thread they are or have a loop of
/// their own.
pub(in super::super) fn below<'d>(graph: &CallGraph<'d>, callback: FunctionAt<'d>) -> Vec<Below<'d>> {
    let mut found = vec![Below { function: callback, hops: vec![], is_handled: false }];
    found.retain(|start| runs_there(graph, start.function));
    let mut at = 0;
    while let Some(Below { function, hops, is_handled }) = found.get(at).cloned() {
        at += 1;
        let module = function.module;
        if hops.len() >= MAX_DEPTH {
            continue;
        }
        for call in own_calls(module, function.id).filter(|call| !call.deferred) {
            for next in graph.callees(function.path, module, call) {
                let is_known = found.iter().any(|known| known.function == next);
                if is_known || found.len() >= MAX_FUNCTIONS || !runs_there(graph, next) {
                    continue;
                }
                let message = format!("`{}` calls `{}`", function.row().qualified, next.row().qualified);
                let mut hops = hops.clone();
                hops.push(Label { location: Location::new(function.path, call.span), message });
                let is_handled = is_handled || module.is_caught_by_name(call.block, "RuntimeError");
                found.push(Below { function: next, hops, is_handled });
            }
        }
    }
    found
}

fn own_calls(module: &Module, id: FunctionId) -> impl Iterator<Item = &Call> {
    module.calls.iter().filter(move |call| call.function == Some(id))
}

/// Whether calling the function runs its body in the caller's thread, whichever that is.
fn runs_there(graph: &CallGraph<'_>, function: FunctionAt<'_>) -> bool {
    let row = function.row();
    !row.is_async
        && !row.is_generator
        && function.is_plain()
        && !asks_first(graph, function)
        && !makes_a_loop(function.module, function.id)
        && !knows_its_thread(function)
}

/// Whether the function makes a loop of its own, which it may touch.
fn makes_a_loop(module: &Module, id: FunctionId) -> bool {
    own_calls(module, id).any(|call| {
        matches!(
            call.callee.last_name(),
            Some("new_event_loop" | "set_event_loop" | "run_forever" | "run_until_complete")
        )
    })
}

/// Whether the function asks in which thread it runs.
fn knows_its_thread(function: FunctionAt<'_>) -> bool {
    own_calls(function.module, function.id).any(|call| {
        call.qualified().is_some_and(|name| {
            matches!(name.as_str(), "threading.current_thread" | "threading.get_ident" | "threading.main_thread")
        })
    })
}

/// Whether the function asks whether a loop runs where it is, and takes "no" for an answer.
fn asks_first(graph: &CallGraph<'_>, function: FunctionAt<'_>) -> bool {
    let module = function.module;
    let own = |call: &&Call| call.is("asyncio.get_running_loop");
    let asked = own_calls(module, function.id).find(own);
    match asked {
        Some(_) => own_calls(module, function.id).filter(own).any(|call| module.is_caught(call.block, "RuntimeError")),
        None => !holds_running_loop(function) && asks_in_plain_code(graph, function),
    }
}

/// Whether the plain function around takes the loop that it runs on, for the callback that it defines.
fn holds_running_loop(function: FunctionAt<'_>) -> bool {
    let module = function.module;
    let around = function.with_parents().skip(1).take_while(|id| !module.function(*id).is_async);
    let mut asked = around.flat_map(|id| own_calls(module, id)).filter(|call| call.is("asyncio.get_running_loop"));
    asked.any(|call| !module.is_caught(call.block, "RuntimeError"))
}
