//! AIO005 unawaited-coroutine: a coroutine of the program that is called as if it were a plain function.

use std::collections::BTreeSet;

use crate::deployment::call_graph::{CallGraph, Definition, FunctionAt};
use crate::deployment::{Documents, Project};
use crate::diagnostic::{Fix, Label, Location, RuleId};
use crate::formats::python::{Call, Module, Usage};
use crate::rules::program::program_modules;
use crate::rules::{Reporter, Rule};

/// AIO005 unawaited-coroutine.
pub struct UnawaitedCoroutine;

const LITERALS: &[&str] = &["async def"];

impl Rule for UnawaitedCoroutine {
    fn id(&self) -> RuleId {
        RuleId { code: "AIO005", name: "unawaited-coroutine" }
    }

    fn literals(&self) -> &'static [&'static str] {
        LITERALS
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let documents = project.documents();
        let (graph, names) = (CallGraph::new(documents), coroutine_names(documents));
        for (path, module) in program_modules(documents, LITERALS) {
            let calls = module.live_calls();
            for call in calls.filter(|call| call.callee.last_name().is_none_or(|name| names.contains(name))) {
                let is_dropped = call.usage == Usage::Statement;
                let read = if is_dropped { None } else { first_read(module, call) };
                if !is_dropped && read.is_none() {
                    continue;
                }
                let Some(Definition::Function(callee)) = graph.callee(path, module, call) else { continue };
                if !is_coroutine(callee) || module.in_type_checking(call.block) {
                    continue;
                }
                let name = &callee.row().name;
                let awaitable = module.is_inside_async(call);
                let finding = report.error(
                    Location::new(path, call.span),
                    match read.and_then(|read| read.callee.last_name()) {
                        Some(method) => format!(
                            "`{name}` is a coroutine and is not awaited here, so `{method}` below raises AttributeError"
                        ),
                        None => format!("`{name}` is a coroutine and is never awaited here, so nothing of it runs"),
                    },
                );
                finding.labels(read.map(|read| Label {
                    location: Location::new(path, read.span),
                    message: "a coroutine has no such attribute".to_owned(),
                }));
                finding.label(callee.location(), "it is defined as a coroutine here");
                if awaitable {
                    finding
                        .help("await it; or make it a task, and keep the task, where it is to run in the background")
                        .fix(Fix::unsafe_(format!("Await `{name}`")).insert(path, call.span.start, "await "));
                } else {
                    finding.help(
                        "a plain function can't await: make this function a coroutine, or run it with asyncio.run(…) \
                         where no loop runs",
                    );
                }
            }
        }
    }
}

/// Attributes that a coroutine has.
const OF_COROUTINES: &[&str] = &["send", "throw", "close"];

/// The first method call on the name that a call's result is bound to, where that is all the name is bound to and no
/// coroutine has such a method.
fn first_read<'m>(module: &'m Module, call: &Call) -> Option<&'m Call> {
    let Usage::Assigned(target) = &call.usage else { return None };
    let is_name = target.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mut bound = module.assignments.iter().filter(|row| row.function == call.function && row.target == *target);
    if !is_name || call.function.is_none() || bound.next().is_none() || bound.next().is_some() {
        return None;
    }
    module.live_calls().find(|other| {
        let made = other.receiver.is_some_and(|maker| module.call(maker).span == call.span);
        let method = other.callee.last_name().is_some_and(|name| !OF_COROUTINES.contains(&name));
        made && method
            && other.function == call.function
            && call.span.end <= other.span.start
            && !module.is_caught_by_name(other.block, "AttributeError")
    })
}

/// The names of all coroutines of the repository: what has none of them need not be followed to other files.
fn coroutine_names(documents: &Documents) -> BTreeSet<&str> {
    program_modules(documents, LITERALS)
        .flat_map(|(_, module)| &module.functions)
        .filter(|one| one.is_async)
        .map(|one| one.name.as_ref())
        .collect()
}

/// Whether calling the function only makes a coroutine, whatever its decorators and other definitions of its name.
fn is_coroutine(function: FunctionAt<'_>) -> bool {
    let row = function.row();
    row.is_async
        && !row.is_generator
        && function.is_plain()
        && function.module.functions.iter().all(|other| other.is_async || other.qualified != row.qualified)
}
