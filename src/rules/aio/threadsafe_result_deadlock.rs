//! AIO007 threadsafe-result-deadlock: waiting on the loop's own thread for what only the loop can do.

mod sending;

use crate::deployment::Project;
use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::diagnostic::{Location, RuleId};
use crate::formats::python::Call;
use crate::rules::program::{has_program, program_modules};
use crate::rules::{Reporter, Rule};

use super::context::{asks_for_a_loop, contexts};
use sending::{Giver, LOOP_BESIDE, loop_giver, loops_beside, sent_by};

/// AIO007 threadsafe-result-deadlock.
pub struct ThreadsafeResultDeadlock;

const LITERALS: &[&str] = &["run_coroutine_threadsafe"];

/// A wait that holds the loop's own thread.
struct Wait<'d> {
    function: FunctionAt<'d>,
    call: &'d Call,
    sent: &'d Call,
}

impl Rule for ThreadsafeResultDeadlock {
    fn id(&self) -> RuleId {
        RuleId { code: "AIO007", name: "threadsafe-result-deadlock" }
    }

    fn literals(&self) -> &'static [&'static str] {
        &["run_coroutine_threadsafe", LOOP_BESIDE]
    }

    fn concerns(&self, project: &Project<'_>) -> bool {
        has_program(project)
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let graph = CallGraph::new(project.documents());
        let beside = loops_beside(project.documents());
        for (path, module) in program_modules(project.documents(), LITERALS) {
            for call in module.calls.iter().filter(|call| call.callee.last_name() == Some("result")) {
                let Some(id) = call.function else { continue };
                let function = FunctionAt { path, module, id };
                let Some(sent) = sent_by(project.documents(), function, call) else { continue };
                let wait = Wait { function, call, sent };
                let giver = loop_giver(&graph, function, sent);
                let running = giver.as_ref().is_some_and(Giver::gives_running);
                let current = giver.as_ref().is_some_and(Giver::gives_own);
                match function.row().is_async {
                    true if running || current => wait.report_own(report),
                    true if beside.any => {}
                    true => wait.report_held(report),
                    false if running || current && !beside.perhaps_default => {
                        let is_handled = giver.is_some_and(|giver| giver.is_handled);
                        wait.report_own_of_plain(&graph, running, is_handled, report);
                    }
                    false if beside.any => {}
                    false => wait.report_held_above(&graph, report),
                }
            }
        }
    }
}

const HELP: &str = "await asyncio.wrap_future(future), or simply await the coroutine where it belongs to this loop; wait with \
                    result() only in another thread";

impl Wait<'_> {
    fn location(&self) -> Location {
        Location::new(self.function.path, self.call.span)
    }

    fn sending(&self) -> Location {
        Location::new(self.function.path, self.sent.span)
    }

    fn full_name(&self) -> &str {
        &self.function.row().qualified
    }

    fn how_long(&self) -> &'static str {
        if self.call.argument("timeout", 0).is_some() { "until its timeout" } else { "for ever" }
    }

    /// A coroutine that waits for the loop it runs on.
    fn report_own(&self, report: &mut Reporter) {
        let message =
            format!("`{}` waits for its own event loop, which can do nothing until it stops waiting", self.full_name());
        report.error(self.location(), message).label(self.sending(), "the coroutine is sent to a loop here").help(HELP);
    }

    /// A coroutine that waits for a loop that may be its own.
    fn report_held(&self, report: &mut Reporter) {
        let message = format!(
            "the coroutine `{}` holds its event loop while it waits, {} where the coroutine was sent to that loop",
            self.full_name(),
            self.how_long()
        );
        report
            .warning(self.location(), message)
            .label(self.sending(), "the coroutine is sent to a loop here")
            .help(HELP);
    }

    /// A plain function that waits for the loop of its own thread, if that has one.
    fn report_own_of_plain(&self, graph: &CallGraph<'_>, running: bool, is_handled: bool, report: &mut Reporter) {
        let name = self.full_name();
        let thread = contexts(graph, self.function).thread;
        let (message, gives) = match (running, thread) {
            (true, Some(place)) if !is_handled => {
                report
                    .error(
                        self.sending(),
                        format!(
                            "get_running_loop() raises RuntimeError in `{name}`, which runs in a thread without an event loop"
                        ),
                    )
                    .labels(place.labels)
                    .label(self.location(), "and with a loop in this thread, this would wait for itself")
                    .help("take the loop in a coroutine, and hand it to the thread that waits");
                return;
            }
            (true, _)
                if !is_handled
                    && graph
                        .loop_above(self.function, self.call.block, &|_| false, &|_| false, &|_| false)
                        .is_none() =>
            {
                (
                    format!(
                        "`{name}` never gets an answer: it waits for the event loop of its own thread, or there is none to ask"
                    ),
                    "get_running_loop() gives the loop of this thread, or raises RuntimeError where there is none",
                )
            }
            (true, _) => (
                format!(
                    "`{name}` waits for the event loop of its own thread, which can do nothing until it stops waiting"
                ),
                "get_running_loop() gives the loop of this thread, or raises where there is none",
            ),
            (false, _) => (
                format!("`{name}` waits for the event loop of its own thread, which does nothing while it waits"),
                "get_event_loop() gives the loop of this thread, which waits here or does not run at all",
            ),
        };
        report
            .error(self.location(), message)
            .label(self.sending(), gives)
            .help("make the function a coroutine and await; or take the loop where it runs, and hand it to the thread that waits");
    }

    /// A plain function that a coroutine reaches, and that waits for a loop that may be the coroutine's.
    fn report_held_above(&self, graph: &CallGraph<'_>, report: &mut Reporter) {
        let Some(chain) = graph.loop_above(
            self.function,
            self.call.block,
            &|found| asks_for_a_loop(graph, found),
            &|_| false,
            &|_| false,
        ) else {
            return;
        };
        let message = format!(
            "`{}` holds the event loop that runs `{}` while it waits, {} where the coroutine was sent to that loop",
            self.full_name(),
            chain.root_name(),
            self.how_long()
        );
        report
            .warning(self.location(), message)
            .label(self.sending(), "the coroutine is sent to a loop here")
            .labels(chain.labels())
            .help(HELP);
    }
}
