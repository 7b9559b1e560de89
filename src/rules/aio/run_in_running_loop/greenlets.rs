//! The second form of AIO002: loops that are run in threads which eventlet or gevent have turned into greenlets of one.

use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::diagnostic::{Label, Location, Span};
use crate::formats::python::Call;
use crate::knowledge::{event_loops, fits_any};
use crate::rules::Reporter;
use crate::rules::program::program_modules;

use super::context::contexts;

/// Reports every patch of threads whose program runs loops in several threads or views. `sites` are the calls that run a
/// loop in plain functions.
pub(super) fn check(graph: &CallGraph<'_>, sites: &[(FunctionAt<'_>, Span)], report: &mut Reporter) {
    if sites.is_empty() {
        return;
    }
    let documents = graph.documents();
    for (path, module) in program_modules(documents, &["eventlet", "gevent"]) {
        let Some((patch, library)) = module.calls.iter().find_map(|call| Some((call, patches(call)?))) else {
            continue;
        };
        let reached = graph.imported_from(path);
        let mut labels = Vec::new();
        for (function, span) in sites.iter().filter(|(function, _)| reached.contains(function.path)) {
            let contexts = contexts(graph, *function);
            let how = match (contexts.thread, contexts.view) {
                (Some(_), _) => "a thread",
                (None, Some(_)) => "a request",
                (None, None) => continue,
            };
            let name = &function.row().qualified;
            labels.push(Label {
                location: Location::new(function.path, *span),
                message: format!("`{name}` runs a loop in {how}"),
            });
        }
        if labels.is_empty() {
            continue;
        }
        report
            .warning(
                Location::new(path, patch.span),
                format!(
                    "{library} makes all threads share one, so asyncio.run() fails in a thread or request while it runs in another"
                ),
            )
            .remark("threads become greenlets here")
            .labels(labels)
            .help("run the coroutines on one loop in a real thread (eventlet.tpool, gevent.threadpool), or do without the patching");
    }
}

/// The library that a call lets replace threads.
fn patches(call: &Call) -> Option<&'static str> {
    let name = call.qualified()?;
    let row = event_loops().patches.iter().find(|row| fits_any(name, &row.calls))?;
    let spared = call.keyword("thread").is_some_and(|argument| argument.value.as_bool() == Some(false));
    (!spared).then_some(row.library.as_str())
}
