//! `block_on` under a runtime of Rust: in an asynchronous function, or in a plain one that such a function calls.

use crate::deployment::{Documents, reach};
use crate::diagnostic::{Label, Location, RepoPath};
use crate::formats::rust::{RustCall, RustContext, RustFile, RustFunction};
use crate::rules::Reporter;

/// Words without which a file of Rust neither blocks on a future nor runs on a runtime.
pub(super) const LITERALS: &[&str] = &["block_on", "async fn"];

/// Calls between the asynchronous function and `block_on`.
const MAX_HOPS: usize = 6;
/// Functions looked at for one `block_on`.
const MAX_FUNCTIONS: usize = 100;

const HELP: &str = "a Tokio runtime refuses to start within another (Cannot start a runtime from within a runtime): `.await` the future, or move the call into `tokio::task::spawn_blocking`";

/// A function of a crate.
#[derive(Clone, Copy)]
struct FunctionAt<'d> {
    path: &'d RepoPath,
    file: &'d RustFile,
    index: usize,
}

impl<'d> FunctionAt<'d> {
    fn row(&self) -> Option<&'d RustFunction> {
        self.file.functions.get(self.index)
    }

    fn is(&self, other: &Self) -> bool {
        self.index == other.index && self.path == other.path
    }
}

/// Reports every `block_on` of a Tokio runtime below an asynchronous function of the same crate.
pub(super) fn check(documents: &Documents, report: &mut Reporter) {
    let files: Vec<_> =
        documents.rust_mentioning(LITERALS).filter(|(path, _)| !reach::is_aside(path, &RepoPath::root())).collect();
    for (path, file) in &files {
        for call in file.calls.iter().filter(|call| !call.in_test && is_tokio_block_on(file, call)) {
            match call.context {
                RustContext::Async => report_direct(path, call, report),
                // A closure runs where its taker chooses: `spawn_blocking`, `block_in_place`, a thread.
                RustContext::Closure => {}
                RustContext::Sync => {
                    let Some(index) = call.function else { continue };
                    let crate_files: Vec<_> =
                        files.iter().filter(|(other, _)| same_crate(documents, path, other)).copied().collect();
                    report_chain(&crate_files, FunctionAt { path, file, index }, call, report);
                }
            }
        }
    }
}

fn is_tokio_block_on(file: &RustFile, call: &RustCall) -> bool {
    match (call.path(), call.method()) {
        (Some("tokio::runtime::Handle::block_on" | "tokio::runtime::Runtime::block_on"), _) => true,
        (None, Some("block_on")) => file.calls.iter().any(|other| is_tokio(other.path())),
        _ => false,
    }
}

fn is_tokio(path: Option<&str>) -> bool {
    path.is_some_and(|path| path.starts_with("tokio::runtime::"))
}

fn report_direct(path: &RepoPath, call: &RustCall, report: &mut Reporter) {
    report
        .error(
            Location::new(path, call.name_span()),
            "block_on in an async function panics: a runtime already runs in this thread",
        )
        .help(HELP);
}

/// Reports the way from an asynchronous function down to the plain one that blocks, if there is one.
fn report_chain(files: &[(&RepoPath, &RustFile)], start: FunctionAt<'_>, call: &RustCall, report: &mut Reporter) {
    let mut seen = vec![(start, Vec::<Label>::new())];
    let mut at = 0;
    while let Some((function, labels)) = seen.get(at).cloned() {
        at += 1;
        let Some(row) = function.row() else { continue };
        // One that looks first knows what it does.
        let looks = function.file.calls.iter().any(|call| {
            call.function == Some(function.index) && call.path().is_some_and(|path| path.ends_with("try_current"))
        });
        if row.is_async || looks || labels.len() >= MAX_HOPS || !is_only(files, function) {
            continue;
        }
        let name = &row.name.value;
        for (path, file) in files {
            for caller in file.calls.iter().filter(|caller| !caller.in_test && calls(caller, name)) {
                let mut labels = labels.clone();
                let who = caller.function.and_then(|index| file.functions.get(index)).map_or("", |row| &row.name.value);
                labels.insert(
                    0,
                    Label {
                        location: Location::new(path, caller.name_span()),
                        message: format!("`{who}` calls `{name}`"),
                    },
                );
                if caller.context == RustContext::Async {
                    report
                        .error(
                            Location::new(start.path, call.name_span()),
                            format!("block_on panics under the runtime that runs `{who}`, which leads here"),
                        )
                        .labels(labels)
                        .help(HELP);
                    return;
                }
                let (RustContext::Sync, Some(index)) = (caller.context, caller.function) else { continue };
                let next = FunctionAt { path, file, index };
                if seen.len() < MAX_FUNCTIONS && !seen.iter().any(|(known, _)| known.is(&next)) {
                    seen.push((next, labels));
                }
            }
        }
    }
}

/// Whether no other function of the crate has the name, so that the name alone tells which is called.
fn is_only(files: &[(&RepoPath, &RustFile)], function: FunctionAt<'_>) -> bool {
    let Some(row) = function.row() else { return false };
    let named = files.iter().flat_map(|(_, file)| &file.functions).filter(|other| other.name.value == row.name.value);
    named.count() == 1
}

/// Whether the call is one of a function of the crate by that name. Methods are left alone: what they are called on is not
/// known, and a wrapper is often named like what it wraps.
fn calls(call: &RustCall, name: &str) -> bool {
    call.path().is_some_and(|path| {
        let own = path.split("::").next().is_some_and(|root| matches!(root, "crate" | "self" | "super" | "Self"));
        path.rsplit("::").next() == Some(name) && (own || path.matches("::").count() <= 1)
    })
}

/// Whether two files belong to one crate: the nearest `Cargo.toml` above both is the same.
fn same_crate(documents: &Documents, one: &RepoPath, other: &RepoPath) -> bool {
    crate_root(documents, one) == crate_root(documents, other)
}

fn crate_root(documents: &Documents, path: &RepoPath) -> Option<RepoPath> {
    let mut folder = path.parent();
    loop {
        let manifest = folder.join("Cargo.toml")?;
        if documents.repository().has_file(&manifest) {
            return Some(folder);
        }
        if folder.is_root() {
            return None;
        }
        folder = folder.parent();
    }
}
