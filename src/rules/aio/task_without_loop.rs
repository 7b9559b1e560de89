//! AIO003 task-without-loop: asyncio.create_task in plain code under which no event loop runs.

use std::cell::LazyCell;

use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::deployment::{Deployment, Project};
use crate::diagnostic::{Label, Location, RepoPath, RuleId};
use crate::formats::python::{AsyncContext, BlockKind, Call, Module};
use crate::rules::program::{has_program, program_modules};
use crate::rules::{Reporter, Rule};

use super::context::{Contexts, asks_for_a_loop, contexts, hangs_on_a_switch, runs_before};
use super::served::Served;

/// AIO003 task-without-loop.
pub struct TaskWithoutLoop;

const LITERALS: &[&str] = &["create_task"];

/// Imports followed from a file to those that load it.
const MAX_IMPORTERS: usize = 6;
/// What loads modules by names that may be computed, also under a loop.
const DYNAMIC_IMPORTS: &[&str] = &["import_module", "__import__", "load_extension", "exec_module"];

impl Rule for TaskWithoutLoop {
    fn id(&self) -> RuleId {
        RuleId { code: "AIO003", name: "task-without-loop" }
    }

    fn literals(&self) -> &'static [&'static str] {
        LITERALS
    }

    fn concerns(&self, project: &Project<'_>) -> bool {
        has_program(project)
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let question = LoopQuestion::new(project);
        for (path, module) in program_modules(project.documents(), LITERALS) {
            let mut failing: Vec<(&Call, Reason, Vec<Label>)> = Vec::new();
            for call in module.live_calls().filter(|call| call.is("asyncio.create_task")) {
                let Some(why) = question.why_none(path, module, call).filter(|why| !why.is_callback) else { continue };
                // Where the first in a row fails, the program never comes to the others.
                match failing.iter_mut().find(|(earlier, ..)| runs_before(module, earlier, call)) {
                    Some((.., never)) => never.push(Label {
                        location: Location::new(path, call.span),
                        message: "the program never comes to this one".to_owned(),
                    }),
                    None => failing.push((call, why, vec![])),
                }
            }
            for (call, why, never) in failing {
                let location = Location::new(path, call.span);
                let raises = "asyncio.create_task() raises RuntimeError";
                let finding = if !why.is_certain {
                    report.warning(location, format!("{raises} where this file is imported before an event loop runs"))
                } else if in_handler(module, call) {
                    report.warning(location, format!("{raises} when this handler runs: {}", why.reason))
                } else {
                    report.error(location, format!("{raises} here: {}", why.reason))
                };
                finding
                    .labels(why.labels)
                    .labels(never)
                    .help(
                        "create the task inside a coroutine that the loop runs; from another thread, use \
                         asyncio.run_coroutine_threadsafe(coroutine, loop); to run one coroutine to its end, asyncio.run(…)",
                    );
            }
        }
    }
}

/// Whether the call runs only after something else failed.
fn in_handler(module: &Module, call: &Call) -> bool {
    module.enclosing_in_function(call.block).any(|(_, block)| matches!(block.kind, BlockKind::Handler(_)))
}

/// Why no loop runs at a place.
pub(super) struct Reason {
    reason: String,
    labels: Vec<Label>,
    /// Whether it is a callback of a library's own thread, which AIO006 reports.
    is_callback: bool,
    /// Whether it is known that none runs; else it is so for most who import the file.
    is_certain: bool,
    /// The file whose import runs it, where that decides.
    at_import_of: Option<RepoPath>,
}

/// The question whether an event loop runs at a place, with what answers need once.
pub(super) struct LoopQuestion<'q, 'p, 'd> {
    project: &'q Project<'p>,
    graph: CallGraph<'d>,
    served: LazyCell<Served<'d>, Box<dyn FnOnce() -> Served<'d> + 'q>>,
}

impl<'d, 'p> LoopQuestion<'d, 'p, 'd> {
    /// The question for a project.
    pub(super) fn new(project: &'d Project<'p>) -> Self {
        let graph = CallGraph::new(project.documents());
        Self { project, graph, served: LazyCell::new(Box::new(move || Served::new(project, &graph))) }
    }

    /// Why no loop runs where a call that needs one stands; `None` where one may.
    pub(super) fn why_none(&self, path: &RepoPath, module: &Module, call: &Call) -> Option<Reason> {
        let mut why = no_loop(&self.graph, path, module, call)?;
        if let Some(file) = &why.at_import_of {
            if !self.is_loaded_without_loop(file, MAX_IMPORTERS) {
                let others_import = || self.graph.importers(file).iter().any(|(_, import)| !import.lazy);
                let at_import = call.function.is_none() && !self.starts_lead_to(file) && others_import();
                return at_import.then_some(Reason { is_certain: false, ..why });
            }
            let server = self.served.before_loop(file).map(|start| Label {
                location: start.clone(),
                message: "this imports the application before its event loop runs".to_owned(),
            });
            why.labels.extend(server);
        }
        Some(why)
    }

    /// Whether something that starts loads a file, or a server that may do so under its loop.
    fn starts_lead_to(&self, path: &RepoPath) -> bool {
        let deployments = self.project.deployments();
        let certain = deployments.iter().map(Deployment::reach).filter(|reach| reach.is_certain());
        self.served.may_be_under_loop(path) || certain.into_iter().any(|reach| reach.contains(path))
    }

    /// Whether a file is loaded where no loop runs: by the start of a deployment, or by a chain of imports that stand in no
    /// function. A server may load it under its loop, and so may a coroutine that imports it, also by a name that it
    /// computes.
    fn is_loaded_without_loop(&self, path: &RepoPath, steps: usize) -> bool {
        let Some(steps) = steps.checked_sub(1) else { return false };
        if self.served.may_be_under_loop(path) {
            return false;
        }
        let mut reached = self
            .project
            .deployments()
            .iter()
            .filter(|deployment| deployment.reach().is_certain())
            .filter_map(|deployment| deployment.reach().get(path))
            .peekable();
        if reached.peek().is_some() {
            return reached.any(|reached| reached.at_start);
        }
        let importers = self.graph.importers(path);
        if importers.is_empty() {
            return DYNAMIC_IMPORTS.iter().all(|name| self.graph.documents().python_naming(name).is_empty());
        }
        let mut plain = importers.iter().filter(|(_, import)| !import.lazy && !import.main_guard);
        plain.any(|(importer, _)| self.is_loaded_without_loop(importer, steps))
            || importers.iter().any(|(_, import)| import.main_guard)
    }
}

/// Why no loop runs where a call that needs one stands; `None` where one may.
fn no_loop(graph: &CallGraph<'_>, path: &RepoPath, module: &Module, call: &Call) -> Option<Reason> {
    if matches!(module.async_context(call.block), AsyncContext::Direct(_))
        || module.in_type_checking(call.block)
        || module.is_caught(call.block, "RuntimeError")
    {
        return None;
    }
    let Some(id) = call.function else {
        let reason = if module.in_main_guard(call.block) { "the program starts" } else { "the file is imported" };
        return Some(Reason {
            reason: format!("no event loop runs while {reason}"),
            labels: vec![],
            is_callback: false,
            is_certain: true,
            at_import_of: (!module.in_main_guard(call.block)).then(|| path.clone()),
        });
    };
    let (path, module) = {
        let path = graph.documents().repository().entry(path)?.path();
        (path, graph.documents().python(path)?)
    };
    let function = FunctionAt { path, module, id };
    if asks_for_a_loop(graph, function) || hangs_on_a_switch(graph, function, call.span, call.block) {
        return None;
    }
    let name = &function.row().qualified;
    match contexts(graph, function) {
        Contexts { thread: Some(place), on_loop: None, .. } => Some(Reason {
            reason: format!("`{name}` runs in a thread without an event loop"),
            labels: place.labels,
            is_callback: place.is_callback,
            is_certain: true,
            at_import_of: None,
        }),
        Contexts { view: Some(view), on_loop: None, .. } => Some(Reason {
            reason: format!("no event loop runs in the {} `{name}`", view.what),
            labels: vec![Label { location: view.place, message: view.why }],
            is_callback: false,
            is_certain: true,
            at_import_of: None,
        }),
        Contexts { at_start: Some(start), on_loop: None, unknown: false, .. } => Some(Reason {
            reason: format!("`{name}` is called before an event loop runs"),
            at_import_of: imported_by(graph, &start),
            labels: vec![Label { location: start, message: "here, where the program starts".to_owned() }],
            is_callback: false,
            is_certain: true,
        }),
        _ => None,
    }
}

/// The file whose import runs a call that stands in no function; `None` where it stands in the main guard.
fn imported_by(graph: &CallGraph<'_>, place: &Location) -> Option<RepoPath> {
    let module = graph.documents().python(&place.path)?;
    let guarded = module.calls.iter().any(|call| call.span == place.span && module.in_main_guard(call.block));
    (!guarded).then(|| place.path.clone())
}
