//! AIO007 threadsafe-result-deadlock: waiting on the loop's own thread for what only the loop can do.

use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::deployment::{Documents, Project};
use crate::diagnostic::{Location, RuleId};
use crate::formats::python::{Call, ValueKind};
use crate::rules::program::{has_program, is_program, program_modules};
use crate::rules::{Reporter, Rule};

use super::context::asks_for_a_loop;

/// AIO007 threadsafe-result-deadlock.
pub struct ThreadsafeResultDeadlock;

const LITERALS: &[&str] = &["run_coroutine_threadsafe"];

/// A program that says this drives a loop of its own making, most likely in a thread beside: what is sent to that loop can
/// be waited for.
const LOOP_BESIDE: &[&str] = &["run_forever"];

impl Rule for ThreadsafeResultDeadlock {
    fn id(&self) -> RuleId {
        RuleId { code: "AIO007", name: "threadsafe-result-deadlock" }
    }

    fn literals(&self) -> &'static [&'static str] {
        &["run_coroutine_threadsafe", "run_forever"]
    }

    fn concerns(&self, project: &Project<'_>) -> bool {
        has_program(project)
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let graph = CallGraph::new(project.documents());
        let has_loop_beside = project.documents().files_mentioning(LOOP_BESIDE).any(is_program);
        for (path, module) in program_modules(project.documents(), LITERALS) {
            for wait in module.calls.iter().filter(|call| call.callee.last_name() == Some("result")) {
                let Some(sent) = wait.receiver.map(|id| module.call(id)) else { continue };
                if !sent.is("asyncio.run_coroutine_threadsafe") || sent.function != wait.function {
                    continue;
                }
                let Some(id) = wait.function else { continue };
                let function = FunctionAt { path, module, id };
                let maker = loop_maker(project.documents(), function, sent);
                let takes_running_loop = maker.is_some_and(|maker| maker.is("asyncio.get_running_loop"));
                let own = takes_running_loop || maker.is_some_and(|maker| maker.is("asyncio.get_event_loop"));
                if !own && has_loop_beside {
                    continue;
                }
                let location = Location::new(path, wait.span);
                let how_long = if wait.argument("timeout", 0).is_some() { "until its timeout" } else { "for ever" };
                let help = "await asyncio.wrap_future(future), or simply await the coroutine where it belongs to this loop; \
                            wait with result() only in another thread";
                if module.function(id).is_async {
                    let name = &module.function(id).qualified;
                    let finding = if own {
                        report.error(
                            location,
                            format!(
                                "`{name}` waits for its own event loop, which can do nothing until it stops waiting"
                            ),
                        )
                    } else {
                        report.warning(
                            location,
                            format!(
                                "the coroutine `{name}` holds its event loop while it waits, {how_long} where the coroutine was sent to that loop"
                            ),
                        )
                    };
                    finding.label(Location::new(path, sent.span), "the coroutine is sent to a loop here").help(help);
                } else if takes_running_loop {
                    report
                        .error(
                            location,
                            format!(
                                "`{}` waits for the event loop of its own thread, which can do nothing until it stops waiting",
                                function.row().qualified
                            ),
                        )
                        .label(
                            Location::new(path, sent.span),
                            "get_running_loop() gives the loop of this thread, or raises where there is none",
                        )
                        .help("make the function a coroutine and await; or take the loop where it runs, and hand it to the thread that waits");
                } else if let Some(chain) = graph.loop_above(function, &|found| asks_for_a_loop(found), &|_| false) {
                    report
                        .warning(
                            location,
                            format!(
                                "`{}` holds the event loop that runs `{}` while it waits, {how_long} where the coroutine was sent to that loop",
                                function.row().qualified,
                                chain.root_name()
                            ),
                        )
                        .label(Location::new(path, sent.span), "the coroutine is sent to a loop here")
                        .labels(chain.labels())
                        .help(help);
                }
            }
        }
    }
}

/// The call in the same function that gave the loop to which a coroutine is sent, in every branch that gave one:
/// `except RuntimeError: loop = None` gives none.
fn loop_maker<'m>(documents: &Documents, function: FunctionAt<'m>, sent: &Call) -> Option<&'m Call> {
    let module = function.module;
    let argument = sent.argument("loop", 1)?;
    let maker = match argument.value.kind {
        ValueKind::Call(maker) => maker,
        _ => {
            let written = argument.span.of(documents.repository().source(function.path)?.text());
            let name = written.rsplit('=').next()?.trim();
            let given = module.assignments.iter().filter(|row| row.function == sent.function && *row.target == *name);
            let mut makers = given.filter(|row| row.value.kind != ValueKind::None).map(|row| match row.value.kind {
                ValueKind::Call(maker) if !row.augmented => Some(maker),
                _ => None,
            });
            makers.next().flatten().filter(|_| makers.next().is_none())?
        }
    };
    Some(module.call(maker)).filter(|maker| maker.function == sent.function)
}
