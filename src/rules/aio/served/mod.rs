//! Which files a server imports while its event loop runs already.

use std::collections::BTreeMap;

use crate::deployment::call_graph::CallGraph;
use crate::deployment::{Project, Role};
use crate::diagnostic::{Location, RepoPath};
use crate::rules::program::program_modules;

/// The files that uvicorn imports under its loop, with the place that starts it.
///
/// uvicorn runs its loop first and loads the application inside (uvicorn 0.11-0.40 server.py, `_serve`: `config.load()`).
/// Gunicorn, Hypercorn and Granian load it before, also with uvicorn's worker class.
pub(super) fn served_files<'d>(project: &'d Project<'_>, graph: &CallGraph<'d>) -> BTreeMap<&'d RepoPath, Location> {
    let mut served = BTreeMap::new();
    for deployment in project.deployments() {
        for start in deployment.starts() {
            let uvicorn = start.invocation.as_ref().is_some_and(|invocation| invocation.name() == "uvicorn");
            let Some((file, Role::Imported)) = start.file.as_ref().filter(|_| uvicorn) else { continue };
            let Some(entry) = graph.documents().repository().entry(file) else { continue };
            for path in graph.run_by_import_of(entry.path()) {
                served.entry(path).or_insert_with(|| start.location.clone());
            }
        }
    }
    // `uvicorn.run("main:app")` in a script: what the script itself has imported is not run again.
    for (path, module) in program_modules(graph.documents(), &["uvicorn"]) {
        for call in module.calls.iter().filter(|call| call.is("uvicorn.run")) {
            let Some(name) = call.argument("app", 0).and_then(|argument| argument.value.as_str()) else { continue };
            let Some(target) = file_of(graph, path, name) else { continue };
            let known = graph.run_by_import_of(path);
            for file in graph.run_by_import_of(target) {
                if file == target || !known.contains(file) {
                    served.entry(file).or_insert_with(|| Location::new(path, call.span));
                }
            }
        }
    }
    served
}

/// The file that `package.module:app` names, from the folder of the script or one above it.
fn file_of<'d>(graph: &CallGraph<'d>, script: &RepoPath, name: &str) -> Option<&'d RepoPath> {
    let (module, _) = name.split_once(':')?;
    let repository = graph.documents().repository();
    let mut folder = script.parent();
    loop {
        let file = folder.join(&format!("{}.py", module.replace('.', "/")));
        if let Some(file) = file.filter(|file| repository.has_file(file)) {
            return Some(repository.entry(&file)?.path());
        }
        if folder.is_root() {
            return None;
        }
        folder = folder.parent();
    }
}
