//! AIO005 unawaited-coroutine: a coroutine of the program that is called as if it were a plain function.

use std::collections::BTreeSet;

use crate::deployment::call_graph::{CallGraph, Definition, FunctionAt};
use crate::deployment::{Documents, Project};
use crate::diagnostic::{Fix, Location, RuleId};
use crate::formats::python::Usage;
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
            let dropped = module.live_calls().filter(|call| call.usage == Usage::Statement);
            for call in dropped.filter(|call| call.callee.last_name().is_none_or(|name| names.contains(name))) {
                let Some(Definition::Function(callee)) = graph.callee(path, module, call) else { continue };
                if !is_coroutine(callee) || module.in_type_checking(call.block) {
                    continue;
                }
                let name = &callee.row().name;
                let awaitable = module.is_inside_async(call);
                let finding = report.error(
                    Location::new(path, call.span),
                    format!("`{name}` is a coroutine and is never awaited here, so nothing of it runs"),
                );
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
