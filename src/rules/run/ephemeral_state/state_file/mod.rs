//! State in a file beside the program: read when it starts, written while it runs, gone when it starts anew.

use std::collections::BTreeSet;

use crate::deployment::Deployment;
use crate::deployment::call_graph::{CallGraph, EdgeKind, FunctionAt};
use crate::diagnostic::{Location, RepoPath, Span};
use crate::formats::python::{Block, BlockKind, Call, Module};
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
    let platform = deployment.platform().value.with_article();
    let graph = CallGraph::new(deployment.documents());
    for (path, module) in super::deployed(deployment, &["json.dump(", "pickle.dump("]) {
        let Some(source) = deployment.documents().repository().source(path) else { continue };
        let mut known: Vec<String> = Vec::new();
        for write in module.calls.iter().filter(|call| opens(call, true) && call.function.is_some()) {
            let Some(file) = file(module, source.text(), write).filter(|file| !known.contains(file)) else { continue };
            let reads = module
                .calls
                .iter()
                .filter(|read| opens(read, false) && self::file(module, source.text(), read).as_ref() == Some(&file));
            let mut at_start = reads.map(|read| (read, places_at_start(&graph, path, module, read)));
            let Some((read, starts)) = at_start.find(|(_, starts)| !starts.is_empty()) else { continue };
            if is_only_where_missing(module, source.text(), write)
                || is_made_before(&places_at_start(&graph, path, module, write), &starts)
            {
                continue;
            }
            if keeps_elsewhere(deployment) || asks_for_storage(deployment) {
                return;
            }
            report
                .advice(
                    Location::new(path, write.span),
                    format!("what is kept in {} is gone after a restart of {platform}: its disk begins anew", quoted(&file)),
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

/// Where the start of the program, at import, comes to the call: the places outside of functions.
fn places_at_start<'d>(
    graph: &CallGraph<'d>,
    path: &RepoPath,
    module: &Module,
    call: &Call,
) -> BTreeSet<(&'d RepoPath, usize)> {
    let documents = graph.documents();
    let mut places = BTreeSet::new();
    let Some(path) = documents.repository().entry(path).map(|entry| entry.path()) else { return places };
    let Some(id) = call.function else {
        if !module.in_type_checking(call.block) {
            places.insert((path, call.span.start));
        }
        return places;
    };
    let Some(module) = documents.python(path) else { return places };
    let mut open = vec![FunctionAt { path, module, id }];
    for _ in 0..MAX_STEPS {
        let mut callers = Vec::new();
        for function in open {
            for edge in graph.callers(function).into_iter().filter(|edge| edge.kind == EdgeKind::Call && !edge.inferred)
            {
                match edge.function() {
                    None => _ = places.insert((edge.path, edge.span.start)),
                    Some(caller) => callers.push(caller),
                }
            }
        }
        open = callers;
    }
    places
}

/// Whether the start of the program writes the file before it reads it, or may do so: then it makes the file again.
fn is_made_before(writes: &BTreeSet<(&RepoPath, usize)>, reads: &BTreeSet<(&RepoPath, usize)>) -> bool {
    writes.iter().any(|(path, write)| !reads.iter().any(|(other, read)| path == other && read < write))
}

/// Whether the file is written only where it is not there yet, as a cache is: `if not os.path.exists(STATE):`, or after
/// `if os.path.exists(STATE): return …`.
fn is_only_where_missing(module: &Module, text: &str, write: &Call) -> bool {
    let Some(file) = write.positional(0).map(|argument| argument.value.span.of(text).trim()) else { return false };
    let asks = |test: Span| {
        let test = test.of(text);
        test.contains(file) && ["exists(", "isfile(", "is_file("].iter().any(|question| test.contains(question))
    };
    let is_missing = |block: &Block| match block.kind {
        BlockKind::Branch { test, negated, .. } if asks(test) => {
            negated != test.of(text).trim_start().starts_with("not ")
        }
        _ => false,
    };
    let is_there =
        |block: &Block| matches!(block.kind, BlockKind::Branch { test, .. } if asks(test)) && !is_missing(block);
    let mut around = module.enclosing_in_function(write.block).map(|(_, block)| block);
    around.any(is_missing)
        || module.blocks.iter().any(|block| {
            block.leaves
                && block.function == write.function
                && block.span.end <= write.span.start
                && is_there(block)
                && block.parent.is_some_and(|parent| module.enclosing(write.block).any(|(id, _)| id == parent))
        })
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
