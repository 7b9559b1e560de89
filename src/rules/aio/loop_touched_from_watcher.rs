//! AIO006 loop-touched-from-watcher: callbacks of another thread that reach into the event loop.

mod descent;
mod touches;

use std::collections::BTreeSet;

use crate::deployment::Project;
use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::diagnostic::{Label, Location, RuleId};
use crate::formats::python::Call;
use crate::rules::program::{has_program, program_modules};
use crate::rules::{Reporter, Rule};

use super::context::contexts;
use super::context::watchers::{self, Callback, Caller};
use descent::{Below, below};
use touches::{Touch, touch};

/// AIO006 loop-touched-from-watcher.
pub struct LoopTouchedFromWatcher;

/// What the files hold that are looked at.
pub(super) const LITERALS: &[&str] = &[
    "watchdog",
    "paho",
    "put_nowait",
    "call_soon",
    // A handler whose base class stands in another file.
    "def on_any_event",
    "def on_created",
    "def on_modified",
    "def on_moved",
    "def on_deleted",
    // Callbacks by argument.
    "after=",
    "pynput",
    "sounddevice",
    "pyaudio",
    "listen_in_background",
    "signal.signal",
    "create_task",
    "ensure_future",
    "call_later",
];

impl Rule for LoopTouchedFromWatcher {
    fn id(&self) -> RuleId {
        RuleId { code: "AIO006", name: "loop-touched-from-watcher" }
    }

    fn literals(&self) -> &'static [&'static str] {
        LITERALS
    }

    fn concerns(&self, project: &Project<'_>) -> bool {
        has_program(project)
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let graph = CallGraph::new(project.documents());
        let mut told = Told { graph, places: vec![] };
        for (path, module) in program_modules(project.documents(), LITERALS) {
            for callback in watchers::callbacks(&graph, path, module) {
                let function = callback.function;
                let message = match callback.caller {
                    Caller::Thread(library) if function.row().is_async => {
                        if library == "watchdog" && !watchers::has_own_dispatch(&graph, function) {
                            report_never_awaited(function, library, report);
                        }
                        continue;
                    }
                    Caller::Thread(library) => format!("{library} calls it in a thread of its own"),
                    // Where the program ends there and then, nothing has to wake.
                    Caller::Signal if ends_the_program(function) => continue,
                    Caller::Signal => "a signal calls it, between two instructions of the main thread".to_owned(),
                };
                let label = Label { location: callback.place.clone(), message };
                for below in below(&graph, function) {
                    told.report(&below, &callback, &label, report);
                }
            }
            let calls = module.calls.iter().filter(|call| may_be_unsafe(call));
            for function in calls.filter_map(|call| call.function).map(|id| FunctionAt { path, module, id }) {
                if function.row().is_async {
                    continue;
                }
                let found = contexts(&graph, function);
                let thread = found.thread.filter(|place| !place.is_callback);
                let thread = thread.and_then(|place| place.labels.into_iter().next());
                // A view has no loop of its own: the one that it touches runs in another thread.
                let view = found.view.map(|view| Label { location: view.place, message: view.why });
                let here = view.is_some() || !below(&graph, function).is_empty();
                if let (Some(label), None, None, true) = (thread.or(view), found.on_loop, found.at_start, here) {
                    told.report_unsafe(function, &label, report);
                }
            }
        }
    }
}

/// The places at which callbacks of other threads touch a loop: what they begin there is never made, or not where it was
/// meant.
pub(super) fn touched_from_threads(project: &Project<'_>) -> BTreeSet<Location> {
    let graph = CallGraph::new(project.documents());
    let mut places = BTreeSet::new();
    for (path, module) in program_modules(project.documents(), LITERALS) {
        let callbacks = watchers::callbacks(&graph, path, module).into_iter();
        let in_threads = callbacks.filter(|callback| matches!(callback.caller, Caller::Thread(_)));
        for function in in_threads.flat_map(|callback| below(&graph, callback.function)).map(|below| below.function) {
            let calls = function.module.calls.iter().filter(|call| call.function == Some(function.id));
            let touching = calls.filter(|call| touch(&graph, function, call).is_some());
            places.extend(touching.map(|call| Location::new(function.path, call.span)));
        }
    }
    places
}

fn ends_the_program(function: FunctionAt<'_>) -> bool {
    function.module.calls.iter().filter(|call| call.function == Some(function.id)).any(|call| {
        call.qualified()
            .is_some_and(|name| matches!(name.as_str(), "os._exit" | "sys.exit" | "os.kill" | "builtins.exit"))
    })
}

/// Whether a call may be one that is not safe outside of the loop's thread, by its name alone.
fn may_be_unsafe(call: &Call) -> bool {
    let given_a_loop = call.is("asyncio.ensure_future") && call.keyword("loop").is_some();
    !call.deferred
        && (given_a_loop || call.callee.last_name().is_some_and(|name| touches::UNSAFE_METHODS.contains(&name)))
}

/// Reports a callback that is a coroutine: the library calls it and drops what it gives.
fn report_never_awaited(callback: FunctionAt<'_>, library: &str, report: &mut Reporter) {
    report
        .error(
            callback.location(),
            format!(
                "{library} calls `{}` as a plain function: the coroutine is never awaited, and nothing of it runs",
                callback.row().qualified
            ),
        )
        .help("make it a plain method that sends a coroutine to the loop: asyncio.run_coroutine_threadsafe(coroutine, loop)");
}

/// Reports each place once, by the first callback that leads there.
struct Told<'d> {
    graph: CallGraph<'d>,
    places: Vec<Location>,
}

impl<'d> Told<'d> {
    /// Reports what a function that runs below a callback does to the loop.
    fn report(&mut self, below: &Below<'d>, callback: &Callback<'d>, label: &Label, report: &mut Reporter) {
        let (function, caller) = (below.function, callback.caller);
        for (call, touch) in self.touches(function) {
            let location = Location::new(function.path, call.span);
            let name = &function.row().qualified;
            let what = call.callee.last_name().unwrap_or("the call");
            let is_handled = below.is_handled || function.module.is_caught_by_name(call.block, "RuntimeError");
            if matches!((caller, touch), (Caller::Thread(_), Touch::Raises)) && is_handled || !self.is_new(&location) {
                continue;
            }
            let finding = match (caller, touch) {
                (Caller::Thread(_), Touch::Raises) => {
                    let hidden = if function.module.is_caught(call.block, "RuntimeError") {
                        "; the `except` around it hides the failure"
                    } else {
                        ""
                    };
                    report.error(
                        location,
                        format!(
                            "{what}() raises RuntimeError in `{name}`, which runs in a thread without an event loop{hidden}"
                        ),
                    )
                }
                (Caller::Thread(_), Touch::Unsafe) => report.warning(location, unsafe_message(name, what)),
                (Caller::Signal, _) if what == "get_running_loop" => continue,
                (Caller::Signal, _) => report.advice(
                    location,
                    format!(
                        "`{}` interrupts the main thread, and {what}() {} does not wake the event loop",
                        callback.function.row().qualified,
                        if callback.function == function {
                            "there".to_owned()
                        } else {
                            format!("in `{name}` below it")
                        }
                    ),
                ),
            };
            let help = match caller {
                Caller::Thread(_) => CROSS_OVER,
                Caller::Signal => "use loop.add_signal_handler(…), or cross over with loop.call_soon_threadsafe(…)",
            };
            finding.labels([label.clone()]).labels(below.hops.iter().cloned()).help(help);
        }
    }

    /// Reports what a function that runs in a thread of the program's own does to the loop; what raises there is for
    /// AIO003.
    fn report_unsafe(&mut self, function: FunctionAt<'d>, label: &Label, report: &mut Reporter) {
        for (call, touch) in self.touches(function) {
            let location = Location::new(function.path, call.span);
            if touch == Touch::Unsafe && self.is_new(&location) {
                let what = call.callee.last_name().unwrap_or("the call");
                report
                    .warning(location, unsafe_message(&function.row().qualified, what))
                    .labels([label.clone()])
                    .help(CROSS_OVER);
            }
        }
    }

    fn touches(&self, function: FunctionAt<'d>) -> Vec<(&'d Call, Touch)> {
        let calls = function.module.calls.iter().filter(|call| call.function == Some(function.id));
        calls.filter_map(|call| Some((call, touch(&self.graph, function, call)?))).collect()
    }

    fn is_new(&mut self, location: &Location) -> bool {
        let is_new = !self.places.contains(location);
        if is_new {
            self.places.push(location.clone());
        }
        is_new
    }
}

fn unsafe_message(name: &str, what: &str) -> String {
    format!("`{name}` runs in another thread, and {what}() there neither wakes the event loop nor is safe beside it")
}

const CROSS_OVER: &str = "cross over with loop.call_soon_threadsafe(…), or asyncio.run_coroutine_threadsafe(coroutine, loop) for a coroutine";
