//! AIO001 get-event-loop: asking for an event loop where there is none, by the place and the Python that runs.

use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::deployment::{Deployment, Documents, Platform, Project, Role, Sdk};
use crate::diagnostic::{Fix, Label, Location, RepoPath, RuleId, Span};
use crate::formats::python::{AsyncContext, BlockKind, Call, Callee, Module, ValueKind};
use crate::knowledge::standard_library::is_standard_module;
use crate::knowledge::{PythonVersion, event_loops};
use crate::rules::program::{has_program, is_program, program_modules};
use crate::rules::{Reporter, Rule};

use super::context::{
    Contexts, ThreadPlace, contexts, gives_a_loop, hangs_on_a_switch, is_imported_by_server, runs_before, sets_a_loop,
};

/// AIO001 get-event-loop.
pub struct GetEventLoop;

const LITERALS: &[&str] = &["get_event_loop"];

/// So many places of one file where a loop always runs are reported one by one; more are one finding.
const MAX_SINGLE: usize = 3;

/// The Python from which it raises where no loop runs and none is set.
const RAISES_FROM: (u16, u16) = (3, 14);
/// The Python from which it warns there.
const WARNS_FROM: (u16, u16) = (3, 12);

impl Rule for GetEventLoop {
    fn id(&self) -> RuleId {
        RuleId { code: "AIO001", name: "get-event-loop" }
    }

    fn literals(&self) -> &'static [&'static str] {
        LITERALS
    }

    fn concerns(&self, project: &Project<'_>) -> bool {
        has_program(project)
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let mut old_fashioned: Vec<Site<'_>> = Vec::new();
        for site in sites(project.documents()) {
            match site.situation(project.documents()) {
                Situation::Fine => {}
                Situation::OnLoop => old_fashioned.push(site),
                Situation::AfterRun(run) => site.report_after_run(report, run),
                Situation::InThread(place) => site.report_thread(report, place),
                Situation::AtStart | Situation::Unknown => {}
            }
        }
        for sites in old_fashioned.chunk_by(|one, next| one.path == next.path) {
            // The same habit all over a file is one cause.
            let size = if sites.len() > MAX_SINGLE { sites.len() } else { 1 };
            sites.chunks(size).for_each(|sites| report_old_fashioned(sites, report));
        }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let documents = deployment.documents();
        let warns = PythonVersion::new(WARNS_FROM.0, WARNS_FROM.1);
        let recent = deployment.python().is_some_and(|python| python.value.without_patch() >= warns);
        let main_thread_has_one = std::cell::LazyCell::new(|| sets_a_loop_at_import(documents));
        for site in sites(documents) {
            let Some(reached) = deployment.reach().get(site.path) else { continue };
            if reached.role == Role::Imported && site.module.in_main_guard(site.call.block) {
                continue;
            }
            // Where nobody says what starts, the main guard of a file that others import is there to try it out.
            if !deployment.reach().is_certain()
                && site.module.in_main_guard(site.call.block)
                && !CallGraph::new(documents).importers(site.path).is_empty()
            {
                continue;
            }
            // A branch for other Pythons says nothing about this one.
            if site.is_for_some_pythons(documents) {
                continue;
            }
            // Who calls what is asked only where the answer can matter.
            if !recent && !runs_in_script_thread(deployment, site.path) {
                continue;
            }
            let situation = site.situation(documents);
            if !matches!(situation, Situation::AtStart | Situation::Unknown) {
                continue;
            }
            let at_start = matches!(situation, Situation::AtStart);
            if at_start && reached.importer.is_none() && runs_in_script_thread(deployment, site.path) {
                let why = "Streamlit runs the script in a thread of its own".to_owned();
                let labels = deployment.platform().label(why.clone()).into_iter().collect();
                site.report_thread(report, ThreadPlace { why, labels, is_callback: false });
                continue;
            }
            // What sets a loop where the program starts sets it for all that runs in the main thread later.
            if *main_thread_has_one {
                continue;
            }
            // A server that imports the file does so while its loop runs.
            if site.call.function.is_none() && is_imported_by_server(deployment, site.path) {
                continue;
            }
            site.report_start(report, deployment, at_start);
        }
    }
}

/// One call.
struct Site<'d> {
    path: &'d RepoPath,
    module: &'d Module,
    call: &'d Call,
}

/// Reports places of one file where a loop always runs, at the first of them.
fn report_old_fashioned(sites: &[Site<'_>], report: &mut Reporter) {
    let Some((first, others)) = sites.split_first() else { return };
    let message = "Take the loop that runs";
    let direct = sites.iter().all(|site| site.module.is_inside_async(site.call));
    let fix = if direct { Fix::safe(message) } else { Fix::unsafe_(message) };
    let fix = sites.iter().try_fold(fix, |fix, site| {
        let (span, text) = site.renamed("get_running_loop")?;
        Some(fix.replace(site.path, span, text))
    });
    let many = if others.is_empty() { String::new() } else { format!(", here and in {} places below", others.len()) };
    report
        .advice(
            first.location(),
            format!("asyncio.get_event_loop() stands where a loop always runs{many}; get_running_loop() says so"),
        )
        .labels(others.iter().map(|site| Label { location: site.location(), message: "here, too".to_owned() }))
        .help("get_event_loop() works here on every Python; get_running_loop() means the same and can't give another loop by mistake")
        .fix(fix);
}

/// What is known about the thread in which a call runs.
enum Situation {
    /// A loop has been set, or the failure is handled.
    Fine,
    /// A loop runs.
    OnLoop,
    /// `asyncio.run` has taken the thread's loop away.
    AfterRun(Span),
    /// A thread other than the main one.
    InThread(ThreadPlace),
    /// The main thread, where no loop runs.
    AtStart,
    /// It can't be told.
    Unknown,
}

fn sites(documents: &Documents) -> impl Iterator<Item = Site<'_>> {
    program_modules(documents, LITERALS).flat_map(|(path, module)| {
        let calls = module
            .live_calls()
            .filter(|call| call.is("asyncio.get_event_loop") || call.is("asyncio.events.get_event_loop"));
        calls.map(move |call| Site { path, module, call })
    })
}

impl Site<'_> {
    /// Whether it stands under a test of the Python that runs.
    fn is_for_some_pythons(&self, documents: &Documents) -> bool {
        let Some(source) = documents.repository().source(self.path) else { return false };
        // A whole function or class may stand under the test.
        let mut around = self.module.enclosing(self.call.block);
        around.any(|(_, block)| match &block.kind {
            BlockKind::Branch { test, .. } => test.of(source.text()).contains("version_info"),
            _ => false,
        })
    }

    fn situation(&self, documents: &Documents) -> Situation {
        let (module, call) = (self.module, self.call);
        if let AsyncContext::Direct(_) = module.async_context(call.block) {
            return Situation::OnLoop;
        }
        if self.is_handled() || sets_a_loop(module, call.function, call.span.start) {
            return Situation::Fine;
        }
        let run = module.calls.iter().find(|run| run.is("asyncio.run") && runs_before(module, run, call));
        if let Some(run) = run {
            return Situation::AfterRun(run.span);
        }
        let Some(id) = call.function else { return Situation::AtStart };
        let function = FunctionAt { path: self.path, module, id };
        let graph = CallGraph::new(documents);
        if hangs_on_a_switch(&graph, function, call.span, call.block) {
            return Situation::Unknown;
        }
        match contexts(&graph, function) {
            Contexts { with_own_loop: true, .. } => Situation::Fine,
            Contexts { thread: Some(place), .. } => Situation::InThread(place),
            Contexts { on_loop: Some(_), at_start: None, unknown: false, view: None, .. } => Situation::OnLoop,
            // Whoever else comes here is not known, and a coroutine does.
            Contexts { on_loop: Some(_), at_start: None, view: None, .. } => Situation::Fine,
            Contexts { at_start: Some(_), on_loop: None, unknown: false, .. } => Situation::AtStart,
            _ => Situation::Unknown,
        }
    }

    /// Whether a handler was written for the failure: one that names it, or one that makes a loop of its own.
    fn is_handled(&self) -> bool {
        let module = self.module;
        if module.is_caught_by_name(self.call.block, "RuntimeError") || self.is_after_a_refusal() {
            return true;
        }
        module.enclosing_in_function(self.call.block).any(|(_, block)| {
            let BlockKind::Try { handlers } = &block.kind else { return false };
            handlers.iter().filter(|handler| handler.catches("RuntimeError")).any(|handler| {
                let body = module.block(handler.body).span;
                module.calls.iter().any(|call| {
                    body.covers(call.span)
                        && matches!(call.callee.last_name(), Some("new_event_loop" | "run" | "set_event_loop"))
                })
            })
        })
    }

    /// Whether it stands in a handler of what `asyncio.run` raises: where a loop runs already.
    fn is_after_a_refusal(&self) -> bool {
        let module = self.module;
        let handler = module.enclosing_in_function(self.call.block).find_map(|(id, block)| match &block.kind {
            BlockKind::Handler(handler) if handler.types.iter().any(|caught| caught.last() == "RuntimeError") => {
                Some(id)
            }
            _ => None,
        });
        let tried = module.blocks.iter().filter(|block| match &block.kind {
            BlockKind::Try { handlers } => handlers.iter().any(|known| Some(known.body) == handler),
            _ => false,
        });
        handler.is_some()
            && tried
                .into_iter()
                .any(|block| module.calls.iter().any(|call| block.span.covers(call.span) && call.is("asyncio.run")))
    }

    fn location(&self) -> Location {
        Location::new(self.path, self.call.span)
    }

    fn where_it_is(&self) -> String {
        match self.call.function {
            Some(id) => format!("`{}`", self.module.function(id).qualified),
            None => "the file's top level".to_owned(),
        }
    }

    fn report_after_run(&self, report: &mut Reporter, run: Span) {
        report
            .error(
                self.location(),
                "asyncio.get_event_loop() raises RuntimeError after asyncio.run() in the same thread, on every Python",
            )
            .label(Location::new(self.path, run), "asyncio.run() leaves the thread without an event loop")
            .help("do the rest inside the coroutine that asyncio.run() runs, or call asyncio.run() again for it")
            .fix(self.run_instead());
    }

    fn report_thread(&self, report: &mut Reporter, place: ThreadPlace) {
        report
            .error(
                self.location(),
                format!(
                    "asyncio.get_event_loop() raises RuntimeError in {}, which runs in a thread without an event loop",
                    self.where_it_is()
                ),
            )
            .labels(place.labels)
            .help(format!(
                "{}, and only the main thread has a loop of its own: use asyncio.run(…) here, make the function a coroutine, or hand the work to the running loop with asyncio.run_coroutine_threadsafe",
                place.why
            ))
            .fix(self.run_instead());
    }

    fn report_start(&self, report: &mut Reporter, deployment: &Deployment<'_>, certain: bool) {
        let Some(python) = deployment.python() else { return };
        let version = python.value.without_patch();
        let raises = version >= PythonVersion::new(RAISES_FROM.0, RAISES_FROM.1);
        if version < PythonVersion::new(WARNS_FROM.0, WARNS_FROM.1) {
            return;
        }
        let what = match (raises, certain) {
            (true, true) => {
                format!("asyncio.get_event_loop() raises RuntimeError on Python {version}: no loop runs here")
            }
            (true, false) => {
                format!("asyncio.get_event_loop() raises RuntimeError on Python {version} when no loop runs")
            }
            (false, true) => format!(
                "asyncio.get_event_loop() warns on Python {version} where no loop runs, and raises RuntimeError from 3.14"
            ),
            (false, false) => {
                "asyncio.get_event_loop() raises RuntimeError from Python 3.14 when no loop runs".to_owned()
            }
        };
        let finding = match (raises, certain) {
            (true, true) => report.error(self.location(), what),
            (true, false) | (false, true) => report.warning(self.location(), what),
            (false, false) => report.advice(self.location(), what),
        };
        finding.labels(python.label(format!("Python {} runs there", python.value)));
        let mut help = "start the program's coroutine with asyncio.run(main()), and take the loop inside it with \
                        asyncio.get_running_loop()"
            .to_owned();
        if let Some(because) = python.because() {
            help.push_str("; ");
            help.push_str(because);
        }
        finding.help(help).fix(if certain { self.run_instead() } else { None });
    }

    /// The name of the function replaced by `name`, where the module's own name stands before it.
    fn renamed(&self, name: &str) -> Option<(Span, String)> {
        let span = self.call.callee_span;
        let written = span.len() - "get_event_loop".len().min(span.len());
        // `from asyncio import get_event_loop` leaves no module to take the other name from.
        (written > 1).then(|| (Span::new(span.end - "get_event_loop".len(), span.end), name.to_owned()))
    }

    /// `asyncio.get_event_loop().run_until_complete(f())` as `asyncio.run(f())`.
    fn run_instead(&self) -> Option<Fix> {
        let module = self.module;
        let outer = module.calls.iter().find(|outer| {
            outer.callee_span.start == self.call.span.start
                && outer.callee_span != self.call.callee_span
                && outer.callee.last_name() == Some("run_until_complete")
        })?;
        let ValueKind::Call(argument) = outer.positional(0)?.value.kind else { return None };
        let is_coroutine = match &module.call(argument).callee {
            // asyncio.gather and the like need a loop that runs already.
            Callee::Qualified(name) | Callee::Method(name) => name.root() != "asyncio",
            Callee::Function(id) | Callee::LocalMethod { function: Some(id), .. } => module.function(*id).is_async,
            _ => true,
        };
        let (renamed, _) = self.renamed("run")?;
        if self.may_be_bound_to_the_loop() {
            return None;
        }
        let to = Span::new(renamed.start, outer.callee_span.end);
        is_coroutine.then(|| {
            Fix::unsafe_("Run the coroutine with asyncio.run, which makes a loop of its own")
                .replace(self.path, to, "run")
        })
    }

    /// Whether the file made something of another library before, outside of functions: a client may hold on to the loop of
    /// its day, and the one that `asyncio.run` makes is another.
    fn may_be_bound_to_the_loop(&self) -> bool {
        self.module.calls.iter().any(|call| {
            call.function.is_none()
                && call.span.start < self.call.span.start
                && call.qualified().is_some_and(|name| name.looks_like_class() && !is_standard_module(name.root()))
        })
    }
}

/// Whether some file of the program, or a package that it imports, sets a loop for the main thread as it is imported.
fn sets_a_loop_at_import(documents: &Documents) -> bool {
    let naming = |name: &str| {
        let files = documents.python_naming(name);
        let modules = files.iter().filter(|path| is_program(path)).filter_map(|path| documents.python(path));
        modules.collect::<Vec<_>>()
    };
    let brings = |root: &str| {
        naming(root).into_iter().any(|module| {
            module.imports.iter().any(|import| import.level == 0 && !import.lazy && import.qualified().root() == root)
        })
    };
    let sets = |call: &Call| call.function.is_none() && gives_a_loop(call);
    naming("set_event_loop").into_iter().any(|module| module.live_calls().any(sets))
        || event_loops().packages.iter().flat_map(|row| &row.modules).any(|root| brings(root))
}

/// Whether the file is what Streamlit runs.
fn runs_in_script_thread(deployment: &Deployment<'_>, path: &RepoPath) -> bool {
    if deployment.platform().value == Platform::Space(Sdk::Streamlit) {
        return true;
    }
    deployment.starts().iter().any(|start| {
        start.file.as_ref().is_some_and(|(file, _)| file == path)
            && start.invocation.as_ref().is_some_and(|invocation| invocation.name() == "streamlit")
    })
}
