//! State in a file beside the program: read when it starts, written while it runs, gone when it starts anew.

use crate::deployment::Deployment;
use crate::deployment::call_graph::{CallGraph, EdgeKind, FunctionAt};
use crate::diagnostic::{Location, RepoPath};
use crate::formats::python::{Call, Module};
use crate::rules::Reporter;

use super::is_elsewhere;

/// Calls from the start of the program down to the place that reads.
const MAX_STEPS: usize = 4;

/// Calls that fetch what was kept elsewhere.
const FETCHES: &[&str] = &["CommitScheduler", "hf_hub_download", "snapshot_download", "load_dataset", "Repository"];

/// Packages that keep things elsewhere.
const STORES: &[&str] = &[
    "boto3",
    "google",
    "gspread",
    "supabase",
    "firebase_admin",
    "redis",
    "psycopg",
    "psycopg2",
    "pymongo",
    "motor",
    "asyncpg",
    "azure",
];

/// Reports a file of JSON or a pickle that the program reads at its start and writes later.
pub(super) fn check(deployment: &Deployment<'_>, report: &mut Reporter) {
    let platform = deployment.platform().value;
    let graph = CallGraph::new(deployment.documents());
    for (path, module) in super::deployed(deployment, &["json.dump(", "pickle.dump("]) {
        let Some(source) = deployment.documents().repository().source(path) else { continue };
        let mut known: Vec<String> = Vec::new();
        for write in module.calls.iter().filter(|call| opens(call, true) && call.function.is_some()) {
            let Some(file) = file(module, source.text(), write).filter(|file| !known.contains(file)) else { continue };
            let read = module.calls.iter().find(|read| {
                opens(read, false)
                    && self::file(module, source.text(), read).as_ref() == Some(&file)
                    && is_at_start(&graph, path, module, read)
            });
            let Some(read) = read else { continue };
            if keeps_elsewhere(deployment) || asks_for_storage(deployment) {
                return;
            }
            report
                .advice(
                    Location::new(path, write.span),
                    format!("what is kept in {} is gone after a restart of the {platform}: its disk begins anew", quoted(&file)),
                )
                .label(Location::new(path, read.span), "the program reads it back when it starts")
                .labels(deployment.platform().label("the program runs here"))
                .help(
                    "keep it on storage that lasts: a database, a dataset on the Hub (huggingface_hub.CommitScheduler), or a \
                     mounted volume (/data in a Space that has one)",
                );
            known.push(file);
        }
    }
}

/// Whether the call opens a file that it writes anew, or one that it reads.
fn opens(call: &Call, writes: bool) -> bool {
    let mode = call.argument("mode", 1).map_or(Some("r"), |argument| argument.value.as_str());
    call.is("builtins.open") && !call.deferred && mode.is_some_and(|mode| mode.starts_with('w') == writes)
}

/// The file as written where its name is defined: `"state.json"` of `STATE = "state.json"`; `None` where it is not plain,
/// or elsewhere than beside the program.
fn file(module: &Module, text: &str, open: &Call) -> Option<String> {
    let value = &open.positional(0)?.value;
    let written = value.origin().of(text).trim();
    let assigned = module.assignments.iter().filter(|row| row.function.is_none() && *row.target == *written);
    let mut assigned = assigned.map(|row| row.value.span.of(text).trim());
    let written = match (assigned.next(), assigned.next()) {
        (Some(only), None) => only,
        (Some(_), Some(_)) => return None,
        (None, _) => written,
    };
    // Any part that is a name may lead elsewhere: only quoted text, `Path`, `os.path.join` and `__file__` do not.
    let mut bare = String::new();
    for (position, part) in written.split(['"', '\'']).enumerate() {
        if position % 2 == 0 {
            bare.push_str(part);
        }
    }
    let plain = bare.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty()).all(|name| {
        matches!(
            name,
            "Path" | "pathlib" | "os" | "path" | "join" | "dirname" | "abspath" | "__file__" | "parent" | "resolve"
        )
    });
    let quoted = written.contains(['"', '\'']) && !written.contains("\"\"\"");
    (plain && quoted && !is_elsewhere(written) && !written.contains('\n')).then(|| written.to_owned())
}

/// The last quoted text: `data/state.json` of `Path("data/state.json")`.
fn quoted(written: &str) -> &str {
    written.rsplit(['"', '\'']).nth(1).unwrap_or(written)
}

/// Whether the place runs when the program starts: at import, or in a function that is called there.
fn is_at_start(graph: &CallGraph<'_>, path: &RepoPath, module: &Module, call: &Call) -> bool {
    let Some(id) = call.function else { return !module.in_type_checking(call.block) };
    let documents = graph.documents();
    let Some(path) = documents.repository().entry(path).map(|entry| entry.path()) else { return false };
    let Some(module) = documents.python(path) else { return false };
    let mut open = vec![FunctionAt { path, module, id }];
    for _ in 0..MAX_STEPS {
        let mut callers = Vec::new();
        for function in open {
            for edge in graph.callers(function).into_iter().filter(|edge| edge.kind == EdgeKind::Call && !edge.inferred)
            {
                match edge.function() {
                    None => return true,
                    Some(caller) => callers.push(caller),
                }
            }
        }
        open = callers;
    }
    false
}

/// Whether any file of the program fetches what it keeps from elsewhere.
fn keeps_elsewhere(deployment: &Deployment<'_>) -> bool {
    let modules = deployment.reach().files().filter_map(|(path, _)| deployment.documents().python(path));
    modules.into_iter().any(|module| {
        module.imports.iter().any(|import| STORES.contains(&import.qualified().root()))
            || module.calls.iter().any(|call| call.callee.last_name().is_some_and(|name| FETCHES.contains(&name)))
    })
}

/// Whether the Space's card asks for storage that lasts.
fn asks_for_storage(deployment: &Deployment<'_>) -> bool {
    let documents = deployment.documents();
    let readme = deployment.root().join("README.md");
    readme
        .and_then(|readme| crate::deployment::space::card(documents, documents.repository().entry(&readme)?.path()))
        .is_some_and(|card| card.text("suggested_storage").is_some())
}
