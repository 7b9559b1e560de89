//! Whether a place can have no event loop: after an `asyncio.run` in its thread, off the main thread, or from Python 3.14.

use crate::deployment::Deployment;
use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::diagnostic::{Label, Location, RepoPath};
use crate::formats::python::{Call, FunctionId, Module};
use crate::knowledge::PythonVersion;
use crate::rules::aio::context::{Contexts, contexts, runs_before, sets_a_loop};

use super::changed_behaviour::Reason;

/// The Python from which the main thread has no loop of its own either.
const NONE_FROM: (u16, u16) = (3, 14);
/// Calls from function to function that are followed within a file.
const MAX_DEPTH: usize = 3;

/// Why there is no event loop where `call` runs; `None` where there is one, or it can't be told.
pub(super) fn why_no_loop(
    deployment: &Deployment<'_>,
    path: &RepoPath,
    module: &Module,
    call: &Call,
) -> Option<Reason> {
    if call.deferred || sets_a_loop(module, call.function, call.span.start) || module.is_inside_async(call) {
        return None;
    }
    if let Some(run) = run_before(module, call, MAX_DEPTH) {
        let message = "asyncio.run() leaves the thread without an event loop".to_owned();
        return Some(Reason {
            why: "an asyncio.run() before it has taken the thread's event loop away".to_owned(),
            at: None,
            labels: vec![Label { location: Location::new(path, run.span), message }],
        });
    }
    if let Some(id) = call.function {
        let function = FunctionAt { path, module, id };
        let contexts = contexts(&CallGraph::new(deployment.documents()), function);
        if let Contexts { thread: Some(place), at_start: None, on_loop: None, view: None, unknown: false, .. } =
            contexts
        {
            return Some(Reason {
                why: format!("only the main thread has one, and {}", place.why),
                at: None,
                labels: place.labels,
            });
        }
    }
    let python = deployment.python()?;
    let none = python.value.without_patch() >= PythonVersion::new(NONE_FROM.0, NONE_FROM.1);
    let starts_here = call.function.is_none() || call_sites(module, call.function?).any(|site| site.function.is_none());
    (none && starts_here).then(|| Reason {
        why: format!("Python {} makes none by itself", python.value.without_patch()),
        at: None,
        labels: python.label(format!("Python {} runs here", python.value)).into_iter().collect(),
    })
}

/// An `asyncio.run` that has always run in the same thread when `later` does: before it in its function, or before a call
/// of its function.
fn run_before<'m>(module: &'m Module, later: &Call, depth: usize) -> Option<&'m Call> {
    let earlier = module.calls.iter().find(|earlier| {
        runs_before(module, earlier, later)
            && !sets_a_loop_between(module, earlier, later)
            && runs_a_loop(module, earlier, depth)
    });
    if let Some(earlier) = earlier {
        return Some(earlier);
    }
    let mut sites = call_sites(module, later.function?).peekable();
    sites.peek()?;
    let depth = depth.checked_sub(1)?;
    let found: Option<Vec<&Call>> = sites.map(|site| run_before(module, site, depth)).collect();
    found?.into_iter().next()
}

/// Whether a call is `asyncio.run`, or of a function of the file that always comes to one.
fn runs_a_loop(module: &Module, call: &Call, depth: usize) -> bool {
    if call.is("asyncio.run") {
        return true;
    }
    let (Some(function), Some(depth)) = (call.local_function(), depth.checked_sub(1)) else { return false };
    let row = module.function(function);
    !row.is_async
        && module.calls.iter().any(|inner| {
            inner.function == Some(function)
                && !inner.deferred
                && module.conditions(inner.block).next().is_none()
                && !module.in_loop(inner.block)
                && runs_a_loop(module, inner, depth)
        })
        && !sets_a_loop(module, Some(function), usize::MAX)
}

fn sets_a_loop_between(module: &Module, earlier: &Call, later: &Call) -> bool {
    module.calls.iter().any(|call| {
        call.function == later.function
            && (earlier.span.end..later.span.start).contains(&call.span.start)
            && call.is("asyncio.set_event_loop")
    })
}

/// The calls of a function in its own file.
fn call_sites(module: &Module, function: FunctionId) -> impl Iterator<Item = &Call> {
    module.calls.iter().filter(move |call| call.local_function() == Some(function))
}
