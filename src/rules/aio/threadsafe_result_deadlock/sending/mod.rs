//! What a wait waits for, and the loop to which that was sent.

use crate::deployment::Documents;
use crate::deployment::call_graph::{CallGraph, Definition, FunctionAt};
use crate::diagnostic::Span;
use crate::formats::python::{Call, Module, QualifiedName, Value, ValueKind};
use crate::rules::program::is_program;

/// A program that says this drives a loop of its own making, most likely in a thread beside: what is sent to that loop can
/// be waited for.
pub(in super::super) const LOOP_BESIDE: &str = "run_forever";

/// The call that sent the coroutine for whose result a call waits.
pub(in super::super) fn sent_by<'m>(documents: &Documents, function: FunctionAt<'m>, wait: &Call) -> Option<&'m Call> {
    let module = function.module;
    let sends = |call: &&Call| call.is("asyncio.run_coroutine_threadsafe") && call.function == wait.function;
    if let Some(id) = wait.receiver {
        return Some(module.call(id)).filter(sends);
    }
    // `future = …` in several places: the last on the way here gave it.
    let written = wait.callee_span.of(documents.repository().source(function.path)?.text());
    let name = written.strip_suffix(".result")?;
    let before = module.assignments.iter().filter(|row| {
        row.function == wait.function && *row.target == *name && row.span.end <= wait.span.start && !row.augmented
    });
    let mut on_the_way = before.filter(|row| module.enclosing(wait.block).any(|(block, _)| block == row.block));
    match on_the_way.next_back()?.value.kind {
        ValueKind::Call(sent) => Some(module.call(sent)).filter(sends),
        _ => None,
    }
}

/// What gave a loop.
#[derive(Debug, Clone)]
pub(in super::super) struct Giver {
    /// What was called for it: `asyncio.get_running_loop`.
    name: QualifiedName,
    /// Whether it is handled that there is none.
    pub is_handled: bool,
}

impl Giver {
    /// Whether it gave the loop that runs in this thread, or raised.
    pub fn gives_running(&self) -> bool {
        self.name == "asyncio.get_running_loop"
    }

    /// Whether it gave the loop that belongs to this thread.
    pub fn gives_own(&self) -> bool {
        self.name == "asyncio.get_event_loop"
    }
}

/// What gave the loop to which a coroutine is sent, in every branch that gave one: `asyncio.get_running_loop`, called in
/// the same function or by a helper that gives what it gives. `except RuntimeError: loop = None` gives none.
pub(in super::super) fn loop_giver(graph: &CallGraph<'_>, function: FunctionAt<'_>, sent: &Call) -> Option<Giver> {
    let module = function.module;
    let argument = sent.argument("loop", 1)?;
    let maker = match argument.value.kind {
        ValueKind::Call(maker) => maker,
        _ => {
            let written = argument.span.of(graph.documents().repository().source(function.path)?.text());
            let name = written.rsplit('=').next()?.trim();
            let given = module.assignments.iter().filter(|row| row.function == sent.function && *row.target == *name);
            let mut makers = given.filter(|row| row.value.kind != ValueKind::None).map(|row| match row.value.kind {
                ValueKind::Call(maker) if !row.augmented => Some(maker),
                _ => None,
            });
            makers.next().flatten().filter(|_| makers.next().is_none())?
        }
    };
    let maker = Some(module.call(maker)).filter(|maker| maker.function == sent.function)?;
    match graph.callee(function.path, module, maker) {
        Some(Definition::Function(helper)) if !helper.row().is_async => {
            Some(Giver { name: helper.row().returned_call.clone()?, is_handled: true })
        }
        _ => {
            let is_handled = module.is_caught_by_name(maker.block, "RuntimeError");
            Some(Giver { name: maker.qualified()?.clone(), is_handled })
        }
    }
}

/// Whether the program drives a loop beside, and whether it may be the one that `asyncio.get_event_loop()` gives.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct LoopsBeside {
    /// Whether there is one.
    pub any: bool,
    /// Whether there is one that was not plainly made anew.
    pub perhaps_default: bool,
}

pub(in super::super) fn loops_beside(documents: &Documents) -> LoopsBeside {
    let files: Vec<_> = documents.files_mentioning(&[LOOP_BESIDE]).filter(|path| is_program(path)).collect();
    let perhaps_default = files.iter().any(|path| {
        let (Some(source), Some(module)) = (documents.repository().source(path), documents.python(path)) else {
            return false;
        };
        driven(module).any(|span| {
            let written = span.of(source.text()).trim_end_matches(LOOP_BESIDE).trim_end_matches('.');
            !is_made_anew(module, written)
        })
    });
    LoopsBeside { any: !files.is_empty(), perhaps_default }
}

/// The places that drive a loop for ever, or hand that over: `loop.run_forever`.
fn driven(module: &Module) -> impl Iterator<Item = Span> {
    let is_it = |value: &Value| value.as_name().is_some_and(|name| name.last() == LOOP_BESIDE);
    let called = module.calls.iter().filter(|call| call.callee.last_name() == Some(LOOP_BESIDE));
    let arguments = module.calls.iter().flat_map(|call| &call.arguments);
    let passed = arguments.filter(move |argument| is_it(&argument.value)).map(|argument| argument.value.span);
    called.map(|call| call.callee_span).chain(passed)
}

/// Whether everything in a file that gives a variable or attribute its loop makes a new one.
fn is_made_anew(module: &Module, written: &str) -> bool {
    let mut given = module
        .assignments
        .iter()
        .filter(|row| *row.target == *written && !matches!(row.value.kind, ValueKind::None | ValueKind::Unknown))
        .peekable();
    given.peek().is_some()
        && given.all(|row| match row.value.kind {
            ValueKind::Call(maker) => {
                let maker = module.call(maker);
                maker.is("asyncio.new_event_loop") || maker.is("uvloop.new_event_loop")
            }
            _ => false,
        })
}
