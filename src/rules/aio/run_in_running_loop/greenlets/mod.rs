//! The second form of AIO002: loops that are run in threads which eventlet or gevent have turned into greenlets of one.

use std::collections::BTreeSet;

use crate::deployment::Project;
use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::diagnostic::{Label, Location, RepoPath, Span};
use crate::formats::python::Call;
use crate::knowledge::{event_loops, fits_any};
use crate::rules::Reporter;
use crate::rules::program::program_modules;

use super::super::context::contexts;

/// A place after which threads are greenlets, and the files of the program for which that holds.
struct Patch<'d> {
    place: Location,
    library: &'static str,
    files: BTreeSet<&'d RepoPath>,
}

/// Reports every patch of threads whose program runs loops in several threads or views. `sites` are the calls that run a
/// loop in plain functions.
pub(super) fn check(
    project: &Project<'_>,
    graph: &CallGraph<'_>,
    sites: &[(FunctionAt<'_>, Span)],
    report: &mut Reporter,
) {
    if sites.is_empty() {
        return;
    }
    let mut reported: Vec<(FunctionAt<'_>, Span)> = Vec::new();
    for patch in in_code(graph).into_iter().chain(by_gunicorn(project, graph)) {
        let mut labels = Vec::new();
        for (function, span) in sites.iter().filter(|(function, _)| patch.files.contains(function.path)) {
            // One patch is enough to know of.
            if reported.contains(&(*function, *span)) {
                continue;
            }
            let contexts = contexts(graph, *function);
            let how = match (contexts.thread, contexts.view) {
                (Some(_), _) => "a thread".to_owned(),
                (None, Some(view)) => format!("a {}", view.what),
                (None, None) => continue,
            };
            let name = &function.row().qualified;
            reported.push((*function, *span));
            labels.push(Label {
                location: Location::new(function.path, *span),
                message: format!("`{name}` runs a loop in {how}"),
            });
        }
        if labels.is_empty() {
            continue;
        }
        let library = patch.library;
        report
            .warning(
                patch.place,
                format!(
                    "{library} makes all threads share one, so asyncio.run() fails in a thread or request while it runs in another"
                ),
            )
            .remark("threads become greenlets here")
            .labels(labels)
            .help("run the coroutines on one loop in a real thread (eventlet.tpool, gevent.threadpool), or do without the patching");
    }
}

/// The patches that the program's files make themselves.
fn in_code<'d>(graph: &CallGraph<'d>) -> Vec<Patch<'d>> {
    let mut found = Vec::new();
    for (path, module) in program_modules(graph.documents(), &["eventlet", "gevent"]) {
        let Some((call, library)) = module.calls.iter().find_map(|call| Some((call, patches(call)?))) else {
            continue;
        };
        let place = Location::new(path, call.span);
        found.push(Patch { place, library, files: graph.imported_from(path) });
    }
    found
}

/// The library that a call lets replace threads.
fn patches(call: &Call) -> Option<&'static str> {
    let name = call.qualified()?;
    let row = event_loops().patches.iter().find(|row| fits_any(name, &row.calls))?;
    let spared = call.keyword("thread").is_some_and(|argument| argument.value.as_bool() == Some(false));
    (!spared).then_some(row.library.as_str())
}

/// The patches that gunicorn's workers make: `-k gevent`, or `worker_class = "gevent"` in its configuration.
fn by_gunicorn<'d>(project: &Project<'_>, graph: &CallGraph<'d>) -> Vec<Patch<'d>> {
    let repository = graph.documents().repository();
    let mut found = Vec::new();
    for deployment in project.deployments() {
        let files = || -> BTreeSet<&'d RepoPath> {
            deployment.reach().files().filter_map(|(path, _)| Some(repository.entry(path)?.path())).collect()
        };
        for start in deployment.starts() {
            let Some(gunicorn) = start.invocation.as_ref().filter(|one| one.name() == "gunicorn") else { continue };
            if let Some(class) = gunicorn.flag(&["--worker-class", "-k"]) {
                if let Some(library) = worker_library(&class.text) {
                    found.push(Patch { place: start.location.clone(), library, files: files() });
                }
                continue;
            }
            for (path, module) in program_modules(graph.documents(), &["worker_class"]) {
                let class =
                    module.assignments.iter().find(|row| row.function.is_none() && &*row.target == "worker_class");
                let Some(class) = class.filter(|_| path.file_name().starts_with("gunicorn")) else { continue };
                if let Some(library) = class.value.as_str().and_then(worker_library) {
                    found.push(Patch { place: Location::new(path, class.value.span), library, files: files() });
                }
            }
        }
    }
    found
}

/// The library whose worker class patches threads when it starts (gunicorn 19-23 workers/ggevent.py and geventlet.py,
/// `patch`).
fn worker_library(class: &str) -> Option<&'static str> {
    ["gevent", "eventlet"].into_iter().find(|library| class.to_ascii_lowercase().starts_with(library))
}
