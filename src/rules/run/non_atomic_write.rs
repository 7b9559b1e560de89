//! RUN003 non-atomic-write: a JSON file written in place that another program keeps reading.

use crate::deployment::Project;
use crate::deployment::call_graph::CallGraph;
use crate::diagnostic::{Location, RepoPath, RuleId};
use crate::formats::python::{Call, Module, Usage};
use crate::rules::program::{has_program, program_modules};
use crate::rules::{Reporter, Rule};

/// RUN003 non-atomic-write.
pub struct NonAtomicWrite;

const LITERALS: &[&str] = &["json.dump(", "json.load("];

impl Rule for NonAtomicWrite {
    fn id(&self) -> RuleId {
        RuleId { code: "RUN003", name: "non-atomic-write" }
    }

    fn literals(&self) -> &'static [&'static str] {
        LITERALS
    }

    fn concerns(&self, project: &Project<'_>) -> bool {
        has_program(project)
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let documents = project.documents();
        let graph = CallGraph::new(documents);
        let files: Vec<_> = program_modules(documents, LITERALS).collect();
        for (path, module) in &files {
            for open in module.calls.iter().filter(|open| is_json(module, open, "json.dump", true)) {
                let Some(file) = opened(open) else { continue };
                if replaces(module, open) {
                    continue;
                }
                // The other party: another program that reads the file again and again.
                let reader = files.iter().filter(|(other, _)| other != path).find_map(|(other, module)| {
                    let read = module.calls.iter().find(|read| {
                        is_json(module, read, "json.load", false)
                            && opened(read) == Some(file)
                            && module.in_loop(read.block)
                            && !module.is_caught(read.block, "JSONDecodeError")
                    })?;
                    Some((*other, read))
                });
                let Some((other, read)) = reader else { continue };
                if together(&graph, path, other) {
                    continue;
                }
                report
                    .warning(
                        Location::new(path, open.span),
                        format!("`{file}` is written in place while another program reads it: the reader may get half of it"),
                    )
                    .label(Location::new(other, read.span), "this program reads it again and again")
                    .help("write to a temporary file beside it and move that over it with os.replace(), which readers see whole or not at all");
            }
        }
    }
}

/// Whether `open` opens a file for the JSON call of that name.
fn is_json(module: &Module, open: &Call, json: &str, writes: bool) -> bool {
    let mode = open.argument("mode", 1).and_then(|argument| argument.value.as_str()).unwrap_or("r");
    open.is("builtins.open")
        && open.usage == Usage::ContextManager
        && mode.starts_with('w') == writes
        && module.calls.iter().any(|call| {
            call.is(json) && call.function == open.function && call.span.start > open.span.end && {
                let mut blocks = module.enclosing_in_function(call.block);
                blocks.any(|(_, block)| block.parent == Some(open.block))
            }
        })
}

/// The file's own name, where it is plain.
fn opened(open: &Call) -> Option<&str> {
    let path = open.positional(0)?.value.as_str()?;
    path.rsplit('/').next().filter(|name| !name.is_empty())
}

/// Whether the function moves something over the file, which makes the write whole.
fn replaces(module: &Module, open: &Call) -> bool {
    module.calls.iter().any(|call| {
        call.function == open.function
            && matches!(call.callee.last_name(), Some("replace" | "rename" | "move" | "flock"))
    })
}

/// Whether two files are parts of one program, or it can't be told.
fn together(graph: &CallGraph<'_>, one: &RepoPath, other: &RepoPath) -> bool {
    let repository = graph.documents().repository();
    let (Some(one), Some(other)) = (repository.entry(one), repository.entry(other)) else { return true };
    graph.imported_from(one.path()).contains(other.path()) || graph.imported_from(other.path()).contains(one.path())
}
